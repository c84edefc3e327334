/* message_http.c: the pages of the message log: a list by filters, one message with its question and answer, and what was said in it, for a purpose that is journalled first.
 * Lists show parties, times and outcomes, never bodies, paths or users. */
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "exchange/evidence/evidence.h"
#include "exchange/figures.h"
#include "exchange/pages/message.html.h"
#include "exchange/pages/message_person.html.h"
#include "exchange/pages/messages.html.h"
#include "exchange/pages/message_pages.h"
#include "exchange/pages/pages.h"

enum { PAGE_ROWS = 25, SHOWN_BYTES = 64 * 1024, US_A_MS = 1000 };

/* ---- words ---- */

static struct str side_word(struct call *c, enum message_side side)
{
    switch (side) {
    case SIDE_CONSUMER: return text_tr(c->lang, TR("This node asked"));
    case SIDE_PROVIDER: return text_tr(c->lang, TR("This node answered"));
    case SIDE_OWN: return text_tr(c->lang, TR("Inside this node"));
    }
    return STR("");
}

static struct str kind_word(struct call *c, const struct message_line *l)
{
    if (l->kind == MESSAGE_QUESTION) return text_tr(c->lang, TR("Question"));
    if (l->kind == MESSAGE_REFUSAL) return text_tr(c->lang, TR("Refused"));
    return l->fault.n ? text_tr(c->lang, TR("Failed")) : text_tr(c->lang, TR("Answer"));
}

static struct str agency_of(struct call *c, struct str id)
{
    struct xid parsed;
    if (!xid__parse_service(c->arena, id, &parsed) && !xid_parse_client(c->arena, id, &parsed)) return id;
    return exchange_member_name(c, xid_member(c->arena, &parsed));
}

static struct str level_words(struct call *c, enum message_level level)
{
    switch (level) {
    case MESSAGE_FULL: return text_tr(c->lang, TR("All of it, sealed"));
    case MESSAGE_METADATA: return text_tr(c->lang, TR("Metadata: who, whom, when, how it ended, the signature"));
    case MESSAGE_NONE: return text_tr(c->lang, TR("Nothing"));
    }
    return STR("");
}

/* ---- the list ---- */

static const struct { struct str value; enum message_side side; } sides[] = {
    { STR_INIT(""), 0 /* each */ }, { STR_INIT("asked"), SIDE_CONSUMER }, { STR_INIT("answered"), SIDE_PROVIDER }, { STR_INIT("inside"), SIDE_OWN } };
enum { SIDES = sizeof sides / sizeof *sides };

static enum status put_kept(struct call *c, struct page_messages *page)
{
    const struct message_levels *l = &exchange__of(c)->log_levels;
    struct page_level *levels = arena_array(c->arena, struct page_level, l->n);
    for (size_t i = 0; i < l->n; i++) levels[i] = (struct page_level){ l->rules[i].subsystem, level_words(c, l->rules[i].level) };
    page->level = level_words(c, l->other);
    page->levels = levels;
    page->nlevels = l->n;
    page->retention = message__retention_words(c);
    return message__count(c, &page->total);
}

/* make_page: the form as it was typed, without results. */
static struct page_messages *make_page(struct call *c, const struct request *rq)
{
    struct page_messages *page = arena_new(c->arena, struct page_messages);
    struct page_choice *options = arena_array(c->arena, struct page_choice, SIDES);
    *page = (struct page_messages){ .id = request_query(rq, "id"), .since = request_query(rq, "since"), .until = request_query(rq, "until"), .party = request_query(rq, "party"),
                                    .service = request_query(rq, "service"), .fault = request_query(rq, "fault"), .side = request_query(rq, "side"),
                                    .only_faults = str_eq(request_query(rq, "faults"), STR("on")), .sides = options, .nsides = SIDES };
    for (size_t i = 0; i < SIDES; i++) {
        struct str text = sides[i].side ? side_word(c, sides[i].side) : text_tr(c->lang, TR("Each"));
        options[i] = (struct page_choice){ sides[i].value, text, STR(""), str_eq(page->side, sides[i].value) };
    }
    page->filtered = page->since.n || page->until.n || page->party.n || page->service.n || page->fault.n || page->side.n || page->only_faults;
    page->by_person = call_has_right(c, STR(MESSAGE_PERSON));
    return page;
}

