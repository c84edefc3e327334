/* load_read.c: a JSON-lines file, cut into lines, parsed and checked in a thread of its own, slice after slice. The file may be larger than memory, or
 * a pipe. Three slices go round: one is read, one waits, one is written. */
#include "base/thread_name.h"
#include "registry/load_int.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 64 << 10, READ_BYTES = 256 << 10, SLICE_ARENA = 256 << 20, SLICES = 3 };

/* ---- lines ---- */

struct lines { int fd; char *p; size_t n, at; int64_t line, bytes; bool end; };

static void lines_done(struct lines *l)
{
    heap_free(l->p);
    if (l->fd >= 0) (void)close(l->fd);
}

static enum status lines_open(struct call *c, struct str path, struct lines *ret, int64_t *ret_bytes)
{
    const char *z = str_to_z(c->arena, path);
    struct stat st;
    ret->fd = str_eq(path, STR("-")) ? dup(STDIN_FILENO) : z ? open(z, O_RDONLY | O_CLOEXEC) : -1;
    if (ret->fd < 0 || fstat(ret->fd, &st) != 0) {
        call_note(c, "registry", "open: errno %d", errno);
        return call_fail(c, ST_NOT_FOUND, "file", "The file %s cannot be opened. Check its name and that this user may read it.", path);
    }
    ret->p = heap_alloc(READ_BYTES, 1);
    *ret_bytes = S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
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
        if (memchr(l->p, '\n', l->n)) break; /* a pipe gives what it has */
    }
    return ST_OK;
}

/* lines_next: the next line without its end; a view into the buffer, good until the next call. *more false at the end of the file. A line over the
 * limit comes out whole where the buffer holds it, which the caller refuses. */
static enum status lines_next(struct call *c, struct lines *l, struct str *ret, bool *more)
{
    for (;;) {
        struct str rest = str_of(l->p + l->at, l->n - l->at);
        const char *nl = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
        if (nl || (l->end && rest.n)) {
            ret->p = rest.p;
            ret->n = nl ? (size_t)(nl - rest.p) : rest.n;
            l->at += ret->n + (nl ? 1 : 0);
            l->bytes += (int64_t)ret->n + (nl ? 1 : 0);
            l->line++;
            *more = true;
            return ST_OK;
        }
        if (l->end) { *more = false; return ST_OK; }
        if (rest.n == READ_BYTES) return call_fail(c, ST_TOO_LARGE, "file", "Line %s is longer than 64 KiB. Write one entry a line.", str_print(c->arena, "%lld", (long long)l->line + 1));
        TRY(fill(c, l));
    }
}

/* ---- slices that go round ---- */

struct reader {
    struct call call;                    /* of the thread: no database, the arena of the slice in work */
    const struct register_ *reg;
    int64_t today;
    struct lines lines;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slice *slices[SLICES];
    struct slice *empty[SLICES], *full[SLICES]; size_t nempty, nfull; /* under lock; full: the oldest first */
    bool stop;                           /* under lock */
};

/* is_refusal: the row's own fault; anything else ends the load. */
static bool is_refusal(enum status st)
{
    return st == ST_INVALID || st == ST_CONFLICT || st == ST_TOO_LARGE;
}

static void keep_refusal(struct slice *s, const struct call *failed, enum status st, int64_t line)
{
    struct call_error e = call_sentence(failed, st);
    if (!s->refusals) s->refusals = arena_array(s->arena, struct load_refusal, REFUSALS_TOLD);
    if (s->nrefused < REFUSALS_TOLD) s->refusals[s->nrefused] = (struct load_refusal){ line, e.field, e.sentence };
    s->nrefused++;
}

