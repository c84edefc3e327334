/* exchange_int.h: what the files at the top of this room share: services, which server of a provider, both sides of an exchange, journal heads. What they stand on lies in
 * folders, each with its own header (floors.txt says which may include which). Numbers in brackets are sections of the X-Road digest in doc/exchange.md. */
#ifndef SEN_EXCHANGE_INT_H
#define SEN_EXCHANGE_INT_H

#include "base/module.h"
#include "exchange/directory/directory.h"
#include "exchange/message/message.h"
#include "exchange/state/state.h"
#include "exchange/wire/wire.h"
#include "store/db.h"

/* ---- services of this node ---- */
struct service_row { struct str subsystem, code, url, notice; int64_t timeout_ms; struct certificates certs /* of the backend; none: the machine's authorities judge */; struct service offered; };
NODISCARD enum status services__load(struct call *c, struct app *app, struct services *ret);
const struct service_row *services__find(const struct services *s, struct str subsystem, struct str code);
/* services__gathers: may this request wait for its answer to be made durable with it? A service of this program says so itself; a backend is asked anew at no harm by a safe
 * method (RFC 9110 9.2.1). */
bool services__gathers(const struct service_row *row, struct str method);
NODISCARD enum status services__run(struct call *c, const struct service_row *row, struct service_request *rq, struct service_reply *rp, struct header *headers, size_t *nheaders);
enum { SERVICE_HEADERS_MAX = EXCHANGE_HEADERS_MAX }; /* more than fit beside ours are refused by rest__write_response */
bool metadata__is(struct str code);
NODISCARD enum status metadata__run(struct call *c, const struct service_request *rq, struct service_reply *rp);
handler metadata__clients;

/* ---- which server of a provider (3.1) ---- */
enum { SERVERS_MAX = 16, PEER_PORT = 5500 };
struct str servers__url(struct arena *a, const struct dir_server *s);                                         /* where its messages are posted to */
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
/* exchange__count_stranger: a message was refused before it was known who sends it. Whoever reaches the port may send those, so they fill no table; /metrics has their number. */
void exchange__count_stranger(struct call *c);
struct outgoing { struct xid client; struct str method, target; const struct header *headers; size_t nheaders; bool has_body; struct str body; struct extent large; struct str server /* X-Road-Security-Server */;
                  const struct request *from; /* of an information system; NULL: a room of this node asks */ };
struct incoming { struct rest_head head; bool has_body; struct str body; struct extent large; struct str message_id, request_id; };
/* consumer__exchange: on failure *f says it all; the call's own failure stands too where it was told on this side. */
NODISCARD enum status consumer__exchange(struct call *c, const struct outgoing *o, struct incoming *ret, struct fault *f);
handler consumer__handle;
handler consumer__failed;
handler consumer__refuse_version; /* /r2/... */
struct peer { bool local /* on this node */, own /* and of the same member: nothing is signed */; struct str cert; const struct str *chain; size_t nchain; struct str server; };
NODISCARD enum status provider__answer(struct call *c, const struct peer *p, const struct wire *rq, struct wire *ret);
handler provider__handle;
handler provider__failed;

/* ---- journal heads ---- */
/* heads__operator: the subsystem that keeps heads and reports: setting exchange.heads, else the one of the directory whose code is "directory". */
bool heads__operator(struct call *c, struct xid *ret);
NODISCARD enum status heads__send(struct call *c);                                     /* job */
NODISCARD enum status heads__take(struct call *c, const struct service_request *rq, struct service_reply *rp);

extern const struct command exchange__commands[];

#endif
