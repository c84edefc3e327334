/* Tests of strand.c: strands of a loop take turns where they wait, and only there; descriptors, moments, and more jobs than strands. */
#include "base/strand.c"

#include <sys/socket.h>

#include "base/gate.h"
#include "base/test.h"
#include "base/time.h"

enum { MANY = 200, ROUNDS = 50 };

/* What one job did, and with whom; all jobs of a loop may write here without a lock. */
struct seen { int began, ended, inside, most_inside; pthread_t thread; };
struct work { struct strand_job job; struct seen *seen; int fd, answer; int64_t until_us; bool came; struct strand *other; struct work *next; struct gate *gate; };

static void pass_often(void *arg)
{
    struct work *w = arg;
    struct seen *s = w->seen;
    s->began++;
    CHECK(strand_mine() != NULL);
    if (s->began == 1) s->thread = pthread_self();
    CHECK(pthread_equal(s->thread, pthread_self()));
    for (int i = 0; i < ROUNDS; i++) {
        s->inside++;
        if (s->inside > s->most_inside) s->most_inside = s->inside;
        strand_yield();
        s->inside--;
    }
    s->ended++;
}

static struct strand_loop *start(size_t most)
{
    struct strand_loop *l = strand_loop_start(most, NULL, NULL);
    CHECK(l != NULL);
    return l;
}

TEST(strands_take_turns_on_one_thread_and_all_jobs_are_run)
{
    struct seen seen = { 0 };
    struct work work[MANY];
    struct strand_loop *l = start(8);
    for (int i = 0; i < MANY; i++) {
        work[i] = (struct work){ .job = { pass_often, &work[i], NULL }, .seen = &seen };
        strand_begin(l, &work[i].job);
    }
    strand_loop_end(l);
    CHECK(seen.began == MANY);
    CHECK(seen.ended == MANY);
    CHECK(seen.most_inside > 1 && seen.most_inside <= 8);
    CHECK(strand_mine() == NULL);
}

static void wait_readable(void *arg)
{
    struct work *w = arg;
    w->answer = strand_poll(w->fd, POLLIN, w->until_us);
    char c;
    if (w->answer > 0) w->came = recv(w->fd, &c, 1, MSG_DONTWAIT) == 1;
}

TEST(a_descriptor_wakes_its_strand_and_a_moment_the_other)
{
    int pair[2], quiet[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet) == 0);
    int64_t now_us = time_monotonic_us();
    struct work heard = { .job = { wait_readable, &heard, NULL }, .fd = pair[0], .until_us = now_us + 60000000 };
    struct work late = { .job = { wait_readable, &late, NULL }, .fd = quiet[0], .until_us = now_us + 20000 };
    struct strand_loop *l = start(4);
    strand_begin(l, &heard.job);
    strand_begin(l, &late.job);
    CHECK(write(pair[1], "x", 1) == 1);
    strand_loop_end(l);
    CHECK(heard.answer > 0 && heard.came);
    CHECK(late.answer == 0);
    CHECK(time_monotonic_us() >= late.until_us);
    CHECK(strand_poll(quiet[0], POLLIN, time_monotonic_us() + 2000) == 0); /* and on a thread */
    CHECK(strand_poll(pair[0], POLLOUT, INT64_MAX) > 0);
    (void)close(pair[0]), (void)close(pair[1]), (void)close(quiet[0]), (void)close(quiet[1]);
}

/* The same descriptor is waited for again and again, also after a wait in vain. */
static void echo(void *arg)
{
    struct work *w = arg;
    char c;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 10 == 0) (void)strand_poll(w->fd, POLLIN, time_monotonic_us() + 100);
        while (recv(w->fd, &c, 1, MSG_DONTWAIT) != 1) CHECK(strand_poll(w->fd, POLLIN, INT64_MAX) > 0);
        CHECK(send(w->fd, &c, 1, 0) == 1);
    }
    w->came = true;
}

TEST(a_descriptor_is_waited_for_again_and_again)
{
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct work a = { .job = { echo, &a, NULL }, .fd = pair[0] };
    struct strand_loop *l = start(2);
    strand_begin(l, &a.job);
    for (int i = 0; i < ROUNDS; i++) {
        char sent = (char)i, back;
        CHECK(send(pair[1], &sent, 1, 0) == 1);
        CHECK(recv(pair[1], &back, 1, 0) == 1);
        CHECK(back == sent);
    }
    strand_loop_end(l);
    CHECK(a.came);
    (void)close(pair[0]), (void)close(pair[1]);
}

static void be_patient(void *arg)
{
    struct work *w = arg;
    strand_await_rest(60000000);
    w->answer = w->seen->ended;
}

