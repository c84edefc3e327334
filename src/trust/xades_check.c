/* xades_check.c: judges a signature document against the parts received. Every element is taken from its one place and never looked up by Id, so
 * that nothing can be wrapped or moved; Ids are compared only to see that the references mean these very elements. Whatever is not in the
 * profile is refused: transforms, SHA-1, a second signature, exclusive canonicalisation. */
#include "trust/signature.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/time.h"
#include "base/xml.h"
#include "trust/hash_chain_int.h"
#include "trust/xades_int.h"
#include "trust/xades_quick.h"

enum { ELEMENTS_MAX = 2000, REFERENCES_MAX = XADES_PARTS_MAX + 1 };

#define MALFORMED(c, ...) call_fault(c, call_fail(c, ST_INVALID, "signature", __VA_ARGS__), STR("malformed_signature"))

/* The elements of the document, each at its place. */
struct parsed {
    struct call *c;
    struct xml_doc *doc;
    const struct xml *signature, *signed_info, *value, *cert, *properties, *unsigned_properties;
    struct str properties_id;
    struct sig_method method;
};

/* ---- structure ---- */

/* only: the single child of x, when it has this name. */
static const struct xml *only(const struct xml *x, const char *ns, const char *name)
{
    const struct xml *child = x ? xml_first(x) : NULL;
    return child && xml_is(child, ns, name) && !xml_next(child) ? child : NULL;
}

/* next_is: moves to the next element when it has this name. */
static bool next_is(const struct xml **at, const char *ns, const char *name)
{
    *at = *at ? xml_next(*at) : NULL;
    return *at && xml_is(*at, ns, name);
}

static bool find_signature(struct parsed *p)
{
    const struct xml *root = xml_root(p->doc);
    if (!xml_is(root, XADES_ASIC, "XAdESSignatures") && !xml_is(root, XADES_ASIC_OLD, "XAdESSignatures")) return false;
    p->signature = only(root, XADES_DS, "Signature");
    return p->signature;
}

static bool find_elements(struct parsed *p)
{
    const struct xml *at = xml_first(p->signature), *qualifying, *inner;
    if (!at || !xml_is(at, XADES_DS, "SignedInfo")) return false;
    p->signed_info = at;
    if (!next_is(&at, XADES_DS, "SignatureValue") || xml_first(at)) return false;
    p->value = at;
    if (!next_is(&at, XADES_DS, "KeyInfo")) return false;
    p->cert = only(only(at, XADES_DS, "X509Data"), XADES_DS, "X509Certificate");
    if (!p->cert || !next_is(&at, XADES_DS, "Object") || xml_next(at)) return false;
    qualifying = only(at, XADES_NS, "QualifyingProperties");
    inner = qualifying ? xml_first(qualifying) : NULL;
    if (!inner || !xml_is(inner, XADES_NS, "SignedProperties")) return false;
    p->properties = inner;
    if (!next_is(&inner, XADES_NS, "UnsignedProperties") || xml_next(inner)) return false;
    p->unsigned_properties = inner;
    struct str id = xml_attr(p->c->arena, p->signature, NULL, "Id"), target = xml_attr(p->c->arena, qualifying, NULL, "Target");
    p->properties_id = xml_attr(p->c->arena, p->properties, NULL, "Id");
    return id.n && p->properties_id.n && str_starts(target, STR("#")) && str_eq(str_skip(target, 1), id);
}

/* Ids are unique in the whole document, and it is small: counted, the quadratic search costs little. */
static enum status check_ids(struct parsed *p, const struct xml *x, size_t *count)
{
    for (; x; x = xml_next(x)) {
        struct str id = xml_attr(p->c->arena, x, NULL, "Id");
        if (++*count > ELEMENTS_MAX) return MALFORMED(p->c, "The signature document has more elements than any signature needs.");
        if (id.p && xml_count_attr(p->doc, "Id", id) != 1) return MALFORMED(p->c, "The signature document has two elements with the Id %s.", id);
        TRY(check_ids(p, xml_first(x), count));
    }
    return ST_OK;
}

static enum status read_methods(struct parsed *p, const struct xml **at)
{
    struct arena *a = p->c->arena;
    *at = xml_first(p->signed_info);
    if (!*at || !xml_is(*at, XADES_DS, "CanonicalizationMethod") || !str_eq(xml_attr(a, *at, NULL, "Algorithm"), STR(XADES_C14N)) || xml_first(*at))
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature is canonicalised in a way that is not accepted. Use inclusive C14N 1.0 without comments."),
                          STR("unsupported_algorithm"));
    if (!next_is(at, XADES_DS, "SignatureMethod") || xml_first(*at)) return MALFORMED(p->c, "The signature does not say how it was made.");
    struct str uri = xml_attr(a, *at, NULL, "Algorithm");
    if (!sig_method_of_uri(uri, &p->method) || p->method.digest == DIGEST_SHA1)
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature method %s is not accepted. Sign with RSA or ECDSA and SHA-256 or longer.", uri),
                          STR("unsupported_algorithm"));
    return ST_OK;
}

