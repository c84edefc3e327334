/* modules.h: the rooms of this program. */
#ifndef SEN_MAIN_MODULES_H
#define SEN_MAIN_MODULES_H

#include "base/module.h"

extern const struct module *const sen_modules[];  /* in the order they start; NULL at the end */

#endif
