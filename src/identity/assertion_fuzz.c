/* assertion_fuzz.c: no text from outside is ever believed by a node that trusts no key of it, and taking one apart touches nothing outside it. */
#include "identity/assertion.c"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA a = arena_open(1 << 24);
    struct jws jws;
    uint8_t raw[2 * HALF];
    struct str text = str_of(data, size);
    if (split(a, text, &jws)) {
        FUZZ_CHECK(jws.signature.n == 2 * HALF && jws.signed_text.n < text.n);
        FUZZ_CHECK(str_starts(text, jws.signed_text));
    }
    if (raw_of_der(text, raw)) FUZZ_CHECK(text.n >= 8 && text.n <= 72);
    return 0;
}
