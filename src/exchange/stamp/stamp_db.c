/* stamp_db.c: the SQL statements of time-stamping. Stamps stand in LOG beside the messages they cover and are never changed; how stamping goes stands in NODE. */
#include "exchange/stamp/stamp.h"

#include "base/time.h"
#include "exchange/log/message_log.h"

/* ---- time-stamps ---- */

#define STAMP_COLUMNS "SELECT last_seq, first_seq, at_ms, n, service, leaves, result, token FROM message_stamp "
static const struct query INSERT_STAMP = { "exchange",
    "INSERT INTO message_stamp (last_seq, first_seq, at_ms, n, service, leaves, result, token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", LOG };
static const struct query LAST_STAMP = { "exchange", "SELECT last_seq, first_seq, at_ms, n, service FROM message_stamp ORDER BY last_seq DESC LIMIT 1", LOG };
static const struct query NEXT_STAMP = { "exchange", STAMP_COLUMNS "WHERE last_seq >= $1 ORDER BY last_seq LIMIT 1", LOG };

enum status stamp__insert(struct call *c, const struct stamp_row *row)
{
    DB_TX tx = { 0 };
    struct str kept = message__fold_leaves(c->arena, row->leaves);
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &INSERT_STAMP, db_int(row->last_seq), db_int(row->first_seq), db_int(row->at_ms), db_int(row->n), db_text(row->service), db_bytes(kept), db_bytes(row->result),
                db_bytes(row->token)));
    TRY(message__drop_leaves(c, row->last_seq));
    return db_commit(&tx);
}

static void read_facts(const struct db_rows *r, struct stamp_row *ret)
{
    *ret = (struct stamp_row){ .last_seq = db_col_int(r, 0), .first_seq = db_col_int(r, 1), .at_ms = db_col_int(r, 2), .n = db_col_int(r, 3), .service = db_col_text(r, 4) };
}

enum status stamp__last(struct call *c, struct stamp_row *ret)
{
    DB_ROWS rows = db_run(c, &LAST_STAMP);
    TRY(db_one(&rows));
    read_facts(&rows, ret);
    return ST_OK;
}

enum status stamp__next(struct call *c, int64_t seq, struct stamp_row *ret)
{
    DB_ROWS rows = db_run(c, &NEXT_STAMP, db_int(seq));
    TRY(db_one(&rows));
    read_facts(&rows, ret);
    if (!message__unfold_leaves(c->arena, db_col_bytes(&rows, 5), &ret->leaves)) ret->leaves = STR(""); /* who uses them tells that they are damaged */
    ret->result = db_col_bytes(&rows, 6);
    ret->token = db_col_bytes(&rows, 7);
    return ST_OK;
}

/* ---- the messages they cover ---- */

static const struct query LIST_SIGNED = { "exchange",
    "SELECT seq, request_id, signature FROM message WHERE seq > $1 AND seq <= $2 AND signature IS NOT NULL ORDER BY seq LIMIT $3", LOG };

enum status stamp__list_messages(struct call *c, int64_t after_seq, int64_t last, size_t limit, struct stamped_message *ret, size_t *n)
{
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST_SIGNED, db_int(after_seq), db_int(last), db_int((int64_t)limit));
    for (; count < limit && db_next(&rows); count++) {
        ret[count] = (struct stamped_message){ .seq = db_col_int(&rows, 0), .request_id = db_col_text(&rows, 1) };
        TRY(message__signature(c, db_col_bytes(&rows, 2), &ret[count].signature));
    }
    TRY(db_finish(&rows));
    *n = count;
    return ST_OK;
}

/* ---- heads of the journal ---- */

#define HEAD_COLUMNS "SELECT size, at_ms, service, note, token FROM message_head_stamp "
static const struct query INSERT_HEAD = { "exchange", "INSERT INTO message_head_stamp (size, at_ms, service, note, token) VALUES ($1, $2, $3, $4, $5)", LOG };
static const struct query LAST_HEAD = { "exchange", HEAD_COLUMNS "ORDER BY size DESC LIMIT 1", LOG };
static const struct query NEXT_HEAD = { "exchange", HEAD_COLUMNS "WHERE size >= $1 ORDER BY size LIMIT 1", LOG };

enum status stamp__insert_head(struct call *c, const struct head_stamp_row *row)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &INSERT_HEAD, db_int(row->size), db_int(row->at_ms), db_text(row->service), db_text(row->note), db_bytes(row->token)));
    return db_commit(&tx);
}

static enum status read_head(struct db_rows *rows, struct head_stamp_row *ret)
{
    TRY(db_one(rows));
    *ret = (struct head_stamp_row){ db_col_int(rows, 0), db_col_int(rows, 1), db_col_text(rows, 2), db_col_text(rows, 3), db_col_bytes(rows, 4) };
    return ST_OK;
}

enum status stamp__last_head(struct call *c, struct head_stamp_row *ret)
{
    DB_ROWS rows = db_run(c, &LAST_HEAD);
    return read_head(&rows, ret);
}

enum status stamp__next_head(struct call *c, int64_t size, struct head_stamp_row *ret)
{
    DB_ROWS rows = db_run(c, &NEXT_HEAD, db_int(size));
    return read_head(&rows, ret);
}

/* ---- how it goes ---- */

static const struct query READ_STATE = { "exchange", "SELECT tried_ms, failing_since_ms, reason FROM exchange_stamping WHERE id = 1", NODE };
static const struct query INSERT_STATE = { "exchange", "INSERT INTO exchange_stamping (id, tried_ms, failing_since_ms, reason) VALUES (1, $1, $2, $3)", NODE };
static const struct query UPDATE_STATE = { "exchange", "UPDATE exchange_stamping SET tried_ms = $1, failing_since_ms = $2, reason = $3 WHERE id = 1", NODE };

enum status stamp__read_state(struct call *c, struct stamping *ret)
{
    struct stamping s = { .failing_since_ms = TIME_FAR };
    DB_ROWS rows = db_run(c, &READ_STATE);
    if (db_next(&rows)) s = (struct stamping){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_text(&rows, 2) };
    TRY(db_finish(&rows));
    *ret = s;
    return ST_OK;
}

static enum status write_state(struct call *c, struct db_tx *tx, void *arg)
{
    const struct stamping *s = arg;
    (void)tx;
    {
        DB_ROWS rows = db_run(c, &UPDATE_STATE, db_int(s->tried_ms), db_int(s->failing_since_ms), db_text(s->reason));
        TRY(db_finish(&rows));
        if (db_changed(&rows) == 1) return ST_OK;
    }
    return db_exec(c, &INSERT_STATE, db_int(s->tried_ms), db_int(s->failing_since_ms), db_text(s->reason));
}

enum status stamp__write_state(struct call *c, const struct stamping *s)
{
    struct stamping copy = *s;
    return db_atomic(c, write_state, &copy);
}

enum status exchange_stamp_state(struct call *c, struct stamp_state *ret)
{
    struct stamp_row last = { 0 };
    struct stamping s;
    struct stamp_state state = { 0 };
    enum status st = stamp__last(c, &last);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    TRY(message__count_waiting(c, last.last_seq, &state.waiting, &state.oldest_waiting_ms));
    TRY(stamp__read_state(c, &s));
    state.last_ms = last.at_ms;
    if (s.failing_since_ms != TIME_FAR) {
        state.failing_since_ms = s.failing_since_ms;
        state.values = s.reason;
        if (!str_cut(&state.values, '\t', &state.reason)) state.reason = s.reason, state.values = STR("");
    }
    *ret = state;
    return ST_OK;
}
