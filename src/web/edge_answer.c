/* edge_answer.c: a worker's reply becomes libmicrohttpd's answer, and the turn goes back to the edge. */
#include <microhttpd.h>

#include "web/web_int.h"

static void add_header(struct call *c, struct MHD_Response *r, struct header h)
{
    char *name = str_to_z(c->arena, h.name), *value = str_to_z(c->arena, h.value);
    if (!name || !value || MHD_add_response_header(r, name, value) != MHD_YES) call_note(c, "web", "header %.*s left out", STR_ARG(h.name));
}

static void add_headers(struct call *c, struct MHD_Response *r, const struct reply *rp, const struct header *extra, size_t nextra)
{
    if (rp->content_type.n) add_header(c, r, (struct header){ STR("Content-Type"), rp->content_type });
    if (rp->no_store) add_header(c, r, (struct header){ STR("Cache-Control"), STR("no-store") });
    for (size_t i = 0; i < rp->nmore; i++) add_header(c, r, rp->more[i]);
    for (size_t i = 0; i < rp->nheaders; i++) add_header(c, r, rp->headers[i]);
    for (size_t i = 0; i < nextra; i++) add_header(c, r, extra[i]);
}

/* A reply with a large part: read from its file while the client takes it. */
struct flow { struct str body, tail; struct extent large; };

static void end_flow(void *arg)
{
    struct flow *f = arg;
    spool_drop(f->large.spool);
    heap_free((char *)f->body.p);
    heap_free(f);
}

static ssize_t flow_on(void *arg, uint64_t at, char *to, size_t max)
{
    const struct flow *f = arg;
    uint64_t large_end = f->body.n + (uint64_t)f->large.size;
    size_t n;
    if (at < f->body.n || at >= large_end) {
        struct str rest = at < f->body.n ? str_skip(f->body, at) : str_skip(f->tail, at - large_end);
        if (rest.n == 0) return MHD_CONTENT_READER_END_OF_STREAM;
        n = rest.n < max ? rest.n : max;
        memcpy(to, rest.p, n);
        return (ssize_t)n;
    }
    n = large_end - at < max ? (size_t)(large_end - at) : max;
    return extent_read(&f->large, (int64_t)(at - f->body.n), to, n) ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *make_flow(const struct reply *rp)
{
    struct flow *f = heap_new(struct flow);
    char *copy = heap_alloc(rp->body.n + rp->tail.n + 1, 1);
    if (rp->body.n) memcpy(copy, rp->body.p, rp->body.n);
    if (rp->tail.n) memcpy(copy + rp->body.n, rp->tail.p, rp->tail.n);
    *f = (struct flow){ { copy, rp->body.n }, { copy + rp->body.n, rp->tail.n }, rp->large };
    (void)spool_hold(rp->large.spool);
    struct MHD_Response *r = MHD_create_response_from_callback(rp->body.n + (uint64_t)rp->large.size + rp->tail.n, SPOOL_STEP, flow_on, f, end_flow);
    if (!r) end_flow(f);
    return r;
}

void turn__answer(struct call *c, struct turn *t, const struct reply *rp, const struct header *extra, size_t nextra)
{
    t->status = rp->status ? rp->status : 200;
    /* MHD copies the body because the call's arena is used again before the last byte is sent; const is cast away for its signature only */
    t->response = rp->large.spool ? make_flow(rp) : MHD_create_response_from_buffer(rp->body.n, (void *)(uintptr_t)rp->body.p, MHD_RESPMEM_MUST_COPY);
    if (t->response) {
        t->bodied = rp->body.n && !rp->large.spool;
        add_headers(c, t->response, rp, extra, nextra);
    } else {
        call_note(c, "web", "no memory for an answer of %zu bytes", rp->body.n);
        t->status = 503;
        t->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    t->state = TURN_READY;
    MHD_resume_connection(t->connection); /* from here on the edge owns the turn */
}
