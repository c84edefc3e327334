/* client.c: requests to others. Each thread keeps a few connections alive, one for each host and way of TLS. What the other side showed in the handshake is
 * remembered with the connection, because a later request on it must be judged as well: it may be meant for another member. */
#include "web/client.h"

#include <curl/curl.h>

#include "base/log.h"
#include "base/strand.h"
#include "base/time.h"
#include "base/url.h"
#include "web/client_int.h"

enum { SLOTS_MAX = 256 /* of a thread with many strands; one alone needs few */, SLOTS_ALONE = 24, REQUEST_MAX = 1024 * 1024 /* its head */, JOINED = 16 * 1024 /* head and body that go out as one TLS record */,
       KEPT_US = 60 * 1000 * 1000, MEMORY_MOST = 16 * 1024 * 1024, LIFE_MS = 1000, KEY_MAX = 300 };

/* ---- connections of a thread ---- */

struct slot {
    char key[KEY_MAX]; size_t nkey; /* scheme://host:port, and the way of TLS */
    struct client_link link;
    bool busy;                  /* a judge may make a request of its own */
    int64_t used_us;
};
struct slots { struct slot *all[SLOTS_MAX]; size_t n; };
struct client_pool { pthread_key_t mine; };

static void close_slot(struct slot *s)
{
    client__unlink(&s->link);
    *s = (struct slot){ 0 };
}

static void free_slots(void *arg)
{
    struct slots *mine = arg;
    for (size_t i = 0; mine && i < mine->n; i++) {
        close_slot(mine->all[i]);
        heap_free(mine->all[i]);
    }
    heap_free(mine);
}

struct client_pool *client__pool_new(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* counts its callers */
    struct client_pool *p = heap_new(struct client_pool);
    (void)pthread_key_create(&p->mine, free_slots);
    return p;
}

void client__pool_rest(struct client_pool *p)
{
    struct slots *mine = pthread_getspecific(p->mine);
    for (size_t i = 0; mine && i < mine->n;) {
        struct slot *s = mine->all[i];
        if (s->busy || time_monotonic_us() - s->used_us < KEPT_US) {
            i++;
            continue;
        }
        close_slot(s);
        heap_free(s);
        mine->all[i] = mine->all[--mine->n];
    }
}

/* The connections of other threads went with their threads. */
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

/* add_slot: one more, else the one given. */
static struct slot *add_slot(struct slots *mine, struct slot *else_)
{
    if (!mine || mine->n == (strand_mine() ? SLOTS_MAX : SLOTS_ALONE)) return else_;
    return mine->all[mine->n++] = heap_new(struct slot);
}

/* take_slot: the place for this key, else the one unused for longest; NULL when there is none to keep (a connection for once is made then). */
static struct slot *take_slot(struct slots *mine, struct str key)
{
    struct slot *oldest = NULL;
    for (size_t i = 0; mine && i < mine->n; i++) {
        struct slot *s = mine->all[i];
        if (s->busy) continue;
        if (s->link.easy && str_eq(str_of(s->key, s->nkey), key)) {
            oldest = s;
            break;
        }
        if (!oldest || s->used_us < oldest->used_us) oldest = s;
    }
    if (!oldest || (oldest->link.easy && !str_eq(str_of(oldest->key, oldest->nkey), key))) oldest = add_slot(mine, oldest);
    if (!oldest) return NULL;
    if (oldest->link.easy && !str_eq(str_of(oldest->key, oldest->nkey), key)) close_slot(oldest);
    memcpy(oldest->key, key.p, key.n);
    oldest->nkey = key.n;
    oldest->used_us = time_monotonic_us();
    return oldest;
}

/* ---- one exchange ---- */

struct fetch {
    struct call *call;
    const struct client_request *rq;
    struct url url;
    const char *url_z;
    struct client_tls tls;
    struct answer answer;
    int64_t began_us, until_us;
    bool talked;                 /* the other side may have got (some of) the request */
    char error[CLIENT_ERROR];
};

