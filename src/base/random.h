/* random.h: random bytes from the kernel. Never fails: without randomness the process ends. */
#ifndef SEN_BASE_RANDOM_H
#define SEN_BASE_RANDOM_H

#include "base/str.h"

struct arena;

void random_bytes(void *p, size_t n);
/* random_uuid: RFC 9562 version 4, lower case, 36 characters. */
struct str random_uuid(struct arena *a);
/* random_token: n random bytes as base64url without padding: session ids, CSRF tokens. */
struct str random_token(struct arena *a, size_t n);

#endif
