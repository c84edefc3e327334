/* statements.c: the statements of a register, written once at start from names that register_file.c checked. Values are always bound. */
#include "registry/registry_int.h"

enum { SQL_MAX = 64 << 10, VALUES_MOST = 256 /* store/db.h */, VERSION_VALUES = 6 };

static const struct query *finish(struct store *s, struct buf *b)
{
    return db_query_new(s, "registry", NODE, buf_str(b));
}

static void put_value_columns(struct arena *a, struct buf *b, const struct group *g)
{
    for (size_t i = 0; i < g->ncolumns; i++) {
        struct stored stored[2];
        size_t n = registry__stored(a, &g->columns[i], stored);
        for (size_t k = 0; k < n; k++) buf_print(b, ", \"%.*s\"", STR_ARG(stored[k].name));
    }
    if (g->many) buf_put_z(b, ", item");
}

/* put_rows: ($1, $2), ($3, $4) ... */
static void put_rows(struct buf *b, size_t width, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        buf_put_z(b, row ? ", (" : " VALUES (");
        for (size_t i = 0; i < width; i++) buf_print(b, "%s$%zu", i ? ", " : "", row * width + i + 1);
        buf_put_c(b, ')');
    }
}

static const struct query *insert_versions(struct arena *a, struct store *s, const struct register_ *r, const struct group *g, size_t rows)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_print(&b, "INSERT INTO %.*s_%.*s_v (entity, kind, valid_from, valid_to, rec_from, rec_to", STR_ARG(r->name), STR_ARG(g->name));
    put_value_columns(a, &b, g);
    buf_put_c(&b, ')');
    put_rows(&b, VERSION_VALUES + g->nvalues, rows);
    return finish(s, &b);
}

static const struct query *insert_entities(struct arena *a, struct store *s, size_t rows)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_put_z(&b, "INSERT INTO registry_entity (id, register, created_delta)");
    put_rows(&b, 3, rows);
    return finish(s, &b);
}

static const struct query *insert_aliases(struct arena *a, struct store *s, const struct register_ *r, size_t rows)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_print(&b, "INSERT INTO %.*s_alias (kind, value, entity, is_current)", STR_ARG(r->name));
    put_rows(&b, 4, rows);
    return finish(s, &b);
}

/* find_batch: of REGISTRY_BATCH numbers ($2 and on) of a kind those that are taken, by which load and whether it is complete. */
static const struct query *find_batch(struct arena *a, struct store *s, const struct register_ *r)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_print(&b, "SELECT a.value, d.id, d.state FROM %.*s_alias a JOIN registry_entity e ON e.id = a.entity JOIN registry_delta d ON d.id = e.created_delta "
              "WHERE a.kind = $1 AND a.value IN (", STR_ARG(r->name));
    for (size_t i = 0; i < REGISTRY_BATCH; i++) buf_print(&b, "%s$%zu", i ? ", " : "", i + 2);
    buf_put_c(&b, ')');
    return finish(s, &b);
}

/* read_now: what is recorded now and true on day $2, kind first, then the values. */
static const struct query *read_now(struct arena *a, struct store *s, const struct register_ *r, const struct group *g)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_put_z(&b, "SELECT kind");
    put_value_columns(a, &b, g);
    buf_print(&b, " FROM %.*s_%.*s_v WHERE entity = $1 AND valid_from <= $2 AND valid_to > $2 AND rec_to = 9223372036854775807 ORDER BY kind, %svalid_from",
              STR_ARG(r->name), STR_ARG(g->name), g->many ? "item, " : "");
    return finish(s, &b);
}

/* read_former: what is recorded now and was true until day $2 or earlier, the newest of a kind first; as read_now, the two days behind the values. */
static const struct query *read_former(struct arena *a, struct store *s, const struct register_ *r, const struct group *g)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_put_z(&b, "SELECT kind");
    put_value_columns(a, &b, g);
    buf_print(&b, ", valid_from, valid_to FROM %.*s_%.*s_v WHERE entity = $1 AND valid_to <= $2 AND rec_to = 9223372036854775807 ORDER BY kind, valid_from DESC%s",
              STR_ARG(r->name), STR_ARG(g->name), g->many ? ", item" : "");
    return finish(s, &b);
}

/* read_all: every version recorded now, in the order that puts overlaps side by side; entries above $1, at most $2 rows. */
static const struct query *read_all(struct arena *a, struct store *s, const struct register_ *r, const struct group *g)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_put_z(&b, "SELECT entity, kind, valid_from, valid_to");
    put_value_columns(a, &b, g);
    buf_print(&b, " FROM %.*s_%.*s_v WHERE entity > $1 AND entity <= $2 AND rec_to = 9223372036854775807 ORDER BY entity, kind, %svalid_from",
              STR_ARG(r->name), STR_ARG(g->name), g->many ? "item, " : "");
    return finish(s, &b);
}

static const struct query *alias_query(struct arena *a, struct store *s, const struct register_ *r, const char *before, const char *after)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_print(&b, "%s %.*s_alias %s", before, STR_ARG(r->name), after);
    return finish(s, &b);
}

void registry__make_statements(struct arena *a, struct store *s, struct register_ *r)
{
    r->find = alias_query(a, s, r, "SELECT entity FROM", "WHERE kind = $1 AND value = $2 ORDER BY entity LIMIT 2");
    r->aliases = alias_query(a, s, r, "SELECT kind, value FROM", "WHERE entity = $1 AND is_current = 1 ORDER BY kind, value");
    r->insert_alias = insert_aliases(a, s, r, 1);
    r->insert_alias_batch = insert_aliases(a, s, r, REGISTRY_BATCH);
    r->insert_entity = insert_entities(a, s, 1);
    r->insert_entity_batch = insert_entities(a, s, REGISTRY_BATCH);
    r->find_batch = find_batch(a, s, r);
    r->retire_alias = alias_query(a, s, r, "UPDATE", "SET is_current = 0 WHERE kind = $1 AND value = $2 AND entity = $3 AND is_current = 1");
    r->all_aliases = alias_query(a, s, r, "SELECT entity, kind, value FROM", "WHERE entity > $1 AND entity <= $2 ORDER BY entity, kind, value");
    for (size_t i = 0; i < r->ngroups; i++) {
        struct group *g = &r->groups[i];
        g->batch = VALUES_MOST / (VERSION_VALUES + g->nvalues);
        if (g->batch > REGISTRY_BATCH) g->batch = REGISTRY_BATCH;
        g->insert = insert_versions(a, s, r, g, 1);
        g->insert_batch = insert_versions(a, s, r, g, g->batch);
        g->now = read_now(a, s, r, g);
        g->former = read_former(a, s, r, g);
        g->all = read_all(a, s, r, g);
    }
}
