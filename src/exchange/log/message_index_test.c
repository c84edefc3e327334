/* Tests of message_index.c where two threads index at once: what a search finds is tested in message_search_test.c. */
#include "exchange/log/message_index.c"

#include "store/test_store.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;

static void log_messages(struct call *c, int from, int to)
{
    test_store_app(c)->exchange = &exchange;
    CHECK_OK(db_gather(c));
    for (int i = from; i <= to; i++) {
        const struct message_row m = { .side = SIDE_PROVIDER, .is_answer = true, .request_id = str_print(c->arena, "r%d", i), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                                       .service = i % 2 ? STR("VN/GOV/G01/population/person") : STR("VN/GOV/G01/population/self") };
        CHECK_OK(message__append(c, &m));
    }
    CHECK_OK(message__settle(c));
}

/* counted: rows by class; those that stand at places must be as many. */
static int64_t counted(struct call *c)
{
    const struct message_class *classes;
    struct message_place places[1000];
    size_t n, found;
    int64_t sum = 0;
    CHECK_OK(message__list_classes(c, INT64_MAX, &classes, &n));
    for (size_t i = 0; i < n; i++) {
        CHECK_OK(message__list_places(c, classes[i].id, 0, (struct message_place){ INT64_MAX, INT64_MAX }, 500, places, &found));
        CHECK((int64_t)found == classes[i].n);
        sum += classes[i].n;
    }
    return sum;
}

TEST(rows_that_another_thread_wrote_meanwhile_are_not_written_again)
{
    struct work w = { .now_ms = c->now_ms };
    int64_t behind;
    log_messages(c, 1, 40);
    CHECK_OK(prepare(c, exchange.recent, &w));
    CHECK(w.slice.nrows == 40);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    log_messages(c, 41, 50);
    CHECK_OK(finish(c, &w));
    CHECK(counted(c) == 40);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(counted(c) == 50 && behind == 0);
}

TEST(rows_that_came_meanwhile_are_for_the_next_time)
{
    struct work w = { .now_ms = c->now_ms };
    int64_t behind;
    log_messages(c, 1, 40);
    CHECK_OK(prepare(c, exchange.recent, &w));
    log_messages(c, 41, 50);
    CHECK_OK(finish(c, &w));
    CHECK(counted(c) == 40);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(counted(c) == 50);
}

static bool is_same_row(const struct row *a, const struct row *b)
{
    return a->seq == b->seq && a->at_ms == b->at_ms && a->took_us == b->took_us && is_same(&a->class_, &b->class_) && str_eq(a->message_id, b->message_id) &&
           str_eq(a->fault_id, b->fault_id) && str_eq(a->request_id, b->request_id) && str_eq(a->signature, b->signature);
}

/* From memory or from the table, in part or in whole: a slice is the same. */
static void check_rows(struct call *c, int64_t first, int64_t last)
{
    struct slice taken = new_slice(c), read = new_slice(c);
    CHECK_OK(take_rows(c, exchange.recent, first, last, 0, &taken));
    CHECK_OK(read_rows(c, first, last, 0, &read));
    CHECK((int64_t)taken.nrows == last - first + 1 && read.nrows == taken.nrows);
    for (size_t i = 0; i < read.nrows; i++) CHECK(is_same_row(&taken.rows[i], &read.rows[i]));
}

TEST(rows_are_the_same_from_memory_and_from_the_table)
{
    enum { FEW = MISSED_MOST / 2, MANY = 2 * MISSED_MOST };
    struct message_fact f;
    int64_t behind;
    log_messages(c, 1, MANY); /* before there is a memory */
    exchange.recent = message__recent_new();
    log_messages(c, MANY + 1, MANY + 60);
    CHECK(!message__recall(c, exchange.recent, MANY, &f) && message__recall(c, exchange.recent, MANY + 1, &f));
    check_rows(c, 1, MANY + 60);
    check_rows(c, MANY - FEW, MANY + 60);
    check_rows(c, MANY + 1, MANY + 60);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(counted(c) == MANY + 60 && behind == 0);
    message__recent_free(exchange.recent);
    exchange.recent = NULL;
}

TEST(a_row_that_is_not_committed_is_not_taken)
{
    struct work w = { .now_ms = c->now_ms };
    exchange.recent = message__recent_new();
    log_messages(c, 1, 10);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    message__remember(&tx, exchange.recent, &(struct message_fact){ .seq = 11, .client = STR_INIT("VN/GOV/H26/desk"), .signature = STR_INIT("12345678") });
    w.slice = new_slice(c);
    CHECK_OK(take_rows(c, exchange.recent, 11, 11, 10, &w.slice));
    CHECK(w.slice.nrows == 1 && w.slice.rows[0].signature.n == 8);
    w.slice = new_slice(c);
    CHECK_OK(take_rows(c, exchange.recent, 11, 11, 11, &w.slice)); /* a time-stamp covers it */
    CHECK(w.slice.nrows == 1 && w.slice.rows[0].signature.n == 0);
    struct call *other = test_store_call(c);
    CHECK_OK(prepare(other, exchange.recent, &w));
    CHECK(w.slice.nrows == 10);
    test_store_call_end(other);
    db_end_tx(&tx);
    message__recent_free(exchange.recent);
    exchange.recent = NULL;
}

/* A row of ours that was never committed, under whose number another node's stands: the commit failed, but the thread that made it does not know when others read. */
TEST(a_row_that_was_undone_does_not_pass_for_another)
{
    struct work w = { .now_ms = c->now_ms };
    const struct message_class *classes;
    size_t n;
    int64_t behind;
    log_messages(c, 1, 10);
    exchange.recent = message__recent_new();
    struct call *other = test_store_call(c);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    message__remember(&tx, exchange.recent, &(struct message_fact){ .seq = 10, .client = STR_INIT("VN/GOV/H99/undone") });
    CHECK_OK(prepare(other, exchange.recent, &w));
    CHECK(w.slice.nrows == 10);
    CHECK_STR(w.slice.rows[9].class_.client, STR("VN/GOV/H99/undone"));
    db_end_tx(&tx);
    CHECK_OK(db_append(c, write_slice, &w));
    CHECK(w.undone && counted(c) == 0);
    CHECK_OK(finish(c, &w));
    CHECK(counted(c) == 10);
    test_store_call_end(other);
    CHECK_OK(message__list_classes(c, INT64_MAX, &classes, &n));
    for (size_t i = 0; i < n; i++) CHECK_STR(classes[i].client, STR("VN/GOV/H26/desk"));
    log_messages(c, 11, 20);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(counted(c) == 20 && behind == 0);
    message__recent_free(exchange.recent);
    exchange.recent = NULL;
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &READ_BOOKMARK, &SET_BOOKMARK, &NEWEST, &LIST_ROWS, &FIND_CLASS, &COUNT_CLASSES, &INSERT_CLASS, &COUNT_ROWS, &INSERT_NAME,
                                               &DELETE_NAME, &LIST_NOW, &LIST_CLASSES, &COUNT_ALL, &LIST_NAMED, NULL };
    CHECK_OK(store_check(c, all));
}
