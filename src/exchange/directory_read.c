/* directory_read.c: shared parameters of X-Road (x-road 4.4, versions 2 to 6) and the configuration anchor (4.1) into our own structs. Unknown elements
 * are skipped: new versions add at the end. A picture owns one arena and never changes after it was built. */
#include "exchange/exchange_int.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/xml.h"

enum { PICTURE_CAP = 64 * 1024 * 1024, SHA256_BYTES = 32, ANCHOR_MAX = 1024 * 1024 };
static const char XROAD_NS[] = "http://x-road.eu/xsd/xroad.xsd";

/* While reading: XML ids of members and subsystems, until owner and client references are resolved. */
struct ref { struct str id; uint32_t member; };
struct reading { struct call *c; struct directory *d; struct dir_member *members; struct ref *refs; size_t n; struct dir_hash *hashes; };

static enum status bad(struct call *c, const char *what)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The nation's directory is malformed (%s). Tell the operator.", str_z(what)), STR("malformed_global_conf"));
}

static size_t count_children(const struct xml *x, const char *name)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) n += xml_is(e, NULL, name);
    return n;
}

static struct str text_of(struct arena *a, const struct xml *x, const char *name)
{
    const struct xml *e = xml_child(x, NULL, name);
    return e ? str_trim(xml_text(a, e)) : STR("");
}

/* cert_of: base64 of DER or of PEM (x-road 10, trap 4). A certificate that cannot be read is an empty view: one bad entry must not stop a nation. */
static struct str cert_of(struct reading *r, const struct xml *x)
{
    struct str bytes, der;
    if (!decode_base64(r->c->arena, xml_text(r->c->arena, x), &bytes)) return STR("");
    if (cert_of_pem_or_der(r->c, bytes, &der) != ST_OK) {
        call_clear(r->c);
        return STR("");
    }
    return str_copy(r->d->arena, der);
}

/* read_authority: topCA or intermediateCA: one certificate, its responders and their addresses. */
static void read_authority(struct reading *r, const struct xml *x, bool top, struct cert_anchor *anchor, struct str *urls, size_t *nurls)
{
    struct str *responders = arena_array(r->d->arena, struct str, count_children(x, "ocsp"));
    *anchor = (struct cert_anchor){ .der = cert_of(r, xml_child(x, NULL, "cert")), .responders = responders, .is_top = top };
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "ocsp")) continue;
        const struct xml *cert = xml_child(e, NULL, "cert");
        struct str der = cert ? cert_of(r, cert) : STR("");
        if (der.n) responders[anchor->nresponders++] = der;
        urls[(*nurls)++] = text_of(r->d->arena, e, "url");
    }
}

static size_t count_ocsp(const struct xml *ca)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(ca); e; e = xml_next(e)) n += count_children(e, "ocsp");
    return n;
}

static void read_ca(struct reading *r, const struct xml *x, struct dir_ca *ca)
{
    struct arena *a = r->d->arena;
    struct cert_anchor *anchors = arena_array(a, struct cert_anchor, count_children(x, "intermediateCA") + 1);
    struct str *urls = arena_array(a, struct str, count_ocsp(x));
    *ca = (struct dir_ca){ .name = text_of(a, x, "name"), .auth_only = str_eq(text_of(a, x, "authenticationOnly"), STR("true")), .anchors = anchors, .ocsp_urls = urls };
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        bool top = xml_is(e, NULL, "topCA");
        if (!top && !xml_is(e, NULL, "intermediateCA")) continue;
        if (top && ca->nanchors && anchors[0].is_top) continue; /* the schema allows one */
        read_authority(r, e, top, &anchors[ca->nanchors], urls, &ca->nurls);
        ca->nanchors += anchors[ca->nanchors].der.n > 0;
    }
}

/* read_stamp_services: one whose certificate cannot be read is left out. */
static void read_stamp_services(struct reading *r, const struct xml *root)
{
    struct arena *a = r->d->arena;
    struct dir_tsa *tsas = arena_array(a, struct dir_tsa, count_children(root, "approvedTSA"));
    r->d->tsas = tsas;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "approvedTSA")) continue;
        struct dir_tsa tsa = { text_of(a, e, "name"), text_of(a, e, "url"), cert_of(r, xml_child(e, NULL, "cert")) };
        if (tsa.cert.n && tsa.url.n) tsas[r->d->ntsas++] = tsa;
    }
}

