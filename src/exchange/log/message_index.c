/* message_index.c: what the message log is searched, counted and time-stamped by, derived from it outside the commit of a message: a job follows the log and takes each row
 * once, from memory (message_recent.c) or from the table, and every search first does what is left to do. So a message costs nothing more when it passes, and the index may be emptied and made again. */
#include "exchange/log/message_log_int.h"

#include "exchange/message/message.h"

enum { SLICE = 500, JOB_ROWS = 10 * SLICE, MISSED_MOST = 50 };

static const struct query READ_BOOKMARK = { "exchange", "SELECT seq FROM message_bookmark WHERE id = 1", LOG };
static const struct query SET_BOOKMARK = { "exchange", "UPDATE message_bookmark SET seq = $1 WHERE id = 1", LOG };
static const struct query NEWEST = { "exchange", "SELECT COALESCE(MAX(seq), 0) FROM message", LOG };
/* $4: a time-stamp covers the rows up to here: their signatures are not read again. */
static const struct query LIST_ROWS = { "exchange",
    "SELECT seq, at_ms, side, is_answer, client, service, fault, message_id, fault_id, request_id, took_us, CASE WHEN seq > $4 THEN signature ELSE NULL END FROM message "
    "WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT $3", LOG };
static const struct query FIND_CLASS = { "exchange", "SELECT id FROM message_class WHERE client = $1 AND service = $2 AND side = $3 AND kind = $4 AND fault = $5", LOG };
static const struct query COUNT_CLASSES = { "exchange", "SELECT COUNT(*) FROM message_class", LOG };
static const struct query INSERT_CLASS = { "exchange", "INSERT INTO message_class (id, side, kind, client, service, fault, n, last_ms) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)", LOG };
static const struct query COUNT_ROWS = { "exchange", "UPDATE message_class SET n = n + $2, last_ms = CASE WHEN last_ms < $3 THEN $3 ELSE last_ms END WHERE id = $1", LOG };
static const struct query INSERT_NAME = { "exchange", "INSERT INTO message_name (hash, seq) VALUES ($1, $2) ON CONFLICT (hash, seq) DO NOTHING", LOG };
static const struct query DELETE_NAME = { "exchange", "DELETE FROM message_name WHERE hash = $1 AND seq = $2", LOG };
static const struct query LIST_NOW = { "exchange", "SELECT id, side, kind, client, service, fault, n, last_ms FROM message_class WHERE n > 0 ORDER BY id LIMIT $1", LOG };
/* The end of the newest second of every class before a moment, by one step into the index each. */
static const struct query LIST_CLASSES = { "exchange",
    "SELECT k.id, k.side, k.kind, k.client, k.service, k.fault, k.n, COALESCE((SELECT MAX(p.second) * 1000 + 999 FROM message_place p WHERE p.class = k.id AND p.second <= $1 / 1000), -1) "
    "FROM message_class k ORDER BY k.id LIMIT $2", LOG };
static const struct query COUNT_ALL = { "exchange", "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM message_class", LOG };
static const struct query LIST_NAMED = { "exchange", "SELECT seq FROM message_name WHERE hash = $1 ORDER BY seq DESC LIMIT $2", LOG };

/* ---- rows ---- */

struct row { int64_t seq; struct message_class class_; int64_t at_ms, took_us; struct str message_id, fault_id, request_id, signature; };
/* What a slice touches: its rows, and each class once. */
struct slice { struct row *rows; size_t nrows; struct message_class *classes; size_t nclasses; };

static struct slice new_slice(struct call *c)
{
    return (struct slice){ .rows = arena_array(c->arena, struct row, SLICE), .classes = arena_array(c->arena, struct message_class, SLICE) };
}

/* read_rows: appended to the slice, as far as there is room. */
static enum status read_rows(struct call *c, int64_t first, int64_t last, int64_t stamped, struct slice *s)
{
    DB_ROWS rows = db_run(c, &LIST_ROWS, db_int(first), db_int(last), db_int((int64_t)(SLICE - s->nrows)), db_int(stamped));
    while (s->nrows < SLICE && db_next(&rows))
        s->rows[s->nrows++] = (struct row){
            .seq = db_col_int(&rows, 0), .at_ms = db_col_int(&rows, 1),
            .class_ = { .side = db_col_int(&rows, 2), .kind = db_col_int(&rows, 3), .client = db_col_text(&rows, 4), .service = db_col_text(&rows, 5), .fault = db_col_text(&rows, 6) },
            .message_id = db_col_text(&rows, 7), .fault_id = db_col_text(&rows, 8), .request_id = db_col_text(&rows, 9), .took_us = db_col_int(&rows, 10),
            .signature = db_col_bytes(&rows, 11) };
    return db_finish(&rows);
}