TEST(who_lets_others_go_first_comes_after_all_of_them)
{
    struct seen seen = { 0 };
    struct work w[9];
    struct strand_loop *l = start(9);
    for (int i = 1; i < 9; i++) {
        w[i] = (struct work){ .job = { pass_often, &w[i], NULL }, .seen = &seen };
        strand_begin(l, &w[i].job);
    }
    w[0] = (struct work){ .job = { be_patient, &w[0], NULL }, .seen = &seen };
    strand_begin(l, &w[0].job);
    strand_loop_end(l);
    CHECK(w[0].answer == 8);
}

static void keep_busy(void *arg)
{
    struct work *w = arg;
    while (!w->seen->ended) strand_yield();
}

static void be_patient_until_hurried(void *arg)
{
    struct work *w = arg;
    strand_await_rest(60000000);
    w->seen->ended = 1;
}

static void hurry(void *arg)
{
    struct work *w = arg;
    for (int i = 0; i < ROUNDS; i++) strand_yield();
    CHECK(w->seen->ended == 0);
    strand_hurry(w->other);
}

static void note_and_be_patient(void *arg)
{
    struct work *w = arg;
    w->next->other = strand_mine();
    be_patient_until_hurried(arg);
}

TEST(who_is_hurried_does_not_wait_for_those_that_never_rest)
{
    struct seen seen = { 0 };
    struct work busy = { .seen = &seen }, hurrying = { .seen = &seen }, patient = { .seen = &seen, .next = &hurrying };
    struct strand_loop *l = start(3);
    patient.job = (struct strand_job){ note_and_be_patient, &patient, NULL };
    busy.job = (struct strand_job){ keep_busy, &busy, NULL };
    hurrying.job = (struct strand_job){ hurry, &hurrying, NULL };
    strand_begin(l, &patient.job);
    strand_begin(l, &busy.job);
    strand_begin(l, &hurrying.job);
    strand_loop_end(l);
    CHECK(seen.ended == 1);
}

/* attend_to_bytes: one after the other, until it was recalled while there were none. */
static void attend_to_bytes(void *arg)
{
    struct work *w = arg;
    char c;
    w->other = strand_mine();
    gate_open(w->gate);
    while (!w->came) {
        strand_attend(w->fd, w->until_us);
        bool any = recv(w->fd, &c, 1, MSG_DONTWAIT) == 1;
        if (any) w->answer++, gate_open(w->gate);
        else w->came = true;
    }
}

static void count_crowd(void *arg)
{
    struct work *w = arg;
    w->answer = (int)strand_crowd();
    gate_open(w->gate);
}

TEST(who_attends_is_woken_by_bytes_or_recalled_and_is_no_crowd)
{
    int pair[2];
    struct gate gate;
    gate_init(&gate);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct work attending = { .fd = pair[0], .until_us = time_monotonic_us() + 3600000000, .gate = &gate }, counting = { .gate = &gate };
    struct strand_loop *l = start(2);
    attending.job = (struct strand_job){ attend_to_bytes, &attending, NULL };
    counting.job = (struct strand_job){ count_crowd, &counting, NULL };
    strand_begin(l, &attending.job);
    gate_wait(&gate);
    for (int i = 1; i <= ROUNDS; i++) {
        CHECK(write(pair[1], "x", 1) == 1);
        gate_wait(&gate);
        CHECK(attending.answer == i);
    }
    strand_begin(l, &counting.job);
    gate_wait(&gate);
    CHECK(counting.answer == 1);
    strand_recall(attending.other);
    strand_loop_end(l);
    CHECK(attending.came && attending.answer == ROUNDS);
    CHECK(strand_crowd() == 1);
    gate_done(&gate);
    (void)close(pair[0]), (void)close(pair[1]);
}

static void attend_without_pause(void *arg)
{
    struct work *w = arg;
    while (!w->seen->ended) CHECK(!strand_attend(w->fd, 0));
}

static void end(void *arg)
{
    struct work *w = arg;
    w->seen->ended = 1;
}

TEST(who_attends_without_a_pause_lets_others_go_on)
{
    int quiet[2];
    struct seen seen = { 0 };
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet) == 0);
    struct work attending = { .seen = &seen, .fd = quiet[0] }, ending = { .seen = &seen };
    struct strand_loop *l = start(2);
    attending.job = (struct strand_job){ attend_without_pause, &attending, NULL };
    ending.job = (struct strand_job){ end, &ending, NULL };
    strand_begin(l, &attending.job);
    strand_begin(l, &ending.job);
    strand_loop_end(l);
    CHECK(seen.ended == 1);
    (void)close(quiet[0]), (void)close(quiet[1]);
}
