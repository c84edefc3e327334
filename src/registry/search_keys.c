/* search_keys.c: the derived table of names: made, filled by loads, made anew when the rules of folding or sorting change. What it holds follows from the
 * register's versions alone, so it may be thrown away at any time. */
#include "registry/search_int.h"

enum { SQL_MAX = 4096, PLACES_MAX = 2000, STEP = 500, STEP_ARENA = 128 << 20, LAYOUT = 1 /* of the table */ };

static const struct query FIND_STATE = { "registry", "SELECT version, upto FROM registry_search WHERE register = $1", NODE };
static const struct query SET_STATE = { "registry", "INSERT INTO registry_search (register, version, upto) VALUES ($1, $2, $3) "
    "ON CONFLICT (register) DO UPDATE SET version = excluded.version, upto = excluded.upto", NODE };
static const struct query LAST_ENTITY = { "registry", "SELECT COALESCE(MAX(id), 0) FROM registry_entity WHERE register = $1", NODE };
static const struct query STEP_END = { "registry", "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM registry_entity WHERE register = $1 AND id > $2 ORDER BY id LIMIT $3) AS part", NODE };
static const struct query STEP_ENTITIES = { "registry", "SELECT id FROM registry_entity WHERE register = $1 AND id > $2 AND id <= $3 ORDER BY id", NODE };

struct state { int64_t version, upto; }; /* upto: entries with keys up to this one; TIME_FAR: all */

/* ---- the table and its statements ---- */

#define COLUMNS "key, birth_year, entity, kind, valid_from, valid_to, born, born_precision, sex, strict, name, places, sort"

static enum status make_table(struct call *c, struct db_tx *tx, const struct register_ *r)
{
    struct buf b = buf_in(c->arena, SQL_MAX);
    struct str ddl;
    buf_print(&b, "DROP TABLE IF EXISTS %.*s_name_key;\n", STR_ARG(r->name));
    buf_print(&b, "CREATE TABLE %.*s_name_key (key TEXT NOT NULL, birth_year BIGINT NOT NULL, entity BIGINT NOT NULL, kind TEXT NOT NULL, valid_from BIGINT NOT NULL, "
              "valid_to BIGINT NOT NULL, born BIGINT NOT NULL, born_precision BIGINT NOT NULL, sex TEXT NOT NULL, strict TEXT NOT NULL, name TEXT NOT NULL, "
              "places TEXT NOT NULL, sort {blob} NOT NULL, PRIMARY KEY (key, birth_year, entity, kind, valid_from)) {clustered};\n", STR_ARG(r->name));
    buf_print(&b, "CREATE INDEX %.*s_name_key_year ON %.*s_name_key (birth_year, key);\n", STR_ARG(r->name), STR_ARG(r->name));
    TRY(buf_finish(&b, &ddl));
    return db_apply(tx, str_to_z(c->arena, ddl));
}

static const struct query *make_query(struct arena *a, struct store *s, const struct register_ *r, const char *before, const char *after)
{
    struct buf b = buf_in(a, SQL_MAX);
    buf_print(&b, "%s %.*s_name_key %s", before, STR_ARG(r->name), after);
    return db_query_new(s, "registry", NODE, buf_str(&b));
}

static void make_queries(struct arena *a, struct store *store, const struct register_ *r, struct search *s)
{
    static const char *const select = "SELECT entity, kind, valid_to, born, born_precision, sex, strict, name, places, sort, key FROM";
    s->insert = make_query(a, store, r, "INSERT INTO", "(" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING");
    s->by_name = make_query(a, store, r, select, "WHERE key = $1 LIMIT $2");
    s->by_name_year = make_query(a, store, r, select, "WHERE key = $1 AND birth_year = $2 LIMIT $3");
    s->by_start = make_query(a, store, r, select, "WHERE key >= $1 AND key < $2 LIMIT $3");
    s->by_start_year = make_query(a, store, r, select, "WHERE birth_year = $1 AND key >= $2 AND key < $3 LIMIT $4");
}

/* ---- where the keys stand ---- */

static enum status find_state(struct call *c, const struct register_ *r, struct state *ret)
{
    DB_ROWS rows = db_run(c, &FIND_STATE, db_text(r->name));
    TRY(db_one(&rows));
    *ret = (struct state){ db_col_int(&rows, 0), db_col_int(&rows, 1) };
    return ST_OK;
}

static enum status last_entity(struct call *c, const struct register_ *r, int64_t *ret)
{
    DB_ROWS rows = db_run(c, &LAST_ENTITY, db_text(r->name));
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0);
    return ST_OK;
}

