/* postgres_url.h: the one place that takes apart a URL of PostgreSQL. For this room only. */
#ifndef SEN_STORE_POSTGRES_URL_H
#define SEN_STORE_POSTGRES_URL_H

#include <libpq-fe.h>

#include "base/call.h"

/* postgres__base: the database that the URL names, before _node or _log; empty when it names none or cannot be read. */
struct str postgres__base(struct call *c, struct str url);
/* postgres__connect: to another database of the same server, as the same user. As PQconnectdb: never NULL but without memory; ask PQstatus; the caller ends it with PQfinish. */
PGconn *postgres__connect(struct call *c, struct str url, struct str database);

#endif
