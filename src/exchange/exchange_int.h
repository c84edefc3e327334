/* exchange_int.h: what the files of this room share. Sections follow the way of a message: identifiers, faults, canonical bytes, wire, directory,
 * judgement, rights, log, services. Numbers in brackets are sections of the X-Road digest in doc/exchange.md. */
#ifndef SEN_EXCHANGE_INT_H
#define SEN_EXCHANGE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "exchange/directory.h"
#include "exchange/exchange.h"
#include "store/db.h"
#include "trust/signature.h"
#include "web/http.h"

enum {
    XID_PART_MAX = 255,
    STAMP_NAME_MAX = 256,
    EXCHANGE_ID_MAX = 255,
    EXCHANGE_TEXT_MAX = 1000, /* user, issue, purpose, basis, role: 200 characters of any script and more */
    EXCHANGE_BODY_MAX = 10 * 1024 * 1024,
    EXCHANGE_WIRE_MAX = EXCHANGE_BODY_MAX + 1024 * 1024, /* body, head, signature and status parts */
    EXCHANGE_LARGE_MAX = 1024 * 1024 * 1024,             /* a body that goes through a file (x-road 1.9) */
    EXCHANGE_LARGE_WIRE_MAX = EXCHANGE_LARGE_MAX + 1024 * 1024,
    EXCHANGE_HEAD_MAX = 64 * 1024,
    EXCHANGE_HEADERS_MAX = 100
};

struct exchange;
struct memo;

/* ---- identifiers ---- */
bool xid__parse_service(struct arena *a, struct str text, struct xid *ret); /* five parts */
bool xid__parse_server(struct arena *a, struct str text, struct xid *ret);  /* four parts, the last a server code */
bool xid__parse_member(struct arena *a, struct str text, struct xid *ret);  /* three parts */
bool xid__same_member(const struct xid *a, const struct xid *b);
bool xid__same_server(const struct xid *a, const struct xid *b);
int xid__compare(const struct xid *a, const struct xid *b);                 /* an order of members, subsystems and servers */
struct str xid__format_server(struct arena *a, const struct xid *id);
struct xid xid__copy(struct arena *a, const struct xid *id);

/* ---- faults (1.7) ---- */
struct fault { struct str type, message, detail; };
enum hop { HOP_CONSUMER, HOP_PROVIDER };
struct str fault__hop_name(enum hop hop);
/* fault__of_call: the complete fault of a call that failed with st at this hop; its detail is the call's trace. */
struct fault fault__of_call(const struct call *c, enum status st, enum hop hop);
/* fault__wrap: put a wrapping code in front of the call's fault: "ssl_authentication_failed.cert_validation". Returns st. */
enum status fault__wrap(struct call *c, enum status st, struct str code);
/* fault__fail: tell a fault that came from a peer as this call's failure: status, sentence with hop and cure, type. */
enum status fault__fail(struct call *c, const struct fault *f);
bool fault__same_type(struct str a, struct str b);           /* compares the spellings of 7.7 and 7.8 */
void fault__reply(struct call *c, const struct request *rq, struct reply *rp, const struct fault *f); /* to an information system */
void fault__put_soap(struct buf *b, const struct fault *f);
NODISCARD enum status fault__read_soap(struct call *c, struct str xml, struct fault *ret);
void fault__log(const struct call *c, enum hop hop, const struct fault *f, struct str client, struct str service, struct str request_id);

/* ---- canonical bytes of a REST message (1.3, 1.4) ---- */
struct rest_head {
    struct str bytes;                  /* exactly what is hashed, signed, sent and logged */
    struct str method, target;         /* request; target is raw, with its query */
    int status; struct str reason;     /* response */
    const struct header *headers; size_t nheaders;
};
struct rest_target { struct xid service; struct str path /* raw, with '/' or empty */, query; };
NODISCARD enum status rest__parse_request(struct call *c, struct str bytes, struct rest_head *ret);
NODISCARD enum status rest__parse_response(struct call *c, struct str bytes, struct rest_head *ret);
struct str rest__header(const struct rest_head *h, const char *name);         /* the last one, any case; p NULL when absent */
struct str rest__short_header(const struct rest_head *h, const char *name);   /* its first EXCHANGE_TEXT_MAX bytes, whole characters: for log and journal */
NODISCARD enum status rest__parse_target(struct call *c, struct str target, struct rest_target *ret);
bool rest__is_filtered(struct str name);                                       /* 1.2: never travels */
NODISCARD enum status rest__write_request(struct call *c, struct str method, struct str target, const struct header *headers, size_t n,
                                          struct str request_id, struct rest_head *ret); /* adds the ids where they are missing */
