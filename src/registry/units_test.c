/* units_test.c: the country's own units: what a code meant on a day, and what became of it. Each case is a fact of the 2025 resolutions. */
#include "registry/units.c"

#include "registry/testing.h"

static struct units load(struct call *c)
{
    struct units u = { 0 };
    CHECK_OK(registry__load_units(c, STR(SEN_COUNTRY "/units"), &u));
    return u;
}

#define BEFORE date_day(2025, 6, 30)
#define AFTER date_day(2025, 7, 1)
#define TODAY date_day(2026, 11, 22)

static void became(const struct units *u, const char *code, int64_t day, int64_t on, const char *expected)
{
    const struct unit *found[SUCCESSORS_MOST];
    const size_t n = registry__successors(u, str_z(code), day, on, found);
    struct str rest = str_z(expected), one;
    size_t i = 0;
    for (; i < n && str_next(&rest, ' ', &one); i++)
        if (!str_eq(found[i]->code, one)) fail_msg("%s became %.*s, not %.*s", code, STR_ARG(found[i]->code), STR_ARG(one));
    if (i != n || (rest.n && rest.p)) fail_msg("%s: %zu units, expected %s", code, n, expected);
}

TEST(a_code_means_what_it_meant_that_day)
{
    struct units u = load(c);
    CHECK(u.n > 15000 && u.nlinks > 10000);
    CHECK_STR(registry__unit_text(c->arena, &u, STR("00004"), BEFORE), STR("Phường Trúc Bạch, Quận Ba Đình, Thành phố Hà Nội"));
    CHECK_STR(registry__unit_text(c->arena, &u, STR("00004"), AFTER), STR("Phường Ba Đình, Thành phố Hà Nội"));
    CHECK_STR(registry__find_unit(&u, STR("15"), BEFORE)->name, STR("Tỉnh Yên Bái"));
    CHECK_STR(registry__find_unit(&u, STR("15"), AFTER)->name, STR("Tỉnh Lào Cai"));
    CHECK(!registry__find_unit(&u, STR("001"), AFTER)); /* districts ended */
    CHECK(!registry__find_unit(&u, STR("99999"), AFTER) && !registry__find_unit(&u, STR(""), AFTER));
}

TEST(what_became_of_a_unit)
{
    struct units u = load(c);
    became(&u, "00001", BEFORE, TODAY, "00097");          /* whole into another */
    became(&u, "00004", AFTER, TODAY, "00004");           /* still there */
    became(&u, "15", BEFORE, TODAY, "15");                /* the province goes on in one of another name under the same code */
    became(&u, "02", BEFORE, TODAY, "08");
    became(&u, "99999", BEFORE, TODAY, "");
    became(&u, "001", BEFORE, TODAY, "");                 /* a district had no successor */
}

TEST(a_unit_is_made_of_what_ended_in_it_also_under_its_former_name)
{
    struct units u = load(c);
    const struct unit_link *links;
    const struct unit *now = registry__find_unit(&u, STR("25270"), date_day(2026, 10, 1)), *former = registry__find_unit(&u, STR("25270"), date_day(2025, 7, 1));
    CHECK(now && former && now != former && registry__made_of(&u, now, &links) == 3 && u.all[links[0].new].from == former->from);
    CHECK_STR(u.all[links[0].old].code, STR("25270"));
    CHECK_STR(u.all[links[2].old].code, STR("25297"));
    CHECK(registry__made_of(&u, &u.all[links[0].old], &links) == 0);
}

TEST(a_split_commune_has_several_successors)
{
    struct units u = load(c);
    became(&u, "00634", BEFORE, TODAY, "00622 00634 00637 09556 09886");
    became(&u, "00007", BEFORE, TODAY, "00008 00025");
}

TEST(a_unit_that_was_renamed_goes_on)
{
    struct units u = load(c);
    const struct unit *found[SUCCESSORS_MOST];
    const int64_t first = date_day(2022, 1, 1);
    CHECK_STR(registry__find_unit(&u, STR("20656"), first)->name, STR("Xã Quế Trung"));
    became(&u, "20656", first, BEFORE, "20656");
    CHECK(registry__successors(&u, STR("20656"), first, TODAY, found) == 1);
    CHECK_STR(found[0]->name, STR("Xã Nông Sơn"));
    became(&u, "75", AFTER, TODAY, "75");                 /* a province that became a city */
    became(&u, "08", AFTER, BEFORE, "");                  /* nothing goes back in time */
}

/* wanted lies around place, or not. */
static void covers(const struct units *u, const char *wanted, int64_t wanted_day, const char *code, int64_t day, bool expected)
{
    if (registry__unit_covers(u, str_z(wanted), wanted_day, str_z(code), day) != expected) fail_msg("%s of day %lld around %s", wanted, (long long)wanted_day, code);
}

