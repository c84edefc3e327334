/* edge_test.c: the whole way of a request over real sockets: limits, refusals, sessions, forms, many at once, stop while requests run. */
#include "web/edge.c"

#include <arpa/inet.h>
#include <pthread.h>

#include "base/file.h"
#include "base/test.h"
#include "web/web_fake.h"

/* ---- handlers ---- */

static enum status hello(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c, (void)rq;
    reply_text(rp, 200, STR("text/plain"), STR("hello"));
    return ST_OK;
}

static enum status show_target(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_text(rp, 200, STR("text/plain"), str_join(c->arena, rq->target, STR(" "), request_path(rq, "rest"), STR(" "), rq->query, STR_END));
    return ST_OK;
}

static enum status show_item(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c;
    reply_text(rp, 200, STR("text/plain"), request_path(rq, "id"));
    return ST_OK;
}

static enum status show_size(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_text(rp, 200, STR("text/plain"), str_print(c->arena, "%zu", rq->body.n));
    return ST_OK;
}

static enum status show_name(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_text(rp, 200, STR("text/plain"), str_join(c->arena, STR("name="), request_form(rq, "name"), STR(" lang="), c->lang, STR_END));
    return ST_OK;
}

static enum status show_form_again(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct call_error *faults;
    size_t n = request_faults(rq, &faults);
    reply_text(rp, 422, STR("text/plain"), str_print(c->arena, "again %zu %.*s", n, STR_ARG(c->error.field)));
    return ST_OK;
}

static enum status broken(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c, (void)rq;
    reply_text(rp, 200, STR("text/plain"), STR("half an answer"));
    return ST_BROKEN;
}

static enum status busy(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq, (void)rp;
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "%s could not be reached.", STR("H26")), STR("server.x"));
}

static enum status own_failure(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    reply_text(rp, 500, STR("text/xml"), str_join(c->arena, STR("fault:"), c->error.fault, STR_END));
    return ST_OK;
}

/* A gate: requests wait in their handler until the test opens it. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static int inside;
static bool gate_is_open;

static enum status wait_at_gate(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)pthread_mutex_lock(&gate_lock);
    inside++;
    (void)pthread_cond_broadcast(&gate_moved);
    while (!gate_is_open) (void)pthread_cond_wait(&gate_moved, &gate_lock);
    inside--;
    (void)pthread_mutex_unlock(&gate_lock);
    return hello(c, rq, rp);
}

static void wait_until_inside(int n)
{
    (void)pthread_mutex_lock(&gate_lock);
    while (inside < n) (void)pthread_cond_wait(&gate_moved, &gate_lock);
    (void)pthread_mutex_unlock(&gate_lock);
}

static void set_gate(bool open)
{
    (void)pthread_mutex_lock(&gate_lock);
    gate_is_open = open;
    (void)pthread_cond_broadcast(&gate_moved);
    (void)pthread_mutex_unlock(&gate_lock);
}

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

static const struct field name_form[] = { { "name", FIELD_TEXT, .required = true }, { "day", .kind = FIELD_DATE }, { 0 } };
static const struct route routes[] = {
    { "GET", "/hello", hello, .need = "public" },
    { "GET", "/item/{id}", show_item, .need = "public" },
    { "GET", "/desk", hello, .need = "desk" },
    { "GET", "/nobody", hello, .need = "nobody.has" },
    { "GET", "/search", show_name, .need = "public", .form = name_form },
    { "POST", "/desk", show_name, .need = "desk", .form = name_form },
    { "POST", "/again", show_name, .need = "public", .form = name_form, .failed = show_form_again },
    { "GET", "/broken", broken, .need = "public" },
    { "GET", "/slow", wait_at_gate, .need = "public" },
    { "GET", "/raw/{rest*}", show_target, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "POST", "/size", show_size, .need = "public", .port = PORT_SYSTEMS, .api = true, .max_body = 1 << 20 },
    { "GET", "/search", show_name, .need = "public", .form = name_form, .port = PORT_SYSTEMS, .api = true },
    { "GET", "/busy", busy, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "GET", "/fault", busy, .need = "public", .port = PORT_SYSTEMS, .api = true, .failed = own_failure },
    { "GET", "/here", hello, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "*", "/pass", pass_on, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { 0 } };
static const struct module test_module = { .name = "test", .routes = routes };

/* ---- sessions ---- */

