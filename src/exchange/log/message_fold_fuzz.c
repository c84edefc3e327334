/* Fuzz target: lists of leaves as they are kept. Property: what reads as a list is, folded, no longer than it came, and reads as the same list. */
#include "exchange/log/message_log.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str leaves, again, kept = str_of(data, size);
    if (!message__unfold_leaves(c->arena, kept, &leaves)) return 0;
    struct str folded = message__fold_leaves(c->arena, leaves);
    FUZZ_CHECK(leaves.n % MESSAGE_LEAF_BYTES == 0 && folded.n <= size);
    FUZZ_CHECK(message__unfold_leaves(c->arena, folded, &again) && str_eq(again, leaves));
    return 0;
}
