/* url.c: percent-encoding both ways. Decoders give UTF-8 without NUL or nothing. */
#include "base/url.h"

#include "base/text.h"

static bool is_alnum(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
static bool is_one_of(char c, const char *set) { return c && strchr(set, c); }
static bool is_unreserved(char c) { return is_alnum(c) || is_one_of(c, "-._~"); }
static bool is_segment_char(char c) { return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:@"); }

void url_encode_to(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        uint8_t byte = (uint8_t)s.p[i];
        if (is_unreserved(s.p[i])) buf_put_c(b, s.p[i]);
        else buf_put(b, str_of((const char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3));
    }
}

struct str url_encode(struct arena *a, struct str s)
{
    struct buf b = buf_in(a, s.n * 3);
    url_encode_to(&b, s);
    return b.n ? buf_str(&b) : STR("");
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* take_byte: the next byte of s, decoded when it is %XX; *literal tells which. False on a broken %. */
static bool take_byte(struct str *s, char *ret, bool *literal)
{
    *literal = s->p[0] != '%';
    if (*literal) {
        *ret = s->p[0];
        *s = str_skip(*s, 1);
        return true;
    }
    int high = s->n > 2 ? hex_value(s->p[1]) : -1, low = s->n > 2 ? hex_value(s->p[2]) : -1;
    if (high < 0 || low < 0) return false;
    *ret = (char)(high << 4 | low);
    *s = str_skip(*s, 3);
    return true;
}

static bool finish(struct str text, struct str *ret)
{
    if ((text.n && memchr(text.p, 0, text.n)) || !text_is_utf8(text)) return false;
    *ret = text;
    return true;
}

bool url_decode(struct arena *a, struct str s, bool plus, struct str *ret)
{
    char *p = arena_alloc(a, s.n, 1);
    size_t n = 0;
    while (s.n) {
        bool literal;
        if (!take_byte(&s, &p[n], &literal)) return false;
        if (plus && literal && p[n] == '+') p[n] = ' ';
        n++;
    }
    return finish(str_of(p, n), ret);
}

bool url_decode_segment(struct arena *a, struct str s, struct str *ret)
{
    char *p = arena_alloc(a, s.n, 1);
    size_t n = 0;
    while (s.n) {
        bool literal;
        if (!take_byte(&s, &p[n], &literal)) return false;
        if (literal && !is_segment_char(p[n])) return false;
        n++;
    }
    return finish(str_of(p, n), ret);
}

bool url_query_next(struct arena *a, struct str *rest, struct str *name, struct str *value, bool *bad)
{
    struct str pair = STR(""), left;
    while (pair.n == 0)
        if (!str_next(rest, '&', &pair)) return false;
    if (!str_cut(&pair, '=', &left)) {
        left = pair;
        pair = STR("");
    }
    if (url_decode(a, left, true, name) && url_decode(a, pair, true, value)) return true;
    *bad = true;
    return false;
}

static bool all_of(struct str s, bool (*allowed)(char))
{
    for (size_t i = 0; i < s.n; i++)
        if (!allowed(s.p[i])) return false;
    return true;
}

static bool is_name_char(char c) { return is_alnum(c) || c == '-' || c == '.'; }
static bool is_ipv6_char(char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; }
static bool is_path_char(char c) { return is_segment_char(c) || c == '/' || c == '%'; }
static bool is_query_char(char c) { return is_path_char(c) || c == '?'; }

static bool parse_port(struct str s, int *ret)
{
    int64_t port;
    if (s.n == 0 || s.p[0] < '0' || s.p[0] > '9' || !str_int(s, &port) || port < 1 || port > 65535) return false;
    *ret = (int)port;
    return true;
}

/* parse_authority: host, [v6 address], each with or without a port. The host keeps its brackets. */
static bool parse_authority(struct str s, struct url *ret)
{
    struct str host = s;
    if (str_starts(s, STR("["))) {
        if (!str_cut(&s, ']', &host)) return false;
        host.n++;
        if (host.n < 4 || !all_of(str_of(host.p + 1, host.n - 2), is_ipv6_char)) return false;
        if (s.n && s.p[0] != ':') return false;
        ret->host = host;
        return s.n == 0 || parse_port(str_skip(s, 1), &ret->port);
    }
    bool has_port = str_cut(&s, ':', &host);
    if (host.n == 0 || !all_of(host, is_name_char)) return false;
    ret->host = host;
    return !has_port || parse_port(s, &ret->port);
}

bool url_parse(struct str s, struct url *ret)
{
    struct url u = { 0 };
    struct str authority, tail;
    if (!str_cut_at(&s, STR("://"), &u.scheme)) return false;
    if (str_eq_nocase(u.scheme, STR("http"))) u.port = 80;
    else if (str_eq_nocase(u.scheme, STR("https"))) u.port = 443;
    else return false;
    size_t n = 0;
    while (n < s.n && s.p[n] != '/' && s.p[n] != '?') n++;
    authority = str_first(s, n);
    tail = str_skip(s, n);
    if (!parse_authority(authority, &u)) return false;
    if (!str_cut(&tail, '?', &u.path)) {
        u.path = tail;
        tail = STR("");
    }
    u.query = tail;
    if (u.path.n == 0) u.path = STR("/");
    if (!all_of(u.path, is_path_char) || !all_of(u.query, is_query_char)) return false;
    *ret = u;
    return true;
}
