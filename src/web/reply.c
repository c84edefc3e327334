/* reply.c: what a handler writes into its reply; problem+json (RFC 9457) for programs. Pages for people are in page.c. */
#include "base/json.h"
#include "base/log.h"
#include "web/page.h"
#include "web/web_int.h"

enum { PROBLEM_MAX = 64 * 1024 };

void reply_header(struct call *c, struct reply *rp, const char *name, struct str value)
{
    if (rp->nheaders == sizeof rp->headers / sizeof *rp->headers) {
        call_note(c, "web", "no room for header %s", name);
        return;
    }
    rp->headers[rp->nheaders++] = (struct header){ str_z(name), value };
}

void reply_text(struct reply *rp, int status, struct str content_type, struct str body)
{
    rp->status = status;
    rp->content_type = content_type;
    rp->body = body;
}

enum status reply_redirect(struct call *c, struct reply *rp, struct str to)
{
    rp->status = 303;
    rp->no_store = true;
    reply_header(c, rp, "Location", request__local_path(to) ? to : STR("/"));
    return ST_OK;
}

void reply_cookie(struct call *c, struct reply *rp, struct str name, struct str value, int64_t max_age_s)
{
    struct buf b = buf_in(c->arena, 8192);
    buf_put(&b, name);
    buf_put_c(&b, '=');
    buf_put(&b, value);
    buf_put(&b, STR("; Path=/; HttpOnly; SameSite=Lax"));
    if (max_age_s) buf_print(&b, "; Max-Age=%lld", (long long)(max_age_s > 0 ? max_age_s : 0));
    if (c->app->web && c->app->web->options.https) buf_put(&b, STR("; Secure"));
    struct str text;
    if (buf_finish(&b, &text) == ST_OK) reply_header(c, rp, "Set-Cookie", text);
}

static struct str translated(struct call *c, const struct call_error *e) { return text_tr_args(c, e->key, e->args, e->nargs); }

static void put_fault(struct call *c, struct json_out *o, const struct call_error *e)
{
    json_open(o, '{');
    if (e->field.n) json_text_at(o, "field", e->field);
    json_text_at(o, "detail", translated(c, e));
    json_close(o);
}

void reply__problem(struct call *c, struct reply *rp, enum status st, int http, const struct call_error *faults, size_t nfaults)
{
    struct call_error e = call_sentence(c, st);
    struct buf b = buf_in(c->arena, PROBLEM_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "type", STR("about:blank"));
    json_text_at(&o, "title", str_z(status_name(st)));
    json_int_at(&o, "status", http);
    json_text_at(&o, "detail", translated(c, &e));
    json_text_at(&o, "trace", c->trace);
    if (e.field.n) json_text_at(&o, "field", e.field);
    if (e.fault.n) json_text_at(&o, "fault", e.fault);
    if (nfaults) {
        json_name(&o, STR("errors"));
        json_open(&o, '[');
        for (size_t i = 0; i < nfaults; i++) put_fault(c, &o, &faults[i]);
        json_close(&o);
    }
    json_close(&o);
    struct str body = STR("{\"title\":\"broken\"}");
    if (buf_finish(&b, &body) != ST_OK) call_note(c, "web", "a problem was longer than %d bytes", PROBLEM_MAX);
    rp->nheaders = 0;
    rp->no_store = true;
    reply_text(rp, http, STR("application/problem+json"), body);
}

void reply_problem(struct call *c, struct reply *rp, enum status st) { reply__problem(c, rp, st, status_http(st), NULL, 0); }
