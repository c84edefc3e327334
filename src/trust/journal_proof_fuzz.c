/* Fuzz target: the JSON proof of an entry and the bytes of the outbox. Property: a proof that holds names a leaf inside its tree; what unpacks packs
 * to the same bytes. */
#include "base/fuzz.h"
#include "base/log.h"
#include "trust/journal_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str input = str_of(data, size), again;
    struct journal_proof proof;
    struct journal_event event;
    int64_t at_ms;
    log_least(LOG_ERROR);
    if (journal__check_proof(c, input, STR(""), &proof) == ST_OK)
        FUZZ_CHECK(proof.leaf >= 0 && proof.leaf < proof.head.size);
    else
        FUZZ_CHECK(call_error(c)->sentence.n > 0);
    call_clear(c);
    if (journal__unpack(c, input, &event, &at_ms) != ST_OK || size > 100000) return 0;
    FUZZ_CHECK(journal__pack(c, &event, at_ms, &again) == ST_OK && str_eq(again, input));
    return 0;
}