struct rest_facts { struct str id, client, service, request_id, request_hash; };
NODISCARD enum status rest__write_response(struct call *c, int status, const struct header *headers, size_t n, const struct rest_facts *facts,
                                           struct rest_head *ret);
/* rest__hash: the request hash (1.4) in base64, of the SHA-512 of head and body. */
struct str rest__hash(struct arena *a, struct str head_digest, bool has_body, struct str body_digest);

/* ---- multipart (3.2, 3.3, 4.3) ---- */
struct part { const struct header *headers; size_t nheaders; struct str body; struct extent large; /* where it lies in the file; body is empty then */ };
/* rest: a view of what is to be read; of a message in a file (all) a window that ends at `at`. */
struct multipart { struct str rest, boundary; bool done; struct extent all; int64_t at; };
NODISCARD enum status multipart__open(struct call *c, struct str content_type, struct str bytes, struct multipart *ret);
NODISCARD enum status multipart__open_extent(struct call *c, struct str content_type, const struct extent *all, struct multipart *ret);
NODISCARD enum status multipart__next(struct call *c, struct multipart *m, struct part *ret, bool *more);
struct str part__header(const struct part *p, const char *name);
NODISCARD enum status multipart__headers(struct call *c, struct str *rest, struct part *ret); /* header block up to its blank line */
bool multipart__param(struct arena *a, struct str content_type, struct str name, struct str *ret);
struct str multipart__type(struct str content_type);                           /* without parameters */
struct str multipart__boundary(struct arena *a, const char *prefix);
void multipart__put(struct buf *b, struct str boundary, struct str content_type, struct str body);
void multipart__end(struct buf *b, struct str boundary);

/* ---- a signed message on the wire ---- */
enum { WIRE_OCSP_MAX = 8 };
struct wire {
    struct str ocsp[WIRE_OCSP_MAX]; size_t nocsp;
    struct str head;
    bool has_body; struct str body;
    struct extent large; /* a body in a file; body is empty then */
    struct str head_digest, body_digest; /* SHA-512: set by wire__sign, wire__check_signature, or for what is not signed wire__digest */
    struct signature_doc signature;
    bool has_fault; struct fault fault;
};
NODISCARD enum status wire__digest(struct call *c, struct wire *w);
/* struct wire_bytes: the message to be sent: what stands before a large body (all of it, where there is none), the body, what stands behind it. */
struct wire_bytes { struct str type, before; struct extent large; struct str behind; };
NODISCARD enum status wire__write(struct call *c, const struct wire *w, bool is_request, struct wire_bytes *ret);
/* wire__read: a message from memory, or from a file where large has a spool. */
NODISCARD enum status wire__read(struct call *c, struct str content_type, struct str bytes, const struct extent *large, bool is_request, struct wire *ret);
/* wire__sign: sign head and body with the member's key; the turn ends when they are logged. */
struct sign_turn;
NODISCARD enum status wire__sign(struct call *c, struct sign_turn *turn, struct str member, struct wire *w);
/* wire__check_signature: every received part covered, value right, signed by this member with a good certificate now. */
NODISCARD enum status wire__check_signature(struct call *c, const struct directory *d, struct wire *w, const struct xid *signer);

/* ---- judgement of certificates (3.5, 3.6, 3.7) ---- */
/* judge__peer: a peer's authentication certificate with its OCSP parts; it must belong to a server that hosts this client (or provider). */
NODISCARD enum status judge__peer(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp,
                                  const struct xid *hosted);
NODISCARD enum status judge__signer(struct call *c, const struct directory *d, struct str cert, struct str ocsp, const struct xid *member);
/* judge__issuer: certificate of the authority that issued cert, and where its status is asked, in the directory's order. */
struct judge_source { struct str issuer; const struct str *urls; size_t nurls; };
NODISCARD enum status judge__issuer(struct call *c, const struct directory *d, struct str cert, struct judge_source *ret);
/* judge__answer: is this a proof of the status of cert, good or revoked? As far as the directory alone tells. */
NODISCARD enum status judge__answer(struct call *c, const struct directory *d, struct str cert, struct str answer, bool *ret_revoked);

