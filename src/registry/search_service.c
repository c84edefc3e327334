/* search_service.c: the service `search` of a register: people by name, birth and place.
 *   {"name":"...","birth_year":1984 | "birth_date":"1984-06-17","unit":"...","sex":"female","limit":20}     all but the name may be left out
 *   {"outcome":"doubtful","entry":uuid,"more":false,"add":[],"results":[{"rank":1,"reasons":["name_loose","lives_there"],"record":[value...]}]}
 * outcome: found (one, sure), doubtful (somebody must decide), not_found, too_many (nobody is shown; add says what would narrow). more: weaker matches were
 * left out. Without a right nothing is searched: the refusal is the same whether or not such a person is there. */
#include "registry/services_int.h"

#include "registry/search_int.h"

enum { ANSWER_MAX = 4 << 20 };

static enum status read_born(struct call *c, const struct json *j, struct search_question *q)
{
    const struct json *year = json_get(j, "birth_year"), *date = json_get(j, "birth_date");
    int64_t number = 0;
    if (year && date) return call_fail(c, ST_INVALID, "birth_year", "Write either the year or the date of birth.");
    q->has_born = year || date;
    if (date && !date_parse(json_text(date, STR("")), &q->born)) return call_fail(c, ST_INVALID, "birth_date", "Write the date of birth as 1984-06-17.");
    if (!year) return ST_OK;
    if (!json_int(year, &number) || number < 1000 || number > 9999 || !date_parse(str_print(c->arena, "%lld", (long long)number), &q->born))
        return call_fail(c, ST_INVALID, "birth_year", "Write the year of birth as a number such as 1984.");
    return ST_OK;
}

static enum status read_text(struct call *c, const struct json *j, const char *key, struct str *ret)
{
    const struct json *value = json_get(j, key);
    if (value && !json_is_text(value)) return call_fail(c, ST_INVALID, key, "Write this value as a text in quotes.");
    *ret = json_text(value, STR(""));
    return ST_OK;
}

static enum status check_words(struct call *c, const struct json *j)
{
    static const char *const words[] = { "name", "birth_year", "birth_date", "unit", "sex", "limit" };
    for (const struct json *child = json_first(j); child; child = json_next(child)) {
        bool known = false;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) known = known || str_eq(json_key(child), str_z(words[i]));
        if (!known) return call_fail(c, ST_INVALID, "", "A search knows name, birth_year, birth_date, unit, sex and limit. Leave other words out.");
    }
    return ST_OK;
}

static enum status read_question(struct call *c, const struct json *j, struct search_question *q)
{
    int64_t most = SEARCH_MOST;
    TRY(check_words(c, j));
    TRY(json_need(c, j, "name", &q->name));
    TRY(read_text(c, j, "unit", &q->unit));
    TRY(read_text(c, j, "sex", &q->sex));
    if (json_get(j, "limit") && (!json_int(json_get(j, "limit"), &most) || most < 1 || most > SEARCH_MOST)) return call_fail(c, ST_INVALID, "limit", "Ask for 1 to 20 people.");
    q->most = (size_t)most;
    return read_born(c, j, q);
}

/* put_add: what the question left open that would narrow it. */
static void put_add(struct json_out *o, const struct search *s, const struct search_question *q, enum search_outcome outcome)
{
    const bool too_many = outcome == SEARCH_TOO_MANY;
    json_name(o, STR("add"));
    json_open(o, '[');
    if (too_many && s->born.column && (!q->has_born || q->born.precision < PRECISION_DAY)) json_put_text(o, q->has_born ? STR("birth_date") : STR("birth_year"));
    if (too_many && s->nplaces && q->unit.n == 0) json_put_text(o, STR("unit"));
    json_close(o);
}

static void put_person(struct json_out *o, const struct found_person *p, size_t rank)
{
    struct str reasons[REASONS_MOST];
    const size_t n = registry__match_reasons(p->match, reasons);
    json_open(o, '{');
    json_int_at(o, "rank", (int64_t)rank);
    json_name(o, STR("reasons"));
    json_open(o, '[');
    for (size_t i = 0; i < n; i++) json_put_text(o, reasons[i]);
    json_close(o);
    registry__put_record(o, &p->record);
    json_close(o);
}

static enum status answer_people(struct call *c, const struct register_ *r, const struct search_question *q, const struct found_people *found, struct service_reply *rp)
{
    struct buf b = buf_in(c->arena, ANSWER_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "outcome", registry__outcome_word(found->answer.outcome));
    json_text_at(&o, "entry", found->entry);
    json_name(&o, STR("more"));
    json_put_bool(&o, found->answer.more);
    put_add(&o, r->search, q, found->answer.outcome);
    json_name(&o, STR("results"));
    json_open(&o, '[');
    for (size_t i = 0; i < found->answer.n; i++) put_person(&o, &found->people[i], i + 1);
    json_close(&o);
    json_close(&o);
    return registry__answer(&b, rp);
}

enum status registry__serve_search(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    const struct register_ *r = registry_find_register(c->app, rq->service.subsystem);
    const struct actor *before = c->actor;
    const struct json *j;
    struct search_question q = { .most = SEARCH_MOST };
    struct found_people found;
    struct actor who;
    if (!r) return ST_BROKEN;
    if (str_eq(rq->purpose, STR("self"))) return call_fail(c, ST_DENIED, "purpose", "The purpose \"self\" is for people reading about themselves. Name the purpose of the case.");
    TRY(registry__read_body(c, rq, &j));
    TRY(read_question(c, j, &q));
    const struct search_reader rd = { .reg = r, .columns = rq->right->columns, .ncolumns = rq->right->ncolumns, .message = rq->request_id };
    registry__as_reader(c, rq, &who);
    enum status st = registry__find_people(c, &rd, &q, &found);
    c->actor = before;
    TRY(st);
    return answer_people(c, r, &q, &found, rp);
}
