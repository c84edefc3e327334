/* store_test.c: the promises of db.h, the same on SQLite and PostgreSQL (SEN_TEST_POSTGRES). What only one driver can show is in sqlite_test.c. */
#include "store/store_int.h"

#include <pthread.h>
#include <sched.h>

#include "store/test_store.h"

extern const struct schema test_schema;
TEST_STORE(&test_schema);

static const struct query ADD = { "test", "INSERT INTO test_item (id, name, bytes) VALUES ($1, $2, $3)", NODE };
static const struct query FIND = { "test", "SELECT id, name, bytes FROM test_item WHERE name = $1", NODE };
static const struct query ALL = { "test", "SELECT id, name FROM test_item ORDER BY id", NODE };
static const struct query COUNT_ITEMS = { "test", "SELECT count(*) FROM test_item", NODE };
static const struct query RENAME = { "test", "UPDATE test_item SET name = $2 WHERE id = $1", NODE };
static const struct query ADD_LINE = { "test", "INSERT INTO test_line (id, text) VALUES ($1, $2)", LOG };
static const struct query COUNT_LINES = { "test", "SELECT count(*), coalesce(max(id), 0) FROM test_line", LOG };
static const struct query ADD_PAIR = { "test", "INSERT INTO test_pair (a, b) VALUES ($1, $2)", NODE };
static const struct query SUM_PAIRS = { "test", "SELECT coalesce(sum(b), 0) FROM test_pair", NODE };

static int64_t number(struct call *c, const struct query *q)
{
    DB_ROWS rows = db_run(c, q);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

static enum status add(struct call *c, int64_t id, const char *name)
{
    return db_exec(c, &ADD, db_int(id), db_text(str_z(name)), db_bytes(STR("x")));
}

static void add_committed(struct call *c, int64_t id, const char *name)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(add(c, id, name));
    CHECK_OK(db_commit(&tx));
}

/* --- values --- */

TEST(values_come_back_as_they_went_in)
{
    static const struct { int64_t id; struct str name, bytes; } kept[] = {
        { INT64_MAX, STR_INIT("Nguyễn Thị Đào"), STR_INIT("a\0b\xff") },
        { INT64_MIN, STR_INIT("it's \"quoted\" \\ $1"), STR_INIT("\\x41") },
        { 0, STR_INIT(""), STR_INIT("") },
    };
    for (size_t i = 0; i < 3; i++) {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, NODE, &tx));
        CHECK_OK(db_exec(c, &ADD, db_int(kept[i].id), db_text(kept[i].name), db_bytes(kept[i].bytes)));
        CHECK_OK(db_commit(&tx));
        DB_ROWS rows = db_run(c, &FIND, db_text(kept[i].name));
        CHECK_OK(db_one(&rows));
        CHECK(db_col_int(&rows, 0) == kept[i].id);
        CHECK_STR(db_col_text(&rows, 1), kept[i].name);
        CHECK(db_col_text(&rows, 1).p != NULL);
        CHECK_STR(db_col_bytes(&rows, 2), kept[i].bytes);
        CHECK(db_col_bytes(&rows, 2).p != NULL);
    }
}

TEST(null_is_not_an_empty_text)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_exec(c, &ADD, db_int(1), db_text(STR("a")), (struct db_value){ .kind = DB_NULL }));
    CHECK_OK(db_commit(&tx));
    DB_ROWS rows = db_run(c, &FIND, db_text(STR("a")));
    CHECK_OK(db_one(&rows));
    CHECK(db_col_bytes(&rows, 2).p == NULL && db_col_bytes(&rows, 2).n == 0 && db_col_int(&rows, 2) == 0);
}

TEST(a_text_that_one_database_cannot_keep_is_refused_by_both)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_exec(c, &ADD, db_int(1), db_text(STR("a\0b")), db_bytes(STR(""))) == ST_INVALID);
    db_end_tx(&tx);
    call_clear(c);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_exec(c, &ADD, db_int(1), db_text(STR("\xc3(")), db_bytes(STR(""))) == ST_INVALID);
}

