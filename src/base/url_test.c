/* url_test.c */
#include "base/url.c"

#include "base/test.h"

TEST(encoding_leaves_the_unreserved)
{
    CHECK_STR(url_encode(c->arena, STR("aZ09-._~")), STR("aZ09-._~"));
    CHECK_STR(url_encode(c->arena, STR("a/b c+é&")), STR("a%2Fb%20c%2B%C3%A9%26"));
    CHECK(url_encode(c->arena, STR("")).n == 0);
}

TEST(decoding)
{
    struct str v;
    CHECK(url_decode(c->arena, STR("a%2fb+c%C3%A9"), false, &v));
    CHECK_STR(v, STR("a/b+cé"));
    CHECK(url_decode(c->arena, STR("a+b%2B"), true, &v));
    CHECK_STR(v, STR("a b+"));
}

TEST(broken_encodings_are_refused)
{
    static const char *const bad[] = { "%", "%4", "%4g", "%g4", "a%00", "%ff", "%c0%af", "%C3" };
    struct str v = STR("old");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!url_decode(c->arena, str_z(bad[i]), false, &v));
        CHECK(!url_decode_segment(c->arena, str_z(bad[i]), &v));
    }
    CHECK_STR(v, STR("old"));
}

TEST(a_segment_is_strict)
{
    struct str v = STR("old");
    static const char *const bad[] = { "a/b", "a?b", "a#b", "a b", "a\"b", "<", "[", "]", "\\", "^", "`", "{", "|", "}", "é" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!url_decode_segment(c->arena, str_z(bad[i]), &v));
    CHECK(url_decode_segment(c->arena, STR("aZ9-._~!$&'()*+,;=:@%2F%20"), &v));
    CHECK_STR(v, STR("aZ9-._~!$&'()*+,;=:@/ "));
}

TEST(a_query_is_taken_apart)
{
    struct str rest = STR("a=1&&b=x+y%26&c&d=e=f"), name, value;
    bool bad = false;
    CHECK(url_query_next(c->arena, &rest, &name, &value, &bad) && str_eq(name, STR("a")) && str_eq(value, STR("1")));
    CHECK(url_query_next(c->arena, &rest, &name, &value, &bad) && str_eq(name, STR("b")) && str_eq(value, STR("x y&")));
    CHECK(url_query_next(c->arena, &rest, &name, &value, &bad) && str_eq(name, STR("c")) && value.n == 0);
    CHECK(url_query_next(c->arena, &rest, &name, &value, &bad) && str_eq(name, STR("d")) && str_eq(value, STR("e=f")));
    CHECK(!url_query_next(c->arena, &rest, &name, &value, &bad) && !bad);
}

TEST(a_broken_query_is_told)
{
    struct str rest = STR("a=%"), empty = STR(""), name, value;
    bool bad = false;
    CHECK(!url_query_next(c->arena, &empty, &name, &value, &bad) && !bad);
    CHECK(!url_query_next(c->arena, &rest, &name, &value, &bad) && bad);
}

TEST(urls)
{
    struct url u;
    CHECK(url_parse(STR("https://ps1.example.vn/r1/VN?x=1&y=2"), &u));
    CHECK(str_eq(u.scheme, STR("https")) && str_eq(u.host, STR("ps1.example.vn")) && u.port == 443);
    CHECK(str_eq(u.path, STR("/r1/VN")) && str_eq(u.query, STR("x=1&y=2")));
    CHECK(url_parse(STR("http://127.0.7.1:5500"), &u) && u.port == 5500 && str_eq(u.path, STR("/")) && u.query.n == 0);
    CHECK(url_parse(STR("HTTP://a?q"), &u) && u.port == 80 && str_eq(u.path, STR("/")) && str_eq(u.query, STR("q")));
    CHECK(url_parse(STR("http://[::1]:80/"), &u) && str_eq(u.host, STR("[::1]")));
}

TEST(what_is_no_http_url_is_refused)
{
    static const char *const bad[] = { "", "http:", "http://", "http:///a", "ftp://a/", "//a/", "/a", "http://a b/", "http://u@a/", "http://u:p@a/", "http://a/#f",
                                       "http://a/b#f", "http://a:0/", "http://a:65536/", "http://a:/", "http://a:+1/", "http://a:-1/", "http://a:x/", "http://[::1",
                                       "http://[::1]x/", "http://[]/", "http://[zz::]/", "http://a/\xc3\xa9", "http://a/ ", "http://a/\n", "http://a\\b/", "javascript://a/" };
    struct url u;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!url_parse(str_z(bad[i]), &u));
}
