/* openapi_schema.c: what a record of a register may hold, as JSON schemas: one a column, with its type and the codes it may have. */
#include "registry/openapi_int.h"

enum { CODES_MOST = 500 };

static bool is_self(const struct writing *w) { return str_eq(w->service->service, STR("self")); }

static void put_codes(struct json_out *o, const struct code_list *list)
{
    open_at(o, "code", '{');
    json_text_at(o, "type", STR("string"));
    if (list->n <= CODES_MOST) {
        open_at(o, "enum", '[');
        for (size_t i = 0; i < list->n; i++)
            if (i == 0 || !str_eq(list->codes[i].code, list->codes[i - 1].code)) json_put_text(o, list->codes[i].code); /* a code may have had two meanings, one after the other */
        json_close(o);
    }
    json_close(o);
}

static void put_digits(struct writing *w, size_t digits)
{
    open_at(&w->o, "value", '{');
    json_text_at(&w->o, "type", STR("string"));
    json_text_at(&w->o, "pattern", digits ? str_print(w->c->arena, "^[0-9]{%zu}$", digits) : STR("^[0-9]+$"));
    json_close(&w->o);
}

static void put_type(struct writing *w, const struct column *col)
{
    struct json_out *o = &w->o;
    switch (col->type) {
    case COLUMN_TEXT:
    case COLUMN_JOINED: type_at(o, "value", "string"); return;
    case COLUMN_DIGITS: put_digits(w, col->digits); return;
    case COLUMN_REFERENCE: put_digits(w, w->r->keys[0].digits); return;
    case COLUMN_CODE:
        simple(o, "value", "string", "Words for people: an English key of a translation.");
        put_codes(o, col->list);
        return;
    case COLUMN_DATE:
        simple(o, "value", "string", "A day, month or year: as much as is known, as 1984-06-17, 1984-06 or 1984.");
        const_at(o, "type", STR("date"));
        return;
    case COLUMN_UNIT:
        simple(o, "value", "string", "Name of the unit and of those above it.");
        simple(o, "code", "string", "Code of the unit in the list of its own day.");
        simple(o, "today", "string", "Of a unit that is gone: what it is called today.");
        return;
    }
}

static void begin_column(struct writing *w, struct str full, struct str label, struct str group, struct str title)
{
    struct json_out *o = &w->o;
    json_name(o, full);
    json_open(o, '{');
    json_text_at(o, "type", STR("object"));
    json_text_at(o, "title", label);
    REQUIRED(o, STR("column"), STR("label"), STR("group"), STR("title"), STR("index"), STR("value"));
    open_at(o, "properties", '{');
    const_at(o, "column", full);
    const_at(o, "label", label);
    const_at(o, "group", group);
    const_at(o, "title", title);
    simple(o, "index", "integer", "Counts the versions of a group: two addresses are 0 and 1.");
    simple(o, "former", "boolean", "True: it no longer holds; it held from the day from until the day before to.");
    type_at(o, "from", "string");
    type_at(o, "to", "string");
}

static void end_column(struct writing *w)
{
    json_close(&w->o);
    json_close(&w->o);
}

static struct str kind_name(struct writing *w, const struct group *g) { return str_join(w->c->arena, g->name, STR(".kind"), STR_END); }

static void put_kind(struct writing *w, const struct group *g)
{
    struct json_out *o = &w->o;
    begin_column(w, kind_name(w, g), g->label, g->name, g->label);
    type_at(o, "value", "string");
    open_at(o, "code", '{');
    json_text_at(o, "type", STR("string"));
    open_at(o, "enum", '[');
    for (size_t i = 0; i < g->nkinds; i++) json_put_text(o, g->kinds[i].kind);
    json_close(o);
    json_close(o);
    end_column(w);
}

/* each_column: what a record may hold: calls put for each name, in the register's order. */
static void each_column(struct writing *w, void (*put)(struct writing *w, struct str full, const struct key_kind *k, const struct group *g, const struct column *col))
{
    for (size_t i = 0; i < w->r->nkeys; i++)
        if (!is_self(w) || w->r->keys[i].self) put(w, w->r->keys[i].full, &w->r->keys[i], NULL, NULL);
    for (size_t g = 0; g < w->r->ngroups; g++) {
        const struct group *group = &w->r->groups[g];
        if (group->nkinds) put(w, kind_name(w, group), NULL, group, NULL);
        for (size_t i = 0; i < group->ncolumns; i++)
            if (!is_self(w) || group->columns[i].self) put(w, group->columns[i].full, NULL, group, &group->columns[i]);
    }
}

static void put_schema(struct writing *w, struct str full, const struct key_kind *k, const struct group *g, const struct column *col)
{
    if (g && !col) {
        put_kind(w, g);
        return;
    }
    begin_column(w, full, k ? k->label : col->label, k ? STR("key") : g->name, k ? STR("Numbers") : g->label);
    if (k) put_digits(w, k->digits);
    else put_type(w, col);
    end_column(w);
}

static void put_choice(struct writing *w, struct str full, const struct key_kind *k, const struct group *g, const struct column *col)
{
    (void)k, (void)g, (void)col;
    ref(&w->o, "schemas", full, w->c->arena);
}

void registry__put_record_schema(struct writing *w)
{
    struct json_out *o = &w->o;
    open_at(o, "record", '{');
    json_text_at(o, "type", STR("array"));
    json_text_at(o, "description", STR("The values that the right allows and the register knows; each names its column."));
    open_at(o, "items", '{');
    open_at(o, "oneOf", '[');
    each_column(w, put_choice);
    json_close(o);
    json_close(o);
    json_close(o);
}

void registry__put_column_schemas(struct writing *w) { each_column(w, put_schema); }
