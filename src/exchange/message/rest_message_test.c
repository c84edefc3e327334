/* Tests of rest_message.c: the vectors of x-road 1.4, header rules of 1.2, and what is refused. */
#include "exchange/message/rest_message.c"

#include "base/test.h"

#define VECTOR_A \
    "GET\r\n/r1/VN/GOV/10001/population/person/42?lang=vi\r\nX-Road-Client:VN/GOV/20002/portal\r\nAccept:application/json\r\n" \
    "x-road-request-id:00000000-0000-4000-8000-000000000001\r\nx-road-id:VN-00000000-0000-4000-8000-000000000002\r\n"
#define VECTOR_B \
    "POST\r\n/r1/VN/GOV/10001/population/person\r\nX-Road-Client:VN/GOV/20002/portal\r\nContent-Type:application/json\r\n" \
    "X-Road-Id:test-1\r\nx-road-request-id:00000000-0000-4000-8000-000000000003\r\n"

static struct str hash(struct call *c, struct str head, bool has_body, struct str body)
{
    return rest__hash(c->arena, trust_digest(c->arena, DIGEST_SHA512, head), has_body, trust_digest(c->arena, DIGEST_SHA512, body));
}

TEST(hash_of_a_message_without_body)
{
    CHECK(STR(VECTOR_A).n == 219);
    CHECK_STR(hash(c, STR(VECTOR_A), false, STR("")), STR("Oji0C2i0a/YhO2S7btyM+NbIckcXJ5vrHyDNg6a3BpsCMvJ1bM66G7hkqeExoyL/zRMK3z98TRGu8dAa1y2Gnw=="));
}

TEST(hash_of_a_message_with_body)
{
    CHECK(STR(VECTOR_B).n == 182);
    CHECK_STR(hash(c, STR(VECTOR_B), true, STR("{\"name\":\"An\"}")),
              STR("9dJzbyD6xfuX6tdNmHFD/QEJZg6IxFrZ+Ka649+j37eCYd1uvg6U8FUp6UFej3cfmXGVivWa0FyC7vPtR1k6uA=="));
}

TEST(an_empty_body_part_is_a_body)
{
    CHECK(!str_eq(hash(c, STR(VECTOR_B), true, STR("")), hash(c, STR(VECTOR_B), false, STR(""))));
}

TEST(writer_makes_the_bytes_of_the_vectors)
{
    const struct header a[] = { { STR_INIT("X-Road-Client"), STR_INIT("VN/GOV/20002/portal") }, { STR_INIT("Accept"), STR_INIT("application/json") } };
    const struct header b[] = { { STR_INIT("X-Road-Client"), STR_INIT("VN/GOV/20002/portal") }, { STR_INIT("Host"), STR_INIT("localhost") },
                                { STR_INIT("Content-Type"), STR_INIT("application/json") }, { STR_INIT("Content-Length"), STR_INIT("13") },
                                { STR_INIT("X-Road-Request-Id"), STR_INIT("mine") }, { STR_INIT("X-Road-Id"), STR_INIT("test-1") } };
    struct rest_head h;
    CHECK_OK(rest__write_request(c, STR("POST"), STR("/r1/VN/GOV/10001/population/person"), b, 6, STR("00000000-0000-4000-8000-000000000003"), &h));
    CHECK_STR(h.bytes, STR(VECTOR_B));
    CHECK_OK(rest__write_request(c, STR("GET"), STR("/r1/VN/GOV/10001/population/person/42?lang=vi"), a, 2, STR("00000000-0000-4000-8000-000000000001"), &h));
    CHECK(str_starts(h.bytes, str_first(STR(VECTOR_A), 219 - 48)));
    CHECK(str_starts(rest__header(&h, "X-ROAD-ID"), STR("VN-")) && rest__header(&h, "x-road-id").n == 39);
}

TEST(what_was_written_parses_back)
{
    struct rest_head h;
    CHECK_OK(rest__parse_request(c, STR(VECTOR_A), &h));
    CHECK_STR(h.method, STR("GET"));
    CHECK_STR(h.target, STR("/r1/VN/GOV/10001/population/person/42?lang=vi"));
    CHECK(h.nheaders == 4);
    CHECK_STR(rest__header(&h, "accept"), STR("application/json"));
    CHECK(rest__header(&h, "nothing").p == NULL);
}

