/* try_way.c: the way to another node, step by step, for who looks for the step that fails. The same functions judge here as in a real exchange (consumer.c). */
#include "exchange/figures.h"

#include "exchange/exchange_int.h"
#include "exchange/status/status.h"
#include "web/client.h"

enum { CONNECT_MS = 5000, TOTAL_MS = 15000 };

struct trying { const struct directory *d; const struct dir_server *server; const struct xid *provider; struct exchange_way *way; };

/* judge_shown: called in the handshake, so the connection stands. */
static enum status judge_shown(struct call *c, const struct str *chain, size_t n, void *arg)
{
    const struct trying *t = arg;
    struct str ocsp;
    t->way->n = WAY_CONNECT + 1;
    if (n == 0) return call_fault(c, call_fail(c, ST_DENIED, "", "The other agency's node showed no certificate. Tell your administrator."), STR("ssl_authentication_failed"));
    if (directory__server_of_cert(t->d, chain[0]) != t->server)
        return call_fault(c, call_fail(c, ST_DENIED, "", "The server that answered is not the one that the directory names. Tell your administrator."), STR("incorrect_certificate"));
    t->way->n = WAY_KNOWN + 1;
    TRY(ocsp__try_peer(c, t->d, t->server, chain[0], &ocsp));
    t->way->n = WAY_STATUS + 1;
    TRY(judge__peer(c, t->d, chain[0], chain + 1, n - 1, &ocsp, 1, t->provider));
    t->way->n = WAY_JUDGED + 1;
    return ST_OK;
}

static enum status try_server(struct call *c, struct str server, const struct xid *provider, struct exchange_way *way)
{
    DIRECTORY d = NULL;
    struct xid id;
    struct client_answer answer;
    TRY(directory__hold(c, &d));
    if (!xid__parse_server(c->arena, server, &id)) return call_fail(c, ST_INVALID, "", "Write a server as INSTANCE/CLASS/MEMBER/SERVER.");
    struct trying t = { d, directory__find_server(d, &id), provider, way };
    if (!t.server) return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "The directory knows no such server. Check its name."), STR("unknown_member"));
    struct client_request rq = { .method = STR("GET"), .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .judge = judge_shown, .judge_arg = &t, .to_node = true };
    rq.url = servers__url(c->arena, t.server);
    enum status st = client_fetch(c, &rq, &answer); /* any answer will do: only the other side's software gives one, and only to whom it lets in */
    if (st != ST_OK) return call_fault(c, st, STR("network_error"));
    way->n = WAY_STEPS;
    return ST_OK;
}

void exchange_try_way(struct call *c, struct str server, const struct xid *provider, struct exchange_way *ret)
{
    *ret = (struct exchange_way){ 0 };
    enum status st = try_server(c, server, provider, ret);
    ret->ok = st == ST_OK;
    if (!ret->ok) {
        ret->error = call_sentence(c, st);
        ret->error.fault = c->error.fault;
    }
    call_clear(c);
}
