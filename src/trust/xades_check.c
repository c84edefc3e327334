/* xades_check.c: judges a signature document against the parts received, or against the files of a container. Every element is taken from its one place and never
 * looked up by Id, so that nothing can be wrapped or moved; Ids are compared only to see that the references mean these very elements. Two forms are known: X-Road's
 * up to version 7, and the one of version 8, where the signature is the root and canonicalisation is exclusive. Whatever else is not in the profile is refused:
 * transforms of a part, SHA-1, a second signature. */
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
    enum c14n { C14N_INCLUSIVE, C14N_EXCLUSIVE } form;
};

/* What the signature is held against: the parts of a message, or the files of a container. */
struct against { const struct signature_doc *doc; const struct signed_part *parts; size_t nparts; const struct asic *files; struct covered *covered; bool *uses_chain; /* of a container */ };

static bool read_form(struct arena *a, const struct xml *x, enum c14n *ret)
{
    struct str uri = xml_attr(a, x, NULL, "Algorithm");
    *ret = str_eq(uri, STR(XADES_C14N_EXCLUSIVE)) ? C14N_EXCLUSIVE : C14N_INCLUSIVE;
    return (*ret == C14N_EXCLUSIVE || str_eq(uri, STR(XADES_C14N))) && !xml_first(x);
}

static enum status canonical_bytes(struct parsed *p, enum c14n form, const struct xml *x, struct str *ret)
{
    struct buf b = buf_in(p->c->arena, XADES_MAX);
    TRY(form == C14N_EXCLUSIVE ? xml_c14n_exclusive(p->c, p->doc, x, &b) : xml_c14n(p->c, p->doc, x, &b));
    return buf_finish(&b, ret);
}

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
    if (xml_is(root, XADES_DS, "Signature")) {
        p->signature = root;
        return true;
    }
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
    if (!*at || !xml_is(*at, XADES_DS, "CanonicalizationMethod") || !read_form(a, *at, &p->form))
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature is canonicalised in a way that is not accepted. Use C14N 1.0 without comments, inclusive or exclusive."),
                          STR("unsupported_algorithm"));
    if (!next_is(at, XADES_DS, "SignatureMethod") || xml_first(*at)) return MALFORMED(p->c, "The signature does not say how it was made.");
    struct str uri = xml_attr(a, *at, NULL, "Algorithm");
    if (!sig_method_of_uri(uri, &p->method) || p->method.digest == DIGEST_SHA1)
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature method %s is not accepted. Sign with RSA or ECDSA and SHA-256 or longer.", uri),
                          STR("unsupported_algorithm"));
    return ST_OK;
}

/* ---- references ---- */

struct reference { struct str uri, type; enum c14n form; /* of the signed properties */ struct hash_link link; };

static enum status transformed(struct parsed *p, struct str uri)
{
    return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature transforms %s before it is digested. Sign the parts as they are sent.", uri), STR("unsupported_algorithm"));
}

/* read_transform: one canonicalisation, and only of the signed properties: XML that stands in the document itself. */
static bool read_transform(struct parsed *p, const struct xml *transforms, struct reference *r)
{
    const struct xml *only_one = only(transforms, XADES_DS, "Transform");
    return str_starts(r->uri, STR("#")) && only_one && read_form(p->c->arena, only_one, &r->form);
}

static enum status read_reference(struct parsed *p, const struct xml *x, struct reference *ret)
{
    struct arena *a = p->c->arena;
    const struct xml *first = xml_first(x);
    if (!xml_is(x, XADES_DS, "Reference")) return MALFORMED(p->c, "SignedInfo holds something else than references.");
    *ret = (struct reference){ .uri = xml_attr(a, x, NULL, "URI"), .type = xml_attr(a, x, NULL, "Type") };
    if (first && xml_is(first, XADES_DS, "Transforms")) {
        if (!read_transform(p, first, ret)) return transformed(p, ret->uri);
        first = xml_next(first);
    }
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
    TRY(canonical_bytes(p, r->form, p->properties, &bytes));
    if (str_eq(trust_digest(p->c->arena, r->link.alg, bytes), r->link.digest)) return ST_OK;
    return wrong_digest(p->c, r->uri);
}

