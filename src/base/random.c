/* random.c: getrandom(2), asked for many bytes at a time: a message needs a dozen small draws, and each question to the kernel costs more than its bytes. What a thread holds in
 * reserve is wiped as it is handed out, and forgotten by the child of a fork, or both would draw the same. */
#include "base/random.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/encode.h"

enum { RESERVE = 256 }; /* at most so many bytes come whole, whatever signals arrive (getrandom(2)) */

static _Thread_local struct { unsigned char bytes[RESERVE]; size_t left; } reserve;
static pthread_once_t watching_forks = PTHREAD_ONCE_INIT;

static void forget_reserve(void) { reserve.left = 0; }
static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, forget_reserve); }

static void ask_kernel(unsigned char *at, size_t n)
{
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got <= 0) abort();
        at += got;
        n -= (size_t)got;
    }
}

void random_bytes(void *p, size_t n)
{
    if (n > RESERVE / 2) {
        ask_kernel(p, n);
        return;
    }
    if (n > reserve.left) {
        (void)pthread_once(&watching_forks, watch_forks);
        ask_kernel(reserve.bytes, RESERVE);
        reserve.left = RESERVE;
    }
    unsigned char *at = reserve.bytes + (RESERVE - reserve.left);
    memcpy(p, at, n);
    explicit_bzero(at, n);
    reserve.left -= n;
}

static struct str write_uuid(struct arena *a, uint8_t b[static 16], uint8_t version)
{
    static const char hex[] = "0123456789abcdef";
    b[6] = (uint8_t)((b[6] & 0x0f) | version << 4);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    char *p = arena_room(a, 36), *at = p;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = hex[b[i] >> 4];
        *at++ = hex[b[i] & 15];
    }
    return str_of(p, 36);
}

struct str random_uuid(struct arena *a)
{
    uint8_t b[16];
    random_bytes(b, sizeof b);
    return write_uuid(a, b, 4);
}

struct str random_uuid_at(struct arena *a, int64_t now_ms)
{
    enum { TIME_BYTES = 6 };
    uint8_t b[16];
    for (int i = 0; i < TIME_BYTES; i++) b[i] = (uint8_t)((uint64_t)now_ms >> 8 * (TIME_BYTES - 1 - i));
    random_bytes(b + TIME_BYTES, sizeof b - TIME_BYTES);
    return write_uuid(a, b, 7);
}

struct str random_token(struct arena *a, size_t n)
{
    uint8_t *b = arena_alloc(a, n, 1);
    random_bytes(b, n);
    return encode_base64url(a, str_of(b, n));
}
