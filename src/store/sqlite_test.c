/* sqlite_test.c: what only SQLite can be made to do: a full disk, a transaction lost under its group, another process that writes. Includes
 * the driver; the store it opens is SQLite also where the other tests run on PostgreSQL. */
#include "store/sqlite.c"
#include "store/sqlite_tidy.c"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/test.h"

static const struct query ADD = { "test", "INSERT INTO t (id, b) VALUES ($1, $2)", LOG };
static const struct query COUNT = { "test", "SELECT count(*) FROM t", LOG };
static const struct migration table[] = { { 1, LOG, "CREATE TABLE t (id {id}, b {blob} NOT NULL);" } };
static const struct schema schema = { "t", table, 1 };
static const struct schema *const schemas[] = { &schema, NULL };

static struct app app;

static void open_store(struct call *c)
{
    log_least(LOG_ERROR);
    app = (struct app){ 0 };
    CHECK_OK(store_open_memory(c, schemas, &app.store));
    c->app = &app;
}

static void close_store(struct call *c)
{
    store_release(c);
    store_close(app.store);
}

__attribute__((constructor)) static void set_up_tests(void)
{
    test_prepare = open_store;
    test_finish = close_store;
}

static sqlite3 *writer_db(void) { return conn_of(app.store->writers[LOG].conn)->db; }

static int64_t count(struct call *c)
{
    DB_ROWS rows = db_run(c, &COUNT);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

static void note_undo(void *arg) { ++*(int *)arg; }

TEST(a_full_disk_is_told_and_leaves_nothing_half_written)
{
    int undone = 0;
    struct str big = { arena_alloc(c->arena, 1 << 20, 1), 1 << 20 };
    CHECK(sqlite3_exec(writer_db(), "PRAGMA max_page_count = 60", NULL, NULL, NULL) == SQLITE_OK);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    db_on_rollback(&tx, note_undo, &undone);
    CHECK_OK(db_exec(c, &ADD, db_int(1), db_bytes(STR("small"))));
    CHECK(db_exec(c, &ADD, db_int(2), db_bytes(big)) == ST_UNAVAILABLE);
    CHECK_STR(call_error(c)->sentence, STR("The disk of the database is full. Make room on it and try again."));
    CHECK(db_commit(&tx) == ST_UNAVAILABLE && undone == 1 && count(c) == 0);
    call_clear(c);
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, &ADD, db_int(1), db_bytes(STR("small"))));
    CHECK_OK(db_commit(&tx));
    CHECK(count(c) == 1);
}

/* One thread is a member that waits for its commit; the holder after it finds that the database has lost the whole group. */
struct waiter { struct call *c; enum status st; int undone; };

static void *wait_for_commit(void *arg)
{
    struct waiter *w = arg;
    DB_TX tx = { 0 };
    w->st = db_begin(w->c, LOG, &tx);
    if (w->st != ST_OK) return NULL;
    db_on_rollback(&tx, note_undo, &w->undone);
    w->st = db_exec(w->c, &ADD, db_int(w->c->now_ms), db_bytes(STR("b")));
    if (w->st == ST_OK) w->st = db_commit(&tx);
    return NULL;
}

