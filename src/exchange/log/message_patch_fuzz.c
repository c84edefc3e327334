/* Fuzz target: signature documents kept by their difference to a base. Properties: a text comes back from its patch byte for byte; whatever is taken for a patch of a base
 * makes a text of the same length. The first byte says how the input is divided. */
#include "exchange/log/message_log_int.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str patch, again;
    if (size < 1) return 0;
    const struct str rest = str_of(data + 1, size - 1), base = str_first(rest, rest.n * data[0] / 255), other = str_skip(rest, base.n);
    const struct str text = str_of(rest.p + rest.n - base.n, base.n);
    if (message__patch(c->arena, base, text, 2 * size + 8, &patch)) FUZZ_CHECK(message__unpatch(c->arena, base, patch, &again) && str_eq(again, text));
    if (message__unpatch(c->arena, base, other, &again)) FUZZ_CHECK(again.n == base.n);
    return 0;
}
