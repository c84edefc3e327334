/* ocsp_fetch.c: status answers are fetched ahead of time by a job: our own from the authority's status services, those of peers from their port 5577. A message waits for the
 * network only when its peer is met for the first time; while a fetch fails, what is at hand serves until it ends, and then messages are refused at once with the reason. */
#include "base/config.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "exchange/directory/clock.h"
#include "exchange/message/message.h"
#include "exchange/status/ocsp_int.h"

enum { CONNECT_MS = 5000, TOTAL_MS = 10000, STATUS_PORT = 5577, JOB_BUDGET_US = 4000000 };

/* ---- refusing ---- */

/* of_peer: who was asked about a peer's certificate is the peer. */
static enum status of_peer(struct call *c, const struct status_facts *f, struct str since)
{
    if (f->trouble == TROUBLE_WRONG)
        return call_fail(c, ST_UNAVAILABLE, "", "What the other agency's node %s tells about the status of its certificate cannot be used, since %s. Its administrator should look at its status service and clock.", f->where, since);
    return call_fail(c, ST_UNAVAILABLE, "", "The other agency's node %s does not tell the status of its certificate, since %s. Its administrator should check its port 5577 and its way to the status service.", f->where, since);
}

/* still_holds: it fails, but what came before may still be shown. */
static enum status still_holds(struct call *c, const struct status_facts *f, struct str since)
{
    struct str until = text_moment(c, f->until_ms);
    if (f->trouble == TROUBLE_WRONG)
        return call_fail(c, ST_UNAVAILABLE, "", "What the status service %s tells about this node's certificate cannot be used, since %s; the last good answer still holds until %s. Compare the clocks, and tell the operator.", f->where, since, until);
    return call_fail(c, ST_UNAVAILABLE, "", "The status service %s has not answered since %s; its last answer about this node's certificate still holds until %s. Tell the operator.", f->where, since, until);
}

static enum status has_ended(struct call *c, const struct status_facts *f, struct str since)
{
    if (f->trouble == TROUBLE_WRONG)
        return call_fail(c, ST_UNAVAILABLE, "", "What the status service %s tells about this node's certificate cannot be used, since %s, and the last good answer has ended. Compare the clocks, and tell the operator.", f->where, since);
    return call_fail(c, ST_UNAVAILABLE, "", "The status service %s has not answered since %s, and its last answer about this node's certificate has ended. Tell the operator; messages pass again when it answers.", f->where, since);
}

/* no_answer: who was asked, since when in vain, whether there is still something to show, and what to do. */
static enum status no_answer(struct call *c, const struct status_facts *f)
{
    struct str since = text_moment(c, f->failing_since_ms);
    enum status st;
    if (!f->failing_since_ms)
        st = call_fail(c, ST_UNAVAILABLE, "", "The status of this node's certificate has not been fetched yet. Try again in a few seconds.");
    else if (f->instance.n) st = of_peer(c, f, since);
    else if (f->answer.n) st = still_holds(c, f, since);
    else st = has_ended(c, f, since);
    return call_fault(c, st, f->fault.n ? f->fault : STR("missing_validation_info"));
}

/* ---- one answer ---- */

/* what: the certificate that is asked about, by whose rules, and whom. */
struct asking { const struct directory *d; struct str cert, instance, where; };

/* take: an answer that is no proof (of another certificate, too old, signed by nobody) does not take the place of one that is. */
static enum status take(struct call *c, const struct asking *a, struct str answer, struct str *ret)
{
    bool revoked; /* a proof too */
    TRY(judge__answer(c, a->d, a->cert, answer, &revoked));
    TRY(ocsp__keep(c, a->cert, a->instance, answer, a->d->ocsp_fresh_s));
    *ret = answer;
    return ST_OK;
}

/* failed: noted, with the cause in the log; what the call fails with names who was asked. */
static enum status failed(struct call *c, const struct asking *a, enum status_trouble trouble, enum status st)
{
    struct str fault = trouble == TROUBLE_WRONG ? str_copy(c->arena, c->error.fault) : STR("");
    call_note(c, "exchange", "status of a certificate, asked of %.*s: %.*s", STR_ARG(a->where), STR_ARG(call_sentence(c, st).sentence));
    call_clear(c);
    struct status_facts f = ocsp__note_failure(c, a->cert, a->instance, a->where, trouble, fault);
    return no_answer(c, &f);
}

static enum status not_200(struct call *c, struct str where, const struct client_answer *answer)
{
    return call_fail(c, ST_UNAVAILABLE, "", "The status service %s answered with the HTTP status %s instead of a status. Tell who keeps it.", where, str_print(c->arena, "%d", answer->status));
}

/* ask: silence is one thing, an answer that cannot even be read another. */
static enum status ask(struct call *c, const struct asking *a, struct client_request *rq, enum status_trouble *trouble, struct client_answer *ret)
{
    bool answered;
    rq->connect_ms = CONNECT_MS;
    rq->total_ms = TOTAL_MS;
    rq->max_answer = OCSP_ANSWER_MAX;
    rq->answered = &answered;
    enum status st = client_fetch(c, rq, ret);
    *trouble = st != ST_OK && answered ? TROUBLE_WRONG : TROUBLE_SILENT;
    TRY(st);
    clock__note(c, a->where, ret);
    if (ret->status != 200) return not_200(c, a->where, ret);
    *trouble = TROUBLE_WRONG;
    return ST_OK;
}

