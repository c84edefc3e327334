/* postgres.c: the driver for PostgreSQL. NODE: a connection a worker, read only outside a transaction, SERIALIZABLE inside. LOG: one writer in the
 * whole cluster (an advisory lock from BEGIN to COMMIT) and a reader a worker. A statement's whole result is fetched before its first row is seen,
 * so rows hold nothing of the connection; what may be large is paged by key in its SQL. */
#include <endian.h>
#include <stdio.h>

#include "base/encode.h"
#include "store/postgres_conn.h"

enum { TYPE_INT8 = 20, TYPE_TEXT = 25, TYPE_BYTEA = 17, TYPE_UNKNOWN = 0, NAME_MAX_ = 64 };

/* The parameters' kinds belong to the statement: PostgreSQL fixes their types when it is prepared. */
struct statement { struct cached cached; unsigned number; size_t n; uint8_t kinds[]; };

struct cursor { struct db_cursor base; PGresult *result; int row; };

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

static enum status prepare(struct call *c, struct postgres_conn *conn, const struct query *q, const struct db_value *values, size_t n, struct statement **ret)
{
    char name[NAME_MAX_];
    Oid types[VALUES_MAX];
    if (count_params(str_z(q->sql)) != n) {
        call_note(c, "store", "%zu values for another number of parameters: %s", n, q->sql);
        return ST_BROKEN;
    }
    for (size_t i = 0; i < n; i++) types[i] = type_of[values[i].kind];
    PGresult *r = postgres__await(conn, PQsendPrepare(conn->pg, statement_name(++conn->prepared, name), q->sql, (int)n, types));
    enum status st = postgres__is_good(r) ? ST_OK : postgres__failed(c, conn, r, q->sql);
    PQclear(r);
    if (st != ST_OK) return st;
    struct statement *s = heap_alloc(1, sizeof *s + n);
    *s = (struct statement){ .cached = { *store__cache_slot(&conn->cache, q), q }, .number = conn->prepared, .n = n };
    for (size_t i = 0; i < n; i++) s->kinds[i] = (uint8_t)values[i].kind;
    *store__cache_slot(&conn->cache, q) = &s->cached;
    *ret = s;
    return ST_OK;
}

static enum status find_statement(struct call *c, struct postgres_conn *conn, const struct query *q, const struct db_value *values, size_t n, struct statement **ret)
{
    for (struct cached *e = *store__cache_slot(&conn->cache, q); e; e = e->next) {
        *ret = (struct statement *)e;
        if (e->query == q && has_kinds(*ret, values, n)) return ST_OK;
    }
    return prepare(c, conn, q, values, n, ret);
}

/* execute: all values go as binary (whole numbers in network order, texts and bytes as they are); results come back as text. */
static PGresult *execute(struct postgres_conn *conn, const struct statement *s, const struct db_value *values, size_t n)
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
    return postgres__await(conn, PQsendQueryPrepared(conn->pg, statement_name(s->number, name), (int)n, at, lengths, formats, 0));
}

static enum status run(struct call *c, struct postgres_conn *conn, const struct query *q, const struct db_value *values, size_t n, PGresult **ret)
{
    struct statement *s;
    TRY(find_statement(c, conn, q, values, n, &s));
    PGresult *r = execute(conn, s, values, n);
    if (!postgres__is_good(r)) {
        enum status st = postgres__failed(c, conn, r, q->sql);
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
    struct postgres_conn *conn = postgres__conn(base);
    struct call_error before = c->error;
    bool alone = PQtransactionStatus(conn->pg) == PQTRANS_IDLE || postgres__is_lost(conn);
    bool in_tx = base->role == CONN_WRITER || (c->db && c->db->tx[base->in].open);
    PGresult *r = NULL;
    TRY(check_lengths(c, values, n));
    enum status st = run(c, conn, q, values, n, &r);
    if (st != ST_OK && alone && !in_tx && postgres__is_lost(conn)) {
        TRY(postgres__revive(c, conn));
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
    PGTransactionStatusType now = PQtransactionStatus(postgres__conn(base)->pg);
    return now == PQTRANS_INTRANS || now == PQTRANS_INERROR || now == PQTRANS_ACTIVE;
}

/* commit: COMMIT of a transaction that has failed answers "ROLLBACK" and no error. */
static enum status commit(struct call *c, struct postgres_conn *conn)
{
    PGresult *r = postgres__await(conn, PQsendQuery(conn->pg, "COMMIT"));
    enum status st = postgres__is_good(r) ? ST_OK : postgres__failed(c, conn, r, "COMMIT");
    if (st == ST_OK && strcmp(PQcmdStatus(r), "COMMIT") != 0) {
        call_note(c, "store", "postgresql: a transaction that had failed was not committed");
        st = ST_BROKEN;
    }
    PQclear(r);
    return st;
}

static enum status tx_step(struct call *c, struct db_conn *base, enum db_step which)
{
    struct postgres_conn *conn = postgres__conn(base);
    const char *sql = writer_steps[which];
    if (which == STEP_COMMIT) return commit(c, conn);
    if (base->role == CONN_WORKER && which == STEP_BEGIN) sql = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";
    if (which != STEP_BEGIN) return postgres__script(c, base, sql);
    struct call_error before = c->error;
    enum status st = postgres__script(c, base, sql);
    if (st == ST_OK) return ST_OK;
    if (!postgres__is_lost(conn)) {
        if (has_tx(base)) call_forgive(c, postgres__script(c, base, "ROLLBACK"), "the transaction did not begin");
        return st;
    }
    TRY(postgres__revive(c, conn));
    c->error = before;
    return postgres__script(c, base, sql);
}

/* --- checks, counters --- */

static enum status check(struct call *c, struct db_conn *base, const struct query *q)
{
    struct postgres_conn *conn = postgres__conn(base);
    PGresult *r = postgres__await(conn, PQsendPrepare(conn->pg, "", q->sql, 0, NULL));
    enum status st = postgres__is_good(r) ? ST_OK : postgres__failed(c, conn, r, q->sql);
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
    TRY(postgres__open(c, s, NODE, CONN_WRITER, &conn));
    enum status st = tx_step(c, conn, STEP_BEGIN);
    if (st == ST_OK) st = postgres__script(c, conn, str_to_z(c->arena, str_join(c->arena, STR("CREATE SEQUENCE IF NOT EXISTS "), sequence, STR_END)));
    if (st == ST_OK) st = tx_step(c, conn, STEP_COMMIT);
    postgres__close(conn);
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
    .open = postgres__open, .close = postgres__close, .script = postgres__script, .step = tx_step, .has_tx = has_tx, .check = check,
    .start = start, .next = next, .done = done, .changed = changed, .col_int = col_int, .col_text = col_bytes, .col_bytes = col_bytes,
    .next_id = next_id,
};
