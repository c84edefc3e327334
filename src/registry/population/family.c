/* family.c: one family over generations: a founder, mostly with wife or husband, their children, whom those married, and theirs. Who is needed for the
 * age pyramid is decided first; lives are lived forward from there: born, at home, away, married, sometimes divorced, dead. */
#include "registry/population/people.h"

enum { DAYS_A_YEAR = 365, BAND_YEARS = 5, GROWN = 18, FIRST_FOUNDER_BAND = 5, PIN_SPAN = 100000000, REGISTER_YEARS = 10, YOUNGEST_MOTHER = 18, OLDEST_MOTHER = 44, ROOM = 12, LATE_CHILD = 350, UNBORN = 450 };

int registry__year(int64_t day)
{
    int year, month, mday;
    date_civil(day, &year, &month, &mday);
    return year;
}

int64_t registry__birthday(const struct person *p, int years)
{
    return p->birth.day + ((int64_t)years * 36525 + 99) / 100;
}

bool registry__is_registered(const struct person *p) { return p->pin[0] != '\0'; }

int registry__band(const struct world *w, const struct person *p)
{
    const int64_t band = (w->day - p->birth.day) * 100 / (36525 * BAND_YEARS);
    return band < AGE_BANDS ? (int)band : AGE_BANDS - 1;
}

/* ---- numbers ---- */

/* set_pin: 9xx, century and sex, birth year, six digits: the shape of real numbers, so that programs meet it, in a range never issued. The eight free
 * digits walk through all their values before one returns, so no number comes twice. */
static void set_pin(struct world *w, struct person *p)
{
    const int year = registry__year(p->birth.day);
    const int64_t free_digits = (w->made * 61803399 + 27182818) % PIN_SPAN;
    const int64_t mark = (year / 100 - 19) * 2 + (p->sex == SEX_FEMALE);
    const int64_t number = ((9 * 100 + free_digits / 1000000) * 10 + mark % 10) * 100 + year % 100;
    int64_t rest = number * 1000000 + free_digits % 1000000;
    for (int i = 11; i >= 0; i--, rest /= 10) p->pin[i] = (char)('0' + rest % 10);
    w->made++;
}

/* set_id9: those of age before such cards ended mostly had a nine-digit number; now and then one was given twice. */
static void set_id9(struct world *w, struct person *p)
{
    const struct paper *card = &w->papers[PAPER_ID9];
    if (card->nages == 0 || registry__birthday(p, card->ages[0]) >= card->last - 2 * DAYS_A_YEAR || !rng_chance(&w->rng, 720)) return;
    if (!w->last_id9[0] || !rng_chance(&w->rng, 2)) {
        int64_t number = rng_range(&w->rng, 10000000, 399999999);
        for (int i = 8; i >= 0; i--, number /= 10) w->last_id9[i] = (char)('0' + number % 10);
    }
    memcpy(p->id9, w->last_id9, sizeof p->id9);
}

/* ---- one person ---- */

struct newcomer { enum sex sex; int64_t birth; struct str surname, group; const struct place *home; struct person *father, *mother; };

/* birth_known: of many old people only the year or the month is known. */
static struct date birth_known(struct world *w, int64_t day)
{
    int year, month, mday;
    date_civil(day, &year, &month, &mday);
    if (year < 1958 && rng_chance(&w->rng, 350)) return (struct date){ date_day(year, 1, 1), PRECISION_YEAR };
    if (year < 1970 && rng_chance(&w->rng, 50)) return (struct date){ date_day(year, month, 1), PRECISION_MONTH };
    return (struct date){ day, PRECISION_DAY };
}

static int64_t day_of_death(struct world *w, const struct person *p)
{
    const int64_t decade = registry__pick_number(&w->rng, &w->names.lives, p->sex == SEX_MALE ? STR("dies-male") : STR("dies-female"), registry__year(p->birth.day), 80);
    const int64_t span = decade < 10 ? 360 : 10 * DAYS_A_YEAR;
    const int64_t day = p->birth.day + decade * DAYS_A_YEAR + 1 + rng_below(&w->rng, span);
    return day <= w->day - 3 ? day : TIME_FAR; /* a death takes some days to be registered */
}

