/* services_test.c: what the register answers on the exchange: only the columns of the right, only to whom the assertion names, each read with its entry. The
 * assertion's own checks are identity's and tested there; here a text "for:PIN" stands for a good one. */
#include "exchange/exchange.h"
#include "identity/identity.h"

static enum status fake_assertion(struct call *c, struct str assertion, struct str audience, struct str *ret_pin);
#define identity_check_assertion fake_assertion
#include "registry/services.c"
#undef identity_check_assertion

#include "registry/testing.h"
#include "trust/test_head_key.h"

TEST_STORE(&trust_schema, &registry_schema);

static enum status fake_assertion(struct call *c, struct str assertion, struct str audience, struct str *ret_pin)
{
    if (!str_starts(audience, STR("VN/GOV/G01/population/")) || !str_starts(assertion, STR("for:"))) return call_fail(c, ST_DENIED, "assertion", "Refused.");
    *ret_pin = str_skip(assertion, 4);
    return ST_OK;
}

static const struct str desk_columns[] = { STR_INIT("name.full"), STR_INIT("core.birth_date") }, all_columns[] = { STR_INIT("*") };
static const struct right desk_right = { .columns = desk_columns, .ncolumns = 2 }, self_right = { .columns = all_columns, .ncolumns = 1 };

static void prepare_register(struct call *c)
{
    struct registry *reg = arena_new(c->arena, struct registry);
    struct register_ **list = arena_array(c->arena, struct register_ *, 1);
    struct load_count n;
    struct str path = test_write(c, STR(TEST_ROW("900100000001", "Hoa", "1984-06", "") "\n" TEST_ROW("900100000002", "Lan", "1990", "") "\n"));
    list[0] = test_stored_register(c);
    reg->registers = list;
    reg->nregisters = 1;
    test_store_app(c)->registry = reg;
    CHECK_OK(registry_load(c, list[0], path, &n));
    (void)unlink(str_to_z(c->arena, path));
}

static struct service_request request(struct str service, struct str purpose, struct str body)
{
    const bool self = str_eq(purpose, STR("self"));
    return (struct service_request){
        .client = { STR("VN"), STR("GOV"), self ? STR("G22") : STR("H26"), self ? STR("portal") : STR("desk"), STR(""), STR("") },
        .service = { STR("VN"), STR("GOV"), STR("G01"), STR("population"), service, STR("") },
        .method = STR("POST"), .body = body, .request_id = STR("rid-1"), .user = STR("u-1"), .role = STR("registrar"), .purpose = purpose, .basis = STR("68/2020/QH14"),
        .right = self ? &self_right : &desk_right };
}

static enum status ask(struct call *c, const char *service, struct str purpose, const char *body, struct service_reply *rp)
{
    const struct service_request rq = request(str_z(service), purpose, str_z(body));
    call_clear(c);
    *rp = (struct service_reply){ 0 };
    return service[0] == 'p' ? handle_person(c, &rq, rp) : service[0] == 's' ? handle_self(c, &rq, rp) : handle_readers(c, &rq, rp);
}

#define DESK STR("residence.register")
#define SELF STR("self")
#define HOA "{\"key\":\"pin\",\"value\":\"900100000001\"}"
#define FOR_HOA(more) "{\"assertion\":\"for:900100000001\"" more "}"

static bool has(const struct service_reply *rp, const char *text) { return str_find(rp->body, str_z(text)) != SIZE_MAX; }

static size_t entries(struct call *c, int64_t person, const struct journal_shown **ret)
{
    size_t n;
    CHECK_OK(journal_list_subject(c, person, TIME_FAR, 100, ret, &n));
    return n;
}

TEST(an_official_gets_the_columns_of_the_right_and_no_more)
{
    struct service_reply rp;
    const struct journal_shown *shown;
    prepare_register(c);
    CHECK_OK(ask(c, "person", DESK, HOA, &rp));
    CHECK(rp.status == 200 && has(&rp, "Nguyễn Thị Hoa") && has(&rp, "\"1984-06\"") && has(&rp, "\"type\":\"date\""));
    CHECK(!has(&rp, "900100000001") && !has(&rp, "core.sex") && !has(&rp, "Ba Đình"));
    CHECK(entries(c, 1, &shown) == 2);
    CHECK(has(&rp, str_to_z(c->arena, shown[0].uid)));
    CHECK_STR(shown[0].event.agency, STR("VN/GOV/H26/desk"));
    CHECK_STR(shown[0].event.user, STR("u-1"));
    CHECK_STR(shown[0].event.message, STR("rid-1"));
    CHECK(shown[0].event.class_ == JOURNAL_NORMAL && c->actor == NULL);
}