static void add_member(struct reading *r, const struct xml *x, const struct xid *id, struct str name)
{
    struct dir_member *m = &r->members[r->n];
    *m = (struct dir_member){ .id = *id, .key = xid_format(r->d->arena, id), .name = name };
    r->refs[r->n] = (struct ref){ xml_attr(r->d->arena, x, NULL, "id"), (uint32_t)r->n };
    r->n++;
}

static enum status read_member(struct reading *r, const struct xml *x)
{
    struct arena *a = r->d->arena;
    struct xid id = { .instance = r->d->instance, .class_ = text_of(a, xml_child(x, NULL, "memberClass"), "code"), .member = text_of(a, x, "memberCode") };
    struct str name = text_of(a, x, "name");
    if (!id.class_.n || !id.member.n || id.class_.n > XID_PART_MAX || id.member.n > XID_PART_MAX) return bad(r->c, "a member without class or code");
    add_member(r, x, &id, name);
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "subsystem")) continue;
        struct xid sub = id;
        sub.subsystem = text_of(a, e, "subsystemCode");
        if (!sub.subsystem.n || sub.subsystem.n > XID_PART_MAX) return bad(r->c, "a subsystem without a code");
        struct str own = text_of(a, e, "subsystemName");
        add_member(r, e, &sub, own.n ? own : name);
    }
    return ST_OK;
}

static int by_ref(const void *a, const void *b) { return str_cmp(((const struct ref *)a)->id, ((const struct ref *)b)->id); }

static int compare_ids(const struct xid *a, const struct xid *b)
{
    int order = str_cmp(a->class_, b->class_);
    if (!order) order = str_cmp(a->member, b->member);
    return order ? order : str_cmp(a->subsystem, b->subsystem);
}

static int by_id(const void *a, const void *b) { return compare_ids(&((const struct dir_member *)a)->id, &((const struct dir_member *)b)->id); }
static int by_hash(const void *a, const void *b) { return str_cmp(((const struct dir_hash *)a)->hash, ((const struct dir_hash *)b)->hash); }

static bool resolve(const struct reading *r, struct str id, uint32_t *ret)
{
    struct ref want = { .id = id };
    const struct ref *found = r->n ? bsearch(&want, r->refs, r->n, sizeof *r->refs, by_ref) : NULL;
    if (found) *ret = found->member;
    return found != NULL;
}

static enum status read_server(struct reading *r, const struct xml *x, struct dir_server *s)
{
    struct arena *a = r->d->arena;
    uint32_t owner, *clients = arena_array(a, uint32_t, count_children(x, "client") + 1);
    struct str *hashes = arena_array(a, struct str, count_children(x, "authCertHash"));
    *s = (struct dir_server){ .address = text_of(a, x, "address"), .auth_hashes = hashes, .clients = clients };
    if (!resolve(r, text_of(r->c->arena, x, "owner"), &owner)) return bad(r->c, "a server without a known owner");
    s->id = r->members[owner].id;
    s->id.server = text_of(a, x, "serverCode");
    s->key = xid__format_server(a, &s->id);
    clients[s->nclients++] = owner; /* the owner itself is a client of its server */
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (xml_is(e, NULL, "client")) {
            if (!resolve(r, str_trim(xml_text(r->c->arena, e)), &clients[s->nclients])) return bad(r->c, "a server with an unknown client");
            s->nclients++;
        } else if (xml_is(e, NULL, "authCertHash")) {
            struct str hash;
            if (!decode_base64(a, xml_text(r->c->arena, e), &hash)) return bad(r->c, "a certificate hash that is no base64");
            if (hash.n == SHA256_BYTES) hashes[s->nhashes++] = hash; /* SHA-1 ones of version 2 recognise nobody */
        } else if (xml_is(e, NULL, "inMaintenanceMode")) {
            s->maintenance = true;
            s->notice = text_of(a, e, "message");
        }
    }
    return ST_OK;
}

