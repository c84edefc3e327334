/* search.c: who may be meant by a name, a birth and a place. One name has many spellings, so an answer says how sure it is: found is exactly one entry that
 * bears the very name, with its marks, and the birth asked for; what agrees only without marks, in another order or in part is shown as a doubt for a
 * person to decide. A name too common to decide by gives nobody, but says what to add. Reads the derived table only. */
#include "registry/search_int.h"

#include <stdlib.h>

#include "base/config.h"

enum { YEAR_FIRST = 1850, MATCHES_FIRST = 64 };

/* A place as it stands in the table. */
struct place { struct str code; int64_t day, to; };
struct memo { int8_t *known; };  /* by place in units->all: 0 not asked, 1 lies in, -1 does not */

struct searching {
    const struct register_ *r;
    const struct search_question *q;
    struct words loose;
    struct str strict, name;         /* of the question */
    struct meant_units units; bool has_units;
    struct memo memo;
    int64_t today, scanned;
    bool too_many;
    struct search_match *matches; size_t n, cap;
};

/* ---- the question ---- */

static enum status check_born(struct call *c, const struct search_question *q)
{
    int year, month, mday, this_year;
    if (!q->has_born) return ST_OK;
    date_civil(q->born.day, &year, &month, &mday);
    date_civil(registry__today(c), &this_year, &month, &mday);
    if (year >= YEAR_FIRST && year <= this_year) return ST_OK;
    return call_fail(c, ST_INVALID, "born", "Write a year of birth between 1850 and this year.");
}

static enum status check_sex(struct call *c, const struct search *s, struct str sex)
{
    if (sex.n == 0) return ST_OK;
    if (s->sex.column && registry__find_code(s->sex.column->list, sex)) return ST_OK;
    return call_fail(c, ST_INVALID, "sex", "Write the sex by a code of the register, or leave it out.");
}

enum status registry__check_question(struct call *c, const struct register_ *r, const struct search_question *q)
{
    struct words words;
    const struct search *s = r->search;
    if (!s) return call_fail(c, ST_INVALID, "", "This register cannot be searched by name. Ask by number.");
    if (!text_is_plain(q->name) || text_count(q->name) > SEARCH_NAME) return call_fail(c, ST_INVALID, "name", "Write the name in one line of at most 100 letters.");
    if (!registry__name_words(c->arena, q->name, TEXT_LOOSE, &words)) return call_fail(c, ST_INVALID, "name", "Write a name of one to eight words.");
    if (q->has_born && !s->born.column) return call_fail(c, ST_INVALID, "born", "This register knows no births. Leave the birth out.");
    if (q->unit.n && !s->nplaces) return call_fail(c, ST_INVALID, "unit", "This register knows no places. Leave the place out.");
    if (!text_is_plain(q->unit)) return call_fail(c, ST_INVALID, "unit", "Write the place in one line.");
    if (q->most < 1 || q->most > SEARCH_MOST) return call_fail(c, ST_INVALID, "limit", "Ask for 1 to 20 people.");
    TRY(check_born(c, q));
    return check_sex(c, s, q->sex);
}

/* ---- does an entry fit? ---- */

/* read_place: false at the end, and at anything that is not as put_place wrote it. A day before 1970 begins with the same sign that stands between two days. */
static bool read_place(struct str *places, struct place *ret)
{
    struct str one;
    size_t end = 1;
    if (!str_next(places, ' ', &one) || !str_cut(&one, '@', &ret->code) || one.n == 0) return false;
    while (end < one.n && one.p[end] != '-') end++;
    ret->to = TIME_FAR;
    if (!str_int(str_of(one.p, end), &ret->day)) return false;
    return end == one.n || str_int(str_skip(one, end + 1), &ret->to);
}

