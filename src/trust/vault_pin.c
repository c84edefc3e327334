/* vault_pin.c: envelopes of private keys, as OpenSSL writes and reads them too (RFC 5958, RFC 8018, RFC 7914), with the derived key kept as long as the vault is open. */
#include "trust/vault_pin.h"

#include <openssl/pkcs12.h>

#include "base/arena.h"
#include "base/random.h"
#include "trust/ossl.h"
#include "trust/trust_int.h"

/* scrypt: 16 MiB and about 50 ms a guess (RFC 7914 section 2: interactive use). */
enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 1, SALT_BYTES = 16, KEY_BYTES = 32, IV_BYTES = 16 };

struct vault_pin { struct str pin; /* on the heap */ bool is_derived; uint8_t salt[SALT_BYTES], key[KEY_BYTES]; };

struct vault_pin *vault_pin_new(struct str pin)
{
    struct vault_pin *p = heap_new(struct vault_pin);
    p->pin = heap_copy(pin);
    return p;
}

void vault_pin_free(struct vault_pin *p)
{
    if (!p) return;
    trust__heap_wipe(p->pin);
    OPENSSL_cleanse(p, sizeof *p);
    heap_free(p);
}

/* ---- what an envelope says of itself ---- */

static bool scrypt_salt(const X509_ALGOR *keyfunc, uint8_t ret[static SALT_BYTES])
{
    SCRYPT_PARAMS *s = OBJ_obj2nid(keyfunc->algorithm) == NID_id_scrypt ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), keyfunc->parameter) : NULL;
    bool is_ours = s && ASN1_INTEGER_get(s->costParameter) == SCRYPT_N && ASN1_INTEGER_get(s->blockSize) == SCRYPT_R &&
                   ASN1_INTEGER_get(s->parallelizationParameter) == SCRYPT_P && ASN1_STRING_length(s->salt) == SALT_BYTES;
    if (is_ours) memcpy(ret, ASN1_STRING_get0_data(s->salt), SALT_BYTES);
    SCRYPT_PARAMS_free(s);
    return is_ours;
}

static bool cipher_iv(const X509_ALGOR *encryption, uint8_t ret[static IV_BYTES])
{
    const ASN1_TYPE *iv = encryption->parameter;
    if (OBJ_obj2nid(encryption->algorithm) != NID_aes_256_cbc || !iv || iv->type != V_ASN1_OCTET_STRING || ASN1_STRING_length(iv->value.octet_string) != IV_BYTES) return false;
    memcpy(ret, ASN1_STRING_get0_data(iv->value.octet_string), IV_BYTES);
    return true;
}

/* read_scheme: salt and vector of an envelope made as we make them; false for any other scheme or cost. */
static bool read_scheme(const X509_ALGOR *alg, uint8_t salt[static SALT_BYTES], uint8_t iv[static IV_BYTES])
{
    PBE2PARAM *pbe = OBJ_obj2nid(alg->algorithm) == NID_pbes2 ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), alg->parameter) : NULL;
    bool is_ours = pbe && scrypt_salt(pbe->keyfunc, salt) && cipher_iv(pbe->encryption, iv);
    PBE2PARAM_free(pbe);
    return is_ours;
}

/* derive: scrypt, once for this salt. */
static bool derive(struct vault_pin *p, const uint8_t salt[static SALT_BYTES])
{
    if (!p->is_derived) {
        memcpy(p->salt, salt, SALT_BYTES);
        p->is_derived = EVP_PBE_scrypt(p->pin.p, p->pin.n, salt, SALT_BYTES, SCRYPT_N, SCRYPT_R, SCRYPT_P, 0, p->key, KEY_BYTES) == 1;
    }
    return p->is_derived;
}

/* run_cipher: one way or the other; the output lies on OpenSSL's heap and has *n bytes. */
static unsigned char *run_cipher(const struct vault_pin *p, const uint8_t *iv, bool encrypts, const unsigned char *in, int len, int *n)
{
    OSSL(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
    unsigned char *out = OPENSSL_malloc((size_t)len + EVP_MAX_BLOCK_LENGTH);
    int head = 0, tail = 0;
    if (ctx && out && EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, p->key, iv, encrypts) == 1 && EVP_CipherUpdate(ctx, out, &head, in, len) == 1 &&
        EVP_CipherFinal_ex(ctx, out + head, &tail) == 1) {
        *n = head + tail;
        return out;
    }
    OPENSSL_clear_free(out, (size_t)len + EVP_MAX_BLOCK_LENGTH);
    return NULL;
}

/* ---- opening and closing ---- */

static PKCS8_PRIV_KEY_INFO *decrypt(const struct vault_pin *p, const uint8_t *iv, const ASN1_OCTET_STRING *sealed)
{
    int n = 0;
    unsigned char *der = run_cipher(p, iv, false, ASN1_STRING_get0_data(sealed), ASN1_STRING_length(sealed), &n);
    const unsigned char *at = der;
    PKCS8_PRIV_KEY_INFO *content = der ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, n) : NULL;
    OPENSSL_clear_free(der, (size_t)n);
    return content;
}

PKCS8_PRIV_KEY_INFO *vault_pin_open(struct vault_pin *p, const X509_SIG *envelope, bool *is_foreign)
{
    const X509_ALGOR *alg;
    const ASN1_OCTET_STRING *sealed;
    uint8_t salt[SALT_BYTES], iv[IV_BYTES];
    X509_SIG_get0(envelope, &alg, &sealed);
    bool is_ours = read_scheme(alg, salt, iv) && (!p->is_derived || memcmp(salt, p->salt, SALT_BYTES) == 0);
    *is_foreign = !is_ours;
    if (!is_ours) return PKCS8_decrypt(envelope, p->pin.p, (int)p->pin.n);
    return derive(p, salt) ? decrypt(p, iv, sealed) : NULL;
}

/* fill: *envelope becomes the content under this scheme. */
static bool fill(const struct vault_pin *p, const X509_ALGOR *scheme, PKCS8_PRIV_KEY_INFO *content, X509_SIG *envelope)
{
    X509_ALGOR *alg;
    ASN1_OCTET_STRING *sealed;
    uint8_t salt[SALT_BYTES], iv[IV_BYTES];
    unsigned char *der = NULL;
    int len = i2d_PKCS8_PRIV_KEY_INFO(content, &der), n = 0;
    unsigned char *out = len > 0 && read_scheme(scheme, salt, iv) ? run_cipher(p, iv, true, der, len, &n) : NULL;
    X509_SIG_getm(envelope, &alg, &sealed);
    bool is_done = out && X509_ALGOR_copy(alg, scheme) == 1 && ASN1_OCTET_STRING_set(sealed, out, n) == 1;
    OPENSSL_free(out);
    if (len > 0) OPENSSL_clear_free(der, (size_t)len);
    return is_done;
}

X509_SIG *vault_pin_close(struct vault_pin *p, PKCS8_PRIV_KEY_INFO *content)
{
    uint8_t salt[SALT_BYTES];
    random_bytes(salt, sizeof salt);
    if (!derive(p, salt)) return NULL;
    X509_ALGOR *scheme = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), p->salt, SALT_BYTES, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    X509_SIG *envelope = X509_SIG_new();
    if (!scheme || !envelope || !fill(p, scheme, content, envelope)) {
        X509_SIG_free(envelope);
        envelope = NULL;
    }
    X509_ALGOR_free(scheme);
    return envelope;
}
