/* directory_signed.c: the signed directory document of global configuration (x-road 4.3): a multipart/related of a multipart/mixed (what is signed) and the
 * signature over exactly those bytes. Read and verified here, and written by the operator. */
#include "exchange/directory/directory.h"

#include "base/encode.h"
#include "base/time.h"
#include "exchange/message/message.h"

enum { FILES_MAX = 16, DOCUMENT_MAX = 1024 * 1024 };

static enum status bad(struct call *c, const char *what)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The signed directory is malformed (%s). Tell the operator.", str_z(what)), STR("malformed_global_conf"));
}

/* quoted_param: name='value' or name="value" after the first ';' (x-road 10, trap 3). */
static bool quoted_param(struct arena *a, struct str value, struct str name, struct str *ret)
{
    struct str text;
    if (!multipart__param(a, value, name, &text)) return false;
    if (text.n >= 2 && text.p[0] == '\'' && text.p[text.n - 1] == '\'') text = str_of(text.p + 1, text.n - 2);
    *ret = text;
    return text.n > 0;
}

static enum status read_intro(struct call *c, const struct part *p, struct signed_directory *s)
{
    int64_t version = DIRECTORY_VERSION_LEAST;
    struct str text = part__header(p, "version");
    if (!time_parse_ms(part__header(p, "expire-date"), &s->expires_ms)) return bad(c, "no date of expiry");
    if (text.n && !str_int(text, &version)) return bad(c, "its version is no number");
    if (version < DIRECTORY_VERSION_LEAST || version > DIRECTORY_VERSION_MOST) return bad(c, "its version is not known here");
    s->version = (int)version;
    return ST_OK;
}

static enum status read_file(struct call *c, const struct part *p, struct signed_file *f)
{
    struct str identifier = part__header(p, "content-identifier");
    *f = (struct signed_file){ .identifier = multipart__type(identifier), .location = part__header(p, "content-location") };
    if (!digest_of_uri(part__header(p, "hash-algorithm-id"), &f->alg) || f->alg == DIGEST_SHA1) return bad(c, "a file has no accepted hash");
    if (!decode_base64(c->arena, p->body, &f->digest) || f->digest.n != digest_size(f->alg)) return bad(c, "a file's hash is malformed");
    if (!f->location.n || f->location.p[0] != '/') return bad(c, "a file has no location");
    (void)quoted_param(c->arena, identifier, STR("instance"), &f->instance);
    return ST_OK;
}

/* read_inner: body is "--INNER ... --INNER--\r\n"; those are the signed bytes. */
static enum status read_inner(struct call *c, const struct part *outer, struct signed_directory *s)
{
    struct multipart m;
    struct part p;
    bool more;
    struct signed_file *files = arena_array(c->arena, struct signed_file, FILES_MAX);
    s->signed_bytes = outer->body;
    TRY(multipart__open(c, part__header(outer, "content-type"), outer->body, &m));
    TRY(multipart__next(c, &m, &p, &more));
    if (!more) return bad(c, "it is empty");
    TRY(read_intro(c, &p, s));
    for (;;) {
        TRY(multipart__next(c, &m, &p, &more));
        if (!more) break;
        if (s->nfiles == FILES_MAX) return bad(c, "too many files");
        TRY(read_file(c, &p, &files[s->nfiles++]));
    }
    if (!str_eq(m.rest, STR("\r\n"))) return bad(c, "bytes after its end");
    s->files = files;
    return ST_OK;
}

static enum status read_signature(struct call *c, const struct part *p, struct signed_directory *s)
{
    struct str hash = part__header(p, "verification-certificate-hash"), uri;
    if (!sig_method_of_uri(part__header(p, "signature-algorithm-id"), &s->method)) return bad(c, "its signature algorithm is not accepted");
    if (!quoted_param(c->arena, hash, STR("hash-algorithm-id"), &uri) || !digest_of_uri(uri, &s->cert_hash_alg)) return bad(c, "it does not name its certificate");
    if (!decode_base64(c->arena, multipart__type(hash), &s->cert_hash)) return bad(c, "the hash of its certificate is malformed");
    return decode_base64(c->arena, p->body, &s->signature) ? ST_OK : bad(c, "its signature is no base64");
}

enum status directory__read_signed(struct call *c, struct str document, struct signed_directory *ret)
{
    struct signed_directory s = { 0 };
    struct part head = { 0 }, first, second, third;
    struct multipart m;
    bool more;
    struct str rest = document;
    if (document.n > DOCUMENT_MAX) return bad(c, "over 1 MiB");
    TRY(multipart__headers(c, &rest, &head));
    TRY(multipart__open(c, part__header(&head, "content-type"), rest, &m));
    TRY(multipart__next(c, &m, &first, &more));
    if (!more) return bad(c, "it is empty");
    TRY(read_inner(c, &first, &s));
    TRY(multipart__next(c, &m, &second, &more));
    if (!more) return bad(c, "it is not signed");
    TRY(read_signature(c, &second, &s));
    TRY(multipart__next(c, &m, &third, &more));
    if (more) return bad(c, "parts after its signature");
    *ret = s;
    return ST_OK;
}

static enum status untrusted(struct call *c)
{
    return call_fault(c, call_fail(c, ST_DENIED, "", "The directory is not signed by the operator named in the anchor. Compare the anchor with the operator's, or get it again."),
                      STR("malformed_global_conf"));
}

