/* consumer.c: the asking side: a message is built, signed and logged, goes to the provider's server over mutual TLS (or through the same judgement on this
 * node), and its answer is compared with the question, verified and logged before anybody sees it. Two doors
 * lead in: consumer_doors.c. */
#include "exchange/exchange_int.h"

#include "base/config.h"
#include "base/crash.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "exchange/log/message_log.h"
#include "exchange/rights/rights.h"
#include "exchange/stamp/stamp.h"
#include "exchange/status/status.h"
#include "web/client.h"

enum { CONNECT_MS = 10000, AGAIN_MS = 700 /* failover within a second */, LONGEST_MS = 3600 * 1000 };

/* One exchange on its way. */
struct trip {
    const struct outgoing *out;
    struct rest_head head;
    struct rest_target target;
    struct str client_text, service_text, message_id, request_id;
    struct xid provider;       /* the target without its service */
    struct wire sent;
    bool left;                 /* the question may have reached a server: it is not sent to another one */
    bool known;                /* the client is one of ours, and may speak here: a refusal has a place in the log */
    bool inside;               /* asked and answered within this member: the answering side logs it */
    bool untaken;              /* the last server said that it did not take it: too busy, or about to stop */
    int64_t began_us;
};

static enum status unknown_client(struct call *c)
{
    return call_fault(c, call_fail(c, ST_NOT_FOUND, "X-Road-Client", "This client is not registered on this server. Check X-Road-Client, or ask the operator to register it."), STR("unknown_member"));
}

/* asked_id: what the client calls its message, as far as a log can hold it. */
static struct str asked_id(const struct outgoing *o)
{
    struct str id = { 0 };
    for (size_t i = 0; i < o->nheaders; i++)
        if (str_eq_nocase(o->headers[i].name, STR("x-road-id"))) id = o->headers[i].value;
    return id.n <= EXCHANGE_ID_MAX && text_is_plain(id) ? id : STR("");
}

/* introduce: who asks whom; the client must be one of this server's, and come as its agency has it come. */
static enum status introduce(struct call *c, const struct directory *d, struct trip *t)
{
    const struct dir_server *self = directory__find_server(d, &exchange__of(c)->self);
    TRY(rest__parse_target(c, t->out->target, &t->target));
    t->service_text = xid_format(c->arena, &t->target.service);
    t->provider = t->target.service;
    t->provider.service = STR("");
    if (!self || !directory__hosts(d, self, &t->out->client)) return unknown_client(c);
    if (t->out->from) TRY(systems__judge(c, &exchange__of(c)->systems, exchange__of(c)->tls_cert, t->out->client.subsystem, t->out->from));
    t->request_id = random_uuid_at(c->arena, c->now_ms);
    t->message_id = asked_id(t->out);
    t->known = true;
    return ST_OK;
}

/* hold: the directory that is valid. Without one nothing goes on, but who asked is known by the last one, so that the refusal is logged. */
static enum status hold(struct call *c, struct trip *t, struct directory **ret)
{
    enum status st = directory__hold(c, ret);
    DIRECTORY last = st == ST_OK ? NULL : directory__hold_any(exchange__of(c));
    if (!last) return st;
    struct call_error told = c->error;
    call_clear(c);
    (void)introduce(c, last, t);
    c->error = told;
    return st;
}

