/* services.c: what a register offers on the exchange, under a subsystem of its own name. Right, purpose and columns were judged before a
 * handler runs; what remains is to read, through the journal, and to answer.
 *   person   {"key":"pin","value":"...","history":true}   a record, by an official of another member; only the columns of the right
 *   self     {"assertion":JWS,"history":true}             the person's own record; who it is comes out of the signed assertion alone
 *   readers  {"assertion":JWS,"others":true,"before":leaf,"size":n,"checkpoint":note}    who read it, newest first, each with its proof in the head of n leaves
 * With history, which may be left out, also what no longer holds, as far as the right names "former.<column>".
 *   search   search_service.c
 * others, which leaves out what the person did, before and checkpoint may be left out. A head of that size that is no longer the newest is taken from the checkpoint, which must be one of ours. */
#include "registry/services_int.h"

#include "exchange/exchange.h"
#include "identity/identity.h"
#include "trust/journal.h"

enum { ANSWER_MAX = 4 << 20, READERS_ON_A_PAGE = 20 };

/* ---- answers ----
 * A value: {"column":"residence.unit","label":"Commune and province","group":"residence","title":"Residence","index":0,"value":"Phường ...","code":"00004"}:
 * value is for people (labels of code lists are English keys, dates are ISO and marked "type":"date"), code is the stored form where it differs, "today" what
 * a unit that is gone is called today. A value of a version that no longer holds has "former":true and its days, "from" and "to" (the day it no longer held). */

static void put_day(struct json_out *o, const char *name, int64_t day)
{
    char text[TIME_TEXT];
    date_format((struct date){ day, PRECISION_DAY }, text);
    json_text_at(o, name, str_z(text));
}

static void put_value(struct json_out *o, const struct register_value *v)
{
    json_open(o, '{');
    json_text_at(o, "column", v->column);
    json_text_at(o, "label", v->label);
    json_text_at(o, "group", v->group);
    json_text_at(o, "title", v->title);
    json_int_at(o, "index", v->index);
    json_text_at(o, "value", v->text);
    if (v->is_date) json_text_at(o, "type", STR("date"));
    if (v->code.n) json_text_at(o, "code", v->code);
    if (v->today.n) json_text_at(o, "today", v->today);
    if (v->former) {
        json_name(o, STR("former"));
        json_put_bool(o, true);
        put_day(o, "from", v->from);
        put_day(o, "to", v->to);
    }
    json_close(o);
}

void registry__put_record(struct json_out *o, const struct register_record *record)
{
    json_name(o, STR("record"));
    json_open(o, '[');
    for (size_t i = 0; i < record->n; i++) put_value(o, &record->values[i]);
    json_close(o);
}

enum status registry__answer(struct buf *b, struct service_reply *rp)
{
    rp->status = 200;
    rp->content_type = STR("application/json");
    return buf_finish(b, &rp->body);
}

/* may_ask_history: does the right name anything that no longer holds? */
static bool may_ask_history(const struct registry_read *rd)
{
    for (size_t i = 0; i < rd->ncolumns; i++)
        if (str_eq(rd->columns[i], STR("*")) || str_starts(rd->columns[i], STR("former."))) return true;
    return false;
}

static enum status answer_record(struct call *c, const struct registry_read *rd, const struct register_record *record, struct service_reply *rp)
{
    struct buf b = buf_in(c->arena, ANSWER_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "entry", record->entry);
    if (may_ask_history(rd)) json_text_at(&o, "history", rd->history ? STR("given") : STR("allowed"));
    registry__put_record(&o, record);
    json_close(&o);
    return registry__answer(&b, rp);
}

/* as_reader: for the length of a service the call acts as the peer's official; the journal names the subsystem that asked. */
void registry__as_reader(struct call *c, const struct service_request *rq, struct actor *who)
{
    *who = (struct actor){ .user = rq->user, .role = rq->role.n ? rq->role : STR("peer"), .agency = xid_format(c->arena, &rq->client) };
    c->actor = who;
    c->purpose = rq->purpose;
    c->basis = rq->basis;
    c->issue = rq->issue;
}

static enum status read_record(struct call *c, const struct service_request *rq, const struct registry_read *rd, struct service_reply *rp)
{
    const struct register_record *record;
    const struct actor *before = c->actor;
    struct actor who;
    registry__as_reader(c, rq, &who);
    enum status st = registry_read(c, rd, &record);
    c->actor = before;
    if (st == ST_NOT_FOUND) return call_fail(c, st, "value", "The register has no person with this number. Check the number with the person.");
    TRY(st);
    return answer_record(c, rd, record, rp);
}

