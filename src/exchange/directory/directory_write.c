/* directory_write.c: shared parameters (x-road 4.4, versions 3 to 6), private parameters (4.5) and the configuration anchor (4.1) as the operator writes them.
 * Elements stand in the order of the schema; only the roots and identifiers are qualified. */
#include "exchange/directory/directory.h"

#include "base/encode.h"
#include "base/time.h"
#include "base/xml.h"
#include "exchange/message/message.h"

enum { WITH_NAMES_OF_SUBSYSTEMS = 5, WITH_COSTS = 6 }; /* the versions that brought them */

static void put(struct buf *b, const char *name, struct str value)
{
    xml_put_element(b, name, value);
    buf_put_c(b, '\n');
}

static void put_base64(struct buf *b, const char *name, struct str bytes)
{
    buf_put_c(b, '<');
    buf_put_z(b, name);
    buf_put_c(b, '>');
    encode_base64_to(b, bytes);
    buf_put(b, STR("</"));
    buf_put_z(b, name);
    buf_put(b, STR(">\n"));
}

static void put_sources(struct buf *b, const struct write_params *p)
{
    for (size_t i = 0; i < p->nsources; i++) {
        const struct dir_source *s = &p->sources[i];
        buf_put(b, STR("<source>\n"));
        put(b, "address", s->address);
        for (size_t k = 0; k < s->ninternal; k++) put_base64(b, "internalVerificationCert", s->internal[k]);
        for (size_t k = 0; k < s->nexternal; k++) put_base64(b, "externalVerificationCert", s->external[k]);
        buf_put(b, STR("</source>\n"));
    }
}

static void put_authority(struct buf *b, const struct write_params *p, int version)
{
    buf_put(b, STR("<approvedCA>\n"));
    put(b, "name", p->ca_name);
    put(b, "authenticationOnly", STR("false"));
    buf_put(b, STR("<topCA>\n"));
    put_base64(b, "cert", p->ca_cert);
    buf_put(b, STR("<ocsp>\n"));
    put(b, "url", p->ocsp_url);
    put_base64(b, "cert", p->ocsp_cert);
    if (version >= WITH_COSTS) put(b, "costType", STR("FREE"));
    buf_put(b, STR("</ocsp>\n</topCA>\n"));
    put(b, "certificateProfileInfo", STR("ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider"));
    buf_put(b, STR("</approvedCA>\n"));
}

static void put_stamp_service(struct buf *b, const struct write_params *p, int version)
{
    if (!p->tsa_cert.n) return;
    buf_put(b, STR("<approvedTSA>\n"));
    put(b, "name", p->tsa_name);
    put(b, "url", p->tsa_url);
    put_base64(b, "cert", p->tsa_cert);
    if (version >= WITH_COSTS) put(b, "costType", STR("FREE"));
    buf_put(b, STR("</approvedTSA>\n"));
}

/* put_id: an identifier (0) of a member or subsystem, as the element of this name. */
static void put_id(struct buf *b, const char *name, const struct xid *id)
{
    buf_print(b, "<%s ns2:objectType=\"%s\">\n", name, id->subsystem.n ? "SUBSYSTEM" : "MEMBER");
    put(b, "ns2:xRoadInstance", id->instance);
    put(b, "ns2:memberClass", id->class_);
    put(b, "ns2:memberCode", id->member);
    if (id->subsystem.n) put(b, "ns2:subsystemCode", id->subsystem);
    buf_print(b, "</%s>\n", name);
}

/* member_ref: the XML id of a member or subsystem: its place in the list. */
static size_t member_ref(const struct write_params *p, const struct xid *id)
{
    for (size_t i = 0; i < p->nmembers; i++)
        if (xid_same_client(&p->members[i].id, id)) return i;
    return SIZE_MAX;
}

static void put_member(struct buf *b, const struct write_params *p, size_t at, int version)
{
    const struct write_member *m = &p->members[at];
    buf_print(b, "<member id=\"id%zu\">\n<memberClass>", at);
    put(b, "code", m->id.class_);
    put(b, "description", m->id.class_);
    buf_put(b, STR("</memberClass>\n"));
    put(b, "memberCode", m->id.member);
    put(b, "name", m->name);
    for (size_t i = 0; i < p->nmembers; i++) {
        const struct write_member *s = &p->members[i];
        if (!s->id.subsystem.n || !xid__same_member(&s->id, &m->id)) continue;
        buf_print(b, "<subsystem id=\"id%zu\">\n", i);
        put(b, "subsystemCode", s->id.subsystem);
        if (s->name.n && version >= WITH_NAMES_OF_SUBSYSTEMS) put(b, "subsystemName", s->name);
        buf_put(b, STR("</subsystem>\n"));
    }
    buf_put(b, STR("</member>\n"));
}

static bool put_server(struct call *c, struct buf *b, const struct write_params *p, const struct write_server *s)
{
    struct xid owner = s->id;
    owner.subsystem = STR("");
    size_t ref = member_ref(p, &owner);
    if (ref == SIZE_MAX) return false;
    buf_print(b, "<securityServer>\n<owner>id%zu</owner>\n", ref);
    put(b, "serverCode", s->id.server);
    put(b, "address", s->address);
    for (size_t i = 0; i < s->ncerts; i++) put_base64(b, "authCertHash", trust_digest(c->arena, DIGEST_SHA256, s->auth_certs[i]));
    for (size_t i = 0; i < s->nclients; i++) {
        ref = member_ref(p, &s->clients[i]);
        if (ref == SIZE_MAX) return false;
        buf_print(b, "<client>id%zu</client>\n", ref);
    }
    buf_put(b, STR("</securityServer>\n"));
    return true;
}

