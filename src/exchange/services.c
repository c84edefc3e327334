/* services.c: the services that this node offers: functions of other rooms (exchange_offer) and backends by URL (exchange.services of node.yaml, x-road 1.6). */
#include "exchange/exchange_int.h"

#include "base/config.h"
#include "base/encode.h"
#include "base/strand.h"
#include "base/text.h"
#include "base/yaml.h"
#include "exchange/rights/rights.h"
#include "trust/trust.h"
#include "web/client.h"

enum { TIMEOUT_DEFAULT_S = 60, TIMEOUT_MOST_S = 3600, CONNECT_MS = 30000, LONGEST_MS = 3600 * 1000, FAIR_BYTES_S = 1024 * 1024, STATUS_LEAST = 200, STATUS_MOST = 599 };

static struct service_row *add_row(struct services *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 16;
        s->rows = heap_grow(s->rows, s->cap * sizeof *s->rows);
    }
    s->rows[s->n] = (struct service_row){ .timeout_ms = TIMEOUT_DEFAULT_S * 1000 };
    return &s->rows[s->n++];
}

const struct service_row *services__find(const struct services *s, struct str subsystem, struct str code)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->rows[i].subsystem, subsystem) && str_eq(s->rows[i].code, code)) return &s->rows[i];
    return NULL;
}

static enum status read_service(struct call *c, struct app *app, const struct yaml *y, struct services *s)
{
    static const char *const keys[] = { "subsystem", "code", "url", "timeout_s", "disabled", "certificates", NULL };
    struct arena *a = app->exchange->arena;
    struct str subsystem, code;
    int64_t timeout_s;
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "subsystem", &subsystem));
    TRY(yaml_need(c, y, "code", &code));
    TRY(yaml_int(c, y, "timeout_s", TIMEOUT_DEFAULT_S, &timeout_s));
    struct str url = yaml_text(y, "url", STR(""));
    if (timeout_s < 1 || timeout_s > TIMEOUT_MOST_S) return yaml_fail(c, y, "timeout_s is 1 to 3600 seconds.");
    if (url.n && !str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) return yaml_fail(c, y, "A service's url begins with http:// or https://.");
    const struct yaml *listed = yaml_get(y, "certificates");
    struct certificates certs = { 0 };
    if (listed && !str_starts(url, STR("https://"))) return yaml_fail(c, listed, "Certificates are for a service whose url begins with https://.");
    TRY(certificates__read(c, app, listed, &certs));
    if (listed && !certs.n) return yaml_fail(c, listed, "Name at least one certificate of the service, or leave certificates out: then this machine's authorities judge.");
    if (metadata__is(code)) return yaml_fail(c, y, "This code is reserved for the exchange itself. Take another one.");
    if (services__find(s, subsystem, code)) return yaml_fail(c, y, "This service stands twice.");
    struct service_row *row = add_row(s);
    row->subsystem = str_copy(a, subsystem);
    row->code = str_copy(a, code);
    row->url = str_copy(a, url);
    row->notice = str_copy(a, yaml_text(y, "disabled", STR("")));
    row->timeout_ms = timeout_s * 1000;
    row->certs = certs;
    return ST_OK;
}

enum status services__load(struct call *c, struct app *app, struct services *ret)
{
    const struct yaml *list = config_tree(app->config, "exchange.services");
    if (!list) return ST_OK;
    if (list->kind != YAML_LIST) return yaml_fail(c, list, "Write exchange.services as a list of services.");
    for (const struct yaml *y = list->first; y; y = y->next) TRY(read_service(c, app, y, ret));
    return ST_OK;
}

enum status exchange_offer(struct call *c, struct app *app, struct str subsystem, const struct service *s)
{
    struct exchange *ex = app->exchange;
    struct service_row *row = NULL;
    for (size_t i = 0; i < ex->services.n; i++)
        if (str_eq(ex->services.rows[i].subsystem, subsystem) && str_eq(ex->services.rows[i].code, str_z(s->code))) row = &ex->services.rows[i];
    if (row && (row->url.n || row->offered.handle))
        return call_fail(c, ST_CONFLICT, "exchange.services", "The service %s/%s is offered twice. Take it out of exchange.services in node.yaml.", subsystem, str_z(s->code));
    if (!row) row = add_row(&ex->services);
    row->subsystem = str_copy(ex->arena, subsystem);
    row->code = str_z(s->code);
    row->offered = *s;
    return ST_OK;
}

