/* router.c: finds the route of a path. Patterns are taken apart once at start and put in order, most exact first, so that the first that fits is the right one;
 * paths are compared raw, piece by piece. A wrong table stops the start: it is our bug, so the cause goes to the log and not to a person. */
#include <stdlib.h>

#include "web/web_int.h"

enum { PIECES_MAX = 16 };
enum piece_kind { PIECE_LITERAL, PIECE_NAME, PIECE_REST }; /* in this order of exactness */
struct piece { enum piece_kind kind; struct str text; };
struct way { const struct route *route; struct piece pieces[PIECES_MAX]; size_t n; };
struct router { struct way *ways; size_t n; };

static enum status wrong_table(struct call *c, const struct route *r, const char *why)
{
    call_note(c, "web", "route %s %s: %s", r->method ? r->method : "?", r->pattern ? r->pattern : "?", why);
    return ST_BROKEN;
}

static bool take_piece(struct str text, struct piece *ret)
{
    if (text.n == 0 || text.p[0] != '{') {
        *ret = (struct piece){ PIECE_LITERAL, text };
        return text.n == 0 || !(memchr(text.p, '{', text.n) || memchr(text.p, '}', text.n));
    }
    if (text.n < 3 || text.p[text.n - 1] != '}') return false;
    struct str name = { text.p + 1, text.n - 2 };
    bool rest = name.p[name.n - 1] == '*';
    if (rest) name.n--;
    *ret = (struct piece){ rest ? PIECE_REST : PIECE_NAME, name };
    return name.n > 0;
}

static enum status take_apart(struct call *c, const struct route *r, struct way *w)
{
    struct str rest = str_z(r->pattern), text;
    if (rest.n == 0 || rest.p[0] != '/') return wrong_table(c, r, "a pattern begins with '/'");
    rest = str_skip(rest, 1);
    size_t names = 0;
    *w = (struct way){ .route = r };
    while (str_next(&rest, '/', &text)) {
        struct piece *p = &w->pieces[w->n];
        if (w->n == PIECES_MAX) return wrong_table(c, r, "too many pieces");
        if (!take_piece(text, p)) return wrong_table(c, r, "write a piece as text, {name} or, at the end, {name*}");
        if (w->n > 0 && p[-1].kind == PIECE_REST) return wrong_table(c, r, "nothing may stand behind {name*}");
        if (p->kind != PIECE_LITERAL && ++names > PARAMS_MAX) return wrong_table(c, r, "too many names");
        w->n++;
    }
    return ST_OK;
}

static bool is_known_method(struct str m)
{
    static const struct str known[] = { STR_INIT("GET"), STR_INIT("POST"), STR_INIT("PUT"), STR_INIT("PATCH"), STR_INIT("DELETE"), STR_INIT("*") };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(m, known[i])) return true;
    return false;
}

static enum status check_form(struct call *c, const struct route *r)
{
    for (const struct field *f = r->form; f && f->name; f++) {
        if (strcmp(f->name, "csrf") == 0 || strcmp(f->name, "lang") == 0) return wrong_table(c, r, "the edge itself reads the fields csrf and lang");
        for (const struct field *g = r->form; g < f; g++)
            if (strcmp(f->name, g->name) == 0) return wrong_table(c, r, "a field stands twice in the form");
    }
    return ST_OK;
}

static enum status check_route(struct call *c, const struct route *r)
{
    if (!r->method || !is_known_method(str_z(r->method))) return wrong_table(c, r, "the method is GET (with HEAD), POST, PUT, PATCH, DELETE, or * for every other one");
    if (!r->pattern || !r->handle) return wrong_table(c, r, "pattern or handler is missing");
    if (!r->need) return wrong_table(c, r, "the right is missing; an open page says \"public\"");
    if (r->port < PORT_PAGES || r->port >= PORT_COUNT) return wrong_table(c, r, "there is no such port");
    if (!r->api && r->port != PORT_PAGES) return wrong_table(c, r, "pages stand on PORT_PAGES only; say .api = true");
    if (r->api && strcmp(r->need, "public") != 0) return wrong_table(c, r, "an API has no session, so nobody could hold this right; its handler judges who calls");
    return check_form(c, r);
}

/* Two ways in the order of exactness, piece by piece from the left; equal when they fit the same paths. */
static int compare_shape(const struct way *a, const struct way *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const struct piece *p = &a->pieces[i], *q = &b->pieces[i];
        if (p->kind != q->kind) return p->kind < q->kind ? -1 : 1;
        int by_text = p->kind == PIECE_LITERAL ? str_cmp(p->text, q->text) : 0;
        if (by_text) return by_text;
    }
    return a->n == b->n ? 0 : a->n > b->n ? -1 : 1;
}

