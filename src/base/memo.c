/* memo.c: a table of slots, found by a cheap hash of the pieces. A slot holds the pieces one behind the other, each behind its length, and then the value. */
#include "base/memo.h"

#include <pthread.h>

#include "base/gate.h"

enum { WHOLE = 128, END = WHOLE / 2, LANES = 16 };

struct slot { char *bytes; size_t key, size; };
struct memo { pthread_mutex_t lock; struct turnstile lanes[LANES] /* in each, one who finds something out */; size_t nslots; struct slot slots[]; };

struct memo *memo_new(size_t slots)
{
    struct memo *m = heap_alloc(1, sizeof *m + slots * sizeof *m->slots);
    (void)pthread_mutex_init(&m->lock, NULL);
    for (size_t i = 0; i < LANES; i++) turnstile_init(&m->lanes[i], 1);
    m->nslots = slots;
    return m;
}

void memo_free(struct memo *m)
{
    if (!m) return;
    for (size_t i = 0; i < m->nslots; i++) heap_free(m->slots[i].bytes);
    for (size_t i = 0; i < LANES; i++) turnstile_done(&m->lanes[i]);
    (void)pthread_mutex_destroy(&m->lock);
    heap_free(m);
}

/* mix: eight bytes at a time; good enough to spread what is our own over a few slots. */
static uint64_t mix(uint64_t hash, const char *p, size_t n)
{
    uint64_t word;
    for (; n; p += sizeof word, n -= sizeof word) {
        word = 0;
        memcpy(&word, p, n < sizeof word ? n : sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        if (n < sizeof word) break;
    }
    return hash;
}

/* hash_of: short pieces whole, long ones by their ends: two that fall together only take each other's place. */
static uint64_t hash_of(const struct str *pieces, size_t n)
{
    uint64_t hash = n;
    for (size_t i = 0; i < n; i++) {
        struct str s = pieces[i];
        hash = mix(hash + s.n, s.p, s.n <= WHOLE ? s.n : END);
        if (s.n > WHOLE) hash = mix(hash, s.p + s.n - END, END);
    }
    return hash;
}

static struct slot *slot_of(struct memo *m, const struct str *pieces, size_t n) { return &m->slots[hash_of(pieces, n) % m->nslots]; }

static size_t key_size(const struct str *pieces, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++) size += sizeof(size_t) + pieces[i].n;
    return size;
}

static bool is_key(const struct slot *s, const struct str *pieces, size_t n)
{
    const char *at = s->bytes;
    if (!at || s->key != key_size(pieces, n)) return false;
    for (size_t i = 0; i < n; i++) {
        if (memcmp(at, &pieces[i].n, sizeof(size_t)) != 0) return false;
        at += sizeof(size_t);
        if (pieces[i].n && memcmp(at, pieces[i].p, pieces[i].n) != 0) return false;
        at += pieces[i].n;
    }
    return true;
}

bool memo_find(struct memo *m, struct arena *a, const struct str *pieces, size_t n, struct str *ret)
{
    if (!m) return false;
    (void)pthread_mutex_lock(&m->lock);
    const struct slot *s = slot_of(m, pieces, n);
    bool found = is_key(s, pieces, n);
    if (found) *ret = str_copy(a, str_of(s->bytes + s->key, s->size - s->key));
    (void)pthread_mutex_unlock(&m->lock);
    return found;
}

/* Different things may share a lane; then one waits for nothing, a moment long. */
bool memo_find_or_wait(struct memo *m, struct arena *a, const struct str *pieces, size_t n, struct memo_turn *turn, struct str *ret)
{
    if (!m) return false;
    if (memo_find(m, a, pieces, n, ret)) return true;
    *turn = (struct memo_turn){ m, hash_of(pieces, n) % LANES };
    (void)turnstile_enter(&m->lanes[turn->lane], INT64_MAX);
    if (!memo_find(m, a, pieces, n, ret)) return false;
    memo_end_turn(turn);
    return true;
}

void memo_end_turn(struct memo_turn *turn)
{
    if (turn->of) turnstile_leave(&turn->of->lanes[turn->lane]);
    turn->of = NULL;
}

static struct slot make(const struct str *pieces, size_t n, struct str value)
{
    struct slot s = { .key = key_size(pieces, n) };
    s.size = s.key + value.n;
    s.bytes = heap_alloc(s.size, 1);
    char *at = s.bytes;
    for (size_t i = 0; i < n; i++) {
        memcpy(at, &pieces[i].n, sizeof(size_t));
        at += sizeof(size_t);
        if (pieces[i].n) memcpy(at, pieces[i].p, pieces[i].n);
        at += pieces[i].n;
    }
    if (value.n) memcpy(at, value.p, value.n);
    return s;
}

void memo_keep(struct memo *m, const struct str *pieces, size_t n, struct str value)
{
    if (!m) return;
    struct slot made = make(pieces, n, value);
    (void)pthread_mutex_lock(&m->lock);
    struct slot *s = slot_of(m, pieces, n), old = *s;
    *s = made;
    (void)pthread_mutex_unlock(&m->lock);
    heap_free(old.bytes);
}
