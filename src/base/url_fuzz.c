/* url_fuzz.c: encoding is undone by both decoders; a strict segment is also a lax one; a parsed URL points into its text. */
#include "base/url.h"

#include "base/fuzz.h"
#include "base/text.h"

static void check_codec(struct call *c, struct str s)
{
    struct str back, lax, strict;
    if (text_is_utf8(s) && !(s.n && memchr(s.p, 0, s.n))) {
        struct str coded = url_encode(c->arena, s);
        FUZZ_CHECK(url_decode(c->arena, coded, true, &back) && str_eq(back, s));
        FUZZ_CHECK(url_decode_segment(c->arena, coded, &back) && str_eq(back, s));
    }
    if (!url_decode_segment(c->arena, s, &strict)) return;
    FUZZ_CHECK(url_decode(c->arena, s, false, &lax) && str_eq(lax, strict));
}

static void check_query(struct call *c, struct str s)
{
    struct str name, value, rest = s;
    bool bad = false;
    size_t n = 0;
    while (url_query_next(c->arena, &rest, &name, &value, &bad)) {
        FUZZ_CHECK(text_is_utf8(name) && text_is_utf8(value));
        FUZZ_CHECK(++n <= s.n);
    }
    FUZZ_CHECK(bad || !rest.p);
}

static void check_parse(struct str s)
{
    struct url u;
    if (!url_parse(s, &u)) return;
    FUZZ_CHECK(u.host.n > 0 && u.host.p >= s.p && u.host.p + u.host.n <= s.p + s.n);
    FUZZ_CHECK(u.path.n > 0 && u.path.p[0] == '/' && u.port > 0 && u.port < 65536);
    FUZZ_CHECK(str_find(s, STR("@")) == SIZE_MAX || str_find(u.host, STR("@")) == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str s = str_of(data, size);
    check_codec(c, s);
    check_query(c, s);
    check_parse(s);
    return 0;
}
