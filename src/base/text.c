/* text.c: UTF-8 and NFC; numbers and dates as people write them. Keys for search and sorting: text_key.c. */
#include "base/text.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/buf.h"
#include "base/text_int.h"
#include "base/app.h"
#include "base/time.h"

static bool is_tail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/* The well-formed byte sequences are those of table 3-7 of the Unicode standard. */
size_t text_step(struct str s)
{
    const uint8_t *b = (const uint8_t *)s.p;
    if (s.n == 0) return 0;
    if (b[0] < 0x80) return 1;
    if (b[0] < 0xc2 || b[0] > 0xf4) return 0;
    if (s.n < 2 || !is_tail(b[1])) return 0;
    if (b[0] < 0xe0) return 2;
    if (s.n < 3 || !is_tail(b[2])) return 0;
    if (b[0] < 0xf0) {
        if (b[0] == 0xe0 && b[1] < 0xa0) return 0; /* overlong */
        if (b[0] == 0xed && b[1] > 0x9f) return 0; /* surrogate */
        return 3;
    }
    if (s.n < 4 || !is_tail(b[3])) return 0;
    if (b[0] == 0xf0 && b[1] < 0x90) return 0; /* overlong */
    if (b[0] == 0xf4 && b[1] > 0x8f) return 0; /* above U+10FFFF */
    return 4;
}

/* ascii_run: eight bytes at a time while no high bit is set. */
static size_t ascii_run(struct str s)
{
    size_t n = 0;
    uint64_t eight;
    for (; s.n - n >= sizeof eight; n += sizeof eight) {
        memcpy(&eight, s.p + n, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) break;
    }
    while (n < s.n && (uint8_t)s.p[n] < 0x80) n++;
    return n;
}

bool text_is_utf8(struct str s)
{
    for (s = str_skip(s, ascii_run(s)); s.n;) {
        size_t n = text_step(s);
        if (n == 0) return false;
        s = str_skip(s, n);
        s = str_skip(s, ascii_run(s));
    }
    return true;
}

struct str text_first(struct str s, size_t n)
{
    if (n >= s.n) return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80) n--;
    return str_first(s, n);
}

bool text_is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t byte = (uint8_t)s.p[i];
        if (byte < 0x20 || byte == 0x7f) return false;
        if (byte == 0xc2 && i + 1 < s.n && (uint8_t)s.p[i + 1] < 0xa0) return false; /* C1 controls */
    }
    return text_is_utf8(s);
}

/* shown_run: how many bytes at the start a terminal takes as text. */
static size_t shown_run(struct str s)
{
    size_t at = 0;
    while (at < s.n) {
        size_t n = text_step(str_skip(s, at));
        if (n == 0 || (!text_is_plain(str_of(s.p + at, n)) && s.p[at] != '\n' && s.p[at] != '\t' && !str_starts(str_skip(s, at), STR("\r\n")))) break;
        at += n;
    }
    return at;
}

struct str text_visible(struct arena *a, struct str s)
{
    enum { AS_HEX = 4 };
    size_t run = shown_run(s);
    if (run == s.n) return s;
    struct buf b = buf_in(a, AS_HEX * s.n + 1);
    for (;; run = shown_run(s)) {
        buf_put(&b, str_first(s, run));
        s = str_skip(s, run);
        size_t n = s.n ? text_step(s) : 0;
        for (size_t i = 0; i < (n ? n : s.n ? 1 : 0); i++) buf_print(&b, "\\x%02x", (unsigned)(uint8_t)s.p[i]);
        if (!s.n) return buf_str(&b);
        s = str_skip(s, n ? n : 1);
    }
}

size_t text_count(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += !is_tail((uint8_t)s.p[i]);
    return n;
}

bool text__to_utf16(struct arena *a, struct str s, UChar **ret, int32_t *ret_n)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar *wide = arena_array(a, UChar, s.n + 1);
    u_strFromUTF8(wide, (int32_t)s.n + 1, ret_n, s.p, (int32_t)s.n, &error);
    *ret = wide;
    return U_SUCCESS(error);
}