static enum status check_chain(struct parsed *p, const struct reference *r, const struct against *of)
{
    const struct asic_entry *file = of->files ? asic_find(of->files, STR(ASIC_CHAIN_RESULT)) : NULL;
    struct str result = of->files ? file ? file->bytes : STR("") : of->doc->chain_result;
    if (str_is_empty(result) || (!of->files && str_is_empty(of->doc->chain)))
        return MALFORMED(p->c, "The signature refers to a hash chain, which was not sent. Send the parts hashchainresult and hashchain.");
    enum status st = of->files ? hash_chain_check_files(p->c, result, of->files, of->covered) : hash_chain_check(p->c, result, of->doc->chain, of->parts, of->nparts);
    if (st != ST_OK) {
        p->c->error.fault = str_join(p->c->arena, STR("malformed_signature."), p->c->error.fault, STR_END);
        return st;
    }
    if (str_eq(trust_digest(p->c->arena, r->link.alg, result), r->link.digest)) return ST_OK;
    return wrong_digest(p->c, r->uri);
}

/* check_file: a file of the container; one that it does not hold is told, not refused. */
static enum status check_file(struct parsed *p, const struct reference *r, const struct against *of)
{
    const struct asic_entry *file = asic_find_uri(of->files, r->uri);
    if (file && !str_eq(trust_digest(p->c->arena, r->link.alg, file->bytes), r->link.digest)) return wrong_digest(p->c, r->uri);
    return covered_add(of->covered, r->uri, r->link.alg, r->link.digest, file) ? ST_OK : MALFORMED(p->c, "The signature has more references than a message has parts.");
}

/* A reference straight to a part: it must have been received, with this digest. */
static enum status check_part(struct parsed *p, const struct reference *r, const struct against *of)
{
    if (!str_eq(r->uri, STR(XADES_MESSAGE)) && !asic_is_attachment(r->uri)) return MALFORMED(p->c, "The signature refers to %s, which is no part of a message.", r->uri);
    if (of->files) return check_file(p, r, of);
    for (size_t i = 0; i < of->nparts; i++) {
        if (!str_eq(of->parts[i].name, r->uri)) continue;
        if (of->parts[i].alg == r->link.alg && str_eq(of->parts[i].digest, r->link.digest)) return ST_OK;
        return wrong_digest(p->c, r->uri);
    }
    return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature covers the part %s, which was not received.", r->uri), STR("invalid_reference"));
}

/* covers_files: the message and every attachment that the container holds. */
static bool covers_files(struct parsed *p, const struct against *of)
{
    bool all = covered_find(of->covered, STR(XADES_MESSAGE));
    for (size_t i = 0; i < of->files->n; i++) {
        struct str uri = asic_uri(p->c->arena, &of->files->entries[i]);
        all = all && (!asic_is_attachment(uri) || covered_find(of->covered, uri));
    }
    return all;
}

/* check_coverage: one reference to the signed properties and, beside it, either the chain alone or every part by itself. References differ from each
 * other and parts do too, so as many references as parts, each to a part, cover them all. */
