/* nation.h: a whole sandbox nation on one machine: made, started, looked at, stopped. Every node is a process of its own. */
#ifndef SEN_MAIN_NATION_H
#define SEN_MAIN_NATION_H

#include "base/args.h"
#include "base/module.h"
#include "base/yaml.h"
#include "trust/trust.h"

/* struct nation: country/<cc>/sandbox/nation.yaml and the folder it is made in. Lives in the call's arena. */
struct nation_node {
    struct str name, file, address, folder;
    int64_t host, offset, pages;   /* host: last number of its address; offset: what is added to the first page port */
    bool is_operator;
    const struct yaml *yaml;       /* its entry, for accounts and registers */
};
enum { NATION_NODES = 32 };
struct nation {
    struct str folder, country_code, country, sandbox, instance, net, store, self;  /* country: the folder of its data; sandbox: of the templates; self: this program */
    struct str wanted;             /* names of its nodes, a comma between them; empty for all */
    struct str sign;               /* "p256" or "rsa2048", and what it means */
    enum key_algorithm sign_kind;
    int64_t people, seed, port;
    bool made;                     /* it stands; what the options say was settled then */
    const struct yaml *tour;       /* what a newcomer may try, a list of sentences; may be NULL */
    const struct yaml *newcomer;   /* of an agency that joins later: template of its node.yaml and accounts; may be NULL */
    int64_t step_us;               /* when the last step was told (time_monotonic_us); 0 before the first */
    struct nation_node nodes[NATION_NODES];
    size_t nnodes;
};

/* nation_read: options over FOLDER/nation.options (what it was made with) over defaults; the nodes of nation.yaml and of FOLDER/agencies.yaml (who joined
 * later). ST_INVALID for a value that cannot be, and for another value than the one that a nation was made with. Nothing is written. */
NODISCARD enum status nation_read(struct call *c, const struct args *args, struct nation *ret);
/* nation_read_made: the nation that stands in this folder; ST_NOT_FOUND where none does. */
NODISCARD enum status nation_read_made(struct call *c, const struct args *args, struct nation *ret);
/* nation_read_node: one entry of nation.yaml's form. */
NODISCARD enum status nation_read_node(struct call *c, const struct nation *n, const struct yaml *y, struct nation_node *ret);
/* nation_write_options: FOLDER/nation.options. */
NODISCARD enum status nation_write_options(struct call *c, const struct nation *n);

/* nation_check_ports: every address and port of this node that does not run yet is free; else ST_CONFLICT names the port and who has it. */
struct nation_fill { const char *mark; struct str text; }; /* a mark of a template, ${...}, and what stands for it; NULL at the end of several */
NODISCARD enum status nation_check_ports(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra);

/* nation_make: folders, keys, certificates, directory, people, accounts. Progress goes to stdout. */
NODISCARD enum status nation_make(struct call *c, struct nation *n);

/* The steps of making that an agency that joins later takes too.
 * nation_furnish_folder: the database where they are not SQLite's, node.yaml from its template with ${...} filled in (extra: more than every
 * node has), the PIN. nation_admit: at the operator: certificates for the requests of these nodes and their admission, the directory published;
 * the anchor. nation_give_back: takes anchor and certificates. nation_clear_folder: what was left of a making that did not come to its end. */
NODISCARD enum status nation_node_yaml(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra, struct str *ret); /* as it stands in its folder, else as it would be written */
NODISCARD enum status nation_furnish_folder(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra);
NODISCARD enum status nation_admit(struct call *c, const struct nation *n, const struct nation_node *nodes, size_t count, struct str *ret_anchor);
NODISCARD enum status nation_give_back(struct call *c, const struct nation_node *node, struct str anchor);
void nation_clear_folder(struct call *c, const struct nation_node *node);
struct str nation_replace(struct call *c, struct str text, struct str what, struct str with);

/* nation_people.c: the invented people and who may sign in. */
NODISCARD enum status nation_make_people(struct call *c, const struct nation *n);     /* FOLDER/population.jsonl */
NODISCARD enum status nation_load_registers(struct call *c, const struct nation *n);
NODISCARD enum status nation_make_accounts(struct call *c, const struct nation *n, const struct nation_node *node); /* opens the node for it */
NODISCARD enum status nation_write_welcome(struct call *c, const struct nation *n);
struct str nation_official(struct call *c, const struct nation_node *node, const struct yaml *account); /* the line that names an account */

/* nation_child: runs this program with these words (NULL at the end) and waits. What it writes on stdout is shown only when it fails; stderr (progress,
 * refusals) is shown as it comes where live. */
NODISCARD enum status nation_child(struct call *c, const struct nation *n, bool live, const char *const *words);
/* nation_each: does this work for each of the nodes in a process of its own, as many at a time as the machine has processors. A failure is told on
 * stderr as it comes; then ST_UNAVAILABLE. The caller holds no database open. */
NODISCARD enum status nation_each(struct call *c, const struct nation *n, enum status (*work)(struct call *c, const struct nation *n, const struct nation_node *node));
/* nation_spawn: this program with these words, nobody waits for it; in, out: its stdin, stdout and stderr. */
NODISCARD enum status nation_spawn(struct call *c, const struct nation *n, const char *const *words, int in, int out, int errors, int *ret_pid);

/* nation_start_node, nation_wait_node, nation_stop_node: one node. Start answers at once; wait answers when it answers on its pages. */
NODISCARD enum status nation_start_node(struct call *c, const struct nation *n, const struct nation_node *node);
NODISCARD enum status nation_wait_node(struct call *c, const struct nation *n, const struct nation_node *node);
void nation_stop_node(struct call *c, const struct nation_node *node);
bool nation_runs(struct call *c, const struct nation_node *node);

/* nation_step: one line of progress on stdout: what is done, with the seconds since the step before. */
void nation_step(struct nation *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* nation_pid: of this child of the node's supervisor (serve.h), or of the supervisor; 0 when it does not live. nation_answers: is the node well enough to say so? */
int nation_pid(struct call *c, const struct nation_node *node, const char *name);
bool nation_answers(struct call *c, const struct nation_node *node);

NODISCARD enum status nation_start_run(struct call *c, const struct args *args);
NODISCARD enum status nation_stop_run(struct call *c, const struct args *args);
NODISCARD enum status nation_status_run(struct call *c, const struct args *args);
NODISCARD enum status nation_add_agency_run(struct call *c, const struct args *args);
NODISCARD enum status nation_traffic_run(struct call *c, const struct args *args);

#endif
