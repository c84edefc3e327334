/* guard_test.c: tokens, origins and languages. */
#include "web/guard.c"

#include "base/test.h"
#include "web/web_fake.h"

struct asked { struct header headers[4]; struct request rq; struct request_parts parts; struct web web; };

static void ask(struct asked *a, size_t n)
{
    static const struct str languages[] = { STR_INIT("vi"), STR_INIT("en") };
    a->web = (struct web){ .options = { .languages = languages, .nlanguages = 2 }, .form_cookie = STR("sen_test_form") };
    a->parts = (struct request_parts){ .web = &a->web };
    a->rq.headers = a->headers;
    a->rq.nheaders = n;
    a->rq.parts = &a->parts;
}

TEST(a_session_form_needs_the_sessions_token)
{
    struct asked a = { .rq.csrf = STR("right") };
    ask(&a, 0);
    CHECK_OK(guard__check_csrf(c, &a.rq, STR("right")));
    CHECK(guard__check_csrf(c, &a.rq, STR("wrong")) == ST_DENIED);
    call_clear(c);
    CHECK(guard__check_csrf(c, &a.rq, STR("")) == ST_DENIED);
    a.rq.csrf = STR("");
    CHECK(guard__check_csrf(c, &a.rq, STR("")) == ST_DENIED);
}

TEST(a_form_before_sign_in_is_bound_to_its_cookie)
{
    static const struct app app = { .web = NULL };
    struct asked a = { .rq.csrf = STR("") };
    struct reply rp = { 0 };
    c->app = &app;
    ask(&a, 0);
    struct str token = web_form_token(c, &a.rq, &rp);
    CHECK(rp.nheaders == 1 && rp.no_store);
    CHECK_STR(web_form_token(c, &a.rq, &rp), token);
    CHECK(rp.nheaders == 1);
    struct str set = rp.headers[0].value, pair;
    CHECK(str_cut(&set, ';', &pair));
    a.headers[0] = (struct header){ STR("Cookie"), pair };
    ask(&a, 1);
    CHECK_OK(guard__check_csrf(c, &a.rq, token));
    a.rq.csrf = STR("right"); /* signed in meanwhile: the session's token counts alone */
    CHECK(guard__check_csrf(c, &a.rq, token) == ST_DENIED);
    call_clear(c);
    a.rq.csrf = STR("");
    a.headers[0].value = STR("sen_test_form=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    CHECK(guard__check_csrf(c, &a.rq, token) == ST_DENIED);
    call_clear(c);
    a.web.form_secret[0] ^= 1; /* another server's secret */
    a.headers[0].value = pair;
    CHECK(guard__check_csrf(c, &a.rq, token) == ST_DENIED);
}

static enum status from(struct call *c, const char *name, const char *value)
{
    struct asked a = { .headers = { { STR("Host"), STR("sen.example:8080") }, { str_z(name), str_z(value) } }, .rq.csrf = STR("t") };
    ask(&a, 2);
    call_clear(c);
    return guard__check_csrf(c, &a.rq, STR("t"));
}

TEST(posts_from_other_sites_are_refused_even_with_a_token)
{
    CHECK_OK(from(c, "Origin", "http://sen.example:8080"));
    CHECK(from(c, "Origin", "http://sen.example:8081") == ST_DENIED);
    CHECK(from(c, "Origin", "null") == ST_DENIED);
    CHECK(from(c, "Origin", "http://evil.example") == ST_DENIED);
    CHECK_OK(from(c, "Sec-Fetch-Site", "same-origin"));
    CHECK_OK(from(c, "Sec-Fetch-Site", "none"));
    CHECK(from(c, "Sec-Fetch-Site", "same-site") == ST_DENIED);
    CHECK(from(c, "Sec-Fetch-Site", "cross-site") == ST_DENIED);
}

static struct str best(const char *header)
{
    static const struct str languages[] = { STR_INIT("vi"), STR_INIT("en") };
    return guard__accepted_language(str_z(header), languages, 2);
}

TEST(accept_language_is_weighed)
{
    CHECK_STR(best("vi-VN,vi;q=0.9,en;q=0.8"), STR("vi"));
    CHECK_STR(best("en;q=0.9, vi;q=0.95"), STR("vi"));
    CHECK_STR(best("fr, en-GB;q=0.2"), STR("en"));
    CHECK_STR(best("EN"), STR("en"));
    CHECK(best("fr").n == 0 && best("").n == 0 && best("vi;q=0").n == 0 && best("vi;q=2").n == 0 && best(";;,,").n == 0 && best("vi;x").n == 0);
}

TEST(query_then_cookie_then_header_choose_the_language)
{
    struct asked a = { .headers = { { STR("Cookie"), STR("sen_lang=vi") }, { STR("Accept-Language"), STR("en") } }, .rq.query = STR("a=1&lang=en") };
    ask(&a, 2);
    CHECK_STR(guard__pick_language(&a.rq), STR("en"));
    a.rq.query = STR("lang=xx");
    CHECK_STR(guard__pick_language(&a.rq), STR("vi"));
    a.headers[0].value = STR("sen_lang=xx");
    CHECK_STR(guard__pick_language(&a.rq), STR("en"));
    a.rq.nheaders = 0;
    CHECK_STR(guard__pick_language(&a.rq), STR("vi"));
}

TEST(going_back_leaves_the_language_out)
{
    CHECK_STR(without_language(c, STR("/a?lang=vi&b=1&c=2")), STR("/a?b=1&c=2"));
    CHECK_STR(without_language(c, STR("/a?lang=vi")), STR("/a"));
    CHECK_STR(without_language(c, STR("/a")), STR("/a"));
}
