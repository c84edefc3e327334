/* client.c: requests to others with libcurl. Each thread keeps a few handles, one for each host and way of TLS; a handle holds one connection and keeps it alive.
 * What the other side showed in the handshake is remembered with the handle, because a later request on the same connection must be judged as well: it may be
 * meant for another member. */
#include "web/client.h"

#include <curl/curl.h>
#include <stdio.h>

#include "base/log.h"
#include "base/url.h"
#include "web/client_int.h"

enum { SLOTS_MAX = 24, HEADERS_ANSWER_MAX = 100, HEADER_BYTES_MAX = 64 * 1024 };

/* ---- handles of a thread ---- */

struct slot {
    char key[300];              /* scheme://host:port, and "peer" for mutual TLS */
    CURL *easy;
    struct client_seen seen;    /* of the connection that is open, on the heap */
    bool busy;                  /* a judge may make a request of its own */
    uint64_t used;
};
struct slots { struct slot all[SLOTS_MAX]; uint64_t clock; };
struct client_pool { pthread_key_t mine; };

static void close_slot(struct slot *s)
{
    if (s->easy) curl_easy_cleanup(s->easy);
    client__forget(&s->seen);
    *s = (struct slot){ 0 };
}

static void free_slots(void *arg)
{
    struct slots *mine = arg;
    for (size_t i = 0; mine && i < SLOTS_MAX; i++) close_slot(&mine->all[i]);
    heap_free(mine);
}

struct client_pool *client__pool_new(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* counts its callers */
    struct client_pool *p = heap_new(struct client_pool);
    (void)pthread_key_create(&p->mine, free_slots);
    return p;
}

/* The handles of other threads went with their threads. */
void client__pool_free(struct client_pool *p)
{
    if (!p) return;
    free_slots(pthread_getspecific(p->mine));
    (void)pthread_setspecific(p->mine, NULL);
    (void)pthread_key_delete(p->mine);
    heap_free(p);
    curl_global_cleanup();
}

void client_keep(struct app *app)
{
    app->web = heap_new(struct web);
    app->web->clients = client__pool_new();
}

void client_keep_end(struct app *app)
{
    client__pool_free(app->web->clients);
    heap_free(app->web);
    app->web = NULL;
}

static struct slots *slots_of(const struct call *c)
{
    const struct client_pool *p = c->app->web ? c->app->web->clients : NULL;
    if (!p) return NULL;
    struct slots *mine = pthread_getspecific(p->mine);
    if (!mine) {
        mine = heap_new(struct slots);
        (void)pthread_setspecific(p->mine, mine);
    }
    return mine;
}

/* take_slot: the handle for this key, else the one unused for longest; NULL when there is none to keep (a handle for once is made then). */
static struct slot *take_slot(struct slots *mine, const char *key)
{
    struct slot *oldest = NULL;
    for (size_t i = 0; mine && i < SLOTS_MAX; i++) {
        struct slot *s = &mine->all[i];
        if (s->busy) continue;
        if (s->easy && strcmp(s->key, key) == 0) {
            oldest = s;
            break;
        }
        if (!oldest || s->used < oldest->used) oldest = s;
    }
    if (!oldest) return NULL;
    if (oldest->easy && strcmp(oldest->key, key) != 0) close_slot(oldest);
    (void)snprintf(oldest->key, sizeof oldest->key, "%s", key);
    oldest->used = ++mine->clock;
    return oldest;
}

/* ---- one exchange ---- */

struct fetch {
    struct call *call;
    const struct client_request *rq;
    struct client_tls tls;
    struct buf body;
    struct header *headers; size_t nheaders, header_bytes;
    bool too_large;
};

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    struct fetch *f = arg;
    buf_put(&f->body, str_of(p, size * n));
    f->too_large = f->body.failed;
    return f->too_large ? 0 : size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
    struct fetch *f = arg;
    struct str line = str_trim(str_of(p, size * n)), name;
    f->header_bytes += size * n;
    if (str_starts(line, STR("HTTP/"))) f->nheaders = 0; /* after a 100 Continue the real ones come */
    if (!str_cut(&line, ':', &name)) return size * n;
    f->too_large = f->nheaders == HEADERS_ANSWER_MAX || f->header_bytes > HEADER_BYTES_MAX;
    if (f->too_large) return 0;
    f->headers[f->nheaders++] = (struct header){ str_copy(f->call->arena, name), str_copy(f->call->arena, str_trim(line)) };
    return size * n;
}