TEST(history_comes_to_whom_the_right_gives_it_and_who_asks)
{
    static const struct str columns[] = { STR_INIT("household.number"), STR_INIT("former.household.number") };
    static const struct right right = { .columns = columns, .ncolumns = 2 };
    struct service_reply rp;
    struct service_request rq = request(STR("person"), DESK, STR("{\"key\":\"pin\",\"value\":\"900100000003\",\"history\":true}"));
    struct load_count n;
    prepare_register(c);
    struct str path = test_write(c, STR(TEST_ROW("900100000003", "Mai", "1984", ",\"household\":[{\"from\":\"1984\",\"to\":\"2000\",\"number\":\"old-7\",\"role\":\"child\"},"
                                                 "{\"from\":\"2000\",\"number\":\"new-8\",\"role\":\"head\"}]")));
    CHECK_OK(registry_load(c, registry_find_register(c->app, STR("population")), path, &n));
    (void)unlink(str_to_z(c->arena, path));
    CHECK_OK(handle_person(c, &rq, &rp)); /* the desk's right names nothing former */
    CHECK(!has(&rp, "old-7") && !has(&rp, "\"history\""));
    rq.right = &right;
    CHECK_OK(handle_person(c, &rq, &rp));
    CHECK(has(&rp, "old-7") && has(&rp, "\"former\":true,\"from\":\"1984-01-01\",\"to\":\"2000-01-01\"") && has(&rp, "\"history\":\"given\"") && has(&rp, "new-8"));
    rq.body = STR("{\"key\":\"pin\",\"value\":\"900100000003\"}");
    CHECK_OK(handle_person(c, &rq, &rp));
    CHECK(!has(&rp, "old-7") && has(&rp, "\"history\":\"allowed\""));
    rq.body = STR("{\"key\":\"pin\",\"value\":\"900100000003\",\"history\":\"yes\"}");
    CHECK(handle_person(c, &rq, &rp) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("history"));
    CHECK_OK(ask(c, "self", SELF, "{\"assertion\":\"for:900100000003\",\"history\":true}", &rp));
    CHECK(has(&rp, "old-7"));
    CHECK_OK(ask(c, "readers", SELF, "{\"assertion\":\"for:900100000003\"}", &rp));
    CHECK(has(&rp, "\"fields\":[\"Household number\",\"Former values\"]"));
}

TEST(bad_questions_are_told_at_their_field)
{
    struct service_reply rp;
    prepare_register(c);
    CHECK(ask(c, "person", DESK, "{\"key\":\"pin\",\"value\":\"12\"}", &rp) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("value"));
    CHECK(str_find(call_error(c)->sentence, STR("12 digits")) != SIZE_MAX);
    CHECK(ask(c, "person", DESK, "{\"key\":\"shoe\",\"value\":\"12\"}", &rp) == ST_INVALID);
    CHECK(ask(c, "person", DESK, "{\"key\":\"pin\"}", &rp) == ST_INVALID);
    CHECK(ask(c, "person", DESK, "{\"key\":\"pin\"", &rp) == ST_INVALID);
    CHECK(ask(c, "person", DESK, "[]", &rp) == ST_INVALID);
    CHECK(ask(c, "person", DESK, "{\"key\":\"pin\",\"value\":\"900100000099\"}", &rp) == ST_NOT_FOUND);
    CHECK(rp.body.n == 0);
}

TEST(a_person_gets_the_own_record_only)
{
    struct service_reply rp;
    const struct journal_shown *shown;
    prepare_register(c);
    CHECK_OK(ask(c, "self", SELF, "{\"assertion\":\"for:900100000002\",\"value\":\"900100000001\"}", &rp));
    CHECK(has(&rp, "Lan") && has(&rp, "900100000002") && !has(&rp, "Hoa"));
    CHECK(entries(c, 2, &shown) == 2 && shown[0].event.class_ == JOURNAL_SELF);
    CHECK(entries(c, 1, &shown) == 1);
}

TEST(without_a_good_assertion_or_the_purpose_self_nothing_comes)
{
    struct service_reply rp;
    const struct journal_shown *shown;
    prepare_register(c);
    CHECK(ask(c, "self", SELF, "{\"assertion\":\"forged\"}", &rp) == ST_DENIED && rp.body.n == 0);
    CHECK(ask(c, "self", SELF, HOA, &rp) == ST_INVALID);
    CHECK(ask(c, "self", DESK, FOR_HOA(""), &rp) == ST_DENIED);
    CHECK(ask(c, "readers", DESK, FOR_HOA(""), &rp) == ST_DENIED);
    CHECK(ask(c, "readers", SELF, "{\"assertion\":\"for:900100000098\"}", &rp) == ST_NOT_FOUND);
    CHECK(entries(c, 1, &shown) == 1);
}

