/* Fuzz target: a signature document; the seeds are made by xades_sample. Properties: a document that is accepted for one digest is
 * refused for every other; what the quick judge accepts the thorough one accepts. */
#include "base/fuzz.h"
#include "trust/signature.h"
#include "trust/xades_quick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct signature_doc doc = { .xml = str_of(data, size) };
    struct signature_facts facts;
    struct signed_part part = { STR("/message.xml"), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, STR("POST\r\n/r1/VN/GOV/G01/population/person\r\n")) };
    bool quick = xades__quick_check(c, &doc, &part, 1, &facts);
    FUZZ_CHECK(!quick || xades__check_thoroughly(c, &doc, &part, 1, &facts) == ST_OK);
    enum status st = signature_check(c, &doc, &part, 1, &facts);
    FUZZ_CHECK(st == ST_OK || (call_error(c)->sentence.n > 0 && call_error(c)->fault.n > 0));
    if (st != ST_OK) return 0;
    part.digest = trust_digest(c->arena, DIGEST_SHA512, STR("another"));
    FUZZ_CHECK(signature_check(c, &doc, &part, 1, &facts) != ST_OK);
    return 0;
}
