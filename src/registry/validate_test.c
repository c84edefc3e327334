/* validate_test.c: rows are taken or refused at the right field, with a sentence that does not repeat the value. */
#include "registry/validate.c"

#include "registry/testing.h"

static enum status read_row(struct call *c, const struct register_ *r, const char *line, struct row *row)
{
    call_clear(c);
    return registry__read_row(c, r, str_z(line), registry__today(c), row);
}

static void refused(struct call *c, const struct register_ *r, const char *line, const char *field, const char *words)
{
    struct row row;
    CHECK(read_row(c, r, line, &row) == ST_INVALID);
    CHECK_STR(call_error(c)->field, str_z(field));
    struct str said = call_error(c)->sentence;
    if (str_find(said, str_z(words)) == SIZE_MAX) fail_msg("said: %.*s", STR_ARG(said));
    CHECK(str_find(said, STR("900100")) == SIZE_MAX);
}

static const struct row_version *version(const struct row *row, const char *group)
{
    for (size_t i = 0; i < row->nversions; i++)
        if (str_eq(row->versions[i].group->name, str_z(group))) return &row->versions[i];
    return NULL;
}

TEST(a_whole_row_is_taken)
{
    struct register_ *r = test_register(c);
    struct row row;
    CHECK_OK(read_row(c, r, TEST_ROW("900100000001", "Hoa", "1984-06", ""), &row));
    CHECK(row.nkeys == 2 && row.nversions == 3);
    const struct row_version *core = version(&row, "core");
    CHECK(core->from == date_day(1984, 6, 1) && core->to == TIME_FAR);
    CHECK(core->values[0].number == date_day(1984, 6, 1) && core->values[1].number == PRECISION_MONTH);
    CHECK_STR(core->values[2].bytes, STR("female"));
    CHECK(core->values[4].number == registry__today(c));
}

TEST(decomposed_text_is_stored_composed)
{
    struct register_ *r = test_register(c);
    struct row row;
    CHECK_OK(read_row(c, r, TEST_ROW("900100000001", "Ho\\u0300a", "1984", ""), &row));
    CHECK_STR(version(&row, "name")->values[2].bytes, STR("Hòa"));
}

TEST(numbers_are_digits_of_the_right_count)
{
    struct register_ *r = test_register(c);
    refused(c, r, TEST_ROW("90010000001", "Hoa", "1984", ""), "key.pin", "exactly 12 digits");
    refused(c, r, TEST_ROW("9001000000 1", "Hoa", "1984", ""), "key.pin", "without blanks");
    refused(c, r, TEST_ROW("٩٠٠١٠٠", "Hoa", "1984", ""), "key.pin", "exactly 12 digits");
    refused(c, r, "{\"keys\":{\"id9\":\"012345678\"}}", "key.pin", "required");
    refused(c, r, "{\"keys\":{\"pin\":\"900100000001\",\"passport\":\"1\"}}", "keys", "does not know");
    refused(c, r, "{\"keys\":{\"pin\":\"900100000001\",\"id9\":[\"012345678\",\"012345678\"]}}", "key.id9", "stands twice");
}

TEST(values_are_checked_by_their_type)
{
    struct register_ *r = test_register(c);
    refused(c, r, TEST_ROW("900100000001", "", "1984", ""), "name.given", "required");
    refused(c, r, TEST_ROW("900100000001", "Ho\\u0007a", "1984", ""), "name.given", "control characters");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984-02-30", ""), "name.from", "1984-06-17");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"household\":{\"from\":\"2000\",\"number\":\"1\",\"role\":\"boss\"}"), "household.role", "head");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"residence\":{\"kind\":\"permanent\",\"from\":\"2000\",\"unit\":\"99999\"}"), "residence.unit", "No administrative unit");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"residence\":{\"kind\":\"permanent\",\"from\":\"2000\",\"unit\":\"001@2025-07-01\"}"), "residence.unit", "on that day");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"residence\":{\"kind\":\"holiday\",\"from\":\"2000\",\"unit\":\"00004\"}"), "residence.kind", "permanent, temporary");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"relation\":{\"kind\":\"father\",\"from\":\"1984\",\"name\":\"A\",\"person\":\"12\"}"), "relation.person", "12 digits");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"residence\":{\"kind\":\"permanent\",\"from\":\"2000\",\"unit\":7}"), "residence.unit", "text in quotes");
}

TEST(unknown_parts_are_refused)
{
    struct register_ *r = test_register(c);
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"shoes\":{\"from\":\"2000\"}"), "", "group that the register does not know");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"household\":{\"from\":\"2000\",\"number\":\"1\",\"role\":\"head\",\"pet\":\"cat\"}"), "household", "does not know");
    refused(c, r, "[]", "", "one entry a line");
    refused(c, r, "{\"keys\":{\"pin\":\"900100000001\"}}", "name.kind", "kind \"birth\" is required");
}

TEST(days_must_be_in_order_and_not_overlap)
{
    struct register_ *r = test_register(c);
    struct row row;
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"household\":{\"from\":\"2000\",\"to\":\"2000\",\"number\":\"1\",\"role\":\"head\"}"), "household.from", "before");
    refused(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"household\":[{\"from\":\"2000\",\"to\":\"2005\",\"number\":\"1\",\"role\":\"head\"},"
                           "{\"from\":\"2004-12-31\",\"number\":\"2\",\"role\":\"head\"}]"), "household.from", "share a day");
    CHECK_OK(read_row(c, r, TEST_ROW("900100000001", "Hoa", "1984", ",\"household\":[{\"from\":\"2000\",\"to\":\"2005\",\"number\":\"1\",\"role\":\"head\"},"
                                     "{\"from\":\"2005\",\"number\":\"2\",\"role\":\"head\"}]"), &row));
}

