/* load.c: a JSON-lines file into a register. Lines are checked outside any transaction; good ones are written in slices that hold the
 * writer for less than 20 ms, all under one delta. A row is whole or not there: its keys are looked up before its first insert, so a refused row
 * leaves nothing and never takes its neighbours with it. A load that was interrupted can be run again: what is stored is refused as known.
 * Only new entries are made here; changes to stored ones are not loads. */
#include "registry/registry_int.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "trust/journal.h"

enum { LINE_MAX_BYTES = 64 << 10, READ_BYTES = 256 << 10, SLICE_ROWS = 200, SLICE_US = 12000, REFUSALS_TOLD = 100, SLICE_ARENA = 128 << 20 };

static const struct query NEXT_DELTA = { "registry", "SELECT COALESCE(MAX(id), 0) + 1 FROM registry_delta", NODE };
static const struct query NEXT_ENTITY = { "registry", "SELECT COALESCE(MAX(id), 0) + 1 FROM registry_entity", NODE };
static const struct query OPEN_DELTA = { "registry",
    "INSERT INTO registry_delta (id, register, state, opened_ms, closed_ms, actor, reason, document) VALUES ($1, $2, 0, $3, 0, $4, $5, $6)", NODE };
static const struct query CLOSE_DELTA = { "registry", "UPDATE registry_delta SET state = 1, closed_ms = $2 WHERE id = $1", NODE };
static const struct query INSERT_ENTITY = { "registry", "INSERT INTO registry_entity (id, register, created_delta) VALUES ($1, $2, $3)", NODE };

/* ---- lines of a file that may be larger than memory ---- */

struct lines { int fd; char *p; size_t n, at; int64_t line; bool end; };

static void lines_done(struct lines *l)
{
    heap_free(l->p);
    if (l->fd >= 0) (void)close(l->fd);
}
#define LINES __attribute__((cleanup(lines_done))) struct lines

static enum status lines_open(struct call *c, struct str path, struct lines *ret)
{
    const char *z = str_to_z(c->arena, path);
    ret->fd = z ? open(z, O_RDONLY | O_CLOEXEC) : -1;
    if (ret->fd < 0) {
        call_note(c, "registry", "open: errno %d", errno);
        return call_fail(c, ST_NOT_FOUND, "file", "The file %s cannot be opened. Check its name and that this user may read it.", path);
    }
    ret->p = heap_alloc(READ_BYTES, 1);
    return ST_OK;
}

