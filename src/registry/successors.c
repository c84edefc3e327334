/* successors.c: what became of administrative units. A unit goes on under its code when the next row of that code begins the day it ends and no link says
 * otherwise: it was renamed or changed its kind. Everything else stands in the file of links. */
#include "registry/registry_int.h"

#include <stdlib.h>

#include "base/csv.h"

enum { LINKS_FILE_MAX = 16 << 20, LINKS_ARENA = 64 << 20, STEPS_MOST = 8 };

/* ---- reading the file ---- */

static int by_old(const void *a, const void *b)
{
    const struct unit_link *x = a, *y = b;
    return x->old != y->old ? (x->old > y->old) - (x->old < y->old) : (x->new > y->new) - (x->new < y->new);
}

static int by_new(const void *a, const void *b)
{
    const struct unit_link *x = a, *y = b;
    return x->new != y->new ? (x->new > y->new) - (x->new < y->new) : (x->old > y->old) - (x->old < y->old);
}

struct link_columns { size_t old, new, day; };

static enum status read_link(struct call *c, const struct csv *csv, const struct link_columns *col, const struct units *u, struct unit_link *ret)
{
    struct date day;
    const bool good = date_parse(csv->row[col->day], &day) && day.precision == PRECISION_DAY;
    const struct unit *old = good ? registry__find_unit(u, csv->row[col->old], day.day - 1) : NULL, *new = good ? registry__find_unit(u, csv->row[col->new], day.day) : NULL;
    if (!old || !new)
        return call_fail(c, ST_INVALID, "", "%s, line %s: the old unit must be there until the day before, the new one from that day, written as 2025-07-01.", csv->file,
                         str_print(c->arena, "%d", csv->line));
    *ret = (struct unit_link){ (uint32_t)(old - u->all), (uint32_t)(new - u->all) };
    return ST_OK;
}

static enum status read_links(struct call *c, struct str path, const struct units *u, struct unit_link **ret, size_t *ret_n)
{
    struct csv csv;
    struct link_columns col;
    size_t n = 0;
    TRY(csv_load(c, path, LINKS_FILE_MAX, &csv));
    struct unit_link *links = arena_array(c->arena, struct unit_link, csv_rows_most(&csv));
    TRY(csv_column(c, &csv, "old_code", &col.old));
    TRY(csv_column(c, &csv, "new_code", &col.new));
    TRY(csv_column(c, &csv, "day", &col.day));
    for (bool more;;) {
        TRY(csv_next(c, &csv, c->arena, &more));
        if (!more) break;
        TRY(read_link(c, &csv, &col, u, &links[n++]));
    }
    *ret = links;
    *ret_n = n;
    return ST_OK;
}

static const struct unit_link *keep_sorted(struct arena *a, const struct unit_link *links, size_t n, int (*order)(const void *, const void *))
{
    struct unit_link *kept = arena_array(a, struct unit_link, n);
    if (n) memcpy(kept, links, n * sizeof *kept);
    qsort(kept, n, sizeof *kept, order);
    return kept;
}

enum status registry__load_successors(struct call *c, struct str path, struct units *units)
{
    ARENA scratch = arena_open(LINKS_ARENA);
    struct call inner = *c;
    struct unit_link *links = NULL;
    size_t n = 0;
    inner.arena = scratch;
    enum status st = read_links(&inner, path, units, &links, &n);
    registry__keep_error(c, &inner);
    TRY(st);
    units->links = keep_sorted(c->arena, links, n, by_old);
    units->by_new = keep_sorted(c->arena, links, n, by_new);
    units->nlinks = n;
    return ST_OK;
}

/* ---- steps from unit to unit ---- */

enum way { TO_OLD, TO_NEW };

static uint32_t near_end(const struct unit_link *l, enum way way) { return way == TO_NEW ? l->old : l->new; }
static uint32_t far_end(const struct unit_link *l, enum way way) { return way == TO_NEW ? l->new : l->old; }

/* first_link: the first link of the unit at this place, in the table that is sorted for this way. */
static size_t first_link(const struct units *u, const struct unit_link *table, size_t place, enum way way)
{
    size_t low = 0, high = u->nlinks;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (near_end(&table[mid], way) < place) low = mid + 1;
        else high = mid;
    }
    return low;
}

static bool has_link(const struct units *u, size_t place)
{
    const size_t i = first_link(u, u->links, place, TO_NEW);
    return i < u->nlinks && u->links[i].old == place;
}

