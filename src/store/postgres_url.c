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

/* What stands later counts, so ours win. */
PGconn *postgres__connect(struct call *c, struct str url, struct str database)
{
    enum { OPTIONS = 64 };
    const struct { const char *name, *value; } ours[] = {
        { "dbname", str_to_z(c->arena, database) }, { "client_encoding", "UTF8" }, { "fallback_application_name", "sen" }, { "connect_timeout", "5" } };
    enum { OURS = sizeof ours / sizeof *ours };
    const char *names[OPTIONS + 1] = { 0 }, *values[OPTIONS + 1] = { 0 };
    size_t n = 0;
    PQconninfoOption *all = PQconninfoParse(str_to_z(c->arena, url), NULL);
    for (const PQconninfoOption *o = all; o && o->keyword && n + OURS < OPTIONS; o++) {
        if (!o->val || strcmp(o->keyword, "dbname") == 0) continue;
        names[n] = o->keyword;
        values[n++] = o->val;
    }
    for (size_t i = 0; i < OURS; i++) {
        names[n] = ours[i].name;
        values[n++] = ours[i].value;
    }
    PGconn *pg = PQconnectdbParams(names, values, 0);
    PQconninfoFree(all);
    return pg;
}
