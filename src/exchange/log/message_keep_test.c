/* Tests of message_keep.c: only what is old goes, from the front, and never what waits for its time-stamp; what went is out of the index too, told in the journal and counted. */
#include "exchange/log/message_keep.c"

#include "exchange/directory/directory.h"
#include "exchange/stamp/stamp.h"
#include "exchange/wire/wire.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema, &exchange_schema);

static struct exchange exchange = { .member = STR_INIT("VN/GOV/H26") };
enum { OLD_MS = 1000000, CUTOFF_MS = 2000000, NEW_MS = 3000000 };

/* put: a row of a question that is signed or not; each has a request id of its own. */
static void put(struct call *c, int64_t at_ms, bool is_signed)
{
    static int last;
    const struct wire w = { .signature = { .xml = STR_INIT("<signature/>") } };
    struct message_row r = { .side = SIDE_PROVIDER, .request_id = str_print(c->arena, "r%d", ++last), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                             .service = STR_INIT("VN/GOV/G01/population/person"), .wire = is_signed ? &w : NULL };
    int64_t now_ms = c->now_ms;
    test_store_app(c)->exchange = &exchange;
    c->now_ms = at_ms;
    CHECK_OK(message__append(c, &r));
    c->now_ms = now_ms;
}

static void stamp(struct call *c, int64_t first, int64_t last, int64_t at_ms)
{
    const struct stamp_row row = { .last_seq = last, .first_seq = first, .at_ms = at_ms, .n = 1, .service = STR_INIT("s"), .leaves = STR_INIT("l"), .result = STR_INIT("r"), .token = STR_INIT("t") };
    CHECK_OK(stamp__insert(c, &row));
}

static struct message_cut remove_old(struct call *c)
{
    struct message_cut cut;
    CHECK_OK(message__remove_old(c, CUTOFF_MS));
    CHECK_OK(message__read_cut(c, &cut));
    return cut;
}

static size_t left(struct call *c)
{
    struct message_found found;
    CHECK_OK(message__list(c, &(struct message_filter){ 0 }, &found));
    return found.n;
}

TEST(nothing_without_a_time_stamp_goes)
{
    put(c, OLD_MS, true);
    put(c, OLD_MS, true);
    CHECK(remove_old(c).seq == 0 && left(c) == 2);
    stamp(c, 1, 1, OLD_MS);
    CHECK(remove_old(c).seq == 1 && left(c) == 1);
}

TEST(what_is_new_stays)
{
    put(c, OLD_MS, true);
    put(c, NEW_MS, true);
    put(c, OLD_MS, true); /* logged behind a newer one */
    stamp(c, 1, 1, OLD_MS);
    stamp(c, 2, 3, NEW_MS);
    CHECK(remove_old(c).seq == 1 && left(c) == 2);
}

TEST(unsigned_rows_go_by_their_age_alone)
{
    put(c, OLD_MS, false);
    put(c, OLD_MS, false);
    put(c, NEW_MS, false);
    CHECK(remove_old(c).seq == 2 && left(c) == 1);
    CHECK(remove_old(c).n == 2); /* and are not counted twice */
}

TEST(a_row_that_came_meanwhile_stays)
{
    int64_t last;
    for (int i = 0; i < 3; i++) put(c, OLD_MS, false);
    CHECK_OK(find_old(c, CUTOFF_MS, 2, &last)); /* as if the third had been written since */
    CHECK(last == 2);
}

TEST(time_stamps_go_with_their_messages_but_for_the_newest)
{
    struct stamp_row last, next;
    put(c, OLD_MS, true);
    put(c, OLD_MS, true);
    stamp(c, 1, 1, OLD_MS);
    stamp(c, 2, 2, OLD_MS);
    struct message_cut cut = remove_old(c);
    CHECK(cut.seq == 2 && cut.stamp_seq == 1 && left(c) == 0);
    CHECK_OK(stamp__last(c, &last));
    CHECK_OK(stamp__next(c, 1, &next));
    CHECK(last.last_seq == 2 && next.last_seq == 2);
}

/* A clock that is sixty days ahead makes all rows old. */
TEST(nothing_goes_while_the_time_is_not_sure)
{
    struct directory d = { .refs = 1, .expires_ms = c->now_ms + 600000 };
    put(c, c->now_ms, false);
    int64_t now_ms = c->now_ms, jump_ms = 60 * DAY_MS;
    c->now_ms += jump_ms;
    CHECK(keep(c, 30) == ST_UNAVAILABLE && left(c) == 1); /* no directory yet */
    call_clear(c);
    exchange.pictures.own = &d;
    CHECK(keep(c, 30) == ST_UNAVAILABLE && left(c) == 1);
    call_clear(c);
    d.expires_ms += jump_ms; /* the operator's clock is not ours, whatever the directory says */
    exchange.pictures.sync = (struct sync_state){ .has_clock = true, .ahead_ms = -jump_ms };
    CHECK(keep(c, 30) == ST_UNAVAILABLE && left(c) == 1);
    call_clear(c);
    exchange.pictures.sync.ahead_ms = 0;
    CHECK_OK(keep(c, 30));
    CHECK(left(c) == 0);
    exchange.pictures = (struct pictures){ 0 };
    c->now_ms = now_ms;
}

TEST(a_run_stands_in_the_journal_and_an_idle_one_does_not)
{
    struct journal_count before, after;
    put(c, OLD_MS, false);
    (void)remove_old(c);
    CHECK_OK(journal_verify_all(c, &before));
    CHECK(before.entries == 1);
    (void)remove_old(c);
    CHECK_OK(journal_verify_all(c, &after));
    CHECK(after.entries == 1);
}

TEST(more_than_a_slice_goes_in_one_run)
{
    for (int i = 0; i < 2 * SLICE + 1; i++) put(c, OLD_MS, false);
    CHECK(remove_old(c).n == 2 * SLICE + 1 && left(c) == 0);
}

TEST(numbers_go_on_where_all_rows_were_removed)
{
    static const struct query NUMBERS = { "exchange", "SELECT MIN(seq), MAX(seq) FROM message", LOG };
    for (int i = 0; i < 3; i++) put(c, OLD_MS, false);
    CHECK(remove_old(c).seq == 3 && left(c) == 0);
    put(c, NEW_MS, false);
    DB_ROWS rows = db_run(c, &NUMBERS);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 4 && db_col_int(&rows, 1) == 4);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &READ_CUT, &MOVE_CUT, &MOVE_STAMP_CUT, &LAST_STAMPED, &FIRST_KEPT, &NEWEST_ROW, &DELETE_ROWS, &LAST_EMPTY_STAMP, &DELETE_STAMPS, NULL };
    CHECK_OK(store_check(c, all));
}