#define PERSON(REST) TEST_ROW("900100000001", "Hoa", "1984", REST)
#define CHILD(FROM, NAME) "{\"kind\":\"child\",\"from\":\"" FROM "\",\"name\":\"" NAME "\"}"

TEST(where_a_kind_may_have_many_each_is_one_of_its_own)
{
    struct register_ *r = test_register(c);
    struct row row;
    CHECK_OK(read_row(c, r, PERSON(",\"relation\":[" CHILD("2010", "A") "," CHILD("2010", "B") ",{\"kind\":\"mother\",\"from\":\"1984\",\"name\":\"C\"}," CHILD("2012", "D") "]"), &row));
    const size_t at = row.nversions - 4;
    const struct group *g = row.versions[at].group;
    CHECK(g->many && !registry__is_many(g, STR("mother")) && registry__is_many(g, STR("child")));
    CHECK(row.versions[at].values[g->item].number == 0 && row.versions[at + 1].values[g->item].number == 1);
    CHECK(row.versions[at + 2].values[g->item].number == 0 && row.versions[at + 3].values[g->item].number == 2);
    refused(c, r, PERSON(",\"relation\":[{\"kind\":\"mother\",\"from\":\"1984\",\"name\":\"C\"},{\"kind\":\"mother\",\"from\":\"1990\",\"name\":\"E\"}]"), "relation.from", "share a day");
}

TEST(a_code_is_judged_by_the_first_day_of_its_version)
{
    struct register_ *r = test_register(c);
    struct row row;
    CHECK_OK(read_row(c, r, PERSON(",\"account\":{\"from\":\"2022-10-20\",\"level\":\"level2\"}"), &row));
    refused(c, r, PERSON(",\"account\":{\"from\":\"2022-10-19\",\"level\":\"level2\"}"), "account.level", "given from 2022-10-20 on");
    CHECK_OK(read_row(c, r, PERSON(",\"relation\":{\"kind\":\"spouse\",\"from\":\"1991-12-25\",\"name\":\"A\",\"nationality\":\"SU\"}"), &row));
    refused(c, r, PERSON(",\"relation\":{\"kind\":\"spouse\",\"from\":\"1991-12-26\",\"name\":\"A\",\"nationality\":\"SU\"}"), "relation.nationality", "until 1991-12-25");
    refused(c, r, PERSON(",\"relation\":{\"kind\":\"spouse\",\"from\":\"1991\",\"name\":\"A\",\"nationality\":\"XX\"}"), "relation.nationality", "of the list");
}

TEST(a_unit_is_judged_by_the_list_of_its_day)
{
    struct register_ *r = test_register(c);
    struct row row;
    CHECK_OK(read_row(c, r, PERSON(",\"residence\":{\"kind\":\"permanent\",\"from\":\"2000\",\"unit\":\"00001@2025-06-30\"}"), &row));
    refused(c, r, PERSON(",\"residence\":{\"kind\":\"permanent\",\"from\":\"2000\",\"unit\":\"00001@2025-07-01\"}"), "residence.unit", "on that day");
    refused(c, r, PERSON(",\"residence\":{\"kind\":\"permanent\",\"from\":\"2000\",\"unit\":\"00001\"}"), "residence.unit", "on that day");
}

TEST(numbers_behind_the_first_of_a_unique_kind_are_replaced_ones)
{
    struct register_ *r = test_register(c);
    struct row row;
    CHECK_OK(read_row(c, r, "{\"keys\":{\"pin\":[\"900100000001\",\"900100000002\"],\"id9\":[\"012345678\",\"012345679\"]},"
                      "\"name\":{\"kind\":\"birth\",\"from\":\"1984\",\"given\":\"Hoa\"},\"core\":{\"from\":\"1984\",\"birth_date\":\"1984\",\"sex\":\"female\",\"nationality\":\"VN\"},"
                      "\"status\":{\"from\":\"1984\",\"state\":\"alive\"}}", &row));
    CHECK(row.nkeys == 4 && !row.keys[0].former && row.keys[1].former && !row.keys[2].former && !row.keys[3].former);
}

/* The property: a set of versions is refused exactly when some day belongs to two of them. */
TEST(overlap_is_refused_exactly_when_a_day_is_shared)
{
    enum { DAYS = 24, ROUNDS = 3000 };
    struct register_ *r = test_register(c);
    const struct group *g[] = { &r->groups[0], &r->groups[1] };
    uint64_t x = 88172645463325252u;
    int both[2] = { 0, 0 };
    for (int round = 0; round < ROUNDS; round++) {
        struct row_version versions[5];
        struct row row = { .versions = versions, .nversions = 1 + (size_t)(round % 5) };
        int days[2][2][DAYS] = { 0 };
        bool shared = false;
        for (size_t i = 0; i < row.nversions; i++) {
            x ^= x << 13; x ^= x >> 7; x ^= x << 17;
            const size_t which = x & 1, kind = (x >> 1) & 1;
            const int64_t from = (int64_t)((x >> 8) % (DAYS - 1)), to = from + 1 + (int64_t)((x >> 20) % 6);
            versions[i] = (struct row_version){ .group = g[which], .kind = kind ? STR("birth") : STR("other"), .from = from, .to = to < DAYS ? to : DAYS };
            for (int64_t d = from; d < versions[i].to; d++) shared = ++days[which][kind][d] > 1 || shared;
        }
        call_clear(c);
        CHECK((registry__check_overlap(c, &row) == ST_INVALID) == shared);
        both[shared]++;
    }
    CHECK(both[0] > 100 && both[1] > 100);
}
