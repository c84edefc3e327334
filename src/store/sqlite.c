/* sqlite.c: the driver for SQLite: WAL, every commit on disk before it is answered, a reader connection a worker that cannot write.
 * Another process (a command beside a running server) may write the same file: BEGIN IMMEDIATE waits for it. */
#include "store/store_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/strand.h"

enum { BUSY_MS = 10000, PARAMS_MAX = VALUES_MAX };

struct statement {
    struct cached cached;
    sqlite3_stmt *stmt;
    bool busy;
    size_t nparams;              /* the highest $N; each N from 1 stands in the statement */
    uint16_t number[PARAMS_MAX]; /* SQLite's index, from 0, to N */
};

struct conn {
    struct db_conn base;
    sqlite3 *db;
    struct cache cache;
    struct cursor *cursors;      /* those still open */
    int wal_pages;               /* a writer's: as of its last commit */
    struct tidier *tidier;       /* a writer's */
};

struct cursor {
    struct db_cursor base;
    struct statement *statement; /* NULL: detached or done */
    struct cursor *next, **at;   /* the connection's list */
    struct call *call;
    struct db_value *kept;       /* the row it stood on when it was detached */
    bool first, row;
    int64_t changed;
};

static struct conn *conn_of(struct db_conn *conn) { return (struct conn *)conn; }

/* --- failures --- */

static enum status unavailable(struct call *c, int code)
{
    if (code == SQLITE_FULL) return call_fail(c, ST_UNAVAILABLE, "", "The disk of the database is full. Make room on it and try again.");
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return call_fail(c, ST_UNAVAILABLE, "", "Another program is writing to the database. Wait until it has finished and try again.");
    return call_fail(c, ST_UNAVAILABLE, "", "The database cannot be read or written now. Check its disk and try again.");
}

/* failed: the status of an SQLite result code. The message names tables and columns, never values. */
static enum status failed(struct call *c, struct conn *conn, int code, const char *sql)
{
    call_note(c, "store", "sqlite %d %s: %s", sqlite3_extended_errcode(conn->db), sqlite3_errmsg(conn->db), sql);
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return ST_CONFLICT;
    case SQLITE_TOOBIG: return ST_TOO_LARGE;
    case SQLITE_FULL: case SQLITE_IOERR: case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_CANTOPEN: case SQLITE_NOMEM: case SQLITE_PROTOCOL:
        return unavailable(c, code & 0xff);
    default: return ST_BROKEN; /* a wrong statement, a damaged file, a write without db_begin */
    }
}

/* --- connections --- */

/* make_private: a new database file can be read by its owner alone; SQLite gives -wal and -shm the same mode. */
static enum status make_private(struct call *c, const char *path)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) (void)close(fd);
    else if (errno != EEXIST) {
        call_note(c, "store", "cannot make %s: errno %d", path, errno);
        return call_fail(c, ST_UNAVAILABLE, "", "The database file %s cannot be made. Check that its folder exists and may be written.", str_z(path));
    }
    return ST_OK;
}

static enum status script(struct call *c, struct db_conn *base, const char *sql)
{
    struct conn *conn = conn_of(base);
    int code = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? ST_OK : failed(c, conn, code, sql);
}

/* SQLite counts its own memory unless told otherwise, behind one lock for all threads of the process. Nobody reads that count. */
static pthread_once_t configured = PTHREAD_ONCE_INIT;
static void configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    store__sqlite_wal_register();
}

static int note_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct conn *conn = arg;
    (void)db;
    (void)name;
    conn->wal_pages = pages;
    return SQLITE_OK;
}

/* be_patient: another process writes: up to BUSY_MS. */
static int be_patient(void *arg, int times)
{
    enum { STEP_MS = 5 };
    (void)arg;
    if (times >= BUSY_MS / STEP_MS) return 0;
    strand_sleep(STEP_MS * 1000);
    return 1;
}

static void tidy(struct db_conn *base)
{
    struct conn *conn = conn_of(base);
    store__sqlite_tidy(conn->tidier, conn->db, conn->wal_pages);
}

static bool is_durable(const struct store *s) { return !s->fleeting; }

/* vfs_of: NULL: the usual one. A SQLite made for disks that spoil what stands beside a write writes some of a commit's last page after the sync: nothing of that may wait. */
static const char *vfs_of(const struct store *s, enum conn_role role)
{
    return role == CONN_WRITER && is_durable(s) && !sqlite3_compileoption_used("POWERSAFE_OVERWRITE=0") ? store__sqlite_wal : NULL;
}

