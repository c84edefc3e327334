/* Fuzz target: the links of an archive. Property: what parses is written again byte for byte; what does not is refused with a sentence. */
#include "base/fuzz.h"
#include "exchange/evidence/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct archive_links links;
    struct str again;
    if (archive__parse_links(c, str_of(data, size), &links) != ST_OK) {
        FUZZ_CHECK(call_error(c)->sentence.n > 0);
        return 0;
    }
    FUZZ_CHECK(archive__write_links(c, &links, &again) == ST_OK && str_eq(again, str_of(data, size)));
    return 0;
}