static struct str pick_by_group(struct call *c, struct world *w, const char *what, struct str group, int year)
{
    return registry__pick(&w->rng, &w->names.lives, str_join(c->arena, str_z(what), STR("-"), group, STR_END), str_z(what), year);
}

static struct person *add_person(struct call *c, struct world *w, struct family *f, const struct newcomer *n)
{
    struct person *p = &f->people[f->n++];
    *p = (struct person){ .sex = n->sex, .surname = n->surname, .group = n->group, .father = n->father, .mother = n->mother, .wedding = TIME_FAR, .divorce = TIME_FAR };
    p->birth = n->mother ? (struct date){ n->birth, PRECISION_DAY } : birth_known(w, n->birth); /* what stands in the family's own papers is known to the day */
    p->death = day_of_death(w, p);
    set_id9(w, p);
    registry__name_person(c, w, n->home, p, n->mother);
    registry__name_parents(c, w, n->home, p);
    p->birth_place = rng_chance(&w->rng, 880) ? n->home : registry__near_place(&w->rng, &w->places, n->home);
    p->hometown = n->father ? n->father->hometown : rng_chance(&w->rng, 800) ? n->home : registry__some_place(&w->rng, &w->places);
    p->religion = n->mother && rng_chance(&w->rng, 950) ? n->mother->religion : pick_by_group(c, w, "religion", n->group, registry__year(n->birth));
    if (rng_chance(&w->rng, 550)) p->blood = pick_by_group(c, w, "blood", n->group, registry__year(n->birth));
    return p;
}

/* ---- who is needed ---- */

/* lack: how many people of this sex and age are missing among so many more; at least a few in the measure of their share. */
static int64_t lack(const struct world *w, int sex, int band)
{
    const int64_t due = w->wanted[sex][band] * (w->living + 200) / w->wanted_sum - w->alive[sex][band];
    return 100 * (due > 0 ? due : 0) + w->wanted[sex][band] * 100 / w->wanted_sum;
}

/* pick_founder: a grown person of sex and age that the pyramid lacks most. */
static void pick_founder(struct world *w, enum sex *ret_sex, int64_t *ret_birth)
{
    int64_t sum = 0, at;
    for (int sex = 0; sex < 2; sex++)
        for (int band = FIRST_FOUNDER_BAND; band < AGE_BANDS; band++) sum += lack(w, sex, band);
    at = rng_below(&w->rng, sum > 0 ? sum : 1);
    for (int sex = 0; sex < 2; sex++)
        for (int band = FIRST_FOUNDER_BAND; band < AGE_BANDS; band++) {
            at -= lack(w, sex, band);
            if (at >= 0) continue;
            *ret_sex = (enum sex)sex;
            *ret_birth = w->day - ((int64_t)band * BAND_YEARS * 36525 + 99) / 100 - rng_below(&w->rng, BAND_YEARS * DAYS_A_YEAR);
            return;
        }
}

/* ---- marriage and children ---- */

static int64_t wedding_of(struct world *w, const struct person *p)
{
    const int64_t age = registry__pick_number(&w->rng, &w->names.lives, p->sex == SEX_MALE ? STR("wedding-male") : STR("wedding-female"), registry__year(p->birth.day), 25);
    return registry__birthday(p, (int)age) + rng_below(&w->rng, DAYS_A_YEAR);
}

/* add_spouse: somebody from outside, of age on the day of the wedding and alive then. */
static struct person *add_spouse(struct call *c, struct world *w, struct family *f, struct person *p, const struct place *home, int64_t wedding)
{
    int64_t gap = rng_range(&w->rng, -1, 5) * DAYS_A_YEAR + rng_below(&w->rng, DAYS_A_YEAR);
    int64_t birth = p->birth.day + (p->sex == SEX_MALE ? gap : -gap);
    const int64_t latest = wedding - 19 * 366;
    if (birth > latest) birth = latest - rng_below(&w->rng, 200);
    struct str group = rng_chance(&w->rng, 900) ? p->group : registry__pick(&w->rng, &w->names.groups, home->province->code, STR("*"), 0);
    struct person *s = add_person(c, w, f, &(struct newcomer){ p->sex == SEX_MALE ? SEX_FEMALE : SEX_MALE, birth, STR(""), group, home, NULL, NULL });
    if (s->death <= wedding + 400) s->death = TIME_FAR;
    p->spouse = s;
    s->spouse = p;
    p->wedding = s->wedding = wedding;
    return s;
}