/* prepare: the canonical message with fresh ids; the provider is one of a nation that ours knows. */
static enum status prepare(struct call *c, const struct directory *d, struct trip *t, struct directory **of_provider)
{
    TRY(introduce(c, d, t));
    TRY(directory__hold_of(c, t->provider.instance, of_provider));
    if (!directory__find_member(*of_provider, &t->provider))
        return call_fault(c, call_fail(c, ST_NOT_FOUND, "path", "The directory knows no such agency or subsystem. Check the name."), STR("unknown_member"));
    TRY(rest__write_request(c, t->out->method, t->out->target, t->out->headers, t->out->nheaders, t->request_id, &t->head));
    struct str id = rest__header(&t->head, "x-road-id");
    if (!id.n || id.n > EXCHANGE_ID_MAX)
        return call_fault(c, call_fail(c, ST_INVALID, "X-Road-Id", "A message id has 1 to 255 characters. Send a shorter one, or none."), STR("bad_request"));
    t->message_id = id;
    t->sent = (struct wire){ .head = t->head.bytes, .has_body = t->out->has_body, .body = t->out->body, .large = t->out->large };
    return ST_OK;
}

static struct message_row row_of(const struct trip *t, bool is_answer)
{
    return (struct message_row){ .side = SIDE_CONSUMER, .is_answer = is_answer, .request_id = t->request_id, .message_id = t->message_id, .client = t->client_text, .service = t->service_text };
}

/* ---- over the wire ---- */

struct judging { const struct directory *d; const struct dir_server *server; const struct xid *provider; };

static enum status judge_server(struct call *c, const struct judging *j, struct str cert, const struct str *chain, size_t nchain)
{
    struct str ocsp[WIRE_OCSP_MAX];
    size_t nocsp = 0;
    enum status st = ST_OK;
    if (directory__server_of_cert(j->d, cert) != j->server)
        st = call_fault(c, call_fail(c, ST_DENIED, "", "The server that answered is not the one that the directory names. Tell your administrator."), STR("incorrect_certificate"));
    if (st == ST_OK) st = ocsp__of_chain(c, j->d, j->server, cert, chain, nchain, ocsp, &nocsp);
    if (st == ST_OK) st = judge__peer(c, j->d, cert, chain, nchain, ocsp, nocsp, j->provider);
    return st == ST_OK ? ST_OK : fault__wrap(c, st, STR("ssl_authentication_failed"));
}

/* judge_handshake: before anything of the message is sent, in the handshake and again for every message on a connection that was kept alive: the certificate may
 * have been revoked since. */
static enum status judge_handshake(struct call *c, const struct str *chain, size_t n, void *arg)
{
    if (n == 0) return call_fault(c, call_fail(c, ST_DENIED, "", "The other agency's node showed no certificate. Tell your administrator."), STR("ssl_authentication_failed"));
    return judge_server(c, arg, chain[0], chain + 1, n - 1);
}

static enum status own_status(struct call *c, struct wire *w)
{
    const struct key *key;
    struct str cert;
    enum status st = trust_key(c, KEY_TLS, STR(""), &key);
    if (st == ST_OK) st = key_certificate(c, key, &cert);
    if (st == ST_OK) st = ocsp__own(c, cert, &w->ocsp[0]);
    if (st != ST_OK) return fault__wrap(c, st, STR("ssl_authentication_failed"));
    w->nocsp = 1;
    return ST_OK;
}

static enum status read_answer(struct call *c, const struct client_answer *answer, struct trip *t, struct wire *ret)
{
    struct str type = client_header(answer, "Content-Type");
    if (answer->status != 200) {
        call_note(c, "exchange", "the other node answered with HTTP %d", answer->status);
        return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The other agency's node gave an answer that is no exchange message. Tell your administrator."), STR("http_error"));
    }
    bool bare = str_eq_nocase(multipart__type(type), STR("text/xml"));
    enum status st = bare ? fault__read_soap(c, answer->body, &ret->fault) : wire__read(c, type, answer->body, &answer->large, false, ret);
    if (st == ST_OK && !bare && !ret->has_fault) st = wire__check_signed(c, ret);
    if (st != ST_OK) return fault__wrap(c, st, STR("invalid_response"));
    if (bare) ret->has_fault = true;
    t->untaken = bare && str_eq(client_header(answer, "X-Sen-Taken"), STR("no"));
    if (t->untaken) t->left = false;
    return ST_OK;
}

