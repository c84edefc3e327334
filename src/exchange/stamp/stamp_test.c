/* Tests of stamp.c and stamp_verify.c: batches are collected in order and without gaps, and whatever is changed, taken out or put in afterwards is named. */
#include "exchange/stamp/stamp.c"

#include "exchange/log/message_log.h"
#include "exchange/wire/wire.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema, &exchange_schema);

static struct exchange exchange;

/* struct office: a time-stamp service without a network. */
static enum status next_serial(struct call *c, int64_t *ret)
{
    static int64_t serial;
    (void)c;
    *ret = ++serial;
    return ST_OK;
}

struct office { struct test_trust t; struct stamp_service service; };

static struct str certificate(struct call *c, const struct key *k)
{
    const struct cert_subject subject = { .cn = STR_INIT("Time-stamps"), .o = STR_INIT("Office") };
    struct str der;
    CHECK_OK(ca_self_signed(c, k, &subject, CERT_STAMP, c->now_ms - 1000000, c->now_ms + 1000000, &der));
    return der;
}

static void open_office(struct call *c, struct office *o)
{
    test_trust_open(c, &o->t);
    o->t.app.exchange = &exchange;
    const struct key *k = test_trust_key(c, KEY_STAMP, KEY_P256);
    o->service = (struct stamp_service){ .key = k, .cert = certificate(c, k), .at_ms = c->now_ms, .next_serial = next_serial };
}

static struct str token_for(struct call *c, struct office *o, struct str bytes, int64_t *at_ms)
{
    struct stamp_question q;
    struct stamp_facts facts;
    struct str answer, token;
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, bytes), &q));
    CHECK_OK(stamp_answer(c, &o->service, q.der, &answer));
    CHECK_OK(stamp_take(c, answer, &q, &o->service.cert, 1, c->now_ms, &token, &facts));
    *at_ms = facts.at_ms;
    return token;
}

static void log_messages(struct call *c, int from, int to)
{
    for (int i = from; i <= to; i++) {
        const struct wire w = { .signature = { .xml = str_print(c->arena, "<signature>%d</signature>", i) } };
        const struct message_row r = { .side = SIDE_CONSUMER, .request_id = str_print(c->arena, "r%d", i), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                                       .service = STR_INIT("VN/GOV/G01/population/person"), .wire = i % 4 ? &w : NULL, .is_refusal = i % 4 == 0 };
        CHECK_OK(message__append(c, &r));
    }
}

/* stamp_batches: as the job does it, with our own service in place of the network; how many there were. */
static int stamp_batches(struct call *c, struct office *o, size_t most)
{
    struct stamp_row row;
    for (int batches = 0;; batches++) {
        enum status st = next_batch(c, most, &row);
        if (st == ST_NOT_FOUND) return batches;
        CHECK_OK(st);
        CHECK((size_t)row.n <= most);
        row.service = STR("office");
        row.token = token_for(c, o, row.result, &row.at_ms);
        CHECK_OK(stamp__insert(c, &row));
    }
}

static void change(struct call *c, const struct query *q, struct db_value value)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, q, value));
    CHECK_OK(db_commit(&tx));
}

static enum status verify(struct call *c, const struct office *o, struct stamp_count *n)
{
    const struct stamp_certs by = { &o->service.cert, 1 };
    call_clear(c);
    return stamp__verify(c, &by, n);
}

static bool refuses(struct call *c, const struct office *o, const char *words)
{
    struct stamp_count n;
    enum status st = verify(c, o, &n);
    struct str said = call_error(c)->sentence;
    if (st == ST_INVALID && str_find(said, str_z(words)) != SIZE_MAX) return true;
    print_message("said: %.*s\n", STR_ARG(said));
    return false;
}

TEST(batches_cover_every_signed_message_and_hold)
{
    struct office o;
    struct stamp_count n;
    open_office(c, &o);
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.stamps == 0);
    log_messages(c, 1, 230); /* more than a slice; every fourth is a refusal without a signature */
    CHECK(stamp_batches(c, &o, 70) == 3);
    log_messages(c, 231, 233);
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.stamps == 3 && n.messages == 173 && n.waiting == 2);
    CHECK(stamp_batches(c, &o, 70) == 1);
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.stamps == 4 && n.messages == 175 && n.waiting == 0);
    test_trust_close(c, &o.t);
}

TEST(what_was_done_to_the_log_is_named)
{
    static const struct query CHANGE = { "exchange", "UPDATE message SET signature = $1 WHERE request_id = 'r6'", LOG };
    static const struct query REMOVE = { "exchange", "DELETE FROM message WHERE request_id = 'r7' AND seq <> $1", LOG };
    struct office o;
    open_office(c, &o);
    log_messages(c, 1, 10);
    CHECK(stamp_batches(c, &o, 100) == 1);
    change(c, &CHANGE, db_bytes(STR("<signature>another</signature>")));
    CHECK(refuses(c, &o, "The message r6 was changed"));
    change(c, &CHANGE, db_bytes(STR("<signature>6</signature>")));
    change(c, &REMOVE, db_int(0));
    CHECK(refuses(c, &o, "removed after it was time-stamped: row 7"));
    test_trust_close(c, &o.t);
}

TEST(a_message_put_in_afterwards_is_named)
{
    static const struct query PUT_IN = { "exchange", "UPDATE message SET signature = $1 WHERE request_id = 'r4'", LOG };
    static const struct query LAST = { "exchange", "DELETE FROM message WHERE request_id = 'r10' AND seq <> $1", LOG };
    struct office o;
    open_office(c, &o);
    log_messages(c, 1, 10);
    CHECK(stamp_batches(c, &o, 100) == 1);
    change(c, &LAST, db_int(0));
    CHECK(refuses(c, &o, "removed after it was time-stamped: row 10"));
    change(c, &PUT_IN, db_bytes(STR("<signature>new</signature>")));
    CHECK(refuses(c, &o, "The message r4 was put into"));
    test_trust_close(c, &o.t);
}

