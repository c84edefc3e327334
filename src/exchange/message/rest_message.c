/* rest_message.c: the canonical bytes of a REST message (x-road 1.3), header filtering (1.2), the request target (1.1) and the request hash (1.4).
 * The bytes are written once and from then on only carried: nothing re-serializes a message that was signed. */
#include "exchange/message/message.h"

#include "base/encode.h"
#include "base/random.h"
#include "base/text.h"
#include "base/url.h"
#include "trust/trust.h"

enum { HEAD_USUAL = 1024 /* bytes that are enough for most heads */ };

static const struct str FILTERED[] = { STR_INIT("transfer-encoding"), STR_INIT("keep-alive"), STR_INIT("proxy-authenticate"), STR_INIT("proxy-authorization"), STR_INIT("te"),
                                       STR_INIT("trailer"), STR_INIT("upgrade"), STR_INIT("connection"), STR_INIT("user-agent"), STR_INIT("host"), STR_INIT("content-length"),
                                       STR_INIT("server"), STR_INIT("expect") };
static const struct str VERBS[] = { STR_INIT("DELETE"), STR_INIT("GET"), STR_INIT("HEAD"), STR_INIT("OPTIONS"), STR_INIT("PATCH"), STR_INIT("POST"), STR_INIT("PUT"), STR_INIT("TRACE") };

static bool name_in(struct str name, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(name, list[i])) return true;
    return false;
}

bool rest__is_filtered(struct str name) { return name_in(name, FILTERED, sizeof FILTERED / sizeof *FILTERED); }

static bool is_verb(struct str s)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (str_eq(s, VERBS[i])) return true;
    return false;
}

/* A line of the canonical form holds no CR, LF or NUL; a header name is a token (RFC 9110 5.6.2). */
static bool is_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0') return false;
    return true;
}

/* is_value: what a header may hold (RFC 9110 5.5): no control characters but tabs. */
static bool is_value(struct str s)
{
    for (size_t i = str_plain_run(s, 0, 0); i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f) return false;
    return true;
}

static bool is_token_char(unsigned char ch)
{
    if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '-') return true; /* what names are made of */
    return ch > ' ' && ch < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", ch);
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_token_char((unsigned char)s.p[i])) return false;
    return s.n > 0;
}

static enum status bad(struct call *c, const char *why)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The message is not a REST message of X-Road (%s). Check the software that made it.", str_z(why)), STR("invalid_rest"));
}

/* parse_headers: "Name:Value" lines up to the end; the value is everything after the first ':', not trimmed. */
static enum status parse_headers(struct call *c, struct str rest, struct rest_head *h)
{
    struct header list[EXCHANGE_HEADERS_MAX]; /* many more than most messages have, so the few are copied */
    struct str line;
    size_t n = 0;
    while (rest.n) {
        if (!str_cut_at(&rest, STR("\r\n"), &line)) return bad(c, "a line has no end");
        if (n == EXCHANGE_HEADERS_MAX) return bad(c, "too many headers");
        if (!str_cut(&line, ':', &list[n].name) || !is_token(list[n].name) || !is_line(line)) return bad(c, "a header is malformed");
        if (rest__is_filtered(list[n].name)) return bad(c, "a header that belongs to one connection only");
        list[n++].value = line;
    }
    h->headers = arena_copy(c->arena, struct header, list, n);
    h->nheaders = n;
    return ST_OK;
}

enum status rest__parse_request(struct call *c, struct str bytes, struct rest_head *ret)
{
    struct rest_head h = { .bytes = bytes };
    struct str rest = bytes;
    if (bytes.n > EXCHANGE_HEAD_MAX || !text_is_utf8(bytes)) return bad(c, "too long or no UTF-8");
    if (!str_cut_at(&rest, STR("\r\n"), &h.method) || !is_verb(h.method)) return bad(c, "the verb is unknown");
    if (!str_cut_at(&rest, STR("\r\n"), &h.target) || !is_line(h.target)) return bad(c, "there is no path");
    TRY(parse_headers(c, rest, &h));
    *ret = h;
    return ST_OK;
}

