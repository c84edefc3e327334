/* test_signing.h: stands in for the key holder in tests of signature documents: a key of the test itself and a certificate for it. Defines
 * struct key, key_algorithm and trust_sign_bytes, so it is included once in a test program. */
#ifndef SEN_TRUST_TEST_SIGNING_H
#define SEN_TRUST_TEST_SIGNING_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "trust/cert.h"
#include "trust/trust_int.h"

struct key { EVP_PKEY *evp; enum key_algorithm algorithm; };

enum key_algorithm key_algorithm(const struct key *k) { return k->algorithm; }

enum status trust_sign_bytes(struct call *c, const struct key *k, enum key_purpose purpose, bool raw_ecdsa, struct str bytes, struct sig_method *method, struct str *ret)
{
    uint8_t sig[1024];
    size_t n = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = purpose == KEY_SIGN && EVP_DigestSignInit(ctx, NULL, EVP_sha512(), NULL, k->evp) == 1 && EVP_DigestSign(ctx, sig, &n, (const uint8_t *)bytes.p, bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) return ST_BROKEN;
    *method = (struct sig_method){ DIGEST_SHA512, k->algorithm == KEY_P256 ? SIG_ECDSA : SIG_RSA };
    if (k->algorithm == KEY_P256 && raw_ecdsa) return trust__ecdsa_to_raw(c->arena, str_of(sig, n), 32, ret) ? ST_OK : ST_BROKEN;
    *ret = str_copy(c->arena, str_of(sig, n));
    return ST_OK;
}

/* test_signing_cert: self-signed, with a name that must be escaped in XML. */
static struct str test_signing_cert(struct call *c, EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    uint8_t *der = NULL;
    ASN1_INTEGER_set(X509_get_serialNumber(x), 18);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600L * 24 * 3650);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"B\xe1\xbb\x99 <A&B>", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)"G01", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    if (!X509_sign(x, key, EVP_sha256())) abort();
    int n = i2d_X509(x, &der);
    if (n <= 0) abort();
    struct str ret = str_copy(c->arena, str_of(der, (size_t)n));
    OPENSSL_free(der);
    X509_free(x);
    return ret;
}

static struct key test_signing_key(enum key_algorithm algorithm)
{
    EVP_PKEY *key = algorithm == KEY_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
    if (!key) abort();
    return (struct key){ key, algorithm };
}

#endif