TEST(value_is_taken_after_the_first_colon_untrimmed_and_the_last_one_counts)
{
    struct rest_head h;
    CHECK_OK(rest__parse_request(c, STR("GET\r\n/\r\nA: x:y \r\na:z\r\n"), &h));
    CHECK_STR(h.headers[0].value, STR(" x:y "));
    CHECK_STR(rest__header(&h, "A"), STR("z"));
}

static void check_refused(struct call *c, struct str bytes)
{
    struct rest_head h;
    CHECK(rest__parse_request(c, bytes, &h) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("invalid_rest"));
    call_clear(c);
}

TEST(long_texts_are_cut_between_characters)
{
    struct buf b = buf_in(c->arena, 8192);
    buf_put(&b, STR("GET\r\n/x\r\nX-Sen-Basis:a"));
    for (int i = 0; i < 600; i++) buf_put(&b, STR("\xc3\xaa"));
    buf_put(&b, STR("\r\nX-Road-Issue:short\r\n"));
    struct rest_head h;
    CHECK_OK(rest__parse_request(c, buf_str(&b), &h));
    struct str basis = rest__short_header(&h, "x-sen-basis");
    CHECK(basis.n == EXCHANGE_TEXT_MAX - 1 && text_is_utf8(basis));
    CHECK_STR(rest__short_header(&h, "x-road-issue"), STR("short"));
    CHECK(rest__short_header(&h, "x-road-userid").n == 0);
}

TEST(malformed_requests_are_refused)
{
    check_refused(c, STR(""));
    check_refused(c, STR("GET"));
    check_refused(c, STR("get\r\n/\r\n"));
    check_refused(c, STR("GET\r\n/"));
    check_refused(c, STR("GET\r\n/\r\nA\r\n"));
    check_refused(c, STR("GET\r\n/\r\nA:b"));
    check_refused(c, STR("GET\r\n/\r\nA:b\nc\r\n"));
    check_refused(c, STR("GET\r\n/\r\nA b:c\r\n"));
    check_refused(c, STR("GET\r\n/\r\n:c\r\n"));
    check_refused(c, STR("GET\r\n/\r\nHost:x\r\n"));
    check_refused(c, STR("GET\r\n/\r\ncontent-LENGTH:1\r\n"));
    check_refused(c, STR("GET\r\n/\xff\r\n"));
}

TEST(a_hundred_headers_and_no_more)
{
    struct buf b = buf_in(c->arena, 4096);
    struct rest_head h;
    buf_put(&b, STR("GET\r\n/\r\n"));
    for (int i = 0; i < EXCHANGE_HEADERS_MAX; i++) buf_put(&b, STR("a:b\r\n"));
    CHECK_OK(rest__parse_request(c, buf_str(&b), &h));
    buf_put(&b, STR("a:b\r\n"));
    check_refused(c, buf_str(&b));
}

TEST(header_with_a_line_break_cannot_be_written)
{
    const struct header bad = { STR_INIT("X-Road-UserId"), STR_INIT("a\r\nX-Sen-Purpose:self") };
    struct rest_head h;
    CHECK(rest__write_request(c, STR("GET"), STR("/r1/a/b/c/d/e"), &bad, 1, STR("1"), &h) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("headers"));
}

TEST(response_has_our_headers_last_and_the_providers_copies_removed)
{
    const struct header theirs[] = { { STR_INIT("Content-Type"), STR_INIT("text/plain") }, { STR_INIT("X-Road-Id"), STR_INIT("forged") },
                                     { STR_INIT("Server"), STR_INIT("x") }, { STR_INIT("x-road-request-hash"), STR_INIT("forged") } };
    const struct rest_facts facts = { STR_INIT("id"), STR_INIT("VN/GOV/1/a"), STR_INIT("VN/GOV/2/b/s"), STR_INIT("rid"), STR_INIT("hash") };
    struct rest_head h, back;
    CHECK_OK(rest__write_response(c, 404, theirs, 4, &facts, &h));
    CHECK_STR(h.bytes, STR("404\r\nNot Found\r\nContent-Type:text/plain\r\nx-road-id:id\r\nx-road-client:VN/GOV/1/a\r\nx-road-service:VN/GOV/2/b/s\r\n"
                           "x-road-request-id:rid\r\nx-road-request-hash:hash\r\n"));
    CHECK_OK(rest__parse_response(c, h.bytes, &back));
    CHECK(back.status == 404 && back.nheaders == 6);
    CHECK(rest__parse_response(c, STR(VECTOR_A), &back) == ST_INVALID);
}

