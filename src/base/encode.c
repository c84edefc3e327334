/* encode.c: table-driven base64 and hex. */
#include "base/encode.h"

#include "base/arena.h"
#include "base/buf.h"

static const char std_abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(char *out, struct str in, const char *abc, bool pad)
{
    const uint8_t *b = (const uint8_t *)in.p;
    char *at = out;
    size_t i = 0;
    for (; i + 2 < in.n; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
        *at++ = abc[v >> 18];
        *at++ = abc[v >> 12 & 63];
        *at++ = abc[v >> 6 & 63];
        *at++ = abc[v & 63];
    }
    if (i < in.n) {
        uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < in.n ? (uint32_t)b[i + 1] << 8 : 0);
        *at++ = abc[v >> 18];
        *at++ = abc[v >> 12 & 63];
        if (i + 1 < in.n) *at++ = abc[v >> 6 & 63];
        else if (pad) *at++ = '=';
        if (pad) *at++ = '=';
    }
    return (size_t)(at - out);
}

static size_t encoded_size(size_t n) { return (n + 2) / 3 * 4; }

struct str encode_base64(struct arena *a, struct str bytes)
{
    char *p = arena_alloc(a, encoded_size(bytes.n) + 1, 1);
    return str_of(p, encode(p, bytes, std_abc, true));
}

struct str encode_base64url(struct arena *a, struct str bytes)
{
    char *p = arena_alloc(a, encoded_size(bytes.n) + 1, 1);
    return str_of(p, encode(p, bytes, url_abc, false));
}

void encode_base64_to(struct buf *b, struct str bytes)
{
    char *p = buf_room(b, encoded_size(bytes.n));
    if (p) buf_added(b, encode(p, bytes, std_abc, true));
}

struct str encode_hex(struct arena *a, struct str bytes)
{
    static const char hex[] = "0123456789abcdef";
    char *p = arena_alloc(a, bytes.n * 2 + 1, 1);
    for (size_t i = 0; i < bytes.n; i++) {
        p[2 * i] = hex[(uint8_t)bytes.p[i] >> 4];
        p[2 * i + 1] = hex[(uint8_t)bytes.p[i] & 15];
    }
    return str_of(p, bytes.n * 2);
}

static int value_of(char c, bool url)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == (url ? '-' : '+')) return 62;
    if (c == (url ? '_' : '/')) return 63;
    return -1;
}

static bool decode(struct arena *a, struct str text, bool url, struct str *ret)
{
    uint8_t *out = arena_alloc(a, text.n / 4 * 3 + 3, 1);
    size_t n = 0, chars = 0, pads = 0;
    uint32_t v = 0;
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        if (!url && (ch == '\r' || ch == '\n' || ch == ' ' || ch == '\t')) continue;
        if (ch == '=' && !url) {
            pads++;
            continue;
        }
        int d = value_of(ch, url);
        if (d < 0 || pads) return false;
        v = v << 6 | (uint32_t)d;
        if (++chars % 4 == 0) {
            out[n++] = (uint8_t)(v >> 16);
            out[n++] = (uint8_t)(v >> 8);
            out[n++] = (uint8_t)v;
            v = 0;
        }
    }
    size_t left = chars % 4;
    if (left == 1) return false;
    if (!url && pads != (left ? 4 - left : 0)) return false;
    if (left == 2) {
        if (v & 15) return false;
        out[n++] = (uint8_t)(v >> 4);
    } else if (left == 3) {
        if (v & 3) return false;
        out[n++] = (uint8_t)(v >> 10);
        out[n++] = (uint8_t)(v >> 2);
    }
    *ret = str_of(out, n);
    return true;
}

bool decode_base64(struct arena *a, struct str text, struct str *ret) { return decode(a, text, false, ret); }
bool decode_base64url(struct arena *a, struct str text, struct str *ret) { return decode(a, text, true, ret); }

bool decode_hex(struct arena *a, struct str text, struct str *ret)
{
    if (text.n % 2) return false;
    uint8_t *out = arena_alloc(a, text.n / 2 + 1, 1);
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        int d = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
        if (d < 0) return false;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | d);
    }
    *ret = str_of(out, text.n / 2);
    return true;
}
