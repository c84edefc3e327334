/* postgres.c: the driver for PostgreSQL. NODE: a connection a worker, read only outside a transaction, SERIALIZABLE inside. LOG: one writer in the
 * whole cluster (an advisory lock from BEGIN to COMMIT) and a reader a worker. A statement's whole result is fetched before its first row is seen,
 * so rows hold nothing of the connection; what may be large is paged by key in its SQL. */
#include "store/store_int.h"

#include <endian.h>
#include <poll.h>
#include <stdio.h>

#include "base/crowd.h"
#include "base/encode.h"
#include "base/strand.h"
#include "store/postgres_url.h"

enum { TYPE_INT8 = 20, TYPE_TEXT = 25, TYPE_BYTEA = 17, TYPE_UNKNOWN = 0, NAME_MAX_ = 64 };

/* The parameters' kinds belong to the statement: PostgreSQL fixes their types when it is prepared. */
struct statement { struct cached cached; unsigned number; size_t n; uint8_t kinds[]; };

struct conn {
    struct db_conn base;
    PGconn *pg;
    struct cache cache;
    unsigned prepared;
    bool lost;                   /* libpq itself failed; its own status says so only at the call after */
};

struct cursor { struct db_cursor base; PGresult *result; int row; };

static struct conn *conn_of(struct db_conn *conn) { return (struct conn *)conn; }

static bool is_lost(const struct conn *conn) { return conn->lost || PQstatus(conn->pg) == CONNECTION_BAD; }

/* --- failures --- */

static enum status status_of(const char *state)
{
    if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || strncmp(state, "23", 2) == 0) return ST_CONFLICT;
    if (strcmp(state, "22021") == 0) return ST_INVALID;    /* a text that is not UTF-8 */
    if (strcmp(state, "08P01") == 0) return ST_BROKEN;     /* values that do not match the parameters */
    if (strncmp(state, "54", 2) == 0) return ST_TOO_LARGE;
    static const char *const away[] = { "08", "53", "55", "57", "58" };
    for (size_t i = 0; i < sizeof away / sizeof away[0]; i++)
        if (strncmp(state, away[i], 2) == 0) return ST_UNAVAILABLE;
    return ST_BROKEN;
}

/* failed: the status of a result. The server's message may hold values, so it is told only for classes that speak of names and servers. */
static enum status failed(struct call *c, struct conn *conn, const PGresult *r, const char *sql)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *constraint = r ? PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME) : NULL;
    if (!state) conn->lost = true; /* every failure that the server tells has one */
    if (!state) state = "08006";
    bool tell = text && (strncmp(state, "42", 2) == 0 || strncmp(state, "25", 2) == 0 || status_of(state) == ST_UNAVAILABLE);
    conn->base.retry = strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0;
    if (!conn->base.retry) call_note(c, "store", "postgresql %s %s%s: %s", state, tell ? text : "", constraint ? constraint : "", sql);
    if (strcmp(state, "53100") == 0) return call_fail(c, ST_UNAVAILABLE, "", "The disk of the database is full. Make room on it and try again.");
    if (is_lost(conn) || status_of(state) == ST_UNAVAILABLE)
        return call_fail(c, ST_UNAVAILABLE, "", "The database server does not answer. Check that it runs and try again.");
    if (status_of(state) == ST_INVALID)
        return call_fail(c, ST_INVALID, "", "A text holds a character that cannot be kept. Write it without control characters.");
    return status_of(state);
}

static bool is_good(const PGresult *r)
{
    ExecStatusType kind = PQresultStatus(r);
    return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK;
}

/* flush: what the socket did not take at once, of a large value or on a slow line. A server that speaks meanwhile is heard, else both would wait for each other; of a line that
 * broke the result tells. */
static void flush(const struct conn *conn)
{
    while (PQflush(conn->pg) > 0) {
        int events = strand_poll(PQsocket(conn->pg), POLLIN | POLLOUT, INT64_MAX);
        if (events < 0 || (events & ~POLLOUT && !PQconsumeInput(conn->pg))) return;
    }
}

