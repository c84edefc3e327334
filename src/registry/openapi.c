/* openapi.c: the OpenAPI 3.1 text of a register's services, made from its model: one schema a column, with its type and the codes it may have, so that a client
 * written from it breaks where the register file changed. Texts are English; labels are the register's own. */
#include "registry/services_int.h"

#include "registry/search_int.h"

enum { TEXT_MAX = 4 << 20, CODES_MOST = 500 };

struct writing { struct call *c; struct json_out o; const struct register_ *r; const struct xid *service; };

/* ---- small pieces ---- */

static void open_at(struct json_out *o, const char *name, char bracket)
{
    json_name(o, str_z(name));
    json_open(o, bracket);
}

static void type_at(struct json_out *o, const char *name, const char *type)
{
    open_at(o, name, '{');
    json_text_at(o, "type", str_z(type));
    json_close(o);
}

static void const_at(struct json_out *o, const char *name, struct str value)
{
    open_at(o, name, '{');
    json_text_at(o, "const", value);
    json_close(o);
}

static void ref(struct json_out *o, const char *kind, struct str name, struct arena *a)
{
    json_open(o, '{');
    json_text_at(o, "$ref", str_join(a, STR("#/components/"), str_z(kind), STR("/"), name, STR_END));
    json_close(o);
}

static void texts_at(struct json_out *o, const char *name, const struct str *texts, size_t n)
{
    open_at(o, name, '[');
    for (size_t i = 0; i < n; i++) json_put_text(o, texts[i]);
    json_close(o);
}

/* property: an open object under this name, with type and description; the caller closes it. */
static void property(struct json_out *o, const char *name, const char *type, const char *description)
{
    open_at(o, name, '{');
    json_text_at(o, "type", str_z(type));
    if (description) json_text_at(o, "description", str_z(description));
}

static void simple(struct json_out *o, const char *name, const char *type, const char *description)
{
    property(o, name, type, description);
    json_close(o);
}

#define REQUIRED(o, ...) texts_at(o, "required", (const struct str[]){ __VA_ARGS__ }, sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/* ---- columns ---- */

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

static void put_record(struct writing *w)
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

/* ---- questions ---- */

static void put_assertion(struct json_out *o) { simple(o, "assertion", "string", "A JWS of the issuer of the nation's sign-in that names the person; valid for 60 seconds."); }

static void put_history(struct json_out *o) { simple(o, "history", "boolean", "Also what no longer holds, as far as the right names former columns."); }

static void ask_person(struct writing *w)
{
    struct json_out *o = &w->o;
    REQUIRED(o, STR("key"), STR("value"));
    open_at(o, "properties", '{');
    property(o, "key", "string", "Kind of the number.");
    open_at(o, "enum", '[');
    for (size_t i = 0; i < w->r->nkeys; i++) json_put_text(o, w->r->keys[i].kind);
    json_close(o);
    json_close(o);
    property(o, "value", "string", "The number, digits only.");
    json_text_at(o, "pattern", STR("^[0-9]+$"));
    json_close(o);
    put_history(o);
    json_close(o);
}

static void ask_self(struct writing *w)
{
    REQUIRED(&w->o, STR("assertion"));
    open_at(&w->o, "properties", '{');
    put_assertion(&w->o);
    put_history(&w->o);
    json_close(&w->o);
}

static void ask_readers(struct writing *w)
{
    struct json_out *o = &w->o;
    REQUIRED(o, STR("assertion"));
    open_at(o, "properties", '{');
    put_assertion(o);
    simple(o, "before", "integer", "Only entries before this leaf: next of the answer before.");
    simple(o, "size", "integer", "Leaves of the head that the proofs shall stand in.");
    simple(o, "checkpoint", "string", "That head, as the operator published it.");
    json_close(o);
}

static void ask_search(struct writing *w)
{
    struct json_out *o = &w->o;
    const struct search *s = w->r->search;
    REQUIRED(o, STR("name"));
    json_name(o, STR("additionalProperties"));
    json_put_bool(o, false);
    open_at(o, "properties", '{');
    property(o, "name", "string", "One to eight words, in any spelling, with or without marks.");
    json_int_at(o, "maxLength", SEARCH_NAME);
    json_close(o);
    if (s->born.column) {
        property(o, "birth_year", "integer", "Either this or birth_date.");
        json_int_at(o, "minimum", 1850);
        json_close(o);
        property(o, "birth_date", "string", "As 1984-06-17 or 1984-06.");
        json_text_at(o, "pattern", STR("^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"));
        json_close(o);
    }
    if (s->nplaces) simple(o, "unit", "string", "An administrative unit of today or of former days: its code, or its name, where several bear it with those above it after commas.");
    if (s->sex.column) {
        property(o, "sex", "string", NULL);
        open_at(o, "enum", '[');
        for (size_t i = 0; i < s->sex.column->list->n; i++) json_put_text(o, s->sex.column->list->codes[i].code);
        json_close(o);
        json_close(o);
    }
    property(o, "limit", "integer", "At most so many people.");
    json_int_at(o, "minimum", 1);
    json_int_at(o, "maximum", SEARCH_MOST);
    json_close(o);
    json_close(o);
}

