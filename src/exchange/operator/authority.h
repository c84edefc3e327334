/* authority.h: the operator's files as the rest of this room knows them: what they answer on the port for status, their job, and the certificates of the authority.
 * For this room only. */
#ifndef SEN_EXCHANGE_AUTHORITY_H
#define SEN_EXCHANGE_AUTHORITY_H

#include "trust/cert.h"
#include "web/http.h"

handler operator__ocsp_post;
handler operator__ocsp_get;
handler operator__internalconf;
handler operator__externalconf;
handler operator__params;
handler operator__stamp;
NODISCARD enum status operator__job(struct call *c);

struct operator_cert { int64_t serial; enum cert_kind kind; struct str subject, der; int64_t issued_ms, ends_ms, revoked_ms; };
NODISCARD enum status operator__newest_cert(struct call *c, enum cert_kind kind, struct operator_cert *ret); /* ST_NOT_FOUND silently */

#endif
