/* population_test.c: invented people are the same for the same seed, believable over generations, outside issued numbers, and loadable. */
#include "registry/population/family.c"

#include "base/json.h"
#include "registry/testing.h"

TEST_STORE(&trust_schema, &registry_schema);

enum { PEOPLE = 2000, MANY = 12000 };

static struct world *open_world(struct call *c, uint64_t seed)
{
    struct world *w = arena_new(c->arena, struct world);
    struct units *units = arena_new(c->arena, struct units);
    const struct world_files files = { STR(SEN_COUNTRY "/names"), STR(SEN_COUNTRY "/sandbox/cast.csv") };
    CHECK_OK(registry__load_units(c, STR(SEN_COUNTRY "/units"), units));
    CHECK_OK(registry__open_world(c, units, &files, seed, date_day(2026, 10, 1), w));
    return w;
}

/* each_family: families until so many people are in the register, each in memory of its own. */
static void each_family(struct call *c, struct world *w, size_t people, void (*look)(struct call *c, struct world *w, const struct family *f, void *arg), void *arg)
{
    ARENA arena = arena_open(16 << 20);
    struct family *f = arena_new(c->arena, struct family);
    for (size_t made = 0; made < people;) {
        struct call inner = *c;
        size_t before = made;
        inner.arena = arena;
        registry__make_family(&inner, w, people - made, f);
        for (size_t i = 0; i < f->n; i++) made += registry__is_registered(&f->people[i]);
        CHECK(made > before && made <= people);
        look(&inner, w, f, arg);
        arena_reset(arena);
    }
}

static void put_family(struct call *c, struct world *w, const struct family *f, void *arg)
{
    for (size_t i = 0; i < f->n; i++)
        if (registry__is_registered(&f->people[i])) registry__put_person(c, w, f, &f->people[i], arg);
}

static struct str generate(struct call *c, uint64_t seed, size_t people)
{
    struct buf *b = arena_new(c->arena, struct buf);
    *b = buf_in(c->arena, 32 << 20);
    each_family(c, open_world(c, seed), people, put_family, b);
    CHECK(!b->failed);
    return buf_str(b);
}

TEST(the_same_seed_makes_the_same_people)
{
    struct str a = generate(c, 1, 500);
    CHECK(str_eq(a, generate(c, 1, 500)));
    CHECK(!str_eq(a, generate(c, 2, 500)));
}

/* ---- kin ---- */

static bool is_in(struct person *const *list, size_t n, const struct person *p)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == p) return true;
    return false;
}

static void check_parent(const struct person *p, const struct person *parent, enum sex sex)
{
    if (!parent) return;
    const int64_t years = (p->birth.day - parent->birth.day) / DAYS_A_YEAR;
    CHECK(parent->sex == sex && is_in(parent->children, parent->nchildren, p));
    CHECK(years >= 17 && years <= 70 && p->birth.day < parent->death);
}

static void check_kin(struct world *w, const struct person *p)
{
    check_parent(p, p->father, SEX_MALE);
    check_parent(p, p->mother, SEX_FEMALE);
    CHECK((p->father != NULL) == (p->father_name.n == 0) && (p->mother != NULL) == (p->mother_name.n == 0));
    if (p->father && !registry__find_custom(w, p->father->group)->of_mother) CHECK_STR(p->surname, p->father->surname);
    for (size_t i = 0; i < p->nchildren; i++) CHECK((p->sex == SEX_MALE ? p->children[i]->father : p->children[i]->mother) == p);
    if (!p->spouse) return;
    CHECK(p->spouse->spouse == p && p->spouse->sex != p->sex && p->wedding == p->spouse->wedding && p->divorce == p->spouse->divorce);
    CHECK(registry__birthday(p, 17) < p->wedding && p->wedding < p->death && p->wedding < w->day);
}

static void check_person(struct call *c, struct world *w, const struct family *f, void *arg)
{
    (void)arg;
    CHECK(f->people[0].death == TIME_FAR && registry__is_registered(&f->people[0]));
    for (size_t i = 0; i < f->n; i++) {
        const struct person *p = &f->people[i];
        CHECK(!registry__is_registered(p) || (p->pin[0] == '9' && strlen(p->pin) == 12));
        CHECK(p->id9[0] == '\0' || strlen(p->id9) == 9);
        CHECK(p->given.n && p->surname.n && p->birth_place && p->hometown && registry__full_name(c->arena, p).n < 100);
        CHECK(p->birth.day < w->day && (p->death == TIME_FAR || p->death < w->day));
        CHECK(p->birth.day < p->death);
        CHECK(p->nstays > 0 && p->stays[p->nstays - 1].to == p->death);
        for (size_t k = 1; k < p->nstays; k++) CHECK(p->stays[k - 1].to == p->stays[k].from && p->stays[k].from < p->stays[k].to);
        check_kin(w, p);
    }
}

