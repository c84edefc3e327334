/* door.c: the life of a door. One that serves pages and the like has a thread of libmicrohttpd's own; one whose requests run on strands stands on a strand too, of the same loop:
 * then a request and its answer change threads nowhere. Where it must wait in the middle of a step (the key holder signs for a handshake), other strands go on. */
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/gate.h"
#include "base/strand.h"
#include "base/time.h"
#include "web/web_int.h"

enum { IN_VAIN_MOST = 16, PAUSE_US = 1000 };
#define LOOK_US (10 * (int64_t)1000000) /* a door looks at its clocks at least that often */

/* ---- on a loop ---- */

struct keeper { struct door *door; struct strand *strand; struct strand_job job; _Atomic int wish /* enum wish */; struct gate done; /* opened whenever a wish has come true */ };
enum wish { WISH_SERVE, WISH_TAKE_NO_MORE, WISH_CLOSE };

/* next_look_us: when libmicrohttpd wants to be called even if nothing comes. It wants so at once, again and again, as long as a handshake waits for its other side: once that
 * has been in vain for a while, a pause is made. */
static int64_t next_look_us(struct MHD_Daemon *daemon, int in_vain)
{
    MHD_UNSIGNED_LONG_LONG ms;
    bool wants = MHD_get_timeout(daemon, &ms) == MHD_YES && ms < LOOK_US / 1000;
    int64_t pause_us = wants ? (int64_t)ms * 1000 : LOOK_US;
    return time_monotonic_us() + (pause_us == 0 && in_vain > IN_VAIN_MOST ? PAUSE_US : pause_us);
}

/* run: one step of libmicrohttpd; true when connections ended: a place that was wanted is given in the next step. */
static bool run(struct door *d)
{
    _Atomic int64_t *open = &d->web->numbers.connections[d->index];
    int64_t before = atomic_load(open);
    (void)MHD_run(d->daemon);
    return atomic_load(open) < before;
}

static void serve(struct keeper *k)
{
    struct MHD_Daemon *daemon = k->door->daemon;
    int fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, wish = WISH_SERVE, in_vain = 0;
    for (int now; (now = atomic_load(&k->wish)) != WISH_CLOSE;) {
        if (now != wish) {
            (void)MHD_quiesce_daemon(daemon); /* gives the socket back to us */
            gate_open(&k->done);
        }
        wish = now;
        int64_t until_us = run(k->door) ? 0 : next_look_us(daemon, in_vain);
        in_vain = strand_attend(fd, until_us) ? 0 : in_vain + 1;
    }
}

static void keep(void *arg)
{
    struct keeper *k = arg;
    k->strand = strand_mine();
    gate_open(&k->done);
    serve(k);
    gate_open(&k->done); /* k may be gone */
}

static void begin_keeping(struct door *d)
{
    struct keeper *k = d->keeper = heap_new(struct keeper);
    k->door = d;
    k->job = (struct strand_job){ keep, k, NULL };
    gate_init(&k->done);
    strand_begin(waiters__loop(d->web->waiters, d->index), &k->job);
    gate_wait(&k->done);
}

/* make: from outside, until the wish has come true. */
static void make(struct keeper *k, enum wish wish)
{
    atomic_store(&k->wish, wish);
    strand_recall(k->strand);
    gate_wait(&k->done);
}

static void end_keeping(struct door *d)
{
    make(d->keeper, WISH_CLOSE);
    gate_done(&d->keeper->done);
    heap_free(d->keeper);
    d->keeper = NULL;
}

/* The daemon of a loop has nothing that would wake its keeper. */
void door__resume(struct door *d, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    if (d->keeper) strand_recall(d->keeper->strand);
}

/* ---- life ---- */

enum status door__open(struct call *c, struct door *d, struct str address)
{
    bool own_thread = !router__waits(d->router);
    TRY(listen__open(c, address, &d->fd));
    workers__open_door(d->web->workers, d->index);
    d->daemon = edge__start(d, own_thread);
    if (d->daemon && !own_thread) begin_keeping(d);
    if (d->daemon) return ST_OK;
    (void)close(d->fd);
    d->fd = -1;
    return call_fail(c, ST_UNAVAILABLE, "", "The HTTP server did not start at %s. The cause stands in the log.", address);
}

int door__bound_port(const struct door *d)
{
    struct sockaddr_storage at = { 0 };
    socklen_t n = sizeof at;
    if (getsockname(d->fd, (struct sockaddr *)&at, &n) != 0) return 0;
    if (at.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)(void *)&at)->sin6_port);
    return ntohs(((struct sockaddr_in *)(void *)&at)->sin_port);
}

void door__quiesce(struct door *d)
{
    if (!d->daemon) return;
    if (d->keeper) make(d->keeper, WISH_TAKE_NO_MORE);
    else (void)MHD_quiesce_daemon(d->daemon); /* gives the socket back to us */
    (void)close(d->fd);
    d->fd = -1;
}

void door__close(struct door *d)
{
    if (d->keeper) end_keeping(d);
    if (d->daemon) MHD_stop_daemon(d->daemon);
    d->daemon = NULL;
    router__free(d->router);
    d->router = NULL;
    tls__free(d->secrets);
    d->secrets = NULL;
}
