/* worker.c: a bounded queue for each door and the threads that empty them. Doors take turns, and as many workers as there are other doors never work for one
 * door alone: a flood of pages leaves somebody to answer peers, and two nodes that call each other cannot wait for each other with all their workers.
 * Threads come when work waits and nobody is free, up to web.workers, and go when they had nothing to do for a while: a worker spends most of its time waiting for a
 * disk or a peer, so many are wanted under load and few are worth their memory without. The one that rested last is woken first. */
#include "base/crowd.h"
#include "base/thread_name.h"
#include "store/db.h"
#include "web/web_int.h"

#include <semaphore.h>
#include <time.h>

enum { WORKERS_LEAST = 2, IDLE_S = 10 };

struct queue { struct turn *first, **last; size_t n /* waiting and reserved */, running, most; bool open; };
struct worker {
    struct workers *all;
    pthread_t thread;
    enum { WORKER_NONE, WORKER_LIVES, WORKER_ENDED } state;
    bool resting;
    struct worker *below;  /* in the stack of those that rest */
    sem_t wake;
};
struct workers {
    struct web *web;
    pthread_mutex_t lock;
    struct queue queues[DOOR_COUNT];
    size_t limit, next_door;
    struct worker *list, *rest;
    size_t most, live, waiting /* turns that nobody has taken */, woken /* workers on their way to one */;
    bool closing;
};

struct workers *workers__new(struct web *w, size_t threads, size_t queue_each)
{
    struct workers *ws = heap_new(struct workers);
    *ws = (struct workers){ .web = w, .limit = queue_each, .most = threads };
    ws->list = heap_alloc(threads, sizeof *ws->list);
    for (size_t i = 0; i < threads; i++) {
        ws->list[i].all = ws;
        (void)sem_init(&ws->list[i].wake, 0, 0);
    }
    for (size_t i = 0; i < DOOR_COUNT; i++) ws->queues[i].last = &ws->queues[i].first;
    (void)pthread_mutex_init(&ws->lock, NULL);
    return ws;
}

void workers__open_door(struct workers *ws, size_t door) { ws->queues[door].open = true; }

bool workers__reserve(struct workers *ws, size_t door)
{
    struct queue *q = &ws->queues[door];
    (void)pthread_mutex_lock(&ws->lock);
    bool free_place = !ws->closing && q->n < ws->limit;
    if (free_place) q->n++;
    (void)pthread_mutex_unlock(&ws->lock);
    return free_place;
}

static void *work(void *arg);

/* add_worker: in a place that nobody has, or whose thread has ended. The lock is held. */
static bool add_worker(struct workers *ws)
{
    struct worker *w = ws->list;
    if (ws->closing) return false; /* those that live stay until all is answered */
    while (w < ws->list + ws->most && w->state == WORKER_LIVES) w++;
    if (w == ws->list + ws->most) return false;
    if (w->state == WORKER_ENDED) (void)pthread_join(w->thread, NULL); /* it needs no lock any more */
    w->state = WORKER_NONE;
    if (pthread_create(&w->thread, NULL, work, w) != 0) return false;
    w->state = WORKER_LIVES;
    ws->live++;
    ws->woken++;
    crowd_expect();
    return true;
}

/* call_for_help: somebody for a turn that nobody is on the way to: who is to be woken, after the lock is free, or NULL. The lock is held. */
static struct worker *call_for_help(struct workers *ws)
{
    if (ws->waiting <= ws->woken) return NULL;
    struct worker *w = ws->rest;
    if (!w) {
        (void)add_worker(ws);
        return NULL;
    }
    ws->rest = w->below;
    w->resting = false;
    ws->woken++;
    crowd_expect();
    return w;
}

void workers__push(struct workers *ws, size_t door, struct turn *t)
{
    struct queue *q = &ws->queues[door];
    t->next = NULL;
    (void)pthread_mutex_lock(&ws->lock);
    *q->last = t;
    q->last = &t->next;
    ws->waiting++;
    struct worker *w = call_for_help(ws);
    (void)pthread_mutex_unlock(&ws->lock);
    if (w) (void)sem_post(&w->wake); /* it needs the lock at once */
}

size_t workers__waiting(struct workers *ws, size_t door)
{
    (void)pthread_mutex_lock(&ws->lock);
    size_t n = ws->queues[door].n;
    (void)pthread_mutex_unlock(&ws->lock);
    return n;
}

/* take: the next turn, door after door; NULL when none may be taken now. The lock is held. */
static struct turn *take(struct workers *ws, size_t *door)
{
    for (size_t k = 0; k < DOOR_COUNT; k++) {
        size_t i = (ws->next_door + k) % DOOR_COUNT;
        struct queue *q = &ws->queues[i];
        if (!q->first || q->running >= q->most) continue;
        struct turn *t = q->first;
        q->first = t->next;
        if (!q->first) q->last = &q->first;
        q->n--;
        q->running++;
        ws->waiting--;
        ws->next_door = (i + 1) % DOOR_COUNT;
        *door = i;
        return t;
    }
    return NULL;
}

