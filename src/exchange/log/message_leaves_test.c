/* Tests of message_leaves.c: whatever part of the log the index has come to, the leaves that wait and their number are those of the rows themselves; what the index holds is not
 * read again, and a signature that cannot be read stops nobody but who stamps. */
#include "exchange/log/message_leaves.c"

#include "exchange/stamp/stamp.h"
#include "exchange/wire/wire.h"
#include "store/test_store.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;
static const struct query EMPTY_DOCUMENTS = { "exchange", "DELETE FROM message_signature", LOG };
static const struct query COUNT_ROWS_OF_LEAVES = { "exchange", "SELECT COUNT(*) FROM message_leaves", LOG };

enum { ROWS = 560 /* more than a slice of the index */, BATCH = 5, TOGETHER = 70 };

/* log_messages: every fifth row is a refusal without a signature, every third signed by itself, the others by a document that a batch shares. Many share a commit. */
static void log_messages(struct call *c, int from, int to)
{
    if (!c->app->exchange) test_store_app(c)->exchange = &exchange;
    for (int i = from; i <= to;) {
        CHECK_OK(db_gather(c));
        for (int end = i + TOGETHER; i < end && i <= to; i++) {
            struct wire *w = arena_new(c->arena, struct wire);
            bool alone = i % 3 == 0;
            w->signature = (struct signature_doc){ .xml = str_print(c->arena, "<signature>%d</signature>", alone ? i : i / BATCH), .chain_result = alone ? STR("") : STR("<result/>") };
            const struct message_row r = { .side = SIDE_CONSUMER, .request_id = str_print(c->arena, "r%d", i), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                                           .service = STR_INIT("VN/GOV/G01/population/person"), .wire = i % 5 ? w : NULL, .is_refusal = i % 5 == 0 };
            c->now_ms = TEST_NOW_MS + (i * 7919) % 1000;
            CHECK_OK(message__append(c, &r));
        }
        CHECK_OK(message__settle(c));
    }
}

static void check_collected(struct call *c, int64_t after_seq, size_t most)
{
    struct message_leaves l;
    struct stamped_message *list = arena_array(c->arena, struct stamped_message, most);
    size_t n;
    CHECK_OK(stamp__list_messages(c, after_seq, INT64_MAX, most, list, &n)); /* as the rows say it */
    CHECK_OK(message__collect_leaves(c, after_seq, most, &l));
    CHECK(l.n == n && l.bytes.n == n * MESSAGE_LEAF_BYTES && (!n || l.last_seq == list[n - 1].seq));
    for (size_t i = 0; i < n; i++) {
        CHECK(message__leaf_seq(buf_str(&l.bytes), i) == list[i].seq);
        CHECK_STR(str_of(l.bytes.p + i * MESSAGE_LEAF_BYTES + 8, 64), trust_digest(c->arena, DIGEST_SHA512, list[i].signature));
    }
}

static void check_waiting(struct call *c, int64_t after_seq)
{
    struct waiting got, expected = { 0 };
    CHECK_OK(add(db_run(c, &COUNT_SIGNED, db_int(after_seq), db_int(INT64_MAX), db_int(ROWS)), &expected));
    CHECK_OK(message__count_waiting(c, after_seq, &got.n, &got.oldest_ms));
    CHECK(got.n == expected.n && got.oldest_ms == expected.oldest_ms);
}

static void check_all(struct call *c)
{
    static const int64_t after[] = { 0, 59, 60, 61, 64, 65, 499, 500, 501, ROWS - 1, ROWS, ROWS + 9 };
    static const size_t most[] = { 1, 100, 101, ROWS };
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        check_waiting(c, after[i]);
        for (size_t k = 0; k < sizeof most / sizeof *most; k++) check_collected(c, after[i], most[k]);
    }
}

static void index_rows(struct call *c, int64_t most)
{
    int64_t behind;
    CHECK_OK(message__index(c, most, &behind));
    CHECK(most < INT64_MAX || behind == 0);
}

