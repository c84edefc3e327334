/* holder_test.c: a real key holder: what it signs, what it refuses, and what happens when it dies. */
#include "trust/holder.c"

#include <stdio.h>
#include <sys/wait.h>

#include "base/time.h"
#include "trust/ossl.h"
#include "trust/test_trust.h"
#include "trust/trust_int.h"

static struct str some_digest(struct call *c) { return trust_digest(c->arena, DIGEST_SHA256, STR("a message")); }

static bool verifies(const struct key *k, struct str digest, struct str sig)
{
    const unsigned char *p = ossl__bytes(key_public(k));
    OSSL(EVP_PKEY) key = d2i_PUBKEY(NULL, &p, (long)key_public(k).n);
    OSSL(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new(key, NULL);
    CHECK(EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
    bool good = EVP_PKEY_verify(ctx, ossl__bytes(sig), sig.n, ossl__bytes(digest), digest.n) == 1;
    ossl__forget();
    return good;
}

TEST(signs_what_verifies_with_both_algorithms)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    enum key_algorithm algs[] = { KEY_P256, KEY_RSA2048 };
    for (size_t i = 0; i < 2; i++) {
        const struct key *k = test_trust_key(c, KEY_SIGN, algs[i]);
        struct str sig, other = trust_digest(c->arena, DIGEST_SHA256, STR("another message"));
        CHECK_OK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig));
        CHECK(verifies(k, some_digest(c), sig));
        CHECK(!verifies(k, other, sig));
    }
    test_trust_close(c, &t);
}

TEST(head_key_signs_messages)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_HEAD, KEY_ED25519);
    struct str sig, raw = str_skip(key_public(k), key_public(k).n - 32);
    CHECK_OK(trust_sign(c, k, KEY_HEAD, DIGEST_SHA512, STR("a head of a journal"), &sig));
    CHECK_OK(trust_verify_ed25519(c, raw, STR("a head of a journal"), sig));
    CHECK(trust_verify_ed25519(c, raw, STR("a head of another"), sig) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("invalid_signature_value"));
    test_trust_close(c, &t);
}

TEST(wrong_purpose_is_denied)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_TLS, KEY_P256);
    struct str sig = STR("untouched");
    CHECK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig) == ST_DENIED);
    CHECK_STR(call_error(c)->key, STR("The key %s may not be used for the purpose %s. Use the key that was made for it."));
    CHECK_STR(sig, STR("untouched"));
    call_clear(c);
    CHECK(trust_sign(c, k, KEY_TLS, DIGEST_SHA1, trust_digest(c->arena, DIGEST_SHA1, STR("x")), &sig) == ST_INVALID);
    call_clear(c);
    CHECK(trust_sign(c, k, KEY_TLS, DIGEST_SHA256, STR("short"), &sig) == ST_INVALID);
    test_trust_close(c, &t);
}

TEST(no_key_for_a_pair_that_does_not_fit)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = NULL;
    CHECK(trust_make_key(c, KEY_TLS, KEY_RSA2048, STR(""), &k) == ST_INVALID);
    call_clear(c);
    CHECK(trust_make_key(c, KEY_HEAD, KEY_P256, STR(""), &k) == ST_INVALID);
    call_clear(c);
    CHECK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("../../etc"), &k) == ST_INVALID);
    call_clear(c);
    CHECK(trust_key(c, KEY_SIGN, STR("GOV/G01"), &k) == ST_NOT_FOUND && call_error(c)->sentence.n > 0);
    CHECK(k == NULL);
    test_trust_close(c, &t);
}

TEST(newest_key_of_owner_is_found_and_has_a_telling_id)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *first, *second, *found;
    CHECK_OK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("GOV/G01"), &first));
    (void)poll(NULL, 0, 2);
    CHECK_OK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("GOV/G01"), &second));
    const size_t dated = strlen("sign-p256-20261118");
    bool same_day = str_eq(str_first(key_id(first), dated), str_first(key_id(second), dated)); /* a day may end between the two */
    CHECK(str_starts(key_id(first), STR("sign-p256-20")) && str_ends(key_id(first), STR("-GOV-G01")));
    CHECK(str_ends(key_id(second), same_day ? STR("-GOV-G01-2") : STR("-GOV-G01")));
    CHECK_OK(trust_key(c, KEY_SIGN, STR("GOV/G01"), &found));
    CHECK(found == second);
    CHECK(trust_key(c, KEY_SIGN, STR("GOV/G02"), &found) == ST_NOT_FOUND);
    test_trust_close(c, &t);
}