static struct curl_slist *make_headers(struct call *c, const struct client_request *rq)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;
    for (size_t i = 0; i < rq->nheaders; i++) {
        const struct header *h = &rq->headers[i];
        /* curl leaves out a header with an empty value unless it is written with ';' */
        char *line = str_to_z(c->arena, h->value.n ? str_join(c->arena, h->name, STR(": "), h->value, STR_END) : str_join(c->arena, h->name, STR(";"), STR_END));
        typed = typed || str_eq_nocase(h->name, STR("Content-Type"));
        if (line) list = curl_slist_append(list, line);
    }
    return typed ? list : curl_slist_append(list, "Content-Type:");
}

static bool is_plain_header(struct header h)
{
    for (size_t i = 0; i < h.value.n; i++)
        if (((unsigned char)h.value.p[i] < ' ' && h.value.p[i] != '\t') || h.value.p[i] == 0x7f) return false;
    for (size_t i = 0; i < h.name.n; i++)
        if ((unsigned char)h.name.p[i] <= ' ' || h.name.p[i] == ':' || (unsigned char)h.name.p[i] >= 0x7f) return false;
    return h.name.n > 0;
}

static void set_method(CURL *e, struct call *c, const struct client_request *rq)
{
    bool head = str_eq(rq->method, STR("HEAD"));
    curl_easy_setopt(e, CURLOPT_NOBODY, head ? 1L : 0L);
    if (rq->has_body) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, rq->body.n ? rq->body.p : "");
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body.n);
    } else if (!head) {
        curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    }
    if (!head) curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, str_to_z(c->arena, rq->method));
}

static void set_limits(CURL *e, const struct client_request *rq)
{
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(rq->connect_ms ? rq->connect_ms : 10000));
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(rq->total_ms ? rq->total_ms : 60000));
    curl_easy_setopt(e, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L); /* a signed target must arrive as it was signed */
    curl_easy_setopt(e, CURLOPT_USERAGENT, "Sen");
}

static void set_all(CURL *e, struct fetch *f, const char *url, struct curl_slist *headers, char *error)
{
    curl_easy_reset(e); /* keeps the connection */
    set_limits(e, f->rq);
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, f);
    set_method(e, f->call, f->rq);
    if (f->rq->judge) client__set_peer_tls(e, &f->tls);
}

/* tell_cause: whole sentences, so that each can be translated. */
static enum status tell_cause(struct call *c, CURLcode rc, bool mutual, struct str place)
{
    /* in TLS 1.3 a server judges the client's certificate after the client's handshake is done: a refusal looks like a closed connection */
    if (mutual && (rc == CURLE_GOT_NOTHING || rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR))
        return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection. It may not know the TLS certificate of this node yet; try again after the next exchange of the directory.", place);
    switch ((int)rc) {
    case CURLE_COULDNT_RESOLVE_HOST: return call_fail(c, ST_UNAVAILABLE, "", "%s could not be reached: its name was not found. Check the address.", place);
    case CURLE_COULDNT_CONNECT: return call_fail(c, ST_UNAVAILABLE, "", "%s could not be reached: nobody answers there. Try again in a few minutes.", place);
    case CURLE_OPERATION_TIMEDOUT: return call_fail(c, ST_UNAVAILABLE, "", "%s did not answer in time. Try again in a few minutes.", place);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM: return call_fail(c, ST_UNAVAILABLE, "", "The TLS connection to %s failed. The certificate of one side is not accepted by the other; its operator can tell why.", place);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE: return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection before its answer was complete. Try again in a few minutes.", place);
    default: return call_fail(c, ST_UNAVAILABLE, "", "The connection to %s failed. Try again in a few minutes.", place);
    }
}

static enum status fetch_failed(struct fetch *f, CURLcode rc, const struct url *u, const char *error)
{
    struct call *c = f->call;
    struct str place = str_print(c->arena, "%.*s:%d", STR_ARG(u->host), u->port);
    if (f->tls.verdict != ST_OK) return f->tls.verdict; /* the judge has told why */
    if (f->too_large) return call_fail(c, ST_TOO_LARGE, "", "The answer of %s is larger than allowed.", place);
    call_note(c, "web", "fetch from %.*s: %d %s", STR_ARG(place), (int)rc, error[0] ? error : curl_easy_strerror(rc));
    return tell_cause(c, rc, f->rq->judge != NULL, place);
}

