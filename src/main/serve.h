/* serve.h: `sen serve`: the supervisor and its two children, the key holder and the server. */
#ifndef SEN_MAIN_SERVE_H
#define SEN_MAIN_SERVE_H

#include "main/node.h"

/* serve_run: runs the node of this folder until SIGTERM or SIGINT. The supervisor holds no key, opens no port and no database; it starts the
 * key holder and the server, starts a dead one again (after 0.2 s, up to 5 s when it keeps dying) and stops them in order. */
NODISCARD enum status serve_run(struct call *c, const struct args *args);

#endif
