/* crowd.c: one count for the process, and a condition for those few who wait until it is nought. */
#include "base/crowd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "base/strand.h"

static _Atomic int at_work, awaited;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t nobody;
static pthread_once_t made = PTHREAD_ONCE_INIT;
static _Thread_local bool counts;
static _Thread_local int asleep; /* waits within waits of this thread */

static void make(void)
{
    pthread_condattr_t a;
    (void)pthread_condattr_init(&a);
    (void)pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&nobody, &a);
    (void)pthread_condattr_destroy(&a);
}

/* one_less: who waits counts itself in `awaited` before it looks at at_work, and here it is the other way round: one of the two sees the other. */
static void one_less(void)
{
    if (atomic_fetch_sub(&at_work, 1) != 1 || atomic_load(&awaited) == 0) return;
    (void)pthread_mutex_lock(&lock);
    (void)pthread_cond_broadcast(&nobody);
    (void)pthread_mutex_unlock(&lock);
}

void crowd_expect(void) { atomic_fetch_add(&at_work, 1); }
void crowd_join(void) { counts = true; }

void crowd_enter(void)
{
    crowd_expect();
    crowd_join();
}

void crowd_leave(void)
{
    if (counts) one_less();
    counts = false;
}

void crowd_sleep(void)
{
    if (asleep++ == 0 && counts) one_less();
}

void crowd_wake(void)
{
    if (--asleep == 0 && counts) crowd_expect();
}

static struct timespec after(int64_t us)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_nsec + us % 1000000 * 1000;
    return (struct timespec){ .tv_sec = t.tv_sec + us / 1000000 + ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static void await_nobody(int64_t most_us)
{
    struct timespec until = after(most_us);
    (void)pthread_once(&made, make);
    (void)pthread_mutex_lock(&lock);
    atomic_fetch_add(&awaited, 1);
    while (atomic_load(&at_work) > 0 && pthread_cond_timedwait(&nobody, &lock, &until) == 0) continue;
    atomic_fetch_sub(&awaited, 1);
    (void)pthread_mutex_unlock(&lock);
}

void crowd_await(int64_t most_us)
{
    if (strand_mine()) {
        strand_await_rest(most_us);
        return;
    }
    crowd_sleep();
    if (most_us > 0 && atomic_load(&at_work) > 0) await_nobody(most_us);
    crowd_wake();
}
