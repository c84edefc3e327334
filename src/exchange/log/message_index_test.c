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

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &READ_BOOKMARK, &SET_BOOKMARK, &NEWEST, &LIST_ROWS, &FIND_CLASS, &COUNT_CLASSES, &INSERT_CLASS, &COUNT_ROWS, &INSERT_PLACE, &INSERT_PLACES,
                                               &DELETE_PLACE, &INSERT_NAME, &DELETE_NAME, &LIST_NOW, &LIST_CLASSES, &COUNT_ALL, &LIST_PLACES, &LIST_NAMED, NULL };
    CHECK_OK(store_check(c, all));
}