/* await_result: of what was sent just now, the last of several statements; NULL when the server is gone. Others of this thread go on while the server takes it and works. */
static PGresult *await_result(const struct conn *conn, int sent)
{
    PGresult *last = NULL;
    crowd_sleep();
    if (sent) flush(conn);
    for (PGresult *r; sent; last = r) {
        while (PQisBusy(conn->pg))
            if (strand_poll(PQsocket(conn->pg), POLLIN, INT64_MAX) < 0 || !PQconsumeInput(conn->pg)) break;
        if (!(r = PQgetResult(conn->pg))) break;
        PQclear(last);
    }
    crowd_wake();
    return last;
}

/* --- connections --- */

static enum status script(struct call *c, struct db_conn *base, const char *sql)
{
    struct conn *conn = conn_of(base);
    PGresult *r = await_result(conn, PQsendQuery(conn->pg, sql));
    enum status st = is_good(r) ? ST_OK : failed(c, conn, r, sql);
    PQclear(r);
    return st;
}

static void forget_statements(struct conn *conn)
{
    for (size_t i = 0; i < CACHE_SLOTS; i++) {
        for (struct cached *e = conn->cache.slots[i], *next; e; e = next) {
            next = e->next;
            heap_free(e);
        }
        conn->cache.slots[i] = NULL;
    }
}

static void close_conn(struct db_conn *base)
{
    struct conn *conn = conn_of(base);
    forget_statements(conn);
    PQfinish(conn->pg);
    heap_free(conn);
}

static void be_quiet(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

/* connect_as: NAME_node or NAME_log of a URL that ends with NAME. */
static PGconn *connect_as(struct call *c, struct str url, enum db_which in)
{
    struct str base = postgres__base(c, url);
    return postgres__connect(c, url, str_join(c->arena, base.n ? base : STR("sen"), in == NODE ? STR("_node") : STR("_log"), STR_END));
}

static enum status check_server(struct call *c, struct conn *conn)
{
    PGresult *r = await_result(conn, PQsendQuery(conn->pg, "SELECT 1 FROM pg_database WHERE datname = current_database() AND datcollate = 'C' AND pg_encoding_to_char(encoding) = 'UTF8'"));
    bool good = is_good(r) && PQntuples(r) == 1;
    PQclear(r);
    if (good) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "store.url", "Create the database with ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0: Sen sorts by bytes.");
}

static enum status set_up(struct call *c, struct conn *conn)
{
    (void)PQsetNoticeProcessor(conn->pg, be_quiet, NULL);
    if (PQsetnonblocking(conn->pg, 1) != 0) return failed(c, conn, NULL, "non-blocking"); /* else libpq itself would wait until all is sent */
    TRY(script(c, &conn->base, "SET client_min_messages TO warning; SET synchronous_commit TO on; SET standard_conforming_strings TO on;"
                               "SET lock_timeout TO '10s'; SET jit TO off"));
    if (conn->base.role == CONN_WRITER) return check_server(c, conn);
    return script(c, &conn->base, "SET default_transaction_read_only TO on");
}

/* libpq looks names up and connects in its own way. */
struct connecting { struct call *call; struct conn *conn; };

static void connect_anew(void *arg)
{
    struct connecting *k = arg;
    k->conn->pg = connect_as(k->call, k->conn->base.store->place, k->conn->base.in);
}

static void connect_again(void *arg)
{
    struct connecting *k = arg;
    PQreset(k->conn->pg);
}

static enum status open_conn(struct call *c, struct store *s, enum db_which in, enum conn_role role, struct db_conn **ret)
{
    struct conn *conn = heap_new(struct conn);
    conn->base = (struct db_conn){ .driver = &store__postgres, .store = s, .in = in, .role = role };
    strand_outside(connect_anew, &(struct connecting){ c, conn });
    enum status st = ST_OK;
    if (PQstatus(conn->pg) != CONNECTION_OK) {
        call_note(c, "store", "postgresql: no connection to the database %s of store.url", in == NODE ? "node" : "log");
        st = call_fail(c, ST_UNAVAILABLE, "store.url", "The database server refuses or does not answer. Check store.url, that the server runs, and that both databases exist.");
    }
    if (st == ST_OK) st = set_up(c, conn);
    if (st != ST_OK) {
        close_conn(&conn->base);
        return st;
    }
    *ret = &conn->base;
    return ST_OK;
}

