/* client_race.c: which of several hosts takes a TCP connection first. Only that is found out: the connections are closed again, and a request goes its usual way. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crowd.h"
#include "base/strand.h"
#include "base/time.h"
#include "web/client.h"

enum { RUNNERS_MAX = 16 };

/* start: a connection on its way, or -1. The name is looked up here; members give addresses, so that nothing is waited for. */
static int start(struct call *c, struct str host, int port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *found = NULL;
    char *host_z = str_to_z(c->arena, host);
    int fd = -1;
    if (!host_z || getaddrinfo(host_z, str_to_z(c->arena, str_print(c->arena, "%d", port)), &hints, &found) != 0) return -1;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
        (void)close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static bool is_connected(int fd)
{
    int error = 0;
    socklen_t n = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
}

/* look: has one of those that are ready won? Who failed leaves the race. */
static bool look(struct pollfd *runners, size_t n, size_t *left, size_t *ret)
{
    for (size_t i = 0; i < n; i++) {
        if (runners[i].fd < 0 || !runners[i].revents) continue;
        if (is_connected(runners[i].fd)) return *ret = i, true;
        (void)close(runners[i].fd);
        runners[i].fd = -1; /* poll passes over it */
        (*left)--;
    }
    return false;
}

struct race { struct call *call; const struct str *hosts; size_t n; int port; int64_t ms; bool won; size_t winner; };

static void run(void *arg)
{
    struct race *r = arg;
    struct pollfd runners[RUNNERS_MAX];
    size_t left = 0;
    int64_t until_us = time_monotonic_us() + r->ms * 1000, left_us;
    for (size_t i = 0; i < r->n; i++) {
        runners[i] = (struct pollfd){ .fd = start(r->call, r->hosts[i], r->port), .events = POLLOUT };
        left += runners[i].fd >= 0;
    }
    while (!r->won && left && (left_us = until_us - time_monotonic_us()) > 0) {
        int ready = poll(runners, r->n, (int)(left_us / 1000 + 1));
        if (ready < 0 && errno != EINTR) break;
        if (ready > 0) r->won = look(runners, r->n, &left, &r->winner);
    }
    for (size_t i = 0; i < r->n; i++)
        if (runners[i].fd >= 0) (void)close(runners[i].fd);
}

bool client_race(struct call *c, const struct str *hosts, size_t n, int port, int64_t ms, size_t *ret)
{
    struct race r = { .call = c, .hosts = hosts, .n = n < RUNNERS_MAX ? n : RUNNERS_MAX, .port = port, .ms = ms };
    call_may_wait(c);
    crowd_sleep();
    strand_outside(run, &r);
    crowd_wake();
    if (r.won) *ret = r.winner;
    return r.won;
}
