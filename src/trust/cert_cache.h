/* cert_cache.h: certificates already taken apart. Reading the key of a certificate costs OpenSSL 3 more than verifying with it, and a node sees
 * the same few hundred certificates all day. Fixed in size: a new one takes the place of the one in its slot, so strangers cannot fill memory. */
#ifndef SEN_TRUST_CERT_CACHE_H
#define SEN_TRUST_CERT_CACHE_H

#include <openssl/types.h>

#include "base/str.h"

struct cert_cache;

struct cert_cache *cert_cache_new(void);
void cert_cache_free(struct cert_cache *cache);

/* cert_cache_read: as d2i_X509 for exactly these bytes; NULL for what is no certificate. A new reference: the caller frees it and changes nothing
 * in it. cache NULL: just reads. */
X509 *cert_cache_read(struct cert_cache *cache, struct str der);

/* cert_cache_info: what cert_read found out about these bytes before, copied into the arena; false when it is not kept. cert_cache_keep_info: keeps it. */
struct arena;
struct cert_info;
bool cert_cache_info(struct cert_cache *cache, struct str der, struct arena *a, struct cert_info *ret);
void cert_cache_keep_info(struct cert_cache *cache, struct str der, const struct cert_info *info);

#endif