static enum status check_coverage(struct parsed *p, const struct reference *refs, size_t nrefs, const struct against *of)
{
    size_t properties = 0, chains = 0, direct = 0;
    for (size_t i = 0; i < nrefs; i++) {
        if (is_properties(p, &refs[i])) {
            properties++;
            TRY(check_properties_digest(p, &refs[i]));
        } else if (str_eq(refs[i].uri, STR(XADES_CHAIN_RESULT))) {
            chains++;
            TRY(check_chain(p, &refs[i], of));
        } else {
            direct++;
            TRY(check_part(p, &refs[i], of));
        }
    }
    if (of->files) *of->uses_chain = chains > 0;
    if (properties != 1) return MALFORMED(p->c, "The signature does not refer to its own signed properties.");
    if (chains ? direct == 0 : of->files ? covers_files(p, of) : direct == of->nparts) return ST_OK;
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
    const struct xml *named = xml_only_child(at, XADES_NS, "SigningCertificate"), *named_v2 = xml_only_child(at, XADES_NS, "SigningCertificateV2"); /* of EN 319 132 */
    if (named && named_v2) return false;
    at = xml_only_child(named ? named : named_v2, XADES_NS, "Cert");
    digest = xml_only_child(at, XADES_NS, "CertDigest");
    if (!digest || !xml_first(digest) || !hash_chain__read_digest(p->c->arena, xml_first(digest), NULL, &link)) return false;
    return str_eq(trust_digest(p->c->arena, link.alg, cert_der), link.digest);
}

/* read_carried: the values from this element on that have its name; what is no base64 is left out, since nobody signed it. */
static size_t read_carried(struct arena *a, const struct xml *from, const char *name, const struct str **ret)
{
    struct str *list = arena_array(a, struct str, SIGNATURE_CARRIED_MOST);
    size_t n = 0;
    for (const struct xml *x = from; x && n < SIGNATURE_CARRIED_MOST; x = xml_next(x))
        if (xml_is(x, XADES_NS, name) && decode_base64(a, str_trim(xml_text(a, x)), &list[n])) n++;
    *ret = list;
    return n;
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
    const struct xml *values = xml_only_child(at, XADES_NS, "CertificateValues");
    if (values) ret->nchain = read_carried(a, xml_first(values), "EncapsulatedX509Certificate", &ret->chain);
    at = xml_child(xml_only_child(xml_only_child(at, XADES_NS, "RevocationValues"), XADES_NS, "OCSPValues"), XADES_NS, "EncapsulatedOCSPValue");
    if (!at || !decode_base64(a, str_trim(xml_text(a, at)), &ret->ocsp))
        return call_fault(p->c, call_fail(p->c, ST_INVALID, "signature", "The signature carries no OCSP response for its certificate. Ask the responder for one before signing."),
                          STR("missing_validation_info"));
    ret->nmore_ocsp = read_carried(a, xml_next(at), "EncapsulatedOCSPValue", &ret->more_ocsp);
    ret->method = p->method;
    return ST_OK;
}

static enum status check_value(struct parsed *p, struct str cert_der)
{
    struct str bytes, value;
    if (!decode_base64(p->c->arena, str_trim(xml_text(p->c->arena, p->value)), &value)) return MALFORMED(p->c, "The value of the signature is not base64.");
    TRY(canonical_bytes(p, p->form, p->signed_info, &bytes));
    enum status st = trust_verify_method(p->c, cert_der, p->method, true, bytes, value);
    return st == ST_OK ? ST_OK : call_fault(p->c, st, STR("invalid_signature_value"));
}

static enum status check_document(struct parsed *p, const struct against *of, struct signature_facts *ret)
{
    const struct xml *at = NULL;
    size_t count = 0, nrefs = 0;
    struct reference *refs = arena_array(p->c->arena, struct reference, REFERENCES_MAX);
    if (!of->files) TRY(check_parts(p, of->parts, of->nparts));
    if (!find_signature(p)) return MALFORMED(p->c, "There is not exactly one signature in the document.");
    if (!find_elements(p)) return MALFORMED(p->c, "The signature document is not laid out as the profile says.");
    TRY(check_ids(p, xml_root(p->doc), &count));
    TRY(read_methods(p, &at));
    TRY(read_references(p, at, refs, &nrefs));
    TRY(read_facts(p, ret));
    TRY(check_coverage(p, refs, nrefs, of));
    return check_value(p, ret->cert_der);
}

