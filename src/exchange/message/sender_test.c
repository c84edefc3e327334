/* Tests of sender.c and profile.c: who sent a message, and which member a certificate names. */
#include "exchange/message/sender.c"

#include "base/test.h"
#include "exchange/status/status.h"

#define SOAP(header, body) \
    "<S:Envelope xmlns:S=\"" SOAP_NS "\" xmlns:x=\"" XROAD_NS "\" xmlns:i=\"" ID_NS "\"><S:Header>" header "</S:Header><S:Body>" body "</S:Body></S:Envelope>"
#define MEMBER(code) "<i:xRoadInstance>VN</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>" code "</i:memberCode>"
#define CLIENT "<x:client>" MEMBER("H26") "<i:subsystemCode>desk</i:subsystemCode></x:client>"
#define SERVICE "<x:service>" MEMBER("G01") "<i:subsystemCode>population</i:subsystemCode><i:serviceCode>person</i:serviceCode></x:service>"

TEST(a_message_says_who_sent_it)
{
    static const struct { const char *message, *sender; bool is_answer; const char *id; } cases[] = {
        { "GET\r\n/r1/VN/GOV/G01/population/person\r\nX-Road-Client:VN/GOV/H26/desk\r\nx-road-id:q1\r\n", "VN/GOV/H26/desk", false, "q1" },
        { "200\r\nOK\r\nx-road-id:q1\r\nx-road-client:VN/GOV/H26/desk\r\nx-road-service:VN/GOV/G01/population/person\r\n", "VN/GOV/G01/population/person", true, "q1" },
        { SOAP(CLIENT SERVICE "<x:id>q2</x:id>", "<person/>"), "VN/GOV/H26/desk", false, "q2" },
        { SOAP(CLIENT SERVICE "<x:id>q2</x:id>", "<personResponse/>"), "VN/GOV/G01/population", true, "q2" },
        { "\xef\xbb\xbf" SOAP(CLIENT SERVICE, ""), "VN/GOV/H26/desk", false, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sender s;
        CHECK_OK(sender__read(c, str_z(cases[i].message), &s));
        CHECK_STR(xid_format(c->arena, &s.id), str_z(cases[i].sender));
        CHECK_STR(s.message_id, str_z(cases[i].id));
        CHECK(s.is_answer == cases[i].is_answer);
    }
}

TEST(a_message_without_one_sender_is_refused)
{
    static const char *const bad[] = {
        "", "x", "<a/>", "<a", "GET\r\n/r1/a\r\n", "GET\r\n/r1/a\r\nX-Road-Client:VN\r\n", "200\r\nOK\r\nx-road-client:VN/GOV/H26/desk\r\n",
        SOAP(CLIENT, ""), SOAP(CLIENT CLIENT SERVICE, ""), SOAP(CLIENT SERVICE SERVICE, ""), SOAP("<x:client><i:memberCode>H26</i:memberCode></x:client>" SERVICE, ""),
        SOAP("<client xmlns=\"urn:other\">" MEMBER("H26") "</client>" SERVICE, ""),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sender s;
        CHECK(sender__read(c, str_z(bad[i]), &s) == ST_INVALID);
        CHECK(call_error(c)->fault.n > 0);
        call_clear(c);
    }
}

/* ---- profiles ---- */

#define IMPL "ee.ria.xroad.common.certificateprofile.impl."

TEST(a_profile_says_where_the_member_stands)
{
    static const struct { const char *profile; struct cert_info info; const char *member; } cases[] = {
        { IMPL "BasicCertificateProfileInfoProvider", { .business_category = STR_INIT("GOV"), .serial_number = STR_INIT("G01"), .subject_cn = STR_INIT("x"), .organization = STR_INIT("x") }, "VN/GOV/G01" },
        { "", { .business_category = STR_INIT("GOV"), .serial_number = STR_INIT("G01") }, "VN/GOV/G01" },
        { IMPL "FiVRKCertificateProfileInfoProvider", { .serial_number = STR_INIT("DEV/ss2/COM"), .subject_cn = STR_INIT("4321"), .country = STR_INIT("FI"), .organization = STR_INIT("Test") }, "DEV/COM/4321" },
        { IMPL "FiVRKCertificateProfileInfoProvider", { .organization = STR_INIT("FI"), .unit = STR_INIT("COM"), .subject_cn = STR_INIT("1") }, "FI/COM/1" },
        { IMPL "FiVRKCertificateProfileInfoProvider", { .serial_number = STR_INIT("DEV/COM"), .country = STR_INIT("FI"), .organization = STR_INIT("COM"), .subject_cn = STR_INIT("1") }, "FI/COM/1" },
        { IMPL "EjbcaCertificateProfileInfoProvider", { .country = STR_INIT("EE"), .organization = STR_INIT("BUSINESS"), .subject_cn = STR_INIT("7") }, "EE/BUSINESS/7" },
        { IMPL "EjbcaCertificateProfileInfoProvider", { .country = STR_INIT("EE"), .subject_cn = STR_INIT("7") }, NULL },
        { IMPL "BasicCertificateProfileInfoProvider", { .serial_number = STR_INIT("G01") }, NULL },
        { IMPL "SkKlass3CertificateProfileInfoProvider", { .business_category = STR_INIT("GOV"), .serial_number = STR_INIT("G01") }, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct dir_ca ca = { .profile = str_z(cases[i].profile) };
        const struct directory d = { .instance = STR_INIT("VN"), .cas = &ca, .ncas = 1 };
        struct xid id;
        bool known = profile__owner(c, &d, &cases[i].info, &id);
        CHECK(known == (cases[i].member != NULL));
        if (known) CHECK_STR(xid_member(c->arena, &id), str_z(cases[i].member));
    }
}
