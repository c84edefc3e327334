/* strand.c: the loop of a thread: it runs what is ready, one strand after the other, then looks at sockets and clocks. Only the
 * list of the ready and the jobs are shared with other threads; they stand under the loop's lock, all else belongs to its thread. */
#define _GNU_SOURCE /* epoll_pwait2 */
#include "base/strand.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/errand.h"
#include "base/strand_san.h"
#include "base/strand_switch.h"
#include "base/thread_name.h"
#include "base/time.h"

enum { STACK = 512 * 1024, GUARD = 16 * 1024, EVENTS = 64, SPARE = 2 };
#define REST_US (10 * (int64_t)1000000)
#define STARVED_US (100 * (int64_t)1000)
#define REST_LEAST_US 60 /* so long nothing happens: then a loop is at rest */

struct strand {
    struct strand_loop *loop;
    struct context context;
    char *stack;                          /* NULL: given back */
    struct san_fiber san;
    struct strand_job job;
    bool busy;                            /* with a job */
    _Atomic bool recalled, hurried;
    int events;                           /* of the descriptor it waits for */
    struct strand *next;                  /* among the ready, the patient or the spare ones */
    bool timed; int64_t until_us; struct strand *later, **sooner; /* among those that wait for a moment */
    bool parked, woken;                   /* under the lock; woken: before it parked */
};

struct list { struct strand *first, **last; };

struct strand_loop {
    pthread_t thread;
    size_t most;
    void (*rest)(void *arg);
    void *arg;
    int epoll, bell;
    struct errands *errands;

    pthread_mutex_t lock;
    struct list ready;
    struct strand_job *jobs, **last_job;
    bool asleep, ending;

    struct context context;
    struct san_fiber san;
    struct strand *timed, *spare, **all;
    struct list patient;                  /* go on when nobody else does */
    size_t made, running, nattending, npatient;
    bool starved;                         /* there was no memory for a stack: jobs wait for some */
    int64_t trimmed_us;
};

static _Thread_local struct strand *mine;

struct strand *strand_mine(void) { return mine; }

/* ---- lists ---- */

static void clear(struct list *l) { *l = (struct list){ NULL, &l->first }; }

static void append(struct list *l, struct strand *s)
{
    s->next = NULL;
    *l->last = s;
    l->last = &s->next;
}

static void time_out_at(struct strand_loop *l, struct strand *s, int64_t until_us)
{
    s->timed = true;
    s->until_us = until_us;
    s->later = l->timed;
    s->sooner = &l->timed;
    if (l->timed) l->timed->sooner = &s->later;
    l->timed = s;
}

static void time_out_never(struct strand *s)
{
    if (!s->timed) return;
    *s->sooner = s->later;
    if (s->later) s->later->sooner = s->sooner;
    s->timed = false;
}

/* ---- changing stacks ---- */

static void enter(struct strand_loop *l, struct strand *s)
{
    mine = s;
    san_leave(&l->san, &s->san);
    context_switch(&l->context, &s->context);
    san_arrive(&l->san);
    mine = NULL;
}

static void leave(struct strand *s)
{
    san_leave(&s->san, &s->loop->san);
    context_switch(&s->context, &s->loop->context);
    san_arrive(&s->san);
}

/* live: one job after the other; between two of them the strand is among the spare ones. */
static void live(void)
{
    struct strand *s = mine;
    san_arrive(&s->san);
    for (;;) {
        s->job.run(s->job.arg);
        s->busy = false;
        leave(s);
    }
}

static bool give_stack(struct strand *s)
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return false;
    (void)mprotect(stack, GUARD, PROT_NONE); /* it grows downwards; who goes too far ends the process instead of writing into another's */
    s->stack = stack;
    context_make(&s->context, stack + GUARD, STACK - GUARD, live);
    san_begin(&s->san, stack + GUARD, STACK - GUARD);
    return true;
}

static void take_stack(struct strand *s)
{
    if (!s->stack) return;
    san_end(&s->san);
    (void)munmap(s->stack, STACK);
    s->stack = NULL;
}

/* ---- parking and waking ---- */

/* ring: where it sleeps. The lock is held. */
static void ring(struct strand_loop *l)
{
    if (l->asleep) (void)eventfd_write(l->bell, 1);
    l->asleep = false;
}

