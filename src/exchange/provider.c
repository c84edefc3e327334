/* provider.c: the answering side: what arrives on port 5500 (or from this same node) is judged in the order of x-road 1.8, logged, answered by the service,
 * signed, logged, and only then sent. Nothing of the message is used before peer, signature and right were found good. */
#include "exchange/exchange_int.h"

#include "base/crash.h"
#include "base/time.h"
#include "exchange/log/message_log.h"
#include "exchange/rights/rights.h"
#include "exchange/stamp/stamp.h"
#include "exchange/status/status.h"

/* What is known about a request, growing as it is judged; what is known goes into the log when it is refused. */
struct asked {
    struct rest_head head;
    struct rest_target target;
    struct xid client;
    struct str client_text /* as it came */, client_id /* as we write it */, service_text;
    struct service_request rq;
    const struct service_row *row;
    bool known_peer, logged, own;
};

static enum status missing(struct call *c, const char *name)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The header %s is missing or too long. Send it with every message.", str_z(name)), STR("missing_header"));
}

/* need_header: a header that must be there and be of a length that fits the log. */
static enum status need_header(struct call *c, const struct rest_head *h, const char *name, struct str *ret)
{
    *ret = rest__header(h, name);
    return ret->n && ret->n <= EXCHANGE_ID_MAX ? ST_OK : missing(c, name);
}

static enum status read_asked(struct call *c, const struct wire *w, struct asked *a)
{
    TRY(rest__parse_request(c, w->head, &a->head));
    if (!rest__has_plain_headers(&a->head)) /* no service behind us could be given them */
        return call_fault(c, call_fail(c, ST_INVALID, "", "A header of the message holds control characters. Send it without."), STR("invalid_rest"));
    TRY(rest__parse_target(c, a->head.target, &a->target));
    a->service_text = xid_format(c->arena, &a->target.service);
    TRY(need_header(c, &a->head, "x-road-client", &a->client_text));
    if (!xid_parse_client(c->arena, a->client_text, &a->client))
        return call_fault(c, call_fail(c, ST_INVALID, "", "Write X-Road-Client as INSTANCE/CLASS/MEMBER/SUBSYSTEM."), STR("invalid_client_identifier"));
    a->client_id = xid_format(c->arena, &a->client);
    a->rq = (struct service_request){
        .client = a->client, .service = a->target.service, .method = a->head.method, .path = a->target.path, .query = a->target.query,
        .content_type = rest__header(&a->head, "content-type"), .body = w->body, .large = w->large, .headers = a->head.headers, .nheaders = a->head.nheaders,
        .user = rest__short_header(&a->head, "x-road-userid"), .issue = rest__short_header(&a->head, "x-road-issue"), .purpose = rest__short_header(&a->head, "x-sen-purpose"),
        .basis = rest__short_header(&a->head, "x-sen-basis"), .role = rest__short_header(&a->head, "x-sen-role") };
    TRY(need_header(c, &a->head, "x-road-id", &a->rq.message_id));
    return need_header(c, &a->head, "x-road-request-id", &a->rq.request_id);
}

/* judge_peer: the provider is one of ours by our directory, and the server that asks acts for the client by that of the client's nation. */
static enum status judge_peer(struct call *c, const struct directory *d, const struct directory *of_client, const struct peer *p, const struct wire *w, const struct asked *a)
{
    const struct exchange *ex = exchange__of(c);
    struct xid provider = a->target.service;
    provider.service = STR("");
    const struct dir_server *self = directory__find_server(d, &ex->self);
    if (!self || !directory__hosts(d, self, &provider))
        return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "The directory knows no such provider on this server. Check member and subsystem."), STR("unknown_member"));
    if (!p->local) {
        enum status st = judge__peer(c, of_client, p->cert, p->chain, p->nchain, w->ocsp, w->nocsp, &a->client);
        return st == ST_OK ? ST_OK : fault__wrap(c, st, STR("ssl_authentication_failed"));
    }
    if (directory__hosts(d, self, &a->client)) return ST_OK;
    return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "The directory knows no such client on this server. Check X-Road-Client."), STR("unknown_member"));
}

/* judge_right: service, right and purpose, before the signature is even looked at and long before any person is looked for. */
static enum status judge_right(struct call *c, struct asked *a)
{
    static const struct right for_members = { .path = STR_INIT("**"), .method = STR_INIT("*") };
    const struct exchange *ex = exchange__of(c);
    a->rq.right = &for_members;
    if (metadata__is(a->rq.service.service)) return ST_OK;
    a->row = services__find(&ex->services, a->rq.service.subsystem, a->rq.service.service);
    if (!a->row) return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "This subsystem offers no such service. Ask listMethods for its services."), STR("unknown_service"));
    if (!a->row->offered.members) TRY(rights__judge(c, &ex->rights, &a->rq, &a->rq.right, &a->rq.purpose));
    if (a->row->notice.n) return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The service is switched off: %s", a->row->notice), STR("service_disabled"));
    return ST_OK;
}

