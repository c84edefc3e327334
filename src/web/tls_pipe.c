/* tls_pipe.c: how the bytes of a TLS connection of the edge get to the socket and from it, in few system calls. GnuTLS alone would read the head and the rest of each record
 * apart, and libmicrohttpd gives it head and body of an answer one after the other, each sent, and each waking the reader. Here one read takes what is there, and an answer's
 * head waits for its body. The socket does not block, so each step is ready for EAGAIN. */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "web/web_int.h"

enum { RECEIVE = 18 * 1024 /* the largest record of TLS 1.2 and what begins behind it */, PIECES_MAX = 32 };

struct tls_pipe {
    int fd;
    bool hold;                       /* what is sent next waits for what follows it */
    char *in; size_t in_at, in_n;    /* read, and not yet asked for */
    char *out; size_t out_n;         /* held back */
};

/* pull: gnutls_pull_func. Nothing is kept in memory between two messages. */
static ssize_t pull(gnutls_transport_ptr_t arg, void *to, size_t max)
{
    struct tls_pipe *p = arg;
    if (!p->in) {
        char bytes[RECEIVE];
        ssize_t n = recv(p->fd, bytes, sizeof bytes, 0);
        if (n <= 0 || (size_t)n <= max) {
            if (n > 0) memcpy(to, bytes, (size_t)n);
            return n;
        }
        p->in = heap_grow(NULL, (size_t)n);
        p->in_n = (size_t)n;
        p->in_at = 0;
        memcpy(p->in, bytes, (size_t)n);
    }
    size_t n = p->in_n - p->in_at < max ? p->in_n - p->in_at : max;
    memcpy(to, p->in + p->in_at, n);
    p->in_at += n;
    if (p->in_at == p->in_n) {
        heap_free(p->in);
        p->in = NULL;
    }
    return (ssize_t)n;
}

static int pull_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
    const struct tls_pipe *p = arg;
    return p->in ? 1 : gnutls_system_recv_timeout((gnutls_transport_ptr_t)(intptr_t)p->fd, ms);
}

static size_t total(const giovec_t *pieces, int n)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++) sum += pieces[i].iov_len;
    return sum;
}

static void hold_back(struct tls_pipe *p, const giovec_t *pieces, int n)
{
    char *at = p->out = heap_grow(NULL, total(pieces, n));
    for (int i = 0; i < n; i++) {
        memcpy(at, pieces[i].iov_base, pieces[i].iov_len);
        at += pieces[i].iov_len;
    }
    p->out_n = (size_t)(at - p->out);
}

/* held_sent: of `sent` bytes the first were those held back; how many others there were, or -1 with EAGAIN for none. */
static ssize_t held_sent(struct tls_pipe *p, size_t sent)
{
    if (sent > p->out_n) {
        sent -= p->out_n;
        heap_free(p->out);
        p->out = NULL;
        p->out_n = 0;
        return (ssize_t)sent;
    }
    memmove(p->out, p->out + sent, p->out_n - sent);
    p->out_n -= sent;
    errno = EAGAIN;
    return -1;
}

/* push: gnutls_vec_push_func. */
static ssize_t push(gnutls_transport_ptr_t arg, const giovec_t *pieces, int n)
{
    struct tls_pipe *p = arg;
    struct iovec all[PIECES_MAX + 1];
    struct msghdr message = { .msg_iov = all };
    if (p->hold && !p->out) {
        p->hold = false;
        hold_back(p, pieces, n);
        return (ssize_t)p->out_n;
    }
    if (p->out) all[message.msg_iovlen++] = (struct iovec){ p->out, p->out_n };
    for (int i = 0; i < n && i < PIECES_MAX; i++) all[message.msg_iovlen++] = pieces[i];
    ssize_t sent = sendmsg(p->fd, &message, MSG_NOSIGNAL);
    return p->out && sent >= 0 ? held_sent(p, (size_t)sent) : sent;
}

struct tls_pipe *tls_pipe__new(void *session)
{
    struct tls_pipe *p = heap_new(struct tls_pipe);
    p->fd = gnutls_transport_get_int(session);
    gnutls_transport_set_ptr(session, p);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    gnutls_transport_set_vec_push_function(session, push);
    return p;
}

void tls_pipe__hold(struct tls_pipe *p) { p->hold = true; }

void tls_pipe__free(struct tls_pipe *p)
{
    if (!p) return;
    heap_free(p->in);
    heap_free(p->out);
    heap_free(p);
}