/* ---- status answers (3.4); how they are kept stands in ocsp_int.h ---- */
struct ocsp_cache;
struct ocsp_cache *ocsp__cache_new(void);
void ocsp__cache_free(struct ocsp_cache *k);
/* ocsp__own: of our own certificate. What is at hand, else it is fetched the first time; while that fails it is refused at once: who does not answer, since when. */
NODISCARD enum status ocsp__own(struct call *c, struct str cert, struct str *ret);
NODISCARD enum status ocsp__kept(struct call *c, struct str cert, struct str *ret);   /* the same without the network */
NODISCARD enum status ocsp__of_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret); /* likewise, from the peer */
/* The network alone, for who looks for the step that fails. */
NODISCARD enum status ocsp__try_own(struct call *c, struct str cert);
NODISCARD enum status ocsp__try_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret);
/* ocsp__is_revoked: does the status service of its authority say so? For a service whose certificate the directory lists: while nobody answers, the directory counts. */
bool ocsp__is_revoked(struct call *c, const struct directory *d, struct str cert);
NODISCARD enum status ocsp__refresh(struct call *c);                                  /* job */
NODISCARD enum status ocsp__load(struct call *c);                                     /* at start: what was at hand before */
/* ocsp__read_query: the hashes of GET /?cert=..&cert_hash=..: SHA-1 ones (20 bytes) or else SHA-256 ones. */
NODISCARD enum status ocsp__read_query(struct call *c, struct str query, const struct str **ret, size_t *n);
handler ocsp__show;
handler ocsp__show_failed;

/* ---- signing together (3.8) ---- */
struct sign_queue;
struct sign_queue *sign__queue_new(size_t most); /* messages under one signature */
void sign__queue_free(struct sign_queue *q);
/* A turn of signing: SIGN_TURN t = { 0 }; ends at the closing brace, behind which the signed message is in the log (or was given up). Nothing but the log is
 * waited for in between. */
struct sign_turn { struct sign_queue *queue; };
void sign__end_turn(struct sign_turn *t);
#define SIGN_TURN __attribute__((cleanup(sign__end_turn))) struct sign_turn
/* sign__message: one message signed, alone or with others that arrived during the last turn. */
NODISCARD enum status sign__message(struct call *c, struct sign_turn *turn, const struct key *key, struct str cert, struct str ocsp, const struct signed_part *parts, size_t nparts,
                                    struct signature_doc *ret);

/* ---- rights (6.2) ---- */
bool glob__match(struct str pattern, struct str path);
/* glob__path: decoded service path for the matcher; false for a path that is refused (encoded slash, dot segments that climb, broken %). */
bool glob__path(struct arena *a, struct str raw, struct str *ret);
struct rights { struct right *rows; size_t n; struct str *subsystems; };
NODISCARD enum status rights__load(struct call *c, struct app *app, struct rights *ret);
/* rights__judge: the right that lets this request pass, or ST_DENIED with access_denied. purpose may be empty (then only fixed purposes pass). */
NODISCARD enum status rights__judge(struct call *c, const struct rights *r, const struct service_request *rq, const struct right **ret, struct str *ret_purpose);
bool rights__any(struct call *c, const struct rights *r, const struct xid *client, struct str subsystem, struct str service);

/* ---- information systems (1.8) ---- */
enum connection { CONNECTION_NOSSL, CONNECTION_SSLNOAUTH, CONNECTION_SSLAUTH };
struct certificates { const struct str *der; size_t n; };  /* registered in node.yaml; compared byte by byte: who issued one and when it ends is its agency's matter */
struct system_rule { struct str subsystem; enum connection type; struct certificates certs; };
struct systems { struct system_rule *rules; size_t n; enum connection usual /* of the member itself, and where no rule says otherwise */; };
/* systems__read_certificates: a list of files of the node's folder; nothing without one. A mistake is told with file and line. */
struct yaml;
NODISCARD enum status systems__read_certificates(struct call *c, struct app *app, const struct yaml *list, struct certificates *ret);
bool systems__is_registered(const struct certificates *certs, struct str der);
NODISCARD enum status systems__load(struct call *c, struct app *app, struct systems *ret);
/* systems__judge: may who sent this request speak for the subsystem? own_cert: this node's own, always let in. Fault ssl_authentication_failed. */
NODISCARD enum status systems__judge(struct call *c, const struct systems *s, struct str own_cert, struct str subsystem, const struct request *rq);

/* ---- purposes ---- */
struct purposes { struct purpose *rows; size_t n; };
NODISCARD enum status purposes__load(struct call *c, struct app *app, struct purposes *ret);

