/* help.h: what `sen help` prints, from the same tables that parse and run. */
#ifndef SEN_MAIN_HELP_H
#define SEN_MAIN_HELP_H

#include <stdio.h>

#include "base/args.h"

/* The option that every command on a node has. */
#define HELP_NODE "The node's folder; without it the current one."
#define NODE_OPTION { OPTION_VALUE, "node", "DIR", HELP_NODE, false }

void help_print_all(FILE *out);
/* help_print_manual: the man page sen(1) in roff (manual.c). */
void help_print_manual(FILE *out);
/* help_run: `sen help [COMMAND]`, `sen help settings`, `sen help manual`. */
NODISCARD enum status help_run(struct call *c, const struct args *args);

#endif
