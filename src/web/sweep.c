/* sweep.c: connections that take too long over one request are shut. libmicrohttpd's own time-out counts silence only; who sends a byte every few seconds would hold
 * a connection for ever. A body earns time by its size, so that a slow honest line is not cut. */
#include <sys/socket.h>

#include "base/thread_name.h"
#include "base/time.h"
#include "web/web_int.h"

enum { BYTES_A_SECOND = 8 * 1024, LOOK_EVERY_MS = 500 };

struct watched { int fd; _Atomic int64_t deadline_us; /* 0: not reading */ struct watched *next, **before; };
struct sweep {
    int64_t request_us;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct watched *all;
    pthread_t thread;
    bool running, stopping;
};

struct sweep *sweep__new(int64_t request_us)
{
    struct sweep *s = heap_new(struct sweep);
    s->request_us = request_us;
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void look(struct sweep *s)
{
    int64_t now = time_monotonic_us();
    for (struct watched *x = s->all; x; x = x->next) {
        int64_t deadline = atomic_load(&x->deadline_us);
        /* the edge removes x under our lock before it closes the socket, so fd is still this connection's */
        if (deadline && now > deadline) (void)shutdown(x->fd, SHUT_RDWR);
    }
}

static void *run(void *arg)
{
    struct sweep *s = arg;
    thread_name("sen-sweep");
    (void)pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        int64_t at = time_monotonic_us() + LOOK_EVERY_MS * 1000;
        struct timespec until = { .tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000 };
        (void)pthread_cond_timedwait(&s->wake, &s->lock, &until);
        look(s);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

enum status sweep__start(struct call *c, struct sweep *s)
{
    if (pthread_create(&s->thread, NULL, run, s) != 0) return call_fail(c, ST_UNAVAILABLE, "", "No thread could be started. Raise the limit of processes or lower web.workers.");
    s->running = true;
    return ST_OK;
}

void sweep__stop(struct sweep *s)
{
    if (!s || !s->running) return;
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_cond_signal(&s->wake);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    s->running = false;
}

void sweep__free(struct sweep *s)
{
    if (!s) return;
    (void)pthread_cond_destroy(&s->wake);
    (void)pthread_mutex_destroy(&s->lock);
    heap_free(s);
}

struct watched *sweep__add(struct sweep *s, int fd)
{
    struct watched *x = heap_new(struct watched);
    x->fd = fd;
    sweep__begin(s, x);
    (void)pthread_mutex_lock(&s->lock);
    x->next = s->all;
    x->before = &s->all;
    if (x->next) x->next->before = &x->next;
    s->all = x;
    (void)pthread_mutex_unlock(&s->lock);
    return x;
}

void sweep__remove(struct sweep *s, struct watched *x)
{
    (void)pthread_mutex_lock(&s->lock);
    *x->before = x->next;
    if (x->next) x->next->before = x->before;
    (void)pthread_mutex_unlock(&s->lock);
    heap_free(x);
}

void sweep__begin(struct sweep *s, struct watched *x) { atomic_store(&x->deadline_us, time_monotonic_us() + s->request_us); }

void sweep__progress(struct watched *x, size_t bytes) { atomic_fetch_add(&x->deadline_us, (int64_t)bytes * 1000000 / BYTES_A_SECOND); }

void sweep__pause(struct watched *x) { atomic_store(&x->deadline_us, 0); }
