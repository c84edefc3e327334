/* units.c: administrative units with the days they exist. A code alone is no key: some codes changed their meaning, so every question
 * names a day. */
#include "registry/registry_int.h"

#include <stdlib.h>

#include "base/csv.h"
#include "base/file.h"

enum { UNITS_FILE_MAX = 16 << 20, UNIT_LEVELS = 4 };

static int by_code(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    int order = str_cmp(x->code, y->code);
    return order ? order : (x->from > y->from) - (x->from < y->from);
}

/* read_end: an inclusive end of the file; empty is open. */
static bool read_end(struct str text, int64_t open, int64_t add, int64_t *ret)
{
    struct date d;
    if (str_is_empty(text)) { *ret = open; return true; }
    if (!date_parse(text, &d) || d.precision != PRECISION_DAY) return false;
    *ret = d.day + add;
    return true;
}

static size_t count_lines(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    return n;
}

enum status registry__load_units(struct call *c, struct str path, struct units *ret)
{
    struct str text;
    struct csv csv;
    size_t code, name, kind, parent, from, to, n = 0;
    TRY(file_read(c, path, UNITS_FILE_MAX, &text));
    TRY(csv_open(c, path, text, &csv));
    TRY(csv_column(c, &csv, "code", &code));
    TRY(csv_column(c, &csv, "name", &name));
    TRY(csv_column(c, &csv, "type", &kind));
    TRY(csv_column(c, &csv, "parent_code", &parent));
    TRY(csv_column(c, &csv, "valid_from", &from));
    TRY(csv_column(c, &csv, "valid_to", &to));
    struct unit *all = arena_array(c->arena, struct unit, count_lines(text));
    for (bool more;;) {
        TRY(csv_next(c, &csv, c->arena, &more));
        if (!more) break;
        struct unit u = { .code = csv.row[code], .name = csv.row[name], .kind = csv.row[kind], .parent = csv.row[parent] };
        if (str_is_empty(u.code) || !read_end(csv.row[from], INT64_MIN, 0, &u.from) || !read_end(csv.row[to], TIME_FAR, 1, &u.to) || u.from >= u.to)
            return call_fail(c, ST_INVALID, "", "%s, line %s: a unit needs a code and days like 2025-07-01, the first before the last.", path,
                             str_print(c->arena, "%d", csv.line));
        all[n++] = u;
    }
    qsort(all, n, sizeof *all, by_code);
    *ret = (struct units){ all, n };
    return ST_OK;
}

const struct unit *registry__find_unit(const struct units *u, struct str code, int64_t day)
{
    size_t low = 0, high = u->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (str_cmp(u->all[mid].code, code) < 0) low = mid + 1;
        else high = mid;
    }
    for (; low < u->n && str_eq(u->all[low].code, code); low++)
        if (u->all[low].from <= day && day < u->all[low].to) return &u->all[low];
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
