/* asic.c: containers in X-Road's form (x-road 5.4): which files stand in one, under which names, and the two manifests that list them. */
#include "trust/asic.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/xml.h"

enum { MANIFEST_MOST = 256 * 1024 };
#define MANIFEST_NS "http://uri.etsi.org/2918/v1.2.1#" /* as X-Road writes it */
#define FILE_LIST_NS "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
#define DS_NS "http://www.w3.org/2000/09/xmldsig#"

/* ---- names ---- */

const struct asic_entry *asic_find(const struct asic *a, struct str name)
{
    for (size_t i = 0; i < a->n; i++)
        if (str_eq(a->entries[i].name, name)) return &a->entries[i];
    return NULL;
}

const struct asic_entry *asic_find_uri(const struct asic *a, struct str uri) { return str_starts(uri, STR("/")) ? asic_find(a, str_skip(uri, 1)) : NULL; }

struct str asic_uri(struct arena *arena, const struct asic_entry *e) { return str_join(arena, STR("/"), e->name, STR_END); }

bool asic_is_attachment(struct str uri)
{
    struct str number = str_skip(uri, sizeof "/attachment" - 1);
    if (!str_starts(uri, STR("/attachment")) || number.n == 0 || number.n > 9 || number.p[0] == '0') return false;
    for (size_t i = 0; i < number.n; i++)
        if (number.p[i] < '0' || number.p[i] > '9') return false;
    return true;
}

/* ---- reading ---- */

static enum status missing(struct call *c, const char *name, const char *fault)
{
    return call_fault(c, call_fail(c, ST_INVALID, "container", "The container holds no file %s. Ask whoever made it for a whole one.", str_z(name)), str_z(fault));
}

/* Files that prove nothing without each other, and what is said when one of a pair is missing. */
static const struct { const char *has, *needs, *fault; } pairs[] = {
    { ASIC_CHAIN_RESULT, ASIC_CHAIN, "asic_hash_chain_not_found" },
    { ASIC_CHAIN, ASIC_CHAIN_RESULT, "asic_hash_chain_result_not_found" },
    { ASIC_STAMP_CHAIN_RESULT, ASIC_STAMP_CHAIN, "asic_hash_chain_not_found" },
    { ASIC_STAMP_CHAIN, ASIC_STAMP_CHAIN_RESULT, "asic_hash_chain_result_not_found" },
    { ASIC_STAMP_CHAIN_RESULT, ASIC_STAMP, "asic_timestamp_not_found" },
    { ASIC_STAMP_CHAIN_RESULT, ASIC_STAMP_MANIFEST, "asic_manifest_not_found" },
};

enum status asic_read(struct call *c, struct str bytes, struct asic *ret)
{
    struct asic a = { 0 };
    TRY(zip_read(c, bytes, ASIC_FILES_MOST, ASIC_BYTES_MOST, &a));
    const struct asic_entry *type = asic_find(&a, STR("mimetype"));
    if (!type) return missing(c, "mimetype", "asic_mime_type_not_found");
    if (!str_eq(str_trim(type->bytes), STR(ASIC_MIMETYPE)))
        return call_fault(c, call_fail(c, ST_INVALID, "container", "The container says that it is something else than a signed message."), STR("asic_invalid_mime_type"));
    if (!asic_find(&a, STR(ASIC_MESSAGE))) return missing(c, ASIC_MESSAGE, "asic_message_not_found");
    if (!asic_find(&a, STR(ASIC_SIGNATURES))) return missing(c, ASIC_SIGNATURES, "asic_signature_not_found");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (asic_find(&a, str_z(pairs[i].has)) && !asic_find(&a, str_z(pairs[i].needs))) return missing(c, pairs[i].needs, pairs[i].fault);
    *ret = a;
    return ST_OK;
}

/* ---- what the manifests say ---- */

static enum status wrong_manifest(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "container", "The manifest of the time-stamp is not about the files of this container. Ask whoever made it for a whole one."), STR("asic_invalid_container"));
}

/* fits: is the file that this reference names there, with this digest? */
static bool fits(struct call *c, const struct asic *files, const struct xml *reference)
{
    enum digest alg;
    struct str digest, uri = xml_attr(c->arena, reference, NULL, "URI");
    const struct asic_entry *e = asic_find(files, uri);
    return e && digest_of_uri(xml_attr(c->arena, xml_only_child(reference, DS_NS, "DigestMethod"), NULL, "Algorithm"), &alg) &&
           decode_base64(c->arena, str_trim(xml_text(c->arena, xml_only_child(reference, DS_NS, "DigestValue"))), &digest) && str_eq(trust_digest(c->arena, alg, e->bytes), digest);
}

