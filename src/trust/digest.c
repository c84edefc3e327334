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

static const struct { size_t size; const char *name; int nid; struct str uri; } digests[] = {
    [DIGEST_SHA1] = { 20, "SHA1", NID_sha1, STR_INIT("http://www.w3.org/2000/09/xmldsig#sha1") },
    [DIGEST_SHA256] = { 32, "SHA256", NID_sha256, STR_INIT("http://www.w3.org/2001/04/xmlenc#sha256") },
    [DIGEST_SHA384] = { 48, "SHA384", NID_sha384, STR_INIT("http://www.w3.org/2001/04/xmldsig-more#sha384") },
    [DIGEST_SHA512] = { 64, "SHA512", NID_sha512, STR_INIT("http://www.w3.org/2001/04/xmlenc#sha512") },
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

/* A digest on its way. */
struct hash { enum digest kind; union { SHA_CTX sha1; SHA256_CTX sha256; SHA512_CTX sha512; } of; };

static void begin(struct hash *h, enum digest kind)
{
    bool ok = false;
    h->kind = kind;
    switch (kind) {
    case DIGEST_SHA1: ok = SHA1_Init(&h->of.sha1) == 1; break;
    case DIGEST_SHA256: ok = SHA256_Init(&h->of.sha256) == 1; break;
    case DIGEST_SHA384: ok = SHA384_Init(&h->of.sha512) == 1; break;
    case DIGEST_SHA512: ok = SHA512_Init(&h->of.sha512) == 1; break;
    }
    need(ok);
}

static bool add(void *arg, struct str bytes)
{
    struct hash *h = arg;
    bool ok = false;
    switch (h->kind) {
    case DIGEST_SHA1: ok = SHA1_Update(&h->of.sha1, bytes.p, bytes.n) == 1; break;
    case DIGEST_SHA256: ok = SHA256_Update(&h->of.sha256, bytes.p, bytes.n) == 1; break;
    case DIGEST_SHA384: ok = SHA384_Update(&h->of.sha512, bytes.p, bytes.n) == 1; break;
    case DIGEST_SHA512: ok = SHA512_Update(&h->of.sha512, bytes.p, bytes.n) == 1; break;
    }
    need(ok);
    return true;
}

/* end: the digest; what was digested may be a secret, and is not left behind. */
static void end(struct hash *h, uint8_t *ret)
{
    bool ok = false;
    switch (h->kind) {
    case DIGEST_SHA1: ok = SHA1_Final(ret, &h->of.sha1) == 1; break;
    case DIGEST_SHA256: ok = SHA256_Final(ret, &h->of.sha256) == 1; break;
    case DIGEST_SHA384: ok = SHA384_Final(ret, &h->of.sha512) == 1; break;
    case DIGEST_SHA512: ok = SHA512_Final(ret, &h->of.sha512) == 1; break;
    }
    need(ok);
    OPENSSL_cleanse(&h->of, sizeof h->of);
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
