/* args.h: the options of a command, read by its table (module.h). */
#ifndef SEN_BASE_ARGS_H
#define SEN_BASE_ARGS_H

#include "base/module.h"

/* args_parse: argv after the command's words. ST_INVALID with a sentence that names the option and the usage. */
NODISCARD enum status args_parse(struct call *c, const struct command *cmd, int argc, char *const *argv, const struct args **ret);
struct str args_value(const struct args *a, const char *name);          /* empty when not given */
bool args_has(const struct args *a, const char *name);
NODISCARD enum status args_count(struct call *c, const struct args *a, const char *name, int64_t fallback, int64_t least, int64_t most, int64_t *ret);
size_t args_rest(const struct args *a, const struct str **ret);         /* the words of OPTION_REST */

#endif
