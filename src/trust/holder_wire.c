/* holder_wire.c: packets of the key holder, written and read. Everything a reader does not expect is refused. */
#include "trust/holder_wire.h"

static const struct str magic = STR_INIT("SH\1");

static bool take_number(struct str *in, size_t bytes, uint64_t *ret)
{
    if (in->n < bytes) return false;
    uint64_t v = 0;
    for (size_t i = bytes; i > 0; i--) v = v << 8 | (uint8_t)in->p[i - 1];
    *in = str_skip(*in, bytes);
    *ret = v;
    return true;
}

static bool take_text(struct str *in, size_t length_bytes, size_t most, struct str *ret)
{
    uint64_t n;
    if (!take_number(in, length_bytes, &n) || n > in->n || n > most) return false;
    *ret = str_first(*in, (size_t)n);
    *in = str_skip(*in, (size_t)n);
    return true;
}

static void put_number(struct buf *out, size_t bytes, uint64_t v)
{
    for (size_t i = 0; i < bytes; i++) buf_put_c(out, (char)(v >> (8 * i) & 0xff));
}

bool wire_read(struct str packet, struct wire *ret)
{
    struct wire w = { 0 };
    uint64_t kind, purpose, algorithm, number, count;
    if (packet.n > WIRE_PACKET_MAX || !str_starts(packet, magic)) return false;
    struct str in = str_skip(packet, magic.n);
    if (!take_number(&in, 1, &kind) || !take_number(&in, 1, &purpose) || !take_number(&in, 1, &algorithm) || !take_number(&in, 8, &number)) return false;
    if (!take_text(&in, 1, UINT8_MAX, &w.key) || !take_text(&in, 1, UINT8_MAX, &w.owner)) return false;
    if (!take_number(&in, 1, &count) || count > WIRE_ITEMS_MAX) return false;
    for (; w.nitems < count; w.nitems++)
        if (!take_text(&in, 2, WIRE_ITEM_MAX, &w.items[w.nitems])) return false;
    if (in.n > 0) return false;
    w.kind = (uint8_t)kind;
    w.purpose = (uint8_t)purpose;
    w.algorithm = (uint8_t)algorithm;
    w.number = (int64_t)number;
    *ret = w;
    return true;
}

enum status wire_write(const struct wire *w, struct buf *out)
{
    if (w->key.n > UINT8_MAX || w->owner.n > UINT8_MAX || w->nitems > WIRE_ITEMS_MAX) return ST_TOO_LARGE;
    buf_put(out, magic);
    put_number(out, 1, w->kind);
    put_number(out, 1, w->purpose);
    put_number(out, 1, w->algorithm);
    put_number(out, 8, (uint64_t)w->number);
    put_number(out, 1, w->key.n);
    buf_put(out, w->key);
    put_number(out, 1, w->owner.n);
    buf_put(out, w->owner);
    put_number(out, 1, w->nitems);
    for (size_t i = 0; i < w->nitems; i++) {
        if (w->items[i].n > WIRE_ITEM_MAX) return ST_TOO_LARGE;
        put_number(out, 2, w->items[i].n);
        buf_put(out, w->items[i]);
    }
    struct str whole;
    return buf_finish(out, &whole);
}
