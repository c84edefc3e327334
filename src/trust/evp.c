/* evp.c: an EVP_PKEY whose private operation asks the key holder, for TLS and for signing certificates and OCSP answers. OpenSSL 3 offers this
 * without a provider only through EC_KEY_METHOD and RSA_METHOD, which it calls deprecated; so they appear in this file alone. RSA signs PKCS#1
 * digests and nothing else: a raw operation would make the holder an oracle. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "trust/trust.h"

#include <pthread.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "trust/ossl.h"

/* What hangs on the OpenSSL object; freed with it. */
struct bridge { const struct key *key; enum key_purpose purpose; };

static int ec_slot, rsa_slot;
static EC_KEY_METHOD *ec_method;
static RSA_METHOD *rsa_method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void bridge_free(void *parent, void *p, CRYPTO_EX_DATA *ad, int slot, long argl, void *argp)
{
    (void)parent, (void)ad, (void)slot, (void)argl, (void)argp;
    heap_free(p);
}

static int bridge_copy(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int slot, long argl, void *argp)
{
    (void)to, (void)from, (void)slot, (void)argl, (void)argp;
    struct bridge **p = (struct bridge **)from_d;
    if (!*p) return 1;
    struct bridge *copy = heap_new(struct bridge);
    *copy = **p;
    *p = copy;
    return 1;
}

/* sign_by_holder: OpenSSL's callbacks know no call; each signature gets one of its own. 0 when it was refused; the log has the reason. */
static size_t sign_by_holder(const struct bridge *b, enum digest alg, const unsigned char *digest, size_t n, unsigned char *out, size_t most)
{
    struct call *c = call_open(NULL);
    struct str sig = STR("");
    enum status st = trust_sign(c, b->key, b->purpose, alg, str_of(digest, n), &sig);
    if (st != ST_OK) call_note(c, "trust", "bridge to the holder: %s", status_name(st));
    size_t size = st == ST_OK && sig.n <= most ? sig.n : 0;
    if (size) memcpy(out, sig.p, size);
    call_close(c);
    return size;
}

/* ---- ECDSA ---- */

enum { ECDSA_P256_MOST = 80 };

static size_t ec_sign_to(EC_KEY *ec, const unsigned char *digest, int n, unsigned char *out)
{
    const struct bridge *b = EC_KEY_get_ex_data(ec, ec_slot);
    for (enum digest d = DIGEST_SHA256; b && d <= DIGEST_SHA512; d++)
        if (n >= 0 && digest_size(d) == (size_t)n) return sign_by_holder(b, d, digest, (size_t)n, out, ECDSA_P256_MOST);
    return 0;
}

static int ec_sign(int type, const unsigned char *digest, int n, unsigned char *sig, unsigned int *nsig, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
    (void)type, (void)kinv, (void)r;
    unsigned char out[ECDSA_P256_MOST];
    size_t size = ec_sign_to(ec, digest, n, out);
    if (!size || size > (size_t)ECDSA_size(ec)) return 0;
    memcpy(sig, out, size);
    *nsig = (unsigned int)size;
    return 1;
}

static ECDSA_SIG *ec_sign_sig(const unsigned char *digest, int n, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
    (void)kinv, (void)r;
    unsigned char out[ECDSA_P256_MOST];
    const unsigned char *p = out;
    size_t size = ec_sign_to(ec, digest, n, out);
    return size ? d2i_ECDSA_SIG(NULL, &p, (long)size) : NULL;
}

/* ---- RSA ---- */

static int rsa_sign(int nid, const unsigned char *digest, unsigned int n, unsigned char *sig, unsigned int *nsig, const RSA *rsa)
{
    const struct bridge *b = RSA_get_ex_data(rsa, rsa_slot);
    enum digest alg;
    if (!b || !trust__digest_of_nid(nid, &alg)) return 0;
    size_t size = sign_by_holder(b, alg, digest, n, sig, (size_t)RSA_size(rsa));
    *nsig = (unsigned int)size;
    return size > 0;
}

static int rsa_refuse(int n, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
    (void)n, (void)from, (void)to, (void)rsa, (void)padding;
    return -1;
}

/* ---- keys ---- */

static void set_up(void)
{
    ec_slot = EC_KEY_get_ex_new_index(0, NULL, NULL, bridge_copy, bridge_free);
    rsa_slot = RSA_get_ex_new_index(0, NULL, NULL, bridge_copy, bridge_free);
    ec_method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    rsa_method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    if (ec_method) EC_KEY_METHOD_set_sign(ec_method, ec_sign, NULL, ec_sign_sig);
    if (!rsa_method) return;
    RSA_meth_set_sign(rsa_method, rsa_sign);
    RSA_meth_set_priv_enc(rsa_method, rsa_refuse);
    RSA_meth_set_priv_dec(rsa_method, rsa_refuse);
}

static bool bridge_ec(EVP_PKEY *to, const struct key *k, struct bridge *b)
{
    const unsigned char *p = ossl__bytes(key_public(k));
    EC_KEY *ec = d2i_EC_PUBKEY(NULL, &p, (long)key_public(k).n);
    if (ec && ec_method && EC_KEY_set_method(ec, ec_method) == 1 && EC_KEY_set_ex_data(ec, ec_slot, b) == 1 && EVP_PKEY_assign_EC_KEY(to, ec) == 1) return true;
    if (ec) (void)EC_KEY_set_ex_data(ec, ec_slot, NULL);
    EC_KEY_free(ec);
    return false;
}

static bool bridge_rsa(EVP_PKEY *to, const struct key *k, struct bridge *b)
{
    const unsigned char *p = ossl__bytes(key_public(k));
    RSA *rsa = d2i_RSA_PUBKEY(NULL, &p, (long)key_public(k).n);
    if (rsa && rsa_method && RSA_set_method(rsa, rsa_method) == 1 && RSA_set_ex_data(rsa, rsa_slot, b) == 1 && EVP_PKEY_assign_RSA(to, rsa) == 1) return true;
    if (rsa) (void)RSA_set_ex_data(rsa, rsa_slot, NULL);
    RSA_free(rsa);
    return false;
}

enum status key_evp(struct call *c, const struct key *k, enum key_purpose purpose, void **ret_evp_pkey)
{
    enum key_algorithm alg = key_algorithm(k);
    if (alg != KEY_P256 && alg != KEY_RSA2048) return call_fail(c, ST_INVALID, "keys", "The key %s cannot serve certificates or TLS. Use a P-256 or RSA key.", key_id(k));
    (void)pthread_once(&once, set_up);
    EVP_PKEY *pkey = EVP_PKEY_new();
    struct bridge *b = heap_new(struct bridge);
    *b = (struct bridge){ k, purpose };
    if (pkey && (alg == KEY_P256 ? bridge_ec(pkey, k, b) : bridge_rsa(pkey, k, b))) {
        *ret_evp_pkey = pkey;
        return ST_OK;
    }
    heap_free(b);
    EVP_PKEY_free(pkey);
    return ossl__broken(c, "bridge");
}
