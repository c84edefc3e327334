/* args.c: the words of a command line against the table of its command. A command that works on a node also knows --node,
 * so that no table has to repeat it. */
#include "base/args.h"

#include "base/buf.h"

enum { USAGE_MAX = 2000, OPTIONS_MAX = 32 };

static const struct option node_option = { OPTION_VALUE, "node", "DIR", "The node's folder.", false };

struct args {
    const struct option *known[OPTIONS_MAX];
    struct str value[OPTIONS_MAX];
    bool given[OPTIONS_MAX];
    size_t nknown;
    struct str *rest;
    size_t nrest;
};

static bool is_named(const struct option *o) { return o->kind == OPTION_VALUE || o->kind == OPTION_FLAG; }

static void put_option(struct buf *b, const struct option *o)
{
    buf_put_z(b, o->required ? " " : " [");
    if (is_named(o)) buf_put(b, STR("--"));
    buf_put_z(b, o->name);
    if (o->kind == OPTION_VALUE) {
        buf_put_c(b, ' ');
        buf_put_z(b, o->value ? o->value : "VALUE");
    }
    if (o->kind == OPTION_REST) buf_put(b, STR("..."));
    if (!o->required) buf_put_c(b, ']');
}

static struct str usage(struct call *c, const struct command *cmd, const struct args *a)
{
    struct buf b = buf_in(c->arena, USAGE_MAX);
    buf_put(&b, STR("sen "));
    buf_put_z(&b, cmd->name);
    for (size_t i = 0; i < a->nknown; i++) put_option(&b, a->known[i]);
    return buf_str(&b);
}

static void learn(struct args *a, const struct command *cmd)
{
    for (const struct option *o = cmd->options; o && o->kind != OPTION_END && a->nknown + 1 < OPTIONS_MAX; o++) a->known[a->nknown++] = o;
    if (cmd->needs != COMMAND_FREE) a->known[a->nknown++] = &node_option;
}

static size_t find(const struct args *a, struct str name)
{
    for (size_t i = 0; i < a->nknown; i++)
        if (str_eq(name, str_z(a->known[i]->name))) return i;
    return SIZE_MAX;
}

struct words { char *const *v; int n; };

/* read_option: "--name VALUE", "--name=VALUE" or "--flag"; word is without its dashes. */
static enum status read_option(struct call *c, const struct command *cmd, struct args *a, struct str word, struct words *left)
{
    struct str name = word, value = word;
    bool joined = str_cut(&value, '=', &name);
    size_t i = find(a, name);
    if (i == SIZE_MAX || !is_named(a->known[i]))
        return call_fail(c, ST_INVALID, "", "There is no option --%s. Usage: %s", name, usage(c, cmd, a));
    const char *field = a->known[i]->name;
    if (a->given[i]) return call_fail(c, ST_INVALID, field, "The option --%s is given twice. Usage: %s", name, usage(c, cmd, a));
    a->given[i] = true;
    if (a->known[i]->kind == OPTION_FLAG)
        return joined ? call_fail(c, ST_INVALID, field, "The option --%s takes no value. Usage: %s", name, usage(c, cmd, a)) : ST_OK;
    if (!joined) {
        if (left->n == 0 || strncmp(left->v[0], "--", 2) == 0)
            return call_fail(c, ST_INVALID, field, "The option --%s needs a value. Usage: %s", name, usage(c, cmd, a));
        value = str_z(left->v[0]);
        left->v++;
        left->n--;
    }
    a->value[i] = str_copy(c->arena, value);
    return ST_OK;
}

/* read_word: goes to the first operand that has none yet, else to the rest. */
static enum status read_word(struct call *c, const struct command *cmd, struct args *a, struct str word)
{
    for (size_t i = 0; i < a->nknown; i++) {
        if (a->known[i]->kind == OPTION_OPERAND && !a->given[i]) {
            a->value[i] = str_copy(c->arena, word);
            a->given[i] = true;
            return ST_OK;
        }
        if (a->known[i]->kind == OPTION_REST) {
            a->rest[a->nrest++] = str_copy(c->arena, word);
            a->given[i] = true;
            return ST_OK;
        }
    }
    return call_fail(c, ST_INVALID, "", "The word \"%s\" has no place here. Usage: %s", word, usage(c, cmd, a));
}

static enum status check_required(struct call *c, const struct command *cmd, const struct args *a)
{
    for (size_t i = 0; i < a->nknown; i++) {
        const struct option *o = a->known[i];
        if (!o->required || a->given[i]) continue;
        return call_fail(c, ST_INVALID, o->name, "%s is missing. Usage: %s",
                         str_join(c->arena, is_named(o) ? STR("--") : STR(""), str_z(o->name), STR_END), usage(c, cmd, a));
    }
    return ST_OK;
}

enum status args_parse(struct call *c, const struct command *cmd, int argc, char *const *argv, const struct args **ret)
{
    struct args *a = arena_new(c->arena, struct args);
    struct words left = { argv, argc };
    bool only_words = false; /* after "--" */
    a->rest = arena_array(c->arena, struct str, argc > 0 ? (size_t)argc : 0);
    learn(a, cmd);
    while (left.n > 0) {
        struct str word = str_z(left.v[0]);
        left.v++;
        left.n--;
        if (!only_words && str_eq(word, STR("--"))) only_words = true;
        else if (!only_words && str_starts(word, STR("--"))) TRY(read_option(c, cmd, a, str_skip(word, 2), &left));
        else TRY(read_word(c, cmd, a, word));
    }
    TRY(check_required(c, cmd, a));
    *ret = a;
    return ST_OK;
}

struct str args_value(const struct args *a, const char *name)
{
    size_t i = find(a, str_z(name));
    return i == SIZE_MAX || !a->given[i] ? STR("") : a->value[i];
}

bool args_has(const struct args *a, const char *name)
{
    size_t i = find(a, str_z(name));
    return i != SIZE_MAX && a->given[i];
}

enum status args_count(struct call *c, const struct args *a, const char *name, int64_t fallback, int64_t least, int64_t most, int64_t *ret)
{
    int64_t v = fallback;
    if (args_has(a, name) && (!str_int(args_value(a, name), &v) || v < least || v > most))
        return call_fail(c, ST_INVALID, name, "Write a whole number from %s to %s for --%s.", str_print(c->arena, "%lld", (long long)least),
                         str_print(c->arena, "%lld", (long long)most), str_z(name));
    *ret = v;
    return ST_OK;
}

size_t args_rest(const struct args *a, const struct str **ret)
{
    *ret = a->rest;
    return a->nrest;
}
