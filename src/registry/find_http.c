/* find_http.c: "Find a person by name", for officials: a form, a search over the exchange, who came back and why. The record itself is then opened by number,
 * with the same purpose, as on "Look up a person". Names and numbers stand in bodies only. */
#include "registry/people_int.h"

#include "registry/find.html.h"
#include "registry/found.html.h"

enum { FIND_QUESTION_MAX = 8192, PEOPLE_MOST = 20, WHY_MAX = 1000 };

/* ---- the form ---- */

static const struct page_find *make_find(struct call *c, const struct request *rq)
{
    struct page_find *page = arena_new(c->arena, struct page_find);
    *page = (struct page_find){ .name = request_form(rq, "name"), .born = request_form(rq, "born"), .unit = request_form(rq, "unit"), .asking = registry__make_asking(c, rq) };
    return page;
}

enum status registry__show_find(struct call *c, const struct request *rq, struct reply *rp) { return reply_page(c, rq, rp, &PAGE_FIND, make_find(c, rq)); }
enum status registry__find_again(struct call *c, const struct request *rq, struct reply *rp) { return reply_page_again(c, rq, rp, &PAGE_FIND, make_find(c, rq)); }

/* ---- the question ---- */

static enum status make_question(struct call *c, const struct request *rq, struct str *ret)
{
    struct buf b = buf_in(c->arena, FIND_QUESTION_MAX);
    struct json_out o = json_to(&b);
    const struct str born = str_trim(request_form(rq, "born")), unit = str_trim(request_form(rq, "unit"));
    struct date date;
    char text[TIME_TEXT];
    if (born.n && !date_parse_written(born, &date)) return call_fail(c, ST_INVALID, "born", "Write the birth as 17/6/1984, 6/1984 or 1984.");
    json_open(&o, '{');
    json_text_at(&o, "name", request_form(rq, "name"));
    if (born.n && date.precision == PRECISION_YEAR) {
        int year, month, mday;
        date_civil(date.day, &year, &month, &mday);
        json_int_at(&o, "birth_year", year);
    } else if (born.n) {
        date_format(date, text);
        json_text_at(&o, "birth_date", str_z(text));
    }
    if (unit.n) json_text_at(&o, "unit", unit);
    json_close(&o);
    return buf_finish(&b, ret);
}

/* refused: the register names the field; the sentence is this page's own. */
static enum status refused(struct call *c, struct str body)
{
    const struct json *j;
    struct str field = STR("");
    if (json_parse(c, body, &j) == ST_OK) field = json_text(json_get(j, "field"), STR(""));
    call_clear(c);
    if (str_eq(field, STR("unit"))) return call_fail(c, ST_INVALID, "unit", "The register knows no such unit, or several of the name. Write its name, and the district or province after a comma.");
    if (str_starts(field, STR("bi")) || str_eq(field, STR("born"))) return call_fail(c, ST_INVALID, "born", "Write a year of birth between 1850 and this year.");
    if (str_eq(field, STR("name"))) return call_fail(c, ST_INVALID, "name", "Write the name in one to eight words.");
    return call_fail(c, ST_INVALID, "name", "The register does not take this question. Check the name and the birth.");
}

static enum status judge(struct call *c, const struct exchange_answer *a)
{
    if (a->status == 200) return ST_OK;
    if (a->status == 400) return refused(c, a->body);
    if (a->status == 401 || a->status == 403)
        return call_fail(c, ST_DENIED, "", "Your agency may not find people by name in this register for this purpose. Choose the purpose that fits the case, or look the person up by number.");
    call_note(c, "registry", "the register answered a search with HTTP %d", a->status);
    return call_fail(c, ST_UNAVAILABLE, "", "The register cannot answer at the moment. Try again in a few minutes.");
}

/* ---- who came back ---- */

