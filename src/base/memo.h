/* memo.h: what was found out about some bytes, remembered while there is room. Fixed in size: what is new takes the place of what is old, so that strangers cannot fill
 * memory. Bytes are compared whole, so that nothing rests on a hash. Guards itself. */
#ifndef SEN_BASE_MEMO_H
#define SEN_BASE_MEMO_H

#include "base/arena.h"
#include "base/str.h"

struct memo;
struct memo *memo_new(size_t slots);
void memo_free(struct memo *m);

/* memo_find: the value that was kept for these pieces (their lengths count), copied into the arena; false when it is not there, or m is NULL. */
bool memo_find(struct memo *m, struct arena *a, const struct str *pieces, size_t n, struct str *ret);
/* memo_keep: m may be NULL. */
void memo_keep(struct memo *m, const struct str *pieces, size_t n, struct str value);

#endif
