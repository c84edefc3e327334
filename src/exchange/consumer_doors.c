/* consumer_doors.c: the two doors of the asking side: /r1/ on the port of information systems, and exchange_call for other rooms. */
#include "exchange/exchange_int.h"

/* ---- door one: information systems ---- */

static enum status read_client(struct call *c, const struct request *rq, struct xid *ret)
{
    struct str text = request_header(rq, "x-road-client");
    if (!text.n) return call_fault(c, call_fail(c, ST_INVALID, "X-Road-Client", "The header X-Road-Client is missing. Name the asking subsystem as INSTANCE/CLASS/MEMBER/SUBSYSTEM."), STR("missing_header"));
    if (xid_parse_client(c->arena, text, ret)) return ST_OK;
    return call_fault(c, call_fail(c, ST_INVALID, "X-Road-Client", "Write X-Road-Client as INSTANCE/CLASS/MEMBER/SUBSYSTEM."), STR("invalid_client_identifier"));
}

/* put_answer: as the provider gave it: the parser let in no header that does not travel. The provider's Date takes the place of our own. X-Road-Error is for those who refuse a
 * message (1.7): a service that says it would pass its own answer off as a fault. */
static void put_answer(struct call *c, struct reply *rp, const struct incoming *in)
{
    struct header *headers = arena_array(c->arena, struct header, in->head.nheaders);
    size_t n = 0;
    for (size_t i = 0; i < in->head.nheaders; i++)
        if (!str_eq_nocase(in->head.headers[i].name, STR("x-road-error"))) headers[n++] = in->head.headers[i];
    *rp = (struct reply){ .status = in->head.status, .body = in->body, .large = in->large, .more = headers, .nmore = n };
}

enum status consumer__handle(struct call *c, const struct request *rq, struct reply *rp)
{
    struct outgoing o = { .method = rq->method, .target = rq->target, .headers = rq->headers, .nheaders = rq->nheaders, .has_body = rq->body.n > 0 || rq->large.spool, .body = rq->body, .large = rq->large,
                          .server = request_header(rq, "x-road-security-server"), .from = rq };
    struct incoming in = { 0 };
    struct fault f;
    TRY(read_client(c, rq, &o.client));
    enum status st = consumer__exchange(c, &o, &in, &f);
    if (st != ST_OK) {
        fault__reply(c, rq, rp, &f);
        return ST_OK;
    }
    put_answer(c, rp, &in);
    return ST_OK;
}

enum status consumer__failed(struct call *c, const struct request *rq, struct reply *rp)
{
    struct fault f = fault__of_call(c, c->error.status == ST_OK ? ST_BROKEN : c->error.status, HOP_CONSUMER);
    exchange__count_stranger(c);
    fault__log(c, HOP_CONSUMER, &f, request_header(rq, "x-road-client"), STR(""), STR(""));
    fault__reply(c, rq, rp, &f);
    return ST_OK;
}

/* is_version: "r2", and so on: somebody who speaks another version of the protocol. */
static bool is_version(struct str s)
{
    int64_t n;
    return s.n > 1 && s.p[0] == 'r' && str_int(str_skip(s, 1), &n);
}

enum status consumer__refuse_version(struct call *c, const struct request *rq, struct reply *rp)
{
    if (!is_version(request_path(rq, "version"))) return ST_NOT_FOUND;
    (void)call_fault(c, call_fail(c, ST_INVALID, "path", "This version of the message protocol is not spoken here. Begin the path with /r1/."), STR("invalid_protocol_version"));
    return consumer__failed(c, rq, rp);
}

/* ---- door two: other rooms ---- */

static void add(struct header *list, size_t *n, const char *name, struct str value)
{
    if (value.n) list[(*n)++] = (struct header){ str_z(name), value };
}

enum status exchange_call(struct call *c, const struct exchange_request *rq, struct exchange_answer *ret)
{
    const struct exchange *ex = exchange__of(c);
    struct header headers[8];
    size_t n = 0;
    struct outgoing o = { .client = ex->self, .method = rq->method, .headers = headers, .has_body = rq->body.n > 0, .body = rq->body };
    struct incoming in = { 0 };
    struct fault f;
    o.client.server = STR("");
    o.client.subsystem = rq->client_subsystem;
    o.target = str_join(c->arena, STR("/r1/"), xid_format(c->arena, &rq->service), rq->path, rq->query.n ? STR("?") : STR(""), rq->query, STR_END);
    add(headers, &n, "X-Road-Client", xid_format(c->arena, &o.client));
    add(headers, &n, "X-Road-UserId", rq->user);
    add(headers, &n, "X-Road-Issue", rq->issue);
    add(headers, &n, "X-Sen-Purpose", rq->purpose);
    add(headers, &n, "X-Sen-Basis", rq->basis);
    add(headers, &n, "X-Sen-Role", rq->role);
    add(headers, &n, "Content-Type", rq->content_type);
    o.nheaders = n;
    TRY(consumer__exchange(c, &o, &in, &f));
    if (in.large.spool && extent_load(c, &in.large, EXCHANGE_BODY_MAX, &in.body) != ST_OK)
        return call_fail(c, ST_TOO_LARGE, "", "The answer is over 10 MiB. Ask for less at a time.");
    *ret = (struct exchange_answer){ in.head.status, rest__header(&in.head, "content-type"), in.body, in.message_id, in.request_id };
    return ST_OK;
}
