/* create.c: `sen store create URL`: makes the two databases of a node on a PostgreSQL server, as store_open wants them. What exists stays. */
#include <libpq-fe.h>
#include <stdio.h>

#include "base/args.h"
#include "store/store_int.h"

enum { OPTIONS = 64 };
#define ALREADY_THERE "42P04" /* SQLSTATE duplicate_database */

/* maintenance: the URL with the database that every server has; *ret_base is the name it had. NULL: not a URL of PostgreSQL. */
static PGconn *maintenance(struct call *c, struct str url, struct str *ret_base)
{
    const char *names[OPTIONS + 1] = { 0 }, *values[OPTIONS + 1] = { 0 };
    size_t n = 0;
    PQconninfoOption *all = PQconninfoParse(str_to_z(c->arena, url), NULL);
    *ret_base = STR("");
    for (PQconninfoOption *o = all; o && o->keyword && n + 2 < OPTIONS; o++) {
        if (!o->val) continue;
        if (strcmp(o->keyword, "dbname") == 0) {
            *ret_base = str_copy(c->arena, str_z(o->val));
            continue;
        }
        names[n] = o->keyword;
        values[n++] = o->val;
    }
    names[n] = "dbname";
    values[n] = "postgres";
    PGconn *pg = all && ret_base->n ? PQconnectdbParams(names, values, 0) : NULL;
    PQconninfoFree(all);
    return pg;
}

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
    struct str base;
    PGconn *pg = maintenance(c, args_value(args, "URL"), &base);
    if (!pg) return call_fail(c, ST_INVALID, "URL", "Write the address with a name, for example postgresql://sen@db.example/hanoi.");
    enum status st = ST_OK;
    if (PQstatus(pg) != CONNECTION_OK) st = call_fail(c, ST_UNAVAILABLE, "URL", "The database server refuses or does not answer. Check the address and that the server runs.");
    if (st == ST_OK) st = create_one(c, pg, base, "_node");
    if (st == ST_OK) st = create_one(c, pg, base, "_log");
    PQfinish(pg);
    if (st == ST_OK) (void)printf("The databases %.*s_node and %.*s_log are there.\n", STR_ARG(base), STR_ARG(base));
    return st;
}
