/* csr_fuzz.c: bytes taken for a request for a certificate: what is accepted is signed by its own key, the key is strong enough, and
 * nothing may stand behind it. */
#include "trust/ca.c"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    OSSL(X509_REQ) req = NULL;
    OSSL(X509_REQ) longer = NULL;
    struct str der = str_of(data, size);
    if (read_request(c, der, &req) != ST_OK) {
        FUZZ_CHECK(call_error(c)->sentence.n > 0);
        return 0;
    }
    EVP_PKEY *key = X509_REQ_get0_pubkey(req);
    FUZZ_CHECK(X509_REQ_verify(req, key) == 1 && EVP_PKEY_get_security_bits(key) >= 112);
    FUZZ_CHECK(read_request(c, str_join(c->arena, der, STR("x"), STR_END), &longer) != ST_OK);
    return 0;
}
