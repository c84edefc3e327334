/* yaml_fuzz.c: a tree that was taken has unique, non-empty keys, true line numbers and no NUL; a refusal has a sentence. */
#include "base/yaml.h"

#include "base/fuzz.h"

static void check_tree(const struct yaml *y, int lines)
{
    FUZZ_CHECK(y->line >= 1 && y->line <= lines);
    FUZZ_CHECK(y->text.n == 0 || !memchr(y->text.p, 0, y->text.n));
    FUZZ_CHECK(y->kind == YAML_TEXT ? !y->first : y->text.n == 0);
    for (const struct yaml *child = y->first; child; child = child->next) {
        FUZZ_CHECK((y->kind == YAML_MAP) == (child->key.n > 0));
        for (const struct yaml *twin = child->next; twin && y->kind == YAML_MAP; twin = twin->next) FUZZ_CHECK(!str_eq(child->key, twin->key));
        check_tree(child, lines);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    const struct yaml *y;
    if (size > 4096) return 0; /* the check of twins is slow; nothing new happens in longer texts */
    if (yaml_parse(c, STR("fuzz.yaml"), str_of(data, size), &y) == ST_OK) check_tree(y, (int)size + 2);
    else FUZZ_CHECK(c->error.sentence.n > 0);
    return 0;
}
