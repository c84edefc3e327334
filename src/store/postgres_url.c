/* postgres_url.c: libpq reads the URL; we name the database. */
#include "store/postgres_url.h"

#include <string.h>

struct str postgres__base(struct call *c, struct str url)
{
    struct str base = STR("");
    PQconninfoOption *all = PQconninfoParse(str_to_z(c->arena, url), NULL);
    for (const PQconninfoOption *o = all; o && o->keyword; o++)
        if (o->val && strcmp(o->keyword, "dbname") == 0) base = str_copy(c->arena, str_z(o->val));
    PQconninfoFree(all);
    return base;
}

/* As libpq takes them: what stands later counts. */
enum { OPTIONS = 64 };
struct options { const char *names[OPTIONS + 1], *values[OPTIONS + 1]; size_t n; };
struct option { const char *name, *value; };

static void add(struct options *all, const char *name, const char *value)
{
    if (all->n == OPTIONS) return;
    all->names[all->n] = name;
    all->values[all->n++] = value;
}

/* A server whose machine is gone is not waited for by the hour, unless the URL says so. */
static const struct option usual[] = { { "keepalives_idle", "10" }, { "keepalives_interval", "3" }, { "keepalives_count", "3" }, { "tcp_user_timeout", "20000" } };

PGconn *postgres__connect(struct call *c, struct str url, struct str database)
{
    const struct option ours[] = {
        { "dbname", str_to_z(c->arena, database) }, { "client_encoding", "UTF8" }, { "fallback_application_name", "sen" }, { "connect_timeout", "5" } };
    enum { USUAL = sizeof usual / sizeof *usual, OURS = sizeof ours / sizeof *ours };
    struct options o = { 0 };
    PQconninfoOption *all = PQconninfoParse(str_to_z(c->arena, url), NULL);
    for (size_t i = 0; i < USUAL; i++) add(&o, usual[i].name, usual[i].value);
    for (const PQconninfoOption *p = all; p && p->keyword && o.n < OPTIONS - OURS; p++)
        if (p->val && strcmp(p->keyword, "dbname") != 0) add(&o, p->keyword, p->val);
    for (size_t i = 0; i < OURS; i++) add(&o, ours[i].name, ours[i].value);
    PGconn *pg = PQconnectdbParams(o.names, o.values, 0);
    PQconninfoFree(all);
    return pg;
}
