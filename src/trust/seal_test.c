/* seal_test.c: XAES-256-GCM against the vectors of its specification (C2SP), and sealed texts that were changed. */
#include "trust/seal.c"

#include "base/encode.h"
#include "base/test.h"

static struct str sealed_with(struct call *c, uint8_t byte, struct str bound)
{
    static const uint8_t nonce[] = "ABCDEFGHIJKLMNOPQRSTUVWX";
    uint8_t key[SEAL_KEY_BYTES], *out = arena_alloc(c->arena, 12 + GCM_TAG, 1);
    OSSL(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
    memset(key, byte, sizeof key);
    CHECK(set_key(ctx, true, key, nonce) && run_cipher(ctx, true, nonce + HALF, bound, STR("XAES-256-GCM"), out, out + 12));
    return encode_hex(c->arena, str_of(out, 12 + GCM_TAG));
}

TEST(vectors_of_the_specification)
{
    CHECK_STR(sealed_with(c, 1, STR("")), STR("ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"));
    CHECK_STR(sealed_with(c, 3, STR("c2sp.org/XAES-256-GCM")), STR("986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"));
}

TEST(every_changed_bit_is_noticed)
{
    uint8_t key[SEAL_KEY_BYTES] = { 7 }, tag[SEAL_TAG_BYTES] = { 9 };
    struct str sealed, plain;
    CHECK_OK(seal_close(c, key, tag, STR("id"), STR("a body"), &sealed));
    CHECK_OK(seal_open(c, key, STR("id"), sealed, &plain));
    CHECK_STR(plain, STR("a body"));
    for (size_t i = 1 + SEAL_TAG_BYTES; i < sealed.n; i++) {
        char *copy = arena_alloc(c->arena, sealed.n, 1);
        memcpy(copy, sealed.p, sealed.n);
        copy[i] ^= 1;
        CHECK(seal_open(c, key, STR("id"), str_of(copy, sealed.n), &plain) == ST_BROKEN);
    }
    for (size_t n = 0; n < sealed.n; n++) CHECK(seal_open(c, key, STR("id"), str_first(sealed, n), &plain) == ST_BROKEN);
}

TEST(empty_text_can_be_sealed)
{
    uint8_t key[SEAL_KEY_BYTES] = { 7 }, tag[SEAL_TAG_BYTES] = { 9 };
    struct str sealed, plain;
    CHECK_OK(seal_close(c, key, tag, STR(""), STR(""), &sealed));
    CHECK_OK(seal_open(c, key, STR(""), sealed, &plain));
    CHECK(plain.n == 0);
}

static struct str nonce_of(struct str sealed) { return str_first(str_skip(sealed, 1 + SEAL_TAG_BYTES), NONCE); }

/* A thread derives a key for many texts; each is sealed under a nonce of its own and opened with nothing but the key. */
TEST(no_two_texts_have_the_same_nonce_and_a_derived_key_serves_so_many_and_no_more)
{
    enum { TEXTS = SHARE + 2 };
    uint8_t tag[SEAL_TAG_BYTES] = { 9 }, keys[2][SEAL_KEY_BYTES] = { { 7 }, { 8 } };
    struct str *sealed = arena_array(c->arena, struct str, TEXTS), plain;
    seal_forget(&trust__thread()->sealing);
    for (size_t i = 0; i < TEXTS; i++) CHECK_OK(seal_close(c, keys[0], tag, STR("id"), STR("a body"), &sealed[i]));
    for (size_t i = 0; i < TEXTS; i++) {
        CHECK_OK(seal_open(c, keys[0], STR("id"), sealed[i], &plain));
        CHECK(str_eq(str_first(nonce_of(sealed[i]), HALF), str_first(nonce_of(sealed[0]), HALF)) == (i < SHARE));
        for (size_t k = i > 8 ? i - 8 : 0; k < i; k++) CHECK(!str_eq(nonce_of(sealed[i]), nonce_of(sealed[k])));
    }
    CHECK_OK(seal_close(c, keys[1], tag, STR("id"), STR("a body"), &sealed[0]));
    CHECK(!str_eq(str_first(nonce_of(sealed[0]), HALF), str_first(nonce_of(sealed[TEXTS - 1]), HALF)));
    CHECK_OK(seal_open(c, keys[1], STR("id"), sealed[0], &plain));
    CHECK(seal_open(c, keys[0], STR("id"), sealed[0], &plain) == ST_BROKEN);
}
