/* vault_test.c: keys on disk: one salt for all of a vault, envelopes of other makings are read and made like the others, a wrong PIN changes nothing. */
#include "trust/vault_file.c"
#include "trust/vault_pin.c"

#include <stdlib.h>
#include <sys/stat.h>

#include "trust/test_trust.h"

enum { KEYS = 3 };
#define PIN STR("a PIN for tests")

/* fresh: a vault with three keys, closed again; their ids come out. */
static struct str fresh(struct call *c, struct str ids[static KEYS])
{
    static const enum key_purpose purposes[KEYS] = { KEY_SIGN, KEY_HEAD, KEY_SEAL };
    static const enum key_algorithm algorithms[KEYS] = { KEY_P256, KEY_ED25519, KEY_AES256 };
    char name[] = "/tmp/sen-vault-XXXXXX";
    struct vault *v = NULL;
    CHECK(mkdtemp(name) != NULL);
    struct str folder = str_copy(c->arena, str_z(name));
    CHECK_OK(vault_open(c, folder, PIN, &v));
    for (size_t i = 0; i < KEYS; i++) {
        struct vault_fact made;
        CHECK_OK(vault_make(c, v, purposes[i], algorithms[i], STR(""), &made));
        ids[i] = str_copy(c->arena, made.id);
    }
    vault_close(v);
    return folder;
}

static struct str read_file(struct call *c, struct str folder, struct str id)
{
    struct str pem;
    CHECK_OK(file_read(c, vault_file_path(c->arena, folder, id, ".key"), FILE_MAX, &pem));
    return pem;
}

static X509_SIG *envelope_in(struct str pem)
{
    OSSL(BIO) bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    return PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
}

/* salt_of: of an envelope in our scheme; "" for another. */
static struct str salt_of(struct call *c, struct str pem, struct str *iv)
{
    OSSL(X509_SIG) sealed = envelope_in(pem);
    uint8_t salt[SALT_BYTES], vector[IV_BYTES];
    const X509_ALGOR *alg;
    X509_SIG_get0(sealed, &alg, NULL);
    if (!read_scheme(alg, salt, vector)) return STR("");
    *iv = str_copy(c->arena, str_of((const char *)vector, sizeof vector));
    return str_copy(c->arena, str_of((const char *)salt, sizeof salt));
}

static struct str salt_in(struct call *c, struct str folder, struct str id)
{
    struct str iv;
    return salt_of(c, read_file(c, folder, id), &iv);
}

/* seal_otherwise: the file as OpenSSL's own functions write it: scrypt with a salt of its own (as Sen did before 0.3), or PBKDF2. */
static void seal_otherwise(struct call *c, struct str folder, struct str id, bool scrypt)
{
    struct str pem;
    uint8_t salt[SALT_BYTES];
    random_bytes(salt, sizeof salt);
    OSSL(X509_SIG) was = envelope_in(read_file(c, folder, id));
    OSSL(PKCS8_PRIV_KEY_INFO) p8 = PKCS8_decrypt(was, PIN.p, (int)PIN.n);
    CHECK(p8 != NULL);
    X509_ALGOR *pbe = scrypt ? PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P)
                             : PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 2048, NULL, 0, NULL, NID_hmacWithSHA256);
    OSSL(X509_SIG) sealed = PKCS8_set0_pbe(PIN.p, (int)PIN.n, p8, pbe);
    OSSL(BIO) bio = BIO_new(BIO_s_mem());
    CHECK(sealed && PEM_write_bio_PKCS8(bio, sealed) == 1);
    CHECK_OK(pem_of_bio(c, bio, &pem));
    CHECK_OK(file_write(c, vault_file_path(c->arena, folder, id, ".key"), pem, 0600));
}

static size_t count(struct vault *v)
{
    struct vault_fact f;
    size_t n = 0;
    while (vault_list(v, n, &f) == ST_OK) n++;
    return n;
}

