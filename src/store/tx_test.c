/* tx_test.c: transactions as db.h promises them: kept or undone as a whole, nested, seen by others, numbered, retried; and views. */
#include "store/testing.h"

#include <pthread.h>

TEST(without_commit_the_brace_undoes)
{
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, NODE, &tx));
        CHECK_OK(test_add_item(c, 1, "a"));
        CHECK(test_number(c, &COUNT_ITEMS) == 1); /* its own change is seen inside */
        CHECK(c->in_tx);
    }
    CHECK(!c->in_tx && test_number(c, &COUNT_ITEMS) == 0);
}

TEST(a_change_is_seen_by_others_only_after_the_commit)
{
    struct call *other = test_store_call(c);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(test_add_item(c, 1, "a"));
    CHECK(test_number(other, &COUNT_ITEMS) == 0);
    CHECK_OK(db_commit(&tx));
    CHECK(test_number(other, &COUNT_ITEMS) == 1);
    test_store_call_end(other);
}

TEST(node_may_hold_log_but_not_the_other_way_round)
{
    DB_TX node = { 0 }, log = { 0 };
    CHECK_OK(db_begin(c, NODE, &node));
    CHECK_OK(db_begin(c, LOG, &log));
    CHECK_OK(db_exec(c, &ADD_LINE, db_int(1), db_text(STR("x"))));
    CHECK(db_commit(&node) == ST_BROKEN && node.open);
    CHECK_OK(db_commit(&log));
    CHECK(c->in_tx);
    CHECK_OK(db_commit(&node));
    CHECK(!c->in_tx && test_number(c, &COUNT_LINES) == 1);
    CHECK_OK(db_begin(c, LOG, &log));
    CHECK(db_begin(c, NODE, &node) == ST_BROKEN && !node.open);
    CHECK(db_begin(c, LOG, &node) == ST_BROKEN);
    db_end_tx(&log);
    CHECK(db_commit(&log) == ST_BROKEN);
}

static int undo_order;
static void first_undo(void *arg) { *(int *)arg = ++undo_order; }

TEST(undo_functions_run_once_newest_first_and_only_on_rollback)
{
    int times = 0, old = 0, young = 0;
    undo_order = 0;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    db_on_rollback(&tx, first_undo, &old);
    db_on_rollback(&tx, first_undo, &young);
    db_end_tx(&tx);
    CHECK(young == 1 && old == 2);
    CHECK_OK(db_begin(c, LOG, &tx));
    db_on_rollback(&tx, test_note_undo, &times);
    CHECK_OK(db_exec(c, &ADD_LINE, db_int(1), db_text(STR("x"))));
    CHECK_OK(db_commit(&tx));
    CHECK(times == 0);
    CHECK_OK(db_begin(c, NODE, &tx));
    db_on_rollback(&tx, test_note_undo, &times);
    db_end_tx(&tx);
    db_end_tx(&tx);
    CHECK(times == 1);
}

TEST(counters_rise_from_one_and_log_gives_numbers_back)
{
    int64_t a = 0, b = 0;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_next_id(&tx, "test.line", &a));
    CHECK_OK(db_next_id(&tx, "test.line", &b));
    CHECK(a == 1 && b == 2);
    db_end_tx(&tx);
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_next_id(&tx, "test.line", &a));
    CHECK_OK(db_commit(&tx));
    CHECK(a == 1);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_next_id(&tx, "test.item", &a));
    CHECK_OK(db_next_id(&tx, "test.other", &b));
    CHECK(a == 1 && b == 1);
    CHECK_OK(db_next_id(&tx, "test.item", &b));
    CHECK(b == 2);
}

/* --- views --- */

