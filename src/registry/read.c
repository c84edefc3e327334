/* read.c: a record by one of its keys, as it is recorded now and true today, on request with what was true before; only the columns that were
 * allowed, and never before the journal holds who, why and which. */
#include "registry/registry_int.h"

#include "base/crash.h"
#include "trust/journal.h"
#include "web/page.h"

enum { VALUES_FIRST = 64, VALUES_MOST = 2048, FIELDS_MAX = 16 << 10 };

#define FORMER STR("former.")

struct reading { const struct registry_read *rd; struct register_value *values; size_t n, cap; struct buf fields; int64_t entity, today; };

int64_t registry__today(const struct call *c)
{
    enum { MINUTE_MS = 60000, DAY_MS = 86400000 };
    return (c->now_ms + (int64_t)c->app->time_offset_min * MINUTE_MS) / DAY_MS;
}

/* ---- which columns ---- */

/* registry__allows: "*" is all, "name.*" all of a group. */
bool registry__allows(const struct str *columns, size_t n, struct str full)
{
    for (size_t i = 0; i < n; i++) {
        struct str column = columns[i];
        if (str_eq(column, STR("*")) || str_eq(column, full)) return true;
        if (str_ends(column, STR(".*")) && str_starts(full, str_first(column, column.n - 1))) return true;
    }
    return false;
}

static bool allows(const struct registry_read *rd, struct str full) { return registry__allows(rd->columns, rd->ncolumns, full); }

static bool allows_column(const struct registry_read *rd, const struct column *col)
{
    return allows(rd, col->full) && (!rd->self || col->self);
}

/* allows_former: what no longer holds has a right of its own. */
static bool allows_former(struct call *c, const struct registry_read *rd, const struct column *col)
{
    return rd->history && allows(rd, str_join(c->arena, FORMER, col->full, STR_END)) && (!rd->self || col->self);
}

static bool needs_group(const struct registry_read *rd, const struct group *g)
{
    for (size_t i = 0; i < g->ncolumns; i++)
        if (allows_column(rd, &g->columns[i])) return true;
    return false;
}

static bool needs_former(struct call *c, const struct registry_read *rd, const struct group *g)
{
    for (size_t i = 0; rd->history && i < g->ncolumns; i++)
        if (allows_former(c, rd, &g->columns[i])) return true;
    return false;
}

/* ---- values ---- */

static struct str date_text(struct call *c, int64_t day, int64_t precision)
{
    char text[TIME_TEXT];
    if (precision < PRECISION_YEAR || precision > PRECISION_DAY) return STR("");
    date_format((struct date){ day, (enum precision)precision }, text);
    return str_copy(c->arena, str_z(text));
}

/* today_text: what a unit that is gone is called today. Empty while it is there, and where nobody wrote down what became of it. */
static struct str today_text(struct call *c, const struct units *u, struct str code, int64_t day)
{
    const struct unit *was = registry__find_unit(u, code, day), *now[SUCCESSORS_MOST];
    const int64_t today = registry__today(c);
    struct str text = STR("");
    if (!was || was->to > today) return text;
    const size_t n = registry__successors(u, code, day, today, now);
    for (size_t i = 0; i < n; i++)
        text = str_join(c->arena, text, i ? STR("; ") : STR(""), registry__unit_text(c->arena, u, now[i]->code, today), STR_END);
    return text;
}

/* value_of: text and code of a column in the row at hand; stored values begin at result column 1, after the kind. */
static void value_of(struct call *c, const struct register_ *r, const struct group *g, const struct column *col, const struct db_rows *rows, struct register_value *v)
{
    const int at = (int)col->at + 1;
    switch (col->type) {
    case COLUMN_TEXT:
    case COLUMN_DIGITS:
    case COLUMN_REFERENCE:
        v->text = db_col_text(rows, at);
        return;
    case COLUMN_CODE:
        v->code = db_col_text(rows, at);
        const struct code *code = registry__find_code(col->list, v->code);
        v->text = code ? code->label : v->code;
        return;
    case COLUMN_DATE:
        v->text = date_text(c, db_col_int(rows, at), db_col_int(rows, at + 1));
        return;
    case COLUMN_UNIT:
        v->code = db_col_text(rows, at);
        if (str_is_empty(v->code)) return;
        v->text = registry__unit_text(c->arena, r->units, v->code, db_col_int(rows, at + 1));
        v->today = today_text(c, r->units, v->code, db_col_int(rows, at + 1));
        return;
    case COLUMN_JOINED:
        for (size_t i = 0; i < col->nof; i++) {
            struct str part = db_col_text(rows, (int)g->columns[col->of[i]].at + 1);
            if (part.n) v->text = v->text.n ? str_join(c->arena, v->text, STR(" "), part, STR_END) : part;
        }
        return;
    }
}

