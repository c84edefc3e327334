/* search_int.h: finding entries by name. A register file's `search:` section says which columns are the name, the day of birth, the places and the sex; from
 * them a derived table <register>_name_key is kept, one row a version of a name:
 *   key     the loose words of the name (text_fold), the last first, since people are known by it: "hoa nguien thi"; so one range of the index holds all who
 *           bear a given name, or a given name and a surname, whatever stands between
 *   strict  the same name with its marks; name: as it was written; sort: bytes that sort by given name in the language of the people
 *   places  each unit of the entry and the day whose list it is from, "00004@20270 00001@18000-20269", the last number where it ended
 * Indexed by key and year, and by year and key: every question is one range, short enough for ten million people, or cut off at SEARCH_SCAN rows. */
#ifndef SEN_REGISTRY_SEARCH_INT_H
#define SEN_REGISTRY_SEARCH_INT_H

#include <pthread.h>

#include "base/text.h"
#include "registry/registry_int.h"

enum { SEARCH_MOST = 20, SEARCH_SCAN = 10000, SEARCH_WORDS = 8, SEARCH_SORTS = 4, SEARCH_PLACES = 4, SEARCH_NAME = 100 };

struct search_column { const struct group *group; const struct column *column; };
struct search {
    struct search_column name, born, sex;      /* column NULL: the register has none */
    struct search_column sorts[SEARCH_SORTS], places[SEARCH_PLACES]; size_t nsorts, nplaces;
    struct str language;                       /* whose order of letters the names are sorted by */
    struct text_order order;                   /* open from registry__open_search to registry__close_search */
    int64_t version;                           /* of the rules by which keys are made */
    const struct query *insert, *by_name, *by_name_year, *by_start, *by_start_year;
};

/* ---- the table (search_keys.c) ---- */
/* registry__open_search: the table and its statements, which live in a; when the rules changed since the keys were made, they are to be made anew:
 * registry__finish_search_keys does that, entry after entry, and goes on where it was stopped. registry__need_search: ST_UNAVAILABLE until it is done. */
NODISCARD enum status registry__open_search(struct call *c, struct arena *a, struct register_ *r);
void registry__close_search(struct register_ *r);
NODISCARD enum status registry__need_search(struct call *c, const struct register_ *r);
NODISCARD enum status registry__finish_search_keys(struct call *c, const struct register_ *r);
NODISCARD enum status registry__reindex(struct call *c, const struct register_ *r); /* all of them, from the first */

/* ---- the words of a name (search_words.c) ---- */
struct words { struct str all[SEARCH_WORDS]; size_t n; };
/* registry__name_words: false when the name has none or more than SEARCH_WORDS. A hyphen parts words here: "Y-Moan" and "Y Moan" are one man. */
bool registry__name_words(struct arena *a, struct str name, enum text_fold how, struct words *ret);
/* registry__name_key: the last word, then the others in their order. */
struct str registry__name_key(struct arena *a, const struct words *w);
/* registry__split_key: the words of a stored key. */
void registry__split_key(struct str key, struct words *ret);
enum likeness { LIKE_NOT, LIKE_PART, LIKE_ORDER, LIKE_SAME };
/* registry__compare_words: the same in the same order (SAME), in another (ORDER), or all of one among those of the other (PART). */
enum likeness registry__compare_words(const struct words *a, const struct words *b);

/* ---- units by name (search_unit.c) ---- */
/* Which units a person means who writes its name, its name and its district's, without marks, or its code: all of today and of former days that bear the name, with or without
 * the word for their kind, below one that bears the name after the comma. */
struct unit_names;
struct unit_names *registry__unit_names_open(const struct units *u);
void registry__unit_names_close(struct unit_names *n);

enum { UNITS_MEANT = 64 };
struct meant_units { const struct unit *all[UNITS_MEANT]; size_t n; bool more; };
NODISCARD enum status registry__units_named(struct call *c, struct unit_names *names, struct str text, struct meant_units *ret);

/* ---- the question and its answer (search.c) ---- */
struct search_question {
    struct str name, sex;
    struct str unit;                      /* as typed; empty: anywhere */
    struct date born; bool has_born;      /* a year, a month or a day */
    size_t most;                          /* 1 to SEARCH_MOST */
    bool former_names, former_places;     /* what no longer holds finds people too: registry__find_people sets both as the right says */
};
/* From the surest to the weakest; a stronger level is always shown before a weaker one. */
enum search_level { LEVEL_EXACT, LEVEL_STRICT, LEVEL_LOOSE, LEVEL_ORDER, LEVEL_PART, LEVEL_GIVEN };
struct search_match {
    int64_t entity;
    enum search_level level;
    bool former_name, other_name, former_place, born_partly, in_place; /* in_place: a place was asked for and fits */
    struct str sort;
};
enum search_outcome { SEARCH_FOUND, SEARCH_NOT_FOUND, SEARCH_DOUBTFUL, SEARCH_TOO_MANY };
struct search_answer {
    enum search_outcome outcome;
    const struct search_match *matches; size_t n;
    bool more;                            /* weaker matches were left out */
};
/* registry__check_question: refuses at the field ("name", "born", "unit", "sex", "limit") with a sentence. */
NODISCARD enum status registry__check_question(struct call *c, const struct register_ *r, const struct search_question *q);
NODISCARD enum status registry__search(struct call *c, const struct register_ *r, const struct search_question *q, struct search_answer *ret);
/* words of the interface */
struct str registry__outcome_word(enum search_outcome o);
/* registry__match_reasons: codes such as "name_loose", "lived_there", at most REASONS_MOST. */
enum { REASONS_MOST = 5 };
size_t registry__match_reasons(const struct search_match *m, struct str ret[static REASONS_MOST]);
extern const struct str registry__reasons[]; extern const size_t registry__nreasons;

/* registry__find_people: search, read the columns allowed of each who is shown, and journal: one entry of the kind "<register>.search" with all of them as
 * subjects, also when there is nobody. Nothing is in *ret before the entry is durable. */
struct found_person { const struct search_match *match; struct register_record record; };
struct found_people { struct search_answer answer; const struct found_person *people; struct str entry; };
struct search_reader { const struct register_ *reg; const struct str *columns; size_t ncolumns; struct str message; };
NODISCARD enum status registry__find_people(struct call *c, const struct search_reader *rd, const struct search_question *q, struct found_people *ret);

#endif
