/* web_route_fuzz.c: any target and path against a table. What is promised: HEAD finds what GET finds, a path that some method takes names its methods, values are pieces of
 * the path itself, and the order in which routes are listed does not matter. */
#include "base/fuzz.h"
#include "web/web_int.h"

static enum status nothing(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c, (void)rq, (void)rp;
    return ST_OK;
}
#define OPEN .handle = nothing, .need = "public", .api = true

static const struct route table[] = {
    { "GET", "/", OPEN }, { "GET", "/a", OPEN }, { "GET", "/a/{x}", OPEN }, { "POST", "/a/{x}", OPEN }, { "GET", "/a/b", OPEN }, { "GET", "/a/{x}/c/{y}", OPEN },
    { "GET", "/r1/{rest*}", OPEN }, { "PUT", "/r1/x/{rest*}", OPEN }, { "GET", "/a/{x}/{rest*}", OPEN } };
enum { N = sizeof table / sizeof *table };

static bool is_inside(struct str part, struct str whole) { return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n); }

static void check_path(struct call *c, const struct router *r, const struct router *turned, struct str path)
{
    static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE" };
    enum matched result[5];
    struct match first[5];
    for (size_t i = 0; i < 5; i++) {
        struct match m, other;
        result[i] = router__match(r, str_z(methods[i]), path, &m);
        FUZZ_CHECK(result[i] == router__match(turned, str_z(methods[i]), path, &other));
        if (result[i] != MATCH_FOUND) continue;
        FUZZ_CHECK(m.route == other.route);
        for (size_t k = 0; k < PARAMS_MAX; k++) FUZZ_CHECK(is_inside(m.values[k], path));
        first[i] = m;
    }
    FUZZ_CHECK(result[0] == result[1] && (result[0] != MATCH_FOUND || first[0].route == first[1].route));
    struct buf allow = buf_in(c->arena, 256);
    router__allow(r, path, &allow);
    FUZZ_CHECK((allow.n == 0) == (result[0] == MATCH_NO_PATH));
    FUZZ_CHECK((str_find(buf_str(&allow), STR("POST")) != SIZE_MAX) == (result[2] == MATCH_FOUND));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct route *rows[N], *turned_rows[N];
    for (size_t i = 0; i < N; i++) turned_rows[N - 1 - i] = rows[i] = &table[i];
    struct call *c = fuzz_call();
    struct router *r = NULL, *turned = NULL;
    FUZZ_CHECK(router__new(c, rows, N, &r) == ST_OK && router__new(c, turned_rows, N, &turned) == ST_OK);
    struct str text = str_of(data, size), path, query;
    check_path(c, r, turned, text);
    if (request__split_target(text, &path, &query)) {
        FUZZ_CHECK(path.n > 0 && path.p[0] == '/' && is_inside(path, text) && is_inside(query, text) && !memchr(path.p, '?', path.n));
        check_path(c, r, turned, path);
    }
    router__free(r);
    router__free(turned);
    return 0;
}
