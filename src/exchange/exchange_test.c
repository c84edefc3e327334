/* Tests of the whole way in one process: an operator's node with two subsystems, its own authority and key holder, asks itself; then every way in which a message
 * may be wrong is tried at the provider's door. Status answers are put in without a network. */
#include "exchange/exchange_int.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "base/time.h"
#include "exchange/log/testing.h"
#include "exchange/operator/operator_int.h"
#include "exchange/status/ocsp_int.h"
#include "store/test_store.h"
#include "trust/stamp.h"
#include "trust/test_trust.h"

TEST_STORE(&exchange_schema);

static const struct setting node_settings[] = {
    { "instance", SETTING_TEXT, "VN", "", "", false }, { "member", SETTING_TEXT, "GOV/G22", "", "", false }, { "server", SETTING_TEXT, "op1", "", "", false },
    { "name", SETTING_TEXT, "Office", "", "", false }, { "sandbox", SETTING_FLAG, "true", "", "", false }, { 0 } };
static const struct module node_module = { .name = "node", .settings = node_settings };
static const struct module *const modules[] = { &node_module, &web_module, &exchange_module, NULL };

static const char NODE_YAML[] =
    "web:\n  status: 127.0.0.1:5577\n"
    "exchange:\n  operator: true\n"
    "  subsystems: [{code: desk, name: Desk}]\n"
    "  services: [{subsystem: population, code: closed, disabled: Until Monday.}]\n"
    "  rights:\n"
    "    - {client: VN/GOV/G22/desk, subsystem: population, service: person, method: POST, path: '/by/*', purposes: [residence.register], columns: [name.full]}\n"
    "    - {client: VN/GOV/G22/desk, subsystem: population, service: closed, purposes: [residence.register]}\n"
    "    - {client: VN/GOV/G22/foreign, subsystem: population, service: person, purpose: case.handle, columns: ['*']}\n";

/* struct world: the node of a test and the certificates it was given. */
struct world { struct test_trust t; struct config *config; struct str tls, sign; int calls; int64_t takes_us; struct str seen_purpose, seen_user; };

static enum status person(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    struct world *w = (struct world *)(uintptr_t)rq->arg;
    w->calls++;
    for (int64_t until_us = time_monotonic_us() + w->takes_us; time_monotonic_us() < until_us;) (void)usleep(1000);
    w->seen_purpose = c->purpose;
    w->seen_user = c->actor->user;
    if (str_eq(rq->body, STR("nobody"))) return call_fail(c, ST_NOT_FOUND, "value", "There is no such person. Check the number.");
    *rp = (struct service_reply){ .status = 200, .content_type = STR("application/json"), .body = str_join(c->arena, STR("you asked "), rq->body, STR_END) };
    return ST_OK;
}

static struct str give_certificate(struct call *c, struct world *w, const struct key *k, enum cert_kind kind, struct str code)
{
    const struct cert_subject s = { .cn = STR_INIT("op1.g22.vn"), .o = STR_INIT("Office"), .serial_number = code, .business_category = STR_INIT("GOV") };
    struct str csr, der;
    CHECK_OK(csr_make(c, k, &s, &csr));
    CHECK_OK(operator_issue(c, csr, kind, &der));
    CHECK_OK(file_write(c, str_join(c->arena, w->t.keys, STR("/"), key_id(k), STR(".cert.pem"), STR_END), cert_to_pem(c->arena, der), 0644));
    return der;
}

/* take_status: ask the authority, as the network would, and keep its answer. */
static struct str take_status(struct call *c, struct str cert)
{
    struct str ca, question;
    struct operator_cert root;
    struct reply rp = { 0 };
    CHECK_OK(operator__newest_cert(c, CERT_CA, &root));
    ca = root.der;
    CHECK_OK(ocsp_request(c, cert, ca, &question));
    const struct request rq = { .body = question };
    CHECK_OK(operator__ocsp_post(c, &rq, &rp));
    CHECK_OK(ocsp__keep(c, cert, STR(""), rp.body, 3600));
    return rp.body;
}

