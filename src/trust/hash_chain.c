/* hash_chain.c: judges a hash chain (x-road 3.8). The walk starts at the step that the result names and follows references; a step may be
 * entered once, so that no chain is cyclic or grows beyond its own length, and what the walk does not reach covers nothing. */
#include "trust/hash_chain_int.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/xml.h"

enum { CHAIN_MAX = 1024 * 1024, STEPS_MAX = 256, CHILDREN_MAX = 1024, DEPTH_MAX = 40, DER_MAX = CHILDREN_MAX * 192 };

#define MALFORMED(c, ...) call_fault(c, call_fail(c, ST_INVALID, "signature", __VA_ARGS__), STR("malformed_hash_chain"))

/* ---- the value of a step ---- */

static void der_head(struct buf *b, uint8_t tag, size_t n)
{
    buf_put_c(b, (char)tag);
    if (n >= 0x10000) {
        buf_put_c(b, (char)0x83);
        buf_put_c(b, (char)(n >> 16));
    } else if (n >= 0x100) {
        buf_put_c(b, (char)0x82);
    } else if (n >= 0x80) {
        buf_put_c(b, (char)0x81);
    }
    if (n >= 0x100) buf_put_c(b, (char)(n >> 8));
    buf_put_c(b, (char)n);
}

static void der_value(struct buf *b, uint8_t tag, struct str bytes)
{
    der_head(b, tag, bytes.n);
    buf_put(b, bytes);
}

enum { DER_OCTETS = 0x04, DER_UTF8 = 0x0c, DER_SEQUENCE = 0x30 };

static void der_link(struct buf *b, struct arena *a, const struct hash_link *link)
{
    struct buf inner = buf_in(a, 512);
    der_value(&inner, DER_OCTETS, link->digest);
    der_value(&inner, DER_UTF8, digest_uri(link->alg));
    der_value(&inner, DER_SEQUENCE, STR("")); /* transforms: always empty */
    der_value(b, DER_SEQUENCE, buf_str(&inner));
}

enum status hash_chain__step_value(struct call *c, enum digest alg, const struct hash_link *links, size_t n, struct str *ret)
{
    struct buf inner = buf_in(c->arena, DER_MAX), der = buf_in(c->arena, DER_MAX + 8);
    struct str bytes;
    for (size_t i = 0; i < n; i++) der_link(&inner, c->arena, &links[i]);
    TRY(buf_finish(&inner, &bytes));
    der_value(&der, DER_SEQUENCE, bytes);
    TRY(buf_finish(&der, &bytes));
    *ret = trust_digest(c->arena, alg, bytes);
    return ST_OK;
}

/* ---- reading ---- */

static bool read_algorithm(struct arena *a, const struct xml *method, enum digest *ret)
{
    enum digest alg;
    if (!digest_of_uri(xml_attr(a, method, NULL, "Algorithm"), &alg) || alg == DIGEST_SHA1 || xml_first(method)) return false;
    *ret = alg;
    return true;
}

bool hash_chain__read_digest(struct arena *a, const struct xml *first, const enum digest *fallback, struct hash_link *ret)
{
    const struct xml *at = first;
    struct hash_link link = { .alg = fallback ? *fallback : DIGEST_SHA1 };
    if (xml_is(at, HASH_CHAIN_DS, "DigestMethod")) {
        if (!read_algorithm(a, at, &link.alg)) return false;
        at = xml_next(at);
    }
    if (link.alg == DIGEST_SHA1 || !xml_is(at, HASH_CHAIN_DS, "DigestValue") || xml_first(at) || xml_next(at)) return false;
    if (!decode_base64(a, xml_text(a, at), &link.digest) || link.digest.n != digest_size(link.alg)) return false;
    *ret = link;
    return true;
}

struct step { struct str id; const struct xml *xml; bool entered; };

