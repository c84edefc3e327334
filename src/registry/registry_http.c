/* registry_http.c: "Look up a person", for officials: a form, a call over the exchange, the record that came back. Numbers stand in bodies only, never in
 * an address; the official goes over the road as a pseudonym and a role. */
#include "registry/people_int.h"

#include "base/text.h"
#include "registry/look_up.html.h"
#include "registry/record.html.h"

enum { QUESTION_MAX = 4096 };

/* Who is asked, why, and for which case: of every question about people. */
#define ASKING_FIELDS \
    { .name = "register", .kind = FIELD_NUMBER, .max_length = 2, .label = "Register to ask" }, \
    { .name = "purpose", .kind = FIELD_CODE, .required = true, .max_length = 64, .label = "Purpose" }, \
    { .name = "basis", .kind = FIELD_TEXT, .max_length = 200, .label = "Legal basis" }, \
    { .name = "issue", .kind = FIELD_TEXT, .max_length = 100, .label = "Case number" }

static const struct field look_up_form[] = {
    { .name = "key", .kind = FIELD_DIGITS, .required = true, .min_length = 1, .max_length = 40, .label = "Personal identification number" },
    ASKING_FIELDS,
    { .name = "history", .kind = FIELD_CHECK, .label = "Former entries" },
    { 0 },
};

static const struct field find_form[] = {
    { .name = "name", .kind = FIELD_TEXT, .required = true, .max_length = 100, .label = "Name" },
    { .name = "born", .kind = FIELD_TEXT, .max_length = 10, .label = "Date or year of birth" },
    { .name = "unit", .kind = FIELD_TEXT, .max_length = 100, .label = "Where the person lives or lived" },
    ASKING_FIELDS,
    { 0 },
};

/* ---- the form ---- */

static void list_registers(struct call *c, struct str chosen, struct asking *ret)
{
    const struct str *all;
    const size_t n = config_list(c->app->config, "registry.lookup", &all);
    struct page_choice *choices = arena_array(c->arena, struct page_choice, n);
    for (size_t i = 0; i < n; i++) {
        struct str number = str_print(c->arena, "%zu", i);
        choices[i] = (struct page_choice){ number, exchange_member_name(c, all[i]), all[i], str_eq(number, chosen) };
    }
    ret->registers = choices;
    ret->nregisters = n;
    ret->many_registers = n > 1;
}

struct asking registry__make_asking(struct call *c, const struct request *rq)
{
    struct asking asking = { .basis = request_form(rq, "basis"), .why = exchange_form_why(c, rq) };
    asking.why.person_reads = true;
    asking.why.issue_hint = text_tr(c->lang, TR("The case this look-up belongs to, for example H26-261122-0001."));
    list_registers(c, request_form(rq, "register"), &asking);
    return asking;
}

static const struct page_look_up *make_form(struct call *c, const struct request *rq)
{
    struct page_look_up *page = arena_new(c->arena, struct page_look_up);
    *page = (struct page_look_up){ .key = request_form(rq, "key"), .asking = registry__make_asking(c, rq) };
    return page;
}

static enum status show_form(struct call *c, const struct request *rq, struct reply *rp)
{
    return reply_page(c, rq, rp, &PAGE_LOOK_UP, make_form(c, rq));
}

/* ---- the question ---- */

/* find_asker: the subsystem that asks: as configured, or the first one the directory has for this member. */
static enum status find_asker(struct call *c, struct str *ret)
{
    const struct member_info *members;
    struct xid self;
    *ret = config_text(c->app->config, "registry.lookup_as");
    if (ret->n) return ST_OK;
    if (!xid_parse_client(c->arena, exchange_self(c), &self)) return ST_BROKEN;
    const size_t n = exchange_members(c, &members);
    for (size_t i = 0; i < n; i++) {
        struct xid id = members[i].id;
        *ret = id.subsystem;
        id.subsystem = STR("");
        if (ret->n && xid_same_client(&id, &self)) return ST_OK;
    }
    return call_fail(c, ST_UNAVAILABLE, "", "This agency has no subsystem in the directory that could ask. Tell the operator of this node.");
}

static enum status find_asked(struct call *c, const struct request *rq, struct xid *ret)
{
    const struct str *all;
    const size_t n = config_list(c->app->config, "registry.lookup", &all);
    int64_t at = 0;
    if (n == 0) return call_fail(c, ST_UNAVAILABLE, "", "This agency asks no register yet. Name one under registry.lookup in node.yaml.");
    struct str chosen = request_form(rq, "register");
    if (chosen.n && (!str_int(chosen, &at) || at < 0 || (size_t)at >= n)) return call_fail(c, ST_INVALID, "register", "Choose a register of the list.");
    if (!xid_parse_client(c->arena, all[at], ret) || str_is_empty(ret->subsystem)) return call_fail(c, ST_BROKEN, "", "The setting registry.lookup must name registers as VN/GOV/G01/population.");
    return ST_OK;
}

