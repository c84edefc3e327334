/* traffic.c: `sen nation traffic`: believable questions between the agencies of a sandbox nation, at a rate that does not wait for answers (open loop): each
 * question has its moment, and its latency counts from that moment, so that a slow answer is not hidden by asking less. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "main/traffic.h"

enum { RATE_MOST = 20000, SECONDS_MOST = 7 * 24 * 3600, THREADS_LEAST = 4, THREADS_MOST = 64, RATE_A_THREAD = 10, STEPS = 16, BUCKETS = 64 * STEPS, SECOND_US = 1000000 };

enum outcome { ANSWERED, NOT_FOUND, REFUSED, FAILED, OUTCOMES };

/* struct load: shared by all threads; the plan is constant, the rest is counted. */
struct load {
    const struct app *app;
    const struct traffic_plan *plan;
    int64_t start_us, rate, total;
    uint64_t seed;
    _Atomic int64_t next, counts[OUTCOMES], buckets[BUCKETS];
};

/* ---- latencies: 16 steps for each doubling, so that a percentile is right within 6 % ---- */

static size_t bucket_of(int64_t us)
{
    uint64_t v = us > 0 ? (uint64_t)us : 0;
    if (v < STEPS) return (size_t)v;
    int log = 63 - __builtin_clzll(v);
    return (size_t)(log - 3) * STEPS + (size_t)((v >> (log - 4)) & (STEPS - 1));
}

static int64_t bucket_top(size_t b)
{
    if (b < STEPS) return (int64_t)b;
    size_t log = b / STEPS + 3;
    return (int64_t)(((uint64_t)STEPS + b % STEPS + 1) << (log - 4)) - 1;
}

static double percentile_ms(const struct load *l, int percent)
{
    int64_t all = 0, seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) all += l->buckets[i];
    for (size_t i = 0; i < BUCKETS; i++)
        if ((seen += l->buckets[i]) * 100 >= all * percent && seen) return (double)bucket_top(i) / 1000;
    return 0;
}

/* ---- one thread ---- */

/* mix: the n-th random number of this seed (SplitMix64, public domain): a run with the same seed asks the same. */
static uint64_t mix(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static enum outcome judge(enum status st, const struct client_answer *got)
{
    if (st != ST_OK) return FAILED;
    if (got->status >= 200 && got->status < 300) return ANSWERED;
    if (str_ends(client_header(got, "x-road-error"), STR("access_denied"))) return REFUSED;
    return got->status == 404 && !client_header(got, "x-road-error").n ? NOT_FOUND : FAILED;
}

static void wait_until(int64_t due_us)
{
    for (int64_t left; (left = due_us - time_monotonic_us()) > 0;) {
        struct timespec step = { left / SECOND_US, (left % SECOND_US) * 1000 };
        (void)nanosleep(&step, NULL);
    }
}

static void *ask_on(void *arg)
{
    struct load *l = arg;
    struct call *c = call_open(l->app);
    for (int64_t n; (n = atomic_fetch_add(&l->next, 1)) < l->total;) {
        struct client_request ask;
        struct client_answer got = { 0 };
        int64_t due_us = l->start_us + n * SECOND_US / l->rate;
        call_renew(c);
        traffic_fill(c, l->plan, (uint64_t)n, mix(l->seed, (uint64_t)n), &ask);
        wait_until(due_us);
        enum outcome how = judge(client_fetch(c, &ask, &got), &got);
        (void)atomic_fetch_add(&l->counts[how], 1);
        (void)atomic_fetch_add(&l->buckets[bucket_of(time_monotonic_us() - due_us)], 1);
    }
    call_close(c);
    return NULL;
}

/* ---- all of them ---- */

static int64_t done(const struct load *l) { return l->counts[ANSWERED] + l->counts[NOT_FOUND] + l->counts[REFUSED] + l->counts[FAILED]; }

static void say_second(const struct load *l, int64_t second, int64_t before[static OUTCOMES])
{
    int64_t now[OUTCOMES];
    for (size_t i = 0; i < OUTCOMES; i++) now[i] = l->counts[i];
    (void)printf("%6" PRId64 " s  %6" PRId64 " answered  %5" PRId64 " not found  %5" PRId64 " refused  %5" PRId64 " failed\n", second, now[ANSWERED] - before[ANSWERED],
                 now[NOT_FOUND] - before[NOT_FOUND], now[REFUSED] - before[REFUSED], now[FAILED] - before[FAILED]);
    (void)fflush(stdout);
    for (size_t i = 0; i < OUTCOMES; i++) before[i] = now[i];
}

static void watch(const struct load *l)
{
    int64_t before[OUTCOMES] = { 0 };
    for (int64_t second = 1; done(l) < l->total; second++) {
        while (time_monotonic_us() < l->start_us + second * SECOND_US && done(l) < l->total) (void)poll(NULL, 0, 20);
        say_second(l, second, before);
    }
}

static enum status say_end(struct call *c, const struct load *l)
{
    double took_s = (double)(time_monotonic_us() - l->start_us) / SECOND_US, reached = (double)done(l) / (took_s > 0 ? took_s : 1);
    (void)printf("\n%" PRId64 " questions in %.1f s: %" PRId64 " answered, %" PRId64 " not found, %" PRId64 " refused, %" PRId64 " failed\n", done(l), took_s, l->counts[ANSWERED],
                 l->counts[NOT_FOUND], l->counts[REFUSED], l->counts[FAILED]);
    (void)printf("latency: half within %.1f ms, 90 %% within %.1f ms, 99 %% within %.1f ms, all within %.1f ms\n", percentile_ms(l, 50), percentile_ms(l, 90), percentile_ms(l, 99),
                 percentile_ms(l, 100));
    if (took_s > (double)l->total / (double)l->rate * 1.05 + 1) (void)printf("The rate was not reached: %.0f a second instead of %" PRId64 ". This machine cannot do more now.\n", reached, l->rate);
    if (l->counts[ANSWERED]) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "No question was answered. Look at the nodes with: sen nation status");
}

static enum status run(struct call *c, struct load *l)
{
    pthread_t threads[THREADS_MOST];
    int64_t wanted = l->rate / RATE_A_THREAD;
    size_t most = wanted < THREADS_LEAST ? THREADS_LEAST : wanted > THREADS_MOST ? THREADS_MOST : (size_t)wanted, n = 0;
    l->start_us = time_monotonic_us();
    while (n < most && pthread_create(&threads[n], NULL, ask_on, l) == 0) n++;
    if (!n) return call_fail(c, ST_UNAVAILABLE, "", "The system could not start another thread. Free some memory and try again.");
    watch(l);
    while (n) (void)pthread_join(threads[--n], NULL);
    return say_end(c, l);
}

enum status nation_traffic_run(struct call *c, const struct args *args)
{
    struct nation n;
    struct traffic_plan plan;
    struct app app = *c->app;
    int64_t seconds, seed;
    struct load l = { .app = &app, .plan = &plan };
    log_least(LOG_ERROR); /* what fails is counted */
    TRY(args_count(c, args, "rate", 20, 1, RATE_MOST, &l.rate));
    TRY(args_count(c, args, "seconds", 60, 1, SECONDS_MOST, &seconds));
    TRY(args_count(c, args, "draw", 1, 0, INT32_MAX, &seed));
    TRY(nation_read_made(c, args, &n));
    TRY(traffic_read_plan(c, &n, &plan));
    l.total = l.rate * seconds;
    l.seed = (uint64_t)seed;
    client_keep(&app);
    enum status st = run(c, &l);
    client_keep_end(&app);
    return st;
}
