/* Tests of sqlite_wal.c: the file says what the default VFS's would; what is committed is there for everybody and after a kill; what fails to be written is written later or undone. */
#include "store/sqlite_wal.c"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

static char folder[32], path[64], wal_path[64];

static void open_folder(struct call *c)
{
    (void)c;
    memcpy(folder, "/tmp/sen-wal-test-XXXXXX", sizeof "/tmp/sen-wal-test-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    memset(wal_path, 0, sizeof wal_path); /* SQLite wants more than one NUL behind a name */
    (void)snprintf(path, sizeof path, "%s/t.db", folder);
    (void)snprintf(wal_path, sizeof wal_path - 8, "%s/t.db-wal", folder);
    if (!standard) store__sqlite_wal_register();
}

static void remove_folder(struct call *c)
{
    static const char *const files[] = { "t.db", "t.db-wal", "t.db-shm" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) (void)unlink(str_print(c->arena, "%s/%s", folder, files[i]).p);
    CHECK(rmdir(folder) == 0);
}

__attribute__((constructor)) static void set_up_tests(void)
{
    test_prepare = open_folder;
    test_finish = remove_folder;
}

/* ---- the file by itself ---- */

static sqlite3_file *open_wal(struct call *c)
{
    int fd = open(path, O_CREAT | O_RDWR, 0600); /* SQLite gives a -wal file the mode of its database */
    CHECK(fd >= 0 && close(fd) == 0);
    sqlite3_file *f = arena_alloc(c->arena, (size_t)joining.szOsFile, 16);
    CHECK(joining.xOpen(&joining, wal_path, f, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL, NULL) == SQLITE_OK);
    return f;
}

static int64_t size_on_disk(void)
{
    struct stat st;
    return stat(wal_path, &st) == 0 ? (int64_t)st.st_size : -1;
}

TEST(pieces_reach_the_file_together_when_it_is_synced)
{
    enum { PIECES = 25, HEAD = 24, PAGE = 4096 };
    char page[PAGE] = { 1 };
    sqlite3_file *f = open_wal(c);
    int64_t at = 0;
    for (int i = 0; i < PIECES; i++) {
        CHECK(f->pMethods->xWrite(f, page, HEAD, at) == SQLITE_OK && f->pMethods->xWrite(f, page, PAGE, at + HEAD) == SQLITE_OK);
        at += HEAD + PAGE;
        CHECK(size_on_disk() == 0);
    }
    CHECK(f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) == SQLITE_OK && size_on_disk() == at);
    CHECK(f->pMethods->xClose(f) == SQLITE_OK);
}

/* Whatever is written, read, cut off and asked in any order, nobody can tell the file from a plain one: compared with a copy in memory. */
enum { SPACE = 3 * JOINED_MOST, STEPS = 20000, PAGE_MOST = 65536 };
struct model { char *bytes; int64_t size; uint64_t random; };

static uint64_t draw(struct model *m, uint64_t below)
{
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    return (m->random >> 33) % below;
}

/* write_somewhere: mostly where the last piece ended, sometimes before it; never with a hole, as SQLite. */
static void write_somewhere(struct call *c, sqlite3_file *f, struct model *m, int64_t *end)
{
    size_t n = 1 + draw(m, draw(m, 100) == 0 ? PAGE_MOST : 5000);
    int64_t at = draw(m, 20) == 0 ? (int64_t)draw(m, (uint64_t)m->size + 1) : *end;
    if (at > m->size) at = m->size;
    if (at + (int64_t)n > SPACE) at = 0;
    char *bytes = arena_alloc(c->arena, n, 1);
    for (size_t i = 0; i < n; i++) bytes[i] = (char)draw(m, 256);
    CHECK(f->pMethods->xWrite(f, bytes, (int)n, at) == SQLITE_OK);
    memcpy(m->bytes + at, bytes, n);
    *end = at + (int64_t)n;
    if (*end > m->size) m->size = *end;
}