/* ---- answers ---- */

static void put_entry_id(struct json_out *o)
{
    property(o, "entry", "string", "Id of the entry that this read left in the register's journal.");
    json_text_at(o, "format", STR("uuid"));
    json_close(o);
}

static void answer_record(struct writing *w)
{
    REQUIRED(&w->o, STR("entry"), STR("record"));
    open_at(&w->o, "properties", '{');
    put_entry_id(&w->o);
    property(&w->o, "history", "string", "given: what no longer holds is there too; allowed: asking for it would give it.");
    texts_at(&w->o, "enum", (const struct str[]){ STR("given"), STR("allowed") }, 2);
    json_close(&w->o);
    put_record(w);
    json_close(&w->o);
}

static void answer_readers(struct writing *w)
{
    static const char *const words[] = { "uid", "kind", "agency", "role", "purpose", "basis" };
    struct json_out *o = &w->o;
    REQUIRED(o, STR("entries"), STR("size"), STR("next"));
    open_at(o, "properties", '{');
    property(o, "entries", "array", "Newest first.");
    open_at(o, "items", '{');
    json_text_at(o, "type", STR("object"));
    open_at(o, "properties", '{');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) type_at(o, words[i], "string");
    simple(o, "at_ms", "integer", "Milliseconds since 1970, UTC.");
    property(o, "fields", "array", "Labels of the columns given out.");
    type_at(o, "items", "string");
    json_close(o);
    open_at(o, "proof", '{');
    texts_at(o, "type", (const struct str[]){ STR("object"), STR("null") }, 2);
    json_close(o);
    json_close(o);
    json_close(o);
    json_close(o);
    type_at(o, "size", "integer");
    open_at(o, "next", '{');
    texts_at(o, "type", (const struct str[]){ STR("integer"), STR("null") }, 2);
    json_close(o);
    json_close(o);
}

static void put_outcome(struct json_out *o)
{
    property(o, "outcome", "string", "found: exactly one, sure. doubtful: compare with the person. not_found: nobody. too_many: nobody is shown; add what add names.");
    open_at(o, "enum", '[');
    for (int i = SEARCH_FOUND; i <= SEARCH_TOO_MANY; i++) json_put_text(o, registry__outcome_word((enum search_outcome)i));
    json_close(o);
    json_close(o);
}

static void answer_search(struct writing *w)
{
    struct json_out *o = &w->o;
    REQUIRED(o, STR("outcome"), STR("entry"), STR("more"), STR("add"), STR("results"));
    open_at(o, "properties", '{');
    put_outcome(o);
    put_entry_id(o);
    simple(o, "more", "boolean", "Weaker matches were left out.");
    property(o, "add", "array", NULL);
    open_at(o, "items", '{');
    texts_at(o, "enum", (const struct str[]){ STR("birth_year"), STR("birth_date"), STR("unit") }, 3);
    json_close(o);
    json_close(o);
    property(o, "results", "array", "The surest first.");
    json_int_at(o, "maxItems", SEARCH_MOST);
    open_at(o, "items", '{');
    json_text_at(o, "type", STR("object"));
    REQUIRED(o, STR("rank"), STR("reasons"), STR("record"));
    open_at(o, "properties", '{');
    type_at(o, "rank", "integer");
    property(o, "reasons", "array", "Why this person: how the names agree, first.");
    open_at(o, "items", '{');
    texts_at(o, "enum", registry__reasons, registry__nreasons);
    json_close(o);
    json_close(o);
    put_record(w);
    json_close(o);
    json_close(o);
    json_close(o);
    json_close(o);
}

/* ---- the document ---- */

static const struct described { const char *code, *summary; void (*ask)(struct writing *w), (*answer)(struct writing *w); } SERVICES[] = {
    { "person", "A record by number, for officials; only the columns of the right.", ask_person, answer_record },
    { "self", "The record of the person the assertion names.", ask_self, answer_record },
    { "readers", "Who read the record of the person the assertion names.", ask_readers, answer_readers },
    { "search", "People by name in any spelling, birth and place.", ask_search, answer_search },
};

static void put_problem(struct json_out *o)
{
    open_at(o, "Problem", '{');
    json_text_at(o, "type", STR("object"));
    json_text_at(o, "description", STR("RFC 9457. detail says what to do next, in the language asked for."));
    REQUIRED(o, STR("title"), STR("status"), STR("detail"));
    open_at(o, "properties", '{');
    simple(o, "type", "string", NULL);
    simple(o, "title", "string", NULL);
    simple(o, "status", "integer", NULL);
    simple(o, "detail", "string", NULL);
    simple(o, "field", "string", "What in the body is wrong.");
    simple(o, "fault", "string", "Code of the exchange, where it refused.");
    simple(o, "trace", "string", "Id under which the operator finds this in the log.");
    json_close(o);
    json_close(o);
}

