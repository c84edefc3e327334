/* http.h: the HTTP edge as rooms see it: routes, forms and rights as tables; a request that was read within limits; a reply.
 * Behind it: libmicrohttpd (one daemon a port, epoll) and a bounded pool of workers; a worker runs one struct call at a time as straight, blocking code. So does a strand, for
 * routes that wait. */
#ifndef SEN_WEB_HTTP_H
#define SEN_WEB_HTTP_H

#include "base/app.h"
#include "base/buf.h"
#include "base/call.h"
#include "base/module.h"
#include "base/spool.h"

/* Each port is one daemon of its own, so that a flood on one does not stop another. */
enum port {
    PORT_PAGES,    /* people: pages, assets, /healthz; setting web.pages */
    PORT_SYSTEMS,  /* information systems: /r1/..., /listClients; web.systems (and web.systems_tls) */
    PORT_PEERS,    /* other nodes: POST / over mutual TLS; web.peers (5500) */
    PORT_STATUS,   /* OCSP of a Security Server, plain HTTP; web.status (5577) */
    PORT_COUNT
};

struct header { struct str name, value; };

/* ---- what a form may hold: an undeclared field never reaches a handler ---- */
enum field_kind {
    FIELD_TEXT,       /* one line, NFC, plain */
    FIELD_LONG,       /* several lines */
    FIELD_SECRET,     /* a password: any characters, never shown again */
    FIELD_NUMBER,     /* whole number */
    FIELD_DIGITS,     /* ASCII digits only; min_length..max_length */
    FIELD_DATE,       /* ISO day */
    FIELD_CODE,       /* one of a list the room checks: letters, digits, '.', '-', '_' */
    FIELD_CHECK       /* a tick box: "on" or absent */
};
struct field { const char *name; enum field_kind kind; bool required; size_t min_length, max_length /* code points; 0: 200 */; const char *label; };

struct request {
    struct str method, target /* raw, as on the wire */, path /* raw, without query */, query /* raw, without '?' */;
    enum port port;
    const struct header *headers; size_t nheaders;   /* in order; trimmed values */
    struct str body;
    struct extent large;                                /* of routes with .spools: a body over SPOOL_FROM lies here, and `body` is empty; held until the reply is sent */
    struct str peer_address;
    struct str peer_cert;                             /* DER of the client certificate on PORT_PEERS and systems over TLS; else empty */
    const struct str *peer_chain; size_t npeer_chain; /* all certificates the client sent, leaf first (peer_chain[0] is peer_cert) */
    bool tls;                                         /* came over TLS on this port, or over https through the proxy in front (web.https) */
    const struct route *route;
    struct str session;                               /* session id of the cookie, or empty */
    struct str csrf;                                  /* the token this session's forms must carry */
    const void *parts;                                /* web's own */
};
struct str request_path(const struct request *rq, const char *name);     /* {name} of the pattern, percent-decoded; {rest*} raw */
struct str request_header(const struct request *rq, const char *name);   /* last one, any case; p NULL when absent */
struct str request_form(const struct request *rq, const char *field);    /* checked value of a declared field; empty when absent */
struct str request_query(const struct request *rq, const char *field);   /* the same for GET routes with .form */
bool request_wants_json(const struct request *rq);
/* request_faults: every field the form check refused, in the order of the form (c->error is the first of them). */
size_t request_faults(const struct request *rq, const struct call_error **ret);

/* struct reply: zeroed before the handler runs. */
struct reply {
    int status;                       /* 0: 200 */
    struct str content_type;
    struct header headers[16]; size_t nheaders;
    const struct header *more; size_t nmore;   /* sent as they are before these, in order, duplicates and all: a message that is only passed on */
    struct str body;                  /* in the call's arena, or static */
    struct extent large; struct str tail; /* sent behind the body: a part of a file, held on to until it is sent, and what follows it */
    bool no_store;                    /* pages about persons: Cache-Control: no-store (default for PORT_PAGES replies with an actor) */
};
void reply_header(struct call *c, struct reply *rp, const char *name, struct str value);
void reply_text(struct reply *rp, int status, struct str content_type, struct str body);
enum status reply_redirect(struct call *c, struct reply *rp, struct str to);          /* 303 to a local path; anything else goes to "/" */
/* reply_cookie: HttpOnly, SameSite=Lax, Path=/, Secure when people come over https. max_age_s 0: until the browser closes; below 0: remove it. */
void reply_cookie(struct call *c, struct reply *rp, struct str name, struct str value, int64_t max_age_s);
/* reply_problem: problem+json (RFC 9457) for APIs, with the sentence in the caller's language and the trace; the edge calls it for handlers that fail on JSON routes. */
void reply_problem(struct call *c, struct reply *rp, enum status st);

