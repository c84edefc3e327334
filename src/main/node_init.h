/* node_init.h: a new node: its keys in the key holder, the requests for certificates, and taking the certificates. */
#ifndef SEN_MAIN_NODE_INIT_H
#define SEN_MAIN_NODE_INIT_H

#include "base/args.h"
#include "base/module.h"
#include "trust/cert.h"

/* A request made by node_init: requests/<name>.csr in the node's folder. */
struct node_request { const char *name; enum cert_kind kind; };
extern const struct node_request node_requests[];  /* ends with { 0 } */

/* node_init_kind: the kind of a signing key by its name on the command line: p256 (also when empty) or rsa2048; else ST_INVALID. */
NODISCARD enum status node_init_kind(struct call *c, struct str name, enum key_algorithm *ret);
/* node_init_keys: makes what is missing of the keys (TLS, signing, journal head, sealing; assertions for the identity node)
 * and writes requests/<name>.csr (PEM). The folder holds node.yaml and, where named, the PIN file. Safe to repeat: keys that exist stay. */
NODISCARD enum status node_init_keys(struct call *c, struct str folder, enum key_algorithm sign);

/* node_init_certificates: takes certificates (PEM or DER), each for the key that it belongs to; ST_NOT_FOUND when no key of the node fits one. */
NODISCARD enum status node_init_certificates(struct call *c, struct str folder, const struct str *certs, size_t n);

/* node_init_pin: a random PIN in FOLDER/pin (0600) unless the file is there. */
NODISCARD enum status node_init_pin(struct call *c, struct str folder);

NODISCARD enum status node_init_run(struct call *c, const struct args *args);
NODISCARD enum status node_certificate_run(struct call *c, const struct args *args);

#endif