static enum status open_document(struct call *c, struct str xml, struct xml_doc **ret)
{
    if (xml.n > XADES_MAX) return MALFORMED(c, "The signature document is larger than one megabyte.");
    enum status st = xml_parse(c, xml, ret);
    return st == ST_OK ? ST_OK : call_fault(c, st, STR("malformed_signature.invalid_xml"));
}

enum status xades__check_thoroughly(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    XML_DOC d = NULL;
    struct signature_facts facts = { 0 };
    TRY(open_document(c, doc->xml, &d));
    struct parsed p = { .c = c, .doc = d };
    TRY(check_document(&p, &(struct against){ .doc = doc, .parts = parts, .nparts = nparts }, &facts));
    *ret = facts;
    return ST_OK;
}

enum status signature_check(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret)
{
    if (doc->xml.n <= XADES_MAX && xades__quick_check(c, doc, parts, nparts, ret)) return ST_OK;
    return xades__check_thoroughly(c, doc, parts, nparts, ret);
}

/* ---- containers ---- */

bool covered_add(struct covered *v, struct str uri, enum digest alg, struct str digest, bool is_present)
{
    if (covered_find(v, uri)) return true; /* a chain may refer to a part twice: each time it was compared */
    if (v->n == COVERED_MOST) return false;
    v->list[v->n++] = (struct covered_part){ uri, alg, digest, is_present };
    return true;
}

const struct covered_part *covered_find(const struct covered *v, struct str uri)
{
    for (size_t i = 0; i < v->n; i++)
        if (str_eq(v->list[i].uri, uri)) return &v->list[i];
    return NULL;
}

enum status signature_check_files(struct call *c, const struct asic *files, struct container_signature *ret)
{
    XML_DOC d = NULL;
    const struct asic_entry *file = asic_find(files, STR(ASIC_SIGNATURES));
    struct container_signature *s = arena_new(c->arena, struct container_signature);
    s->covered = (struct covered){ .needed = STR(XADES_MESSAGE), .all_attachments = true };
    TRY(open_document(c, file ? file->bytes : STR(""), &d));
    struct parsed p = { .c = c, .doc = d };
    TRY(check_document(&p, &(struct against){ .files = files, .covered = &s->covered, .uses_chain = &s->uses_chain }, &s->facts));
    *ret = *s;
    return ST_OK;
}

static bool refers_to_message(struct parsed *p)
{
    for (const struct xml *x = xml_first(p->signed_info); x; x = xml_next(x)) {
        struct str uri = xml_attr(p->c->arena, x, NULL, "URI");
        if (str_eq(uri, STR(XADES_MESSAGE)) || str_eq(uri, STR(XADES_CHAIN_RESULT))) return true;
    }
    return false;
}

enum status signature_read_stamp(struct call *c, struct str xml, struct str *ret_value, struct str *ret_stamp)
{
    XML_DOC d = NULL;
    TRY(open_document(c, xml, &d));
    struct parsed p = { .c = c, .doc = d };
    if (!find_signature(&p) || !find_elements(&p)) return MALFORMED(c, "The signature document is not laid out as the profile says.");
    if (!refers_to_message(&p)) return MALFORMED(c, "The signature is for something else than the message.");
    if (!decode_base64(c->arena, str_trim(xml_text(c->arena, p.value)), ret_value)) return MALFORMED(c, "The value of the signature is not base64.");
    *ret_stamp = STR("");
    const struct xml *properties = xml_only_child(p.unsigned_properties, XADES_NS, "UnsignedSignatureProperties");
    if (!xml_child(properties, XADES_NS, "SignatureTimeStamp")) return ST_OK;
    const struct xml *token = xml_only_child(xml_only_child(properties, XADES_NS, "SignatureTimeStamp"), XADES_NS, "EncapsulatedTimeStamp");
    if (token && decode_base64(c->arena, str_trim(xml_text(c->arena, token)), ret_stamp)) return ST_OK;
    return MALFORMED(c, "The time-stamp in the signature document cannot be read, or there are two of them.");
}
