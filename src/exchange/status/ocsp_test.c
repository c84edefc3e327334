/* ocsp_test.c: status answers: how long one serves, what takes its place, what is refused meanwhile and how it is told, and what a restart finds. */
#include "exchange/status/ocsp_fetch.c"

#include "base/encode.h"
#include "base/file.h"
#include "exchange/message/message.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

TEST_STORE(&exchange_schema);

enum { MINUTE_MS = 60000, HOUR_S = 3600, NOBODY = 9 };
static const struct setting status_settings[] = { { "exchange.status_s", SETTING_COUNT, "30", "seconds", "", false }, { 0 } };
static const struct module status_module = { .name = "exchange", .settings = status_settings };
static const struct module *const modules[] = { &status_module, NULL };

/* struct office: an authority with one certificate, a status service whose address nobody answers at, and a directory that names both. */
struct office { struct test_trust t; struct config *config; struct exchange *ex; const struct key *ca; struct str root, cert, other; struct cert_anchor anchor; struct dir_ca listed; struct str url; struct dir_server server; };

static struct str issue(struct call *c, const struct office *o, int64_t serial)
{
    const struct cert_subject s = { .cn = STR_INIT("ps1.g01.vn"), .o = STR_INIT("Office"), .serial_number = STR_INIT("G01") };
    struct str csr, der;
    CHECK_OK(csr_make(c, test_trust_key(c, KEY_TLS, KEY_P256), &s, &csr));
    CHECK_OK(ca_issue(c, o->ca, o->root, csr, CERT_TLS, serial, c->now_ms - MINUTE_MS, c->now_ms + (int64_t)86400 * 1000, &der));
    return der;
}

static void open_node(struct call *c, struct office *o)
{
    struct directory *d = arena_new(c->arena, struct directory);
    *d = (struct directory){ .refs = 1, .instance = STR("VN"), .expires_ms = TIME_FAR, .ocsp_fresh_s = HOUR_S, .cas = &o->listed, .ncas = 1 };
    o->ex = arena_new(c->arena, struct exchange);
    *o->ex = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER, .pictures = { .own = d }, .status = ocsp__cache_new() };
    o->t.app.exchange = o->ex;
}

static void open_office(struct call *c, struct office *o)
{
    const struct cert_subject s = { .cn = STR_INIT("Authority"), .o = STR_INIT("Office") };
    *o = (struct office){ 0 };
    test_trust_open(c, &o->t);
    struct str path = file_path(c->arena, o->t.folder, STR("node.yaml"));
    CHECK_OK(file_write(c, path, STR("exchange:\n  status_s: 30\n"), 0600));
    CHECK_OK(config_load(c, path, modules, NULL, 0, &o->config));
    o->t.app.config = o->config;
    o->ca = test_trust_key(c, KEY_CA, KEY_P256);
    CHECK_OK(ca_self_signed(c, o->ca, &s, CERT_CA, c->now_ms - MINUTE_MS, c->now_ms + (int64_t)864000 * 1000, &o->root));
    o->anchor = (struct cert_anchor){ .der = o->root, .is_top = true };
    o->server = (struct dir_server){ .id = { .instance = STR_INIT("VN") }, .key = STR_INIT("VN/GOV/G01/ps1"), .address = STR_INIT("127.0.0.1") };
    o->url = str_print(c->arena, "http://127.0.0.1:%d/ocsp", NOBODY);
    o->listed = (struct dir_ca){ .anchors = &o->anchor, .nanchors = 1, .ocsp_urls = &o->url, .nurls = 1 };
    o->cert = issue(c, o, 2);
    o->other = issue(c, o, 3);
    open_node(c, o);
}

static void close_office(struct call *c, struct office *o)
{
    ocsp__cache_free(o->ex->status);
    config_free(o->config);
    test_trust_close(c, &o->t);
}

/* restart: memory is lost, databases stay. */
static void restart(struct call *c, struct office *o)
{
    ocsp__cache_free(o->ex->status);
    open_node(c, o);
    CHECK_OK(ocsp__load(c));
}