TEST(the_same_statement_takes_values_of_other_kinds)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    for (int64_t i = 0; i < 4; i++) {
        struct db_value last = i % 2 ? db_bytes(STR("b")) : (struct db_value){ .kind = DB_NULL };
        CHECK_OK(db_exec(c, &ADD, db_int(i), db_text(str_print(c->arena, "n%d", (int)i)), last));
    }
    CHECK_OK(db_commit(&tx));
    CHECK(number(c, &COUNT_ITEMS) == 4);
}

TEST(sums_and_comparisons_read_as_numbers)
{
    static const struct query EXPR = { "test", "SELECT sum(id), count(*) > 1, count(*) > 5 FROM test_item", NODE };
    add_committed(c, 1, "a");
    add_committed(c, 2, "b");
    DB_ROWS rows = db_run(c, &EXPR);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 3 && db_col_int(&rows, 1) == 1 && db_col_int(&rows, 2) == 0);
}

/* --- rows --- */

TEST(rows_come_in_order_and_one_says_not_found)
{
    add_committed(c, 2, "b");
    add_committed(c, 1, "a");
    DB_ROWS rows = db_run(c, &ALL);
    CHECK(db_next(&rows) && db_col_int(&rows, 0) == 1);
    CHECK(db_next(&rows) && db_col_int(&rows, 0) == 2);
    CHECK(!db_next(&rows) && !db_next(&rows));
    CHECK_OK(db_finish(&rows));
    DB_ROWS none = db_run(c, &FIND, db_text(STR("nobody")));
    CHECK(db_one(&none) == ST_NOT_FOUND && call_error(c)->status == ST_OK);
}

TEST(changed_counts_rows_that_a_statement_changed)
{
    add_committed(c, 1, "a");
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    for (int64_t id = 1; id <= 2; id++) {
        DB_ROWS rows = db_run(c, &RENAME, db_int(id), db_text(STR("z")));
        CHECK_OK(db_finish(&rows));
        CHECK(db_changed(&rows) == (id == 1));
    }
    CHECK_OK(db_commit(&tx));
}

TEST(the_same_statement_may_run_inside_its_own_loop)
{
    add_committed(c, 1, "a");
    add_committed(c, 2, "b");
    int pairs = 0;
    DB_ROWS outer = db_run(c, &ALL);
    while (db_next(&outer)) {
        DB_ROWS inner = db_run(c, &ALL);
        while (db_next(&inner)) pairs++;
        CHECK_OK(db_finish(&inner));
    }
    CHECK_OK(db_finish(&outer));
    CHECK(pairs == 4);
}

TEST(a_commit_inside_a_loop_is_seen_by_statements_inside_it)
{
    add_committed(c, 1, "a");
    DB_ROWS outer = db_run(c, &ALL);
    CHECK(db_next(&outer));
    add_committed(c, 2, "b");
    CHECK(number(c, &COUNT_ITEMS) == 2);
    CHECK_STR(db_col_text(&outer, 1), STR("a"));
    CHECK_OK(db_finish(&outer));
}

TEST(a_row_of_db_one_is_kept_over_the_commit)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(add(c, 7, "a"));
    DB_ROWS rows = db_run(c, &FIND, db_text(STR("a")));
    CHECK_OK(db_one(&rows));
    CHECK_OK(db_commit(&tx));
    CHECK(db_col_int(&rows, 0) == 7);
    CHECK_STR(db_col_text(&rows, 1), STR("a"));
}

/* --- refusals --- */

TEST(a_write_without_a_transaction_is_our_bug)
{
    CHECK(add(c, 1, "a") == ST_BROKEN);
    CHECK(number(c, &COUNT_ITEMS) == 0);
}

TEST(a_wrong_statement_is_our_bug)
{
    static const struct query no_table = { "test", "SELECT 1 FROM no_such_table WHERE x = $1", NODE };
    CHECK(db_exec(c, &no_table, db_int(1)) == ST_BROKEN);
    CHECK(db_exec(c, &FIND, db_text(STR("a")), db_int(2)) == ST_BROKEN);   /* a value too many */
    CHECK(db_exec(c, &FIND) == ST_BROKEN);
    CHECK(number(c, &COUNT_ITEMS) == 0);                                  /* and the connection still works */
}

