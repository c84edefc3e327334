/* rights.h: who may ask what, and why: rights (6.2), information systems and how they come (1.8), purposes. For this room only. */
#ifndef SEN_EXCHANGE_RIGHTS_H
#define SEN_EXCHANGE_RIGHTS_H

#include "exchange/state/state.h"

/* ---- rights (6.2) ---- */
bool glob__match(struct str pattern, struct str path);
/* glob__path: decoded service path for the matcher; false for a path that is refused (encoded slash, dot segments that climb, broken %). */
bool glob__path(struct arena *a, struct str raw, struct str *ret);
NODISCARD enum status rights__load(struct call *c, struct app *app, struct rights *ret);
/* rights__judge: the right that lets this request pass, or ST_DENIED with access_denied. purpose may be empty (then only fixed purposes pass). */
NODISCARD enum status rights__judge(struct call *c, const struct rights *r, const struct service_request *rq, const struct right **ret, struct str *ret_purpose);
/* rights__endpoints: of the rights to this service, those that name a method or a path, each pair once: of this client, or (NULL) of all. */
size_t rights__endpoints(struct call *c, const struct rights *r, const struct xid *client, struct str subsystem, struct str service, const struct right ***ret);
bool rights__any(struct call *c, const struct rights *r, const struct xid *client, struct str subsystem, struct str service);

/* ---- information systems (1.8) ---- */
NODISCARD enum status systems__load(struct call *c, struct app *app, struct systems *ret);
/* systems__judge: may who sent this request speak for the subsystem? own_cert: this node's own, always let in. Fault ssl_authentication_failed. */
NODISCARD enum status systems__judge(struct call *c, const struct systems *s, struct str own_cert, struct str subsystem, const struct request *rq);

/* ---- registered certificates, of systems and of backends (1.6, 1.8) ---- */
/* certificates__read: a list of files of the node's folder; nothing without one. A mistake is told with file and line. certificates__job reads those again that changed. */
struct yaml;
NODISCARD enum status certificates__read(struct call *c, struct app *app, const struct yaml *list, struct certificates *ret);
bool certificates__have(struct call *c, const struct certificates *certs, struct str der);
NODISCARD enum status certificates__job(struct call *c);
void certificates__free(struct exchange *ex);

/* ---- purposes ---- */
NODISCARD enum status purposes__load(struct call *c, struct app *app, struct purposes *ret);

#endif