/* All of it under the lock, without which the loop does not end. */
void strand_wake(struct strand *s, _Atomic bool *open)
{
    struct strand_loop *l = s->loop;
    (void)pthread_mutex_lock(&l->lock);
    bool ready = s->parked;
    if (open) atomic_store(open, true);
    if (ready) append(&l->ready, s);
    else s->woken = true;
    s->parked = false;
    if (ready) ring(l);
    (void)pthread_mutex_unlock(&l->lock);
}

void strand_park(struct strand *s, int64_t until_us)
{
    struct strand_loop *l = s->loop;
    (void)pthread_mutex_lock(&l->lock);
    bool parks = !s->woken;
    s->parked = parks;
    s->woken = false;
    (void)pthread_mutex_unlock(&l->lock);
    if (!parks) return;
    if (until_us != INT64_MAX) time_out_at(l, s, until_us);
    leave(s);
    time_out_never(s);
}

void strand_yield(void)
{
    struct strand *s = mine;
    if (!s) return;
    (void)pthread_mutex_lock(&s->loop->lock);
    append(&s->loop->ready, s);
    (void)pthread_mutex_unlock(&s->loop->lock);
    leave(s);
}

void strand_sleep(int64_t us)
{
    int64_t until_us = time_monotonic_us() + us;
    if (!mine) {
        for (int64_t left; (left = until_us - time_monotonic_us()) > 0;) (void)poll(NULL, 0, (int)(left / 1000 + 1));
        return;
    }
    while (time_monotonic_us() < until_us) strand_park(mine, until_us);
}

void strand_await_rest(int64_t most_us)
{
    struct strand *s = mine;
    if (!s) return;
    append(&s->loop->patient, s); /* nobody else can wake it: it is not parked */
    s->loop->npatient++;
    time_out_at(s->loop, s, time_monotonic_us() + most_us);
    leave(s);
    time_out_never(s);
    (void)atomic_exchange(&s->hurried, false);
}

void strand_hurry(struct strand *s) { atomic_store(&s->hurried, true); } /* its loop does not sleep while somebody is patient */

size_t strand_crowd(void) { return mine ? mine->loop->running - mine->loop->nattending : 1; }

/* ---- descriptors ---- */

/* watch: once, for this strand. A descriptor stays known to the loop until it is closed, and says nothing in between. */
static bool watch(const struct strand_loop *l, struct strand *s, int fd, short events)
{
    struct epoll_event e = { .events = (uint32_t)events | EPOLLONESHOT, .data.ptr = s };
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) == 0) return true;
    return errno == ENOENT && epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static int poll_here(int fd, short events, int64_t until_us)
{
    struct pollfd p = { .fd = fd, .events = events };
    for (;;) {
        int64_t left = until_us - time_monotonic_us();
        int n = poll(&p, 1, left <= 0 ? 0 : left / 1000 < INT_MAX ? (int)(left / 1000 + 1) : INT_MAX);
        if (n > 0) return p.revents;
        if (n < 0 && errno != EINTR) return -1;
        if (left <= 0) return 0;
    }
}

int strand_poll(int fd, short events, int64_t until_us)
{
    struct strand *s = mine;
    if (!s || until_us <= time_monotonic_us()) return poll_here(fd, events, until_us);
    s->events = 0;
    if (!watch(s->loop, s, fd, events)) return -1;
    while (!s->events && time_monotonic_us() < until_us) strand_park(s, until_us);
    if (!s->events) (void)epoll_ctl(s->loop->epoll, EPOLL_CTL_DEL, fd, NULL); /* it must not speak to a strand that waits for something else */
    return s->events;
}

bool strand_attend(int fd, int64_t until_us)
{
    struct strand *s = mine;
    s->events = 0;
    if (!watch(s->loop, s, fd, EPOLLIN)) until_us = time_monotonic_us();
    s->loop->nattending++;
    if (until_us <= time_monotonic_us()) strand_yield(); /* whoever attends without a pause lets the others go on all the same */
    while (!s->events && !atomic_load(&s->recalled) && time_monotonic_us() < until_us) strand_park(s, until_us);
    s->loop->nattending--;
    bool recalled = atomic_exchange(&s->recalled, false); /* what it told is looked at from here on */
    return recalled || s->events;
}