static void maybe_divorce(struct world *w, struct person *p)
{
    const int64_t first = p->wedding + 2 * DAYS_A_YEAR, last = p->death < p->spouse->death ? p->death : p->spouse->death;
    const int64_t end = last < w->day ? last : w->day;
    if (registry__year(p->birth.day) < 1950 || first >= end - 30 || !rng_chance(&w->rng, 65)) return;
    p->divorce = p->spouse->divorce = rng_range(&w->rng, first, end - 30);
}

static int64_t earliest(int64_t a, int64_t b) { return a < b ? a : b; }

/* is_plenty: of people born on that day there are more than their share. The pyramid decides about some of the children, as times do. */
static bool is_plenty(const struct world *w, int64_t birth)
{
    const int band = registry__band(w, &(struct person){ .birth = { birth, PRECISION_DAY } });
    const int64_t due = (w->wanted[0][band] + w->wanted[1][band]) * (w->living + 100) / w->wanted_sum;
    return w->alive[0][band] + w->alive[1][band] > due;
}

static void live(struct call *c, struct world *w, struct family *f, struct person *p, int depth);

/* bear_children: while both live and are married, in the home of that day. Boys are a little more than half. */
static void bear_children(struct call *c, struct world *w, struct family *f, struct person *father, struct person *mother, int depth)
{
    const bool of_mother = registry__find_custom(w, father->group)->of_mother;
    const int64_t end = earliest(earliest(w->day - 3, registry__birthday(mother, OLDEST_MOTHER)), earliest(earliest(mother->death, father->death), mother->divorce));
    int64_t birth = mother->wedding + rng_range(&w->rng, 250, 1000);
    size_t first = f->n;
    int64_t wanted = registry__pick_number(&w->rng, &w->names.lives, STR("children"), registry__year(mother->birth.day), 2);
    if (wanted > 0 && !is_plenty(w, birth) && rng_chance(&w->rng, LATE_CHILD)) wanted++;
    for (; wanted > 0 && mother->nchildren < CHILDREN_MOST && f->n + ROOM < FAMILY_MOST; wanted--, birth += rng_range(&w->rng, 500, 1700)) {
        if (birth < registry__birthday(mother, YOUNGEST_MOTHER)) birth = registry__birthday(mother, YOUNGEST_MOTHER) + rng_below(&w->rng, 300);
        if (birth >= end) break;
        if (is_plenty(w, birth) && rng_chance(&w->rng, UNBORN)) continue;
        const struct stay *at = &mother->stays[mother->nstays - 1];
        struct person *child = add_person(c, w, f, &(struct newcomer){ rng_chance(&w->rng, 526) ? SEX_MALE : SEX_FEMALE, birth, of_mother ? mother->surname : father->surname,
                                                                       father->group, registry__home_on(at->household, birth)->place, father, mother });
        registry__stay(child, at->household, child->birth.day, STR("birth"));
        mother->children[mother->nchildren++] = child;
        father->children[father->nchildren++] = child;
    }
    for (size_t i = first, end_at = f->n; i < end_at; i++) live(c, w, f, &f->people[i], depth);
}

/* settle_couple: into the home of one of them, where a son stays with his parents, or into one of their own; after a divorce the one who came from outside leaves. */
static void settle_couple(struct call *c, struct world *w, struct family *f, struct person *p, struct person *spouse)
{
    struct household *parental = p->stays[p->nstays - 1].household, *h = parental;
    if (p->father && (p->sex == SEX_FEMALE || parental->heir || !rng_chance(&w->rng, 450))) {
        const struct place *home = registry__home_on(parental, p->wedding)->place;
        const struct place *own = rng_chance(&w->rng, 620) ? home : rng_chance(&w->rng, 600) ? registry__near_place(&w->rng, &w->places, home) : registry__far_place(&w->rng, &w->places);
        h = registry__add_household(c, w, f, own, p->wedding);
        h->heads[h->nheads++] = (struct head){ p->sex == SEX_MALE ? p : spouse, p->wedding };
        registry__stay(p, h, p->wedding, STR("marriage"));
    } else {
        parental->heir = parental->heir || p->father;
    }
    registry__stay(spouse, h, spouse->wedding, STR("marriage"));
    if (p->divorce == TIME_FAR || f->nhouseholds == HOUSEHOLDS_MOST) return;
    struct household *alone = registry__add_household(c, w, f, registry__near_place(&w->rng, &w->places, h->homes[0].place), p->divorce);
    alone->heads[alone->nheads++] = (struct head){ spouse, p->divorce };
    registry__stay(spouse, alone, p->divorce, STR("divorce"));
}

