/* Tests of wire.c: the order of parts, faults in the middle, and what is incomplete. */
#include "exchange/wire/wire.c"

#include "base/test.h"

static const struct extent nothing;

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
    return wire__read(c, type, bytes, &nothing, is_request, w);
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
    CHECK(read_types(c, is_request, &w, types) != ST_OK || wire__check_signed(c, &w) != ST_OK);
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
    CHECK_OK(wire__read(c, STR("multipart/mixed; boundary=xx"), buf_str(&b), &nothing, false, &w));
    CHECK(w.has_fault);
    CHECK_STR(w.fault.type, f.type);
}

TEST(what_is_written_reads_back)
{
    struct wire w = { .ocsp = { STR_INIT("o") }, .nocsp = 1, .head = STR_INIT("head"), .has_body = true, .body = STR_INIT("bo\r\ndy"),
                      .signature = { STR_INIT("sig"), STR_INIT("res"), STR_INIT("cha") } }, back;
    struct wire_bytes out;
    CHECK_OK(wire__write(c, &w, true, &out));
    CHECK_OK(wire__read(c, out.type, out.before, &nothing, true, &back));
    CHECK_STR(back.body, w.body);
    CHECK_STR(back.signature.chain_result, w.signature.chain_result);
    CHECK_STR(back.ocsp[0], w.ocsp[0]);
}

/* ---- large bodies ---- */

static struct spool_room room = { .folder = "/tmp", .most = 64 << 20 };

static struct extent in_file(struct call *c, struct str bytes)
{
    struct spool *s = spool_new(&room);
    CHECK(s && spool_put(s, bytes));
    spool_keep(c, s);
    return spool_all(s);
}

static struct str letters(struct call *c, size_t n)
{
    char *p = arena_alloc(c->arena, n, 1);
    for (size_t i = 0; i < n; i++) p[i] = "\r\n--abc"[i % 7]; /* nearly a boundary, all the time */
    return str_of(p, n);
}

/* whole: the message as it is on the wire, from its three pieces. */
static struct str whole(struct call *c, const struct wire_bytes *b)
{
    struct str large = { 0 };
    if (b->large.spool) CHECK_OK(extent_load(c, &b->large, SIZE_MAX, &large));
    return str_join(c->arena, b->before, large, b->behind, STR_END);
}

/* Whatever the sizes, what is written from a file and read from a file is what memory would have held: digest, order of parts, body. */
TEST(a_message_in_a_file_reads_as_one_in_memory)
{
    static const size_t bodies[] = { 1, 100000, 200000, SPOOL_FROM - 5000, SPOOL_FROM - 500, SPOOL_FROM - 300, SPOOL_FROM, SPOOL_FROM + 1, 1000000, 5000000 }, signatures[] = { 10, 70000, 190000 };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (size_t k = 0; k < sizeof signatures / sizeof *signatures; k++) {
            struct str body = letters(c, bodies[i]), all;
            struct wire w = { .head = STR("GET\r\n/\r\n"), .has_body = true, .ocsp = { STR_INIT("status") }, .nocsp = 1, .signature.xml = letters(c, signatures[k]) }, back;
            struct wire_bytes out;
            struct extent file = in_file(c, body);
            w.large = file;
            CHECK_OK(wire__write(c, &w, true, &out));
            all = whole(c, &out);
            file = in_file(c, all);
            CHECK_OK(wire__read(c, out.type, STR(""), &file, true, &back));
            CHECK(back.nocsp == 1 && back.has_body && !back.has_fault);
            CHECK_STR(back.head, w.head);
            CHECK_STR(back.signature.xml, w.signature.xml);
            if (back.large.spool) CHECK_OK(extent_load(c, &back.large, SIZE_MAX, &back.body));
            CHECK(str_eq(back.body, body));
            struct wire plain = { .head = w.head, .has_body = true, .body = body };
            CHECK_OK(wire__digest(c, &w));
            CHECK_OK(wire__digest(c, &plain));
            CHECK_STR(w.body_digest, plain.body_digest);
            CHECK_OK(wire__read(c, out.type, all, &nothing, true, &back));
            CHECK(str_eq(back.body, body));
            spool_end_call(c);
        }
    CHECK(atomic_load(&room.used) == 0);
}

static enum status read_file(struct call *c, struct str bytes, struct wire *w)
{
    struct extent file = in_file(c, bytes);
    call_clear(c);
    return wire__read(c, STR("multipart/mixed; boundary=xx"), STR(""), &file, true, w);
}

TEST(what_is_wrong_in_memory_is_wrong_in_a_file)
{
    struct str body = letters(c, 400000);
    struct str head = STR("--xx\r\ncontent-type: " HEAD "\r\n\r\nh\r\n--xx\r\ncontent-type: " BODY "\r\n\r\n"), sign = STR("\r\n--xx\r\ncontent-type: " SIGNATURE "\r\n\r\ns\r\n--xx--");
    struct wire w;
    CHECK_OK(read_file(c, str_join(c->arena, head, body, sign, STR("\r\n"), STR_END), &w));
    CHECK(w.large.size == 400000);
    CHECK(read_file(c, str_join(c->arena, head, body, STR_END), &w) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("mime_parsing_failed"));
    CHECK(read_file(c, str_join(c->arena, head, body, sign, STR("\r\nmore"), STR_END), &w) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("invalid_message"));
    CHECK(read_file(c, str_join(c->arena, head, body, sign, body, STR_END), &w) == ST_INVALID);
    CHECK(read_file(c, str_join(c->arena, head, body, STR("\r\n--xx\r\ncontent-type: " SIGNATURE "\r\n\r\n"), letters(c, SMALL_PART_MAX + 1), STR("\r\n--xx--"), STR_END), &w) == ST_INVALID); /* only a body is large */
    CHECK_STR(call_error(c)->fault, STR("invalid_message"));
    /* a fault after half a body */
    CHECK_OK(read_file(c, str_join(c->arena, head, body, STR("\r\n--xx\r\ncontent-type: text/xml\r\n\r\n<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>"
        "server.x</faultcode><faultstring>t</faultstring></s:Fault></s:Body></s:Envelope>\r\n--xx--"), STR_END), &w));
    CHECK(w.has_fault);
    CHECK_STR(w.fault.type, STR("server.x"));
}
