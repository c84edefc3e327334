/* fuzz.h: what a fuzz target needs. FUZZ_CHECK states its property; fuzz_call is one call, emptied for each input.
 * Targets are listed in fuzz_targets of the room's meson.build. */
#ifndef SEN_BASE_FUZZ_H
#define SEN_BASE_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/app.h"
#include "base/call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(cond) \
    do { \
        if (cond) break; \
        fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
        abort(); \
    } while (0)

static inline struct call *fuzz_call(void)
{
    static const struct app no_app;
    static struct call *c;
    if (c) call_renew(c);
    else c = call_open(&no_app);
    c->now_ms = INT64_C(1795000000000); /* the clock of the unit tests: a crash file crashes again tomorrow */
    return c;
}

#endif
