/* message.h: a message as bytes: the identifiers in it, canonical bytes, multipart, faults, and who sent it. Nothing here knows the directory or a key. For this room only;
 * numbers in brackets are sections of the X-Road digest in doc/exchange.md. */
#ifndef SEN_EXCHANGE_MESSAGE_H
#define SEN_EXCHANGE_MESSAGE_H

#include "base/buf.h"
#include "exchange/exchange.h"
#include "web/http.h"

enum {
    XID_PART_MAX = 255,
    EXCHANGE_ID_MAX = 255,
    EXCHANGE_TEXT_MAX = 1000, /* user, issue, purpose, basis, role: 200 characters of any script and more */
    EXCHANGE_BODY_MAX = 10 * 1024 * 1024,
    EXCHANGE_WIRE_MAX = EXCHANGE_BODY_MAX + 1024 * 1024, /* body, head, signature and status parts */
    EXCHANGE_LARGE_MAX = 1024 * 1024 * 1024,             /* a body that goes through a file (x-road 1.9) */
    EXCHANGE_LARGE_WIRE_MAX = EXCHANGE_LARGE_MAX + 1024 * 1024,
    EXCHANGE_HEAD_MAX = 64 * 1024,
    EXCHANGE_HEADERS_MAX = 100,
    WIRE_OCSP_MAX = 8 /* status answers in one message */
};

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
void fault__put_untaken(struct buf *b, enum status st, struct str sentence); /* the edge's, for a message that nobody looked at; logs its line */
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
bool rest__has_plain_headers(const struct rest_head *h);                      /* no control characters but tabs; what was signed may hold some */
bool rest__is_safe(struct str method);                                        /* changes nothing (RFC 9110 9.2.1) */
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

/* ---- who sent it ---- */
/* sender__read: of a REST message or a SOAP envelope. id: the client of a request, the service of an answer. Fault invalid_message, of a REST message also invalid_rest. */
struct sender { struct xid id; bool is_answer; struct str message_id; };
NODISCARD enum status sender__read(struct call *c, struct str message, struct sender *ret);

#endif
