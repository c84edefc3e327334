/* buf.c: growing output in an arena or on the heap. */
#include "base/buf.h"

#include <stdio.h>

#include "base/arena.h"

struct buf buf_heap(size_t max) { return (struct buf){ .max = max }; }
struct buf buf_in(struct arena *a, size_t max) { return (struct buf){ .max = max, .arena = a }; }

void buf_done(struct buf *b)
{
    if (!b->arena) heap_free(b->p);
    *b = (struct buf){ .max = b->max, .arena = b->arena };
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

char *buf_room(struct buf *b, size_t n)
{
    if (b->failed) return NULL;
    if (n > b->max || b->n > b->max - n) {
        b->failed = true;
        return NULL;
    }
    if (!b->p || b->n + n > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        if (cap < b->n + n) cap = b->n + n;
        if (b->arena) {
            char *p = arena_room(b->arena, cap);
            if (b->n) memcpy(p, b->p, b->n);
            b->p = p;
        } else {
            b->p = heap_grow(b->p, cap);
        }
        b->cap = cap;
    }
    return b->p + b->n;
}

void buf_added(struct buf *b, size_t n) { b->n += n; }

void buf_put_z(struct buf *b, const char *z) { buf_put(b, str_z(z)); }

void buf_put_int(struct buf *b, int64_t v)
{
    char text[24], *at = text + sizeof text;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do *--at = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0) *--at = '-';
    buf_put(b, (struct str){ at, (size_t)(text + sizeof text - at) });
}

void buf_vprint(struct buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = b->failed ? 0 : b->cap - b->n;
    int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, args);
    char *p = n < 0 ? NULL : buf_room(b, (size_t)n + 1);
    if (p && (size_t)n >= room) (void)vsnprintf(p, (size_t)n + 1, fmt, again); /* it did not fit at once */
    if (p) b->n += (size_t)n;
    va_end(again);
}

void buf_print(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vprint(b, fmt, args);
    va_end(args);
}

enum status buf_finish(struct buf *b, struct str *ret)
{
    if (b->failed) return ST_TOO_LARGE;
    *ret = b->p ? buf_str(b) : STR("");
    return ST_OK;
}
