/* worker.c: a bounded queue for each door and the threads that empty them. Doors take turns, and as many workers as there are other doors never work for one
 * door alone: a flood of pages leaves somebody to answer peers, and two nodes that call each other cannot wait for each other with all their workers. */
#include "store/db.h"
#include "web/web_int.h"

struct queue { struct turn *first, **last; size_t n /* waiting and reserved */, running, most; bool open; };
struct workers {
    struct web *web;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue queues[DOOR_COUNT];
    size_t limit, next_door;
    pthread_t *threads;
    size_t nthreads, started;
    bool closing;
};

struct workers *workers__new(struct web *w, size_t threads, size_t queue_each)
{
    struct workers *ws = heap_new(struct workers);
    *ws = (struct workers){ .web = w, .limit = queue_each, .nthreads = threads };
    ws->threads = heap_alloc(threads, sizeof *ws->threads);
    for (size_t i = 0; i < DOOR_COUNT; i++) ws->queues[i].last = &ws->queues[i].first;
    (void)pthread_mutex_init(&ws->lock, NULL);
    (void)pthread_cond_init(&ws->work, NULL);
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

void workers__push(struct workers *ws, size_t door, struct turn *t)
{
    struct queue *q = &ws->queues[door];
    t->next = NULL;
    (void)pthread_mutex_lock(&ws->lock);
    *q->last = t;
    q->last = &t->next;
    (void)pthread_cond_signal(&ws->work);
    (void)pthread_mutex_unlock(&ws->lock);
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

static struct turn *wait_for_turn(struct workers *ws, size_t *door)
{
    struct turn *t;
    (void)pthread_mutex_lock(&ws->lock);
    while (!(t = take(ws, door)) && !all_done(ws)) (void)pthread_cond_wait(&ws->work, &ws->lock);
    (void)pthread_mutex_unlock(&ws->lock);
    return t;
}

static void turn_done(struct workers *ws, size_t door)
{
    (void)pthread_mutex_lock(&ws->lock);
    ws->queues[door].running--;
    if (ws->closing) (void)pthread_cond_broadcast(&ws->work);
    else (void)pthread_cond_signal(&ws->work); /* a door at its share may go on */
    (void)pthread_mutex_unlock(&ws->lock);
}

static void *work(void *arg)
{
    struct workers *ws = arg;
    struct call *c = call_open(ws->web->app);
    struct turn *t;
    size_t door = 0;
    while ((t = wait_for_turn(ws, &door))) {
        call_renew(c);
        serve__turn(c, t);
        turn_done(ws, door);
    }
    if (c->db) store_release(c);
    call_close(c);
    return NULL;
}

/* share_out: every open door but one's own keeps a worker free. */
static void share_out(struct workers *ws)
{
    size_t open = 0;
    for (size_t i = 0; i < DOOR_COUNT; i++) open += ws->queues[i].open;
    for (size_t i = 0; i < DOOR_COUNT; i++) ws->queues[i].most = ws->nthreads > open ? ws->nthreads - open + 1 : 1;
}

enum status workers__start(struct call *c, struct workers *ws)
{
    share_out(ws);
    for (; ws->started < ws->nthreads; ws->started++)
        if (pthread_create(&ws->threads[ws->started], NULL, work, ws) != 0)
            return call_fail(c, ST_UNAVAILABLE, "", "No thread could be started. Raise the limit of processes or lower web.workers.");
    return ST_OK;
}

void workers__finish(struct workers *ws)
{
    (void)pthread_mutex_lock(&ws->lock);
    ws->closing = true;
    (void)pthread_cond_broadcast(&ws->work);
    (void)pthread_mutex_unlock(&ws->lock);
    while (ws->started) (void)pthread_join(ws->threads[--ws->started], NULL);
}

void workers__free(struct workers *ws)
{
    if (!ws) return;
    (void)pthread_cond_destroy(&ws->work);
    (void)pthread_mutex_destroy(&ws->lock);
    heap_free(ws->threads);
    heap_free(ws);
}
