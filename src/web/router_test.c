/* router_test.c: which route answers a path, and which tables stop the start. */
#include "web/router.c"

#include "base/test.h"

static enum status nothing(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c, (void)rq, (void)rp;
    return ST_OK;
}
#define OPEN .handle = nothing, .need = "public"

static struct router *router_of(struct call *c, const struct route *table)
{
    const struct route *rows[32];
    size_t n = 0;
    for (; table[n].method; n++) rows[n] = &table[n];
    struct router *r = NULL;
    return router__new(c, rows, n, &r) == ST_OK ? r : NULL;
}

static bool is_refused(struct call *c, struct route r)
{
    const struct route table[] = { r, { 0 } };
    struct router *made = router_of(c, table);
    router__free(made);
    return !made;
}

static const struct route table[] = {
    { "GET", "/land/{number}", OPEN }, { "GET", "/land/new", OPEN }, { "POST", "/land/{number}/transfer", OPEN }, { "GET", "/", OPEN },
    { "GET", "/r1/{rest*}", OPEN, .api = true }, { "POST", "/r1/{rest*}", OPEN, .api = true }, { "GET", "/r1/own", OPEN, .api = true }, { 0 } };

static const char *hit(const struct router *r, const char *method, const char *path)
{
    struct match m;
    switch (router__match(r, str_z(method), str_z(path), &m)) {
    case MATCH_FOUND: return m.route->pattern;
    case MATCH_NO_PATH: return "no path";
    case MATCH_NO_METHOD: return "no method";
    }
    return "?";
}

TEST(the_most_exact_route_wins)
{
    struct router *r = router_of(c, table);
    CHECK(r);
    assert_string_equal(hit(r, "GET", "/land/new"), "/land/new");
    assert_string_equal(hit(r, "GET", "/land/12"), "/land/{number}");
    assert_string_equal(hit(r, "GET", "/"), "/");
    assert_string_equal(hit(r, "GET", "/r1/own"), "/r1/own");
    assert_string_equal(hit(r, "POST", "/r1/own"), "/r1/{rest*}");
    assert_string_equal(hit(r, "GET", "/r1/own/x"), "/r1/{rest*}");
    assert_string_equal(hit(r, "HEAD", "/land/12"), "/land/{number}");
    router__free(r);
}

TEST(what_fits_no_route_is_told_apart_from_a_wrong_method)
{
    struct router *r = router_of(c, table);
    assert_string_equal(hit(r, "GET", "/land"), "no path");
    assert_string_equal(hit(r, "GET", "/land/"), "no path");
    assert_string_equal(hit(r, "GET", "/land/1/2"), "no path");
    assert_string_equal(hit(r, "GET", "/r1"), "no path");
    assert_string_equal(hit(r, "GET", ""), "no path");
    assert_string_equal(hit(r, "GET", "*"), "no path");
    assert_string_equal(hit(r, "DELETE", "/land/1"), "no method");
    assert_string_equal(hit(r, "get", "/land/1"), "no method");
    struct buf allow = buf_in(c->arena, 100);
    router__allow(r, STR("/r1/x"), &allow);
    CHECK_STR(buf_str(&allow), STR("GET, HEAD, POST"));
    router__free(r);
}

TEST(names_give_their_raw_pieces)
{
    struct router *r = router_of(c, table);
    struct match m;
    struct str v;
    bool raw;
    CHECK(router__match(r, STR("GET"), STR("/r1/VN%2FGOV//x/"), &m) == MATCH_FOUND);
    CHECK(router__value(&m, STR("rest"), &v, &raw) && raw);
    CHECK_STR(v, STR("VN%2FGOV//x/"));
    CHECK(router__match(r, STR("GET"), STR("/r1/"), &m) == MATCH_FOUND && router__value(&m, STR("rest"), &v, &raw) && v.n == 0);
    CHECK(router__match(r, STR("POST"), STR("/land/a%20b/transfer"), &m) == MATCH_FOUND);
    CHECK(router__value(&m, STR("number"), &v, &raw) && !raw);
    CHECK_STR(v, STR("a%20b"));
    CHECK(!router__value(&m, STR("other"), &v, &raw));
    router__free(r);
}

TEST(a_star_takes_the_verbs_that_no_other_route_takes)
{
    static const struct route any[] = { { "*", "/r1/{rest*}", OPEN }, { "GET", "/r1/{rest*}", OPEN }, { "POST", "/here", OPEN } };
    const struct route *list[] = { &any[0], &any[1], &any[2] };
    struct router *r;
    struct match m;
    CHECK_OK(router__new(c, list, 3, &r));
    CHECK(router__match(r, STR("TRACE"), STR("/r1/a"), &m) == MATCH_FOUND && m.route == &any[0]);
    CHECK(router__match(r, STR("brew"), STR("/r1/a"), &m) == MATCH_FOUND && m.route == &any[0]);
    CHECK(router__match(r, STR("GET"), STR("/r1/a"), &m) == MATCH_FOUND && m.route == &any[1]);
    CHECK(router__match(r, STR("HEAD"), STR("/r1/a"), &m) == MATCH_FOUND && m.route == &any[1]);
    CHECK(router__match(r, STR("TRACE"), STR("/here"), &m) == MATCH_NO_METHOD);
    router__free(r);
}

TEST(a_wrong_table_stops_the_start)
{
    static const struct field twice[] = { { .name = "a" }, { .name = "a" }, { 0 } }, reserved[] = { { .name = "csrf" }, { 0 } };
    CHECK(!is_refused(c, (struct route){ "GET", "/a", OPEN }));
    CHECK(is_refused(c, (struct route){ "GET", "/a", .handle = nothing }));
    CHECK(is_refused(c, (struct route){ "GET", "/a", .need = "public" }));
    CHECK(is_refused(c, (struct route){ "GET", "a", OPEN }));
    CHECK(is_refused(c, (struct route){ "HEAD", "/a", OPEN }));
    CHECK(is_refused(c, (struct route){ "GET", "/{a*}/b", OPEN }));
    CHECK(is_refused(c, (struct route){ "GET", "/x{a}", OPEN }));
    CHECK(is_refused(c, (struct route){ "GET", "/{}", OPEN }));
    CHECK(is_refused(c, (struct route){ "GET", "/{*}", OPEN }));
    CHECK(is_refused(c, (struct route){ "GET", "/a", .handle = nothing, .need = "desk", .api = true }));
    CHECK(is_refused(c, (struct route){ "GET", "/a", OPEN, .port = PORT_PEERS }));
    CHECK(is_refused(c, (struct route){ "POST", "/a", OPEN, .form = twice }));
    CHECK(is_refused(c, (struct route){ "POST", "/a", OPEN, .form = reserved }));
}

TEST(two_routes_for_the_same_requests_are_refused)
{
    static const struct route same[] = { { "GET", "/a/{x}", OPEN }, { "GET", "/a/{y}", OPEN }, { 0 } };
    static const struct route other[] = { { "GET", "/a/{x}", OPEN }, { "POST", "/a/{y}", OPEN }, { "GET", "/a/{x}/b", OPEN }, { 0 } };
    CHECK(!router_of(c, same));
    struct router *r = router_of(c, other);
    CHECK(r && router__count(r) == 3);
    router__free(r);
}
