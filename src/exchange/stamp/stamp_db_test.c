/* Tests of stamp_db.c: what waits is what is signed and stands after the last time-stamp; the state is one row. */
#include "exchange/stamp/stamp_db.c"

#include "exchange/wire/wire.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;

static void log_message(struct call *c, const char *request_id, bool is_signed)
{
    const struct wire w = { .signature = { .xml = STR_INIT("<signature/>") } };
    const struct message_row r = { .side = SIDE_PROVIDER, .request_id = str_z(request_id), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                                   .service = STR_INIT("VN/GOV/G01/population/person"), .is_refusal = !is_signed, .wire = is_signed ? &w : NULL };
    if (!c->app->exchange) test_store_app(c)->exchange = &exchange;
    CHECK_OK(message__append(c, &r));
}

static struct stamp_state state(struct call *c)
{
    struct stamp_state s;
    CHECK_OK(exchange_stamp_state(c, &s));
    return s;
}

TEST(what_waits_is_signed_and_not_yet_stamped)
{
    CHECK(state(c).waiting == 0 && state(c).last_ms == 0 && state(c).oldest_waiting_ms == 0 && state(c).failing_since_ms == 0);
    log_message(c, "r1", true);
    log_message(c, "r2", false);
    log_message(c, "r3", true);
    CHECK(state(c).waiting == 2 && state(c).oldest_waiting_ms == c->now_ms);
    const struct stamp_row row = { .last_seq = 1, .first_seq = 1, .at_ms = 77, .n = 1, .service = STR_INIT("stamps"), .leaves = STR_INIT("l"), .result = STR_INIT("r"), .token = STR_INIT("t") };
    CHECK_OK(stamp__insert(c, &row));
    CHECK(state(c).waiting == 1 && state(c).last_ms == 77);
    CHECK(stamp__insert(c, &row) == ST_CONFLICT); /* no message is stamped twice */
}

TEST(stamps_are_found_by_a_message_they_cover)
{
    struct stamp_row got;
    CHECK(stamp__last(c, &got) == ST_NOT_FOUND && stamp__next(c, 1, &got) == ST_NOT_FOUND);
    for (int64_t i = 1; i <= 2; i++) {
        const struct stamp_row row = { .last_seq = 10 * i, .first_seq = 10 * i - 9, .at_ms = i, .n = i, .service = STR_INIT("s"), .leaves = STR_INIT("l"), .result = STR_INIT("r"), .token = STR_INIT("t") };
        CHECK_OK(stamp__insert(c, &row));
    }
    CHECK_OK(stamp__next(c, 10, &got));
    CHECK(got.last_seq == 10 && str_eq(got.token, STR("t")));
    CHECK_OK(stamp__next(c, 11, &got));
    CHECK(got.first_seq == 11);
    CHECK(stamp__next(c, 21, &got) == ST_NOT_FOUND);
    CHECK_OK(stamp__last(c, &got));
    CHECK(got.last_seq == 20);
}

TEST(messages_are_listed_in_order_and_within_their_bounds)
{
    struct stamped_message list[8];
    size_t n;
    for (int i = 0; i < 5; i++) log_message(c, str_to_z(c->arena, str_print(c->arena, "r%d", i)), i != 2);
    CHECK_OK(stamp__list_messages(c, 0, INT64_MAX, 8, list, &n));
    CHECK(n == 4 && list[0].seq == 1 && list[2].seq == 4 && str_eq(list[3].request_id, STR("r4")));
    CHECK_OK(stamp__list_messages(c, 1, 4, 8, list, &n));
    CHECK(n == 2 && list[0].seq == 2 && list[1].seq == 4);
    CHECK_OK(stamp__list_messages(c, 0, INT64_MAX, 1, list, &n));
    CHECK(n == 1);
}

TEST(the_state_is_kept)
{
    const struct stamping failing = { .tried_ms = 5, .failing_since_ms = 4, .reason = STR_INIT("The service does not answer.") }, well = { .tried_ms = 6, .failing_since_ms = TIME_FAR };
    CHECK_OK(stamp__write_state(c, &failing));
    CHECK(state(c).failing_since_ms == 4);
    CHECK_STR(state(c).reason, failing.reason);
    CHECK_OK(stamp__write_state(c, &well));
    CHECK(state(c).failing_since_ms == 0 && state(c).reason.n == 0);
}

TEST(heads_of_the_journal)
{
    struct head_stamp_row got;
    const struct head_stamp_row row = { .size = 7, .at_ms = 1, .service = STR_INIT("s"), .note = STR_INIT("note"), .token = STR_INIT("t") };
    CHECK(stamp__last_head(c, &got) == ST_NOT_FOUND);
    CHECK_OK(stamp__insert_head(c, &row));
    CHECK_OK(stamp__next_head(c, 3, &got));
    CHECK(got.size == 7 && str_eq(got.note, STR("note")));
    CHECK(stamp__next_head(c, 8, &got) == ST_NOT_FOUND);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &INSERT_STAMP, &LAST_STAMP, &NEXT_STAMP, &LIST_SIGNED, &INSERT_HEAD, &LAST_HEAD, &NEXT_HEAD, &READ_STATE, &INSERT_STATE,
                                               &UPDATE_STATE, NULL };
    CHECK_OK(store_check(c, all));
}