static enum status start_again(struct call *c, struct db_tx *tx, void *arg)
{
    const struct register_ *r = arg;
    int64_t last;
    TRY(last_entity(c, r, &last));
    TRY(make_table(c, tx, r));
    return db_exec(c, &SET_STATE, db_text(r->name), db_int(r->search->version), db_int(last ? 0 : TIME_FAR));
}

static enum status start_if_changed(struct call *c, struct db_tx *tx, void *arg)
{
    const struct register_ *r = arg;
    struct state state;
    enum status st = find_state(c, r, &state);
    if (st == ST_OK && state.version == r->search->version) return ST_OK;
    return st == ST_OK || st == ST_NOT_FOUND ? start_again(c, tx, arg) : st;
}

enum status registry__open_search(struct call *c, struct arena *a, struct register_ *r)
{
    struct search *s = r->search;
    if (!s) return ST_OK;
    if (!text_order_open(s->language, &s->order)) return call_fail(c, ST_INVALID, "", "The register \"%s\" sorts by the language \"%s\", which this program does not know.", r->name, s->language);
    s->version = (text_order_version(&s->order) << 16) + TEXT_FOLD_VERSION * 256 + LAYOUT;
    TRY(db_atomic(c, start_if_changed, r));
    make_queries(a, c->app->store, r, s);
    return ST_OK;
}

void registry__close_search(struct register_ *r)
{
    if (r->search) text_order_close(&r->search->order);
}

enum status registry__need_search(struct call *c, const struct register_ *r)
{
    struct state state = { 0 };
    if (!r->search) return call_fail(c, ST_INVALID, "", "This register cannot be searched by name. Ask by number.");
    TRY(find_state(c, r, &state));
    if (state.upto == TIME_FAR && state.version == r->search->version) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "The register is making its search keys anew. Try again in a few minutes, or ask by number.");
}

/* ---- keys of one entry ---- */

/* entry_facts: what all names of the entry share. */
struct entry_facts { int64_t born, precision, year; struct str sex, places; };

static const struct db_value *value_at(const struct row_version *v, const struct search_column *col) { return &v->values[col->column->at]; }

static void put_place(struct buf *b, const struct row_version *v, const struct search_column *col)
{
    const struct db_value *value = value_at(v, col);
    if (value[0].bytes.n == 0) return;
    if (b->n) buf_put_c(b, ' ');
    buf_put(b, value[0].bytes);
    buf_put_c(b, '@');
    buf_put_int(b, value[1].number);
    if (v->to != TIME_FAR) {
        buf_put_c(b, '-');
        buf_put_int(b, v->to);
    }
}

static bool is_of(const struct row_version *v, const struct search_column *col) { return col->column && v->group == col->group; }

