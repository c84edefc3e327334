/* Tests of message_log.c: what is appended is listed, what may be about persons is sealed and opens again, less is kept where rules say so, a message seen before is a conflict. */
#include "exchange/log/message_log.c"

#include "exchange/log/testing.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;

static struct message_row row(const char *request_id, bool is_answer)
{
    return (struct message_row){ .side = SIDE_PROVIDER, .is_answer = is_answer, .request_id = str_z(request_id), .message_id = STR("m"), .client = STR("VN/GOV/H26/desk"),
                                 .service = STR("VN/GOV/G01/population/person") };
}

TEST(a_message_seen_before_is_a_conflict)
{
    test_store_app(c)->exchange = &exchange;
    struct message_row r = row("r1", false);
    CHECK_OK(message__append(c, &r));
    CHECK(message__append(c, &r) == ST_CONFLICT);
    call_clear(c);
    r.is_answer = true;
    CHECK_OK(message__append(c, &r));
    r.side = SIDE_CONSUMER;
    CHECK_OK(message__append(c, &r));
    r.client = STR("VN/GOV/H27/desk"); /* nobody uses up another's ids */
    CHECK_OK(message__append(c, &r));
    CHECK(test_logged(c) == 4);
}

static enum status fail_apart(struct call *c, struct call *apart, void *arg)
{
    (void)arg;
    CHECK(apart != c && str_eq(apart->trace, c->trace) && apart->now_ms == c->now_ms);
    return call_fail(apart, ST_INVALID, "id", "The time-stamp of %s does not hold: %s", STR("r1"), STR("it is old"));
}

TEST(what_is_done_apart_is_done_for_the_same_call_and_tells_why_it_failed)
{
    CHECK(c->trace.n && message__apart(c, fail_apart, NULL) == ST_INVALID);
    CHECK_STR(call_error(c)->sentence, STR("The time-stamp of r1 does not hold: it is old"));
    CHECK(call_error(c)->nargs == 2 && str_eq(call_error(c)->field, STR("id")));
}

#define HEAD "POST\r\n/r1/VN/GOV/G01/population/person/of/somebody?day=1\r\nX-Road-Client:VN/GOV/H26/desk\r\nX-Road-UserId:pseudonym\r\nX-Sen-Purpose:residence.register\r\nx-road-request-id:r1\r\n"
#define BODY "{\"value\":\"012345678901\"}"

/* A log with a key that seals, and rules of what it keeps. */
struct log { struct test_trust t; struct exchange ex; struct message_rule rules[2]; };

static void open_log(struct call *c, struct log *l, enum message_level other)
{
    test_trust_open(c, &l->t);
    (void)test_trust_key(c, KEY_SEAL, KEY_AES256);
    l->ex = (struct exchange){ .log_levels = { .other = other, .rules = l->rules, .body_most = 1000 } };
    l->t.app.exchange = &l->ex;
}

static void append_whole(struct call *c)
{
    struct wire w = { .head = STR_INIT(HEAD), .has_body = true, .body = STR_INIT(BODY), .signature = { .xml = STR_INIT("<signature/>") } };
    CHECK_OK(wire__digest(c, &w));
    struct message_row r = row("r1", false);
    r.wire = &w;
    CHECK_OK(message__append(c, &r));
}

/* all_bytes: everything that the table holds of the message. */
static struct str all_bytes(struct call *c)
{
    static const struct query RAW = { "exchange", "SELECT user_id, issue, COALESCE(head, ''), body FROM message WHERE request_id = $1", LOG };
    DB_ROWS rows = db_run(c, &RAW, db_text(STR("r1")));
    CHECK_OK(db_one(&rows));
    return str_join(c->arena, db_col_text(&rows, 0), db_col_text(&rows, 1), db_col_bytes(&rows, 2), db_col_bytes(&rows, 3), STR_END);
}

TEST(what_may_be_about_persons_is_sealed)
{
    static const char *const secrets[] = { "012345678901", "somebody", "pseudonym" };
    struct log l;
    const struct message_line *list;
    struct message_parts parts;
    size_t n;
    open_log(c, &l, MESSAGE_FULL);
    append_whole(c);
    CHECK_OK(message__find(c, STR("r1"), &list, &n));
    CHECK(n == 1 && list[0].body_bytes == (int64_t)strlen(BODY));
    CHECK_OK(message__open(c, list[0].seq, &parts));
    CHECK_STR(parts.head, STR(HEAD));
    CHECK_STR(parts.body, STR(BODY));
    CHECK_STR(parts.signature.xml, STR("<signature/>"));
    CHECK(parts.is_whole);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) CHECK(str_find(all_bytes(c), str_z(secrets[i])) == SIZE_MAX);
    test_trust_close(c, &l.t);
}

TEST(metadata_keeps_neither_body_nor_path)
{
    struct log l;
    const struct message_line *list;
    struct message_parts parts;
    size_t n;
    open_log(c, &l, MESSAGE_METADATA);
    append_whole(c);
    CHECK_OK(message__find(c, STR("r1"), &list, &n));
    CHECK_OK(message__open(c, list[0].seq, &parts));
    CHECK_STR(parts.head, STR("POST\r\n/r1/VN/GOV/G01/population/person\r\nX-Road-Client:VN/GOV/H26/desk\r\nX-Road-UserId:pseudonym\r\nx-road-request-id:r1\r\n"));
    CHECK(parts.body.n == 0 && parts.body_bytes == (int64_t)strlen(BODY) && !parts.is_whole);
    CHECK_STR(parts.signature.xml, STR("<signature/>"));
    test_trust_close(c, &l.t);
}

