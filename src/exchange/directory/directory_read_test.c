/* Tests of directory_read.c: shared parameters as a central server writes them (samples read in place, skipped where they are missing), our own, and broken ones. */
#include "exchange/directory/directory_read.c"

#include <stdlib.h>

#include "base/file.h"
#include "base/test.h"

#define HEAD "<c:conf xmlns:c=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>VN</instanceIdentifier>"
#define MEMBER(id, code) "<member id=\"" id "\"><memberClass><code>GOV</code></memberClass><memberCode>" code "</memberCode><name>N</name>"

/* sample: a file of the X-Road repository's test data; empty where the folder does not exist. */
static struct str sample(struct call *c, const char *path)
{
    const char *root = getenv("SEN_SAMPLES");
    struct str text, full = str_join(c->arena, str_z(root ? root : "../shared/data/x-road"), STR("/"), str_z(path), STR_END);
    if (file_exists(c, full) && file_read(c, full, DIRECTORY_MAX, &text) == ST_OK) return text;
    call_clear(c);
    print_message("skipped: no sample %s\n", path);
    skip();
    return STR("");
}

TEST(sample_of_version_6)
{
    DIRECTORY d = NULL;
    CHECK_OK(directory__read_params(c, sample(c, "signed-configuration/V6/20251110170000548026000/shared-params.xml"), 6, &d));
    CHECK_STR(d->instance, STR("DEV"));
    CHECK(d->nmembers == 7 && d->nservers == 2 && d->ncas == 2 && d->nhashes == 2 && d->nsources == 1 && d->sources[0].ninternal == 1 && d->sources[0].nexternal == 1 && d->ngroups == 1 && d->ocsp_fresh_s == 3600);
    CHECK(d->cas[0].nanchors == 1 && d->cas[0].anchors[0].nresponders == 1 && d->cas[0].nurls == 1);
    CHECK_STR(d->cas[0].ocsp_urls[0], STR("http://testca:8888"));
    CHECK(d->ntsas == 1);
    CHECK_STR(d->tsas[0].url, STR("http://testca:8899"));
    struct xid id = { STR_INIT("DEV"), STR_INIT("COM"), STR_INIT("1234"), STR_INIT("TestService"), { 0 }, { 0 } };
    const struct dir_member *m = directory__find_member(d, &id);
    CHECK(m != NULL);
    CHECK_STR(m->name, STR("Test service"));
    id.instance = STR("VN");
    CHECK(!directory__find_member(d, &id));
}

TEST(server_hosts_its_clients_and_its_owner)
{
    DIRECTORY d = NULL;
    CHECK_OK(directory__read_params(c, sample(c, "signed-configuration/V6/20251110170000548026000/shared-params.xml"), 6, &d));
    struct xid server = { STR_INIT("DEV"), STR_INIT("COM"), STR_INIT("1234"), { 0 }, { 0 }, STR_INIT("SS0") };
    struct xid client = { STR_INIT("DEV"), STR_INIT("COM"), STR_INIT("4321"), STR_INIT("TestClient"), { 0 }, { 0 } };
    const struct dir_server *s = directory__find_server(d, &server);
    CHECK(s && directory__hosts(d, s, &client));
    client.subsystem = STR("");
    CHECK(!directory__hosts(d, s, &client));
    client.member = STR("1234");
    CHECK(directory__hosts(d, s, &client));
    server.server = STR("SS1");
    CHECK(!directory__find_server(d, &server));
}

static void check_refused(struct call *c, struct str xml)
{
    struct directory *d = NULL;
    CHECK(directory__read_params(c, xml, 6, &d) == ST_INVALID && !d);
    CHECK_STR(call_error(c)->fault, STR("malformed_global_conf"));
    call_clear(c);
}