static enum status fill(struct call *c, struct lines *l)
{
    memmove(l->p, l->p + l->at, l->n - l->at);
    l->n -= l->at;
    l->at = 0;
    while (!l->end && l->n < READ_BYTES) {
        ssize_t got = read(l->fd, l->p + l->n, READ_BYTES - l->n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return call_fail(c, ST_UNAVAILABLE, "file", "The file cannot be read any further. Check the disk and start the load again.");
        if (got == 0) l->end = true;
        l->n += (size_t)got;
    }
    return ST_OK;
}

/* lines_next: the next line without its end; a view into the buffer, good until the next call. *more false at the end of the file. A line over the
 * limit comes out cut at the limit plus one, which the caller refuses. */
static enum status lines_next(struct call *c, struct lines *l, struct str *ret, bool *more)
{
    for (int tries = 0;; tries++) {
        struct str rest = str_of(l->p + l->at, l->n - l->at);
        const char *nl = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
        if (nl || (l->end && rest.n)) {
            ret->p = rest.p;
            ret->n = nl ? (size_t)(nl - rest.p) : rest.n;
            l->at += ret->n + (nl ? 1 : 0);
            l->line++;
            *more = true;
            return ST_OK;
        }
        if (l->end) { *more = false; return ST_OK; }
        if (tries) return call_fail(c, ST_TOO_LARGE, "file", "Line %s is longer than 64 KiB. Write one entry a line.", str_print(c->arena, "%lld", (long long)l->line + 1));
        TRY(fill(c, l));
    }
}

/* ---- what was refused ---- */

static void tell_refusal(struct call *c, struct load_count *count, int64_t line, const struct call *failed, enum status st)
{
    struct call_error e = call_sentence(failed, st);
    count->refused++;
    if (count->nrefusals == REFUSALS_TOLD) return;
    if (!count->refusals) count->refusals = arena_array(c->arena, struct load_refusal, REFUSALS_TOLD);
    count->refusals[count->nrefusals++] = (struct load_refusal){ line, str_copy(c->arena, e.field), str_copy(c->arena, e.sentence) };
}

/* is_refusal: the row's own fault; anything else ends the load. */
static bool is_refusal(enum status st)
{
    return st == ST_INVALID || st == ST_CONFLICT || st == ST_TOO_LARGE;
}

/* ---- one slice ---- */

struct slice { struct row rows[SLICE_ROWS]; int64_t lines[SLICE_ROWS]; size_t n, done; };
struct load {
    const struct register_ *r;
    int64_t delta, today;
    struct slice *slice;
    struct load_count *count;
    struct call *outer;      /* keeps what is told when the slice's arena goes */
    int64_t subjects[SLICE_ROWS]; size_t nsubjects;
};

static enum status next_number(struct call *c, const struct query *q, int64_t *ret)
{
    DB_ROWS rows = db_run(c, q);
    if (db_next(&rows)) *ret = db_col_int(&rows, 0);
    return db_finish(&rows);
}

static enum status check_keys_free(struct call *c, const struct register_ *r, const struct row *row)
{
    for (size_t i = 0; i < row->nkeys; i++) {
        const struct key_kind *k = row->keys[i].key;
        if (!k->unique) continue;
        DB_ROWS rows = db_run(c, r->find, db_text(k->kind), db_text(row->keys[i].value));
        bool taken = db_next(&rows);
        TRY(db_finish(&rows));
        if (taken) return call_fail(c, ST_CONFLICT, str_to_z(c->arena, k->full), "This number is in the register already. A load makes new entries only.");
    }
    return ST_OK;
}

static enum status insert_version(struct call *c, const struct load *l, int64_t entity, const struct row_version *v)
{
    struct db_value *values = arena_array(c->arena, struct db_value, v->group->nvalues + 6);
    const struct db_value head[] = { db_int(entity), db_text(v->kind), db_int(v->from), db_int(v->to), db_int(l->delta), db_int(TIME_FAR) };
    memcpy(values, head, sizeof head);
    memcpy(values + 6, v->values, v->group->nvalues * sizeof *values);
    DB_ROWS rows = db_run_values(c, v->group->insert, values, v->group->nvalues + 6);
    return db_finish(&rows);
}

static enum status insert_row(struct call *c, const struct load *l, const struct row *row, int64_t entity)
{
    TRY(db_exec(c, &INSERT_ENTITY, db_int(entity), db_text(l->r->name), db_int(l->delta)));
    for (size_t i = 0; i < row->nkeys; i++)
        TRY(db_exec(c, l->r->insert_alias, db_text(row->keys[i].key->kind), db_text(row->keys[i].value), db_int(entity), db_int(!row->keys[i].former)));
    for (size_t i = 0; i < row->nversions; i++) TRY(insert_version(c, l, entity, &row->versions[i]));
    return registry__put_search_keys(c, l->r, entity, row);
}

static enum status append_entry(struct call *c, struct db_tx *tx, const struct load *l)
{
    struct str uid;
    const struct journal_event e = {
        .kind = str_join(c->arena, l->r->name, STR(".load"), STR_END), .class_ = JOURNAL_NORMAL, .agency = c->actor ? c->actor->agency : STR(""),
        .user = c->actor ? c->actor->user : STR(""), .role = c->actor ? c->actor->role : STR(""), .purpose = c->purpose, .basis = c->basis,
        .issue = c->issue, .fields = STR("*"), .subjects = l->subjects, .nsubjects = l->nsubjects };
    return l->nsubjects ? journal_append_with(tx, &e, &uid) : ST_OK;
}

/* part: one transaction. A try after a lost race starts from where the part began, so counts and refusals are not told twice. */
struct part { struct load *load; struct load_count count; size_t first; };

static enum status write_row(struct call *c, struct load *l, const struct row *row, int64_t line, int64_t *entity)
{
    enum status st = check_keys_free(c, l->r, row);
    if (st == ST_CONFLICT) {
        tell_refusal(l->outer, l->count, line, c, st);
        call_clear(c);
        return ST_OK;
    }
    TRY(st);
    TRY(insert_row(c, l, row, *entity));
    l->subjects[l->nsubjects++] = (*entity)++;
    l->count->stored++;
    return ST_OK;
}

/* write_part: as many rows of the slice as fit the time that the writer may be held. */
static enum status write_part(struct call *c, struct db_tx *tx, void *arg)
{
    struct part *p = arg;
    struct load *l = p->load;
    struct slice *s = l->slice;
    const int64_t start = time_monotonic_us();
    int64_t entity = 0;
    *l->count = p->count;
    s->done = p->first;
    l->nsubjects = 0;
    TRY(next_number(c, &NEXT_ENTITY, &entity));
    for (; s->done < s->n && (s->done == p->first || time_monotonic_us() - start < SLICE_US); s->done++)
        TRY(write_row(c, l, &s->rows[s->done], s->lines[s->done], &entity));
    return append_entry(c, tx, l);
}

static enum status write_slice(struct call *c, struct load *l)
{
    while (l->slice->done < l->slice->n) {
        struct part p = { l, *l->count, l->slice->done };
        enum status st = db_atomic(c, write_part, &p);
        if (st != ST_OK) *l->count = p.count;
        TRY(st);
        TRY(journal_flush(c));
    }
    l->slice->n = l->slice->done = 0;
    return ST_OK;
}

/* ---- the load ---- */

/* read_slice: checks lines until the slice is full; refusals are told at once. */
static enum status read_slice(struct call *c, struct load *l, struct lines *lines, bool *more)
{
    struct str line;
    while (l->slice->n < SLICE_ROWS) {
        TRY(lines_next(c, lines, &line, more));
        if (!*more) return ST_OK;
        if (str_is_empty(str_trim(line))) continue;
        l->count->rows++;
        enum status st = line.n <= LINE_MAX_BYTES ? registry__read_row(c, l->r, str_copy(c->arena, line), l->today, &l->slice->rows[l->slice->n])
                                                  : call_fail(c, ST_TOO_LARGE, "", "A line has at most 64 KiB. Write one entry a line.");
        if (st == ST_OK) { l->slice->lines[l->slice->n++] = lines->line; continue; }
        if (!is_refusal(st)) return st;
        tell_refusal(l->outer, l->count, lines->line, c, st);
        call_clear(c);
    }
    return ST_OK;
}

static enum status open_delta(struct call *c, struct db_tx *tx, void *arg)
{
    struct load *l = arg;
    (void)tx;
    TRY(next_number(c, &NEXT_DELTA, &l->delta));
    return db_exec(c, &OPEN_DELTA, db_int(l->delta), db_text(l->r->name), db_int(c->now_ms), db_text(c->actor ? c->actor->user : STR("")), db_text(STR("load")),
                   db_text(c->issue));
}

static enum status close_delta(struct call *c, struct db_tx *tx, void *arg)
{
    struct load *l = arg;
    (void)tx;
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

/* load_slices: slice after slice, each in an arena of its own, so that a large file needs no large memory. */
static enum status load_slices(struct call *c, struct load *l, struct lines *lines)
{
    ARENA arena = arena_open(SLICE_ARENA);
    enum status st = ST_OK;
    for (bool more = true; st == ST_OK && more;) {
        struct call inner = *c;
        inner.arena = arena;
        st = read_slice(&inner, l, lines, &more);
        if (st == ST_OK) st = write_slice(&inner, l);
        registry__keep_error(c, &inner);
        arena_reset(arena);
    }
    return st;
}

enum status registry_load(struct call *c, const struct register_ *reg, struct str path, struct load_count *ret)
{
    struct load_count count = { 0 };
    struct load *l = arena_new(c->arena, struct load);
    LINES lines = { .fd = -1 };
    *l = (struct load){ .r = reg, .today = registry__today(c), .count = &count, .outer = c, .slice = arena_new(c->arena, struct slice) };
    TRY(lines_open(c, path, &lines));
    TRY(db_atomic(c, open_delta, l));
    enum status st = load_slices(c, l, &lines);
    *ret = count;
    TRY(st);
    return db_atomic(c, close_delta, l);
}
