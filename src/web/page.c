/* page.c: a room's page put into the frame: strip, header, language switch, error summary, footer; and the page for a failure. */
#include "web/page_int.h"

#include "base/config.h"
#include "base/url.h"
#include "web/error.html.h"
#include "web/frame.html.h"

enum { PAGE_MAX = 4 * 1024 * 1024, TITLE_MAX = 4096, LANGUAGES_MAX = 8, FAULTS_MAX = 32 };

/* ---- failures ---- */

struct str web__sentence(struct call *c, const struct call_error *e) { return text_tr_args(c, e->key, e->args, e->nargs); }

const struct call_error *web__fault(const struct page_out *o, struct str field)
{
    const struct call_error *all;
    size_t n = o->rq->parts ? request_faults(o->rq, &all) : 0;
    for (size_t i = 0; i < n; i++)
        if (str_eq(all[i].field, field)) return &all[i];
    return o->c->error.status != ST_OK && str_eq(o->c->error.field, field) ? &o->c->error : NULL;
}

/* list_faults: every wrong field when the form check refused, else the one failure. */
static void list_faults(struct call *c, const struct request *rq, struct page_frame *f)
{
    const struct call_error *all = NULL;
    size_t n = rq->parts ? request_faults(rq, &all) : 0;
    struct call_error one = call_sentence(c, c->error.status);
    if (n == 0) {
        all = &one;
        n = 1;
    }
    struct page_field_error *faults = arena_array(c->arena, struct page_field_error, FAULTS_MAX);
    for (size_t i = 0; i < n && i < FAULTS_MAX; i++) faults[f->nfaults++] = (struct page_field_error){ all[i].field, web__sentence(c, &all[i]) };
    f->faults = faults;
    f->failed = true;
}

/* ---- the frame ---- */

static void list_languages(struct call *c, struct page_frame *f)
{
    struct page_language *others = arena_array(c->arena, struct page_language, LANGUAGES_MAX);
    if (!str_eq(c->lang, STR("en"))) others[f->nlanguages++] = (struct page_language){ STR("en"), STR("English") };
    for (size_t i = 0; i < web__ntranslations && f->nlanguages < LANGUAGES_MAX; i++)
        if (!str_eq(c->lang, web__translations[i].lang)) others[f->nlanguages++] = (struct page_language){ web__translations[i].lang, web__translations[i].name };
    f->languages = others;
}

/* back_address: this page as the value of ?back=; a page that was posted is opened again at its own address. */
static struct str back_address(struct call *c, const struct request *rq)
{
    if (rq->query.n == 0 || !str_eq(rq->method, STR("GET"))) return rq->path;
    return str_join(c->arena, rq->path, STR("?"), rq->query, STR_END);
}

static void fill_frame(struct call *c, const struct request *rq, struct page_frame *f)
{
    const struct config *cfg = c->app ? c->app->config : NULL;
    f->lang = c->lang;
    f->back = back_address(c, rq);
    f->site = cfg ? config_text(cfg, "name") : (struct str){ NULL, 0 };
    f->sandbox = cfg && config_flag(cfg, "sandbox");
    f->signed_in = c->actor != NULL;
    if (c->actor) f->who = c->actor->name;
    list_languages(c, f);
}

static enum status render(struct page_out *o, void (*put)(struct page_out *o, const void *data), const void *data, size_t max, struct html *ret)
{
    struct buf b = buf_in(o->c->arena, max);
    o->b = &b;
    if (put) put(o, data);
    o->b = NULL;
    return buf_finish(&b, &ret->s);
}

static enum status reply_framed(struct call *c, const struct request *rq, struct reply *rp, const struct page *p, const void *data, struct page_frame *f)
{
    struct page_out o = { c, rq, rp, NULL };
    struct html whole;
    fill_frame(c, rq, f);
    TRY(render(&o, p->title, data, TITLE_MAX, &f->title));
    TRY(render(&o, p->body, data, PAGE_MAX, &f->body));
    TRY(render(&o, PAGE_FRAME.body, f, PAGE_MAX + TITLE_MAX, &whole));
    rp->content_type = STR("text/html; charset=utf-8");
    rp->body = whole.s;
    reply_header(c, rp, "Content-Language", c->lang);
    return ST_OK;
}

enum status reply_page(struct call *c, const struct request *rq, struct reply *rp, const struct page *p, const void *data)
{
    struct page_frame f = { 0 };
    return reply_framed(c, rq, rp, p, data, &f);
}

enum status reply_page_again(struct call *c, const struct request *rq, struct reply *rp, const struct page *p, const void *data)
{
    struct page_frame f = { 0 };
    enum status failed = c->error.status == ST_OK ? ST_INVALID : c->error.status;
    c->error.status = failed;
    list_faults(c, rq, &f);
    TRY(reply_framed(c, rq, rp, p, data, &f));
    rp->status = failed == ST_INVALID ? 422 : status_http(failed);
    rp->no_store = true;
    return ST_OK;
}

static struct str heading_of(enum status st)
{
    switch (st) {
    case ST_OK: break;
    case ST_INVALID: return TR("Something is not right");
    case ST_NO_ACTOR: return TR("Sign in to go on");
    case ST_DENIED: return TR("You may not open this");
    case ST_NOT_FOUND: return TR("This page does not exist");
    case ST_CONFLICT: return TR("Somebody was faster");
    case ST_TOO_LARGE: return TR("That is too much at once");
    case ST_UNAVAILABLE: return TR("This does not work at the moment");
    case ST_BROKEN: return TR("We made a mistake");
    }
    return TR("We made a mistake");
}

void reply_error_page(struct call *c, const struct request *rq, struct reply *rp, enum status st)
{
    struct call_error e = call_sentence(c, st);
    struct page_problem data = { .heading = text_tr(c->lang, heading_of(st)), .sentence = web__sentence(c, &e), .trace = c->trace, .sign_in = st == ST_NO_ACTOR };
    if (reply_page(c, rq, rp, &PAGE_ERROR, &data) != ST_OK) reply_text(rp, 500, STR("text/plain; charset=utf-8"), STR("The page was too long to show.\n"));
    else rp->status = status_http(st);
    rp->no_store = true;
}
