/* glob.c: path globs of access rights (x-road 6.2). '*' is any run without '/', '**' anything, '\*' and '\\' literal; the whole path must match.
 * The path that is judged is decoded exactly once. An encoded slash is refused rather than decoded: the provider gets the raw path, and what was judged
 * must be what it sees (the reference code's %2D/%2F mix-up, x-road 10 trap 11). */
#include "exchange/rights/rights.h"

#include "base/text.h"
#include "base/url.h"

struct star { struct str pattern, path; bool crosses; };

/* skip_stars: the run of stars at the front; true when it may cross '/'. */
static bool skip_stars(struct str *pattern)
{
    size_t n = 0;
    while (n < pattern->n && pattern->p[n] == '*') n++;
    *pattern = str_skip(*pattern, n);
    return n > 1;
}

/* take_literal: one literal character of the pattern against one of the path. */
static bool take_literal(struct str *pattern, struct str *path)
{
    if (pattern->n == 0 || path->n == 0) return false;
    size_t escape = pattern->p[0] == '\\' && pattern->n > 1 && (pattern->p[1] == '*' || pattern->p[1] == '\\');
    if (pattern->p[escape] != path->p[0]) return false;
    *pattern = str_skip(*pattern, 1 + escape);
    *path = str_skip(*path, 1);
    return true;
}

/* widen: let a remembered star swallow one more character; false when it cannot. */
static bool widen(struct star *s, struct str *pattern, struct str *path)
{
    if (!s->pattern.p || s->path.n == 0 || (!s->crosses && s->path.p[0] == '/')) return false;
    s->path = str_skip(s->path, 1);
    *pattern = s->pattern;
    *path = s->path;
    return true;
}

/* Two stars are remembered, the last '*' and the last '**': a single star that is stuck at a '/' falls back to the wide one. Linear memory, no recursion. */
bool glob__match(struct str pattern, struct str path)
{
    struct star narrow = { 0 }, wide = { 0 };
    for (;;) {
        if (pattern.n && pattern.p[0] == '*') {
            bool crosses = skip_stars(&pattern);
            if (crosses && pattern.n == 0) return true;
            struct star here = { pattern.p ? pattern : STR(""), path, crosses };
            if (crosses) {
                wide = here;
                narrow = (struct star){ 0 };
            } else {
                narrow = here;
            }
            continue;
        }
        if (pattern.n == 0 && path.n == 0) return true;
        if (take_literal(&pattern, &path)) continue;
        if (widen(&narrow, &pattern, &path)) continue;
        narrow = (struct star){ 0 };
        if (!widen(&wide, &pattern, &path)) return false;
    }
}

static bool has_encoded_slash(struct str raw)
{
    for (size_t i = 0; i + 2 < raw.n; i++)
        if (raw.p[i] == '%' && ((raw.p[i + 1] == '2' && (raw.p[i + 2] | 0x20) == 'f') || (raw.p[i + 1] == '5' && (raw.p[i + 2] | 0x20) == 'c'))) return true;
    return false;
}

/* climbs: "." or "..", also with parameters behind it: servers that know them ("..;x", RFC 3986 3.3) take them off before they resolve the path. */
static bool climbs(struct str piece)
{
    struct str name = piece;
    (void)str_cut(&piece, ';', &name);
    return str_eq(name, STR(".")) || str_eq(name, STR(".."));
}

bool glob__path(struct arena *a, struct str raw, struct str *ret)
{
    struct str path, rest, piece;
    if (raw.n == 0) return *ret = STR(""), true;
    if (raw.p[0] != '/' || has_encoded_slash(raw) || !url_decode(a, raw, false, &path) || !text_is_plain(path)) return false;
    rest = str_skip(path, 1);
    while (str_next(&rest, '/', &piece))
        if (climbs(piece) || (piece.n && memchr(piece.p, '\\', piece.n))) return false;
    *ret = path;
    return true;
}
