/* holder.h: the key holder process: private keys, no network. main forks it; everything else talks to it through trust.h. */
#ifndef SEN_TRUST_HOLDER_H
#define SEN_TRUST_HOLDER_H

#include "base/call.h"

/* holder_run: serve until SIGTERM on a Unix socket (SOCK_SEQPACKET, mode 0600, peers of the same uid only). Keys are PKCS#8 files encrypted with the
 * PIN under keys_folder. Confines itself (no network, no exec, files only below keys_folder). Returns when told to stop. */
NODISCARD enum status holder_run(struct call *c, struct str keys_folder, struct str socket, struct str pin);

#endif
