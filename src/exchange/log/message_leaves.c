/* message_leaves.c: the leaves of the next time-stamp (the digest of every signature since the last one), made by the job that indexes messages (message_index.c), so that a row is
 * read once and a document that signs many messages is hashed once. Only rows that the job has not reached, or had passed before there were leaves, are read by who stamps. */
#include "exchange/log/message_log_int.h"

enum { SLICE = 100, COUNTED_MOST = 100000 };

static const struct query LAST_STAMPED = { "exchange", "SELECT COALESCE(MAX(last_seq), 0) FROM message_stamp", LOG };
static const struct query INSERT = { "exchange", "INSERT INTO message_leaves (last_seq, first_seq, n, first_ms, leaves) VALUES ($1, $2, $3, $4, $5)", LOG };
static const struct query NEXT = { "exchange", "SELECT last_seq, n, leaves FROM message_leaves WHERE last_seq > $1 AND last_seq <= $2 ORDER BY last_seq LIMIT 1", LOG };
static const struct query DROP = { "exchange", "DELETE FROM message_leaves WHERE last_seq <= $1", LOG };
static const struct query SKIP = { "exchange", "UPDATE message_bookmark SET seq = $1 WHERE id = 2", LOG };
static const struct query LIST_SIGNED = { "exchange", "SELECT seq, at_ms, signature FROM message WHERE seq > $1 AND seq <= $2 AND signature IS NOT NULL ORDER BY seq LIMIT $3", LOG };
/* Rows 1 and 2: the index has come up to here; its leaves begin behind this. */
static const struct query READ_BOUNDS = { "exchange", "SELECT seq FROM message_bookmark WHERE id <= 2 ORDER BY id", LOG };
static const struct query SUM_LEAVES = { "exchange",
    "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT), COALESCE(MIN(first_ms), 0) FROM message_leaves WHERE first_seq > $1 AND last_seq <= $2", LOG };
/* A stamp may end within a row of leaves. */
static const struct query FIND_PART = { "exchange", "SELECT last_seq FROM message_leaves WHERE last_seq > $1 AND last_seq <= $2 AND first_seq <= $1 ORDER BY last_seq LIMIT 1", LOG };
/* Counted as far as it is worth the time. */
static const struct query COUNT_SIGNED = { "exchange",
    "SELECT COUNT(*), COALESCE(MIN(at_ms), 0) FROM (SELECT at_ms FROM message WHERE seq > $1 AND seq <= $2 AND signature IS NOT NULL ORDER BY seq LIMIT $3) AS waiting", LOG };

/* ---- making ---- */

enum status message__last_stamped(struct call *c, int64_t *ret)
{
    DB_ROWS rows = db_run(c, &LAST_STAMPED);
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0);
    return ST_OK;
}

int64_t message__leaf_seq(struct str leaves, size_t i)
{
    uint64_t seq = 0;
    for (size_t k = 0; k < 8; k++) seq = seq << 8 | (uint8_t)leaves.p[i * MESSAGE_LEAF_BYTES + k];
    return (int64_t)seq;
}

struct message_leaves message__leaves_in(struct call *c, size_t most) { return (struct message_leaves){ .bytes = buf_in(c->arena, most * MESSAGE_LEAF_BYTES), .most = most }; }

/* digest_of: stored is a document, or names one that rows near by name too. */
static enum status digest_of(struct call *c, struct message_leaves *l, struct str stored, struct str *ret)
{
    struct str document;
    for (size_t i = 0; i < l->nshared && i < LEAVES_SHARED; i++)
        if (str_eq(str_of(l->shared[i].stored, sizeof l->shared[i].stored), stored)) return *ret = str_of(l->shared[i].digest, sizeof l->shared[i].digest), ST_OK;
    TRY(message__signature(c, stored, &document));
    *ret = trust_digest(c->arena, DIGEST_SHA512, document);
    struct leaves_shared *at = &l->shared[l->nshared % LEAVES_SHARED];
    if (stored.n != sizeof at->stored) return ST_OK;
    memcpy(at->stored, stored.p, sizeof at->stored);
    memcpy(at->digest, ret->p, sizeof at->digest);
    l->nshared++;
    return ST_OK;
}

