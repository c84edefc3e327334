/* Fuzz target: a hash chain document, judged against the result of the seed two_steps.xml. Property: nothing is accepted for parts that it does not name, what is accepted is accepted again,
 * and what the quick reader accepts the thorough one does. */
#include "base/fuzz.h"
#include "trust/hash_chain_int.h"
#include "trust/xades_quick.h"

#define RESULT \
    STR("<HashChainResult xmlns=\"http://cyber.ee/hashchain\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" URI=\"/sig-hashchain.xml#STEP0\">" \
        "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>OKk9Q+KFjMbSdWxTMxAtSSFZ/LorPNXmwZAUH09btOg=</ds:DigestValue></HashChainResult>")
/* The result of the seed ours.xml, in the form that the quick reader knows. */
#define PLAIN_RESULT \
    STR(HASH_CHAIN_RESULT_HEAD HASH_CHAIN_SIGNED HASH_CHAIN_RESULT_MIDDLE "<ds:DigestValue>xyAMmk2u7qDCQr7xoARmevW/oMe9goHy9+SERVyZvMElu+E0ULsS1UOb8lxGdn0FlQCT5wYtttgHrH49qyC6Aw==</ds:DigestValue>" HASH_CHAIN_RESULT_END)

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
    call_clear(c);
    struct signed_part plain = { STR("/message.xml"), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, STR("message")) };
    FUZZ_CHECK(!hash_chain__quick_check(c, PLAIN_RESULT, chain, &plain, 1) || hash_chain_check(c, PLAIN_RESULT, chain, &plain, 1) == ST_OK);
    return 0;
}
