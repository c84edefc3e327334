/* edge.c: turns: the event-driven side. A door reads requests within limits, hands each to the workers with its connection suspended, and sends the
 * answer when the worker has resumed it. Rules that libmicrohttpd asks for: suspend inside the access handler, resume once, and let nothing of a turn be touched
 * after the resume. Every suspended connection is resumed by exactly one turn__answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread_name.h"
#include "base/time.h"
#include "web/page.h"
#include "web/web_int.h"

enum { PAGES_CONNECTION_MEMORY = 32 * 1024, CONNECTION_MEMORY = 16 * 1024 /* libmicrohttpd wipes all of it after each request */, BODY_STEP = 16 * 1024, DISCARD_MAX = 1024 * 1024 };

/* What belongs to a connection, beside the turn of its request. */
struct caller { struct watched *watched; struct tls_pipe *pipe; char address[INET6_ADDRSTRLEN]; };

/* ---- a turn begins and ends ---- */

/* begin_turn: MHD_OPTION_URI_LOG_CALLBACK, the only place where the target is still as it was on the wire; libmicrohttpd decodes it in place afterwards. */
static void *begin_turn(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct door *d = arg;
    struct turn *t = heap_new(struct turn);
    t->door = d;
    t->connection = connection;
    t->began_us = time_monotonic_us();
    t->target = heap_copy(str_z(uri));
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct caller *from = info ? info->socket_context : NULL;
    if (from) {
        t->watched = from->watched;
        t->pipe = from->pipe;
        t->address = str_z(from->address);
        sweep__begin(d->web->sweep, t->watched);
    }
    return t;
}

static void release_body(struct turn *t)
{
    if (t->body_cap) atomic_fetch_sub(&t->door->web->body_bytes, t->body_cap);
    heap_free(t->body);
    spool_drop(t->spool);
    t->spool = NULL;
    t->body = NULL;
    t->body_cap = t->nbody = 0;
}

/* end_turn: MHD_OPTION_NOTIFY_COMPLETED, for every turn that began, also when the client went away. */
static void end_turn(void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
    struct turn *t = *state;
    (void)arg;
    (void)connection;
    (void)why;
    if (!t) return;
    *state = NULL;
    if (t->watched) sweep__pause(t->watched);
    turn__drop_reply(t->kept);
    if (t->state == TURN_WAITING || t->state == TURN_READY) web__turn_ended(t->door->web);
    release_body(t);
    heap_drop(t->target);
    heap_free(t);
}

/* ---- what the edge itself answers: too large, too many headers, too busy ---- */

static struct str early_sentence(int http)
{
    if (http == 413) return str_z(status_sentence(ST_TOO_LARGE));
    if (http == 431) return TR("The request has too many headers. Send fewer.");
    if (http == 400) return str_z(status_sentence(ST_INVALID));
    return TR("The server is very busy. Try again in a few seconds.");
}

static bool speaks_to_peers(const struct door *d) { return d->port == PORT_PEERS && d->web->refuse_peer; }
static enum status early_status(int http) { return http == 413 ? ST_TOO_LARGE : http == 503 ? ST_UNAVAILABLE : ST_INVALID; }

static void copy_early_text(const struct door *d, int http, struct buf *out)
{
    const struct web_options *o = &d->web->options;
    struct str english = early_sentence(http);
    if (speaks_to_peers(d)) {
        d->web->refuse_peer(out, early_status(http), english);
        return;
    }
    if (d->port != PORT_PAGES) {
        buf_print(out, "{\"type\":\"about:blank\",\"status\":%d,\"detail\":\"%.*s\"}", http, STR_ARG(english));
        return;
    }
    buf_put(out, text_tr(o->nlanguages ? o->languages[0] : STR("en"), english));
    buf_put_c(out, '\n');
}