TEST(off_by_subsystem_keeps_nothing)
{
    struct log l;
    open_log(c, &l, MESSAGE_FULL);
    l.rules[0] = (struct message_rule){ STR("VN/GOV/H26/desk"), MESSAGE_NONE };
    l.ex.log_levels.n = 1;
    append_whole(c);
    CHECK(test_logged(c) == 0);
    struct message_row other = row("r2", false);
    other.client = STR("VN/GOV/H26/desk2");
    CHECK_OK(message__append(c, &other));
    CHECK(test_logged(c) == 1);
    test_trust_close(c, &l.t);
}

TEST(rows_of_before_stay_readable)
{
    static const struct query OLD = { "exchange", "UPDATE message SET head = $1, body = $2 WHERE request_id = 'r1'", LOG };
    struct log l;
    const struct message_line *list;
    struct message_parts parts;
    struct str sealed;
    size_t n;
    open_log(c, &l, MESSAGE_FULL);
    append_whole(c);
    CHECK_OK(trust_seal(c, message__bound(c, STR("r1"), SIDE_PROVIDER, false), STR(BODY), &sealed));
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, &OLD, db_bytes(STR(HEAD)), db_bytes(sealed)));
        CHECK_OK(db_commit(&tx));
    }
    CHECK_OK(message__find(c, STR("r1"), &list, &n));
    CHECK_OK(message__open(c, list[0].seq, &parts));
    CHECK_STR(parts.body, STR(BODY));
    CHECK(parts.is_whole);
    test_trust_close(c, &l.t);
}

TEST(what_is_not_there_is_told)
{
    const struct message_line *list;
    struct message_parts parts;
    size_t n;
    CHECK(message__find(c, STR("none"), &list, &n) == ST_NOT_FOUND);
    CHECK(message__open(c, 7, &parts) == ST_NOT_FOUND);
}

static int64_t next_number(struct call *c)
{
    int64_t ret;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_next_row(&tx, &LAST_ROW, &ret));
    CHECK_OK(db_commit(&tx));
    return ret;
}

static void run(struct call *c, const struct query *q)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, q));
    CHECK_OK(db_commit(&tx));
}

/* Rows that vanished otherwise than by rule: what was derived from them, and signed for them, still knows how far the log was. */
TEST(no_number_is_given_again)
{
    static const struct query LOSE = { "exchange", "DELETE FROM message", LOG }, CUT = { "exchange", "UPDATE message_cut SET seq = 3 WHERE id = 1", LOG },
                              INDEX = { "exchange", "UPDATE message_bookmark SET seq = 5 WHERE id = 1", LOG },
                              STAMP = { "exchange", "INSERT INTO message_stamp (last_seq, first_seq, at_ms, n, service, leaves, result, token) SELECT 8, 1, 0, 1, '', xml, xml, xml FROM message_signature", LOG },
                              BYTES = { "exchange", "INSERT INTO message_signature (id, xml) VALUES (1, '')", LOG };
    struct message_row r = row("r1", false);
    test_store_app(c)->exchange = &exchange;
    CHECK(next_number(c) == 1);
    CHECK_OK(message__append(c, &r));
    CHECK(next_number(c) == 2);
    run(c, &CUT);
    CHECK(next_number(c) == 4);
    run(c, &INDEX);
    run(c, &LOSE);
    CHECK(next_number(c) == 6);
    run(c, &BYTES);
    run(c, &STAMP);
    CHECK(next_number(c) == 9);
    CHECK_OK(message__append(c, &r));
    CHECK(next_number(c) == 10);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &INSERT, &LAST_ROW, NULL };
    CHECK_OK(store_check(c, all));
}

/* What is larger than the log keeps is refused before anything is written, from memory or from a file; where no bodies are kept it passes. */
TEST(a_body_that_is_too_large_to_be_kept)
{
    struct spool_room room = { .folder = "/tmp", .most = 1 << 20 };
    struct log l;
    struct wire w = { .head = STR_INIT(HEAD), .has_body = true, .signature = { .xml = STR_INIT("<signature/>") } };
    struct message_row r = row("r1", false);
    const struct message_line *lines;
    size_t n;
    open_log(c, &l, MESSAGE_FULL);
    struct spool *s = spool_new(&room);
    CHECK(spool_put(s, str_of(arena_alloc(c->arena, 1001, 1), 1001)));
    spool_keep(c, s);
    r.wire = &w;
    w.large = spool_all(s);
    CHECK(message__append(c, &r) == ST_TOO_LARGE);
    CHECK_STR(call_error(c)->fault, STR("logging_failed"));
    call_clear(c);
    CHECK(message__find(c, STR("r1"), &lines, &n) == ST_NOT_FOUND);
    call_clear(c);
    w.large.size = 1000;
    CHECK_OK(message__append(c, &r));
    r = row("r2", false);
    r.wire = &w;
    w.large.size = 1001;
    l.ex.log_levels.other = MESSAGE_METADATA;
    CHECK_OK(message__append(c, &r));
    CHECK_OK(message__find(c, STR("r2"), &lines, &n));
    CHECK(n == 1 && lines[0].body_bytes == 1001);
    test_trust_close(c, &l.t);
}
