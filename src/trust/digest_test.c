/* digest_test.c: digests against the vectors of FIPS 180-4, whole and in pieces; names in XML. */
#include "trust/digest.c"

#include "base/encode.h"
#include "base/test.h"

static struct str hex(struct call *c, enum digest d, struct str bytes) { return encode_hex(c->arena, trust_digest(c->arena, d, bytes)); }

TEST(vectors)
{
    CHECK_STR(hex(c, DIGEST_SHA1, STR("abc")), STR("a9993e364706816aba3e25717850c26c9cd0d89d"));
    CHECK_STR(hex(c, DIGEST_SHA256, STR("abc")), STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CHECK_STR(hex(c, DIGEST_SHA256, STR("")), STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    CHECK_STR(hex(c, DIGEST_SHA384, STR("abc")), STR("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"));
    CHECK_STR(hex(c, DIGEST_SHA512, STR("abc")), STR("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
}

TEST(sha256_is_the_digest_of_that_name)
{
    struct str text = STR("the quick brown fox jumps over the lazy dog");
    uint8_t out[32];
    trust_sha256(text, out);
    CHECK_STR(str_of(out, 32), trust_digest(c->arena, DIGEST_SHA256, text));
}

TEST(names_go_there_and_back_and_sha1_is_not_accepted)
{
    enum digest d = DIGEST_SHA384;
    for (enum digest i = DIGEST_SHA256; i <= DIGEST_SHA512; i++) CHECK(digest_of_uri(digest_uri(i), &d) && d == i);
    d = DIGEST_SHA384;
    CHECK(!digest_of_uri(digest_uri(DIGEST_SHA1), &d) && !digest_of_uri(STR("http://www.w3.org/2001/04/xmlenc#SHA512"), &d) && !digest_of_uri(STR(""), &d));
    CHECK(d == DIGEST_SHA384);
}

TEST(signature_methods_go_there_and_back)
{
    struct sig_method m = { 0 };
    CHECK(sig_method_of_uri(STR("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"), &m) && m.kind == SIG_ECDSA && m.digest == DIGEST_SHA512);
    CHECK(sig_method_of_uri(STR("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"), &m) && m.kind == SIG_RSA_PSS && m.digest == DIGEST_SHA256);
    for (enum digest d = DIGEST_SHA256; d <= DIGEST_SHA512; d++)
        for (int kind = SIG_RSA; kind <= SIG_ECDSA; kind++) {
            struct sig_method in = { .digest = d }, out = { 0 };
            in.kind = kind == SIG_RSA ? SIG_RSA : kind == SIG_RSA_PSS ? SIG_RSA_PSS : SIG_ECDSA;
            CHECK(sig_method_of_uri(sig_method_uri(in), &out) && out.digest == in.digest && out.kind == in.kind);
        }
    CHECK(!sig_method_of_uri(STR("http://www.w3.org/2000/09/xmldsig#rsa-sha1"), &m));
    CHECK(str_is_empty(sig_method_uri((struct sig_method){ DIGEST_SHA1, SIG_RSA })));
}
