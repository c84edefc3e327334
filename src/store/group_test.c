/* group_test.c: many that write at once: every commit is kept, they share waits for the disk, changes that another thread runs are kept or refused each for itself, and what the
 * transactions of a group have in common is read and written once. */
#include "store/testing.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 16, COMMITS = 200 };
/* One thread of a test. failed tells add_line what to do, too. */
struct hammer { struct call *c; pthread_t thread; int id, kept, failed, undone; };
static struct hammer h[THREADS];

static void enlist(struct call *c)
{
    for (int i = 0; i < THREADS; i++) h[i] = (struct hammer){ .c = test_store_call(c), .id = i };
}

static void start(struct hammer *one, void *(*run)(void *)) { CHECK(pthread_create(&one->thread, NULL, run, one) == 0); }

static void join_all(void)
{
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(h[i].thread, NULL) == 0);
}

static void *hammer_thread(void *arg)
{
    struct hammer *own = arg;
    for (int i = 0; i < COMMITS; i++) {
        call_renew(own->c);
        DB_TX tx = { 0 };
        int64_t id;
        if (db_begin(own->c, LOG, &tx) != ST_OK || db_next_id(&tx, "test.line", &id) != ST_OK) {
            own->failed++;
            continue;
        }
        db_on_rollback(&tx, test_note_undo, &own->undone);
        if (db_exec(own->c, &ADD_LINE, db_int(id), db_text(STR("hammer"))) != ST_OK) own->failed++;
        if (i % 4 == 3) continue; /* every fourth is undone: its savepoint alone */
        if (db_commit(&tx) != ST_OK) own->failed++;
        else own->kept++;
    }
    return NULL;
}

TEST(group_commit_keeps_every_commit_and_waits_less_often_for_the_disk)
{
    struct store_figures before = store_figures(c->app->store);
    enlist(c);
    for (int i = 0; i < THREADS; i++) start(&h[i], hammer_thread);
    join_all();
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
    struct hammer *own = arg;
    DB_TX tx = { 0 };
    bool good = db_begin(own->c, LOG, &tx) == ST_OK && db_exec(own->c, &ADD_LINE, db_int(own->id), db_text(STR("one"))) == ST_OK && db_commit(&tx) == ST_OK;
    own->failed = !good;
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
    struct store *s = test_store_app(c)->store;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    stay_young(&s->writers[LOG]);
    enlist(c);
    for (int i = 0; i < THREADS; i++) start(&h[i], one_line_thread);
    while (waiting_for(&s->writers[LOG]) < THREADS) (void)sched_yield();
    db_end_tx(&tx);
    join_all();
    for (int i = 0; i < THREADS; i++) {
        CHECK(!h[i].failed);
        test_store_call_end(h[i].c);
    }
    CHECK(test_number(c, &COUNT_LINES) == THREADS);
    CHECK(store_figures(s).commits == THREADS && store_figures(s).groups <= THREADS / 2 && store_figures(s).waits_us > 0);
}

/* --- changes that another thread may run --- */

static enum status add_line(struct db_tx *tx, void *arg)
{
    struct hammer *own = arg;
    int64_t id;
    TRY(db_next_id(tx, "test.line", &id));
    TRY(db_exec(tx->call, &ADD_LINE, db_int(id), db_text(STR("append"))));
    db_on_rollback(tx, test_note_undo, &own->undone);
    return own->failed % 4 == 3 ? call_fail(tx->call, ST_DENIED, "", "Every fourth is refused.") : ST_OK;
}

static void *append_thread(void *arg)
{
    struct hammer *own = arg;
    for (int i = 0; i < COMMITS; i++) {
        call_renew(own->c);
        own->failed = i; /* add_line may run twice */
        enum status st = db_append(own->c, add_line, own);
        bool right = i % 4 == 3 ? st == ST_DENIED && str_eq(call_error(own->c)->sentence, STR("Every fourth is refused.")) : st == ST_OK && call_error(own->c)->status == ST_OK;
        own->kept += right && st == ST_OK && !own->c->in_tx;
    }
    return NULL;
}

