/* register_file.c: a register file (country/<cc>/registers/<name>.yaml) to its model. Every mistake is told with file and line; an
 * unknown word is a mistake too, because a misspelled "required" must not silently mean "no". The language: doc/registry.md. */
#include "registry/register_words.h"

#include "web/page.h"

enum { TEXT_LONGEST = 1000 };

static const char *const RESERVED[] = { "entity", "kind", "valid_from", "valid_to", "rec_from", "rec_to", "item" };
static const struct { const char *word; enum column_type type; } TYPES[] = {
    { "text", COLUMN_TEXT }, { "code", COLUMN_CODE }, { "digits", COLUMN_DIGITS }, { "date", COLUMN_DATE },
    { "unit", COLUMN_UNIT }, { "reference", COLUMN_REFERENCE }, { "joined", COLUMN_JOINED },
};

/* ---- keys ---- */

static enum status read_keys(struct call *c, const struct yaml *y, struct register_ *r)
{
    static const char *const words[] = { "kind", "label", "digits", "unique", "required", "self", "basis", NULL };
    const struct yaml *list;
    TRY(registry__need_parts(c, y, "keys", words, &list));
    struct key_kind *keys = arena_array(c->arena, struct key_kind, yaml_count(list));
    for (const struct yaml *part = list->first; part; part = part->next) {
        struct key_kind *k = &keys[r->nkeys];
        TRY(registry__need_name(c, part, "kind", &k->kind));
        TRY(yaml_need(c, part, "label", &k->label));
        TRY(registry__read_size(c, part, "digits", 0, 40, &k->digits));
        TRY(yaml_flag(c, part, "unique", false, &k->unique));
        TRY(yaml_flag(c, part, "required", false, &k->required));
        TRY(yaml_flag(c, part, "self", false, &k->self));
        for (size_t i = 0; i < r->nkeys; i++)
            if (str_eq(keys[i].kind, k->kind)) return yaml_fail(c, part, "Another key has this kind already.");
        k->full = str_join(c->arena, STR("key."), k->kind, STR_END);
        r->nkeys++;
    }
    if (!keys[0].unique || !keys[0].required) return yaml_fail(c, list->first, "The first key is the one other records refer by: it must be unique and required.");
    r->keys = keys;
    return ST_OK;
}

const struct key_kind *registry__find_key(const struct register_ *r, struct str kind)
{
    for (size_t i = 0; i < r->nkeys; i++)
        if (str_eq(r->keys[i].kind, kind)) return &r->keys[i];
    return NULL;
}

/* ---- groups ---- */

static enum status read_kinds(struct call *c, const struct yaml *y, struct group *g)
{
    static const char *const words[] = { "kind", "label", "required", "many", NULL };
    const struct yaml *list;
    bool many = false;
    if (!yaml_get(y, "kinds")) return ST_OK;
    TRY(registry__need_parts(c, y, "kinds", words, &list));
    struct kind *kinds = arena_array(c->arena, struct kind, yaml_count(list));
    for (const struct yaml *part = list->first; part; part = part->next, g->nkinds++) {
        struct kind *k = &kinds[g->nkinds];
        TRY(registry__need_code(c, part, "kind", &k->kind));
        TRY(yaml_need(c, part, "label", &k->label));
        TRY(yaml_flag(c, part, "required", false, &k->required));
        TRY(yaml_flag(c, part, "many", g->many, &k->many));
        many = many || k->many;
        for (size_t i = 0; i < g->nkinds; i++)
            if (str_eq(kinds[i].kind, k->kind)) return yaml_fail(c, part, "This group has the kind twice.");
    }
    g->kinds = kinds;
    g->many = many;
    return ST_OK;
}

static enum status read_type(struct call *c, const struct yaml *y, struct column *col)
{
    struct str word;
    TRY(yaml_need(c, y, "type", &word));
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (str_eq(word, str_z(TYPES[i].word))) { col->type = TYPES[i].type; return ST_OK; }
    return yaml_fail(c, yaml_get(y, "type"), "A type is one of: text, code, digits, date, unit, reference, joined.");
}

static enum status check_column_name(struct call *c, const struct yaml *y, const struct group *g, struct str name)
{
    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
        if (str_eq(name, str_z(RESERVED[i]))) return yaml_fail(c, y, "The engine keeps this name for itself. Choose another.");
    if (str_ends(name, STR("_precision")) || str_ends(name, STR("_at"))) return yaml_fail(c, y, "Names that end in _precision or _at belong to the engine. Choose another.");
    for (size_t i = 0; i < g->ncolumns; i++)
        if (str_eq(g->columns[i].name, name)) return yaml_fail(c, y, "This group has the column twice.");
    return ST_OK;
}

