/* modules.h: the rooms of this program. */
#ifndef SEN_MAIN_MODULES_H
#define SEN_MAIN_MODULES_H

#include "base/module.h"

extern const struct module *const sen_modules[];  /* in the order they start; NULL at the end */

/* modules_next: the command after this one, through all rooms; NULL before the first and after the last.
 *   for (const struct command *cmd = NULL; (cmd = modules_next(cmd));) ... */
const struct command *modules_next(const struct command *cmd);

#endif