static void read_somewhere(struct call *c, sqlite3_file *f, struct model *m)
{
    if (!m->size) return;
    int64_t at = (int64_t)draw(m, (uint64_t)m->size);
    size_t n = 1 + draw(m, 5000);
    if (at + (int64_t)n > m->size) n = (size_t)(m->size - at);
    char *bytes = arena_alloc(c->arena, n, 1);
    CHECK(f->pMethods->xRead(f, bytes, (int)n, at) == SQLITE_OK);
    CHECK(memcmp(bytes, m->bytes + at, n) == 0);
}

TEST(nobody_can_tell_it_from_a_plain_file)
{
    sqlite3_file *f = open_wal(c);
    struct model m = { .bytes = arena_alloc(c->arena, SPACE + PAGE_MOST, 1), .random = 7 };
    int64_t end = 0;
    for (int i = 0; i < STEPS; i++) {
        struct call *own = call_open(NULL);
        uint64_t what = draw(&m, 100);
        sqlite3_int64 size = 0;
        if (what < 80) write_somewhere(own, f, &m, &end);
        else if (what < 95) read_somewhere(own, f, &m);
        else if (what < 96) {
            m.size = end = (int64_t)draw(&m, (uint64_t)m.size + 1);
            CHECK(f->pMethods->xTruncate(f, m.size) == SQLITE_OK);
        } else CHECK(f->pMethods->xFileSize(f, &size) == SQLITE_OK && size == m.size);
        call_close(own);
    }
    CHECK(f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) == SQLITE_OK && size_on_disk() == m.size);
    CHECK(f->pMethods->xClose(f) == SQLITE_OK);
}

/* ---- under SQLite ---- */

static void run(sqlite3 *db, const char *sql) { CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK); }

static sqlite3 *open_db(const char *vfs)
{
    sqlite3 *db = NULL;
    CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs) == SQLITE_OK);
    run(db, "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, b BLOB)");
    return db;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    CHECK(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
    int64_t number = sqlite3_column_int64(s, 0);
    CHECK(sqlite3_finalize(s) == SQLITE_OK);
    return number;
}

