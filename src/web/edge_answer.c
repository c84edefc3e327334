/* edge_answer.c: a worker's reply is kept in one piece of memory and becomes libmicrohttpd's answer on the thread (or strand) of the door. libmicrohttpd takes three pieces of memory for a
 * header; what is taken and given back by the same thread costs little, what goes from one thread to another a lot. */
#include <microhttpd.h>

#include "base/log.h"
#include "web/web_int.h"

/* A reply that outlives its call. Texts of headers end with NUL and stand, like body and tail, behind the struct. The large part is read from its file while the client takes it. */
struct kept_reply { struct str body, tail; struct extent large; size_t nheaders; struct header headers[]; };

/* ---- in a worker ---- */

struct headers { struct header *all; size_t n, bytes; };

/* is_sendable: what would end a header early, or is none, does not go out. */
static bool is_sendable(struct header h)
{
    for (size_t i = str_plain_run(h.value, 0, 0); i < h.value.n; i++)
        if (h.value.p[i] == '\0' || h.value.p[i] == '\r' || h.value.p[i] == '\n') return false;
    return h.name.n && h.value.n && str_plain_run(h.name, ' ', ':') == h.name.n;
}

static void add_header(struct call *c, struct headers *to, struct header h)
{
    if (!is_sendable(h)) {
        call_note(c, "web", "header %.*s left out", STR_ARG(h.name));
        return;
    }
    to->all[to->n++] = h;
    to->bytes += h.name.n + h.value.n + 2;
}

static struct headers gather_headers(struct call *c, const struct reply *rp, const struct header *extra, size_t nextra)
{
    struct headers h = { arena_array(c->arena, struct header, 2 + rp->nmore + rp->nheaders + nextra), 0, 0 };
    if (rp->content_type.n) add_header(c, &h, (struct header){ STR("Content-Type"), rp->content_type });
    if (rp->no_store) add_header(c, &h, (struct header){ STR("Cache-Control"), STR("no-store") });
    for (size_t i = 0; i < rp->nmore; i++) add_header(c, &h, rp->more[i]);
    for (size_t i = 0; i < rp->nheaders; i++) add_header(c, &h, rp->headers[i]);
    for (size_t i = 0; i < nextra; i++) add_header(c, &h, extra[i]);
    return h;
}

static struct str put(char **at, struct str s)
{
    struct str copy = { *at, s.n };
    if (s.n) memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

static struct str put_z(char **at, struct str s)
{
    struct str copy = put(at, s);
    *(*at)++ = '\0';
    return copy;
}

static struct kept_reply *keep_reply(const struct reply *rp, struct headers h)
{
    struct kept_reply *k = heap_grow(NULL, sizeof *k + h.n * sizeof *h.all + h.bytes + rp->body.n + rp->tail.n);
    char *at = (char *)&k->headers[h.n];
    for (size_t i = 0; i < h.n; i++) k->headers[i] = (struct header){ put_z(&at, h.all[i].name), put_z(&at, h.all[i].value) };
    k->nheaders = h.n;
    k->body = put(&at, rp->body);
    k->tail = put(&at, rp->tail);
    k->large = rp->large;
    if (k->large.spool) (void)spool_hold(k->large.spool);
    return k;
}

void turn__answer(struct call *c, struct turn *t, const struct reply *rp, const struct header *extra, size_t nextra)
{
    t->status = rp->status ? rp->status : 200;
    t->kept = keep_reply(rp, gather_headers(c, rp, extra, nextra));
    t->state = TURN_READY;
    door__resume(t->door, t->connection); /* from here on the edge owns the turn */
}

/* ---- on the thread of the door ---- */

void turn__drop_reply(void *kept)
{
    struct kept_reply *k = kept;
    if (!k) return;
    spool_drop(k->large.spool);
    heap_free(k);
}

static ssize_t flow_on(void *arg, uint64_t at, char *to, size_t max)
{
    const struct kept_reply *k = arg;
    uint64_t large_end = k->body.n + (uint64_t)k->large.size;
    size_t n;
    if (at < k->body.n || at >= large_end) {
        struct str rest = at < k->body.n ? str_skip(k->body, at) : str_skip(k->tail, at - large_end);
        if (rest.n == 0) return MHD_CONTENT_READER_END_OF_STREAM;
        n = rest.n < max ? rest.n : max;
        memcpy(to, rest.p, n);
        return (ssize_t)n;
    }
    n = large_end - at < max ? (size_t)(large_end - at) : max;
    return extent_read(&k->large, (int64_t)(at - k->body.n), to, n) ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* make_response: takes over what was kept; NULL when there is no memory. */
static struct MHD_Response *make_response(struct kept_reply *k)
{
    uint64_t size = k->body.n + (uint64_t)k->large.size + k->tail.n;
    struct MHD_Response *r = k->large.spool /* const is cast away for a signature only */
        ? MHD_create_response_from_callback(size, SPOOL_STEP, flow_on, k, turn__drop_reply)
        : MHD_create_response_from_buffer_with_free_callback_cls(k->body.n, (void *)(uintptr_t)k->body.p, turn__drop_reply, k);
    if (!r) {
        turn__drop_reply(k);
        return NULL;
    }
    for (size_t i = 0; i < k->nheaders; i++) {
        if (MHD_add_response_header(r, k->headers[i].name.p, k->headers[i].value.p) == MHD_YES) continue;
        log_line(LOG_WARN, "web", "header.left_out", STR("edge"), log_text("name", k->headers[i].name));
    }
    return r;
}

/* sends_body: does libmicrohttpd send one with this answer, behind the head at once? (RFC 9110 6.4.1) */
static bool sends_body(const struct turn *t)
{
    bool has = t->kept->body.n && !t->kept->large.spool;
    return has && t->status >= 200 && t->status != 204 && t->status != 304 && !str_eq(t->method, STR("HEAD")) && !str_eq(t->method, STR("CONNECT"));
}

bool turn__send(struct turn *t)
{
    bool hold = t->pipe && sends_body(t);
    struct MHD_Response *r = make_response(t->kept);
    t->kept = NULL;
    if (!r) {
        log_line(LOG_ERROR, "web", "answer.no_memory", STR("edge"), log_int("status", t->status));
        return false;
    }
    if (hold) tls_pipe__hold(t->pipe);
    enum MHD_Result queued = MHD_queue_response(t->connection, (unsigned)t->status, r);
    MHD_destroy_response(r); /* the connection holds it until it is sent */
    return queued == MHD_YES;
}