/* ---- message log ---- */
enum message_level { MESSAGE_FULL, MESSAGE_METADATA, MESSAGE_NONE }; /* what is kept of a message: each less than the one before */
struct message_rule { struct str subsystem; enum message_level level; };
struct message_levels { enum message_level other; struct message_rule *rules; size_t n; int64_t body_most; /* bytes of the largest body that is kept */ };
enum message_side { SIDE_CONSUMER = 1, SIDE_PROVIDER = 2, SIDE_OWN = 3 /* asked and answered by one member inside this node */ };
struct message_row {
    enum message_side side; bool is_answer;
    bool is_refusal;           /* of a message that was not taken: stands beside, and never in the place of, an answer */
    struct str request_id, message_id, client, service; /* client and service as xid_format writes them */
    int status; struct str fault, fault_id; int64_t took_us;
    const struct wire *wire;   /* NULL: only the facts (a refusal) */
};
NODISCARD enum status message__append(struct call *c, const struct message_row *m); /* durable when it returns; ST_CONFLICT: replay */
NODISCARD enum status message__settle(struct call *c); /* after db_gather: makes the rows durable together; ST_CONFLICT: replay, and none of them stands */
/* What stands in is_answer: a refusal is of a message that was not taken. */
enum message_kind { MESSAGE_QUESTION = 0, MESSAGE_ANSWER = 1, MESSAGE_REFUSAL = 2 };
struct message_place { int64_t at_ms, seq; };      /* where a row stands: rows are ordered by moment, then by seq */
/* struct message_filter: empty texts and 0 ask for all. party: a member or subsystem at either end; party, client and service cover what stands below them. */
struct message_filter {
    int64_t since_ms, until_ms;
    struct str party, client, service, fault /* a part of its type, "access_denied" */;
    bool only_faults, only_ends /* without questions: each exchange once */;
    enum message_side side;                         /* 0: each */
    struct message_place before;                    /* the page after this row; at_ms 0: from the newest on */
    int64_t limit;                                  /* at most MESSAGE_LIST_MOST */
};
enum { MESSAGE_LIST_MOST = 1000 };
struct message_line { int64_t seq, at_ms, took_us, status, body_bytes; bool is_signed; enum message_side side; enum message_kind kind; struct str request_id, message_id, client, service, fault, fault_id; };
/* next: the last of these rows, where older ones follow (at_ms 0: none do). behind: rows so new that no search finds them yet. */
struct message_found { const struct message_line *lines; size_t n; struct message_place next; int64_t behind; };
NODISCARD enum status message__list(struct call *c, const struct message_filter *f, struct message_found *ret);   /* newest first */
/* message__find: the rows of a request id, oldest first; ST_NOT_FOUND with a sentence. */
NODISCARD enum status message__find(struct call *c, struct str request_id, const struct message_line **ret, size_t *n);

/* ---- time-stamps of the message log (5.2, 5.3) ---- */
NODISCARD enum status stamp__run(struct call *c);      /* job */
NODISCARD enum status stamp__load(struct call *c);     /* at start: how it went before */
/* stamp__may_go_on: may new messages pass? Fault timestamper_failed when stamping has failed for longer than exchange.stamp_failure_s. */
NODISCARD enum status stamp__may_go_on(struct call *c);
void stamp__put_metrics(struct call *c, struct buf *out);
struct args;
enum status stamp__state_run(struct call *c, const struct args *args);   /* sen message stamps */
enum status stamp__verify_run(struct call *c, const struct args *args);  /* sen message verify-stamps */

/* ---- services of this node ---- */
struct service_row { struct str subsystem, code, url, notice; int64_t timeout_ms; struct certificates certs /* of the backend; none: the machine's authorities judge */; struct service offered; };
struct services { struct service_row *rows; size_t n, cap; };
NODISCARD enum status services__load(struct call *c, struct app *app, struct services *ret);
const struct service_row *services__find(const struct services *s, struct str subsystem, struct str code);
NODISCARD enum status services__run(struct call *c, const struct service_row *row, struct service_request *rq, struct service_reply *rp, struct header *headers, size_t *nheaders);
enum { SERVICE_HEADERS_MAX = EXCHANGE_HEADERS_MAX }; /* more than fit beside ours are refused by rest__write_response */
bool metadata__is(struct str code);
NODISCARD enum status metadata__run(struct call *c, const struct service_request *rq, struct service_reply *rp);
handler metadata__clients;

