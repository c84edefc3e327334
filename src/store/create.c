/* create.c: `sen store create URL`: makes the two databases of a node on a PostgreSQL server, as store_open wants them. What exists stays. */
#include <stdio.h>

#include "base/args.h"
#include "store/postgres_url.h"
#include "store/store_int.h"

#define ALREADY_THERE "42P04" /* SQLSTATE duplicate_database */

static enum status create_one(struct call *c, PGconn *pg, struct str base, const char *ending)
{
    struct str name = str_join(c->arena, base, str_z(ending), STR_END);
    char *quoted = PQescapeIdentifier(pg, name.p, name.n);
    if (!quoted) return call_fail(c, ST_INVALID, "URL", "The name of the database must be UTF-8 text.");
    struct str sql = str_print(c->arena, "CREATE DATABASE %s ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0", quoted);
    PQfreemem(quoted);
    PGresult *r = PQexec(pg, sql.p);
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK || (state && strcmp(state, ALREADY_THERE) == 0);
    if (!good) call_note(c, "store", "create database: %s", PQresultErrorMessage(r));
    PQclear(r);
    if (good) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "URL", "The server did not make the database %s. The user may lack the right CREATEDB.", name);
}

enum status store__create(struct call *c, const struct args *args)
{
    struct str url = args_value(args, "URL"), base = postgres__base(c, url);
    if (!base.n) return call_fail(c, ST_INVALID, "URL", "Write the address with a name, for example postgresql://sen@db.example/hanoi.");
    PGconn *pg = postgres__connect(c, url, STR("postgres")); /* the database that every server has */
    enum status st = ST_OK;
    if (PQstatus(pg) != CONNECTION_OK) st = call_fail(c, ST_UNAVAILABLE, "URL", "The database server refuses or does not answer. Check the address and that the server runs.");
    if (st == ST_OK) st = create_one(c, pg, base, "_node");
    if (st == ST_OK) st = create_one(c, pg, base, "_log");
    PQfinish(pg);
    if (st == ST_OK) (void)printf("The databases %.*s_node and %.*s_log are there.\n", STR_ARG(base), STR_ARG(base));
    return st;
}
