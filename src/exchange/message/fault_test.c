/* Tests of fault.c: types by hop, both spellings, the SOAP part, answers to information systems, and that doc/faults.md knows every code. */
#include "exchange/message/fault.c"

#include <stdlib.h>

#include "base/file.h"
#include "base/test.h"

TEST(type_begins_with_the_hop)
{
    (void)call_fault(c, call_fail(c, ST_DENIED, "", "No."), STR("access_denied"));
    CHECK_STR(fault__of_call(c, ST_DENIED, HOP_PROVIDER).type, STR("server.serverproxy.access_denied"));
    CHECK_STR(fault__of_call(c, ST_DENIED, HOP_CONSUMER).type, STR("server.clientproxy.access_denied"));
    CHECK_STR(fault__of_call(c, ST_DENIED, HOP_CONSUMER).message, STR("No."));
    CHECK_STR(fault__of_call(c, ST_DENIED, HOP_CONSUMER).detail, c->trace);
}

TEST(bad_input_of_a_client_is_the_clients)
{
    (void)call_fault(c, call_fail(c, ST_INVALID, "", "Bad."), STR("missing_header"));
    CHECK_STR(fault__of_call(c, ST_INVALID, HOP_CONSUMER).type, STR("client.missing_header"));
}

TEST(a_wrong_certificate_is_not_bad_input)
{
    (void)call_fault(c, call_fail(c, ST_INVALID, "", "Revoked."), STR("cert_validation"));
    (void)fault__wrap(c, ST_INVALID, STR("ssl_authentication_failed"));
    CHECK_STR(fault__of_call(c, ST_INVALID, HOP_CONSUMER).type, STR("server.clientproxy.ssl_authentication_failed.cert_validation"));
}

TEST(a_complete_type_stays)
{
    (void)call_fault(c, call_fail(c, ST_DENIED, "", "No."), STR("server.serverproxy.access_denied"));
    CHECK_STR(fault__of_call(c, ST_DENIED, HOP_CONSUMER).type, STR("server.serverproxy.access_denied"));
}

TEST(a_status_without_a_code_gets_one)
{
    CHECK_STR(fault__of_call(c, ST_BROKEN, HOP_PROVIDER).type, STR("server.serverproxy.internal_error"));
    CHECK(fault__of_call(c, ST_BROKEN, HOP_PROVIDER).message.n > 0);
}

TEST(both_spellings_mean_the_same)
{
    CHECK(fault__same_type(STR("Server.ServerProxy.AccessDenied"), STR("server.serverproxy.access_denied")));
    CHECK(!fault__same_type(STR("access_denied"), STR("access_denie")) && !fault__same_type(STR(""), STR("a")) && fault__same_type(STR("_"), STR("")));
    CHECK(row_of_type(STR("Server.ServerProxy.AccessDenied"))->status == ST_DENIED);
    CHECK(row_of_type(STR("server.serverproxy.service_failed.network_error"))->status == ST_UNAVAILABLE);
    CHECK(!row_of_type(STR("server.serverproxy.unheard_of")));
}

TEST(a_peers_fault_becomes_this_calls_failure)
{
    const struct fault f = { STR_INIT("server.serverproxy.unknown_service"), STR_INIT("x"), STR_INIT("y") };
    (void)call_fail(c, ST_BROKEN, "", "Earlier.");
    CHECK(fault__fail(c, &f) == ST_NOT_FOUND);
    CHECK_STR(call_error(c)->fault, f.type);
    CHECK(str_starts(call_error(c)->sentence, STR("The other agency offers no such service")));
}

TEST(soap_part_reads_back)
{
    const struct fault f = { STR_INIT("server.serverproxy.access_denied"), STR_INIT("<no> & \"no\""), STR_INIT("id-1") };
    struct buf b = buf_in(c->arena, 4096);
    struct fault back;
    fault__put_soap(&b, &f);
    CHECK_OK(fault__read_soap(c, buf_str(&b), &back));
    CHECK_STR(back.type, f.type);
    CHECK_STR(back.message, f.message);
    CHECK_STR(back.detail, f.detail);
}

TEST(soap_that_is_no_fault_is_refused)
{
    static const char *const bad[] = { "", "<a/>", "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body/></SOAP-ENV:Envelope>",
        "<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\"><E:Body><E:Fault><faultcode>a b&#10;</faultcode></E:Fault></E:Body></E:Envelope>" };
    struct fault f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(fault__read_soap(c, str_z(bad[i]), &f) == ST_INVALID);
        call_clear(c);
    }
}

#define ENVELOPE(type, text, detail) "<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\"><E:Body><E:Fault><faultcode>" type "</faultcode><faultstring>" text \
    "</faultstring><detail>" detail "</detail></E:Fault></E:Body></E:Envelope>"

TEST(a_type_is_words_and_dots_between_them)
{
    static const char *const bad[] = { ENVELOPE("...", "a", "b"), ENVELOPE("server.", "a", "b"), ENVELOPE(".server", "a", "b"), ENVELOPE("server..x", "a", "b"), ENVELOPE("", "a", "b") };
    struct fault f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (fault__read_soap(c, str_z(bad[i]), &f) != ST_INVALID) fail_msg("taken: %s", bad[i]);
        call_clear(c);
    }
    CHECK_OK(fault__read_soap(c, STR(ENVELOPE("Server.ServerProxy.X_1", "a", "b")), &f));
}

