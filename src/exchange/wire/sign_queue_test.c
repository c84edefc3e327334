/* Tests of sign_queue.c with a real key holder: one message is signed alone; those that wait together share one signature, and each gets its own chain;
 * what goes wrong for a batch goes wrong for each by itself. */
#include "exchange/wire/sign_queue.c"

#include <poll.h>

#include "trust/test_trust.h"

enum { SIGNERS = 9 };

struct signer { pthread_t thread; struct call *c; const struct key *key; struct str cert; struct signed_part parts[2]; size_t nparts; struct signature_doc doc; enum status st; };

struct world { struct test_trust t; struct exchange ex; const struct key *key; struct str cert; };

static void open_world(struct call *c, struct world *w)
{
    const struct cert_subject subject = { .cn = STR_INIT("Office"), .o = STR_INIT("Office"), .serial_number = STR_INIT("G22"), .business_category = STR_INIT("GOV") };
    test_trust_open(c, &w->t);
    w->ex.signing = sign__queue_new(SIGNERS);
    w->t.app.exchange = &w->ex;
    w->key = test_trust_key(c, KEY_SIGN, KEY_P256);
    CHECK_OK(ca_self_signed(c, w->key, &subject, CERT_SIGN, c->now_ms - 1000, c->now_ms + 1000000, &w->cert));
}

static void close_world(struct call *c, struct world *w)
{
    sign__queue_free(w->ex.signing);
    w->t.app.exchange = NULL;
    test_trust_close(c, &w->t);
}

static void fill(struct call *c, const struct world *w, struct signer *s, size_t number)
{
    static const char *const names[] = { "/message.xml", "/attachment1" };
    *s = (struct signer){ .c = call_open(c->app), .key = w->key, .cert = w->cert, .nparts = 1 + number % 2 };
    for (size_t i = 0; i < 2; i++)
        s->parts[i] = (struct signed_part){ str_z(names[i]), DIGEST_SHA512, trust_digest(s->c->arena, DIGEST_SHA512, str_print(s->c->arena, "%zu.%zu", number, i)) };
}

static void *sign(void *arg)
{
    struct signer *s = arg;
    SIGN_TURN turn = { 0 };
    s->st = sign__message(s->c, &turn, s->key, s->cert, STR("status"), s->parts, s->nparts, &s->doc);
    return NULL;
}

static void check_good(struct call *c, const struct signer *s)
{
    struct signature_facts facts;
    CHECK_OK(s->st);
    CHECK_OK(signature_check(c, &s->doc, s->parts, s->nparts, &facts));
    CHECK_STR(facts.cert_der, s->cert);
}

/* wait_for: until n messages stand in the queue. */
static void wait_for(struct sign_queue *q, size_t n)
{
    for (bool there = false; !there; (void)poll(NULL, 0, 1)) {
        (void)pthread_mutex_lock(&q->lock);
        there = q->n == n;
        (void)pthread_mutex_unlock(&q->lock);
    }
}

/* sign_together: all wait before the first of them may lead. */
static void sign_together(struct sign_queue *q, struct signer *all, size_t n)
{
    q->busy = true;
    for (size_t i = 0; i < n; i++) {
        CHECK(pthread_create(&all[i].thread, NULL, sign, &all[i]) == 0);
        wait_for(q, i + 1);
    }
    sign__end_turn(&(struct sign_turn){ q });
    for (size_t i = 0; i < n; i++) (void)pthread_join(all[i].thread, NULL);
    CHECK(!q->busy && q->n == 0 && !q->first);
}

TEST(a_message_alone_has_a_signature_of_its_own)
{
    struct world w = { 0 };
    struct signer s;
    open_world(c, &w);
    fill(c, &w, &s, 0);
    (void)sign(&s);
    check_good(c, &s);
    CHECK(s.doc.chain.n == 0 && s.doc.chain_result.n == 0 && !w.ex.signing->busy);
    call_close(s.c);
    close_world(c, &w);
}

TEST(where_each_message_is_signed_by_itself_nobody_waits_for_a_turn)
{
    struct world w = { 0 };
    struct signer s;
    open_world(c, &w);
    sign__queue_free(w.ex.signing);
    w.ex.signing = sign__queue_new(1);
    w.ex.signing->busy = true; /* as if another one were at work */
    fill(c, &w, &s, 0);
    (void)sign(&s);
    check_good(c, &s);
    CHECK(s.doc.chain.n == 0 && w.ex.signing->busy && !w.ex.signing->first);
    call_close(s.c);
    close_world(c, &w);
}

