/* load.c: a JSON-lines file into a register. A thread reads ahead and checks; good rows are written in slices that hold the writer for less than 20 ms,
 * all under one delta, which is closed at the end. A load that was cut off leaves its delta open: what it stored is there, whole row by whole row,
 * and the next load of the same file counts those rows as stored before and goes on. Only new entries are made here; changes are not loads. */
#include "registry/load_int.h"

#include <stdlib.h>

#include "trust/journal.h"

enum { FLUSH_SLICES = 8 };

static const struct query NEXT_DELTA = { "registry", "SELECT COALESCE(MAX(id), 0) + 1 FROM registry_delta", NODE };
static const struct query OPEN_DELTA = { "registry",
    "INSERT INTO registry_delta (id, register, state, opened_ms, closed_ms, actor, reason, document) VALUES ($1, $2, 0, $3, 0, $4, $5, $6)", NODE };
static const struct query CLOSE_DELTA = { "registry", "UPDATE registry_delta SET state = 1, closed_ms = $2 WHERE id = $1", NODE };
static const struct query CLOSE_INTERRUPTED = { "registry", "UPDATE registry_delta SET state = 1, closed_ms = $3 WHERE register = $1 AND id < $2 AND state = 0", NODE };

static enum status open_delta(struct call *c, struct db_tx *tx, void *arg)
{
    struct load *l = arg;
    (void)tx;
    DB_ROWS rows = db_run(c, &NEXT_DELTA);
    if (db_next(&rows)) l->delta = db_col_int(&rows, 0);
    TRY(db_finish(&rows));
    return db_exec(c, &OPEN_DELTA, db_int(l->delta), db_text(l->r->name), db_int(c->now_ms), db_text(c->actor ? c->actor->user : STR("")), db_text(STR("load")),
                   db_text(c->issue));
}

/* close_delta: this load is complete; so is one that was cut off and whose rows this one met. */
static enum status close_delta(struct call *c, struct db_tx *tx, void *arg)
{
    struct load *l = arg;
    (void)tx;
    if (l->count->before) TRY(db_exec(c, &CLOSE_INTERRUPTED, db_text(l->r->name), db_int(l->delta), db_int(time_now_ms())));
    return db_exec(c, &CLOSE_DELTA, db_int(l->delta), db_int(time_now_ms()));
}

void registry__keep_error(struct call *c, const struct call *inner)
{
    struct call_error e = inner->error;
    struct str *args = arena_array(c->arena, struct str, e.nargs);
    if (e.status == ST_OK || c->error.status != ST_OK) return;
    for (size_t i = 0; i < e.nargs; i++) args[i] = str_copy(c->arena, e.args[i]);
    c->error = (struct call_error){ e.status, str_copy(c->arena, e.field), str_copy(c->arena, e.sentence), str_copy(c->arena, e.key), args, e.nargs,
                                    str_copy(c->arena, e.fault) };
}

/* tell_slice: counts, and what was refused while reading. */
static void tell_slice(struct load *l, const struct slice *s)
{
    struct load_count *count = l->count;
    count->rows += s->read;
    count->refused += (int64_t)s->nrefused;
    for (size_t i = 0; i < s->nrefused && i < REFUSALS_TOLD && count->nrefusals < REFUSALS_TOLD; i++) {
        if (!count->refusals) count->refusals = arena_array(l->outer->arena, struct load_refusal, REFUSALS_TOLD);
        const struct load_refusal *r = &s->refusals[i];
        count->refusals[count->nrefusals++] = (struct load_refusal){ r->line, str_copy(l->outer->arena, r->field), str_copy(l->outer->arena, r->sentence) };
    }
}

static int by_line(const void *a, const void *b)
{
    const struct load_refusal *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

static enum status write_one(struct call *c, struct load *l, struct slice *s)
{
    struct call inner = *c;
    inner.arena = s->arena;
    l->slice = s;
    tell_slice(l, s);
    enum status st = registry__write_slice(&inner, l);
    if (st == ST_OK && s->status != ST_OK) {
        inner = s->failed;
        st = s->status;
    }
    c->db = inner.db ? inner.db : c->db;
    registry__keep_error(c, &inner);
    return st;
}

/* load_slices: slice after slice, each in memory of its own, so that a large file needs no large memory. Entries go from the outbox to the journal every
 * few slices and at the end: a row that is stored has its entry there already. */
static enum status load_slices(struct call *c, struct load *l, struct reader *reader, int64_t bytes, struct progress *progress)
{
    enum status st = ST_OK;
    bool last = false;
    for (int n = 1; st == ST_OK && !last; n++) {
        struct slice *s = registry__reader_next(reader);
        last = s->last;
        st = write_one(c, l, s);
        if (progress && bytes && s->bytes) progress->total = (int64_t)((double)l->count->rows * (double)bytes / (double)s->bytes);
        registry__reader_give(reader, s);
        if (st == ST_OK && (last || n % FLUSH_SLICES == 0)) st = journal_flush(c);
        progress_tell(progress, l->count->rows);
    }
    return st;
}

enum status registry__load(struct call *c, const struct register_ *reg, struct str path, struct progress *progress, struct load_count *ret)
{
    struct load_count count = { 0 };
    struct load *l = arena_new(c->arena, struct load);
    struct reader *reader = NULL;
    int64_t bytes = 0;
    *l = (struct load){ .r = reg, .count = &count, .outer = c };
    registry__load_begin(c, l);
    enum status st = registry__reader_open(c, reg, path, registry__today(c), &bytes, &reader);
    if (st == ST_OK) st = db_atomic(c, open_delta, l);
    if (st == ST_OK) st = load_slices(c, l, reader, bytes, progress);
    registry__reader_close(reader);
    if (progress) progress->total = count.rows;
    progress_end(progress, count.rows);
    if (count.nrefusals) qsort(count.refusals, count.nrefusals, sizeof *count.refusals, by_line);
    *ret = count;
    TRY(st);
    return db_atomic(c, close_delta, l);
}

enum status registry_load(struct call *c, const struct register_ *reg, struct str path, struct load_count *ret)
{
    return registry__load(c, reg, path, NULL, ret);
}