/* is_plain_header: one line, and none that this client writes itself. */
static bool is_plain_header(struct header h)
{
    static const char *const own[] = { "Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect" };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (str_eq_nocase(h.name, str_z(own[i]))) return false;
    for (size_t i = str_plain_run(h.value, 0, 0); i < h.value.n; i++)
        if (((unsigned char)h.value.p[i] < ' ' && h.value.p[i] != '\t') || h.value.p[i] == 0x7f) return false;
    return h.name.n > 0 && str_plain_run(h.name, ' ', ':') == h.name.n;
}

static bool has_header(const struct client_request *rq, struct str name)
{
    for (size_t i = 0; i < rq->nheaders; i++)
        if (str_eq_nocase(rq->headers[i].name, name)) return true;
    return false;
}

static void put_header(struct buf *b, struct str name, struct str value)
{
    buf_put(b, name);
    buf_put(b, STR(": "));
    buf_put(b, value);
    buf_put(b, STR("\r\n"));
}

/* put_head: a signed target must arrive as it was signed, so the path goes out as it came. */
static void put_head(struct buf *b, const struct client_request *rq, const struct url *u)
{
    bool standard = u->port == (str_eq_nocase(u->scheme, STR("https")) ? 443 : 80);
    buf_put(b, rq->method);
    buf_put_c(b, ' ');
    buf_put(b, u->path);
    if (u->query.n) {
        buf_put_c(b, '?');
        buf_put(b, u->query);
    }
    buf_put(b, STR(" HTTP/1.1\r\nHost: "));
    buf_put(b, u->host);
    if (!standard) {
        buf_put_c(b, ':');
        buf_put_int(b, u->port);
    }
    buf_put(b, STR("\r\n"));
    if (!has_header(rq, STR("User-Agent"))) put_header(b, STR("User-Agent"), STR("Sen"));
    if (!has_header(rq, STR("Accept"))) put_header(b, STR("Accept"), STR("*/*"));
    for (size_t i = 0; i < rq->nheaders; i++) put_header(b, rq->headers[i].name, rq->headers[i].value);
    if (rq->has_body) {
        buf_put(b, STR("Content-Length: "));
        buf_put_int(b, (int64_t)(rq->body.n + rq->tail.n) + rq->large.size);
        buf_put(b, STR("\r\n"));
    }
    buf_put(b, STR("\r\n"));
}

/* make_request: in one piece where that is short, else the body stays where it is. */
static enum status make_request(struct fetch *f, struct client_question *q)
{
    const struct client_request *rq = f->rq;
    bool joined = rq->has_body && rq->body.n <= JOINED;
    struct buf b = buf_in(f->call->arena, REQUEST_MAX);
    (void)buf_room(&b, 1024 + (joined ? rq->body.n : 0));
    put_head(&b, rq, &f->url);
    if (joined) buf_put(&b, rq->body);
    if (buf_finish(&b, &q->pieces[0]) != ST_OK) return call_fail(f->call, ST_TOO_LARGE, "", "The headers of a request are over one megabyte. Send less in them.");
    q->pieces[1] = rq->body;
    q->n = rq->has_body && !joined ? 2 : 1;
    if (rq->has_body) q->large = rq->large, q->tail = rq->tail;
    return ST_OK;
}

/* tell_taken: the other side may have done what it was asked for, so nobody is told to just ask again. */
static enum status tell_taken(struct call *c, CURLcode rc, const struct client_request *rq, struct str place)
{
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return call_fail(c, ST_UNAVAILABLE, "", "%s did not answer in time. It may have done what it was asked for: find that out before you ask again.", place);
    if (rc != CURLE_PARTIAL_FILE && rq->to_node)
        return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection. It may not know the TLS certificate of this node yet; else it may have done what it was asked for: find that out before you ask again.", place);
    if (rc != CURLE_PARTIAL_FILE && rq->shows_own && str_starts(rq->url, STR("https:")))
        return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection. If it lets in by certificate, register the TLS certificate of this node there; else it may have done what it was asked for: find that out before you ask again.", place);
    return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection before its answer was complete. It may have done what it was asked for: find that out before you ask again.", place);
}

