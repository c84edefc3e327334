/* directory_write.c: shared parameters version 6 (x-road 4.4) and the configuration anchor (4.1) as the operator writes them. Elements stand in the order of
 * the schema; only the roots are qualified. */
#include "exchange/exchange_int.h"

#include "base/encode.h"
#include "base/time.h"
#include "base/xml.h"

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

static void put_authority(struct buf *b, const struct write_params *p)
{
    buf_put(b, STR("<source>\n"));
    put(b, "address", p->address);
    put_base64(b, "internalVerificationCert", p->conf_cert);
    buf_put(b, STR("</source>\n<approvedCA>\n"));
    put(b, "name", p->ca_name);
    put(b, "authenticationOnly", STR("false"));
    buf_put(b, STR("<topCA>\n"));
    put_base64(b, "cert", p->ca_cert);
    buf_put(b, STR("<ocsp>\n"));
    put(b, "url", p->ocsp_url);
    put_base64(b, "cert", p->ocsp_cert);
    put(b, "costType", STR("FREE"));
    buf_put(b, STR("</ocsp>\n</topCA>\n"));
    put(b, "certificateProfileInfo", STR("ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider"));
    buf_put(b, STR("</approvedCA>\n"));
}

static void put_stamp_service(struct buf *b, const struct write_params *p)
{
    if (!p->tsa_cert.n) return;
    buf_put(b, STR("<approvedTSA>\n"));
    put(b, "name", p->tsa_name);
    put(b, "url", p->tsa_url);
    put_base64(b, "cert", p->tsa_cert);
    put(b, "costType", STR("FREE"));
    buf_put(b, STR("</approvedTSA>\n"));
}

/* member_ref: the XML id of a member or subsystem: its place in the list. */
static size_t member_ref(const struct write_params *p, const struct xid *id)
{
    for (size_t i = 0; i < p->nmembers; i++)
        if (xid_same_client(&p->members[i].id, id)) return i;
    return SIZE_MAX;
}

static void put_member(struct buf *b, const struct write_params *p, size_t at)
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
        if (s->name.n) put(b, "subsystemName", s->name);
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

enum status directory__write_params(struct call *c, const struct write_params *p, struct str *ret_xml)
{
    struct buf b = buf_in(c->arena, DIRECTORY_MAX);
    buf_put(&b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
                    "<ns3:conf xmlns:ns2=\"http://x-road.eu/xsd/identifiers\" xmlns:ns3=\"http://x-road.eu/xsd/xroad.xsd\">\n"));
    put(&b, "instanceIdentifier", p->instance);
    put_authority(&b, p);
    put_stamp_service(&b, p);
    for (size_t i = 0; i < p->nmembers; i++)
        if (!p->members[i].id.subsystem.n) put_member(&b, p, i);
    for (size_t i = 0; i < p->nservers; i++)
        if (!put_server(c, &b, p, &p->servers[i])) return call_fail(c, ST_BROKEN, "", "A server's owner or client is not a member. Admit the member first.");
    put_settings(&b, p);
    buf_put(&b, STR("</ns3:conf>\n"));
    return buf_finish(&b, ret_xml);
}

enum status directory__write_anchor(struct call *c, struct str instance, struct str url, struct str conf_cert, struct str *ret_xml)
{
    char at[TIME_TEXT];
    time_format_ms(c->now_ms, at);
    struct buf b = buf_in(c->arena, 64 * 1024);
    buf_put(&b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<ns3:configurationAnchor xmlns:ns3=\"http://x-road.eu/xsd/xroad.xsd\">\n"));
    put(&b, "generatedAt", str_z(at));
    put(&b, "instanceIdentifier", instance);
    buf_put(&b, STR("<source>\n"));
    put(&b, "downloadURL", url);
    put_base64(&b, "verificationCert", conf_cert);
    buf_put(&b, STR("</source>\n</ns3:configurationAnchor>\n"));
    return buf_finish(&b, ret_xml);
}
