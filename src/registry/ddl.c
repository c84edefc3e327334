/* ddl.c: the tables of a register, made from its model at start. One table of versions a group, one table of keys. A later column of the
 * file is added; a group that may have many versions at a time from now on gets a wider table; a column whose type changed is refused, because what is stored would change its meaning; a column that left the
 * file stays in the database, unread. Names come from register_file.c, which lets only [a-z0-9_] through. */
#include "registry/registry_int.h"

enum { DDL_MAX = 64 << 10 };

static const struct query KNOWN_COLUMNS = { "registry", "SELECT part, name, kind FROM registry_column WHERE register = $1 ORDER BY part, name", NODE };
static const struct query REMEMBER_COLUMN = { "registry", "INSERT INTO registry_column (register, part, name, kind) VALUES ($1, $2, $3, $4)", NODE };

struct known { struct str part, name, kind; };
struct known_list { struct known *all; size_t n, cap; };

size_t registry__stored(struct arena *a, const struct column *col, struct stored ret[static 2])
{
    switch (col->type) {
    case COLUMN_DATE:
        ret[0] = (struct stored){ col->name, true };
        ret[1] = (struct stored){ str_join(a, col->name, STR("_precision"), STR_END), true };
        return 2;
    case COLUMN_UNIT:
        ret[0] = (struct stored){ col->name, false };
        ret[1] = (struct stored){ str_join(a, col->name, STR("_at"), STR_END), true };
        return 2;
    case COLUMN_JOINED:
        return 0;
    case COLUMN_TEXT:
    case COLUMN_CODE:
    case COLUMN_DIGITS:
    case COLUMN_REFERENCE:
        ret[0] = (struct stored){ col->name, false };
        return 1;
    }
    return 0;
}

static struct str type_word(enum column_type type)
{
    switch (type) {
    case COLUMN_TEXT: return STR("text");
    case COLUMN_CODE: return STR("code");
    case COLUMN_DIGITS: return STR("digits");
    case COLUMN_DATE: return STR("date");
    case COLUMN_UNIT: return STR("unit");
    case COLUMN_REFERENCE: return STR("reference");
    case COLUMN_JOINED: return STR("joined");
    }
    return STR("");
}

static bool find_type(struct str word, enum column_type *ret)
{
    for (enum column_type type = COLUMN_TEXT; type < COLUMN_JOINED; type++)
        if (str_eq(type_word(type), word)) {
            *ret = type;
            return true;
        }
    return false;
}

/* ---- what the database knows ---- */

static enum status read_known(struct call *c, const struct register_ *r, struct known_list *ret)
{
    DB_ROWS rows = db_run(c, &KNOWN_COLUMNS, db_text(r->name));
    while (db_next(&rows)) {
        if (ret->n == ret->cap) {
            size_t cap = ret->cap ? ret->cap * 2 : 64;
            struct known *all = arena_array(c->arena, struct known, cap);
            if (ret->n) memcpy(all, ret->all, ret->n * sizeof *all);
            ret->all = all;
            ret->cap = cap;
        }
        ret->all[ret->n++] = (struct known){ db_col_text(&rows, 0), db_col_text(&rows, 1), db_col_text(&rows, 2) };
    }
    return db_finish(&rows);
}

static const struct known *find_known(const struct known_list *k, struct str part, struct str name)
{
    for (size_t i = 0; i < k->n; i++)
        if (str_eq(k->all[i].part, part) && (str_is_empty(name) || str_eq(k->all[i].name, name))) return &k->all[i];
    return NULL;
}

/* ---- DDL text ---- */

static void put_column(struct buf *b, const struct stored *s)
{
    buf_print(b, "\"%.*s\" %s", STR_ARG(s->name), s->number ? "BIGINT NOT NULL DEFAULT 0" : "TEXT NOT NULL DEFAULT ''");
}

