/* db.c: rows, values and transactions in front of the drivers. Which connection a statement runs on, and what a failed one means for its
 * transaction, is decided here, the same for both databases. */
#include "store/store_int.h"

#include "base/text.h"

enum { ATOMIC_TRIES = 4 };

/* --- which connection --- */

static struct writer *writer_of(struct db_session *ses, enum db_which in) { return &ses->store->writers[in]; }

static enum status conn_for(struct call *c, struct db_session *ses, enum db_which in, struct db_conn **ret)
{
    if (!ses->store->grouped[in]) return store__worker(c, ses, ret);
    if (!ses->tx[in].open) return store__reader(c, ses, in, ret);
    *ret = writer_of(ses, in)->conn;
    return ST_OK;
}

/* --- values in --- */

/* check_values: what one of the two databases would refuse is refused by both: a text is UTF-8 without NUL. */
static enum status check_values(struct call *c, const struct query *q, const struct db_value *values, size_t n)
{
    if (n > VALUES_MAX) {
        call_note(c, "store", "%zu values are more than %d: %s", n, VALUES_MAX, q->sql);
        return ST_BROKEN;
    }
    for (size_t i = 0; i < n; i++) {
        struct str s = values[i].bytes;
        if (values[i].kind == DB_TEXT && s.n && (memchr(s.p, 0, s.n) || !text_is_utf8(s)))
            return call_fail(c, ST_INVALID, "", "A text holds a character that cannot be kept. Write it without control characters.");
    }
    return ST_OK;
}

/* --- rows --- */

static struct db_cursor *cursor(const struct db_rows *r) { return r->cursor; }

struct db_rows store__run_on(struct call *c, struct db_conn *conn, const struct query *q, const struct db_value *values, size_t n)
{
    struct db_rows r = { .call = c, .query = q };
    struct db_cursor *cur = NULL;
    r.status = check_values(c, q, values, n);
    if (r.status == ST_OK) r.status = conn->driver->start(c, conn, q, values, n, &cur);
    r.cursor = cur;
    r.open = r.status == ST_OK;
    return r;
}

/* spoil: after a failure a transaction can only be undone. PostgreSQL says so itself; SQLite would go on with half a change. */
static void spoil(struct call *c, const struct query *q, enum status st)
{
    if (st == ST_OK || !c->db) return;
    struct tx_state *tx = &c->db->tx[q->in];
    if (tx->open && tx->failed == ST_OK) tx->failed = st;
}

static enum status run(struct call *c, const struct query *q, const struct db_value *values, size_t n, struct db_rows *ret)
{
    struct db_session *ses;
    struct db_conn *conn;
    TRY(store__session(c, &ses));
    if (ses->tx[q->in].failed != ST_OK) {
        call_note(c, "store", "a statement after one that failed in the same transaction: %s", q->sql);
        return ses->tx[q->in].failed;
    }
    TRY(conn_for(c, ses, q->in, &conn));
    if (conn->open_cursors == 0) conn->seen = ses->commits[q->in];
    *ret = store__run_on(c, conn, q, values, n);
    return ret->status;
}

struct db_rows db_run_values(struct call *c, const struct query *q, const struct db_value *values, size_t n)
{
    struct db_rows r = { .call = c, .query = q };
    r.status = run(c, q, values, n, &r);
    spoil(c, q, r.status);
    return r;
}

struct db_rows db_run_(struct call *c, const struct query *q, const struct db_value *values_from_1, size_t n)
{
    return db_run_values(c, q, values_from_1 + 1, n);
}

static void close_rows(struct db_rows *r)
{
    if (!r->open) return;
    const struct driver *d = cursor(r)->conn->driver;
    r->changed = d->changed(cursor(r));
    d->done(cursor(r));
    r->open = false;
}

bool db_next(struct db_rows *r)
{
    if (!r->open) return false;
    bool row = false;
    r->status = cursor(r)->conn->driver->next(r->call, cursor(r), &row);
    if (r->status == ST_OK && row) {
        if (r->call->db) atomic_fetch_add_explicit(&r->call->db->store->counts.rows, 1, memory_order_relaxed);
        return true;
    }
    spoil(r->call, r->query, r->status);
    close_rows(r);
    return false;
}

enum status db_one(struct db_rows *r)
{
    if (db_next(r)) return ST_OK;
    return r->status != ST_OK ? r->status : ST_NOT_FOUND;
}

enum status db_finish(struct db_rows *r)
{
    while (db_next(r)) continue;
    return r->status;
}

void db_rows_done(struct db_rows *r)
{
    if (r) close_rows(r);
}

enum status db_exec_(struct call *c, const struct query *q, const struct db_value *values_from_1, size_t n)
{
    DB_ROWS rows = db_run_values(c, q, values_from_1 + 1, n);
    return db_finish(&rows);
}

int64_t db_changed(const struct db_rows *r) { return r->changed; }

int64_t db_col_int(const struct db_rows *r, int col)
{
    return r->open ? cursor(r)->conn->driver->col_int(cursor(r), col) : 0;
}

