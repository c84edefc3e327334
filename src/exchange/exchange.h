/* exchange.h: the one road between members: the X-Road message protocol for REST, both sides, over the message transport protocol; the directory of members (signed global
 * configuration); rights by subsystem, service, method and path, purpose and column; the message log. Even inside one node a room calls another's register by
 * service name. Source: x-road.md. */
#ifndef SEN_EXCHANGE_EXCHANGE_H
#define SEN_EXCHANGE_EXCHANGE_H

#include "base/app.h"
#include "base/call.h"
#include "base/module.h"
#include "base/spool.h"

struct header; /* web/http.h */

/* struct xid: an X-Road identifier (x-road.md 0). Unused parts are empty. */
struct xid { struct str instance, class_, member, subsystem, service, server; };
bool xid_parse_client(struct arena *a, struct str text, struct xid *ret);        /* "VN/GOV/H26[/desk]", percent-encoded parts */
struct str xid_format(struct arena *a, const struct xid *id);                    /* instance/class/member[/subsystem[/service]] */
struct str xid_member(struct arena *a, const struct xid *id);                    /* instance/class/member */
bool xid_same_client(const struct xid *a, const struct xid *b);                  /* instance, class, member, subsystem */

/* A right: who may call what, for which purposes, and which columns come out. From `exchange.rights` of node.yaml. */
struct right {
    struct xid client;                                     /* who: exactly this client; or */
    struct str group_instance, group;                      /* the members of this global group of the directory, by exact id */
    struct str service, method, path;   /* method "*" and path "**" for all; globs of x-road.md 6.2 */
    const struct str *purposes; size_t npurposes;          /* codes of country/<cc>/purposes.yaml */
    struct str fixed_purpose;                              /* for foreign clients that send no X-Sen-Purpose; else empty */
    const struct str *columns; size_t ncolumns;            /* "*": all */
};

/* ---- provider: services made of functions ---- */
struct service_request {
    struct xid client, service;
    struct str method, path /* raw service path with its '/', may be empty */, query, content_type, body;
    struct extent large;                                     /* for a backend only: the body, where it lies in a file; a handler has all of it in `body` */
    const struct header *headers; size_t nheaders;
    struct str message_id, request_id;                     /* x-road-id, x-road-request-id */
    struct str user, issue, purpose, basis, role;          /* judged: purpose is one the right allows */
    const struct right *right;                             /* never NULL in a handler */
    const void *arg;                                       /* of the service, as it was offered */
};
struct service_reply { int status; struct str content_type, body; struct extent large; /* of a backend: the body, where it lies in a file */ };
/* A handler runs after signature, right and purpose were judged and the request is durable in the log. c->actor is the peer's official. A failure status becomes
 * the signed HTTP answer problem+json (404 for ST_NOT_FOUND ...), not an X-Road fault, unless call_fault was told. */
struct service {
    const char *code;
    enum status (*handle)(struct call *c, const struct service_request *rq, struct service_reply *rp);
    const void *arg;
    bool gathers;  /* the handler reads this node's databases, journals what it read and answers; it changes nothing else, calls nobody and does not read the journal
                    * it writes. Request, entry and answer are then made durable together (db_gather), before the answer leaves */
    /* describe: the OpenAPI text of the service (JSON), for getOpenAPI; NULL: it has none. Says nothing that a right guards: whoever is in the directory may ask. */
    enum status (*describe)(struct call *c, const struct xid *service, struct str *ret);
    bool members;  /* any member of the directory may call it, without a purpose (directory/heads); no right is looked for */
};
/* exchange_offer: code of a service of one of this node's subsystems ("population", {"person", ...}); at start only. Services with a `url` in node.yaml go to a backend instead. */
NODISCARD enum status exchange_offer(struct call *c, struct app *app, struct str subsystem, const struct service *s);

