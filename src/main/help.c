/* help.c: commands, options and settings as text. */
#include "main/help.h"

#include <string.h>

#include "base/buf.h"
#include "main/modules.h"

void help_print_all(FILE *out)
{
    (void)fprintf(out, "sen - an e-government platform in one program; every agency runs it as a node\n\nCommands:\n");
    for (const struct command *cmd = NULL; (cmd = modules_next(cmd));) (void)fprintf(out, "  %-24s %s\n", cmd->name, cmd->summary);
    (void)fprintf(out, "\n`sen help COMMAND` tells the options of a command, `sen help settings` what may stand in node.yaml.\n");
}

static void print_usage(FILE *out, const struct command *cmd)
{
    (void)fprintf(out, "usage: sen %s", cmd->name);
    if (cmd->needs != COMMAND_FREE) (void)fprintf(out, " [--node DIR]");
    for (const struct option *o = cmd->options; o && o->kind != OPTION_END; o++) {
        const char *open = o->required ? "" : "[", *close = o->required ? "" : "]";
        switch (o->kind) {
        case OPTION_END: break;
        case OPTION_VALUE: (void)fprintf(out, " %s--%s %s%s", open, o->name, o->value ? o->value : "VALUE", close); break;
        case OPTION_FLAG: (void)fprintf(out, " [--%s]", o->name); break;
        case OPTION_OPERAND: (void)fprintf(out, " %s%s%s", open, o->name, close); break;
        case OPTION_REST: (void)fprintf(out, " %s%s...%s", open, o->name, close); break;
        }
    }
    (void)fprintf(out, "\n\n%s\n", cmd->summary);
}

static void print_options(FILE *out, const struct command *cmd)
{
    BUF left = buf_heap(256);
    if (cmd->needs != COMMAND_FREE) (void)fprintf(out, "\n  %-24s %s\n", "--node DIR", HELP_NODE);
    else (void)fprintf(out, "\n");
    for (const struct option *o = cmd->options; o && o->kind != OPTION_END; o++) {
        buf_clear(&left);
        if (o->kind == OPTION_VALUE) buf_print(&left, "--%s %s", o->name, o->value ? o->value : "VALUE");
        else buf_print(&left, "%s%s", o->kind == OPTION_FLAG ? "--" : "", o->name);
        (void)fprintf(out, "  %-24.*s %s\n", STR_ARG(buf_str(&left)), o->help ? o->help : "");
    }
}

static void print_settings(FILE *out)
{
    static const char *const kinds[] = { [SETTING_TEXT] = "text", [SETTING_COUNT] = "number", [SETTING_FLAG] = "true|false", [SETTING_ADDRESS] = "host:port",
                                         [SETTING_PATH] = "path", [SETTING_LIST] = "list", [SETTING_TREE] = "block" };
    for (const struct module *const *m = sen_modules; *m; m++)
        for (const struct setting *s = (*m)->settings; s && s->name; s++)
            (void)fprintf(out, "%-26s %-10s %-18s %s%s%s%s\n", s->name, kinds[s->kind], s->required ? "(required)" : s->fallback && s->fallback[0] ? s->fallback : "-",
                          s->help ? s->help : "", s->unit && s->unit[0] ? " [" : "", s->unit ? s->unit : "", s->unit && s->unit[0] ? "]" : "");
}

enum status help_run(struct call *c, const struct args *args)
{
    const struct str *words;
    size_t n = args_rest(args, &words);
    if (n == 0) {
        help_print_all(stdout);
        return ST_OK;
    }
    struct str name = words[0];
    for (size_t i = 1; i < n; i++) name = str_join(c->arena, name, STR(" "), words[i], STR_END);
    if (str_eq(name, STR("settings"))) {
        print_settings(stdout);
        return ST_OK;
    }
    if (str_eq(name, STR("manual"))) {
        help_print_manual(stdout);
        return ST_OK;
    }
    bool found = false;
    for (const struct command *cmd = NULL; (cmd = modules_next(cmd));) {
        struct str full = str_z(cmd->name), family = str_join(c->arena, name, STR(" "), STR_END);
        if (!str_eq(full, name) && !str_starts(full, family)) continue;
        if (found) (void)printf("\n");
        found = true;
        print_usage(stdout, cmd);
        print_options(stdout, cmd);
    }
    if (found) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "COMMAND", "There is no command \"%s\". `sen help` lists them all.", name);
}
