/* manual.c: the man page sen(1), in roff, from the same tables that parse and run the commands: it cannot fall behind them. */
#include "main/help.h"

#include "base/buf.h"
#include "base/status.h"
#include "main/modules.h"

#ifndef SEN_VERSION
#error "meson.build gives SEN_VERSION"
#endif

/* put: text as roff shows it letter by letter: a hyphen that can be copied, no backslash or leading dot taken for a request. */
static void put(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '-') (void)fputs("\\-", out);
        else if (*p == '\\') (void)fputs("\\e", out);
        else if ((*p == '.' || *p == '\'') && p == text) (void)fprintf(out, "\\&%c", *p);
        else (void)fputc(*p, out);
    }
}

/* word: what is typed as it stands; value: what is put in its place. */
static void word(FILE *out, const char *text)
{
    (void)fputs("\\fB", out);
    put(out, text);
    (void)fputs("\\fR", out);
}

static void value(FILE *out, const char *text)
{
    (void)fputs("\\fI", out);
    put(out, text);
    (void)fputs("\\fR", out);
}

static void option(FILE *out, const struct option *o)
{
    if (o->kind == OPTION_VALUE || o->kind == OPTION_FLAG) {
        (void)fputs("\\fB\\-\\-", out);
        put(out, o->name);
        (void)fputs("\\fR", out);
        if (o->kind == OPTION_VALUE) {
            (void)fputc(' ', out);
            value(out, o->value ? o->value : "VALUE");
        }
        return;
    }
    value(out, o->name);
    if (o->kind == OPTION_REST) (void)fputs(" ...", out);
}

static void option_row(FILE *out, const struct option *o)
{
    (void)fputs(".TP\n", out);
    option(out, o);
    (void)fputc('\n', out);
    if (o->help && o->help[0]) put(out, o->help);
    (void)fputs(o->required ? " (required)\n" : "\n", out);
}

static void command(FILE *out, const struct command *cmd)
{
    static const struct option node = NODE_OPTION;
    (void)fputs(".SS sen ", out);
    put(out, cmd->name);
    (void)fputc('\n', out);
    put(out, cmd->summary);
    (void)fputc('\n', out);
    if (cmd->needs != COMMAND_FREE) option_row(out, &node);
    for (const struct option *o = cmd->options; o && o->kind != OPTION_END; o++) option_row(out, o);
}

static void commands(FILE *out)
{
    (void)fputs(".SH COMMANDS\n", out);
    for (const struct command *cmd = NULL; (cmd = modules_next(cmd));) command(out, cmd);
}

static void setting(FILE *out, const struct setting *s)
{
    (void)fputs(".TP\n", out);
    word(out, s->name);
    (void)fputc('\n', out);
    if (s->help && s->help[0]) put(out, s->help);
    if (s->required) (void)fputs(" Required.", out);
    else if (s->fallback && s->fallback[0]) {
        (void)fputs(" Default: ", out);
        put(out, s->fallback);
        if (s->unit && s->unit[0]) {
            (void)fputc(' ', out);
            put(out, s->unit);
        }
        (void)fputc('.', out);
    }
    (void)fputc('\n', out);
}

static void settings(FILE *out)
{
    (void)fputs(".SH SETTINGS\nA node is one folder; its file\n.I node.yaml\nholds these settings, a dot standing for a level of the file.\n", out);
    for (const struct module *const *m = sen_modules; *m; m++)
        for (const struct setting *s = (*m)->settings; s && s->name; s++) setting(out, s);
}

static void exit_codes(FILE *out)
{
    static const struct { enum status st; const char *meaning; } rows[] = {
        { ST_OK, "Done." }, { ST_INVALID, "The input is wrong; the sentence says at which field." }, { ST_DENIED, "Not allowed." }, { ST_NOT_FOUND, "Not there." },
        { ST_CONFLICT, "Exists already, or was changed by somebody else meanwhile." }, { ST_UNAVAILABLE, "A peer, disk or service is not there now; try again later." },
        { ST_BROKEN, "A defect or damaged data; the log has the cause." },
    };
    (void)fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)fprintf(out, ".TP\n.B %d\n", status_exit(rows[i].st));
        put(out, rows[i].meaning);
        (void)fputc('\n', out);
    }
}

void help_print_manual(FILE *out)
{
    (void)fputs(".TH SEN 1 \"\" \"Sen " SEN_VERSION "\" \"User commands\"\n"
                ".SH NAME\nsen \\- an e\\-government platform in one program; every agency runs it as a node\n"
                ".SH SYNOPSIS\n.B sen\n.I command\n.RI [ options ]\n"
                ".SH DESCRIPTION\nA node holds the registers of an agency, shares them over a signed data exchange that speaks the X\\-Road protocols, "
                "and shows every person who read their data. A nation is many nodes; one machine can hold a sandbox nation.\n.PP\n"
                "Errors are sentences that say which part failed, why, and what to do next.\n", out);
    commands(out);
    settings(out);
    (void)fputs(".SH FILES\n.TP\n.I DIR/node.yaml\nSettings of the node.\n.TP\n.I DIR/keys/\nPrivate keys; only the key holder process opens them.\n"
                ".TP\n.I DIR/data/\nThe node's two databases, where they are SQLite: what is true, and the append\\-only log.\n"
                ".TP\n.I DIR/conf/\nThe last valid global configuration.\n.TP\n.I /usr/share/sen/country/\nWhat belongs to a country: registers, units, codes, translations.\n"
                ".SH ENVIRONMENT\n.TP\n.B SEN_SHARE\nFolder that holds\n.I country/\nwhere it is not found beside the program.\n", out);
    exit_codes(out);
    (void)fputs(".SH EXAMPLES\n.TP\n.B sen nation start /tmp/nation\nmakes and starts a sandbox nation with invented people.\n"
                ".TP\n.B sen help nation\ntells the options of a family of commands.\n", out);
}
