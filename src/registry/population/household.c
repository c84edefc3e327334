/* household.c: one household after another: a head, often a wife or husband, their children, sometimes the head's parents. Ages fit,
 * surnames follow the father, people of different times bear the names of their time. */
#include "registry/population/people.h"

enum { DAYS_A_YEAR = 365, YOUNGEST_PARENT = 18, ADULT = 18, PIN_SPAN = 100000000 };

static int year_of(int64_t day)
{
    int year, month, mday;
    date_civil(day, &year, &month, &mday);
    return year;
}

static int64_t age_on(const struct world *w, const struct person *p)
{
    return (w->day - p->birth.day) / DAYS_A_YEAR;
}

static struct str sex_word(enum sex sex)
{
    return sex == SEX_MALE ? STR("male") : STR("female");
}

/* ---- numbers ---- */

/* set_pin: 9xx, century and sex, birth year, six digits: the shape of real numbers, so that programs meet it, in a range never issued. The eight free
 * digits walk through all their values before one returns, so no number comes twice. */
static void set_pin(struct world *w, struct person *p)
{
    const int year = year_of(p->birth.day);
    const int64_t free_digits = (w->made * 61803399 + 27182818) % PIN_SPAN;
    const int64_t mark = (year / 100 - 19) * 2 + (p->sex == SEX_FEMALE);
    const int64_t number = ((9 * 100 + free_digits / 1000000) * 10 + mark % 10) * 100 + year % 100;
    int64_t rest = number * 1000000 + free_digits % 1000000;
    for (int i = 11; i >= 0; i--, rest /= 10) p->pin[i] = (char)('0' + rest % 10);
    w->made++;
}

/* set_id9: people who were adults before 2021 mostly had a nine-digit number; now and then one was given twice. */
static void set_id9(struct world *w, struct person *p)
{
    if (year_of(p->birth.day) > 2005 || !rng_chance(&w->rng, 720)) return;
    if (!w->last_id9[0] || !rng_chance(&w->rng, 2)) {
        int64_t number = rng_range(&w->rng, 10000000, 399999999);
        for (int i = 8; i >= 0; i--, number /= 10) w->last_id9[i] = (char)('0' + number % 10);
    }
    memcpy(p->id9, w->last_id9, sizeof p->id9);
}

/* ---- single facts ---- */

/* set_birth: some day of the year; of many old people only the year is known. */
static void set_birth(struct world *w, struct person *p, int year)
{
    int64_t first = date_day(year, 1, 1), day = first + rng_below(&w->rng, DAYS_A_YEAR);
    int month, mday;
    if (day > w->day) day = w->day;
    p->birth = (struct date){ day, PRECISION_DAY };
    if (year < 1958 && rng_chance(&w->rng, 350)) {
        p->birth = (struct date){ first, PRECISION_YEAR };
    } else if (year < 1970 && rng_chance(&w->rng, 50)) {
        date_civil(day, &year, &month, &mday);
        p->birth = (struct date){ date_day(year, month, 1), PRECISION_MONTH };
    }
}

static const struct unit *some_commune(struct world *w)
{
    return w->communes[rng_below(&w->rng, (int64_t)w->ncommunes)];
}

/* near: a commune of the same province; communes of one province stand side by side often enough to try a few times. */
static const struct unit *near(struct world *w, const struct unit *home)
{
    for (int i = 0; i < 40; i++) {
        const struct unit *u = some_commune(w);
        if (str_eq(u->parent, home->parent)) return u;
    }
    return home;
}

static struct str make_middle(struct call *c, struct world *w, enum sex sex, int year)
{
    struct str one = registry__pick(&w->rng, &w->names.middles, sex_word(sex), STR(""), year);
    if (!rng_chance(&w->rng, 150)) return one;
    struct str two = registry__pick(&w->rng, &w->names.middles, sex_word(sex), STR(""), year);
    return str_eq(one, two) ? one : str_join(c->arena, one, STR(" "), two, STR_END);
}

static bool is_given_taken(const struct household *h, struct str given)
{
    for (size_t i = 0; i < h->n; i++)
        if (str_eq(h->people[i].given, given)) return true;
    return false;
}

static void set_names(struct call *c, struct world *w, const struct household *h, struct person *p, struct str surname)
{
    const int year = year_of(p->birth.day);
    p->surname = surname.n ? surname : registry__pick(&w->rng, &w->names.surnames, p->group, STR("01"), year);
    p->middle = make_middle(c, w, p->sex, year);
    for (int tries = 0; tries < 20; tries++) {
        p->given = registry__pick(&w->rng, &w->names.given, sex_word(p->sex), STR(""), year);
        if (!is_given_taken(h, p->given)) break;
    }
    if (year < 1975 && rng_chance(&w->rng, 30)) p->other_name = registry__pick(&w->rng, &w->names.given, sex_word(p->sex), STR(""), 1950);
}

