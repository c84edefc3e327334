/* code_list.c: the lists of codes of a register file, written in it or in a CSV file of the country. A code may have the days between which it
 * can be given; one that is over stays in the list, because old versions bear it. */
#include "registry/register_words.h"

#include <stdlib.h>

#include "base/csv.h"
#include "base/file.h"

enum { CODES_FILE_MAX = 1 << 20 };

static int by_code(const void *a, const void *b)
{
    return str_cmp(((const struct code *)a)->code, ((const struct code *)b)->code);
}

const struct code *registry__find_code(const struct code_list *l, struct str code)
{
    struct code wanted = { .code = code };
    return l->n ? bsearch(&wanted, l->codes, l->n, sizeof *l->codes, by_code) : NULL;
}

/* read_end: an inclusive end of a file; empty is open. */
static bool read_end(struct str text, int64_t open, int64_t add, int64_t *ret)
{
    struct date d;
    if (str_is_empty(text)) { *ret = open; return true; }
    if (!date_parse(text, &d) || d.precision != PRECISION_DAY) return false;
    *ret = d.day + add;
    return true;
}

bool registry__read_span(struct str from, struct str to, struct span *ret)
{
    return read_end(from, INT64_MIN, 0, &ret->from) && read_end(to, TIME_FAR, 1, &ret->to) && ret->from < ret->to;
}

static enum status finish_list(struct call *c, const struct yaml *y, struct code *codes, size_t n, struct code_list *ret)
{
    qsort(codes, n, sizeof *codes, by_code);
    for (size_t i = 1; i < n; i++)
        if (str_eq(codes[i - 1].code, codes[i].code)) return yaml_fail(c, y, "This list has the same code twice.");
    ret->codes = codes;
    ret->n = n;
    return ST_OK;
}

/* ---- from a file ---- */

/* The columns of a code file: code; name (shown as it stands) or label (English, translated); valid_from, valid_to where codes come and go. */
struct code_columns { size_t code, text, from, to; };

static size_t find_column(const struct csv *csv, const char *name)
{
    size_t i = 0;
    while (i < csv->columns && !str_eq(csv->header[i], str_z(name))) i++;
    return i;
}

static enum status find_columns(struct call *c, const struct csv *csv, struct code_columns *ret)
{
    TRY(csv_column(c, csv, "code", &ret->code));
    ret->text = find_column(csv, "label");
    if (ret->text == csv->columns) TRY(csv_column(c, csv, "name", &ret->text));
    ret->from = find_column(csv, "valid_from");
    ret->to = find_column(csv, "valid_to");
    return ST_OK;
}

static struct str cell(const struct csv *csv, size_t column)
{
    return column < csv->columns ? csv->row[column] : STR("");
}

static enum status read_code_row(struct call *c, const struct yaml *y, const struct csv *csv, const struct code_columns *col, struct code *ret)
{
    ret->code = csv->row[col->code];
    ret->label = csv->row[col->text];
    if (!registry__is_code(ret->code)) return yaml_fail(c, y, "The file of this list has a code that is empty or has other characters than letters, digits, '.', '-' and _.");
    if (!registry__read_span(cell(csv, col->from), cell(csv, col->to), &ret->valid)) return yaml_fail(c, y, "The file of this list has days that are not written as 2025-07-01, or the last before the first.");
    return ST_OK;
}

static enum status read_code_file(struct call *c, const struct yaml *y, struct str path, struct code_list *ret)
{
    struct csv csv;
    struct code_columns col;
    size_t n = 0;
    TRY(csv_load(c, path, CODES_FILE_MAX, &csv));
    TRY(find_columns(c, &csv, &col));
    struct code *codes = arena_array(c->arena, struct code, csv_rows_most(&csv));
    for (bool more;;) {
        TRY(csv_next(c, &csv, c->arena, &more));
        if (!more) break;
        TRY(read_code_row(c, y, &csv, &col, &codes[n++]));
    }
    return finish_list(c, y, codes, n, ret);
}

/* ---- from the register file ---- */

static enum status read_inline_codes(struct call *c, const struct yaml *y, struct code_list *ret)
{
    static const char *const words[] = { "code", "label", "valid_from", "valid_to", "basis", NULL };
    const struct yaml *list;
    size_t n = 0;
    TRY(registry__need_parts(c, y, "codes", words, &list));
    struct code *codes = arena_array(c->arena, struct code, yaml_count(list));
    for (const struct yaml *part = list->first; part; part = part->next, n++) {
        TRY(registry__need_code(c, part, "code", &codes[n].code));
        TRY(yaml_need(c, part, "label", &codes[n].label));
        if (!registry__read_span(yaml_text(part, "valid_from", STR("")), yaml_text(part, "valid_to", STR("")), &codes[n].valid))
            return yaml_fail(c, part, "Write valid_from and valid_to as 2025-07-01, the first day before the last.");
    }
    return finish_list(c, y, codes, n, ret);
}

enum status registry__read_lists(struct call *c, const struct yaml *y, struct str folder, struct register_ *r)
{
    static const char *const words[] = { "name", "codes", "file", NULL };
    const struct yaml *list;
    if (!yaml_get(y, "lists")) return ST_OK;
    TRY(registry__need_parts(c, y, "lists", words, &list));
    struct code_list *lists = arena_array(c->arena, struct code_list, yaml_count(list));
    for (const struct yaml *part = list->first; part; part = part->next) {
        struct code_list *l = &lists[r->nlists];
        TRY(registry__need_code(c, part, "name", &l->name));
        for (size_t i = 0; i < r->nlists; i++)
            if (str_eq(lists[i].name, l->name)) return yaml_fail(c, part, "Another list has this name already.");
        struct str file = yaml_text(part, "file", STR(""));
        if (str_is_empty(file) == !yaml_get(part, "codes")) return yaml_fail(c, part, "A list has either codes or a file.");
        if (str_find(file, STR("..")) != SIZE_MAX || str_starts(file, STR("/"))) return yaml_fail(c, part, "The file of a list stands below the country's folder.");
        TRY(file.n ? read_code_file(c, part, file_path(c->arena, folder, file), l) : read_inline_codes(c, part, l));
        r->nlists++;
    }
    r->lists = lists;
    return ST_OK;
}