struct str db_col_text(const struct db_rows *r, int col)
{
    return r->open ? cursor(r)->conn->driver->col_text(r->call, cursor(r), col) : (struct str){ NULL, 0 };
}

struct str db_col_bytes(const struct db_rows *r, int col)
{
    return r->open ? cursor(r)->conn->driver->col_bytes(r->call, cursor(r), col) : (struct str){ NULL, 0 };
}

/* --- transactions --- */

static enum status check_nesting(struct call *c, const struct db_session *ses, enum db_which in)
{
    const char *why = NULL;
    if (ses->tx[in].open) why = "a transaction inside another one of the same database";
    else if (in == NODE && ses->tx[LOG].open) why = "a transaction on NODE inside one on LOG";
    if (!why) return ST_OK;
    call_note(c, "store", "%s", why);
    return ST_BROKEN;
}

enum status db_begin(struct call *c, enum db_which in, struct db_tx *tx)
{
    struct db_session *ses;
    TRY(store__session(c, &ses));
    TRY(check_nesting(c, ses, in));
    if (ses->store->grouped[in]) TRY(store__group_enter(c, writer_of(ses, in)));
    else {
        struct db_conn *conn;
        TRY(store__worker(c, ses, &conn));
        TRY(conn->driver->step(c, conn, STEP_BEGIN));
    }
    ses->tx[in] = (struct tx_state){ .open = true };
    *tx = (struct db_tx){ .call = c, .in = in, .open = true };
    c->in_tx = true;
    return ST_OK;
}

/* keep_alone: commit on a worker's own connection (PostgreSQL NODE). */
static enum status keep_alone(struct call *c, struct db_session *ses, const struct undo *undo)
{
    struct db_conn *conn = ses->worker;
    enum status st = store__commit(c, conn);
    if (st != ST_OK) {
        if (conn->driver->has_tx(conn)) call_forgive(c, conn->driver->step(c, conn, STEP_ROLLBACK), "the commit has failed already");
        store__undo(undo);
        return st;
    }
    atomic_fetch_add(&ses->store->counts.commits, 1);
    atomic_fetch_add(&ses->store->counts.groups, 1);
    return ST_OK;
}

/* undo_alone keeps the failure that led here: it is what the person is told. */
static void undo_alone(struct call *c, struct db_session *ses, const struct undo *undo)
{
    struct db_conn *conn = ses->worker;
    struct call_error own = c->error;
    if (conn->driver->has_tx(conn) && conn->driver->step(c, conn, STEP_ROLLBACK) != ST_OK) call_note(c, "store", "a rollback failed");
    c->error = own;
    store__undo(undo);
}

/* close_tx: the transaction is over for the session; answers what to undo when it does not reach the disk. */
static const struct undo *close_tx(struct db_tx *tx)
{
    struct db_session *ses = tx->call->db;
    const struct undo *undo = ses->tx[tx->in].undo;
    if (ses->store->grouped[tx->in] && ses->store->driver->detach) ses->store->driver->detach(writer_of(ses, tx->in)->conn);
    ses->tx[tx->in] = (struct tx_state){ 0 };
    tx->open = false;
    tx->call->in_tx = ses->tx[NODE].open || ses->tx[LOG].open;
    return undo;
}

static void undo_tx(struct db_tx *tx)
{
    struct db_session *ses = tx->call->db;
    const struct undo *undo = close_tx(tx);
    if (ses->store->grouped[tx->in]) store__group_undo(tx->call, writer_of(ses, tx->in), undo);
    else undo_alone(tx->call, ses, undo);
}

enum status db_commit(struct db_tx *tx)
{
    struct call *c = tx->call;
    struct db_session *ses = c->db;
    if (!tx->open || (tx->in == NODE && ses->tx[LOG].open)) {
        call_note(c, "store", "a commit without its transaction, or of NODE while LOG inside is open");
        return ST_BROKEN;
    }
    enum status failed = ses->tx[tx->in].failed;
    if (failed != ST_OK) {
        call_note(c, "store", "a commit after a statement that failed: undone");
        undo_tx(tx);
        return failed;
    }
    const struct undo *undo = close_tx(tx);
    enum status st = ses->store->grouped[tx->in] ? store__group_keep(c, writer_of(ses, tx->in), undo) : keep_alone(c, ses, undo);
    if (st == ST_OK) ses->commits[tx->in]++;
    return st;
}

void db_end_tx(struct db_tx *tx)
{
    if (tx && tx->open) undo_tx(tx);
}

void db_on_rollback(struct db_tx *tx, void (*undo)(void *arg), void *arg)
{
    struct tx_state *state = &tx->call->db->tx[tx->in];
    struct undo *u = arena_new(tx->call->arena, struct undo);
    *u = (struct undo){ state->undo, undo, arg };
    state->undo = u;
}

int64_t db_revived(const struct call *c) { return atomic_load(&c->app->store->counts.revived); }