TEST(constraints_are_conflicts_without_a_sentence_of_store)
{
    add_committed(c, 1, "a");
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(add(c, 2, "a") == ST_CONFLICT);
    CHECK(call_error(c)->status == ST_OK);
    db_end_tx(&tx);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(add(c, 3, "forbidden") == ST_CONFLICT);
}

TEST(after_a_failed_statement_nothing_of_the_transaction_is_kept)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(add(c, 1, "a"));
    CHECK(add(c, 1, "b") == ST_CONFLICT);
    CHECK(add(c, 2, "c") == ST_CONFLICT);
    CHECK(db_commit(&tx) == ST_CONFLICT);
    CHECK(!tx.open && !c->in_tx);
    CHECK(number(c, &COUNT_ITEMS) == 0);
    add_committed(c, 1, "a");
    CHECK(number(c, &COUNT_ITEMS) == 1);
}

/* --- transactions --- */

TEST(without_commit_the_brace_undoes)
{
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, NODE, &tx));
        CHECK_OK(add(c, 1, "a"));
        CHECK(number(c, &COUNT_ITEMS) == 1); /* its own change is seen inside */
        CHECK(c->in_tx);
    }
    CHECK(!c->in_tx && number(c, &COUNT_ITEMS) == 0);
}

TEST(a_change_is_seen_by_others_only_after_the_commit)
{
    struct call *other = test_store_call(c);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(add(c, 1, "a"));
    CHECK(number(other, &COUNT_ITEMS) == 0);
    CHECK_OK(db_commit(&tx));
    CHECK(number(other, &COUNT_ITEMS) == 1);
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
    CHECK(!c->in_tx && number(c, &COUNT_LINES) == 1);
    CHECK_OK(db_begin(c, LOG, &log));
    CHECK(db_begin(c, NODE, &node) == ST_BROKEN && !node.open);
    CHECK(db_begin(c, LOG, &node) == ST_BROKEN);
    db_end_tx(&log);
    CHECK(db_commit(&log) == ST_BROKEN);
}

static void note_undo(void *arg) { ++*(int *)arg; }
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
    db_on_rollback(&tx, note_undo, &times);
    CHECK_OK(db_exec(c, &ADD_LINE, db_int(1), db_text(STR("x"))));
    CHECK_OK(db_commit(&tx));
    CHECK(times == 0);
    CHECK_OK(db_begin(c, NODE, &tx));
    db_on_rollback(&tx, note_undo, &times);
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
    add_committed(c, 1, "a");
    {
        DB_VIEW view = { 0 }, inner = { 0 };
        CHECK_OK(db_view(c, NODE, &view));
        CHECK(number(c, &COUNT_ITEMS) == 1);
        add_committed(other, 2, "b");
        CHECK(number(c, &COUNT_ITEMS) == (view.conn ? 1 : 2) && number(other, &COUNT_ITEMS) == 2); /* one state where the database has views, else statement by statement */
        CHECK_OK(db_view(c, NODE, &inner));
        db_end_view(&inner);
        CHECK(number(c, &COUNT_ITEMS) == (view.conn ? 1 : 2));
        add_committed(c, 3, "c");
        CHECK(number(c, &COUNT_ITEMS) == 3);
    }
    CHECK(number(c, &COUNT_ITEMS) == 3);
    DB_ROWS rows = db_run(c, &ALL);
    CHECK(db_next(&rows));
    {
        DB_VIEW view = { 0 };
        CHECK_OK(db_view(c, NODE, &view));
        CHECK(view.conn == NULL && number(c, &COUNT_ITEMS) == 3);
    }
    CHECK(db_next(&rows));
    CHECK_OK(db_finish(&rows));
    CHECK_OK(db_begin(c, NODE, &tx));
    {
        DB_VIEW view = { 0 };
        CHECK_OK(db_view(c, NODE, &view));
        CHECK(view.conn == NULL);
    }
    CHECK_OK(add(c, 4, "d"));
    CHECK_OK(db_commit(&tx));
    test_store_call_end(other);
    CHECK(number(c, &COUNT_ITEMS) == 4);
}

/* --- db_atomic --- */

static enum status add_one(struct call *c, struct db_tx *tx, void *arg)
{
    (void)tx;
    return add(c, *(int64_t *)arg, "atomic");
}

