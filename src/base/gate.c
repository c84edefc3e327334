/* gate.c: a semaphore for a thread, a wake-up for a strand; and a queue of such gates. */
#define _GNU_SOURCE /* sem_clockwait */
#include "base/gate.h"

#include <errno.h>
#include <time.h>

#include "base/strand.h"
#include "base/time.h"

void gate_init(struct gate *g)
{
    g->who = strand_mine();
    atomic_init(&g->open, false);
    if (!g->who) (void)sem_init(&g->opened, 0, 0);
}

void gate_done(struct gate *g)
{
    if (!g->who) (void)sem_destroy(&g->opened);
}

void gate_open(struct gate *g)
{
    if (g->who) {
        strand_wake(g->who, &g->open);
        return;
    }
    atomic_store(&g->open, true);
    (void)sem_post(&g->opened);
}

void gate_wait(struct gate *g)
{
    if (g->who) {
        while (!atomic_exchange(&g->open, false)) strand_park(g->who, INT64_MAX);
        return;
    }
    while (sem_wait(&g->opened) != 0) continue; /* a signal */
    atomic_store(&g->open, false);
}

bool gate_wait_until(struct gate *g, int64_t until_us)
{
    if (g->who) {
        bool open;
        while (!(open = atomic_exchange(&g->open, false)) && time_monotonic_us() < until_us) strand_park(g->who, until_us);
        return open;
    }
    struct timespec until = { .tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000 };
    int e;
    do e = sem_clockwait(&g->opened, CLOCK_MONOTONIC, &until);
    while (e != 0 && errno == EINTR);
    return e == 0 && atomic_exchange(&g->open, false);
}

/* ---- turnstile ---- */

struct queued { struct gate gate; struct queued *next; };

void turnstile_init(struct turnstile *t, size_t places)
{
    (void)pthread_mutex_init(&t->lock, NULL);
    t->places = places;
    t->first = NULL;
    t->last = &t->first;
}

void turnstile_done(struct turnstile *t) { (void)pthread_mutex_destroy(&t->lock); }

/* give_up: out of the queue; false when it was let in at that very moment. */
static bool give_up(struct turnstile *t, struct queued *me)
{
    (void)pthread_mutex_lock(&t->lock);
    struct queued **at = &t->first;
    while (*at && *at != me) at = &(*at)->next;
    bool queued = *at == me;
    if (queued) *at = me->next;
    if (queued && t->last == &me->next) t->last = at;
    (void)pthread_mutex_unlock(&t->lock);
    return queued;
}

bool turnstile_enter(struct turnstile *t, int64_t until_us)
{
    struct queued me = { .next = NULL };
    (void)pthread_mutex_lock(&t->lock);
    bool in = t->places > 0;
    if (in) {
        t->places--;
    } else {
        gate_init(&me.gate);
        *t->last = &me;
        t->last = &me.next;
    }
    (void)pthread_mutex_unlock(&t->lock);
    if (in) return true;
    in = gate_wait_until(&me.gate, until_us);
    if (!in && !give_up(t, &me)) {
        gate_wait(&me.gate);
        in = true;
    }
    gate_done(&me.gate);
    return in;
}

/* turnstile_leave: the place goes to the one that has waited longest. */
void turnstile_leave(struct turnstile *t)
{
    (void)pthread_mutex_lock(&t->lock);
    struct queued *next = t->first;
    if (next) {
        t->first = next->next;
        if (!t->first) t->last = &t->first;
    } else {
        t->places++;
    }
    (void)pthread_mutex_unlock(&t->lock);
    if (next) gate_open(&next->gate);
}
