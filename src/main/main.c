/* main.c: finds the command that the words name, opens what it needs, runs it and turns its status into an exit code and a sentence. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/app.h"
#include "base/args.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "main/help.h"
#include "main/modules.h"
#include "main/node.h"
#include "main/serve.h"

/* match: how many of the words of argv this command's name takes, 0 when it is another command. */
static int match(const struct command *cmd, int argc, char **argv)
{
    struct str name = str_z(cmd->name), word;
    int n = 0;
    while (str_next(&name, ' ', &word)) {
        if (n >= argc || !str_eq(word, str_z(argv[n]))) return 0;
        n++;
    }
    return n;
}

static const struct command *find_command(int argc, char **argv, int *ret_words)
{
    const struct command *best = NULL;
    *ret_words = 0;
    for (const struct command *cmd = NULL; (cmd = modules_next(cmd));) {
        int n = match(cmd, argc, argv);
        if (n > *ret_words) {
            best = cmd;
            *ret_words = n;
        }
    }
    return best;
}

static struct actor command_actor(struct call *c)
{
    static const struct str all[] = { STR_INIT("*") };
    return (struct actor){ .user = STR("command"), .role = STR("command"), .rights = all, .nrights = 1, .agency = str_copy(c->arena, STR("")) };
}

static enum status run_on_node(struct call *c, const struct command *cmd, const struct args *args)
{
    struct node *n = NULL;
    struct str folder = args_value(args, "node");
    TRY(node_load(c, str_is_empty(folder) ? STR(".") : folder, &n));
    enum status st = node_open(c, n, HOLDER_OWN);
    if (st == ST_OK) st = cmd->run(c, args);
    node_close(c, n);
    return st;
}

static bool needs_node(struct call *c, const struct command *cmd, const struct args *args)
{
    switch (cmd->needs) {
    case COMMAND_FREE: return false;
    case COMMAND_NODE: return true;
    case COMMAND_MAYBE: return args_has(args, "node") || file_exists(c, STR("node.yaml"));
    }
    return false;
}

static int tell(struct call *c, enum status st)
{
    if (st == ST_OK) return fflush(stdout) == 0 ? 0 : status_exit(ST_UNAVAILABLE);
    struct call_error e = call_sentence(c, st);
    struct str sentence = text_visible(c->arena, e.sentence); /* it may quote what another node said */
    (void)fflush(stdout);
    if (e.field.n) (void)fprintf(stderr, "sen: %.*s: %.*s\n", STR_ARG(e.field), STR_ARG(sentence));
    else (void)fprintf(stderr, "sen: %.*s\n", STR_ARG(sentence));
    return status_exit(st);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    log_least(LOG_INFO);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_print_all(stdout);
        return argc < 2 ? status_exit(ST_INVALID) : 0;
    }
    int words;
    const struct command *cmd = find_command(argc - 1, argv + 1, &words);
    if (!cmd) {
        (void)fprintf(stderr, "sen: there is no command \"%s\". `sen help` lists them all.\n", argv[1]);
        return status_exit(ST_INVALID);
    }
    struct app no_node = { 0 }; /* of commands that open none: they know the country's files at most */
    struct call *c = call_open(&no_node);
    if (node_share(c, &no_node.share) != ST_OK) call_clear(c);
    const struct args *args = NULL;
    struct actor actor = command_actor(c);
    c->actor = &actor;
    if (cmd->run != serve_run) log_least(LOG_WARN);
    enum status st = args_parse(c, cmd, argc - 1 - words, argv + 1 + words, &args);
    bool on_node = st == ST_OK && needs_node(c, cmd, args);
    if (st == ST_OK) st = on_node ? run_on_node(c, cmd, args) : cmd->run(c, args);
    int code = tell(c, st);
    call_close(c);
    return code;
}