enum status message__add_leaf(struct call *c, struct message_leaves *l, int64_t seq, int64_t at_ms, struct str stored)
{
    struct str digest;
    TRY(digest_of(c, l, stored, &digest));
    for (int shift = 56; shift >= 0; shift -= 8) buf_put_c(&l->bytes, (char)((uint64_t)seq >> shift));
    buf_put(&l->bytes, digest);
    if (!l->n || at_ms < l->first_ms) l->first_ms = at_ms;
    if (!l->n) l->first_seq = seq;
    l->last_seq = seq;
    l->n++;
    return ST_OK;
}

enum status message__keep_leaves(struct call *c, const struct message_leaves *l, int64_t upto)
{
    if (l->broken) return db_exec(c, &SKIP, db_int(upto));
    return l->n ? db_exec(c, &INSERT, db_int(l->last_seq), db_int(l->first_seq), db_int((int64_t)l->n), db_int(l->first_ms), db_bytes(message__fold_leaves(c->arena, buf_str(&l->bytes)))) : ST_OK;
}

enum status message__drop_leaves(struct call *c, int64_t last_seq) { return db_exec(c, &DROP, db_int(last_seq)); }

/* ---- which rows they cover ---- */

/* Leaves stand for all rows behind from, up to upto. */
struct bounds { int64_t from, upto; };