struct walk {
    struct call *c;
    struct str file;                /* "/sig-hashchain.xml": the only file that references may name */
    enum digest alg;                /* DefaultDigestMethod */
    struct step steps[STEPS_MAX];
    size_t nsteps;
    const struct signed_part *parts;
    size_t nparts;
    bool *covered;                  /* one for each part */
};

static enum status read_steps(struct walk *w, const struct xml *root)
{
    const struct xml *x = xml_first(root);
    if (!xml_is(root, HASH_CHAIN_NS, "HashChain") || !xml_is(x, HASH_CHAIN_NS, "DefaultDigestMethod") || !read_algorithm(w->c->arena, x, &w->alg))
        return MALFORMED(w->c, "The hash chain does not begin with a digest method that is accepted (SHA-256, SHA-384, SHA-512).");
    while ((x = xml_next(x))) {
        struct step step = { .id = xml_attr(w->c->arena, x, NULL, "id"), .xml = x };
        if (!xml_is(x, HASH_CHAIN_NS, "HashStep") || str_is_empty(step.id) || !xml_first(x) || w->nsteps == STEPS_MAX)
            return MALFORMED(w->c, "The hash chain holds something else than steps with an id, or too many of them.");
        for (size_t i = 0; i < w->nsteps; i++)
            if (str_eq(w->steps[i].id, step.id)) return MALFORMED(w->c, "Two steps of the hash chain have the same id %s.", step.id);
        w->steps[w->nsteps++] = step;
    }
    return ST_OK;
}

/* find_step: "[file]#id". */
static enum status find_step(struct walk *w, struct str uri, struct step **ret)
{
    struct str file, id = uri;
    if (!str_cut(&id, '#', &file) || (file.n && !str_eq(file, w->file)))
        return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The hash chain refers to %s, which was not sent with it.", uri), STR("invalid_reference"));
    for (size_t i = 0; i < w->nsteps; i++)
        if (str_eq(w->steps[i].id, id)) {
            *ret = &w->steps[i];
            return ST_OK;
        }
    return MALFORMED(w->c, "The hash chain names the step %s, which it does not hold.", id);
}

static enum status data_ref(struct walk *w, const struct xml *x, struct hash_link *ret)
{
    struct str uri = xml_attr(w->c->arena, x, NULL, "URI");
    if (xml_child(x, HASH_CHAIN_NS, "Transforms") || xml_child(x, HASH_CHAIN_DS, "Transforms"))
        return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The hash chain transforms %s before it is digested. Sign the parts as they are sent.", uri),
                          STR("unsupported_algorithm"));
    if (!hash_chain__read_digest(w->c->arena, xml_first(x), &w->alg, ret)) return MALFORMED(w->c, "The digest of %s in the hash chain cannot be read.", uri);
    bool known = false;
    for (size_t i = 0; i < w->nparts; i++) {
        if (!str_eq(w->parts[i].name, uri)) continue;
        if (w->parts[i].alg != ret->alg || !str_eq(w->parts[i].digest, ret->digest))
            return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The part %s is not the one that was signed.", uri), STR("invalid_hash_chain_ref"));
        w->covered[i] = known = true;
    }
    if (known) return ST_OK;
    return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The signature covers the part %s, which was not received.", uri), STR("invalid_reference"));
}

static enum status step_value(struct walk *w, struct str uri, int depth, struct str *ret);

static enum status step_ref(struct walk *w, const struct xml *x, int depth, struct hash_link *ret)
{
    const struct xml *method = xml_first(x);
    ret->alg = w->alg;
    if (method && (!xml_is(method, HASH_CHAIN_DS, "DigestMethod") || xml_next(method) || !read_algorithm(w->c->arena, method, &ret->alg)))
        return MALFORMED(w->c, "A step of the hash chain names a digest method that is not accepted.");
    if (ret->alg != w->alg) return MALFORMED(w->c, "A step of the hash chain is digested in another way than the chain says.");
    return step_value(w, xml_attr(w->c->arena, x, NULL, "URI"), depth + 1, &ret->digest);
}

