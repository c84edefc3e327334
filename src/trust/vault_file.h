/* vault_file.h: one key as files, and a new secret; used by vault.c alone. */
#ifndef SEN_TRUST_VAULT_FILE_H
#define SEN_TRUST_VAULT_FILE_H

#include <openssl/types.h>

#include "trust/vault.h"
#include "trust/vault_pin.h"

enum { VAULT_KEYS_MAX = 256, VAULT_SEAL_BYTES = 32 };

struct vault_secret { EVP_PKEY *pkey; uint8_t seal[VAULT_SEAL_BYTES]; }; /* pkey for what signs, seal for AES-256 */

struct str vault_file_path(struct arena *a, struct str folder, struct str id, const char *ending);

/* vault_file_read: fact->id is given; the rest of the fact and the secret come out. The caller frees secret->pkey. A .key whose envelope is not like the vault's other ones
 * (of an earlier version, or brought from elsewhere) is written again. */
NODISCARD enum status vault_file_read(struct call *c, struct str folder, struct vault_pin *pin, struct vault_fact *fact, struct vault_secret *secret);
/* vault_file_write: .key, .pub.pem, and last .meta. */
NODISCARD enum status vault_file_write(struct call *c, struct str folder, struct vault_pin *pin, const struct vault_fact *fact, const struct vault_secret *secret);

/* vault_secret_new: a new key and its public part (DER; empty for AES-256). */
NODISCARD enum status vault_secret_new(struct call *c, enum key_algorithm alg, struct vault_secret *ret, struct str *ret_public);

#endif