static enum status make_question(struct call *c, const struct request *rq, struct str *ret)
{
    struct buf b = buf_in(c->arena, QUESTION_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "key", config_text(c->app->config, "registry.lookup_key"));
    json_text_at(&o, "value", request_form(rq, "key"));
    if (request_form(rq, "history").n) {
        json_name(&o, STR("history"));
        json_put_bool(&o, true);
    }
    json_close(&o);
    return buf_finish(&b, ret);
}

/* judge_answer: what the register's own status means to the official. A fault of the road never gets here: exchange_call told it. */
static enum status judge_answer(struct call *c, const struct exchange_answer *a)
{
    switch (a->status) {
    case 200: return ST_OK;
    case 400: return call_fail(c, ST_INVALID, "key", "The register does not take this number. Write it with all its digits, without blanks or dots.");
    case 401:
    case 403: return call_fail(c, ST_DENIED, "", "The register does not give this to your agency for this purpose. Choose the purpose that fits the case, or ask your administrator.");
    case 404: return call_fail(c, ST_NOT_FOUND, "key", "Nobody in the register has this number. Compare it with the person's card.");
    case 409: return call_fail(c, ST_CONFLICT, "key", "This number was given more than once. Ask by the personal identification number.");
    default:
        call_note(c, "registry", "the register answered with HTTP %d", a->status);
        return call_fail(c, ST_UNAVAILABLE, "", "The register cannot answer at the moment. Try again in a few minutes.");
    }
}

enum status registry__prepare_question(struct call *c, const struct request *rq, struct str service, struct exchange_request *q, struct asked *ret)
{
    const struct purpose *purpose;
    TRY(exchange_check_purpose(c, request_form(rq, "purpose"), &purpose));
    q->method = STR("POST");
    q->content_type = STR("application/json");
    q->user = c->actor->user;
    q->role = c->actor->role;
    q->purpose = purpose->code;
    q->basis = request_form(rq, "basis").n ? request_form(rq, "basis") : purpose->basis;
    q->issue = request_form(rq, "issue");
    TRY(find_asked(c, rq, &q->service));
    TRY(find_asker(c, &q->client_subsystem));
    struct xid subsystem = q->service;
    subsystem.service = STR("");
    *ret = (struct asked){ .source = exchange_member_name(c, xid_format(c->arena, &subsystem)), .purpose = text_tr(c->lang, purpose->name), .basis = q->basis, .issue = q->issue };
    q->service.service = service;
    return ST_OK;
}

static enum status ask(struct call *c, const struct request *rq, struct page_record *page, struct exchange_answer *ret)
{
    struct exchange_request q = { .path = STR("") };
    TRY(registry__prepare_question(c, rq, STR("person"), &q, &page->asked));
    TRY(make_question(c, rq, &q.body));
    page->question = (struct look_up_question){ request_form(rq, "register"), request_form(rq, "key"), q.purpose, request_form(rq, "basis"), q.issue };
    TRY(exchange_call(c, &q, ret));
    return judge_answer(c, ret);
}

/* ---- the record ---- */

static enum status read_answer(struct call *c, struct str body, struct page_record *page)
{
    const struct json *j;
    if (json_parse(c, body, &j) == ST_OK && registry_show_record(c, j, &page->shown)) return ST_OK;
    call_clear(c);
    return call_fail(c, ST_UNAVAILABLE, "", "The register answered in a form this page cannot read. Tell the operator of this node.");
}

static enum status look_up(struct call *c, const struct request *rq, struct page_record *page)
{
    struct exchange_answer answer;
    TRY(ask(c, rq, page, &answer));
    TRY(read_answer(c, answer.body, page));
    page->asked.entry = page->shown.entry;
    return ST_OK;
}

/* show_again: the form with what went wrong; also what web calls when the form itself was not right. */
static enum status show_again(struct call *c, const struct request *rq, struct reply *rp)
{
    return reply_page_again(c, rq, rp, &PAGE_LOOK_UP, make_form(c, rq));
}

static enum status show_record(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_record *page = arena_new(c->arena, struct page_record);
    enum status st = look_up(c, rq, page);
    rp->no_store = true;
    if (st == ST_OK) return reply_page(c, rq, rp, &PAGE_RECORD, page);
    c->error = call_sentence(c, st);
    return show_again(c, rq, rp);
}

const struct route registry__routes[] = {
    { "GET", "/people/look-up", show_form, .need = "registry.lookup", .port = PORT_PAGES },
    { "POST", "/people/look-up", show_record, .need = "registry.lookup", .form = look_up_form, .port = PORT_PAGES, .failed = show_again },
    { "GET", "/people/find", registry__show_find, .need = "registry.lookup", .port = PORT_PAGES },
    { "POST", "/people/find", registry__show_found, .need = "registry.lookup", .form = find_form, .port = PORT_PAGES, .failed = registry__find_again },
    { 0 },
};
