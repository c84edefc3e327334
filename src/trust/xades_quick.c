/* xades_quick.c: signature documents that read as our own template, judged without an XML parser: canonical forms are stretches of the document behind a known
 * beginning. All that the thorough judge demands is demanded here; only what it finds by parsing is known from the template. */
#include "trust/xades_quick.h"

#include "base/encode.h"
#include "base/memo.h"
#include "base/time.h"
#include "trust/trust_int.h"
#include "trust/xades_template.h"

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

/* refers: the one reference beside the signed properties means either the only part, or the result of a chain. */
static bool refers(struct call *c, const struct xades_text *t, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts)
{
    struct str uri = t->fields[XADES_URI], digest;
    enum digest alg;
    if (!read_digest(c->arena, t->fields[XADES_ALG], t->fields[XADES_DIGEST], &alg, &digest)) return false;
    if (str_eq(uri, STR(XADES_CHAIN_RESULT))) return doc->chain.n && str_eq(trust_digest(c->arena, alg, doc->chain_result), digest);
    return !doc->chain.n && nparts == 1 && str_eq(uri, STR(XADES_MESSAGE)) && str_eq(parts->name, uri) && parts->alg == alg && str_eq(parts->digest, digest);
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

static bool check_document(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    struct xades_text t;
    struct signature_facts facts = { 0 };
    if (!xades__read_template(doc->xml, &t) || !read_facts(c->arena, &t, &facts) || !refers(c, &t, doc, parts, nparts) || !is_consistent(c, &t, &facts)) return false;
    *ret = facts;
    return true;
}

/* ---- the document of a batch ---- */

/* The messages of a batch share document and chain result. That those two are good, and what they say, is a property of their bytes alone. */
struct kept { int64_t signed_ms; struct sig_method method; size_t ncert; }; /* behind it the certificate and its status answer */

static bool recall(struct memo *m, struct call *c, const struct str both[static 2], struct memo_turn *turn, struct signature_facts *ret)
{
    struct str text;
    struct kept k;
    if (!memo_find_or_wait(m, c->arena, both, 2, turn, &text)) return false;
    memcpy(&k, text.p, sizeof k);
    text = str_skip(text, sizeof k);
    *ret = (struct signature_facts){ .cert_der = str_first(text, k.ncert), .ocsp = str_skip(text, k.ncert), .signed_ms = k.signed_ms, .method = k.method };
    return true;
}

static void keep(struct memo *m, struct call *c, const struct str both[static 2], const struct signature_facts *f)
{
    const struct kept k = { f->signed_ms, f->method, f->cert_der.n };
    if (m) memo_keep(m, both, 2, str_join(c->arena, str_of(&k, sizeof k), f->cert_der, f->ocsp, STR_END));
}

bool xades__quick_check(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    struct memo *known = c->app && c->app->trust ? c->app->trust->verified : NULL;
    const struct str both[] = { doc->chain_result, doc->xml };
    struct signature_facts facts;
    if (!doc->chain.n) return check_document(c, doc, parts, nparts, ret); /* a document that stands alone does not come twice */
    if (!hash_chain__quick_check(c, doc->chain_result, doc->chain, parts, nparts)) return false;
    MEMO_TURN turn = { 0 }; /* the messages of a batch come together: the first is judged, the others wait for it */
    if (!recall(known, c, both, &turn, &facts)) {
        if (!check_document(c, doc, parts, nparts, &facts)) return false;
        keep(known, c, both, &facts);
    }
    *ret = facts;
    return true;
}
