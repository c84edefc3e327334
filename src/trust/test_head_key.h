/* test_head_key.h: stands in for journal_key.c in unit tests: an Ed25519 key of the test itself, no key holder, no configuration. Included once in
 * a test program. */
#ifndef SEN_TRUST_TEST_HEAD_KEY_H
#define SEN_TRUST_TEST_HEAD_KEY_H

#include <openssl/evp.h>

#include "base/test.h"
#include "trust/journal_int.h"

#define TEST_ORIGIN "VN/GOV/G01/ps1/journal"

static EVP_PKEY *test_key(void)
{
    static const uint8_t seed[32] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    CHECK(key);
    return key;
}

static struct str test_public_key(struct call *c, EVP_PKEY *key)
{
    uint8_t bytes[32];
    size_t n = sizeof bytes;
    CHECK(EVP_PKEY_get_raw_public_key(key, bytes, &n) == 1 && n == sizeof bytes);
    return str_copy(c->arena, str_of(bytes, n));
}

static struct str test_sign_note(struct call *c, struct str text, struct str *ret_verifier)
{
    uint8_t sig[64];
    size_t n = sizeof sig;
    EVP_PKEY *key = test_key();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(ctx, sig, &n, (const uint8_t *)text.p, text.n) == 1 && n == sizeof sig);
    struct str public_key = test_public_key(c, key);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    *ret_verifier = journal__verifier(c->arena, STR(TEST_ORIGIN), public_key);
    return journal__signed_note(c->arena, text, STR(TEST_ORIGIN), public_key, str_of(sig, sizeof sig));
}

enum status journal__origin(struct call *c, struct str *ret)
{
    (void)c;
    *ret = STR(TEST_ORIGIN);
    return ST_OK;
}

enum status journal_verifier_key(struct call *c, struct str *ret)
{
    EVP_PKEY *key = test_key();
    *ret = journal__verifier(c->arena, STR(TEST_ORIGIN), test_public_key(c, key));
    EVP_PKEY_free(key);
    return ST_OK;
}

enum status journal__sign_checkpoint(struct call *c, int64_t size, const struct merkle_hash *root, struct str *ret_note, struct str *ret_verifier)
{
    *ret_note = test_sign_note(c, journal__checkpoint_text(c->arena, STR(TEST_ORIGIN), size, root), ret_verifier);
    return ST_OK;
}

#endif
