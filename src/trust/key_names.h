/* key_names.h: the words for purposes and algorithms in key ids and .meta files, and which algorithm may serve which purpose. */
#ifndef SEN_TRUST_KEY_NAMES_H
#define SEN_TRUST_KEY_NAMES_H

#include "trust/trust.h"

enum { KEY_PURPOSES = KEY_SEAL + 1, KEY_ALGORITHMS = KEY_AES256 + 1, KEY_ID_MAX = 120, KEY_OWNER_MAX = 80 };

struct str key__purpose_name(enum key_purpose p);       /* "tls", "sign" ... */
struct str key__algorithm_name(enum key_algorithm a);   /* "p256", "rsa2048" ... */
bool key__purpose_of_name(struct str name, enum key_purpose *ret);
bool key__algorithm_of_name(struct str name, enum key_algorithm *ret);

/* key__may_serve: TLS keys are P-256 alone (a raw RSA operation would make the holder an oracle), heads are Ed25519, seals AES-256. */
bool key__may_serve(enum key_purpose p, enum key_algorithm a);

/* key__owner_is_fit: empty, or a member's class and code; nothing that could leave the keys folder. */
bool key__owner_is_fit(struct str owner);

#endif
