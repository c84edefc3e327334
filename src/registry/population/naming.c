/* naming.c: names by sex, time, region and ethnic group, written as each group writes them. */
#include "registry/population/people.h"

enum { GROUP_NAMES = 700, TWO_MIDDLES = 130, TRIES = 20 };

struct str registry__sex_word(enum sex sex)
{
    return sex == SEX_MALE ? STR("male") : STR("female");
}

const struct custom *registry__find_custom(const struct world *w, struct str group)
{
    static const struct custom common = { { NULL, 0 }, false, false };
    for (size_t i = 0; i < w->ncustoms; i++)
        if (str_eq(w->customs[i].group, group)) return &w->customs[i];
    return &common;
}

/* keyed: "male-08": what people of this sex bear in this group. */
static struct str keyed(struct call *c, struct str word, struct str group)
{
    return str_join(c->arena, word, STR("-"), group, STR_END);
}

static struct str make_surname(struct call *c, struct world *w, const struct place *home, struct str group, int year)
{
    struct str regional = keyed(c, group, home->province->region);
    struct str surname = registry__pick(&w->rng, &w->names.surnames, regional, group, year);
    return surname.n ? surname : registry__pick(&w->rng, &w->names.surnames, STR("01-north"), STR("01"), year);
}

static struct str make_middle(struct call *c, struct world *w, enum sex sex, struct str group, int year)
{
    struct str word = registry__sex_word(sex);
    struct str one = registry__pick(&w->rng, &w->names.middles, keyed(c, word, group), word, year);
    if (!one.n || !rng_chance(&w->rng, TWO_MIDDLES)) return one;
    struct str two = registry__pick(&w->rng, &w->names.middles, keyed(c, word, group), word, year);
    return !two.n || str_eq(one, two) ? one : str_join(c->arena, one, STR(" "), two, STR_END);
}

/* make_given: of the group's own names mostly, else of those everybody bears; where the given name comes first, always of the group's. */
static struct str make_given(struct call *c, struct world *w, enum sex sex, struct str group, int year)
{
    struct str word = registry__sex_word(sex);
    const bool own = registry__find_custom(w, group)->given_first || rng_chance(&w->rng, GROUP_NAMES);
    return registry__pick(&w->rng, &w->names.given, own ? keyed(c, word, group) : word, word, year);
}

static bool is_taken(const struct person *parent, struct str given)
{
    for (size_t i = 0; parent && i < parent->nchildren; i++)
        if (str_eq(parent->children[i]->given, given)) return true;
    return false;
}

void registry__name_person(struct call *c, struct world *w, const struct place *home, struct person *p, const struct person *parent)
{
    const int year = registry__year(p->birth.day);
    p->given_first = registry__find_custom(w, p->group)->given_first;
    if (!p->surname.n) p->surname = make_surname(c, w, home, p->group, year);
    p->middle = make_middle(c, w, p->sex, p->group, year);
    for (int tries = 0; tries < TRIES; tries++) {
        p->given = make_given(c, w, p->sex, p->group, year);
        if (!is_taken(parent, p->given)) break;
    }
    if (year < 1975 && rng_chance(&w->rng, 30)) p->other_name = registry__pick(&w->rng, &w->names.given, registry__sex_word(p->sex), STR(""), 1950);
}

/* join_name: the parts that are there, in the group's order. */
static struct str join_name(struct arena *a, bool given_first, struct str surname, struct str middle, struct str given)
{
    struct str blank = STR(" "), none = STR("");
    if (given_first) return str_join(a, given, surname.n ? blank : none, surname, STR_END);
    return str_join(a, surname, surname.n ? blank : none, middle, middle.n ? blank : none, given, STR_END);
}

struct str registry__full_name(struct arena *a, const struct person *p)
{
    return join_name(a, p->given_first, p->surname, p->middle, p->given);
}

static struct str absent_parent(struct call *c, struct world *w, const struct place *home, const struct person *p, enum sex sex, bool gave_surname, int year)
{
    struct str surname = gave_surname ? p->surname : make_surname(c, w, home, p->group, year);
    struct str middle = make_middle(c, w, sex, p->group, year);
    return join_name(c->arena, p->given_first, surname, middle, make_given(c, w, sex, p->group, year));
}

void registry__name_parents(struct call *c, struct world *w, const struct place *home, struct person *p)
{
    const int year = registry__year(p->birth.day);
    const bool of_mother = registry__find_custom(w, p->group)->of_mother;
    if (!p->father) p->father_name = absent_parent(c, w, home, p, SEX_MALE, !of_mother, year - 28);
    if (!p->mother) p->mother_name = absent_parent(c, w, home, p, SEX_FEMALE, of_mother, year - 25);
}
