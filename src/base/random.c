/* random.c: getrandom(2). */
#include "base/random.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/encode.h"

void random_bytes(void *p, size_t n)
{
    unsigned char *at = p;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got <= 0) abort();
        at += got;
        n -= (size_t)got;
    }
}

struct str random_uuid(struct arena *a)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t b[16];
    random_bytes(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    char *p = arena_alloc(a, 36, 1), *at = p;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = hex[b[i] >> 4];
        *at++ = hex[b[i] & 15];
    }
    return str_of(p, 36);
}

struct str random_token(struct arena *a, size_t n)
{
    uint8_t *b = arena_alloc(a, n, 1);
    random_bytes(b, n);
    return encode_base64url(a, str_of(b, n));
}
