/* world.c: everything that invented people are made from, read once. */
#include "registry/population/people.h"

#include "base/csv.h"
#include "base/file.h"

enum { SMALL_FILE = 1 << 20, ROWS_MOST = 200, BAND_YEARS = 5 };

/* table: a small CSV with these columns, all of them needed; cells row after row. */
struct table { const struct str *cells; size_t rows, columns; };

static enum status load_table(struct call *c, struct str path, const char *const *columns, size_t n, struct table *ret)
{
    struct csv csv;
    size_t at[8];
    TRY(csv_load(c, path, SMALL_FILE, &csv));
    for (size_t i = 0; i < n; i++) TRY(csv_column(c, &csv, columns[i], &at[i]));
    struct str *cells = arena_array(c->arena, struct str, ROWS_MOST * n);
    for (bool more; ret->rows < ROWS_MOST; ret->rows++) {
        TRY(csv_next(c, &csv, c->arena, &more));
        if (!more) break;
        for (size_t i = 0; i < n; i++) cells[ret->rows * n + i] = csv.row[at[i]];
    }
    ret->cells = cells;
    ret->columns = n;
    return ST_OK;
}

static enum status read_day(struct call *c, struct str file, struct str text, int64_t open, int64_t *ret)
{
    struct date d;
    *ret = open;
    if (text.n && !date_parse(text, &d)) return call_fail(c, ST_INVALID, "", "%s: write days as 2025-01-01.", file);
    if (text.n) *ret = d.day;
    return ST_OK;
}

static enum status load_papers(struct call *c, struct str folder, struct world *w)
{
    static const char *const columns[] = { "kind", "first", "last", "until", "ages" };
    static const struct str kinds[PAPERS] = { [PAPER_ID9] = STR_INIT("id9-card"), [PAPER_OLD] = STR_INIT("old-card"), [PAPER_NEW] = STR_INIT("id-card"),
                                              [PAPER_ACCOUNT] = STR_INIT("account") };
    struct str path = file_path(c->arena, folder, STR("documents.csv"));
    struct table t = { 0 };
    TRY(load_table(c, path, columns, 5, &t));
    for (size_t i = 0; i < PAPERS; i++) w->papers[i] = (struct paper){ .kind = kinds[i], .first = TIME_FAR, .last = TIME_FAR, .until = TIME_FAR };
    for (size_t row = 0; row < t.rows; row++) {
        const struct str *cell = t.cells + row * t.columns;
        for (size_t i = 0; i < PAPERS; i++) {
            struct paper *p = &w->papers[i];
            struct str ages = cell[4], one;
            int64_t age;
            if (!str_eq(cell[0], kinds[i])) continue;
            TRY(read_day(c, path, cell[1], INT64_MIN, &p->first));
            TRY(read_day(c, path, cell[2], TIME_FAR, &p->last));
            TRY(read_day(c, path, cell[3], TIME_FAR, &p->until));
            while (str_next(&ages, ' ', &one) && p->nages < 8)
                if (str_int(one, &age)) p->ages[p->nages++] = (int)age;
        }
    }
    return ST_OK;
}

static enum status load_customs(struct call *c, struct str folder, struct world *w)
{
    static const char *const columns[] = { "group", "written", "surname_of" };
    struct table t = { 0 };
    TRY(load_table(c, file_path(c->arena, folder, STR("customs.csv")), columns, 3, &t));
    struct custom *all = arena_array(c->arena, struct custom, t.rows);
    for (size_t i = 0; i < t.rows; i++)
        all[i] = (struct custom){ t.cells[i * 3], str_eq(t.cells[i * 3 + 1], STR("given-first")), str_eq(t.cells[i * 3 + 2], STR("mother")) };
    w->customs = all;
    w->ncustoms = t.rows;
    return ST_OK;
}

static enum status load_cast(struct call *c, struct str path, struct world *w)
{
    static const char *const columns[] = { "surname", "middle", "given", "sex", "birth", "unit" };
    struct table t = { 0 };
    if (str_is_empty(path)) return ST_OK;
    TRY(load_table(c, path, columns, 6, &t));
    for (size_t i = 0; i < t.rows && i < CAST_MOST; i++) {
        const struct str *cell = t.cells + i * t.columns;
        struct cast *k = &w->cast[w->ncast++];
        *k = (struct cast){ cell[0], cell[1], cell[2], cell[5], str_eq(cell[3], STR("female")) ? SEX_FEMALE : SEX_MALE, { 0, PRECISION_DAY } };
        if (!date_parse(cell[4], &k->birth) || k->birth.day + 20 * 366 > w->day)
            return call_fail(c, ST_INVALID, "cast", "%s, person %s: the day of birth is written as 1984-06-17, and the person is grown up.", path, str_print(c->arena, "%zu", i + 1));
    }
    return ST_OK;
}

static enum status count_ages(struct call *c, struct world *w)
{
    for (size_t i = 0; i < w->names.ages.n; i++) {
        const struct pool_word *word = &w->names.ages.words[i];
        const enum sex sex = str_eq(word->group, STR("female")) ? SEX_FEMALE : SEX_MALE;
        const int64_t band = word->from / BAND_YEARS;
        if (band < 0 || band >= AGE_BANDS) return call_fail(c, ST_INVALID, "names", "ages.csv: bands of five years from 0 to 85.");
        w->wanted[sex][band] += word->weight;
        w->wanted_sum += word->weight;
    }
    if (w->wanted_sum == 0) return call_fail(c, ST_INVALID, "names", "ages.csv has no ages. Write at least one band.");
    return ST_OK;
}

enum status registry__open_world(struct call *c, const struct units *units, const struct world_files *files, uint64_t seed, int64_t day, struct world *ret)
{
    *ret = (struct world){ .units = units, .day = day };
    TRY(registry__load_names(c, files->names, &ret->names));
    TRY(registry__open_places(c, units, files->names, day, &ret->places));
    TRY(load_papers(c, files->names, ret));
    TRY(load_customs(c, files->names, ret));
    TRY(load_cast(c, files->cast, ret));
    TRY(count_ages(c, ret));
    rng_seed(&ret->rng, seed);
    ret->nationality = registry__pick(&ret->rng, &ret->names.lives, STR("nationality"), STR(""), 2000);
    return ST_OK;
}