/* ---- references ---- */

struct reference { struct str uri, type; struct hash_link link; };

static enum status read_reference(struct parsed *p, const struct xml *x, struct reference *ret)
{
    struct arena *a = p->c->arena;
    const struct xml *first = xml_first(x);
    if (!xml_is(x, XADES_DS, "Reference")) return MALFORMED(p->c, "SignedInfo holds something else than references.");
    *ret = (struct reference){ .uri = xml_attr(a, x, NULL, "URI"), .type = xml_attr(a, x, NULL, "Type") };
    if (first && xml_is(first, XADES_DS, "Transforms"))
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature transforms %s before it is digested. Sign the parts as they are sent.", ret->uri),
                          STR("unsupported_algorithm"));
    if (!first || !hash_chain__read_digest(a, first, NULL, &ret->link))
        return MALFORMED(p->c, "The digest of the reference %s cannot be read, or its method is not accepted.", ret->uri);
    return ST_OK;
}

static enum status read_references(struct parsed *p, const struct xml *at, struct reference *refs, size_t *n)
{
    *n = 0;
    while ((at = xml_next(at))) {
        if (*n == REFERENCES_MAX) return MALFORMED(p->c, "The signature has more references than a message has parts.");
        TRY(read_reference(p, at, &refs[*n]));
        for (size_t i = 0; i < *n; i++)
            if (str_eq(refs[i].uri, refs[*n].uri)) return MALFORMED(p->c, "The signature refers twice to %s.", refs[i].uri);
        ++*n;
    }
    return ST_OK;
}

static bool is_properties(const struct parsed *p, const struct reference *r)
{
    return str_starts(r->uri, STR("#")) && str_eq(str_skip(r->uri, 1), p->properties_id) && str_eq(r->type, STR(XADES_PROPERTIES_TYPE));
}

static enum status wrong_digest(struct call *c, struct str what)
{
    return call_fault(c, call_fail(c, ST_INVALID, "signature", "The part %s is not the one that was signed.", what), STR("invalid_signature_value"));
}

static enum status check_properties_digest(struct parsed *p, const struct reference *r)
{
    struct str bytes;
    struct buf b = buf_in(p->c->arena, XADES_MAX);
    TRY(xml_c14n(p->c, p->doc, p->properties, &b));
    TRY(buf_finish(&b, &bytes));
    if (str_eq(trust_digest(p->c->arena, r->link.alg, bytes), r->link.digest)) return ST_OK;
    return wrong_digest(p->c, r->uri);
}

static enum status check_chain(struct parsed *p, const struct reference *r, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts)
{
    if (str_is_empty(doc->chain_result) || str_is_empty(doc->chain))
        return MALFORMED(p->c, "The signature refers to a hash chain, which was not sent. Send the parts hashchainresult and hashchain.");
    enum status st = hash_chain_check(p->c, doc->chain_result, doc->chain, parts, nparts);
    if (st != ST_OK) {
        p->c->error.fault = str_join(p->c->arena, STR("malformed_signature."), p->c->error.fault, STR_END);
        return st;
    }
    if (str_eq(trust_digest(p->c->arena, r->link.alg, doc->chain_result), r->link.digest)) return ST_OK;
    return wrong_digest(p->c, r->uri);
}

/* A reference straight to a part: it must have been received, with this digest. */
static enum status check_part(struct parsed *p, const struct reference *r, const struct signed_part *parts, size_t nparts)
{
    for (size_t i = 0; i < nparts; i++) {
        if (!str_eq(parts[i].name, r->uri)) continue;
        if (parts[i].alg == r->link.alg && str_eq(parts[i].digest, r->link.digest)) return ST_OK;
        return wrong_digest(p->c, r->uri);
    }
    if (!str_eq(r->uri, STR(XADES_MESSAGE)) && !str_starts(r->uri, STR("/attachment"))) return MALFORMED(p->c, "The signature refers to %s, which is no part of a message.", r->uri);
    return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature covers the part %s, which was not received.", r->uri), STR("invalid_reference"));
}

/* check_coverage: one reference to the signed properties and, beside it, either the chain alone or every part by itself. References differ from each
 * other and parts do too, so as many references as parts, each to a part, cover them all. */
static enum status check_coverage(struct parsed *p, const struct reference *refs, size_t nrefs, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts)
{
    size_t properties = 0, chains = 0, direct = 0;
    for (size_t i = 0; i < nrefs; i++) {
        if (is_properties(p, &refs[i])) {
            properties++;
            TRY(check_properties_digest(p, &refs[i]));
        } else if (str_eq(refs[i].uri, STR(XADES_CHAIN_RESULT))) {
            chains++;
            TRY(check_chain(p, &refs[i], doc, parts, nparts));
        } else {
            direct++;
            TRY(check_part(p, &refs[i], parts, nparts));
        }
    }
    if (properties != 1) return MALFORMED(p->c, "The signature does not refer to its own signed properties.");
    if (chains ? direct == 0 : direct == nparts) return ST_OK;
    return MALFORMED(p->c, "The signature does not cover exactly the parts that were received. Sign the message and every attachment.");
}