static struct row row_of(const struct message_fact *f)
{
    return (struct row){ .seq = f->seq, .at_ms = f->at_ms, .took_us = f->took_us, .message_id = f->message_id, .fault_id = f->fault_id, .request_id = f->request_id,
                         .class_ = { .side = f->side, .kind = f->kind, .client = f->client, .service = f->service, .fault = f->fault } };
}

/* take_rows: those behind first - 1 up to last, the newest that was committed: from memory, and from the table what is not there. Where that is much, the rest is read at once. */
static enum status take_rows(struct call *c, struct message_recent *recent, int64_t first, int64_t last, int64_t stamped, struct slice *s)
{
    struct message_fact f;
    for (int missed = 0; first <= last && s->nrows < SLICE; first++) {
        if (message__recall(c, recent, first, &f)) {
            struct row *r = &s->rows[s->nrows++];
            *r = row_of(&f);
            if (first > stamped) r->signature = f.signature;
            continue;
        }
        bool many = ++missed > MISSED_MOST;
        TRY(read_rows(c, first, many ? last : first, stamped, s));
        if (many) break;
    }
    return ST_OK;
}

static bool is_same(const struct message_class *a, const struct message_class *b)
{
    return a->side == b->side && a->kind == b->kind && str_eq(a->client, b->client) && str_eq(a->service, b->service) && str_eq(a->fault, b->fault);
}

/* ---- classes ---- */

static enum status look_up_class(struct call *c, struct message_class *k)
{
    DB_ROWS rows = db_run(c, &FIND_CLASS, db_text(k->client), db_text(k->service), db_int(k->side), db_int(k->kind), db_text(k->fault));
    TRY(db_one(&rows));
    k->id = db_col_int(&rows, 0);
    return ST_OK;
}

static enum status is_full(struct call *c, bool *ret)
{
    DB_ROWS rows = db_run(c, &COUNT_CLASSES);
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0) >= MESSAGE_CLASSES_MOST;
    return ST_OK;
}

/* find_class: the id of a class that is there. A peer may invent services; what goes beyond the limit is one class without its service. */
static enum status find_class(struct call *c, struct message_class *k)
{
    enum status st = look_up_class(c, k);
    if (st != ST_NOT_FOUND) return st;
    k->service = STR("");
    return look_up_class(c, k);
}

static enum status make_class(struct db_tx *tx, struct message_class *k)
{
    struct call *c = tx->call;
    bool full = false;
    enum status st = look_up_class(c, k);
    if (st != ST_NOT_FOUND) return st;
    TRY(is_full(c, &full));
    if (full) {
        k->service = STR("");
        st = look_up_class(c, k);
        if (st != ST_NOT_FOUND) return st;
    }
    TRY(db_next_id(tx, "exchange.message_class", &k->id));
    return db_exec(c, &INSERT_CLASS, db_int(k->id), db_int(k->side), db_int(k->kind), db_text(k->client), db_text(k->service), db_text(k->fault));
}

/* class_of: the class of a row; each is looked up once a slice. tx: it is made where it is missing. */
static enum status class_of(struct call *c, struct db_tx *tx, struct slice *s, const struct row *r, struct message_class **ret)
{
    for (size_t i = 0; i < s->nclasses; i++)
        if (is_same(&s->classes[i], &r->class_)) return *ret = &s->classes[i], ST_OK;
    struct message_class k = r->class_;
    TRY(tx ? make_class(tx, &k) : find_class(c, &k));
    s->classes[s->nclasses] = r->class_; /* under the name that the next rows look for */
    s->classes[s->nclasses].id = k.id;
    *ret = &s->classes[s->nclasses++];
    return ST_OK;
}

static enum status count_classes(struct call *c, const struct slice *s)
{
    for (size_t i = 0; i < s->nclasses; i++) TRY(db_exec(c, &COUNT_ROWS, db_int(s->classes[i].id), db_int(s->classes[i].n), db_int(s->classes[i].last_ms)));
    return ST_OK;
}

/* ---- names ---- */

static int64_t name_hash(struct str name) { return (int64_t)str_hash(name); }

struct str message__request_of(struct str message_id)
{
    enum { UUID = 36 };
    return message_id.n > UUID && message_id.p[message_id.n - UUID - 1] == '-' ? str_skip(message_id, message_id.n - UUID) : STR("");
}

/* each_name: an id that the client chose stands on the question (or on what was refused instead of one); the id of a fault where the fault is. An id that the node made of
 * the request id is found by that. */
