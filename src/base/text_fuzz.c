/* text_fuzz.c: NFC is reached in one step and stays; what is plain is UTF-8; steps add up to the whole text. */
#include "base/text.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str s = str_of(data, size), once, twice;
    size_t n, points = 0;
    struct str rest = s;
    for (; (n = text_step(rest)) > 0; points++) rest = str_skip(rest, n);
    FUZZ_CHECK(text_is_utf8(s) == (rest.n == 0));
    FUZZ_CHECK(!text_is_plain(s) || text_is_utf8(s));
    if (rest.n == 0) FUZZ_CHECK(text_count(s) == points);
    FUZZ_CHECK(text_nfc(c->arena, s, &once) == text_is_utf8(s));
    if (rest.n) return 0;
    FUZZ_CHECK(text_nfc(c->arena, once, &twice) && str_eq(once, twice));
    return 0;
}