TEST(keys_of_a_vault_share_a_salt_and_nothing_else)
{
    struct str ids[KEYS], first, second, a = STR(""), b = STR("");
    struct str folder = fresh(c, ids);
    first = salt_of(c, read_file(c, folder, ids[0]), &a);
    second = salt_of(c, read_file(c, folder, ids[1]), &b);
    CHECK(first.n == SALT_BYTES && str_eq(first, second) && !str_eq(a, b));
    struct str others[KEYS], other = fresh(c, others);
    CHECK(!str_eq(first, salt_in(c, other, others[0])));
    test_trust_remove(c, other);
    test_trust_remove(c, folder);
}

TEST(openssl_opens_our_envelope_with_the_pin_alone)
{
    struct str ids[KEYS], folder = fresh(c, ids);
    OSSL(X509_SIG) sealed = envelope_in(read_file(c, folder, ids[0]));
    OSSL(PKCS8_PRIV_KEY_INFO) right = PKCS8_decrypt(sealed, PIN.p, (int)PIN.n);
    OSSL(PKCS8_PRIV_KEY_INFO) wrong = PKCS8_decrypt(sealed, "another PIN", 11);
    OSSL(EVP_PKEY) key = right ? EVP_PKCS82PKEY(right) : NULL;
    CHECK(key != NULL && wrong == NULL);
    ossl__forget();
    test_trust_remove(c, folder);
}

TEST(envelopes_of_other_makings_are_read_and_made_like_the_others)
{
    struct str ids[KEYS], folder = fresh(c, ids), public_before, public_after;
    struct vault *v = NULL;
    struct vault_fact f;
    seal_otherwise(c, folder, ids[0], true);
    seal_otherwise(c, folder, ids[1], true);
    seal_otherwise(c, folder, ids[2], false);
    CHECK(!str_eq(salt_in(c, folder, ids[0]), salt_in(c, folder, ids[1])) && str_is_empty(salt_in(c, folder, ids[2])));
    for (int again = 0; again < 2; again++) {
        CHECK_OK(vault_open(c, folder, PIN, &v));
        CHECK(count(v) == KEYS);
        CHECK_OK(vault_list(v, 0, &f));
        *(again ? &public_after : &public_before) = str_copy(c->arena, f.public_key);
        vault_close(v);
        CHECK(salt_in(c, folder, ids[0]).n == SALT_BYTES);
        for (size_t i = 1; i < KEYS; i++) CHECK_STR(salt_in(c, folder, ids[i]), salt_in(c, folder, ids[0]));
    }
    CHECK_STR(public_after, public_before);
    struct stat info;
    CHECK(stat(str_to_z(c->arena, vault_file_path(c->arena, folder, ids[0], ".key")), &info) == 0 && (info.st_mode & 0777) == 0600);
    test_trust_remove(c, folder);
}

TEST(a_wrong_pin_changes_no_file)
{
    struct str ids[KEYS], folder = fresh(c, ids), before[KEYS];
    struct vault *v = NULL;
    seal_otherwise(c, folder, ids[1], true);
    for (size_t i = 0; i < KEYS; i++) before[i] = read_file(c, folder, ids[i]);
    CHECK(vault_open(c, folder, STR("another PIN"), &v) == ST_DENIED && v == NULL);
    CHECK_STR(call_error(c)->field, STR("pin"));
    for (size_t i = 0; i < KEYS; i++) CHECK_STR(read_file(c, folder, ids[i]), before[i]);
    test_trust_remove(c, folder);
}

TEST(a_key_under_another_pin_is_named)
{
    struct str ids[KEYS], folder = fresh(c, ids);
    struct vault *v = NULL;
    struct vault_pin *other = vault_pin_new(STR("another PIN"));
    struct vault_fact fact = { .id = ids[1] };
    struct vault_secret secret;
    CHECK_OK(vault_secret_new(c, KEY_ED25519, &secret, &fact.public_key));
    CHECK_OK(write_key(c, folder, other, ids[1], &secret));
    EVP_PKEY_free(secret.pkey);
    vault_pin_free(other);
    CHECK(vault_open(c, folder, PIN, &v) == ST_DENIED);
    CHECK_STR(call_error(c)->args[0], ids[1]);
    test_trust_remove(c, folder);
}
