/* verify.c: signatures judged by public keys. Accepted: RSA from 2048 bits, ECDSA on P-256, P-384 and P-521, with SHA-256 and up; Ed25519. */
#include "trust/trust.h"

#include "trust/ossl.h"
#include "trust/thread.h"
#include "trust/trust_int.h"

enum { RSA_LEAST_BITS = 2048, EC_MOST_BITS = 521 };

static enum status refuse(struct call *c)
{
    ossl__forget();
    return call_fault(c, call_fail(c, ST_INVALID, "signature", "The signature does not belong to this message and certificate. The message must not be used."),
                      STR("invalid_signature_value"));
}

static enum status refuse_algorithm(struct call *c)
{
    ossl__forget();
    return call_fault(c, call_fail(c, ST_INVALID, "signature", "The signature uses an algorithm that is not accepted. Use RSA from 2048 bits or ECDSA, with SHA-256 or longer."),
                      STR("unsupported_algorithm"));
}

bool trust__key_fits(const EVP_PKEY *key, int kind)
{
    int bits = EVP_PKEY_get_bits(key);
    if (kind == SIG_ECDSA) return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && bits >= 256 && bits <= EC_MOST_BITS;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && bits >= RSA_LEAST_BITS;
}

static enum status verify_digest(struct call *c, EVP_PKEY *key, struct sig_method m, struct str digest, struct str sig)
{
    if (m.digest == DIGEST_SHA1 || !trust__key_fits(key, (int)m.kind)) return refuse_algorithm(c);
    if (digest.n != digest_size(m.digest)) return refuse(c);
    struct ready *r = &trust__thread()->verifying;
    EVP_PKEY_CTX *ctx = trust__ready(r, key, m, EVP_PKEY_verify_init);
    if (!ctx) return ossl__broken(c, "verify");
    if (EVP_PKEY_verify(ctx, ossl__bytes(sig), sig.n, ossl__bytes(digest), digest.n) == 1) return ST_OK;
    trust__unready(r);
    return refuse(c);
}

static enum status certificate_key(struct call *c, struct str cert_der, EVP_PKEY **ret)
{
    OSSL(X509) cert = trust__cert(c, cert_der);
    if (cert && (*ret = X509_get_pubkey(cert))) return ST_OK;
    ossl__forget();
    return call_fault(c, call_fail(c, ST_INVALID, "certificate", "This is not a certificate with a usable key. Ask its owner for another one."), STR("incorrect_certificate"));
}

enum status trust_verify_ed25519(struct call *c, struct str public_key, struct str message, struct str sig)
{
    OSSL(EVP_PKEY) key = public_key.n == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, ossl__bytes(public_key), public_key.n) : NULL;
    OSSL(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    if (!key || !ctx || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1) return refuse(c);
    if (EVP_DigestVerify(ctx, ossl__bytes(sig), sig.n, ossl__bytes(message), message.n) != 1) return refuse(c);
    return ST_OK;
}

/* An XML signature writes an ECDSA value as r || s, each as long as the order of the curve. */
static bool raw_to_der(struct arena *a, const EVP_PKEY *key, struct str raw, struct str *ret)
{
    size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
    if (raw.n != 2 * half) return false;
    OSSL(ECDSA_SIG) sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(ossl__bytes(raw), (int)half, NULL), *s = BN_bin2bn(ossl__bytes(raw) + half, (int)half, NULL);
    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return false;
    }
    DER_BYTES der = NULL;
    int n = i2d_ECDSA_SIG(sig, &der);
    if (n <= 0) return false;
    *ret = str_copy(a, str_of(der, (size_t)n));
    return true;
}

bool trust__ecdsa_to_raw(struct arena *a, struct str der, size_t half, struct str *ret)
{
    const unsigned char *p = ossl__bytes(der);
    OSSL(ECDSA_SIG) sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    unsigned char *raw = arena_alloc(a, 2 * half, 1);
    if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)half) < 0 || BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, (int)half) < 0) return false;
    *ret = str_of(raw, 2 * half);
    return true;
}

enum status trust_verify_method(struct call *c, struct str cert_der, struct sig_method m, bool raw_ecdsa, struct str bytes, struct str sig)
{
    OSSL(EVP_PKEY) key = NULL;
    TRY(certificate_key(c, cert_der, &key));
    if (!trust__key_fits(key, (int)m.kind)) return refuse_algorithm(c);
    if (m.kind == SIG_ECDSA && raw_ecdsa && !raw_to_der(c->arena, key, sig, &sig)) return refuse(c);
    return verify_digest(c, key, m, trust_digest(c->arena, m.digest, bytes), sig);
}
