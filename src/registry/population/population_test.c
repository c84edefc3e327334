/* population_test.c: invented people are the same for the same seed, believable, outside issued numbers, and loadable. */
#include "registry/population/household.c"

#include "registry/testing.h"

TEST_STORE(&trust_schema, &registry_schema);

enum { PEOPLE = 2000 };

static struct world *open_world(struct call *c, uint64_t seed)
{
    struct world *w = arena_new(c->arena, struct world);
    struct units *units = arena_new(c->arena, struct units);
    CHECK_OK(registry__load_units(c, STR(SEN_COUNTRY "/units/units.csv"), units));
    CHECK_OK(registry__open_world(c, units, STR(SEN_COUNTRY "/names"), seed, date_day(2026, 10, 1), w));
    return w;
}

static struct str generate(struct call *c, uint64_t seed)
{
    struct world *w = open_world(c, seed);
    struct buf b = buf_in(c->arena, 16 << 20);
    struct household h;
    for (size_t left = PEOPLE; left > 0; left -= h.n) {
        registry__make_household(c, w, left, &h);
        for (size_t i = 0; i < h.n; i++) registry__put_person(w, &h, &h.people[i], &b);
    }
    return buf_str(&b);
}

TEST(the_same_seed_makes_the_same_people)
{
    struct str a = generate(c, 1);
    CHECK(str_eq(a, generate(c, 1)));
    CHECK(!str_eq(a, generate(c, 2)));
}

static void check_person(const struct household *h, const struct person *p)
{
    CHECK(p->pin[0] == '9' && strlen(p->pin) == 12);
    CHECK(p->id9[0] == '\0' || strlen(p->id9) == 9);
    CHECK(p->given.n && p->surname.n && p->birth_place);
    CHECK(!p->father || (p->father->sex == SEX_MALE && str_eq(p->father->surname, p->surname)));
    CHECK(!p->mother || p->mother->sex == SEX_FEMALE);
    CHECK((p->father != NULL) == (p->father_name.n == 0) && (p->mother != NULL) == (p->mother_name.n == 0));
    for (int i = 0; i < 2; i++) {
        const struct person *parent = i ? p->mother : p->father;
        if (!parent) continue;
        const int64_t years = (p->birth.day - parent->birth.day) / DAYS_A_YEAR;
        CHECK(years >= 16 && years <= 60 && p->birth.day < parent->death);
    }
    CHECK(!p->spouse || (p->spouse->spouse == p && p->spouse->sex != p->sex));
    CHECK(p->place != PLACE_HEAD || p == &h->people[0]);
}

TEST(households_are_believable)
{
    struct world *w = open_world(c, 7);
    struct household h;
    size_t people = 0, heads = 0, children = 0, dead = 0, couples = 0, year_only = 0;
    for (int i = 0; i < 1500; i++) {
        registry__make_household(c, w, HOUSEHOLD_MOST, &h);
        CHECK(h.n >= 1 && h.n <= HOUSEHOLD_MOST && h.people[0].place == PLACE_HEAD && h.people[0].death == TIME_FAR);
        for (size_t k = 0; k < h.n; k++) {
            const struct person *p = &h.people[k];
            check_person(&h, p);
            heads += p->place == PLACE_HEAD;
            children += p->place == PLACE_CHILD;
            couples += p->place == PLACE_SPOUSE;
            dead += p->death != TIME_FAR;
            year_only += p->birth.precision == PRECISION_YEAR;
        }
        people += h.n;
    }
    CHECK(heads == 1500 && couples > 900 && children > 1000 && dead > 30 && year_only > 30);
    CHECK(people > 3500 && people < 8000);
}

static int by_text(const void *a, const void *b) { return memcmp(a, b, 12); }

TEST(no_number_is_given_twice)
{
    enum { MANY = 20000 };
    struct world *w = open_world(c, 3);
    char (*pins)[12] = (char (*)[12])arena_alloc(c->arena, MANY * 12, 1);
    struct household h;
    for (size_t n = 0; n < MANY;) {
        registry__make_household(c, w, HOUSEHOLD_MOST, &h);
        for (size_t i = 0; i < h.n && n < MANY; i++) memcpy(pins[n++], h.people[i].pin, 12);
    }
    qsort(pins, MANY, 12, by_text);
    for (size_t i = 1; i < MANY; i++) CHECK(memcmp(pins[i - 1], pins[i], 12) != 0);
}

TEST(everybody_generated_can_be_loaded)
{
    struct register_ *r = test_stored_register(c);
    struct load_count n;
    struct check_count checked;
    struct str path = test_write(c, generate(c, 1));
    CHECK_OK(registry_load(c, r, path, &n));
    (void)unlink(str_to_z(c->arena, path));
    if (n.nrefusals) fail_msg("line %lld: %.*s: %.*s", (long long)n.refusals[0].line, STR_ARG(n.refusals[0].field), STR_ARG(n.refusals[0].sentence));
    CHECK(n.stored == PEOPLE && n.refused == 0);
    CHECK_OK(registry__check(c, r, &checked));
    CHECK(checked.entries == PEOPLE && checked.overlaps == 0 && checked.unknown_codes == 0 && checked.missing == 0 && checked.orphans == 0);
}
