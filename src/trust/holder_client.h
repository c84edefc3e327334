/* holder_client.h: questions to the key holder from this process: a few connections, a deadline, and a holder that may be restarted meanwhile. */
#ifndef SEN_TRUST_HOLDER_CLIENT_H
#define SEN_TRUST_HOLDER_CLIENT_H

#include "trust/holder_wire.h"

struct holder_client;
enum { HOLDER_MAKE_MS = 60000 /* an RSA key on a starved machine */ };

struct holder_client *holder_client_new(struct str socket);
void holder_client_free(struct holder_client *h);

/* holder_ask: one question, one answer within wait_ms. A restarted holder is found again; only WIRE_MAKE is never asked twice. The status is the
 * holder's own; ST_UNAVAILABLE with a sentence when it does not answer. The answer's views lie in the call's arena. */
NODISCARD enum status holder_ask(struct call *c, struct holder_client *h, const struct wire *ask, int64_t wait_ms, struct wire *ret);

#endif