/* ---- running one ---- */

/* A function of a register may search or compute for long. */
struct running { struct call *call; const struct service_row *row; struct service_request *rq; struct service_reply *rp; enum status result; };

static void run_outside(void *arg)
{
    struct running *r = arg;
    r->result = r->row->offered.handle(r->call, r->rq, r->rp);
}

static enum status run_function(struct call *c, const struct service_row *row, struct service_request *rq, struct service_reply *rp)
{
    if (rq->large.spool && extent_load(c, &rq->large, EXCHANGE_BODY_MAX, &rq->body) != ST_OK)
        return call_fault(c, call_fail(c, ST_TOO_LARGE, "body", "This service takes at most 10 MiB at a time. Send less."), STR("bad_request"));
    struct running r = { c, row, rq, rp, ST_OK };
    strand_outside(run_outside, &r);
    enum status st = r.result;
    if (st == ST_OK || c->error.fault.n) return st;
    struct reply problem = { 0 };
    reply_problem(c, &problem, st);
    *rp = (struct service_reply){ .status = problem.status, .content_type = problem.content_type, .body = problem.body };
    call_clear(c);
    return ST_OK;
}

static bool is_entity_verb(struct str method) { return str_eq(method, STR("POST")) || str_eq(method, STR("PUT")) || str_eq(method, STR("PATCH")); }

bool services__gathers(const struct service_row *row, struct str method)
{
    return row->offered.gathers || (row->url.n && (str_eq(method, STR("GET")) || str_eq(method, STR("HEAD"))));
}

/* judge_backend: is this the certificate that is registered for the service? Names, issuer and end do not count (x-road 1.6). */
static enum status judge_backend(struct call *c, const struct str *chain, size_t n, void *arg)
{
    const struct service_row *row = arg;
    if (n && certificates__have(c, &row->certs, chain[0])) return ST_OK;
    struct str shown = n ? encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, chain[0])) : STR("none");
    call_note(c, "exchange", "the backend of %.*s shows the certificate with SHA-256 %.*s", STR_ARG(row->code), STR_ARG(shown));
    return call_fault(c, call_fail(c, ST_DENIED, "",
                                   "The system behind this service shows a TLS certificate that is not registered for it. Nothing was sent to it. Tell the agency: it registers the certificate under certificates in exchange.services."), STR("ssl_authentication_failed"));
}

/* ---- headers on their way to a backend and back ---- */

/* same_name: as backends compare names of headers: without case, and many know no '_' from '-' (CGI and its heirs). */
static bool same_name(struct str a, struct str b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; i < a.n && same; i++) same = str_eq_nocase(str_of(a.p[i] == '_' ? "-" : a.p + i, 1), str_of(b.p[i] == '_' ? "-" : b.p + i, 1));
    return same;
}

/* is_judged: a header that says who asks, why and with which ids: of each one value was judged and logged, the last. */
static bool is_judged(struct str name)
{
    static const char *const names[] = { "x-road-client", "x-road-id", "x-road-userid", "x-road-issue", "x-road-represented-party", "x-road-request-id" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (same_name(name, str_z(names[i]))) return true;
    return same_name(str_first(name, sizeof "x-sen-" - 1), STR("x-sen-"));
}

static bool comes_again(const struct service_request *rq, size_t at)
{
    for (size_t i = at + 1; i < rq->nheaders; i++)
        if (str_eq_nocase(rq->headers[i].name, rq->headers[at].name)) return true;
    return false;
}

/* forwarded: as they came, in order, with their duplicates; but of what was judged only the value that was: a backend may take the first one, or another spelling. */
static const struct header *forwarded(struct call *c, const struct service_request *rq, size_t *ret_n)
{
    struct header *list = arena_array(c->arena, struct header, rq->nheaders);
    size_t n = 0;
    for (size_t i = 0; i < rq->nheaders; i++) {
        struct str name = rq->headers[i].name;
        bool hidden = is_judged(name) && (comes_again(rq, i) || memchr(name.p, '_', name.n));
        if (!hidden) list[n++] = rq->headers[i];
    }
    *ret_n = n;
    return list;
}

/* as_utf8: a value of a header that is no UTF-8 is Latin-1 (RFC 9110 5.5); in a message all text is UTF-8 (1.3). */
static struct str as_utf8(struct arena *a, struct str value)
{
    struct buf b = buf_in(a, 2 * value.n);
    if (text_is_utf8(value)) return value;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char ch = (unsigned char)value.p[i];
        if (ch >= 0x80) buf_put_c(&b, (char)(0xc0 | ch >> 6)), ch = 0x80 | (ch & 0x3f);
        buf_put_c(&b, (char)ch);
    }
    return buf_str(&b);
}

