/* glob_fuzz.c: the matcher agrees with its definition; a path that is taken holds nothing that climbs. The first line is the glob. */
#include "exchange/rights/rights.h"

#include "base/fuzz.h"

/* The definition; steps bounds its exponential time. */
static bool matches(struct str g, struct str s, int *steps)
{
    if (--*steps < 0) return false;
    if (g.n == 0) return s.n == 0;
    if (g.p[0] == '*') {
        size_t stars = 0;
        while (stars < g.n && g.p[stars] == '*') stars++;
        for (size_t i = 0; i <= s.n; i++) {
            if (matches(str_skip(g, stars), str_skip(s, i), steps)) return true;
            if (i < s.n && s.p[i] == '/' && stars == 1) return false;
        }
        return false;
    }
    size_t escape = g.p[0] == '\\' && g.n > 1 && (g.p[1] == '*' || g.p[1] == '\\');
    return s.n && g.p[escape] == s.p[0] && matches(str_skip(g, 1 + escape), str_skip(s, 1), steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str s = str_of(data, size), glob, path;
    int steps = 200000;
    if (size > 400 || !str_cut(&s, '\n', &glob)) return 0;
    bool expected = matches(glob, s, &steps);
    if (steps >= 0) FUZZ_CHECK(glob__match(glob, s) == expected);
    if (glob__path(c->arena, s, &path)) FUZZ_CHECK(str_find(path, STR("/../")) == SIZE_MAX && !str_ends(path, STR("/..")) && str_find(path, STR("\\")) == SIZE_MAX);
    return 0;
}
