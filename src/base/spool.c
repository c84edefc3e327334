/* spool.c: see spool.h. The file is made with O_TMPFILE; where a file system knows no such thing, with a random name that is taken away at once. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "base/strand.h"

enum { NEEDLE_MAX = 1024 };

struct spool { struct spool_room *room; int fd; int64_t size; atomic_int holders; struct spool *next /* of those that a call keeps */; };

static int open_named(const char *folder)
{
    char path[4096];
    uint64_t name;
    random_bytes(&name, sizeof name);
    int n = snprintf(path, sizeof path, "%s/spool-%016llx", folder, (unsigned long long)name);
    if (n < 0 || (size_t)n >= sizeof path) return errno = ENAMETOOLONG, -1;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) (void)unlink(path);
    return fd;
}

struct spool *spool_new(struct spool_room *room)
{
    int fd = open(room->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == EACCES || errno == EPERM)) fd = open_named(room->folder);
    if (fd < 0) return NULL;
    struct spool *s = heap_new(struct spool);
    s->room = room;
    s->fd = fd;
    atomic_init(&s->holders, 1);
    return s;
}

/* take_room: counts the bytes in, so that all spools together never hold more than the room allows. */
static bool take_room(struct spool *s, size_t n)
{
    if (atomic_fetch_add(&s->room->used, (int64_t)n) + (int64_t)n <= s->room->most) return true;
    atomic_fetch_sub(&s->room->used, (int64_t)n);
    return errno = ENOSPC, false;
}

bool spool_put(struct spool *s, struct str bytes)
{
    if (!take_room(s, bytes.n)) return false;
    s->size += (int64_t)bytes.n; /* also when it is not written: what was counted in is counted out at the end */
    int64_t at = s->size - (int64_t)bytes.n;
    while (bytes.n) {
        ssize_t n = pwrite(s->fd, bytes.p, bytes.n, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        bytes = str_skip(bytes, (size_t)n);
    }
    return true;
}

struct extent spool_all(struct spool *s) { return (struct extent){ s, 0, s ? s->size : 0 }; }

struct spool *spool_hold(struct spool *s)
{
    atomic_fetch_add(&s->holders, 1);
    return s;
}

void spool_drop(struct spool *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) > 1) return;
    atomic_fetch_sub(&s->room->used, s->size);
    (void)close(s->fd);
    heap_free(s);
}

/* ---- held by a call ---- */

void spool_keep(struct call *c, struct spool *s)
{
    s->next = *c->spools;
    *c->spools = s;
}

void spool_end_call(struct call *c)
{
    struct spool *s = c->spools ? *c->spools : NULL, *next;
    for (; s; s = next) {
        next = s->next;
        spool_drop(s);
    }
    if (c->spools) *c->spools = NULL;
}

/* ---- reading ---- */

bool extent_read(const struct extent *s, int64_t at, char *to, size_t n)
{
    if (at < 0 || at > s->size || (int64_t)n > s->size - at) return false;
    while (n) {
        ssize_t got = pread(s->spool->fd, to, n, (off_t)(s->from + at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        to += got;
        n -= (size_t)got;
    }
    return true;
}

enum status extent_load_to(struct call *c, const struct extent *s, char *to)
{
    if (extent_read(s, 0, to, (size_t)s->size)) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "A large message could not be read back from the disk. Check the disk of this node and try again.");
}

enum status extent_load(struct call *c, const struct extent *s, size_t max, struct str *ret)
{
    if ((uint64_t)s->size > max) return ST_TOO_LARGE;
    char *to = arena_room(c->arena, (size_t)s->size);
    TRY(extent_load_to(c, s, to));
    *ret = str_of(to, (size_t)s->size);
    return ST_OK;
}

bool extent_walk(const struct extent *s, bool (*take)(void *arg, struct str bytes), void *arg)
{
    char step[SPOOL_STEP];
    for (int64_t at = 0; at < s->size;) {
        size_t n = s->size - at < SPOOL_STEP ? (size_t)(s->size - at) : SPOOL_STEP;
        if (!extent_read(s, at, step, n)) return false;
        if (!take(arg, str_of(step, n))) return true;
        at += (int64_t)n;
        strand_yield();
    }
    return true;
}

/* Steps overlap by a needle less one byte, so that none is cut in two. */
int64_t extent_find(const struct extent *s, int64_t from, struct str needle)
{
    char step[SPOOL_STEP];
    if (needle.n == 0 || needle.n > NEEDLE_MAX) return -1;
    while (s->size - from >= (int64_t)needle.n) {
        size_t n = s->size - from < SPOOL_STEP ? (size_t)(s->size - from) : SPOOL_STEP;
        if (!extent_read(s, from, step, n)) return -2;
        size_t found = str_find(str_of(step, n), needle);
        if (found != SIZE_MAX) return from + (int64_t)found;
        from += (int64_t)(n - needle.n + 1);
        strand_yield();
    }
    return -1;
}
