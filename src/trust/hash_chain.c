/* hash_chain.c: judges a hash chain (x-road 3.8). The walk starts at the step that the result names and follows references; a step may be
 * entered once, so that no chain is cyclic or grows beyond its own length, and what the walk does not reach covers nothing. The chain of a message is one document
 * and its inputs are digests of what was received; among the files of a container there may be several documents, and the inputs are files. */
#include "trust/hash_chain_int.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/xml.h"
#include "trust/xades_int.h"

enum { CHAIN_MAX = 1024 * 1024, STEPS_MAX = 256, CHILDREN_MAX = 1024, DEPTH_MAX = 40, DOCUMENTS_MAX = 8 };

#define MALFORMED(c, ...) call_fault(c, call_fail(c, ST_INVALID, "signature", __VA_ARGS__), STR("malformed_hash_chain"))

/* ---- the value of a step ---- */

enum { DER_OCTETS = 0x04, DER_UTF8 = 0x0c, DER_SEQUENCE = 0x30, DER_HEAD_MOST = 5, STEP_SMALL = 512 /* a step of three digests */ };

/* A digest and the name of its algorithm are short, so every length inside a link is one byte. */
static size_t link_inner(const struct hash_link *l) { return 2 + l->digest.n + 2 + digest_uri(l->alg).n + 2; }

static uint8_t *put_value(uint8_t *at, uint8_t tag, struct str bytes)
{
    *at++ = tag;
    *at++ = (uint8_t)bytes.n;
    if (bytes.n) memcpy(at, bytes.p, bytes.n);
    return at + bytes.n;
}

static uint8_t *put_link(uint8_t *at, const struct hash_link *l)
{
    *at++ = DER_SEQUENCE;
    *at++ = (uint8_t)link_inner(l);
    at = put_value(at, DER_OCTETS, l->digest);
    at = put_value(at, DER_UTF8, digest_uri(l->alg));
    return put_value(at, DER_SEQUENCE, STR("")); /* transforms: always empty */
}

static uint8_t *put_head(uint8_t *at, size_t n)
{
    int bytes = n < 0x80 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 3;
    *at++ = DER_SEQUENCE;
    if (bytes) *at++ = (uint8_t)(0x80 | bytes);
    for (int shift = bytes ? 8 * (bytes - 1) : 0; shift >= 0; shift -= 8) *at++ = (uint8_t)(n >> shift);
    return at;
}

struct str hash_chain__step_value(struct arena *a, enum digest alg, const struct hash_link *links, size_t n)
{
    uint8_t small[STEP_SMALL], *der = small;
    size_t inner = 0;
    for (size_t i = 0; i < n; i++) inner += 2 + link_inner(&links[i]);
    if (inner + DER_HEAD_MOST > sizeof small) der = arena_alloc(a, inner + DER_HEAD_MOST, 1);
    uint8_t *at = put_head(der, inner);
    for (size_t i = 0; i < n; i++) at = put_link(at, &links[i]);
    return trust_digest(a, alg, str_of(der, (size_t)(at - der)));
}

/* ---- reading ---- */

static bool read_algorithm(struct arena *a, const struct xml *method, enum digest *ret)
{
    enum digest alg;
    if (!digest_of_uri(xml_attr(a, method, NULL, "Algorithm"), &alg) || alg == DIGEST_SHA1 || xml_first(method)) return false;
    *ret = alg;
    return true;
}

/* read_link: a digest of any length up to the longest one: what stands in a step is only hashed further, and what is compared is compared whole. */
static bool read_link(struct arena *a, const struct xml *first, const enum digest *fallback, struct hash_link *ret)
{
    const struct xml *at = first;
    struct hash_link link = { .alg = fallback ? *fallback : DIGEST_SHA1 };
    if (xml_is(at, HASH_CHAIN_DS, "DigestMethod")) {
        if (!read_algorithm(a, at, &link.alg)) return false;
        at = xml_next(at);
    }
    if (link.alg == DIGEST_SHA1 || !xml_is(at, HASH_CHAIN_DS, "DigestValue") || xml_first(at) || xml_next(at)) return false;
    if (!decode_base64(a, xml_text(a, at), &link.digest) || link.digest.n == 0 || link.digest.n > DIGEST_MAX) return false;
    *ret = link;
    return true;
}

bool hash_chain__read_digest(struct arena *a, const struct xml *first, const enum digest *fallback, struct hash_link *ret)
{
    struct hash_link link;
    if (!read_link(a, first, fallback, &link) || link.digest.n != digest_size(link.alg)) return false;
    *ret = link;
    return true;
}