/* revive: a connection that was lost is made again; only between transactions, where nothing of it is missed. */
static enum status revive(struct call *c, struct conn *conn)
{
    forget_statements(conn);
    strand_outside(connect_again, &(struct connecting){ c, conn });
    conn->lost = false;
    if (PQstatus(conn->pg) != CONNECTION_OK) return failed(c, conn, NULL, "connect again");
    atomic_fetch_add(&conn->base.store->counts.revived, 1);
    return set_up(c, conn);
}

/* --- statements --- */

static const Oid type_of[] = { [DB_INT] = TYPE_INT8, [DB_TEXT] = TYPE_TEXT, [DB_BYTES] = TYPE_BYTEA, [DB_NULL] = TYPE_UNKNOWN };

static bool has_kinds(const struct statement *s, const struct db_value *values, size_t n)
{
    if (s->n != n) return false;
    for (size_t i = 0; i < n; i++)
        if (s->kinds[i] != values[i].kind) return false;
    return true;
}

static const char *statement_name(unsigned number, char ret[static NAME_MAX_])
{
    (void)snprintf(ret, NAME_MAX_, "q%u", number);
    return ret;
}

/* count_params: the highest $N outside quotes. The server takes more values than that without a word; SQLite does not. */
static size_t count_params(struct str sql)
{
    size_t highest = 0;
    bool quoted = false;
    while (sql.n) {
        if (sql.p[0] == '\'') quoted = !quoted;
        bool starts = sql.p[0] == '$' && !quoted;
        sql = str_skip(sql, 1);
        size_t number = 0;
        while (starts && sql.n && sql.p[0] >= '0' && sql.p[0] <= '9' && number < VALUES_MAX) {
            number = number * 10 + (size_t)(sql.p[0] - '0');
            sql = str_skip(sql, 1);
        }
        if (number > highest) highest = number;
    }
    return highest;
}

static enum status prepare(struct call *c, struct conn *conn, const struct query *q, const struct db_value *values, size_t n, struct statement **ret)
{
    char name[NAME_MAX_];
    Oid types[VALUES_MAX];
    if (count_params(str_z(q->sql)) != n) {
        call_note(c, "store", "%zu values for another number of parameters: %s", n, q->sql);
        return ST_BROKEN;
    }
    for (size_t i = 0; i < n; i++) types[i] = type_of[values[i].kind];
    PGresult *r = await_result(conn, PQsendPrepare(conn->pg, statement_name(++conn->prepared, name), q->sql, (int)n, types));
    enum status st = is_good(r) ? ST_OK : failed(c, conn, r, q->sql);
    PQclear(r);
    if (st != ST_OK) return st;
    struct statement *s = heap_alloc(1, sizeof *s + n);
    *s = (struct statement){ .cached = { *store__cache_slot(&conn->cache, q), q }, .number = conn->prepared, .n = n };
    for (size_t i = 0; i < n; i++) s->kinds[i] = (uint8_t)values[i].kind;
    *store__cache_slot(&conn->cache, q) = &s->cached;
    *ret = s;
    return ST_OK;
}

static enum status find_statement(struct call *c, struct conn *conn, const struct query *q, const struct db_value *values, size_t n, struct statement **ret)
{
    for (struct cached *e = *store__cache_slot(&conn->cache, q); e; e = e->next) {
        *ret = (struct statement *)e;
        if (e->query == q && has_kinds(*ret, values, n)) return ST_OK;
    }
    return prepare(c, conn, q, values, n, ret);
}

/* execute: all values go as binary (whole numbers in network order, texts and bytes as they are); results come back as text. */
static PGresult *execute(struct conn *conn, const struct statement *s, const struct db_value *values, size_t n)
{
    const char *at[VALUES_MAX];
    int lengths[VALUES_MAX], formats[VALUES_MAX];
    uint64_t numbers[VALUES_MAX];
    char name[NAME_MAX_];
    for (size_t i = 0; i < n; i++) {
        const struct db_value *v = &values[i];
        formats[i] = 1;
        if (v->kind == DB_INT) {
            numbers[i] = htobe64((uint64_t)v->number);
            at[i] = (const char *)&numbers[i];
            lengths[i] = sizeof numbers[i];
            continue;
        }
        at[i] = v->kind == DB_NULL ? NULL : v->bytes.p ? v->bytes.p : "";
        lengths[i] = (int)v->bytes.n;
    }
    return await_result(conn, PQsendQueryPrepared(conn->pg, statement_name(s->number, name), (int)n, at, lengths, formats, 0));
}

