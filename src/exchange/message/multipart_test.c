/* Tests of multipart.c: what is written reads back; hostile input is refused without harm. */
#include "exchange/message/multipart.c"

#include "base/test.h"

static struct str read_all(struct call *c, struct str type, struct str bytes, size_t *n)
{
    struct multipart m;
    struct part p;
    bool more;
    struct str last = { 0 };
    CHECK_OK(multipart__open(c, type, bytes, &m));
    for (*n = 0;; (*n)++) {
        CHECK_OK(multipart__next(c, &m, &p, &more));
        if (!more) return last;
        last = p.body;
    }
}

TEST(parts_read_back)
{
    struct buf b = buf_in(c->arena, 4096);
    size_t n;
    multipart__put(&b, STR("xx"), STR("a/b"), STR("one\r\n--x\r\n"));
    multipart__put(&b, STR("xx"), STR("c/d; q=1"), STR(""));
    multipart__put(&b, STR("xx"), STR("e/f"), STR("\0\r\n\r\n"));
    multipart__end(&b, STR("xx"));
    CHECK_STR(read_all(c, STR("multipart/mixed; boundary=xx"), buf_str(&b), &n), STR("\0\r\n\r\n"));
    CHECK(n == 3);
}

TEST(headers_of_a_part)
{
    struct multipart m;
    struct part p;
    bool more;
    CHECK_OK(multipart__open(c, STR("multipart/mixed;boundary=\"x\\y z\""), STR("--xy z\r\nContent-Type:  a/b ; c=d\r\nX: 1\r\n\r\nhi\r\n--xy z--"), &m));
    CHECK_OK(multipart__next(c, &m, &p, &more));
    CHECK(more && p.nheaders == 2);
    CHECK_STR(part__header(&p, "content-type"), STR("a/b ; c=d"));
    CHECK_STR(multipart__type(part__header(&p, "CONTENT-TYPE")), STR("a/b"));
    CHECK_STR(p.body, STR("hi"));
    CHECK_OK(multipart__next(c, &m, &p, &more));
    CHECK(!more && m.rest.n == 0);
}

TEST(parameters)
{
    struct str v;
    CHECK(multipart__param(c->arena, STR("a/b; x=\"1;boundary=2\"; boundary=3"), STR("boundary"), &v));
    CHECK_STR(v, STR("3"));
    CHECK(!multipart__param(c->arena, STR("a/b; boundary"), STR("boundary"), &v));
    CHECK(!multipart__param(c->arena, STR("a/b; boundary=\"x"), STR("boundary"), &v));
    CHECK(!multipart__param(c->arena, STR("a/b; boundary=\"x\\"), STR("boundary"), &v));
    CHECK(!multipart__param(c->arena, STR("a/b; boundary="), STR("boundary"), &v));
}

static void check_open_refused(struct call *c, struct str type, struct str bytes, struct str fault)
{
    struct multipart m;
    CHECK(multipart__open(c, type, bytes, &m) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, fault);
    call_clear(c);
}

TEST(what_is_no_multipart_is_refused)
{
    check_open_refused(c, STR("text/plain"), STR("--x\r\n"), STR("invalid_content_type"));
    check_open_refused(c, STR("multipart/mixed"), STR("--x\r\n"), STR("mime_parsing_failed"));
    check_open_refused(c, STR("multipart/mixed; boundary=x"), STR("preamble\r\n--x\r\n"), STR("mime_parsing_failed"));
    check_open_refused(c, STR("multipart/mixed; boundary=x"), STR(""), STR("mime_parsing_failed"));
}

static void check_next_refused(struct call *c, struct str bytes)
{
    struct multipart m;
    struct part p;
    bool more;
    CHECK_OK(multipart__open(c, STR("multipart/mixed; boundary=x"), bytes, &m));
    CHECK(multipart__next(c, &m, &p, &more) == ST_INVALID && !more);
    CHECK_STR(call_error(c)->fault, STR("mime_parsing_failed"));
    call_clear(c);
}

TEST(broken_parts_are_refused)
{
    check_next_refused(c, STR("--x"));
    check_next_refused(c, STR("--xy\r\n\r\na\r\n--x--"));
    check_next_refused(c, STR("--x\r\n"));
    check_next_refused(c, STR("--x\r\nA: b\r\n"));
    check_next_refused(c, STR("--x\r\n\r\nno end"));
    check_next_refused(c, STR("--x\r\nno colon\r\n\r\na\r\n--x--"));
    check_next_refused(c, STR("--x\r\n: no name\r\n\r\na\r\n--x--"));
}

TEST(header_flood_is_refused)
{
    struct buf b = buf_in(c->arena, 64 * 1024);
    buf_put(&b, STR("--x\r\n"));
    for (int i = 0; i < PART_HEADERS_MAX + 1; i++) buf_put(&b, STR("a: b\r\n"));
    buf_put(&b, STR("\r\n\r\n--x--"));
    check_next_refused(c, buf_str(&b));
}

TEST(boundaries_differ)
{
    struct str a = multipart__boundary(c->arena, "xtop"), b = multipart__boundary(c->arena, "xtop");
    CHECK(a.n == 34 && str_starts(a, STR("xtop")) && !str_eq(a, b));
}