static enum status read_sources(struct reading *r, const struct xml *root)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "source")) n += count_children(e, "internalVerificationCert");
    struct str *certs = arena_array(r->d->arena, struct str, n);
    r->d->conf_certs = certs;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "source")) continue;
        for (const struct xml *k = xml_first(e); k; k = xml_next(k)) {
            if (!xml_is(k, NULL, "internalVerificationCert")) continue;
            struct str der = cert_of(r, k);
            if (der.n) certs[r->d->nconf_certs++] = der;
        }
    }
    return ST_OK;
}

static enum status read_members(struct reading *r, const struct xml *root)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "member")) n += 1 + count_children(e, "subsystem");
    r->members = arena_array(r->d->arena, struct dir_member, n);
    r->refs = arena_array(r->c->arena, struct ref, n);
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "member")) TRY(read_member(r, e));
    /* Members are sorted first, so that a reference is an index into the sorted list. */
    struct dir_member *sorted = arena_array(r->d->arena, struct dir_member, n);
    if (n) memcpy(sorted, r->members, n * sizeof *sorted);
    if (n) qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(sorted[i].key, sorted[i + 1].key)) return bad(r->c, "a member stands twice");
    for (size_t i = 0; i < n; i++) {
        const struct dir_member *at = bsearch(&r->members[r->refs[i].member], sorted, n, sizeof *sorted, by_id);
        r->refs[i].member = (uint32_t)(at - sorted);
    }
    r->members = sorted;
    r->d->members = sorted;
    r->d->nmembers = n;
    if (n) qsort(r->refs, n, sizeof *r->refs, by_ref);
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(r->refs[i].id, r->refs[i + 1].id)) return bad(r->c, "an id stands twice");
    return ST_OK;
}

static enum status read_servers(struct reading *r, const struct xml *root)
{
    struct directory *d = r->d;
    size_t hashes = 0, n = count_children(root, "securityServer");
    struct dir_server *servers = arena_array(d->arena, struct dir_server, n);
    d->servers = servers;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "securityServer")) continue;
        TRY(read_server(r, e, &servers[d->nservers]));
        hashes += servers[d->nservers++].nhashes;
    }
    r->hashes = arena_array(d->arena, struct dir_hash, hashes);
    for (size_t i = 0; i < d->nservers; i++)
        for (size_t k = 0; k < servers[i].nhashes; k++) r->hashes[d->nhashes++] = (struct dir_hash){ servers[i].auth_hashes[k], (uint32_t)i };
    if (d->nhashes) qsort(r->hashes, d->nhashes, sizeof *r->hashes, by_hash);
    d->hashes = r->hashes;
    return ST_OK;
}

static enum status read_root(struct reading *r, const struct xml *root)
{
    struct directory *d = r->d;
    int64_t fresh;
    if (!xml_is(root, XROAD_NS, "conf")) return bad(r->c, "another document");
    d->instance = text_of(d->arena, root, "instanceIdentifier");
    if (!d->instance.n || d->instance.n > XID_PART_MAX) return bad(r->c, "no instance");
    struct dir_ca *cas = arena_array(d->arena, struct dir_ca, count_children(root, "approvedCA"));
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "approvedCA")) read_ca(r, e, &cas[d->ncas++]);
    d->cas = cas;
    read_stamp_services(r, root);
    TRY(read_sources(r, root));
    TRY(read_members(r, root));
    TRY(read_servers(r, root));
    struct str text = text_of(r->c->arena, xml_child(root, NULL, "globalSettings"), "ocspFreshnessSeconds");
    d->ocsp_fresh_s = str_int(text, &fresh) && fresh > 0 && fresh < 30 * 86400 ? fresh : 3600;
    return ST_OK;
}

enum status directory__read_params(struct call *c, struct str xml, struct directory **ret)
{
    XML_DOC doc = NULL;
    if (xml.n > DIRECTORY_MAX) return bad(c, "over 16 MiB");
    enum status st = xml_parse(c, xml, &doc);
    if (st != ST_OK) return call_fault(c, st, STR("malformed_global_conf"));
    DIRECTORY d = heap_new(struct directory);
    d->arena = arena_open(PICTURE_CAP);
    atomic_init(&d->refs, 1);
    struct reading r = { .c = c, .d = d };
    TRY(read_root(&r, xml_root(doc)));
    d->version_digest = trust_digest(d->arena, DIGEST_SHA256, xml);
    *ret = d;
    d = NULL;
    return ST_OK;
}

