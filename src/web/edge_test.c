/* edge_test.c: requests and answers as bytes, over real sockets: limits of heads and bodies, what is refused, what is passed on as it is, proxies, addresses to listen at. */
#include "web/edge.c"

#include "base/file.h"
#include "base/test.h"
#include "web/web_fake.h"

/* ---- handlers ---- */

static enum status pass_on(struct call *c, const struct request *rq, struct reply *rp)
{
    static const struct header theirs[] = { { STR_INIT("Date"), STR_INIT("Thu, 01 Jan 1970 00:00:00 GMT") }, { STR_INIT("Content-Type"), STR_INIT("text/x") },
                                            { STR_INIT("Set-Cookie"), STR_INIT("a=1") }, { STR_INIT("Set-Cookie"), STR_INIT("b=2") } };
    reply_text(rp, 200, STR(""), rq->method);
    rp->more = theirs;
    rp->nmore = sizeof theirs / sizeof *theirs;
    reply_header(c, rp, "X-Ours", STR("1"));
    reply_header(c, rp, "X-Split", STR("1\r\nX-Made-Up: 2"));
    reply_header(c, rp, "X Two", STR("3"));
    reply_header(c, rp, "X-Empty", STR(""));
    return ST_OK;
}

static const struct route routes[] = {
    { "GET", "/hello", fake_hello, .need = "public" },
    { "GET", "/item/{id}", fake_id, .need = "public" },
    { "GET", "/here", fake_hello, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "POST", "/size", fake_size, .need = "public", .port = PORT_SYSTEMS, .api = true, .max_body = 1 << 20 },
    { "*", "/pass", pass_on, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { 0 } };
static const struct module test_module = { .name = "test", .routes = routes };

static void start(struct call *c)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    fake_start(c, &test_module, &o);
}

/* ---- tests ---- */

TEST(head_is_get_without_a_body)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, STR("HEAD /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    CHECK(fake_status(a) == 200 && fake_has(a, STR("Content-Length: 5")) && fake_body(a).n == 0);
    fake_stop();
}

TEST(bodies_over_the_limit_are_refused)
{
    start(c);
    struct str declared = STR("POST /size HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1048577\r\n\r\n");
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, declared)) == 413);
    struct buf b = buf_in(c->arena, 4 << 20);
    buf_put(&b, STR("POST /size HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 17; i++) {
        buf_put(&b, STR("10000\r\n"));
        memset(buf_room(&b, 0x10000), 'x', 0x10000);
        buf_added(&b, 0x10000);
        buf_put(&b, STR("\r\n"));
    }
    buf_put(&b, STR("0\r\n\r\n"));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, buf_str(&b))) == 413);
    struct str full = str_join(c->arena, STR("POST /size HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1048576\r\n\r\n"), str_first(buf_str(&b), 1 << 20), STR_END);
    CHECK_STR(fake_body(fake_ask(c, PORT_SYSTEMS, full)), STR("1048576"));
    while (atomic_load(&fake_app.web->body_bytes)) sched_yield(); /* all of it is given back */
    fake_stop();
}

/* Verbs and headers of a message that is only passed on: no verb is lost, duplicates stay in order, and another's Date stands in the place of ours. */
TEST(what_is_passed_on_stays_as_it_was)
{
    static const char *const verbs[] = { "GET", "PUT", "OPTIONS", "TRACE", "DELETE", "brew" };
    struct web_options o = fake_options();
    fake_start(c, &test_module, &o);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct str answer = fake_ask(c, PORT_SYSTEMS, str_join(c->arena, str_z(verbs[i]), STR(" /pass HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), STR_END));
        CHECK(fake_status(answer) == 200);
        CHECK_STR(fake_body(answer), str_z(verbs[i]));
        CHECK(fake_has(answer, STR("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Ours: 1\r\n")) && fake_has(answer, STR("Content-Type: text/x\r\n")));
        CHECK(!fake_has(answer, STR("X-Split")) && !fake_has(answer, STR("X-Made-Up")) && !fake_has(answer, STR("X Two")) && !fake_has(answer, STR("X-Empty")));
        size_t date = str_find(answer, STR("Date: ")), from = date + 6;
        CHECK(str_starts(str_skip(answer, from), STR("Thu, 01 Jan 1970")) && str_find(str_skip(answer, from), STR("Date: ")) == SIZE_MAX);
    }
    fake_stop();
}

/* ask_long: with a header of n bytes; what status came. */
static int ask_long(struct call *c, size_t door, const char *path, size_t n)
{
    struct buf b = buf_in(c->arena, 64 * 1024);
    buf_print(&b, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Long: ", path);
    for (size_t i = 0; i < n; i++) buf_put_c(&b, 'x');
    buf_put(&b, STR("\r\n\r\n"));
    return fake_status(fake_ask(c, door, buf_str(&b)));
}

TEST(a_head_may_be_long_but_not_too_long)
{
    start(c);
    CHECK(ask_long(c, PORT_SYSTEMS, "/here", 14 * 1024) == 200 && ask_long(c, PORT_PAGES, "/hello", 28 * 1024) == 200);
    CHECK(ask_long(c, PORT_SYSTEMS, "/here", 20 * 1024) == 431 && ask_long(c, PORT_PAGES, "/hello", 40 * 1024) == 431);
    fake_stop();
}

TEST(too_many_headers_and_bad_requests_are_refused)
{
    start(c);
    struct buf b = buf_in(c->arena, 64 * 1024);
    buf_put(&b, STR("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"));
    for (int i = 0; i < 120; i++) buf_print(&b, "X-%d: 1\r\n", i);
    buf_put(&b, STR("\r\n"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, buf_str(&b))) == 431);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, STR("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"))) == 400); /* no Host */
    CHECK(fake_status(fake_ask(c, PORT_PAGES, STR("OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))) == 400);
    fake_stop();
}

TEST(a_body_has_one_length)
{
    start(c);
    struct str both = STR("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    struct str twice = STR("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, both)) == 400);
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, twice)) == 400);
    fake_stop();
}

