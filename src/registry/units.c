/* units.c: administrative units with the days they exist. A code alone is no key: some codes changed their meaning, so every question
 * names a day. Fifteen thousand units stay in memory as long as the node, so texts are kept once: codes and names side by side, kinds and
 * parents as views of what is kept already. */
#include "registry/registry_int.h"

#include <stdlib.h>

#include "base/csv.h"
#include "base/file.h"

enum { UNITS_FILE_MAX = 16 << 20, UNITS_ARENA = 64 << 20, UNIT_LEVELS = 4, KINDS_MOST = 64 };

static int by_code(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    int order = str_cmp(x->code, y->code);
    return order ? order : (x->from > y->from) - (x->from < y->from);
}

/* ---- reading the file ---- */

struct unit_columns { size_t code, name, kind, parent, from, to; };
/* keeping: where texts go that stay; kinds are few, and neighbours mostly have the same parent. */
struct keeping { struct arena *arena; struct str kinds[KINDS_MOST]; size_t nkinds; struct str parent; };

static struct str keep_kind(struct keeping *k, struct str kind)
{
    for (size_t i = 0; i < k->nkinds; i++)
        if (str_eq(k->kinds[i], kind)) return k->kinds[i];
    const struct str kept = str_copy(k->arena, kind);
    if (k->nkinds < KINDS_MOST) k->kinds[k->nkinds++] = kept;
    return kept;
}

static enum status find_columns(struct call *c, const struct csv *csv, struct unit_columns *ret)
{
    TRY(csv_column(c, csv, "code", &ret->code));
    TRY(csv_column(c, csv, "name", &ret->name));
    TRY(csv_column(c, csv, "type", &ret->kind));
    TRY(csv_column(c, csv, "parent_code", &ret->parent));
    TRY(csv_column(c, csv, "valid_from", &ret->from));
    return csv_column(c, csv, "valid_to", &ret->to);
}

static enum status read_unit(struct call *c, const struct csv *csv, const struct unit_columns *col, struct keeping *k, struct unit *ret)
{
    struct span valid;
    if (str_is_empty(csv->row[col->code]) || !registry__read_span(csv->row[col->from], csv->row[col->to], &valid))
        return call_fail(c, ST_INVALID, "", "%s, line %s: a unit needs a code and days like 2025-07-01, the first before the last.", csv->file,
                         str_print(c->arena, "%d", csv->line));
    if (!str_eq(k->parent, csv->row[col->parent])) k->parent = str_copy(k->arena, csv->row[col->parent]);
    *ret = (struct unit){ .code = str_copy(k->arena, csv->row[col->code]), .name = str_copy(k->arena, csv->row[col->name]),
                          .kind = keep_kind(k, csv->row[col->kind]), .parent = k->parent, .from = valid.from, .to = valid.to };
    return ST_OK;
}

static void sort_units(struct unit *all, size_t n)
{
    bool sorted = true;
    for (size_t i = 1; sorted && i < n; i++) sorted = by_code(&all[i - 1], &all[i]) <= 0;
    if (!sorted) qsort(all, n, sizeof *all, by_code);
}

/* check_twins: one code has one meaning a day. */
static enum status check_twins(struct call *c, struct str path, const struct unit *all, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (str_eq(all[i - 1].code, all[i].code) && all[i].from < all[i - 1].to)
            return call_fail(c, ST_INVALID, "", "%s: two units bear the code %s on the same day. End the first the day before the second begins.", path, all[i].code);
    return ST_OK;
}

static enum status read_units(struct call *c, struct str path, struct arena *arena, struct units *ret)
{
    struct csv csv;
    struct unit_columns col;
    struct keeping k = { .arena = arena };
    size_t n = 0;
    TRY(csv_load(c, path, UNITS_FILE_MAX, &csv));
    TRY(find_columns(c, &csv, &col));
    struct unit *all = arena_array(arena, struct unit, csv_rows_most(&csv));
    for (bool more;;) {
        TRY(csv_next(c, &csv, c->arena, &more));
        if (!more) break;
        TRY(read_unit(c, &csv, &col, &k, &all[n++]));
    }
    sort_units(all, n);
    TRY(check_twins(c, path, all, n));
    *ret = (struct units){ .all = all, .n = n };
    return ST_OK;
}

/* The file is read in an arena of its own, which goes; only what is kept stays with the caller. */
enum status registry__load_unit_file(struct call *c, struct str path, struct units *ret)
{
    ARENA scratch = arena_open(UNITS_ARENA);
    struct call inner = *c;
    inner.arena = scratch;
    enum status st = read_units(&inner, path, c->arena, ret);
    registry__keep_error(c, &inner);
    return st;
}

enum status registry__load_units(struct call *c, struct str folder, struct units *ret)
{
    struct str links = file_path(c->arena, folder, STR("successors.csv"));
    TRY(registry__load_unit_file(c, file_path(c->arena, folder, STR("units.csv")), ret));
    return file_exists(c, links) ? registry__load_successors(c, links, ret) : ST_OK;
}

/* ---- questions ---- */

size_t registry__first_unit(const struct units *u, struct str code)
{
    size_t low = 0, high = u->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (str_cmp(u->all[mid].code, code) < 0) low = mid + 1;
        else high = mid;
    }
    return low;
}

const struct unit *registry__find_unit(const struct units *u, struct str code, int64_t day)
{
    for (size_t i = registry__first_unit(u, code); i < u->n && str_eq(u->all[i].code, code); i++)
        if (u->all[i].from <= day && day < u->all[i].to) return &u->all[i];
    return NULL;
}

struct str registry__unit_text(struct arena *a, const struct units *u, struct str code, int64_t day)
{
    struct str text = code;
    for (int level = 0; level < UNIT_LEVELS && code.n; level++) {
        const struct unit *found = registry__find_unit(u, code, day);
        if (!found) break;
        text = level ? str_join(a, text, STR(", "), found->name, STR_END) : found->name;
        code = found->parent;
    }
    return text;
}