static enum status read_filter(struct call *c, const struct request *rq, const struct page_messages *page, struct message_filter *f)
{
    struct str before = request_query(rq, "before");
    *f = (struct message_filter){ .party = page->party, .service = page->service, .fault = page->fault, .only_faults = page->only_faults, .only_ends = true, .limit = PAGE_ROWS };
    if (page->since.n && !message__read_moment(c, page->since, false, &f->since_ms)) return call_fail(c, ST_INVALID, "since", "Write the day as 22/11/2026, or the moment as 22/11/2026 8:00.");
    if (page->until.n && !message__read_moment(c, page->until, true, &f->until_ms)) return call_fail(c, ST_INVALID, "until", "Write the day as 22/11/2026, or the moment as 22/11/2026 8:00.");
    if (before.n && !message__parse_place(before, &f->before)) return ST_NOT_FOUND;
    if (request_query(rq, "faults").n && !f->only_faults) return call_fail(c, ST_INVALID, "faults", "Choose one of the values of the list.");
    for (size_t i = 0; i < SIDES; i++)
        if (str_eq(page->side, sides[i].value)) return f->side = sides[i].side, ST_OK;
    return call_fail(c, ST_INVALID, "side", "Choose one of the values of the list.");
}

static struct page_message_row row_of(struct call *c, const struct message_line *l)
{
    struct page_message_row r = { .request_id = l->request_id, .side = side_word(c, l->side), .kind = kind_word(c, l), .from = agency_of(c, l->client), .to = agency_of(c, l->service),
                                  .client = l->client, .service = l->service, .fault = l->fault, .at_ms = l->at_ms };
    if (l->kind == MESSAGE_QUESTION) r.outcome = r.kind;
    else r.outcome = text_tr_args(c, TR("Status %s after %s ms"), (const struct str[]){ str_print(c->arena, "%lld", (long long)l->status), str_print(c->arena, "%lld", (long long)(l->took_us / US_A_MS)) }, 2);
    return r;
}

static void put_rows(struct call *c, const struct message_line *lines, size_t n, struct page_messages *page)
{
    struct page_message_row *rows = arena_array(c->arena, struct page_message_row, n);
    for (size_t i = 0; i < n; i++) rows[i] = row_of(c, &lines[i]);
    page->rows = rows;
    page->nrows = n;
    page->listed = true;
}

/* is_one: all rows belong to one message. */
static bool is_one(const struct message_line *lines, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!str_eq(lines[i].request_id, lines[0].request_id)) return false;
    return n > 0;
}

static struct str address_of(struct call *c, struct str request_id)
{
    struct buf b = buf_in(c->arena, 4 * EXCHANGE_ID_MAX);
    buf_put_z(&b, "/messages/");
    url_encode_to(&b, request_id);
    return buf_str(&b);
}

static enum status find_id(struct call *c, const struct request *rq, struct reply *rp, struct page_messages *page)
{
    const struct message_line *lines;
    size_t n;
    enum status st = message__find_any(c, page->id, &lines, &n);
    if (st == ST_NOT_FOUND) {
        call_clear(c);
        return call_fail(c, ST_INVALID, "id", "No message of this node has this id. Look on the other node, or search by time.");
    }
    TRY(st);
    if (is_one(lines, n)) return reply_redirect(c, rp, address_of(c, lines[0].request_id));
    page->filtered = true;
    put_rows(c, lines, n, page);
    return reply_page(c, rq, rp, &PAGE_MESSAGES, page);
}

enum status message__show_list(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_messages *page = make_page(c, rq);
    struct message_filter f;
    struct message_found found;
    TRY(put_kept(c, page));
    if (page->id.n) return find_id(c, rq, rp, page);
    TRY(read_filter(c, rq, page, &f));
    TRY(message__list(c, &f, &found));
    put_rows(c, found.lines, found.n, page);
    page->behind = found.behind;
    if (found.next.at_ms) page->next = message__format_place(c, found.next);
    return reply_page(c, rq, rp, &PAGE_MESSAGES, page);
}

enum status message__show_list_again(struct call *c, const struct request *rq, struct reply *rp)
{
    struct call_error told = c->error;
    struct page_messages *page = make_page(c, rq);
    call_clear(c);
    TRY(put_kept(c, page));
    c->error = told;
    return reply_page_again(c, rq, rp, &PAGE_MESSAGES, page);
}

/* ---- one message ---- */

