/* identity_commands.c: `sen account add` and `sen account list`. A password or a PIN is read from a file or from standard input, never from the command line, which
 * every user of the machine can read. */
#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "identity/identity_int.h"

enum { SECRET_MAX = 1024, RIGHTS_MAX = 100 };

static struct str first_line(struct str text)
{
    struct str line = text;
    (void)str_cut(&text, '\n', &line);
    return str_ends(line, STR("\r")) ? str_first(line, line.n - 1) : line;
}

/* read_secret: the first line of a file; "-" is standard input. */
static enum status read_secret(struct call *c, struct str path, struct str *ret)
{
    if (!str_eq(path, STR("-"))) {
        TRY(file_read(c, path, SECRET_MAX, ret));
        *ret = first_line(*ret);
        return ST_OK;
    }
    char *line = arena_alloc(c->arena, SECRET_MAX, 1);
    if (!fgets(line, SECRET_MAX, stdin)) return call_fail(c, ST_INVALID, "password", "Write the password on standard input, or name a file that holds it.");
    *ret = first_line(str_z(line));
    return ST_OK;
}

static size_t split_rights(struct str list, struct str ret[static RIGHTS_MAX])
{
    size_t n = 0;
    struct str one;
    while (n < RIGHTS_MAX && str_next(&list, ',', &one))
        if (str_trim(one).n) ret[n++] = str_trim(one);
    return n;
}

static enum status run_add(struct call *c, const struct args *args)
{
    struct str rights[RIGHTS_MAX], pin_file = args_value(args, "pin-file"), password_file = args_value(args, "password-file");
    struct new_account a = { .login = args_value(args, "LOGIN"), .name = args_value(args, "name"), .role = args_value(args, "role"), .rights = rights };
    int64_t id;
    a.nrights = split_rights(args_value(args, "rights"), rights);
    TRY(read_secret(c, password_file.n ? password_file : STR("-"), &a.password));
    if (pin_file.n) TRY(read_secret(c, pin_file, &a.pin));
    TRY(identity_make_account(c, &a, &id));
    (void)printf("%.*s can sign in now.\n", STR_ARG(a.login));
    return ST_OK;
}

static enum status run_list(struct call *c, const struct args *args)
{
    (void)args;
    const struct account *list;
    size_t n, nrights;
    const struct str *rights;
    TRY(account__list(c, &list, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(account__list_rights(c, list[i].id, &rights, &nrights));
        (void)printf("%-20.*s %-16.*s", STR_ARG(list[i].login), STR_ARG(list[i].role));
        for (size_t k = 0; k < nrights; k++) (void)printf(" %.*s", STR_ARG(rights[k]));
        (void)printf("\n");
    }
    return ST_OK;
}

static const struct option add_options[] = {
    { OPTION_OPERAND, "LOGIN", NULL, "Login name: small letters, digits, dots and dashes.", true },
    { OPTION_VALUE, "name", "TEXT", "The person's name, as the pages greet them.", true },
    { OPTION_VALUE, "role", "WORD", "What people are told who looked: registrar, archivist, citizen.", true },
    { OPTION_VALUE, "rights", "LIST", "Rights, separated by commas, for example registry.lookup.", false },
    { OPTION_VALUE, "password-file", "FILE", "First line: the password. Without it, standard input is read.", false },
    { OPTION_VALUE, "pin-file", "FILE", "Citizens: first line: the personal identification number.", false },
    { .kind = OPTION_END } };

const struct command identity__commands[] = {
    { .name = "account add", .summary = "Lets a person sign in at this node.", .options = add_options, .run = run_add, .needs = COMMAND_NODE },
    { .name = "account list", .summary = "Lists who may sign in at this node, with roles and rights.", .run = run_list, .needs = COMMAND_NODE },
    { 0 } };