enum status registry__read_body(struct call *c, const struct service_request *rq, const struct json **ret)
{
    if (!str_eq(rq->method, STR("POST"))) return call_fail(c, ST_INVALID, "", "Call this service with POST and a JSON body.");
    TRY(json_parse(c, rq->body, ret));
    return json_is_object(*ret) ? ST_OK : call_fail(c, ST_INVALID, "", "Write the body as a JSON object.");
}

/* read_flag: true, false, or left out. */
static enum status read_flag(struct call *c, const struct json *j, const char *name, bool *ret)
{
    const struct json *flag = json_get(j, name);
    *ret = json_bool(flag, false);
    if (!flag || json_bool(flag, true) == *ret) return ST_OK; /* anything but true and false gives the fallback */
    return call_fail(c, ST_INVALID, name, "Write this as true or false, or leave it out.");
}

/* ---- person ---- */

static enum status check_key(struct call *c, const struct register_ *r, struct str kind, struct str value)
{
    const struct key_kind *k = registry__find_key(r, kind);
    if (!k) return call_fail(c, ST_INVALID, "key", "The register does not know this kind of number.");
    if (registry__is_number(value, k->digits)) return ST_OK;
    return call_fail(c, ST_INVALID, "value", "Write exactly %s digits, without blanks or dots.", str_print(c->arena, "%zu", k->digits));
}

static enum status serve_person(struct call *c, const struct register_ *r, const struct service_request *rq, struct service_reply *rp)
{
    const struct json *j;
    struct registry_read rd = { .reg = r, .columns = rq->right->columns, .ncolumns = rq->right->ncolumns, .message = rq->request_id };
    /* What is read for the purpose "self" is shown to people as their own doing. */
    if (str_eq(rq->purpose, STR("self"))) return call_fail(c, ST_DENIED, "purpose", "The purpose \"self\" is for people reading about themselves. Name the purpose of the case.");
    TRY(registry__read_body(c, rq, &j));
    TRY(json_need(c, j, "key", &rd.key_kind));
    TRY(json_need(c, j, "value", &rd.key));
    TRY(read_flag(c, j, "history", &rd.history));
    TRY(check_key(c, r, rd.key_kind, rd.key));
    return read_record(c, rq, &rd, rp);
}

/* ---- self ---- */

/* check_person: the number the assertion proves. The purpose must be "self": a right that was written too wide does not turn a person's own view
 * into an official's. */
static enum status check_person(struct call *c, const struct service_request *rq, const struct json *j, struct str *ret_pin)
{
    struct str assertion;
    if (!str_eq(rq->purpose, STR("self"))) return call_fail(c, ST_DENIED, "purpose", "This service answers people about themselves only; its purpose is \"self\".");
    TRY(json_need(c, j, "assertion", &assertion));
    return identity_check_assertion(c, assertion, xid_format(c->arena, &rq->service), ret_pin);
}

static enum status serve_self(struct call *c, const struct register_ *r, const struct service_request *rq, struct service_reply *rp)
{
    const struct json *j;
    struct registry_read rd = { .reg = r, .key_kind = r->keys[0].kind, .columns = rq->right->columns, .ncolumns = rq->right->ncolumns, .message = rq->request_id, .self = true };
    TRY(registry__read_body(c, rq, &j));
    TRY(read_flag(c, j, "history", &rd.history));
    TRY(check_person(c, rq, j, &rd.key));
    return read_record(c, rq, &rd, rp);
}

/* ---- readers ---- */

/* find_head: the head of so many leaves that the person trusts: our newest, or one of ours that the caller brings along. False: no proofs. */
static bool find_head(struct call *c, const struct json *j, struct journal_head *ret)
{
    int64_t size;
    struct str note = json_text(json_get(j, "checkpoint"), STR("")), key;
    if (!json_int(json_get(j, "size"), &size)) return false;
    if (journal_latest_head(c, ret) == ST_OK && ret->size == size) return true;
    call_clear(c);
    bool found = note.n && journal_verifier_key(c, &key) == ST_OK && journal_read_checkpoint(c, note, key, ret) == ST_OK && ret->size == size;
    call_clear(c);
    return found;
}

/* put_labels: former values come last and are told in one word. */
static void put_labels(struct json_out *o, const struct register_ *r, struct str fields)
{
    bool former = false;
    json_name(o, STR("fields"));
    json_open(o, '[');
    for (struct str field; str_next(&fields, ',', &field);) {
        if (field.n == 0 || former) continue;
        former = str_starts(field, STR("former."));
        json_put_text(o, registry__label(r, field));
    }
    json_close(o);
}

static enum status put_proof(struct call *c, struct json_out *o, const struct journal_shown *e, const struct journal_head *head)
{
    json_name(o, STR("proof"));
    if (!head || e->leaf >= head->size) {
        json_put_null(o);
        return ST_OK;
    }
    return journal_put_proof(c, e, head, o->b);
}