typedef enum status handler(struct call *c, const struct request *rq, struct reply *rp);

struct route {
    const char *method, *pattern;     /* "GET" (with HEAD) ..., "*": every verb that no other route takes. "/land/{number}", "/r1/{rest*}": a trailing {name*} takes the raw rest */
    handler *handle;
    const char *need;                 /* right: "public", "signed-in", "registry.lookup"; NULL stops the start */
    const struct field *form;         /* fields of the body (POST) or query (GET); ends with { 0 } */
    enum port port;
    size_t max_body;                  /* 0: 64 KiB */
    bool spools;                      /* a large body goes to a file (struct request.large), not into memory */
    bool waits;                       /* mostly for others: the handler runs on a strand (base/strand.h): it computes little, or outside */
    bool api;                         /* failures answer problem+json (or the handler's own faults), no CSRF, no session cookie */
    handler *failed;                  /* api: makes the failure reply itself (exchange faults); NULL: problem+json. Pages: shows the form again (reply_page_again)
                                       * after ST_INVALID, from the form check or the handler; c->error is set; NULL: the error page */
};

/* ---- sessions: web owns the cookie, an upper room owns the accounts ----
 * identity fills this table at start: cookie value to actor. */
struct session_source {
    /* find: the actor of a session id and its CSRF token; ST_NOT_FOUND silently when there is none or it has ended. */
    enum status (*find)(struct call *c, struct str session, const struct actor **ret, struct str *ret_csrf);
    /* where a page that needs sign-in sends people: "/sign-in" */
    const char *sign_in;
};
void web_set_session_source(struct app *app, const struct session_source *source);
/* reply_set_session: sets (or with an empty id removes) the node's cookie: sen_<node>; HttpOnly, SameSite=Lax, Path=/, Secure when over TLS. */
void reply_set_session(struct call *c, struct reply *rp, struct str session);
/* web_form_token: a CSRF token for forms shown before sign-in (bound to a short-lived cookie); the edge checks both kinds. */
struct str web_form_token(struct call *c, const struct request *rq, struct reply *rp);

/* ---- life ---- */
/* web_start: opens the ports that have an address and routes, checks the route tables; main calls it after every room has started.
 * web_stop: quiesce, workers, resume all, stop; main calls it before any room stops. */
NODISCARD enum status web_start(struct call *c, struct app *app);
void web_stop(struct app *app);

/* TLS of PORT_PEERS: exchange fills it before web_start. own: the node's TLS key and certificate chain. accept: may a peer with this certificate (DER) connect
 * (directory's authCertHash)? Called in the handshake: fast, never waits. */
struct peer_tls {
    const void *key;                                  /* const struct key * of trust */
    struct str (*chain)(struct app *app, struct arena *a, size_t i); /* DER i, leaf first; empty at the end */
    bool (*accept)(struct app *app, struct str cert_der);
};
void web_set_peer_tls(struct app *app, const struct peer_tls *tls);

/* How the edge says on PORT_PEERS that it took nothing of a request (too large, too busy, about to stop), as peers understand it: the body of a 200 text/xml, sent with
 * X-Sen-Taken: no where another try may go better. Called by the edge: it never waits. Set before web_start; without it peers get problem+json too. */
typedef void refusal_writer(struct buf *out, enum status st, struct str sentence);
void web_set_peer_refusal(struct app *app, refusal_writer *w);

/* web_language: the one of this node's languages that an Accept-Language value asks for; English when it asks for none of them. For answers to machines; pages
 * have theirs in c->lang already. */
struct str web_language(const struct app *app, struct str accepted);

/* Counters for /metrics: each room may add lines in Prometheus text format. */
typedef void metrics_writer(struct call *c, struct buf *out);
void web_add_metrics(struct app *app, metrics_writer *w);

/* /healthz: 200 only when every check answers ST_OK; 503 names the parts that do not. A check is quick and changes nothing. */
typedef enum status health_check(struct call *c);
void web_add_health(struct app *app, const char *name, health_check *check);
/* web_check_part: one of these checks by its name; "store" (both databases answer) and "holder" (the key holder signs) are always there. */
NODISCARD enum status web_check_part(struct call *c, const char *name);

extern const struct module web_module;

#endif