/* check_words: each type has words of its own; one that means nothing for the type is a mistake. */
static enum status check_words(struct call *c, const struct yaml *y, const struct column *col)
{
    if (!yaml_get(y, "list") != (col->type != COLUMN_CODE)) return yaml_fail(c, y, "A column of type code names its list; no other type has one.");
    if (!yaml_get(y, "digits") != (col->type != COLUMN_DIGITS)) return yaml_fail(c, y, "A column of type digits says how many; no other type does.");
    if (!yaml_get(y, "of") != (col->type != COLUMN_JOINED)) return yaml_fail(c, y, "A joined column lists the columns it is made of; no other type does.");
    if (yaml_get(y, "longest") && col->type != COLUMN_TEXT) return yaml_fail(c, y, "Only a column of type text has a longest length.");
    if (col->required && col->type == COLUMN_JOINED) return yaml_fail(c, y, "A joined column cannot be required. Say so at its parts.");
    return ST_OK;
}

static enum status find_list(struct call *c, const struct yaml *y, const struct register_ *r, struct column *col)
{
    struct str name = yaml_text(y, "list", STR(""));
    for (size_t i = 0; i < r->nlists; i++)
        if (str_eq(r->lists[i].name, name)) col->list = &r->lists[i];
    return col->list ? ST_OK : yaml_fail(c, yaml_get(y, "list"), "No list of this file has this name.");
}

static size_t stored_values(enum column_type type)
{
    switch (type) {
    case COLUMN_DATE:
    case COLUMN_UNIT: return 2;
    case COLUMN_JOINED: return 0;
    case COLUMN_TEXT:
    case COLUMN_CODE:
    case COLUMN_DIGITS:
    case COLUMN_REFERENCE: return 1;
    }
    return 0;
}

static enum status read_column(struct call *c, const struct yaml *y, const struct register_ *r, struct group *g)
{
    struct column *col = &g->columns[g->ncolumns];
    TRY(registry__need_name(c, y, "name", &col->name));
    TRY(check_column_name(c, y, g, col->name));
    TRY(yaml_need(c, y, "label", &col->label));
    TRY(read_type(c, y, col));
    TRY(yaml_flag(c, y, "required", false, &col->required));
    TRY(yaml_flag(c, y, "self", false, &col->self));
    TRY(check_words(c, y, col));
    TRY(registry__read_size(c, y, "longest", 200, TEXT_LONGEST, &col->longest));
    TRY(registry__read_size(c, y, "digits", 0, 40, &col->digits));
    if (col->type == COLUMN_DIGITS && col->digits == 0) return yaml_fail(c, yaml_get(y, "digits"), "Say how many digits, at least 1.");
    if (col->type == COLUMN_CODE) TRY(find_list(c, y, r, col));
    col->full = str_join(c->arena, g->name, STR("."), col->name, STR_END);
    col->at = g->nvalues;
    g->nvalues += stored_values(col->type);
    g->ncolumns++;
    return ST_OK;
}

/* join_columns: a joined column may name columns that come after it, so this waits until all are known. */
static enum status join_columns(struct call *c, const struct yaml *y, struct group *g, struct column *col)
{
    const struct yaml *of = yaml_get(y, "of");
    if (of->kind != YAML_LIST || !of->first) return yaml_fail(c, of, "Write the joined columns as a list: [surname, given].");
    size_t *parts = arena_array(c->arena, size_t, yaml_count(of));
    for (const struct yaml *part = of->first; part; part = part->next) {
        size_t i = 0;
        while (i < g->ncolumns && !str_eq(g->columns[i].name, part->text)) i++;
        if (i == g->ncolumns || g->columns[i].type != COLUMN_TEXT) return yaml_fail(c, part, "A joined column is made of text columns of the same group.");
        parts[col->nof++] = i;
    }
    col->of = parts;
    return ST_OK;
}