static enum status check_parts(struct parsed *p, const struct signed_part *parts, size_t nparts)
{
    if (nparts == 0 || nparts > XADES_PARTS_MAX) return MALFORMED(p->c, "A message has between 1 and 256 signed parts.");
    for (size_t i = 0; i < nparts; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(parts[i].name, parts[j].name)) return MALFORMED(p->c, "Two parts of the message have the same name %s.", parts[i].name);
    return ST_OK;
}

/* ---- facts ---- */

/* The certificate in KeyInfo must be the one that the signed properties name: else another with the same key could take its place. */
static bool cert_is_signed(struct parsed *p, struct str cert_der)
{
    const struct xml *at = xml_first(p->properties), *digest;
    struct hash_link link;
    if (!at || !xml_is(at, XADES_NS, "SignedSignatureProperties")) return false;
    at = xml_only_child(xml_only_child(at, XADES_NS, "SigningCertificate"), XADES_NS, "Cert");
    digest = xml_only_child(at, XADES_NS, "CertDigest");
    if (!digest || !xml_first(digest) || !hash_chain__read_digest(p->c->arena, xml_first(digest), NULL, &link)) return false;
    return str_eq(trust_digest(p->c->arena, link.alg, cert_der), link.digest);
}

static enum status read_facts(struct parsed *p, struct signature_facts *ret)
{
    struct arena *a = p->c->arena;
    const struct xml *at = xml_only_child(xml_first(p->properties), XADES_NS, "SigningTime");
    if (!at || !time_parse_ms(str_trim(xml_text(a, at)), &ret->signed_ms)) return MALFORMED(p->c, "The signature does not say when it was made.");
    if (!decode_base64(a, str_trim(xml_text(a, p->cert)), &ret->cert_der) || !cert_is_signed(p, ret->cert_der))
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The certificate sent with the signature is not the one that its signed properties name."),
                          STR("malformed_signature"));
    at = xml_only_child(p->unsigned_properties, XADES_NS, "UnsignedSignatureProperties");
    at = xml_child(xml_only_child(xml_only_child(at, XADES_NS, "RevocationValues"), XADES_NS, "OCSPValues"), XADES_NS, "EncapsulatedOCSPValue");
    if (!at || !decode_base64(a, str_trim(xml_text(a, at)), &ret->ocsp))
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature carries no OCSP response for its certificate. Ask the responder for one before signing."),
                          STR("missing_validation_info"));
    ret->method = p->method;
    return ST_OK;
}

static enum status check_value(struct parsed *p, struct str cert_der)
{
    struct str bytes, value;
    struct buf b = buf_in(p->c->arena, XADES_MAX);
    if (!decode_base64(p->c->arena, str_trim(xml_text(p->c->arena, p->value)), &value)) return MALFORMED(p->c, "The value of the signature is not base64.");
    TRY(xml_c14n(p->c, p->doc, p->signed_info, &b));
    TRY(buf_finish(&b, &bytes));
    enum status st = trust_verify_method(p->c, cert_der, p->method, true, bytes, value);
    return st == ST_OK ? ST_OK : call_fault(p->c, st, STR("invalid_signature_value"));
}

static enum status check_document(struct parsed *p, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    const struct xml *at = NULL;
    size_t count = 0, nrefs = 0;
    struct reference *refs = arena_array(p->c->arena, struct reference, REFERENCES_MAX);
    TRY(check_parts(p, parts, nparts));
    if (!find_signature(p)) return MALFORMED(p->c, "There is not exactly one signature in the document.");
    if (!find_elements(p)) return MALFORMED(p->c, "The signature document is not laid out as the profile says.");
    TRY(check_ids(p, xml_root(p->doc), &count));
    TRY(read_methods(p, &at));
    TRY(read_references(p, at, refs, &nrefs));
    TRY(read_facts(p, ret));
    TRY(check_coverage(p, refs, nrefs, doc, parts, nparts));
    return check_value(p, ret->cert_der);
}

enum status xades__check_thoroughly(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    XML_DOC d = NULL;
    struct signature_facts facts = { 0 };
    if (doc->xml.n > XADES_MAX) return MALFORMED(c, "The signature document is larger than one megabyte.");
    enum status st = xml_parse(c, doc->xml, &d);
    if (st != ST_OK) return call_fault(c, st, STR("malformed_signature.invalid_xml"));
    struct parsed p = { .c = c, .doc = d };
    TRY(check_document(&p, doc, parts, nparts, &facts));
    *ret = facts;
    return ST_OK;
}

enum status signature_check(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    if (doc->xml.n <= XADES_MAX && xades__quick_check(c, doc, parts, nparts, ret)) return ST_OK;
    return xades__check_thoroughly(c, doc, parts, nparts, ret);
}
