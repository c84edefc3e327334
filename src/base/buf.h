/* buf.h: output that grows. It has a maximum, remembers its first failure, and is asked once, at the end (buf_finish). */
#ifndef SEN_BASE_BUF_H
#define SEN_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct arena;

struct buf {
    char *p;
    size_t n, cap, max;
    struct arena *arena;  /* NULL: heap, released by buf_done */
    bool failed;          /* went over max */
};

/* BUF b = buf_heap(max): released at the closing brace. buf_in(arena, max): lives as long as the arena. */
#define BUF __attribute__((cleanup(buf_done))) struct buf
struct buf buf_heap(size_t max);
struct buf buf_in(struct arena *a, size_t max);
void buf_done(struct buf *b);
/* buf_over: in max bytes that are already there, on the stack: nothing is taken, nothing need be released; so never with BUF, which would. */
static inline struct buf buf_over(char *space, size_t max) { return (struct buf){ .p = space, .cap = max, .max = max }; }

void buf_put_z(struct buf *b, const char *z);
void buf_put_int(struct buf *b, int64_t v);
void buf_print(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprint(struct buf *b, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
/* buf_room: at least n writable bytes at the end, or NULL after a failure; buf_added tells how many were written. */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

/* Short texts are most of what is put: they are copied here where they fit. */
static inline void buf_put(struct buf *b, struct str s)
{
    if (s.n == 0) return;
    char *at = !b->failed && s.n <= b->cap - b->n && b->n + s.n <= b->max ? b->p + b->n : buf_room(b, s.n);
    if (!at) return;
    memcpy(at, s.p, s.n);
    b->n += s.n;
}
static inline void buf_put_c(struct buf *b, char ch) { buf_put(b, (struct str){ &ch, 1 }); }
void buf_clear(struct buf *b);

static inline struct str buf_str(const struct buf *b) { return (struct str){ b->p, b->n }; }

/* buf_finish: the whole text. ST_TOO_LARGE when it went over its maximum (then *ret is as it was). */
NODISCARD enum status buf_finish(struct buf *b, struct str *ret);

#endif
