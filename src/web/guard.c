/* guard.c: what stands between a request and a page: the session cookie, the token of a form (CSRF), where a post came from, the language. */
#include "base/encode.h"
#include "base/random.h"
#include "base/url.h"
#include "trust/trust.h"
#include "web/web_int.h"

enum { TOKEN_BYTES = 24, TOKEN_TEXT = 32, FORM_COOKIE_S = 4 * 3600, LANGUAGE_COOKIE_S = 365 * 24 * 3600 };

static struct web *web_of_request(const struct request *rq) { return ((const struct request_parts *)rq->parts)->web; }

/* cookie: by a name that is no literal. */
static struct str cookie(const struct request *rq, struct str name)
{
    for (size_t i = 0; i < rq->nheaders; i++) {
        if (!str_eq_nocase(rq->headers[i].name, STR("Cookie"))) continue;
        struct str value = request__cookie(rq->headers[i].value, name);
        if (value.p) return value;
    }
    return (struct str){ NULL, 0 };
}

/* ---- sessions ---- */

void web_set_session_source(struct app *app, const struct session_source *source) { web__of(app)->sessions = source; }

enum status guard__know_actor(struct call *c, struct request *rq)
{
    const struct web *w = web_of_request(rq);
    struct str id = cookie(rq, w->session_cookie);
    if (id.n == 0 || !w->sessions) return ST_OK;
    enum status st = w->sessions->find(c, id, &c->actor, &rq->csrf);
    if (st == ST_NOT_FOUND) {
        c->actor = NULL;
        call_clear(c);
        return ST_OK;
    }
    if (st == ST_OK) rq->session = id;
    return st;
}

void reply_set_session(struct call *c, struct reply *rp, struct str session)
{
    rp->no_store = true;
    reply_cookie(c, rp, c->app->web->session_cookie, session, session.n ? 0 : -1);
}

/* ---- tokens of forms shown before sign-in: SHA-256 of our secret and a random cookie; both have fixed lengths ---- */

static struct str token_of(struct call *c, const struct web *w, struct str id)
{
    uint8_t sum[32];
    struct buf b = buf_in(c->arena, 256);
    buf_put(&b, str_of(w->form_secret, sizeof w->form_secret));
    buf_put(&b, id);
    trust_sha256(buf_str(&b), sum);
    return encode_base64url(c->arena, str_of(sum, sizeof sum));
}

struct str web_form_token(struct call *c, const struct request *rq, struct reply *rp)
{
    struct request_parts *parts = (struct request_parts *)rq->parts; /* the edge's own part of the request, made for this call */
    if (parts->form_token.n) return parts->form_token;
    const struct web *w = parts->web;
    struct str id = cookie(rq, w->form_cookie);
    if (id.n != TOKEN_TEXT) {
        id = random_token(c->arena, TOKEN_BYTES);
        reply_cookie(c, rp, w->form_cookie, id, FORM_COOKIE_S);
    }
    rp->no_store = true;
    return parts->form_token = token_of(c, w, id);
}

/* came_from_us: browsers say where a post comes from; a program that says nothing is judged by the token alone. */
static bool came_from_us(const struct request *rq)
{
    struct str site = request_header(rq, "Sec-Fetch-Site");
    if (site.p) return str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
    struct str origin = request_header(rq, "Origin");
    if (!origin.p) return true;
    size_t at = str_find(origin, STR("://"));
    return at != SIZE_MAX && str_eq_nocase(str_skip(origin, at + 3), request_header(rq, "Host"));
}

enum status guard__check_csrf(struct call *c, const struct request *rq, struct str token)
{
    if (!came_from_us(rq)) return call_fail(c, ST_DENIED, "", "This form was sent from another site. Open the page here and send it again.");
    const struct web *w = web_of_request(rq);
    struct str id = cookie(rq, w->form_cookie);
    /* Who is signed in has the session's token and no other: a cookie may be planted by another server of the same name. */
    bool good = rq->csrf.n ? str_same_secret(token, rq->csrf) : id.n == TOKEN_TEXT && str_same_secret(token, token_of(c, w, id));
    if (good) return ST_OK;
    return call_fail(c, ST_DENIED, "", "This form is too old or was opened before you signed in. Open the page again and send it once more.");
}

/* ---- language ---- */