static enum status read_slice(struct reader *r, struct slice *s)
{
    struct call *c = &r->call;
    struct str line;
    for (bool more; s->n + s->nrefused < SLICE_ROWS;) {
        TRY(lines_next(c, &r->lines, &line, &more));
        if (!more) { s->last = true; return ST_OK; }
        s->bytes = r->lines.bytes;
        if (str_is_empty(str_trim(line))) continue;
        s->read++;
        enum status st = line.n <= LINE_MAX_BYTES ? registry__read_row(c, r->reg, line, r->today, &s->rows[s->n])
                                                  : call_fail(c, ST_TOO_LARGE, "", "A line has at most 64 KiB. Write one entry a line.");
        if (st == ST_OK) { s->lines[s->n++] = r->lines.line; continue; }
        if (!is_refusal(st)) return st;
        keep_refusal(s, c, st, r->lines.line);
        call_clear(c);
    }
    return ST_OK;
}

static struct slice *take_empty(struct reader *r)
{
    (void)pthread_mutex_lock(&r->lock);
    while (r->nempty == 0 && !r->stop) (void)pthread_cond_wait(&r->changed, &r->lock);
    struct slice *s = r->stop ? NULL : r->empty[--r->nempty];
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

static void put_full(struct reader *r, struct slice *s)
{
    (void)pthread_mutex_lock(&r->lock);
    r->full[r->nfull++] = s;
    (void)pthread_cond_broadcast(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
}

static void clear_slice(struct slice *s)
{
    struct arena *arena = s->arena;
    arena_reset(arena);
    s->n = s->done = s->nrefused = 0;
    s->read = 0;
    s->refusals = NULL;
    s->last = false;
    s->status = ST_OK;
}

static void *read_ahead(void *arg)
{
    struct reader *r = arg;
    thread_name("sen-read");
    for (bool last = false; !last;) {
        struct slice *s = take_empty(r);
        if (!s) break;
        r->call.arena = s->arena;
        s->status = read_slice(r, s);
        s->last = last = s->last || s->status != ST_OK;
        s->failed = r->call;
        put_full(r, s);
    }
    return NULL;
}

enum status registry__reader_open(struct call *c, const struct register_ *reg, struct str path, int64_t today, int64_t *ret_bytes, struct reader **ret)
{
    struct reader *r = heap_new(struct reader);
    *ret = r;
    r->call = *c;
    r->call.db = NULL;
    r->reg = reg;
    r->today = today;
    r->lines.fd = -1;
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->changed, NULL);
    TRY(lines_open(c, path, &r->lines, ret_bytes));
    for (size_t i = 0; i < SLICES; i++) {
        struct slice *s = heap_new(struct slice);
        s->arena = arena_open(SLICE_ARENA);
        r->slices[i] = r->empty[r->nempty++] = s;
    }
    r->started = pthread_create(&r->thread, NULL, read_ahead, r) == 0;
    if (r->started) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The machine has no room for another thread now. Try again in a few minutes.");
}

struct slice *registry__reader_next(struct reader *r)
{
    (void)pthread_mutex_lock(&r->lock);
    while (r->nfull == 0) (void)pthread_cond_wait(&r->changed, &r->lock);
    struct slice *s = r->full[0];
    r->nfull--;
    for (size_t i = 0; i < r->nfull; i++) r->full[i] = r->full[i + 1];
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

void registry__reader_give(struct reader *r, struct slice *s)
{
    clear_slice(s);
    (void)pthread_mutex_lock(&r->lock);
    r->empty[r->nempty++] = s;
    (void)pthread_cond_broadcast(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
}

void registry__reader_close(struct reader *r)
{
    if (!r) return;
    (void)pthread_mutex_lock(&r->lock);
    r->stop = true;
    (void)pthread_cond_broadcast(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
    if (r->started) (void)pthread_join(r->thread, NULL);
    for (size_t i = 0; i < SLICES; i++)
        if (r->slices[i]) {
            arena_close(r->slices[i]->arena);
            heap_free(r->slices[i]);
        }
    lines_done(&r->lines);
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->lock);
    heap_free(r);
}
