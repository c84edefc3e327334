/* rng.h: a small reproducible source of numbers for invented people: xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain
 * algorithms). The same seed gives the same people on every machine; never for secrets. */
#ifndef SEN_REGISTRY_POPULATION_RNG_H
#define SEN_REGISTRY_POPULATION_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng { uint64_t s[4]; };

static inline uint64_t rng_turn(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static inline void rng_seed(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        r->s[i] = z ^ (z >> 31);
    }
}

static inline uint64_t rng_next(struct rng *r)
{
    const uint64_t answer = rng_turn(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rng_turn(r->s[3], 45);
    return answer;
}

/* rng_below: 0 .. n-1 (n > 0). The bias of the remainder is far below what anybody could see in invented people. */
static inline int64_t rng_below(struct rng *r, int64_t n) { return (int64_t)(rng_next(r) % (uint64_t)n); }
/* rng_range: least .. most, both included. */
static inline int64_t rng_range(struct rng *r, int64_t least, int64_t most) { return least + rng_below(r, most - least + 1); }
/* rng_chance: true in so many of a thousand cases. */
static inline bool rng_chance(struct rng *r, int64_t in_thousand) { return rng_below(r, 1000) < in_thousand; }

#endif
