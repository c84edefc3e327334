/* vault.h: the private keys, inside the key holder process only. Key files under the keys folder:
 *   <id>.key      PKCS#8, encrypted with AES-256-CBC under a key that scrypt makes of the PIN, once for all (vault_pin.h; mode 0600)
 *   <id>.pub.pem  the public part          <id>.meta  purpose, algorithm, owner, made; written last, so a key without it does not count */
#ifndef SEN_TRUST_VAULT_H
#define SEN_TRUST_VAULT_H

#include "trust/trust.h"

struct vault;

struct vault_fact { struct str id, owner, public_key; enum key_purpose purpose; enum key_algorithm algorithm; int64_t made_ms; };

/* vault_open: opens every key of the folder with the PIN. ST_DENIED with a sentence for a PIN that does not fit. PIN and keys are wiped by vault_close. */
NODISCARD enum status vault_open(struct call *c, struct str folder, struct str pin, struct vault **ret);
void vault_close(struct vault *v);

/* vault_list: the key at this index, oldest first; ST_NOT_FOUND, silently, after the last. Facts stay valid until vault_close. */
NODISCARD enum status vault_list(struct vault *v, size_t index, struct vault_fact *ret);
NODISCARD enum status vault_make(struct call *c, struct vault *v, enum key_purpose purpose, enum key_algorithm alg, struct str owner, struct vault_fact *ret);

/* vault_sign: ST_DENIED when the key does not serve this purpose, ST_NOT_FOUND without such a key, ST_INVALID for a digest of the wrong length. */
NODISCARD enum status vault_sign(struct call *c, struct vault *v, struct str id, enum key_purpose purpose, enum digest alg, struct str digest, struct str *ret);
NODISCARD enum status vault_seal_key(struct vault *v, struct str id, struct str *ret); /* a view; 32 bytes */

#endif