static struct str answer_about(struct call *c, const struct office *o, struct str cert, enum cert_status status, int64_t this_ms, int64_t next_ms)
{
    struct str question, answer;
    CHECK_OK(ocsp_request(c, cert, o->root, &question));
    CHECK_OK(ocsp_answer(c, o->ca, o->root, o->root, question, status, this_ms, this_ms, next_ms, &answer));
    return answer;
}

/* offer: as if this came over the network; ours when instance is empty. */
static enum status offer(struct call *c, const struct office *o, struct str instance, struct str answer)
{
    const struct asking a = { o->ex->pictures.own, o->cert, instance, STR("status.vn") };
    struct str kept;
    call_clear(c);
    return take(c, &a, answer, &kept);
}

static bool at_hand(struct call *c, const struct office *o)
{
    struct str kept;
    bool found = ocsp__kept(c, o->cert, &kept) == ST_OK;
    call_clear(c);
    return found;
}

static void pass(struct call *c, int64_t ms) { c->now_ms += ms; }

TEST(an_answer_serves_until_its_next_update_or_its_freshness_ends)
{
    struct office o;
    open_office(c, &o);
    CHECK(!at_hand(c, &o));
    CHECK_OK(offer(c, &o, STR(""), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS)));
    pass(c, 10 * MINUTE_MS - 1000);
    CHECK(at_hand(c, &o));
    pass(c, 1000);
    CHECK(!at_hand(c, &o));
    CHECK_OK(offer(c, &o, STR(""), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 48 * 60 * MINUTE_MS)));
    pass(c, 1000 * HOUR_S - 1);
    CHECK(at_hand(c, &o));
    pass(c, 1);
    CHECK(!at_hand(c, &o));
    close_office(c, &o);
}

TEST(what_is_no_proof_does_not_take_the_place_of_one)
{
    struct office o;
    open_office(c, &o);
    const int64_t now = c->now_ms, next = now + 10 * MINUTE_MS;
    CHECK_OK(offer(c, &o, STR(""), answer_about(c, &o, o.cert, CERT_GOOD, now, next)));
    const struct str wrong[] = { answer_about(c, &o, o.other, CERT_GOOD, now, next), answer_about(c, &o, o.cert, CERT_UNKNOWN, now, next),
                                 answer_about(c, &o, o.cert, CERT_GOOD, now - 2 * 1000 * HOUR_S, next), answer_about(c, &o, o.cert, CERT_GOOD, now + 10 * MINUTE_MS, next + 10 * MINUTE_MS), STR("nonsense") };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(offer(c, &o, STR(""), wrong[i]) == ST_INVALID);
        CHECK_STR(call_error(c)->fault, STR("incorrect_validation_info"));
        CHECK(at_hand(c, &o));
    }
    close_office(c, &o);
}

TEST(that_a_certificate_is_revoked_is_a_proof_too)
{
    struct office o;
    struct status_facts f;
    open_office(c, &o);
    struct str good = answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS), revoked = answer_about(c, &o, o.cert, CERT_REVOKED, c->now_ms, c->now_ms + 10 * MINUTE_MS);
    CHECK_OK(offer(c, &o, STR(""), good));
    CHECK_OK(offer(c, &o, STR(""), revoked));
    CHECK(ocsp__look(c, o.cert, &f) && str_eq(f.answer, revoked));
    close_office(c, &o);
}

TEST(a_service_that_is_silent_is_named_with_the_moment_and_not_asked_by_each_message)
{
    struct office o;
    struct str answer;
    open_office(c, &o);
    CHECK(ocsp__own(c, o.cert, &answer) == ST_UNAVAILABLE);
    CHECK_STR(call_error(c)->fault, STR("missing_validation_info"));
    CHECK_STR(call_error(c)->args[0], STR("127.0.0.1"));
    int64_t since = c->now_ms;
    pass(c, MINUTE_MS);
    call_clear(c);
    o.url = STR("http://127.0.0.1:1/never-asked");
    CHECK(ocsp__own(c, o.cert, &answer) == ST_UNAVAILABLE);
    CHECK_STR(call_error(c)->args[1], text_moment(c, since));
    call_clear(c);
    CHECK_OK(offer(c, &o, STR(""), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS)));
    CHECK_OK(ocsp__own(c, o.cert, &answer));
    close_office(c, &o);
}