static enum MHD_Result answer_early(struct turn *t, int http)
{
    BUF text = buf_heap(4096);
    copy_early_text(t->door, http, &text);
    struct MHD_Response *r = MHD_create_response_from_buffer(text.n, text.p, MHD_RESPMEM_MUST_COPY);
    if (!r) return MHD_NO;
    bool peers = speaks_to_peers(t->door);
    (void)MHD_add_response_header(r, "Content-Type", peers ? "text/xml; charset=UTF-8" : t->door->port == PORT_PAGES ? "text/plain; charset=utf-8" : "application/problem+json");
    (void)MHD_add_response_header(r, "Connection", "close");
    (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    if (http == 503) (void)MHD_add_response_header(r, "Retry-After", "5");
    if (peers && http == 503) (void)MHD_add_response_header(r, "X-Sen-Taken", "no");
    atomic_fetch_add(&t->door->web->numbers.refused, 1);
    numbers__count(&t->door->web->numbers, t->door->port, http, time_monotonic_us() - t->began_us);
    enum MHD_Result queued = MHD_queue_response(t->connection, peers ? MHD_HTTP_OK : (unsigned)http, r);
    MHD_destroy_response(r);
    return queued;
}

/* ---- reading ---- */

/* What the head says about the body. Two lengths of one body are how requests are smuggled past a proxy that believes the other one. */
struct framing { size_t headers; int lengths, codings; size_t length /* 0: not told */; };

static enum MHD_Result count_framing(void *arg, enum MHD_ValueKind kind, const char *name, size_t nname, const char *value, size_t nvalue)
{
    struct framing *f = arg;
    int64_t n;
    (void)kind;
    f->headers++;
    f->codings += str_eq_nocase(str_of(name, nname), STR("Transfer-Encoding"));
    if (!str_eq_nocase(str_of(name, nname), STR("Content-Length"))) return MHD_YES;
    f->lengths++;
    if (value && str_int(str_of(value, nvalue), &n) && n > 0) f->length = (size_t)n;
    return MHD_YES;
}

/* start_reading: the route is known before the body is read, so that its limit counts. */
static int start_reading(struct turn *t, const char *method)
{
    t->state = TURN_READING;
    t->method = str_z(method);
    t->body_max = BODY_DEFAULT;
    struct framing f = { 0 };
    (void)MHD_get_connection_values_n(t->connection, MHD_HEADER_KIND, count_framing, &f);
    if (f.headers > HEADERS_MAX) return 431;
    if (f.lengths + f.codings > 1) return 400;
    if (!request__split_target(t->target, &t->path, &t->query)) return 400;
    t->matched = router__match(t->door->router, t->method, t->path, &t->match);
    if (t->match.route && t->match.route->max_body) t->body_max = t->match.route->max_body;
    t->body_told = f.length;
    return f.length > t->body_max ? 413 : 0;
}

/* make_room: the body grows by doubling, from what was told of it; all bodies together stay below options.body_memory. */
static bool make_room(struct turn *t, size_t more)
{
    if (t->nbody + more <= t->body_cap) return true;
    size_t first = t->body_told && t->body_told < BODY_STEP ? t->body_told : BODY_STEP, cap = t->body_cap ? t->body_cap : first;
    while (cap < t->nbody + more) cap *= 2;
    struct web *w = t->door->web;
    size_t grown = cap - t->body_cap;
    if (atomic_fetch_add(&w->body_bytes, grown) + grown > w->options.body_memory) {
        atomic_fetch_sub(&w->body_bytes, grown);
        return false;
    }
    t->body = heap_grow(t->body, cap);
    t->body_cap = cap;
    return true;
}

/* drop: the rest is read and forgotten, because libmicrohttpd can answer only before or after a body. */
static void drop(struct turn *t, int http)
{
    t->state = TURN_DROPPED;
    t->early = http;
    release_body(t);
}

/* keep: in memory, or from SPOOL_FROM on in a file where the route wants that. */
static bool keep(struct turn *t, const char *data, size_t n)
{
    bool spools = t->match.route && t->match.route->spools;
    if (!t->spool && (!spools || t->nbody + n <= SPOOL_FROM)) {
        if (!make_room(t, n)) return false;
        memcpy(t->body + t->nbody, data, n);
        t->nbody += n;
        return true;
    }
    if (!t->spool) {
        struct spool *s = spool_new(&t->door->web->room);
        bool moved = s && spool_put(s, str_of(t->body, t->nbody));
        release_body(t);
        t->spool = s;
        if (!moved) return false;
    }
    return spool_put(t->spool, str_of(data, n));
}

static enum MHD_Result read_more(struct turn *t, const char *data, size_t n)
{
    t->body_seen += n;
    if (t->watched) sweep__progress(t->watched, n);
    if (t->state == TURN_DROPPED) return t->body_seen > t->body_max + DISCARD_MAX ? MHD_NO : MHD_YES;
    if (t->body_seen > t->body_max) drop(t, 413);
    else if (!keep(t, data, n)) drop(t, 503);
    return MHD_YES;
}

static enum MHD_Result submit(struct turn *t)
{
    struct web *w = t->door->web;
    if (t->watched) sweep__pause(t->watched);
    bool waits = t->match.route && t->match.route->waits;
    size_t door = t->door->index;
    if (!(waits ? waiters__reserve(w->waiters, door) : workers__reserve(w->workers, door))) return answer_early(t, 503);
    t->state = TURN_WAITING;
    web__turn_began(w);
    MHD_suspend_connection(t->connection);
    if (waits) waiters__push(w->waiters, door, t);
    else workers__push(w->workers, door, t);
    return MHD_YES;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct turn *t = *state;
    (void)arg;
    (void)connection;
    (void)url;
    (void)version;
    switch (t->state) {
    case TURN_NEW:
        t->early = start_reading(t, method);
        return t->early ? answer_early(t, t->early) : MHD_YES;
    case TURN_READING:
    case TURN_DROPPED:
        if (*size) {
            enum MHD_Result more = read_more(t, data, *size);
            *size = 0;
            return more;
        }
        return t->state == TURN_DROPPED ? answer_early(t, t->early) : submit(t);
    case TURN_WAITING: return MHD_NO; /* not reached: the connection is suspended */
    case TURN_READY:
        release_body(t); /* the worker is done with it; a client that reads slowly keeps its answer, not its question too */
        return turn__send(t) ? MHD_YES : MHD_NO;
    }
    return MHD_NO;
}

/* ---- connections ---- */

static void write_address(const struct sockaddr *sa, char to[static INET6_ADDRSTRLEN])
{
    if (sa->sa_family == AF_INET) (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, to, INET6_ADDRSTRLEN);
    if (sa->sa_family == AF_INET6) (void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, to, INET6_ADDRSTRLEN);
}

static struct caller *welcome(struct door *d, struct MHD_Connection *connection, int fd)
{
    struct caller *from = heap_new(struct caller);
    from->watched = sweep__add(d->web->sweep, fd);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr) write_address(info->client_addr, from->address);
    if (d->tls) from->pipe = tls__connection_started(connection, d);
    return from;
}