static struct message_row row_of(const struct asked *a, bool is_answer)
{
    return (struct message_row){ .side = a->own ? SIDE_OWN : SIDE_PROVIDER, .is_answer = is_answer, .request_id = a->rq.request_id, .message_id = a->rq.message_id,
                                 .client = a->client_id, .service = a->service_text };
}

static enum status refuse_replay(struct call *c, enum status st)
{
    if (st != ST_CONFLICT) return st;
    call_clear(c);
    return call_fault(c, call_fail(c, ST_CONFLICT, "", "This message was received before. Send a new one with its own request id."), STR("invalid_request"));
}

/* log_request: durable before the service runs, unless the service allows it to wait for its answer. */
static enum status log_request(struct call *c, const struct asked *a, const struct wire *w)
{
    struct message_row row = row_of(a, false);
    row.wire = w;
    if (a->row && services__gathers(a->row, a->rq.method)) TRY(db_gather(c));
    return refuse_replay(c, message__append(c, &row));
}

/* settle: what was gathered is on disk, or the request counts as not taken. */
static enum status settle(struct call *c, struct asked *a)
{
    enum status st = message__settle(c);
    if (st != ST_OK) a->logged = false;
    return refuse_replay(c, st);
}

static enum status run_service(struct call *c, struct asked *a, struct service_reply *rp, struct header *headers, size_t *nheaders)
{
    if (a->row) return services__run(c, a->row, &a->rq, rp, headers, nheaders);
    TRY(metadata__run(c, &a->rq, rp));
    headers[(*nheaders)++] = (struct header){ STR("Content-Type"), rp->content_type };
    return ST_OK;
}

/* unfit: what the service answered cannot become a message. Nobody who asked is to blame, and it may have done what was asked. */
static enum status unfit(struct call *c, const struct asked *a)
{
    call_note(c, "exchange", "the answer of a service: %.*s", STR_ARG(call_error(c)->sentence));
    call_clear(c);
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The service %s answered with headers that cannot travel: malformed, more than 90, or over 64 KiB. It may have done what was asked. Tell the agency that offers it.", a->service_text),
                      STR("service_failed.invalid_response"));
}

/* run: a service may take minutes; what is signed and logged after it is of then. */
static enum status run(struct call *c, struct asked *a, struct service_reply *rp, struct header *headers, size_t *nheaders)
{
    int64_t began_us = time_monotonic_us();
    enum status st = run_service(c, a, rp, headers, nheaders);
    c->now_ms += (time_monotonic_us() - began_us) / 1000;
    return st;
}

/* make_answer: the service's answer as a signed message. */
static enum status make_answer(struct call *c, struct asked *a, const struct wire *asked, struct sign_turn *turn, struct wire *ret, int *ret_status)
{
    struct service_reply rp = { 0 };
    struct header headers[SERVICE_HEADERS_MAX];
    size_t nheaders = 0;
    struct rest_head head;
    TRY(run(c, a, &rp, headers, &nheaders));
    struct rest_facts facts = { a->rq.message_id, a->client_text, a->service_text, a->rq.request_id, rest__hash(c->arena, asked->head_digest, asked->has_body, asked->body_digest) };
    *ret_status = rp.status ? rp.status : 200;
    if (rest__write_response(c, *ret_status, headers, nheaders, &facts, &head) != ST_OK) return unfit(c, a);
    if (rp.body.n > EXCHANGE_BODY_MAX) return call_fault(c, call_fail(c, ST_TOO_LARGE, "", "The answer is over 10 MiB. Ask for less at a time."), STR("logging_failed"));
    *ret = (struct wire){ .head = head.bytes, .has_body = rp.body.n > 0 || rp.large.spool, .body = rp.body, .large = rp.large };
    if (a->own) return wire__digest(c, ret);
    struct xid self = exchange__of(c)->self;
    return wire__sign(c, turn, str_join(c->arena, self.class_, STR("/"), self.member, STR_END), ret);
}

/* serve: everything after the multipart was read. */
static enum status serve(struct call *c, const struct peer *p, struct wire *rq, struct asked *a, struct wire *ret)
{
    int64_t began_us = time_monotonic_us();
    DIRECTORY d = NULL;
    DIRECTORY of_client = NULL;
    TRY(directory__hold(c, &d));
    TRY(read_asked(c, rq, a));
    TRY(directory__hold_of(c, a->client.instance, &of_client));
    TRY(judge_peer(c, d, of_client, p, rq, a));
    a->known_peer = true;
    if (!p->own) TRY(wire__check_signed(c, rq));
    TRY(judge_right(c, a));
    if (!p->own) TRY(wire__check_signature(c, of_client, rq, &a->client));
    TRY(stamp__may_go_on(c));
    TRY(log_request(c, a, rq));
    a->logged = true;
    crash_point("exchange.request_logged");
    struct actor official = { .user = a->rq.user, .role = a->rq.role.n ? a->rq.role : STR("peer"), .agency = a->client_text };
    c->actor = &official;
    c->purpose = a->rq.purpose;
    c->lang = web_language(c->app, rest__header(&a->head, "accept-language"));
    c->basis = a->rq.basis;
    c->issue = a->rq.issue;
    struct message_row row = row_of(a, true);
    SIGN_TURN turn = { 0 };
    enum status st = make_answer(c, a, rq, &turn, ret, &row.status);
    c->actor = NULL;
    TRY(st);
    row.wire = ret;
    row.took_us = time_monotonic_us() - began_us;
    crash_point("exchange.answer_signed");
    TRY(message__append(c, &row));
    TRY(settle(c, a));
    crash_point("exchange.answer_logged");
    return ST_OK;
}