TEST(while_an_answer_is_at_hand_a_failure_says_until_when_it_holds)
{
    struct office o;
    struct call_error e;
    open_office(c, &o);
    int64_t until = c->now_ms + 10 * MINUTE_MS;
    CHECK_OK(offer(c, &o, STR(""), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, until)));
    CHECK(ocsp__failing(c, o.cert, &e) == 0);
    pass(c, MINUTE_MS);
    int64_t since = c->now_ms;
    struct judge_source by = { o.root, &o.url, 1 };
    struct str answer;
    CHECK(ask_services(c, o.ex->pictures.own, o.cert, &by, &answer) == ST_UNAVAILABLE);
    CHECK(str_find(call_error(c)->sentence, STR("still holds until")) != SIZE_MAX && str_find(call_error(c)->sentence, STR("has ended")) == SIZE_MAX);
    CHECK_STR(call_error(c)->args[2], text_moment(c, until));
    call_clear(c);
    CHECK(ocsp__failing(c, o.cert, &e) == since && str_find(e.sentence, STR("still holds until")) != SIZE_MAX);
    pass(c, 10 * MINUTE_MS);
    CHECK(ocsp__failing(c, o.cert, &e) == since && str_find(e.sentence, STR("has ended")) != SIZE_MAX);
    CHECK(ocsp__try_own(c, o.cert) == ST_UNAVAILABLE); /* of what the network did just now it tells no moment */
    CHECK_STR(call_error(c)->sentence, STR("127.0.0.1:9 could not be reached: nobody answers there. Try again in a few minutes."));
    close_office(c, &o);
}

TEST(a_failed_fetch_leaves_what_is_at_hand_and_comes_again_less_and_less_often)
{
    struct office o;
    struct status_facts f;
    open_office(c, &o);
    CHECK_OK(offer(c, &o, STR("VN"), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS)));
    CHECK(!ocsp__take_due(c, &f));
    pass(c, 30000);
    for (int64_t wait_ms = 2000; wait_ms < 30000; wait_ms *= 2) {
        CHECK(ocsp__take_due(c, &f) && !ocsp__take_due(c, &f));
        (void)ocsp__note_failure(c, o.cert, STR("VN"), STR("VN/GOV/G01/ps1"), TROUBLE_SILENT, STR(""));
        pass(c, wait_ms - 1);
        CHECK(!ocsp__take_due(c, &f));
        pass(c, 1);
    }
    CHECK(at_hand(c, &o));
    CHECK(ocsp__take_due(c, &f) && f.failing_since_ms > 0);
    CHECK_OK(offer(c, &o, STR("VN"), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS)));
    CHECK(ocsp__look(c, o.cert, &f) && f.failing_since_ms == 0);
    close_office(c, &o);
}

TEST(an_answer_that_ends_at_once_is_not_asked_for_without_a_pause)
{
    struct office o;
    struct status_facts f;
    open_office(c, &o);
    CHECK_OK(offer(c, &o, STR("VN"), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms - 1000, c->now_ms)));
    CHECK(!ocsp__take_due(c, &f));
    pass(c, 1000);
    CHECK(ocsp__take_due(c, &f));
    close_office(c, &o);
}