TEST(atomic_commits_and_answers_a_conflict_as_it_is)
{
    int64_t id = 5;
    CHECK_OK(db_atomic(c, add_one, &id));
    CHECK(number(c, &COUNT_ITEMS) == 1);
    CHECK(db_atomic(c, add_one, &id) == ST_CONFLICT);
    CHECK(!c->in_tx && number(c, &COUNT_ITEMS) == 1);
}

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
    CHECK(number(c, &SUM_PAIRS) == (INT64_C(1) << (WRITERS * SUMS)) - 1); /* 1, 2, 4, 8 ... : any two that saw the same sum would break it */
}

/* --- group commit --- */

enum { THREADS = 16, COMMITS = 200 };
struct hammer { struct call *c; int id, kept, failed, undone; };

static void *hammer_thread(void *arg)
{
    struct hammer *h = arg;
    for (int i = 0; i < COMMITS; i++) {
        call_renew(h->c);
        DB_TX tx = { 0 };
        int64_t id;
        if (db_begin(h->c, LOG, &tx) != ST_OK || db_next_id(&tx, "test.line", &id) != ST_OK) {
            h->failed++;
            continue;
        }
        db_on_rollback(&tx, note_undo, &h->undone);
        if (db_exec(h->c, &ADD_LINE, db_int(id), db_text(STR("hammer"))) != ST_OK) h->failed++;
        if (i % 4 == 3) continue; /* every fourth is undone: its savepoint alone */
        if (db_commit(&tx) != ST_OK) h->failed++;
        else h->kept++;
    }
    return NULL;
}

TEST(group_commit_keeps_every_commit_and_waits_less_often_for_the_disk)
{
    static struct hammer h[THREADS];
    pthread_t threads[THREADS];
    struct store_figures before = store_figures(c->app->store);
    for (int i = 0; i < THREADS; i++) h[i] = (struct hammer){ test_store_call(c), i, 0, 0, 0 };
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, hammer_thread, &h[i]) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    int64_t kept = 0;
    for (int i = 0; i < THREADS; i++) {
        CHECK(h[i].failed == 0 && h[i].undone == COMMITS / 4);
        kept += h[i].kept;
        test_store_call_end(h[i].c);
    }
    struct store_figures after = store_figures(c->app->store);
    CHECK(kept == THREADS * COMMITS * 3 / 4);
    DB_ROWS rows = db_run(c, &COUNT_LINES);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == kept && db_col_int(&rows, 1) == kept); /* none lost, and no gaps: undone ones gave their numbers back */
    CHECK(after.commits - before.commits == kept);
    CHECK(after.groups > before.groups && after.groups - before.groups < kept);
}

static void *one_line_thread(void *arg)
{
    struct hammer *h = arg;
    DB_TX tx = { 0 };
    bool good = db_begin(h->c, LOG, &tx) == ST_OK && db_exec(h->c, &ADD_LINE, db_int(h->id), db_text(STR("one"))) == ST_OK && db_commit(&tx) == ST_OK;
    h->failed = !good;
    return NULL;
}

static int waiting_for(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    int n = 0;
    for (const struct writer_turn *t = w->turns; t; t = t->next) n++;
    (void)pthread_mutex_unlock(&w->lock);
    return n;
}

/* stay_young: the group that is open waits for others as long as there are any, however slow the machine is. */
static void stay_young(struct writer *w) { w->began_us += INT64_C(3600) * 1000000; }

TEST(transactions_that_wait_together_share_a_commit)
{
    static struct hammer h[THREADS];
    pthread_t threads[THREADS];
    struct store *s = test_store_app(c)->store;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    stay_young(&s->writers[LOG]);
    for (int i = 0; i < THREADS; i++) h[i] = (struct hammer){ test_store_call(c), i, 0, 0, 0 };
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, one_line_thread, &h[i]) == 0);
    while (waiting_for(&s->writers[LOG]) < THREADS) (void)sched_yield();
    db_end_tx(&tx);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(!h[i].failed);
        test_store_call_end(h[i].c);
    }
    CHECK(number(c, &COUNT_LINES) == THREADS);
    CHECK(store_figures(s).commits == THREADS && store_figures(s).groups <= THREADS / 2 && store_figures(s).waits_us > 0);
}

