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
    struct str leaves;
    int64_t last_seq;
    struct stamped_message *list = arena_array(c->arena, struct stamped_message, most);
    size_t n;
    CHECK_OK(stamp__list_messages(c, after_seq, INT64_MAX, most, list, &n)); /* as the rows say it */
    CHECK_OK(message__collect_leaves(c, after_seq, most, &leaves, &last_seq));
    CHECK(leaves.n == n * MESSAGE_LEAF_BYTES && (!n || last_seq == list[n - 1].seq));
    for (size_t i = 0; i < n; i++) {
        CHECK(message__leaf_seq(leaves, i) == list[i].seq);
        CHECK_STR(str_of(leaves.p + i * MESSAGE_LEAF_BYTES + 8, 64), trust_digest(c->arena, DIGEST_SHA512, list[i].signature));
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
    struct str leaves;
    int64_t last_seq;
    log_messages(c, 1, 50);
    index_rows(c, INT64_MAX);
    empty_documents(c);
    CHECK_OK(message__collect_leaves(c, 0, ROWS, &leaves, &last_seq));
    CHECK(leaves.n == 40 * MESSAGE_LEAF_BYTES && last_seq == 49);
}

static void store_leaves(struct call *c, int64_t n, struct str leaves)
{
    static const struct query STORE = { "exchange", "UPDATE message_leaves SET n = $1, leaves = $2", LOG };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, &STORE, db_int(n), db_bytes(leaves)));
    CHECK_OK(db_commit(&tx));
}

TEST(a_list_that_is_damaged_is_refused_and_not_stamped_without_its_messages)
{
    enum { N = 16, LEAF = MESSAGE_LEAF_BYTES };
    struct str good, got;
    int64_t last_seq;
    log_messages(c, 1, 20);
    index_rows(c, INT64_MAX);
    CHECK_OK(message__collect_leaves(c, 0, ROWS, &good, &last_seq));
    CHECK(good.n == N * LEAF && last_seq == 19);
    const struct str first = str_first(good, LEAF), last = str_skip(good, (N - 1) * LEAF), middle = str_first(str_skip(good, LEAF), (N - 2) * LEAF);
    const struct { int64_t n; struct str leaves; } damaged[] = {
        { N, STR("") }, { 0, STR("") }, { 1, STR("short") }, { N, str_first(good, N * LEAF - 1) }, { N, str_join(c->arena, good, STR("x"), STR_END) },
        { N, str_first(good, 10 * LEAF) }, { 10, str_first(good, 10 * LEAF) }, { 1, first }, { N, str_join(c->arena, first, middle, STR_END) }, { N, str_skip(good, LEAF) },
        { N - 1, good }, { -1, good }, { INT64_MAX, good }, { N, str_join(c->arena, middle, first, last, STR_END) }, { N, str_join(c->arena, last, middle, last, STR_END) },
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        static const int64_t after[] = { 0, 12, 18 };
        store_leaves(c, damaged[i].n, damaged[i].leaves);
        for (size_t k = 0; k < sizeof after / sizeof *after; k++) {
            CHECK(message__collect_leaves(c, after[k], 3, &got, &last_seq) == ST_BROKEN);
            CHECK_STR(call_error(c)->sentence, STR("The list of the messages up to row 19 that wait for a time-stamp is damaged. Restore the message log from a backup."));
            CHECK(call_error(c)->nargs == 1); /* so that it can be told in another language */
            call_clear(c);
        }
    }
    store_leaves(c, N, good);
    check_all(c);
}

TEST(a_document_that_is_missing_stops_who_stamps_and_not_who_searches)
{
    const struct message_filter all = { 0 };
    struct message_found found;
    struct str leaves;
    int64_t last_seq;
    log_messages(c, 1, 10);
    index_rows(c, INT64_MAX);
    log_messages(c, 11, 20);
    empty_documents(c);
    CHECK_OK(message__list(c, &all, &found));
    CHECK(found.n == 20 && found.behind == 0);
    CHECK(message__collect_leaves(c, 10, ROWS, &leaves, &last_seq) == ST_BROKEN && str_starts(call_error(c)->sentence, STR("The signature of a message is missing")));
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
