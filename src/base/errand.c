/* errand.c: a queue, and as many threads as there are strands that wait for one: none of them waits for another's thread, so that what one does may depend on the other. */
#define _GNU_SOURCE /* pthread_cond_clockwait */
#include "base/errand.h"

#include <pthread.h>
#include <time.h>

#include "base/arena.h"
#include "base/gate.h"
#include "base/thread_name.h"

enum { IDLE_S = 10 };

struct errand { void (*run)(void *arg); void *arg; struct gate done; struct errand *next; };
struct helper { struct errands *of; pthread_t thread; struct helper *next; };

struct errands {
    pthread_mutex_t lock;
    pthread_cond_t work, gone;
    struct errand *first, **last;
    size_t idle, waiting, live;
    struct helper *ended;  /* to be joined */
    bool ending;
};

struct errands *errands_begin(void)
{
    struct errands *e = heap_new(struct errands);
    (void)pthread_mutex_init(&e->lock, NULL);
    (void)pthread_cond_init(&e->work, NULL);
    (void)pthread_cond_init(&e->gone, NULL);
    e->last = &e->first;
    return e;
}

/* next_errand: NULL when this thread is to end. The lock is held. */
static struct errand *next_errand(struct errands *e)
{
    struct timespec until;
    int late = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    e->idle++;
    while (!e->first && !e->ending && !late) late = pthread_cond_clockwait(&e->work, &e->lock, CLOCK_MONOTONIC, &until);
    e->idle--;
    struct errand *x = e->first;
    if (!x) return NULL;
    e->first = x->next;
    if (!e->first) e->last = &e->first;
    e->waiting--;
    return x;
}

static void *help(void *arg)
{
    struct helper *h = arg;
    struct errands *e = h->of;
    thread_name("sen-outside");
    (void)pthread_mutex_lock(&e->lock);
    for (struct errand *x; (x = next_errand(e));) {
        (void)pthread_mutex_unlock(&e->lock);
        x->run(x->arg);
        gate_open(&x->done); /* it may be gone from here on */
        (void)pthread_mutex_lock(&e->lock);
    }
    h->next = e->ended;
    e->ended = h;
    e->live--;
    (void)pthread_cond_signal(&e->gone);
    (void)pthread_mutex_unlock(&e->lock);
    return NULL;
}

static void join_all(struct helper *list)
{
    for (struct helper *next; list; list = next) {
        next = list->next;
        (void)pthread_join(list->thread, NULL);
        heap_free(list);
    }
}

static bool add_helper(struct errands *e)
{
    struct helper *h = heap_new(struct helper);
    h->of = e;
    (void)pthread_mutex_lock(&e->lock);
    struct helper *ended = e->ended;
    e->ended = NULL;
    bool made = pthread_create(&h->thread, NULL, help, h) == 0;
    if (made) e->live++;
    (void)pthread_mutex_unlock(&e->lock);
    if (!made) heap_free(h);
    join_all(ended);
    return made;
}

/* take_back: nobody has begun it. */
static bool take_back(struct errands *e, struct errand *x)
{
    (void)pthread_mutex_lock(&e->lock);
    struct errand **at = &e->first;
    while (*at && *at != x) at = &(*at)->next;
    bool there = *at == x;
    if (there) *at = x->next;
    if (there && e->last == &x->next) e->last = at;
    if (there) e->waiting--;
    (void)pthread_mutex_unlock(&e->lock);
    return there;
}

bool errands_run(struct errands *e, void (*run)(void *arg), void *arg)
{
    struct errand x = { .run = run, .arg = arg };
    gate_init(&x.done);
    (void)pthread_mutex_lock(&e->lock);
    *e->last = &x;
    e->last = &x.next;
    bool helped = ++e->waiting <= e->idle;
    (void)pthread_cond_signal(&e->work);
    (void)pthread_mutex_unlock(&e->lock);
    bool none = !helped && !add_helper(e) && take_back(e, &x);
    if (!none) gate_wait(&x.done);
    gate_done(&x.done);
    return !none;
}

void errands_end(struct errands *e)
{
    if (!e) return;
    (void)pthread_mutex_lock(&e->lock);
    e->ending = true;
    (void)pthread_cond_broadcast(&e->work);
    while (e->live) (void)pthread_cond_wait(&e->gone, &e->lock);
    struct helper *ended = e->ended;
    (void)pthread_mutex_unlock(&e->lock);
    join_all(ended);
    (void)pthread_cond_destroy(&e->work);
    (void)pthread_cond_destroy(&e->gone);
    (void)pthread_mutex_destroy(&e->lock);
    heap_free(e);
}
