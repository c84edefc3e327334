/* check.c: `sen register check`: what constraints cannot say, counted over the whole register: versions that overlap, codes no list knows, references
 * that lead nowhere, required parts that are missing. Walks by entry in slices, so that it holds no reader for long. */
#include "registry/registry_int.h"

enum { STEP = 2000, STEP_ARENA = 128 << 20 };

static const struct query COUNT_ENTITIES = { "registry", "SELECT COUNT(*), COALESCE(MAX(id), 0) FROM registry_entity WHERE register = $1", NODE };
static const struct query STEP_ENTITIES = { "registry", "SELECT id FROM registry_entity WHERE register = $1 AND id > $2 AND id <= $3 ORDER BY id", NODE };

/* last: the version before, to be compared with the next; rows come by entry, kind and first day. */
struct last { int64_t entity, item, to; struct str kind; bool any; };
struct refs { struct str *values; size_t n, cap; };

static void keep_reference(struct call *c, struct refs *refs, struct str value)
{
    if (refs->n == refs->cap) {
        size_t cap = refs->cap ? refs->cap * 2 : 1024;
        struct str *values = arena_array(c->arena, struct str, cap);
        if (refs->n) memcpy(values, refs->values, refs->n * sizeof *values);
        refs->values = values;
        refs->cap = cap;
    }
    refs->values[refs->n++] = value;
}

static void check_code(const struct code_list *list, struct str value, int64_t from, struct check_count *count)
{
    const struct code *code = registry__find_code(list, value);
    count->unknown_codes += !code;
    count->untimely_codes += code && (from < code->valid.from || from >= code->valid.to);
}

static void check_values(struct call *c, const struct register_ *r, const struct group *g, const struct db_rows *rows, struct check_count *count, struct refs *refs)
{
    for (size_t i = 0; i < g->ncolumns; i++) {
        const struct column *col = &g->columns[i];
        const int at = (int)col->at + 4;
        if (col->type != COLUMN_CODE && col->type != COLUMN_UNIT && col->type != COLUMN_REFERENCE) continue;
        struct str value = db_col_text(rows, at);
        if (str_is_empty(value)) continue;
        if (col->type == COLUMN_CODE) check_code(col->list, value, db_col_int(rows, 2), count);
        else if (col->type == COLUMN_UNIT) count->unknown_units += !registry__find_unit(r->units, value, db_col_int(rows, at + 1));
        else keep_reference(c, refs, value);
    }
}

static void check_order(const struct group *g, const struct db_rows *rows, struct last *last, struct check_count *count)
{
    const struct last now = { db_col_int(rows, 0), g->many ? db_col_int(rows, (int)g->item + 4) : 0, db_col_int(rows, 3), db_col_text(rows, 1), true };
    if (last->any && last->entity == now.entity && last->item == now.item && str_eq(last->kind, now.kind) && db_col_int(rows, 2) < last->to) count->overlaps++;
    *last = now;
}

static enum status check_group(struct call *c, const struct register_ *r, const struct group *g, int64_t after, int64_t upto, struct check_count *count, struct refs *refs)
{
    struct last last = { 0 };
    int64_t with_version = 0, entity = 0, entities = 0;
    DB_ROWS rows = db_run(c, g->all, db_int(after), db_int(upto));
    while (db_next(&rows)) {
        check_order(g, &rows, &last, count);
        check_values(c, r, g, &rows, count, refs);
        with_version += last.entity != entity;
        entity = last.entity;
        count->versions++;
    }
    TRY(db_finish(&rows));
    if (!g->required) return ST_OK;
    DB_ROWS ids = db_run(c, &STEP_ENTITIES, db_text(r->name), db_int(after), db_int(upto));
    while (db_next(&ids)) entities++;
    count->missing += entities - with_version;
    return db_finish(&ids);
}

static enum status check_references(struct call *c, const struct register_ *r, const struct refs *refs, struct check_count *count)
{
    for (size_t i = 0; i < refs->n; i++) {
        DB_ROWS rows = db_run(c, r->find, db_text(r->keys[0].kind), db_text(refs->values[i]));
        count->orphans += !db_next(&rows);
        TRY(db_finish(&rows));
    }
    return ST_OK;
}

static enum status check_step(struct call *c, const struct register_ *r, int64_t after, int64_t upto, struct check_count *count)
{
    struct refs refs = { 0 };
    for (size_t i = 0; i < r->ngroups; i++) TRY(check_group(c, r, &r->groups[i], after, upto, count, &refs));
    return check_references(c, r, &refs, count);
}

enum status registry__check(struct call *c, const struct register_ *r, struct check_count *ret)
{
    struct check_count count = { 0 };
    int64_t newest = 0;
    ARENA arena = arena_open(STEP_ARENA);
    {
        DB_ROWS rows = db_run(c, &COUNT_ENTITIES, db_text(r->name));
        if (db_next(&rows)) {
            count.entries = db_col_int(&rows, 0);
            newest = db_col_int(&rows, 1);
        }
        TRY(db_finish(&rows));
    }
    for (int64_t after = 0; after < newest; after += STEP) {
        struct call inner = *c;
        inner.arena = arena;
        enum status st = check_step(&inner, r, after, after + STEP, &count);
        registry__keep_error(c, &inner);
        TRY(st);
        arena_reset(arena);
    }
    *ret = count;
    return ST_OK;
}