void strand_recall(struct strand *s)
{
    if (!atomic_exchange(&s->recalled, true)) strand_wake(s, NULL);
}

/* ---- outside ---- */

void strand_outside(void (*run)(void *arg), void *arg)
{
    if (!mine || !errands_run(mine->loop->errands, run, arg)) run(arg);
}

/* ---- the loop ---- */

/* find_spare: a strand without a job, on a stack; NULL when there is no memory. */
static struct strand *find_spare(struct strand_loop *l)
{
    struct strand *s = l->spare;
    if (!s && l->made < l->most) {
        s = l->all[l->made++] = heap_new(struct strand);
        s->loop = l;
        s->next = NULL;
    } else if (s) {
        l->spare = s->next;
    }
    l->starved = s && !s->stack && !give_stack(s);
    if (!l->starved) return s;
    s->next = l->spare;
    l->spare = s;
    return NULL;
}

/* begin_jobs: as many as may run beside those that do. */
static void begin_jobs(struct strand_loop *l)
{
    for (;;) {
        struct strand *s = l->running < l->most ? find_spare(l) : NULL;
        if (!s) return;
        (void)pthread_mutex_lock(&l->lock);
        struct strand_job *job = l->jobs;
        if (job) {
            l->jobs = job->next;
            if (!l->jobs) l->last_job = &l->jobs;
            s->job = *job;
            s->busy = true;
            append(&l->ready, s);
        }
        (void)pthread_mutex_unlock(&l->lock);
        if (!job) {
            s->next = l->spare;
            l->spare = s;
            return;
        }
        l->running++;
    }
}

static void run_one(struct strand_loop *l, struct strand *s)
{
    enter(l, s);
    if (s->busy) return;
    s->next = l->spare;
    l->spare = s;
    l->running--;
}

/* run_ready: those that are ready now; who becomes so meanwhile comes after the sockets. */
static void run_ready(struct strand_loop *l)
{
    (void)pthread_mutex_lock(&l->lock);
    struct strand *s = l->ready.first;
    clear(&l->ready);
    (void)pthread_mutex_unlock(&l->lock);
    for (struct strand *next; s; s = next) {
        next = s->next;
        run_one(l, s);
    }
}

/* pause_us: how long the sockets may be waited for. */
static int64_t pause_us(const struct strand_loop *l)
{
    int64_t now_us = time_monotonic_us(), pause = REST_US;
    if (l->npatient) pause = l->running - l->nattending > l->npatient ? REST_LEAST_US : 0; /* who is alone does not wait */
    else if (l->starved) pause = STARVED_US;
    for (const struct strand *s = l->timed; s; s = s->later)
        if (s->until_us - now_us < pause) pause = s->until_us - now_us;
    return pause > 0 ? pause : 0;
}

static bool may_begin(const struct strand_loop *l) { return l->jobs && l->running < l->most && !l->starved; }

/* may_sleep: nothing is ready; from here on who wakes a strand rings. */
static bool may_sleep(struct strand_loop *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool may = !l->ready.first && !may_begin(l) && !(l->ending && !l->running && !l->jobs);
    l->asleep = may;
    (void)pthread_mutex_unlock(&l->lock);
    return may;
}

static void wake_late(struct strand_loop *l)
{
    int64_t now_us = time_monotonic_us();
    for (struct strand *s = l->timed, *later; s; s = later) {
        later = s->later;
        if (s->until_us <= now_us) strand_wake(s, NULL);
    }
}

/* let_patient_go: to the ready; those that may wait no longer go too, though others have something to do. */
static void let_patient_go(struct strand_loop *l, bool at_rest)
{
    int64_t now_us = time_monotonic_us();
    struct strand *s = l->patient.first;
    clear(&l->patient);
    (void)pthread_mutex_lock(&l->lock);
    for (struct strand *next; s; s = next) {
        next = s->next;
        bool goes = at_rest || s->until_us <= now_us || atomic_load(&s->hurried);
        append(goes ? &l->ready : &l->patient, s);
        l->npatient -= goes;
    }
    (void)pthread_mutex_unlock(&l->lock);
}

