/* args_fuzz.c: words (one a line of the input) against a table with every kind of option: what is taken keeps the table's promises. */
#include "base/args.h"

#include "base/fuzz.h"

enum { WORDS_MAX = 64 };

static const struct option options[] = {
    { OPTION_VALUE, "out", "FILE", "Where to write.", true },
    { OPTION_FLAG, "quiet", NULL, "Say nothing.", false },
    { OPTION_OPERAND, "NAME", NULL, "What to read.", true },
    { OPTION_REST, "MORE", NULL, "And more.", false },
    { .kind = OPTION_END },
};
static const struct command command = { .name = "fuzz", .summary = "For the fuzzer.", .options = options, .needs = COMMAND_NODE };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str rest = str_of(data, size), word;
    char *words[WORDS_MAX];
    int n = 0;
    while (n < WORDS_MAX && str_next(&rest, '\n', &word)) {
        words[n] = str_to_z(c->arena, word);
        if (!words[n++]) return 0;
    }
    const struct args *a;
    const struct str *more;
    if (args_parse(c, &command, n, words, &a) != ST_OK) {
        FUZZ_CHECK(c->error.sentence.n > 0);
        return 0;
    }
    FUZZ_CHECK(args_has(a, "out") && args_has(a, "NAME"));
    FUZZ_CHECK(args_rest(a, &more) + 2 <= (size_t)n);
    return 0;
}
