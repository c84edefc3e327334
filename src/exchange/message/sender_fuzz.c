/* Fuzz target: a message out of a container. Property: whoever is named as its sender has an instance, a class and a code, and is named again. */
#include "base/fuzz.h"
#include "exchange/message/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct sender s, again;
    if (sender__read(c, str_of(data, size), &s) != ST_OK) {
        FUZZ_CHECK(call_error(c)->sentence.n > 0 && call_error(c)->fault.n > 0);
        return 0;
    }
    FUZZ_CHECK(s.id.instance.n && s.id.class_.n && s.id.member.n);
    FUZZ_CHECK(sender__read(c, str_of(data, size), &again) == ST_OK && xid_same_client(&s.id, &again.id) && s.is_answer == again.is_answer);
    return 0;
}
