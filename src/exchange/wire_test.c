/* Tests of wire.c: the order of parts, faults in the middle, and what is incomplete. */
#include "exchange/wire.c"

#include "base/test.h"

static struct str message(struct call *c, const char *const *types, struct str *type)
{
    struct buf b = buf_in(c->arena, 4096);
    for (; *types; types++) multipart__put(&b, STR("xx"), str_z(*types), STR("x"));
    multipart__end(&b, STR("xx"));
    *type = STR("multipart/mixed; boundary=xx");
    return buf_str(&b);
}

static enum status read_types(struct call *c, bool is_request, struct wire *w, const char *const *types)
{
    struct str type, bytes = message(c, types, &type);
    call_clear(c);
    return wire__read(c, type, bytes, is_request, w);
}

#define TYPES(...) (const char *const[]){ __VA_ARGS__, NULL }
#define OCSP_PART "application/ocsp-response"
#define HEAD "application/x-road-rest-request"
#define ANSWER "application/x-road-rest-response"
#define BODY "application/x-road-rest-body"
#define RESULT "application/hash-chain-result"
#define CHAIN "application/hash-chain"
#define SIGNATURE "signature/bdoc-1.0/ts"

TEST(messages_in_order_are_read)
{
    struct wire w;
    CHECK_OK(read_types(c, true, &w, TYPES(OCSP_PART, OCSP_PART, HEAD, BODY, RESULT, CHAIN, SIGNATURE)));
    CHECK(w.nocsp == 2 && w.has_body && w.signature.chain.n && !w.has_fault);
    CHECK_OK(read_types(c, true, &w, TYPES(HEAD, SIGNATURE)));
    CHECK(!w.has_body);
    CHECK_OK(read_types(c, false, &w, TYPES(ANSWER, SIGNATURE)));
}

static void check_refused(struct call *c, bool is_request, struct str fault, const char *const *types)
{
    struct wire w;
    CHECK(read_types(c, is_request, &w, types) != ST_OK);
    CHECK_STR(call_error(c)->fault, fault);
}

TEST(anything_else_is_refused)
{
    check_refused(c, true, STR("missing_rest"), TYPES(SIGNATURE));
    check_refused(c, true, STR("missing_signature"), TYPES(HEAD));
    check_refused(c, true, STR("missing_signature"), TYPES(HEAD, BODY));
    check_refused(c, true, STR("invalid_message"), TYPES(HEAD, HEAD, SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(HEAD, BODY, BODY, SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(BODY, HEAD, SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(HEAD, SIGNATURE, BODY));
    check_refused(c, true, STR("invalid_message"), TYPES(HEAD, SIGNATURE, SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(HEAD, "text/plain", SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(ANSWER, SIGNATURE));
    check_refused(c, false, STR("invalid_message"), TYPES(HEAD, SIGNATURE));
    check_refused(c, false, STR("invalid_message"), TYPES(OCSP_PART, ANSWER, SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(HEAD, BODY, CHAIN, SIGNATURE));
    check_refused(c, true, STR("invalid_message"), TYPES(OCSP_PART, OCSP_PART, OCSP_PART, OCSP_PART, OCSP_PART, OCSP_PART, OCSP_PART, OCSP_PART, OCSP_PART, HEAD, SIGNATURE));
    check_refused(c, true, STR("malformed_soap"), TYPES(HEAD, "text/xml; charset=UTF-8"));
}

TEST(a_fault_may_come_at_any_point)
{
    const struct fault f = { STR_INIT("server.serverproxy.service_failed"), STR_INIT("m"), STR_INIT("d") };
    struct buf b = buf_in(c->arena, 4096), soap = buf_in(c->arena, 4096);
    struct wire w;
    fault__put_soap(&soap, &f);
    multipart__put(&b, STR("xx"), STR(ANSWER), STR("x"));
    multipart__put(&b, STR("xx"), STR(BODY), STR("half"));
    multipart__put(&b, STR("xx"), STR("text/xml; charset=UTF-8"), buf_str(&soap));
    multipart__end(&b, STR("xx"));
    CHECK_OK(wire__read(c, STR("multipart/mixed; boundary=xx"), buf_str(&b), false, &w));
    CHECK(w.has_fault);
    CHECK_STR(w.fault.type, f.type);
}

TEST(what_is_written_reads_back)
{
    struct wire w = { .ocsp = { STR_INIT("o") }, .nocsp = 1, .head = STR_INIT("head"), .has_body = true, .body = STR_INIT("bo\r\ndy"),
                      .signature = { STR_INIT("sig"), STR_INIT("res"), STR_INIT("cha") } }, back;
    struct str type, bytes;
    CHECK_OK(wire__write(c, &w, true, &type, &bytes));
    CHECK_OK(wire__read(c, type, bytes, true, &back));
    CHECK_STR(back.body, w.body);
    CHECK_STR(back.signature.chain_result, w.signature.chain_result);
    CHECK_STR(back.ocsp[0], w.ocsp[0]);
}
