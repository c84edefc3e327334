/* outbox_test.c: what is put with a change is carried once and in order, whoever drains, whatever fails, and after a start. */
#include "store/testing.h"

#include <pthread.h>

struct carried_list { struct str uids; int refuse_at, n; };

static enum status carry(struct call *c, struct str uid, struct str bytes, void *arg)
{
    struct carried_list *list = arg;
    CHECK(bytes.n == 3);
    if (list->n++ == list->refuse_at) return call_fail(c, ST_UNAVAILABLE, "", "The peer does not answer.");
    list->uids = str_join(c->arena, list->uids, uid, STR(" "), STR_END);
    return ST_OK;
}

static void put(struct call *c, const char *topic, const char *uid, bool commit)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(outbox_put(&tx, str_z(topic), str_z(uid), STR("a\0b")));
    if (commit) CHECK_OK(db_commit(&tx));
}

TEST(the_outbox_carries_what_was_committed_in_order_and_once)
{
    put(c, "t", "one", true);
    put(c, "t", "lost", false);
    put(c, "u", "other", true);
    put(c, "t", "two", true);
    struct carried_list list = { .refuse_at = -1 };
    CHECK_OK(outbox_drain(c, STR("t"), carry, &list));
    CHECK_STR(list.uids, STR("one two "));
    CHECK_OK(outbox_drain(c, STR("t"), carry, &list));
    CHECK(list.n == 2);
}

TEST(a_failure_stops_the_outbox_and_the_rest_is_carried_later)
{
    put(c, "t", "one", true);
    put(c, "t", "two", true);
    put(c, "t", "three", true);
    struct carried_list list = { .refuse_at = 1 };
    CHECK(outbox_drain(c, STR("t"), carry, &list) == ST_UNAVAILABLE);
    CHECK_STR(call_error(c)->sentence, STR("The peer does not answer."));
    CHECK_STR(list.uids, STR("one "));
    call_clear(c);
    CHECK_OK(outbox_drain(c, STR("t"), carry, &list));
    CHECK_STR(list.uids, STR("one two three "));
}

TEST(the_outbox_goes_on_over_more_than_a_batch_and_refuses_a_transaction)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    for (int i = 0; i < 250; i++) CHECK_OK(outbox_put(&tx, STR("t"), str_print(c->arena, "u%d", i), STR("abc")));
    struct carried_list list = { .refuse_at = -1 };
    CHECK(outbox_drain(c, STR("t"), carry, &list) == ST_BROKEN);
    CHECK_OK(db_commit(&tx));
    CHECK_OK(outbox_drain(c, STR("t"), carry, &list));
    CHECK(list.n == 250);
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK(outbox_put(&tx, STR("t"), STR("x"), STR("abc")) == ST_BROKEN);
}

enum { CARRIERS = 8, PUTS = 20 };
struct carrier { struct call *c; int failed; };
static pthread_mutex_t carried_lock = PTHREAD_MUTEX_INITIALIZER;
static int carried_count;

static enum status count_carried(struct call *c, const struct outbox_entry *entries, size_t n, size_t *ret_done, void *arg)
{
    (void)c;
    (void)arg;
    for (size_t i = 1; i < n; i++) CHECK(entries[i - 1].id < entries[i].id);
    (void)pthread_mutex_lock(&carried_lock);
    carried_count += (int)n;
    (void)pthread_mutex_unlock(&carried_lock);
    *ret_done = n;
    return ST_OK;
}

static enum status put_one(struct call *c, struct db_tx *tx, void *arg)
{
    (void)arg;
    return outbox_put(tx, STR("t"), c->trace, STR("abc"));
}

static void *put_and_drain(void *arg)
{
    struct carrier *own = arg;
    for (int done = 0; done < PUTS;) {
        call_renew(own->c);
        enum status st = db_atomic(own->c, put_one, NULL);
        if (st == ST_OK) st = outbox_drain_many(own->c, STR("t"), count_carried, NULL), done++;
        if (st != ST_OK && st != ST_CONFLICT) own->failed++, done++;
    }
    return NULL;
}

TEST(many_threads_drain_a_topic_and_carry_each_entry_once)
{
    struct carrier carriers[CARRIERS];
    pthread_t threads[CARRIERS];
    carried_count = 0;
    for (int i = 0; i < CARRIERS; i++) carriers[i] = (struct carrier){ test_store_call(c), 0 };
    for (int i = 0; i < CARRIERS; i++) CHECK(pthread_create(&threads[i], NULL, put_and_drain, &carriers[i]) == 0);
    for (int i = 0; i < CARRIERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < CARRIERS; i++) {
        CHECK(carriers[i].failed == 0);
        test_store_call_end(carriers[i].c);
    }
    struct carried_list rest = { .refuse_at = -1 };
    CHECK_OK(outbox_drain(c, STR("t"), carry, &rest));
    CHECK(carried_count == CARRIERS * PUTS && rest.n == 0);
}

TEST(what_a_crash_left_is_carried_after_the_start)
{
    struct store *s;
    put(c, "t", "one", true);
    CHECK_OK(test_open_again(c, &test_schema, &s));
    struct app again = { .store = s };
    struct call *other = call_open(&again);
    struct carried_list list = { .refuse_at = -1 };
    CHECK_OK(outbox_drain(other, STR("t"), carry, &list));
    CHECK(list.n == 1);
    test_store_call_end(other);
    store_close(s);
}
