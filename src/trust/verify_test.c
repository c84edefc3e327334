/* verify_test.c: verification alone: Ed25519 vectors (RFC 8032), RSA-PSS, the two forms of ECDSA values, keys that are too weak. */
#include "trust/verify.c"

#include "base/encode.h"
#include "base/test.h"

static struct str unhex(struct call *c, const char *text)
{
    struct str ret = STR("");
    CHECK(decode_hex(c->arena, str_z(text), &ret));
    return ret;
}

TEST(ed25519_vector_of_rfc_8032)
{
    struct str key = unhex(c, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    struct str sig = unhex(c, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    CHECK_OK(trust_verify_ed25519(c, key, STR("\x72"), sig));
    CHECK(trust_verify_ed25519(c, key, STR("\x73"), sig) == ST_INVALID);
    CHECK(trust_verify_ed25519(c, key, STR("\x72"), str_first(sig, 63)) == ST_INVALID);
    CHECK(trust_verify_ed25519(c, str_first(key, 31), STR("\x72"), sig) == ST_INVALID);
}

/* self_signed: a certificate of this key, enough to verify with. */
static struct str self_signed(struct call *c, EVP_PKEY *key)
{
    OSSL(X509) x = X509_new();
    struct str der = STR("");
    CHECK(x && X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) && X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
          X509_gmtime_adj(X509_getm_notAfter(x), 3600) && X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()) > 0);
    DER_BYTES out = NULL;
    int n = i2d_X509(x, &out);
    CHECK_OK(ossl__copy(c, "test", out, n, &der));
    return der;
}

static struct str signed_with(struct call *c, EVP_PKEY *key, bool pss, int salt, struct str bytes)
{
    unsigned char *sig = arena_alloc(c->arena, 512, 1);
    size_t n = 512;
    EVP_PKEY_CTX *params = NULL;
    OSSL(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(ctx, &params, EVP_sha512(), NULL, key) == 1);
    if (pss) CHECK(EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(params, salt) == 1);
    CHECK(EVP_DigestSign(ctx, sig, &n, ossl__bytes(bytes), bytes.n) == 1);
    return str_of(sig, n);
}

TEST(rsa_pss_with_the_salt_of_its_digest)
{
    OSSL(EVP_PKEY) key = EVP_RSA_gen(2048);
    struct str cert = self_signed(c, key);
    struct sig_method pss = { DIGEST_SHA512, SIG_RSA_PSS }, plain = { DIGEST_SHA512, SIG_RSA };
    struct str sig = signed_with(c, key, true, RSA_PSS_SALTLEN_DIGEST, STR("x"));
    CHECK_OK(trust_verify_method(c, cert, pss, false, STR("x"), sig));
    CHECK(trust_verify_method(c, cert, plain, false, STR("x"), sig) == ST_INVALID);
    CHECK(trust_verify_method(c, cert, pss, false, STR("x"), signed_with(c, key, true, 10, STR("x"))) == ST_INVALID);
    CHECK(trust_verify_method(c, cert, pss, false, STR("x"), signed_with(c, key, false, 0, STR("x"))) == ST_INVALID);
}

TEST(weak_and_strange_keys_are_not_accepted)
{
    OSSL(EVP_PKEY) small = EVP_RSA_gen(1024);
    struct sig_method m = { DIGEST_SHA512, SIG_RSA };
    CHECK(trust_verify_method(c, self_signed(c, small), m, false, STR("x"), signed_with(c, small, false, 0, STR("x"))) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("unsupported_algorithm"));
    call_clear(c);
    CHECK(trust_verify_method(c, STR("no certificate"), m, false, STR("x"), STR("y")) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("incorrect_certificate"));
}

