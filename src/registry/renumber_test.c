/* renumber_test.c: a number given anew leads to the entry, and so does the one it replaced; it is never free again. */
#include "registry/renumber.c"

#include "registry/testing.h"

TEST_STORE(&trust_schema, &registry_schema);

static const struct actor keeper = { .user = STR_INIT("u-1"), .role = STR_INIT("registrar"), .agency = STR_INIT("VN/GOV/G01") };

#define PIN STR("pin")
#define FIRST STR("900100000001")
#define SECOND STR("900100000002")
#define OTHER STR("900100000009")

static struct register_ *prepared(struct call *c)
{
    struct register_ *r = test_stored_register(c);
    struct load_count n;
    struct str path = test_write(c, STR(TEST_ROW("900100000001", "Hoa", "1984", "") "\n" TEST_ROW("900100000009", "Lan", "1990", "") "\n"
        "{\"keys\":{\"pin\":[\"900100000011\",\"900100000010\"]},\"name\":{\"kind\":\"birth\",\"from\":\"1984\",\"given\":\"Mai\"},"
        "\"core\":{\"from\":\"1984\",\"birth_date\":\"1984\",\"sex\":\"female\",\"nationality\":\"VN\"},\"status\":{\"from\":\"1984\",\"state\":\"alive\"}}\n"));
    CHECK_OK(registry_load(c, r, path, &n));
    CHECK(n.stored == 3);
    (void)unlink(str_to_z(c->arena, path));
    c->actor = &keeper;
    c->purpose = STR("register.keep");
    return r;
}

static int64_t leads_to(struct call *c, const struct register_ *r, struct str number)
{
    int64_t entity = 0;
    call_clear(c);
    return registry__find_entity(c, r, PIN, number, &entity) == ST_OK ? entity : 0;
}

static size_t shown(struct call *c, const struct register_ *r, struct str number, struct str *ret)
{
    static const struct str columns[] = { STR_INIT("key.pin") };
    const struct register_record *rec;
    size_t n = 0;
    CHECK_OK(registry_read(c, &(struct registry_read){ .reg = r, .key_kind = PIN, .key = number, .columns = columns, .ncolumns = 1 }, &rec));
    for (size_t i = 0; i < rec->n; i++, n++) *ret = rec->values[i].text;
    return n;
}

TEST(the_old_number_still_leads_to_the_person)
{
    struct register_ *r = prepared(c);
    struct str number;
    const int64_t person = leads_to(c, r, FIRST);
    const struct journal_shown *entries;
    size_t n;
    CHECK_OK(registry_renumber(c, r, PIN, FIRST, SECOND));
    CHECK(person != 0 && leads_to(c, r, FIRST) == person && leads_to(c, r, SECOND) == person);
    CHECK(shown(c, r, FIRST, &number) == 1); /* the record shows the number that holds */
    CHECK_STR(number, SECOND);
    CHECK_OK(journal_list_subject(c, person, TIME_FAR, 10, &entries, &n));
    CHECK(n == 3);
    CHECK_STR(entries[1].event.kind, STR("population.renumber"));
    CHECK_STR(entries[1].event.fields, STR("key.pin"));
    CHECK(str_find(entries[1].entry, FIRST) == SIZE_MAX && str_find(entries[1].entry, SECOND) == SIZE_MAX);
}

TEST(a_load_brings_replaced_numbers_along)
{
    struct register_ *r = prepared(c);
    struct str number;
    CHECK(leads_to(c, r, STR("900100000010")) != 0 && leads_to(c, r, STR("900100000010")) == leads_to(c, r, STR("900100000011")));
    CHECK(shown(c, r, STR("900100000010"), &number) == 1);
    CHECK_STR(number, STR("900100000011"));
}

static void refused(struct call *c, const struct register_ *r, struct str kind, struct str old, struct str new, enum status st, const char *field)
{
    call_clear(c);
    CHECK(registry_renumber(c, r, kind, old, new) == st);
    CHECK_STR(call_error(c)->field, str_z(field));
    CHECK(leads_to(c, r, SECOND) == 0);
}

TEST(what_cannot_be_replaced_is_refused_and_leaves_nothing)
{
    struct register_ *r = prepared(c);
    refused(c, r, PIN, FIRST, OTHER, ST_CONFLICT, "new");                       /* somebody has it */
    refused(c, r, PIN, FIRST, STR("900100000010"), ST_CONFLICT, "new");         /* somebody had it */
    refused(c, r, PIN, FIRST, FIRST, ST_CONFLICT, "new");
    refused(c, r, PIN, STR("900100000010"), SECOND, ST_CONFLICT, "old");        /* replaced before */
    refused(c, r, PIN, STR("900100000777"), SECOND, ST_NOT_FOUND, "old");
    refused(c, r, PIN, FIRST, STR("12"), ST_INVALID, "new");
    refused(c, r, PIN, STR("x"), SECOND, ST_INVALID, "old");
    refused(c, r, STR("id9"), STR("012345678"), STR("012345679"), ST_INVALID, "key");
    c->purpose = STR("");
    refused(c, r, PIN, FIRST, SECOND, ST_DENIED, "purpose");
}