TEST(kin_fit_each_other_and_lives_have_no_gaps)
{
    each_family(c, open_world(c, 7), MANY, check_person, NULL);
}

/* A year alone is known of many founders of that time; a child's death must not be counted from the first of January. */
TEST(children_are_known_to_the_day_and_die_later)
{
    const int64_t birth = date_day(1950, 11, 20);
    struct world *w = open_world(c, 7);
    struct family *f = arena_new(c->arena, struct family);
    w->families = 1;
    struct person *mother = found(c, w, f);
    for (int i = 0; i < 2000; i++) {
        const struct person *p = add_person(c, w, f, &(struct newcomer){ SEX_MALE, birth, mother->surname, mother->group, mother->birth_place, mother, mother });
        CHECK(p->birth.day == birth && p->birth.precision == PRECISION_DAY && p->death > birth);
        f->n--;
    }
}

/* ---- how many of what ---- */

struct tally {
    int64_t kinh, nguyen, girls[2], thi[2] /* born before 1970, after 2004 */, year_only, dead, widowed, divorced, moved, three, away, given_first, single_homes;
    int64_t hmong, hmong_south;
};

static bool has_three_generations(const struct family *f, const struct household *h)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct person *p = &f->people[i], *elder = p->father ? p->father->father : NULL;
        if (elder && elder->death == TIME_FAR && p->death == TIME_FAR && p->stays[p->nstays - 1].household == h && elder->stays[elder->nstays - 1].household == h) return true;
    }
    return false;
}

static void count_family(struct call *c, struct world *w, const struct family *f, void *arg)
{
    struct tally *t = arg;
    (void)c;
    (void)w;
    for (size_t i = 0; i < f->nhouseholds; i++) {
        t->moved += f->households[i].nhomes > 1;
        t->three += has_three_generations(f, &f->households[i]);
    }
    for (size_t i = 0; i < f->n; i++) {
        const struct person *p = &f->people[i];
        if (!registry__is_registered(p)) continue;
        const int year = registry__year(p->birth.day), when = year < 1970 ? 0 : year > 2004 ? 1 : -1;
        const bool kinh = str_eq(p->group, STR("01")), hmong = str_eq(p->group, STR("08"));
        t->kinh += kinh;
        t->nguyen += kinh && str_eq(p->surname, STR("Nguyễn"));
        if (kinh && p->sex == SEX_FEMALE && when >= 0) {
            t->girls[when]++;
            t->thi[when] += str_eq(p->middle, STR("Thị"));
        }
        t->year_only += p->birth.precision == PRECISION_YEAR;
        t->dead += p->death != TIME_FAR;
        t->widowed += p->death == TIME_FAR && p->spouse && p->spouse->death != TIME_FAR;
        t->divorced += p->divorce != TIME_FAR;
        t->away += p->away.place != NULL;
        t->given_first += p->given_first;
        t->hmong += hmong && !p->father && !p->spouse;
        t->hmong_south += hmong && !p->father && !p->spouse && str_eq(p->stays[0].household->homes[0].place->province->region, STR("south"));
    }
}

TEST(people_are_as_a_country_is)
{
    struct world *w = open_world(c, 1);
    struct tally t = { 0 };
    each_family(c, w, MANY, count_family, &t);
    for (int sex = 0; sex < 2; sex++)
        for (int band = 0; band < AGE_BANDS; band++) {
            const int64_t is = w->alive[sex][band] * 10000 / w->living, wanted = w->wanted[sex][band] * 10000 / w->wanted_sum, off = is > wanted ? is - wanted : wanted - is;
            if (off > 120) fail_msg("sex %d, from age %d: %lld of 10,000 people instead of %lld", sex, band * 5, (long long)is, (long long)wanted);
        }
    CHECK(t.kinh > MANY * 75 / 100 && t.kinh < MANY * 92 / 100);
    CHECK(t.nguyen > t.kinh * 33 / 100 && t.nguyen < t.kinh * 44 / 100);
    CHECK(t.thi[0] > t.girls[0] * 6 / 10 && t.thi[1] < t.girls[1] * 2 / 10);
    CHECK(t.year_only > 50 && t.dead > MANY / 100 && t.dead < MANY / 15);
    CHECK(t.widowed > MANY / 50 && t.divorced > MANY / 100 && t.moved > MANY / 40 && t.three > MANY / 200 && t.away > MANY / 100);
    CHECK(t.given_first > 5 && t.hmong_south == 0);
}