static enum status each_name(struct call *c, const struct query *q, const struct row *r)
{
    enum { ANSWER = 1 };
    bool chosen = r->message_id.n && !str_eq(message__request_of(r->message_id), r->request_id);
    if (chosen && r->class_.kind != ANSWER) TRY(db_exec(c, q, db_int(name_hash(r->message_id)), db_int(r->seq)));
    if (r->fault_id.n) TRY(db_exec(c, q, db_int(name_hash(r->fault_id)), db_int(r->seq)));
    return ST_OK;
}

/* ---- forward ---- */

static enum status read_number(struct call *c, const struct query *q, int64_t *ret)
{
    DB_ROWS rows = db_run(c, q);
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0);
    return ST_OK;
}

/* sort: every row gets the id of its class, and counts. */
static enum status sort(struct db_tx *tx, struct slice *s, struct message_minutes *minutes)
{
    s->nclasses = 0;
    for (size_t i = 0; i < s->nrows; i++) {
        struct row *r = &s->rows[i];
        struct message_class *k;
        TRY(class_of(tx->call, tx, s, r, &k));
        k->n++;
        if (r->at_ms > k->last_ms) k->last_ms = r->at_ms;
        r->class_.id = k->id;
        if (r->class_.kind != MESSAGE_QUESTION) message__add_minute(minutes, k->id, r->at_ms, r->took_us);
    }
    return ST_OK;
}

/* spots_of: where they stand; their classes are known. */
static struct message_spot *spots_of(struct call *c, const struct slice *s)
{
    struct message_spot *list = arena_array(c->arena, struct message_spot, s->nrows);
    for (size_t i = 0; i < s->nrows; i++) list[i] = (struct message_spot){ s->rows[i].class_.id, s->rows[i].at_ms, s->rows[i].seq };
    return list;
}

/* What is read before the writer is taken: messages wait for it. undone, set by write_slice: rows were undone since, and those from memory may be among them. */
struct work { int64_t after, undone_before, now_ms; struct message_recent *recent; struct slice slice; struct message_leaves leaves; bool undone; };

/* make_leaves: a signature that cannot be read stops who stamps, not who searches. */
static void make_leaves(struct call *c, struct work *w)
{
    w->leaves = message__leaves_in(c, w->slice.nrows);
    for (size_t i = 0; i < w->slice.nrows && !w->leaves.broken; i++) {
        const struct row *r = &w->slice.rows[i];
        w->leaves.broken = r->signature.n && message__add_leaf(c, &w->leaves, r->seq, r->at_ms, r->signature) != ST_OK;
    }
    call_clear(c);
}

static enum status prepare(struct call *c, struct message_recent *recent, struct work *w)
{
    int64_t stamped, newest;
    DB_VIEW view = { 0 };
    w->recent = recent;
    w->undone_before = message__undone(c, recent);
    TRY(db_view(c, LOG, &view));
    TRY(read_number(c, &READ_BOOKMARK, &w->after));
    TRY(message__last_stamped(c, &stamped));
    TRY(read_number(c, &NEWEST, &newest));
    w->slice = new_slice(c);
    TRY(take_rows(c, recent, w->after + 1, newest, stamped, &w->slice));
    make_leaves(c, w);
    return ST_OK;
}

/* write_slice: nothing, when another thread has written these rows meanwhile: with the writer held the bookmark must still stand where it was read. And nothing when rows were
 * undone meanwhile. May run a second time (db_append). */
static enum status write_slice(struct db_tx *tx, void *arg)
{
    struct work *w = arg;
    struct slice *s = &w->slice;
    struct call *c = tx->call;
    struct message_minutes minutes = { .list = arena_array(c->arena, struct message_minute, SLICE) };
    int64_t after, last = s->rows[s->nrows - 1].seq;
    TRY(read_number(c, &READ_BOOKMARK, &after));
    w->undone = message__undone(c, w->recent) != w->undone_before;
    if (after != w->after || w->undone) return ST_OK;
    TRY(sort(tx, s, &minutes));
    TRY(message__keep_places(c, spots_of(c, s), s->nrows));
    for (size_t i = 0; i < s->nrows; i++) TRY(each_name(c, &INSERT_NAME, &s->rows[i]));
    TRY(count_classes(c, s));
    TRY(message__keep_minutes(c, &minutes, w->now_ms));
    TRY(message__keep_leaves(c, &w->leaves, last));
    return db_exec(c, &SET_BOOKMARK, db_int(last));
}

/* finish: where memory cannot be trusted, all rows are taken from the table, which shows only what was committed. */
static enum status finish(struct call *c, struct work *w)
{
    if (w->slice.nrows) TRY(db_append(c, write_slice, w));
    if (!w->undone) return ST_OK;
    TRY(prepare(c, NULL, w));
    return w->slice.nrows ? db_append(c, write_slice, w) : ST_OK;
}

