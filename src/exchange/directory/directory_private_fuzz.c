/* directory_private_fuzz.c: private parameters and optional parts: what is accepted belongs to the instance, every anchor has a source with an address, intervals are above 0. */
#include "exchange/directory/directory.h"

#include "base/fuzz.h"

static const char PARAMS[] = "<x:conf xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>VN</instanceIdentifier></x:conf>";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str parts[] = { STR_INIT("MONITORING"), STR_INIT("FETCHINTERVAL"), STR_INIT("NEXTUPDATE") };
    struct call *c = fuzz_call();
    struct str xml = str_of(data, size);
    DIRECTORY d = NULL;
    FUZZ_CHECK(directory__read_params(c, str_z(PARAMS), DIRECTORY_VERSION_MOST, &d) == ST_OK);
    if (directory__read_private(c, xml, d) == ST_OK)
        for (size_t i = 0; i < d->nanchors; i++) FUZZ_CHECK(d->anchors[i].instance.n && d->anchors[i].nsources && d->anchors[i].sources[0].url.n);
    FUZZ_CHECK(d->stamp_period_s >= 0);
    call_clear(c);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        directory__read_optional(c, parts[i], xml, d);
        FUZZ_CHECK(d->ocsp_fetch_s >= 0 && call_error(c)->status == ST_OK);
    }
    return 0;
}
