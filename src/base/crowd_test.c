/* crowd_test.c: alone nobody waits; who sleeps is not waited for; the last one at work ends the wait; and it ends by itself. */
#include "base/crowd.c"

#include <sched.h>

#include "base/test.h"
#include "base/time.h"

enum { LONG_US = 60 * 1000 * 1000, SHORT_US = 2000 };

static void is_awaited(void) { while (atomic_load(&awaited) == 0) (void)sched_yield(); }

static bool awaits(int64_t most_us)
{
    int64_t from = time_monotonic_us();
    crowd_await(most_us);
    return time_monotonic_us() - from >= most_us;
}

TEST(alone_nobody_is_waited_for)
{
    CHECK(!awaits(LONG_US));
    crowd_enter();
    CHECK(!awaits(LONG_US)); /* not for itself either */
    CHECK(atomic_load(&at_work) == 1);
    crowd_leave();
    crowd_leave(); /* nothing: it does not count */
    crowd_sleep();
    crowd_wake();
    CHECK(atomic_load(&at_work) == 0);
}

static void *work_until_awaited(void *arg)
{
    crowd_join();
    is_awaited();
    if (arg) crowd_sleep(); /* as one that joined the queue */
    else crowd_leave();
    while (arg && atomic_load((_Atomic bool *)arg)) (void)sched_yield();
    if (arg) crowd_wake();
    crowd_leave();
    return NULL;
}

TEST(those_at_work_come_first)
{
    pthread_t thread;
    _Atomic bool sleeps_now = true;
    crowd_enter();
    for (int sleeps = 0; sleeps < 2; sleeps++) {
        crowd_expect();
        CHECK(pthread_create(&thread, NULL, work_until_awaited, sleeps ? &sleeps_now : NULL) == 0);
        CHECK(!awaits(LONG_US));
        atomic_store(&sleeps_now, false);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    crowd_leave();
    CHECK(atomic_load(&at_work) == 0);
}

TEST(a_wait_within_a_wait_counts_once)
{
    crowd_enter();
    crowd_sleep();
    crowd_sleep();
    CHECK(atomic_load(&at_work) == 0);
    crowd_wake();
    CHECK(atomic_load(&at_work) == 0);
    crowd_wake();
    CHECK(atomic_load(&at_work) == 1);
    crowd_leave();
}

TEST(nobody_is_waited_for_longer_than_said)
{
    crowd_expect(); /* somebody who does not come to an end */
    CHECK(awaits(SHORT_US));
    crowd_await(0);
    crowd_await(-1);
    crowd_join();
    crowd_leave();
}