static void part(struct door *d, struct caller *from)
{
    if (!from) return;
    sweep__remove(d->web->sweep, from->watched);
    tls_pipe__free(from->pipe); /* libmicrohttpd has ended the session before it tells */
    heap_free(from);
}

/* name_thread: libmicrohttpd names the threads of all doors alike, and a door first runs on its own thread when somebody comes. */
static void name_thread(struct door *d)
{
    thread_name("sen-%s", web__door_names[d->index]);
    d->named = true;
}

static void connection_changed(void *arg, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what)
{
    struct door *d = arg;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        if (!d->named && !d->keeper) name_thread(d);
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info ? welcome(d, connection, info->connect_fd) : NULL;
        atomic_fetch_add(&d->web->numbers.connections[d->index], 1);
        return;
    }
    atomic_fetch_sub(&d->web->numbers.connections[d->index], 1);
    part(d, *context);
    *context = NULL;
}

static PRINTF_LIKE(2, 0) void note_from_library(void *arg, const char *format, va_list args)
{
    (void)arg;
    log_vnote(STR("edge"), "web", format, args);
}

/* ---- the daemon of a door ---- */

/* edge__start: with a thread of its own, or for a loop that calls MHD_run. */
struct MHD_Daemon *edge__start(struct door *d, bool own_thread)
{
    const struct web_options *o = &d->web->options;
    unsigned flags = (own_thread ? MHD_USE_EPOLL_INTERNAL_THREAD : MHD_USE_EPOLL) | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (d->tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, tls__certificate_callback() },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls__priorities },
        { MHD_OPTION_HTTPS_MEM_DHPARAMS, 0, (void *)(uintptr_t)tls__dh_params },
        { MHD_OPTION_END, 0, NULL } };
    struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
    return MHD_start_daemon(flags, 0, NULL, NULL, handle, d,
        MHD_OPTION_EXTERNAL_LOGGER, note_from_library, NULL,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)d->fd,
        MHD_OPTION_URI_LOG_CALLBACK, begin_turn, d,
        MHD_OPTION_NOTIFY_COMPLETED, end_turn, d,
        MHD_OPTION_NOTIFY_CONNECTION, connection_changed, d,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)o->connections_each,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)o->idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(d->port == PORT_PAGES ? PAGES_CONNECTION_MEMORY : CONNECTION_MEMORY),
        MHD_OPTION_STRICT_FOR_CLIENT, (int)1,
        MHD_OPTION_ARRAY, d->tls ? tls : none,
        MHD_OPTION_END);
}
