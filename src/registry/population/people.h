/* people.h: invented people in families over generations, on real communes. No person here exists: numbers begin with 9, which no province or
 * country code issued in Vietnam does. A family is made whole, written, and forgotten: ten million people need no more memory than ten. */
#ifndef SEN_REGISTRY_POPULATION_PEOPLE_H
#define SEN_REGISTRY_POPULATION_PEOPLE_H

#include "registry/population/rng.h"
#include "registry/registry_int.h"

/* ---- words to choose from (names.c) ---- */
struct pool_word { struct str group, text; int64_t from, to /* years */, weight; int line; };  /* group: "01", "male-08", "phuong" ... */
struct pool { const struct pool_word *words; size_t n; /* by group, in the file's order within one */ };
struct names { struct pool surnames, middles, given, groups /* province -> ethnic group */, addresses, lives, ages; };
NODISCARD enum status registry__load_names(struct call *c, struct str folder, struct names *ret);
/* registry__load_pool: one CSV of the folder; from, to and weight are optional columns. */
NODISCARD enum status registry__load_pool(struct call *c, struct str folder, const char *file, const char *group, const char *text, struct pool *ret);
/* registry__pick: a word of the group that was in use in the year, by weight; words of other (may be empty) where the group has none; empty when there is none at all. */
struct str registry__pick(struct rng *r, const struct pool *p, struct str group, struct str other, int64_t year);
/* registry__pick_number: the same of a word that is a whole number; fallback when there is none. */
int64_t registry__pick_number(struct rng *r, const struct pool *p, struct str group, int64_t year, int64_t fallback);

/* ---- where people live (places.c) ---- */
struct province { struct str code, region; int64_t people /* weight */, pull /* weight for those who move far */; size_t first, n; /* its places */ };
struct place { const struct unit *now, *old; const struct province *province; };  /* a commune and one it was made of; old: NULL when nothing is known */
struct places { const struct place *all; size_t n; const struct province *provinces; size_t nprovinces; int64_t people, pull; /* sums */ };
/* registry__open_places: the communes in force on day, each with those it was made of. */
NODISCARD enum status registry__open_places(struct call *c, const struct units *units, struct str names_folder, int64_t day, struct places *ret);
const struct place *registry__some_place(struct rng *r, const struct places *p);        /* as people are spread */
const struct place *registry__far_place(struct rng *r, const struct places *p);         /* as those who move are drawn */
const struct place *registry__near_place(struct rng *r, const struct places *p, const struct place *from); /* of the same province */
const struct place *registry__find_place(const struct places *p, struct str code);      /* made of (or called) the commune of this code; NULL */

/* ---- a family ---- */
enum sex { SEX_MALE, SEX_FEMALE };
enum { FAMILY_MOST = 120, CHILDREN_MOST = 8, STAYS_MOST = 4, HOMES_MOST = 3, HEADS_MOST = 6, HOUSEHOLDS_MOST = 48, AGE_BANDS = 18, CAST_MOST = 32 };

struct person;
struct home { const struct place *place; struct str address; int64_t from; };           /* until the next one */
struct head { const struct person *person; int64_t from; };
struct household {
    int64_t number, from;
    struct home homes[HOMES_MOST]; size_t nhomes;
    struct head heads[HEADS_MOST]; size_t nheads;
    bool heir;                                /* one grown child has stayed with the parents */
};
struct stay { struct household *household; int64_t from, to; struct str reason; };
struct away { const struct place *place; struct str address, reason; int64_t from, to; bool told; /* the absence was declared at home */ };
struct person {
    char pin[13], id9[10];                    /* pin: empty for people who are not in the register; id9: for people who never had one */
    enum sex sex;
    struct date birth;
    int64_t death;                            /* TIME_FAR: alive */
    struct str surname, middle, given, other_name, group, religion, blood;
    bool given_first;                         /* as it is written in this ethnic group: the given name before the surname */
    const struct place *birth_place, *hometown;
    struct person *father, *mother, *spouse;  /* NULL: not in this family */
    struct str father_name, mother_name;      /* of parents who are not */
    int64_t wedding, divorce;                 /* TIME_FAR: never */
    struct person *children[CHILDREN_MOST]; size_t nchildren;
    struct stay stays[STAYS_MOST]; size_t nstays;
    struct away away;                         /* place NULL: none */
};
struct family { struct person people[FAMILY_MOST]; size_t n; struct household households[HOUSEHOLDS_MOST]; size_t nhouseholds; };