/* put_stamp: the time-stamp that covers the row, where there is one. */
static enum status put_stamp(struct call *c, int64_t seq, struct page_message_part *p)
{
    struct stamp_row row;
    const struct str *digests;
    size_t n, at;
    enum status st = stamp__next(c, seq, &row);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    TRY(stamp__digests(c, &row, seq, &digests, &n, &at));
    if (at == SIZE_MAX) return ST_OK;
    p->stamped_ms = row.at_ms;
    p->stamp_service = row.service;
    return ST_OK;
}

static enum status make_part(struct call *c, const struct message_line *l, struct page_message_part *ret)
{
    struct fault_help help = { .code = STR("") };
    *ret = (struct page_message_part){ .side = side_word(c, l->side), .kind = kind_word(c, l), .status = str_print(c->arena, "%lld", (long long)l->status), .fault = l->fault,
                                       .fault_id = l->fault_id, .seq = l->seq, .at_ms = l->at_ms, .bytes = l->body_bytes, .took_ms = l->took_us / US_A_MS, .is_end = l->kind != MESSAGE_QUESTION,
                                       .is_signed = l->is_signed };
    if (l->fault.n && exchange_explain_fault(l->fault, &help)) {
        ret->hop = text_tr(c->lang, exchange_fault_hop(l->fault));
        ret->cause = text_tr(c->lang, help.cause);
        ret->cure = text_tr(c->lang, help.cure);
    }
    return l->is_signed ? put_stamp(c, l->seq, ret) : ST_OK;
}

static enum status open_part(struct call *c, struct call *apart, void *arg)
{
    struct page_message_part *p = arg;
    struct message_parts parts;
    TRY(message__open(apart, p->seq, &parts));
    p->head = str_copy(c->arena, parts.head);
    p->only_metadata = parts.head.n && !parts.is_whole;
    p->binary = parts.body.n && !text_is_utf8(parts.body);
    p->cut = !p->binary && parts.body.n > SHOWN_BYTES;
    if (!p->binary) p->body = str_copy(c->arena, text_first(parts.body, SHOWN_BYTES));
    return ST_OK;
}

static enum status make_message(struct call *c, const struct request *rq, bool opened, struct page_message *page)
{
    const struct message_line *lines;
    size_t n;
    TRY(message__find(c, request_path(rq, "id"), &lines, &n));
    struct page_message_part *parts = arena_array(c->arena, struct page_message_part, n);
    for (size_t i = 0; i < n; i++) {
        TRY(make_part(c, &lines[i], &parts[i]));
        if (opened) TRY(message__apart(c, open_part, &parts[i]));
    }
    *page = (struct page_message){ .request_id = lines[0].request_id, .message_id = lines[0].message_id, .from = agency_of(c, lines[0].client), .to = agency_of(c, lines[0].service),
                                   .client = lines[0].client, .service = lines[0].service, .parts = parts, .nparts = n, .opened = opened,
                                   .may_open = !opened && call_has_right(c, STR(MESSAGE_OPEN)), .why = exchange_form_why(c, rq) };
    return ST_OK;
}

enum status message__show_one(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_message page;
    TRY(make_message(c, rq, false, &page));
    return reply_page(c, rq, rp, &PAGE_MESSAGE, &page);
}

enum status message__show_one_again(struct call *c, const struct request *rq, struct reply *rp)
{
    struct call_error told = c->error;
    struct page_message page;
    call_clear(c);
    TRY(make_message(c, rq, false, &page));
    c->error = told;
    return reply_page_again(c, rq, rp, &PAGE_MESSAGE, &page);
}

/* send_container: one row as a file. */
static enum status send_container(struct call *c, const struct message_line *lines, size_t n, struct str row, struct reply *rp)
{
    struct made_container made;
    int64_t seq;
    size_t i = 0;
    if (!str_int(row, &seq)) return ST_NOT_FOUND;
    while (i < n && lines[i].seq != seq) i++;
    if (i == n) return ST_NOT_FOUND;
    TRY(evidence__make(c, seq, &made));
    reply_text(rp, 200, STR("application/vnd.etsi.asic-e+zip"), made.zip);
    reply_header(c, rp, "Content-Disposition", str_join(c->arena, STR("attachment; filename=\""), made.name, STR("\""), STR_END));
    return ST_OK;
}

