/* Tests of directory_read.c: shared parameters as a central server writes them (samples read in place, skipped where they are missing), our own, and broken ones. */
#include "exchange/directory_read.c"

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
    CHECK_OK(directory__read_params(c, sample(c, "signed-configuration/V6/20251110170000548026000/shared-params.xml"), &d));
    CHECK_STR(d->instance, STR("DEV"));
    CHECK(d->nmembers == 7 && d->nservers == 2 && d->ncas == 2 && d->nhashes == 2 && d->nconf_certs == 1 && d->ocsp_fresh_s == 3600);
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
    CHECK_OK(directory__read_params(c, sample(c, "signed-configuration/V6/20251110170000548026000/shared-params.xml"), &d));
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

TEST(samples_of_all_versions)
{
    static const char *const paths[] = { "globalconf/globalconf_good_v2/EE/shared-params.xml", "globalconf/globalconf_good_v3/EE/shared-params.xml", "globalconf/globalconf_good_v4/EE/shared-params.xml",
                                         "globalconf/globalconf_good_v5/EE/shared-params.xml", "globalconf/globalconf_good_v6/EE/shared-params.xml", "globalconf/globalconf_good_v6/quux_v5/shared-params.xml" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        DIRECTORY d = NULL;
        CHECK_OK(directory__read_params(c, sample(c, paths[i]), &d));
        CHECK(d->nmembers > 0 && d->nservers > 0 && d->ncas > 0);
    }
}

TEST(sample_anchor)
{
    struct anchor a;
    CHECK_OK(directory__read_anchor(c, sample(c, "anchor/configuration_anchor_CS_internal.xml"), &a));
    CHECK_STR(a.instance, STR("DEV"));
    CHECK(a.nsources >= 2 && a.sources[0].ncerts >= 1);
    CHECK_STR(a.sources[0].url, STR("http://cs/internalconf"));
}

static void check_refused(struct call *c, struct str xml)
{
    struct directory *d = NULL;
    CHECK(directory__read_params(c, xml, &d) == ST_INVALID && !d);
    CHECK_STR(call_error(c)->fault, STR("malformed_global_conf"));
    call_clear(c);
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
        "<inMaintenanceMode><message>soon</message></inMaintenanceMode></securityServer></c:conf>"), &d));
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
