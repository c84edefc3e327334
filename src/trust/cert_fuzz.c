/* cert_fuzz.c: what is taken for a certificate can be read or is refused, and comes back the same through PEM. */
#include <stdlib.h>

#include "trust/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = call_open(NULL);
    struct str der, again;
    struct cert_info info;
    struct cert_path path;
    if (cert_of_pem_or_der(c, str_of(data, size), &der) == ST_OK) {
        if (cert_of_pem_or_der(c, cert_to_pem(c->arena, der), &again) != ST_OK || !str_eq(der, again)) abort();
        if (cert_read(c, der, &info) == ST_OK && info.public_key.n == 0) abort();
        struct cert_anchor self = { .der = der, .is_top = true };
        if (cert_check_path(c, der, NULL, 0, &self, 1, c->now_ms, &path) == ST_OK && path.n == 0) abort();
        if (cert_check_path(c, der, NULL, 0, NULL, 0, c->now_ms, &path) == ST_OK) abort();
    }
    call_close(c);
    return 0;
}
