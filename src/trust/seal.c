/* seal.c: XAES-256-GCM as C2SP specifies it: the message key is derived by CMAC-AES256 in counter mode (NIST SP 800-108) from the first half of
 * the nonce; the second half is the nonce of AES-256-GCM. A thread draws the first half once for SHARE texts, since a derived key costs more than a short text; among so few, two
 * equal second halves (96 random bits) will not be met. */
#include "trust/seal.h"

#include <pthread.h>

#include <openssl/crypto.h>

#include "base/random.h"
#include "trust/ossl.h"
#include "trust/thread.h"

enum { HALF = SEAL_NONCE_HALF, NONCE = 2 * HALF, BLOCK = 16, GCM_TAG = 16, HEAD = 1 + SEAL_TAG_BYTES + NONCE, VERSION = 1, SHARE = 4096 };

/* Fetched once: looking a cipher up by name costs more than sealing a short message. Constant afterwards; NULL only where the library has none. */
static EVP_CIPHER *block_cipher, *message_cipher;
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    block_cipher = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    message_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static bool encrypt_block(EVP_CIPHER_CTX *ctx, const uint8_t in[static BLOCK], uint8_t out[static BLOCK])
{
    int n;
    return EVP_EncryptUpdate(ctx, out, &n, in, BLOCK) == 1 && n == BLOCK;
}

/* message_key: CMAC of the two blocks  counter | 'X' | 0 | nonce.  Both are whole blocks: one AES operation each, masked with the CMAC subkey. */
static bool message_key(const uint8_t key[static SEAL_KEY_BYTES], const uint8_t nonce[static HALF], uint8_t ret[static SEAL_KEY_BYTES])
{
    OSSL(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
    uint8_t zero[BLOCK] = { 0 }, l[BLOCK], mask[BLOCK], block[BLOCK];
    if (!ctx || !block_cipher || EVP_EncryptInit_ex(ctx, block_cipher, NULL, key, NULL) != 1 || !encrypt_block(ctx, zero, l)) return false;
    for (size_t i = 0; i < BLOCK; i++) mask[i] = (uint8_t)(l[i] << 1 | (i + 1 < BLOCK ? l[i + 1] >> 7 : 0));
    mask[BLOCK - 1] ^= (uint8_t)(0x87 & -(l[0] >> 7));
    bool ok = true;
    for (uint8_t counter = 1; counter <= 2 && ok; counter++) {
        memcpy(block, (const uint8_t[]){ 0, counter, 'X', 0 }, 4);
        memcpy(block + 4, nonce, HALF);
        for (size_t i = 0; i < BLOCK; i++) block[i] ^= mask[i];
        ok = encrypt_block(ctx, block, ret + (counter - 1) * BLOCK);
    }
    OPENSSL_cleanse(l, sizeof l);
    OPENSSL_cleanse(mask, sizeof mask);
    return ok;
}

/* set_key: the cipher of all texts whose nonce begins with this prefix. */
static bool set_key(EVP_CIPHER_CTX *ctx, bool close, const uint8_t key[static SEAL_KEY_BYTES], const uint8_t prefix[static HALF])
{
    uint8_t own[SEAL_KEY_BYTES];
    (void)pthread_once(&fetch_once, fetch);
    bool ok = ctx && message_cipher && message_key(key, prefix, own) && EVP_CipherInit_ex(ctx, message_cipher, NULL, own, NULL, close ? 1 : 0) == 1;
    OPENSSL_cleanse(own, sizeof own);
    return ok;
}

/* run_cipher: one text under the key of ctx; nonce: the second half. */
static bool run_cipher(EVP_CIPHER_CTX *ctx, bool close, const uint8_t nonce[static HALF], struct str bound, struct str in, uint8_t *out, uint8_t tag[static GCM_TAG])
{
    int n;
    if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1) != 1) return false;
    if (bound.n && EVP_CipherUpdate(ctx, NULL, &n, ossl__bytes(bound), (int)bound.n) != 1) return false;
    if (in.n && EVP_CipherUpdate(ctx, out, &n, ossl__bytes(in), (int)in.n) != 1) return false;
    if (!close && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) != 1) return false;
    if (EVP_CipherFinal_ex(ctx, out + in.n, &n) != 1) return false;
    return !close || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, tag) == 1;
}

void seal_forget(struct sealing *s)
{
    EVP_CIPHER_CTX_free(s->cipher);
    OPENSSL_cleanse(s, sizeof *s);
}

static bool make_ready(struct sealing *s, const uint8_t key[static SEAL_KEY_BYTES])
{
    if (s->left && CRYPTO_memcmp(s->key, key, SEAL_KEY_BYTES) == 0) return true;
    if (!s->cipher) s->cipher = EVP_CIPHER_CTX_new();
    random_bytes(s->prefix, sizeof s->prefix);
    memcpy(s->key, key, SEAL_KEY_BYTES);
    s->left = SHARE;
    return set_key(s->cipher, true, key, s->prefix);
}

enum status seal_close(struct call *c, const uint8_t key[static SEAL_KEY_BYTES], const uint8_t tag[static SEAL_TAG_BYTES], struct str bound, struct str plain, struct str *ret)
{
    struct sealing *s = &trust__thread()->sealing;
    if (plain.n > INT32_MAX - HEAD - GCM_TAG) return ST_TOO_LARGE;
    uint8_t *out = (uint8_t *)arena_room(c->arena, HEAD + plain.n + GCM_TAG), *nonce = out + 1 + SEAL_TAG_BYTES;
    bool ok = make_ready(s, key);
    out[0] = VERSION;
    memcpy(out + 1, tag, SEAL_TAG_BYTES);
    memcpy(nonce, s->prefix, HALF);
    random_bytes(nonce + HALF, HALF);
    s->left--;
    if (!ok || !run_cipher(s->cipher, true, nonce + HALF, bound, plain, out + HEAD, out + HEAD + plain.n)) {
        seal_forget(s);
        return ossl__broken(c, "seal");
    }
    *ret = str_of(out, HEAD + plain.n + GCM_TAG);
    return ST_OK;
}

bool seal_tag(struct str sealed, uint8_t ret[static SEAL_TAG_BYTES])
{
    if (sealed.n < HEAD + GCM_TAG || sealed.p[0] != VERSION) return false;
    memcpy(ret, sealed.p + 1, SEAL_TAG_BYTES);
    return true;
}

enum status seal_open(struct call *c, const uint8_t key[static SEAL_KEY_BYTES], struct str bound, struct str sealed, struct str *ret)
{
    OSSL(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
    uint8_t tag[GCM_TAG], which[SEAL_TAG_BYTES];
    bool ok = seal_tag(sealed, which) && sealed.n <= INT32_MAX;
    size_t n = ok ? sealed.n - HEAD - GCM_TAG : 0;
    uint8_t *out = (uint8_t *)arena_room(c->arena, n + 1);
    const uint8_t *nonce = ossl__bytes(sealed) + 1 + SEAL_TAG_BYTES;
    if (ok) memcpy(tag, sealed.p + HEAD + n, GCM_TAG);
    ok = ok && set_key(ctx, false, key, nonce) && run_cipher(ctx, false, nonce + HALF, bound, str_of(sealed.p + HEAD, n), out, tag);
    ossl__forget();
    if (!ok) return call_fail(c, ST_BROKEN, "", "This sealed text is damaged, or belongs to another message. Restore it from a backup of the message log.");
    *ret = str_of(out, n);
    return ST_OK;
}