enum status rest__parse_response(struct call *c, struct str bytes, struct rest_head *ret)
{
    struct rest_head h = { .bytes = bytes };
    struct str rest = bytes, code;
    int64_t status;
    if (bytes.n > EXCHANGE_HEAD_MAX || !text_is_utf8(bytes)) return bad(c, "too long or no UTF-8");
    /* One below 200 is no answer but the promise of one (RFC 9110 15.2): who asked would wait for the rest. */
    if (!str_cut_at(&rest, STR("\r\n"), &code) || code.n != 3 || !str_int(code, &status) || status < 200 || status > 599) return bad(c, "the status is wrong");
    if (!str_cut_at(&rest, STR("\r\n"), &h.reason) || !is_line(h.reason)) return bad(c, "there is no reason phrase");
    TRY(parse_headers(c, rest, &h));
    h.status = (int)status;
    *ret = h;
    return ST_OK;
}

bool rest__has_plain_headers(const struct rest_head *h)
{
    for (size_t i = 0; i < h->nheaders; i++)
        if (!is_value(h->headers[i].value)) return false;
    return true;
}

bool rest__is_safe(struct str method) { return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")) || str_eq(method, STR("OPTIONS")) || str_eq(method, STR("TRACE")); }

struct str rest__header(const struct rest_head *h, const char *name)
{
    for (size_t i = h->nheaders; i-- > 0;)
        if (str_eq_nocase(h->headers[i].name, str_z(name))) return h->headers[i].value;
    return (struct str){ 0 };
}

struct str rest__short_header(const struct rest_head *h, const char *name)
{
    return text_first(rest__header(h, name), EXCHANGE_TEXT_MAX); /* databases and the journal take UTF-8 only */
}

/* cut_segment: "/segment" off the front of the raw path. */
static bool cut_segment(struct str *path, struct str *ret)
{
    if (path->n == 0 || path->p[0] != '/') return false;
    struct str rest = str_skip(*path, 1);
    const char *end = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    *ret = str_first(rest, end ? (size_t)(end - rest.p) : rest.n);
    *path = str_skip(rest, ret->n);
    return true;
}

static enum status bad_target(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "path", "Write the path as /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE, each part percent-encoded."), STR("bad_request"));
}

/* is_target: printable ASCII without '#' (RFC 3986): a fragment would be judged as part of the path and then never sent to the service behind us. */
static bool is_target(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '#') return false;
    return true;
}

enum status rest__parse_target(struct call *c, struct str target, struct rest_target *ret)
{
    struct rest_target t = { 0 };
    struct str path = target, raw, part[5];
    if (target.n > EXCHANGE_HEAD_MAX / 2 || !is_target(target)) return bad_target(c);
    const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
    if (mark) {
        path.n = (size_t)(mark - target.p);
        t.query = str_skip(target, path.n + 1);
    }
    if (!cut_segment(&path, &raw) || !str_eq(raw, STR("r1"))) return bad_target(c);
    for (size_t i = 0; i < 5; i++)
        if (!cut_segment(&path, &raw) || !url_decode_segment(c->arena, raw, &part[i]) || part[i].n == 0 || part[i].n > XID_PART_MAX || !text_is_plain(part[i]))
            return bad_target(c);
    t.service = (struct xid){ .instance = part[0], .class_ = part[1], .member = part[2], .subsystem = part[3], .service = part[4] };
    t.path = path;
    *ret = t;
    return ST_OK;
}

/* put_header: one canonical line; false when it would break the form. */
static bool put_header(struct buf *b, struct header *list, size_t *n, struct header h)
{
    if (*n == EXCHANGE_HEADERS_MAX || !is_token(h.name) || !is_value(h.value) || !text_is_utf8(h.value)) return false;
    buf_put(b, h.name);
    buf_put_c(b, ':');
    buf_put(b, h.value);
    buf_put(b, STR("\r\n"));
    list[(*n)++] = h;
    return true;
}

static enum status finish_head(struct call *c, struct buf *b, bool well_formed, struct rest_head *h)
{
    if (!well_formed)
        return call_fault(c, call_fail(c, ST_INVALID, "headers", "A header is malformed, or there are too many. Send at most 90 headers without control characters."), STR("bad_request"));
    if (buf_finish(b, &h->bytes) != ST_OK)
        return call_fault(c, call_fail(c, ST_TOO_LARGE, "headers", "Path and headers together are over 64 KiB. Send less in them."), STR("bad_request"));
    return ST_OK;
}