static enum status set_up(struct call *c, struct conn *conn)
{
    (void)sqlite3_busy_handler(conn->db, be_patient, NULL);
    (void)sqlite3_extended_result_codes(conn->db, 0);
    (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);  /* "x" is a column, as on PostgreSQL, never a text */
    (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL); /* a statement keeps its plan; else some are planned anew at every run, for the values bound */
    TRY(script(c, &conn->base, is_durable(conn->base.store) ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF"));
    TRY(script(c, &conn->base, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                               "PRAGMA journal_size_limit = 67108864;"));
    /* NODE is read far more than it grows. LOG grows with every message, and each growth would make every connection map its file anew,
     * which stops all threads of the process for a moment. */
    if (conn->base.in == NODE) TRY(script(c, &conn->base, "PRAGMA mmap_size = 268435456"));
    if (conn->base.role == CONN_WRITER) {
        (void)sqlite3_wal_hook(conn->db, note_pages, conn);
        conn->tidier = store__sqlite_tidier_new(sqlite3_db_filename(conn->db, "main"));
        TRY(script(c, &conn->base, "PRAGMA cache_size = -8192")); /* the ends of all indexes that a crowd of messages writes to */
    }
    return conn->base.role == CONN_READER ? script(c, &conn->base, "PRAGMA query_only = ON") : ST_OK;
}

static void close_conn(struct db_conn *base);

static enum status open_conn(struct call *c, struct store *s, enum db_which in, enum conn_role role, struct db_conn **ret)
{
    struct str file = in == NODE ? STR("/node.db") : STR("/log.db");
    const char *path = str_to_z(c->arena, str_join(c->arena, s->place, file, STR_END));
    TRY(make_private(c, path));
    struct conn *conn = heap_new(struct conn);
    conn->base = (struct db_conn){ .driver = &store__sqlite, .store = s, .in = in, .role = role };
    (void)pthread_once(&configured, configure);
    int code = sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs_of(s, role));
    enum status st = code == SQLITE_OK ? set_up(c, conn) : failed(c, conn, code, path);
    if (st == ST_BROKEN) st = call_fail(c, ST_BROKEN, "", "The file %s is not a sound database. Restore it from a backup.", str_z(path));
    if (st != ST_OK) {
        close_conn(&conn->base);
        return st;
    }
    *ret = &conn->base;
    return ST_OK;
}

static void detach(struct db_conn *base);

static void close_conn(struct db_conn *base)
{
    struct conn *conn = conn_of(base);
    detach(base);
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        for (struct cached *e = conn->cache.slots[i], *next; e; e = next) {
            next = e->next;
            (void)sqlite3_finalize(((struct statement *)e)->stmt);
            heap_free(e);
        }
    store__sqlite_tidier_free(conn->tidier);
    store__sqlite_wal_forget(conn->db); /* an open transaction ends here */
    (void)sqlite3_close_v2(conn->db);
    heap_free(conn);
}

/* --- statements --- */

/* read_params: SQLite takes $1 as a name; here it becomes the number it means. */
static enum status read_params(struct call *c, struct statement *s, const struct query *q)
{
    bool seen[PARAMS_MAX + 1] = { false };
    size_t highest = 0, count = (size_t)sqlite3_bind_parameter_count(s->stmt);
    for (size_t i = 0; i < count; i++) {
        struct str name = str_z(sqlite3_bind_parameter_name(s->stmt, (int)i + 1));
        int64_t number = 0;
        bool good = str_starts(name, STR("$")) && str_int(str_skip(name, 1), &number) && number >= 1 && number <= PARAMS_MAX && i < PARAMS_MAX;
        if (!good) {
            call_note(c, "store", "parameters are written $1 to $%d: %s", PARAMS_MAX, q->sql);
            return ST_BROKEN;
        }
        s->number[i] = (uint16_t)number;
        seen[number] = true;
        if ((size_t)number > highest) highest = (size_t)number;
    }
    for (size_t i = 1; i <= highest; i++)
        if (!seen[i]) {
            call_note(c, "store", "$%zu is not used: %s", i, q->sql);
            return ST_BROKEN;
        }
    s->nparams = highest;
    return ST_OK;
}

static enum status prepare(struct call *c, struct conn *conn, const struct query *q, struct statement *s)
{
    const char *rest = NULL;
    int code = sqlite3_prepare_v3(conn->db, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, &rest);
    if (code != SQLITE_OK) return failed(c, conn, code, q->sql);
    if (!s->stmt || !str_is_empty(str_trim(str_z(rest)))) {
        call_note(c, "store", "not exactly one statement: %s", q->sql);
        return ST_BROKEN;
    }
    s->cached.query = q;
    return read_params(c, s, q);
}

/* find_statement: the connection's prepared statement of q that is not in use; a second one is made where a loop runs q inside q. */
static enum status find_statement(struct call *c, struct conn *conn, const struct query *q, struct statement **ret)
{
    struct cached **slot = store__cache_slot(&conn->cache, q);
    for (struct cached *e = *slot; e; e = e->next) {
        *ret = (struct statement *)e;
        if (e->query == q && !(*ret)->busy) return ST_OK;
    }
    struct statement *fresh = heap_new(struct statement);
    enum status st = prepare(c, conn, q, fresh);
    if (st != ST_OK) {
        (void)sqlite3_finalize(fresh->stmt);
        heap_free(fresh);
        return st;
    }
    fresh->cached.next = *slot;
    *slot = &fresh->cached;
    *ret = fresh;
    return ST_OK;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
    const char *p = v->bytes.p ? v->bytes.p : "";   /* an empty text is not NULL */
    switch (v->kind) {
    case DB_INT: return sqlite3_bind_int64(stmt, at, v->number);
    case DB_TEXT: return sqlite3_bind_text64(stmt, at, p, v->bytes.n, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BYTES: return sqlite3_bind_blob64(stmt, at, p, v->bytes.n, SQLITE_STATIC);
    case DB_NULL: return sqlite3_bind_null(stmt, at);
    }
    return SQLITE_MISUSE;
}

/* copy_value: SQLite reads bound values at every step, so they must live as long as the rows: long ones move into the call's arena. */
static struct db_value copy_value(struct call *c, struct db_value v)
{
    if (v.bytes.n) v.bytes = str_copy(c->arena, v.bytes);
    return v;
}

static enum status bind(struct call *c, struct conn *conn, const struct statement *s, const struct db_value *values, size_t n)
{
    const char *sql = s->cached.query->sql;
    if (n != s->nparams) {
        call_note(c, "store", "%zu values for %zu parameters: %s", n, s->nparams, sql);
        return ST_BROKEN;
    }
    int count = sqlite3_bind_parameter_count(s->stmt);
    bool returns_rows = sqlite3_column_count(s->stmt) > 0; /* else the first step is the last, and the caller's bytes live long enough */
    for (int i = 0; i < count; i++) {
        struct db_value v = values[s->number[i] - 1];
        if (returns_rows) v = copy_value(c, v);
        int code = bind_one(s->stmt, i + 1, &v);
        if (code != SQLITE_OK) return failed(c, conn, code, sql);
    }
    return ST_OK;
}

/* --- cursors --- */

static void let_go(struct cursor *cur)
{
    if (!cur->statement) return;
    (void)sqlite3_reset(cur->statement->stmt);
    (void)sqlite3_clear_bindings(cur->statement->stmt);
    cur->statement->busy = false;
    cur->statement = NULL;
    *cur->at = cur->next;
    if (cur->next) cur->next->at = cur->at;
    cur->base.conn->open_cursors--;
}

static enum status step(struct call *c, struct cursor *cur)
{
    struct conn *conn = conn_of(cur->base.conn);
    int code = sqlite3_step(cur->statement->stmt);
    cur->row = code == SQLITE_ROW;
    if (cur->row) return ST_OK;
    const char *sql = cur->statement->cached.query->sql;
    enum status st = code == SQLITE_DONE ? ST_OK : failed(c, conn, code, sql);
    if (st == ST_OK) cur->changed = sqlite3_stmt_readonly(cur->statement->stmt) ? 0 : sqlite3_changes64(conn->db);
    let_go(cur);
    return st;
}

static enum status start(struct call *c, struct db_conn *base, const struct query *q, const struct db_value *values, size_t n, struct db_cursor **ret)
{
    struct conn *conn = conn_of(base);
    struct statement *s;
    TRY(find_statement(c, conn, q, &s));
    TRY(bind(c, conn, s, values, n));
    struct cursor *cur = arena_new(c->arena, struct cursor);
    *cur = (struct cursor){ .base = { base }, .statement = s, .call = c, .first = true, .next = conn->cursors, .at = &conn->cursors };
    if (conn->cursors) conn->cursors->at = &cur->next;
    conn->cursors = cur;
    s->busy = true;
    base->open_cursors++;
    TRY(step(c, cur));
    *ret = &cur->base;
    return ST_OK;
}

static enum status next(struct call *c, struct db_cursor *base, bool *row)
{
    struct cursor *cur = (struct cursor *)base;
    if (!cur->first) {
        if (cur->kept) {
            call_note(c, "store", "rows are read on after their transaction has ended");
            return ST_BROKEN;
        }
        if (cur->row) TRY(step(c, cur));
    }
    cur->first = false;
    *row = cur->row;
    return ST_OK;
}

static void done(struct db_cursor *base) { let_go((struct cursor *)base); }

static int64_t changed(const struct db_cursor *base) { return ((const struct cursor *)base)->changed; }

static struct db_value column(const struct cursor *cur, int col)
{
    if (cur->kept) return cur->kept[col];
    if (!cur->statement || !cur->row) return (struct db_value){ .kind = DB_NULL };
    sqlite3_stmt *stmt = cur->statement->stmt;
    int kind = sqlite3_column_type(stmt, col);
    if (kind == SQLITE_NULL) return (struct db_value){ .kind = DB_NULL };
    if (kind == SQLITE_INTEGER || kind == SQLITE_FLOAT) return db_int(sqlite3_column_int64(stmt, col));
    const void *p = kind == SQLITE_TEXT ? (const void *)sqlite3_column_text(stmt, col) : sqlite3_column_blob(stmt, col);
    struct str bytes = str_of(p ? p : "", (size_t)sqlite3_column_bytes(stmt, col));
    return kind == SQLITE_TEXT ? db_text(bytes) : db_bytes(bytes);
}

/* detach: the connection goes on to another thread; whoever still stands on a row (db_one) keeps a copy of it. */
static void detach(struct db_conn *base)
{
    struct conn *conn = conn_of(base);
    while (conn->cursors) {
        struct cursor *cur = conn->cursors;
        int n = cur->row ? sqlite3_column_count(cur->statement->stmt) : 0;
        struct db_value *kept = arena_array(cur->call->arena, struct db_value, (size_t)n);
        for (int i = 0; i < n; i++) kept[i] = copy_value(cur->call, column(cur, i));
        let_go(cur);
        if (n) cur->kept = kept;
    }
}

static int64_t col_int(const struct db_cursor *base, int col)
{
    struct db_value v = column((const struct cursor *)base, col);
    int64_t number = v.number;
    if (v.kind == DB_TEXT && !str_int(v.bytes, &number)) return 0;
    return number;
}

static struct str col_bytes(struct call *c, const struct db_cursor *base, int col)
{
    struct db_value v = column((const struct cursor *)base, col);
    if (v.kind == DB_NULL) return (struct str){ NULL, 0 };
    if (v.kind == DB_INT) return str_print(c->arena, "%lld", (long long)v.number);
    return v.bytes.n ? str_copy(c->arena, v.bytes) : STR("");
}

/* --- transactions --- */

static const struct query steps[] = {
    [STEP_BEGIN] = { "store", "BEGIN IMMEDIATE", NODE },
    [STEP_SAVE] = { "store", "SAVEPOINT one", NODE },
    [STEP_RELEASE] = { "store", "RELEASE one", NODE },
    [STEP_UNDO] = { "store", "ROLLBACK TO one", NODE },
    [STEP_COMMIT] = { "store", "COMMIT", NODE },
    [STEP_ROLLBACK] = { "store", "ROLLBACK", NODE },
    [STEP_VIEW] = { "store", "BEGIN", NODE },
};

static enum status run_step(struct call *c, struct conn *conn, enum db_step which)
{
    struct statement *s;
    TRY(find_statement(c, conn, &steps[which], &s));
    int code = sqlite3_step(s->stmt);
    enum status st = code == SQLITE_DONE ? ST_OK : failed(c, conn, code, steps[which].sql);
    (void)sqlite3_reset(s->stmt);
    return st;
}

static enum status tx_step(struct call *c, struct db_conn *base, enum db_step which)
{
    struct conn *conn = conn_of(base);
    if (which == STEP_BEGIN) store__sqlite_wal_forget(conn->db);
    TRY(run_step(c, conn, which));
    if (which == STEP_ROLLBACK) store__sqlite_wal_forget(conn->db);
    return which == STEP_UNDO ? run_step(c, conn, STEP_RELEASE) : ST_OK; /* ROLLBACK TO leaves the savepoint standing */
}

static bool has_tx(struct db_conn *base) { return sqlite3_get_autocommit(conn_of(base)->db) == 0; }

static enum status check(struct call *c, struct db_conn *base, const struct query *q)
{
    struct statement *s;
    return find_statement(c, conn_of(base), q, &s);
}

const struct driver store__sqlite = {
    .id_column = "INTEGER PRIMARY KEY", .clustered = "WITHOUT ROWID", .blob = "BLOB",
    .open = open_conn, .close = close_conn, .script = script, .step = tx_step, .has_tx = has_tx, .check = check,
    .start = start, .next = next, .done = done, .changed = changed, .col_int = col_int, .col_text = col_bytes, .col_bytes = col_bytes,
    .views = true, .detach = detach, .tidy = tidy,
};