static enum status post(struct call *c, const struct directory *d, const struct dir_server *server, int64_t connect_ms, bool anew, struct trip *t, struct wire *ret)
{
    struct wire_bytes bytes;
    struct judging judging = { d, server, &t->provider };
    struct client_answer answer;
    *ret = (struct wire){ 0 }; /* a server that was asked before may have told a fault */
    t->untaken = false;
    TRY(own_status(c, &t->sent));
    TRY(wire__write(c, &t->sent, true, &bytes));
    const struct header headers[] = {
        { STR_INIT("Content-Type"), bytes.type }, { STR_INIT("x-hash-algorithm"), STR_INIT("SHA-512") }, { STR_INIT("x-proxy-version"), STR_INIT("7.8.1") },
        { STR_INIT("x-original-content-type"), rest__header(&t->head, "content-type") }, { STR_INIT("x-road-request-id"), t->request_id },
        { STR_INIT("x-road-message-type"), STR_INIT("REST") } };
    struct client_request rq = { .method = STR("POST"), .headers = headers, .nheaders = sizeof headers / sizeof *headers, .body = bytes.before, .large = bytes.large, .tail = bytes.behind,
                                 .has_body = true, .spools = true,
                                 .connect_ms = connect_ms, .total_ms = LONGEST_MS,
                                 .silent_ms = config_count(c->app->config, "exchange.answer_s") * 1000, .lifeless_ms = config_count(c->app->config, "exchange.lifeless_s") * 1000, .anew = anew,
                                 .max_answer = EXCHANGE_LARGE_WIRE_MAX, .judge = judge_handshake, .judge_arg = &judging, .to_node = true, .acts = !rest__is_safe(t->head.method), .sent = &t->left };
    rq.url = servers__url(c->arena, server);
    int64_t sent_us = time_monotonic_us();
    enum status st = client_fetch(c, &rq, &answer);
    c->now_ms += (time_monotonic_us() - sent_us) / 1000; /* a large answer takes minutes, and what proves it is younger than the question */
    if (st != ST_OK) return call_fault(c, st, STR("network_error"));
    return read_answer(c, &answer, t, ret);
}

/* by_this_node: the provider is here: the same judgement and log, without the TLS hop. It runs as a call of its own, so that its failure is told as the
 * provider's and the caller's actor stays the caller's. */
static enum status by_this_node(struct call *c, const struct trip *t, bool own, struct wire *ret)
{
    struct call inner = *c;
    struct peer p = { .local = true, .own = own };
    call_clear(&inner);
    inner.trace = random_uuid(c->arena);
    enum status st = provider__answer(&inner, &p, &t->sent, ret);
    c->db = inner.db;
    c->now_ms = inner.now_ms;
    if (st == ST_OK) return ST_OK;
    ret->fault = fault__of_call(&inner, st, HOP_PROVIDER);
    ret->has_fault = true;
    return ST_OK;
}

/* may_try_next: only while the question has gone nowhere: each server keeps a log of its own and would take it as new. */
static bool may_try_next(const struct call *c, const struct trip *t, enum status st)
{
    if (t->untaken) return true;
    if (st == ST_OK || t->left) return false;
    return fault__same_type(c->error.fault, STR("network_error")) || str_starts(c->error.fault, STR("ssl_authentication_failed"));
}

static enum status ask_server(struct call *c, const struct directory *d, struct trip *t, const struct dir_server *s, int64_t connect_ms, bool anew, struct wire *ret)
{
    enum status st = post(c, d, s, connect_ms, anew, t, ret);
    if (st == ST_OK && !t->untaken) servers__remember(c, &t->provider, s);
    else servers__forget(c, &t->provider, s);
    return st;
}

/* ask_servers: one after the other, each with a moment to be reached: its program may stand still while its machine takes connections for it. It may also only be far
 * away, so when nobody took the question one of those that were not reached gets its full time; who was reached and is too busy is not asked again. A kept connection
 * proves nothing unless an answer came lately. */
