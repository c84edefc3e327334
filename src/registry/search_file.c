/* search_file.c: the `search:` section of a register file: which columns people are found by. */
#include "registry/search_int.h"

static enum status need_column(struct call *c, const struct yaml *y, const struct register_ *r, struct search_column *ret)
{
    if (y->kind != YAML_TEXT) return yaml_fail(c, y, "Name one column, as name.full.");
    for (size_t g = 0; g < r->ngroups; g++)
        for (size_t i = 0; i < r->groups[g].ncolumns; i++)
            if (str_eq(r->groups[g].columns[i].full, y->text)) {
                *ret = (struct search_column){ &r->groups[g], &r->groups[g].columns[i] };
                return ST_OK;
            }
    return yaml_fail(c, y, "No column of this register has this name. Write group and column, as name.full.");
}

static enum status read_one(struct call *c, const struct yaml *y, const char *word, const struct register_ *r, enum column_type type, struct search_column *ret)
{
    const struct yaml *part = yaml_get(y, word);
    if (!part) return ST_OK;
    TRY(need_column(c, part, r, ret));
    return ret->column->type == type ? ST_OK : yaml_fail(c, part, "A search needs born of type date and sex of type code.");
}

static enum status read_many(struct call *c, const struct yaml *list, const struct register_ *r, enum column_type type, size_t most, struct search_column *ret, size_t *ret_n)
{
    if (!list) return ST_OK;
    if (list->kind != YAML_LIST || !list->first) return yaml_fail(c, list, "Write the columns as a list: [name.given, name.surname].");
    for (const struct yaml *part = list->first; part; part = part->next) {
        if (*ret_n == most) return yaml_fail(c, part, "At most four columns.");
        TRY(need_column(c, part, r, &ret[*ret_n]));
        if (ret[*ret_n].column->type != type) return yaml_fail(c, part, "A search sorts by text columns and knows places by unit columns.");
        (*ret_n)++;
    }
    return ST_OK;
}

static enum status check_sorts(struct call *c, const struct yaml *y, const struct search *s)
{
    for (size_t i = 0; i < s->nsorts; i++)
        if (s->sorts[i].group != s->name.group) return yaml_fail(c, yaml_get(y, "sort"), "Names are sorted by columns of the group that has the name.");
    return ST_OK;
}

enum status registry__parse_search(struct call *c, const struct yaml *y, struct register_ *r)
{
    static const char *const words[] = { "name", "sort", "language", "born", "units", "sex", NULL };
    const struct yaml *name;
    struct str language;
    if (!y) return ST_OK;
    struct search *s = arena_new(c->arena, struct search);
    if (y->kind != YAML_MAP) return yaml_fail(c, y, "A search begins with \"name: GROUP.COLUMN\".");
    TRY(yaml_allow(c, y, words));
    if (!(name = yaml_get(y, "name"))) return yaml_fail(c, y, "A search says which column is the name.");
    TRY(need_column(c, name, r, &s->name));
    if (s->name.column->type != COLUMN_TEXT && s->name.column->type != COLUMN_JOINED) return yaml_fail(c, name, "A name is a text column or a joined one.");
    TRY(yaml_need(c, y, "language", &language));
    TRY(read_one(c, y, "born", r, COLUMN_DATE, &s->born));
    TRY(read_one(c, y, "sex", r, COLUMN_CODE, &s->sex));
    TRY(read_many(c, yaml_get(y, "sort"), r, COLUMN_TEXT, SEARCH_SORTS, s->sorts, &s->nsorts));
    TRY(read_many(c, yaml_get(y, "units"), r, COLUMN_UNIT, SEARCH_PLACES, s->places, &s->nplaces));
    TRY(check_sorts(c, y, s));
    s->language = language;
    r->search = s;
    return ST_OK;
}