static struct str full_name(struct call *c, struct str surname, struct str middle, struct str given)
{
    return middle.n ? str_join(c->arena, surname, STR(" "), middle, STR(" "), given, STR_END) : str_join(c->arena, surname, STR(" "), given, STR_END);
}

/* absent_parent: the name of a parent who is not in the register. */
static struct str absent_parent(struct call *c, struct world *w, enum sex sex, struct str group, struct str surname, int year)
{
    struct str own = surname.n ? surname : registry__pick(&w->rng, &w->names.surnames, group, STR("01"), year);
    return full_name(c, own, make_middle(c, w, sex, year), registry__pick(&w->rng, &w->names.given, sex_word(sex), STR(""), year));
}

static struct str make_address(struct call *c, struct world *w, const struct unit *u)
{
    struct str text = registry__pick(&w->rng, &w->names.addresses, u->kind, STR("xa"), 0), before, mark;
    struct buf b = buf_in(c->arena, 1000);
    while (str_cut(&text, '{', &before)) {
        buf_put(&b, before);
        if (!str_cut(&text, '}', &mark)) break;
        buf_put_int(&b, str_eq(mark, STR("n")) ? rng_range(&w->rng, 1, 300) : rng_range(&w->rng, 1, 24));
    }
    buf_put(&b, text);
    return buf_str(&b);
}

/* ---- people of a household ---- */

struct seed_of_person { enum sex sex; enum place place; int year; struct str surname, group; };

static struct person *add_person(struct call *c, struct world *w, struct household *h, const struct seed_of_person *s)
{
    struct person *p = &h->people[h->n];
    *p = (struct person){ .sex = s->sex, .place = s->place, .group = s->group, .death = TIME_FAR };
    set_birth(w, p, s->year);
    set_pin(w, p);
    set_id9(w, p);
    set_names(c, w, h, p, s->surname);
    p->birth_place = rng_chance(&w->rng, 700) ? h->unit : rng_chance(&w->rng, 700) ? near(w, h->unit) : some_commune(w);
    h->n++;
    return p;
}

/* name_parents: parents outside the register are known by name; the father gives the surname. */
static void name_parents(struct call *c, struct world *w, struct person *p)
{
    const int year = year_of(p->birth.day);
    if (!p->father) p->father_name = absent_parent(c, w, SEX_MALE, p->group, p->surname, year - 28);
    if (!p->mother) p->mother_name = absent_parent(c, w, SEX_FEMALE, p->group, STR(""), year - 25);
}

static struct person *add_spouse(struct call *c, struct world *w, struct household *h, struct person *head)
{
    const int gap = (int)rng_range(&w->rng, -2, 6);
    int year = year_of(head->birth.day) + (head->sex == SEX_MALE ? gap : -gap);
    const int latest = year_of(w->day) - ADULT - 1;
    struct str group = rng_chance(&w->rng, 900) ? head->group : registry__pick(&w->rng, &w->names.groups, h->unit->parent, STR("*"), 0);
    struct person *spouse = add_person(c, w, h, &(struct seed_of_person){ head->sex == SEX_MALE ? SEX_FEMALE : SEX_MALE, PLACE_SPOUSE, year < latest ? year : latest,
                                                                          STR(""), group });
    head->spouse = spouse;
    spouse->spouse = head;
    return spouse;
}

static void add_children(struct call *c, struct world *w, struct household *h, struct person *head, struct person *spouse, size_t most)
{
    struct person *father = head->sex == SEX_MALE ? head : spouse, *mother = head->sex == SEX_MALE ? spouse : head;
    const int today = year_of(w->day);
    const int older = year_of(father->birth.day > mother->birth.day ? father->birth.day : mother->birth.day);
    int year = older + YOUNGEST_PARENT + 1 + (int)rng_range(&w->rng, 1, 9);
    for (int64_t wanted = rng_chance(&w->rng, 300) ? 1 : rng_range(&w->rng, 2, 3); wanted > 0 && h->n < most && year < today; wanted--) {
        if (today - year < 30 && year < year_of(mother->birth.day) + 44) {
            struct person *child = add_person(c, w, h, &(struct seed_of_person){ rng_chance(&w->rng, 515) ? SEX_MALE : SEX_FEMALE, PLACE_CHILD, year, father->surname,
                                                                                 father->group });
            child->father = father;
            child->mother = mother;
        }
        year += (int)rng_range(&w->rng, 2, 5);
    }
}

