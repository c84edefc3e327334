/* digest.c: SHA-1 to SHA-512, their names in XML, and digests of what comes in pieces. Nothing here can be refused: a digest that cannot be
 * computed means a broken library, and the process ends. SHA-1 is computed (certificate ids of OCSP) but never accepted by name. An exchange makes two dozen digests of short
 * texts, between which the processor's caches fill with other things; there the way through EVP, which takes and wipes memory for each, costs four times the digest. So the
 * functions below it are called, which OpenSSL 3 calls deprecated, in this file alone. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "trust/trust.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/log.h"
#include "trust/ossl.h"

/* A digest on its way, and the library's steps for each kind of it in one shape. */
union context { SHA_CTX sha1; SHA256_CTX sha256; SHA512_CTX sha512; };
#define STEPS(name, of) \
    static int name##_begin(union context *x) { return name##_Init(&x->of); } \
    static int name##_add(union context *x, const void *bytes, size_t n) { return name##_Update(&x->of, bytes, n); } \
    static int name##_end(uint8_t *ret, union context *x) { return name##_Final(ret, &x->of); }
STEPS(SHA1, sha1)
STEPS(SHA256, sha256)
STEPS(SHA384, sha512)
STEPS(SHA512, sha512)

static const struct kind {
    size_t size;
    const char *name;
    int nid;
    int (*begin)(union context *x);
    int (*add)(union context *x, const void *bytes, size_t n);
    int (*end)(uint8_t *ret, union context *x);
    struct str uri;
} digests[] = {
    [DIGEST_SHA1] = { 20, "SHA1", NID_sha1, SHA1_begin, SHA1_add, SHA1_end, STR_INIT("http://www.w3.org/2000/09/xmldsig#sha1") },
    [DIGEST_SHA256] = { 32, "SHA256", NID_sha256, SHA256_begin, SHA256_add, SHA256_end, STR_INIT("http://www.w3.org/2001/04/xmlenc#sha256") },
    [DIGEST_SHA384] = { 48, "SHA384", NID_sha384, SHA384_begin, SHA384_add, SHA384_end, STR_INIT("http://www.w3.org/2001/04/xmldsig-more#sha384") },
    [DIGEST_SHA512] = { 64, "SHA512", NID_sha512, SHA512_begin, SHA512_add, SHA512_end, STR_INIT("http://www.w3.org/2001/04/xmlenc#sha512") },
};

/* For signatures. Fetched once, because looking an algorithm up by name costs more than a short digest. Constant afterwards. */
static EVP_MD *fetched[DIGEST_SHA512 + 1];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void need(bool ok)
{
    if (ok) return;
    log_line(LOG_ERROR, "trust", "digest.broken", STR(""));
    abort();
}

static void fetch(void)
{
    for (enum digest d = DIGEST_SHA1; d <= DIGEST_SHA512; d++) {
        fetched[d] = EVP_MD_fetch(NULL, digests[d].name, NULL);
        need(fetched[d] != NULL);
    }
}

const EVP_MD *trust__md(enum digest d)
{
    (void)pthread_once(&fetch_once, fetch);
    return fetched[d];
}

bool trust__digest_of_nid(int nid, enum digest *ret)
{
    for (enum digest d = DIGEST_SHA1; d <= DIGEST_SHA512; d++) {
        if (digests[d].nid != nid) continue;
        *ret = d;
        return true;
    }
    return false;
}

size_t digest_size(enum digest d) { return digests[d].size; }
struct str digest_uri(enum digest d) { return digests[d].uri; }

bool digest_of_uri(struct str uri, enum digest *ret)
{
    for (enum digest d = DIGEST_SHA256; d <= DIGEST_SHA512; d++) {
        if (!str_eq(uri, digests[d].uri)) continue;
        *ret = d;
        return true;
    }
    return false;
}

struct hash { const struct kind *kind; union context at; };

static void begin(struct hash *h, enum digest kind)
{
    h->kind = &digests[kind];
    need(h->kind->begin(&h->at) == 1);
}

static bool add(void *arg, struct str bytes)
{
    struct hash *h = arg;
    need(h->kind->add(&h->at, bytes.p, bytes.n) == 1);
    return true;
}

/* end: the digest; what was digested may be a secret, and is not left behind. */
static void end(struct hash *h, uint8_t *ret)
{
    need(h->kind->end(ret, &h->at) == 1);
    OPENSSL_cleanse(&h->at, sizeof h->at);
}

void trust__digest(enum digest d, struct str bytes, uint8_t *ret)
{
    struct hash h;
    begin(&h, d);
    (void)add(&h, bytes);
    end(&h, ret);
}

struct str trust_digest(struct arena *a, enum digest d, struct str bytes)
{
    uint8_t *out = (uint8_t *)arena_room(a, digests[d].size);
    trust__digest(d, bytes, out);
    return str_of(out, digests[d].size);
}

enum status trust_digest_extent(struct call *c, enum digest d, const struct extent *s, struct str *ret)
{
    uint8_t *out = arena_alloc(c->arena, digests[d].size, 1);
    struct hash h;
    begin(&h, d);
    bool whole = extent_walk(s, add, &h);
    end(&h, out);
    if (!whole) return call_fail(c, ST_UNAVAILABLE, "", "A large message could not be read back from the disk. Check the disk of this node and try again.");
    *ret = str_of(out, digests[d].size);
    return ST_OK;
}

void trust_sha1(struct str bytes, uint8_t ret[static 20]) { trust__digest(DIGEST_SHA1, bytes, ret); }
void trust_sha224(struct str bytes, uint8_t ret[static 28]) { need(EVP_Digest(bytes.p, bytes.n, ret, NULL, EVP_sha224(), NULL) == 1); }
void trust_sha256(struct str bytes, uint8_t ret[static 32]) { trust__digest(DIGEST_SHA256, bytes, ret); }