/* read_facts: of several versions the newest counts; a person with a very long list of places is found by the first of them. */
static struct entry_facts read_facts(struct call *c, const struct search *s, const struct row *row)
{
    struct entry_facts f = { 0 };
    struct buf places = buf_in(c->arena, PLACES_MAX);
    int64_t born_from = INT64_MIN, sex_from = INT64_MIN;
    for (size_t i = 0; i < row->nversions; i++) {
        const struct row_version *v = &row->versions[i];
        if (is_of(v, &s->born) && v->from >= born_from) {
            born_from = v->from;
            f.born = value_at(v, &s->born)[0].number;
            f.precision = value_at(v, &s->born)[1].number;
        }
        if (is_of(v, &s->sex) && v->from >= sex_from) {
            sex_from = v->from;
            f.sex = value_at(v, &s->sex)->bytes;
        }
        for (size_t k = 0; k < s->nplaces; k++)
            if (is_of(v, &s->places[k]) && places.n + 64 < PLACES_MAX) put_place(&places, v, &s->places[k]);
    }
    if (f.precision) {
        int year, month, mday;
        date_civil(f.born, &year, &month, &mday);
        f.year = year;
    }
    f.places = places.n ? buf_str(&places) : STR("");
    return f;
}

static struct str full_name(struct call *c, const struct search *s, const struct row_version *v)
{
    const struct column *col = s->name.column;
    struct str name = STR("");
    if (col->type == COLUMN_TEXT) return v->values[col->at].bytes;
    for (size_t i = 0; i < col->nof; i++) {
        const struct str part = v->values[v->group->columns[col->of[i]].at].bytes;
        if (part.n) name = name.n ? str_join(c->arena, name, STR(" "), part, STR_END) : part;
    }
    return name;
}

/* sort_key: a key a column, one after the other: the given name decides before the surname is looked at. */
static struct str sort_key(struct call *c, const struct search *s, const struct row_version *v, struct str name)
{
    struct str whole = STR(""), key;
    for (size_t i = 0; i < s->nsorts; i++)
        if (text_order_key(&s->order, c->arena, value_at(v, &s->sorts[i])->bytes, &key)) whole = whole.n ? str_join(c->arena, whole, key, STR_END) : key;
    if (s->nsorts == 0 && text_order_key(&s->order, c->arena, name, &key)) whole = key;
    return whole;
}

static enum status put_name(struct call *c, const struct search *s, int64_t entity, const struct row_version *v, const struct entry_facts *f)
{
    struct words loose;
    struct str strict, name = full_name(c, s, v);
    if (!registry__name_words(c->arena, name, TEXT_LOOSE, &loose) || !text_fold(c->arena, name, TEXT_STRICT, &strict)) return ST_OK; /* no name, or one nobody would type */
    return db_exec(c, s->insert, db_text(registry__name_key(c->arena, &loose)), db_int(f->year), db_int(entity), db_text(v->kind), db_int(v->from), db_int(v->to), db_int(f->born),
                   db_int(f->precision), db_text(f->sex), db_text(strict), db_text(name), db_text(f->places), db_bytes(sort_key(c, s, v, name)));
}

enum status registry__put_search_keys(struct call *c, const struct register_ *reg, int64_t entity, const struct row *row)
{
    const struct search *s = reg->search;
    if (!s) return ST_OK;
    const struct entry_facts f = read_facts(c, s, row);
    for (size_t i = 0; i < row->nversions; i++)
        if (row->versions[i].group == s->name.group) TRY(put_name(c, s, entity, &row->versions[i], &f));
    return ST_OK;
}

/* ---- keys made anew from what is stored ---- */

enum { REINDEX_VERSIONS = 400 };
struct stored_row { int64_t entity; struct row row; };
struct step { const struct register_ *r; int64_t after, upto; struct stored_row *rows; size_t n; };

static struct stored_row *find_row(struct step *s, int64_t entity)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (s->rows[mid].entity < entity) low = mid + 1;
        else high = mid;
    }
    return low < s->n && s->rows[low].entity == entity ? &s->rows[low] : NULL;
}

static enum status read_entities(struct call *c, struct step *s)
{
    s->rows = arena_array(c->arena, struct stored_row, STEP);
    DB_ROWS rows = db_run(c, &STEP_ENTITIES, db_text(s->r->name), db_int(s->after), db_int(s->upto));
    while (s->n < STEP && db_next(&rows)) s->rows[s->n++].entity = db_col_int(&rows, 0);
    return db_finish(&rows);
}

