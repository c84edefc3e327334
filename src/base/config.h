/* config.h: node.yaml read against the settings tables of all rooms: defaults, one file, command line, in that order; all
 * checked at start, each mistake told with file, line and allowed values. Constant once started. */
#ifndef SEN_BASE_CONFIG_H
#define SEN_BASE_CONFIG_H

#include "base/module.h"
#include "base/yaml.h"

/* config_load: reads FOLDER/node.yaml. Unknown keys, wrong kinds and missing required ones are ST_INVALID with every mistake in
 * the sentence. overrides: "name=value" pairs from the command line, may be NULL. Lives on the heap until config_free. */
NODISCARD enum status config_load(struct call *c, struct str path, const struct module *const *modules, const struct str *overrides,
                                  size_t noverrides, struct config **ret);
void config_free(struct config *cfg);

/* A name that no settings table declares is our bug (assert). */
struct str config_text(const struct config *cfg, const char *name);
int64_t config_count(const struct config *cfg, const char *name);
bool config_flag(const struct config *cfg, const char *name);
size_t config_list(const struct config *cfg, const char *name, const struct str **ret);
/* config_where: "FILE, line 12" of a setting that the file gives, "FILE" of one that it leaves out; empty for a name that no table declares. For who refuses a value for a reason that
 * the tables do not know. */
struct str config_where(struct call *c, const struct config *cfg, struct str name);
/* config_tree: the YAML below a SETTING_TREE name, or NULL when it is not there. */
const struct yaml *config_tree(const struct config *cfg, const char *name);

#endif
