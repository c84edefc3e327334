/* register_answer_fuzz.c: whatever a peer answers, the page shows it or refuses it; every part it shows has its values inside what was read. */
#include "base/fuzz.h"

#include "registry/registry_http.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct page_record page = { 0 };
    c->lang = STR("vi");
    if (read_answer(c, str_of(data, size), &page) != ST_OK) {
        FUZZ_CHECK(c->error.sentence.n > 0 && page.nparts == 0);
        return 0;
    }
    size_t n = 0;
    for (size_t i = 0; i < page.nparts; i++) {
        FUZZ_CHECK(page.parts[i].values == page.parts[0].values + n);
        n += page.parts[i].nvalues;
    }
    FUZZ_CHECK(n <= VALUES_SHOWN);
    return 0;
}