/* A person whom the stories of the sandbox know by name (cast.csv). */
struct cast { struct str surname, middle, given, unit; enum sex sex; struct date birth; };
/* What the law says about a document, and its first days (documents.csv). */
struct paper { struct str kind; int64_t first, last, until; int ages[8]; size_t nages; };
enum { PAPER_ID9, PAPER_OLD, PAPER_NEW, PAPER_ACCOUNT, PAPERS };
struct custom { struct str group; bool given_first, of_mother; };

struct world {
    struct rng rng;
    const struct units *units;
    struct names names;
    struct places places;
    struct paper papers[PAPERS];
    const struct custom *customs; size_t ncustoms;
    struct cast cast[CAST_MOST]; size_t ncast;
    struct str nationality;
    int64_t day;          /* the day on which the people are as they are */
    int64_t made, families, households;
    int64_t alive[2][AGE_BANDS], wanted[2][AGE_BANDS], living, wanted_sum; /* the age pyramid so far, and as it should be */
    char last_id9[10];
};
/* registry__open_world: names (a folder) and cast (a file, or empty) for people in these units as of day. The same seed, day and files give the same people. */
struct world_files { struct str names, cast; };
NODISCARD enum status registry__open_world(struct call *c, const struct units *units, const struct world_files *files, uint64_t seed, int64_t day, struct world *ret);
/* registry__make_family: the next family; at most `most` (at least 1) of its people are in the register, the first of them alive. Texts live in the call's arena. */
void registry__make_family(struct call *c, struct world *w, size_t most, struct family *ret);
bool registry__is_registered(const struct person *p);
/* registry__band: of the age pyramid, five years each, the last one open. */
int registry__band(const struct world *w, const struct person *p);

/* ---- shared by the files of this folder ---- */
int64_t registry__birthday(const struct person *p, int years);                          /* the day on which so many years are full */
struct str registry__sex_word(enum sex sex);
int registry__year(int64_t day);
/* names of people (naming.c) */
void registry__name_person(struct call *c, struct world *w, const struct place *home, struct person *p, const struct person *siblings_of);
struct str registry__full_name(struct arena *a, const struct person *p);
void registry__name_parents(struct call *c, struct world *w, const struct place *home, struct person *p);
const struct custom *registry__find_custom(const struct world *w, struct str group);
/* homes.c */
struct household *registry__add_household(struct call *c, struct world *w, struct family *f, const struct place *place, int64_t from);
void registry__stay(struct person *p, struct household *h, int64_t from, struct str reason);
const struct home *registry__home_on(const struct household *h, int64_t day);
void registry__move_households(struct call *c, struct world *w, struct family *f, size_t first);
void registry__name_heads(struct family *f, int64_t day);
void registry__send_away(struct call *c, struct world *w, struct person *p);
struct str registry__address(struct call *c, struct world *w, const struct place *place);

/* registry__put_person: one JSON line for `sen register load` (person_json.c, papers.c). */
void registry__put_person(struct call *c, struct world *w, const struct family *f, const struct person *p, struct buf *out);
struct line { struct call *c; struct json_out *o; struct world *w; const struct family *f; const struct person *p; };
void registry__open_version(struct json_out *o, struct str kind, int64_t from, int64_t to);
void registry__put_day(struct json_out *o, const char *name, int64_t day);
void registry__put_papers(const struct line *l);   /* documents, account, contact */

#endif
