/* test_sample.h: X-Road's own sample documents, read where they lie: $SEN_SAMPLES, or ../shared/data/x-road beside the repository. Where the
 * folder is missing the test is skipped and says so. Containers are ZIP files: stored and deflated entries are read. */
#ifndef SEN_TRUST_TEST_SAMPLE_H
#define SEN_TRUST_TEST_SAMPLE_H

#include <stdlib.h>
#include <zlib.h>

#include "base/file.h"
#include "base/test.h"

enum { SAMPLE_MAX = 1024 * 1024 };

static struct str sample_folder(struct call *c)
{
    const char *given = getenv("SEN_SAMPLES"), *tree = getenv("SEN_SOURCE");
    if (given) return str_z(given);
    return str_join(c->arena, str_z(tree ? tree : "."), STR("/../shared/data/x-road"), STR_END);
}

/* SAMPLES: first line of a test that needs them. */
#define SAMPLES \
    if (!file_exists(c, sample_folder(c))) { \
        print_message("skipped: no samples at %.*s\n", STR_ARG(sample_folder(c))); \
        skip(); \
    }

static struct str sample(struct call *c, const char *name)
{
    struct str text = { NULL, 0 };
    CHECK_OK(file_read(c, file_path(c->arena, sample_folder(c), str_z(name)), SAMPLE_MAX, &text));
    return text;
}

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