static enum status run(struct call *c, struct conn *conn, const struct query *q, const struct db_value *values, size_t n, PGresult **ret)
{
    struct statement *s;
    TRY(find_statement(c, conn, q, values, n, &s));
    PGresult *r = execute(conn, s, values, n);
    if (!is_good(r)) {
        enum status st = failed(c, conn, r, q->sql);
        PQclear(r);
        return st;
    }
    *ret = r;
    return ST_OK;
}

static enum status check_lengths(struct call *c, const struct db_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i].bytes.n > INT32_MAX) return call_fail(c, ST_TOO_LARGE, "", "A value is too large for the database. Send less at once.");
    return ST_OK;
}

static enum status start(struct call *c, struct db_conn *base, const struct query *q, const struct db_value *values, size_t n, struct db_cursor **ret)
{
    struct conn *conn = conn_of(base);
    struct call_error before = c->error;
    bool alone = PQtransactionStatus(conn->pg) == PQTRANS_IDLE || is_lost(conn);
    bool in_tx = base->role == CONN_WRITER || (c->db && c->db->tx[base->in].open);
    PGresult *r = NULL;
    TRY(check_lengths(c, values, n));
    enum status st = run(c, conn, q, values, n, &r);
    if (st != ST_OK && alone && !in_tx && is_lost(conn)) {
        TRY(revive(c, conn));
        c->error = before;
        st = run(c, conn, q, values, n, &r);
    }
    if (st != ST_OK) return st;
    struct cursor *cur = arena_new(c->arena, struct cursor);
    *cur = (struct cursor){ { base }, r, -1 };
    *ret = &cur->base;
    return ST_OK;
}

/* --- rows --- */

static enum status next(struct call *c, struct db_cursor *base, bool *row)
{
    struct cursor *cur = (struct cursor *)base;
    (void)c;
    *row = ++cur->row < PQntuples(cur->result);
    return ST_OK;
}

static void done(struct db_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    PQclear(cur->result);
    cur->result = NULL;
}

static int64_t changed(const struct db_cursor *base)
{
    const struct cursor *cur = (const struct cursor *)base;
    int64_t n = 0;
    bool reads = strncmp(PQcmdStatus(cur->result), "SELECT", 6) == 0;
    return !reads && str_int(str_z(PQcmdTuples(cur->result)), &n) ? n : 0;
}

static struct str cell(const struct db_cursor *base, int col)
{
    const struct cursor *cur = (const struct cursor *)base;
    if (col >= PQnfields(cur->result) || PQgetisnull(cur->result, cur->row, col)) return (struct str){ NULL, 0 };
    return str_of(PQgetvalue(cur->result, cur->row, col), (size_t)PQgetlength(cur->result, cur->row, col));
}

static int64_t col_int(const struct db_cursor *base, int col)
{
    struct str text = cell(base, col);
    int64_t n = 0;
    if (str_eq(text, STR("t"))) return 1; /* a comparison: BOOLEAN here, 1 on SQLite */
    return str_int(text, &n) ? n : 0;
}

static struct str col_bytes(struct call *c, const struct db_cursor *base, int col)
{
    const struct cursor *cur = (const struct cursor *)base;
    struct str text = cell(base, col), bytes;
    if (!text.p) return text;
    if (PQftype(cur->result, col) == TYPE_BYTEA && str_starts(text, STR("\\x")))
        return text.n > 2 && decode_hex(c->arena, str_skip(text, 2), &bytes) ? bytes : STR("");
    return text.n ? str_copy(c->arena, text) : STR("");
}

/* --- transactions --- */

