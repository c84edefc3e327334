/* verify.c: signatures judged by public keys. Accepted: RSA from 2048 bits, ECDSA on P-256, P-384 and P-521, with SHA-256 and up; Ed25519. */
#include "trust/trust.h"

#include "trust/ossl.h"
#include "trust/thread.h"
#include "trust/trust_int.h"

enum { RSA_LEAST_BITS = 2048, EC_MOST_BITS = 521, EC_MOST_BYTES = (EC_MOST_BITS + 7) / 8 };
enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_SHORT_HEAD = 2, DER_LONG = 0x80 /* and how many bytes of length follow: here one, for at most 138 */ };

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

/* put_integer: a number of DER: without leading zeros, but with one before a highest bit, which would be a sign. */
static uint8_t *put_integer(uint8_t *at, struct str number)
{
    while (number.n > 1 && !number.p[0]) number = str_skip(number, 1);
    size_t zero = (uint8_t)number.p[0] >> 7;
    *at++ = DER_INTEGER;
    *at++ = (uint8_t)(zero + number.n);
    if (zero) *at++ = 0;
    memcpy(at, number.p, number.n);
    return at + number.n;
}

/* raw_to_der: an XML signature writes an ECDSA value as r || s, each as long as the order of the curve; the library wants SEQUENCE { r, s }. */
static bool raw_to_der(struct arena *a, const EVP_PKEY *key, struct str raw, struct str *ret)
{
    size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
    uint8_t both[2 * (DER_SHORT_HEAD + 1 + EC_MOST_BYTES)];
    if (raw.n != 2 * half || half > EC_MOST_BYTES) return false;
    size_t n = (size_t)(put_integer(put_integer(both, str_first(raw, half)), str_skip(raw, half)) - both);
    const uint8_t head[] = { DER_SEQUENCE, n < DER_LONG ? (uint8_t)n : DER_LONG | 1, (uint8_t)n };
    *ret = str_join(a, str_of(head, n < DER_LONG ? 2 : 3), str_of(both, n), STR_END);
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
