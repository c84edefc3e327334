/* portal_test.c: a register's answers as pages show them: groups and versions in order, words in the person's language, proofs passed on whole, and answers that are not what
 * they should be doing no harm. The exchange is not part of these tests. */
#include "portal/readers.c"
#include "portal/record.c"

#include "base/test.h"

static struct str head_note;      /* what the operator published; empty: nothing */
static struct str asked;          /* what readers__read added to the body */
static struct str answer_text;    /* what the register answers; empty: a refusal */

static const struct purpose residence = { STR_INIT("residence.register"), STR_INIT("Register or confirm residence"), STR_INIT("68/2020/QH14"), true };
const struct purpose *exchange_find_purpose(const struct app *app, struct str code) { return (void)app, str_eq(code, residence.code) ? &residence : NULL; }
struct str exchange_member_name(struct call *c, struct str id) { return str_join(c->arena, STR("name of "), id, STR_END); }
struct str xid_format(struct arena *a, const struct xid *id) { return (void)id, str_copy(a, STR("VN/GOV/G01/population")); }
enum status exchange_servers_of(struct call *c, const struct xid *client, const struct str **ret, size_t *n)
{
    static const struct str servers[] = { STR_INIT("VN/GOV/G01/ps1") };
    (void)c, (void)client;
    *ret = servers;
    *n = 1;
    return ST_OK;
}
enum status exchange_published_head(struct call *c, struct str server, struct str *key, struct str *checkpoint)
{
    (void)c;
    if (head_note.n == 0 || !str_eq(server, STR("VN/GOV/G01/ps1"))) return ST_NOT_FOUND;
    *key = STR("name+hash+key");
    *checkpoint = head_note;
    return ST_OK;
}
enum status portal__ask(struct call *c, const struct portal_question *q, const struct json **ret)
{
    struct buf b = buf_in(c->arena, 4096);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    if (q->put_more) q->put_more(&o, q->arg);
    json_close(&o);
    asked = buf_str(&b);
    if (answer_text.n == 0) return call_fail(c, ST_UNAVAILABLE, "", "The register could not answer. Try again in a few minutes.");
    return json_parse(c, answer_text, ret);
}
struct str portal__problem(struct call *c, enum status st)
{
    struct str sentence = call_sentence(c, st).sentence;
    return call_clear(c), sentence;
}

static const struct xid population;
#define ALL ((struct readers_wanted){ .before = TIME_FAR, .own = true })

TEST(values_become_groups_and_versions_in_the_registers_order)
{
    c->lang = STR("vi");
    answer_text = STR("{\"entry\":\"e1\",\"record\":["
        "{\"column\":\"name.full\",\"label\":\"Full name\",\"group\":\"name\",\"title\":\"Name\",\"index\":0,\"value\":\"Hà Minh Bình\"},"
        "{\"column\":\"core.birth_date\",\"label\":\"Date of birth\",\"group\":\"core\",\"title\":\"Birth and origin\",\"index\":0,\"value\":\"1987-02\",\"type\":\"date\"},"
        "{\"column\":\"core.sex\",\"label\":\"Sex\",\"group\":\"core\",\"title\":\"Birth and origin\",\"index\":0,\"value\":\"Male\",\"code\":\"male\"},"
        "{\"column\":\"r.kind\",\"label\":\"Residence\",\"group\":\"residence\",\"title\":\"Residence\",\"index\":0,\"value\":\"Permanent residence\",\"code\":\"permanent\"},"
        "{\"column\":\"r.address\",\"label\":\"House and street\",\"group\":\"residence\",\"title\":\"Residence\",\"index\":0,\"value\":\"1 A\"},"
        "{\"column\":\"r.kind\",\"label\":\"Residence\",\"group\":\"residence\",\"title\":\"Residence\",\"index\":1,\"value\":\"Temporary residence\",\"code\":\"temporary\"},"
        "{\"column\":\"r.address\",\"label\":\"House and street\",\"group\":\"residence\",\"title\":\"Residence\",\"index\":1,\"value\":\"2 B\"}]}");
    struct record_register r = record__read(c, &population);
    CHECK(r.problem.n == 0 && r.shown.ngroups == 3);
    CHECK_STR(r.shown.entry, STR("e1"));
    CHECK_STR(r.name, STR("name of VN/GOV/G01/population"));
    CHECK(r.shown.groups[0].nversions == 1 && r.shown.groups[0].versions[0].nvalues == 1 && r.shown.groups[0].versions[0].kind.n == 0);
    CHECK_STR(r.shown.groups[0].versions[0].values[0].text, STR("Hà Minh Bình"));
    CHECK_STR(r.shown.groups[1].versions[0].values[0].text, STR("02/1987"));
    CHECK_STR(r.shown.groups[1].versions[0].values[1].text, STR("Nam"));
    CHECK(r.shown.groups[2].nversions == 2);
    CHECK_STR(r.shown.groups[2].versions[0].kind, STR("Nơi thường trú"));
    CHECK_STR(r.shown.groups[2].versions[1].kind, STR("Nơi tạm trú"));
    CHECK_STR(r.shown.groups[2].versions[1].values[0].text, STR("2 B"));
}