TEST(people_of_the_cast_come_first_and_stay_where_they_are_looked_for)
{
    struct world *w = open_world(c, 42);
    struct family *f = arena_new(c->arena, struct family);
    CHECK(w->ncast > 0);
    for (size_t i = 0; i < w->ncast; i++) {
        registry__make_family(c, w, FAMILY_MOST, f);
        const struct person *p = &f->people[0];
        CHECK(str_eq(p->surname, w->cast[i].surname) && str_eq(p->given, w->cast[i].given) && p->birth.day == w->cast[i].birth.day && p->sex == w->cast[i].sex);
        if (i) continue;
        const struct home *home = registry__home_on(p->stays[p->nstays - 1].household, w->day);
        CHECK_STR(home->place->old->code, w->cast[i].unit);
        CHECK(!str_eq(home->place->old->name, home->place->now->name));
    }
}

/* ---- numbers, few people, loading ---- */

static int by_text(const void *a, const void *b) { return memcmp(a, b, 12); }
struct pins { char (*all)[12]; size_t n; };

static void keep_pins(struct call *c, struct world *w, const struct family *f, void *arg)
{
    struct pins *pins = arg;
    (void)c;
    (void)w;
    for (size_t i = 0; i < f->n; i++)
        if (registry__is_registered(&f->people[i])) memcpy(pins->all[pins->n++], f->people[i].pin, 12);
}

TEST(no_number_is_given_twice)
{
    struct pins pins = { (char (*)[12])arena_alloc(c->arena, MANY * 12, 1), 0 };
    each_family(c, open_world(c, 3), MANY, keep_pins, &pins);
    CHECK(pins.n == MANY);
    qsort(pins.all, MANY, 12, by_text);
    for (size_t i = 1; i < MANY; i++) CHECK(memcmp(pins.all[i - 1], pins.all[i], 12) != 0);
}

TEST(of_one_person_alone_the_kin_are_names)
{
    const struct json *j;
    struct str line = generate(c, 5, 1);
    CHECK(str_find(line, STR("\n")) == line.n - 1);
    CHECK_OK(json_parse(c, line, &j));
    for (const struct json *r = json_first(json_get(j, "relation")); r; r = json_next(r)) CHECK(!json_get(r, "person") && json_get(r, "name"));
}

static int64_t count(struct call *c, const char *sql)
{
    int64_t n = -1;
    DB_ROWS rows = db_run(c, db_query_new(c->app->store, "registry", NODE, str_z(sql)));
    if (db_next(&rows)) n = db_col_int(&rows, 0);
    CHECK_OK(db_finish(&rows));
    return n;
}

TEST(everybody_generated_can_be_loaded)
{
    struct register_ *r = test_stored_register(c);
    struct load_count n;
    struct check_count checked;
    struct str path = test_write(c, generate(c, 1, PEOPLE));
    CHECK_OK(registry_load(c, r, path, &n));
    (void)unlink(str_to_z(c->arena, path));
    if (n.nrefusals) fail_msg("line %lld: %.*s: %.*s", (long long)n.refusals[0].line, STR_ARG(n.refusals[0].field), STR_ARG(n.refusals[0].sentence));
    CHECK(n.stored == PEOPLE && n.refused == 0);
    CHECK_OK(registry__check(c, r, &checked));
    CHECK(checked.entries == PEOPLE && checked.overlaps == 0 && checked.unknown_codes == 0 && checked.untimely_codes == 0);
    CHECK(checked.unknown_units == 0 && checked.missing == 0 && checked.orphans == 0);
#define OPEN "valid_to = 9223372036854775807"
    CHECK(count(c, "SELECT COUNT(*) FROM population_status_v s JOIN population_residence_v r ON r.entity = s.entity WHERE s.state = 'dead' AND r." OPEN) == 0);
    CHECK(count(c, "SELECT COUNT(*) FROM population_status_v s WHERE s.state = 'alive' AND s." OPEN " AND NOT EXISTS (SELECT 1 FROM population_residence_v r "
                   "WHERE r.entity = s.entity AND r.kind = 'permanent' AND r." OPEN ")") == 0);
    /* who lived somewhere when communes became parts of others lives on at the same address under a new name: that is no move */
    CHECK(count(c, "SELECT COUNT(*) FROM population_residence_v a JOIN population_residence_v b ON b.entity = a.entity AND b.kind = a.kind AND b.valid_from = a.valid_to "
                   "WHERE a.kind = 'permanent' AND a.address = b.address AND a.unit_at < b.unit_at") > PEOPLE / 2);
    CHECK(count(c, "SELECT COUNT(*) FROM population_residence_v a JOIN population_residence_v b ON b.entity = a.entity AND b.kind = a.kind AND b.valid_from = a.valid_to "
                   "WHERE a.kind = 'permanent' AND a.address <> b.address") > PEOPLE / 20);
    CHECK(count(c, "SELECT COUNT(*) FROM population_document_v WHERE kind = 'id9-card' AND valid_to > 20089") == 0); /* 2025-01-01 */
    CHECK(count(c, "SELECT COUNT(*) FROM population_household_v h JOIN population_alias a ON a.value = h.head AND a.kind = 'pin' WHERE h.role = 'head' AND a.entity <> h.entity") == 0);
}