static enum status read_columns(struct call *c, const struct yaml *y, const struct register_ *r, struct group *g)
{
    static const char *const words[] = { "name", "label", "type", "required", "self", "longest", "digits", "list", "of", "basis", NULL };
    const struct yaml *list;
    TRY(registry__need_parts(c, y, "columns", words, &list));
    g->columns = arena_array(c->arena, struct column, yaml_count(list));
    for (const struct yaml *part = list->first; part; part = part->next) TRY(read_column(c, part, r, g));
    size_t i = 0;
    for (const struct yaml *part = list->first; part; part = part->next, i++)
        if (g->columns[i].type == COLUMN_JOINED) TRY(join_columns(c, part, g, &g->columns[i]));
    if (g->nvalues == 0) return yaml_fail(c, y, "A group stores at least one column.");
    g->item = g->nvalues;
    g->nvalues += g->many;
    return ST_OK;
}

static enum status read_groups(struct call *c, const struct yaml *y, struct register_ *r)
{
    static const char *const words[] = { "name", "label", "basis", "required", "many", "kinds", "columns", NULL };
    const struct yaml *list;
    TRY(registry__need_parts(c, y, "groups", words, &list));
    r->groups = arena_array(c->arena, struct group, yaml_count(list));
    for (const struct yaml *part = list->first; part; part = part->next) {
        struct group *g = &r->groups[r->ngroups];
        TRY(registry__need_name(c, part, "name", &g->name));
        if (str_eq(g->name, STR("key")) || str_eq(g->name, STR("keys"))) return yaml_fail(c, part, "The engine keeps this name for itself. Choose another.");
        for (size_t i = 0; i < r->ngroups; i++)
            if (str_eq(r->groups[i].name, g->name)) return yaml_fail(c, part, "Another group has this name already.");
        TRY(yaml_need(c, part, "label", &g->label));
        TRY(yaml_flag(c, part, "required", false, &g->required));
        TRY(yaml_flag(c, part, "many", false, &g->many));
        TRY(read_kinds(c, part, g));
        if (g->required && g->nkinds) return yaml_fail(c, part, "A group with kinds says at each kind whether it is required.");
        TRY(read_columns(c, part, r, g));
        r->ngroups++;
    }
    return ST_OK;
}

enum status registry__parse_file(struct call *c, const struct yaml *y, struct str folder, struct register_ **ret)
{
    static const char *const words[] = { "register", "label", "basis", "keys", "lists", "groups", "search", NULL };
    struct register_ *r = arena_new(c->arena, struct register_);
    if (y->kind != YAML_MAP) return yaml_fail(c, y, "A register file begins with \"register: NAME\".");
    TRY(yaml_allow(c, y, words));
    TRY(registry__need_name(c, y, "register", &r->name));
    if (str_find(r->name, STR("_")) != SIZE_MAX) return yaml_fail(c, yaml_get(y, "register"), "The name of a register has no _: its tables are named REGISTER_GROUP.");
    if (str_eq(r->name, STR("registry"))) return yaml_fail(c, yaml_get(y, "register"), "The engine keeps this name for itself. Choose another.");
    TRY(yaml_need(c, y, "label", &r->label));
    TRY(read_keys(c, y, r));
    TRY(registry__read_lists(c, y, folder, r));
    TRY(read_groups(c, y, r));
    TRY(registry__parse_search(c, yaml_get(y, "search"), r));
    *ret = r;
    return ST_OK;
}

/* ---- looking into the model ---- */

bool registry__is_many(const struct group *g, struct str kind)
{
    for (size_t i = 0; i < g->nkinds; i++)
        if (str_eq(g->kinds[i].kind, kind)) return g->kinds[i].many;
    return g->many && g->nkinds == 0;
}

const struct column *registry__find_column(const struct register_ *r, struct str full)
{
    for (size_t g = 0; g < r->ngroups; g++)
        for (size_t i = 0; i < r->groups[g].ncolumns; i++)
            if (str_eq(r->groups[g].columns[i].full, full)) return &r->groups[g].columns[i];
    return NULL;
}

struct str registry__label(const struct register_ *r, struct str full)
{
    if (str_starts(full, STR("former."))) return TR("Former values");
    const struct column *col = registry__find_column(r, full);
    if (col) return col->label;
    for (size_t i = 0; i < r->nkeys; i++)
        if (str_eq(r->keys[i].full, full)) return r->keys[i].label;
    for (size_t g = 0; g < r->ngroups; g++)
        if (str_starts(full, r->groups[g].name) && str_eq(str_skip(full, r->groups[g].name.n), STR(".kind"))) return r->groups[g].label;
    return full;
}
