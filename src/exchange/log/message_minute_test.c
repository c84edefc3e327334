/* Tests of message_minute.c: whatever part of the log is in the index, the counts are those of a plain walk over its rows; nothing is counted twice, and only what is too old is
 * forgotten. */
#include "exchange/log/message_minute.c"

#include "exchange/log/testing.h"
#include "store/test_store.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;

enum { ROWS = 1200 /* more than two slices of the index */, MINUTES = 4 };
static const int64_t NOW_MINUTE = TEST_NOW_S / 60;

static const struct query PLAIN = { "exchange",
    "SELECT at_ms / 60000, side, client, service, fault, COUNT(*), CAST(SUM(took_us) AS BIGINT), MAX(at_ms) FROM message WHERE at_ms >= $1 AND at_ms < $2 AND is_answer <> 0 "
    "GROUP BY at_ms / 60000, side, client, service, fault ORDER BY 1, 2, 3, 4, 5", LOG };

static struct message_row row(struct call *c, size_t i, const char *fault)
{
    return (struct message_row){ .side = SIDE_CONSUMER, .is_answer = true, .request_id = str_print(c->arena, "r%zu", i), .message_id = STR("m"), .client = STR("VN/GOV/H26/desk"),
                                 .service = STR("VN/GOV/G01/population/person"), .took_us = (int64_t)i, .fault = str_z(fault), .fault_id = *fault ? str_print(c->arena, "f%zu", i) : STR("") };
}

static uint32_t below(uint32_t *state, uint32_t n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % n;
}

static void append_random(struct call *c, uint32_t *state, size_t i)
{
    static const char *const clients[] = { "VN/GOV/A", "VN/GOV/A/one", "VN/GOV/B/one" }, *const services[] = { "VN/GOV/B/one/x", "VN/GOV/A/two/x" };
    static const char *const faults[] = { "", "", "server.serverproxy.access_denied" };
    struct message_row m = row(c, i, faults[below(state, 3)]);
    m.side = (enum message_side)(1 + below(state, 3));
    m.is_answer = below(state, 2);
    m.is_refusal = !m.is_answer && below(state, 2);
    m.client = str_z(clients[below(state, 3)]);
    m.service = str_z(services[below(state, 2)]);
    test_append_at(c, &exchange, (NOW_MINUTE - below(state, MINUTES)) * MINUTE_MS + below(state, MINUTE_MS), &m);
}

/* same_as_plain: from_minute to to_minute as a plain walk counts them. */
static bool same_as_plain(struct call *c, int64_t from_minute, int64_t to_minute)
{
    const struct exchange_count *list;
    size_t n, i = 0;
    CHECK_OK(exchange_count_messages(c, from_minute, to_minute, &list, &n));
    DB_ROWS rows = db_run(c, &PLAIN, db_int(from_minute * MINUTE_MS), db_int(to_minute * MINUTE_MS));
    for (; db_next(&rows); i++) {
        if (i == n) return false;
        const struct exchange_count *k = &list[i];
        if (k->minute != db_col_int(&rows, 0) || k->side != db_col_int(&rows, 1) || k->n != db_col_int(&rows, 5) || k->took_us != db_col_int(&rows, 6) || k->last_ms != db_col_int(&rows, 7)) return false;
        if (!str_eq(k->client, db_col_text(&rows, 2)) || !str_eq(k->service, db_col_text(&rows, 3)) || !str_eq(k->fault, db_col_text(&rows, 4))) return false;
    }
    CHECK_OK(db_finish(&rows));
    return i == n;
}

static void index_all(struct call *c)
{
    int64_t behind;
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(behind == 0);
}

TEST(a_random_log_is_counted_as_by_a_plain_walk)
{
    uint32_t state = 11;
    int64_t behind;
    for (size_t i = 0; i < ROWS; i++) append_random(c, &state, i);
    CHECK(same_as_plain(c, NOW_MINUTE, NOW_MINUTE)); /* none */
    CHECK_OK(message__index(c, 1, &behind));
    CHECK(behind > 0); /* a part stands in the index, a part does not */
    CHECK(same_as_plain(c, NOW_MINUTE - MINUTES, NOW_MINUTE + 1));
    index_all(c);
    CHECK(same_as_plain(c, NOW_MINUTE - MINUTES, NOW_MINUTE + 1));
    for (size_t i = ROWS; i < ROWS + 20; i++) append_random(c, &state, i);
    for (int64_t from = NOW_MINUTE - MINUTES; from <= NOW_MINUTE; from++)
        for (int64_t to = from; to <= NOW_MINUTE + 1; to++) CHECK(same_as_plain(c, from, to));
}

static const struct exchange_count *only(struct call *c)
{
    const struct exchange_count *list;
    size_t n;
    CHECK_OK(exchange_count_messages(c, NOW_MINUTE, NOW_MINUTE + 1, &list, &n));
    CHECK(n == 1);
    return list;
}

TEST(what_is_asked_while_the_index_follows_is_counted_once)
{
    struct message_row a = row(c, 1, ""), b = row(c, 2, "");
    test_append_at(c, &exchange, TEST_NOW_MS, &a);
    CHECK(only(c)->n == 1);
    index_all(c);
    CHECK(only(c)->n == 1 && only(c)->took_us == 1);
    test_append_at(c, &exchange, TEST_NOW_MS - 5, &b); /* began before the first one */
    index_all(c);
    index_all(c);
    CHECK(only(c)->n == 2 && only(c)->took_us == 3 && only(c)->last_ms == TEST_NOW_MS);
}

TEST(an_answer_and_a_refusal_of_one_fault_count_together_and_the_newest_is_named)
{
    static const char fault[] = "server.serverproxy.access_denied";
    struct message_row a = row(c, 1, fault), b = row(c, 2, fault), question = row(c, 3, "");
    b.is_answer = false;
    b.is_refusal = true;
    question.is_answer = false;
    test_append_at(c, &exchange, TEST_NOW_MS + 1, &a);
    test_append_at(c, &exchange, TEST_NOW_MS, &b);
    test_append_at(c, &exchange, TEST_NOW_MS, &question);
    index_all(c);
    CHECK(only(c)->n == 2);
    CHECK_STR(only(c)->fault_id, STR("f1"));
}

TEST(what_retention_removes_was_exchanged_all_the_same)
{
    struct message_row a = row(c, 1, "");
    test_append_at(c, &exchange, TEST_NOW_MS, &a);
    index_all(c);
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(message__unindex(c, 1, 1));
        CHECK_OK(db_commit(&tx));
    }
    CHECK(only(c)->n == 1);
}

static size_t minutes_kept(struct call *c)
{
    const struct exchange_count *list;
    size_t n;
    CHECK_OK(exchange_count_messages(c, 0, NOW_MINUTE + 1, &list, &n));
    return n;
}

TEST(minutes_of_a_day_ago_are_there_and_older_ones_are_forgotten)
{
    const int64_t day_ms = 24 * 60 * MINUTE_MS;
    struct message_row a = row(c, 1, ""), b = row(c, 2, ""), d = row(c, 3, "");
    test_append_at(c, &exchange, TEST_NOW_MS - 2 * day_ms, &a);
    test_append_at(c, &exchange, TEST_NOW_MS - day_ms, &b);
    index_all(c);
    CHECK(minutes_kept(c) == 1);
    test_append_at(c, &exchange, TEST_NOW_MS, &d);
    c->now_ms += day_ms;
    index_all(c);
    CHECK(minutes_kept(c) == 1);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &ADD, &DROP_OLD, &COUNT, NULL };
    CHECK_OK(store_check(c, all));
}