/* tell_closed: in TLS 1.3 a server judges the client's certificate after the client's handshake is done: a refusal looks like a closed connection. */
static enum status tell_closed(struct call *c, const struct client_request *rq, struct str place)
{
    if (rq->to_node)
        return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection. It may not know the TLS certificate of this node yet; try again after the next exchange of the directory.", place);
    if (rq->shows_own && str_starts(rq->url, STR("https:")))
        return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection. If it lets in by certificate, register the TLS certificate of this node there; else try again in a few minutes.", place);
    return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection before its answer was complete. Try again in a few minutes.", place);
}

static bool is_broken_off(CURLcode rc) { return rc == CURLE_OPERATION_TIMEDOUT || rc == CURLE_GOT_NOTHING || rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR || rc == CURLE_PARTIAL_FILE; }

static bool says_any(const char *error, const char *const *words)
{
    for (; *words; words++)
        if (strstr(error, *words)) return true;
    return false;
}

/* tell_handshake: only an alert about a certificate is about certificates; a place that closes at once, or talks of something else, speaks no TLS. error: the library's words. */
static enum status tell_handshake(struct call *c, const char *error, struct str place)
{
    static const char *const unaccepted[] = { "certificate", "unknown ca", "access denied", NULL }, *const closed[] = { "SYSCALL", "unexpected eof", "reset", NULL },
                             *const other[] = { "wrong version number", "unknown protocol", "http request", "packet length", "unexpected message", "record type", "decode error", NULL };
    if (strstr(error, "alert") && says_any(error, unaccepted))
        return call_fail(c, ST_UNAVAILABLE, "", "The TLS connection to %s failed. The certificate of one side is not accepted by the other; its operator can tell why.", place);
    if (says_any(error, closed))
        return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection before TLS was agreed. Check the address and the software there, and whether it lets in this node's address.", place);
    if (!strstr(error, "alert") && says_any(error, other))
        return call_fail(c, ST_UNAVAILABLE, "", "%s gave an answer that is no TLS. Check the address and the software there.", place);
    return call_fail(c, ST_UNAVAILABLE, "", "The TLS connection to %s failed. The logs of both sides tell why.", place);
}

/* tell_cause: whole sentences, so that each can be translated. */
static enum status tell_cause(struct call *c, CURLcode rc, const char *error, const struct client_request *rq, struct str place)
{
    switch ((int)rc) {
    case CURLE_COULDNT_RESOLVE_HOST: return call_fail(c, ST_UNAVAILABLE, "", "%s could not be reached: its name was not found. Check the address.", place);
    case CURLE_COULDNT_CONNECT: return call_fail(c, ST_UNAVAILABLE, "", "%s could not be reached: nobody answers there. Try again in a few minutes.", place);
    case CURLE_OPERATION_TIMEDOUT: return call_fail(c, ST_UNAVAILABLE, "", "%s did not answer in time. Try again in a few minutes.", place);
    case CURLE_PEER_FAILED_VERIFICATION:
        return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The TLS certificate of %s is not accepted: no authority that this machine knows vouches for it under this name.", place), STR("ssl_authentication_failed"));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM: return tell_handshake(c, error, place);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return tell_closed(c, rq, place);
    case CURLE_PARTIAL_FILE: return call_fail(c, ST_UNAVAILABLE, "", "%s closed the connection before its answer was complete. Try again in a few minutes.", place);
    case CURLE_WEIRD_SERVER_REPLY: return call_fail(c, ST_UNAVAILABLE, "", "%s gave an answer that cannot be read as HTTP. Check the address and the software there.", place);
    default: return call_fail(c, ST_UNAVAILABLE, "", "The connection to %s failed. Try again in a few minutes.", place);
    }
}

