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
NODISCARD enum status serve_run(struct call *c, const struct args *args);

#endif