TEST(a_view_shows_what_its_call_commits_and_may_stand_inside_a_loop_or_a_transaction)
{
    struct call *other = test_store_call(c);
    DB_TX tx = { 0 };
    test_commit_item(c, 1, "a");
    {
        DB_VIEW view = { 0 }, inner = { 0 };
        CHECK_OK(db_view(c, NODE, &view));
        CHECK(test_number(c, &COUNT_ITEMS) == 1);
        test_commit_item(other, 2, "b");
        CHECK(test_number(c, &COUNT_ITEMS) == (view.conn ? 1 : 2) && test_number(other, &COUNT_ITEMS) == 2); /* one state where the database has views, else statement by statement */
        CHECK_OK(db_view(c, NODE, &inner));
        db_end_view(&inner);
        CHECK(test_number(c, &COUNT_ITEMS) == (view.conn ? 1 : 2));
        test_commit_item(c, 3, "c");
        CHECK(test_number(c, &COUNT_ITEMS) == 3);
    }
    CHECK(test_number(c, &COUNT_ITEMS) == 3);
    DB_ROWS rows = db_run(c, &ALL);
    CHECK(db_next(&rows));
    {
        DB_VIEW view = { 0 };
        CHECK_OK(db_view(c, NODE, &view));
        CHECK(view.conn == NULL && test_number(c, &COUNT_ITEMS) == 3);
    }
    CHECK(db_next(&rows));
    CHECK_OK(db_finish(&rows));
    CHECK_OK(db_begin(c, NODE, &tx));
    {
        DB_VIEW view = { 0 };
        CHECK_OK(db_view(c, NODE, &view));
        CHECK(view.conn == NULL);
    }
    CHECK_OK(test_add_item(c, 4, "d"));
    CHECK_OK(db_commit(&tx));
    test_store_call_end(other);
    CHECK(test_number(c, &COUNT_ITEMS) == 4);
}

/* --- db_atomic --- */

static enum status add_one(struct call *c, struct db_tx *tx, void *arg)
{
    (void)tx;
    return test_add_item(c, *(int64_t *)arg, "atomic");
}

TEST(atomic_commits_and_answers_a_conflict_as_it_is)
{
    int64_t id = 5;
    CHECK_OK(db_atomic(c, add_one, &id));
    CHECK(test_number(c, &COUNT_ITEMS) == 1);
    CHECK(db_atomic(c, add_one, &id) == ST_CONFLICT);
    CHECK(!c->in_tx && test_number(c, &COUNT_ITEMS) == 1);
}

static const struct query ADD_PAIR = { "test", "INSERT INTO test_pair (a, b) VALUES ($1, $2)", NODE };
static const struct query SUM_PAIRS = { "test", "SELECT coalesce(sum(b), 0) FROM test_pair", NODE };

/* Each adds a pair that holds the sum so far plus one: right only when they run as if one after the other. */
static enum status add_sum(struct call *c, struct db_tx *tx, void *arg)
{
    int64_t id;
    (void)arg;
    TRY(db_next_id(tx, "test.pair", &id));
    DB_ROWS rows = db_run(c, &SUM_PAIRS);
    TRY(db_one(&rows));
    return db_exec(c, &ADD_PAIR, db_int(id), db_int(db_col_int(&rows, 0) + 1));
}

enum { WRITERS = 4, SUMS = 10 };
static void *sum_thread(void *arg)
{
    struct call *c = arg;
    for (int done = 0; done < SUMS;) {
        call_renew(c);
        enum status st = db_atomic(c, add_sum, NULL);
        if (st == ST_OK) done++;
        else if (st != ST_CONFLICT) break;
    }
    return NULL;
}

TEST(transactions_act_as_if_one_ran_after_the_other)
{
    pthread_t threads[WRITERS];
    struct call *calls[WRITERS];
    for (int i = 0; i < WRITERS; i++) calls[i] = test_store_call(c);
    for (int i = 0; i < WRITERS; i++) CHECK(pthread_create(&threads[i], NULL, sum_thread, calls[i]) == 0);
    for (int i = 0; i < WRITERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < WRITERS; i++) test_store_call_end(calls[i]);
    CHECK(test_number(c, &SUM_PAIRS) == (INT64_C(1) << (WRITERS * SUMS)) - 1); /* 1, 2, 4, 8 ... : any two that saw the same sum would break it */
}
