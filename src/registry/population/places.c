/* places.c: where invented people live: communes in force on a day, each with the communes it was made of, spread over the provinces as
 * provinces.csv says. */
#include "registry/population/people.h"

#include <stdlib.h>

enum { PROVINCES_MOST = 100, LEVELS = 4 };

/* top_of: the province that a unit lies in. */
static struct str top_of(const struct units *units, const struct unit *u, int64_t day)
{
    struct str code = u->code;
    for (int i = 0; i < LEVELS && u && u->parent.n; i++) {
        code = u->parent;
        u = registry__find_unit(units, code, day);
    }
    return code;
}

static bool is_commune(const struct unit *u) { return u->code.n == 5; }

static struct province *find_province(struct province *all, size_t *n, struct str code)
{
    for (size_t i = 0; i < *n; i++)
        if (str_eq(all[i].code, code)) return &all[i];
    if (*n == PROVINCES_MOST) return &all[0];
    all[*n] = (struct province){ .code = code, .people = 1, .pull = 1 };
    return &all[(*n)++];
}

static enum status load_provinces(struct call *c, struct str folder, struct province *all, size_t *n)
{
    struct pool regions, people, pull;
    TRY(registry__load_pool(c, folder, "provinces.csv", "code", "region", &regions));
    TRY(registry__load_pool(c, folder, "provinces.csv", "code", "thousand_people", &people));
    TRY(registry__load_pool(c, folder, "provinces.csv", "code", "pull", &pull));
    for (size_t i = 0; i < regions.n; i++) {
        struct province *p = find_province(all, n, regions.words[i].group);
        p->region = regions.words[i].text;
        if (!str_int(people.words[i].text, &p->people) || !str_int(pull.words[i].text, &p->pull) || p->people < 0 || p->pull < 0)
            return call_fail(c, ST_INVALID, "", "provinces.csv: thousand_people and pull are whole numbers.");
    }
    return ST_OK;
}

static int by_province(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->province != y->province) return x->province < y->province ? -1 : 1;
    int order = str_cmp(x->now->code, y->now->code);
    if (order) return order;
    return x->old && y->old ? str_cmp(x->old->code, y->old->code) : (x->old > y->old) - (x->old < y->old);
}

struct making { const struct units *units; struct place *all; size_t n, cap; };

static void add_place(struct call *c, struct making *m, struct place place)
{
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 16384;
        struct place *all = arena_array(c->arena, struct place, m->cap);
        if (m->n) memcpy(all, m->all, m->n * sizeof *all);
        m->all = all;
    }
    m->all[m->n++] = place;
}

/* add_commune: one place for each older commune that went into it; the commune alone where none is known. */
static void add_commune(struct call *c, struct making *m, const struct unit *u, const struct province *province)
{
    const struct unit_link *links;
    const size_t n = registry__made_of(m->units, u, &links), before = m->n;
    for (size_t i = 0; i < n; i++) {
        const struct unit *old = &m->units->all[links[i].old];
        if (is_commune(old)) add_place(c, m, (struct place){ u, old, province });
    }
    if (m->n == before) add_place(c, m, (struct place){ u, NULL, province });
}

static void count_provinces(struct places *p, struct province *provinces)
{
    for (size_t i = 0; i < p->n; i++) {
        struct province *mine = &provinces[p->all[i].province - provinces];
        if (mine->n++ == 0) mine->first = i;
    }
    for (size_t i = 0; i < p->nprovinces; i++) {
        if (provinces[i].n == 0) provinces[i].people = provinces[i].pull = 0;
        p->people += provinces[i].people;
        p->pull += provinces[i].pull;
    }
}

enum status registry__open_places(struct call *c, const struct units *units, struct str names_folder, int64_t day, struct places *ret)
{
    struct province *provinces = arena_array(c->arena, struct province, PROVINCES_MOST);
    struct making m = { .units = units };
    *ret = (struct places){ .provinces = provinces };
    TRY(load_provinces(c, names_folder, provinces, &ret->nprovinces));
    for (size_t i = 0; i < units->n; i++) {
        const struct unit *u = &units->all[i];
        if (is_commune(u) && u->from <= day && day < u->to) add_commune(c, &m, u, find_province(provinces, &ret->nprovinces, top_of(units, u, day)));
    }
    if (m.n == 0) return call_fail(c, ST_INVALID, "units", "The list of units has no commune in force on that day. Check units.csv.");
    qsort(m.all, m.n, sizeof *m.all, by_province);
    ret->all = m.all;
    ret->n = m.n;
    count_provinces(ret, provinces);
    return ST_OK;
}

const struct place *registry__some_place(struct rng *r, const struct places *p)
{
    int64_t at = rng_below(r, p->people);
    for (size_t i = 0; i < p->nprovinces; at -= p->provinces[i].people, i++)
        if (at < p->provinces[i].people) return &p->all[p->provinces[i].first + (size_t)rng_below(r, (int64_t)p->provinces[i].n)];
    return &p->all[0];
}

const struct place *registry__far_place(struct rng *r, const struct places *p)
{
    int64_t at = rng_below(r, p->pull);
    for (size_t i = 0; i < p->nprovinces; at -= p->provinces[i].pull, i++)
        if (at < p->provinces[i].pull) return &p->all[p->provinces[i].first + (size_t)rng_below(r, (int64_t)p->provinces[i].n)];
    return &p->all[0];
}

const struct place *registry__near_place(struct rng *r, const struct places *p, const struct place *from)
{
    return &p->all[from->province->first + (size_t)rng_below(r, (int64_t)from->province->n)];
}

const struct place *registry__find_place(const struct places *p, struct str code)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->all[i].old ? p->all[i].old->code : p->all[i].now->code, code)) return &p->all[i];
    return NULL;
}
