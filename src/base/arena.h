/* arena.h: the memory of one call, freed whole at the end. Never answers NULL: an arena past its cap is our bug
 * (input is limited at the door), so it says so on stderr and ends the process; the supervisor starts a new one. */
#ifndef SEN_BASE_ARENA_H
#define SEN_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* arena_open: an empty arena that may grow to cap bytes. The caller closes it. */
struct arena *arena_open(size_t cap);
void arena_close(struct arena *a);

/* arena_reset: forget everything allocated; keeps the first block for the next call. */
void arena_reset(struct arena *a);

/* arena_alloc: n zeroed bytes aligned to align (a power of two up to 64). Lives until arena_reset or arena_close. */
void *arena_alloc(struct arena *a, size_t n, size_t align) __attribute__((malloc, returns_nonnull));

/* arena_room: n bytes of any content, for text: who asks writes all of them before anybody reads. */
char *arena_room(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));

/* arena_used: bytes handed out since the last reset; for metrics and tests. */
size_t arena_used(const struct arena *a);

/* arena_new: one zeroed object; arena_array: n of them (n may be 0). The product is checked for overflow. */
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type), _Alignof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc_array((a), (count), sizeof(type), _Alignof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size, size_t align) __attribute__((returns_nonnull));

/* arena_copy: n objects of a type, as they stand somewhere else: for a list that was made on the stack, as long as it might have become. */
#define arena_copy(a, type, from, count) ((type *)arena_copy_array((a), (from), (count), sizeof(type), _Alignof(type)))
void *arena_copy_array(struct arena *a, const void *from, size_t count, size_t size, size_t align) __attribute__((returns_nonnull));

/* arena_cleanup: for a local arena: `ARENA a = arena_open(1 << 20);` closes it at the brace. */
static inline void arena_cleanup(struct arena **a) { arena_close(*a); }
#define ARENA __attribute__((cleanup(arena_cleanup))) struct arena *

/* heap_alloc, heap_grow, heap_free: the only door to malloc outside this file; for what lives from start to stop or for a
 * buffer that outlives a call. Zeroed; never NULL (out of memory ends the process with a line on stderr). */
void *heap_alloc(size_t count, size_t size) __attribute__((returns_nonnull));
void *heap_grow(void *p, size_t bytes) __attribute__((returns_nonnull));
void heap_free(void *p);
/* heap_thrifty: for a process that lives long, before its first thread: threads share a few heaps instead of one each, and what is large (scrypt's 16 MiB) goes back to the
 * system when it is freed. heap_settle: at the end of a start: so does what the start used. */
void heap_thrifty(void);
void heap_settle(void);
#define heap_new(type) ((type *)heap_alloc(1, sizeof(type)))

/* heap_copy: a text that outlives its call, with a NUL behind it, also an empty one. heap_drop: the end of such a copy or of a zeroed struct str. */
struct str heap_copy(struct str s);
void heap_drop(struct str copy);

#endif