static enum status find_session(struct call *c, struct str id, const struct actor **ret, struct str *ret_csrf)
{
    static const struct str rights[] = { STR_INIT("desk") };
    static const struct actor clerk = { .account = 1, .role = STR_INIT("clerk"), .rights = rights, .nrights = 1 };
    (void)c;
    if (!str_eq(id, STR("good"))) return ST_NOT_FOUND;
    *ret = &clerk;
    *ret_csrf = STR("tok");
    return ST_OK;
}
static const struct session_source sessions = { find_session, "/sign-in" };

static void start(struct call *c)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    set_gate(false);
    web_set_session_source(&fake_app, &sessions);
    fake_start(c, &test_module, &o);
}

#define GET(path, headers) STR("GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" headers "\r\n")
#define SIGNED_IN "Cookie: sen_test=good\r\n"

static struct str post(struct call *c, const char *path, const char *headers, const char *body)
{
    return str_print(c->arena, "POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n%s\r\n%s", path,
                     strlen(body), headers, body);
}

/* ---- tests ---- */

TEST(a_page_comes_with_its_security_headers)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, GET("/hello", ""));
    CHECK(fake_status(a) == 200);
    CHECK_STR(fake_body(a), STR("hello"));
    CHECK(fake_has(a, STR("Content-Security-Policy: default-src 'none'; script-src 'self'")) && fake_has(a, STR("nosniff")) && fake_has(a, STR("Referrer-Policy: same-origin")));
    CHECK(!fake_has(a, STR("Strict-Transport-Security")) && !fake_has(a, STR("no-store")));
    a = fake_ask(c, PORT_PAGES, GET("/desk", SIGNED_IN));
    CHECK(fake_status(a) == 200 && fake_has(a, STR("Cache-Control: no-store")));
    fake_stop();
}

TEST(head_is_get_without_a_body)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, STR("HEAD /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    CHECK(fake_status(a) == 200 && fake_has(a, STR("Content-Length: 5")) && fake_body(a).n == 0);
    fake_stop();
}

TEST(the_raw_target_reaches_the_handler)
{
    start(c);
    struct str a = fake_ask(c, PORT_SYSTEMS, GET("/raw/VN%2FGOV//a%20b/?q=%2F&r=+", ""));
    CHECK_STR(fake_body(a), STR("/raw/VN%2FGOV//a%20b/?q=%2F&r=+ VN%2FGOV//a%20b/ q=%2F&r=+"));
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, GET("/item/a%2Fb%20c", ""))), STR("a/b c"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/item/%zz", ""))) == 400);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/item/%00", ""))) == 400);
    fake_stop();
}

TEST(unknown_paths_and_methods_are_told_apart)
{
    start(c);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/nothing", ""))) == 404);
    struct str a = fake_ask(c, PORT_PAGES, post(c, "/hello", "", "a=1"));
    CHECK(fake_status(a) == 405 && fake_has(a, STR("Allow: GET, HEAD\r\n")));
    a = fake_ask(c, PORT_SYSTEMS, STR("DELETE /size HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    CHECK(fake_status(a) == 405 && fake_has(a, STR("Allow: POST\r\n")) && fake_has(a, STR("application/problem+json")));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, GET("/hello", ""))) == 404); /* a page's route is not on the other port */
    fake_stop();
}

TEST(pages_send_who_is_not_signed_in_to_sign_in)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, GET("/desk", ""));
    CHECK(fake_status(a) == 303 && fake_has(a, STR("Location: /sign-in?next=%2Fdesk\r\n")));
    a = fake_ask(c, PORT_PAGES, GET("/desk", "Cookie: sen_test=stale\r\n"));
    CHECK(fake_status(a) == 303);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/desk", "Accept: application/json\r\n"))) == 401);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/nobody", SIGNED_IN))) == 403);
    fake_stop();
}

TEST(a_form_needs_its_token_its_type_and_its_fields)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN, "name=Lan&csrf=tok"));
    CHECK(fake_status(a) == 200);
    CHECK_STR(fake_body(a), STR("name=Lan lang=vi"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN, "name=Lan"))) == 403);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN, "name=Lan&csrf=tol"))) == 403);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN "Origin: http://evil\r\n", "name=Lan&csrf=tok"))) == 403);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, post(c, "/desk", "", "name=Lan&csrf=tok"))) == 303);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN, "role=admin"))) == 403); /* no token: no details */
    CHECK(fake_status(fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN, "name=Lan&role=admin&csrf=tok"))) == 422);
    a = fake_ask(c, PORT_PAGES, post(c, "/desk", SIGNED_IN "Accept: application/json\r\n", "role=admin&day=x&csrf=tok"));
    CHECK(fake_status(a) == 422 && fake_has(a, STR("\"errors\":[{\"field\":\"role\"")) && fake_has(a, STR("\"field\":\"name\"")) && fake_has(a, STR("\"field\":\"day\"")));
    fake_stop();
}

