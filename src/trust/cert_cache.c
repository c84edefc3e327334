/* cert_cache.c: a table of parsed certificates by the SHA-256 of their bytes. */
#include "trust/cert_cache.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/memo.h"
#include "trust/cert.h"
#include "trust/ossl.h"
#include "trust/trust_int.h"

enum { SLOTS = 1024, INFO_MAX = 64 * 1024 };

struct slot { uint8_t hash[32]; X509 *cert; };
struct cert_cache { pthread_mutex_t lock; struct memo *infos; struct slot slots[SLOTS]; };

struct cert_cache *cert_cache_new(void)
{
    struct cert_cache *cache = heap_new(struct cert_cache);
    (void)pthread_mutex_init(&cache->lock, NULL);
    cache->infos = memo_new(SLOTS);
    return cache;
}

void cert_cache_free(struct cert_cache *cache)
{
    if (!cache) return;
    for (size_t i = 0; i < SLOTS; i++) X509_free(cache->slots[i].cert);
    memo_free(cache->infos);
    (void)pthread_mutex_destroy(&cache->lock);
    heap_free(cache);
}

static X509 *parse(struct str der)
{
    const unsigned char *p = ossl__bytes(der);
    if (der.n == 0 || der.n > INT32_MAX) return NULL;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    if (x && p == ossl__bytes(der) + der.n) return x;
    X509_free(x);
    ossl__forget();
    return NULL;
}

static struct slot *slot_of(struct cert_cache *cache, const uint8_t hash[static 32]) { return &cache->slots[(hash[0] << 8 | hash[1]) % SLOTS]; }

static X509 *find(struct cert_cache *cache, const uint8_t hash[static 32])
{
    X509 *found = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *s = slot_of(cache, hash);
    if (s->cert && memcmp(s->hash, hash, sizeof s->hash) == 0 && X509_up_ref(s->cert) == 1) found = s->cert;
    (void)pthread_mutex_unlock(&cache->lock);
    return found;
}

static void keep(struct cert_cache *cache, const uint8_t hash[static 32], X509 *cert)
{
    if (X509_up_ref(cert) != 1) return;
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *s = slot_of(cache, hash);
    X509 *old = s->cert;
    s->cert = cert;
    memcpy(s->hash, hash, sizeof s->hash);
    (void)pthread_mutex_unlock(&cache->lock);
    X509_free(old);
}

X509 *cert_cache_read(struct cert_cache *cache, struct str der)
{
    uint8_t hash[32];
    if (!cache) return parse(der);
    trust_sha256(der, hash);
    X509 *x = find(cache, hash);
    if (!x && (x = parse(der))) keep(cache, hash, x);
    return x;
}

/* ---- what is known about a certificate ---- */

/* The texts of an info, in one list so that they can be copied in a loop. */
enum { TEXTS = 10 };
static void list_texts(struct cert_info *i, struct str *ret[static TEXTS])
{
    struct str *const all[TEXTS] = { &i->subject_cn,   &i->serial_number,  &i->business_category, &i->country,        &i->organization,
                                     &i->unit,         &i->issuer_rfc4514, &i->subject_rfc4514,   &i->serial_decimal, &i->public_key };
    memcpy(ret, all, sizeof all);
}

bool cert_cache_info(struct cert_cache *cache, struct str der, struct arena *a, struct cert_info *ret)
{
    struct str *list[TEXTS], kept;
    if (!cache || !memo_find(cache->infos, a, &der, 1, &kept)) return false;
    memcpy(ret, kept.p, sizeof *ret);
    const char *texts = kept.p + sizeof *ret;
    list_texts(ret, list);
    for (size_t i = 0; i < TEXTS; i++) {
        list[i]->p = texts;
        texts += list[i]->n;
    }
    return true;
}

/* The texts are kept behind the info, one after the other. */
void cert_cache_keep_info(struct cert_cache *cache, struct str der, const struct cert_info *info)
{
    struct cert_info copy = *info;
    struct str *list[TEXTS];
    BUF b = buf_heap(INFO_MAX);
    if (!cache) return;
    list_texts(&copy, list);
    buf_put(&b, str_of(info, sizeof *info));
    for (size_t i = 0; i < TEXTS; i++) buf_put(&b, *list[i]);
    if (!b.failed) memo_keep(cache->infos, &der, 1, buf_str(&b));
}

X509 *trust__cert(const struct call *c, struct str der) { return cert_cache_read(c->app && c->app->trust ? c->app->trust->certs : NULL, der); }