static void take_directory(struct call *c)
{
    struct str document, params;
    struct signed_directory s;
    const struct signed_file *file;
    struct operator_cert conf;
    struct directory *d;
    CHECK_OK(operator_publish(c));
    CHECK_OK(operator__find_publication(c, STR("/internalconf/6"), &document));
    CHECK_OK(operator__newest_cert(c, CERT_CONF, &conf));
    CHECK_OK(directory__read_signed(c, document, &s));
    CHECK_OK(directory__verify(c, &s, STR("VN"), &conf.der, 1, &file));
    CHECK_OK(operator__find_publication(c, file->location, &params));
    CHECK_OK(directory__read_params(c, params, s.version, &d));
    d->expires_ms = s.expires_ms;
    directory__drop(&exchange__of(c)->pictures.own);
    exchange__of(c)->pictures.own = d;
}

static void open_world(struct call *c, struct world *w)
{
    static const struct operator_subsystem subsystems[] = { { STR_INIT("desk"), STR_INIT("Desk") }, { STR_INIT("foreign"), STR_INIT("Foreign") }, { STR_INIT("population"), STR_INIT("People") } };
    *w = (struct world){ 0 };
    test_trust_open(c, &w->t);
    (void)test_trust_key(c, KEY_SEAL, KEY_AES256);
    struct str path = file_path(c->arena, w->t.folder, STR("node.yaml"));
    CHECK_OK(file_write(c, path, str_z(NODE_YAML), 0600));
    CHECK_OK(config_load(c, path, modules, NULL, 0, &w->config));
    w->t.app.config = w->config;
    w->t.app.folder = w->t.folder;
    w->t.app.country = file_path(c->arena, str_z(getenv("SEN_SOURCE")), STR("country/vn"));
    const struct key *sign = NULL;
    CHECK_OK(trust_make_key(c, KEY_SIGN, KEY_P256, STR("GOV/G22"), &sign));
    const struct key *tls = test_trust_key(c, KEY_TLS, KEY_P256);
    CHECK_OK(exchange_module.start(c, &w->t.app));
    const struct service offered = { .code = "person", .handle = person, .arg = w };
    CHECK_OK(exchange_offer(c, &w->t.app, STR("population"), &offered));
    CHECK_OK(operator_ca_init(c));
    w->tls = give_certificate(c, w, tls, CERT_TLS, STR("G22"));
    w->sign = give_certificate(c, w, sign, CERT_SIGN, STR("G22"));
    const struct operator_admission a = { STR_INIT("GOV/G22"), STR_INIT("Office"), STR_INIT("op1"), STR_INIT("127.0.0.1"), w->tls, subsystems, 3 };
    CHECK_OK(operator_admit(c, &a));
    take_directory(c);
    (void)take_status(c, w->tls);
    (void)take_status(c, w->sign);
}

static void close_world(struct call *c, struct world *w)
{
    exchange_module.stop(&w->t.app);
    web_module.stop(&w->t.app);
    config_free(w->config);
    test_trust_close(c, &w->t);
}

static struct exchange_request question(struct call *c, const char *service, const char *path, const char *purpose)
{
    struct exchange_request rq = { .client_subsystem = STR("desk"), .method = STR("POST"), .path = str_z(path), .content_type = STR("application/json"), .body = STR("{}"),
                                   .user = STR("pseudonym"), .purpose = str_z(purpose), .basis = STR("law"), .role = STR("registrar") };
    CHECK(xid__parse_service(c->arena, str_z(service), &rq.service));
    return rq;
}

#define PERSON "VN/GOV/G22/population/person"

TEST(a_question_inside_one_member_is_answered_and_stands_twice_in_the_log)
{
    struct world w;
    struct exchange_answer answer;
    open_world(c, &w);
    struct exchange_request rq = question(c, PERSON, "/by/pin", "residence.register");
    CHECK_OK(exchange_call(c, &rq, &answer));
    CHECK(answer.status == 200 && w.calls == 1 && test_logged(c) == 2);
    CHECK_STR(answer.body, STR("you asked {}"));
    CHECK_STR(answer.content_type, STR("application/json"));
    CHECK_STR(w.seen_purpose, STR("residence.register"));
    CHECK_STR(w.seen_user, STR("pseudonym"));
    CHECK(!c->actor && c->purpose.n == 0); /* the caller's own call is as it was */
    close_world(c, &w);
}