static bool lies_in(struct searching *s, const struct place *p)
{
    const struct units *u = s->r->units;
    const struct unit *unit = registry__find_unit(u, p->code, p->day);
    if (!unit) return false;
    int8_t *known = &s->memo.known[unit - u->all];
    for (size_t i = 0; *known == 0 && i < s->units.n; i++) {
        const struct unit *wanted = s->units.all[i];
        if (registry__unit_covers(u, wanted->code, wanted->to - 1, p->code, p->day)) *known = 1;
    }
    if (*known == 0) *known = -1;
    return *known > 0;
}

/* fits_place: one of the entry's places lies in a unit that was meant; a place of today before one of former days. */
static bool fits_place(struct searching *s, struct str places, struct search_match *m)
{
    struct place p;
    bool fits = false;
    if (!s->has_units) return true;
    m->former_place = true;
    while (m->former_place && read_place(&places, &p))
        if ((s->q->former_places || p.to > s->today) && lies_in(s, &p)) {
            fits = true;
            m->former_place = p.to <= s->today;
        }
    m->in_place = fits;
    return fits;
}

/* fits_born: the parts of the date that both sides know must be the same. */
static bool fits_born(const struct search_question *q, int64_t day, int64_t precision, struct search_match *m)
{
    int year, month, mday, asked_year, asked_month, asked_mday;
    if (!q->has_born) return true;
    if (precision < PRECISION_YEAR) return false;
    date_civil(day, &year, &month, &mday);
    date_civil(q->born.day, &asked_year, &asked_month, &asked_mday);
    m->born_partly = precision < (int64_t)q->born.precision;
    if (year != asked_year) return false;
    if (precision >= PRECISION_MONTH && q->born.precision >= PRECISION_MONTH && month != asked_month) return false;
    return precision < PRECISION_DAY || q->born.precision < PRECISION_DAY || mday == asked_mday;
}

static bool grade_name(const struct searching *s, const struct db_rows *rows, struct search_match *m)
{
    struct words words = { .n = 0 };
    registry__split_key(db_col_text(rows, 10), &words);
    switch (registry__compare_words(&s->loose, &words)) {
    case LIKE_NOT: return false;
    case LIKE_PART: m->level = s->loose.n == 1 ? LEVEL_GIVEN : LEVEL_PART; return true;
    case LIKE_ORDER: m->level = LEVEL_ORDER; return true;
    case LIKE_SAME: break;
    }
    m->level = str_eq(db_col_text(rows, 7), s->name) ? LEVEL_EXACT : str_eq(db_col_text(rows, 6), s->strict) ? LEVEL_STRICT : LEVEL_LOOSE;
    return true;
}

/* ---- collecting ---- */

static int doubts(const struct search_match *m) { return m->former_name + m->other_name + m->former_place + m->born_partly; }

static int by_rank(const void *a, const void *b)
{
    const struct search_match *x = a, *y = b;
    if (x->level != y->level) return x->level < y->level ? -1 : 1;
    if (doubts(x) != doubts(y)) return doubts(x) - doubts(y);
    const int order = str_cmp(x->sort, y->sort);
    return order ? order : (x->entity > y->entity) - (x->entity < y->entity);
}

static void add_match(struct call *c, struct searching *s, const struct search_match *m)
{
    if (s->n == s->cap) {
        const size_t cap = s->cap ? s->cap * 2 : MATCHES_FIRST;
        struct search_match *all = arena_array(c->arena, struct search_match, cap);
        if (s->n) memcpy(all, s->matches, s->n * sizeof *all);
        s->matches = all;
        s->cap = cap;
    }
    s->matches[s->n++] = *m;
}

