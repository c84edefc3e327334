/* hash_chain_quick.c: hash chains as hash_chain_write.c writes them, read without an XML parser: steps in order, each but the last with one reference to the
 * next, so that the value of the chain is computed from its end. */
#include "trust/xades_quick.h"

#include "base/encode.h"
#include "trust/hash_chain_int.h"
#include "trust/xades_int.h"

enum { STEPS = 32, DIGEST_TEXT = 88 /* SHA-512 in base64 */ };

/* A step: its children in order; the place of the reference to the next step is filled in at the end. */
struct step { struct hash_link *links; size_t n, next_at; bool has_next; };

static bool take(struct str *rest, struct str literal)
{
    if (!str_starts(*rest, literal)) return false;
    *rest = str_skip(*rest, literal.n);
    return true;
}

/* take_number: as it is written, which is in one or two digits. */
static bool take_number(struct str *rest, size_t number)
{
    const char digits[] = { (char)('0' + number / 10), (char)('0' + number % 10) };
    return take(rest, number < 10 ? str_of(digits + 1, 1) : str_of(digits, 2));
}

/* take_value: a digest in base64 and the end tag of its element. */
static bool take_value(struct arena *a, struct str *rest, struct hash_link *ret)
{
    if (!take(rest, STR("<ds:DigestValue>"))) return false;
    struct str text = str_first(*rest, DIGEST_TEXT);
    *rest = str_skip(*rest, DIGEST_TEXT);
    ret->alg = DIGEST_SHA512;
    return take(rest, STR("</ds:DigestValue>")) && decode_base64(a, text, &ret->digest) && ret->digest.n == digest_size(DIGEST_SHA512);
}

struct reading { struct call *c; struct str rest; const struct signed_part *parts; size_t nparts; bool *covered; };

/* take_part: a reference to a part, which must have been received with this digest. */
static bool take_part(struct reading *r, struct hash_link *ret)
{
    struct str name;
    if (!str_cut(&r->rest, '"', &name) || !take(&r->rest, STR(">")) || !take_value(r->c->arena, &r->rest, ret) || !take(&r->rest, STR("</DataRef>"))) return false;
    for (size_t i = 0; i < r->nparts; i++) {
        if (!str_eq(r->parts[i].name, name)) continue;
        if (r->covered[i] || r->parts[i].alg != DIGEST_SHA512 || !str_eq(r->parts[i].digest, ret->digest)) return false;
        return r->covered[i] = true;
    }
    return false;
}

static bool take_child(struct reading *r, struct step *s, size_t number)
{
    if (s->n == r->nparts + 1) return false; /* a branch and the next step, or the parts */
    struct hash_link *link = &s->links[s->n++];
    if (take(&r->rest, STR("<DataRef URI=\""))) return take_part(r, link);
    if (take(&r->rest, STR("<HashValue>"))) return take_value(r->c->arena, &r->rest, link) && take(&r->rest, STR("</HashValue>"));
    if (s->has_next || !take(&r->rest, STR("<StepRef URI=\"#STEP")) || !take_number(&r->rest, number + 1) || !take(&r->rest, STR("\"/>"))) return false;
    s->has_next = true;
    s->next_at = s->n - 1;
    return true;
}

static bool take_step(struct reading *r, struct step *s, size_t number)
{
    *s = (struct step){ .links = arena_array(r->c->arena, struct hash_link, r->nparts + 1) };
    while (!take(&r->rest, STR("</HashStep>")))
        if (!take_child(r, s, number)) return false;
    return s->n > 0;
}

/* read_result: the value that the chain must have. */
static bool read_result(struct arena *a, struct str xml, struct hash_link *ret)
{
    return take(&xml, STR(HASH_CHAIN_RESULT_HEAD HASH_CHAIN_SIGNED HASH_CHAIN_RESULT_MIDDLE)) && take_value(a, &xml, ret) && str_eq(xml, STR(HASH_CHAIN_RESULT_END));
}

/* chain_value: from the last step to the first, each filling its value into the one before. */
static bool chain_value(struct arena *a, struct step *steps, size_t n, struct str *ret)
{
    for (size_t i = n; i-- > 0;) {
        if (steps[i].has_next != (i + 1 < n)) return false;
        if (steps[i].has_next) steps[i].links[steps[i].next_at] = (struct hash_link){ DIGEST_SHA512, *ret };
        *ret = hash_chain__step_value(a, DIGEST_SHA512, steps[i].links, steps[i].n);
    }
    return n > 0;
}

/* names_are_plain: different from each other (the thorough judge refuses others) and written in XML as they are. */
static bool names_are_plain(const struct signed_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (parts[i].name.n == 0 || memchr(parts[i].name.p, '&', parts[i].name.n) || memchr(parts[i].name.p, '<', parts[i].name.n)) return false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(parts[i].name, parts[k].name)) return false;
    return n > 0 && n <= XADES_PARTS_MAX;
}

bool hash_chain__quick_check(struct call *c, struct str result_xml, struct str chain_xml, const struct signed_part *parts, size_t nparts)
{
    struct hash_link expected;
    struct str value = { 0 };
    struct step steps[STEPS];
    size_t n = 0;
    if (!names_are_plain(parts, nparts) || !read_result(c->arena, result_xml, &expected)) return false;
    struct reading r = { c, chain_xml, parts, nparts, arena_array(c->arena, bool, nparts) };
    if (!take(&r.rest, STR(HASH_CHAIN_HEAD))) return false;
    while (!str_eq(r.rest, STR(HASH_CHAIN_END))) {
        if (n == STEPS || !take(&r.rest, STR("<HashStep id=\"STEP")) || !take_number(&r.rest, n) || !take(&r.rest, STR("\">")) || !take_step(&r, &steps[n], n)) return false;
        n++;
    }
    for (size_t i = 0; i < nparts; i++)
        if (!r.covered[i]) return false;
    return chain_value(c->arena, steps, n, &value) && str_eq(value, expected.digest);
}
