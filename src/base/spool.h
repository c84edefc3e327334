/* spool.h: bytes that are too many for memory while they wait to be passed on: a file without a name in the node's folder, gone when nobody holds it any more and, at
 * the latest, with the process. Written by one, then read by whoever holds it. */
#ifndef SEN_BASE_SPOOL_H
#define SEN_BASE_SPOOL_H

#include <stdatomic.h>

#include "base/call.h"

enum { SPOOL_FROM = 256 * 1024, /* fewer bytes stay in memory: most messages never see a file */
       SPOOL_STEP = 64 * 1024   /* read and written at a time */ };

/* struct spool_room: where the files are made, and how many bytes all of them may hold. */
struct spool_room { const char *folder; int64_t most; _Atomic int64_t used; };
struct spool;
/* struct extent: a part of a spool, or nothing (spool NULL). Holds nothing by itself. */
struct extent { struct spool *spool; int64_t from, size; };

/* spool_new: an empty one, held by the caller; NULL when no file can be made (errno). */
struct spool *spool_new(struct spool_room *room);
/* spool_put: adds at the end; false when the disk or the room is full. */
bool spool_put(struct spool *s, struct str bytes);
struct extent spool_all(struct spool *s);
struct spool *spool_hold(struct spool *s);
void spool_drop(struct spool *s);        /* NULL is fine */
/* spool_keep: the call takes over the caller's hold and drops it at its end (call_renew, call_close). */
void spool_keep(struct call *c, struct spool *s);
void spool_end_call(struct call *c);

/* extent_read: n bytes from `at` of it on; false when it has fewer or the disk fails. */
bool extent_read(const struct extent *s, int64_t at, char *to, size_t n);
/* extent_load: all of it in the call's arena; ST_TOO_LARGE (silently) over max. */
NODISCARD enum status extent_load(struct call *c, const struct extent *s, size_t max, struct str *ret);
NODISCARD enum status extent_load_to(struct call *c, const struct extent *s, char *to); /* the same, where there is room for it */
/* extent_walk: each step of it, in order, until take says no; false when the disk fails. */
bool extent_walk(const struct extent *s, bool (*take)(void *arg, struct str bytes), void *arg);
/* extent_find: offset of the first needle (at most 1 KiB) at or after `from`; -1: there is none, -2: the disk fails. */
int64_t extent_find(const struct extent *s, int64_t from, struct str needle);

#endif
