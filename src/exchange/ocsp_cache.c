/* ocsp_cache.c: status answers of certificates: our own, fetched from the authority ahead of time and served on port 5577 (x-road 3.4), and those of peers,
 * fetched from their 5577. An answer is kept whatever it says: that a certificate is revoked is for the other side to see and to refuse. */
#include "exchange/exchange_int.h"

#include "base/config.h"
#include "base/encode.h"
#include "base/time.h"
#include "base/url.h"
#include "web/client.h"

enum { CACHE_ROWS = 512, KEY_BYTES = 32, SHA1_BYTES = 20, QUERY_HASHES_MAX = 16, CONNECT_MS = 5000, TOTAL_MS = 10000, ANSWER_MAX = 64 * 1024, STATUS_PORT = 5577 };

struct row { uint8_t key[KEY_BYTES]; char *bytes; size_t n; int64_t fetched_ms, until_ms; };
struct ocsp_cache { pthread_mutex_t lock; struct row rows[CACHE_ROWS]; size_t n; };

struct ocsp_cache *ocsp__cache_new(void)
{
    struct ocsp_cache *k = heap_new(struct ocsp_cache);
    (void)pthread_mutex_init(&k->lock, NULL);
    return k;
}

void ocsp__cache_free(struct ocsp_cache *k)
{
    if (!k) return;
    for (size_t i = 0; i < k->n; i++) heap_free(k->rows[i].bytes);
    (void)pthread_mutex_destroy(&k->lock);
    heap_free(k);
}

static struct row *find_row(struct ocsp_cache *k, const uint8_t key[static KEY_BYTES])
{
    for (size_t i = 0; i < k->n; i++)
        if (memcmp(k->rows[i].key, key, KEY_BYTES) == 0) return &k->rows[i];
    return NULL;
}

/* row_to_fill: the row of this key, a free one, or the one that was fetched longest ago. */
static struct row *row_to_fill(struct ocsp_cache *k, const uint8_t key[static KEY_BYTES])
{
    struct row *r = find_row(k, key);
    if (r) return r;
    if (k->n < CACHE_ROWS) return &k->rows[k->n++];
    r = &k->rows[0];
    for (size_t i = 1; i < CACHE_ROWS; i++)
        if (k->rows[i].fetched_ms < r->fetched_ms) r = &k->rows[i];
    return r;
}

/* find_answer: a copy of what is kept for this certificate and has not ended; *age_ms tells how old. */
static bool find_answer(struct call *c, struct str cert, struct str *ret, int64_t *age_ms)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    uint8_t key[KEY_BYTES];
    trust_sha256(cert, key);
    (void)pthread_mutex_lock(&k->lock);
    const struct row *r = find_row(k, key);
    bool found = r && r->until_ms > c->now_ms;
    if (found) {
        *ret = str_copy(c->arena, str_of(r->bytes, r->n));
        *age_ms = c->now_ms - r->fetched_ms;
    }
    (void)pthread_mutex_unlock(&k->lock);
    return found;
}

static enum status keep_answer(struct call *c, struct str cert, struct str answer)
{
    struct ocsp_cache *k = exchange__of(c)->status;
    int64_t from_ms, to_ms;
    uint8_t key[KEY_BYTES];
    TRY(ocsp_times(c, answer, &from_ms, &to_ms));
    trust_sha256(cert, key);
    char *bytes = heap_alloc(answer.n + 1, 1);
    if (answer.n) memcpy(bytes, answer.p, answer.n);
    (void)pthread_mutex_lock(&k->lock);
    struct row *r = row_to_fill(k, key);
    heap_free(r->bytes);
    *r = (struct row){ .bytes = bytes, .n = answer.n, .fetched_ms = c->now_ms, .until_ms = to_ms };
    memcpy(r->key, key, KEY_BYTES);
    (void)pthread_mutex_unlock(&k->lock);
    return ST_OK;
}

static enum status no_answer(struct call *c, const char *who)
{
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The status of a certificate could not be fetched from %s. Try again in a minute.", str_z(who)), STR("missing_validation_info"));
}

static enum status fetch_own(struct call *c, struct str cert, struct str *ret)
{
    DIRECTORY d = NULL;
    struct str issuer, url, question;
    struct client_answer answer;
    TRY(directory__hold(c, &d));
    TRY(judge__issuer(c, d, cert, &issuer, &url));
    TRY(ocsp_request(c, cert, issuer, &question));
    const struct header type = { STR_INIT("Content-Type"), STR_INIT("application/ocsp-request") };
    struct client_request rq = { .method = STR("POST"), .url = url, .headers = &type, .nheaders = 1, .body = question, .has_body = true,
                                 .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .max_answer = ANSWER_MAX };
    if (client_fetch(c, &rq, &answer) != ST_OK || answer.status != 200) return call_clear(c), no_answer(c, "the certificate authority");
    TRY(keep_answer(c, cert, answer.body));
    *ret = answer.body;
    return ST_OK;
}

enum status ocsp__own(struct call *c, struct str cert, struct str *ret)
{
    int64_t age_ms;
    if (find_answer(c, cert, ret, &age_ms)) return ST_OK;
    return fetch_own(c, cert, ret);
}

bool ocsp__kept(struct call *c, struct str cert, struct str *ret)
{
    int64_t age_ms;
    return find_answer(c, cert, ret, &age_ms);
}