enum status asic_check_stamp_manifest(struct call *c, const struct asic *files)
{
    XML_DOC doc = NULL;
    bool names_result = false;
    const struct asic_entry *e = asic_find(files, STR(ASIC_STAMP_MANIFEST));
    if (!e || xml_parse(c, e->bytes, &doc) != ST_OK) return call_clear(c), wrong_manifest(c);
    const struct xml *root = xml_root(doc), *token = xml_only_child(root, MANIFEST_NS, "SigReference");
    if (!xml_is(root, MANIFEST_NS, "ASiCManifest") || !str_eq(xml_attr(c->arena, token, NULL, "URI"), STR(ASIC_STAMP))) return wrong_manifest(c);
    for (const struct xml *x = xml_first(root); x; x = xml_next(x)) {
        if (!xml_is(x, MANIFEST_NS, "DataObjectReference")) continue;
        if (!fits(c, files, x)) return wrong_manifest(c);
        names_result = names_result || str_eq(xml_attr(c->arena, x, NULL, "URI"), STR(ASIC_STAMP_CHAIN_RESULT));
    }
    return names_result ? ST_OK : wrong_manifest(c);
}

bool asic_is_file_list(struct call *c, struct str bytes)
{
    XML_DOC doc = NULL;
    if (xml_parse(c, bytes, &doc) == ST_OK) return xml_is(xml_root(doc), FILE_LIST_NS, "manifest");
    call_clear(c);
    return false;
}

/* ---- writing ---- */

static struct str stamp_manifest(struct call *c, struct str result)
{
    struct buf b = buf_in(c->arena, MANIFEST_MOST);
    buf_put_z(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest xmlns:asic=\"" MANIFEST_NS "\" xmlns:ds=\"" DS_NS "\">"
                  "<asic:SigReference URI=\"" ASIC_STAMP "\" MimeType=\"vnd.etsi.timestamp-token\"/><asic:DataObjectReference URI=\"" ASIC_STAMP_CHAIN_RESULT "\" MimeType=\"text/xml\">"
                  "<ds:DigestMethod Algorithm=\"");
    buf_put(&b, digest_uri(DIGEST_SHA512));
    buf_put_z(&b, "\"/><ds:DigestValue>");
    encode_base64_to(&b, trust_digest(c->arena, DIGEST_SHA512, result));
    buf_put_z(&b, "</ds:DigestValue></asic:DataObjectReference></asic:ASiCManifest>");
    return buf_str(&b);
}

static void manifest_row(struct buf *b, const char *type, struct str path)
{
    buf_print(b, "<manifest:file-entry manifest:media-type=\"%s\" manifest:full-path=\"", type);
    xml_put_attr(b, path);
    buf_put_z(b, "\"/>");
}

/* manifest: OpenDocument's list of the files outside of META-INF. */
static struct str manifest(struct call *c, const struct asic *files)
{
    struct buf b = buf_in(c->arena, MANIFEST_MOST);
    buf_put_z(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest xmlns:manifest=\"" FILE_LIST_NS "\" manifest:version=\"1.2\">");
    manifest_row(&b, ASIC_MIMETYPE, STR("/"));
    for (size_t i = 0; i < files->n; i++) {
        struct str name = files->entries[i].name;
        if (str_eq(name, STR("mimetype")) || str_starts(name, STR("META-INF/"))) continue;
        manifest_row(&b, str_starts(name, STR("attachment")) ? "application/octet-stream" : "text/xml", name);
    }
    buf_put_z(&b, "</manifest:manifest>");
    return buf_str(&b);
}

struct writing { struct asic_entry *list; size_t n; };

static void add(struct writing *w, struct str name, struct str bytes)
{
    if (bytes.n) w->list[w->n++] = (struct asic_entry){ name, bytes };
}

enum status asic_write(struct call *c, const struct asic_message *m, struct str *ret)
{
    struct writing w = { .list = arena_array(c->arena, struct asic_entry, 16 + m->nattachments) };
    add(&w, STR("mimetype"), STR(ASIC_MIMETYPE));
    add(&w, STR(ASIC_MESSAGE), m->message);
    for (size_t i = 0; i < m->nattachments; i++) w.list[w.n++] = (struct asic_entry){ str_print(c->arena, "attachment%zu", i + 1), m->attachments[i] }; /* one may be empty */
    add(&w, STR(ASIC_SIGNATURES), m->signature);
    add(&w, STR(ASIC_CHAIN_RESULT), m->chain_result);
    add(&w, STR(ASIC_CHAIN), m->chain);
    if (m->stamp_result.n) {
        add(&w, STR(ASIC_STAMP_CHAIN_RESULT), m->stamp_result);
        add(&w, STR(ASIC_STAMP_CHAIN), m->stamp_chain);
        add(&w, STR(ASIC_STAMP), m->stamp);
        add(&w, STR(ASIC_STAMP_MANIFEST), stamp_manifest(c, m->stamp_result));
    }
    add(&w, STR(ASIC_MANIFEST), manifest(c, &(struct asic){ w.list, w.n }));
    const struct zip_form form = { .comment = STR("mimetype=" ASIC_MIMETYPE), .at_ms = m->at_ms };
    return zip_write(c, &(struct asic){ w.list, w.n }, &form, ret);
}