/* note_refusal: one log line, and a row without content where the peer is known: what strangers send fills no table. */
static void note_refusal(struct call *c, const struct asked *a, enum status st)
{
    struct fault f = fault__of_call(c, st, HOP_PROVIDER);
    fault__log(c, HOP_PROVIDER, &f, a->client_text, a->service_text, a->rq.request_id);
    if (!a->known_peer) return exchange__count_stranger(c);
    struct call_error told = c->error;
    struct message_row row = row_of(a, true);
    row.is_refusal = !a->logged;
    row.fault = f.type;
    row.fault_id = f.detail;
    call_clear(c);
    if (message__append(c, &row) != ST_OK) call_note(c, "exchange", "the refusal stands in this log only");
    c->error = told;
}

/* keep_gathered: the service failed: its request, and what it read before that, are logged like everybody's; a replay is told as one. */
static enum status keep_gathered(struct call *c, struct asked *a, enum status st)
{
    struct call_error why = c->error;
    call_clear(c);
    enum status kept = settle(c, a);
    if (kept != ST_OK) return kept;
    c->error = why;
    return st;
}

enum status provider__answer(struct call *c, const struct peer *p, const struct wire *rq, struct wire *ret)
{
    struct asked a = { .own = p->own };
    struct wire taken = *rq;
    enum status st = serve(c, p, &taken, &a, ret);
    if (st == ST_OK) return ST_OK;
    st = keep_gathered(c, &a, st);
    note_refusal(c, &a, st);
    return st;
}

/* ---- POST / on port 5500 ---- */

static enum status read_question(struct call *c, const struct request *rq, struct wire *ret)
{
    if (!str_eq_nocase(request_header(rq, "x-road-message-type"), STR("REST")))
        return call_fault(c, call_fail(c, ST_INVALID, "", "This node exchanges REST messages only. Set x-road-message-type: REST."), STR("service_type"));
    if (!str_eq(request_header(rq, "x-hash-algorithm"), STR("SHA-512")))
        return call_fault(c, call_fail(c, ST_INVALID, "", "This node hashes messages with SHA-512 only. Set x-hash-algorithm: SHA-512."), STR("unsupported_algorithm"));
    TRY(wire__read(c, request_header(rq, "content-type"), rq->body, &rq->large, true, ret));
    if (!ret->has_fault) return ST_OK;
    return call_fault(c, call_fail(c, ST_INVALID, "", "The asking node gave up while it sent the message. Ask it for the reason."), STR("invalid_message"));
}

enum status provider__handle(struct call *c, const struct request *rq, struct reply *rp)
{
    struct wire question, answer;
    struct wire_bytes bytes;
    enum status st = read_question(c, rq, &question);
    if (st != ST_OK) {
        struct fault f = fault__of_call(c, st, HOP_PROVIDER);
        exchange__count_stranger(c);
        fault__log(c, HOP_PROVIDER, &f, STR(""), STR(""), str_first(request_header(rq, "x-road-request-id"), EXCHANGE_ID_MAX));
        return st;
    }
    struct peer p = { .cert = rq->peer_cert, .chain = rq->npeer_chain > 1 ? rq->peer_chain + 1 : NULL, .nchain = rq->npeer_chain > 1 ? rq->npeer_chain - 1 : 0 };
    TRY(provider__answer(c, &p, &question, &answer));
    TRY(wire__write(c, &answer, false, &bytes));
    reply_header(c, rp, "x-hash-algorithm", STR("SHA-512"));
    reply_text(rp, 200, bytes.type, bytes.before);
    rp->large = bytes.large;
    rp->tail = bytes.behind;
    return ST_OK;
}

/* A fault before the multipart began is 200 text/xml with a bare envelope (3.2); as nothing is sent before the answer is whole, it always is. */
enum status provider__failed(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    struct fault f = fault__of_call(c, c->error.status == ST_OK ? ST_BROKEN : c->error.status, HOP_PROVIDER);
    struct buf b = buf_in(c->arena, 64 * 1024);
    fault__put_soap(&b, &f);
    reply_header(c, rp, "SOAPAction", STR("\"\""));
    reply_text(rp, 200, STR("text/xml; charset=UTF-8"), buf_str(&b));
    return ST_OK;
}
