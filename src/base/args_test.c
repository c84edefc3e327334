/* args_test.c */
#include "base/args.c"

#include "base/test.h"

static const struct option options[] = {
    { OPTION_VALUE, "out", "FILE", "Where to write.", true }, { OPTION_VALUE, "count", "N", "How many.", false }, { OPTION_FLAG, "quiet", NULL, "Say nothing.", false },
    { OPTION_OPERAND, "NAME", NULL, "What to read.", true },  { OPTION_REST, "MORE", NULL, "And more.", false },  { .kind = OPTION_END },
};
static const struct command command = { .name = "do it", .options = options };
static const struct command on_node = { .name = "do", .needs = COMMAND_NODE }, perhaps_on_node = { .name = "do", .needs = COMMAND_MAYBE };

/* parse: words end with NULL. */
static enum status parse(struct call *c, const struct command *cmd, const char *const *words, const struct args **ret)
{
    char *copy[16];
    int n = 0;
    for (; words[n]; n++) copy[n] = str_to_z(c->arena, str_z(words[n]));
    return args_parse(c, cmd, n, copy, ret);
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

TEST(options_in_any_place_and_both_forms)
{
    const struct args *a;
    const struct str *more;
    CHECK_OK(parse(c, &command, WORDS("name", "--out", "f", "m1", "--quiet", "--count=3", "--", "--m2"), &a));
    CHECK_STR(args_value(a, "out"), STR("f"));
    CHECK_STR(args_value(a, "NAME"), STR("name"));
    CHECK(args_has(a, "quiet") && args_has(a, "count") && !args_has(a, "node") && args_value(a, "nothing").n == 0);
    CHECK(args_rest(a, &more) == 2 && str_eq(more[0], STR("m1")) && str_eq(more[1], STR("--m2")));
}

static void check_refused(struct call *c, const char *const *words, const char *field, const char *start)
{
    const struct args *a = NULL;
    CHECK(parse(c, &command, words, &a) == ST_INVALID && !a);
    CHECK_STR(call_error(c)->field, str_z(field));
    if (!str_starts(call_error(c)->sentence, str_z(start))) CHECK_STR(call_error(c)->sentence, str_z(start));
    call_clear(c);
}

TEST(mistakes_name_the_option_and_the_usage)
{
    check_refused(c, WORDS("name"), "out", "--out is missing. Usage: sen do it --out FILE [--count N] [--quiet] NAME [MORE...]");
    check_refused(c, WORDS("--out", "f"), "NAME", "NAME is missing");
    check_refused(c, WORDS("--wrong", "f"), "", "There is no option --wrong.");
    check_refused(c, WORDS("--NAME", "f"), "", "There is no option --NAME.");
    check_refused(c, WORDS("--out"), "out", "The option --out needs a value.");
    check_refused(c, WORDS("--out", "--quiet"), "out", "The option --out needs a value.");
    check_refused(c, WORDS("--out", "a", "--out=b"), "out", "The option --out is given twice.");
    check_refused(c, WORDS("--quiet=yes"), "quiet", "The option --quiet takes no value.");
    check_refused(c, WORDS("--node", "x"), "", "There is no option --node.");
}

TEST(a_command_on_a_node_knows_node_and_no_other_word)
{
    const struct args *a;
    CHECK_OK(parse(c, &on_node, WORDS("--node", "dir"), &a));
    CHECK_STR(args_value(a, "node"), STR("dir"));
    CHECK_OK(parse(c, &perhaps_on_node, WORDS("--node=dir2"), &a));
    CHECK_STR(args_value(a, "node"), STR("dir2"));
    CHECK(parse(c, &on_node, WORDS("word"), &a) == ST_INVALID);
    CHECK_STR(call_error(c)->sentence, STR("The word \"word\" has no place here. Usage: sen do [--node DIR]"));
}

TEST(counts_have_bounds)
{
    const struct args *a;
    int64_t n = 0;
    CHECK_OK(parse(c, &command, WORDS("x", "--out=f", "--count", "12"), &a));
    CHECK_OK(args_count(c, a, "count", 5, 1, 12, &n));
    CHECK(n == 12);
    CHECK(args_count(c, a, "count", 5, 1, 11, &n) == ST_INVALID && n == 12);
    CHECK_STR(call_error(c)->sentence, STR("Write a whole number from 1 to 11 for --count."));
    call_clear(c);
    CHECK(args_count(c, a, "out", 5, 1, 11, &n) == ST_INVALID);
    call_clear(c);
    CHECK_OK(args_count(c, a, "quiet", 5, 1, 11, &n));
    CHECK(n == 5);
}
