/* str.c: the parts of str.h that are too long for a header. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

bool str_next(struct str *in, char sep, struct str *ret)
{
    if (!in->p) return false;
    if (str_cut(in, sep, ret)) return true;
    *ret = *in;
    *in = (struct str){ NULL, 0 };
    return true;
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.n == 0) return 0;
    if (s.n < needle.n) return SIZE_MAX;
    for (struct str rest = s; rest.n >= needle.n; rest = str_skip(rest, 1)) {
        const char *at = memchr(rest.p, needle.p[0], rest.n - needle.n + 1);
        if (!at) return SIZE_MAX;
        rest = str_skip(rest, (size_t)(at - rest.p));
        if (memcmp(rest.p, needle.p, needle.n) == 0) return (size_t)(rest.p - s.p);
    }
    return SIZE_MAX;
}

bool str_cut_at(struct str *in, struct str sep, struct str *ret)
{
    size_t at = str_find(*in, sep);
    if (at == SIZE_MAX) return false;
    *ret = (struct str){ in->p, at };
    *in = (struct str){ in->p + at + sep.n, in->n - at - sep.n };
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct str str_trim(struct str s)
{
    while (s.n && is_blank(s.p[0])) s = str_skip(s, 1);
    while (s.n && is_blank(s.p[s.n - 1])) s.n--;
    return s;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

/* has_odd: is one of eight bytes not plain? Sums and differences run over into the next byte only from one that is not. */
enum { EIGHT = 8 };
#define EACH(byte) (UINT64_C(0x0101010101010101) * (uint8_t)(byte))
static bool has_odd(const char *p, uint64_t each_not, uint64_t each_nor)
{
    uint64_t x;
    memcpy(&x, p, EIGHT);
    uint64_t outside = x | (x + EACH(1)) | (x - EACH(' ')), a = x ^ each_not, b = x ^ each_nor;
    return ((outside | ((a - EACH(1)) & ~a) | ((b - EACH(1)) & ~b)) & EACH(0x80)) != 0;
}

size_t str_plain_run(struct str s, char not, char nor)
{
    const uint64_t each_not = EACH(not), each_nor = EACH(nor);
    size_t n = 0;
    while (s.n - n >= EIGHT && !has_odd(s.p + n, each_not, each_nor)) n += EIGHT;
    if (s.n >= EIGHT && s.n - n < EIGHT && !has_odd(s.p + s.n - EIGHT, each_not, each_nor)) return s.n;
    while (n < s.n && s.p[n] >= ' ' && s.p[n] < 0x7f && s.p[n] != not && s.p[n] != nor) n++;
    return n;
}

bool str_eq_letters(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int d = n ? memcmp(a.p, b.p, n) : 0;
    if (d) return d;
    return a.n < b.n ? -1 : a.n > b.n;
}

static int by_bytes(const void *a, const void *b) { return str_cmp(*(const struct str *)a, *(const struct str *)b); }

bool str_find_twin(struct str *list, size_t n, struct str *ret)
{
    if (n < 2) return false;
    qsort(list, n, sizeof *list, by_bytes);
    for (size_t i = 1; i < n; i++) {
        if (!str_eq(list[i - 1], list[i])) continue;
        *ret = list[i];
        return true;
    }
    return false;
}

bool str_int(struct str s, int64_t *ret)
{
    bool minus = str_starts(s, STR("-"));
    if (minus) s = str_skip(s, 1);
    if (s.n == 0) return false;
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        int64_t digit = s.p[i] - '0';
        if (__builtin_mul_overflow(v, 10, &v)) return false;
        if (minus ? __builtin_sub_overflow(v, digit, &v) : __builtin_add_overflow(v, digit, &v)) return false;
    }
    *ret = v;
    return true;
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s.n; i++) h = (h ^ (uint8_t)s.p[i]) * 1099511628211u;
    return h;
}

struct str str_copy(struct arena *a, struct str s)
{
    if (s.n == 0) return STR("");
    char *p = arena_room(a, s.n);
    memcpy(p, s.p, s.n);
    return (struct str){ p, s.n };
}

char *str_to_z(struct arena *a, struct str s)
{
    if (s.n && memchr(s.p, 0, s.n)) return NULL;
    char *p = arena_room(a, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

struct str str_lower(struct arena *a, struct str s)
{
    char *p = arena_room(a, s.n ? s.n : 1);
    for (size_t i = 0; i < s.n; i++) p[i] = lower(s.p[i]);
    return (struct str){ p, s.n };
}

struct str str_print(struct arena *a, const char *fmt, ...)
{
    char most[256]; /* texts fit, and need not be measured first */
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int made = vsnprintf(most, sizeof most, fmt, args);
    va_end(args);
    size_t n = made < 0 ? 0 : (size_t)made;
    char *p = arena_room(a, n + 1);
    if (n < sizeof most) memcpy(p, most, n + 1);
    else (void)vsnprintf(p, n + 1, fmt, again);
    va_end(again);
    return (struct str){ p, n };
}

struct str str_join(struct arena *a, struct str first, ...)
{
    va_list args;
    size_t n = 0;
    va_start(args, first);
    for (struct str s = first; s.n != SIZE_MAX; s = va_arg(args, struct str)) n += s.n;
    va_end(args);
    char *p = arena_room(a, n ? n : 1), *at = p;
    va_start(args, first);
    for (struct str s = first; s.n != SIZE_MAX; s = va_arg(args, struct str)) {
        if (s.n) memcpy(at, s.p, s.n);
        at += s.n;
    }
    va_end(args);
    return (struct str){ p, n };
}

bool str_same_secret(struct str a, struct str b)
{
    if (a.n != b.n) return false;
    volatile uint8_t differs = 0;
    for (size_t i = 0; i < a.n; i++) differs |= (uint8_t)((uint8_t)a.p[i] ^ (uint8_t)b.p[i]);
    return differs == 0;
}
