/* serve_test.c: what a request meets inside, over real sockets: its route, session, form and language; pages and problems; health and metrics. */
#include "base/test.h"
#include "web/web_fake.h"

/* ---- handlers ---- */

static enum status show_target(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_text(rp, 200, STR("text/plain"), str_join(c->arena, rq->target, STR(" "), request_path(rq, "rest"), STR(" "), rq->query, STR_END));
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

static const struct field name_form[] = { { "name", FIELD_TEXT, .required = true }, { "day", .kind = FIELD_DATE }, { 0 } };
static const struct route routes[] = {
    { "GET", "/hello", fake_hello, .need = "public" },
    { "GET", "/item/{id}", fake_id, .need = "public" },
    { "GET", "/desk", fake_hello, .need = "desk" },
    { "GET", "/nobody", fake_hello, .need = "nobody.has" },
    { "GET", "/search", show_name, .need = "public", .form = name_form },
    { "POST", "/desk", show_name, .need = "desk", .form = name_form },
    { "POST", "/again", show_name, .need = "public", .form = name_form, .failed = show_form_again },
    { "GET", "/broken", broken, .need = "public" },
    { "GET", "/raw/{rest*}", show_target, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "GET", "/search", show_name, .need = "public", .form = name_form, .port = PORT_SYSTEMS, .api = true },
    { "GET", "/busy", busy, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "GET", "/fault", busy, .need = "public", .port = PORT_SYSTEMS, .api = true, .failed = own_failure },
    { "POST", "/size", fake_size, .need = "public", .port = PORT_SYSTEMS, .api = true },
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
    web_set_session_source(&fake_app, &sessions);
    fake_start(c, &test_module, &o);
}

#define SIGNED_IN "Cookie: sen_test=good\r\n"

/* ---- tests ---- */

TEST(a_page_comes_with_its_security_headers)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, FAKE_GET("/hello", ""));
    CHECK(fake_status(a) == 200);
    CHECK_STR(fake_body(a), STR("hello"));
    CHECK(fake_has(a, STR("Content-Security-Policy: default-src 'none'; script-src 'self'")) && fake_has(a, STR("nosniff")) && fake_has(a, STR("Referrer-Policy: same-origin")));
    CHECK(!fake_has(a, STR("Strict-Transport-Security")) && !fake_has(a, STR("no-store")));
    a = fake_ask(c, PORT_PAGES, FAKE_GET("/desk", SIGNED_IN));
    CHECK(fake_status(a) == 200 && fake_has(a, STR("Cache-Control: no-store")));
    fake_stop();
}

TEST(the_raw_target_reaches_the_handler)
{
    start(c);
    struct str a = fake_ask(c, PORT_SYSTEMS, FAKE_GET("/raw/VN%2FGOV//a%20b/?q=%2F&r=+", ""));
    CHECK_STR(fake_body(a), STR("/raw/VN%2FGOV//a%20b/?q=%2F&r=+ VN%2FGOV//a%20b/ q=%2F&r=+"));
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, FAKE_GET("/item/a%2Fb%20c", ""))), STR("a/b c"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/item/%zz", ""))) == 400);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/item/%00", ""))) == 400);
    fake_stop();
}

TEST(unknown_paths_and_methods_are_told_apart)
{
    start(c);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/nothing", ""))) == 404);
    struct str a = fake_ask(c, PORT_PAGES, fake_post(c, "/hello", "", "a=1"));
    CHECK(fake_status(a) == 405 && fake_has(a, STR("Allow: GET, HEAD\r\n")));
    a = fake_ask(c, PORT_SYSTEMS, STR("DELETE /size HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    CHECK(fake_status(a) == 405 && fake_has(a, STR("Allow: POST\r\n")) && fake_has(a, STR("application/problem+json")));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, FAKE_GET("/hello", ""))) == 404); /* a page's route is not on the other port */
    fake_stop();
}

TEST(pages_send_who_is_not_signed_in_to_sign_in)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, FAKE_GET("/desk", ""));
    CHECK(fake_status(a) == 303 && fake_has(a, STR("Location: /sign-in?next=%2Fdesk\r\n")));
    a = fake_ask(c, PORT_PAGES, FAKE_GET("/desk", "Cookie: sen_test=stale\r\n"));
    CHECK(fake_status(a) == 303);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/desk", "Accept: application/json\r\n"))) == 401);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/nobody", SIGNED_IN))) == 403);
    fake_stop();
}

