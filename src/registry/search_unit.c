/* search_unit.c: administrative units by the name people write. The folded names of all units are made when the first question comes, not at start: they cost
 * some milliseconds that most nodes never need. */
#include "registry/search_int.h"

#include <stdlib.h>

enum { NAMES_ARENA = 32 << 20, UNIT_PARTS = 4, UNIT_TEXT = 200 };

struct unit_name { struct str whole, bare /* without the word for its kind; a view into whole */; uint32_t place; };
struct unit_names {
    const struct units *units;
    pthread_mutex_t mutex;      /* guards the making; what is made stays as it is */
    struct arena *arena;        /* NULL: not made yet */
    struct unit_name *by_bare;  /* by bare name, then place */
};

struct unit_names *registry__unit_names_open(const struct units *u)
{
    struct unit_names *names = heap_new(struct unit_names);
    names->units = u;
    (void)pthread_mutex_init(&names->mutex, NULL);
    return names;
}

void registry__unit_names_close(struct unit_names *n)
{
    if (!n) return;
    if (n->arena) arena_close(n->arena);
    (void)pthread_mutex_destroy(&n->mutex);
    heap_free(n);
}

/* ---- making ---- */

static int by_bare(const void *a, const void *b)
{
    const struct unit_name *x = a, *y = b;
    const int order = str_cmp(x->bare, y->bare);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* bare_of: the unit's kind is a code such as "thanh_pho_tw"; its words are left off as long as the name begins with them. */
static struct str bare_of(struct arena *a, struct str whole, struct str kind)
{
    struct str rest = whole, word, kind_word, folded;
    while (str_next(&kind, '_', &kind_word)) {
        struct str after = rest;
        if (!text_fold(a, kind_word, TEXT_LOOSE, &folded) || !str_cut(&after, ' ', &word) || !str_eq(word, folded)) break;
        rest = after;
    }
    return rest;
}

static void make_names(struct unit_names *n)
{
    ARENA scratch = arena_open(NAMES_ARENA);
    struct arena *kept = arena_open(NAMES_ARENA);
    struct unit_name *all = arena_array(kept, struct unit_name, n->units->n);
    for (size_t i = 0; i < n->units->n; i++) {
        struct str folded = { 0 };
        arena_reset(scratch);
        (void)text_fold(scratch, n->units->all[i].name, TEXT_LOOSE, &folded);
        const struct str whole = str_copy(kept, folded);
        all[i] = (struct unit_name){ whole, bare_of(scratch, whole, n->units->all[i].kind), (uint32_t)i };
    }
    qsort(all, n->units->n, sizeof *all, by_bare);
    n->by_bare = all;
    n->arena = kept;
}

static void need_names(struct unit_names *n)
{
    (void)pthread_mutex_lock(&n->mutex);
    if (!n->arena) make_names(n);
    (void)pthread_mutex_unlock(&n->mutex);
}

/* ---- asking ---- */

struct wanted { struct str parts[UNIT_PARTS]; size_t n; };

static bool read_parts(struct call *c, struct str text, struct wanted *ret)
{
    struct str part, folded;
    ret->n = 0;
    while (str_next(&text, ',', &part)) {
        if (ret->n == UNIT_PARTS || !text_fold(c->arena, part, TEXT_LOOSE, &folded) || folded.n == 0) return false;
        ret->parts[ret->n++] = folded;
    }
    return ret->n > 0;
}

static bool bears(const struct unit *u, struct call *c, struct str name)
{
    struct str folded;
    if (!text_fold(c->arena, u->name, TEXT_LOOSE, &folded)) return false;
    return str_eq(folded, name) || str_eq(bare_of(c->arena, folded, u->kind), name);
}

/* lies_below: the names after the first are borne by units above it, in this order; some between may be left out. */
static bool lies_below(struct call *c, const struct units *units, const struct unit *u, const struct wanted *w)
{
    const int64_t day = u->to - 1; /* the last on which it was there */
    const struct unit *above = u;
    for (size_t i = 1; i < w->n; i++) {
        do above = above->parent.n ? registry__find_unit(units, above->parent, day) : NULL;
        while (above && !bears(above, c, w->parts[i]));
        if (!above) return false;
    }
    return true;
}

static void add_meant(struct meant_units *m, const struct unit *u)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->all[i] == u) return;
    if (m->n == UNITS_MEANT) m->more = true;
    else m->all[m->n++] = u;
}

static void add_bearers(struct call *c, struct unit_names *n, const struct wanted *w, struct str bare, struct meant_units *ret)
{
    size_t low = 0, high = n->units->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (str_cmp(n->by_bare[mid].bare, bare) < 0) low = mid + 1;
        else high = mid;
    }
    for (; low < n->units->n && str_eq(n->by_bare[low].bare, bare); low++) {
        const struct unit *u = &n->units->all[n->by_bare[low].place];
        if (!str_eq(w->parts[0], bare) && !str_eq(w->parts[0], n->by_bare[low].whole)) continue;
        if (lies_below(c, n->units, u, w)) add_meant(ret, u);
    }
}

static bool is_code(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9') return false;
    return text.n > 0;
}

static void add_code(const struct units *u, struct str code, struct meant_units *ret)
{
    for (size_t i = registry__first_unit(u, code); i < u->n && str_eq(u->all[i].code, code); i++) add_meant(ret, &u->all[i]);
}

enum status registry__units_named(struct call *c, struct unit_names *names, struct str text, struct meant_units *ret)
{
    struct meant_units m = { .n = 0 };
    struct wanted w;
    text = str_trim(text);
    if (is_code(text)) add_code(names->units, text, &m);
    else if (text.n <= UNIT_TEXT && read_parts(c, text, &w)) {
        need_names(names);
        struct str rest = w.parts[0], word;
        add_bearers(c, names, &w, w.parts[0], &m);
        while (str_cut(&rest, ' ', &word)) add_bearers(c, names, &w, rest, &m); /* as if the words before were the kind: then the whole must be the same */
    }
    if (m.n == 0) return call_fail(c, ST_INVALID, "unit", "No administrative unit of today or of former days has this name or code. Write its name or code, and where several bear the name the district or province after a comma.");
    if (m.more) return call_fail(c, ST_INVALID, "unit", "More than 64 units bear this name. Write the district or province after a comma.");
    *ret = m;
    return ST_OK;
}
