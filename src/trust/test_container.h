/* test_container.h: entries of containers, read in another way than trust/zip.c does: stored and deflated ones, by the central directory alone. */
#ifndef SEN_TRUST_TEST_CONTAINER_H
#define SEN_TRUST_TEST_CONTAINER_H

#include <zlib.h>

#include "trust/test_sample.h"

static size_t le(struct str zip, size_t at, size_t n)
{
    size_t v = 0;
    CHECK(at + n <= zip.n);
    while (n--) v = v << 8 | (uint8_t)zip.p[at + n];
    return v;
}

static struct str inflated(struct call *c, struct str packed, size_t size)
{
    char *out = arena_alloc(c->arena, size + 1, 1);
    z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.n, .next_out = (Bytef *)out, .avail_out = (uInt)size + 1 };
    CHECK(inflateInit2(&z, -MAX_WBITS) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == size);
    CHECK(inflateEnd(&z) == Z_OK);
    return str_of(out, size);
}

/* container_entry: an entry of a ZIP by way of its central directory; p NULL when there is none. */
static struct str container_entry(struct call *c, struct str zip, struct str name)
{
    size_t end = zip.n - 22;
    while (end > 0 && le(zip, end, 4) != 0x06054b50) end--;
    size_t at = le(zip, end + 16, 4);
    for (size_t count = le(zip, end + 10, 2); count > 0; count--) {
        size_t packed = le(zip, at + 20, 4), size = le(zip, at + 24, 4), name_n = le(zip, at + 28, 2), local = le(zip, at + 42, 4);
        if (str_eq(str_of(zip.p + at + 46, name_n), name)) {
            struct str bytes = str_of(zip.p + local + 30 + le(zip, local + 26, 2) + le(zip, local + 28, 2), packed);
            return le(zip, at + 10, 2) == 0 ? bytes : inflated(c, bytes, size);
        }
        at += 46 + name_n + le(zip, at + 30, 2) + le(zip, at + 32, 2);
    }
    return (struct str){ NULL, 0 };
}

#endif
