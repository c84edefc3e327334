/* found_answer_fuzz.c: whatever a register answers to a search, the page shows at most twenty people or refuses it; the words of names
 * are read without harm. */
#include "base/fuzz.h"

#include "registry/find_http.c"
#include "registry/search_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct page_found page = { .npeople = 0 };
    struct words words, again;
    const struct str text = str_of(data, size);
    c->lang = STR("vi");
    if (registry__name_words(c->arena, text, TEXT_LOOSE, &words)) {
        const struct str key = registry__name_key(c->arena, &words);
        registry__split_key(key, &again);
        FUZZ_CHECK(registry__compare_words(&words, &again) == LIKE_SAME);
    }
    if (read_people(c, text, STR("key.pin"), &page) != ST_OK) {
        FUZZ_CHECK(c->error.sentence.n > 0 && page.npeople == 0);
        return 0;
    }
    FUZZ_CHECK(page.npeople <= PEOPLE_MOST && page.found + page.doubtful + page.nobody + page.too_many == 1);
    return 0;
}