static enum status child_value(struct walk *w, const struct xml *x, int depth, struct hash_link *ret)
{
    if (xml_is(x, HASH_CHAIN_NS, "DataRef")) return data_ref(w, x, ret);
    if (xml_is(x, HASH_CHAIN_NS, "StepRef")) return step_ref(w, x, depth, ret);
    if (xml_is(x, HASH_CHAIN_NS, "HashValue") && hash_chain__read_digest(w->c->arena, xml_first(x), &w->alg, ret)) return ST_OK;
    return MALFORMED(w->c, "A step of the hash chain holds something that is no digest and no reference.");
}

static enum status step_value(struct walk *w, struct str uri, int depth, struct str *ret)
{
    struct step *step = NULL;
    size_t n = 0;
    TRY(find_step(w, uri, &step));
    if (step->entered || depth > DEPTH_MAX) return MALFORMED(w->c, "The steps of the hash chain refer to each other in a circle, or too deeply.");
    step->entered = true;
    for (const struct xml *x = xml_first(step->xml); x; x = xml_next(x)) n++;
    if (n > CHILDREN_MAX) return MALFORMED(w->c, "A step of the hash chain has too many parts.");
    struct hash_link *links = arena_array(w->c->arena, struct hash_link, n);
    n = 0;
    for (const struct xml *x = xml_first(step->xml); x; x = xml_next(x)) TRY(child_value(w, x, depth, &links[n++]));
    return hash_chain__step_value(w->c, w->alg, links, n, ret);
}

/* The result document: which step, and the value it must have. */
static enum status read_result(struct call *c, struct str text, struct str *ret_uri, struct hash_link *ret)
{
    XML_DOC d = NULL;
    enum status st = xml_parse(c, text, &d);
    if (st != ST_OK) return call_fault(c, st, STR("malformed_hash_chain"));
    const struct xml *root = xml_root(d);
    if (!xml_is(root, HASH_CHAIN_NS, "HashChainResult") || !hash_chain__read_digest(c->arena, xml_first(root), NULL, ret))
        return MALFORMED(c, "The result of the hash chain cannot be read.");
    *ret_uri = xml_attr(c->arena, root, NULL, "URI");
    return ST_OK;
}

static enum status check_covered(const struct walk *w)
{
    for (size_t i = 0; i < w->nparts; i++)
        if (!w->covered[i])
            return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The part %s was received but is not signed.", w->parts[i].name), STR("hashchain_unused_inputs"));
    return ST_OK;
}

enum status hash_chain_check(struct call *c, struct str result_xml, struct str chain_xml, const struct signed_part *parts, size_t nparts)
{
    struct hash_link expected;
    struct str uri, value;
    struct walk *w = arena_new(c->arena, struct walk);
    XML_DOC d = NULL;
    if (result_xml.n > CHAIN_MAX || chain_xml.n > CHAIN_MAX) return MALFORMED(c, "The hash chain is larger than one megabyte.");
    TRY(read_result(c, result_xml, &uri, &expected));
    enum status st = xml_parse(c, chain_xml, &d);
    if (st != ST_OK) return call_fault(c, st, STR("malformed_hash_chain"));
    *w = (struct walk){ .c = c, .parts = parts, .nparts = nparts, .covered = arena_array(c->arena, bool, nparts) };
    struct str rest = uri;
    if (!str_cut(&rest, '#', &w->file)) return MALFORMED(c, "The result of the hash chain does not name a step.");
    TRY(read_steps(w, xml_root(d)));
    TRY(step_value(w, uri, 0, &value));
    TRY(check_covered(w));
    if (expected.alg == w->alg && str_eq(value, expected.digest)) return ST_OK;
    return call_fault(c, call_fail(c, ST_INVALID, "signature", "The hash chain does not lead to the digest that was signed."), STR("invalid_hash_chain"));
}