TEST(the_words_of_a_peer_are_cut_at_a_character_and_hold_no_control_character)
{
    struct fault f;
    struct buf b = buf_in(c->arena, 64 * 1024);
    buf_put_z(&b, "<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\"><E:Body><E:Fault><faultcode>a</faultcode><faultstring>x");
    for (int i = 0; i < 2000; i++) buf_put_z(&b, "ế"); /* three bytes each: no limit falls between two */
    buf_put_z(&b, "</faultstring><detail>");
    for (int i = 0; i < 200; i++) buf_put_z(&b, "đ");
    buf_put_z(&b, "</detail></E:Fault></E:Body></E:Envelope>");
    CHECK_OK(fault__read_soap(c, buf_str(&b), &f));
    CHECK(text_is_utf8(f.message) && text_is_utf8(f.detail) && f.message.n > FAULT_TEXT_MAX - 4 && f.message.n <= FAULT_TEXT_MAX && f.detail.n == FAULT_DETAIL_MAX - 1);
    CHECK_OK(fault__read_soap(c, STR(ENVELOPE("a", "one&#10;two&#133;three", "&#9;x&#13;y")), &f));
    CHECK_STR(f.message, STR("one two three"));
    CHECK_STR(f.detail, STR("x y"));
}

static void reply_to(struct call *c, struct str accept, const char *type, struct reply *rp)
{
    const struct header h = { STR_INIT("ACCEPT"), accept };
    const struct request rq = { .headers = &h, .nheaders = 1 };
    const struct fault f = { str_z(type), STR_INIT("a\"b<c"), STR_INIT("d") };
    *rp = (struct reply){ 0 };
    fault__reply(c, &rq, rp, &f);
}

TEST(answers_to_information_systems)
{
    struct reply rp;
    reply_to(c, STR("*/*"), "client.bad_request", &rp);
    CHECK(rp.status == 400);
    CHECK_STR(rp.body, STR("{\"type\":\"client.bad_request\",\"message\":\"a\\\"b<c\",\"detail\":\"d\"}"));
    CHECK_STR(rp.headers[0].name, STR("X-Road-Error"));
    CHECK_STR(rp.headers[0].value, STR("client.bad_request"));
    reply_to(c, STR("text/html, text/*;q=0.5"), "server.clientproxy.io_error", &rp);
    CHECK(rp.status == 500);
    CHECK_STR(rp.content_type, STR("text/xml;charset=utf-8"));
    CHECK_STR(rp.body, STR("<error><type>server.clientproxy.io_error</type><message>a\"b&lt;c</message><detail>d</detail></error>"));
    reply_to(c, STR("application/xml"), "server.clientproxy.io_error", &rp);
    CHECK_STR(rp.content_type, STR("application/xml;charset=utf-8"));
}

/* said: how a sentence of the table stands in the manual: without the full stop. */
static struct str said(const char *sentence) { return str_ends(str_z(sentence), STR(".")) ? str_first(str_z(sentence), strlen(sentence) - 1) : str_z(sentence); }

TEST(the_manual_tells_cause_and_cure_of_every_fault_in_the_same_words)
{
    struct str doc, piece, path = str_join(c->arena, str_z(getenv("SEN_SOURCE")), STR("/doc/faults.md"), STR_END);
    struct buf plain = buf_in(c->arena, 1024 * 1024);
    CHECK_OK(file_read(c, path, 1024 * 1024, &doc));
    while (str_next(&doc, '`', &piece)) buf_put(&plain, piece);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        struct str line = str_join(c->arena, STR("| "), str_z(TABLE[i].code), STR(" | "), said(TABLE[i].cause), STR(" | "), said(TABLE[i].cure), STR(" |"), STR_END);
        if (str_find(buf_str(&plain), line) == SIZE_MAX) fail_msg("doc/faults.md does not say: %.*s", STR_ARG(line));
    }
}

TEST(a_fault_is_explained_by_its_last_known_code_and_the_hop_by_its_first)
{
    struct fault_help help;
    CHECK(exchange_explain_fault(STR("server.clientproxy.ssl_authentication_failed.cert_validation"), &help));
    CHECK_STR(help.code, STR("cert_validation"));
    CHECK(help.status == ST_DENIED && str_ends(help.cause, STR(".")) && help.cure.n);
    CHECK(exchange_explain_fault(STR("Server.ServerProxy.AccessDenied"), &help));
    CHECK_STR(help.code, STR("access_denied"));
    CHECK(!exchange_explain_fault(STR("server.serverproxy.made_up_elsewhere"), &help));
    CHECK(exchange_explain_fault(STR("Server.ServerProxy.ServiceFailed.NetworkError"), &help)); /* the system behind the provider, not the way between the nodes */
    CHECK_STR(help.code, STR("service_failed.network_error"));
    CHECK(str_find(help.cure, STR("5500")) == SIZE_MAX && str_find(help.cause, STR("behind the provider's node")) != SIZE_MAX);
    CHECK(exchange_explain_fault(STR("server.serverproxy.service_failed.ssl_authentication_failed"), &help));
    CHECK_STR(help.code, STR("ssl_authentication_failed"));
    CHECK_STR(exchange_fault_hop(STR("Server.ServerProxy.AccessDenied")), STR("The answering agency's node"));
    CHECK_STR(exchange_fault_hop(STR("server.clientproxy.network_error")), STR("The asking agency's node"));
    CHECK_STR(exchange_fault_hop(STR("client.bad_request")), STR("The asking agency's own system"));
    CHECK_STR(exchange_fault_hop(STR("banana")), STR(""));
}