/* --- changes that another thread may run --- */

static enum status add_line(struct db_tx *tx, void *arg)
{
    struct hammer *h = arg;
    int64_t id;
    TRY(db_next_id(tx, "test.line", &id));
    TRY(db_exec(tx->call, &ADD_LINE, db_int(id), db_text(STR("append"))));
    db_on_rollback(tx, note_undo, &h->undone);
    return h->failed % 4 == 3 ? call_fail(tx->call, ST_DENIED, "", "Every fourth is refused.") : ST_OK;
}

static void *append_thread(void *arg)
{
    struct hammer *h = arg;
    for (int i = 0; i < COMMITS; i++) {
        call_renew(h->c);
        h->failed = i; /* add_line may run twice */
        enum status st = db_append(h->c, add_line, h);
        bool right = i % 4 == 3 ? st == ST_DENIED && str_eq(call_error(h->c)->sentence, STR("Every fourth is refused.")) : st == ST_OK && call_error(h->c)->status == ST_OK;
        h->kept += right && st == ST_OK && !h->c->in_tx;
    }
    return NULL;
}

/* Half of the threads append, half hold the writer themselves. */
TEST(appended_changes_are_kept_or_refused_each_for_itself_among_transactions)
{
    static struct hammer h[THREADS];
    pthread_t threads[THREADS];
    struct store_figures before = store_figures(c->app->store);
    for (int i = 0; i < THREADS; i++) h[i] = (struct hammer){ test_store_call(c), i, 0, 0, 0 };
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, i % 2 ? append_thread : hammer_thread, &h[i]) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(h[i].kept == COMMITS * 3 / 4);
        CHECK(i % 2 ? h[i].undone >= COMMITS / 4 : h[i].undone == COMMITS / 4); /* a change that was run together with one that failed is undone and run again */
        test_store_call_end(h[i].c);
    }
    DB_ROWS rows = db_run(c, &COUNT_LINES);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == THREADS * COMMITS * 3 / 4 && db_col_int(&rows, 1) == db_col_int(&rows, 0));
    struct store_figures after = store_figures(c->app->store);
    CHECK(after.commits - before.commits == THREADS * COMMITS * 3 / 4);
}

static void *append_once_thread(void *arg)
{
    struct hammer *h = arg;
    h->kept = db_append(h->c, add_line, h) == ST_OK;
    return NULL;
}

static int queued_at(struct writer *w)
{
    int n = 0;
    (void)pthread_mutex_lock(&w->lock);
    for (const struct member *m = w->queue; m; m = m->next) n++;
    (void)pthread_mutex_unlock(&w->lock);
    return n;
}

TEST(changes_that_came_while_the_writer_was_held_share_a_commit)
{
    static struct hammer h[THREADS];
    pthread_t threads[THREADS];
    struct store *s = test_store_app(c)->store;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    stay_young(&s->writers[LOG]);
    for (int i = 0; i < THREADS; i++) h[i] = (struct hammer){ test_store_call(c), i, 0, 0, 0 };
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, append_once_thread, &h[i]) == 0);
    while (queued_at(&s->writers[LOG]) < THREADS) (void)sched_yield();
    db_end_tx(&tx);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && h[i].kept);
        test_store_call_end(h[i].c);
    }
    CHECK(number(c, &COUNT_LINES) == THREADS);
    CHECK(store_figures(s).commits == THREADS && store_figures(s).groups <= THREADS / 2);
}

TEST(a_change_that_fails_among_others_is_undone_alone)
{
    enum { BAD = 3 };
    static struct hammer h[THREADS];
    pthread_t threads[THREADS];
    struct store *s = test_store_app(c)->store;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    stay_young(&s->writers[LOG]);
    for (int i = 0; i < THREADS; i++) h[i] = (struct hammer){ test_store_call(c), i, 0, i == BAD ? 3 : 0, 0 };
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, append_once_thread, &h[i]) == 0);
    while (queued_at(&s->writers[LOG]) < THREADS) (void)sched_yield();
    db_end_tx(&tx);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && h[i].kept == (i != BAD));
        CHECK(call_error(h[i].c)->status == (i == BAD ? ST_DENIED : ST_OK) && (i != BAD || h[i].undone >= 1));
        test_store_call_end(h[i].c);
    }
    DB_ROWS rows = db_run(c, &COUNT_LINES);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == THREADS - 1 && db_col_int(&rows, 1) == THREADS - 1); /* the numbers of what was undone are used again */
}