/* told: why the backend gave no answer, as the service's fault. */
static enum status told(struct call *c, const struct service_request *rq, enum status st)
{
    if (st == ST_TOO_LARGE) {
        call_clear(c);
        st = call_fail(c, ST_UNAVAILABLE, "", "The system behind the service %s answered with over 1 GiB or with too many headers. It may have done what was asked. Tell the agency that offers it.", xid_format(c->arena, &rq->service));
        (void)call_fault(c, st, STR("invalid_response"));
    }
    if (str_is_empty(c->error.fault)) (void)call_fault(c, st, STR("network_error"));
    return fault__wrap(c, st, STR("service_failed"));
}

/* slow_ms: a backend may bring its answer slowly, but not for longer than another node usually waits for ours (exchange.answer_s): we tell what is wrong, before it tells that we are. */
static int64_t slow_ms(const struct call *c, const struct service_row *row)
{
    int64_t most = config_count(c->app->config, "exchange.answer_s") * 750; /* three quarters */
    return most > row->timeout_ms ? most : row->timeout_ms;
}

static enum status run_backend(struct call *c, const struct service_row *row, const struct service_request *rq, struct service_reply *rp, struct header *headers, size_t *nheaders)
{
    struct str base = row->url;
    if (base.n && base.p[base.n - 1] == '/' && rq->path.n) base.n--; /* no double slash at the joint */
    struct client_request out = { .method = rq->method, .body = rq->body, .large = rq->large, .spools = true,
                                  .has_body = is_entity_verb(rq->method), .connect_ms = CONNECT_MS, .silent_ms = row->timeout_ms, .total_ms = LONGEST_MS, .slow_ms = slow_ms(c, row), .fair_bytes_s = FAIR_BYTES_S, .acts = !rest__is_safe(rq->method), .max_answer = EXCHANGE_LARGE_MAX,
                                  .judge = row->certs.n ? judge_backend : NULL, .judge_arg = (void *)(uintptr_t)row, .shows_own = true };
    struct client_answer in;
    out.headers = forwarded(c, rq, &out.nheaders);
    out.url = str_join(c->arena, base, rq->path, rq->query.n ? STR("?") : STR(""), rq->query, STR_END);
    enum status st = client_fetch(c, &out, &in);
    if (st != ST_OK) return told(c, rq, st);
    if (in.status < STATUS_LEAST || in.status > STATUS_MOST)
        return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The system behind this service answered with the HTTP status %s, which no message can carry. Tell the agency.", str_print(c->arena, "%d", in.status)), STR("service_failed.invalid_response"));
    *rp = (struct service_reply){ .status = in.status, .body = in.body, .large = in.large };
    for (size_t i = 0; i < in.nheaders && *nheaders < SERVICE_HEADERS_MAX; i++)
        if (!rest__is_filtered(in.headers[i].name)) headers[(*nheaders)++] = (struct header){ in.headers[i].name, as_utf8(c->arena, in.headers[i].value) };
    return ST_OK;
}

enum status services__run(struct call *c, const struct service_row *row, struct service_request *rq, struct service_reply *rp, struct header *headers, size_t *nheaders)
{
    *nheaders = 0;
    rq->arg = row->offered.arg;
    if (row->url.n) return run_backend(c, row, rq, rp, headers, nheaders);
    if (!row->offered.handle) return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The service has no address on this node. Write its url in exchange.services."), STR("service_missing_url"));
    TRY(run_function(c, row, rq, rp));
    if (rp->content_type.n) headers[(*nheaders)++] = (struct header){ STR("Content-Type"), rp->content_type };
    return ST_OK;
}