/* Half of the threads append, half hold the writer themselves. */
TEST(appended_changes_are_kept_or_refused_each_for_itself_among_transactions)
{
    struct store_figures before = store_figures(c->app->store);
    enlist(c);
    for (int i = 0; i < THREADS; i++) start(&h[i], i % 2 ? append_thread : hammer_thread);
    join_all();
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
    struct hammer *own = arg;
    own->kept = db_append(own->c, add_line, own) == ST_OK;
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
    struct store *s = test_store_app(c)->store;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    stay_young(&s->writers[LOG]);
    enlist(c);
    for (int i = 0; i < THREADS; i++) start(&h[i], append_once_thread);
    while (queued_at(&s->writers[LOG]) < THREADS) (void)sched_yield();
    db_end_tx(&tx);
    join_all();
    for (int i = 0; i < THREADS; i++) {
        CHECK(h[i].kept);
        test_store_call_end(h[i].c);
    }
    CHECK(test_number(c, &COUNT_LINES) == THREADS);
    CHECK(store_figures(s).commits == THREADS && store_figures(s).groups <= THREADS / 2);
}

TEST(a_change_that_fails_among_others_is_undone_alone)
{
    enum { BAD = 3 };
    struct store *s = test_store_app(c)->store;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    stay_young(&s->writers[LOG]);
    enlist(c);
    h[BAD].failed = 3;
    for (int i = 0; i < THREADS; i++) start(&h[i], append_once_thread);
    while (queued_at(&s->writers[LOG]) < THREADS) (void)sched_yield();
    db_end_tx(&tx);
    join_all();
    for (int i = 0; i < THREADS; i++) {
        CHECK(h[i].kept == (i != BAD));
        CHECK(call_error(h[i].c)->status == (i == BAD ? ST_DENIED : ST_OK) && (i != BAD || h[i].undone >= 1));
        test_store_call_end(h[i].c);
    }
    DB_ROWS rows = db_run(c, &COUNT_LINES);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == THREADS - 1 && db_col_int(&rows, 1) == THREADS - 1); /* the numbers of what was undone are used again */
}

/* --- what a group has in common --- */

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
    CHECK(flushes == 1 && test_number(c, &COUNT_LINES) == 1);
    CHECK_OK(db_begin(c, LOG, &tx));
    int64_t *sum = db_common(&tx, &SHARED_SUM, &fresh);
    CHECK(fresh && *sum == 0); /* a group later, nothing is left of it */
    *sum = 7;
    db_end_tx(&tx);
    CHECK(flushes == 1 && test_number(c, &COUNT_LINES) == 1);
    CHECK(db_append(c, add_common, &bad) == ST_UNAVAILABLE); /* what cannot be written takes its group along */
    CHECK(flushes == 2 && test_number(c, &COUNT_LINES) == 1 && !c->in_tx);
    call_clear(c);
    CHECK_OK(db_append(c, add_common, &two));
    CHECK(test_number(c, &COUNT_LINES) == 2);
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
    CHECK(test_number(c, &COUNT_LINES) == 5);
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
    CHECK(test_number(c, &COUNT_LINES) == 0);
    CHECK_OK(db_settle(c));
    CHECK(test_number(c, &COUNT_LINES) == 2);
    CHECK_OK(db_gather(c));
    CHECK_OK(db_append(c, add_line, &good));
    CHECK_OK(db_append(c, add_line, &bad));
    CHECK(db_settle(c) == ST_DENIED && !c->in_tx);
    CHECK(test_number(c, &COUNT_LINES) == 2 && good.undone == 1 && bad.undone == 1);
    call_clear(c);
    good.failed = 0;
    CHECK_OK(db_append(c, add_line, &good)); /* gathering ended with the failure */
    CHECK(test_number(c, &COUNT_LINES) == 3);
}

TEST(an_append_inside_a_transaction_on_log_is_our_mistake)
{
    struct hammer mine = { .undone = 0 };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK(db_append(c, add_line, &mine) == ST_BROKEN);
}
