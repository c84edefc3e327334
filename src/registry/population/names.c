/* names.c: the words invented people are made of: country/<cc>/names/<list>.csv, weighted. */
#include "registry/population/people.h"

#include <stdlib.h>

#include "base/csv.h"
#include "base/file.h"

enum { NAMES_FILE_MAX = 4 << 20 };

/* read_number: an absent column or an empty cell leaves the fallback. */
static bool read_number(const struct csv *csv, size_t column, int64_t fallback, int64_t *ret)
{
    *ret = fallback;
    if (column == SIZE_MAX || str_is_empty(csv->row[column])) return true;
    return str_int(csv->row[column], ret);
}

static size_t find_column(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++)
        if (str_eq(csv->header[i], str_z(name))) return i;
    return SIZE_MAX;
}

/* by_group: words of one group stand together; within it they keep the order of the file, so that the same seed gives the same people everywhere. */
static int by_group(const void *a, const void *b)
{
    const struct pool_word *x = a, *y = b;
    int order = str_cmp(x->group, y->group);
    return order ? order : x->line - y->line;
}

enum status registry__load_pool(struct call *c, struct str folder, const char *file, const char *group, const char *text, struct pool *ret)
{
    struct str path = file_path(c->arena, folder, str_z(file));
    struct csv csv;
    size_t group_at, text_at, n = 0;
    TRY(csv_load(c, path, NAMES_FILE_MAX, &csv));
    TRY(csv_column(c, &csv, group, &group_at));
    TRY(csv_column(c, &csv, text, &text_at));
    const size_t from = find_column(&csv, "from"), to = find_column(&csv, "to"), weight = find_column(&csv, "weight");
    struct pool_word *words = arena_array(c->arena, struct pool_word, csv_rows_most(&csv));
    for (bool more;;) {
        TRY(csv_next(c, &csv, c->arena, &more));
        if (!more) break;
        struct pool_word *w = &words[n++];
        w->group = csv.row[group_at];
        w->text = csv.row[text_at];
        w->line = csv.line;
        if (!read_number(&csv, from, 0, &w->from) || !read_number(&csv, to, 9999, &w->to) || !read_number(&csv, weight, 1, &w->weight) || w->weight < 0 || w->weight > 1000000)
            return call_fail(c, ST_INVALID, "", "%s, line %s: from, to and weight are whole numbers.", path, str_print(c->arena, "%d", csv.line));
    }
    qsort(words, n, sizeof *words, by_group);
    *ret = (struct pool){ words, n };
    return ST_OK;
}

enum status registry__load_names(struct call *c, struct str folder, struct names *ret)
{
    TRY(registry__load_pool(c, folder, "surnames.csv", "group", "name", &ret->surnames));
    TRY(registry__load_pool(c, folder, "middles.csv", "who", "name", &ret->middles));
    TRY(registry__load_pool(c, folder, "given.csv", "who", "name", &ret->given));
    TRY(registry__load_pool(c, folder, "groups.csv", "unit", "group", &ret->groups));
    TRY(registry__load_pool(c, folder, "lives.csv", "what", "value", &ret->lives));
    TRY(registry__load_pool(c, folder, "ages.csv", "sex", "sex", &ret->ages));
    return registry__load_pool(c, folder, "addresses.csv", "kind", "text", &ret->addresses);
}

/* of_group: the words of one group, which stand together. */
static struct pool of_group(const struct pool *p, struct str group)
{
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (str_cmp(p->words[mid].group, group) < 0) low = mid + 1;
        else high = mid;
    }
    size_t end = low;
    while (end < p->n && str_eq(p->words[end].group, group)) end++;
    return (struct pool){ p->words + low, end - low };
}

static int64_t weigh(const struct pool *p, int64_t year)
{
    int64_t sum = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->words[i].from <= year && year <= p->words[i].to) sum += p->words[i].weight;
    return sum;
}

struct str registry__pick(struct rng *r, const struct pool *p, struct str group, struct str other, int64_t year)
{
    struct pool words = of_group(p, group);
    int64_t sum = weigh(&words, year);
    if (sum == 0) {
        words = of_group(p, other);
        sum = weigh(&words, year);
    }
    if (sum == 0) return STR("");
    int64_t at = rng_below(r, sum);
    for (size_t i = 0; i < words.n; i++) {
        const struct pool_word *w = &words.words[i];
        if (w->from > year || year > w->to) continue;
        if (at < w->weight) return w->text;
        at -= w->weight;
    }
    return STR("");
}

int64_t registry__pick_number(struct rng *r, const struct pool *p, struct str group, int64_t year, int64_t fallback)
{
    int64_t n;
    return str_int(registry__pick(r, p, group, STR(""), year), &n) ? n : fallback;
}