static struct str known_language(struct str code, const struct str *languages, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(code, languages[i])) return languages[i];
    return (struct str){ NULL, 0 };
}

/* weight: "q=0.8" in thousandths; 1000 without one, 0 for anything else than RFC 9110 allows. */
static int weight(struct str params)
{
    params = str_trim(params);
    if (params.n == 0) return 1000;
    if (!str_starts(params, STR("q=")) && !str_starts(params, STR("Q="))) return 0;
    params = str_skip(params, 2);
    if (params.n == 0 || params.n > 5 || (params.p[0] != '0' && params.p[0] != '1')) return 0;
    int value = (params.p[0] - '0') * 1000, unit = 100;
    if (params.n > 1 && params.p[1] != '.') return 0;
    for (size_t i = 2; i < params.n; i++, unit /= 10) {
        if (params.p[i] < '0' || params.p[i] > '9') return 0;
        value += (params.p[i] - '0') * unit;
    }
    return value > 1000 ? 0 : value;
}

struct str guard__accepted_language(struct str header, const struct str *languages, size_t n)
{
    struct str item, best = { NULL, 0 };
    int best_weight = 0;
    while (str_next(&header, ',', &item)) {
        struct str range = item, rest = { NULL, 0 };
        if (str_cut(&item, ';', &range)) rest = item;
        range = str_trim(range);
        struct str primary = range;
        (void)str_cut(&range, '-', &primary); /* "vi-VN" asks for "vi" */
        struct str found = known_language(str_trim(primary), languages, n);
        int q = weight(rest);
        if (found.n && q > best_weight) {
            best = found;
            best_weight = q;
        }
    }
    return best;
}

struct str guard__pick_language(const struct request *rq)
{
    const struct web *w = web_of_request(rq);
    const struct str *all = w->options.languages;
    size_t n = w->options.nlanguages;
    struct str rest = rq->query, pair, found;
    while (str_next(&rest, '&', &pair))
        if (str_starts(pair, STR("lang=")) && (found = known_language(str_skip(pair, 5), all, n)).n) return found;
    if ((found = known_language(cookie(rq, STR("sen_lang")), all, n)).n) return found;
    if ((found = guard__accepted_language(request_header(rq, "Accept-Language"), all, n)).n) return found;
    return n ? all[0] : STR("en");
}

struct str web_language(const struct app *app, struct str accepted)
{
    const struct web *w = app->web;
    struct str found = guard__accepted_language(accepted, w->options.languages, w->options.nlanguages);
    return found.n ? found : STR("en");
}

/* referer_path: the page of ours the person came from, or "/". */
static struct str referer_path(const struct request *rq)
{
    struct str referer = request_header(rq, "Referer"), host = request_header(rq, "Host");
    size_t at = str_find(referer, STR("://"));
    if (at == SIZE_MAX || host.n == 0) return STR("/");
    struct str rest = str_skip(referer, at + 3);
    if (!str_starts(rest, host)) return STR("/");
    rest = str_skip(rest, host.n);
    return request__local_path(rest) ? rest : STR("/");
}

/* without_language: the path without "?lang=", which would win over the cookie that was just set. */
static struct str without_language(struct call *c, struct str path)
{
    struct str query = path, bare, pair;
    if (!str_cut(&query, '?', &bare)) return path;
    struct buf b = buf_in(c->arena, path.n + 1);
    buf_put(&b, bare);
    for (char sep = '?'; str_next(&query, '&', &pair);) {
        if (pair.n == 0 || str_starts(pair, STR("lang="))) continue;
        buf_put_c(&b, sep);
        buf_put(&b, pair);
        sep = '&';
    }
    return buf_str(&b);
}

static enum status choose_language(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct web *w = web_of_request(rq);
    struct str code = known_language(request_path(rq, "code"), w->options.languages, w->options.nlanguages);
    if (code.n == 0) return ST_NOT_FOUND;
    reply_cookie(c, rp, STR("sen_lang"), code, LANGUAGE_COOKIE_S);
    struct str back = request_query(rq, "back");
    return reply_redirect(c, rp, without_language(c, back.n ? back : referer_path(rq)));
}

static const struct field language_form[] = { { "back", FIELD_TEXT, .max_length = 2000, .label = "Page to go back to" }, { 0 } };
const struct route guard__routes[] = { { "GET", "/language/{code}", choose_language, .need = "public", .form = language_form }, { 0 } };