static void add_field(struct reading *rg, bool former, struct str full)
{
    if (rg->fields.n) buf_put_c(&rg->fields, ',');
    if (former) buf_put(&rg->fields, FORMER);
    buf_put(&rg->fields, full);
}

static void grow(struct call *c, struct reading *rg)
{
    const size_t cap = rg->cap ? rg->cap * 2 : VALUES_FIRST;
    struct register_value *values = arena_array(c->arena, struct register_value, cap);
    if (rg->n) memcpy(values, rg->values, rg->n * sizeof *values);
    rg->values = values;
    rg->cap = cap;
}

/* add_value: what is not known is not shown. */
static void add_value(struct call *c, struct reading *rg, struct register_value v)
{
    if (str_is_empty(v.text) || rg->n == VALUES_MOST) return;
    if (rg->n == rg->cap) grow(c, rg);
    rg->values[rg->n++] = v;
}

static void add_kind(struct call *c, struct reading *rg, const struct group *g, struct str kind, const struct register_value *like)
{
    struct str full = str_join(c->arena, g->name, STR(".kind"), STR_END);
    for (size_t i = 0; i < g->nkinds; i++)
        if (str_eq(g->kinds[i].kind, kind))
            add_value(c, rg, (struct register_value){ .column = full, .label = g->label, .group = g->name, .title = g->label, .code = kind, .text = g->kinds[i].label,
                                                      .index = like->index, .former = like->former, .from = like->from, .to = like->to });
}

/* add_version: the allowed values of one version; with kinds, the kind itself comes first, so that a reader knows whose name or which address it is. like says
 * which version it is and when it held. */
static void add_version(struct call *c, struct reading *rg, const struct group *g, const struct db_rows *rows, const struct register_value *like)
{
    if (g->nkinds) add_kind(c, rg, g, db_col_text(rows, 0), like);
    for (size_t i = 0; i < g->ncolumns; i++) {
        const struct column *col = &g->columns[i];
        if (like->former ? !allows_former(c, rg->rd, col) : !allows_column(rg->rd, col)) continue;
        struct register_value v = *like;
        v.column = col->full;
        v.label = col->label;
        v.group = g->name;
        v.title = g->label;
        v.is_date = col->type == COLUMN_DATE;
        value_of(c, rg->rd->reg, g, col, rows, &v);
        add_value(c, rg, v);
    }
}

static enum status read_group(struct call *c, struct reading *rg, const struct group *g)
{
    struct register_value like = { .index = 0 };
    DB_ROWS rows = db_run(c, g->now, db_int(rg->entity), db_int(rg->today));
    for (; db_next(&rows); like.index++) add_version(c, rg, g, &rows, &like);
    return db_finish(&rows);
}

/* read_former: the versions of the group that ended by today; they come behind the whole present record and are counted on their own. */
static enum status read_former(struct call *c, struct reading *rg, const struct group *g)
{
    struct register_value like = { .former = true };
    const int days = (int)g->nvalues + 1;
    DB_ROWS rows = db_run(c, g->former, db_int(rg->entity), db_int(rg->today));
    for (; db_next(&rows); like.index++) {
        like.from = db_col_int(&rows, days);
        like.to = db_col_int(&rows, days + 1);
        add_version(c, rg, g, &rows, &like);
    }
    return db_finish(&rows);
}

static enum status read_keys(struct call *c, struct reading *rg)
{
    const struct register_ *r = rg->rd->reg;
    bool any = false;
    for (size_t i = 0; i < r->nkeys; i++) any = any || (allows(rg->rd, r->keys[i].full) && (!rg->rd->self || r->keys[i].self));
    if (!any) return ST_OK;
    DB_ROWS rows = db_run(c, r->aliases, db_int(rg->entity));
    const struct key_kind *last = NULL;
    for (int64_t index = 0; db_next(&rows);) {
        const struct key_kind *k = registry__find_key(r, db_col_text(&rows, 0));
        index = k == last ? index + 1 : 0;
        last = k;
        if (!k || !allows(rg->rd, k->full) || (rg->rd->self && !k->self)) continue;
        add_value(c, rg, (struct register_value){ .column = k->full, .label = k->label, .group = STR("key"), .title = TR("Numbers"), .text = db_col_text(&rows, 1), .index = index });
    }
    return db_finish(&rows);
}