static void keep_version(struct call *c, const struct group *g, const struct db_rows *rows, struct row *row)
{
    enum { BEFORE = 4 }; /* result columns before the values: statements.c */
    if (row->nversions == REINDEX_VERSIONS) return;
    if (!row->versions) row->versions = arena_array(c->arena, struct row_version, REINDEX_VERSIONS);
    struct db_value *values = arena_array(c->arena, struct db_value, g->nvalues);
    for (size_t i = 0; i < g->ncolumns; i++) {
        struct stored stored[2];
        const size_t n = registry__stored(c->arena, &g->columns[i], stored), at = g->columns[i].at;
        for (size_t k = 0; k < n; k++) values[at + k] = stored[k].number ? db_int(db_col_int(rows, (int)(at + k) + BEFORE)) : db_text(db_col_text(rows, (int)(at + k) + BEFORE));
    }
    row->versions[row->nversions++] = (struct row_version){ .group = g, .kind = db_col_text(rows, 1), .from = db_col_int(rows, 2), .to = db_col_int(rows, 3), .values = values };
}

static enum status read_versions(struct call *c, struct step *s, const struct group *g)
{
    DB_ROWS rows = db_run(c, g->all, db_int(s->after), db_int(s->upto));
    while (db_next(&rows)) {
        struct stored_row *row = find_row(s, db_col_int(&rows, 0));
        if (row) keep_version(c, g, &rows, &row->row);
    }
    return db_finish(&rows);
}

static bool is_needed(const struct search *s, const struct group *g)
{
    bool needed = g == s->name.group || g == s->born.group || g == s->sex.group;
    for (size_t i = 0; i < s->nplaces; i++) needed = needed || g == s->places[i].group;
    return needed;
}

static enum status write_step(struct call *c, struct db_tx *tx, void *arg)
{
    const struct step *s = arg;
    (void)tx;
    for (size_t i = 0; i < s->n; i++) TRY(registry__put_search_keys(c, s->r, s->rows[i].entity, &s->rows[i].row));
    return db_exec(c, &SET_STATE, db_text(s->r->name), db_int(s->r->search->version), db_int(s->n ? s->upto : TIME_FAR));
}

static enum status step_end(struct call *c, const struct register_ *r, int64_t after, int64_t *ret)
{
    DB_ROWS rows = db_run(c, &STEP_END, db_text(r->name), db_int(after), db_int(STEP));
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0);
    return ST_OK;
}

/* run_step: the next entries; *ret_upto is TIME_FAR when there are none left. */
static enum status run_step(struct call *c, const struct register_ *r, int64_t after, int64_t *ret_upto)
{
    struct step s = { .r = r, .after = after };
    TRY(step_end(c, r, after, &s.upto));
    if (s.upto > after) TRY(read_entities(c, &s));
    for (size_t i = 0; s.n && i < r->ngroups; i++)
        if (is_needed(r->search, &r->groups[i])) TRY(read_versions(c, &s, &r->groups[i]));
    TRY(db_atomic(c, write_step, &s));
    *ret_upto = s.n ? s.upto : TIME_FAR;
    return ST_OK;
}

enum status registry__finish_search_keys(struct call *c, const struct register_ *r)
{
    ARENA arena = arena_open(STEP_ARENA);
    struct state state = { 0 };
    if (!r->search) return ST_OK;
    enum status st = find_state(c, r, &state);
    while (st == ST_OK && state.upto != TIME_FAR) {
        struct call inner = *c;
        inner.arena = arena;
        st = run_step(&inner, r, state.upto, &state.upto);
        registry__keep_error(c, &inner);
        c->db = inner.db;
        arena_reset(arena);
    }
    return st;
}

enum status registry__reindex(struct call *c, const struct register_ *r)
{
    if (!r->search) return call_fail(c, ST_INVALID, "REGISTER", "This register has no search section in its file: there are no keys to make.");
    TRY(db_atomic(c, start_again, (void *)(uintptr_t)r));
    return registry__finish_search_keys(c, r);
}