struct step { struct str id; const struct xml *xml; bool entered; };

/* A chain document: its name as references spell it, and its steps. */
struct document { struct str file; struct xml_doc *xml; enum digest alg; /* DefaultDigestMethod */ struct step steps[STEPS_MAX]; size_t nsteps; };

struct walk {
    struct call *c;
    struct document *documents[DOCUMENTS_MAX];
    size_t ndocuments;
    /* of a message: one document */
    const struct signed_part *parts;
    size_t nparts;
    bool *used;                     /* one for each part */
    /* of a container */
    const struct asic *files;       /* NULL: of a message */
    struct covered *covered;
};

static void walk_done(struct walk *w)
{
    for (size_t i = 0; i < w->ndocuments; i++) xml_done(&w->documents[i]->xml);
}
#define WALK __attribute__((cleanup(walk_done))) struct walk

static enum status not_sent(struct walk *w, struct str uri)
{
    return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The hash chain refers to %s, which was not sent with it.", uri), STR("invalid_reference"));
}

/* ---- documents and their steps ---- */

static enum status read_steps(struct walk *w, struct document *d)
{
    const struct xml *root = xml_root(d->xml), *x = xml_first(root);
    if (!xml_is(root, HASH_CHAIN_NS, "HashChain") || !xml_is(x, HASH_CHAIN_NS, "DefaultDigestMethod") || !read_algorithm(w->c->arena, x, &d->alg))
        return MALFORMED(w->c, "The hash chain does not begin with a digest method that is accepted (SHA-256, SHA-384, SHA-512).");
    while ((x = xml_next(x))) {
        struct step step = { .id = xml_attr(w->c->arena, x, NULL, "id"), .xml = x };
        if (!xml_is(x, HASH_CHAIN_NS, "HashStep") || str_is_empty(step.id) || !xml_first(x) || d->nsteps == STEPS_MAX)
            return MALFORMED(w->c, "The hash chain holds something else than steps with an id, or too many of them.");
        for (size_t i = 0; i < d->nsteps; i++)
            if (str_eq(d->steps[i].id, step.id)) return MALFORMED(w->c, "Two steps of the hash chain have the same id %s.", step.id);
        d->steps[d->nsteps++] = step;
    }
    return ST_OK;
}

static enum status add_document(struct walk *w, struct str file, struct str text, struct document **ret)
{
    struct document *d;
    if (w->ndocuments == DOCUMENTS_MAX) return MALFORMED(w->c, "The hash chain is spread over too many documents.");
    if (text.n > CHAIN_MAX) return MALFORMED(w->c, "The hash chain is larger than one megabyte.");
    d = arena_new(w->c->arena, struct document);
    d->file = file;
    enum status st = xml_parse(w->c, text, &d->xml);
    if (st != ST_OK) return call_fault(w->c, st, STR("malformed_hash_chain"));
    w->documents[w->ndocuments++] = d;
    *ret = d;
    return read_steps(w, d);
}

/* find_document: the one with this name; in a container it is read when the first reference leads there. */
static enum status find_document(struct walk *w, struct str file, struct str uri, struct document **ret)
{
    for (size_t i = 0; i < w->ndocuments; i++)
        if (str_eq(w->documents[i]->file, file)) return *ret = w->documents[i], ST_OK;
    const struct asic_entry *entry = w->files ? asic_find_uri(w->files, file) : NULL;
    return entry ? add_document(w, file, entry->bytes, ret) : not_sent(w, uri);
}

/* find_step: "[file]#id", as seen from a document. */
static enum status find_step(struct walk *w, const struct document *from, struct str uri, struct document **ret_in, struct step **ret)
{
    struct str file, id = uri;
    if (!str_cut(&id, '#', &file)) return not_sent(w, uri);
    TRY(find_document(w, file.n || !from ? file : from->file, uri, ret_in));
    for (size_t i = 0; i < (*ret_in)->nsteps; i++)
        if (str_eq((*ret_in)->steps[i].id, id)) return *ret = &(*ret_in)->steps[i], ST_OK;
    return MALFORMED(w->c, "The hash chain names the step %s, which it does not hold.", id);
}

/* ---- what a step refers to ---- */

static enum status is_another(struct walk *w, struct str uri)
{
    return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The part %s is not the one that was signed.", uri), STR("invalid_hash_chain_ref"));
}

static enum status no_transforms(struct walk *w, struct str uri)
{
    return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The hash chain transforms %s before it is digested. Sign the parts as they are sent.", uri), STR("unsupported_algorithm"));
}

