/* directory_signed_fuzz.c: what parses points into the document, names files with digests of the right length, and is believed by nobody without a certificate. */
#include "exchange/directory/directory.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str document = str_of(data, size);
    struct signed_directory s;
    const struct signed_file *file;
    if (directory__read_signed(c, document, &s) != ST_OK) return 0;
    FUZZ_CHECK(s.signed_bytes.p >= document.p && s.signed_bytes.p + s.signed_bytes.n <= document.p + document.n);
    FUZZ_CHECK(str_starts(s.signed_bytes, STR("--")) && str_ends(s.signed_bytes, STR("--\r\n")));
    for (size_t i = 0; i < s.nfiles; i++) FUZZ_CHECK(s.files[i].digest.n == digest_size(s.files[i].alg) && s.files[i].location.p[0] == '/');
    FUZZ_CHECK(directory__verify(c, &s, STR("VN"), NULL, 0, &file) != ST_OK);
    return 0;
}