bool text__from_utf16(struct arena *a, const UChar *wide, int32_t n, struct str *ret)
{
    UErrorCode error = U_ZERO_ERROR;
    int32_t bytes = 0, room = n * 3 + 1;
    char *p = arena_alloc(a, (size_t)room, 1);
    u_strToUTF8(p, room, &bytes, wide, n, &error);
    *ret = str_of(p, (size_t)bytes);
    return U_SUCCESS(error);
}

bool text_nfc(struct arena *a, struct str s, struct str *ret)
{
    enum { MOST = 64 * 1024 * 1024, GROWTH = 3 }; /* NFC makes a text at most three times longer, in UTF-16 units (UAX 15) */
    if (s.n > MOST || !text_is_utf8(s)) return false;
    if (ascii_run(s) == s.n) {
        *ret = str_copy(a, s);
        return true;
    }
    UErrorCode error = U_ZERO_ERROR;
    UChar *wide;
    int32_t n = 0;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&error);
    if (U_FAILURE(error) || !text__to_utf16(a, s, &wide, &n)) return false;
    if (unorm2_quickCheck(nfc, wide, n, &error) == UNORM_YES && U_SUCCESS(error)) {
        *ret = str_copy(a, s);
        return true;
    }
    UChar *normal = arena_array(a, UChar, (size_t)n * GROWTH + 1);
    int32_t m = unorm2_normalize(nfc, wide, n, normal, n * GROWTH + 1, &error);
    return U_SUCCESS(error) && text__from_utf16(a, normal, m, ret);
}

static bool is_english(struct str lang) { return str_eq(lang, STR("en")); }

void text_put_number(struct buf *b, struct str lang, int64_t v)
{
    char digits[24], separator = is_english(lang) ? ',' : '.';
    size_t n = 0;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do digits[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0) buf_put_c(b, '-');
    while (n--) {
        buf_put_c(b, digits[n]);
        if (n && n % 3 == 0) buf_put_c(b, separator);
    }
}

/* In English the month is a word: 3/4 is two different days on the two sides of an ocean. */
static void put_english_date(struct buf *b, int year, int month, int mday, int precision)
{
    static const char *const months[] = { "January", "February", "March", "April", "May", "June",
                                          "July", "August", "September", "October", "November", "December" };
    if (precision >= PRECISION_DAY) buf_print(b, "%d ", mday);
    if (precision >= PRECISION_MONTH) buf_print(b, "%s ", months[month - 1]);
    buf_print(b, "%d", year);
}

void text_put_date(struct buf *b, struct str lang, int64_t day, int precision)
{
    int year, month, mday;
    date_civil(day, &year, &month, &mday);
    if (is_english(lang)) {
        put_english_date(b, year, month, mday, precision);
        return;
    }
    if (precision >= PRECISION_DAY) buf_print(b, "%02d/", mday);
    if (precision >= PRECISION_MONTH) buf_print(b, "%02d/", month);
    buf_print(b, "%d", year);
}

void text_put_moment(struct buf *b, struct str lang, int64_t ms, int offset_min)
{
    enum { DAY_MIN = 24 * 60 };
    int64_t minutes = (ms >= 0 ? ms / 60000 : -((59999 - ms) / 60000)) + offset_min;
    int64_t day = minutes >= 0 ? minutes / DAY_MIN : -((DAY_MIN - 1 - minutes) / DAY_MIN);
    int of_day = (int)(minutes - day * DAY_MIN);
    text_put_date(b, lang, day, PRECISION_DAY);
    buf_print(b, " %02d:%02d", of_day / 60, of_day % 60);
}

struct str text_moment(struct call *c, int64_t ms)
{
    char at[TIME_TEXT];
    time_format_local(ms, c->app ? c->app->time_offset_min : 0, at);
    return str_copy(c->arena, str_z(at));
}
