/* multipart.c: MIME multipart as X-Road uses it: 8-bit parts, CRLF, no transfer encoding. The reader eats a view and copies nothing but unquoted
 * parameters; it demands what the writers of X-Road emit (no preamble, every line ends in CRLF) and stops at the closing boundary. */
#include "exchange/exchange_int.h"

#include "base/random.h"

enum { PART_HEADERS_MAX = 32, PART_HEADER_BYTES = 16 * 1024, BOUNDARY_MAX = 70 };

static enum status bad(struct call *c, const char *why)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The multipart message is malformed (%s). Check the software that made it.", str_z(why)), STR("mime_parsing_failed"));
}

struct str multipart__type(struct str content_type)
{
    struct str type;
    return str_trim(str_cut(&content_type, ';', &type) ? type : content_type);
}

/* unquote: the value of a parameter, with the quoting of RFC 2045 taken off; false on a broken quote. */
static bool unquote(struct arena *a, struct str value, struct str *ret)
{
    if (value.n == 0 || value.p[0] != '"') {
        *ret = value;
        return value.n > 0;
    }
    char *out = arena_alloc(a, value.n, 1);
    size_t n = 0, i = 1;
    for (; i < value.n && value.p[i] != '"'; i++) {
        if (value.p[i] == '\\' && ++i == value.n) return false;
        out[n++] = value.p[i];
    }
    if (i + 1 != value.n) return false;
    *ret = str_of(out, n);
    return true;
}

/* cut_param: up to the next ';' that stands outside quotes. */
static struct str cut_param(struct str *rest)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->n; i++) {
        char ch = rest->p[i];
        if (quoted && ch == '\\') i++;
        else if (ch == '"') quoted = !quoted;
        else if (ch == ';' && !quoted) break;
    }
    struct str piece = str_first(*rest, i);
    *rest = str_skip(*rest, i + 1);
    return piece;
}

bool multipart__param(struct arena *a, struct str content_type, struct str name, struct str *ret)
{
    struct str rest = content_type;
    (void)cut_param(&rest);
    while (rest.n) {
        struct str piece = cut_param(&rest), key;
        if (str_cut(&piece, '=', &key) && str_eq_nocase(str_trim(key), name)) return unquote(a, str_trim(piece), ret);
    }
    return false;
}

enum status multipart__open(struct call *c, struct str content_type, struct str bytes, struct multipart *ret)
{
    struct multipart m = { .rest = bytes };
    if (!str_starts(multipart__type(content_type), STR("multipart/")))
        return call_fault(c, call_fail(c, ST_INVALID, "", "A multipart message was expected. Check the address and the software of the other side."), STR("invalid_content_type"));
    struct str boundary;
    if (!multipart__param(c->arena, content_type, STR("boundary"), &boundary) || boundary.n == 0 || boundary.n > BOUNDARY_MAX) return bad(c, "no boundary");
    m.boundary = str_join(c->arena, STR("\r\n--"), boundary, STR_END);
    struct str first = str_skip(m.boundary, 2);
    if (!str_starts(bytes, first)) return bad(c, "it does not begin with its boundary");
    m.rest = str_skip(bytes, first.n);
    *ret = m;
    return ST_OK;
}

enum status multipart__headers(struct call *c, struct str *rest, struct part *ret)
{
    struct header *list = arena_array(c->arena, struct header, PART_HEADERS_MAX);
    size_t n = 0;
    struct str line, whole = *rest;
    for (;;) {
        if (!str_cut_at(rest, STR("\r\n"), &line)) return bad(c, "a header has no end");
        if (line.n == 0) break;
        if ((size_t)(rest->p - whole.p) > PART_HEADER_BYTES || n == PART_HEADERS_MAX) return bad(c, "too many headers");
        if (!str_cut(&line, ':', &list[n].name) || list[n].name.n == 0) return bad(c, "a header without a name");
        list[n++].value = str_trim(line);
    }
    ret->headers = list;
    ret->nheaders = n;
    return ST_OK;
}

enum status multipart__next(struct call *c, struct multipart *m, struct part *ret, bool *more)
{
    *more = false;
    if (m->done) return ST_OK;
    if (str_starts(m->rest, STR("--"))) {
        m->done = true;
        m->rest = str_skip(m->rest, 2);
        return ST_OK;
    }
    if (!str_starts(m->rest, STR("\r\n"))) return bad(c, "a boundary line goes on");
    struct part p = { 0 };
    struct str rest = str_skip(m->rest, 2);
    TRY(multipart__headers(c, &rest, &p));
    /* An empty part may end right after the blank line: its CRLF is the one that begins the boundary. */
    struct str from = str_of(rest.p - 2, rest.n + 2);
    if (str_starts(from, m->boundary)) {
        p.body = str_first(rest, 0);
        m->rest = str_skip(from, m->boundary.n);
    } else {
        if (!str_cut_at(&rest, m->boundary, &p.body)) return bad(c, "a part has no end");
        m->rest = rest;
    }
    *ret = p;
    *more = true;
    return ST_OK;
}

struct str part__header(const struct part *p, const char *name)
{
    for (size_t i = 0; i < p->nheaders; i++)
        if (str_eq_nocase(p->headers[i].name, str_z(name))) return p->headers[i].value;
    return (struct str){ 0 };
}

struct str multipart__boundary(struct arena *a, const char *prefix)
{
    uint8_t bytes[30];
    char letters[sizeof bytes];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) letters[i] = (char)('a' + bytes[i] % 26);
    return str_join(a, str_z(prefix), str_of(letters, sizeof letters), STR_END);
}

void multipart__put(struct buf *b, struct str boundary, struct str content_type, struct str body)
{
    if (b->n) buf_put(b, STR("\r\n"));
    buf_put(b, STR("--"));
    buf_put(b, boundary);
    buf_put(b, STR("\r\ncontent-type: "));
    buf_put(b, content_type);
    buf_put(b, STR("\r\n\r\n"));
    buf_put(b, body);
}

void multipart__end(struct buf *b, struct str boundary)
{
    buf_put(b, STR("\r\n--"));
    buf_put(b, boundary);
    buf_put(b, STR("--\r\n"));
}
