/* xades_write.c: signature documents from a template (xades_template.c). Everything that is signed is written once, in its canonical form; the document
 * differs from it only in where the namespaces stand: there on the root, in the canonical bytes on the signed element itself. A test canonicalises the
 * document with libxml2 and compares. */
#include "trust/signature.h"

#include "base/encode.h"
#include "base/time.h"
#include "base/xml.h"
#include "trust/hash_chain_int.h"
#include "trust/xades_template.h"

/* What the first reference points at. */
struct target { struct str uri, mime; enum digest alg; struct str digest; };

static struct str attribute(struct arena *a, struct str s)
{
    struct buf b = buf_in(a, XADES_MAX);
    xml_put_attr(&b, s);
    return buf_str(&b);
}

static struct str text(struct arena *a, struct str s)
{
    struct buf b = buf_in(a, XADES_MAX);
    xml_put_text(&b, s);
    return buf_str(&b);
}

/* put_digest: the two fields of a digest, of which the method is the first. */
static void put_digest(struct call *c, struct xades_text *t, enum xades_field method, enum digest alg, struct str digest)
{
    t->fields[method] = digest_uri(alg);
    t->fields[method + 1] = encode_base64(c->arena, digest);
}

/* canonical: a signed stretch behind the beginning that it has when it is canonicalised. */
static enum status canonical(struct call *c, enum xades_section section, struct str open, const struct xades_text *t, struct str *ret)
{
    struct buf b = buf_in(c->arena, XADES_MAX);
    (void)buf_room(&b, 4096); /* enough for all but long names */
    buf_put(&b, open);
    xades__put_section(&b, section, t);
    return buf_finish(&b, ret);
}

static enum status fill_properties(struct call *c, struct str cert_der, struct str mime, struct xades_text *t)
{
    char at[TIME_TEXT];
    struct cert_info info;
    struct str bytes;
    TRY(cert_read(c, cert_der, &info));
    time_format_ms(c->now_ms, at);
    t->fields[XADES_TIME] = str_copy(c->arena, str_z(at));
    put_digest(c, t, XADES_CERT_ALG, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, cert_der));
    t->fields[XADES_ISSUER] = text(c->arena, info.issuer_rfc4514);
    t->fields[XADES_SERIAL] = info.serial_decimal;
    t->fields[XADES_MIME] = mime;
    TRY(canonical(c, XADES_PROPERTIES, STR(XADES_PROPERTIES_OPEN XADES_NAMESPACES), t, &bytes));
    put_digest(c, t, XADES_PROPERTIES_ALG, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, bytes));
    return ST_OK;
}

static enum status write_document(struct call *c, const struct xades_text *t, struct str *ret)
{
    struct buf b = buf_in(c->arena, XADES_MAX);
    (void)buf_room(&b, 4096 + t->fields[XADES_CERT].n + t->fields[XADES_OCSP].n);
    for (enum xades_section s = XADES_HEAD; s < XADES_SECTIONS; s++) xades__put_section(&b, s, t);
    return buf_finish(&b, ret);
}

static enum status sign_target(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct target *target, struct str *ret)
{
    struct sig_method method = { DIGEST_SHA512, key_algorithm(k) == KEY_P256 ? SIG_ECDSA : SIG_RSA }, used;
    struct xades_text t = { 0 };
    struct str bytes, value;
    TRY(fill_properties(c, cert_der, target->mime, &t));
    t.fields[XADES_METHOD] = sig_method_uri(method);
    t.fields[XADES_URI] = attribute(c->arena, target->uri);
    put_digest(c, &t, XADES_ALG, target->alg, target->digest);
    TRY(canonical(c, XADES_INFO, STR(XADES_INFO_OPEN XADES_NAMESPACES), &t, &bytes));
    TRY(trust_sign_bytes(c, k, KEY_SIGN, true, bytes, &used, &value));
    if (used.digest != method.digest || used.kind != method.kind)
        return call_fail(c, ST_INVALID, "key", "Messages are signed with P-256 or RSA keys. Make a signing key of one of these kinds.");
    t.fields[XADES_VALUE] = encode_base64(c->arena, value);
    t.fields[XADES_CERT] = encode_base64(c->arena, cert_der);
    t.fields[XADES_OCSP] = encode_base64(c->arena, ocsp);
    return write_document(c, &t, ret);
}

enum status signature_make_batch(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct signed_message *messages, size_t n,
                                 struct signature_doc *ret)
{
    struct str result, xml, *chains = arena_array(c->arena, struct str, n);
    TRY(hash_chain__write(c, messages, n, &result, chains));
    struct target t = { STR(XADES_CHAIN_RESULT), STR("application/hash-chain-result"), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, result) };
    TRY(sign_target(c, k, cert_der, ocsp, &t, &xml));
    for (size_t i = 0; i < n; i++) ret[i] = (struct signature_doc){ xml, result, chains[i] };
    return ST_OK;
}

enum status signature_make(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct signed_part *parts, size_t nparts,
                           struct signature_doc *ret)
{
    struct str xml;
    if (nparts != 1) return signature_make_batch(c, k, cert_der, ocsp, &(struct signed_message){ parts, nparts }, 1, ret);
    struct target t = { parts[0].name, STR("text/xml"), parts[0].alg, parts[0].digest };
    TRY(sign_target(c, k, cert_der, ocsp, &t, &xml));
    *ret = (struct signature_doc){ .xml = xml };
    return ST_OK;
}
