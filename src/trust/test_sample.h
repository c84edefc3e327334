/* test_sample.h: X-Road's own sample documents, read where they lie: $SEN_SAMPLES, or ../shared/data/x-road beside the repository. Where the
 * folder is missing the test is skipped and says so. */
#ifndef SEN_TRUST_TEST_SAMPLE_H
#define SEN_TRUST_TEST_SAMPLE_H

#include <stdlib.h>

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

#endif
