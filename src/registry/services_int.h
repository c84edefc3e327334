/* services_int.h: shared by the services of a register: services.c and search_service.c. */
#ifndef SEN_REGISTRY_SERVICES_INT_H
#define SEN_REGISTRY_SERVICES_INT_H

#include "exchange/exchange.h"
#include "registry/registry_int.h"

/* registry__as_reader: for the length of a service the call acts as the peer's official; the journal names the subsystem that asked. The caller puts the actor
 * of before back. */
void registry__as_reader(struct call *c, const struct service_request *rq, struct actor *who);
NODISCARD enum status registry__read_body(struct call *c, const struct service_request *rq, const struct json **ret);
void registry__put_record(struct json_out *o, const struct register_record *record);   /* "record":[value...] */
NODISCARD enum status registry__answer(struct buf *b, struct service_reply *rp);

/* registry__describe: the OpenAPI 3.1 text of a service, from the model (openapi.c). */
NODISCARD enum status registry__describe(struct call *c, const struct xid *service, struct str *ret);

enum status registry__serve_search(struct call *c, const struct service_request *rq, struct service_reply *rp);

#endif
