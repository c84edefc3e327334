/* Tests of message_log.c: what is appended is listed, bodies are sealed and open again, a message seen before is a conflict. */
#include "exchange/message_log.c"

#include "store/test_store.h"
#include "trust/test_trust.h"

TEST_STORE(&exchange_schema);

static struct message_row row(const char *request_id, bool is_answer)
{
    return (struct message_row){ .side = SIDE_PROVIDER, .is_answer = is_answer, .request_id = str_z(request_id), .message_id = STR("m"), .client = STR("VN/GOV/H26/desk"),
                                 .service = STR("VN/GOV/G01/population/person") };
}

static size_t count(struct call *c)
{
    const struct message_filter f = { 0 };
    struct message_found found;
    CHECK_OK(message__list(c, &f, &found));
    return found.n;
}

TEST(a_message_seen_before_is_a_conflict)
{
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
    CHECK(count(c) == 4);
}

TEST(bodies_are_sealed)
{
    static const struct query RAW = { "exchange", "SELECT body FROM message WHERE request_id = $1", LOG };
    struct test_trust t;
    const struct message_line *list;
    struct str body;
    size_t n;
    test_trust_open(c, &t);
    (void)test_trust_key(c, KEY_SEAL, KEY_AES256);
    const struct wire w = { .head = STR_INIT("head"), .has_body = true, .body = STR_INIT("{\"value\":\"012345678901\"}") };
    struct message_row r = row("r1", false);
    r.wire = &w;
    CHECK_OK(message__append(c, &r));
    CHECK_OK(message__find(c, STR("r1"), &list, &n));
    CHECK(n == 1 && list[0].body_bytes == (int64_t)w.body.n);
    CHECK_OK(message__open_body(c, list[0].seq, &body));
    CHECK_STR(body, w.body);
    DB_ROWS rows = db_run(c, &RAW, db_text(STR("r1")));
    CHECK_OK(db_one(&rows));
    CHECK(str_find(db_col_bytes(&rows, 0), STR("012345678901")) == SIZE_MAX);
    db_rows_done(&rows);
    test_trust_close(c, &t);
}

TEST(what_is_not_there_is_told)
{
    const struct message_line *list;
    struct str body;
    size_t n;
    CHECK(message__find(c, STR("none"), &list, &n) == ST_NOT_FOUND);
    CHECK(message__open_body(c, 7, &body) == ST_NOT_FOUND);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &INSERT, &FIND_BODY, NULL };
    CHECK_OK(store_check(c, all));
}