/* Naming the server asks for the whole way: everything is signed and checked, though this node answers itself. */
TEST(a_question_over_the_whole_road_stands_four_times_in_the_log)
{
    struct world w;
    const struct header headers[] = { { STR_INIT("X-Road-Client"), STR_INIT("VN/GOV/G22/desk") }, { STR_INIT("X-Sen-Purpose"), STR_INIT("residence.register") } };
    struct outgoing o = { .method = STR("POST"), .target = STR("/r1/" PERSON "/by/pin"), .headers = headers, .nheaders = 2, .has_body = true, .body = STR("{}") };
    struct incoming in;
    struct fault f;
    open_world(c, &w);
    o.server = xid__format_server(c->arena, &exchange__of(c)->self);
    CHECK(xid_parse_client(c->arena, STR("VN/GOV/G22/desk"), &o.client));
    CHECK_OK(consumer__exchange(c, &o, &in, &f));
    CHECK(in.head.status == 200 && w.calls == 1 && test_logged(c) == 4);
    CHECK_STR(in.body, STR("you asked {}"));
    close_world(c, &w);
}

TEST(each_row_bears_its_own_moment)
{
    struct world w;
    struct exchange_answer answer;
    struct message_found found;
    open_world(c, &w);
    w.takes_us = 20000;
    struct exchange_request rq = question(c, PERSON, "/by/pin", "residence.register");
    CHECK_OK(exchange_call(c, &rq, &answer));
    CHECK_OK(message__list(c, &(struct message_filter){ 0 }, &found));
    CHECK(found.n == 2 && found.lines[0].kind == MESSAGE_ANSWER && found.lines[0].at_ms >= found.lines[1].at_ms + 20 && c->now_ms >= found.lines[0].at_ms);
    close_world(c, &w);
}

TEST(what_the_service_refuses_is_an_answer_and_no_fault)
{
    struct world w;
    struct exchange_answer answer;
    open_world(c, &w);
    struct exchange_request rq = question(c, PERSON, "/by/pin", "residence.register");
    rq.body = STR("nobody");
    CHECK_OK(exchange_call(c, &rq, &answer));
    CHECK(answer.status == 404);
    close_world(c, &w);
}

static void check_fault(struct call *c, struct exchange_request rq, enum status expected, const char *fault)
{
    struct exchange_answer answer;
    call_clear(c);
    CHECK(exchange_call(c, &rq, &answer) == expected);
    CHECK_STR(call_error(c)->fault, str_z(fault));
    CHECK(call_error(c)->sentence.n > 0);
}

TEST(rights)
{
    struct world w;
    struct exchange_answer answer;
    open_world(c, &w);
    check_fault(c, question(c, PERSON, "/by/pin", "self"), ST_DENIED, "server.serverproxy.access_denied");
    check_fault(c, question(c, PERSON, "/by/pin", ""), ST_DENIED, "server.serverproxy.access_denied");
    check_fault(c, question(c, PERSON, "/by/pin/more", "residence.register"), ST_DENIED, "server.serverproxy.access_denied");
    check_fault(c, question(c, PERSON, "/by%2Fpin", "residence.register"), ST_DENIED, "server.serverproxy.access_denied");
    check_fault(c, question(c, PERSON, "/by/../x", "residence.register"), ST_DENIED, "server.serverproxy.access_denied");
    check_fault(c, question(c, "VN/GOV/G22/population/none", "", "residence.register"), ST_NOT_FOUND, "server.serverproxy.unknown_service");
    check_fault(c, question(c, "VN/GOV/G22/population/closed", "", "residence.register"), ST_UNAVAILABLE, "server.serverproxy.service_disabled");
    check_fault(c, question(c, "VN/GOV/G22/nowhere/person", "", "residence.register"), ST_NOT_FOUND, "server.clientproxy.unknown_member");
    check_fault(c, question(c, "VN/GOV/G99/population/person", "", "residence.register"), ST_NOT_FOUND, "server.clientproxy.unknown_member");
    struct exchange_request rq = question(c, PERSON, "/by/pin", "residence.register");
    rq.method = STR("GET");
    check_fault(c, rq, ST_DENIED, "server.serverproxy.access_denied");
    rq = question(c, PERSON, "/by/pin", "residence.register");
    rq.client_subsystem = STR("stranger");
    check_fault(c, rq, ST_NOT_FOUND, "server.clientproxy.unknown_member");
    rq.client_subsystem = STR("foreign"); /* its right has the purpose written in */
    rq.purpose = STR("");
    call_clear(c);
    CHECK(w.calls == 0);
    CHECK_OK(exchange_call(c, &rq, &answer));
    CHECK_STR(w.seen_purpose, STR("case.handle"));
    close_world(c, &w);
}