/* ---- consumer ---- */
struct exchange_request {
    struct str client_subsystem;                           /* one of this node's */
    struct xid service;
    struct str method, path, query, content_type, body;
    struct str user, issue, purpose, basis, role;
};
struct exchange_answer { int status; struct str content_type, body, message_id, request_id; };
/* exchange_call: the whole way: message built, logged, signed, sent, answer verified and logged. A provider on this same node goes through the same checks and log. A fault (from
 * either side) comes out as a status with call fault and a sentence that names the hop, the cause and what to do; HTTP statuses of the service itself are ST_OK. */
NODISCARD enum status exchange_call(struct call *c, const struct exchange_request *rq, struct exchange_answer *ret);

/* ---- the nation's purposes (country/<cc>/purposes.yaml): code, text, legal basis ---- */
struct purpose { struct str code, name /* English key of the translation */, basis; bool for_officials; };
size_t exchange_purposes(const struct app *app, const struct purpose **ret);
const struct purpose *exchange_find_purpose(const struct app *app, struct str code);
/* exchange_check_purpose: one that somebody who opens what is about others may name: of the list, and for officials. "self" is people's own, and they are shown it as such. */
NODISCARD enum status exchange_check_purpose(struct call *c, struct str code, const struct purpose **ret);

/* ---- the directory ---- */
struct member_info { struct xid id; struct str name; };
size_t exchange_members(struct call *c, const struct member_info **ret);              /* of the valid configuration; subsystems too */
struct str exchange_member_name(struct call *c, struct str id);                       /* "VN/GOV/H26[/desk]" to its name; the id itself when unknown */
struct str exchange_self(struct call *c);                                             /* this node's member, "VN/GOV/H26" */
struct str exchange_server(struct call *c);                                           /* "VN/GOV/H26/hn1" */
/* exchange_servers_of: ids ("VN/GOV/G01/ps1") of the servers that host this member or subsystem. */
NODISCARD enum status exchange_servers_of(struct call *c, const struct xid *client, const struct str **ret, size_t *n);
/* Published journal heads: the operator's node keeps what members send; anyone reads. verifier key and newest checkpoint of a member's server. */
NODISCARD enum status exchange_published_head(struct call *c, struct str server, struct str *verifier_key, struct str *checkpoint);

/* exchange_judge_member_cert: certificate (DER) belongs to this member by the directory's profile, with a good path and this OCSP response now; used for signatures inside bodies (assertions). */
NODISCARD enum status exchange_judge_member_cert(struct call *c, struct str cert, struct str ocsp, struct str member);

/* exchange_own_ocsp: a fresh answer of the CA for a certificate of this node, to travel beside a signature inside a body. */
NODISCARD enum status exchange_own_ocsp(struct call *c, struct str cert, struct str *ret);

/* exchange_stamp_state: how time-stamping of this node's message log goes. Moments are 0 where there is none: last_ms of the newest time-stamp, oldest_waiting_ms of
 * the oldest of `waiting` messages without one (counted up to 100,000), failing_since_ms of the first failure after the last success (0: it goes well); reason says what
 * failed: a sentence of the program (key of its translation) with its values, a tab between them. */
struct stamp_state { int64_t last_ms, oldest_waiting_ms, waiting; int64_t failing_since_ms; struct str reason, values; };
NODISCARD enum status exchange_stamp_state(struct call *c, struct stamp_state *ret);
/* exchange_stamp_period: how often it is done, in milliseconds; 0 while no directory is known. */
int64_t exchange_stamp_period(struct call *c);

/* exchange_set_persons: how the message log, searched by person, finds the internal id that the journal knows a number by. Filled in by the room that keeps a register; at start
 * only. find: ST_NOT_FOUND, silently, when nobody has the number. */
typedef enum status person_finder(struct call *c, struct str number, int64_t *ret);
void exchange_set_persons(struct app *app, person_finder *find);

/* exchange_files_read_later: folders and files that a server which is confined must be able to read again while it runs: certificates that node.yaml names. */
size_t exchange_files_read_later(struct call *c, const struct app *app, const struct str **ret);

extern const struct module exchange_module;

#endif