TEST(a_wrong_form_is_shown_again_by_its_own_page)
{
    start(c);
    struct str id = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    struct request_parts parts = { .web = fake_app.web };
    struct header h = { STR("Cookie"), str_join(c->arena, STR("sen_test_form="), id, STR_END) };
    struct request rq = { .headers = &h, .nheaders = 1, .parts = &parts };
    struct reply rp = { 0 };
    struct str token = web_form_token(c, &rq, &rp);
    struct str body = str_print(c->arena, "day=x&csrf=%.*s", STR_ARG(token));
    struct str a = fake_ask(c, PORT_PAGES, post(c, "/again", "Cookie: sen_test_form=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n", str_to_z(c->arena, body)));
    CHECK(fake_status(a) == 422);
    CHECK_STR(fake_body(a), STR("again 2 name"));
    fake_stop();
}

TEST(queries_are_forms_too)
{
    start(c);
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, GET("/search?name=a%20b&lang=en", ""))), STR("name=a b lang=en"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/search", ""))) == 422);
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, GET("/search?name=a&utm_source=mail&lang=en", ""))), STR("name=a lang=en"));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, GET("/search?name=a&x=1", ""))) == 422);
    fake_stop();
}

TEST(failures_end_in_pages_problems_or_the_routes_own_words)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, GET("/broken", ""));
    CHECK(fake_status(a) == 500 && !fake_has(a, STR("half an answer")) && fake_has(a, STR("text/html")));
    a = fake_ask(c, PORT_SYSTEMS, GET("/busy", ""));
    CHECK(fake_status(a) == 503 && fake_has(a, STR("\"fault\":\"server.x\"")) && fake_has(a, STR("H26")) && fake_has(a, STR("\"trace\":\"")));
    CHECK_STR(fake_body(fake_ask(c, PORT_SYSTEMS, GET("/fault", ""))), STR("fault:server.x"));
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
    struct str a = fake_ask(c, PORT_PAGES, GET("/where", "X-Forwarded-For: 203.0.113.9\r\n"));
    CHECK_STR(fake_body(a), STR("127.0.0.1 http")); /* without a proxy anybody could write this header */
    CHECK(!fake_has(a, STR("Secure")));
    fake_stop();
    o.https = true;
    fake_start(c, &module, &o);
    a = fake_ask(c, PORT_PAGES, GET("/where", "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"));
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
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, post(c, "/size", "", "small"))) == 200);
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

TEST(a_slow_client_is_cut_and_a_waiting_one_is_not)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    o.request_s = 1;
    set_gate(false);
    fake_start(c, &test_module, &o);
    int waiting = fake_connect(PORT_PAGES), slow = fake_connect(PORT_PAGES);
    fake_send(waiting, GET("/slow", ""));
    fake_send(slow, STR("GET /hello HTTP/1.1\r\nHost: h\r\nX-Slow: "));
    int64_t began = time_monotonic_us();
    (void)fake_read_all(c, slow);
    CHECK(time_monotonic_us() - began < 10 * 1000000); /* closed by the server, not by the 20 s limit of our socket */
    set_gate(true);
    CHECK(fake_status(fake_read_all(c, waiting)) == 200);
    fake_stop();
}

TEST(a_full_queue_says_so_and_another_port_still_answers)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    o.workers = 3;
    o.queue = 2;
    set_gate(false);
    fake_start(c, &test_module, &o);
    int fds[4];
    for (int i = 0; i < 2; i++) {
        fds[i] = fake_connect(PORT_PAGES);
        fake_send(fds[i], GET("/slow", ""));
        wait_until_inside(i + 1);
    }
    /* both workers that pages may use are busy; two more wait; the next is refused; systems have a worker left */
    for (int i = 2; i < 4; i++) {
        fds[i] = fake_connect(PORT_PAGES);
        fake_send(fds[i], GET("/slow", ""));
        while (workers__waiting(fake_app.web->workers, PORT_PAGES) < (size_t)(i - 1)) sched_yield();
    }
    struct str a = fake_ask(c, PORT_PAGES, GET("/hello", ""));
    CHECK(fake_status(a) == 503 && fake_has(a, STR("Retry-After")));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, GET("/here", ""))) == 200);
    set_gate(true);
    for (int i = 0; i < 4; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    fake_stop();
}

TEST(a_thousand_at_once_are_all_answered)
{
    enum { MANY = 1000 };
    static int fds[MANY];
    start(c);
    for (int i = 0; i < MANY; i++) fds[i] = fake_connect(PORT_PAGES);
    for (int i = 0; i < MANY; i++) fake_send(fds[i], GET("/hello", ""));
    int good = 0;
    for (int i = 0; i < MANY; i++) good += fake_status(fake_read_all(c, fds[i])) == 200;
    CHECK(good == MANY);
    fake_stop();
}