enum status directory__check_signature(struct call *c, const struct signed_directory *s, struct str instance, const struct str *certs, size_t ncerts,
                                       const struct signed_file **ret_params, struct str *ret_cert)
{
    const struct str *cert = NULL;
    for (size_t i = 0; i < ncerts && !cert; i++)
        if (str_eq(trust_digest(c->arena, s->cert_hash_alg, certs[i]), s->cert_hash)) cert = &certs[i];
    if (!cert) return untrusted(c);
    if (trust_verify_method(c, *cert, s->method, false, s->signed_bytes, s->signature) != ST_OK) return call_clear(c), untrusted(c);
    for (size_t i = 0; i < s->nfiles; i++) {
        if (!str_eq(s->files[i].identifier, STR("SHARED-PARAMETERS"))) continue;
        if (!str_eq(s->files[i].instance, instance))
            return call_fault(c, call_fail(c, ST_DENIED, "", "The directory is of another nation than the anchor. Get the right anchor from the operator."), STR("malformed_global_conf"));
        *ret_params = &s->files[i];
        *ret_cert = *cert;
        return ST_OK;
    }
    return bad(c, "it names no shared parameters");
}

enum status directory__verify(struct call *c, const struct signed_directory *s, struct str instance, const struct str *certs, size_t ncerts, const struct signed_file **ret_params)
{
    struct str cert;
    TRY(directory__check_signature(c, s, instance, certs, ncerts, ret_params, &cert));
    if (s->expires_ms > c->now_ms) return ST_OK;
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The directory that the operator gave out has expired. Check the operator's node and the clocks."), STR("global_conf_outdated"));
}

/* ---- writing (operator) ---- */

static void put_line(struct buf *b, const char *name, struct str value)
{
    buf_put_z(b, name);
    buf_put(b, STR(": "));
    buf_put(b, value);
    buf_put(b, STR("\r\n"));
}

static void put_boundary(struct buf *b, struct str boundary, const char *tail)
{
    buf_put(b, STR("--"));
    buf_put(b, boundary);
    buf_put_z(b, tail);
    buf_put(b, STR("\r\n"));
}

static void put_file(struct call *c, struct buf *b, struct str instance, const struct write_file *f)
{
    put_line(b, "Content-type", STR("application/octet-stream"));
    put_line(b, "Content-transfer-encoding", STR("base64"));
    put_line(b, "Content-identifier", str_join(c->arena, f->identifier, STR("; instance='"), instance, STR("'"), STR_END));
    put_line(b, "Content-location", f->location);
    put_line(b, "Hash-algorithm-id", digest_uri(DIGEST_SHA512));
    buf_put(b, STR("\r\n"));
    encode_base64_to(b, trust_digest(c->arena, DIGEST_SHA512, f->bytes));
    buf_put(b, STR("\r\n"));
}

/* put_signed: exactly the bytes that are signed. */
static void put_signed(struct call *c, struct buf *b, struct str inner, const struct write_document *w)
{
    char expires[TIME_TEXT];
    time_format_ms(w->expires_ms / 1000 * 1000, expires);
    struct str seconds = str_join(c->arena, str_first(str_z(expires), 19), STR("Z"), STR_END); /* without the fraction, as central servers write it */
    put_boundary(b, inner, "");
    put_line(b, "Expire-date", seconds);
    put_line(b, "Version", str_print(c->arena, "%d", w->version));
    buf_put(b, STR("\r\n"));
    for (size_t i = 0; i < w->nfiles; i++) {
        put_boundary(b, inner, "");
        put_file(c, b, w->instance, &w->files[i]);
    }
    put_boundary(b, inner, "--");
}

enum status directory__write_signed(struct call *c, const struct key *k, struct str cert, const struct write_document *w, struct str *ret)
{
    struct str outer = multipart__boundary(c->arena, ""), inner = multipart__boundary(c->arena, ""), signature;
    struct sig_method method;
    struct buf body = buf_in(c->arena, DOCUMENT_MAX), b = buf_in(c->arena, DOCUMENT_MAX);
    put_signed(c, &body, inner, w);
    TRY(trust_sign_bytes(c, k, KEY_CONF, false, buf_str(&body), &method, &signature));
    buf_print(&b, "Content-Type: multipart/related; charset=UTF-8; boundary=%.*s\r\n\r\n", STR_ARG(outer));
    put_boundary(&b, outer, "");
    buf_print(&b, "Content-Type: multipart/mixed; charset=UTF-8; boundary=%.*s\r\n\r\n", STR_ARG(inner));
    buf_put(&b, buf_str(&body));
    buf_put(&b, STR("\r\n"));
    put_boundary(&b, outer, "");
    put_line(&b, "Content-Type", STR("application/octet-stream"));
    put_line(&b, "Content-Transfer-Encoding", STR("base64"));
    put_line(&b, "Signature-Algorithm-Id", sig_method_uri(method));
    struct str hash = encode_base64(c->arena, trust_digest(c->arena, DIGEST_SHA512, cert));
    buf_print(&b, "Verification-certificate-hash: %.*s; hash-algorithm-id=\"%.*s\"\r\n\r\n", STR_ARG(hash), STR_ARG(digest_uri(DIGEST_SHA512)));
    encode_base64_to(&b, signature);
    buf_put(&b, STR("\r\n"));
    put_boundary(&b, outer, "--");
    return buf_finish(&b, ret);
}