static enum status index_slice(struct call *c, int64_t now_ms, size_t *n)
{
    const struct exchange *ex = exchange__of(c);
    struct work w = { .now_ms = now_ms };
    TRY(prepare(c, ex ? ex->recent : NULL, &w));
    TRY(finish(c, &w));
    *n = w.slice.nrows;
    return ST_OK;
}

static enum status read_ends(struct call *c, int64_t *bookmark, int64_t *newest)
{
    DB_VIEW view = { 0 };
    TRY(db_view(c, LOG, &view));
    TRY(read_number(c, &READ_BOOKMARK, bookmark));
    return read_number(c, &NEWEST, newest);
}

static enum status index_rows(struct call *c, int64_t most, bool must, int64_t *behind)
{
    int64_t seq, newest;
    TRY(read_ends(c, &seq, &newest));
    struct call *one = newest > seq ? call_open(c->app) : NULL; /* its memory is given back after each slice */
    enum status st = ST_OK;
    size_t n = SLICE;
    for (int64_t done = 0; one && st == ST_OK && n == SLICE && done < most; done += SLICE) {
        call_renew(one);
        st = index_slice(one, c->now_ms, &n);
        if (st != ST_OK && must) st = call_adopt(c, one, st);
        else if (st != ST_OK) call_note(one, "exchange", "the newest messages are not found yet: %.*s", STR_ARG(call_sentence(one, st).sentence));
    }
    if (one) {
        store_release(one);
        call_close(one);
    }
    if (must) TRY(st);
    TRY(read_number(c, &READ_BOOKMARK, &seq));
    *behind = newest > seq ? newest - seq : 0;
    return ST_OK;
}

enum status message__index(struct call *c, int64_t most, int64_t *behind) { return index_rows(c, most, true, behind); }
enum status message__catch_up(struct call *c, int64_t most, int64_t *behind) { return index_rows(c, most, false, behind); }

enum status message__index_job(struct call *c)
{
    int64_t behind;
    return message__index(c, JOB_ROWS, &behind);
}

/* ---- back ---- */

enum status message__unindex(struct call *c, int64_t first, int64_t last)
{
    struct slice s;
    while (first <= last) {
        s = new_slice(c);
        TRY(read_rows(c, first, last, INT64_MAX, &s));
        for (size_t i = 0; i < s.nrows; i++) {
            struct message_class *k;
            TRY(class_of(c, NULL, &s, &s.rows[i], &k));
            k->n--;
            s.rows[i].class_.id = k->id;
            TRY(each_name(c, &DELETE_NAME, &s.rows[i]));
        }
        TRY(message__drop_places(c, spots_of(c, &s), s.nrows));
        TRY(count_classes(c, &s));
        if (s.nrows < SLICE) return ST_OK;
        first = s.rows[s.nrows - 1].seq + 1;
    }
    return ST_OK;
}

/* ---- reading ---- */

enum status message__count(struct call *c, int64_t *ret) { return read_number(c, &COUNT_ALL, ret); }

enum status message__list_classes(struct call *c, int64_t until_ms, const struct message_class **ret, size_t *n)
{
    enum { MOST = 2 * MESSAGE_CLASSES_MOST }; /* those without a service come on top */
    size_t cap = 256, count = 0;
    struct message_class *list = arena_array(c->arena, struct message_class, cap);
    DB_ROWS rows = until_ms == INT64_MAX ? db_run(c, &LIST_NOW, db_int(MOST)) : db_run(c, &LIST_CLASSES, db_int(until_ms), db_int(MOST));
    while (db_next(&rows)) {
        if (count == cap) {
            struct message_class *wider = arena_array(c->arena, struct message_class, 2 * cap);
            memcpy(wider, list, cap * sizeof *list);
            list = wider;
            cap *= 2;
        }
        list[count++] = (struct message_class){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2), db_col_text(&rows, 3), db_col_text(&rows, 4), db_col_text(&rows, 5),
                                                db_col_int(&rows, 6), db_col_int(&rows, 7) };
    }
    TRY(db_finish(&rows));
    *ret = list;
    *n = count;
    return ST_OK;
}

enum status message__list_named(struct call *c, struct str id, size_t limit, int64_t *ret, size_t *n)
{
    DB_ROWS rows = db_run(c, &LIST_NAMED, db_int(name_hash(id)), db_int((int64_t)limit));
    *n = 0;
    while (*n < limit && db_next(&rows)) ret[(*n)++] = db_col_int(&rows, 0);
    return db_finish(&rows);
}