/* age_and_die: the chance to be dead grows with age; the day of death lies between seventy and now. */
static void age_and_die(struct world *w, struct person *p)
{
    const int64_t age = age_on(w, p), from = p->birth.day + 70 * DAYS_A_YEAR;
    if (age < 72 || !rng_chance(&w->rng, (age - 68) * 18)) return;
    p->death = rng_range(&w->rng, from, w->day - 1);
}

static void add_parents_of_head(struct call *c, struct world *w, struct household *h, struct person *head)
{
    const int year = year_of(head->birth.day) - (int)rng_range(&w->rng, 20, 32);
    struct person *father = add_person(c, w, h, &(struct seed_of_person){ SEX_MALE, PLACE_PARENT, year, head->surname, head->group });
    struct person *mother = add_person(c, w, h, &(struct seed_of_person){ SEX_FEMALE, PLACE_PARENT, year + (int)rng_range(&w->rng, -1, 2), STR(""), head->group });
    father->spouse = mother;
    mother->spouse = father;
    head->father = father;
    head->mother = mother;
    age_and_die(w, father);
    age_and_die(w, mother);
}

/* maybe_stay: young adults work or study in another place and are registered there for the time. */
static void maybe_stay(struct call *c, struct world *w, struct person *p)
{
    const int64_t age = age_on(w, p);
    if (age < 18 || age > 34 || p->death != TIME_FAR || !rng_chance(&w->rng, 120)) return;
    p->stays = some_commune(w);
    p->stays_address = make_address(c, w, p->stays);
    p->stays_from = w->day - rng_range(&w->rng, 30, 700);
}

/* head_age: most heads are between 28 and 60, some old; a rough pyramid, no statistic. */
static int64_t head_age(struct rng *r)
{
    int64_t at = rng_below(r, 100);
    return at < 12 ? rng_range(r, 22, 29) : at < 70 ? rng_range(r, 30, 52) : at < 92 ? rng_range(r, 53, 70) : rng_range(r, 71, 92);
}

void registry__make_household(struct call *c, struct world *w, size_t most, struct household *ret)
{
    const struct unit *unit = some_commune(w);
    *ret = (struct household){ .unit = unit, .number = ++w->households };
    if (most > HOUSEHOLD_MOST) most = HOUSEHOLD_MOST;
    struct str group = registry__pick(&w->rng, &w->names.groups, unit->parent, STR("*"), 0);
    ret->address = make_address(c, w, unit);
    const int year = year_of(w->day) - (int)head_age(&w->rng);
    struct person *head = add_person(c, w, ret, &(struct seed_of_person){ rng_chance(&w->rng, 700) ? SEX_MALE : SEX_FEMALE, PLACE_HEAD, year, STR(""), group });
    const int64_t age = age_on(w, head);
    struct person *spouse = most > 1 && age > 23 && rng_chance(&w->rng, 860) ? add_spouse(c, w, ret, head) : NULL;
    if (most >= ret->n + 2 && age < 56 && rng_chance(&w->rng, 260)) add_parents_of_head(c, w, ret, head);
    if (spouse && rng_chance(&w->rng, 880)) add_children(c, w, ret, head, spouse, most);
    if (spouse) age_and_die(w, spouse);
    ret->from = w->day - rng_below(&w->rng, (age - ADULT + 1) * DAYS_A_YEAR);
    for (size_t i = 0; i < ret->n; i++) {
        name_parents(c, w, &ret->people[i]);
        maybe_stay(c, w, &ret->people[i]);
    }
}

enum status registry__open_world(struct call *c, const struct units *units, struct str names_folder, uint64_t seed, int64_t day, struct world *ret)
{
    *ret = (struct world){ .units = units, .day = day, .communes = arena_array(c->arena, const struct unit *, units->n) };
    TRY(registry__load_names(c, names_folder, &ret->names));
    rng_seed(&ret->rng, seed);
    for (size_t i = 0; i < units->n; i++) {
        const struct unit *u = &units->all[i];
        if (u->parent.n && u->from <= day && day < u->to) ret->communes[ret->ncommunes++] = u;
    }
    if (ret->ncommunes == 0) return call_fail(c, ST_INVALID, "units", "The list of units has no commune in force on that day. Check units.csv.");
    return ST_OK;
}