TEST(target_is_cut_undecoded)
{
    struct rest_target t;
    CHECK_OK(rest__parse_target(c, STR("/r1/VN/GOV/G%2801%29/pop/person/a%2Fb/c?x=%20"), &t));
    CHECK_STR(t.service.member, STR("G(01)"));
    CHECK_STR(t.path, STR("/a%2Fb/c"));
    CHECK_STR(t.query, STR("x=%20"));
    CHECK_OK(rest__parse_target(c, STR("/r1/VN/GOV/G01/pop/person"), &t));
    CHECK(t.path.n == 0 && t.query.n == 0);
    CHECK_OK(rest__parse_target(c, STR("/r1/VN/GOV/G01/pop/person/"), &t));
    CHECK_STR(t.path, STR("/"));
}

TEST(bad_targets_are_refused)
{
    static const char *const bad_ones[] = { "", "/", "/r1", "/r1/VN/GOV/G01/pop", "/r1/VN/GOV/G01/pop/", "/r2/VN/GOV/G01/pop/person", "/r1//GOV/G01/pop/person",
                                            "/r1/VN/GOV/G%201/p\"p/person", "/r1/VN%2FGOV%2FG01%2Fpop%2Fperson", "r1/VN/GOV/G01/pop/person", "/r1/VN/GOV/G01/pop/%zz",
                                            "/r1/VN/GOV/G01/pop/person/a#/summary", "/r1/VN/GOV/G01/pop/person?a=1#b", "/r1/VN/GOV/G01/pop/person/a b",
                                            "/r1/VN/GOV/G01/pop/person/\xc3\xa9", "/r1/VN/GOV/G01/pop/person?a\tb" };
    struct rest_target t;
    for (size_t i = 0; i < sizeof bad_ones / sizeof *bad_ones; i++) {
        CHECK(rest__parse_target(c, str_z(bad_ones[i]), &t) == ST_INVALID);
        CHECK_STR(call_error(c)->fault, STR("bad_request"));
        call_clear(c);
    }
}

TEST(a_header_with_control_characters_does_not_travel)
{
    const struct header good[] = { { STR_INIT("X-Road-Id"), STR_INIT("tab\there, h\xc3\xa0") } };
    static const struct str bad_values[] = { STR_INIT("evil\x1b[31m"), STR_INIT("bell\x07"), STR_INIT("\x7f"), STR_INIT("a\nb") };
    struct rest_head h;
    CHECK_OK(rest__write_request(c, STR("GET"), STR("/r1/VN/GOV/10001/population/person"), good, 1, STR("r"), &h));
    CHECK(rest__has_plain_headers(&h));
    for (size_t i = 0; i < sizeof bad_values / sizeof *bad_values; i++) {
        const struct header evil[] = { { STR_INIT("X-Road-Id"), bad_values[i] } };
        call_clear(c);
        CHECK(rest__write_request(c, STR("GET"), STR("/r1/VN/GOV/10001/population/person"), evil, 1, STR("r"), &h) == ST_INVALID);
        CHECK_STR(call_error(c)->fault, STR("bad_request"));
    }
    CHECK_OK(rest__parse_request(c, STR("GET\r\n/r1/VN/GOV/10001/population/person\r\nX-Road-Id:evil\x1b[31m\r\n"), &h)); /* may have been signed and logged: it is read, and goes no further */
    CHECK(!rest__has_plain_headers(&h));
}

TEST(a_service_tells_no_fault_of_the_road)
{
    const struct header said[] = { { STR_INIT("X-Road-Error"), STR_INIT("server.serverproxy.access_denied") }, { STR_INIT("x-road-ERROR"), STR_INIT("x") }, { STR_INIT("X-A"), STR_INIT("1") } };
    const struct rest_facts facts = { STR_INIT("id"), STR_INIT("client"), STR_INIT("service"), STR_INIT("request"), STR_INIT("hash") };
    struct rest_head h;
    CHECK_OK(rest__write_response(c, 200, said, 3, &facts, &h));
    CHECK(rest__header(&h, "x-road-error").p == NULL);
    CHECK_STR(rest__header(&h, "x-a"), STR("1"));
}