TEST(raw_value_has_the_length_of_its_curve)
{
    const char *curves[] = { "P-256", "P-384", "P-521" };
    size_t halves[] = { 32, 48, 66 };
    struct sig_method m = { DIGEST_SHA512, SIG_ECDSA };
    for (size_t i = 0; i < 3; i++) {
        OSSL(EVP_PKEY) key = EVP_EC_gen(curves[i]);
        struct str cert = self_signed(c, key), der = signed_with(c, key, false, 0, STR("x")), raw;
        CHECK(trust__ecdsa_to_raw(c->arena, der, halves[i], &raw) && raw.n == 2 * halves[i]);
        CHECK_OK(trust_verify_method(c, cert, m, true, STR("x"), raw));
        CHECK_OK(trust_verify_method(c, cert, m, false, STR("x"), der));
        CHECK(trust_verify_method(c, cert, m, true, STR("x"), str_first(raw, raw.n - 1)) == ST_INVALID);
        CHECK(trust_verify_method(c, cert, m, true, STR("x"), str_of(arena_alloc(c->arena, raw.n, 1), raw.n)) == ST_INVALID);
        call_clear(c);
    }
    struct str raw;
    CHECK(!trust__ecdsa_to_raw(c->arena, STR("nonsense"), 32, &raw));
    ossl__forget();
}

/* as_library: the same value, read and written by OpenSSL. */
static struct str as_library(struct call *c, struct str der)
{
    const unsigned char *p = ossl__bytes(der);
    OSSL(ECDSA_SIG) sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    struct str ret = STR("");
    DER_BYTES out = NULL;
    CHECK(sig && p == ossl__bytes(der) + der.n);
    int n = i2d_ECDSA_SIG(sig, &out);
    CHECK_OK(ossl__copy(c, "test", out, n, &ret));
    return ret;
}

TEST(raw_values_are_written_as_the_library_writes_them)
{
    const char *curves[] = { "P-256", "P-521" };
    const char *begin[] = { "\x00\x00\x01", "\x00\x80\x00", "\x80\x00\x00", "\xff\xff\xff", "\x7f\xff\x00", "\x00\x00\x00", "\x01\x00\x00" };
    for (size_t i = 0; i < 2; i++) {
        OSSL(EVP_PKEY) key = EVP_EC_gen(curves[i]);
        size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
        for (size_t k = 0; k < 49; k++) {
            char *raw = arena_alloc(c->arena, 2 * half, 1);
            struct str der, again;
            memcpy(raw, begin[k % 7], 3);
            memcpy(raw + half, begin[k / 7], 3);
            raw[2 * half - 1] = (char)k;
            CHECK(raw_to_der(c->arena, key, str_of(raw, 2 * half), &der));
            CHECK_STR(der, as_library(c, der));
            CHECK(trust__ecdsa_to_raw(c->arena, der, half, &again));
            CHECK_STR(again, str_of(raw, 2 * half));
        }
    }
}

/* A thread keeps the context of the last key and method: good and bad signatures by two keys in three ways, in turns. */
TEST(what_a_thread_keeps_of_one_key_never_serves_another)
{
    OSSL(EVP_PKEY) rsa = EVP_RSA_gen(2048);
    OSSL(EVP_PKEY) ec = EVP_EC_gen("P-256");
    OSSL(EVP_PKEY) other = EVP_EC_gen("P-256");
    const struct { EVP_PKEY *key; struct sig_method method; } ways[] = {
        { ec, { DIGEST_SHA512, SIG_ECDSA } }, { ec, { DIGEST_SHA512, SIG_ECDSA } }, { other, { DIGEST_SHA512, SIG_ECDSA } },
        { rsa, { DIGEST_SHA512, SIG_RSA } }, { rsa, { DIGEST_SHA512, SIG_RSA_PSS } }, { rsa, { DIGEST_SHA512, SIG_RSA } } };
    enum { WAYS = sizeof ways / sizeof *ways };
    struct str digest = trust_digest(c->arena, DIGEST_SHA512, STR("x")), sigs[WAYS];
    for (size_t i = 0; i < WAYS; i++) sigs[i] = signed_with(c, ways[i].key, ways[i].method.kind == SIG_RSA_PSS, RSA_PSS_SALTLEN_DIGEST, STR("x"));
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < WAYS; i++)
            for (size_t k = 0; k < WAYS; k++) {
                bool good = ways[i].key == ways[k].key && ways[i].method.kind == ways[k].method.kind;
                CHECK((verify_digest(c, ways[i].key, ways[i].method, digest, sigs[k]) == ST_OK) == good);
                CHECK(verify_digest(c, ways[i].key, ways[i].method, trust_digest(c->arena, DIGEST_SHA512, STR("y")), sigs[k]) == ST_INVALID);
                call_clear(c);
            }
    trust__forget_keys();
    CHECK(!trust__thread()->verifying.ctx && !trust__thread()->sealing.cipher);
}