TEST(killed_holder_comes_back_with_its_keys)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    struct str sig;
    CHECK_OK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig));
    test_trust_kill(&t);
    test_trust_holder(c, &t);
    CHECK_OK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig));
    CHECK(verifies(k, some_digest(c), sig));
    test_trust_close(c, &t);
}

TEST(absent_holder_is_told_within_the_deadline)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    t.app.trust->ask_ms = 500;
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    struct str sig;
    test_trust_kill(&t);
    int64_t from_us = time_monotonic_us();
    CHECK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig) == ST_UNAVAILABLE && call_error(c)->sentence.n > 0);
    CHECK(time_monotonic_us() - from_us < 30000000); /* 500 ms were asked for: it answers and does not hang; how late depends on who else is at work here */
    test_trust_close(c, &t);
}

TEST(stopped_holder_is_told_within_the_deadline_and_its_late_answer_is_not_taken)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    t.app.trust->ask_ms = 500;
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    struct str sig, other = trust_digest(c->arena, DIGEST_SHA256, STR("the next message"));
    (void)kill(t.pid, SIGSTOP);
    CHECK(waitpid(t.pid, NULL, WUNTRACED) == t.pid); /* stopped now: the signal alone may come late */
    CHECK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig) == ST_UNAVAILABLE);
    (void)kill(t.pid, SIGCONT);
    call_clear(c);
    CHECK_OK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, other, &sig));
    CHECK(verifies(k, other, sig));
    test_trust_close(c, &t);
}

/* Its line of connections that nobody takes is full at some time; the next one must not be waited for. */
TEST(stopped_holder_that_takes_no_more_connections_is_told_too)
{
    enum { MORE_THAN_ITS_LINE = 200 };
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    t.app.trust->ask_ms = 2;
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    struct str sig;
    (void)kill(t.pid, SIGSTOP);
    CHECK(waitpid(t.pid, NULL, WUNTRACED) == t.pid);
    for (int i = 0; i < MORE_THAN_ITS_LINE; i++) {
        CHECK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig) == ST_UNAVAILABLE);
        call_clear(c);
    }
    (void)kill(t.pid, SIGCONT);
    t.app.trust->ask_ms = 60000;
    CHECK_OK(trust_sign(c, k, KEY_SIGN, DIGEST_SHA256, some_digest(c), &sig));
    CHECK(verifies(k, some_digest(c), sig));
    test_trust_close(c, &t);
}

static int exit_of_holder(const struct test_trust *t, struct str pin)
{
    int how = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct call *own = call_open(NULL);
        enum status st = holder_run(own, t->keys, t->socket, pin);
        bool told = call_error(own)->sentence.n > 0;
        call_close(own);
        _exit(told ? status_exit(st) : 99);
    }
    (void)waitpid(pid, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

TEST(wrong_or_empty_pin_and_second_holder_are_refused)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    (void)test_trust_key(c, KEY_SIGN, KEY_P256);
    (void)test_trust_key(c, KEY_SEAL, KEY_AES256);
    CHECK(exit_of_holder(&t, STR("a PIN for tests")) == status_exit(ST_CONFLICT));
    test_trust_kill(&t);
    CHECK(exit_of_holder(&t, STR("another PIN")) == status_exit(ST_DENIED));
    CHECK(exit_of_holder(&t, STR("")) == status_exit(ST_INVALID));
    test_trust_close(c, &t);
}