/* A row in common: how many lines there are; flushed as a line of its own. */
static int flushes;
static enum status flush_sum(struct db_tx *tx, void *arg)
{
    const int64_t *sum = arg;
    flushes++;
    return *sum < 0 ? call_fail(tx->call, ST_UNAVAILABLE, "", "No.") : db_exec(tx->call, &ADD_LINE, db_int(1000 + *sum), db_text(STR("sum")));
}

static const struct db_common_kind SHARED_SUM = { sizeof(int64_t), flush_sum };

static enum status add_common(struct db_tx *tx, void *arg)
{
    const int64_t *n = arg;
    bool fresh;
    int64_t *sum = db_common(tx, &SHARED_SUM, &fresh);
    CHECK(!fresh || *sum == 0);
    *sum += *n;
    return ST_OK;
}

TEST(what_a_group_has_in_common_is_written_once_with_it_and_undone_with_a_transaction)
{
    int64_t one = 1, two = 2, bad = -100;
    bool fresh = false;
    DB_TX tx = { 0 };
    flushes = 0;
    CHECK_OK(db_gather(c));
    CHECK_OK(db_append(c, add_common, &one));
    CHECK_OK(db_append(c, add_common, &two));
    CHECK_OK(db_settle(c));
    CHECK(flushes == 1 && number(c, &COUNT_LINES) == 1);
    CHECK_OK(db_begin(c, LOG, &tx));
    int64_t *sum = db_common(&tx, &SHARED_SUM, &fresh);
    CHECK(fresh && *sum == 0); /* a group later, nothing is left of it */
    *sum = 7;
    db_end_tx(&tx);
    CHECK(flushes == 1 && number(c, &COUNT_LINES) == 1);
    CHECK(db_append(c, add_common, &bad) == ST_UNAVAILABLE); /* what cannot be written takes its group along */
    CHECK(flushes == 2 && number(c, &COUNT_LINES) == 1 && !c->in_tx);
    call_clear(c);
    CHECK_OK(db_append(c, add_common, &two));
    CHECK(number(c, &COUNT_LINES) == 2);
}

/* Numbers that the rows themselves tell. */
static const struct query LAST_LINE = { "test", "SELECT COALESCE(MAX(id), 0) FROM test_line", LOG }, LAST_OTHER = { "test", "SELECT COALESCE(MAX(id), 100) FROM test_line WHERE id > 100", LOG };

static enum status add_numbered(struct db_tx *tx, void *arg)
{
    int64_t id, *wants = arg;
    TRY(db_next_row(tx, &LAST_LINE, &id));
    CHECK(id == *wants);
    return db_exec(tx->call, &ADD_LINE, db_int(id), db_text(STR("numbered")));
}

static enum status add_or_fail(struct db_tx *tx, void *arg)
{
    TRY(add_numbered(tx, arg));
    return ST_DENIED;
}

TEST(numbers_go_on_from_the_rows_that_are_there)
{
    int64_t n[] = { 1, 2, 3, 4, 5 }, id;
    DB_TX tx = { 0 };
    CHECK_OK(db_gather(c));
    for (int i = 0; i < 3; i++) CHECK_OK(db_append(c, add_numbered, &n[i]));
    CHECK_OK(db_settle(c));
    CHECK(db_append(c, add_or_fail, &n[3]) == ST_DENIED); /* gives its number back */
    call_clear(c);
    CHECK_OK(db_append(c, add_numbered, &n[3]));
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_next_row(&tx, &LAST_OTHER, &id)); /* questions do not meet */
    CHECK(id == 101);
    CHECK_OK(db_exec(c, &ADD_LINE, db_int(id), db_text(STR("x"))));
    CHECK_OK(db_next_row(&tx, &LAST_LINE, &id));
    CHECK(id == 102);
    db_end_tx(&tx);
    CHECK_OK(db_append(c, add_numbered, &n[4]));
    CHECK(number(c, &COUNT_LINES) == 5);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_next_row(&tx, &LAST_LINE, &id) == ST_BROKEN);
}