static void take_row(struct call *c, struct searching *s, const struct db_rows *rows)
{
    struct search_match m = { .entity = db_col_int(rows, 0), .former_name = db_col_int(rows, 2) <= s->today };
    if (m.former_name && !s->q->former_names) return;
    if (s->q->sex.n && !str_eq(db_col_text(rows, 5), s->q->sex)) return;
    if (!fits_born(s->q, db_col_int(rows, 3), db_col_int(rows, 4), &m) || !grade_name(s, rows, &m) || !fits_place(s, db_col_text(rows, 8), &m)) return;
    const struct group *g = s->r->search->name.group;
    m.other_name = g->nkinds && !str_eq(db_col_text(rows, 1), g->kinds[0].kind); /* the first kind of name is the one people are known by */
    m.sort = db_col_bytes(rows, 9);
    add_match(c, s, &m);
}

static enum status take_rows(struct call *c, struct searching *s, struct db_rows *rows)
{
    while (db_next(rows)) {
        if (++s->scanned > SEARCH_SCAN) s->too_many = true;
        else take_row(c, s, rows);
    }
    return db_finish(rows);
}

static int64_t rows_left(const struct searching *s) { return SEARCH_SCAN + 1 - s->scanned; }

static int64_t year_of(const struct search_question *q)
{
    int year, month, mday;
    date_civil(q->born.day, &year, &month, &mday);
    return year;
}

/* same_name: all who bear these words in this order. */
static enum status same_name(struct call *c, struct searching *s)
{
    const struct search *how = s->r->search;
    const struct db_value key = db_text(registry__name_key(c->arena, &s->loose));
    DB_ROWS rows = s->q->has_born ? db_run(c, how->by_name_year, key, db_int(year_of(s->q)), db_int(rows_left(s))) : db_run(c, how->by_name, key, db_int(rows_left(s)));
    return take_rows(c, s, &rows);
}

/* starting: all keys that are these words, or go on after them. The byte after a blank ends the range: no letter stands below it. */
static enum status starting(struct call *c, struct searching *s, struct str words)
{
    const struct search *how = s->r->search;
    const struct db_value from = db_text(words), to = db_text(str_join(c->arena, words, STR("!"), STR_END));
    DB_ROWS rows = s->q->has_born ? db_run(c, how->by_start_year, db_int(year_of(s->q)), from, to, db_int(rows_left(s))) : db_run(c, how->by_start, from, to, db_int(rows_left(s)));
    return take_rows(c, s, &rows);
}

/* alike_names: the words in another order or not all of them. Whoever it is, two of the words are the given name and the word that follows it in the key. */
static enum status alike_names(struct call *c, struct searching *s)
{
    const struct words *w = &s->loose;
    if (w->n == 1) return starting(c, s, w->all[0]);
    for (size_t given = 0; given < w->n; given++)
        for (size_t next = 0; next < w->n && !s->too_many; next++)
            if (next != given) TRY(starting(c, s, str_join(c->arena, w->all[given], STR(" "), w->all[next], STR_END)));
    return ST_OK;
}

/* ---- the answer ---- */

static int by_entity(const void *a, const void *b)
{
    const struct search_match *x = a, *y = b;
    return x->entity != y->entity ? (x->entity > y->entity) - (x->entity < y->entity) : by_rank(a, b);
}

/* keep_best: each entry once, by the best of its names. */
static void keep_best(struct searching *s)
{
    size_t n = 0;
    if (s->n == 0) return;
    qsort(s->matches, s->n, sizeof *s->matches, by_entity);
    for (size_t i = 0; i < s->n; i++)
        if (i == 0 || s->matches[i].entity != s->matches[i - 1].entity) s->matches[n++] = s->matches[i];
    s->n = n;
    qsort(s->matches, s->n, sizeof *s->matches, by_rank);
}

static bool is_strong(const struct search_question *q, const struct search_match *m)
{
    return m->level <= LEVEL_STRICT && q->has_born && doubts(m) == 0;
}

/* same_class: exact and strict are one level for what is shown together: the case of letters proves nothing. */
static int class_of(const struct search_match *m) { return m->level <= LEVEL_STRICT ? LEVEL_STRICT : (int)m->level; }

