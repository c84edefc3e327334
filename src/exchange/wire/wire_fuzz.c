/* wire_fuzz.c: a message between two servers, as question and as answer. What is read lies inside the input, is whole or is a fault with a code, and written again
 * reads back the same. The first line is the content type. */
#include "exchange/wire/wire.h"

#include "base/fuzz.h"

static const struct extent nothing;

static bool lies_in(struct str part, struct str whole) { return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n); }

static void check_same(struct call *c, const struct wire *w, bool is_request)
{
    struct wire again = { 0 };
    struct wire_bytes out;
    FUZZ_CHECK(wire__write(c, w, is_request, &out) == ST_OK && wire__read(c, out.type, out.before, &nothing, is_request, &again) == ST_OK);
    FUZZ_CHECK(!again.has_fault && str_eq(again.head, w->head) && again.has_body == w->has_body && str_eq(again.body, w->body) && again.nocsp == w->nocsp);
    FUZZ_CHECK(str_eq(again.signature.xml, w->signature.xml) && str_eq(again.signature.chain, w->signature.chain) && str_eq(again.signature.chain_result, w->signature.chain_result));
    for (size_t i = 0; i < w->nocsp; i++) FUZZ_CHECK(str_eq(again.ocsp[i], w->ocsp[i]));
}

static void try_one(struct call *c, struct str type, struct str bytes, bool is_request)
{
    struct wire w = { 0 };
    call_clear(c);
    if (wire__read(c, type, bytes, &nothing, is_request, &w) != ST_OK) {
        FUZZ_CHECK(call_error(c)->sentence.n > 0 && call_error(c)->fault.n > 0);
        return;
    }
    if (w.has_fault) {
        FUZZ_CHECK(w.fault.type.n > 0);
        return;
    }
    FUZZ_CHECK(w.head.n && (wire__check_signed(c, &w) == ST_OK) == (w.signature.xml.n > 0) && (is_request || w.nocsp == 0) && (w.signature.chain.n == 0) == (w.signature.chain_result.n == 0));
    FUZZ_CHECK(lies_in(w.head, bytes) && lies_in(w.body, bytes) && lies_in(w.signature.xml, bytes));
    check_same(c, &w, is_request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str rest = str_of(data, size), type;
    if (!str_cut(&rest, '\n', &type)) return 0;
    try_one(c, type, rest, true);
    try_one(c, type, rest, false);
    return 0;
}