/* ---- our own, and those of services ---- */

static enum status ask_service(struct call *c, const struct asking *a, struct str url, struct str question, enum status_trouble *trouble, struct str *ret)
{
    const struct header type = { STR_INIT("Content-Type"), STR_INIT("application/ocsp-request") };
    struct client_request rq = { .method = STR("POST"), .url = url, .headers = &type, .nheaders = 1, .body = question, .has_body = true };
    struct client_answer answer;
    TRY(ask(c, a, &rq, trouble, &answer));
    return take(c, a, answer.body, ret);
}

static struct str place_of(struct str url)
{
    struct url u;
    return url_parse(url, &u) ? u.host : url;
}

/* ask_each: those of the authority, in the directory's order, until one answers; else a->where is the last one, and the call tells what it did. */
static enum status ask_each(struct call *c, struct asking *a, const struct judge_source *by, enum status_trouble *trouble, struct str *ret)
{
    struct str question;
    enum status st = ST_UNAVAILABLE;
    *trouble = TROUBLE_SILENT;
    TRY(ocsp_request(c, a->cert, by->issuer, &question));
    for (size_t i = 0; i < by->nurls; i++) {
        call_clear(c);
        a->where = place_of(by->urls[i]);
        st = ask_service(c, a, by->urls[i], question, trouble, ret);
        if (st == ST_OK) return ST_OK;
    }
    return st;
}

static enum status ask_services(struct call *c, const struct directory *d, struct str cert, const struct judge_source *by, struct str *ret)
{
    struct asking a = { .d = d, .cert = cert };
    enum status_trouble trouble;
    enum status st = ask_each(c, &a, by, &trouble, ret);
    return st == ST_OK ? ST_OK : failed(c, &a, trouble, st);
}

enum status ocsp__own(struct call *c, struct str cert, struct str *ret)
{
    DIRECTORY d = NULL;
    struct status_facts f;
    struct judge_source by;
    (void)ocsp__look(c, cert, &f);
    if (f.answer.n) return *ret = f.answer, ST_OK;
    TRY(directory__hold(c, &d));
    TRY(judge__issuer(c, d, cert, &by)); /* a certificate that has ended says so itself */
    if (f.failing_since_ms) return no_answer(c, &f);
    return ask_services(c, d, cert, &by, ret);
}

enum status ocsp__kept_times(struct call *c, struct str cert, struct str *ret, struct status_times *ret_says)
{
    struct status_facts f;
    (void)ocsp__look(c, cert, &f);
    if (!f.answer.n) return no_answer(c, &f);
    *ret = f.answer;
    *ret_says = f.says;
    return ST_OK;
}

enum status ocsp__kept(struct call *c, struct str cert, struct str *ret)
{
    struct status_times says;
    return ocsp__kept_times(c, cert, ret, &says);
}

enum status ocsp__try_own(struct call *c, struct str cert)
{
    DIRECTORY d = NULL;
    struct judge_source by;
    struct str answer;
    enum status_trouble trouble;
    TRY(directory__hold(c, &d));
    TRY(judge__issuer(c, d, cert, &by));
    struct asking a = { .d = d, .cert = cert };
    return ask_each(c, &a, &by, &trouble, &answer); /* what it did just now; since when it fails only the server knows */
}

int64_t ocsp__failing(struct call *c, struct str cert, struct call_error *ret)
{
    struct status_facts f;
    (void)ocsp__look(c, cert, &f);
    enum status st = no_answer(c, &f);
    *ret = call_sentence(c, st);
    call_clear(c);
    return f.failing_since_ms;
}

bool ocsp__is_revoked(struct call *c, const struct directory *d, struct str cert)
{
    struct status_facts f;
    struct judge_source by;
    struct str answer;
    bool revoked = false;
    enum status st = judge__issuer(c, d, cert, &by);
    (void)ocsp__look(c, cert, &f);
    if (st == ST_OK && f.is_due) call_forgive(c, ask_services(c, d, cert, &by, &answer), "the directory lists the service");
    (void)ocsp__look(c, cert, &f);
    if (st == ST_OK && f.answer.n) st = judge__answer(c, d, cert, f.answer, &revoked);
    call_clear(c);
    return revoked;
}

enum status exchange_own_ocsp(struct call *c, struct str cert, struct str *ret) { return ocsp__own(c, cert, ret); }
enum status exchange_try_status(struct call *c, struct str cert) { return ocsp__try_own(c, cert); }

/* ---- those of peers ---- */