static enum status put_entry(struct call *c, struct json_out *o, const struct register_ *r, const struct journal_shown *e, const struct journal_head *head)
{
    json_open(o, '{');
    json_text_at(o, "uid", e->uid);
    json_int_at(o, "at_ms", e->at_ms);
    json_text_at(o, "kind", e->event.kind);
    json_text_at(o, "class", journal_class_word(e->event.class_));
    json_text_at(o, "agency", e->event.agency);
    json_text_at(o, "role", e->event.role);
    json_text_at(o, "purpose", e->event.purpose);
    json_text_at(o, "basis", e->event.basis);
    put_labels(o, r, e->event.fields);
    TRY(put_proof(c, o, e, head));
    json_close(o);
    return ST_OK;
}

static enum status list_readers(struct call *c, const struct register_ *r, int64_t person, bool others, const struct json *j, struct service_reply *rp)
{
    const struct journal_shown *shown;
    struct journal_head head;
    int64_t before = TIME_FAR;
    size_t n;
    const bool has_head = find_head(c, j, &head);
    if (json_get(j, "before")) (void)json_int(json_get(j, "before"), &before);
    TRY((others ? journal_list_others : journal_list_subject)(c, person, before, READERS_ON_A_PAGE, &shown, &n));
    struct buf b = buf_in(c->arena, ANSWER_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_name(&o, STR("entries"));
    json_open(&o, '[');
    for (size_t i = 0; i < n; i++) TRY(put_entry(c, &o, r, &shown[i], has_head ? &head : NULL));
    json_close(&o);
    json_int_at(&o, "size", has_head ? head.size : 0);
    json_name(&o, STR("next"));
    if (n == READERS_ON_A_PAGE) json_put_int(&o, shown[n - 1].leaf);
    else json_put_null(&o);
    json_close(&o);
    return registry__answer(&b, rp);
}

static enum status serve_readers(struct call *c, const struct register_ *r, const struct service_request *rq, struct service_reply *rp)
{
    const struct json *j;
    struct str pin, uid;
    int64_t person;
    bool others;
    TRY(registry__read_body(c, rq, &j));
    TRY(check_person(c, rq, j, &pin));
    TRY(read_flag(c, j, "others", &others));
    enum status st = registry__find_entity(c, r, r->keys[0].kind, pin, &person);
    if (st == ST_NOT_FOUND) return call_fail(c, st, "assertion", "The register has no record of you. Ask the agency that keeps it.");
    TRY(st);
    /* Reading one's own entries is an entry too, made before they are read. */
    const struct journal_event e = { .kind = str_join(c->arena, r->name, STR(".readers"), STR_END), .class_ = JOURNAL_SELF, .agency = xid_format(c->arena, &rq->client),
                                     .user = rq->user, .role = rq->role.n ? rq->role : STR("peer"), .purpose = rq->purpose, .basis = rq->basis, .issue = rq->issue,
                                     .message = rq->request_id, .subjects = &person, .nsubjects = 1 };
    TRY(journal_append(c, &e, &uid));
    return list_readers(c, r, person, others, j, rp);
}

/* ---- offering ---- */

/* offered: the exchange hands a handler its request only; which register it serves is found by the subsystem's name. */
static enum status find_served(struct call *c, const struct service_request *rq, const struct register_ **ret)
{
    *ret = registry_find_register(c->app, rq->service.subsystem);
    return *ret ? ST_OK : ST_BROKEN;
}

static enum status handle_person(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    const struct register_ *r;
    TRY(find_served(c, rq, &r));
    return serve_person(c, r, rq, rp);
}

static enum status handle_self(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    const struct register_ *r;
    TRY(find_served(c, rq, &r));
    return serve_self(c, r, rq, rp);
}

static enum status handle_readers(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    const struct register_ *r;
    TRY(find_served(c, rq, &r));
    return serve_readers(c, r, rq, rp);
}

enum status registry__offer(struct call *c, struct app *app, const struct register_ *r)
{
    static const struct service services[] = { { .code = "person", .handle = handle_person, .gathers = true, .describe = registry__describe },
                                               { .code = "self", .handle = handle_self, .gathers = true, .describe = registry__describe },
                                               { .code = "readers", .handle = handle_readers, .describe = registry__describe },
                                               { .code = "search", .handle = registry__serve_search, .gathers = true, .describe = registry__describe } };
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const bool is_search = services[i].handle == registry__serve_search;
        if (!is_search || r->search) TRY(exchange_offer(c, app, r->name, &services[i]));
    }
    return ST_OK;
}