static enum status not_received(struct walk *w, struct str uri)
{
    return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The signature covers the part %s, which was not received.", uri), STR("invalid_reference"));
}

/* use_part: a received part under this name, with this digest. */
static enum status use_part(struct walk *w, struct str uri, bool is_transformed, const struct hash_link *link)
{
    bool known = false;
    if (is_transformed) return no_transforms(w, uri);
    for (size_t i = 0; i < w->nparts; i++) {
        if (!str_eq(w->parts[i].name, uri)) continue;
        if (w->parts[i].alg != link->alg || !str_eq(w->parts[i].digest, link->digest)) return is_another(w, uri);
        w->used[i] = known = true;
    }
    return known ? ST_OK : not_received(w, uri);
}

/* transform: inclusive C14N is the only transform that is known; it is what X-Road writes for XML whose form may change on the way. */
static enum status transform(struct walk *w, const struct xml *transforms, struct str uri, struct str bytes, struct str *ret)
{
    XML_DOC d = NULL;
    struct buf b = buf_in(w->c->arena, CHAIN_MAX);
    const struct xml *only = xml_first(transforms);
    if (!xml_is(only, HASH_CHAIN_DS, "Transform") || xml_next(only) || xml_first(only) || !str_eq(xml_attr(w->c->arena, only, NULL, "Algorithm"), STR(XADES_C14N))) return no_transforms(w, uri);
    enum status st = xml_parse(w->c, bytes, &d);
    if (st == ST_OK) st = xml_c14n(w->c, d, xml_root(d), &b);
    if (st == ST_OK) st = buf_finish(&b, ret);
    return st == ST_OK ? ST_OK : call_fault(w->c, st, STR("invalid_hash_chain_ref"));
}

/* use_file: a file of the container. One that is not there is no failure: its digest is told, and whoever has the file can compare. */
static enum status use_file(struct walk *w, struct str uri, const struct xml *transforms, const struct hash_link *link)
{
    const struct asic_entry *entry = asic_find_uri(w->files, uri);
    struct str bytes;
    if (!entry && !asic_is_attachment(uri)) return not_received(w, uri);
    if (entry) {
        bytes = entry->bytes;
        if (transforms) TRY(transform(w, transforms, uri, bytes, &bytes));
        if (!str_eq(trust_digest(w->c->arena, link->alg, bytes), link->digest)) return is_another(w, uri);
    }
    if (!covered_add(w->covered, uri, link->alg, link->digest, entry)) return MALFORMED(w->c, "The hash chain names more parts than a message has.");
    return ST_OK;
}

static enum status data_ref(struct walk *w, const struct document *d, const struct xml *x, struct hash_link *ret)
{
    struct str uri = xml_attr(w->c->arena, x, NULL, "URI");
    const struct xml *at = xml_first(x), *transforms = xml_is(at, HASH_CHAIN_DS, "Transforms") || xml_is(at, HASH_CHAIN_NS, "Transforms") ? at : NULL;
    if (transforms) at = xml_next(at);
    if (!read_link(w->c->arena, at, &d->alg, ret)) return MALFORMED(w->c, "The digest of %s in the hash chain cannot be read.", uri);
    return w->files ? use_file(w, uri, transforms, ret) : use_part(w, uri, transforms, ret);
}

static enum status step_value(struct walk *w, const struct document *from, struct str uri, int depth, enum digest *ret_alg, struct str *ret);

static enum status step_ref(struct walk *w, const struct document *d, const struct xml *x, int depth, struct hash_link *ret)
{
    const struct xml *method = xml_first(x);
    enum digest alg;
    ret->alg = d->alg;
    if (method && (!xml_is(method, HASH_CHAIN_DS, "DigestMethod") || xml_next(method) || !read_algorithm(w->c->arena, method, &ret->alg)))
        return MALFORMED(w->c, "A step of the hash chain names a digest method that is not accepted.");
    TRY(step_value(w, d, xml_attr(w->c->arena, x, NULL, "URI"), depth + 1, &alg, &ret->digest));
    return alg == ret->alg ? ST_OK : MALFORMED(w->c, "A step of the hash chain is digested in another way than the chain says.");
}

static enum status child_value(struct walk *w, const struct document *d, const struct xml *x, int depth, struct hash_link *ret)
{
    if (xml_is(x, HASH_CHAIN_NS, "DataRef")) return data_ref(w, d, x, ret);
    if (xml_is(x, HASH_CHAIN_NS, "StepRef")) return step_ref(w, d, x, depth, ret);
    if (xml_is(x, HASH_CHAIN_NS, "HashValue") && read_link(w->c->arena, xml_first(x), &d->alg, ret)) return ST_OK;
    return MALFORMED(w->c, "A step of the hash chain holds something that is no digest and no reference.");
}