enum status rest__write_request(struct call *c, struct str method, struct str target, const struct header *headers, size_t n, struct str request_id, struct rest_head *ret)
{
    if (!is_verb(method)) return call_fault(c, call_fail(c, ST_INVALID, "method", "Use DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT or TRACE."), STR("invalid_http_method"));
    struct rest_head h = { .method = method, .target = target };
    struct header list[EXCHANGE_HEADERS_MAX];
    struct buf b = buf_in(c->arena, EXCHANGE_HEAD_MAX);
    (void)buf_room(&b, HEAD_USUAL);
    buf_put(&b, method);
    buf_put(&b, STR("\r\n"));
    buf_put(&b, target);
    buf_put(&b, STR("\r\n"));
    bool good = is_line(target) && text_is_utf8(target), has_id = false;
    for (size_t i = 0; i < n && good; i++) {
        struct str name = headers[i].name;
        if (rest__is_filtered(name) || str_eq_nocase(name, STR("x-road-request-id")) || str_eq_nocase(name, STR("x-road-request-hash"))) continue;
        has_id = has_id || str_eq_nocase(name, STR("x-road-id"));
        good = put_header(&b, list, &h.nheaders, headers[i]);
    }
    /* The provider looks for this exact lower-case name (x-road 10, trap 7). */
    good = good && put_header(&b, list, &h.nheaders, (struct header){ STR("x-road-request-id"), request_id });
    if (good && !has_id) {
        struct rest_target t;
        TRY(rest__parse_target(c, target, &t));
        struct str id = str_join(c->arena, t.service.instance, STR("-"), request_id, STR_END); /* of the same id, so that the log finds it without an index of its own */
        good = put_header(&b, list, &h.nheaders, (struct header){ STR("x-road-id"), id });
    }
    h.headers = arena_copy(c->arena, struct header, list, h.nheaders);
    TRY(finish_head(c, &b, good, &h));
    *ret = h;
    return ST_OK;
}

static struct str reason_of(int status)
{
    switch (status / 100) {
    case 2: return status == 201 ? STR("Created") : status == 204 ? STR("No Content") : STR("OK");
    case 3: return STR("Redirection");
    case 4: return status == 404 ? STR("Not Found") : status == 403 ? STR("Forbidden") : STR("Bad Request");
    default: return status / 100 == 5 ? STR("Internal Server Error") : STR("Other");
    }
}

enum status rest__write_response(struct call *c, int status, const struct header *headers, size_t n, const struct rest_facts *facts, struct rest_head *ret)
{
    static const struct str ours[] = { STR_INIT("x-road-id"), STR_INIT("x-road-client"), STR_INIT("x-road-request-id"), STR_INIT("x-road-request-hash"), STR_INIT("x-road-error") };
    struct rest_head h = { .status = status, .reason = reason_of(status) };
    struct header list[EXCHANGE_HEADERS_MAX];
    struct buf b = buf_in(c->arena, EXCHANGE_HEAD_MAX);
    (void)buf_room(&b, HEAD_USUAL);
    buf_put_int(&b, status);
    buf_put(&b, STR("\r\n"));
    buf_put(&b, h.reason);
    buf_put(&b, STR("\r\n"));
    bool good = true;
    for (size_t i = 0; i < n && good; i++)
        if (!rest__is_filtered(headers[i].name) && !name_in(headers[i].name, ours, sizeof ours / sizeof *ours)) good = put_header(&b, list, &h.nheaders, headers[i]);
    const struct header last[] = { { STR_INIT("x-road-id"), facts->id }, { STR_INIT("x-road-client"), facts->client }, { STR_INIT("x-road-service"), facts->service },
                                   { STR_INIT("x-road-request-id"), facts->request_id }, { STR_INIT("x-road-request-hash"), facts->request_hash } };
    for (size_t i = 0; i < 5 && good; i++) good = put_header(&b, list, &h.nheaders, last[i]);
    h.headers = arena_copy(c->arena, struct header, list, h.nheaders);
    TRY(finish_head(c, &b, good, &h));
    *ret = h;
    return ST_OK;
}

struct str rest__hash(struct arena *a, struct str head_digest, bool has_body, struct str body_digest)
{
    if (!has_body) return encode_base64(a, head_digest);
    return encode_base64(a, trust_digest(a, DIGEST_SHA512, str_join(a, head_digest, body_digest, STR_END)));
}