static void put_body(struct writing *w, const char *media, const char *schema)
{
    open_at(&w->o, "content", '{');
    open_at(&w->o, media, '{');
    json_name(&w->o, STR("schema"));
    ref(&w->o, "schemas", str_z(schema), w->c->arena);
    json_close(&w->o);
    json_close(&w->o);
}

static void put_header(struct json_out *o, const char *name, bool required, const char *description)
{
    json_open(o, '{');
    json_text_at(o, "name", str_z(name));
    json_text_at(o, "in", STR("header"));
    json_name(o, STR("required"));
    json_put_bool(o, required);
    json_text_at(o, "description", str_z(description));
    type_at(o, "schema", "string");
    json_close(o);
}

static void put_headers(struct json_out *o)
{
    open_at(o, "parameters", '[');
    put_header(o, "X-Road-Client", true, "The subsystem that asks, as VN/GOV/H26/desk.");
    put_header(o, "X-Sen-Purpose", true, "A purpose of the nation's list that the right allows.");
    put_header(o, "X-Sen-Basis", false, "Legal basis, where it is not the one of the purpose.");
    put_header(o, "X-Road-UserId", false, "A pseudonym of the official that only the asking agency resolves.");
    put_header(o, "X-Road-Issue", false, "The case.");
    json_close(o);
}

static void put_responses(struct writing *w)
{
    static const struct { const char *code, *description; } refusals[] = {
        { "400", "The question is not right: field and detail say where." }, { "403", "No right, or not for this purpose; the same whether or not there is such a person." },
        { "404", "Nobody in the register." }, { "409", "The number was given more than once." }, { "503", "Not at the moment." } };
    struct json_out *o = &w->o;
    open_at(o, "responses", '{');
    open_at(o, "200", '{');
    json_text_at(o, "description", STR("The answer; the read stands in the journal before it leaves."));
    put_body(w, "application/json", "Answer");
    json_close(o);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        open_at(o, refusals[i].code, '{');
        json_text_at(o, "description", str_z(refusals[i].description));
        put_body(w, "application/problem+json", "Problem");
        json_close(o);
    }
    json_close(o);
}

static void put_path(struct writing *w, const struct described *d)
{
    struct json_out *o = &w->o;
    open_at(o, "paths", '{');
    json_name(o, str_join(w->c->arena, STR("/"), str_z(d->code), STR_END));
    json_open(o, '{');
    open_at(o, "post", '{');
    json_text_at(o, "operationId", str_z(d->code));
    json_text_at(o, "summary", str_z(d->summary));
    put_headers(o);
    open_at(o, "requestBody", '{');
    json_name(o, STR("required"));
    json_put_bool(o, true);
    put_body(w, "application/json", "Question");
    json_close(o);
    put_responses(w);
    json_close(o);
    json_close(o);
    json_close(o);
}

static void put_components(struct writing *w, const struct described *d)
{
    struct json_out *o = &w->o;
    open_at(o, "components", '{');
    open_at(o, "schemas", '{');
    open_at(o, "Question", '{');
    json_text_at(o, "type", STR("object"));
    d->ask(w);
    json_close(o);
    open_at(o, "Answer", '{');
    json_text_at(o, "type", STR("object"));
    d->answer(w);
    json_close(o);
    put_problem(o);
    if (d->answer != answer_readers) each_column(w, put_schema);
    json_close(o);
    json_close(o);
}

static void put_document(struct writing *w, const struct described *d)
{
    struct json_out *o = &w->o;
    json_open(o, '{');
    json_text_at(o, "openapi", STR("3.1.0"));
    open_at(o, "info", '{');
    json_text_at(o, "title", str_join(w->c->arena, w->r->label, STR(": "), str_z(d->code), STR_END));
    json_text_at(o, "description", STR("Call it through your own agency's Security Server, which signs the message and keeps the connection."));
    json_text_at(o, "version", STR("1"));
    json_close(o);
    open_at(o, "servers", '[');
    json_open(o, '{');
    struct xid subsystem = *w->service;
    subsystem.service = STR("");
    json_text_at(o, "url", str_join(w->c->arena, STR("/r1/"), xid_format(w->c->arena, &subsystem), STR_END));
    json_close(o);
    json_close(o);
    open_at(o, "security", '[');
    json_close(o);
    put_path(w, d);
    put_components(w, d);
    json_close(o);
}

enum status registry__describe(struct call *c, const struct xid *service, struct str *ret)
{
    struct buf b = buf_in(c->arena, TEXT_MAX);
    struct writing w = { .c = c, .o = json_to(&b), .r = registry_find_register(c->app, service->subsystem), .service = service };
    for (size_t i = 0; w.r && i < sizeof SERVICES / sizeof *SERVICES; i++)
        if (str_eq(service->service, str_z(SERVICES[i].code))) {
            put_document(&w, &SERVICES[i]);
            return buf_finish(&b, ret);
        }
    return ST_BROKEN;
}