static enum status step_value(struct walk *w, const struct document *from, struct str uri, int depth, enum digest *ret_alg, struct str *ret)
{
    struct document *d = NULL;
    struct step *step = NULL;
    size_t n = 0;
    TRY(find_step(w, from, uri, &d, &step));
    if (step->entered || depth > DEPTH_MAX) return MALFORMED(w->c, "The steps of the hash chain refer to each other in a circle, or too deeply.");
    step->entered = true;
    for (const struct xml *x = xml_first(step->xml); x; x = xml_next(x)) n++;
    if (n > CHILDREN_MAX) return MALFORMED(w->c, "A step of the hash chain has too many parts.");
    struct hash_link *links = arena_array(w->c->arena, struct hash_link, n);
    n = 0;
    for (const struct xml *x = xml_first(step->xml); x; x = xml_next(x)) TRY(child_value(w, d, x, depth, &links[n++]));
    *ret_alg = d->alg;
    *ret = hash_chain__step_value(w->c->arena, d->alg, links, n);
    return ST_OK;
}

/* ---- a chain ---- */

/* The result document: which step, and the value it must have. */
static enum status read_result(struct call *c, struct str text, struct str *ret_uri, struct hash_link *ret)
{
    XML_DOC d = NULL;
    if (text.n > CHAIN_MAX) return MALFORMED(c, "The hash chain is larger than one megabyte.");
    enum status st = xml_parse(c, text, &d);
    if (st != ST_OK) return call_fault(c, st, STR("malformed_hash_chain"));
    const struct xml *root = xml_root(d);
    if (!xml_is(root, HASH_CHAIN_NS, "HashChainResult") || !hash_chain__read_digest(c->arena, xml_first(root), NULL, ret))
        return MALFORMED(c, "The result of the hash chain cannot be read.");
    *ret_uri = xml_attr(c->arena, root, NULL, "URI");
    return ST_OK;
}

static enum status not_signed(struct call *c, struct str name)
{
    return call_fault(c, call_fail(c, ST_INVALID, "signature", "The part %s was received but is not signed.", name), STR("hashchain_unused_inputs"));
}

static enum status check_used(const struct walk *w)
{
    for (size_t i = 0; i < w->nparts; i++)
        if (!w->used[i]) return not_signed(w->c, w->parts[i].name);
    return ST_OK;
}

/* check_result: the walk from the step that the result names, and whether it comes to the value that stands there. used: the check of what was reached comes
 * first, so that a part that was put in is named rather than the digest that no longer fits. */
static enum status check_result(struct walk *w, struct str uri, const struct hash_link *expected, enum status (*used)(const struct walk *w))
{
    enum digest alg;
    struct str value;
    TRY(step_value(w, NULL, uri, 0, &alg, &value));
    TRY(used(w));
    if (expected->alg == alg && str_eq(value, expected->digest)) return ST_OK;
    return call_fault(w->c, call_fail(w->c, ST_INVALID, "signature", "The hash chain does not lead to the digest that was signed."), STR("invalid_hash_chain"));
}

enum status hash_chain_check(struct call *c, struct str result_xml, struct str chain_xml, const struct signed_part *parts, size_t nparts)
{
    struct hash_link expected;
    struct str uri, rest, file;
    struct document *d;
    WALK w = { .c = c, .parts = parts, .nparts = nparts, .used = arena_array(c->arena, bool, nparts) };
    TRY(read_result(c, result_xml, &uri, &expected));
    rest = uri;
    if (!str_cut(&rest, '#', &file)) return MALFORMED(c, "The result of the hash chain does not name a step.");
    TRY(add_document(&w, file, chain_xml, &d));
    return check_result(&w, uri, &expected, check_used);
}

static enum status check_needed(const struct walk *w)
{
    for (size_t i = 0; i < w->files->n; i++) {
        struct str uri = asic_uri(w->c->arena, &w->files->entries[i]);
        if ((str_eq(uri, w->covered->needed) || (w->covered->all_attachments && asic_is_attachment(uri))) && !covered_find(w->covered, uri)) return not_signed(w->c, uri);
    }
    return ST_OK;
}

enum status hash_chain_check_files(struct call *c, struct str result_xml, const struct asic *files, struct covered *covered)
{
    struct hash_link expected;
    struct str uri;
    WALK w = { .c = c, .files = files, .covered = covered };
    TRY(read_result(c, result_xml, &uri, &expected));
    return check_result(&w, uri, &expected, check_needed);
}