static bool is_sound(sqlite3 *db) { return ask(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1; }

#define ADD_ROWS(n) "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < " n ") INSERT INTO t (b) SELECT randomblob(3000) FROM k;"

/* A page cache that is far too small: pages go to the file, come back and are written again while a transaction runs, and parts of it are undone. */
TEST(what_is_committed_is_there_for_everybody)
{
    sqlite3 *db = open_db(store__sqlite_wal), *other = open_db(NULL);
    for (int round = 0; round < 5; round++) {
        int64_t before = ask(other, "SELECT count(*) FROM t");
        run(db, "BEGIN; SAVEPOINT one;" ADD_ROWS("200") "UPDATE t SET b = randomblob(2000) WHERE id % 3 = 0; RELEASE one");
        run(db, "SAVEPOINT one; DELETE FROM t WHERE id % 2 = 0; UPDATE t SET b = zeroblob(5000); ROLLBACK TO one; RELEASE one");
        CHECK(ask(other, "SELECT count(*) FROM t") == before);
        run(db, "COMMIT");
        CHECK(ask(other, "SELECT count(*) FROM t") == before + 200 && is_sound(other) && is_sound(db));
        run(db, "BEGIN; UPDATE t SET b = zeroblob(4000); ROLLBACK; BEGIN;" ADD_ROWS("2") "DELETE FROM t WHERE id = (SELECT max(id) FROM t); COMMIT");
        CHECK(ask(other, "SELECT count(*) FROM t WHERE b = zeroblob(4000)") == 0 && is_sound(other));
        if (round % 2) run(round == 1 ? db : other, "PRAGMA wal_checkpoint(RESTART)");
    }
    CHECK(ask(other, "SELECT count(*) FROM t") == 1005);
    CHECK(sqlite3_close(db) == SQLITE_OK && is_sound(other) && sqlite3_close(other) == SQLITE_OK);
}

TEST(a_kill_in_the_middle_leaves_what_was_committed)
{
    int how = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        sqlite3 *own = open_db(store__sqlite_wal);
        run(own, ADD_ROWS("50"));
        run(own, "BEGIN; UPDATE t SET b = zeroblob(4000);" ADD_ROWS("100"));
        (void)kill(getpid(), SIGKILL);
    }
    CHECK(waitpid(child, &how, 0) == child && WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    CHECK(size_on_disk() > 50 * 3000);
    sqlite3 *db = open_db(NULL);
    CHECK(ask(db, "SELECT count(*) FROM t WHERE length(b) = 3000") == 50 && ask(db, "SELECT count(*) FROM t") == 50 && is_sound(db));
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* fail_for_want_of_room: in a process of its own, whose files may not grow any more for a while. */
static void fail_for_want_of_room(void)
{
    struct rlimit least, all;
    sqlite3 *db = open_db(store__sqlite_wal);
    run(db, ADD_ROWS("10"));
    CHECK(getrlimit(RLIMIT_FSIZE, &all) == 0 && signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    least = all;
    least.rlim_cur = (rlim_t)size_on_disk() + 20000;
    CHECK(setrlimit(RLIMIT_FSIZE, &least) == 0);
    CHECK(sqlite3_exec(db, "BEGIN;" ADD_ROWS("20") "COMMIT", NULL, NULL, NULL) != SQLITE_OK); /* not all of it fits */
    if (!sqlite3_get_autocommit(db)) run(db, "ROLLBACK");
    CHECK(ask(db, "SELECT count(*) FROM t") == 10);
    CHECK(sqlite3_exec(db, ADD_ROWS("20"), NULL, NULL, NULL) != SQLITE_OK && ask(db, "SELECT count(*) FROM t") == 10);
    CHECK(setrlimit(RLIMIT_FSIZE, &all) == 0);
    run(db, ADD_ROWS("100"));
    CHECK(is_sound(db));
    _exit(0);
}

TEST(a_write_that_fails_is_told_and_the_next_one_is_sound)
{
    int how = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) fail_for_want_of_room();
    CHECK(waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0);
    sqlite3 *db = open_db(NULL);
    CHECK(ask(db, "SELECT count(*) FROM t WHERE length(b) = 3000") == 110 && is_sound(db));
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void insert(sqlite3 *db, int from, int to)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql, "INSERT INTO t (id, b) WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, randomblob(3000) FROM n", from, to - 1);
    run(db, sql);
}

static size_t pending_of(sqlite3 *db)
{
    sqlite3_file *f = NULL;
    CHECK(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f) == SQLITE_OK && f->pMethods == &methods);
    return wal_of(f)->n;
}

/* The place in the file of what was undone is another process's now. */
TEST(what_was_undone_never_falls_on_what_another_wrote)
{
    sqlite3 *ours = open_db(store__sqlite_wal), *other = open_db(NULL);
    run(ours, "BEGIN IMMEDIATE");
    insert(ours, 1000, 1060); /* more than the cache holds: frames are written */
    run(ours, "ROLLBACK");
    CHECK(pending_of(ours) > 0);
    insert(other, 1, 100);
    store__sqlite_wal_forget(ours);
    run(ours, "BEGIN IMMEDIATE");
    insert(ours, 100, 110);
    run(ours, "COMMIT");
    sqlite3 *third = open_db(NULL);
    CHECK(ask(third, "SELECT sum(id) FROM t") == 109 * 110 / 2);
    CHECK(sqlite3_exec(third, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(ask(third, "SELECT sum(id) FROM t") == 109 * 110 / 2);
    run(ours, "BEGIN IMMEDIATE");
    insert(ours, 2000, 2060);
    store__sqlite_wal_forget(ours); /* as at the end of a connection with an open transaction */
    CHECK(sqlite3_close(ours) == SQLITE_OK);
    CHECK(ask(third, "SELECT sum(id) FROM t") == 109 * 110 / 2);
    CHECK(sqlite3_close(other) == SQLITE_OK && sqlite3_close(third) == SQLITE_OK);
}
