/* directory_read.c: shared parameters of X-Road (x-road 4.4, versions 2 to 6) into a picture: sorted, so that it is quick to ask (directory_look.c). Unknown elements
 * are skipped: new versions add at the end. A picture owns one arena and never changes after it was built. */
#include "exchange/directory/directory_int.h"

#include <stdlib.h>

#include "base/encode.h"
#include "exchange/message/message.h"

enum { PICTURE_CAP = 64 * 1024 * 1024, SHA1_BYTES = 20, SHA256_BYTES = 32 };

/* While reading: XML ids of members and subsystems, until owner and client references are resolved. */
struct ref { struct str id; uint32_t member; };
struct reading { struct call *c; struct directory *d; struct dir_member *members; struct ref *refs; size_t n; };

/* read_authority: topCA or intermediateCA: one certificate, its responders and their addresses. */
static void read_authority(struct reading *r, const struct xml *x, bool top, struct cert_anchor *anchor, struct str *urls, size_t *nurls)
{
    struct str *responders = arena_array(r->d->arena, struct str, directory__count(x, "ocsp"));
    *anchor = (struct cert_anchor){ .der = directory__cert(r->c, r->d->arena, xml_child(x, NULL, "cert")), .responders = responders, .is_top = top };
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "ocsp")) continue;
        struct str der = directory__cert(r->c, r->d->arena, xml_child(e, NULL, "cert"));
        if (der.n) responders[anchor->nresponders++] = der;
        urls[(*nurls)++] = directory__text(r->d->arena, e, "url");
    }
}

static size_t count_ocsp(const struct xml *ca)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(ca); e; e = xml_next(e)) n += directory__count(e, "ocsp");
    return n;
}

static void read_ca(struct reading *r, const struct xml *x, struct dir_ca *ca)
{
    struct arena *a = r->d->arena;
    struct cert_anchor *anchors = arena_array(a, struct cert_anchor, directory__count(x, "intermediateCA") + 1);
    struct str *urls = arena_array(a, struct str, count_ocsp(x));
    *ca = (struct dir_ca){ .name = directory__text(a, x, "name"), .profile = directory__text(a, x, "certificateProfileInfo"), .auth_only = directory__flag(r->c, x, "authenticationOnly"), .anchors = anchors, .ocsp_urls = urls };
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
    struct dir_tsa *tsas = arena_array(a, struct dir_tsa, directory__count(root, "approvedTSA"));
    r->d->tsas = tsas;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "approvedTSA")) continue;
        struct dir_tsa tsa = { directory__text(a, e, "name"), directory__text(a, e, "url"), directory__cert(r->c, r->d->arena, xml_child(e, NULL, "cert")) };
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
    struct xid id = { .instance = r->d->instance, .class_ = directory__text(a, xml_child(x, NULL, "memberClass"), "code"), .member = directory__text(a, x, "memberCode") };
    struct str name = directory__text(a, x, "name");
    if (!id.class_.n || !id.member.n || id.class_.n > XID_PART_MAX || id.member.n > XID_PART_MAX) return directory__bad(r->c, "a member without class or code");
    add_member(r, x, &id, name);
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "subsystem")) continue;
        struct xid sub = id;
        sub.subsystem = directory__text(a, e, "subsystemCode");
        if (!sub.subsystem.n || sub.subsystem.n > XID_PART_MAX) return directory__bad(r->c, "a subsystem without a code");
        struct str own = directory__text(a, e, "subsystemName");
        add_member(r, e, &sub, own.n ? own : name);
    }
    return ST_OK;
}

static int by_ref(const void *a, const void *b) { return str_cmp(((const struct ref *)a)->id, ((const struct ref *)b)->id); }

static int by_id(const void *a, const void *b) { return xid__compare(&((const struct dir_member *)a)->id, &((const struct dir_member *)b)->id); }
static int by_server(const void *a, const void *b) { return xid__compare(&((const struct dir_server *)a)->id, &((const struct dir_server *)b)->id); }
static int by_xid(const void *a, const void *b) { return xid__compare(a, b); }
static int by_code(const void *a, const void *b) { return str_cmp(((const struct dir_group *)a)->code, ((const struct dir_group *)b)->code); }
static int by_hash(const void *a, const void *b) { return str_cmp(((const struct dir_hash *)a)->hash, ((const struct dir_hash *)b)->hash); }

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int by_host(const void *a, const void *b)
{
    const struct dir_host *x = a, *y = b;
    int order = by_number(&x->member, &y->member);
    return order ? order : by_number(&x->server, &y->server);
}