static bool all_done(const struct workers *ws)
{
    for (size_t i = 0; i < DOOR_COUNT; i++)
        if (ws->queues[i].n) return false; /* a reserved place counts: its turn is about to come */
    return ws->closing;
}

static void unlist(struct workers *ws, struct worker *w)
{
    struct worker **at = &ws->rest;
    while (*at != w) at = &(*at)->below;
    *at = w->below;
    w->resting = false;
}

/* rest: until somebody has work for this worker; false when nobody had for IDLE_S. The lock is held, but not meanwhile. */
static bool rest(struct workers *ws, struct worker *w)
{
    struct timespec until;
    w->below = ws->rest;
    w->resting = true;
    ws->rest = w;
    (void)pthread_mutex_unlock(&ws->lock);
    crowd_leave();
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += IDLE_S;
    (void)sem_timedwait(&w->wake, &until);
    (void)pthread_mutex_lock(&ws->lock);
    if (w->resting) { /* nobody called; a signal and a clock that jumps only make it look again */
        unlist(ws, w);
        crowd_enter();
        return false;
    }
    ws->woken--;
    crowd_join();
    return true;
}

/* wait_for_turn: NULL when the worker is to end. */
static struct turn *wait_for_turn(struct workers *ws, struct worker *w, size_t *door)
{
    struct turn *t;
    (void)pthread_mutex_lock(&ws->lock);
    while (!(t = take(ws, door)) && !all_done(ws)) {
        if (!rest(ws, w) && !ws->closing && ws->live > WORKERS_LEAST && ws->waiting == 0) break;
    }
    if (!t) ws->live--;
    (void)pthread_mutex_unlock(&ws->lock);
    return t;
}

static void wake_all(struct workers *ws)
{
    while (ws->rest) {
        struct worker *w = ws->rest;
        ws->rest = w->below;
        w->resting = false;
        ws->woken++;
        crowd_expect();
        (void)sem_post(&w->wake);
    }
}

/* turn_done: a door at its share may go on, with this worker. */
static void turn_done(struct workers *ws, size_t door)
{
    (void)pthread_mutex_lock(&ws->lock);
    ws->queues[door].running--;
    if (ws->closing) wake_all(ws);
    (void)pthread_mutex_unlock(&ws->lock);
}

static void arrived(struct workers *ws)
{
    (void)pthread_mutex_lock(&ws->lock);
    ws->woken--;
    (void)pthread_mutex_unlock(&ws->lock);
    crowd_join();
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct workers *ws = w->all;
    struct call *c = call_open(ws->web->app);
    struct turn *t;
    size_t door = 0;
    thread_name("sen-worker");
    arrived(ws);
    while ((t = wait_for_turn(ws, w, &door))) {
        call_renew(c);
        serve__turn(c, t);
        spool_end_call(c);
        store_rest(c);
        turn_done(ws, door);
    }
    crowd_leave();
    if (c->db) store_release(c);
    call_close(c);
    (void)pthread_mutex_lock(&ws->lock);
    w->state = WORKER_ENDED;
    (void)pthread_mutex_unlock(&ws->lock);
    return NULL;
}

/* share_out: every open door but one's own keeps a worker free. */
static void share_out(struct workers *ws)
{
    size_t open = 0;
    for (size_t i = 0; i < DOOR_COUNT; i++) open += ws->queues[i].open;
    for (size_t i = 0; i < DOOR_COUNT; i++) ws->queues[i].most = ws->most > open ? ws->most - open + 1 : 1;
}

enum status workers__start(struct call *c, struct workers *ws)
{
    share_out(ws);
    bool started = true;
    (void)pthread_mutex_lock(&ws->lock);
    while (started && ws->live < WORKERS_LEAST && ws->live < ws->most) started = add_worker(ws);
    (void)pthread_mutex_unlock(&ws->lock);
    if (started) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "No thread could be started. Raise the limit of processes or lower web.workers.");
}

void workers__finish(struct workers *ws)
{
    (void)pthread_mutex_lock(&ws->lock);
    ws->closing = true;
    wake_all(ws);
    (void)pthread_mutex_unlock(&ws->lock);
    for (size_t i = 0; i < ws->most; i++) {
        struct worker *w = &ws->list[i];
        (void)pthread_mutex_lock(&ws->lock);
        bool join = w->state != WORKER_NONE;
        (void)pthread_mutex_unlock(&ws->lock);
        if (join) (void)pthread_join(w->thread, NULL);
        w->state = WORKER_NONE;
    }
}

void workers__free(struct workers *ws)
{
    if (!ws) return;
    for (size_t i = 0; i < ws->most; i++) (void)sem_destroy(&ws->list[i].wake);
    (void)pthread_mutex_destroy(&ws->lock);
    heap_free(ws->list);
    heap_free(ws);
}
