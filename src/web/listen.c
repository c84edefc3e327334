/* listen.c: a listening socket from "host:port". We make it ourselves, and not libmicrohttpd, for sentences that say what is wrong with the address. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/web_int.h"

enum { BACKLOG = 1024 };

/* split: "127.0.0.1:8080", "[::1]:8080", "localhost:8080". */
static bool split(struct str address, struct str *host, struct str *port)
{
    for (size_t i = address.n; i > 0; i--) {
        if (address.p[i - 1] != ':') continue;
        *host = str_first(address, i - 1);
        *port = str_skip(address, i);
        if (host->n >= 2 && host->p[0] == '[' && host->p[host->n - 1] == ']') *host = (struct str){ host->p + 1, host->n - 2 };
        return host->n > 0 && port->n > 0;
    }
    return false;
}

static int listen_on(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
    if (fd < 0) return -1;
    int one = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

/* listen_on_any: the first of these addresses that can be had, an IPv4 one before the others: a name such as localhost has both on most machines, whoever asks for
 * the other one tries this one too, and what is said to listen at 127.0.0.1 does. One that another program has is told, and not gone round: who asks there would reach that program. */
static int listen_on_any(const struct addrinfo *found)
{
    int fd = -1;
    for (const struct addrinfo *ai = found; ai && fd < 0; ai = ai->ai_next) {
        if (ai->ai_family == AF_INET) fd = listen_on(ai);
        if (ai->ai_family == AF_INET && fd < 0 && errno == EADDRINUSE) return -1;
    }
    for (const struct addrinfo *ai = found; ai && fd < 0; ai = ai->ai_next)
        if (ai->ai_family != AF_INET) fd = listen_on(ai);
    return fd;
}

enum status listen__open(struct call *c, struct str address, int *ret_fd)
{
    struct str host, port;
    if (!split(address, &host, &port)) return call_fail(c, ST_INVALID, "", "The address %s is not written as host:port.", address);
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found = NULL;
    char *host_z = str_to_z(c->arena, host), *port_z = str_to_z(c->arena, port);
    if (!host_z || !port_z || getaddrinfo(host_z, port_z, &hints, &found) != 0)
        return call_fail(c, ST_INVALID, "", "The address %s names no place of this machine. Check it in node.yaml.", address);
    int fd = listen_on_any(found), why = errno;
    freeaddrinfo(found);
    if (fd < 0 && why == EADDRINUSE) return call_fail(c, ST_UNAVAILABLE, "", "Another program listens at %s already. Stop it, or choose another port in node.yaml.", address);
    if (fd < 0) return call_fail(c, ST_UNAVAILABLE, "", "Listening at %s is not possible: %s.", address, str_z(strerror(why)));
    *ret_fd = fd;
    return ST_OK;
}