TEST(what_was_gathered_is_kept_together_or_not_at_all)
{
    struct hammer good = { .undone = 0 }, bad = { .failed = 3 };
    CHECK_OK(db_settle(c)); /* nothing was gathered */
    CHECK_OK(db_gather(c));
    CHECK_OK(db_append(c, add_line, &good));
    CHECK_OK(db_append(c, add_line, &good));
    CHECK(number(c, &COUNT_LINES) == 0);
    CHECK_OK(db_settle(c));
    CHECK(number(c, &COUNT_LINES) == 2);
    CHECK_OK(db_gather(c));
    CHECK_OK(db_append(c, add_line, &good));
    CHECK_OK(db_append(c, add_line, &bad));
    CHECK(db_settle(c) == ST_DENIED && !c->in_tx);
    CHECK(number(c, &COUNT_LINES) == 2 && good.undone == 1 && bad.undone == 1);
    call_clear(c);
    good.failed = 0;
    CHECK_OK(db_append(c, add_line, &good)); /* gathering ended with the failure */
    CHECK(number(c, &COUNT_LINES) == 3);
}

TEST(an_append_inside_a_transaction_on_log_is_our_mistake)
{
    struct hammer h = { .undone = 0 };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK(db_append(c, add_line, &h) == ST_BROKEN);
}

/* --- the outbox --- */

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

/* --- statements made at run time, checks, DDL --- */

TEST(statements_made_at_run_time_work_like_constants)
{
    const struct query *q = db_query_new(test_store_app(c)->store, "test", NODE, STR("SELECT count(*) FROM test_item WHERE id >= $1"));
    add_committed(c, 3, "a");
    struct db_value v = db_int(3);
    DB_ROWS rows = db_run_values(c, q, &v, 1);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 1);
}

TEST(check_finds_the_statement_that_does_not_fit)
{
    static const struct query bad = { "test", "SELECT nothing FROM test_item", NODE };
    static const struct query cast = { "test", "SELECT id::text FROM test_item", NODE };
    const struct query *const good[] = { &ADD, &FIND, &ALL, &RENAME, &ADD_LINE, &COUNT_LINES, NULL };
    CHECK_OK(store_check(c, good));
    const struct query *const list[] = { &ADD, &bad, NULL }, *const casts[] = { &cast, NULL };
    CHECK(store_check(c, list) == ST_BROKEN);
    CHECK_STR(call_error(c)->sentence, STR("A statement of the room test does not fit the database: SELECT nothing FROM test_item"));
    CHECK(store_check(c, casts) == ST_BROKEN);
}

TEST(tables_made_at_run_time_take_the_tokens)
{
    static const struct query PUT_LATE = { "test", "INSERT INTO test_late (id, b) VALUES ($1, $2)", NODE };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_apply(&tx, "CREATE TABLE test_late (id {id}, b {blob} NOT NULL); CREATE TABLE test_k (k TEXT PRIMARY KEY) {clustered};"));
    CHECK_OK(db_exec(c, &PUT_LATE, db_int(1), db_bytes(STR("b"))));
    CHECK_OK(db_commit(&tx));
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_apply(&tx, "CREATE TABLE test_bad (id {serial})") == ST_BROKEN);
    db_end_tx(&tx);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_apply(&tx, "CREATE TABLE test_x (k TEXT); CREATE TABLE test_late (k TEXT)") == ST_BROKEN);
    CHECK(db_commit(&tx) == ST_BROKEN);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_apply(&tx, "CREATE TABLE test_x (k TEXT)")); /* the first half of the failed one is gone */
}

/* --- opening and migrating: a second store on the same databases as the test's own --- */

static struct str same_place(struct call *c)
{
    const struct store *s = c->app->store;
    return s->driver == &store__sqlite ? str_join(c->arena, STR("sqlite:"), s->place, STR_END) : s->place;
}

