/* Tests of errand.c: what strands have done outside is done on other threads, at the same time, and each waits for its own. */
#include "base/errand.c"

#include "base/strand.h"
#include "base/test.h"

struct seen { int inside, most_inside; };
struct work { struct strand_job job; struct seen *seen; pthread_t loop; bool came; };


static void note_thread(void *arg)
{
    struct work *w = arg;
    CHECK(strand_mine() == NULL);
    w->came = !pthread_equal(w->loop, pthread_self());
    strand_sleep(2000);
}

static void go_outside(void *arg)
{
    struct work *w = arg;
    w->loop = pthread_self();
    w->seen->inside++;
    if (w->seen->inside > w->seen->most_inside) w->seen->most_inside = w->seen->inside;
    strand_outside(note_thread, w);
    w->seen->inside--;
    CHECK(pthread_equal(w->loop, pthread_self()));
}

TEST(what_is_done_outside_lets_the_others_go_on)
{
    struct seen seen = { 0 };
    struct work w[20];
    struct strand_loop *l = strand_loop_start(20, NULL, NULL);
    for (int i = 0; i < 20; i++) {
        w[i] = (struct work){ .seen = &seen };
        w[i].job = (struct strand_job){ go_outside, &w[i], NULL };
        strand_begin(l, &w[i].job);
    }
    strand_loop_end(l);
    for (int i = 0; i < 20; i++) CHECK(w[i].came);
    CHECK(seen.most_inside > 1);
}