enum status message__show_opened(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct message_line *lines;
    struct page_message page;
    struct str id = request_path(rq, "id"), container = request_form(rq, "container");
    size_t n;
    rp->no_store = true;
    TRY(message__find(c, id, &lines, &n)); /* what is not there is not journalled as opened */
    c->issue = request_form(rq, "issue");
    TRY(message__journal_opening(c, request_form(rq, "purpose"), id));
    if (container.n) return send_container(c, lines, n, container, rp);
    TRY(make_message(c, rq, true, &page));
    return reply_page(c, rq, rp, &PAGE_MESSAGE, &page);
}

/* ---- by person ---- */

static struct page_person *make_person(struct call *c, const struct request *rq)
{
    struct page_person *page = arena_new(c->arena, struct page_person);
    *page = (struct page_person){ .possible = message__knows_persons(c), .number = request_form(rq, "number"), .purpose = request_form(rq, "purpose"), .why = exchange_form_why(c, rq) };
    page->why.person_reads = true;
    return page;
}

enum status message__show_person(struct call *c, const struct request *rq, struct reply *rp) { return reply_page(c, rq, rp, &PAGE_MESSAGE_PERSON, make_person(c, rq)); }
enum status message__show_person_again(struct call *c, const struct request *rq, struct reply *rp) { return reply_page_again(c, rq, rp, &PAGE_MESSAGE_PERSON, make_person(c, rq)); }

static struct page_about about_of(struct call *c, const struct message_about *a)
{
    const struct purpose *known = exchange_find_purpose(c->app, a->purpose);
    struct page_about p = { .request_id = a->request_id, .what = a->kind, .agency = agency_of(c, a->agency), .id = a->agency, .purpose = known ? text_tr(c->lang, known->name) : a->purpose,
                            .basis = a->basis, .at_ms = a->at_ms, .has_line = a->has_line, .is_message = a->request_id.n > 0 };
    if (!a->has_line) return p;
    p.fault = a->line.fault;
    p.outcome = row_of(c, &a->line).outcome;
    return p;
}

enum status message__show_about(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_person *page = make_person(c, rq);
    struct message_abouts found;
    int64_t before = TIME_FAR;
    struct str leaf = request_form(rq, "before");
    rp->no_store = true;
    if (leaf.n && !str_int(leaf, &before)) return ST_NOT_FOUND;
    c->issue = page->why.issue;
    enum status st = message__list_person(c, page->number, page->purpose, before, PAGE_ROWS, &found);
    if (st == ST_NOT_FOUND) c->error.status = st = ST_INVALID; /* shown at the field */
    TRY(st);
    struct page_about *list = arena_array(c->arena, struct page_about, found.n);
    for (size_t i = 0; i < found.n; i++) list[i] = about_of(c, &found.list[i]);
    page->abouts = list;
    page->nabouts = found.n;
    page->next_leaf = found.next_leaf;
    page->searched = true;
    return reply_page(c, rq, rp, &PAGE_MESSAGE_PERSON, page);
}

const struct field message__person_form[] = {
    { "number", FIELD_DIGITS, .required = true, .min_length = 1, .max_length = 40, .label = "Personal identification number" },
    { "purpose", FIELD_CODE, .required = true, .max_length = 64, .label = "Purpose" }, { "issue", FIELD_TEXT, .max_length = 100, .label = "Case number" },
    { "before", FIELD_DIGITS, .max_length = 18, .label = "Older messages" }, { 0 } };
const struct field message__list_form[] = {
    { "id", FIELD_TEXT, .max_length = EXCHANGE_ID_MAX, .label = "Id" }, { "since", FIELD_TEXT, .max_length = 40, .label = "From" },
    { "until", FIELD_TEXT, .max_length = 40, .label = "To the end of" }, { "party", FIELD_TEXT, .max_length = 1000, .label = "Agency or subsystem at either end" },
    { "service", FIELD_TEXT, .max_length = 1000, .label = "Service" }, { "side", FIELD_CODE, .max_length = 10, .label = "Side" },
    { "fault", FIELD_TEXT, .max_length = 200, .label = "Fault" }, { "faults", FIELD_CODE, .max_length = 2, .label = "Only refusals and failures" },
    { "before", FIELD_TEXT, .max_length = 40, .label = "Older messages" }, { 0 } };
const struct field message__open_form[] = {
    { "purpose", FIELD_CODE, .required = true, .max_length = 64, .label = "Purpose" }, { "issue", FIELD_TEXT, .max_length = 100, .label = "Case number" },
    { "container", FIELD_DIGITS, .max_length = 18, .label = "Container" }, { 0 } };
