/* nation.h: a whole sandbox nation on one machine: made, started, looked at, stopped. Every node is a process of its own. */
#ifndef SEN_MAIN_NATION_H
#define SEN_MAIN_NATION_H

#include "base/args.h"
#include "base/module.h"
#include "base/yaml.h"

/* struct nation: country/<cc>/sandbox/nation.yaml and the folder it is made in. Lives in the call's arena. */
struct nation_node {
    struct str name, file, address, folder;
    int64_t pages;
    bool is_operator;
    const struct yaml *yaml;   /* its entry, for accounts and registers */
};
struct nation {
    struct str folder, country_code, country, sandbox, net, store, wanted, self;  /* country: the folder of its data; sandbox: of the templates; wanted: names of its nodes, a comma between them, or empty for all; self: this program */
    int64_t people, seed, port;
    const struct yaml *tour;   /* what a newcomer may try, a list of sentences; may be NULL */
    int64_t step_us;           /* when the last step was told (time_monotonic_us); 0 before the first */
    struct nation_node nodes[32];
    size_t nnodes;
};

/* nation_read: options over FOLDER/nation.options (what it was made with) over defaults. */
NODISCARD enum status nation_read(struct call *c, const struct args *args, struct nation *ret);

/* nation_make: folders, keys, certificates, directory, people, accounts. Progress goes to stdout. */
NODISCARD enum status nation_make(struct call *c, struct nation *n);

/* nation_child: runs this program with these words (NULL at the end) and waits; its output is shown only when it fails. input: its stdin, may be empty. */
NODISCARD enum status nation_child(struct call *c, const struct nation *n, struct str input, const char *const *words);

/* nation_step: one line of progress on stdout: what is done, with the seconds since the step before. */
void nation_step(struct nation *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

NODISCARD enum status nation_start_run(struct call *c, const struct args *args);
NODISCARD enum status nation_stop_run(struct call *c, const struct args *args);
NODISCARD enum status nation_status_run(struct call *c, const struct args *args);

#endif
