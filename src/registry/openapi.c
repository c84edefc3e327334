/* openapi.c: the OpenAPI 3.1 text of a register's services, made from its model: one schema a column, with its type and the codes it may have, so that a client
 * written from it breaks where the register file changed. Texts are English; labels are the register's own. */
#include "registry/openapi_int.h"

#include "registry/search_int.h"

enum { TEXT_MAX = 4 << 20 };

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
    simple(o, "others", "boolean", "Without what the person did.");
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
    registry__put_record_schema(w);
    json_close(&w->o);
}

static void answer_readers(struct writing *w)
{
    static const char *const words[] = { "uid", "kind", "class", "agency", "role", "purpose", "basis" };
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
    registry__put_record_schema(w);
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
    if (d->answer != answer_readers) registry__put_column_schemas(w);
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