/* goes_on: is the row after this place the same unit under another name or kind? */
static bool goes_on(const struct units *u, size_t place)
{
    const struct unit *one = &u->all[place], *next = one + 1;
    return place + 1 < u->n && str_eq(one->code, next->code) && one->to == next->from && !has_link(u, place);
}

size_t registry__made_of(const struct units *u, const struct unit *one, const struct unit_link **ret)
{
    size_t place = (size_t)(one - u->all), first, n = 0;
    for (;; place--) {
        first = first_link(u, u->by_new, place, TO_OLD);
        while (first + n < u->nlinks && u->by_new[first + n].new == place) n++;
        if (n || place == 0 || !goes_on(u, place - 1)) break;
    }
    *ret = u->by_new + first;
    return n;
}

/* step: calls put for each unit one step away; false as soon as put is. */
static bool step(const struct units *u, size_t place, enum way way, bool (*put)(void *arg, size_t place), void *arg)
{
    const struct unit_link *table = way == TO_NEW ? u->links : u->by_new;
    if (way == TO_NEW && goes_on(u, place)) return put(arg, place + 1);
    if (way == TO_OLD && place > 0 && goes_on(u, place - 1) && !put(arg, place - 1)) return false;
    for (size_t i = first_link(u, table, place, way); i < u->nlinks && near_end(&table[i], way) == place; i++)
        if (!put(arg, far_end(&table[i], way))) return false;
    return true;
}

/* ---- successors on a day ---- */

struct following { const struct units *u; int64_t on; const struct unit **found; size_t n; int depth; };

static bool follow(void *arg, size_t place)
{
    struct following *f = arg;
    const struct unit *one = &f->u->all[place];
    if (one->from <= f->on && f->on < one->to) {
        for (size_t i = 0; i < f->n; i++)
            if (f->found[i] == one) return true;
        if (f->n < SUCCESSORS_MOST) f->found[f->n++] = one;
        return true;
    }
    if (one->from > f->on || f->depth == STEPS_MOST) return true;
    f->depth++;
    (void)step(f->u, place, TO_NEW, follow, f);
    f->depth--;
    return true;
}

size_t registry__successors(const struct units *u, struct str code, int64_t day, int64_t on, const struct unit *ret[static SUCCESSORS_MOST])
{
    const struct unit *unit = registry__find_unit(u, code, day);
    struct following f = { .u = u, .on = on, .found = ret };
    if (unit) (void)follow(&f, (size_t)(unit - u->all));
    return f.n;
}

/* ---- one place within another ---- */

/* same_unit: the same row, or rows that go on one in the other. */
static bool same_unit(const struct units *u, const struct unit *a, const struct unit *b)
{
    if (a > b) return same_unit(u, b, a);
    while (a < b && goes_on(u, (size_t)(a - u->all))) a++;
    return a == b;
}

/* lies_in: by the map of one day: the unit itself or one above it. */
static bool lies_in(const struct units *u, const struct unit *one, const struct unit *wanted, int64_t day)
{
    while (one && !same_unit(u, one, wanted)) one = one->parent.n ? registry__find_unit(u, one->parent, day) : NULL;
    return one;
}

struct seeking { const struct units *u; const struct unit *wanted; enum way way; int64_t day; int depth; };

/* own_day: a day on which the unit was there, as near as may be to the day asked for. */
static int64_t own_day(const struct unit *one, int64_t day)
{
    return day < one->from ? one->from : day >= one->to ? one->to - 1 : day;
}

/* seek: false, which ends the walk, when the wanted unit is found. */
static bool seek(void *arg, size_t place)
{
    struct seeking *s = arg;
    const struct unit *one = &s->u->all[place];
    if (lies_in(s->u, one, s->wanted, own_day(one, s->day))) return false;
    if (s->depth == STEPS_MOST) return true;
    s->depth++;
    const bool go = step(s->u, place, s->way, seek, s);
    s->depth--;
    return go;
}

bool registry__unit_covers(const struct units *u, struct str wanted, int64_t wanted_day, struct str code, int64_t day)
{
    const struct unit *area = registry__find_unit(u, wanted, wanted_day), *one = registry__find_unit(u, code, day);
    if (!area || !one) return false;
    struct seeking s = { .u = u, .wanted = area, .day = day };
    for (s.way = TO_OLD; s.way <= TO_NEW; s.way++)
        if (!seek(&s, (size_t)(one - u->all))) return true;
    return false;
}
