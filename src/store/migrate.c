/* migrate.c: every room's tables are brought to the newest version at start, all steps of a database in one transaction: all or none. */
#include "store/store_int.h"

#include "base/buf.h"
#include "base/log.h"

enum { SCRIPT_MAX = 1 << 20 };

static const struct query READ_META[DATABASES] = {
    { "store", "SELECT v FROM store_meta WHERE k = $1", NODE },
    { "store", "SELECT v FROM store_meta WHERE k = $1", LOG },
};
static const struct query WRITE_META[DATABASES] = {
    { "store", "INSERT INTO store_meta (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v", NODE },
    { "store", "INSERT INTO store_meta (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v", LOG },
};

enum status store__fill_tokens(struct call *c, const struct driver *d, struct str sql, const char **ret)
{
    const struct { struct str token; const char *text; } tokens[] = {
        { STR("{id}"), d->id_column }, { STR("{clustered}"), d->clustered }, { STR("{blob}"), d->blob } };
    struct buf out = buf_in(c->arena, SCRIPT_MAX);
    struct str rest = sql, before;
    while (str_cut(&rest, '{', &before)) {
        buf_put(&out, before);
        struct str from = { rest.p - 1, rest.n + 1 };
        const char *text = NULL;
        for (size_t i = 0; i < sizeof tokens / sizeof tokens[0] && !text; i++)
            if (str_starts(from, tokens[i].token)) {
                text = tokens[i].text;
                rest = str_skip(from, tokens[i].token.n);
            }
        if (!text) {
            call_note(c, "store", "unknown token in a table definition: %.*s", STR_ARG(str_first(from, 20)));
            return ST_BROKEN;
        }
        buf_put_z(&out, text);
    }
    buf_put(&out, rest);
    buf_put_c(&out, '\0');
    struct str whole;
    TRY(buf_finish(&out, &whole));
    *ret = whole.p;
    return ST_OK;
}

static struct str version_key(struct call *c, const struct schema *schema)
{
    return str_join(c->arena, STR("schema."), str_z(schema->room), STR_END);
}

static enum status read_version(struct call *c, struct db_conn *conn, const struct schema *schema, int64_t *ret)
{
    struct db_value key = db_text(version_key(c, schema));
    DB_ROWS rows = store__run_on(c, conn, &READ_META[conn->in], &key, 1);
    enum status st = db_one(&rows);
    *ret = 0;
    if (st == ST_NOT_FOUND) return ST_OK;
    if (st == ST_OK && !str_int(db_col_text(&rows, 0), ret)) st = ST_BROKEN;
    return st;
}

static enum status write_version(struct call *c, struct db_conn *conn, const struct schema *schema, int64_t version)
{
    struct db_value values[] = { db_text(version_key(c, schema)), db_text(str_print(c->arena, "%lld", (long long)version)) };
    DB_ROWS rows = store__run_on(c, conn, &WRITE_META[conn->in], values, 2);
    return db_finish(&rows);
}

static int64_t newest(const struct schema *schema, enum db_which in)
{
    int64_t version = 0;
    for (size_t i = 0; i < schema->nsteps; i++)
        if (schema->steps[i].in == in && schema->steps[i].version > version) version = schema->steps[i].version;
    return version;
}

static enum status apply_missing(struct call *c, struct db_conn *conn, const struct schema *schema)
{
    int64_t have, want = newest(schema, conn->in);
    TRY(read_version(c, conn, schema, &have));
    if (have > want)
        return call_fail(c, ST_UNAVAILABLE, "", "The database was made by a newer program (tables of %s). Install that version, or restore a backup.", str_z(schema->room));
    if (have == want) return ST_OK;
    for (size_t i = 0; i < schema->nsteps; i++) {
        const struct migration *m = &schema->steps[i];
        const char *sql;
        if (m->in != conn->in || m->version <= have) continue;
        TRY(store__fill_tokens(c, conn->driver, str_z(m->sql), &sql));
        TRY(conn->driver->script(c, conn, sql));
    }
    log_line(LOG_INFO, "store", "migrated", c->trace, log_text("tables", str_z(schema->room)), log_text("database", conn->in == NODE ? STR("node") : STR("log")),
             log_int("from", have), log_int("to", want));
    return write_version(c, conn, schema, want);
}

static enum status migrate_all(struct call *c, struct db_conn *conn, const struct schema *const *schemas)
{
    TRY(conn->driver->script(c, conn, "CREATE TABLE IF NOT EXISTS store_meta (k TEXT NOT NULL PRIMARY KEY, v TEXT NOT NULL)"));
    TRY(apply_missing(c, conn, &store_schema));
    for (; *schemas; schemas++)
        if (*schemas != &store_schema) TRY(apply_missing(c, conn, *schemas));
    return ST_OK;
}

enum status store__migrate(struct call *c, struct db_conn *conn, const struct schema *const *schemas)
{
    const struct driver *d = conn->driver;
    TRY(d->step(c, conn, STEP_BEGIN));
    enum status st = migrate_all(c, conn, schemas);
    if (st == ST_OK) st = d->step(c, conn, STEP_COMMIT);
    if (st == ST_OK) return ST_OK;
    struct call_error own = c->error;
    if (d->has_tx(conn) && d->step(c, conn, STEP_ROLLBACK) != ST_OK) call_note(c, "store", "a rollback failed");
    c->error = own;
    return call_fail(c, st, "", "The tables could not be brought to this program's version; nothing was changed. The cause is in the log.");
}
