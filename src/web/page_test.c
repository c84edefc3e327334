/* page_test.c: values escape by where they stand, texts are translated, a failed form shows its sentence, embedded files keep their addresses. The edge is not part of
 * these tests; what it gives a page is made here. */
#include "web/html.c"

#include "base/test.h"
#include "web/error.html.h"

/* What the edge would answer. */
static struct str form_token, accepted, asked_name, asked_hash;
struct str web_form_token(struct call *c, const struct request *rq, struct reply *rp) { return (void)c, (void)rq, (void)rp, form_token; }
struct str request_header(const struct request *rq, const char *name) { return (void)rq, strcmp(name, "Accept-Encoding") == 0 ? accepted : (struct str){ NULL, 0 }; }
struct str request_path(const struct request *rq, const char *name) { return (void)rq, strcmp(name, "hash") == 0 ? asked_hash : asked_name; }
size_t request_faults(const struct request *rq, const struct call_error **ret) { return (void)rq, (void)ret, 0; }
void reply_header(struct call *c, struct reply *rp, const char *name, struct str value) { (void)c, rp->headers[rp->nheaders++] = (struct header){ str_z(name), value }; }
void reply_text(struct reply *rp, int status, struct str type, struct str body) { rp->status = status, rp->content_type = type, rp->body = body; }

static const struct request get_page = { .method = STR_INIT("GET"), .path = STR_INIT("/x"), .query = STR_INIT("a=1&b=2") };

struct paper { struct buf b; struct reply rp; struct page_out o; };
static struct page_out *paper(struct call *c, struct paper *p)
{
    p->b = buf_in(c->arena, 1 << 20);
    p->rp = (struct reply){ 0 };
    p->o = (struct page_out){ c, &get_page, &p->rp, &p->b };
    return &p->o;
}

#define CHECK_PUT(put, expected) \
    do { \
        struct paper p_; \
        struct page_out *o = paper(c, &p_); \
        put; \
        CHECK_STR(buf_str(&p_.b), STR(expected)); \
    } while (0)