TEST(without_the_index)
{
    log_messages(c, 1, ROWS);
    check_all(c);
}

TEST(with_a_part_in_the_index)
{
    log_messages(c, 1, 60);
    index_rows(c, INT64_MAX);
    log_messages(c, 61, 64);
    index_rows(c, INT64_MAX);
    log_messages(c, 65, ROWS);
    check_all(c);
    index_rows(c, 1); /* a slice */
    check_all(c);
    index_rows(c, INT64_MAX);
    check_all(c);
}

TEST(with_leaves_that_began_later)
{
    log_messages(c, 1, 100);
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, &SKIP, db_int(62)));
        CHECK_OK(db_commit(&tx));
    }
    index_rows(c, INT64_MAX);
    log_messages(c, 101, ROWS);
    index_rows(c, INT64_MAX);
    check_all(c);
}

static void stamp_up_to(struct call *c, int64_t last_seq)
{
    struct stamp_row last = { 0 };
    if (stamp__last(c, &last) != ST_OK) call_clear(c);
    const struct stamp_row row = { .last_seq = last_seq, .first_seq = last.last_seq + 1, .at_ms = 77, .n = 1, .service = STR_INIT("s"), .leaves = STR_INIT("l"), .result = STR_INIT("r"), .token = STR_INIT("t") };
    CHECK_OK(stamp__insert(c, &row));
}

static int64_t rows_of_leaves(struct call *c)
{
    DB_ROWS rows = db_run(c, &COUNT_ROWS_OF_LEAVES);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

TEST(leaves_go_with_their_time_stamp_and_stamped_rows_get_none)
{
    log_messages(c, 1, 60);
    index_rows(c, INT64_MAX);
    log_messages(c, 61, 120);
    CHECK(rows_of_leaves(c) == 1);
    stamp_up_to(c, 70); /* rows that the index had not come to went along */
    CHECK(rows_of_leaves(c) == 0);
    index_rows(c, INT64_MAX);
    CHECK(rows_of_leaves(c) == 1);
    check_waiting(c, 70);
    check_collected(c, 70, ROWS);
    stamp_up_to(c, 90); /* in the middle of them */
    CHECK(rows_of_leaves(c) == 1);
    check_waiting(c, 90);
    check_collected(c, 90, ROWS);
    stamp_up_to(c, 120);
    CHECK(rows_of_leaves(c) == 0);
    check_waiting(c, 120);
}

static void empty_documents(struct call *c)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, &EMPTY_DOCUMENTS));
    CHECK_OK(db_commit(&tx));
}

TEST(what_the_index_has_hashed_is_not_read_again)
{
    struct message_leaves l;
    log_messages(c, 1, 50);
    index_rows(c, INT64_MAX);
    empty_documents(c);
    CHECK_OK(message__collect_leaves(c, 0, ROWS, &l));
    CHECK(l.n == 40);
}

TEST(a_document_that_is_missing_stops_who_stamps_and_not_who_searches)
{
    const struct message_filter all = { 0 };
    struct message_found found;
    struct message_leaves l;
    log_messages(c, 1, 10);
    index_rows(c, INT64_MAX);
    log_messages(c, 11, 20);
    empty_documents(c);
    CHECK_OK(message__list(c, &all, &found));
    CHECK(found.n == 20 && found.behind == 0);
    CHECK(message__collect_leaves(c, 10, ROWS, &l) == ST_BROKEN && str_starts(call_error(c)->sentence, STR("The signature of a message is missing")));
    call_clear(c);
    log_messages(c, 21, 30);
    index_rows(c, INT64_MAX);
    check_waiting(c, 0);
    check_waiting(c, 10);
    check_collected(c, 20, ROWS);
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &INSERT, &NEXT, &DROP, &SKIP, &LIST_SIGNED, &READ_BOUNDS, &SUM_LEAVES, &FIND_PART, &COUNT_SIGNED, NULL };
    CHECK_OK(store_check(c, all));
}
