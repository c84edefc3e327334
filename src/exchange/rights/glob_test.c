/* Tests of glob.c: globs against a plain recursive reference, and the traps of encoded paths. */
#include "exchange/rights/glob.c"

#include "base/test.h"

/* The definition, written for reading and not for speed. */
static bool matches(struct str g, struct str s)
{
    if (g.n == 0) return s.n == 0;
    if (g.p[0] == '*') {
        size_t stars = 0;
        while (stars < g.n && g.p[stars] == '*') stars++;
        for (size_t i = 0; i <= s.n; i++) {
            if (matches(str_skip(g, stars), str_skip(s, i))) return true;
            if (i < s.n && s.p[i] == '/' && stars == 1) return false;
        }
        return false;
    }
    size_t escape = g.p[0] == '\\' && g.n > 1 && (g.p[1] == '*' || g.p[1] == '\\');
    return s.n && g.p[escape] == s.p[0] && matches(str_skip(g, 1 + escape), str_skip(s, 1));
}

TEST(globs_of_the_protocol)
{
    CHECK(glob__match(STR("**"), STR("")) && glob__match(STR("**"), STR("/a/b")) && glob__match(STR(""), STR("")));
    CHECK(glob__match(STR("/pets/*"), STR("/pets/1")) && !glob__match(STR("/pets/*"), STR("/pets/1/2")) && !glob__match(STR("/pets/*"), STR("/pets")));
    CHECK(glob__match(STR("/pets/**"), STR("/pets/1/2")) && !glob__match(STR("/pets/**"), STR("/cats/1")));
    CHECK(glob__match(STR("/a/*/c"), STR("/a/b/c")) && !glob__match(STR("/a/*/c"), STR("/a/b/b/c")));
    CHECK(glob__match(STR("/\\*"), STR("/*")) && !glob__match(STR("/\\*"), STR("/a")) && glob__match(STR("/\\\\"), STR("/\\")));
    CHECK(glob__match(STR("/**/x/*"), STR("/a/b/x/c")) && !glob__match(STR("/**/x/*"), STR("/a/b/x/c/d")));
    CHECK(!glob__match(STR("/a"), STR("/a/")) && !glob__match(STR("/a"), STR("/A")));
}

TEST(every_short_glob_agrees_with_the_definition)
{
    static const char letters[] = "*a/\\";
    char g[5], s[5];
    for (unsigned gi = 0; gi < 4 * 4 * 4 * 4 * 4; gi++)
        for (unsigned si = 0; si < 3 * 3 * 3 * 3 * 3; si++) {
            unsigned x = gi, y = si;
            for (size_t i = 0; i < 5; i++, x /= 4, y /= 3) g[i] = letters[x % 4], s[i] = letters[1 + y % 3];
            for (size_t n = 2; n <= 5; n += 3)
                if (glob__match(str_of(g, 5), str_of(s, n)) != matches(str_of(g, 5), str_of(s, n))) fail_msg("glob %.5s path %.*s", g, (int)n, s);
        }
}

TEST(path_is_decoded_once)
{
    struct str path;
    CHECK(glob__path(c->arena, STR("/a%2Db/%C3%A2"), &path));
    CHECK_STR(path, STR("/a-b/â"));
    CHECK(glob__path(c->arena, STR("/%252F"), &path));
    CHECK_STR(path, STR("/%2F"));
    CHECK(glob__path(c->arena, STR(""), &path) && path.n == 0);
    CHECK(glob__path(c->arena, STR("/a;x=..;/...;b"), &path)); /* parameters of what does not climb */
}

TEST(traps_are_refused)
{
    static const char *const bad[] = { "/a%2Fb", "/a%2fb", "/a/../b", "/a/%2e%2E/b", "/./a", "/a/..", "/a%5C..%5Cb", "/a%5c", "/a%00", "/a%0A", "/a%", "/a%g1", "/%FF", "a", "/open/..;/secret", "/open/%2e%2e;/secret", "/open/..%3b/secret", "/open/..;a=1/secret", "/.;/a" };
    struct str path;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (glob__path(c->arena, str_z(bad[i]), &path)) fail_msg("taken: %s", bad[i]);
}