/* The number is "Sen" and which database; one writer of LOG at a time, as SQLite's BEGIN IMMEDIATE. */
static const char *const writer_steps[] = {
    [STEP_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(5465454)",
    [STEP_SAVE] = "SAVEPOINT one",
    [STEP_RELEASE] = "RELEASE SAVEPOINT one",
    [STEP_UNDO] = "ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one",
    [STEP_COMMIT] = "COMMIT",
    [STEP_ROLLBACK] = "ROLLBACK",
};

static bool has_tx(struct db_conn *base)
{
    PGTransactionStatusType now = PQtransactionStatus(conn_of(base)->pg);
    return now == PQTRANS_INTRANS || now == PQTRANS_INERROR || now == PQTRANS_ACTIVE;
}

/* commit: COMMIT of a transaction that has failed answers "ROLLBACK" and no error. */
static enum status commit(struct call *c, struct conn *conn)
{
    PGresult *r = await_result(conn, PQsendQuery(conn->pg, "COMMIT"));
    enum status st = is_good(r) ? ST_OK : failed(c, conn, r, "COMMIT");
    if (st == ST_OK && strcmp(PQcmdStatus(r), "COMMIT") != 0) {
        call_note(c, "store", "postgresql: a transaction that had failed was not committed");
        st = ST_BROKEN;
    }
    PQclear(r);
    return st;
}

static enum status tx_step(struct call *c, struct db_conn *base, enum db_step which)
{
    struct conn *conn = conn_of(base);
    const char *sql = writer_steps[which];
    if (which == STEP_COMMIT) return commit(c, conn);
    if (base->role == CONN_WORKER && which == STEP_BEGIN) sql = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";
    if (which != STEP_BEGIN) return script(c, base, sql);
    struct call_error before = c->error;
    enum status st = script(c, base, sql);
    if (st == ST_OK) return ST_OK;
    if (!is_lost(conn)) {
        if (has_tx(base)) call_forgive(c, script(c, base, "ROLLBACK"), "the transaction did not begin");
        return st;
    }
    TRY(revive(c, conn));
    c->error = before;
    return script(c, base, sql);
}

/* --- checks, counters --- */

static enum status check(struct call *c, struct db_conn *base, const struct query *q)
{
    struct conn *conn = conn_of(base);
    PGresult *r = await_result(conn, PQsendPrepare(conn->pg, "", q->sql, 0, NULL));
    enum status st = is_good(r) ? ST_OK : failed(c, conn, r, q->sql);
    PQclear(r);
    return st;
}

/* sequence_of: "journal.entry" is counted by the sequence store_seq_journal_entry. */
static struct str sequence_of(struct call *c, const char *counter)
{
    struct str name = str_join(c->arena, STR("store_seq_"), str_z(counter), STR_END);
    for (char *p = (char *)(uintptr_t)name.p; p < name.p + name.n; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))) *p = '_';
    return name;
}

/* make_sequence: on a connection of its own, because it must stand even if the transaction that needs it is undone. */
static enum status make_sequence(struct call *c, struct store *s, struct str sequence)
{
    struct db_conn *conn;
    TRY(open_conn(c, s, NODE, CONN_WRITER, &conn));
    enum status st = tx_step(c, conn, STEP_BEGIN);
    if (st == ST_OK) st = script(c, conn, str_to_z(c->arena, str_join(c->arena, STR("CREATE SEQUENCE IF NOT EXISTS "), sequence, STR_END)));
    if (st == ST_OK) st = tx_step(c, conn, STEP_COMMIT);
    close_conn(conn);
    return st;
}

static const struct query NEXT_ID = { "store", "SELECT nextval(CAST($1 AS regclass))", NODE };

/* next_id: a sequence, because a row that everybody counts in would make all SERIALIZABLE transactions collide. */
static enum status next_id(struct call *c, struct db_conn *base, const char *counter, int64_t *ret)
{
    struct str sequence = sequence_of(c, counter);
    struct topic *t = store__known(base->store, &base->store->counters, sequence);
    (void)turnstile_enter(&t->one, INT64_MAX);
    enum status st = t->made ? ST_OK : make_sequence(c, base->store, sequence);
    t->made = st == ST_OK;
    turnstile_leave(&t->one);
    TRY(st);
    DB_ROWS rows = db_run(c, &NEXT_ID, db_text(sequence));
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0);
    return ST_OK;
}

const struct driver store__postgres = {
    .id_column = "BIGINT PRIMARY KEY", .clustered = "", .blob = "BYTEA",
    .open = open_conn, .close = close_conn, .script = script, .step = tx_step, .has_tx = has_tx, .check = check,
    .start = start, .next = next, .done = done, .changed = changed, .col_int = col_int, .col_text = col_bytes, .col_bytes = col_bytes,
    .next_id = next_id,
};