static void put_columns(struct arena *a, struct buf *b, const struct column *col)
{
    struct stored s[2];
    const size_t n = registry__stored(a, col, s);
    for (size_t k = 0; k < n; k++) {
        buf_put_z(b, ", ");
        put_column(b, &s[k]);
    }
}

/* put_table: the table of a group. Where many versions may hold on the same day the item tells them apart. */
static void put_table(struct arena *a, struct buf *b, const struct register_ *r, const struct group *g, const struct column *columns, size_t n)
{
    buf_print(b, "CREATE TABLE %.*s_%.*s_v (entity BIGINT NOT NULL, kind TEXT NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, "
              "rec_from BIGINT NOT NULL, rec_to BIGINT NOT NULL", STR_ARG(r->name), STR_ARG(g->name));
    for (size_t i = 0; i < n; i++) put_columns(a, b, &columns[i]);
    if (g->many) buf_put_z(b, ", item BIGINT NOT NULL DEFAULT 0");
    buf_print(b, ", PRIMARY KEY (entity, kind, %svalid_from, rec_from), CHECK (valid_from < valid_to AND rec_from < rec_to)) {clustered};\n", g->many ? "item, " : "");
}

/* put_wider_table: a group that had one version at a time may have many: its table is made anew with the item, and what is stored goes over with
 * all its columns, those too that left the file. */
static void put_wider_table(struct arena *a, struct buf *b, const struct register_ *r, const struct group *g, const struct column *columns, size_t n)
{
    const char *head = "entity, kind, valid_from, valid_to, rec_from, rec_to";
    buf_print(b, "ALTER TABLE %.*s_%.*s_v RENAME TO %.*s_%.*s_single;\n", STR_ARG(r->name), STR_ARG(g->name), STR_ARG(r->name), STR_ARG(g->name));
    put_table(a, b, r, g, columns, n);
    struct buf names = buf_in(a, DDL_MAX);
    for (size_t i = 0; i < n; i++) {
        struct stored s[2];
        const size_t ns = registry__stored(a, &columns[i], s);
        for (size_t k = 0; k < ns; k++) buf_print(&names, ", \"%.*s\"", STR_ARG(s[k].name));
    }
    buf_print(b, "INSERT INTO %.*s_%.*s_v (%s%.*s) SELECT %s%.*s FROM %.*s_%.*s_single;\n", STR_ARG(r->name), STR_ARG(g->name), head, STR_ARG(buf_str(&names)),
              head, STR_ARG(buf_str(&names)), STR_ARG(r->name), STR_ARG(g->name));
    buf_print(b, "DROP TABLE %.*s_%.*s_single;\n", STR_ARG(r->name), STR_ARG(g->name));
}

static void put_new_columns(struct arena *a, struct buf *b, const struct register_ *r, const struct group *g, const struct column *col)
{
    struct stored s[2];
    size_t n = registry__stored(a, col, s);
    for (size_t k = 0; k < n; k++) {
        buf_print(b, "ALTER TABLE %.*s_%.*s_v ADD COLUMN ", STR_ARG(r->name), STR_ARG(g->name));
        put_column(b, &s[k]);
        buf_put_z(b, ";\n");
    }
}

static void put_aliases(struct buf *b, const struct register_ *r)
{
    buf_print(b, "CREATE TABLE %.*s_alias (kind TEXT NOT NULL, value TEXT NOT NULL, entity BIGINT NOT NULL, is_current BIGINT NOT NULL, "
              "PRIMARY KEY (kind, value, entity)) {clustered};\n", STR_ARG(r->name));
    buf_print(b, "CREATE INDEX %.*s_alias_entity ON %.*s_alias (entity);\n", STR_ARG(r->name), STR_ARG(r->name));
}

static void put_unique_key(struct buf *b, const struct register_ *r, const struct key_kind *k)
{
    buf_print(b, "CREATE UNIQUE INDEX %.*s_alias_%.*s ON %.*s_alias (value) WHERE kind = '%.*s';\n", STR_ARG(r->name), STR_ARG(k->kind),
              STR_ARG(r->name), STR_ARG(k->kind));
}

