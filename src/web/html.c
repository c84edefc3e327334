/* html.c: what compiled templates call to write a value. Every way out escapes; struct html is the only text that does not, and only templates and this file
 * make it. Sources: HTML Living Standard 13.1.2, RFC 3986. */
#include "web/page_int.h"

#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "web/field_error.html.h"
#include "web/form_token.html.h"
#include "web/time.html.h"

/* One escape is right for text and for quoted attributes alike: five signs. */
static struct str entity(char ch)
{
    switch (ch) {
    case '&': return STR("&amp;");
    case '<': return STR("&lt;");
    case '>': return STR("&gt;");
    case '"': return STR("&quot;");
    case '\'': return STR("&#39;");
    default: return (struct str){ NULL, 0 };
    }
}

static void put_escaped(struct buf *b, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        struct str as = entity(s.p[i]);
        if (as.n == 0) continue;
        buf_put(b, (struct str){ s.p + from, i - from });
        buf_put(b, as);
        from = i + 1;
    }
    if (from < s.n) buf_put(b, str_skip(s, from));
}

void html_text(struct page_out *o, struct str s) { put_escaped(o->b, s); }
void html_attr(struct page_out *o, struct str s) { put_escaped(o->b, s); }
void html_raw(struct page_out *o, struct html h) { buf_put(o->b, h.s); }
void html_z(struct page_out *o, const char *literal, size_t n) { buf_put(o->b, str_of(literal, n)); }
void html_int(struct page_out *o, int64_t v) { buf_put_int(o->b, v); }
void html_bool(struct page_out *o, bool v) { html_tr(o, v ? TR("yes") : TR("no")); }

/* A local path begins with one '/': "//host" and "/\host" would leave the site. */
static bool is_local(struct str s)
{
    return s.n > 0 && s.p[0] == '/' && !(s.n > 1 && (s.p[1] == '/' || s.p[1] == '\\'));
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f) return true;
    return false;
}

void html_url(struct page_out *o, struct str s)
{
    bool safe = is_local(s) || str_starts(s, STR("https://")) || str_starts(s, STR("http://")) || (s.n > 0 && s.p[0] == '#');
    html_attr(o, safe && !has_control(s) ? s : STR("#"));
}

void html_url_part(struct page_out *o, struct str s) { url_encode_to(o->b, s); }

void html_tr(struct page_out *o, struct str english) { html_text(o, text_tr(o->c->lang, english)); }

void html_tr_args(struct page_out *o, struct str english, const struct str *args, size_t n)
{
    html_text(o, text_tr_args(o->c, english, args, n));
}

struct str html_arg_int(struct page_out *o, int64_t v) { return str_print(o->c->arena, "%lld", (long long)v); }

static void put_time(struct page_out *o, const char *iso, const struct buf *shown)
{
    html_page_time(o, &(struct page_time){ str_z(iso), buf_str(shown) });
}

void html_day(struct page_out *o, int64_t day)
{
    char iso[TIME_TEXT];
    date_format((struct date){ day, PRECISION_DAY }, iso);
    struct buf shown = buf_in(o->c->arena, 64);
    text_put_date(&shown, o->c->lang, day, PRECISION_DAY);
    put_time(o, iso, &shown);
}

void html_moment(struct page_out *o, int64_t ms)
{
    char iso[TIME_TEXT];
    time_format_ms(ms, iso);
    struct buf shown = buf_in(o->c->arena, 64);
    text_put_moment(&shown, o->c->lang, ms, o->c->app->time_offset_min);
    put_time(o, iso, &shown);
}

void html_number(struct page_out *o, int64_t v)
{
    struct buf shown = buf_in(o->c->arena, 64);
    text_put_number(&shown, o->c->lang, v);
    html_text(o, buf_str(&shown));
}

void html_csrf(struct page_out *o)
{
    struct str token = o->rq->csrf.n ? o->rq->csrf : web_form_token(o->c, o->rq, o->rp);
    html_page_form_token(o, &(struct page_form_token){ token });
}

bool html_has_error(const struct page_out *o, struct str field) { return web__fault(o, field) != NULL; }

void html_error(struct page_out *o, struct str field)
{
    const struct call_error *e = web__fault(o, field);
    if (e) html_page_field_error(o, &(struct page_field_error){ field, web__sentence(o->c, e) });
}

void html_asset(struct page_out *o, struct str name) { html_attr(o, asset_path(name)); }
