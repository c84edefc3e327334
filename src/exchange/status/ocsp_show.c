/* ocsp_show.c: GET / on port 5577: the status of this server's certificate for its peers (x-road 3.4). */
#include "base/encode.h"
#include "base/url.h"
#include "exchange/message/message.h"
#include "exchange/status/ocsp_int.h"

enum { SHA256_BYTES = 32, SHA1_BYTES = 20, QUERY_MAX = 8192, QUERY_HASHES_MAX = 16 };

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
    if (query.n > QUERY_MAX) return bad_query(c);
    while (url_query_next(c->arena, &query, &name, &value, &bad)) {
        bool old = str_eq(name, STR("cert"));
        if (!old && !str_eq(name, STR("cert_hash"))) continue;
        if (!decode_hex(c->arena, value, &hash) || hash.n != (size_t)(old ? SHA1_BYTES : SHA256_BYTES)) return bad_query(c);
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
    struct buf b = buf_in(c->arena, QUERY_HASHES_MAX * OCSP_ANSWER_MAX);
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