static struct message_line newest(struct call *c)
{
    struct message_found found;
    call_clear(c);
    CHECK_OK(message__list(c, &(struct message_filter){ 0 }, &found));
    CHECK(found.n > 0);
    return found.lines[0];
}

/* What is refused before it leaves stands in the log too, once, as long as it is known who asked. */
TEST(early_refusals_stand_in_the_log_and_strangers_are_counted)
{
    struct world w;
    open_world(c, &w);
    struct exchange_request rq = question(c, "VN/GOV/G22/nowhere/person", "", "residence.register");
    check_fault(c, rq, ST_NOT_FOUND, "server.clientproxy.unknown_member");
    struct message_line l = newest(c);
    CHECK(test_logged(c) == 1 && l.kind == MESSAGE_REFUSAL && l.side == SIDE_CONSUMER && l.request_id.n);
    CHECK_STR(l.fault_id, c->trace);
    CHECK_STR(l.service, STR("VN/GOV/G22/nowhere/person"));
    rq = question(c, PERSON, "/by/pin", "residence.register");
    rq.user = STR("\x1b[31m");
    check_fault(c, rq, ST_INVALID, "client.bad_request");
    CHECK_STR(newest(c).fault, STR("client.bad_request"));
    c->now_ms++;
    check_fault(c, question(c, PERSON, "/by/pin/more", "residence.register"), ST_DENIED, "server.serverproxy.access_denied");
    CHECK(test_logged(c) == 3 && newest(c).side == SIDE_OWN); /* the answering side's row alone */
    c->now_ms += 601 * 1000;
    check_fault(c, question(c, PERSON, "/by/pin", "residence.register"), ST_UNAVAILABLE, "server.clientproxy.global_conf_outdated");
    CHECK_STR(newest(c).fault, STR("server.clientproxy.global_conf_outdated"));
    c->now_ms -= 601 * 1000;
    rq = question(c, PERSON, "/by/pin", "residence.register");
    rq.client_subsystem = STR("stranger");
    check_fault(c, rq, ST_NOT_FOUND, "server.clientproxy.unknown_member");
    CHECK(newest(c).request_id.n && test_logged(c) == 4 && atomic_load(&exchange__of(c)->strangers) == 1);
    close_world(c, &w);
}

TEST(an_outdated_directory_stops_everything)
{
    struct world w;
    open_world(c, &w);
    c->now_ms += 601 * 1000;
    check_fault(c, question(c, PERSON, "/by/pin", "residence.register"), ST_UNAVAILABLE, "server.clientproxy.global_conf_outdated");
    CHECK(w.calls == 0);
    close_world(c, &w);
}

TEST(stamping_that_fails_for_too_long_stops_new_messages)
{
    struct world w;
    struct exchange_answer answer;
    open_world(c, &w);
    struct exchange_request rq = question(c, PERSON, "/by/pin", "residence.register");
    atomic_store(&exchange__of(c)->stamper.failing_ms, c->now_ms - 14400 * 1000);
    CHECK_OK(exchange_call(c, &rq, &answer));
    c->now_ms++;
    check_fault(c, rq, ST_UNAVAILABLE, "server.clientproxy.logging_failed.timestamper_failed");
    atomic_store(&exchange__of(c)->stamper.failing_ms, TIME_FAR);
    call_clear(c);
    CHECK_OK(exchange_call(c, &rq, &answer));
    CHECK(w.calls == 2);
    close_world(c, &w);
}

static struct str stamped_by(struct call *c, const struct dir_tsa *tsa, struct str bytes)
{
    struct stamp_question q;
    struct stamp_facts facts;
    struct reply rp = { 0 };
    struct str token;
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, bytes), &q));
    const struct request rq = { .body = q.der };
    CHECK_OK(operator__stamp(c, &rq, &rp));
    CHECK_STR(rp.content_type, STR("application/timestamp-reply"));
    CHECK_OK(stamp_take(c, rp.body, &q, &tsa->cert, 1, c->now_ms, &token, &facts));
    return facts.serial;
}

