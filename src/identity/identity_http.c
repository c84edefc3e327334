/* identity_http.c: the sign-in page and signing out. */
#include "identity/identity_int.h"
#include "identity/identity_pages.h"
#include "identity/sign_in.html.h"
#include "web/page.h"

enum { NEXT_MOST = 2000 };

static enum status show_sign_in(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_sign_in data = { .next = request_query(rq, "next") };
    return reply_page(c, rq, rp, &PAGE_SIGN_IN, &data);
}

static enum status show_again(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_sign_in data = { .login = request_form(rq, "login"), .next = request_form(rq, "next") };
    return reply_page_again(c, rq, rp, &PAGE_SIGN_IN, &data);
}

static enum status sign_in(struct call *c, const struct request *rq, struct reply *rp)
{
    struct str session;
    enum status st = account__sign_in(c, request_form(rq, "login"), request_form(rq, "password"), rq->peer_address, &session);
    if (st == ST_INVALID || st == ST_DENIED || st == ST_UNAVAILABLE) return show_again(c, rq, rp);
    TRY(st);
    if (rq->session.n) TRY(session__end(c, rq->session)); /* a new session id at each sign-in: an id planted before is worth nothing */
    reply_set_session(c, rp, session);
    return reply_redirect(c, rp, request_form(rq, "next"));
}

static enum status sign_out(struct call *c, const struct request *rq, struct reply *rp)
{
    if (rq->session.n) TRY(session__end(c, rq->session));
    reply_set_session(c, rp, (struct str){ NULL, 0 });
    return reply_redirect(c, rp, STR("/"));
}

static const struct field next_form[] = { { "next", FIELD_TEXT, .max_length = NEXT_MOST, .label = "Page to open next" }, { 0 } };
static const struct field sign_in_form[] = {
    { "login", FIELD_TEXT, .required = true, .max_length = LOGIN_MOST, .label = "Login name" },
    { "password", FIELD_SECRET, .required = true, .max_length = PASSWORD_MOST, .label = "Password" },
    { "next", FIELD_TEXT, .max_length = NEXT_MOST, .label = "Page to open next" },
    { 0 } };

const struct route identity__routes[] = {
    { "GET", "/sign-in", show_sign_in, .need = "public", .form = next_form },
    { "POST", "/sign-in", sign_in, .need = "public", .form = sign_in_form, .failed = show_again },
    { "POST", "/sign-out", sign_out, .need = "public" },
    { 0 } };
