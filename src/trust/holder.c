/* holder.c: the key holder process: one local socket, a thread for each connection (bounded), one answer for each question. It knows no
 * network, starts no program, and writes in the keys folder alone. What it refuses it refuses by status; sentences are made by the client. */
#define _GNU_SOURCE /* struct ucred, accept4 */
#include "trust/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/file.h"
#include "base/log.h"
#include "base/thread_name.h"
#include "trust/confine.h"
#include "trust/holder_answer.h"
#include "trust/holder_wire.h"

enum { HOLDER_CONNECTIONS = 128, HOLDER_BACKLOG = 128 };

struct connection {
    enum { FREE, BUSY } state;
    atomic_bool ended;      /* set by the thread as its last act */
    pthread_t thread;
    int fd;
    struct vault *vault;
};

/* ---- connections ---- */

static void *serve(void *arg)
{
    struct connection *conn = arg;
    struct call *c = call_open(NULL);
    thread_name("sen-sign");
    for (;;) {
        call_renew(c);
        char *packet = arena_alloc(c->arena, WIRE_PACKET_MAX + 1, 1);
        ssize_t n = recv(conn->fd, packet, WIRE_PACKET_MAX + 1, 0); /* one byte more than allowed: a longer packet is cut and then refused */
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        struct str out = holder_answer(c, conn->vault, str_of(packet, (size_t)n));
        if (send(conn->fd, out.p, out.n, MSG_NOSIGNAL) < 0) break;
    }
    call_close(c);
    atomic_store(&conn->ended, true);
    return NULL;
}

static void release(struct connection *conn)
{
    (void)pthread_join(conn->thread, NULL);
    (void)close(conn->fd);
    conn->state = FREE;
}

static struct connection *free_slot(struct connection *all)
{
    struct connection *found = NULL;
    for (size_t i = 0; i < HOLDER_CONNECTIONS; i++) {
        if (all[i].state == BUSY && atomic_load(&all[i].ended)) release(&all[i]);
        if (all[i].state == FREE && !found) found = &all[i];
    }
    return found;
}

static bool is_same_user(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.uid == geteuid();
}

static void take(struct call *c, struct connection *all, struct vault *v, int listener)
{
    FILE_FD fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (!is_same_user(fd)) {
        log_line(LOG_WARN, "trust", "holder.stranger", c->trace);
        return;
    }
    struct connection *conn = free_slot(all);
    if (!conn) {
        log_line(LOG_WARN, "trust", "holder.full", c->trace, log_int("connections", HOLDER_CONNECTIONS));
        return;
    }
    conn->vault = v;
    conn->fd = fd;
    atomic_store(&conn->ended, false);
    if (pthread_create(&conn->thread, NULL, serve, conn) != 0) return;
    conn->state = BUSY;
    fd = -1;
}

static void end_all(struct connection *all)
{
    for (size_t i = 0; i < HOLDER_CONNECTIONS; i++)
        if (all[i].state == BUSY) (void)shutdown(all[i].fd, SHUT_RDWR);
    for (size_t i = 0; i < HOLDER_CONNECTIONS; i++)
        if (all[i].state == BUSY) release(&all[i]);
}

/* ---- the process ---- */

static bool is_served(const struct sockaddr_un *at)
{
    FILE_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
}

static enum status open_socket(struct call *c, struct str path, int *ret)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (path.n >= sizeof at.sun_path) return call_fail(c, ST_INVALID, "node", "The path of the socket %s is too long. Put the node into a folder with a shorter path.", path);
    memcpy(at.sun_path, path.p, path.n);
    if (is_served(&at)) return call_fail(c, ST_CONFLICT, "node", "Another key holder serves this node already. Stop it first.");
    (void)unlink(at.sun_path);
    FILE_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    mode_t old = umask(0177);
    int e = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&at, sizeof at);
    (void)umask(old);
    if (e != 0 || listen(fd, HOLDER_BACKLOG) != 0) {
        call_note(c, "trust", "holder socket: errno %d", errno);
        return call_fail(c, ST_UNAVAILABLE, "node", "The key holder cannot make its socket %s. Is the folder there, and may it be written?", path);
    }
    *ret = fd;
    fd = -1;
    return ST_OK;
}

/* is_told_to_stop: takes SIGTERM out of the queue, so that it does not strike when the old mask comes back. */
static bool is_told_to_stop(int signals)
{
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof info) == (ssize_t)sizeof info;
}

static void run(struct call *c, struct vault *v, int listener, int signals)
{
    struct connection *all = heap_alloc(HOLDER_CONNECTIONS, sizeof *all);
    struct pollfd watch[] = { { .fd = signals, .events = POLLIN }, { .fd = listener, .events = POLLIN } };
    log_line(LOG_INFO, "trust", "holder.serves", c->trace);
    while (poll(watch, 2, -1) >= 0 || errno == EINTR) {
        if (watch[0].revents && is_told_to_stop(signals)) break;
        if (watch[1].revents) take(c, all, v, listener);
    }
    end_all(all);
    heap_free(all);
}

static enum status guard_and_run(struct call *c, struct str keys_folder, struct str socket_path, struct vault *v, int signals)
{
    FILE_FD listener = -1;
    TRY(open_socket(c, socket_path, &listener));
    TRY(confine_process(c, &(struct confinement){ .write = &keys_folder, .nwrite = 1 }));
    heap_settle();
    run(c, v, listener, signals);
    return ST_OK;
}

/* Ctrl-C at a terminal reaches the whole group: the holder leaves it to its parent, which still signs while it finishes its calls. */
static int watch_signals(sigset_t *old)
{
    sigset_t stop, quiet;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    quiet = stop;
    (void)sigaddset(&quiet, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &quiet, old);
    return signalfd(-1, &stop, SFD_CLOEXEC);
}

enum status holder_run(struct call *c, struct str keys_folder, struct str socket, struct str pin)
{
    sigset_t old;
    struct vault *v = NULL;
    heap_thrifty();
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);          /* no core file and no tracer may see a key */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);   /* keys do not outlive the process that needs them */
    FILE_FD signals = watch_signals(&old);
    enum status st = signals < 0 ? ST_BROKEN : vault_open(c, keys_folder, pin, &v);
    if (st == ST_OK) st = guard_and_run(c, keys_folder, socket, v, signals);
    vault_close(v);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return st;
}