TEST(the_directory_names_a_time_stamp_service_whose_serials_never_repeat)
{
    struct world w;
    open_world(c, &w);
    const struct directory *d = exchange__of(c)->pictures.own;
    CHECK(d->ntsas == 1);
    CHECK_STR(d->tsas[0].url, STR("http://127.0.0.1:5577/tsa"));
    struct str first = stamped_by(c, &d->tsas[0], STR("a")), second = stamped_by(c, &d->tsas[0], STR("a"));
    CHECK(!str_eq(first, second));
    close_world(c, &w);
}

TEST(a_header_cannot_be_smuggled_in_by_a_line_break)
{
    struct world w;
    open_world(c, &w);
    struct exchange_request rq = question(c, PERSON, "/by/pin", "self");
    rq.user = STR("x\r\nX-Sen-Purpose:residence.register");
    check_fault(c, rq, ST_INVALID, "client.bad_request");
    close_world(c, &w);
}

/* ---- at the provider's door ---- */

static struct wire signed_message(struct call *c, struct world *w, const char *request_id)
{
    const struct header headers[] = { { STR_INIT("X-Road-Client"), STR_INIT("VN/GOV/G22/desk") }, { STR_INIT("X-Sen-Purpose"), STR_INIT("residence.register") } };
    struct rest_head head;
    CHECK_OK(rest__write_request(c, STR("POST"), STR("/r1/" PERSON "/by/pin"), headers, 2, str_z(request_id), &head));
    struct wire m = { .head = head.bytes, .has_body = true, .body = STR("{}"), .nocsp = 1 };
    SIGN_TURN turn = { 0 };
    CHECK_OK(wire__sign(c, &turn, STR("GOV/G22"), &m));
    CHECK_OK(ocsp__kept(c, w->tls, &m.ocsp[0]));
    return m;
}

static enum status knock(struct call *c, struct world *w, const struct wire *m)
{
    const struct peer p = { .cert = w->tls };
    struct wire answer;
    call_clear(c);
    return provider__answer(c, &p, m, &answer);
}

static void check_refused(struct call *c, struct world *w, const struct wire *m, const char *fault)
{
    int before = w->calls;
    CHECK(knock(c, w, m) != ST_OK);
    CHECK_STR(call_error(c)->fault, str_z(fault));
    CHECK(w->calls == before);
}

/* A service that gathers: the request that was taken before is found when everything is written, and its answer does not leave. */
TEST(a_replay_is_refused_by_a_service_that_gathers_too)
{
    struct world w;
    open_world(c, &w);
    struct services *offered = &w.t.app.exchange->services;
    for (size_t i = 0; i < offered->n; i++) offered->rows[i].offered.gathers = offered->rows[i].offered.handle == person;
    struct wire m = signed_message(c, &w, "11111111-2222-4333-8444-555555555555");
    CHECK_OK(knock(c, &w, &m));
    CHECK(test_logged(c) == 2);
    CHECK(knock(c, &w, &m) == ST_CONFLICT && w.calls == 2 && test_logged(c) == 3);
    CHECK_STR(call_error(c)->fault, STR("invalid_request"));
    CHECK(knock(c, &w, &m) == ST_CONFLICT);
    close_world(c, &w);
}

/* What may change something is on disk before it goes to a backend. */
TEST(a_backend_that_is_only_asked_may_gather)
{
    struct service_row own = { .offered = { .handle = person } }, backend = { .url = STR("http://127.0.0.1:1/") };
    CHECK(services__gathers(&backend, STR("GET")) && services__gathers(&backend, STR("HEAD")));
    CHECK(!services__gathers(&backend, STR("POST")) && !services__gathers(&backend, STR("DELETE")) && !services__gathers(&backend, STR("get")) && !services__gathers(&backend, STR("OPTIONS")));
    CHECK(!services__gathers(&own, STR("GET")));
    own.offered.gathers = true;
    CHECK(services__gathers(&own, STR("POST")));
}

TEST(a_peers_message_is_answered_once)
{
    struct world w;
    open_world(c, &w);
    struct wire m = signed_message(c, &w, "request-1");
    CHECK_OK(knock(c, &w, &m));
    check_refused(c, &w, &m, "invalid_request");
    CHECK(w.calls == 1 && test_logged(c) == 3); /* question, answer, refusal */
    close_world(c, &w);
}