static bool is_at_rest(struct strand_loop *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool rests = !l->ready.first && !may_begin(l);
    (void)pthread_mutex_unlock(&l->lock);
    return rests;
}

/* give_back: now and then, what nobody uses: a loop is seldom without any work. */
static void give_back(struct strand_loop *l)
{
    size_t kept = 0;
    int64_t now_us = time_monotonic_us();
    if (now_us - l->trimmed_us < REST_US) return;
    l->trimmed_us = now_us;
    for (struct strand *s = l->spare; s; s = s->next)
        if (++kept > SPARE) take_stack(s);
    if (l->rest) l->rest(l->arg);
}

/* wait_for_events: a system that does not know waits of less than a millisecond waits for one. */
static int wait_for_events(const struct strand_loop *l, struct epoll_event *events, int64_t pause)
{
    struct timespec wait = { .tv_sec = pause / 1000000, .tv_nsec = pause % 1000000 * 1000 };
    int n = epoll_pwait2(l->epoll, events, EVENTS, &wait, NULL);
    return n >= 0 || errno == EINTR ? n : epoll_wait(l->epoll, events, EVENTS, (int)((pause + 999) / 1000));
}

/* look: at sockets and clocks. */
static void look(struct strand_loop *l)
{
    struct epoll_event events[EVENTS];
    int64_t pause = pause_us(l);
    if (pause && !may_sleep(l)) pause = 0;
    int n = wait_for_events(l, events, pause);
    if (pause) {
        (void)pthread_mutex_lock(&l->lock);
        l->asleep = false;
        (void)pthread_mutex_unlock(&l->lock);
    }
    for (int i = 0; i < n; i++) {
        struct strand *s = events[i].data.ptr;
        if (s) s->events = (int)(events[i].events & (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP));
        if (s) strand_wake(s, NULL);
        else (void)eventfd_read(l->bell, &(eventfd_t){ 0 });
    }
    wake_late(l);
    if (l->npatient) let_patient_go(l, n <= 0 && is_at_rest(l));
    give_back(l);
}

static bool is_over(struct strand_loop *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool over = l->ending && !l->jobs && !l->running;
    (void)pthread_mutex_unlock(&l->lock);
    return over;
}

static void *run(void *arg)
{
    struct strand_loop *l = arg;
    thread_name("sen-loop");
    san_here(&l->san);
    while (!is_over(l)) {
        begin_jobs(l);
        run_ready(l);
        look(l);
    }
    return NULL;
}

static void free_loop(struct strand_loop *l)
{
    errands_end(l->errands); /* its threads may still be about to leave a strand that they woke */
    for (size_t i = 0; i < l->made; i++) {
        take_stack(l->all[i]);
        heap_free(l->all[i]);
    }
    heap_free(l->all);
    if (l->epoll >= 0) (void)close(l->epoll);
    if (l->bell >= 0) (void)close(l->bell);
    (void)pthread_mutex_destroy(&l->lock);
    heap_free(l);
}

struct strand_loop *strand_loop_start(size_t most, void (*rest)(void *arg), void *arg)
{
    struct strand_loop *l = heap_new(struct strand_loop);
    struct epoll_event e = { .events = EPOLLIN };
    l->most = most;
    l->rest = rest;
    l->arg = arg;
    l->all = heap_alloc(most, sizeof *l->all);
    l->last_job = &l->jobs;
    clear(&l->ready);
    clear(&l->patient);
    (void)pthread_mutex_init(&l->lock, NULL);
    l->errands = errands_begin();
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->bell, &e) == 0 && pthread_create(&l->thread, NULL, run, l) == 0) return l;
    free_loop(l);
    return NULL;
}

void strand_begin(struct strand_loop *l, struct strand_job *job)
{
    (void)pthread_mutex_lock(&l->lock);
    job->next = NULL;
    *l->last_job = job;
    l->last_job = &job->next;
    ring(l);
    (void)pthread_mutex_unlock(&l->lock);
}

void strand_loop_end(struct strand_loop *l)
{
    if (!l) return;
    (void)pthread_mutex_lock(&l->lock);
    l->ending = true;
    ring(l);
    (void)pthread_mutex_unlock(&l->lock);
    (void)pthread_join(l->thread, NULL);
    free_loop(l);
}