static enum status ask_servers(struct call *c, const struct directory *d, struct trip *t, const struct dir_server **list, size_t n, struct wire *ret)
{
    const struct dir_server *far[SERVERS_MAX];
    size_t nfar = 0;
    if (n == 1) return ask_server(c, d, t, list[0], CONNECT_MS, false, ret);
    bool recalled = servers__recall(c, &t->provider, list, n);
    for (;; n--) {
        if (!recalled && n > 1) (void)servers__race(c, list, n, PEER_PORT, AGAIN_MS);
        recalled = false;
        enum status st = ask_server(c, d, t, list[0], AGAIN_MS, !servers__is_fresh(c, list[0]), ret);
        if (!may_try_next(c, t, st)) return st;
        if (fault__same_type(c->error.fault, STR("network_error"))) far[nfar++] = list[0];
        if (n == 1 && (nfar == 0 || !servers__race(c, far, nfar, PEER_PORT, CONNECT_MS))) return st;
        call_clear(c);
        if (n == 1) return ask_server(c, d, t, far[0], CONNECT_MS, true, ret);
        list[0] = list[n - 1];
    }
}

static enum status send_message(struct call *c, const struct directory *d, struct trip *t, struct wire *ret)
{
    const struct dir_server *servers[SERVERS_MAX];
    size_t n;
    TRY(servers__find(c, d, &t->provider, t->out->server, servers, &n));
    if (xid__same_server(&servers[0]->id, &exchange__of(c)->self)) return by_this_node(c, t, false, ret);
    return ask_servers(c, d, t, servers, n, ret);
}

/* ---- the answer ---- */

static enum status inconsistent(struct call *c)
{
    return call_fault(c, call_fail(c, ST_DENIED, "", "The answer does not belong to the question. Nothing was used. Tell your administrator."), STR("inconsistent_response"));
}

static enum status check_answer(struct call *c, const struct directory *d, const struct trip *t, struct wire *w, struct incoming *ret)
{
    struct xid client, service;
    enum status st = rest__parse_response(c, w->head, &ret->head);
    if (st != ST_OK) return fault__wrap(c, st, STR("invalid_response")); /* the other side's mistake, not the asker's */
    const struct rest_head *h = &ret->head;
    if (!xid_parse_client(c->arena, rest__header(h, "x-road-client"), &client) || !xid_same_client(&client, &t->out->client)) return inconsistent(c);
    if (!xid__parse_service(c->arena, rest__header(h, "x-road-service"), &service)) return inconsistent(c);
    if (!xid_same_client(&service, &t->provider) || !str_eq(service.service, t->target.service.service)) return inconsistent(c);
    if (!str_eq(rest__header(h, "x-road-id"), t->message_id) || !str_eq(rest__header(h, "x-road-request-id"), t->request_id)) return inconsistent(c);
    if (!str_eq(rest__header(h, "x-road-request-hash"), rest__hash(c->arena, t->sent.head_digest, t->sent.has_body, t->sent.body_digest))) return inconsistent(c);
    TRY(wire__check_signature(c, d, w, &t->provider));
    ret->has_body = w->has_body;
    ret->body = w->body;
    ret->large = w->large;
    ret->message_id = t->message_id;
    ret->request_id = t->request_id;
    return ST_OK;
}

static enum status log_answer(struct call *c, const struct trip *t, const struct wire *w, int status)
{
    struct message_row row = row_of(t, true);
    row.wire = w;
    row.status = status;
    row.took_us = time_monotonic_us() - t->began_us;
    crash_point("exchange.answer_received");
    return message__append(c, &row);
}

/* ---- inside one member ---- */

/* is_own: a subsystem of this node's member asks another one of the same member on this same node. Nothing leaves, and a member's signature on a message to itself
 * proves nothing to anybody: such a message is judged and logged, once, and not signed. */
