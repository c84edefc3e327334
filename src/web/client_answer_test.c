/* client_answer_test.c: answers as servers write them, whole and byte by byte, and those that must be refused. */
#include "web/client_answer.c"

#include "base/call.h"
#include "base/test.h"

static struct answer read_by(struct call *c, struct str bytes, size_t step, bool bodiless, size_t most)
{
    struct answer r;
    answer_begin(&r, c->arena, bodiless, most, NULL);
    for (size_t at = 0; at < bytes.n; at += step)
        if (!answer_take(&r, str_first(str_skip(bytes, at), step))) break;
    return r;
}

static const struct good { const char *text; bool bodiless, closes; int status; const char *body; bool keep; } good[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello", .status = 200, .body = "hello", .keep = true },
    { "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", .status = 200, .body = "", .keep = true },
    { "HTTP/1.1 404 Not there\ncontent-length:3\n\nabc", .status = 404, .body = "abc", .keep = true },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", .status = 200, .body = "abc", .keep = true },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X, Close\r\n\r\nab", .status = 200, .body = "ab" },
    { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", .status = 200, .body = "ab" },
    { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab", .status = 200, .body = "ab", .keep = true },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", .status = 200, .body = "abc0123456789", .keep = true },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1 \r\na\r\n000\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n", .status = 200, .body = "a", .keep = true },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\na\r\n0\r\n\r\n", .status = 200, .body = "a" },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 1\r\n\r\nx", .status = 201, .body = "x", .keep = true },
    { "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", .status = 204, .body = "", .keep = true },
    { "HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\n", .status = 304, .body = "", .keep = true },
    { "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n", .bodiless = true, .status = 200, .body = "", .keep = true },
    { "HTTP/1.1 200 OK\r\n\r\nto the end", .closes = true, .status = 200, .body = "to the end" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabEXTRA", .status = 200, .body = "ab" },
};

TEST(answers_are_read_in_whatever_pieces_they_come)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct good *g = &good[i];
        struct str text = str_z(g->text);
        for (size_t step = 1; step <= text.n; step++) {
            struct answer r = read_by(c, text, step, g->bodiless, 1000);
            if (g->closes) CHECK(r.state == ANSWER_TO_END && answer_end(&r));
            CHECK(r.state == ANSWER_DONE && r.status == g->status);
            CHECK_STR(buf_str(&r.body), str_z(g->body));
            if (!str_ends(text, STR("EXTRA"))) CHECK(r.keep == g->keep); /* bytes behind the end may still be under way */
        }
        CHECK(read_by(c, text, text.n, g->bodiless, 1000).keep == g->keep);
    }
}

TEST(headers_are_kept_as_they_were_written)
{
    struct answer r = read_by(c, STR("HTTP/1.1 200 OK\r\nX-One:  a b \r\nx-one:\tc\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n"), 7, false, 10);
    CHECK(r.state == ANSWER_DONE && r.nheaders == 4);
    CHECK_STR(r.headers[0].name, STR("X-One"));
    CHECK_STR(r.headers[0].value, STR("a b"));
    CHECK_STR(r.headers[1].value, STR("c"));
    CHECK(r.headers[2].value.n == 0);
}

TEST(what_can_be_understood_in_two_ways_is_refused)
{
    static const char *const bad[] = {
        "\r\n", "SSH-2.0-x\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nName : v\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\n: v\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\001\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 1\r\na" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t step = 1; step < 60; step += 13) CHECK(read_by(c, str_z(bad[i]), step, false, 1000).state == ANSWER_BROKEN);
}

TEST(nobody_makes_us_hold_more_than_was_allowed)
{
    CHECK(read_by(c, STR("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"), 99, false, 10).state == ANSWER_TOO_LARGE);
    CHECK(read_by(c, STR("HTTP/1.1 200 OK\r\n\r\n12345678901"), 1, false, 10).state == ANSWER_TOO_LARGE);
    CHECK(read_by(c, STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n"), 1, false, 10).state == ANSWER_TOO_LARGE);
    CHECK(read_by(c, STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n"), 1, false, 10).state == ANSWER_TOO_LARGE);
    struct buf b = buf_in(c->arena, 1 << 20);
    buf_put_z(&b, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i <= HEADERS_MOST; i++) buf_put_z(&b, "A: b\r\n");
    buf_put_z(&b, "\r\n");
    CHECK(read_by(c, buf_str(&b), 1000, false, 10).state == ANSWER_TOO_LARGE);
    struct answer r;
    answer_begin(&r, c->arena, false, 10, NULL);
    for (int i = 0; i < 4000 && answer_take(&r, STR("HTTP/1.1 100 Go on\r\n\r\n")); i++) {}
    CHECK(r.state == ANSWER_TOO_LARGE);
    answer_begin(&r, c->arena, false, 10, NULL);
    CHECK(answer_take(&r, STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;")));
    for (int i = 0; i < 4000 && answer_take(&r, STR("0123456789")); i++) {}
    CHECK(r.state == ANSWER_BROKEN);
}

TEST(an_answer_that_was_cut_short_is_not_whole)
{
    static const char *const cut[] = { "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
                                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", "HTTP/1.1 100 Continue\r\n\r\n" };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct answer r = read_by(c, str_z(cut[i]), 5, false, 10);
        CHECK(r.begun == (cut[i][0] != '\0') && !answer_end(&r));
    }
}