TEST(messages_that_wait_together_share_a_signature)
{
    struct world w = { 0 };
    struct signer all[SIGNERS];
    open_world(c, &w);
    for (size_t i = 0; i < SIGNERS; i++) fill(c, &w, &all[i], i);
    sign_together(w.ex.signing, all, SIGNERS);
    for (size_t i = 0; i < SIGNERS; i++) {
        struct signature_facts facts;
        check_good(c, &all[i]);
        CHECK_STR(all[i].doc.xml, all[0].doc.xml);
        CHECK(signature_check(c, &all[i].doc, all[(i + 2) % SIGNERS].parts, all[i].nparts, &facts) != ST_OK);
        call_clear(c);
    }
    for (size_t i = 0; i < SIGNERS; i++) call_close(all[i].c);
    close_world(c, &w);
}

static bool is_busy(struct sign_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    bool busy = q->busy;
    (void)pthread_mutex_unlock(&q->lock);
    return busy;
}

TEST(what_comes_before_the_leader_is_logged_waits_for_it)
{
    struct world w = { 0 };
    struct signer all[3];
    open_world(c, &w);
    for (size_t i = 0; i < 3; i++) fill(c, &w, &all[i], i);
    {
        SIGN_TURN turn = { 0 };
        CHECK_OK(sign__message(all[0].c, &turn, w.key, w.cert, STR("status"), all[0].parts, all[0].nparts, &all[0].doc));
        CHECK(is_busy(w.ex.signing));
        for (size_t i = 1; i < 3; i++) CHECK(pthread_create(&all[i].thread, NULL, sign, &all[i]) == 0);
        wait_for(w.ex.signing, 2);
    }
    for (size_t i = 1; i < 3; i++) (void)pthread_join(all[i].thread, NULL);
    for (size_t i = 1; i < 3; i++) check_good(c, &all[i]);
    CHECK_STR(all[1].doc.xml, all[2].doc.xml);
    CHECK(!str_eq(all[0].doc.xml, all[1].doc.xml) && !is_busy(w.ex.signing));
    for (size_t i = 0; i < 3; i++) call_close(all[i].c);
    close_world(c, &w);
}

TEST(another_certificate_is_another_batch)
{
    struct world w = { 0 };
    struct signer all[4];
    open_world(c, &w);
    const struct cert_subject subject = { .cn = STR_INIT("Renewed"), .o = STR_INIT("Office"), .serial_number = STR_INIT("G22"), .business_category = STR_INIT("GOV") };
    struct str renewed;
    CHECK_OK(ca_self_signed(c, w.key, &subject, CERT_SIGN, c->now_ms - 1000, c->now_ms + 1000000, &renewed));
    for (size_t i = 0; i < 4; i++) {
        fill(c, &w, &all[i], i);
        if (i % 2) all[i].cert = renewed;
    }
    sign_together(w.ex.signing, all, 4);
    for (size_t i = 0; i < 4; i++) {
        check_good(c, &all[i]);
        CHECK_STR(all[i].doc.xml, all[i % 2].doc.xml);
    }
    CHECK(!str_eq(all[0].doc.xml, all[1].doc.xml));
    for (size_t i = 0; i < 4; i++) call_close(all[i].c);
    close_world(c, &w);
}

TEST(no_batch_is_larger_than_allowed)
{
    struct world w = { 0 };
    struct signer all[4];
    open_world(c, &w);
    w.ex.signing->most = 2;
    for (size_t i = 0; i < 4; i++) fill(c, &w, &all[i], i);
    sign_together(w.ex.signing, all, 4);
    for (size_t i = 0; i < 4; i++) {
        check_good(c, &all[i]);
        for (size_t k = 0; k < i; k++) CHECK(str_eq(all[i].doc.xml, all[k].doc.xml) == (i / 2 == k / 2));
    }
    for (size_t i = 0; i < 4; i++) call_close(all[i].c);
    close_world(c, &w);
}

TEST(what_the_holder_refuses_is_told_to_each)
{
    struct world w = { 0 };
    struct signer all[3];
    open_world(c, &w);
    w.key = test_trust_key(c, KEY_ASSERT, KEY_P256); /* not for messages */
    for (size_t i = 0; i < 3; i++) fill(c, &w, &all[i], i);
    sign_together(w.ex.signing, all, 3);
    for (size_t i = 0; i < 3; i++) CHECK(all[i].st == ST_DENIED && call_error(all[i].c)->sentence.n > 0);
    for (size_t i = 0; i < 3; i++) call_close(all[i].c);
    close_world(c, &w);
}