static enum status fetch_failed(struct fetch *f, int rc)
{
    struct call *c = f->call;
    struct str place = str_print(c->arena, "%.*s:%d", STR_ARG(f->url.host), f->url.port);
    if (f->rq->answered) *f->rq->answered = f->answer.begun;
    if (f->tls.verdict != ST_OK) return f->tls.verdict; /* the judge has told why */
    if (f->answer.state == ANSWER_TOO_LARGE) return call_fail(c, ST_TOO_LARGE, "", "The answer of %s is larger than allowed.", place);
    if (f->answer.state == ANSWER_NO_ROOM) return call_fail(c, ST_UNAVAILABLE, "", "There is no room on this node's disk for the answer of %s. Make room and try again.", place);
    call_note(c, "web", "fetch from %.*s: %d %s", STR_ARG(place), rc, f->error[0] ? f->error : curl_easy_strerror((CURLcode)rc));
    if (f->talked && f->rq->acts && is_broken_off((CURLcode)rc)) return tell_taken(c, (CURLcode)rc, f->rq, place);
    return tell_cause(c, (CURLcode)rc, f->error, f->rq, place);
}

/* may_reuse: an open connection was judged for another request; a refusal now means a new connection, whose handshake decides. */
static bool may_reuse(struct call *c, const struct client_request *rq, const struct client_link *l)
{
    if (!l->easy || !client__is_idle(l)) return false;
    if (!rq->judge || l->seen.n == 0) return true;
    if (rq->judge(c, l->seen.chain, l->seen.n, rq->judge_arg) == ST_OK) return true;
    call_clear(c);
    return false;
}

static bool other_lives(void *arg)
{
    const struct fetch *f = arg;
    return client__lives(f->call, f->rq, f->tls.own, f->url_z, LIFE_MS);
}

static int talk(struct fetch *f, const struct client_link *l, const struct client_question *q)
{
    struct client_patience patience = { .until_us = f->until_us, .silent_us = f->rq->silent_ms ? f->rq->silent_ms * 1000 : INT64_MAX / 4,
                                        .slow_us = f->rq->slow_ms * 1000, .fair_bytes_s = f->rq->fair_bytes_s, .lifeless_us = f->rq->lifeless_ms * 1000, .lives = f->rq->lifeless_ms ? other_lives : NULL, .arg = f };
    struct spool_room *room = f->rq->spools && f->call->app->web && f->call->app->web->room.folder ? &f->call->app->web->room : NULL;
    spool_drop(f->answer.spool); /* of a first try */
    size_t most = f->rq->max_answer ? f->rq->max_answer : MEMORY_MOST;
    if (f->rq->spools && !room && most > MEMORY_MOST) most = MEMORY_MOST; /* a program that opens no node has no place for more */
    answer_begin(&f->answer, f->call->arena, str_eq(f->rq->method, STR("HEAD")), most, room);
    f->talked = true;
    if (f->rq->sent) *f->rq->sent = true;
    int rc = client__talk(l, q, &f->answer, &patience);
    return rc == CURLE_OK && f->answer.state != ANSWER_DONE ? CURLE_WEIRD_SERVER_REPLY : rc;
}

/* may_repeat: may a request that was perhaps taken be sent again? Nodes refuse a message that they have, by its id; of others only what is idempotent (RFC 9110 9.2.2). */
static bool may_repeat(const struct client_request *rq) { return rq->to_node || !(str_eq(rq->method, STR("POST")) || str_eq(rq->method, STR("PATCH"))); }

/* talk_on: over the open connection, or a new one. The other side may close a kept connection in the moment in which it is used again, so where not a byte of an answer
 * came a new connection is tried, once. */
