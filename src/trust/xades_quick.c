/* xades_quick.c: signature documents that read as our own template, judged without an XML parser: canonical forms are stretches of the document behind a known
 * beginning. All that the thorough judge demands is demanded here; only what it finds by parsing is known from the template. */
#include "trust/xades_quick.h"

#include <pthread.h>

#include "base/encode.h"
#include "base/time.h"
#include "trust/trust_int.h"
#include "trust/xades_template.h"

enum { VERIFIED_SLOTS = 1024, HASH = 32 };

struct verified { pthread_mutex_t lock; uint8_t slots[VERIFIED_SLOTS][HASH]; };

struct verified *verified_new(void)
{
    struct verified *v = heap_new(struct verified);
    (void)pthread_mutex_init(&v->lock, NULL);
    return v;
}

void verified_free(struct verified *v)
{
    if (!v) return;
    (void)pthread_mutex_destroy(&v->lock);
    heap_free(v);
}

static uint8_t *slot_of(struct verified *v, const uint8_t hash[static HASH]) { return v->slots[(hash[0] | hash[1] << 8) % VERIFIED_SLOTS]; }

bool verified_has(struct verified *v, const uint8_t hash[static HASH])
{
    (void)pthread_mutex_lock(&v->lock);
    bool found = memcmp(slot_of(v, hash), hash, HASH) == 0;
    (void)pthread_mutex_unlock(&v->lock);
    return found;
}

void verified_keep(struct verified *v, const uint8_t hash[static HASH])
{
    (void)pthread_mutex_lock(&v->lock);
    memcpy(slot_of(v, hash), hash, HASH);
    (void)pthread_mutex_unlock(&v->lock);
}

/* ---- one document ---- */

static bool read_digest(struct arena *a, struct str alg_uri, struct str text, enum digest *alg, struct str *ret)
{
    return digest_of_uri(alg_uri, alg) && *alg != DIGEST_SHA1 && decode_base64(a, text, ret) && ret->n == digest_size(*alg);
}

/* digest_is: do these bytes have the digest that the two fields tell? */
static bool digest_is(struct arena *a, const struct xades_text *t, enum xades_field alg_field, struct str bytes)
{
    enum digest alg;
    struct str digest;
    return read_digest(a, t->fields[alg_field], t->fields[alg_field + 1], &alg, &digest) && str_eq(trust_digest(a, alg, bytes), digest);
}

static bool read_facts(struct arena *a, const struct xades_text *t, struct signature_facts *ret)
{
    return time_parse_ms(t->fields[XADES_TIME], &ret->signed_ms) && sig_method_of_uri(t->fields[XADES_METHOD], &ret->method) && ret->method.digest != DIGEST_SHA1 &&
           decode_base64(a, t->fields[XADES_CERT], &ret->cert_der) && decode_base64(a, t->fields[XADES_OCSP], &ret->ocsp);
}

/* covers: the one reference beside the signed properties means either the only part, or a chain that covers all parts. */
static bool covers(struct call *c, const struct xades_text *t, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts)
{
    struct str uri = t->fields[XADES_URI], digest;
    enum digest alg;
    if (!read_digest(c->arena, t->fields[XADES_ALG], t->fields[XADES_DIGEST], &alg, &digest)) return false;
    if (str_eq(uri, STR(XADES_CHAIN_RESULT)))
        return doc->chain.n && str_eq(trust_digest(c->arena, alg, doc->chain_result), digest) && hash_chain__quick_check(c, doc->chain_result, doc->chain, parts, nparts);
    return nparts == 1 && str_eq(uri, STR(XADES_MESSAGE)) && str_eq(parts->name, uri) && parts->alg == alg && str_eq(parts->digest, digest);
}

/* is_consistent: what depends on the document alone: digest of the signed properties, digest of the certificate in them, value of the signature. */
static bool is_consistent(struct call *c, const struct xades_text *t, const struct signature_facts *f)
{
    struct arena *a = c->arena;
    struct str value;
    if (!digest_is(a, t, XADES_PROPERTIES_ALG, str_join(a, STR(XADES_PROPERTIES_OPEN XADES_NAMESPACES), t->sections[XADES_PROPERTIES], STR_END))) return false;
    if (!digest_is(a, t, XADES_CERT_ALG, f->cert_der) || !decode_base64(a, t->fields[XADES_VALUE], &value)) return false;
    struct str signed_info = str_join(a, STR(XADES_INFO_OPEN XADES_NAMESPACES), t->sections[XADES_INFO], STR_END);
    if (trust_verify_method(c, f->cert_der, f->method, true, signed_info, value) == ST_OK) return true;
    call_clear(c);
    return false;
}

bool xades__quick_check(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    struct xades_text t;
    struct signature_facts facts = { 0 };
    uint8_t hash[HASH];
    struct verified *known = c->app && c->app->trust ? c->app->trust->verified : NULL;
    if (!xades__read_template(doc->xml, &t) || !read_facts(c->arena, &t, &facts) || !covers(c, &t, doc, parts, nparts)) return false;
    bool shared = known && doc->chain.n; /* a document that stands alone does not come twice */
    if (shared) trust_sha256(doc->xml, hash);
    if (!shared || !verified_has(known, hash)) {
        if (!is_consistent(c, &t, &facts)) return false;
        if (shared) verified_keep(known, hash);
    }
    *ret = facts;
    return true;
}