TEST(an_official_cannot_read_under_the_purpose_self)
{
    struct service_reply rp;
    const struct journal_shown *shown;
    prepare_register(c);
    CHECK(ask(c, "person", SELF, HOA, &rp) == ST_DENIED && rp.body.n == 0);
    CHECK(entries(c, 1, &shown) == 1);
}

TEST(readers_come_newest_first_and_looking_is_an_entry)
{
    struct service_reply rp;
    const struct journal_shown *shown;
    prepare_register(c);
    CHECK_OK(ask(c, "person", DESK, HOA, &rp));
    CHECK_OK(ask(c, "readers", SELF, FOR_HOA(""), &rp));
    const size_t own = str_find(rp.body, STR("population.readers")), read = str_find(rp.body, STR("population.read\"")), load = str_find(rp.body, STR("population.load"));
    CHECK(own < read && read < load && load < rp.body.n);
    CHECK(has(&rp, "\"fields\":[\"Name\",\"Full name\",\"Date of birth\"]") && has(&rp, "\"next\":null") && has(&rp, "\"proof\":null"));
    CHECK(!has(&rp, "u-1"));
    CHECK(entries(c, 1, &shown) == 3 && shown[0].event.class_ == JOURNAL_SELF);
    CHECK(entries(c, 2, &shown) == 1);
}

TEST(a_person_who_looks_often_does_not_push_others_off_the_list)
{
    struct service_reply rp;
    const struct journal_shown *shown;
    prepare_register(c);
    CHECK_OK(ask(c, "person", DESK, HOA, &rp));
    CHECK_OK(ask(c, "self", SELF, FOR_HOA(""), &rp));
    for (int i = 0; i < READERS_ON_A_PAGE; i++) CHECK_OK(ask(c, "readers", SELF, FOR_HOA(",\"others\":true"), &rp));
    CHECK(has(&rp, "residence.register") && has(&rp, "population.load") && has(&rp, "\"next\":null") && !has(&rp, "population.readers") && !has(&rp, "\"purpose\":\"self\""));
    CHECK_OK(ask(c, "readers", SELF, FOR_HOA(",\"others\":false"), &rp));
    CHECK(has(&rp, "population.readers") && !has(&rp, "residence.register"));
    const size_t before = entries(c, 1, &shown);
    CHECK(ask(c, "readers", SELF, FOR_HOA(",\"others\":\"yes\""), &rp) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("others"));
    CHECK(entries(c, 1, &shown) == before);
}

TEST(entries_of_a_published_head_come_with_proofs)
{
    struct service_reply rp;
    struct journal_head old, newer;
    prepare_register(c);
    CHECK_OK(journal_sign_head(c, &old));
    CHECK_OK(ask(c, "person", DESK, HOA, &rp));
    CHECK_OK(journal_sign_head(c, &newer));
    CHECK(newer.size == old.size + 1);
    CHECK_OK(ask(c, "readers", SELF, str_to_z(c->arena, str_print(c->arena, FOR_HOA(",\"size\":%lld"), (long long)newer.size)), &rp));
    CHECK(has(&rp, "\"path\":[") && has(&rp, "\"proof\":null")); /* this very view is newer than the head */
    struct buf b = buf_in(c->arena, 8192);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "assertion", STR("for:900100000001"));
    json_int_at(&o, "size", old.size);
    json_text_at(&o, "checkpoint", old.checkpoint);
    json_close(&o);
    buf_put_c(&b, '\0');
    CHECK_OK(ask(c, "readers", SELF, b.p, &rp));
    CHECK(has(&rp, str_to_z(c->arena, str_print(c->arena, "\"size\":%lld,\"path\"", (long long)old.size))));
    CHECK_OK(ask(c, "readers", SELF, FOR_HOA(",\"size\":1,\"checkpoint\":\"not a note\""), &rp));
    CHECK(!has(&rp, "\"path\":["));
}

TEST(a_long_list_goes_on_where_it_stopped)
{
    struct service_reply rp;
    const struct json *j;
    int64_t next;
    prepare_register(c);
    for (int i = 0; i < READERS_ON_A_PAGE; i++) CHECK_OK(ask(c, "person", DESK, HOA, &rp));
    CHECK_OK(ask(c, "readers", SELF, FOR_HOA(""), &rp));
    CHECK_OK(json_parse(c, rp.body, &j));
    CHECK(json_int(json_get(j, "next"), &next));
    CHECK_OK(ask(c, "readers", SELF, str_to_z(c->arena, str_print(c->arena, FOR_HOA(",\"before\":%lld"), (long long)next)), &rp));
    CHECK(has(&rp, "population.load") && has(&rp, "\"next\":null"));
}
