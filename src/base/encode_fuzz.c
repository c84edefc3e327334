/* encode_fuzz.c: bytes survive each code; a text that a decoder takes without blanks is exactly what the encoder writes. */
#include "base/encode.h"

#include "base/fuzz.h"

static bool has_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r' || s.p[i] == '\n') return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_call()->arena;
    struct str s = str_of(data, size), back;
    FUZZ_CHECK(decode_base64(a, encode_base64(a, s), &back) && str_eq(back, s));
    FUZZ_CHECK(decode_base64url(a, encode_base64url(a, s), &back) && str_eq(back, s));
    FUZZ_CHECK(decode_hex(a, encode_hex(a, s), &back) && str_eq(back, s));
    if (decode_base64(a, s, &back) && !has_blank(s)) FUZZ_CHECK(str_eq(encode_base64(a, back), s));
    if (decode_base64url(a, s, &back)) FUZZ_CHECK(str_eq(encode_base64url(a, back), s));
    if (decode_hex(a, s, &back)) FUZZ_CHECK(str_eq(encode_hex(a, back), str_lower(a, s)));
    return 0;
}