/* --- views --- */

enum status db_view(struct call *c, enum db_which in, struct db_view *view)
{
    struct db_session *ses;
    struct db_conn *conn;
    TRY(store__session(c, &ses));
    if (!ses->store->driver->views || ses->tx[in].open) return ST_OK;
    TRY(store__reader(c, ses, in, &conn));
    if (conn->open_cursors) return ST_OK; /* a loop over rows holds its picture of the database already */
    TRY(conn->driver->step(c, conn, STEP_VIEW));
    conn->seen = ses->commits[in];
    conn->open_cursors++;
    *view = (struct db_view){ c, conn };
    return ST_OK;
}

void db_end_view(struct db_view *view)
{
    struct db_conn *conn = view ? view->conn : NULL;
    if (!conn) return;
    conn->open_cursors--;
    if (conn->driver->step(view->call, conn, STEP_ROLLBACK) != ST_OK) call_note(view->call, "store", "a view could not be ended");
    view->conn = NULL;
}

/* --- changes that others may run --- */

enum status store__change(struct call *c, enum db_which in, db_change *change, void *arg, const struct undo **undo)
{
    struct db_tx tx = { .call = c, .in = in, .open = true };
    struct db_session *ses = c->db;
    ses->tx[in] = (struct tx_state){ .open = true };
    c->in_tx = true;
    enum status st = change(&tx, arg);
    if (st == ST_OK) st = ses->tx[in].failed;
    *undo = close_tx(&tx);
    if (st == ST_OK) ses->commits[in]++;
    return st;
}

static void gather(struct call *c, struct db_session *ses, db_change *change, void *arg)
{
    struct gathered *g = arena_new(c->arena, struct gathered);
    *g = (struct gathered){ NULL, change, arg };
    *ses->last = g;
    ses->last = &g->next;
}

enum status db_append(struct call *c, db_change *change, void *arg)
{
    struct db_session *ses;
    TRY(store__session(c, &ses));
    TRY(check_nesting(c, ses, LOG));
    if (!ses->gathers) {
        if (ses->store->grouped[NODE]) store_rest(c); /* a PostgreSQL connection costs too much to come and go with rows still to be read from it */
        return store__group_append(c, writer_of(ses, LOG), change, arg);
    }
    gather(c, ses, change, arg);
    return ST_OK;
}

enum status db_gather(struct call *c)
{
    struct db_session *ses;
    TRY(store__session(c, &ses));
    ses->gathers = true;
    ses->gathered = NULL;
    ses->last = &ses->gathered;
    return ST_OK;
}

static enum status run_gathered(struct db_tx *tx, void *arg)
{
    for (struct gathered *g = arg; g; g = g->next) TRY(g->change(tx, g->arg));
    return ST_OK;
}

enum status db_settle(struct call *c)
{
    struct db_session *ses = c->db;
    if (!ses || !ses->gathers) return ST_OK;
    ses->gathers = false;
    return ses->gathered ? db_append(c, run_gathered, ses->gathered) : ST_OK;
}

static enum status try_change(struct call *c, enum status (*change)(struct call *c, struct db_tx *tx, void *arg), void *arg, bool *again)
{
    DB_TX tx = { 0 };
    enum status st = db_begin(c, NODE, &tx);
    struct db_conn *worker = c->db ? c->db->worker : NULL;
    if (worker) worker->retry = false;
    if (st == ST_OK) st = change(c, &tx, arg);
    if (st == ST_OK) st = db_commit(&tx);
    *again = st != ST_OK && worker && worker->retry;
    return st;
}

enum status db_atomic(struct call *c, enum status (*change)(struct call *c, struct db_tx *tx, void *arg), void *arg)
{
    struct call_error before = c->error;
    enum status st = ST_OK;
    bool again = true;
    for (int i = 0; again && i < ATOMIC_TRIES; i++) {
        c->error = before;
        st = try_change(c, change, arg, &again);
    }
    if (!again) return st;
    call_note(c, "store", "a transaction met others in each of %d tries", ATOMIC_TRIES);
    return ST_CONFLICT;
}

/* --- DDL, rows in common --- */

enum status db_apply(struct db_tx *tx, const char *ddl)
{
    struct call *c = tx->call;
    struct db_conn *conn;
    const char *sql;
    if (!tx->open || tx->in != NODE) {
        call_note(c, "store", "db_apply outside a transaction on NODE");
        return ST_BROKEN;
    }
    TRY(conn_for(c, c->db, NODE, &conn));
    TRY(store__fill_tokens(c, conn->driver, str_z(ddl), &sql));
    enum status st = conn->driver->script(c, conn, sql);
    if (st != ST_OK && c->db->tx[NODE].failed == ST_OK) c->db->tx[NODE].failed = st;
    return st;
}

void *db_common(struct db_tx *tx, const struct db_common_kind *kind, bool *ret_fresh) { return store__common(writer_of(tx->call->db, tx->in), kind, ret_fresh); }