static enum status show_address(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_cookie(c, rp, STR("a"), STR("b"), 0);
    reply_text(rp, 200, STR("text/plain"), str_join(c->arena, rq->peer_address, rq->tls ? STR(" https") : STR(" http"), STR_END));
    return ST_OK;
}

TEST(behind_a_proxy_people_come_over_https_from_their_own_address)
{
    static const struct route where[] = { { "GET", "/where", show_address, .need = "public" }, { 0 } };
    static const struct module module = { .name = "test", .routes = where };
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    fake_start(c, &module, &o);
    struct str a = fake_ask(c, PORT_PAGES, FAKE_GET("/where", "X-Forwarded-For: 203.0.113.9\r\n"));
    CHECK_STR(fake_body(a), STR("127.0.0.1 http")); /* without a proxy anybody could write this header */
    CHECK(!fake_has(a, STR("Secure")));
    fake_stop();
    o.https = true;
    fake_start(c, &module, &o);
    a = fake_ask(c, PORT_PAGES, FAKE_GET("/where", "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"));
    CHECK_STR(fake_body(a), STR("203.0.113.9 https")); /* the entry the proxy added; what stands before it came from the client */
    CHECK(fake_has(a, STR("Set-Cookie: a=b; Path=/; HttpOnly; SameSite=Lax; Secure\r\n")) && fake_has(a, STR("Strict-Transport-Security")));
    fake_stop();
}

TEST(body_memory_is_bounded_over_all_requests)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    o.body_memory = 32 * 1024;
    fake_start(c, &test_module, &o);
    struct buf b = buf_in(c->arena, 1 << 20);
    buf_put(&b, STR("POST /size HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"));
    memset(buf_room(&b, 100000), 'x', 100000);
    buf_added(&b, 100000);
    struct str a = fake_ask(c, PORT_SYSTEMS, buf_str(&b));
    CHECK(fake_status(a) == 503 && fake_has(a, STR("Retry-After: 5")));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, fake_post(c, "/size", "", "small"))) == 200);
    fake_stop();
}

TEST(kept_and_pipelined_requests_are_answered_in_order)
{
    start(c);
    int fd = fake_connect(PORT_PAGES);
    fake_send(fd, STR("GET /item/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /item/2 HTTP/1.1\r\nHost: h\r\n\r\nGET /item/3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    struct str all = fake_read_all(c, fd);
    size_t one = str_find(all, STR("\r\n\r\n1")), two = str_find(all, STR("\r\n\r\n2")), three = str_find(all, STR("\r\n\r\n3"));
    CHECK(one < two && two < three && three != SIZE_MAX);
    fake_stop();
}

TEST(a_name_is_not_listened_at_beside_another_program)
{
    int fd = -1, port;
    FILE_FD other = fake_listen("127.0.0.1", &port);
    CHECK(other >= 0);
    CHECK(listen__open(c, str_print(c->arena, "localhost:%d", port), &fd) == ST_UNAVAILABLE && fd == -1); /* ::1 would be free */
    CHECK_STR(call_error(c)->key, STR("Another program listens at %s already. Stop it, or choose another port in node.yaml."));
}

TEST(a_taken_address_says_so)
{
    start(c);
    struct web_options o = fake_options();
    struct app second = { .modules = NULL };
    struct str at = str_print(c->arena, "127.0.0.1:%d", fake_port(PORT_PAGES));
    o.address[PORT_PAGES] = at;
    o.address[PORT_SYSTEMS] = o.address[PORT_PEERS] = STR("");
    CHECK(web__start_with(c, &second, &o) == ST_UNAVAILABLE);
    CHECK_STR(c->error.key, STR("Another program listens at %s already. Stop it, or choose another port in node.yaml."));
    web_stop(&second);
    web_module.stop(&second);
    fake_stop();
}
