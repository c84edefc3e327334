/* ocsp_query_fuzz.c: hashes that are taken are all SHA-1 or all SHA-256, and at least one. */
#include "exchange/status/status.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    const struct str *hashes;
    size_t n;
    if (ocsp__read_query(c, str_of(data, size), &hashes, &n) != ST_OK) return 0;
    FUZZ_CHECK(n > 0 && (hashes[0].n == 20 || hashes[0].n == 32));
    for (size_t i = 1; i < n; i++) FUZZ_CHECK(hashes[i].n == hashes[0].n);
    return 0;
}
