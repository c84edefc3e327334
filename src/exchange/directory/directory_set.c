/* directory_set.c: a signed directory together with the files that it names: turned into a picture, and kept under conf/ as one file, so that a node that starts while the operator
 * is away serves on the last valid one. */
#include "exchange/directory/directory_int.h"

#include "base/file.h"
#include "base/url.h"
#include "exchange/message/message.h"

/* ---- which files ---- */

bool directory__takes(const struct nation_way *way, const struct signed_file *file)
{
    static const char *const inside[] = { "PRIVATE-PARAMETERS", "MONITORING", "FETCHINTERVAL", "NEXTUPDATE" };
    if (str_eq(file->identifier, STR("SHARED-PARAMETERS"))) return str_eq(file->instance, way->instance);
    for (size_t i = 0; way->own && i < sizeof inside / sizeof *inside; i++)
        if (str_eq(file->identifier, str_z(inside[i]))) return true;
    return false; /* what newer versions add */
}

bool directory__find_file(struct call *c, const struct dir_set *set, const struct signed_file *file, struct str *ret)
{
    for (size_t i = 0; i < set->n; i++)
        if (str_eq(set->identifiers[i], file->identifier) && str_eq(trust_digest(c->arena, file->alg, set->bytes[i]), file->digest)) return *ret = set->bytes[i], true;
    return false;
}

/* ---- what is believed ---- */

size_t directory__certs_of(struct call *c, const struct nation_way *way, const struct str **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < way->anchor->nsources; i++) n += way->anchor->sources[i].ncerts;
    for (size_t i = 0; way->before && i < way->before->nsources; i++) n += way->own ? way->before->sources[i].ninternal : way->before->sources[i].nexternal;
    struct str *certs = arena_array(c->arena, struct str, n);
    n = 0;
    for (size_t i = 0; i < way->anchor->nsources; i++)
        for (size_t k = 0; k < way->anchor->sources[i].ncerts; k++) certs[n++] = way->anchor->sources[i].certs[k];
    for (size_t i = 0; way->before && i < way->before->nsources; i++) {
        const struct dir_source *s = &way->before->sources[i];
        for (size_t k = 0; k < (way->own ? s->ninternal : s->nexternal); k++) certs[n++] = way->own ? s->internal[k] : s->external[k];
    }
    *ret = certs;
    return n;
}

/* ---- the picture ---- */

static enum status read_file(struct call *c, const struct signed_file *file, struct str bytes, struct directory *d)
{
    if (str_eq(file->identifier, STR("SHARED-PARAMETERS"))) return ST_OK;
    if (str_eq(file->identifier, STR("PRIVATE-PARAMETERS"))) return directory__read_private(c, bytes, d);
    directory__read_optional(c, file->identifier, bytes, d);
    return ST_OK;
}

static enum status not_signed(struct call *c)
{
    return call_fault(c, call_fail(c, ST_DENIED, "", "The parameters are not those that the operator signed. Check the way to the operator's node."), STR("malformed_global_conf"));
}

/* has_private_once: the directory for members names private parameters of their nation, once. Without them it is the one for other nations, signed by the same operator: whoever
 * leads a member to it would take from it the nations with which ours is federated. */
static bool has_private_once(const struct nation_way *way, const struct signed_directory *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->nfiles; i++) {
        if (!str_eq(s->files[i].identifier, STR("PRIVATE-PARAMETERS"))) continue;
        if (!str_eq(s->files[i].instance, way->instance)) return false;
        n++;
    }
    return n == 1;
}