static enum status read_bounds(struct call *c, struct bounds *ret)
{
    DB_ROWS rows = db_run(c, &READ_BOUNDS);
    if (db_next(&rows)) ret->upto = db_col_int(&rows, 0);
    ret->from = db_next(&rows) ? db_col_int(&rows, 0) : ret->upto;
    return db_finish(&rows);
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- collecting ---- */

/* The reader is a call of its own, whose memory is given back after each slice: documents are a hundred times as large as what is kept of them. */
static enum status collect_slice(struct call *reader, int64_t after_seq, int64_t last_seq, struct message_leaves *l, size_t *n)
{
    size_t most = l->most - l->n;
    *n = 0;
    call_renew(reader);
    DB_ROWS rows = db_run(reader, &LIST_SIGNED, db_int(after_seq), db_int(last_seq), db_int((int64_t)(most < SLICE ? most : SLICE)));
    for (; db_next(&rows); ++*n) TRY(message__add_leaf(reader, l, db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_bytes(&rows, 2)));
    return db_finish(&rows);
}

static enum status collect_rows(struct call *reader, int64_t after_seq, int64_t last_seq, struct message_leaves *l)
{
    size_t n = SLICE;
    while (n == SLICE && l->n < l->most) {
        TRY(collect_slice(reader, after_seq, last_seq, l, &n));
        if (n) after_seq = l->last_seq;
    }
    return ST_OK;
}

/* is_whole: as it was written: so many leaves, in order, up to last_seq. What is missing in a list would pass as stamped. */
static bool is_whole(struct str leaves, int64_t n, int64_t last_seq)
{
    size_t count = leaves.n / MESSAGE_LEAF_BYTES;
    if (count == 0 || leaves.n % MESSAGE_LEAF_BYTES || (int64_t)count != n) return false;
    for (size_t i = 1; i < count; i++)
        if (message__leaf_seq(leaves, i) <= message__leaf_seq(leaves, i - 1)) return false;
    return message__leaf_seq(leaves, count - 1) == last_seq;
}

static void copy_leaves(struct message_leaves *l, struct str leaves, int64_t after_seq)
{
    for (size_t i = 0; i < leaves.n / MESSAGE_LEAF_BYTES && l->n < l->most; i++) {
        int64_t seq = message__leaf_seq(leaves, i);
        if (seq <= after_seq) continue;
        buf_put(&l->bytes, str_first(str_skip(leaves, i * MESSAGE_LEAF_BYTES), MESSAGE_LEAF_BYTES));
        l->last_seq = seq;
        l->n++;
    }
}

static enum status collect_leaves(struct call *reader, int64_t after_seq, int64_t upto, struct message_leaves *l)
{
    while (l->n < l->most && after_seq < upto) {
        call_renew(reader);
        DB_ROWS rows = db_run(reader, &NEXT, db_int(after_seq), db_int(upto));
        enum status st = db_one(&rows);
        if (st != ST_OK) return st == ST_NOT_FOUND ? ST_OK : st;
        int64_t last_seq = db_col_int(&rows, 0);
        struct str leaves;
        if (!message__unfold_leaves(reader->arena, db_col_bytes(&rows, 2), &leaves) || !is_whole(leaves, db_col_int(&rows, 1), last_seq))
            return call_fail(reader, ST_BROKEN, "", "The list of the messages up to row %s that wait for a time-stamp is damaged. Restore the message log from a backup.",
                             str_print(reader->arena, "%lld", (long long)last_seq));
        copy_leaves(l, leaves, after_seq);
        after_seq = last_seq;
    }
    return ST_OK;
}

static enum status collect(struct call *reader, int64_t after_seq, struct message_leaves *l)
{
    struct bounds b = { 0 };
    int64_t behind;
    TRY(message__index(reader, INT64_MAX, &behind));
    TRY(read_bounds(reader, &b));
    if (after_seq < b.from) TRY(collect_rows(reader, after_seq, b.from, l));
    TRY(collect_leaves(reader, later(after_seq, b.from), b.upto, l));
    return collect_rows(reader, later(after_seq, b.upto), INT64_MAX, l);
}

enum status message__collect_leaves(struct call *c, int64_t after_seq, size_t most, struct str *leaves, int64_t *last_seq)
{
    struct message_leaves l = message__leaves_in(c, most);
    struct call *reader = call_open(c->app);
    enum status st = call_adopt(c, reader, collect(reader, after_seq, &l));
    store_release(reader);
    call_close(reader);
    TRY(st);
    *last_seq = l.last_seq;
    return buf_finish(&l.bytes, leaves);
}

/* ---- counting ---- */

struct waiting { int64_t n, oldest_ms; };

static enum status add(struct db_rows own, struct waiting *w)
{
    DB_ROWS rows = own;
    TRY(db_one(&rows));
    int64_t n = db_col_int(&rows, 0), oldest_ms = db_col_int(&rows, 1);
    if (n && (!w->n || oldest_ms < w->oldest_ms)) w->oldest_ms = oldest_ms;
    w->n += n;
    return ST_OK;
}

static enum status add_rows(struct call *c, int64_t after_seq, int64_t last_seq, struct waiting *w)
{
    return after_seq < last_seq ? add(db_run(c, &COUNT_SIGNED, db_int(after_seq), db_int(last_seq), db_int(COUNTED_MOST)), w) : ST_OK;
}

/* find_part: the end of the leaves in whose middle after_seq stands; after_seq where there are none. */
static enum status find_part(struct call *c, int64_t after_seq, int64_t upto, int64_t *ret)
{
    *ret = after_seq;
    DB_ROWS rows = db_run(c, &FIND_PART, db_int(after_seq), db_int(upto));
    if (db_next(&rows)) *ret = db_col_int(&rows, 0);
    return db_finish(&rows);
}

enum status message__count_waiting(struct call *c, int64_t after_seq, int64_t *ret_n, int64_t *ret_oldest_ms)
{
    struct bounds b = { 0 };
    struct waiting w = { 0 };
    int64_t part;
    DB_VIEW view = { 0 };
    TRY(db_view(c, LOG, &view));
    TRY(read_bounds(c, &b));
    TRY(add_rows(c, after_seq, b.from, &w));
    TRY(find_part(c, later(after_seq, b.from), b.upto, &part));
    TRY(add_rows(c, later(after_seq, b.from), part, &w));
    TRY(add(db_run(c, &SUM_LEAVES, db_int(part), db_int(b.upto)), &w));
    TRY(add_rows(c, later(after_seq, b.upto), INT64_MAX, &w));
    *ret_n = w.n;
    *ret_oldest_ms = w.oldest_ms;
    return ST_OK;
}
