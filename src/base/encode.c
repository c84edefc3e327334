/* encode.c: table-driven base64 and hex. */
#include "base/encode.h"

#include <pthread.h>
#include <string.h>

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
    char *p = arena_room(a, encoded_size(bytes.n));
    return str_of(p, encode(p, bytes, std_abc, true));
}

struct str encode_base64url(struct arena *a, struct str bytes)
{
    char *p = arena_room(a, encoded_size(bytes.n));
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
    char *p = arena_room(a, bytes.n * 2);
    for (size_t i = 0; i < bytes.n; i++) {
        p[2 * i] = hex[(uint8_t)bytes.p[i] >> 4];
        p[2 * i + 1] = hex[(uint8_t)bytes.p[i] & 15];
    }
    return str_of(p, bytes.n * 2);
}

/* Values of the characters; 0xff where there is none. Made by the two alphabets above, so that there is one truth. */
struct values { uint8_t of[2][256]; };
static struct values values;
static pthread_once_t values_once = PTHREAD_ONCE_INIT;

static void make_values(void)
{
    memset(&values, 0xff, sizeof values);
    for (uint8_t i = 0; i < 64; i++) {
        values.of[0][(uint8_t)std_abc[i]] = i;
        values.of[1][(uint8_t)url_abc[i]] = i;
    }
}

static const uint8_t *values_of(bool url)
{
    (void)pthread_once(&values_once, make_values);
    return values.of[url];
}

/* decode_groups: whole groups of four from the front, as long as nothing but the alphabet comes; how many characters that were. */
static size_t decode_groups(const uint8_t *value, struct str text, uint8_t *out)
{
    const uint8_t *in = (const uint8_t *)text.p;
    size_t i = 0;
    for (; i + 4 <= text.n; i += 4, out += 3) {
        uint32_t a = value[in[i]], b = value[in[i + 1]], c = value[in[i + 2]], d = value[in[i + 3]];
        if ((a | b | c | d) & 0xc0) break;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    return i;
}

static size_t decoded_room(struct str text) { return text.n / 4 * 3 + 3; }

/* decode_into: out has decoded_room; *ret: how many bytes that were. */
static bool decode_into(uint8_t *out, struct str text, bool url, size_t *ret)
{
    const uint8_t *value = values_of(url);
    size_t n = 0, chars = 0, pads = 0;
    uint32_t v = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (chars % 4 == 0 && !pads) { /* between groups: at the beginning and after a line break */
            size_t quick = decode_groups(value, str_skip(text, i), out + n);
            n += quick / 4 * 3;
            i += quick;
            if (i == text.n) break;
        }
        char ch = text.p[i];
        if (!url && (ch == '\r' || ch == '\n' || ch == ' ' || ch == '\t')) continue;
        if (ch == '=' && !url) {
            pads++;
            continue;
        }
        uint8_t d = value[(uint8_t)ch];
        if (d > 63 || pads) return false;
        v = v << 6 | d;
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
    *ret = n;
    return true;
}

static bool decode(struct arena *a, struct str text, bool url, struct str *ret)
{
    size_t n;
    uint8_t *out = (uint8_t *)arena_room(a, decoded_room(text));
    if (!decode_into(out, text, url, &n)) return false;
    *ret = str_of(out, n);
    return true;
}

bool decode_base64_to(struct buf *b, struct str text)
{
    size_t n;
    uint8_t *out = (uint8_t *)buf_room(b, decoded_room(text));
    if (!out || !decode_into(out, text, false, &n)) return false;
    buf_added(b, n);
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