void directory__drop(struct directory **d)
{
    if (!*d || atomic_fetch_sub(&(*d)->refs, 1) != 1) return;
    arena_close((*d)->arena);
    heap_free(*d);
    *d = NULL;
}

/* ---- look-ups ---- */

const struct dir_member *directory__find_member(const struct directory *d, const struct xid *id)
{
    for (size_t low = 0, high = d->nmembers; low < high;) {
        size_t mid = low + (high - low) / 2;
        const struct dir_member *m = &d->members[mid];
        int order = compare_ids(&m->id, id);
        if (!order) return str_eq(m->id.instance, id->instance) ? m : NULL;
        if (order < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

const struct dir_server *directory__find_server(const struct directory *d, const struct xid *id)
{
    for (size_t i = 0; i < d->nservers; i++)
        if (xid__same_server(&d->servers[i].id, id)) return &d->servers[i];
    return NULL;
}

const struct dir_server *directory__server_of_cert(const struct directory *d, struct str cert_der)
{
    uint8_t digest[SHA256_BYTES];
    trust_sha256(cert_der, digest);
    struct dir_hash want = { .hash = str_of(digest, sizeof digest) };
    const struct dir_hash *found = d->nhashes ? bsearch(&want, d->hashes, d->nhashes, sizeof *d->hashes, by_hash) : NULL;
    return found ? &d->servers[found->server] : NULL;
}

bool directory__hosts(const struct directory *d, const struct dir_server *s, const struct xid *client)
{
    for (size_t i = 0; i < s->nclients; i++)
        if (xid_same_client(&d->members[s->clients[i]].id, client)) return true;
    return false;
}

/* ---- the anchor ---- */

static enum status bad_anchor(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The configuration anchor is malformed. Get it again from the operator."), STR("malformed_anchor"));
}

static enum status read_source(struct call *c, const struct xml *x, struct anchor_source *s)
{
    struct str *certs = arena_array(c->arena, struct str, count_children(x, "verificationCert"));
    *s = (struct anchor_source){ .url = text_of(c->arena, x, "downloadURL"), .certs = certs };
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        struct str bytes;
        if (!xml_is(e, NULL, "verificationCert")) continue;
        if (!decode_base64(c->arena, xml_text(c->arena, e), &bytes) || cert_of_pem_or_der(c, bytes, &certs[s->ncerts]) != ST_OK) return call_clear(c), bad_anchor(c);
        s->ncerts++;
    }
    return s->url.n && s->ncerts ? ST_OK : bad_anchor(c);
}

enum status directory__read_anchor(struct call *c, struct str xml, struct anchor *ret)
{
    XML_DOC doc = NULL;
    if (xml.n > ANCHOR_MAX || xml_parse(c, xml, &doc) != ST_OK) return call_clear(c), bad_anchor(c);
    const struct xml *root = xml_root(doc);
    struct anchor_source *sources = arena_array(c->arena, struct anchor_source, count_children(root, "source"));
    struct anchor a = { .instance = text_of(c->arena, root, "instanceIdentifier"), .sources = sources };
    if (!xml_is(root, XROAD_NS, "configurationAnchor") || !a.instance.n) return bad_anchor(c);
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "source")) TRY(read_source(c, e, &sources[a.nsources++]));
    if (!a.nsources) return bad_anchor(c);
    *ret = a;
    return ST_OK;
}

enum status exchange_servers_of(struct call *c, const struct xid *client, const struct str **ret, size_t *n)
{
    DIRECTORY d = NULL;
    TRY(directory__hold(c, &d));
    struct str *list = arena_array(c->arena, struct str, d->nservers);
    size_t count = 0;
    for (size_t i = 0; i < d->nservers; i++)
        if (directory__hosts(d, &d->servers[i], client)) list[count++] = str_copy(c->arena, d->servers[i].key);
    *ret = list;
    *n = count;
    return ST_OK;
}
