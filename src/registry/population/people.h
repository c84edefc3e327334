/* people.h: invented people in believable households on real communes. No person here exists: numbers begin with 9, which no province or
 * country code issued in Vietnam does. */
#ifndef SEN_REGISTRY_POPULATION_PEOPLE_H
#define SEN_REGISTRY_POPULATION_PEOPLE_H

#include "registry/population/rng.h"
#include "registry/registry_int.h"

/* ---- words to choose from (names.c) ---- */
struct pool_word { struct str group, text; int64_t from, to /* years */, weight; };  /* group: "01", "male", "phuong" ... */
struct pool { const struct pool_word *words; size_t n; };
struct names { struct pool surnames, middles, given, groups /* province -> ethnic group */, addresses; };
NODISCARD enum status registry__load_names(struct call *c, struct str folder, struct names *ret);
/* registry__pick: a word of the group that was in use in the year, by weight; words of other (may be empty) where the group has none; empty when there is none at all. */
struct str registry__pick(struct rng *r, const struct pool *p, struct str group, struct str other, int64_t year);

/* ---- one household (household.c) ---- */
enum sex { SEX_MALE, SEX_FEMALE };
enum place { PLACE_HEAD, PLACE_SPOUSE, PLACE_CHILD, PLACE_PARENT };
struct person {
    char pin[13], id9[10];                  /* id9: empty for people who never had one */
    enum sex sex;
    enum place place;
    struct date birth;
    int64_t death;                          /* TIME_FAR: alive */
    struct str surname, middle, given, other_name, group;
    const struct unit *birth_place, *stays; /* stays: temporary residence; NULL: none */
    struct str stays_address;
    int64_t stays_from;
    const struct person *father, *mother, *spouse;  /* NULL: not in the register */
    struct str father_name, mother_name;            /* of parents who are not in the register */
};
enum { HOUSEHOLD_MOST = 10 };
struct household { const struct unit *unit; struct str address; int64_t number, from; struct person people[HOUSEHOLD_MOST]; size_t n; };

struct world {
    struct rng rng;
    const struct units *units;
    const struct unit **communes; size_t ncommunes;  /* in force on day */
    struct names names;
    int64_t day;          /* the day on which the people are as they are */
    int64_t made, households;
    char last_id9[10];
};
/* registry__open_world: units and names for people as of day. The same seed, day and files give the same people. */
NODISCARD enum status registry__open_world(struct call *c, const struct units *units, struct str names_folder, uint64_t seed, int64_t day, struct world *ret);
/* registry__make_household: the next household with at most `most` people (at least 1). Texts live in the call's arena. */
void registry__make_household(struct call *c, struct world *w, size_t most, struct household *ret);
/* registry__put_person: one JSON line for `sen register load`. */
void registry__put_person(const struct world *w, const struct household *h, const struct person *p, struct buf *out);

#endif