/* ---- which server of a provider (3.1) ---- */
enum { SERVERS_MAX = 16 };
struct server_memory;
struct server_memory *servers__memory_new(void);
void servers__memory_free(struct server_memory *m);
/* servers__find: all that host the provider (named: only this one), this node first, else in a shuffled order. list has room for SERVERS_MAX. */
NODISCARD enum status servers__find(struct call *c, const struct directory *d, const struct xid *provider, struct str named, const struct dir_server **list, size_t *n);
bool servers__recall(struct call *c, const struct xid *provider, const struct dir_server **list, size_t n);   /* puts the one reached last in front */
void servers__remember(struct call *c, const struct xid *provider, const struct dir_server *s);
void servers__forget(struct call *c, const struct xid *provider, const struct dir_server *s);
bool servers__is_fresh(struct call *c, const struct dir_server *s);                                           /* did an answer of it come a moment ago? */
bool servers__race(struct call *c, const struct dir_server **list, size_t n, int port, int64_t ms);           /* puts who is connected to first in front; false when nobody was */

/* ---- both sides ---- */
struct outgoing { struct xid client; struct str method, target; const struct header *headers; size_t nheaders; bool has_body; struct str body; struct extent large; struct str server /* X-Road-Security-Server */;
                  const struct request *from; /* of an information system; NULL: a room of this node asks */ };
struct incoming { struct rest_head head; bool has_body; struct str body; struct extent large; struct str message_id, request_id; };
/* consumer__exchange: on failure *f says it all; the call's own failure stands too where it was told on this side. */
NODISCARD enum status consumer__exchange(struct call *c, const struct outgoing *o, struct incoming *ret, struct fault *f);
handler consumer__handle;
handler consumer__failed;
struct peer { bool local /* on this node */, own /* and of the same member: nothing is signed */; struct str cert; const struct str *chain; size_t nchain; struct str server; };
NODISCARD enum status provider__answer(struct call *c, const struct peer *p, const struct wire *rq, struct wire *ret);
handler provider__handle;
handler provider__failed;

/* ---- journal heads ---- */
/* heads__operator: the subsystem that keeps heads and reports: setting exchange.heads, else the one of the directory whose code is "directory". */
bool heads__operator(struct call *c, struct xid *ret);
NODISCARD enum status heads__send(struct call *c);                                     /* job */
NODISCARD enum status heads__take(struct call *c, const struct service_request *rq, struct service_reply *rp);

/* ---- the operator's node ---- */
handler operator__ocsp_post;
handler operator__ocsp_get;
handler operator__internalconf;
handler operator__externalconf;
handler operator__params;
handler operator__stamp;
NODISCARD enum status operator__job(struct call *c);

/* ---- state, start to stop ---- */
/* The clock of somebody else, as it was seen last; clock.c. */
enum { CLOCKS_MAX = 8, CLOCK_NAME_MAX = 96 };
struct clock_seen { char where[CLOCK_NAME_MAX]; size_t nwhere; int64_t ahead_ms, at_ms; };
struct exchange {
    struct app *app;
    struct str instance, member, server;       /* "VN/GOV/H26", "VN/GOV/H26/hn1" */
    struct xid self;                           /* with server code */
    struct services services;
    struct rights rights;
    struct purposes purposes;
    struct systems systems;
    struct message_levels log_levels;
    bool archives; /* exchange.archive_s: messages leave the log only when they are archived */
    person_finder *find_person;                /* NULL: this node keeps no register of persons */
    struct anchor anchor; bool has_anchor;
    pthread_mutex_t lock;                      /* guards the pointers and counts of the pictures: held for a few instructions, never while waiting */
    struct directory *directory;
    struct foreign foreign[FOREIGN_MAX]; size_t nforeign; /* guarded by lock */
    int64_t next_sync_ms; int sync_fails; struct source_notes sources; /* the job's alone */
    struct sync_state sync;                    /* guarded by lock */
    struct clock_seen clocks[CLOCKS_MAX];      /* likewise */
    struct memo *judged;                       /* certificates found good, and until when */
    struct ocsp_cache *status;
    struct sign_queue *signing;
    struct server_memory *reached;
    struct arena *arena;                       /* what lives as long as this */
    atomic_llong stamp_failing_ms;             /* since when time-stamping fails; TIME_FAR: it does not */
    int64_t next_stamp_ms;                     /* of the job alone, as are the two after it */
    char stamp_turn[STAMP_NAME_MAX];           /* the time-stamp service that answered last, and until when it is asked before those in front of it */
    int64_t stamp_turn_ms;
    atomic_int stalled;                        /* sandbox: requests that wait because their service is stalled */
    struct str tls_cert;                       /* of port 5500; empty before there is one */
    struct peer_tls tls;
};
struct exchange *exchange__of(const struct call *c);

extern const struct command exchange__commands[];
/* exchange__read_given: the value of an option, or with "-" what stands on the standard input: secrets such as PINs do not belong on a command line. */
NODISCARD enum status exchange__read_given(struct call *c, struct str given, struct str *ret);
extern const struct schema exchange_schema;

#endif