/* ---- the entry in the journal ---- */

/* list_fields: the columns given out, each once, in the order they come. */
static void list_fields(struct reading *rg)
{
    for (size_t i = 0; i < rg->n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) seen = rg->values[k].former == rg->values[i].former && str_eq(rg->values[k].column, rg->values[i].column);
        if (!seen) add_field(rg, rg->values[i].former, rg->values[i].column);
    }
}

static enum status append_entry(struct call *c, const struct registry_read *rd, int64_t entity, struct str fields, struct str *ret_uid)
{
    const struct journal_event e = {
        .kind = str_join(c->arena, rd->reg->name, STR(".read"), STR_END), .class_ = rd->self ? JOURNAL_SELF : JOURNAL_NORMAL,
        .agency = c->actor->agency, .user = c->actor->user, .role = c->actor->role, .purpose = c->purpose, .basis = c->basis, .issue = c->issue,
        .fields = fields, .message = rd->message, .subjects = &entity, .nsubjects = 1 };
    return journal_append(c, &e, ret_uid);
}

/* ---- reading ---- */

enum status registry__find_entity(struct call *c, const struct register_ *r, struct str kind, struct str value, int64_t *ret)
{
    int64_t entity = 0;
    bool found, more = false;
    if (!registry__find_key(r, kind)) return call_fail(c, ST_INVALID, "key", "The register does not know this kind of number.");
    DB_ROWS rows = db_run(c, r->find, db_text(kind), db_text(value));
    found = db_next(&rows);
    if (found) {
        entity = db_col_int(&rows, 0);
        more = db_next(&rows);
    }
    TRY(db_finish(&rows));
    if (!found) return ST_NOT_FOUND;
    if (more) return call_fail(c, ST_CONFLICT, "key", "This number was given more than once. Ask by the personal identification number.");
    *ret = entity;
    return ST_OK;
}

enum status registry__read_columns(struct call *c, const struct registry_read *rd, int64_t entity, struct register_record *ret, struct str *ret_fields)
{
    struct reading rg = { .rd = rd, .fields = buf_in(c->arena, FIELDS_MAX), .today = registry__today(c), .entity = entity };
    TRY(read_keys(c, &rg));
    for (size_t i = 0; i < rd->reg->ngroups; i++)
        if (needs_group(rd, &rd->reg->groups[i])) TRY(read_group(c, &rg, &rd->reg->groups[i]));
    for (size_t i = 0; i < rd->reg->ngroups; i++)
        if (needs_former(c, rd, &rd->reg->groups[i])) TRY(read_former(c, &rg, &rd->reg->groups[i]));
    list_fields(&rg);
    TRY(buf_finish(&rg.fields, ret_fields));
    *ret = (struct register_record){ .id = entity, .values = rg.values, .n = rg.n };
    return ST_OK;
}

/* read_record: everything of one moment. */
static enum status read_record(struct call *c, const struct registry_read *rd, struct register_record *ret, struct str *ret_fields)
{
    int64_t entity;
    DB_VIEW view = { 0 };
    TRY(db_view(c, NODE, &view));
    TRY(registry__find_entity(c, rd->reg, rd->key_kind, rd->key, &entity));
    return registry__read_columns(c, rd, entity, ret, ret_fields);
}

enum status registry_read(struct call *c, const struct registry_read *rd, const struct register_record **ret)
{
    struct register_record *record = arena_new(c->arena, struct register_record);
    struct str fields;
    if (!c->actor || str_is_empty(c->purpose)) return call_fail(c, ST_DENIED, "purpose", "Say for which purpose the record is read.");
    TRY(read_record(c, rd, record, &fields));
    crash_point("registry.before_journal");
    TRY(append_entry(c, rd, record->id, fields, &record->entry));
    crash_point("registry.after_journal");
    *ret = record;
    return ST_OK;
}