static enum status open_again(struct call *c, const struct schema *schema, struct store **ret)
{
    const struct schema *const list[] = { &store_schema, schema, NULL };
    *ret = NULL;
    return store_open(c, same_place(c), list, ret);
}

static const struct migration grown_steps[] = {
    { 1, NODE, "CREATE TABLE grown (id {id});" },
    { 2, NODE, "ALTER TABLE grown ADD COLUMN more BIGINT; INSERT INTO grown (id, more) VALUES (1, 2);" },
    { 1, LOG, "CREATE TABLE grown_log (k TEXT NOT NULL PRIMARY KEY) {clustered};" },
};
static const struct query GROWN = { "grown", "SELECT count(*), coalesce(sum(more), 0) FROM grown", NODE };

TEST(an_old_database_is_brought_to_the_newest_version_once)
{
    const struct schema old = { "grown", grown_steps, 1 }, grown = { "grown", grown_steps, 3 };
    struct store *s;
    CHECK_OK(open_again(c, &old, &s));
    store_close(s);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(open_again(c, &grown, &s));
        store_close(s);
    }
    DB_ROWS rows = db_run(c, &GROWN);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 1 && db_col_int(&rows, 1) == 2);
}

TEST(a_database_of_a_newer_program_is_refused)
{
    const struct schema old = { "grown", grown_steps, 1 }, grown = { "grown", grown_steps, 3 };
    struct store *s;
    CHECK_OK(open_again(c, &grown, &s));
    store_close(s);
    CHECK(open_again(c, &old, &s) == ST_UNAVAILABLE && s == NULL);
    CHECK_STR(call_error(c)->key, STR("The database was made by a newer program (tables of %s). Install that version, or restore a backup."));
}

TEST(a_migration_that_fails_changes_nothing)
{
    const struct migration bad_steps[] = { grown_steps[0], { 2, NODE, "CREATE TABLE grown_two (id {id}); SELECT nonsense FROM nowhere;" } };
    const struct schema bad = { "grown", bad_steps, 2 }, grown = { "grown", grown_steps, 3 };
    struct store *s;
    CHECK(open_again(c, &bad, &s) == ST_BROKEN && s == NULL);
    call_clear(c);
    CHECK(db_exec(c, &GROWN) == ST_BROKEN); /* not even the good first step */
    CHECK_OK(open_again(c, &grown, &s));
    store_close(s);
}

TEST(what_was_committed_is_there_after_opening_again)
{
    struct store *s, *first = c->app->store;
    add_committed(c, 1, "a");
    put(c, "t", "one", true);
    CHECK_OK(open_again(c, &test_schema, &s));
    struct app again = { .store = s };
    struct call *other = call_open(&again);
    CHECK(number(other, &COUNT_ITEMS) == 1);
    struct carried_list list = { .refuse_at = -1 };
    CHECK_OK(outbox_drain(other, STR("t"), carry, &list)); /* what a crash left is carried after the start */
    CHECK(list.n == 1);
    test_store_call_end(other);
    store_close(s);
    CHECK(c->app->store == first);
}

TEST(a_url_that_names_no_database_is_refused_with_what_to_write)
{
    static const char *const urls[] = { "", "sqlite:", "sqlite:data", "mysql://x", "/var/lib/x" };
    const struct schema *const none[] = { NULL };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct store *s = NULL;
        CHECK(store_open(c, str_z(urls[i]), none, &s) == ST_INVALID && s == NULL);
        CHECK_STR(call_error(c)->field, STR("store.url"));
        call_clear(c);
    }
    struct store *s = NULL;
    CHECK(store_open(c, STR("sqlite:/nowhere/at/all"), none, &s) == ST_UNAVAILABLE);
    call_clear(c);
    CHECK(store_open(c, STR("postgresql://%2Fnowhere/none"), none, &s) == ST_UNAVAILABLE && s == NULL);
}

TEST(a_call_without_a_store_is_our_bug)
{
    static const struct app bare;
    struct call *other = call_open(&bare);
    DB_TX tx = { 0 };
    CHECK(db_exec(other, &COUNT_ITEMS) == ST_BROKEN);
    CHECK(db_begin(other, NODE, &tx) == ST_BROKEN);
    test_store_call_end(other);
}