TEST(a_form_needs_its_token_its_type_and_its_fields)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN, "name=Lan&csrf=tok"));
    CHECK(fake_status(a) == 200);
    CHECK_STR(fake_body(a), STR("name=Lan lang=vi"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN, "name=Lan"))) == 403);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN, "name=Lan&csrf=tol"))) == 403);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN "Origin: http://evil\r\n", "name=Lan&csrf=tok"))) == 403);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, fake_post(c, "/desk", "", "name=Lan&csrf=tok"))) == 303);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN, "role=admin"))) == 403); /* no token: no details */
    CHECK(fake_status(fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN, "name=Lan&role=admin&csrf=tok"))) == 422);
    a = fake_ask(c, PORT_PAGES, fake_post(c, "/desk", SIGNED_IN "Accept: application/json\r\n", "role=admin&day=x&csrf=tok"));
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
    struct str a = fake_ask(c, PORT_PAGES, fake_post(c, "/again", "Cookie: sen_test_form=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n", str_to_z(c->arena, body)));
    CHECK(fake_status(a) == 422);
    CHECK_STR(fake_body(a), STR("again 2 name"));
    fake_stop();
}

TEST(queries_are_forms_too)
{
    start(c);
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, FAKE_GET("/search?name=a%20b&lang=en", ""))), STR("name=a b lang=en"));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/search", ""))) == 422);
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, FAKE_GET("/search?name=a&utm_source=mail&lang=en", ""))), STR("name=a lang=en"));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, FAKE_GET("/search?name=a&x=1", ""))) == 422);
    fake_stop();
}

TEST(failures_end_in_pages_problems_or_the_routes_own_words)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, FAKE_GET("/broken", ""));
    CHECK(fake_status(a) == 500 && !fake_has(a, STR("half an answer")) && fake_has(a, STR("text/html")));
    a = fake_ask(c, PORT_SYSTEMS, FAKE_GET("/busy", ""));
    CHECK(fake_status(a) == 503 && fake_has(a, STR("\"fault\":\"server.x\"")) && fake_has(a, STR("H26")) && fake_has(a, STR("\"trace\":\"")));
    CHECK_STR(fake_body(fake_ask(c, PORT_SYSTEMS, FAKE_GET("/fault", ""))), STR("fault:server.x"));
    fake_stop();
}

TEST(the_language_is_chosen_and_remembered)
{
    start(c);
    struct str a = fake_ask(c, PORT_PAGES, FAKE_GET("/language/en?back=%2Fhello%3Flang%3Dvi", ""));
    CHECK(fake_status(a) == 303 && fake_has(a, STR("Location: /hello\r\n")) && fake_has(a, STR("Set-Cookie: sen_lang=en; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000\r\n")));
    a = fake_ask(c, PORT_PAGES, FAKE_GET("/language/en?back=%2F%2Fevil.example", ""));
    CHECK(fake_status(a) == 303 && fake_has(a, STR("Location: /\r\n")));
    a = fake_ask(c, PORT_PAGES, FAKE_GET("/language/en", "Referer: http://h/item/7?x=1\r\n"));
    CHECK(fake_has(a, STR("Location: /item/7?x=1\r\n")));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/language/xx", ""))) == 404);
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
    CHECK_STR(fake_body(fake_ask(c, PORT_PAGES, FAKE_GET("/healthz", ""))), STR("{\"status\":\"ok\"}"));
    web_add_health(&fake_app, "holder2", unwell);
    struct str a = fake_ask(c, PORT_SYSTEMS, FAKE_GET("/healthz", ""));
    CHECK(fake_status(a) == 503 && !fake_has(a, STR("secret")));
    CHECK_STR(fake_body(a), STR("{\"status\":\"failing\",\"parts\":[\"holder2\"]}"));
    fake_stop();
}

TEST(metrics_count_requests_and_let_rooms_add_lines)
{
    start(c);
    web_add_metrics(&fake_app, more_metrics);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/hello", ""))) == 200);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/nothing", ""))) == 404);
    struct str a = fake_body(fake_ask(c, PORT_SYSTEMS, FAKE_GET("/metrics", "")));
    CHECK(fake_has(a, STR("sen_http_requests_total{port=\"pages\",status=\"2xx\"} 1\n")) && fake_has(a, STR("sen_http_requests_total{port=\"pages\",status=\"4xx\"} 1\n")));
    CHECK(fake_has(a, STR("sen_http_request_seconds_count{port=\"pages\"} 2\n")) && fake_has(a, STR("sen_test 42\n")) && fake_has(a, STR("sen_http_queue{port=\"pages\"} 0\n")));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/metrics", ""))) == 404); /* not for people's port */
    fake_stop();
}
