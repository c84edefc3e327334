/* postgres_conn.h: a connection to PostgreSQL: how it is made, lost and made again, how its socket is waited for, and what a failure is told as. For postgres.c. */
#ifndef SEN_STORE_POSTGRES_CONN_H
#define SEN_STORE_POSTGRES_CONN_H

#include <libpq-fe.h>

#include "store/store_int.h"

struct postgres_conn {
    struct db_conn base;
    PGconn *pg;
    struct cache cache;
    unsigned prepared;
    bool lost;                   /* libpq itself failed; its own status says so only at the call after */
};

static inline struct postgres_conn *postgres__conn(struct db_conn *conn) { return (struct postgres_conn *)conn; }
static inline bool postgres__is_lost(const struct postgres_conn *conn) { return conn->lost || PQstatus(conn->pg) == CONNECTION_BAD; }

/* As the driver has them (struct driver). */
NODISCARD enum status postgres__open(struct call *c, struct store *s, enum db_which in, enum conn_role role, struct db_conn **ret);
void postgres__close(struct db_conn *base);
NODISCARD enum status postgres__script(struct call *c, struct db_conn *base, const char *sql);

/* postgres__revive: a connection that was lost is made again; only between transactions, where nothing of it is missed. */
NODISCARD enum status postgres__revive(struct call *c, struct postgres_conn *conn);

/* postgres__await: the result of what was sent just now, of several statements the last; NULL when the server is gone. Others of this thread go on while the server takes it
 * and works. sent: what PQsend... answered. PQclear the result. */
PGresult *postgres__await(const struct postgres_conn *conn, int sent);
bool postgres__is_good(const PGresult *r);
/* postgres__failed: the status of a result that is not; its cause is told with sql. */
NODISCARD enum status postgres__failed(struct call *c, struct postgres_conn *conn, const PGresult *r, const char *sql);

#endif