TEST(a_group_that_the_database_lost_is_told_to_every_member)
{
    enum { MEMBERS = 3 };
    struct waiter waiters[MEMBERS];
    pthread_t threads[MEMBERS];
    int undone = 0;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    db_on_rollback(&tx, note_undo, &undone);
    CHECK_OK(db_exec(c, &ADD, db_int(-1), db_bytes(STR("b"))));
    CHECK(sqlite3_exec(writer_db(), "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(db_commit(&tx) == ST_UNAVAILABLE && undone == 1 && !c->in_tx);
    CHECK_STR(call_error(c)->sentence, STR("The database could not keep this change. Nothing was changed; try again in a few minutes."));
    for (int i = 0; i < MEMBERS; i++) {
        waiters[i] = (struct waiter){ call_open(c->app), ST_BROKEN, 0 };
        waiters[i].c->now_ms = i;
        CHECK(pthread_create(&threads[i], NULL, wait_for_commit, &waiters[i]) == 0);
    }
    for (int i = 0; i < MEMBERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(waiters[i].st == ST_OK && waiters[i].undone == 0); /* the next group is sound */
        store_release(waiters[i].c);
        call_close(waiters[i].c);
    }
    CHECK(count(c) == MEMBERS);
}

/* group by hand: the first transaction stays a member because somebody waits, which no test can time from outside. */
TEST(members_of_a_failed_commit_are_undone_newest_first_and_told)
{
    struct writer *w = &app.store->writers[LOG];
    int undone[2] = { 0 };
    struct undo undos[2] = { { NULL, note_undo, &undone[0] }, { NULL, note_undo, &undone[1] } };
    struct member older = { .undo = &undos[0] };
    gate_init(&older.wake);
    CHECK_OK(store__group_enter(c, w));
    CHECK_OK(w->conn->driver->step(c, w->conn, STEP_RELEASE));
    w->members = &older;
    CHECK_OK(w->conn->driver->step(c, w->conn, STEP_SAVE));
    CHECK(sqlite3_exec(writer_db(), "PRAGMA max_page_count = 1; ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    store__group_undo(c, w, &undos[1]);
    CHECK(older.settled && older.result == ST_UNAVAILABLE && undone[0] == 1 && undone[1] == 1);
    CHECK(call_error(c)->status == ST_OK && !w->held && !w->open);
}

/* Changes that the holder runs for others: those before the loss are told, those behind it are run in the next group. */
static enum status add_or_lose(struct db_tx *tx, void *arg)
{
    struct waiter *w = arg;
    db_on_rollback(tx, note_undo, &w->undone);
    TRY(db_exec(tx->call, &ADD, db_int(tx->call->now_ms), db_bytes(STR("b"))));
    if (w->st == ST_DENIED) CHECK(sqlite3_exec(writer_db(), "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK); /* as the database does when it has no room */
    return ST_OK;
}

static void *append(void *arg)
{
    struct waiter *w = arg;
    w->st = db_append(w->c, add_or_lose, w);
    return NULL;
}

static bool is_queued(struct writer *w, const struct call *c)
{
    bool found = false;
    (void)pthread_mutex_lock(&w->lock);
    for (const struct member *m = w->queue; m; m = m->next) found = found || m->call == c;
    (void)pthread_mutex_unlock(&w->lock);
    return found;
}

TEST(changes_run_for_others_before_the_loss_are_told_and_the_rest_is_kept)
{
    enum { CHANGES = 4, LOSES = 2 };
    struct writer *w = &app.store->writers[LOG];
    struct waiter waiters[CHANGES];
    pthread_t threads[CHANGES];
    int undone = 0;
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    db_on_rollback(&tx, note_undo, &undone);
    w->began_us += INT64_C(3600) * 1000000; /* the group stays young, however slow the machine is */
    for (int i = 0; i < CHANGES; i++) {
        waiters[i] = (struct waiter){ call_open(c->app), i == LOSES ? ST_DENIED : ST_BROKEN, 0 };
        waiters[i].c->now_ms = i;
        CHECK(pthread_create(&threads[i], NULL, append, &waiters[i]) == 0);
        while (!is_queued(w, waiters[i].c)) (void)sched_yield();
    }
    CHECK(db_commit(&tx) == ST_UNAVAILABLE && undone == 1);
    for (int i = 0; i < CHANGES; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(waiters[i].st == (i > LOSES ? ST_OK : ST_UNAVAILABLE) && waiters[i].undone == (i <= LOSES));
        store_release(waiters[i].c);
        call_close(waiters[i].c);
    }
    CHECK(count(c) == CHANGES - LOSES - 1);
}

TEST(another_process_that_writes_is_waited_for_and_then_told)
{
    sqlite3 *other = NULL;
    DB_TX tx = { 0 };
    const char *path = str_to_z(c->arena, str_join(c->arena, app.store->place, STR("/log.db"), STR_END));
    CHECK(sqlite3_open(path, &other) == SQLITE_OK && sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sqlite3_busy_timeout(writer_db(), 20) == SQLITE_OK);
    CHECK(db_begin(c, LOG, &tx) == ST_UNAVAILABLE && !tx.open && !c->in_tx);
    CHECK_STR(call_error(c)->sentence, STR("Another program is writing to the database. Wait until it has finished and try again."));
    call_clear(c);
    CHECK(count(c) == 0); /* readers do not wait for it */
    CHECK(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL) == SQLITE_OK && sqlite3_close(other) == SQLITE_OK);
    CHECK_OK(db_begin(c, LOG, &tx));
}

TEST(files_are_for_their_owner_alone_and_damaged_ones_are_told)
{
    char folder[] = "/tmp/sen-sqlite-test-XXXXXX";
    struct stat st;
    struct store *s = NULL;
    CHECK(mkdtemp(folder) != NULL);
    struct str url = str_join(c->arena, STR("sqlite:"), str_z(folder), STR_END);
    const char *path = str_to_z(c->arena, str_join(c->arena, str_z(folder), STR("/node.db"), STR_END));
    CHECK_OK(store_open(c, url, schemas, &s));
    store_close(s);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    int fd = open(path, O_WRONLY | O_TRUNC);
    CHECK(fd >= 0 && write(fd, "this is no database at all, only text", 37) == 37 && close(fd) == 0);
    s = NULL;
    CHECK(store_open(c, url, schemas, &s) == ST_BROKEN && s == NULL);
    CHECK_STR(call_error(c)->key, STR("The file %s is not a sound database. Restore it from a backup."));
    static const char *const files[] = { "/node.db", "/node.db-wal", "/node.db-shm", "/log.db", "/log.db-wal", "/log.db-shm" };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) (void)unlink(str_to_z(c->arena, str_join(c->arena, str_z(folder), str_z(files[i]), STR_END)));
    CHECK(rmdir(folder) == 0);
}

/* commit_for_ever: in a process of its own: says each number after its commit was answered. */
static void commit_for_ever(struct call *c, int out)
{
    for (int64_t i = 1;; i++) {
        DB_TX tx = { 0 };
        if (db_begin(c, LOG, &tx) != ST_OK || db_exec(c, &ADD, db_int(2 * i), db_bytes(STR("first half"))) != ST_OK ||
            db_exec(c, &ADD, db_int(2 * i + 1), db_bytes(STR("second half"))) != ST_OK || db_commit(&tx) != ST_OK)
            _exit(1);
        if (write(out, &i, sizeof i) != (ssize_t)sizeof i) _exit(2);
    }
}

TEST(a_killed_process_keeps_what_was_answered_and_no_half)
{
    int ends[2], how = 0;
    int64_t answered = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct call *own = call_open(NULL);
        struct store *again = NULL;
        struct app other = { 0 };
        if (store_open(own, str_join(own->arena, STR("sqlite:"), app.store->place, STR_END), schemas, &again) != ST_OK) _exit(3);
        other.store = again;
        own->app = &other;
        commit_for_ever(own, ends[1]);
    }
    CHECK(close(ends[1]) == 0);
    while (answered < 50) CHECK(read(ends[0], &answered, sizeof answered) == (ssize_t)sizeof answered);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &how, 0) == child && WIFSIGNALED(how));
    for (int64_t more; read(ends[0], &more, sizeof more) == (ssize_t)sizeof more;) answered = more;
    CHECK(close(ends[0]) == 0);
    CHECK(count(c) >= 2 * answered && count(c) <= 2 * (answered + 1) && count(c) % 2 == 0);
}

TEST(parameters_must_be_numbered_without_gaps)
{
    static const struct query gap = { "test", "SELECT $1, $3", LOG }, named = { "test", "SELECT :name", LOG }, two = { "test", "SELECT 1; SELECT 2", LOG };
    CHECK(db_exec(c, &gap, db_int(1), db_int(2), db_int(3)) == ST_BROKEN);
    CHECK(db_exec(c, &named, db_int(1)) == ST_BROKEN);
    CHECK(db_exec(c, &two) == ST_BROKEN);
}

TEST(a_parameter_may_stand_twice_and_out_of_order)
{
    static const struct query q = { "test", "SELECT $2 || $1 || $2", LOG };
    DB_ROWS rows = db_run(c, &q, db_text(STR("a")), db_text(STR("b")));
    CHECK_OK(db_one(&rows));
    CHECK_STR(db_col_text(&rows, 0), STR("bab"));
}

/* ---- the log of writes ---- */

static const struct query SIZE = { "test", "SELECT sum(length(b)) FROM t", LOG };

static int wal_pages(void) { return conn_of(app.store->writers[LOG].conn)->wal_pages; }

static void add(struct call *c, int64_t id, struct str bytes)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, &ADD, db_int(id), db_bytes(bytes)));
    CHECK_OK(db_commit(&tx));
}

/* It can be looked at while no thread runs. */
static int moved_beside(void)
{
    const struct tidier *t = conn_of(app.store->writers[LOG].conn)->tidier;
    return t->runs ? 0 : t->moved;
}

TEST(the_log_of_writes_begins_anew_beside_a_writer_that_does_not_rest)
{
    enum { BIG = 256 * 1024, FULL = 4000 };
    struct str big = { arena_alloc(c->arena, BIG, 1), BIG }, small = { big.p, 1 };
    int64_t id = 0;
    for (int times = 0; times < 3; times++) {
        int most = 0;
        while (wal_pages() >= most || most < FULL) { /* until it is smaller than before */
            most = wal_pages();
            add(c, ++id, most < FULL ? big : small);
        }
        CHECK(moved_beside() >= FULL);
    }
    CHECK(count(c) == id);
    DB_ROWS rows = db_run(c, &SIZE);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) > 2 * (int64_t)FULL * 4096);
}