/* live: what happens after childhood: some marry, some move out alone. */
static void live(struct call *c, struct world *w, struct family *f, struct person *p, int depth)
{
    const int64_t wedding = wedding_of(w, p), end = earliest(p->death, w->day - 3);
    const struct place *home = registry__home_on(p->stays[p->nstays - 1].household, wedding)->place;
    if (wedding < end && rng_chance(&w->rng, 925) && f->n + ROOM < FAMILY_MOST && f->nhouseholds + 3 < HOUSEHOLDS_MOST) {
        struct person *spouse = add_spouse(c, w, f, p, home, wedding);
        maybe_divorce(w, p);
        settle_couple(c, w, f, p, spouse);
        if (depth > 0) bear_children(c, w, f, p->sex == SEX_MALE ? p : spouse, p->sex == SEX_MALE ? spouse : p, depth - 1);
        return;
    }
    const int64_t leaves = registry__birthday(p, 21) + rng_below(&w->rng, 10 * DAYS_A_YEAR);
    if (!p->father || leaves >= end || f->nhouseholds + 3 >= HOUSEHOLDS_MOST || !rng_chance(&w->rng, 300)) return;
    struct household *own = registry__add_household(c, w, f, registry__far_place(&w->rng, &w->places), leaves);
    own->heads[own->nheads++] = (struct head){ p, leaves };
    registry__stay(p, own, leaves, STR("work"));
}

/* ---- the whole ---- */

static struct person *found(struct call *c, struct world *w, struct family *f)
{
    const struct cast *cast = w->families <= (int64_t)w->ncast ? &w->cast[w->families - 1] : NULL;
    const struct place *home = cast && cast->unit.n ? registry__find_place(&w->places, cast->unit) : NULL;
    struct newcomer n = { .home = home ? home : registry__some_place(&w->rng, &w->places) };
    pick_founder(w, &n.sex, &n.birth);
    if (cast) {
        n.sex = cast->sex;
        n.birth = cast->birth.day;
        n.surname = cast->surname;
    }
    n.group = cast ? registry__pick(&w->rng, &w->names.groups, STR("*"), STR("*"), 0) : registry__pick(&w->rng, &w->names.groups, n.home->province->code, STR("*"), 0);
    struct person *p = add_person(c, w, f, &n);
    if (cast) {
        p->birth = cast->birth;
        p->middle = cast->middle;
        p->given = cast->given;
        p->given_first = false;
        p->other_name = STR("");
    }
    p->death = TIME_FAR;
    struct household *h = registry__add_household(c, w, f, n.home, registry__birthday(p, GROWN) + rng_below(&w->rng, 3 * DAYS_A_YEAR) - DAYS_A_YEAR);
    h->heads[h->nheads++] = (struct head){ p, h->from };
    registry__stay(p, h, h->from, STR("house"));
    return p;
}

/* enter: who is in the register gets a number: the living and those who died in the last years, as many as are wanted. */
static void enter(struct world *w, struct family *f, size_t most)
{
    size_t entered = 0;
    for (size_t i = 0; i < f->n && entered < most; i++) {
        struct person *p = &f->people[i];
        if (p->death < w->day - REGISTER_YEARS * DAYS_A_YEAR) continue;
        set_pin(w, p);
        entered++;
        if (p->death != TIME_FAR) continue;
        w->alive[p->sex][registry__band(w, p)]++;
        w->living++;
    }
}

void registry__make_family(struct call *c, struct world *w, size_t most, struct family *ret)
{
    ret->n = ret->nhouseholds = 0;
    w->families++;
    struct person *founder = found(c, w, ret);
    live(c, w, ret, founder, 3);
    registry__move_households(c, w, ret, w->families <= (int64_t)w->ncast); /* people known by name stay where they are looked for */
    registry__name_heads(ret, w->day);
    for (size_t i = 0; i < ret->n; i++) registry__send_away(c, w, &ret->people[i]);
    enter(w, ret, most);
}