TEST(a_refusal_becomes_a_sentence_and_the_page_goes_on)
{
    answer_text = STR("");
    struct record_register r = record__read(c, &population);
    CHECK_STR(r.problem, STR("The register could not answer. Try again in a few minutes."));
    CHECK(r.shown.ngroups == 0 && c->error.status == ST_OK);
}

TEST(answers_of_another_shape_show_nothing)
{
    static const char *const odd[] = { "[]", "{}", "{\"record\":5}", "{\"record\":[1,\"a\",null]}", "{\"record\":{\"a\":{}},\"entry\":7}", "{\"entries\":[1,{}],\"next\":\"x\"}",
                                       "{\"entries\":[{\"agency\":\"\",\"proof\":{\"leaf\":\"1\"}}]}", "{\"entries\":[{\"proof\":{\"leaf\":1,\"size\":2,\"path\":5}}]}" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        answer_text = str_z(odd[i]);
        struct record_register r = record__read(c, &population);
        struct reader_register s = readers__read(c, &population, 0, ALL);
        CHECK(r.problem.n == 0 && s.problem.n == 0 && !s.more);
    }
}

TEST(an_entry_is_told_in_words)
{
    c->lang = STR("en");
    head_note = STR("");
    answer_text = STR("{\"entries\":[{\"uid\":\"u1\",\"at_ms\":1795000000000,\"kind\":\"population.read\",\"agency\":\"VN/GOV/H26/desk\",\"role\":\"registrar\","
        "\"purpose\":\"residence.register\",\"basis\":\"68/2020/QH14\",\"fields\":[\"Full name\",\"Date of birth\"],\"proof\":null},"
        "{\"uid\":\"u2\",\"at_ms\":1,\"kind\":\"population.readers\",\"class\":\"self\",\"agency\":\"VN/GOV/G22/portal\",\"role\":\"citizen\",\"purpose\":\"self\",\"basis\":\"\",\"fields\":[\"*\"],\"proof\":null}],"
        "\"size\":0,\"next\":17}");
    struct reader_register r = readers__read(c, &population, 3, ALL);
    CHECK(r.nentries == 2 && r.more && r.next == 17 && r.number == 3 && !r.has_head);
    CHECK_STR(asked, STR("{}"));
    CHECK_STR(r.entries[0].agency, STR("name of VN/GOV/H26")); /* the agency, not its system */
    CHECK_STR(r.entries[0].purpose, STR("Register or confirm residence"));
    CHECK_STR(r.entries[0].what, STR("Read your record"));
    CHECK_STR(r.entries[0].fields, STR("Full name; Date of birth"));
    CHECK(!r.entries[0].own && !r.entries[0].proved && r.entries[0].at_ms == TEST_NOW_MS);
    CHECK(r.entries[1].own);
    CHECK_STR(r.entries[1].role, STR("a person"));
    CHECK_STR(r.entries[1].fields, STR("All fields"));
}

