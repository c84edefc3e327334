/* cache.c: where the prepared statement of a query stands. Statements are constants, so their address is their name. */
#include "store/store_int.h"

struct cached **store__cache_slot(struct cache *cache, const struct query *q)
{
    uint64_t h = (uint64_t)(uintptr_t)q;
    h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    return &cache->slots[(h >> 32) % CACHE_SLOTS];
}
