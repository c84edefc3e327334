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
    struct message_place places[100];
    size_t n, found;
    int64_t sum = 0;
    CHECK_OK(message__list_classes(c, INT64_MAX, &classes, &n));
    for (size_t i = 0; i < n; i++) {
        CHECK_OK(message__list_places(c, classes[i].id, 0, (struct message_place){ INT64_MAX, INT64_MAX }, 100, places, &found));
        CHECK((int64_t)found == classes[i].n);
        sum += classes[i].n;
    }
    return sum;
}

TEST(rows_that_another_thread_wrote_meanwhile_are_not_written_again)
{
    struct work w;
    int64_t behind;
    log_messages(c, 1, 40);
    CHECK_OK(prepare(c, &w));
    CHECK(w.slice.nrows == 40);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    log_messages(c, 41, 50);
    CHECK_OK(write_slice(c, &w, c->now_ms));
    CHECK(counted(c) == 40);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(counted(c) == 50 && behind == 0);
}

TEST(rows_that_came_meanwhile_are_for_the_next_time)
{
    struct work w;
    int64_t behind;
    log_messages(c, 1, 40);
    CHECK_OK(prepare(c, &w));
    log_messages(c, 41, 50);
    CHECK_OK(write_slice(c, &w, c->now_ms));
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
TEST(rows_are_the_same_from_memory_and_from_the_table)
{
    struct slice recalled, read;
    int64_t behind;
    log_messages(c, 1, 10); /* before there is a memory */
    exchange.recent = message__recent_new();
    log_messages(c, 11, 40);
    CHECK(!recall_rows(c, 1, 40, 0, &recalled) && !recall_rows(c, 11, 41, 0, &recalled));
    CHECK(recall_rows(c, 11, 40, 0, &recalled) && recalled.nrows == 30);
    CHECK_OK(read_rows(c, 11, 40, 0, &read));
    CHECK(read.nrows == 30);
    for (size_t i = 0; i < 30; i++) CHECK(is_same_row(&recalled.rows[i], &read.rows[i]));
    CHECK(recall_rows(c, 41, 40, 0, &recalled) && recalled.nrows == 0);
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    log_messages(c, 41, 50);
    {
        DB_TX tx = { 0 };
        struct message_fact f = { .seq = 51, .client = STR_INIT("VN/GOV/H26/desk"), .signature = STR_INIT("12345678") };
        CHECK_OK(db_begin(c, LOG, &tx));
        message__remember(&tx, exchange.recent, &f); /* not committed: nobody indexes it */
        CHECK(recall_rows(c, 51, 51, 51, &recalled) && recalled.rows[0].signature.n == 0);
        CHECK(recall_rows(c, 51, 51, 50, &recalled) && recalled.rows[0].signature.n == 8);
    }
    CHECK_OK(message__index(c, INT64_MAX, &behind));
    CHECK(counted(c) == 50 && behind == 0);
    message__recent_free(exchange.recent);
    exchange.recent = NULL;
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &READ_BOOKMARK, &SET_BOOKMARK, &NEWEST, &LIST_ROWS, &FIND_CLASS, &COUNT_CLASSES, &INSERT_CLASS, &COUNT_ROWS, &INSERT_PLACE, &INSERT_PLACES,
                                               &DELETE_PLACE, &INSERT_NAME, &DELETE_NAME, &LIST_NOW, &LIST_CLASSES, &COUNT_ALL, &LIST_PLACES, &LIST_NAMED, NULL };
    CHECK_OK(store_check(c, all));
}
