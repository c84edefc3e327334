/* serve.c: the way of one request through a worker, in this order: request -> language -> session -> right -> form -> token of the form -> handler -> and, where one of
 * them refused, the one place that turns a status into a page or a problem. */
#include <microhttpd.h>

#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "web/page.h"
#include "web/web_int.h"

/* ---- the request, as views of what the suspended connection holds ---- */

struct taken { struct header *headers; size_t n, max; };

static enum MHD_Result take_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t nname, const char *value, size_t nvalue)
{
    struct taken *t = arg;
    (void)kind;
    if (t->n == t->max) return MHD_NO;
    t->headers[t->n++] = (struct header){ str_of(name, nname), str_trim(str_of(value ? value : "", nvalue)) };
    return MHD_YES;
}

static bool is_here(struct str address) { return str_starts(address, STR("127.")) || str_eq(address, STR("::1")); }

/* forwarded_address: the last entry of X-Forwarded-For, which the proxy on this machine wrote itself. */
static struct str forwarded_address(const struct request *rq)
{
    struct str rest = request_header(rq, "X-Forwarded-For"), last = { NULL, 0 };
    while (str_next(&rest, ',', &last)) continue;
    return str_trim(last);
}

static void make_request(struct call *c, struct turn *t, struct request_parts *parts, struct request *rq)
{
    struct header list[HEADERS_MAX];
    struct taken taken = { list, 0, HEADERS_MAX };
    (void)MHD_get_connection_values_n(t->connection, MHD_HEADER_KIND, take_header, &taken);
    *parts = (struct request_parts){ .match = &t->match, .web = t->door->web };
    *rq = (struct request){ .method = t->method, .target = t->target, .path = t->path, .query = t->query, .port = t->door->port,
        .headers = arena_copy(c->arena, struct header, list, taken.n), .nheaders = taken.n, .body = { t->body, t->nbody }, .peer_address = t->address, .large = spool_all(t->spool), .route = t->match.route, .tls = t->door->tls, .parts = parts };
    if (t->door->tls) rq->npeer_chain = tls__peer_chain(c->arena, t->connection, &rq->peer_chain);
    if (rq->npeer_chain) rq->peer_cert = rq->peer_chain[0];
    if (t->door->web->options.https && t->door->port == PORT_PAGES && is_here(rq->peer_address)) {
        struct str from = forwarded_address(rq);
        if (from.n) rq->peer_address = from;
        rq->tls = true;
    }
}

/* decode_names: {name} pieces are decoded once, here, so that request_path cannot fail. {name*} stays raw: its signature may depend on every byte. */
static enum status decode_names(struct call *c, struct match *m)
{
    for (size_t i = 0; i < PARAMS_MAX; i++) {
        struct str value = m->values[i];
        if (!value.p || router__is_rest(m, i)) continue;
        if (!url_decode(c->arena, value, false, &m->values[i])) return call_fail(c, ST_INVALID, "", "The address of the page is not written correctly. Check it.");
    }
    return ST_OK;
}

/* ---- the steps ---- */

static bool is_safe_method(struct str m) { return str_eq(m, STR("GET")) || str_eq(m, STR("HEAD")); }

static enum status check_right(struct call *c, const struct route *r)
{
    struct str need = str_z(r->need);
    if (call_has_right(c, need)) return ST_OK;
    return c->actor ? ST_DENIED : ST_NO_ACTOR;
}

static bool is_form_body(const struct request *rq)
{
    struct str type = request_header(rq, "Content-Type"), rest = type, first = type;
    if (str_cut(&rest, ';', &first)) type = first;
    return str_eq_nocase(str_trim(type), STR("application/x-www-form-urlencoded"));
}

static enum status read_form(struct call *c, const struct request *rq, struct request_parts *parts, int *http)
{
    const struct route *r = rq->route;
    bool safe = is_safe_method(rq->method);
    if (r->api && !r->form) return ST_OK; /* its body and query are the handler's own */
    if (!safe && rq->body.n && !is_form_body(rq)) {
        *http = 415;
        return call_fail(c, ST_INVALID, "", "Send the form as application/x-www-form-urlencoded.");
    }
    struct str extra = r->api ? STR("") : safe ? FORM_ANY : STR("lang");
    enum status st = form__read(c, r->form, safe ? rq->query : rq->body, extra, &parts->form);
    if (st == ST_INVALID) *http = 422;
    return st;
}

/* run: everything between a request and its reply. http: the code where the status alone does not tell it. */
static enum status run(struct call *c, struct request *rq, struct request_parts *parts, struct match *m, struct reply *rp, int *http)
{
    const struct route *r = rq->route;
    if (!r->api) TRY(guard__know_actor(c, rq));
    TRY(check_right(c, r));
    TRY(decode_names(c, m));
    enum status form = read_form(c, rq, parts, http);
    if (!r->api && !is_safe_method(rq->method)) {
        struct call_error kept = c->error;
        call_clear(c);
        enum status token = guard__check_csrf(c, rq, parts->form.csrf); /* before the form is answered: a stranger's form is not worth its details */
        if (token != ST_OK) *http = 0;
        TRY(token);
        c->error = kept;
    }
    TRY(form);
    return r->handle(c, rq, rp);
}

/* ---- failures ---- */

