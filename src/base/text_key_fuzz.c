/* text_key_fuzz.c: a key folded again stays as it is; NFC and what was put in give the same key; no key begins, ends or doubles a blank. */
#include "base/text.h"

#include "base/fuzz.h"

static void check_key(struct call *c, struct str s, struct str nfc, enum text_fold how)
{
    struct str key, again, of_nfc;
    FUZZ_CHECK(text_fold(c->arena, s, how, &key) && text_is_plain(key));
    FUZZ_CHECK(text_fold(c->arena, key, how, &again) && str_eq(key, again));
    FUZZ_CHECK(text_fold(c->arena, nfc, how, &of_nfc) && str_eq(key, of_nfc));
    FUZZ_CHECK(!str_starts(key, STR(" ")) && !str_ends(key, STR(" ")) && str_find(key, STR("  ")) == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str s = str_of(data, size), nfc, key;
    if (!text_nfc(c->arena, s, &nfc)) {
        FUZZ_CHECK(!text_fold(c->arena, s, TEXT_LOOSE, &key));
        return 0;
    }
    check_key(c, s, nfc, TEXT_STRICT);
    check_key(c, s, nfc, TEXT_LOOSE);
    return 0;
}
