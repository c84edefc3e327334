/* vault_pin.h: the PIN of a vault and what it opens: the envelope of a private key (PKCS#8, PBES2 with scrypt and AES-256-CBC). All envelopes of a vault share one salt, each with
 * an initial vector of its own, so that a start runs scrypt once and not once a key; to guess the PIN costs one scrypt a guess either way, since one file is enough to try on. */
#ifndef SEN_TRUST_VAULT_PIN_H
#define SEN_TRUST_VAULT_PIN_H

#include <openssl/x509.h>

#include "base/call.h"

struct vault_pin;

struct vault_pin *vault_pin_new(struct str pin);
void vault_pin_free(struct vault_pin *p); /* wipes; accepts NULL */

/* vault_pin_open: what is in the envelope, or NULL: the PIN does not fit. The salt of the first envelope is the vault's.
 * *is_foreign tells that this envelope has another salt or another cost: it should be written again. Not for two threads at once, as vault_pin_close. */
PKCS8_PRIV_KEY_INFO *vault_pin_open(struct vault_pin *p, const X509_SIG *envelope, bool *is_foreign);
/* vault_pin_close: a new envelope, or NULL when the library failed. */
X509_SIG *vault_pin_close(struct vault_pin *p, PKCS8_PRIV_KEY_INFO *content);

#endif