TEST(files_of_keys_are_private_and_encrypted)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_SEAL, KEY_AES256);
    struct str path = str_join(c->arena, t.keys, STR("/"), key_id(k), STR(".key"), STR_END), pem;
    struct stat info;
    CHECK(stat(str_to_z(c->arena, path), &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK(stat(str_to_z(c->arena, t.socket), &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK_OK(file_read(c, path, 4096, &pem));
    CHECK(str_starts(pem, STR("-----BEGIN ENCRYPTED PRIVATE KEY-----")));
    test_trust_close(c, &t);
}

TEST(sealed_text_opens_with_its_bound_alone)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    struct str sealed, again, plain;
    CHECK(trust_seal(c, STR("id 1"), STR("body"), &sealed) == ST_NOT_FOUND);
    call_clear(c);
    (void)test_trust_key(c, KEY_SEAL, KEY_AES256);
    CHECK_OK(trust_seal(c, STR("id 1"), STR("body"), &sealed));
    CHECK_OK(trust_seal(c, STR("id 1"), STR("body"), &again));
    CHECK(!str_eq(sealed, again) && str_find(sealed, STR("body")) == SIZE_MAX);
    CHECK_OK(trust_open_sealed(c, STR("id 1"), sealed, &plain));
    CHECK_STR(plain, STR("body"));
    CHECK(trust_open_sealed(c, STR("id 2"), sealed, &plain) == ST_BROKEN);
    test_trust_kill(&t);
    test_trust_holder(c, &t);
    call_clear(c);
    CHECK_OK(trust_open_sealed(c, STR("id 1"), again, &plain));
    test_trust_close(c, &t);
}

TEST(key_of_another_kind_is_not_handed_out)
{
    struct test_trust t = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    struct vault *v;
    CHECK_OK(vault_open(c, t.keys, STR("a PIN for tests"), &v));
    struct wire ask = { .kind = WIRE_SEAL_KEY, .key = key_id(k) }, answer;
    struct buf packet = buf_in(c->arena, WIRE_PACKET_MAX);
    CHECK_OK(wire_write(&ask, &packet));
    CHECK(wire_read(holder_answer(c, v, buf_str(&packet)), &answer));
    CHECK(answer.kind == WIRE_ANSWER + ST_DENIED && answer.nitems == 0);
    CHECK(wire_read(holder_answer(c, v, STR("nonsense")), &answer));
    CHECK(answer.kind == WIRE_ANSWER + ST_INVALID);
    vault_close(v);
    test_trust_close(c, &t);
}

/* ---- many threads, and the speed of one ---- */

enum { THREADS = 16, EACH = 25 };
struct signer { pthread_t thread; const struct key *key; const struct app *app; int good; };

static void *sign_some(void *arg)
{
    struct signer *s = arg;
    struct call *c = call_open(s->app);
    for (int i = 0; i < EACH; i++) {
        struct str sig, digest = trust_digest(c->arena, DIGEST_SHA256, str_print(c->arena, "%p %d", arg, i));
        if (trust_sign(c, s->key, KEY_SIGN, DIGEST_SHA256, digest, &sig) == ST_OK && verifies(s->key, digest, sig)) s->good++;
    }
    call_close(c);
    return NULL;
}

TEST(sixteen_threads_get_their_own_signatures)
{
    struct test_trust t = { 0 };
    struct signer signers[THREADS] = { 0 };
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    for (size_t i = 0; i < THREADS; i++) {
        signers[i].key = k;
        signers[i].app = c->app;
        CHECK(pthread_create(&signers[i].thread, NULL, sign_some, &signers[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(signers[i].thread, NULL);
        CHECK(signers[i].good == EACH);
    }
    test_trust_close(c, &t);
}

TEST(many_digests_in_one_question)
{
    struct test_trust t = { 0 };
    struct str digests[WIRE_ITEMS_MAX], sigs[WIRE_ITEMS_MAX];
    test_trust_open(c, &t);
    const struct key *k = test_trust_key(c, KEY_SIGN, KEY_P256);
    for (size_t i = 0; i < WIRE_ITEMS_MAX; i++) digests[i] = trust_digest(c->arena, DIGEST_SHA256, str_print(c->arena, "message %zu", i));
    CHECK_OK(trust_sign_all(c, k, KEY_SIGN, DIGEST_SHA256, digests, WIRE_ITEMS_MAX, sigs));
    for (size_t i = 0; i < WIRE_ITEMS_MAX; i++) CHECK(verifies(k, digests[i], sigs[i]));
    test_trust_close(c, &t);
}
