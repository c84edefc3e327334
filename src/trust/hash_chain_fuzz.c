/* Fuzz target: a hash chain document, judged against the result of the seed two_steps.xml. Property: nothing is accepted for parts that it does not name, and what is accepted is accepted again. */
#include "base/fuzz.h"
#include "trust/signature.h"

#define RESULT \
    STR("<HashChainResult xmlns=\"http://cyber.ee/hashchain\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" URI=\"/sig-hashchain.xml#STEP0\">" \
        "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>OKk9Q+KFjMbSdWxTMxAtSSFZ/LorPNXmwZAUH09btOg=</ds:DigestValue></HashChainResult>")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str chain = str_of(data, size);
    struct signed_part part = { STR("/message.xml"), DIGEST_SHA256, trust_digest(c->arena, DIGEST_SHA256, STR("message")) };
    struct signed_part other = { STR("/nowhere-in-the-chain"), DIGEST_SHA256, part.digest };
    enum status st = hash_chain_check(c, RESULT, chain, &part, 1);
    FUZZ_CHECK(st == ST_OK || call_error(c)->sentence.n > 0);
    call_clear(c);
    FUZZ_CHECK(hash_chain_check(c, RESULT, chain, &part, 1) == st);
    call_clear(c);
    if (str_find(chain, STR("nowhere")) == SIZE_MAX && str_find(chain, STR("&")) == SIZE_MAX) FUZZ_CHECK(hash_chain_check(c, RESULT, chain, &other, 1) != ST_OK);
    return 0;
}
