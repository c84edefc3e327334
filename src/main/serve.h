/* serve.h: `sen serve`: the supervisor and its two children, the key holder and the server. */
#ifndef SEN_MAIN_SERVE_H
#define SEN_MAIN_SERVE_H

#include "main/node.h"

/* The names of the three processes, as ps shows them and as their pid files are called (run/NAME.pid). */
#define SERVE_SUPERVISOR "sen-supervisor"
#define SERVE_SERVER     "sen-server"
#define SERVE_HOLDER     "sen-holder"

/* serve_run: runs the node of this folder until SIGTERM or SIGINT. The supervisor holds no key, opens no port and no database; it starts the
 * key holder and the server, starts a dead one again (after 0.2 s, up to 5 s when it keeps dying) and stops them in order.
 * ST_CONFLICT while another supervisor, or what a dead one left, still runs this node. */
/* What more tries cannot mend - settings or files that are refused (exit codes 65 and 77) - ends it when the server is started for the first time: with the server's sentence. */
NODISCARD enum status serve_run(struct call *c, const struct args *args);

/* Why the server of the node in this folder ended, as long as it has not been ready again and was not stopped. false: nothing is known. */
void serve_keep_failure(struct call *c, struct str folder, struct str sentence);
void serve_forget_failure(struct call *c, struct str folder);
bool serve_find_failure(struct call *c, struct str folder, struct str *ret);

#endif