static enum status fetch_peer(struct call *c, const struct dir_server *s, struct str cert, struct str *ret)
{
    struct str sha1 = encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA1, cert)), sha256 = encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, cert));
    struct client_request rq = { .method = STR("GET"), .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS, .max_answer = ANSWER_MAX };
    struct client_answer answer;
    struct multipart m;
    struct part p;
    bool more;
    rq.url = str_print(c->arena, "http://%.*s:%d/?cert=%.*s&cert_hash=%.*s", STR_ARG(s->address), STATUS_PORT, STR_ARG(sha1), STR_ARG(sha256));
    if (client_fetch(c, &rq, &answer) != ST_OK || answer.status != 200) return call_clear(c), no_answer(c, "the other agency's node");
    TRY(multipart__open(c, client_header(&answer, "Content-Type"), answer.body, &m));
    TRY(multipart__next(c, &m, &p, &more));
    struct part second;
    bool several = false;
    if (more) TRY(multipart__next(c, &m, &second, &several));
    if (!more || several || !str_eq(multipart__type(part__header(&p, "content-type")), STR("application/ocsp-response"))) return no_answer(c, "the other agency's node");
    TRY(keep_answer(c, cert, p.body));
    *ret = p.body;
    return ST_OK;
}

enum status ocsp__of_peer(struct call *c, const struct dir_server *s, struct str cert, struct str *ret)
{
    struct str kept = { 0 };
    int64_t age_ms;
    bool found = find_answer(c, cert, &kept, &age_ms);
    if (found && age_ms < 1000 * config_count(c->app->config, "exchange.status_s")) return *ret = kept, ST_OK;
    enum status st = fetch_peer(c, s, cert, ret);
    if (st == ST_OK || !found) return st;
    call_forgive(c, st, "the last answer about this certificate is still good");
    *ret = kept;
    return ST_OK;
}

/* refresh: fetch again what is older than the setting. */
static enum status refresh(struct call *c, enum key_purpose purpose, struct str owner)
{
    const struct key *key;
    struct str cert, answer;
    int64_t age_ms;
    TRY(trust_key(c, purpose, owner, &key));
    TRY(key_certificate(c, key, &cert));
    if (find_answer(c, cert, &answer, &age_ms) && age_ms < 1000 * config_count(c->app->config, "exchange.status_s")) return ST_OK;
    return fetch_own(c, cert, &answer);
}

enum status ocsp__refresh(struct call *c)
{
    const struct exchange *ex = exchange__of(c);
    struct directory *d = NULL;
    if (!ex->has_anchor) return ST_OK;
    if (directory__hold(c, &d) != ST_OK) return call_clear(c), ST_OK; /* told by the job of the directory */
    directory__drop(&d);
    enum status tls = refresh(c, KEY_TLS, STR(""));
    if (tls != ST_OK) call_clear(c);
    enum status sign = refresh(c, KEY_SIGN, config_text(c->app->config, "member"));
    return tls != ST_OK ? tls : sign;
}

/* ---- GET / on port 5577 ---- */

static enum status bad_query(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "cert", "Ask with ?cert= and the SHA-1 hash of the certificate in hexadecimal digits."), STR("bad_request"));
}

enum status ocsp__read_query(struct call *c, struct str query, const struct str **ret, size_t *n)
{
    struct str *sha1 = arena_array(c->arena, struct str, QUERY_HASHES_MAX), *sha256 = arena_array(c->arena, struct str, QUERY_HASHES_MAX);
    size_t n1 = 0, n256 = 0;
    struct str name, value, hash;
    bool bad = false;
    if (query.n > 8192) return bad_query(c);
    while (url_query_next(c->arena, &query, &name, &value, &bad)) {
        bool old = str_eq(name, STR("cert"));
        if (!old && !str_eq(name, STR("cert_hash"))) continue;
        if (!decode_hex(c->arena, value, &hash) || hash.n != (size_t)(old ? SHA1_BYTES : KEY_BYTES)) return bad_query(c);
        if ((old ? n1 : n256) == QUERY_HASHES_MAX) return bad_query(c);
        if (old) sha1[n1++] = hash;
        else sha256[n256++] = hash;
    }
    if (bad || (n1 == 0 && n256 == 0)) return bad_query(c);
    *ret = n1 ? sha1 : sha256; /* clients of 7.4 and later send both families */
    *n = n1 ? n1 : n256;
    return ST_OK;
}

enum status ocsp__show(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct str *hashes;
    size_t n;
    const struct key *key;
    struct str cert, answer;
    if (str_eq(rq->method, STR("HEAD"))) return reply_text(rp, 200, STR("text/plain"), STR("")), ST_OK; /* a heartbeat */
    TRY(ocsp__read_query(c, rq->query, &hashes, &n));
    TRY(trust_key(c, KEY_TLS, STR(""), &key));
    TRY(key_certificate(c, key, &cert));
    struct str boundary = multipart__boundary(c->arena, "xocsp");
    struct buf b = buf_in(c->arena, QUERY_HASHES_MAX * ANSWER_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(hashes[i], trust_digest(c->arena, hashes[i].n == SHA1_BYTES ? DIGEST_SHA1 : DIGEST_SHA256, cert)))
            return call_fail(c, ST_NOT_FOUND, "cert", "This server has no certificate with this hash.");
        TRY(ocsp__own(c, cert, &answer));
        multipart__put(&b, boundary, STR("application/ocsp-response"), answer);
    }
    multipart__end(&b, boundary);
    struct str type = str_print(c->arena, "multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary=%.*s", STR_ARG(boundary));
    reply_text(rp, 200, type, buf_str(&b));
    return ST_OK;
}

/* Anything else is 500 with a text (3.4). */
enum status ocsp__show_failed(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    reply_text(rp, 500, STR("text/plain; charset=utf-8"), call_sentence(c, c->error.status).sentence);
    return ST_OK;
}

enum status exchange_own_ocsp(struct call *c, struct str cert, struct str *ret) { return ocsp__own(c, cert, ret); }