static bool is_own(const struct call *c, const struct directory *d, const struct trip *t)
{
    const struct dir_server *self = directory__find_server(d, &exchange__of(c)->self);
    return xid__same_member(&t->out->client, &t->provider) && !t->out->server.n && self && !self->maintenance && directory__hosts(d, self, &t->provider);
}

static enum status run_own(struct call *c, struct trip *t, struct incoming *ret, struct fault *f)
{
    struct wire answer = { 0 };
    t->inside = true;
    TRY(wire__digest(c, &t->sent));
    TRY(by_this_node(c, t, true, &answer));
    if (answer.has_fault) return *f = answer.fault, fault__fail(c, &answer.fault);
    TRY(rest__parse_response(c, answer.head, &ret->head));
    ret->has_body = answer.has_body;
    ret->body = answer.body;
    ret->large = answer.large;
    ret->message_id = t->message_id;
    ret->request_id = t->request_id;
    return ST_OK;
}

static enum status sign_and_log(struct call *c, struct trip *t)
{
    SIGN_TURN turn = { 0 };
    struct xid self = exchange__of(c)->self;
    TRY(wire__sign(c, &turn, str_join(c->arena, self.class_, STR("/"), self.member, STR_END), &t->sent));
    struct message_row row = row_of(t, false);
    row.wire = &t->sent;
    return message__append(c, &row);
}

/* run: the whole way. A fault of the other side comes out in *f; a failure of this side as the call's failure. */
static enum status run(struct call *c, struct trip *t, struct incoming *ret, struct fault *f, bool *logged)
{
    DIRECTORY d = NULL;
    DIRECTORY of_provider = NULL;
    struct wire answer = { 0 };
    call_may_wait(c);
    TRY(db_settle(c)); /* a service that asks others may not hold back what it read */
    TRY(hold(c, t, &d));
    TRY(prepare(c, d, t, &of_provider));
    TRY(stamp__may_go_on(c));
    if (is_own(c, d, t)) return run_own(c, t, ret, f);
    TRY(sign_and_log(c, t));
    *logged = true;
    crash_point("exchange.question_logged");
    TRY(send_message(c, of_provider, t, &answer));
    if (answer.has_fault) return *f = answer.fault, fault__fail(c, &answer.fault);
    TRY(check_answer(c, of_provider, t, &answer, ret));
    return log_answer(c, t, &answer, ret->head.status);
}

/* note_fault: one log line; and a row in the log says how it ended: the answer's, or that of a refusal where the question never got there. What comes from nobody we know
 * fills no table: it is counted. */
static void note_fault(struct call *c, const struct trip *t, const struct fault *f, bool logged)
{
    fault__log(c, HOP_CONSUMER, f, t->client_text, t->service_text, t->request_id);
    if (!t->known) exchange__count_stranger(c);
    if (!t->known || t->inside) return;
    struct call_error told = c->error;
    struct message_row row = row_of(t, true);
    row.is_refusal = !logged;
    row.fault = f->type;
    row.fault_id = f->detail;
    row.took_us = time_monotonic_us() - t->began_us;
    call_clear(c);
    if (message__append(c, &row) != ST_OK) call_note(c, "exchange", "the fault stands in this log only");
    c->error = told;
}

enum status consumer__exchange(struct call *c, const struct outgoing *o, struct incoming *ret, struct fault *f)
{
    struct trip t = { .out = o, .began_us = time_monotonic_us(), .client_text = xid_format(c->arena, &o->client) };
    bool logged = false;
    *f = (struct fault){ 0 };
    enum status st = run(c, &t, ret, f, &logged);
    if (st == ST_OK) return ST_OK;
    if (!f->type.n) *f = fault__of_call(c, st, HOP_CONSUMER);
    c->error.fault = f->type; /* complete from here on */
    note_fault(c, &t, f, logged);
    return st;
}