static struct str reason_in_words(struct str code)
{
    const struct { struct str code, words; } reasons[] = {
        { STR("name_exact"), TR("same name") }, { STR("name_strict"), TR("same name in another spelling") },
        { STR("name_loose"), TR("same name without marks") }, { STR("name_order"), TR("same words in another order") },
        { STR("name_part"), TR("part of the name") }, { STR("name_given"), TR("same given name") },
        { STR("former_name"), TR("by a former name") }, { STR("other_name"), TR("by another name") },
        { STR("born_partly"), TR("birth known in part only") }, { STR("lived_there"), TR("lived there") }, { STR("lives_there"), TR("lives there") } };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (str_eq(code, reasons[i].code)) return reasons[i].words;
    return STR("");
}

static struct str why(struct call *c, const struct json *reasons)
{
    struct buf b = buf_in(c->arena, WHY_MAX);
    for (const struct json *r = json_first(reasons); r; r = json_next(r)) {
        const struct str words = reason_in_words(json_text(r, STR("")));
        if (words.n == 0) continue;
        if (b.n) buf_put_z(&b, "; ");
        buf_put(&b, text_tr(c->lang, words));
    }
    return b.n ? buf_str(&b) : STR("");
}

static struct str number_of(const struct json *record, struct str column)
{
    for (const struct json *v = json_first(record); v; v = json_next(v))
        if (str_eq(json_text(json_get(v, "column"), STR("")), column)) return json_text(json_get(v, "value"), STR(""));
    return STR("");
}

static bool take_outcome(struct str word, struct page_found *page)
{
    page->found = str_eq(word, STR("found"));
    page->doubtful = str_eq(word, STR("doubtful"));
    page->nobody = str_eq(word, STR("not_found"));
    page->too_many = str_eq(word, STR("too_many"));
    return page->found || page->doubtful || page->nobody || page->too_many;
}

/* read_people: number is the column by which a record is opened. */
static enum status read_people(struct call *c, struct str body, struct str number, struct page_found *page)
{
    const struct json *j;
    struct found_row *rows = arena_array(c->arena, struct found_row, PEOPLE_MOST);
    bool good = json_parse(c, body, &j) == ST_OK && take_outcome(json_text(json_get(j, "outcome"), STR("")), page);
    for (const struct json *p = good ? json_first(json_get(j, "results")) : NULL; good && p && page->npeople < PEOPLE_MOST; p = json_next(p)) {
        struct found_row *row = &rows[page->npeople++];
        good = registry_show_record(c, p, &row->shown);
        row->rank = (int64_t)page->npeople;
        row->why = why(c, json_get(p, "reasons"));
        row->key = good ? number_of(json_get(p, "record"), number) : STR("");
    }
    if (!good) {
        call_clear(c);
        *page = (struct page_found){ .npeople = 0 };
        return call_fail(c, ST_UNAVAILABLE, "", "The register answered in a form this page cannot read. Tell the operator of this node.");
    }
    page->people = rows;
    page->more = json_bool(json_get(j, "more"), false);
    page->asked.entry = json_text(json_get(j, "entry"), STR(""));
    return ST_OK;
}

static enum status find(struct call *c, const struct request *rq, struct page_found *page)
{
    struct exchange_request q = { .path = STR("") };
    struct exchange_answer answer;
    struct asked asked;
    TRY(make_question(c, rq, &q.body));
    TRY(registry__prepare_question(c, rq, STR("search"), &q, &asked));
    TRY(exchange_call(c, &q, &answer));
    TRY(judge(c, &answer));
    TRY(read_people(c, answer.body, str_join(c->arena, STR("key."), config_text(c->app->config, "registry.lookup_key"), STR_END), page));
    asked.entry = page->asked.entry;
    page->asked = asked;
    page->register_ = request_form(rq, "register");
    page->purpose_code = q.purpose;
    page->typed_basis = request_form(rq, "basis");
    return ST_OK;
}

enum status registry__show_found(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_found *page = arena_new(c->arena, struct page_found);
    enum status st = find(c, rq, page);
    rp->no_store = true;
    if (st == ST_OK) return reply_page(c, rq, rp, &PAGE_FOUND, page);
    c->error = call_sentence(c, st);
    return registry__find_again(c, rq, rp);
}
