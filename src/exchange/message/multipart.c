/* multipart.c: MIME multipart as X-Road uses it: 8-bit parts, CRLF, no transfer encoding. The reader eats a view and copies nothing but unquoted
 * parameters; it demands what the writers of X-Road emit (no preamble, every line ends in CRLF) and stops at the closing boundary. */
#include "exchange/message/message.h"

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
    if (!str_eq_nocase(str_first(multipart__type(content_type), sizeof "multipart/" - 1), STR("multipart/")))
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

/* A message in a file is read through a window of this size; a part that does not fit stays in the file. */
enum { WINDOW = 256 * 1024, WINDOW_LEAST = 64 * 1024 };

static enum status bad_disk(struct call *c)
{
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "A large message could not be read back from the disk. Check the disk of this node and try again."), STR("io_error"));
}

/* look_at: the window begins here. */
static enum status look_at(struct call *c, struct multipart *m, int64_t from)
{
    size_t n = m->all.size - from < WINDOW ? (size_t)(m->all.size - from) : WINDOW;
    char *bytes = arena_alloc(c->arena, n, 1);
    if (!extent_read(&m->all, from, bytes, n)) return bad_disk(c);
    m->rest = str_of(bytes, n);
    m->at = from + (int64_t)n;
    return ST_OK;
}

enum status multipart__open_extent(struct call *c, struct str content_type, const struct extent *all, struct multipart *ret)
{
    struct multipart m = { .all = *all };
    TRY(look_at(c, &m, 0));
    TRY(multipart__open(c, content_type, m.rest, ret));
    ret->all = m.all;
    ret->at = m.at;
    return ST_OK;
}

/* cut_behind: a part that goes on behind the window. It is looked at from its beginning; what is larger than a window stays in the file. */
static enum status cut_behind(struct call *c, struct multipart *m, struct str rest, struct part *p)
{
    int64_t from = m->at - (int64_t)rest.n;
    TRY(look_at(c, m, from));
    if (str_cut_at(&m->rest, m->boundary, &p->body)) return ST_OK;
    int64_t end = extent_find(&m->all, from, m->boundary);
    if (end == -2) return bad_disk(c);
    if (end < 0) return bad(c, "a part has no end");
    p->large = (struct extent){ m->all.spool, m->all.from + from, end - from };
    return look_at(c, m, end + (int64_t)m->boundary.n);
}

enum status multipart__headers(struct call *c, struct str *rest, struct part *ret)
{
    struct header list[PART_HEADERS_MAX];
    size_t n = 0;
    struct str line, whole = *rest;
    for (;;) {
        if (!str_cut_at(rest, STR("\r\n"), &line)) return bad(c, "a header has no end");
        if (line.n == 0) break;
        if ((size_t)(rest->p - whole.p) > PART_HEADER_BYTES || n == PART_HEADERS_MAX) return bad(c, "too many headers");
        if (!str_cut(&line, ':', &list[n].name) || list[n].name.n == 0) return bad(c, "a header without a name");
        list[n++].value = str_trim(line);
    }
    ret->headers = arena_copy(c->arena, struct header, list, n);
    ret->nheaders = n;
    return ST_OK;
}

enum status multipart__next(struct call *c, struct multipart *m, struct part *ret, bool *more)
{
    *more = false;
    if (m->done) return ST_OK;
    if (m->all.spool && m->rest.n < WINDOW_LEAST && m->at < m->all.size) TRY(look_at(c, m, m->at - (int64_t)m->rest.n));
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
    } else if (str_cut_at(&rest, m->boundary, &p.body)) {
        m->rest = rest;
    } else if (m->at < m->all.size) {
        TRY(cut_behind(c, m, rest, &p));
    } else {
        return bad(c, "a part has no end");
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