TEST(our_own_are_left_to_their_keys_and_peers_that_are_quiet_for_a_day_are_left_alone)
{
    struct office o;
    struct status_facts f;
    struct str answer;
    open_office(c, &o);
    (void)ocsp__note_failure(c, o.cert, STR(""), STR("status.vn"), TROUBLE_SILENT, STR(""));
    (void)ocsp__note_failure(c, o.other, STR("VN"), STR("VN/GOV/G01/ps1"), TROUBLE_SILENT, STR(""));
    pass(c, MINUTE_MS);
    CHECK(ocsp__take_due(c, &f) && str_eq(f.cert, o.other));
    (void)ocsp__note_failure(c, o.other, STR("VN"), STR("VN/GOV/G01/ps1"), TROUBLE_SILENT, STR(""));
    pass(c, (int64_t)25 * 60 * MINUTE_MS);
    CHECK(!ocsp__take_due(c, &f));
    CHECK(ocsp__look(c, o.other, &f)); /* it is talked to again */
    CHECK(ocsp__take_due(c, &f));
    pass(c, (int64_t)20 * 60 * MINUTE_MS);
    CHECK(fetch_peer(c, o.ex->pictures.own, &o.server, o.other, &answer) == ST_UNAVAILABLE); /* that the job asks is no use made of it */
    call_clear(c);
    pass(c, (int64_t)20 * 60 * MINUTE_MS);
    CHECK(!ocsp__take_due(c, &f));
    ocsp__drop(c, o.other);
    CHECK(!ocsp__look(c, o.other, &f));
    close_office(c, &o);
}

TEST(a_restart_finds_what_was_at_hand_and_has_not_ended)
{
    struct office o;
    struct status_facts f;
    open_office(c, &o);
    struct str answer = answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS);
    CHECK_OK(offer(c, &o, STR("VN"), answer));
    CHECK_OK(ocsp__store(c));
    restart(c, &o);
    CHECK(ocsp__look(c, o.cert, &f) && str_eq(f.answer, answer) && str_eq(f.instance, STR("VN")) && f.until_ms == c->now_ms + 10 * MINUTE_MS);
    CHECK(f.is_due); /* it is asked again at once */
    pass(c, 10 * MINUTE_MS);
    restart(c, &o);
    CHECK(!ocsp__look(c, o.cert, &f));
    close_office(c, &o);
}

static const struct query DAMAGE = { "exchange", "UPDATE exchange_status SET answer = $1", NODE };

TEST(the_times_of_an_answer_are_told_before_and_after_a_restart_and_a_damaged_one_is_left)
{
    struct office o;
    struct status_times says = { 0 };
    struct str kept;
    open_office(c, &o);
    const int64_t from_ms = c->now_ms - 30 * MINUTE_MS, to_ms = c->now_ms + 48 * 60 * MINUTE_MS; /* longer than it is fresh */
    CHECK(ocsp__kept_times(c, o.cert, &kept, &says) == ST_UNAVAILABLE);
    CHECK_OK(offer(c, &o, STR("VN"), answer_about(c, &o, o.cert, CERT_GOOD, from_ms, to_ms)));
    CHECK_OK(ocsp__store(c));
    for (int restarts = 0; restarts < 2; restarts++) {
        CHECK_OK(ocsp__kept_times(c, o.cert, &kept, &says));
        CHECK(says.from_ms == from_ms && says.to_ms == to_ms);
        restart(c, &o);
    }
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, NODE, &tx));
        CHECK_OK(db_exec(c, &DAMAGE, db_bytes(STR("nonsense"))));
        CHECK_OK(db_commit(&tx));
    }
    restart(c, &o);
    CHECK(c->error.status == ST_OK && !at_hand(c, &o));
    close_office(c, &o);
}

TEST(the_disk_is_written_when_it_is_worth_it)
{
    struct office o;
    struct status_facts f;
    open_office(c, &o);
    struct str first = answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS);
    CHECK_OK(offer(c, &o, STR("VN"), first));
    CHECK_OK(ocsp__store(c));
    pass(c, MINUTE_MS);
    CHECK_OK(offer(c, &o, STR("VN"), answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS)));
    CHECK_OK(ocsp__store(c));
    restart(c, &o);
    CHECK(ocsp__look(c, o.cert, &f) && str_eq(f.answer, first)); /* the one on disk still covers most of it */
    pass(c, 8 * MINUTE_MS);
    struct str later = answer_about(c, &o, o.cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS);
    CHECK_OK(offer(c, &o, STR("VN"), later));
    CHECK_OK(ocsp__store(c));
    restart(c, &o);
    CHECK(ocsp__look(c, o.cert, &f) && str_eq(f.answer, later));
    close_office(c, &o);
}