static void *stop_in_thread(void *arg)
{
    (void)arg;
    fake_stop();
    return NULL;
}

TEST(stop_answers_what_runs_and_what_waits)
{
    start(c);
    int fds[12];
    for (int i = 0; i < 12; i++) {
        fds[i] = fake_connect(PORT_PAGES);
        fake_send(fds[i], GET("/slow", ""));
    }
    wait_until_inside(7); /* 8 workers, one kept for the other port */
    while (workers__waiting(fake_app.web->workers, PORT_PAGES) < 5) sched_yield();
    pthread_t stopper;
    CHECK(pthread_create(&stopper, NULL, stop_in_thread, NULL) == 0);
    set_gate(true);
    for (int i = 0; i < 12; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    (void)pthread_join(stopper, NULL);
    CHECK(!fake_app.web);
}

TEST(a_client_that_left_costs_nothing)
{
    start(c);
    for (int i = 0; i < 20; i++) {
        int fd = fake_connect(PORT_PAGES);
        fake_send(fd, GET("/slow", ""));
        (void)close(fd);
        fd = fake_connect(PORT_SYSTEMS);
        fake_send(fd, STR("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\nhalf"));
        (void)close(fd);
    }
    wait_until_inside(7);
    set_gate(true);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/hello", ""))) == 200);
    fake_stop(); /* the sanitizers count what is left */
}

TEST(the_language_is_chosen_and_remembered)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, GET("/language/en?back=%2Fhello%3Flang%3Dvi", ""));
    CHECK(fake_status(a) == 303 && fake_has(a, STR("Location: /hello\r\n")) && fake_has(a, STR("Set-Cookie: sen_lang=en; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000\r\n")));
    a = fake_ask(c, PORT_PAGES, GET("/language/en?back=%2F%2Fevil.example", ""));
    CHECK(fake_status(a) == 303 && fake_has(a, STR("Location: /\r\n")));
    a = fake_ask(c, PORT_PAGES, GET("/language/en", "Referer: http://h/item/7?x=1\r\n"));
    CHECK(fake_has(a, STR("Location: /item/7?x=1\r\n")));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/language/xx", ""))) == 404);
    fake_stop();
}

static enum status unwell(struct call *c) { return call_fail(c, ST_UNAVAILABLE, "", "%s", STR("secret cause")); }
static void more_metrics(struct call *c, struct buf *out)
{
    (void)c;
    buf_put(out, STR("sen_test 42\n"));
}

TEST(health_names_the_part_that_fails)
{
    start(c);
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, GET("/healthz", ""))), STR("{\"status\":\"ok\"}"));
    web_add_health(&fake_app, "holder2", unwell);
    struct str a = fake_ask(c, PORT_SYSTEMS, GET("/healthz", ""));
    CHECK(fake_status(a) == 503 && !fake_has(a, STR("secret")));
    CHECK_STR(fake_body(a), STR("{\"status\":\"failing\",\"parts\":[\"holder2\"]}"));
    fake_stop();
}

TEST(metrics_count_requests_and_let_rooms_add_lines)
{
    start(c);
    web_add_metrics(&fake_app, more_metrics);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/hello", ""))) == 200);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/nothing", ""))) == 404);
    struct str a = fake_body(fake_ask(c, PORT_SYSTEMS, GET("/metrics", "")));
    CHECK(fake_has(a, STR("sen_http_requests_total{port=\"pages\",status=\"2xx\"} 1\n")) && fake_has(a, STR("sen_http_requests_total{port=\"pages\",status=\"4xx\"} 1\n")));
    CHECK(fake_has(a, STR("sen_http_request_seconds_count{port=\"pages\"} 2\n")) && fake_has(a, STR("sen_test 42\n")) && fake_has(a, STR("sen_http_queue{port=\"pages\"} 0\n")));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, GET("/metrics", ""))) == 404); /* not for people's port */
    fake_stop();
}

TEST(a_name_is_not_listened_at_beside_another_program)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    int fd = -1;
    FILE_FD other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(other, (struct sockaddr *)&at, sizeof at) == 0 && listen(other, 1) == 0 && getsockname(other, (struct sockaddr *)&at, &n) == 0);
    CHECK(listen__open(c, str_print(c->arena, "localhost:%d", ntohs(at.sin_port)), &fd) == ST_UNAVAILABLE && fd == -1); /* ::1 would be free */
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
