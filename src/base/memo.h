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
/* memo_find_or_wait: as memo_find; who does not find it is the one to find it out, and others who ask for it meanwhile wait until it is kept or the turn ends. A turn ends at the
 * closing brace: MEMO_TURN turn = { 0 }; and a thread has one at a time. */
#define MEMO_TURN __attribute__((cleanup(memo_end_turn))) struct memo_turn
struct memo_turn { struct memo *of; size_t lane; };
bool memo_find_or_wait(struct memo *m, struct arena *a, const struct str *pieces, size_t n, struct memo_turn *turn, struct str *ret);
void memo_end_turn(struct memo_turn *turn);
/* memo_keep: m may be NULL. */
void memo_keep(struct memo *m, const struct str *pieces, size_t n, struct str value);

#endif