enum status directory__build(struct call *c, const struct nation_way *way, const struct signed_directory *s, const struct signed_file *shared, const struct dir_set *set,
                             struct directory **ret)
{
    DIRECTORY d = NULL;
    struct str bytes;
    if (way->own && !has_private_once(way, s))
        return call_fault(c, call_fail(c, ST_DENIED, "", "The directory is not the one for members of this nation: its private parameters are missing. Check the way to the operator's node."), STR("malformed_global_conf"));
    if (!directory__find_file(c, set, shared, &bytes)) return not_signed(c);
    TRY(directory__read_params(c, bytes, s->version, &d));
    if (!str_eq(d->instance, way->instance))
        return call_fault(c, call_fail(c, ST_DENIED, "", "The shared parameters are of another nation. Get the right anchor from the operator."), STR("malformed_global_conf"));
    for (size_t i = 0; i < s->nfiles; i++) {
        if (!directory__takes(way, &s->files[i])) continue;
        if (!directory__find_file(c, set, &s->files[i], &bytes)) return not_signed(c);
        TRY(read_file(c, &s->files[i], bytes, d));
    }
    d->expires_ms = s->expires_ms;
    d->location = str_copy(d->arena, shared->location);
    *ret = d;
    d = NULL;
    return ST_OK;
}

/* ---- under conf/: "multipart/mixed; boundary=...", then a part each of the document, the certificate that verified it, and the files ---- */

static const struct str DOCUMENT = STR_INIT("directory"), CERTIFICATE = STR_INIT("certificate");

static struct str stored_path(struct call *c, struct str instance) { return str_join(c->arena, c->app->folder, STR("/conf/directory-"), url_encode(c->arena, instance), STR_END); }

enum status directory__store(struct call *c, struct str instance, const struct dir_set *set)
{
    struct str boundary = multipart__boundary(c->arena, ""), bytes;
    struct buf b = buf_in(c->arena, SET_MAX);
    buf_print(&b, "multipart/mixed; boundary=%.*s", STR_ARG(boundary)); /* the end of its line comes with the first part */
    multipart__put(&b, boundary, DOCUMENT, set->document);
    multipart__put(&b, boundary, CERTIFICATE, set->cert);
    for (size_t i = 0; i < set->n; i++) multipart__put(&b, boundary, set->identifiers[i], set->bytes[i]);
    multipart__end(&b, boundary);
    TRY(buf_finish(&b, &bytes));
    return file_write(c, stored_path(c, instance), bytes, 0644);
}

static enum status damaged(struct call *c)
{
    call_clear(c);
    return call_fail(c, ST_INVALID, "", "The directory that was kept under conf/ is damaged. It is fetched anew.");
}

enum status directory__read_stored(struct call *c, struct str instance, struct dir_set *ret)
{
    struct str bytes, type;
    struct multipart m;
    struct part p;
    bool more;
    struct dir_set set = { 0 };
    if (!file_exists(c, stored_path(c, instance))) return ST_NOT_FOUND;
    TRY(file_read(c, stored_path(c, instance), SET_MAX, &bytes));
    if (!str_cut_at(&bytes, STR("\r\n"), &type) || multipart__open(c, type, bytes, &m) != ST_OK) return damaged(c);
    for (;;) {
        if (multipart__next(c, &m, &p, &more) != ST_OK) return damaged(c);
        if (!more) break;
        struct str name = part__header(&p, "content-type");
        if (str_eq(name, DOCUMENT)) set.document = p.body;
        else if (str_eq(name, CERTIFICATE)) set.cert = p.body;
        else if (set.n < SET_FILES_MAX) set.identifiers[set.n] = name, set.bytes[set.n++] = p.body;
    }
    if (!set.document.n) return damaged(c);
    *ret = set;
    return ST_OK;
}

/* directory__load: believed is the anchor, and the certificate by which we took this set: it may be one that an earlier directory named. One that has expired is a picture
 * too: nothing is exchanged by it, but it knows the newest keys and addresses of its source. */
enum status directory__load(struct call *c, const struct nation_way *way, struct directory **ret)
{
    struct dir_set set;
    struct signed_directory s;
    const struct signed_file *shared;
    const struct str *known;
    struct str by;
    TRY(directory__read_stored(c, way->instance, &set));
    TRY(directory__read_signed(c, set.document, &s));
    size_t n = directory__certs_of(c, way, &known);
    struct str *certs = arena_array(c->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++) certs[i] = known[i];
    if (set.cert.n) certs[n++] = set.cert;
    TRY(directory__check_signature(c, &s, way->instance, certs, n, &shared, &by));
    return directory__build(c, way, &s, shared, &set, ret);
}