static void put_settings(struct buf *b, const struct write_params *p)
{
    buf_put(b, STR("<globalSettings>\n"));
    for (size_t i = 0; i < p->nmembers; i++) {
        bool seen = p->members[i].id.subsystem.n > 0;
        for (size_t k = 0; k < i && !seen; k++) seen = str_eq(p->members[k].id.class_, p->members[i].id.class_);
        if (seen) continue;
        buf_put(b, STR("<memberClass>"));
        put(b, "code", p->members[i].id.class_);
        put(b, "description", p->members[i].id.class_);
        buf_put(b, STR("</memberClass>\n"));
    }
    put(b, "ocspFreshnessSeconds", STR("3600"));
    buf_put(b, STR("</globalSettings>\n"));
}

/* put_owners: the group that is built in (4.4): each member that owns a server, once. Servers stand sorted by their owner. */
static void put_owners(struct buf *b, const struct write_params *p)
{
    buf_put(b, STR("<globalGroup>\n"));
    put(b, "groupCode", STR("security-server-owners"));
    put(b, "description", STR("Security server owners"));
    for (size_t i = 0; i < p->nservers; i++) {
        struct xid owner = p->servers[i].id;
        owner.server = STR("");
        if (!i || !xid__same_member(&owner, &p->servers[i - 1].id)) put_id(b, "groupMember", &owner);
    }
    buf_put(b, STR("</globalGroup>\n"));
}

static void put_group(struct buf *b, const struct write_group *g)
{
    buf_put(b, STR("<globalGroup>\n"));
    put(b, "groupCode", g->code);
    put(b, "description", g->title);
    for (size_t i = 0; i < g->nmembers; i++) put_id(b, "groupMember", &g->members[i]);
    buf_put(b, STR("</globalGroup>\n"));
}

static struct buf open_conf(struct call *c, struct str instance)
{
    struct buf b = buf_in(c->arena, DIRECTORY_MAX);
    buf_put(&b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
                    "<ns3:conf xmlns:ns2=\"http://x-road.eu/xsd/identifiers\" xmlns:ns3=\"http://x-road.eu/xsd/xroad.xsd\">\n"));
    put(&b, "instanceIdentifier", instance);
    return b;
}

enum status directory__write_params(struct call *c, const struct write_params *p, int version, struct str *ret_xml)
{
    struct buf b = open_conf(c, p->instance);
    put_sources(&b, p);
    put_authority(&b, p, version);
    put_stamp_service(&b, p, version);
    for (size_t i = 0; i < p->nmembers; i++)
        if (!p->members[i].id.subsystem.n) put_member(&b, p, i, version);
    for (size_t i = 0; i < p->nservers; i++)
        if (!put_server(c, &b, p, &p->servers[i])) return call_fail(c, ST_BROKEN, "", "A server's owner or client is not a member. Admit the member first.");
    put_owners(&b, p);
    for (size_t i = 0; i < p->ngroups; i++) put_group(&b, &p->groups[i]);
    put_settings(&b, p);
    buf_put(&b, STR("</ns3:conf>\n"));
    return buf_finish(&b, ret_xml);
}

/* ---- anchors and private parameters ---- */

static void put_anchor(struct buf *b, const struct anchor *a)
{
    char at[TIME_TEXT];
    time_format_ms(a->made_ms, at);
    if (a->made_ms) put(b, "generatedAt", str_z(at));
    put(b, "instanceIdentifier", a->instance);
    for (size_t i = 0; i < a->nsources; i++) {
        buf_put(b, STR("<source>\n"));
        put(b, "downloadURL", a->sources[i].url);
        for (size_t k = 0; k < a->sources[i].ncerts; k++) put_base64(b, "verificationCert", a->sources[i].certs[k]);
        buf_put(b, STR("</source>\n"));
    }
}

enum status directory__write_private(struct call *c, const struct write_private *p, struct str *ret_xml)
{
    struct buf b = open_conf(c, p->instance);
    for (size_t i = 0; i < p->nanchors; i++) {
        buf_put(&b, STR("<configurationAnchor>\n"));
        put_anchor(&b, &p->anchors[i]);
        buf_put(&b, STR("</configurationAnchor>\n"));
    }
    buf_put(&b, STR("<managementService>\n"));
    put(&b, "authCertRegServiceAddress", p->management_url);
    put_id(&b, "managementRequestServiceProviderId", &p->management);
    buf_put(&b, STR("</managementService>\n"));
    buf_print(&b, "<timeStampingIntervalSeconds>%lld</timeStampingIntervalSeconds>\n</ns3:conf>\n", (long long)p->stamp_period_s);
    return buf_finish(&b, ret_xml);
}

enum status directory__write_anchor(struct call *c, const struct anchor *a, struct str *ret_xml)
{
    struct buf b = buf_in(c->arena, ANCHOR_MAX);
    buf_put(&b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<ns3:configurationAnchor xmlns:ns3=\"http://x-road.eu/xsd/xroad.xsd\">\n"));
    put_anchor(&b, a);
    buf_put(&b, STR("</ns3:configurationAnchor>\n"));
    return buf_finish(&b, ret_xml);
}
