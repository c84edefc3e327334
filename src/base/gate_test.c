/* Tests of gate.c: gates for strands and threads, opened by others or not at all; a turnstile with more visitors than places. */
#include "base/gate.c"

#include <pthread.h>
#include <stdatomic.h>

#include "base/strand.h"
#include "base/test.h"
#include "base/time.h"

enum { ROUNDS = 50 };

struct work { struct strand_job job; struct gate *gate; bool came; };

static void wait_at_gate(void *arg)
{
    struct work *w = arg;
    struct gate gate;
    gate_init(&gate);
    w->gate = &gate;
    gate_wait(&gate);
    gate_done(&gate);
    w->came = true;
}

static void open_other(void *arg)
{
    struct work *w = arg, *other = w + 1;
    while (!other->gate) strand_yield();
    gate_open(other->gate);
    w->came = true;
}

TEST(a_strand_opens_the_gate_of_another)
{
    struct work w[2] = { { .job = { open_other, &w[0], NULL } }, { .job = { wait_at_gate, &w[1], NULL } } };
    struct strand_loop *l = strand_loop_start(2, NULL, NULL);
    strand_begin(l, &w[0].job);
    strand_begin(l, &w[1].job);
    strand_loop_end(l);
    CHECK(w[0].came && w[1].came);
}

static void wait_in_vain(void *arg)
{
    struct work *w = arg;
    struct gate gate;
    gate_init(&gate);
    w->came = gate_wait_until(&gate, time_monotonic_us() + 5000);
    gate_done(&gate);
}

TEST(a_gate_that_nobody_opens)
{
    struct work w = { .job = { wait_in_vain, &w, NULL }, .came = true };
    struct strand_loop *l = strand_loop_start(1, NULL, NULL);
    strand_begin(l, &w.job);
    strand_loop_end(l);
    CHECK(!w.came);
    w.came = true;
    wait_in_vain(&w);
    CHECK(!w.came);
}

/* ---- turnstile ---- */

struct crowd { struct turnstile turnstile; _Atomic int inside, most, passed; };
struct visitor { struct strand_job job; struct crowd *crowd; };

static void visit(void *arg)
{
    struct visitor *v = arg;
    struct crowd *c = v->crowd;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(turnstile_enter(&c->turnstile, INT64_MAX));
        int now = atomic_fetch_add(&c->inside, 1) + 1, most = atomic_load(&c->most);
        while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now)) continue;
        strand_yield();
        atomic_fetch_sub(&c->inside, 1);
        turnstile_leave(&c->turnstile);
        atomic_fetch_add(&c->passed, 1);
    }
}

static void *visit_as_thread(void *arg)
{
    visit(arg);
    return NULL;
}

TEST(a_turnstile_lets_in_threads_and_strands_but_no_more_than_it_has_places)
{
    struct crowd crowd = { .inside = 0 };
    struct visitor v = { .crowd = &crowd }, strands[20];
    pthread_t threads[4];
    turnstile_init(&crowd.turnstile, 2);
    struct strand_loop *loops[2] = { strand_loop_start(20, NULL, NULL), strand_loop_start(20, NULL, NULL) };
    for (int i = 0; i < 20; i++) {
        strands[i] = (struct visitor){ .job = { visit, &strands[i], NULL }, .crowd = &crowd };
        strand_begin(loops[i % 2], &strands[i].job);
    }
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, visit_as_thread, &v) == 0);
    for (int i = 0; i < 4; i++) (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) strand_loop_end(loops[i]);
    CHECK(atomic_load(&crowd.passed) == 24 * ROUNDS);
    CHECK(atomic_load(&crowd.most) <= 2);
    CHECK(turnstile_enter(&crowd.turnstile, 0) && turnstile_enter(&crowd.turnstile, 0));
    CHECK(!turnstile_enter(&crowd.turnstile, time_monotonic_us() + 1000)); /* full: leaves the queue again */
    turnstile_leave(&crowd.turnstile);
    CHECK(turnstile_enter(&crowd.turnstile, 0));
    turnstile_done(&crowd.turnstile);
}
