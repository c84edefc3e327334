/* Tests of directory_private.c: private parameters of the samples, federated anchors, optional parts, and broken ones. */
#include "exchange/directory/directory_private.c"

#include <stdlib.h>

#include "base/file.h"
#include "base/test.h"
#include "exchange/message/message.h"

#define HEAD "<c:conf xmlns:c=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>VN</instanceIdentifier>"

static struct directory *picture(struct call *c, const char *instance)
{
    struct directory *d = NULL;
    CHECK_OK(directory__read_params(c, str_join(c->arena, STR("<c:conf xmlns:c=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>"), str_z(instance), STR("</instanceIdentifier></c:conf>"), STR_END), 6, &d));
    return d;
}

static struct str sample(struct call *c, const char *path)
{
    const char *root = getenv("SEN_SAMPLES");
    struct str text, full = str_join(c->arena, str_z(root ? root : "../shared/data/x-road"), STR("/"), str_z(path), STR("/private-params.xml"), STR_END);
    if (file_exists(c, full) && file_read(c, full, DIRECTORY_MAX, &text) == ST_OK) return text;
    call_clear(c);
    print_message("skipped: no sample %s\n", path);
    skip();
    return STR("");
}

TEST(private_parameters_of_the_samples)
{
    /* The anchors of these sets name a nation "bar" with a certificate that is none: it is known, and nobody's signature is believed for it. */
    static const struct { const char *path, *instance; size_t anchors; int64_t period_s; } sets[] = {
        { "globalconf/globalconf_good_v2/EE", "EE", 1, 123 }, { "globalconf/globalconf_good_v2/foo", "foo", 1, 123 }, { "globalconf/globalconf_good_v3/EE", "EE", 1, 123 },
        { "globalconf/globalconf_good_v3/foo_v2", "foo_v2", 1, 123 }, { "globalconf/globalconf_good_v4/EE", "EE", 1, 123 }, { "globalconf/globalconf_good_v4/baz_v3", "baz_v3", 1, 123 },
        { "globalconf/globalconf_good_v4/foo_v2", "foo_v2", 1, 123 }, { "globalconf/globalconf_good_v5/EE", "EE", 1, 123 }, { "globalconf/globalconf_good_v5/qux_v4", "qux_v4", 1, 123 },
        { "globalconf/globalconf_good_v6/EE", "EE", 1, 123 }, { "globalconf/globalconf_good_v6/quux_v5", "quux_v5", 1, 123 }, { "globalconf/globalconf_good_v6/qux_v4", "qux_v4", 1, 123 },
        { "signed-configuration/V3/20240408142911166434000", "CS", 0, 60 }, { "signed-configuration/V4/20240529203822880997000", "DEV", 0, 60 },
        { "signed-configuration/V5/20250303143911136407000", "DEV", 0, 60 }, { "signed-configuration/V6/20251110170000548026000", "DEV", 0, 60 } };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct str xml = sample(c, sets[i].path);
        DIRECTORY d = picture(c, sets[i].instance);
        CHECK_OK(directory__read_private(c, xml, d));
        CHECK(d->nanchors == sets[i].anchors && d->stamp_period_s == sets[i].period_s && d->management.member.n > 0 && d->management_url.n > 0);
        if (!d->nanchors) continue;
        CHECK_STR(d->anchors[0].instance, STR("bar"));
        CHECK_STR(d->anchors[0].sources[0].url, STR("http://www.bar.com/conf"));
        CHECK(d->anchors[0].sources[0].ncerts == 0);
    }
}

TEST(the_period_of_time_stamps_keeps_within_the_bounds_of_x_road)
{
    static const int64_t rows[][2] = { { 0, 60 }, { 1, 60 }, { 60, 60 }, { 123, 123 }, { 86400, 86400 }, { 86401, 86400 }, { INT64_MAX, 86400 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) CHECK(directory__stamp_period(rows[i][0]) == rows[i][1]);
}

TEST(broken_private_parameters_are_refused)
{
    static const char *const bad[] = { "", "<conf/>", "<c:conf xmlns:c=\"http://x-road.eu/xsd/xroad.xsd\"><instanceIdentifier>LA</instanceIdentifier></c:conf>",
        HEAD "<configurationAnchor/></c:conf>", HEAD "<configurationAnchor><instanceIdentifier>LA</instanceIdentifier></configurationAnchor></c:conf>",
        HEAD "<configurationAnchor><instanceIdentifier>LA</instanceIdentifier><source><downloadURL>file:///etc/passwd</downloadURL></source></configurationAnchor></c:conf>" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        DIRECTORY d = picture(c, "VN");
        CHECK(directory__read_private(c, str_z(bad[i]), d) == ST_INVALID);
        CHECK(call_error(c)->fault.n > 0);
        call_clear(c);
    }
}

TEST(optional_parts)
{
    DIRECTORY d = picture(c, "VN");
    directory__read_optional(c, STR("FETCHINTERVAL"), STR("<x:conf xmlns:x=\"urn:a\"><ocspFetchInterval>1200</ocspFetchInterval></x:conf>"), d);
    directory__read_optional(c, STR("NEXTUPDATE"), STR("<x:conf xmlns:x=\"urn:b\"><verifyNextUpdate>false</verifyNextUpdate></x:conf>"), d);
    directory__read_optional(c, STR("MONITORING"), STR("<x:conf xmlns:x=\"urn:c\" xmlns:id=\"http://x-road.eu/xsd/identifiers\"><monitoringClient><monitoringClientId>"
        "<id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV</id:memberClass><id:memberCode>G22</id:memberCode></monitoringClientId></monitoringClient></x:conf>"), d);
    CHECK(d->ocsp_fetch_s == 1200 && d->skip_next_update);
    CHECK_STR(d->monitoring.member, STR("G22"));
    directory__read_optional(c, STR("NEWER-THAN-WE"), STR("no XML at all"), d);
    directory__read_optional(c, STR("MONITORING"), STR("no XML at all"), d); /* left out: what was read stays, and nothing is refused */
    directory__read_optional(c, STR("FETCHINTERVAL"), STR(""), d);
    CHECK(d->ocsp_fetch_s == 1200 && call_error(c)->status == ST_OK);
    CHECK_STR(d->monitoring.member, STR("G22"));
}