/* ---- port 5577 ---- */

/* parts: how many answers the status port gives to this query, all of them this one; -1: it refuses. */
static int parts(struct call *c, struct str query, struct str answer)
{
    const struct request rq = { .method = STR_INIT("GET"), .query = query };
    struct reply rp = { 0 };
    struct multipart m;
    struct part part;
    bool more;
    call_clear(c);
    if (ocsp__show(c, &rq, &rp) != ST_OK) return -1;
    CHECK_OK(multipart__open(c, rp.content_type, rp.body, &m));
    for (int n = 0;; n++) {
        CHECK_OK(multipart__next(c, &m, &part, &more));
        if (!more) return n;
        CHECK_STR(part__header(&part, "content-type"), STR("application/ocsp-response"));
        CHECK_STR(part.body, answer);
    }
}

/* open_port: a node whose TLS key has a certificate and a good answer about it. */
static void open_port(struct call *c, struct office *o, struct str *ret_cert, struct str *ret_answer)
{
    const struct key *key;
    open_office(c, o);
    *ret_cert = issue(c, o, 4);
    CHECK_OK(trust_key(c, KEY_TLS, STR(""), &key));
    CHECK_OK(file_write(c, str_join(c->arena, o->t.keys, STR("/"), key_id(key), STR(".cert.pem"), STR_END), cert_to_pem(c->arena, *ret_cert), 0644));
    *ret_answer = answer_about(c, o, *ret_cert, CERT_GOOD, c->now_ms, c->now_ms + 10 * MINUTE_MS);
    CHECK_OK(ocsp__keep(c, *ret_cert, STR(""), *ret_answer, HOUR_S));
}

TEST(the_status_port_answers_once_for_each_hash_of_either_kind)
{
    struct office o;
    struct str cert, answer;
    open_port(c, &o, &cert, &answer);
    struct str one = str_join(c->arena, STR("cert="), encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA1, cert)), STR_END),
               two = str_join(c->arena, STR("cert_hash="), encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, cert)), STR_END),
               other = str_join(c->arena, STR("cert_hash="), encode_hex(c->arena, trust_digest(c->arena, DIGEST_SHA256, o.other)), STR_END);
    CHECK(parts(c, one, answer) == 1 && parts(c, two, answer) == 1);
    CHECK(parts(c, str_join(c->arena, one, STR("&"), one, STR_END), answer) == 2 && parts(c, str_join(c->arena, two, STR("&"), two, STR_END), answer) == 2);
    CHECK(parts(c, str_join(c->arena, one, STR("&"), two, STR_END), answer) == 1); /* who sends both kinds means one certificate */
    CHECK(parts(c, other, answer) == -1 && parts(c, str_join(c->arena, two, STR("&"), other, STR_END), answer) == -1);
    CHECK(parts(c, STR(""), answer) == -1 && parts(c, STR("cert="), answer) == -1);
    close_office(c, &o);
}

TEST(the_status_port_beats_to_head_and_says_500_to_all_that_it_refuses)
{
    struct office o;
    struct str cert, answer;
    struct request rq = { .method = STR_INIT("HEAD") };
    struct reply rp = { 0 };
    open_port(c, &o, &cert, &answer);
    CHECK_OK(ocsp__show(c, &rq, &rp));
    CHECK(rp.status == 200 && rp.body.n == 0);
    rq.method = STR("GET");
    CHECK(ocsp__show(c, &rq, &rp) == ST_INVALID);
    CHECK_OK(ocsp__show_failed(c, &rq, &rp));
    CHECK(rp.status == 500 && rp.body.n > 20);
    close_office(c, &o);
}
