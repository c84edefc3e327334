/* Fuzz target: two chain documents of a container, the input cut in two at its first NUL. Property: nothing holds that does not lead to the message, and what holds
 * for one message holds for no other. */
#include "base/fuzz.h"
#include "trust/hash_chain_int.h"

/* The result of the seed over_two.xml. */
#define RESULT \
    STR("<HashChainResult xmlns=\"http://cyber.ee/hashchain\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" URI=\"/a.xml#STEP0\">" \
        "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>OKk9Q+KFjMbSdWxTMxAtSSFZ/LorPNXmwZAUH09btOg=</ds:DigestValue></HashChainResult>")

static enum status check(struct call *c, struct str first, struct str second, struct str message, struct covered *v)
{
    const struct asic_entry list[] = { { STR("message.xml"), message }, { STR("a.xml"), first }, { STR("b.xml"), second } };
    *v = (struct covered){ .needed = STR("/message.xml") };
    return hash_chain_check_files(c, RESULT, &(struct asic){ list, 3 }, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str second = str_of(data, size), first = second;
    struct covered *v = arena_new(c->arena, struct covered);
    if (!str_cut(&second, '\0', &first)) second = STR("");
    enum status st = check(c, first, second, STR("message"), v);
    FUZZ_CHECK(st == ST_OK || (call_error(c)->sentence.n > 0 && call_error(c)->fault.n > 0));
    if (st != ST_OK) return 0;
    FUZZ_CHECK(covered_find(v, STR("/message.xml")) && covered_find(v, STR("/message.xml"))->is_present);
    FUZZ_CHECK(check(c, first, second, STR("another"), v) != ST_OK);
    return 0;
}