TEST(text_and_attributes_escape_five_signs)
{
    CHECK_PUT(html_text(o, STR("<b a=\"1\" c='2'>&amp;</b>")), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
    CHECK_PUT(html_put_attr(o, STR("\"><script>")), "&quot;&gt;&lt;script&gt;");
    CHECK_PUT(html_text(o, STR("Nguyễn Thị Đào")), "Nguyễn Thị Đào");
    CHECK_PUT(html_text(o, STR("")), "");
}

TEST(the_type_chooses_the_printer)
{
    CHECK_PUT(html_put(o, (int64_t)-5), "-5");
    CHECK_PUT(html_put(o, (struct html){ STR("<b>") }), "<b>");
    CHECK_PUT(html_put(o, (bool)true), "yes");
    CHECK(html_is(STR("x")) && !html_is(STR("")) && html_is((int64_t)1) && !html_is((bool)false) && html_is((size_t)2) && !html_is((const void *)NULL));
}

TEST(addresses_that_leave_or_run_become_a_hash)
{
    CHECK_PUT(html_url(o, STR("/a?b=1&c=2")), "/a?b=1&amp;c=2");
    CHECK_PUT(html_url(o, STR("https://example.org/")), "https://example.org/");
    CHECK_PUT(html_url(o, STR("javascript:alert(1)")), "#");
    CHECK_PUT(html_url(o, STR("//evil.example")), "#");
    CHECK_PUT(html_url(o, STR("/\\evil.example")), "#");
    CHECK_PUT(html_url(o, STR(" /x")), "#");
    CHECK_PUT(html_url(o, STR("/x\n/y")), "#");
    CHECK_PUT(html_url(o, STR("data:text/html,x")), "#");
    CHECK_PUT(html_url_part(o, STR("../a b&c=d")), "..%2Fa%20b%26c%3Dd");
}

TEST(texts_are_translated_and_filled_in)
{
    c->lang = STR("vi");
    CHECK_STR(text_tr(c->lang, STR("Sign in")), STR("Đăng nhập"));
    CHECK_STR(text_tr(STR("en"), STR("Sign in")), STR("Sign in"));
    CHECK_STR(text_tr(c->lang, STR("no such key at all")), STR("no such key at all"));
    const struct str args[] = { STR("a"), STR("%s") };
    CHECK_STR(text_tr_args(c, STR("%s and %s, 100%%"), args, 2), STR("a and %s, 100%"));
    CHECK_STR(text_tr_args(c, STR("%s and %s"), args, 1), STR("a and %s"));
    CHECK_STR(text_tr_args(c, STR("50%"), args, 0), STR("50%"));
}

TEST(days_and_moments_carry_their_machine_form)
{
    c->lang = STR("vi");
    CHECK_PUT(html_day(o, date_day(2026, 11, 22)), "<time datetime=\"2026-11-22\">22/11/2026</time>\n");
    c->app = &(const struct app){ .time_offset_min = 420 };
    CHECK_PUT(html_moment(o, TEST_NOW_MS), "<time datetime=\"2026-11-18T11:06:40.000Z\">18/11/2026 18:06</time>\n");
    c->app = &(const struct app){ .time_offset_min = -180 };
    CHECK_PUT(html_moment(o, TEST_NOW_MS), "<time datetime=\"2026-11-18T11:06:40.000Z\">18/11/2026 08:06</time>\n");
}

TEST(a_failed_field_is_found)
{
    CHECK(call_fail(c, ST_INVALID, "pin", "Something in the request is not valid. Check it and send it again.") == ST_INVALID);
    struct paper p;
    struct page_out *o = paper(c, &p);
    CHECK(html_has_error(o, STR("pin")) && !html_has_error(o, STR("name")));
    html_error(o, STR("name"));
    CHECK(p.b.n == 0);
    html_error(o, STR("pin"));
    CHECK(str_find(buf_str(&p.b), STR("id=\"pin-error\"")) != SIZE_MAX);
}

static struct str page_of(struct call *c, struct str lang, bool again)
{
    struct reply rp = { 0 };
    struct page_problem data = { .heading = STR("<i>"), .sentence = STR("s"), .trace = STR("t") };
    c->lang = lang;
    CHECK_OK(again ? reply_page_again(c, &get_page, &rp, &PAGE_ERROR, &data) : reply_page(c, &get_page, &rp, &PAGE_ERROR, &data));
    CHECK(again ? rp.status == 422 : rp.status == 0);
    return rp.body;
}

static size_t count(struct str text, struct str what)
{
    size_t n = 0, at;
    for (; (at = str_find(text, what)) != SIZE_MAX; text = str_skip(text, at + what.n)) n++;
    return n;
}

TEST(the_frame_has_one_h1_no_script_and_both_languages)
{
    struct str page = page_of(c, STR("vi"), false);
    CHECK(str_starts(page, STR("<!doctype html>\n<html lang=\"vi\"")));
    CHECK(count(page, STR("<h1")) == 1 && count(page, STR("<script")) == 0 && count(page, STR("style=")) == 0);
    CHECK(count(page, STR("<title>&lt;i&gt; - Sen</title>")) == 1);
    CHECK(count(page, STR("href=\"/language/en?back=%2Fx%3Fa%3D1%26b%3D2\"")) == 1 && count(page, STR("/language/vi")) == 0);
    CHECK(count(page_of(c, STR("en"), false), STR("/language/vi?")) == 1);
    CHECK(page.n < 8000);
}

TEST(a_failure_is_summed_up_once_with_a_link_to_its_field)
{
    CHECK(call_fail(c, ST_INVALID, "pin", "Something in the request is not valid. Check it and send it again.") == ST_INVALID);
    struct str page = page_of(c, STR("en"), true);
    CHECK(count(page, STR("<a href=\"#pin\">Something in the request is not valid.")) == 1);
    CHECK(count(page, STR("<title>Error: ")) == 1);
}

TEST(every_status_has_its_page)
{
    for (enum status st = ST_INVALID; st <= ST_BROKEN; st++) {
        struct reply rp = { 0 };
        call_clear(c);
        reply_error_page(c, &get_page, &rp, st);
        CHECK(rp.status == status_http(st) && rp.no_store && str_find(rp.body, c->trace) != SIZE_MAX);
    }
}

static enum status ask_asset(struct call *c, struct str path, struct reply *rp)
{
    struct str rest = str_skip(path, sizeof "/assets/" - 1);
    *rp = (struct reply){ 0 };
    CHECK(str_cut(&rest, '/', &asked_hash));
    asked_name = rest;
    return asset_routes[0].handle(c, &get_page, rp);
}

TEST(embedded_files_are_kept_for_ever_and_packed_where_taken)
{
    struct reply rp;
    accepted = STR("br, gzip;q=0.5");
    CHECK_OK(ask_asset(c, asset_path(STR("sen.css")), &rp));
    CHECK(rp.body.n < 12 * 1024 && str_starts(rp.body, STR("\x1f\x8b")) && rp.nheaders == 3);
    CHECK_STR(rp.headers[0].value, STR("public, max-age=31536000, immutable"));
    accepted = STR("gzip;q=0, identity");
    CHECK_OK(ask_asset(c, asset_path(STR("sen.css")), &rp));
    CHECK(str_find(rp.body, STR("Be Vietnam Pro")) != SIZE_MAX && str_find(rp.body, STR("asset:")) == SIZE_MAX);
    CHECK(ask_asset(c, STR("/assets/0000000000000000/sen.css"), &rp) == ST_NOT_FOUND);
    CHECK(ask_asset(c, STR("/assets/0000000000000000/none.css"), &rp) == ST_NOT_FOUND);
}
