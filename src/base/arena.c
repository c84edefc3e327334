/* arena.c: blocks in a list, bump allocation; the first block is kept between calls. */
#include "base/arena.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 128 * 1024 /* an exchange takes two thirds of it */, BLOCK_STEP = 256 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(64) unsigned char data[];
};

struct arena {
    struct block *now;   /* newest first; the last of the list is the first block */
    size_t cap, held, used;
};

static void out_of_memory(const char *what, size_t n)
{
    fprintf(stderr, "level=fatal room=base event=memory what=%s bytes=%zu\n", what, n);
    abort();
}

void *heap_alloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p) out_of_memory("heap", count * size);
    return p;
}

void *heap_grow(void *p, size_t bytes)
{
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) out_of_memory("heap", bytes);
    return q;
}

void heap_free(void *p) { free(p); }

struct str heap_copy(struct str s)
{
    char *p = heap_alloc(s.n + 1, 1);
    if (s.n) memcpy(p, s.p, s.n);
    return (struct str){ p, s.n };
}

void heap_drop(struct str copy) { heap_free((char *)(uintptr_t)copy.p); /* ours: made by heap_copy */ }

void heap_thrifty(void)
{
    enum { HEAPS = 4, LARGE = 1024 * 1024 };
    (void)mallopt(M_ARENA_MAX, HEAPS);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
}

void heap_settle(void) { (void)malloc_trim(0); }

static struct block *block_new(size_t size, struct block *next)
{
    struct block *b = aligned_alloc(64, (sizeof(struct block) + size + 63) & ~(size_t)63);
    if (!b) out_of_memory("block", size);
    b->next = next;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_open(size_t cap)
{
    struct arena *a = heap_new(struct arena);
    a->now = block_new(FIRST_BLOCK, NULL);
    a->held = FIRST_BLOCK;
    a->cap = cap;
    return a;
}

void arena_reset(struct arena *a)
{
    while (a->now->next) {
        struct block *old = a->now;
        a->now = old->next;
        a->held -= old->size;
        free(old);
    }
    a->now->used = 0;
    a->used = 0;
}

void arena_close(struct arena *a)
{
    if (!a) return;
    arena_reset(a);
    free(a->now);
    heap_free(a);
}

static void *take(struct arena *a, size_t n, size_t align)
{
    size_t at = (a->now->used + align - 1) & ~(align - 1);
    if (at > a->now->size || n > a->now->size - at) {
        size_t size = n > BLOCK_STEP ? n : BLOCK_STEP;
        if (n > a->cap || a->used > a->cap - n) out_of_memory("arena over its cap", n);
        a->now = block_new(size, a->now);
        a->held += size;
        at = 0;
    }
    unsigned char *p = a->now->data + at;
    a->now->used = at + n;
    a->used += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n, size_t align) { return memset(take(a, n, align), 0, n); }

char *arena_room(struct arena *a, size_t n) { return take(a, n, 1); }

static size_t bytes_of(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) out_of_memory("array", count);
    return bytes;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size, size_t align) { return arena_alloc(a, bytes_of(count, size), align); }

void *arena_copy_array(struct arena *a, const void *from, size_t count, size_t size, size_t align)
{
    size_t n = bytes_of(count, size);
    void *p = take(a, n, align);
    if (n) memcpy(p, from, n);
    return p;
}

size_t arena_used(const struct arena *a) { return a->used; }