/* ---- making ---- */

struct making { const struct register_ *r; struct known_list known; struct buf ddl; };

static enum status remember(struct call *c, const struct making *m, struct str part, struct str name, struct str kind)
{
    return db_exec(c, &REMEMBER_COLUMN, db_text(m->r->name), db_text(part), db_text(name), db_text(kind));
}

static enum status make_keys(struct call *c, struct making *m)
{
    if (!find_known(&m->known, STR("key"), STR(""))) put_aliases(&m->ddl, m->r);
    for (size_t i = 0; i < m->r->nkeys; i++) {
        const struct key_kind *k = &m->r->keys[i];
        struct str kind = k->unique ? STR("unique") : STR("repeating");
        const struct known *was = find_known(&m->known, STR("key"), k->kind);
        if (was && !str_eq(was->kind, kind))
            return call_fail(c, ST_CONFLICT, "", "The register \"%s\" is stored with another rule for the key \"%s\". Give the new key a new name.", m->r->name, k->kind);
        if (was) continue;
        if (k->unique) put_unique_key(&m->ddl, m->r, k);
        TRY(remember(c, m, STR("key"), k->kind, kind));
    }
    return ST_OK;
}

/* stored_columns: the group's columns as the database has them. */
static size_t stored_columns(struct call *c, const struct known_list *k, struct str part, struct column **ret)
{
    size_t n = 0;
    *ret = arena_array(c->arena, struct column, k->n);
    for (size_t i = 0; i < k->n; i++) {
        enum column_type type;
        if (str_eq(k->all[i].part, part) && find_type(k->all[i].kind, &type)) (*ret)[n++] = (struct column){ .name = k->all[i].name, .type = type };
    }
    return n;
}

static enum status make_many(struct call *c, struct making *m, const struct group *g, bool is_new)
{
    struct column *columns;
    if (!g->many || find_known(&m->known, g->name, STR("item"))) return ST_OK;
    if (!is_new) {
        const size_t n = stored_columns(c, &m->known, g->name, &columns);
        put_wider_table(c->arena, &m->ddl, m->r, g, columns, n);
    }
    return remember(c, m, g->name, STR("item"), STR("many"));
}

static enum status make_group(struct call *c, struct making *m, const struct group *g)
{
    const bool is_new = !find_known(&m->known, g->name, STR(""));
    if (is_new) put_table(c->arena, &m->ddl, m->r, g, g->columns, g->ncolumns);
    TRY(make_many(c, m, g, is_new));
    for (size_t i = 0; i < g->ncolumns; i++) {
        const struct column *col = &g->columns[i];
        const struct known *was = find_known(&m->known, g->name, col->name);
        if (col->type == COLUMN_JOINED) continue;
        if (was && !str_eq(was->kind, type_word(col->type)))
            return call_fail(c, ST_CONFLICT, "", "The column \"%s\" of the register \"%s\" is stored with another type. Give the new column a new name.", col->full, m->r->name);
        if (was) continue;
        if (!is_new) put_new_columns(c->arena, &m->ddl, m->r, g, col);
        TRY(remember(c, m, g->name, col->name, type_word(col->type)));
    }
    return ST_OK;
}

static enum status make_tables(struct call *c, struct db_tx *tx, void *arg)
{
    struct making m = { .r = arg, .ddl = buf_in(c->arena, DDL_MAX) };
    struct str ddl;
    TRY(read_known(c, m.r, &m.known));
    TRY(make_keys(c, &m));
    for (size_t i = 0; i < m.r->ngroups; i++) TRY(make_group(c, &m, &m.r->groups[i]));
    TRY(buf_finish(&m.ddl, &ddl));
    return ddl.n ? db_apply(tx, str_to_z(c->arena, ddl)) : ST_OK;
}

enum status registry__make_tables(struct call *c, const struct register_ *r)
{
    return db_atomic(c, make_tables, (void *)(uintptr_t)r);
}
