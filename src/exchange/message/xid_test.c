/* Tests of xid.c: identifiers as they stand in headers. */
#include "exchange/message/xid.c"

#include "base/test.h"

TEST(client_has_three_or_four_parts)
{
    struct xid id;
    CHECK(xid_parse_client(c->arena, STR("VN/GOV/H26/desk"), &id));
    CHECK_STR(id.instance, STR("VN"));
    CHECK_STR(id.class_, STR("GOV"));
    CHECK_STR(id.member, STR("H26"));
    CHECK_STR(id.subsystem, STR("desk"));
    CHECK(xid_parse_client(c->arena, STR("VN/GOV/H26"), &id) && id.subsystem.n == 0);
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV"), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV/H26/desk/more"), &id));
}

TEST(empty_and_broken_parts_are_refused)
{
    struct xid id;
    CHECK(!xid_parse_client(c->arena, STR(""), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN//H26"), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV/H26/"), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV/H%2"), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV/H 26"), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV/H%0A26"), &id));
    CHECK(!xid_parse_client(c->arena, STR("VN/GOV/H%FF"), &id));
}

TEST(parts_are_decoded_one_by_one_and_print_back)
{
    struct xid id;
    CHECK(xid_parse_client(c->arena, STR("VN/GOV/a%2Fb/d%C3%A2n"), &id));
    CHECK_STR(id.member, STR("a/b"));
    CHECK_STR(id.subsystem, STR("dân"));
    CHECK_STR(xid_format(c->arena, &id), STR("VN/GOV/a%2Fb/d%C3%A2n"));
    CHECK_STR(xid_member(c->arena, &id), STR("VN/GOV/a%2Fb"));
}

TEST(overlong_part_is_refused)
{
    char text[600] = "VN/GOV/";
    struct xid id;
    memset(text + 7, 'a', XID_PART_MAX + 1);
    CHECK(xid_parse_client(c->arena, str_of(text, 7 + XID_PART_MAX), &id));
    CHECK(!xid_parse_client(c->arena, str_of(text, 7 + XID_PART_MAX + 1), &id));
}

TEST(comparison_is_exact)
{
    struct xid a, b;
    CHECK(xid_parse_client(c->arena, STR("VN/GOV/H26/desk"), &a) && xid_parse_client(c->arena, STR("VN/GOV/H26/Desk"), &b));
    CHECK(!xid_same_client(&a, &b) && xid__same_member(&a, &b) && xid_same_client(&a, &a));
}

TEST(service_and_server_have_their_own_shapes)
{
    struct xid id;
    CHECK(xid__parse_service(c->arena, STR("VN/GOV/G01/population/person"), &id));
    CHECK_STR(id.service, STR("person"));
    CHECK(!xid__parse_service(c->arena, STR("VN/GOV/G01/population"), &id));
    CHECK(xid__parse_server(c->arena, STR("VN/GOV/G01/ps1"), &id));
    CHECK_STR(id.server, STR("ps1"));
    CHECK_STR(xid__format_server(c->arena, &id), STR("VN/GOV/G01/ps1"));
    CHECK(!xid__parse_member(c->arena, STR("VN/GOV/G01/ps1"), &id));
}