static enum status perform(struct fetch *f, CURL *e, const char *url_z, const struct url *u, struct client_answer *ret)
{
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = make_headers(f->call, f->rq);
    set_all(e, f, url_z, headers, error);
    CURLcode rc = curl_easy_perform(e);
    curl_slist_free_all(headers);
    long status = 0, connects = 0, sent = 0;
    (void)curl_easy_getinfo(e, CURLINFO_REQUEST_SIZE, &sent);
    if (f->rq->sent) *f->rq->sent = sent > 0;
    if (rc != CURLE_OK) return fetch_failed(f, rc, u, error);
    curl_off_t took = 0;
    (void)curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(e, CURLINFO_NUM_CONNECTS, &connects);
    (void)curl_easy_getinfo(e, CURLINFO_TOTAL_TIME_T, &took);
    *ret = (struct client_answer){ .status = (int)status, .headers = f->headers, .nheaders = f->nheaders, .body = buf_str(&f->body), .took_us = took,
        .reused = connects == 0 };
    if (f->rq->judge && f->tls.seen->n) ret->peer_cert = str_copy(f->call->arena, f->tls.seen->chain[0]);
    return ST_OK;
}

/* judge_again: an open connection was judged for another request; a refusal now means a new connection, whose handshake decides. */
static bool may_reuse(struct call *c, const struct client_request *rq, const struct client_seen *seen)
{
    if (!rq->judge || seen->n == 0) return true;
    if (rq->judge(c, seen->chain, seen->n, rq->judge_arg) == ST_OK) return true;
    call_clear(c);
    return false;
}

static enum status check_request(struct call *c, const struct client_request *rq, struct url *u)
{
    if (!url_parse(rq->url, u)) return call_fail(c, ST_INVALID, "", "The address %s is not a complete http or https address.", rq->url);
    if (rq->judge && !str_eq(u->scheme, STR("https"))) return call_fail(c, ST_INVALID, "", "Peers are reached over https only.");
    for (size_t i = 0; i < rq->nheaders; i++)
        if (!is_plain_header(rq->headers[i])) return call_fail(c, ST_INVALID, "", "A header holds characters that must not stand there.");
    return ST_OK;
}

static enum status fetch_on(struct fetch *f, struct slot *s, const char *url_z, const struct url *u, struct client_answer *ret)
{
    if (s->easy && !may_reuse(f->call, f->rq, &s->seen)) {
        curl_easy_cleanup(s->easy);
        s->easy = NULL;
    }
    if (!s->easy) {
        client__forget(&s->seen);
        s->easy = curl_easy_init();
    }
    if (!s->easy) return call_fail(f->call, ST_UNAVAILABLE, "", "No memory for another connection. Try again in a few minutes.");
    f->tls.seen = &s->seen;
    s->busy = true;
    enum status st = perform(f, s->easy, url_z, u, ret);
    s->busy = false;
    if (st != ST_OK) close_slot(s); /* nothing doubtful is kept */
    return st;
}

enum status client_fetch(struct call *c, const struct client_request *rq, struct client_answer *ret)
{
    struct url u;
    call_may_wait(c);
    TRY(check_request(c, rq, &u));
    const char *url_z = str_to_z(c->arena, rq->url);
    if (!url_z) return call_fail(c, ST_INVALID, "", "The address %s is not a complete http or https address.", rq->url);
    struct fetch f = { .call = c, .rq = rq, .body = buf_in(c->arena, rq->max_answer ? rq->max_answer : 16 * 1024 * 1024),
        .headers = arena_array(c->arena, struct header, HEADERS_ANSWER_MAX) };
    f.tls = (struct client_tls){ .call = c, .rq = rq, .own = c->app->web ? c->app->web->peer_tls : NULL };

    struct str key = str_print(c->arena, "%.*s://%.*s:%d%s", STR_ARG(u.scheme), STR_ARG(u.host), u.port, rq->judge ? " peer" : "");
    struct slot once = { 0 };
    struct slot *s = key.n < sizeof once.key ? take_slot(slots_of(c), str_to_z(c->arena, key)) : NULL;
    enum status st = fetch_on(&f, s ? s : &once, url_z, &u, ret);
    if (!s) close_slot(&once);
    return st;
}

struct str client_header(const struct client_answer *a, const char *name)
{
    for (size_t i = a->nheaders; i > 0; i--)
        if (str_eq_nocase(a->headers[i - 1].name, str_z(name))) return a->headers[i - 1].value;
    return (struct str){ NULL, 0 };
}
