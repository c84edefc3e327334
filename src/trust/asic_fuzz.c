/* Fuzz target: a container. Properties: what is read stays within the limits, has every name once and none that leads elsewhere; written again it is read as the same
 * files; a manifest that is accepted names what is there; whatever its signature is said to cover is among them or told as missing. */
#include "base/fuzz.h"
#include "trust/signature.h"

enum { FILES = 40, BYTES = 4 * 1024 * 1024 };

static void check_files(const struct asic *a)
{
    size_t bytes = 0;
    FUZZ_CHECK(a->n <= FILES);
    for (size_t i = 0; i < a->n; i++) {
        bytes += a->entries[i].bytes.n;
        FUZZ_CHECK(a->entries[i].name.n > 0 && a->entries[i].name.p[0] != '/' && str_find(a->entries[i].name, STR("\\")) == SIZE_MAX);
        FUZZ_CHECK(asic_find(a, a->entries[i].name) == &a->entries[i]);
    }
    FUZZ_CHECK(bytes <= BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct asic a, again;
    struct str zip;
    enum status st = zip_read(c, str_of(data, size), FILES, BYTES, &a);
    if (st != ST_OK) {
        FUZZ_CHECK(call_error(c)->sentence.n > 0 && call_error(c)->fault.n > 0);
        return 0;
    }
    check_files(&a);
    if (a.n == 0) return 0;
    FUZZ_CHECK(zip_write(c, &a, &(struct zip_form){ .is_stored = true }, &zip) == ST_OK && zip_read(c, zip, FILES, BYTES, &again) == ST_OK && again.n == a.n);
    for (size_t i = 0; i < a.n; i++) FUZZ_CHECK(str_eq(a.entries[i].name, again.entries[i].name) && str_eq(a.entries[i].bytes, again.entries[i].bytes));
    if (asic_check_stamp_manifest(c, &a) == ST_OK) FUZZ_CHECK(asic_find(&a, STR(ASIC_STAMP_MANIFEST)) && asic_find(&a, STR(ASIC_STAMP_CHAIN_RESULT)));
    call_clear(c);
    struct container_signature *s = arena_new(c->arena, struct container_signature);
    if (signature_check_files(c, &a, s) != ST_OK) return 0;
    FUZZ_CHECK(covered_find(&s->covered, STR("/message.xml")) != NULL);
    for (size_t i = 0; i < s->covered.n; i++) FUZZ_CHECK(s->covered.list[i].is_present == (asic_find_uri(&a, s->covered.list[i].uri) != NULL));
    return 0;
}