static enum status read_parts(struct call *c, const struct client_answer *answer, struct str *ret)
{
    struct multipart m;
    struct part p, second;
    bool more, several = false;
    TRY(multipart__open(c, client_header(answer, "Content-Type"), answer->body, &m));
    TRY(multipart__next(c, &m, &p, &more));
    if (more) TRY(multipart__next(c, &m, &second, &several));
    if (!more || several || !str_eq_nocase(multipart__type(part__header(&p, "content-type")), STR("application/ocsp-response")))
        return call_fault(c, call_fail(c, ST_INVALID, "", "It did not answer with one status, as it was asked."), STR("missing_validation_info"));
    *ret = p.body;
    return ST_OK;
}

static enum status ask_peer(struct call *c, const struct asking *a, const struct dir_server *s, enum status_trouble *trouble, struct str *ret)
{
    struct str sha1 = encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA1, a->cert)), sha256 = encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, a->cert)), bytes;
    struct client_request rq = { .method = STR("GET") };
    struct client_answer answer;
    rq.url = str_print(c->arena, "http://%.*s:%d/?cert=%.*s&cert_hash=%.*s", STR_ARG(s->address), STATUS_PORT, STR_ARG(sha1), STR_ARG(sha256));
    TRY(ask(c, a, &rq, trouble, &answer));
    TRY(read_parts(c, &answer, &bytes));
    return take(c, a, bytes, ret);
}

static enum status fetch_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret)
{
    const struct asking a = { d, cert, s->id.instance, s->key };
    enum status_trouble trouble;
    enum status st = ask_peer(c, &a, s, &trouble, ret);
    return st == ST_OK ? ST_OK : failed(c, &a, trouble, st);
}

enum status ocsp__of_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret)
{
    struct status_facts f;
    (void)ocsp__look(c, cert, &f);
    if (f.answer.n) return *ret = f.answer, ST_OK;
    if (f.failing_since_ms) return no_answer(c, &f);
    return fetch_peer(c, d, s, cert, ret);
}

enum status ocsp__of_chain(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, const struct str *chain, size_t nchain, struct str ret[static WIRE_OCSP_MAX],
                           size_t *n)
{
    struct str between[WIRE_OCSP_MAX];
    size_t more = judge__between(c, d, cert, chain, nchain, between);
    TRY(ocsp__of_peer(c, d, s, cert, &ret[0]));
    for (size_t i = 0; i < more; i++) TRY(ocsp__of_peer(c, d, s, between[i], &ret[1 + i]));
    *n = 1 + more;
    return ST_OK;
}

enum status ocsp__try_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret)
{
    const struct asking a = { d, cert, s->id.instance, s->key };
    enum status_trouble trouble;
    enum status st = ask_peer(c, &a, s, &trouble, ret);
    if (st != ST_OK && !c->error.fault.n) (void)call_fault(c, st, STR("missing_validation_info"));
    return st;
}

/* ---- ahead of time ---- */

static enum status refresh_own(struct call *c, const struct directory *d, enum key_purpose purpose, struct str owner)
{
    const struct key *key;
    struct status_facts f;
    struct judge_source by;
    struct str cert, answer;
    TRY(trust_key(c, purpose, owner, &key));
    TRY(key_certificate(c, key, &cert));
    if (ocsp__look(c, cert, &f) && !f.is_due) return ST_OK;
    enum status st = judge__issuer(c, d, cert, &by);
    if (st != ST_OK) return (void)ocsp__note_failure(c, cert, STR(""), STR(""), TROUBLE_WRONG, c->error.fault), st; /* so that it is told now and then, not at every turn */
    return ask_services(c, d, cert, &by, &answer);
}

/* refresh_peers: for a few seconds at most; those that are left are due at the next turn. */
static void refresh_peers(struct call *c)
{
    struct status_facts f;
    struct str answer;
    int64_t began_us = time_monotonic_us();
    while (time_monotonic_us() - began_us < JOB_BUDGET_US && ocsp__take_due(c, &f)) {
        DIRECTORY of_peer = NULL;
        if (directory__hold_of(c, f.instance, &of_peer) != ST_OK) {
            call_clear(c); /* a nation whose directory has ended for now */
            continue;
        }
        const struct dir_server *s = directory__server_of_cert(of_peer, f.cert);
        if (!s) ocsp__drop(c, f.cert);
        else if (fetch_peer(c, of_peer, s, f.cert, &answer) != ST_OK) call_clear(c); /* noted; whoever needs it is told */
    }
}

enum status ocsp__refresh(struct call *c)
{
    const struct exchange *ex = exchange__of(c);
    DIRECTORY d = NULL;
    if (!ex->has_anchor) return ST_OK;
    if (directory__hold(c, &d) != ST_OK) return call_clear(c), ST_OK; /* told by the job of the directory */
    enum status tls = refresh_own(c, d, KEY_TLS, STR(""));
    if (tls != ST_OK) call_clear(c);
    enum status sign = refresh_own(c, d, KEY_SIGN, config_text(c->app->config, "member"));
    struct call_error told = c->error;
    call_clear(c);
    refresh_peers(c);
    call_forgive(c, ocsp__store(c), "it is at hand in memory");
    c->error = told;
    return tls != ST_OK ? tls : sign;
}
