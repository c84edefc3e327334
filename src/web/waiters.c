/* waiters.c: turns that mostly wait for others (struct route, waits): the messages of the exchange. They run on strands of a few loops, at most web.workers of each door at a
 * time, so that two nodes that call each other cannot wait for each other with all they have; the others of a door stand in its line. */
#include "base/strand.h"
#include "store/db.h"
#include "web/client.h"
#include "web/web_int.h"

struct line { struct turn *first, **last; size_t n /* waiting and reserved */, running; };
struct spare { struct call *call; struct spare *next; };
struct waiters {
    struct web *web;
    struct strand_loop **loops; size_t nloops, next_loop;
    pthread_mutex_t lock;              /* guards what follows */
    pthread_cond_t rested;
    struct line lines[DOOR_COUNT];
    size_t limit, most;                /* of a line; of strands for a door */
    struct spare *spare; size_t nspare, idle; /* calls that nobody uses just now, the last one first; how many of them nobody used since the last rest */
    bool closing;
};

struct waiters *waiters__new(struct web *w, size_t loops, size_t each, size_t queue_each)
{
    struct waiters *ws = heap_new(struct waiters);
    *ws = (struct waiters){ .web = w, .nloops = loops, .most = each, .limit = queue_each };
    ws->loops = heap_alloc(loops, sizeof *ws->loops);
    for (size_t i = 0; i < DOOR_COUNT; i++) ws->lines[i].last = &ws->lines[i].first;
    (void)pthread_mutex_init(&ws->lock, NULL);
    (void)pthread_cond_init(&ws->rested, NULL);
    return ws;
}

bool waiters__reserve(struct waiters *ws, size_t door)
{
    (void)pthread_mutex_lock(&ws->lock);
    bool free_place = !ws->closing && ws->lines[door].n < ws->limit;
    if (free_place) ws->lines[door].n++;
    (void)pthread_mutex_unlock(&ws->lock);
    return free_place;
}

size_t waiters__waiting(struct waiters *ws, size_t door)
{
    (void)pthread_mutex_lock(&ws->lock);
    size_t n = ws->lines[door].n;
    (void)pthread_mutex_unlock(&ws->lock);
    return n;
}

/* ---- calls: one for each strand that works ---- */

static struct spare *take_call(struct waiters *ws)
{
    (void)pthread_mutex_lock(&ws->lock);
    struct spare *s = ws->spare;
    if (s) ws->spare = s->next, ws->nspare--;
    if (ws->nspare < ws->idle) ws->idle = ws->nspare;
    (void)pthread_mutex_unlock(&ws->lock);
    if (s) return s;
    s = heap_new(struct spare);
    s->call = call_open(ws->web->app);
    return s;
}

static void keep_call(struct waiters *ws, struct spare *s)
{
    (void)pthread_mutex_lock(&ws->lock);
    s->next = ws->spare;
    ws->spare = s;
    ws->nspare++;
    (void)pthread_mutex_unlock(&ws->lock);
}

/* close_calls: all but the first few. */
static void close_calls(struct waiters *ws, bool all)
{
    (void)pthread_mutex_lock(&ws->lock);
    size_t kept = all ? 0 : ws->nspare - ws->idle;
    struct spare **at = &ws->spare;
    for (size_t i = 0; i < kept; i++) at = &(*at)->next;
    struct spare *s = *at;
    *at = NULL;
    ws->nspare = ws->idle = kept;
    (void)pthread_mutex_unlock(&ws->lock);
    for (struct spare *next; s; s = next) {
        next = s->next;
        if (s->call->db) store_release(s->call);
        call_close(s->call);
        heap_free(s);
    }
}

/* rest: of a loop, every few seconds: calls and connections that were not used are not kept. */
static void rest(void *arg)
{
    struct waiters *ws = arg;
    close_calls(ws, false);
    client__pool_rest(ws->web->clients);
}

/* ---- turns ---- */

/* next_turn: of this door's line, or NULL: then the strand ends. */
static struct turn *next_turn(struct waiters *ws, struct line *l)
{
    (void)pthread_mutex_lock(&ws->lock);
    struct turn *t = l->first;
    if (t) {
        l->first = t->next;
        if (!l->first) l->last = &l->first;
        l->n--;
    } else {
        l->running--;
        (void)pthread_cond_signal(&ws->rested);
    }
    (void)pthread_mutex_unlock(&ws->lock);
    return t;
}

static void serve(void *arg)
{
    struct turn *t = arg;
    struct waiters *ws = t->door->web->waiters;
    struct line *l = &ws->lines[t->door->index];
    struct spare *s = take_call(ws);
    do {
        call_renew(s->call);
        serve__turn(s->call, t);
        spool_end_call(s->call);
        store_rest(s->call);
        strand_yield(); /* a door with a long line does not keep the loop */
    } while ((t = next_turn(ws, l)));
    keep_call(ws, s);
}

/* waiters__push: loops take turns; a strand stays where it began. */
void waiters__push(struct waiters *ws, size_t door, struct turn *t)
{
    struct line *l = &ws->lines[door];
    (void)pthread_mutex_lock(&ws->lock);
    struct strand_loop *loop = ws->loops[ws->next_loop++ % ws->nloops];
    bool begins = l->running < ws->most;
    if (begins) {
        l->running++;
        l->n--;
    } else {
        t->next = NULL;
        *l->last = t;
        l->last = &t->next;
    }
    (void)pthread_mutex_unlock(&ws->lock);
    if (!begins) return;
    t->job = (struct strand_job){ serve, t, NULL };
    strand_begin(loop, &t->job);
}

/* ---- life ---- */

enum status waiters__start(struct call *c, struct waiters *ws)
{
    bool started = true;
    for (size_t i = 0; started && i < ws->nloops; i++) started = (ws->loops[i] = strand_loop_start((ws->most + 1) * DOOR_COUNT, rest, ws)) != NULL;
    if (started) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "No thread could be started. Raise the limit of processes or lower web.workers.");
}

static bool all_rest(const struct waiters *ws)
{
    for (size_t i = 0; i < DOOR_COUNT; i++)
        if (ws->lines[i].n || ws->lines[i].running) return false; /* a reserved place counts: its turn is about to come */
    return true;
}

void waiters__finish(struct waiters *ws)
{
    (void)pthread_mutex_lock(&ws->lock);
    ws->closing = true;
    while (!all_rest(ws)) (void)pthread_cond_wait(&ws->rested, &ws->lock);
    (void)pthread_mutex_unlock(&ws->lock);
}

struct strand_loop *waiters__loop(struct waiters *ws, size_t door) { return ws->loops[door % ws->nloops]; }

void waiters__free(struct waiters *ws)
{
    if (!ws) return;
    for (size_t i = 0; i < ws->nloops; i++) strand_loop_end(ws->loops[i]);
    close_calls(ws, true);
    (void)pthread_cond_destroy(&ws->rested);
    (void)pthread_mutex_destroy(&ws->lock);
    heap_free(ws->loops);
    heap_free(ws);
}
