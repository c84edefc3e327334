/* Fuzz target: a signed note. Property: what opens under a key is a text that ends in a newline and a name without blanks; a checkpoint that reads
 * is written back to the same text. */
#include "base/fuzz.h"
#include "trust/journal_int.h"

#define KEY STR("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str note = str_of(data, size), name, text;
    struct journal_head head;
    if (journal__open_note(c, note, KEY, &name, &text) == ST_OK) {
        FUZZ_CHECK(str_ends(text, STR("\n")) && str_starts(note, text));
        FUZZ_CHECK(str_eq(name, STR("PeterNeumann")));
    }
    call_clear(c);
    if (journal_read_checkpoint(c, note, KEY, &head) == ST_OK) {
        struct merkle_hash root;
        memcpy(root.b, head.root, sizeof root.b);
        FUZZ_CHECK(str_starts(note, journal__checkpoint_text(c->arena, STR("PeterNeumann"), head.size, &root)));
    }
    call_clear(c);
    FUZZ_CHECK(journal_read_checkpoint(c, STR("x\n1\nAA==\n\n"), note, &head) != ST_OK); /* the same bytes as a key */
    return 0;
}