static enum status send_to_sign_in(struct call *c, const struct request *rq, struct reply *rp, struct str sign_in)
{
    struct buf to = buf_in(c->arena, 16 * 1024);
    buf_put(&to, sign_in);
    if (is_safe_method(rq->method)) {
        buf_put(&to, STR("?next="));
        url_encode_to(&to, rq->path);
        if (rq->query.n) buf_put(&to, STR("%3F"));
        url_encode_to(&to, rq->query);
    }
    struct str text;
    TRY(buf_finish(&to, &text));
    return reply_redirect(c, rp, text);
}

static void answer_page_failure(struct call *c, const struct request *rq, struct reply *rp, enum status st, int http)
{
    const struct request_parts *parts = rq->parts;
    const struct session_source *s = parts->web->sessions;
    if (request_wants_json(rq)) {
        reply__problem(c, rp, st, http ? http : status_http(st), parts->form.faults, parts->form.nfaults);
        return;
    }
    if (st == ST_NO_ACTOR && s && s->sign_in && send_to_sign_in(c, rq, rp, str_z(s->sign_in)) == ST_OK) return;
    if (st == ST_INVALID && rq->route && rq->route->failed && http != 415 && rq->route->failed(c, rq, rp) == ST_OK) return;
    *rp = (struct reply){ 0 };
    reply_error_page(c, rq, rp, st);
    if (http) rp->status = http;
}

static void answer_failure(struct call *c, const struct request *rq, struct reply *rp, enum status st, int http)
{
    const struct request_parts *parts = rq->parts;
    *rp = (struct reply){ 0 };
    bool page = rq->route ? !rq->route->api : rq->port == PORT_PAGES;
    if (page) {
        answer_page_failure(c, rq, rp, st, http);
        return;
    }
    if (rq->route && rq->route->failed) {
        if (c->error.status == ST_OK) (void)call_fail(c, st, "", status_sentence(st));
        if (rq->route->failed(c, rq, rp) == ST_OK) return;
        *rp = (struct reply){ 0 };
    }
    reply__problem(c, rp, st, http ? http : status_http(st), parts->form.faults, parts->form.nfaults);
}

static void answer_no_route(struct call *c, struct request *rq, struct reply *rp, const struct turn *t)
{
    if (rq->port == PORT_PAGES) call_forgive(c, guard__know_actor(c, rq), "the page only says that there is nothing here");
    if (t->matched == MATCH_NO_PATH) {
        answer_failure(c, rq, rp, ST_NOT_FOUND, 0);
        return;
    }
    struct buf allow = buf_in(c->arena, 256);
    router__allow(t->door->router, t->path, &allow);
    (void)call_fail(c, ST_INVALID, "", "This address does not take this kind of request. Use one of: %s.", buf_str(&allow));
    answer_failure(c, rq, rp, ST_INVALID, 405);
    reply_header(c, rp, "Allow", buf_str(&allow));
}

/* ---- headers of every reply ---- */

static const struct header page_headers[] = {
    { STR_INIT("Content-Security-Policy"), STR_INIT("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                                                    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'") },
    { STR_INIT("X-Content-Type-Options"), STR_INIT("nosniff") },
    /* not no-referrer: browsers would then send "Origin: null" with our own forms */
    { STR_INIT("Referrer-Policy"), STR_INIT("same-origin") },
    { STR_INIT("Cross-Origin-Opener-Policy"), STR_INIT("same-origin") },
    { STR_INIT("Cross-Origin-Resource-Policy"), STR_INIT("same-origin") },
    { STR_INIT("X-Frame-Options"), STR_INIT("DENY") },
    { STR_INIT("Permissions-Policy"), STR_INIT("camera=(), geolocation=(), microphone=()") },
    { STR_INIT("Strict-Transport-Security"), STR_INIT("max-age=31536000") }, /* the last one: only over https */
};
static const struct header api_headers[] = { { STR_INIT("X-Content-Type-Options"), STR_INIT("nosniff") } };

static void log_turn(const struct call *c, const struct request *rq, const struct reply *rp, int64_t us)
{
    log_line(LOG_INFO, "web", "request", c->trace, log_text("port", str_z(web__door_names[rq->port])), log_text("method", rq->method),
             log_text("route", str_z(rq->route ? rq->route->pattern : "none")), log_int("status", rp->status ? rp->status : 200), log_int("us", us));
}

void serve__turn(struct call *c, struct turn *t)
{
    struct request rq;
    struct request_parts parts;
    struct reply rp = { 0 };
    int http = 0;
    struct web *w = t->door->web;
    make_request(c, t, &parts, &rq);
    c->lang = guard__pick_language(&rq);
    if (!t->match.route) {
        answer_no_route(c, &rq, &rp, t);
    } else {
        enum status st = run(c, &rq, &parts, &t->match, &rp, &http);
        if (st != ST_OK) answer_failure(c, &rq, &rp, st, http);
    }
    bool page = rq.port == PORT_PAGES && !(rq.route && rq.route->api);
    if (page && c->actor) rp.no_store = true;
    int64_t us = time_monotonic_us() - t->began_us;
    numbers__count(&w->numbers, rq.port, rp.status ? rp.status : 200, us);
    log_turn(c, &rq, &rp, us);
    size_t n = sizeof page_headers / sizeof *page_headers - (rq.tls ? 0 : 1);
    turn__answer(c, t, &rp, page ? page_headers : api_headers, page ? n : rq.port == PORT_PEERS ? 0 : 1); /* nodes are no browsers */
}