TEST(a_place_is_found_by_its_old_and_its_new_unit)
{
    struct units u = load(c);
    covers(&u, "01", TODAY, "00004", TODAY, true);        /* commune in its province */
    covers(&u, "001", BEFORE, "00004", BEFORE, true);     /* ward in its district of old */
    covers(&u, "00001", BEFORE, "00097", TODAY, true);    /* today's ward holds the old one */
    covers(&u, "00097", TODAY, "00001", BEFORE, true);    /* a residence of former times in what is today that ward */
    covers(&u, "001", BEFORE, "00004", TODAY, true);      /* a district that is gone */
    covers(&u, "15", TODAY, "00004", TODAY, false);
    covers(&u, "00004", TODAY, "00097", TODAY, false);
    covers(&u, "00001", BEFORE, "00004", BEFORE, false);  /* neighbours, though both were joined with others */
    covers(&u, "75", TODAY, "26425", AFTER, true);        /* the province is a city by now, the commune a ward */
    covers(&u, "99999", TODAY, "00004", TODAY, false);
    covers(&u, "01", TODAY, "99999", TODAY, false);
}

TEST(a_reused_code_is_not_the_unit_of_former_times)
{
    struct units u = load(c);
    const struct unit *old = registry__find_unit(&u, STR("15"), BEFORE), *found[SUCCESSORS_MOST];
    int64_t other = 0;
    for (size_t i = 0; i < u.n; i++) { /* a commune of the old Lao Cai: in today's 15, never in the Yen Bai that bore the code before */
        const struct unit *one = &u.all[i];
        if (one->code.n != 5 || one->to != AFTER || !registry__unit_covers(&u, STR("10"), BEFORE, one->code, BEFORE)) continue;
        CHECK(registry__successors(&u, one->code, BEFORE, TODAY, found) > 0);
        CHECK(registry__unit_covers(&u, STR("15"), TODAY, one->code, BEFORE));
        CHECK(!registry__unit_covers(&u, STR("15"), BEFORE, one->code, BEFORE));
        other++;
    }
    CHECK(other > 100 && old != registry__find_unit(&u, STR("15"), TODAY));
}

/* Every unit that ended on the eve of the two-tier system but the districts leads to one that is there today. */
TEST(every_commune_and_province_of_the_last_day_leads_on)
{
    struct units u = load(c);
    const struct unit *found[SUCCESSORS_MOST];
    size_t n = 0;
    for (size_t i = 0; i < u.n; i++) {
        if (u.all[i].to != AFTER || u.all[i].code.n == 3) continue;
        if (registry__successors(&u, u.all[i].code, BEFORE, TODAY, found) == 0) fail_msg("%.*s has no successor", STR_ARG(u.all[i].code));
        n++;
    }
    CHECK(n == 10035 + 63);
}

static enum status load_text(struct call *c, const char *units, const char *links)
{
    struct units u = { 0 };
    struct str first = test_write(c, str_z(units)), second = test_write(c, str_z(links));
    call_clear(c);
    enum status st = registry__load_unit_file(c, first, &u);
    if (st == ST_OK) st = registry__load_successors(c, second, &u);
    (void)unlink(str_to_z(c->arena, first));
    (void)unlink(str_to_z(c->arena, second));
    return st;
}

#define UNITS "code,name,type,parent_code,valid_from,valid_to\n"
#define LINKS "old_code,new_code,extent,day\n"

TEST(files_with_mistakes_are_refused)
{
    CHECK_OK(load_text(c, UNITS "02,B,x,,2000-01-01,\n01,A,x,,,1999-12-31\n", LINKS "01,02,full,2000-01-01\n"));
    CHECK(load_text(c, UNITS "01,A,x,,2000-01-01,1999-12-31\n", LINKS) == ST_INVALID);
    CHECK(load_text(c, UNITS "01,A,x,,2000,\n", LINKS) == ST_INVALID);
    CHECK(load_text(c, UNITS "01,A,x,,,2000-01-01\n01,B,x,,2000-01-01,\n", LINKS) == ST_INVALID);
    CHECK(str_find(call_error(c)->sentence, STR("01 on the same day")) != SIZE_MAX);
    CHECK(load_text(c, UNITS "01,A,x,,,\n", LINKS "01,02,full,2000-01-01\n") == ST_INVALID);
    CHECK(str_find(call_error(c)->sentence, STR("line 2")) != SIZE_MAX);
    CHECK(load_text(c, UNITS "01,A,x,,,\n", LINKS "01,01,full,soon\n") == ST_INVALID);
    CHECK(load_text(c, "code,name\n01,A\n", LINKS) == ST_INVALID);
}