/* A purpose is what somebody says of themselves; what is the person's own the register knows. */
TEST(nobody_elses_look_is_told_as_the_persons_own)
{
    c->lang = STR("en");
    answer_text = STR("{\"entries\":[{\"uid\":\"u1\",\"kind\":\"message.search\",\"class\":\"normal\",\"agency\":\"VN/GOV/G01\",\"role\":\"inspector\",\"purpose\":\"self\",\"proof\":null},"
        "{\"uid\":\"u2\",\"kind\":\"population.search\",\"agency\":\"VN/GOV/G01\",\"purpose\":\"self\",\"proof\":null}]}");
    struct reader_register r = readers__read(c, &population, 0, ALL);
    CHECK(r.nentries == 2 && !r.entries[0].own && !r.entries[1].own);
    CHECK_STR(r.entries[0].what, STR("Searched the log of messages for those about you"));
    CHECK_STR(r.entries[1].what, STR("Found you in a search by name, and saw what is listed here"));
    CHECK_STR(r.entries[0].facts, STR("{\"uid\":\"u1\",\"kind\":\"message.search\",\"agency\":\"VN/GOV/G01\",\"role\":\"inspector\",\"purpose\":\"self\",\"basis\":\"\",\"class\":\"normal\",\"at_ms\":0}"));
}

TEST(proofs_are_asked_against_the_published_head_and_passed_on_whole)
{
    head_note = STR("VN/GOV/G01/ps1/journal\n202\ncm9vdA==\n\n\xe2\x80\x94 name c2ln\n");
    answer_text = STR("{\"entries\":[{\"uid\":\"u1\",\"agency\":\"VN/GOV/H26\",\"proof\":{\"entry\":\"ZQ==\",\"salt\":\"00\",\"leaf\":7,\"size\":202,\"path\":[\"aa\",\"bb\"],"
        "\"checkpoint\":\"c\",\"key\":\"k\"}}]}");
    struct reader_register r = readers__read(c, &population, 0, (struct readers_wanted){ .before = 9 });
    CHECK(r.has_head && r.nentries == 1 && r.entries[0].proved && r.entries[0].leaf == 7 && r.entries[0].size == 202);
    CHECK_STR(r.key, STR("name+hash+key"));
    CHECK_STR(r.server, STR("VN/GOV/G01/ps1"));
    CHECK_STR(asked, STR("{\"others\":true,\"before\":9,\"size\":202,\"checkpoint\":\"VN/GOV/G01/ps1/journal\\n202\\ncm9vdA==\\n\\n\xe2\x80\x94 name c2ln\\n\"}"));
    CHECK_STR(r.entries[0].facts, STR("{\"uid\":\"u1\",\"kind\":\"\",\"agency\":\"VN/GOV/H26\",\"role\":\"\",\"purpose\":\"\",\"basis\":\"\",\"at_ms\":0}"));
    CHECK_STR(r.entries[0].proof, STR("{\"entry\":\"ZQ==\",\"salt\":\"00\",\"leaf\":7,\"size\":202,\"path\":[\"aa\",\"bb\"],\"checkpoint\":\"c\",\"key\":\"k\"}"));
}

TEST(the_size_of_a_head_is_its_second_line)
{
    int64_t size = -1;
    CHECK(readers__head_size(STR("o\n12\nr\n"), &size) && size == 12);
    CHECK(!readers__head_size(STR(""), &size) && !readers__head_size(STR("o"), &size) && !readers__head_size(STR("o\n12"), &size));
    CHECK(!readers__head_size(STR("o\n-1\nr\n"), &size) && !readers__head_size(STR("o\nx\nr\n"), &size));
}
