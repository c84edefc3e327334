/* holder_client.c: a pool of connections to the key holder. A connection whose question was not answered in time is closed, never reused:
 * the late answer must not be taken for the next one. */
#include "trust/holder_client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/crowd.h"
#include "base/file.h"
#include "base/gate.h"
#include "base/strand.h"
#include "base/time.h"

enum { CLIENT_CONNECTIONS = 16, RETRY_MS = 5 };

struct holder_client {
    struct turnstile turns;
    pthread_mutex_t lock;
    int idle[CLIENT_CONNECTIONS];
    size_t nidle;
    int64_t lost_us, tried_us; /* since when nobody answers, and when that was last seen */
    struct sockaddr_un at;
};

struct holder_client *holder_client_new(struct str socket)
{
    struct holder_client *h = heap_new(struct holder_client);
    (void)pthread_mutex_init(&h->lock, NULL);
    turnstile_init(&h->turns, CLIENT_CONNECTIONS);
    h->at.sun_family = AF_UNIX;
    if (socket.n < sizeof h->at.sun_path) memcpy(h->at.sun_path, socket.p, socket.n);
    return h;
}

static void close_idle(struct holder_client *h)
{
    while (h->nidle > 0) (void)close(h->idle[--h->nidle]);
}

void holder_client_free(struct holder_client *h)
{
    if (!h) return;
    close_idle(h);
    turnstile_done(&h->turns);
    (void)pthread_mutex_destroy(&h->lock);
    heap_free(h);
}

/* ---- connections: at most CLIENT_CONNECTIONS at work, the rest wait for one ---- */

/* take: an idle connection, or -1 as leave to open one. False when the deadline passed first. */
static bool take(struct holder_client *h, int64_t deadline_us, int *ret)
{
    if (!turnstile_enter(&h->turns, deadline_us)) return false;
    (void)pthread_mutex_lock(&h->lock);
    *ret = h->nidle > 0 ? h->idle[--h->nidle] : -1;
    (void)pthread_mutex_unlock(&h->lock);
    return true;
}

/* give_back: fd -1 for one that was closed; then the idle ones are of the same dead holder. */
static void give_back(struct holder_client *h, int fd)
{
    (void)pthread_mutex_lock(&h->lock);
    if (fd >= 0) {
        h->idle[h->nidle++] = fd;
        h->lost_us = 0;
    } else {
        close_idle(h);
    }
    (void)pthread_mutex_unlock(&h->lock);
    turnstile_leave(&h->turns);
}

static int open_one(const struct holder_client *h)
{
    FILE_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); /* a holder that stands still takes no more connections: that is not waited for */
    if (fd < 0 || connect(fd, (const struct sockaddr *)&h->at, sizeof h->at) != 0) return -1;
    int ready = fd;
    fd = -1;
    return ready;
}

/* ---- one try ---- */

enum outcome { ANSWERED, LOST /* the holder went away before it answered: ask again */, SILENT /* the deadline passed */ };

static enum outcome exchange(int fd, struct str question, char *packet, int64_t deadline_us, size_t *n)
{
    if (send(fd, question.p, question.n, MSG_NOSIGNAL) < 0) return LOST;
    for (;;) {
        int ready = strand_poll(fd, POLLIN, deadline_us);
        if (ready == 0) return SILENT;
        ssize_t got = ready > 0 ? recv(fd, packet, WIRE_PACKET_MAX, MSG_DONTWAIT) : -1;
        if (got < 0 && ready > 0 && errno == EAGAIN) continue;
        if (got <= 0) return LOST;
        *n = (size_t)got;
        return ANSWERED;
    }
}

static enum outcome ask_once(struct holder_client *h, struct str question, char *packet, int64_t deadline_us, bool *sent, size_t *n)
{
    int fd;
    if (!take(h, deadline_us, &fd)) return SILENT;
    if (fd < 0) fd = open_one(h);
    enum outcome o = LOST;
    *sent = fd >= 0;
    if (fd >= 0) o = exchange(fd, question, packet, deadline_us, n);
    if (o != ANSWERED && fd >= 0) (void)close(fd);
    give_back(h, o == ANSWERED ? fd : -1);
    return o;
}

/* patience: until when a holder that is gone is waited for: no longer than one question waits, however many wait one behind the other. */
static int64_t patience(struct holder_client *h, int64_t deadline_us, int64_t wait_us)
{
    int64_t now_us = time_monotonic_us();
    (void)pthread_mutex_lock(&h->lock);
    if (!h->lost_us || now_us - h->tried_us > wait_us) h->lost_us = now_us;
    h->tried_us = now_us;
    int64_t last_us = h->lost_us + wait_us;
    (void)pthread_mutex_unlock(&h->lock);
    return last_us < deadline_us ? last_us : deadline_us;
}

enum status holder_ask(struct call *c, struct holder_client *h, const struct wire *ask, int64_t wait_ms, struct wire *ret)
{
    call_may_wait(c);
    int64_t deadline_us = time_monotonic_us() + wait_ms * 1000;
    struct buf question = buf_in(c->arena, WIRE_PACKET_MAX);
    TRY(wire_write(ask, &question));
    char *packet = arena_room(c->arena, WIRE_PACKET_MAX);
    size_t n = 0;
    bool sent = false;
    enum outcome o = ask_once(h, buf_str(&question), packet, deadline_us, &sent, &n);
    while (o == LOST && !(sent && ask->kind == WIRE_MAKE) && time_monotonic_us() < patience(h, deadline_us, wait_ms * 1000)) {
        crowd_sleep(); /* not while it answers, which takes a moment: then this thread has something to write */
        strand_sleep(RETRY_MS * 1000);
        crowd_wake();
        o = ask_once(h, buf_str(&question), packet, deadline_us, &sent, &n);
    }
    if (o != ANSWERED) return call_fail(c, ST_UNAVAILABLE, "", "The key holder of this node does not answer. Try again in a minute; if it stays so, restart the node.");
    if (!wire_read(str_of(packet, n), ret) || ret->kind < WIRE_ANSWER || ret->kind > WIRE_ANSWER + ST_BROKEN) return ST_BROKEN;
    return (enum status)(ret->kind - WIRE_ANSWER);
}
