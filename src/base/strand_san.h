/* strand_san.h: what the sanitizers must be told when a thread changes its stack; nothing in a release build. */
#ifndef SEN_BASE_STRAND_SAN_H
#define SEN_BASE_STRAND_SAN_H

#include <stddef.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>

struct san_fiber { const void *bottom; size_t size; void *fake; };

static inline void san_begin(struct san_fiber *f, const void *bottom, size_t size) { *f = (struct san_fiber){ bottom, size, NULL }; }
static inline void san_end(struct san_fiber *f) { *f = (struct san_fiber){ 0 }; }

/* san_here: the stack that this thread began with; the C library knows its bounds. */
#include <pthread.h>
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr);
static inline void san_here(struct san_fiber *f)
{
    pthread_attr_t attr;
    void *bottom = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        (void)pthread_attr_getstack(&attr, &bottom, &size);
        (void)pthread_attr_destroy(&attr);
    }
    *f = (struct san_fiber){ bottom, size, NULL };
}
static inline void san_leave(struct san_fiber *from, const struct san_fiber *to) { __sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size); }
static inline void san_arrive(const struct san_fiber *here) { __sanitizer_finish_switch_fiber(here->fake, NULL, NULL); }

#elif defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>

struct san_fiber { void *tsan; };

static inline void san_begin(struct san_fiber *f, const void *bottom, size_t size)
{
    (void)bottom;
    (void)size;
    f->tsan = __tsan_create_fiber(0);
}
static inline void san_end(struct san_fiber *f) { __tsan_destroy_fiber(f->tsan); }
static inline void san_here(struct san_fiber *f) { f->tsan = __tsan_get_current_fiber(); }
static inline void san_leave(const struct san_fiber *from, const struct san_fiber *to)
{
    (void)from;
    __tsan_switch_to_fiber(to->tsan, 0);
}
static inline void san_arrive(const struct san_fiber *here) { (void)here; }

#else
struct san_fiber { char none; };
static inline void san_begin(const struct san_fiber *f, const void *bottom, size_t size) { (void)f, (void)bottom, (void)size; }
static inline void san_end(const struct san_fiber *f) { (void)f; }
static inline void san_here(const struct san_fiber *f) { (void)f; }
static inline void san_leave(const struct san_fiber *from, const struct san_fiber *to) { (void)from, (void)to; }
static inline void san_arrive(const struct san_fiber *here) { (void)here; }
#endif

#endif
