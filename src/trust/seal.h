/* seal.h: sealing with a given key: XAES-256-GCM (C2SP), AES-256-GCM under a key derived from the sealing key and the first half of a random nonce of 192 bits, so that the number
 * of sealed texts has no limit that a country could reach. Sealed text: 1 | first 8 bytes of SHA-256 of the key's id | nonce 24 | ciphertext | tag 16. */
#ifndef SEN_TRUST_SEAL_H
#define SEN_TRUST_SEAL_H

#include <openssl/types.h>

#include "base/call.h"

enum { SEAL_KEY_BYTES = 32, SEAL_TAG_BYTES = 8, SEAL_NONCE_HALF = 12 };

/* What a thread keeps to seal one text after the other: the cipher under a derived key, which so many texts may still share; then a new one is derived. */
struct sealing { EVP_CIPHER_CTX *cipher; uint8_t key[SEAL_KEY_BYTES], prefix[SEAL_NONCE_HALF]; unsigned left; };
void seal_forget(struct sealing *s);

NODISCARD enum status seal_close(struct call *c, const uint8_t key[static SEAL_KEY_BYTES], const uint8_t tag[static SEAL_TAG_BYTES], struct str bound, struct str plain,
                                 struct str *ret);
/* seal_open: ST_BROKEN with a sentence when text or bound is not what was sealed. seal_tag: which key sealed it; false for what is no sealed text. */
NODISCARD enum status seal_open(struct call *c, const uint8_t key[static SEAL_KEY_BYTES], struct str bound, struct str sealed, struct str *ret);
bool seal_tag(struct str sealed, uint8_t ret[static SEAL_TAG_BYTES]);

#endif