TEST(what_retention_removed_is_not_missed)
{
    static const struct query REMOVE = { "exchange", "DELETE FROM message WHERE request_id = 'r11' AND seq <> $1", LOG };
    struct office o;
    struct stamp_count n;
    open_office(c, &o);
    log_messages(c, 1, 10);
    CHECK(stamp_batches(c, &o, 3) == 3);
    CHECK_OK(message__remove_old(c, c->now_ms + 1));
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.stamps == 1 && n.removed == 10);
    log_messages(c, 11, 13);
    CHECK(stamp_batches(c, &o, 3) == 1);
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.stamps == 2 && n.waiting == 0);
    change(c, &REMOVE, db_int(0));
    CHECK(refuses(c, &o, "removed after it was time-stamped: row 11"));
    test_trust_close(c, &o.t);
}

TEST(stamps_themselves_cannot_be_changed)
{
    static const struct query REMOVE = { "exchange", "DELETE FROM message_stamp WHERE first_seq = $1", LOG };
    static const struct query LATER = { "exchange", "UPDATE message_stamp SET at_ms = at_ms + $1", LOG };
    static const struct query RESULT = { "exchange", "UPDATE message_stamp SET result = $1 WHERE first_seq = 1", LOG };
    static const struct query LEAVES = { "exchange", "UPDATE message_stamp SET leaves = $1 WHERE first_seq = 1", LOG };
    struct office o, stranger;
    struct stamp_row row;
    struct stamp_count n;
    open_office(c, &o);
    log_messages(c, 1, 10);
    CHECK(stamp_batches(c, &o, 3) == 3);
    stranger = o;
    stranger.service.cert = certificate(c, o.service.key);
    CHECK(refuses(c, &stranger, "does not hold: The time-stamp is not signed by a service that the directory lists"));
    change(c, &LATER, db_int(1000));
    CHECK(refuses(c, &o, "not the one inside"));
    change(c, &LATER, db_int(-1000));
    CHECK_OK(stamp__next(c, 1, &row));
    change(c, &LEAVES, db_bytes(str_first(row.leaves, row.leaves.n - 1)));
    CHECK(refuses(c, &o, "is damaged"));
    change(c, &LEAVES, db_bytes(row.leaves));
    change(c, &RESULT, db_bytes(STR("<HashChainResult/>")));
    CHECK(refuses(c, &o, "its list was changed"));
    change(c, &RESULT, db_bytes(row.result));
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.stamps == 3);
    change(c, &REMOVE, db_int(4));
    CHECK(refuses(c, &o, "A time-stamp was removed: none covers row 4"));
    test_trust_close(c, &o.t);
}

TEST(how_far_stamps_reach_is_told_and_a_failure_is_not_a_no)
{
    static const struct query DROP = { "exchange", "DROP TABLE message_stamp", LOG };
    const struct directory none = { 0 };
    struct office o;
    bool is = true;
    open_office(c, &o);
    log_messages(c, 1, 7);
    CHECK_OK(is_stamped(c, 1, &is));
    CHECK(!is);
    CHECK_OK(does_stamp(c, &none, &is));
    CHECK(!is);
    CHECK(stamp_batches(c, &o, 3) == 2);
    for (int64_t seq = 1; seq <= 8; seq++) {
        CHECK_OK(is_stamped(c, seq, &is));
        CHECK(is == (seq <= 7));
    }
    CHECK_OK(does_stamp(c, &none, &is));
    CHECK(is);
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, &DROP));
        CHECK_OK(db_commit(&tx));
    }
    enum status st = is_stamped(c, 1, &is);
    CHECK(st != ST_OK && st != ST_NOT_FOUND);
    CHECK(does_stamp(c, &none, &is) == st);
    test_trust_close(c, &o.t);
}

TEST(each_message_has_its_place_under_its_stamp)
{
    struct office o;
    struct stamp_row row;
    const struct str *digests;
    struct str chain;
    size_t n, at;
    open_office(c, &o);
    log_messages(c, 1, 10);
    CHECK(stamp_batches(c, &o, 100) == 1);
    CHECK_OK(stamp__next(c, 6, &row));
    CHECK_OK(stamp__digests(c, &row, 6, &digests, &n, &at));
    CHECK(n == 8 && at == 4);
    CHECK_OK(stamp_batch_chain(c, digests, n, at, &chain));
    CHECK_OK(stamp_batch_check(c, row.result, chain, trust_digest(c->arena, DIGEST_SHA512, STR("<signature>6</signature>"))));
    CHECK_OK(stamp__digests(c, &row, 4, &digests, &n, &at)); /* a refusal: nothing was signed */
    CHECK(at == SIZE_MAX);
    test_trust_close(c, &o.t);
}

TEST(a_head_of_the_journal_that_was_exchanged_is_named)
{
    static const struct query NOTE = { "exchange", "UPDATE message_head_stamp SET note = $1", LOG };
    struct office o;
    struct stamp_count n;
    struct head_stamp_row row = { .size = 12, .service = STR_INIT("office"), .note = STR_INIT("signed note\n") };
    open_office(c, &o);
    row.token = token_for(c, &o, row.note, &row.at_ms);
    CHECK_OK(stamp__insert_head(c, &row));
    CHECK_OK(verify(c, &o, &n));
    CHECK(n.heads == 1);
    change(c, &NOTE, db_text(STR("another note\n")));
    CHECK(refuses(c, &o, "head of 12 leaves does not hold"));
    test_trust_close(c, &o.t);
}