TEST(a_changed_body_is_refused)
{
    struct world w;
    open_world(c, &w);
    struct wire m = signed_message(c, &w, "request-1");
    m.body = STR("{ }");
    check_refused(c, &w, &m, "malformed_signature.invalid_hash_chain_ref");
    close_world(c, &w);
}

TEST(signatures_of_other_messages_and_missing_parts_are_refused)
{
    struct world w;
    open_world(c, &w);
    struct wire good = signed_message(c, &w, "request-1"), other = signed_message(c, &w, "request-2"), m = good;
    m.signature = other.signature;
    CHECK(knock(c, &w, &m) != ST_OK);
    m = good;
    m.has_body = false;
    CHECK(knock(c, &w, &m) != ST_OK);
    m = good;
    m.head = other.head;
    CHECK(knock(c, &w, &m) != ST_OK);
    m = good;
    m.signature.chain = other.signature.chain;
    CHECK(knock(c, &w, &m) != ST_OK);
    CHECK(w.calls == 0);
    CHECK_OK(knock(c, &w, &good));
    close_world(c, &w);
}

TEST(a_peer_without_status_or_place_in_the_directory_is_refused)
{
    struct world w;
    struct wire answer;
    open_world(c, &w);
    struct wire m = signed_message(c, &w, "request-1");
    m.nocsp = 0;
    check_refused(c, &w, &m, "ssl_authentication_failed.missing_validation_info");
    m = signed_message(c, &w, "request-2");
    const struct peer stranger = { .cert = w.sign };
    call_clear(c);
    CHECK(provider__answer(c, &stranger, &m, &answer) == ST_DENIED);
    CHECK_STR(call_error(c)->fault, STR("ssl_authentication_failed.incorrect_certificate"));
    const struct message_filter faults = { .only_faults = true };
    struct message_found found;
    CHECK_OK(message__list(c, &faults, &found));
    CHECK(found.n == 0); /* what strangers send fills no table */
    close_world(c, &w);
}

TEST(revoked_certificates_are_refused)
{
    struct world w;
    struct cert_info info;
    int64_t serial;
    open_world(c, &w);
    CHECK_OK(cert_read(c, w.sign, &info));
    CHECK(str_int(info.serial_decimal, &serial));
    CHECK_OK(operator_revoke(c, serial));
    CHECK(operator_revoke(c, serial) == ST_NOT_FOUND);
    (void)take_status(c, w.sign);
    struct wire m = signed_message(c, &w, "request-1");
    check_refused(c, &w, &m, "cert_validation");
    close_world(c, &w);
}

TEST(another_members_key_signs_for_nobody_else)
{
    struct world w;
    const struct key *sign;
    open_world(c, &w);
    CHECK_OK(trust_key(c, KEY_SIGN, STR("GOV/G22"), &sign));
    (void)take_status(c, give_certificate(c, &w, sign, CERT_SIGN, STR("G23")));
    struct wire m = signed_message(c, &w, "request-1");
    check_refused(c, &w, &m, "incorrect_certificate");
    close_world(c, &w);
}

/* ---- configuration ---- */

TEST(operator_refuses_what_would_break_the_directory)
{
    struct world w;
    open_world(c, &w);
    struct operator_admission a = { STR_INIT("GOV"), STR_INIT("N"), STR_INIT("s"), STR_INIT("h"), { 0 }, NULL, 0 };
    CHECK(operator_admit(c, &a) == ST_INVALID);
    call_clear(c);
    a.member = STR("GOV/G3");
    a.address = STR("host:80/path");
    CHECK(operator_admit(c, &a) == ST_INVALID);
    call_clear(c);
    a.address = STR("host");
    a.auth_cert = w.sign;
    CHECK(operator_admit(c, &a) == ST_INVALID);
    call_clear(c);
    a.auth_cert = STR("");
    CHECK_OK(operator_admit(c, &a));
    CHECK_OK(operator_admit(c, &a));
    take_directory(c);
    CHECK(exchange__of(c)->pictures.own->nservers == 2);
    CHECK_STR(exchange_member_name(c, STR("VN/GOV/G3")), STR("N"));
    CHECK_STR(exchange_member_name(c, STR("VN/GOV/none")), STR("VN/GOV/none"));
    close_world(c, &w);
}
