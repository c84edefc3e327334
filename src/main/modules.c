/* modules.c: the list of rooms, ground floor first. A room that is not here is not in the program. */
#include "main/modules.h"

#include "exchange/exchange.h"
#include "exchange/operator.h"
#include "identity/identity.h"
#include "main/node.h"
#include "monitor/monitor.h"
#include "portal/portal.h"
#include "registry/registry.h"
#include "store/db.h"
#include "trust/trust.h"
#include "web/http.h"

const struct module *const sen_modules[] = {
    &store_module,
    &trust_module,
    &web_module,
    &exchange_module,
    &operator_module,
    &directory_module,
    &identity_module,
    &registry_module,
    &population_module,
    &monitor_module,
    &portal_module,
    &main_module,
    NULL,
};

const struct command *modules_next(const struct command *cmd)
{
    bool passed = cmd == NULL;
    for (const struct module *const *m = sen_modules; *m; m++)
        for (const struct command *at = (*m)->commands; at && at->name; at++) {
            if (passed) return at;
            passed = at == cmd;
        }
    return NULL;
}
