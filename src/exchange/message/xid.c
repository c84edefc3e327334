/* xid.c: X-Road identifiers as text: parts joined by '/', each percent-encoded on its own. Comparisons are exact and case-sensitive. */
#include "exchange/message/message.h"

#include "base/text.h"
#include "base/url.h"

/* cut_parts: between least and most decoded parts; false on an empty, broken or overlong one. */
static bool cut_parts(struct arena *a, struct str text, size_t least, size_t most, struct str parts[static 5])
{
    size_t n = 0;
    struct str raw;
    while (str_next(&text, '/', &raw)) {
        if (n == most || raw.n == 0 || raw.n > 3 * XID_PART_MAX) return false;
        if (!url_decode_segment(a, raw, &parts[n])) return false;
        if (parts[n].n == 0 || parts[n].n > XID_PART_MAX || !text_is_plain(parts[n])) return false;
        n++;
    }
    return n >= least;
}

bool xid_parse_client(struct arena *a, struct str text, struct xid *ret)
{
    struct str p[5] = { 0 };
    if (!cut_parts(a, text, 3, 4, p)) return false;
    *ret = (struct xid){ .instance = p[0], .class_ = p[1], .member = p[2], .subsystem = p[3] };
    return true;
}

bool xid__parse_member(struct arena *a, struct str text, struct xid *ret)
{
    struct str p[5] = { 0 };
    if (!cut_parts(a, text, 3, 3, p)) return false;
    *ret = (struct xid){ .instance = p[0], .class_ = p[1], .member = p[2] };
    return true;
}

bool xid__parse_service(struct arena *a, struct str text, struct xid *ret)
{
    struct str p[5] = { 0 };
    if (!cut_parts(a, text, 5, 5, p)) return false;
    *ret = (struct xid){ .instance = p[0], .class_ = p[1], .member = p[2], .subsystem = p[3], .service = p[4] };
    return true;
}

bool xid__parse_server(struct arena *a, struct str text, struct xid *ret)
{
    struct str p[5] = { 0 };
    if (!cut_parts(a, text, 4, 4, p)) return false;
    *ret = (struct xid){ .instance = p[0], .class_ = p[1], .member = p[2], .server = p[3] };
    return true;
}

static struct str join_parts(struct arena *a, const struct str *parts, size_t n)
{
    struct buf b = buf_in(a, 5 * (3 * XID_PART_MAX + 1));
    for (size_t i = 0; i < n && parts[i].n; i++) {
        if (i) buf_put_c(&b, '/');
        url_encode_to(&b, parts[i]);
    }
    return buf_str(&b);
}

struct str xid_format(struct arena *a, const struct xid *id)
{
    const struct str parts[] = { id->instance, id->class_, id->member, id->subsystem, id->service };
    return join_parts(a, parts, 5);
}

struct str xid_member(struct arena *a, const struct xid *id)
{
    const struct str parts[] = { id->instance, id->class_, id->member };
    return join_parts(a, parts, 3);
}

struct str xid__format_server(struct arena *a, const struct xid *id)
{
    const struct str parts[] = { id->instance, id->class_, id->member, id->server };
    return join_parts(a, parts, 4);
}

bool xid__same_member(const struct xid *a, const struct xid *b)
{
    return str_eq(a->instance, b->instance) && str_eq(a->class_, b->class_) && str_eq(a->member, b->member);
}

bool xid_same_client(const struct xid *a, const struct xid *b) { return xid__same_member(a, b) && str_eq(a->subsystem, b->subsystem); }

int xid__compare(const struct xid *a, const struct xid *b)
{
    const struct str *x[] = { &a->class_, &a->member, &a->subsystem, &a->server, &a->instance }, *y[] = { &b->class_, &b->member, &b->subsystem, &b->server, &b->instance };
    int order = 0;
    for (size_t i = 0; i < sizeof x / sizeof *x && !order; i++) order = str_cmp(*x[i], *y[i]);
    return order;
}

bool xid__same_server(const struct xid *a, const struct xid *b) { return xid__same_member(a, b) && str_eq(a->server, b->server); }

struct xid xid__copy(struct arena *a, const struct xid *id)
{
    return (struct xid){ str_copy(a, id->instance), str_copy(a, id->class_), str_copy(a, id->member),
                         str_copy(a, id->subsystem), str_copy(a, id->service), str_copy(a, id->server) };
}