static bool resolve(const struct reading *r, struct str id, uint32_t *ret)
{
    struct ref want = { .id = id };
    const struct ref *found = r->n ? bsearch(&want, r->refs, r->n, sizeof *r->refs, by_ref) : NULL;
    if (found) *ret = found->member;
    return found != NULL;
}

/* read_hash: SHA-256; in version 2 SHA-1 too. In later versions a SHA-1 hash recognises nobody. */
static enum status read_hash(struct reading *r, const struct xml *x, struct dir_server *s, struct str *hashes)
{
    struct str hash;
    if (!decode_base64(r->d->arena, xml_text(r->c->arena, x), &hash)) return directory__bad(r->c, "a certificate hash that is no base64");
    if (hash.n == SHA256_BYTES || (hash.n == SHA1_BYTES && r->d->version == DIRECTORY_VERSION_LEAST)) hashes[s->nhashes++] = hash;
    return ST_OK;
}

/* sort_clients: rising, each once. */
static void sort_clients(struct dir_server *s, uint32_t *clients)
{
    size_t n = 0;
    qsort(clients, s->nclients, sizeof *clients, by_number);
    for (size_t i = 0; i < s->nclients; i++)
        if (!n || clients[n - 1] != clients[i]) clients[n++] = clients[i];
    s->nclients = n;
}

static enum status read_server(struct reading *r, const struct xml *x, struct dir_server *s)
{
    struct arena *a = r->d->arena;
    uint32_t owner, *clients = arena_array(a, uint32_t, directory__count(x, "client") + 1);
    struct str *hashes = arena_array(a, struct str, directory__count(x, "authCertHash"));
    *s = (struct dir_server){ .address = directory__text(a, x, "address"), .auth_hashes = hashes, .clients = clients };
    if (!resolve(r, directory__text(r->c->arena, x, "owner"), &owner)) return directory__bad(r->c, "a server without a known owner");
    s->id = r->members[owner].id;
    s->id.server = directory__text(a, x, "serverCode");
    s->key = xid__format_server(a, &s->id);
    clients[s->nclients++] = owner; /* the owner itself is a client of its server */
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (xml_is(e, NULL, "client")) {
            if (!resolve(r, str_trim(xml_text(r->c->arena, e)), &clients[s->nclients])) return directory__bad(r->c, "a server with an unknown client");
            s->nclients++;
        } else if (xml_is(e, NULL, "authCertHash")) {
            TRY(read_hash(r, e, s, hashes));
        } else if (xml_is(e, NULL, "inMaintenanceMode")) {
            s->maintenance = true;
            s->notice = directory__text(a, e, "message");
        }
    }
    sort_clients(s, clients);
    return ST_OK;
}

static void read_sources(struct reading *r, const struct xml *root)
{
    struct arena *a = r->d->arena;
    struct dir_source *sources = arena_array(a, struct dir_source, directory__count(root, "source"));
    r->d->sources = sources;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "source")) continue;
        struct dir_source *s = &sources[r->d->nsources++];
        *s = (struct dir_source){ .address = directory__text(a, e, "address") };
        s->ninternal = directory__certs(r->c, a, e, "internalVerificationCert", &s->internal);
        s->nexternal = directory__certs(r->c, a, e, "externalVerificationCert", &s->external);
    }
}

static enum status read_group(struct reading *r, const struct xml *x, struct dir_group *g)
{
    struct arena *a = r->d->arena;
    struct xid *members = arena_array(a, struct xid, directory__count(x, "groupMember"));
    *g = (struct dir_group){ .code = directory__text(a, x, "groupCode"), .members = members };
    if (!g->code.n) return directory__bad(r->c, "a group without a code");
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, "groupMember")) continue;
        if (!directory__id(a, e, &members[g->nmembers])) return directory__bad(r->c, "a group with a member without class or code");
        g->nmembers++;
    }
    if (g->nmembers) qsort(members, g->nmembers, sizeof *members, by_xid);
    return ST_OK;
}

static enum status read_groups(struct reading *r, const struct xml *root)
{
    struct directory *d = r->d;
    struct dir_group *groups = arena_array(d->arena, struct dir_group, directory__count(root, "globalGroup"));
    d->groups = groups;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "globalGroup")) TRY(read_group(r, e, &groups[d->ngroups++]));
    if (d->ngroups) qsort(groups, d->ngroups, sizeof *groups, by_code);
    for (size_t i = 0; i + 1 < d->ngroups; i++)
        if (str_eq(groups[i].code, groups[i + 1].code)) return directory__bad(r->c, "a group stands twice");
    return ST_OK;
}

