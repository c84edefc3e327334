/* shown_test.c: an answer of a register as pages show it: groups and versions in order, kinds as headings, dates and words for people, what no longer holds
 * apart from the rest, nothing invented. */
#include "registry/shown.c"

#include "base/test.h"

static bool show(struct call *c, const char *body, struct shown_record *ret)
{
    const struct json *j;
    *ret = (struct shown_record){ 0 };
    call_clear(c);
    c->lang = STR("en");
    CHECK_OK(json_parse(c, str_z(body), &j));
    return registry_show_record(c, j, ret);
}

#define VALUE(GROUP, COLUMN, INDEX, TEXT, REST) "{\"column\":\"" GROUP "." COLUMN "\",\"label\":\"" COLUMN "\",\"group\":\"" GROUP "\",\"title\":\"" GROUP "\",\"index\":" INDEX ",\"value\":\"" TEXT "\"" REST "}"

TEST(a_record_is_shown_in_groups_and_versions)
{
    struct shown_record r;
    CHECK(show(c, "{\"entry\":\"e-1\",\"record\":[" VALUE("name", "kind", "0", "Name at birth", ",\"code\":\"birth\"") "," VALUE("name", "full", "0", "Hoa", "") ","
               VALUE("name", "kind", "1", "Other name", ",\"code\":\"other\"") "," VALUE("name", "full", "1", "Sen", "") ","
               VALUE("core", "birth_date", "0", "1984-06-17", ",\"type\":\"date\"") "," VALUE("core", "sex", "0", "Female", ",\"code\":\"female\"") "]}", &r));
    CHECK(r.ngroups == 2 && r.groups[0].nversions == 2 && r.groups[1].nversions == 1 && r.nformer == 0 && !r.has_former && !r.may_ask);
    CHECK_STR(r.entry, STR("e-1"));
    CHECK_STR(r.groups[0].title, STR("name"));
    CHECK_STR(r.groups[0].versions[0].kind, STR("Name at birth"));
    CHECK_STR(r.groups[0].versions[1].kind, STR("Other name"));
    CHECK(r.groups[0].versions[1].nvalues == 1 && r.groups[1].versions[0].nvalues == 2);
    CHECK_STR(r.groups[0].versions[1].values[0].text, STR("Sen"));
    CHECK_STR(r.groups[1].versions[0].values[0].text, STR("17 June 1984"));
    CHECK_STR(r.groups[1].versions[0].values[1].text, STR("Female"));
}

#define DAYS ",\"former\":true,\"from\":\"2010-01-01\",\"to\":\"2020-01-01\""

TEST(what_no_longer_holds_stands_apart_with_its_days)
{
    struct shown_record r;
    CHECK(show(c, "{\"history\":\"given\",\"record\":[" VALUE("residence", "kind", "0", "Permanent residence", ",\"code\":\"permanent\"") ","
               VALUE("residence", "unit", "0", "B", ",\"code\":\"00004\",\"today\":\"C\"") "," VALUE("residence", "kind", "0", "Permanent residence", ",\"code\":\"permanent\"" DAYS) ","
               VALUE("residence", "unit", "0", "A", ",\"code\":\"00001\",\"today\":\"D; E\"" DAYS) "," VALUE("residence", "unit", "1", "Z", DAYS) ","
               VALUE("household", "number", "0", "7", DAYS) "]}", &r));
    CHECK(r.ngroups == 1 && r.groups[0].nversions == 1 && r.nformer == 3 && r.has_former && r.asked && !r.may_ask);
    CHECK_STR(r.groups[0].versions[0].values[0].today, STR("C"));
    CHECK(!r.groups[0].versions[0].values[0].split);
    CHECK_STR(r.former[0].kind, STR("Permanent residence"));
    CHECK(r.former[0].from == date_day(2010, 1, 1) && r.former[0].to == date_day(2019, 12, 31));
    CHECK(r.former[0].nvalues == 1 && r.former[0].values[0].split);
    CHECK_STR(r.former[1].kind, STR("residence"));
    CHECK_STR(r.former[2].kind, STR("household"));
}

TEST(answers_of_another_form_are_no_record)
{
    struct shown_record r;
    CHECK(!show(c, "{\"record\":{}}", &r) && !show(c, "[]", &r) && !show(c, "{}", &r));
    CHECK(show(c, "{\"record\":[1,\"x\",{\"index\":\"y\"},{\"former\":true},{\"former\":true,\"to\":\"soon\"}]}", &r));
    CHECK(show(c, "{\"history\":\"allowed\",\"record\":[]}", &r) && r.may_ask && !r.asked);
}

TEST(too_many_values_are_refused)
{
    struct shown_record r;
    struct buf b = buf_in(c->arena, 1 << 20);
    buf_put_z(&b, "{\"record\":[{}");
    for (int i = 0; i < SHOWN_VALUES_MOST; i++) buf_put_z(&b, ",{}");
    buf_put(&b, STR("]}\0"));
    CHECK(!show(c, b.p, &r));
}
