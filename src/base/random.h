/* random.h: random bytes from the kernel. Never fails: without randomness the process ends. */
#ifndef SEN_BASE_RANDOM_H
#define SEN_BASE_RANDOM_H

#include "base/str.h"

struct arena;

void random_bytes(void *p, size_t n);
/* random_uuid: RFC 9562 version 4, lower case, 36 characters. */
struct str random_uuid(struct arena *a);
/* random_uuid_at: version 7: begins with the time, so that rows written one after the other stand side by side in an index; 74 bits are random. */
struct str random_uuid_at(struct arena *a, int64_t now_ms);
/* random_token: n random bytes as base64url without padding: session ids, CSRF tokens. */
struct str random_token(struct arena *a, size_t n);

#endif