static int talk_on(struct fetch *f, struct client_link *l, const struct client_question *q, bool *reused)
{
    *reused = !f->rq->anew && may_reuse(f->call, f->rq, l);
    if (*reused) {
        int rc = talk(f, l, q);
        if (rc == CURLE_OK || rc == CURLE_OPERATION_TIMEDOUT || f->answer.begun || !may_repeat(f->rq)) return rc;
        *reused = false;
    }
    client__unlink(l);
    int rc = client__link(l, f->rq, &f->tls, f->url_z, f->until_us, f->error);
    return rc == CURLE_OK ? talk(f, l, q) : rc;
}

static enum status fetch_on(struct fetch *f, struct slot *s, struct client_answer *ret)
{
    struct client_question q = { 0 };
    bool reused;
    if (f->rq->sent) *f->rq->sent = false;
    if (f->rq->answered) *f->rq->answered = false;
    TRY(make_request(f, &q));
    s->busy = true;
    int rc = talk_on(f, &s->link, &q, &reused);
    s->busy = false;
    if (rc == CURLE_OK) {
        *ret = (struct client_answer){ .status = f->answer.status, .headers = f->answer.headers, .nheaders = f->answer.nheaders, .body = f->answer.spool ? STR("") : buf_str(&f->answer.body), .large = spool_all(f->answer.spool),
            .took_us = time_monotonic_us() - f->began_us, .reused = reused };
        if (f->rq->judge && s->link.seen.n) ret->peer_cert = str_copy(f->call->arena, s->link.seen.chain[0]);
    }
    if (f->answer.spool) spool_keep(f->call, f->answer.spool);
    if (rc != CURLE_OK || !f->answer.keep) close_slot(s); /* nothing doubtful is kept */
    return rc == CURLE_OK ? ST_OK : fetch_failed(f, rc);
}

static enum status check_request(struct call *c, const struct client_request *rq, struct url *u)
{
    if (!url_parse(rq->url, u)) return call_fail(c, ST_INVALID, "", "The address %s is not a complete http or https address.", rq->url);
    if (rq->judge && !str_eq(u->scheme, STR("https"))) return call_fail(c, ST_INVALID, "", "Peers are reached over https only.");
    for (size_t i = 0; i < rq->nheaders; i++)
        if (!is_plain_header(rq->headers[i])) return call_fail(c, ST_INVALID, "", "A header holds characters that must not stand there.");
    return ST_OK;
}

static void put_key(struct buf *b, const struct fetch *f)
{
    buf_put(b, f->url.scheme);
    buf_put(b, STR("://"));
    buf_put(b, f->url.host);
    buf_put_c(b, ':');
    buf_put_int(b, f->url.port);
    buf_put(b, f->rq->judge ? STR(" judged") : f->rq->shows_own ? STR(" own") : STR(""));
}

enum status client_fetch(struct call *c, const struct client_request *rq, struct client_answer *ret)
{
    struct fetch f = { .call = c, .rq = rq, .began_us = time_monotonic_us(), .url_z = str_to_z(c->arena, rq->url) };
    call_may_wait(c);
    TRY(check_request(c, rq, &f.url));
    if (!f.url_z) return call_fail(c, ST_INVALID, "", "The address %s is not a complete http or https address.", rq->url);
    f.until_us = f.began_us + 1000 * (rq->total_ms ? rq->total_ms : 60000);
    f.tls = (struct client_tls){ .call = c, .rq = rq, .own = c->app->web ? c->app->web->peer_tls : NULL };

    char space[KEY_MAX];
    struct buf key = buf_over(space, sizeof space);
    put_key(&key, &f);
    struct slot once = { 0 };
    struct slot *s = key.failed ? NULL : take_slot(slots_of(c), buf_str(&key));
    enum status st = fetch_on(&f, s ? s : &once, ret);
    if (!s) close_slot(&once);
    return st;
}

struct str client_header(const struct client_answer *a, const char *name)
{
    for (size_t i = a->nheaders; i > 0; i--)
        if (str_eq_nocase(a->headers[i - 1].name, str_z(name))) return a->headers[i - 1].value;
    return (struct str){ NULL, 0 };
}