/* Every set of global configuration among the samples, and what stands in it. */
struct expected { const char *path; int version; const char *instance; size_t members, servers, cas, sources, internal, sha256, sha1; int64_t fresh_s; size_t maintained; };
static const struct expected sets[] = {
    { "globalconf/globalconf_good2_v3/DEV", 3, "DEV", 5, 2, 1, 1, 1, 2, 0, 3600, 0 },
    { "globalconf/globalconf_good_v2/EE", 2, "EE", 4, 4, 5, 0, 0, 1, 3, 42, 0 },
    { "globalconf/globalconf_good_v2/bar", 2, "bar", 4, 4, 1, 0, 0, 1, 3, 420, 0 },
    { "globalconf/globalconf_good_v2/foo", 2, "foo", 4, 4, 4, 0, 0, 1, 3, 4200, 0 },
    { "globalconf/globalconf_good_v3/EE", 3, "EE", 4, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v3/bar", 3, "bar", 4, 4, 1, 1, 1, 4, 0, 420, 0 },
    { "globalconf/globalconf_good_v3/foo_v2", 2, "foo_v2", 4, 4, 4, 0, 0, 1, 3, 4200, 0 },
    { "globalconf/globalconf_good_v4/EE", 4, "EE", 4, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v4/bar", 4, "bar", 4, 4, 1, 1, 1, 4, 0, 420, 0 },
    { "globalconf/globalconf_good_v4/baz_v3", 3, "baz_v3", 4, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v4/foo_v2", 2, "foo_v2", 4, 4, 4, 0, 0, 1, 3, 4200, 0 },
    { "globalconf/globalconf_good_v5/EE", 5, "EE", 5, 4, 5, 1, 1, 4, 0, 42, 1 },
    { "globalconf/globalconf_good_v5/bar", 5, "bar", 5, 4, 1, 1, 1, 4, 0, 420, 0 },
    { "globalconf/globalconf_good_v5/baz_v3", 3, "baz_v3", 5, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v5/foo_v2", 2, "foo_v2", 5, 4, 4, 0, 0, 1, 3, 4200, 0 },
    { "globalconf/globalconf_good_v5/qux_v4", 4, "qux_v4", 4, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v6/EE", 6, "EE", 5, 4, 2, 1, 1, 4, 0, 42, 1 },
    { "globalconf/globalconf_good_v6/bar", 6, "bar", 5, 4, 1, 1, 1, 4, 0, 420, 0 },
    { "globalconf/globalconf_good_v6/baz_v3", 3, "baz_v3", 5, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v6/foo_v2", 2, "foo_v2", 5, 4, 4, 0, 0, 1, 3, 4200, 0 },
    { "globalconf/globalconf_good_v6/quux_v5", 5, "quux_v5", 4, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "globalconf/globalconf_good_v6/qux_v4", 4, "qux_v4", 4, 4, 5, 1, 1, 4, 0, 42, 0 },
    { "signed-configuration/V3/20240408142911166434000", 3, "CS", 8, 2, 1, 1, 2, 2, 0, 3600, 0 },
    { "signed-configuration/V4/20240529203822880997000", 4, "DEV", 7, 2, 1, 1, 1, 2, 0, 3600, 0 },
    { "signed-configuration/V5/20250303143911136407000", 5, "DEV", 7, 2, 1, 1, 1, 2, 0, 3600, 0 },
    { "signed-configuration/V6/20251110170000548026000", 6, "DEV", 7, 2, 2, 1, 1, 2, 0, 3600, 0 } };

static void check_set(struct call *c, const struct expected *x)
{
    DIRECTORY d = NULL;
    size_t sha1 = 0, maintained = 0;
    CHECK_OK(directory__read_params(c, sample(c, str_to_z(c->arena, str_join(c->arena, str_z(x->path), STR("/shared-params.xml"), STR_END))), x->version, &d));
    CHECK_STR(d->instance, str_z(x->instance));
    for (size_t i = 0; i < d->nhashes; i++) sha1 += d->hashes[i].hash.n == SHA1_BYTES;
    for (size_t i = 0; i < d->nservers; i++) maintained += d->servers[i].maintenance;
    CHECK(d->nmembers == x->members && d->nservers == x->servers && d->ncas == x->cas && d->ntsas == 1 && d->ngroups == 1 && d->nsources == x->sources);
    CHECK(d->nhashes - sha1 == x->sha256 && sha1 == x->sha1 && d->ocsp_fresh_s == x->fresh_s && maintained == x->maintained);
    CHECK(!d->nsources || (d->sources[0].address.n && d->sources[0].ninternal == x->internal && d->sources[0].nexternal == x->internal));
    for (size_t i = 0; i < d->ncas; i++) CHECK(d->cas[i].nanchors > 0 && d->cas[i].anchors[0].is_top);
    for (size_t i = 0; i < d->groups[0].nmembers; i++) CHECK(directory__in_group(d, d->groups[0].code, &d->groups[0].members[i]));
}

TEST(every_set_of_the_samples)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) check_set(c, &sets[i]);
}

TEST(a_sha1_hash_recognises_a_server_in_version_2_only)
{
    static const char xml[] = HEAD MEMBER("a", "1") "</member><securityServer><owner>a</owner><serverCode>x</serverCode><authCertHash>BnAMEvOVGDx3mIT81J1MpV+khao=</authCertHash></securityServer></c:conf>";
    for (int version = DIRECTORY_VERSION_LEAST; version <= DIRECTORY_VERSION_MOST; version++) {
        DIRECTORY d = NULL;
        CHECK_OK(directory__read_params(c, str_z(xml), version, &d));
        CHECK(d->nhashes == (version == 2));
    }
    DIRECTORY d = NULL;
    struct str cert = STR("a certificate"), hash = encode_base64(c->arena, trust_digest(c->arena, DIGEST_SHA1, cert));
    CHECK_OK(directory__read_params(c, str_join(c->arena, STR(HEAD MEMBER("a", "1") "</member><securityServer><owner>a</owner><serverCode>x</serverCode><authCertHash>"), hash,
                                                STR("</authCertHash></securityServer></c:conf>"), STR_END), 2, &d));
    CHECK(directory__server_of_cert(d, cert) == &d->servers[0] && !directory__server_of_cert(d, STR("another")));
}

TEST(who_hosts_whom)
{
    DIRECTORY d = NULL;
    size_t n;
    struct xid id = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("2"), STR_INIT("s"), { 0 }, { 0 } };
    CHECK_OK(directory__read_params(c, STR(HEAD MEMBER("b", "2") "<subsystem id=\"s\"><subsystemCode>s</subsystemCode></subsystem></member>" MEMBER("a", "1") "</member>"
        "<securityServer><owner>b</owner><serverCode>2</serverCode><client>s</client><client>s</client><client>a</client></securityServer>"
        "<securityServer><owner>a</owner><serverCode>1</serverCode><client>s</client></securityServer></c:conf>"), 6, &d));
    const struct dir_host *hosts = directory__hosts_of(d, &id, &n);
    CHECK(n == 2);
    CHECK_STR(d->servers[hosts[0].server].key, STR("VN/GOV/1/1"));
    CHECK_STR(d->servers[hosts[1].server].key, STR("VN/GOV/2/2"));
    CHECK(d->servers[1].nclients == 3 && directory__hosts(d, &d->servers[0], &id));
    id.instance = STR("LA");
    CHECK(!directory__hosts_of(d, &id, &n) && n == 0 && !directory__hosts(d, &d->servers[0], &id));
}

TEST(groups_hold_exact_ids)
{
#define NAMED(sub) "<groupMember><i:xRoadInstance>VN</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>1</i:memberCode>" sub "</groupMember>"
    DIRECTORY d = NULL;
    struct xid id = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("1"), STR_INIT("s"), { 0 }, { 0 } };
    CHECK_OK(directory__read_params(c, STR("<c:conf xmlns:c=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:i=\"http://x-road.eu/xsd/identifiers\"><instanceIdentifier>VN</instanceIdentifier>"
        "<globalGroup><groupCode>z</groupCode>" NAMED("<i:subsystemCode>s</i:subsystemCode>") "</globalGroup><globalGroup><groupCode>a</groupCode>" NAMED("") "</globalGroup></c:conf>"), 6, &d));
    CHECK(directory__in_group(d, STR("z"), &id) && !directory__in_group(d, STR("a"), &id) && !directory__in_group(d, STR("none"), &id));
    id.subsystem = STR("");
    CHECK(!directory__in_group(d, STR("z"), &id) && directory__in_group(d, STR("a"), &id)); /* a member's place is not its subsystems' */
    check_refused(c, STR(HEAD "<globalGroup><groupCode>z</groupCode></globalGroup><globalGroup><groupCode>z</groupCode></globalGroup></c:conf>"));
    check_refused(c, STR(HEAD "<globalGroup><groupCode>z</groupCode><groupMember/></globalGroup></c:conf>"));
}

TEST(sample_anchor)
{
    struct anchor a;
    CHECK_OK(directory__read_anchor(c, sample(c, "anchor/configuration_anchor_CS_internal.xml"), &a));
    CHECK_STR(a.instance, STR("DEV"));
    CHECK(a.nsources >= 2 && a.sources[0].ncerts >= 1);
    CHECK_STR(a.sources[0].url, STR("http://cs/internalconf"));
}

TEST(broken_parameters_are_refused)
{
    check_refused(c, STR(""));
    check_refused(c, STR("<conf/>"));
    check_refused(c, STR("<c:conf xmlns:c=\"http://x-road.eu/xsd/xroad.xsd\"/>"));
    check_refused(c, STR(HEAD "<member id=\"a\"/></c:conf>"));
    check_refused(c, STR(HEAD MEMBER("a", "1") "</member>" MEMBER("b", "1") "</member></c:conf>"));
    check_refused(c, STR(HEAD MEMBER("a", "1") "</member>" MEMBER("a", "2") "</member></c:conf>"));
    check_refused(c, STR(HEAD "<securityServer><owner>a</owner><serverCode>s</serverCode></securityServer></c:conf>"));
    check_refused(c, STR(HEAD MEMBER("a", "1") "</member><securityServer><owner>a</owner><serverCode>s</serverCode><client>zz</client></securityServer></c:conf>"));
    check_refused(c, STR(HEAD MEMBER("a", "1") "</member><securityServer><owner>a</owner><serverCode>s</serverCode><authCertHash>***</authCertHash></securityServer></c:conf>"));
    check_refused(c, STR("<!DOCTYPE c [<!ENTITY x \"y\">]>" HEAD "</c:conf>"));
}

TEST(unknown_elements_and_short_hashes_are_skipped)
{
    DIRECTORY d = NULL;
    CHECK_OK(directory__read_params(c, STR(HEAD "<new>1</new>" MEMBER("a", "1") "<subsystem id=\"b\"><subsystemCode>s</subsystemCode></subsystem></member>"
        "<securityServer><owner>a</owner><serverCode>x</serverCode><address>h</address><authCertHash>BnAMEvOVGDx3mIT81J1MpV+khao=</authCertHash><client>b</client>"
        "<inMaintenanceMode><message>soon</message></inMaintenanceMode></securityServer></c:conf>"), 6, &d));
    CHECK(d->nhashes == 0 && d->nservers == 1 && d->servers[0].maintenance && d->servers[0].nclients == 2 && d->ocsp_fresh_s == 3600);
    CHECK_STR(d->servers[0].notice, STR("soon"));
}

TEST(anchors_without_what_is_needed_are_refused)
{
    static const char *const bad[] = { "", "<a/>", "<x:configurationAnchor xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>VN</instanceIdentifier></x:configurationAnchor>",
        "<x:configurationAnchor xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>VN</instanceIdentifier><source><downloadURL>http://a/</downloadURL></source></x:configurationAnchor>",
        ("<x:configurationAnchor xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>VN</instanceIdentifier><source><downloadURL>http://a/</downloadURL>"
         "<verificationCert>AAAA</verificationCert></source></x:configurationAnchor>") };
    struct anchor a;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(directory__read_anchor(c, str_z(bad[i]), &a) == ST_INVALID);
        CHECK_STR(call_error(c)->fault, STR("malformed_anchor"));
        call_clear(c);
    }
}