/* whole_levels: level after level, as long as all of a level can be shown. */
static size_t whole_levels(const struct searching *s)
{
    size_t shown = 0;
    for (size_t i = 0; i < s->n;) {
        size_t end = i;
        while (end < s->n && class_of(&s->matches[end]) == class_of(&s->matches[i])) end++;
        if (end > s->q->most) break;
        shown = i = end;
    }
    return shown;
}

static void decide(const struct searching *s, struct search_answer *ret)
{
    size_t strong = 0;
    *ret = (struct search_answer){ .outcome = SEARCH_TOO_MANY, .matches = s->matches };
    for (size_t i = 0; i < s->n; i++) strong += is_strong(s->q, &s->matches[i]);
    if (s->too_many) return;
    if (s->n == 0) {
        ret->outcome = SEARCH_NOT_FOUND;
        return;
    }
    if (strong == 1 && is_strong(s->q, &s->matches[0])) {
        ret->outcome = SEARCH_FOUND;
        ret->n = 1;
        return;
    }
    ret->n = whole_levels(s);
    ret->more = ret->n && ret->n < s->n;
    if (ret->n) ret->outcome = SEARCH_DOUBTFUL;
}

static enum status prepare(struct call *c, struct searching *s)
{
    if (!registry__name_words(c->arena, s->q->name, TEXT_LOOSE, &s->loose) || !text_fold(c->arena, s->q->name, TEXT_STRICT, &s->strict) ||
        !text_nfc(c->arena, str_trim(s->q->name), &s->name)) return ST_BROKEN;
    if (s->q->unit.n == 0) return ST_OK;
    TRY(registry__units_named(c, c->app->registry->unit_names, s->q->unit, &s->units));
    s->has_units = true;
    s->memo.known = arena_array(c->arena, int8_t, s->r->units->n);
    return ST_OK;
}

enum status registry__search(struct call *c, const struct register_ *r, const struct search_question *q, struct search_answer *ret)
{
    struct searching s = { .r = r, .q = q, .today = registry__today(c) };
    TRY(registry__check_question(c, r, q));
    TRY(registry__need_search(c, r));
    TRY(prepare(c, &s));
    TRY(same_name(c, &s));
    if (s.n == 0 && !s.too_many) TRY(alike_names(c, &s));
    keep_best(&s);
    decide(&s, ret);
    return ST_OK;
}

/* ---- words ---- */

struct str registry__outcome_word(enum search_outcome o)
{
    switch (o) {
    case SEARCH_FOUND: return STR("found");
    case SEARCH_NOT_FOUND: return STR("not_found");
    case SEARCH_DOUBTFUL: return STR("doubtful");
    case SEARCH_TOO_MANY: return STR("too_many");
    }
    return STR("");
}

const struct str registry__reasons[] = { STR_INIT("name_exact"), STR_INIT("name_strict"), STR_INIT("name_loose"), STR_INIT("name_order"), STR_INIT("name_part"), STR_INIT("name_given"),
                                         STR_INIT("former_name"), STR_INIT("other_name"), STR_INIT("born_partly"), STR_INIT("lived_there"), STR_INIT("lives_there") };
const size_t registry__nreasons = sizeof registry__reasons / sizeof *registry__reasons;

size_t registry__match_reasons(const struct search_match *m, struct str ret[static REASONS_MOST])
{
    enum { FORMER_NAME = LEVEL_GIVEN + 1, OTHER_NAME, BORN_PARTLY, LIVED_THERE, LIVES_THERE };
    size_t n = 0;
    ret[n++] = registry__reasons[m->level];
    if (m->former_name) ret[n++] = registry__reasons[FORMER_NAME];
    if (m->other_name) ret[n++] = registry__reasons[OTHER_NAME];
    if (m->born_partly) ret[n++] = registry__reasons[BORN_PARTLY];
    if (m->in_place) ret[n++] = registry__reasons[m->former_place ? LIVED_THERE : LIVES_THERE];
    return n;
}