static enum status read_members(struct reading *r, const struct xml *root)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "member")) n += 1 + directory__count(e, "subsystem");
    r->members = arena_array(r->d->arena, struct dir_member, n);
    r->refs = arena_array(r->c->arena, struct ref, n);
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "member")) TRY(read_member(r, e));
    /* Members are sorted first, so that a reference is an index into the sorted list. */
    struct dir_member *sorted = arena_array(r->d->arena, struct dir_member, n);
    if (n) memcpy(sorted, r->members, n * sizeof *sorted);
    if (n) qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(sorted[i].key, sorted[i + 1].key)) return directory__bad(r->c, "a member stands twice");
    for (size_t i = 0; i < n; i++) {
        const struct dir_member *at = bsearch(&r->members[r->refs[i].member], sorted, n, sizeof *sorted, by_id);
        r->refs[i].member = (uint32_t)(at - sorted);
    }
    r->members = sorted;
    r->d->members = sorted;
    r->d->nmembers = n;
    if (n) qsort(r->refs, n, sizeof *r->refs, by_ref);
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(r->refs[i].id, r->refs[i + 1].id)) return directory__bad(r->c, "an id stands twice");
    return ST_OK;
}

/* index_servers: who shows which certificate, and who hosts whom. */
static void index_servers(struct directory *d)
{
    size_t nhashes = 0, nhosts = 0;
    for (size_t i = 0; i < d->nservers; i++) {
        nhashes += d->servers[i].nhashes;
        nhosts += d->servers[i].nclients;
    }
    struct dir_hash *hashes = arena_array(d->arena, struct dir_hash, nhashes);
    struct dir_host *hosts = arena_array(d->arena, struct dir_host, nhosts);
    for (size_t i = 0; i < d->nservers; i++) {
        for (size_t k = 0; k < d->servers[i].nhashes; k++) hashes[d->nhashes++] = (struct dir_hash){ d->servers[i].auth_hashes[k], (uint32_t)i };
        for (size_t k = 0; k < d->servers[i].nclients; k++) hosts[d->nhosts++] = (struct dir_host){ d->servers[i].clients[k], (uint32_t)i };
    }
    if (nhashes) qsort(hashes, nhashes, sizeof *hashes, by_hash);
    if (nhosts) qsort(hosts, nhosts, sizeof *hosts, by_host);
    d->hashes = hashes;
    d->hosts = hosts;
}

static enum status read_servers(struct reading *r, const struct xml *root)
{
    struct directory *d = r->d;
    struct dir_server *servers = arena_array(d->arena, struct dir_server, directory__count(root, "securityServer"));
    d->servers = servers;
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "securityServer")) TRY(read_server(r, e, &servers[d->nservers++]));
    if (d->nservers) qsort(servers, d->nservers, sizeof *servers, by_server);
    for (size_t i = 0; i + 1 < d->nservers; i++)
        if (str_eq(servers[i].key, servers[i + 1].key)) return directory__bad(r->c, "a server stands twice");
    index_servers(d);
    return ST_OK;
}

static enum status read_root(struct reading *r, const struct xml *root)
{
    struct directory *d = r->d;
    int64_t fresh;
    d->instance = directory__text(d->arena, root, "instanceIdentifier");
    if (!d->instance.n || d->instance.n > XID_PART_MAX) return directory__bad(r->c, "no instance");
    struct dir_ca *cas = arena_array(d->arena, struct dir_ca, directory__count(root, "approvedCA"));
    for (const struct xml *e = xml_first(root); e; e = xml_next(e))
        if (xml_is(e, NULL, "approvedCA")) read_ca(r, e, &cas[d->ncas++]);
    d->cas = cas;
    read_stamp_services(r, root);
    read_sources(r, root);
    TRY(read_members(r, root));
    TRY(read_servers(r, root));
    TRY(read_groups(r, root));
    struct str text = directory__text(r->c->arena, xml_child(root, NULL, "globalSettings"), "ocspFreshnessSeconds");
    d->ocsp_fresh_s = str_int(text, &fresh) && fresh > 0 && fresh < 30 * 86400 ? fresh : 3600;
    return ST_OK;
}

enum status directory__read_params(struct call *c, struct str xml, int version, struct directory **ret)
{
    XML_DOC doc = NULL;
    TRY(directory__open_xml(c, xml, &doc));
    DIRECTORY d = heap_new(struct directory);
    d->arena = arena_open(PICTURE_CAP);
    d->version = version;
    atomic_init(&d->refs, 1);
    struct reading r = { .c = c, .d = d };
    TRY(read_root(&r, xml_root(doc)));
    d->version_digest = trust_digest(d->arena, DIGEST_SHA256, xml);
    *ret = d;
    d = NULL;
    return ST_OK;
}