static int compare_ways(const void *a, const void *b)
{
    const struct way *p = a, *q = b;
    int by_shape = compare_shape(p, q), p_any = strcmp(p->route->method, "*") == 0, q_any = strcmp(q->route->method, "*") == 0;
    if (by_shape) return by_shape;
    return p_any || q_any ? p_any - q_any : strcmp(p->route->method, q->route->method);
}

static enum status fill(struct call *c, const struct route *const *routes, size_t n, struct router *r)
{
    for (size_t i = 0; i < n; i++) {
        TRY(check_route(c, routes[i]));
        TRY(take_apart(c, routes[i], &r->ways[r->n++]));
    }
    if (r->n) qsort(r->ways, r->n, sizeof *r->ways, compare_ways);
    for (size_t i = 1; i < r->n; i++)
        if (compare_ways(&r->ways[i - 1], &r->ways[i]) == 0) return wrong_table(c, r->ways[i].route, "another route fits the same requests");
    return ST_OK;
}

enum status router__new(struct call *c, const struct route *const *routes, size_t n, struct router **ret)
{
    struct router *r = heap_new(struct router);
    r->ways = heap_alloc(n ? n : 1, sizeof *r->ways);
    enum status st = fill(c, routes, n, r);
    if (st != ST_OK) {
        router__free(r);
        return st;
    }
    *ret = r;
    return ST_OK;
}

void router__free(struct router *r)
{
    if (!r) return;
    heap_free(r->ways);
    heap_free(r);
}

size_t router__count(const struct router *r) { return r->n; }

bool router__waits(const struct router *r)
{
    bool any = false;
    for (size_t i = 0; i < r->n; i++) any |= r->ways[i].route->waits;
    return any;
}

static bool fits(const struct way *w, struct str path, struct str *values)
{
    struct str rest = str_skip(path, 1), text;
    size_t taken = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct piece *p = &w->pieces[i];
        if (p->kind == PIECE_REST) {
            values[taken] = rest;
            return rest.p != NULL;
        }
        if (!str_next(&rest, '/', &text)) return false;
        if (p->kind == PIECE_LITERAL && !str_eq(text, p->text)) return false;
        if (p->kind == PIECE_NAME && text.n == 0) return false;
        if (p->kind == PIECE_NAME) values[taken++] = text;
    }
    return rest.p == NULL;
}

enum matched router__match(const struct router *r, struct str method, struct str path, struct match *ret)
{
    if (path.n == 0 || path.p[0] != '/') return MATCH_NO_PATH;
    struct str wanted = str_eq(method, STR("HEAD")) ? STR("GET") : method;
    enum matched result = MATCH_NO_PATH;
    for (size_t i = 0; i < r->n; i++) {
        struct match m = { .way = &r->ways[i], .route = r->ways[i].route };
        if (!fits(m.way, path, m.values)) continue;
        result = MATCH_NO_METHOD;
        if (!str_eq(wanted, str_z(m.route->method)) && strcmp(m.route->method, "*") != 0) continue;
        *ret = m;
        return MATCH_FOUND;
    }
    return result;
}

bool router__value(const struct match *m, struct str name, struct str *ret, bool *raw)
{
    size_t taken = 0;
    for (size_t i = 0; m->way && i < m->way->n; i++) {
        const struct piece *p = &m->way->pieces[i];
        if (p->kind == PIECE_LITERAL) continue;
        if (str_eq(p->text, name)) {
            *ret = m->values[taken];
            *raw = p->kind == PIECE_REST;
            return true;
        }
        taken++;
    }
    return false;
}

bool router__is_rest(const struct match *m, size_t i)
{
    size_t taken = 0;
    for (size_t k = 0; m->way && k < m->way->n; k++) {
        if (m->way->pieces[k].kind == PIECE_LITERAL) continue;
        if (taken++ == i) return m->way->pieces[k].kind == PIECE_REST;
    }
    return false;
}

static void put_method(struct buf *out, const char *method)
{
    if (out->n) buf_put(out, STR(", "));
    buf_put_z(out, method);
    if (strcmp(method, "GET") == 0) buf_put(out, STR(", HEAD"));
}

void router__allow(const struct router *r, struct str path, struct buf *out)
{
    struct str values[PARAMS_MAX];
    for (size_t i = 0; i < r->n; i++) {
        bool told = false;
        if (path.n == 0 || path.p[0] != '/' || !fits(&r->ways[i], path, values)) continue;
        for (size_t j = 0; j < i && !told; j++)
            told = strcmp(r->ways[j].route->method, r->ways[i].route->method) == 0 && fits(&r->ways[j], path, values);
        if (!told) put_method(out, r->ways[i].route->method);
    }
}
