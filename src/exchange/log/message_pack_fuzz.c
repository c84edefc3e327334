/* Fuzz target: hash chains as they stand in the log. Property: any text comes back byte for byte; what is no packed text is refused with a sentence. */
#include "exchange/log/message_log_int.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    const struct str text = str_of(data, size);
    struct str again;
    FUZZ_CHECK(message__unpack(c, message__pack(c->arena, text), &again) == ST_OK && str_eq(again, text));
    if (message__unpack(c, text, &again) != ST_OK) FUZZ_CHECK(call_error(c)->sentence.n > 0);
    return 0;
}
