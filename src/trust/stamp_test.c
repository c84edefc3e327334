/* Tests of stamp.c, stamp_answer.c and stamp_batch.c: a token of our own service is accepted, and refused with its own sentence when one thing is wrong; the one batch
 * whose bytes X-Road publishes comes out the same. */
#include "trust/stamp.c"

#include "base/encode.h"
#include "trust/signature.h"
#include "trust/test_container.h"
#include "trust/test_trust.h"

static const int64_t day_ms = 86400 * 1000;

/* struct office: a time-stamp service with its certificate, and a text that is stamped. */
static int serials; /* how many were taken */
static enum status serial_17(struct call *c, int64_t *ret)
{
    (void)c;
    serials++;
    *ret = 17;
    return ST_OK;
}
static enum status no_serial(struct call *c, int64_t *ret) { return *ret = 0, call_fail(c, ST_UNAVAILABLE, "", "The disk of the database is full."); }

struct office { struct test_trust t; struct stamp_service service; struct str digest; };

static struct str certificate(struct call *c, const struct key *k, enum cert_kind kind, int64_t from_ms, int64_t to_ms)
{
    const struct cert_subject subject = { .cn = STR_INIT("Time-stamps"), .o = STR_INIT("Office") };
    struct str der;
    CHECK_OK(ca_self_signed(c, k, &subject, kind, from_ms, to_ms, &der));
    return der;
}

static void open_office(struct call *c, struct office *o)
{
    test_trust_open(c, &o->t);
    const struct key *k = test_trust_key(c, KEY_STAMP, KEY_P256);
    o->service = (struct stamp_service){ .key = k, .cert = certificate(c, k, CERT_STAMP, c->now_ms - day_ms, c->now_ms + day_ms), .at_ms = c->now_ms, .next_serial = serial_17 };
    o->digest = trust_digest(c->arena, DIGEST_SHA512, STR("what is stamped"));
}

static void close_office(struct call *c, struct office *o) { test_trust_close(c, &o->t); }

static struct str answered(struct call *c, const struct office *o, struct stamp_question *q)
{
    struct str answer;
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, o->digest, q));
    CHECK_OK(stamp_answer(c, &o->service, q->der, &answer));
    return answer;
}

static bool said(struct call *c, const char *words)
{
    bool found = str_find(call_error(c)->sentence, str_z(words)) != SIZE_MAX;
    call_clear(c);
    return found;
}

TEST(a_token_says_when_and_keeps)
{
    struct office o;
    struct stamp_question q;
    struct stamp_facts facts;
    struct str token;
    open_office(c, &o);
    struct str answer = answered(c, &o, &q);
    CHECK_OK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts));
    CHECK(facts.at_ms == c->now_ms / 1000 * 1000 && str_eq(facts.serial, STR("17")) && str_starts(facts.policy, STR("2.25.")) && str_eq(facts.cert, o.service.cert));
    CHECK_OK(stamp_check(c, token, DIGEST_SHA512, o.digest, &o.service.cert, 1, &facts));
    CHECK(facts.at_ms == c->now_ms / 1000 * 1000);
    close_office(c, &o);
}

TEST(a_token_for_something_else_is_refused)
{
    struct office o;
    struct stamp_question q, other;
    struct stamp_facts facts;
    struct str token;
    open_office(c, &o);
    struct str answer = answered(c, &o, &q);
    CHECK_OK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts));
    CHECK(stamp_check(c, token, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, STR("changed")), &o.service.cert, 1, &facts) == ST_INVALID && said(c, "digest is another"));
    CHECK(stamp_check(c, token, DIGEST_SHA256, trust_digest(c->arena, DIGEST_SHA256, STR("what is stamped")), &o.service.cert, 1, &facts) == ST_INVALID && said(c, "digest is another"));
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, o.digest, &other)); /* the same digest, asked a second time */
    CHECK(stamp_take(c, answer, &other, &o.service.cert, 1, c->now_ms, &token, &facts) == ST_INVALID && said(c, "nonce"));
    close_office(c, &o);
}

TEST(only_listed_services_count)
{
    struct office o;
    struct stamp_question q;
    struct stamp_facts facts;
    struct str token;
    open_office(c, &o);
    struct str answer = answered(c, &o, &q), twin = certificate(c, o.service.key, CERT_STAMP, c->now_ms - day_ms, c->now_ms + day_ms);
    CHECK(stamp_take(c, answer, &q, NULL, 0, c->now_ms, &token, &facts) == ST_INVALID && said(c, "directory lists"));
    CHECK(stamp_take(c, answer, &q, &twin, 1, c->now_ms, &token, &facts) == ST_INVALID && said(c, "directory lists")); /* its key, another certificate */
    const struct str two[] = { twin, o.service.cert };
    CHECK_OK(stamp_take(c, answer, &q, two, 2, c->now_ms, &token, &facts));
    close_office(c, &o);
}

/* A service whose certificate is for something else cannot even answer with this library; one that does it by its own means is refused. */
TEST(a_certificate_for_something_else_stamps_nothing)
{
    struct office o;
    struct stamp_question q;
    struct str answer;
    open_office(c, &o);
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, o.digest, &q));
    o.service.cert = certificate(c, o.service.key, CERT_CONF, c->now_ms - day_ms, c->now_ms + day_ms);
    CHECK(stamp_answer(c, &o.service, q.der, &answer) != ST_OK);
    close_office(c, &o);
}

TEST(the_certificate_must_be_valid_at_the_moment)
{
    struct office o;
    struct stamp_question q;
    struct stamp_facts facts;
    struct str token;
    open_office(c, &o);
    o.service.cert = certificate(c, o.service.key, CERT_STAMP, c->now_ms - 2 * day_ms, c->now_ms - day_ms);
    struct str answer = answered(c, &o, &q);
    CHECK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts) == ST_INVALID && said(c, "not valid at the moment"));
    o.service.at_ms = c->now_ms - day_ms - 1000; /* stamped while it was valid: good for ever */
    answer = answered(c, &o, &q);
    CHECK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts) == ST_INVALID && said(c, "clocks"));
    CHECK_OK(read_answer(c, answer, &token));
    CHECK_OK(stamp_check(c, token, DIGEST_SHA512, o.digest, &o.service.cert, 1, &facts));
    close_office(c, &o);
}

TEST(every_byte_of_a_token_counts)
{
    struct office o;
    struct stamp_question q;
    struct stamp_facts facts;
    struct str token;
    open_office(c, &o);
    struct str answer = answered(c, &o, &q);
    CHECK_OK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts));
    size_t copy = str_find(token, o.service.cert); /* the certificate that travels along is not believed, so it may be damaged */
    int accepted = 0;
    for (size_t i = 0; i < token.n; i += 7) {
        char *broken = arena_alloc(c->arena, token.n, 1);
        memcpy(broken, token.p, token.n);
        broken[i] = (char)(broken[i] ^ 1);
        struct stamp_facts got;
        if (stamp_check(c, str_of(broken, token.n), DIGEST_SHA512, o.digest, &o.service.cert, 1, &got) == ST_OK) {
            CHECK(got.at_ms == facts.at_ms && str_eq(got.serial, facts.serial) && str_eq(got.cert, o.service.cert));
            accepted += i < copy || i >= copy + o.service.cert.n; /* version numbers of the envelope */
        }
        call_clear(c);
    }
    CHECK(accepted <= 3);
    CHECK(stamp_check(c, str_first(token, token.n - 1), DIGEST_SHA512, o.digest, &o.service.cert, 1, &facts) == ST_INVALID);
    call_clear(c);
    CHECK(stamp_check(c, str_join(c->arena, token, STR("x"), STR_END), DIGEST_SHA512, o.digest, &o.service.cert, 1, &facts) == ST_INVALID);
    close_office(c, &o);
}

TEST(a_bad_question_gets_an_answer_that_says_so)
{
    struct office o;
    struct stamp_question q;
    struct stamp_facts facts;
    struct str answer, token;
    open_office(c, &o);
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, o.digest, &q));
    CHECK_OK(stamp_answer(c, &o.service, STR("no question"), &answer));
    CHECK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts) == ST_UNAVAILABLE && said(c, "refused the question"));
    CHECK(stamp_take(c, STR("<html>"), &q, &o.service.cert, 1, c->now_ms, &token, &facts) == ST_INVALID && said(c, "cannot be read"));
    CHECK(stamp_ask(c, DIGEST_SHA1, trust_digest(c->arena, DIGEST_SHA1, STR("x")), &q) == ST_INVALID);
    close_office(c, &o);
}

TEST(only_the_key_for_stamps_stamps)
{
    struct office o;
    struct stamp_question q;
    struct stamp_facts facts;
    struct str answer, token;
    open_office(c, &o);
    const struct key *other = test_trust_key(c, KEY_OCSP, KEY_P256);
    CHECK_OK(stamp_ask(c, DIGEST_SHA512, o.digest, &q));
    o.service.key = other;
    o.service.cert = certificate(c, other, CERT_STAMP, c->now_ms - day_ms, c->now_ms + day_ms);
    CHECK_OK(stamp_answer(c, &o.service, q.der, &answer));
    CHECK(stamp_take(c, answer, &q, &o.service.cert, 1, c->now_ms, &token, &facts) == ST_UNAVAILABLE && said(c, "refused the question"));
    close_office(c, &o);
}

/* ---- batches ---- */

static struct str digest_of_number(struct call *c, size_t i) { return trust_digest(c->arena, DIGEST_SHA512, str_print(c->arena, "signature %zu", i)); }

TEST(each_signature_of_a_batch_leads_to_the_result_and_no_other_does)
{
    enum { MOST = 9 };
    struct str digests[MOST], result, chain;
    for (size_t i = 0; i < MOST; i++) digests[i] = digest_of_number(c, i);
    for (size_t n = 1; n <= MOST; n++) {
        CHECK_OK(stamp_batch_result(c, digests, n, &result));
        CHECK(str_find(result, STR("/ts-hashchain.xml#STEP0")) != SIZE_MAX);
        for (size_t i = 0; i < n; i++) {
            CHECK_OK(stamp_batch_chain(c, digests, n, i, &chain));
            CHECK_OK(stamp_batch_check(c, result, chain, digests[i]));
            CHECK(stamp_batch_check(c, result, chain, digest_of_number(c, 77)) != ST_OK);
            call_clear(c);
        }
    }
}

/* ---- one signature alone ---- */

/* The seed of the fuzz target is a signature document of our own form over this message. */
static struct str signature_of_seed(struct call *c)
{
    struct str xml = STR("");
    const char *tree = getenv("SEN_SOURCE");
    CHECK_OK(file_read(c, file_path(c->arena, str_z(tree ? tree : "."), STR("fuzz/seeds/xades/p256.xml")), 1024 * 1024, &xml));
    return xml;
}

TEST(the_token_of_one_signature_stands_in_its_document)
{
    struct str xml = signature_of_seed(c), value, inside, token, stamped;
    struct signed_part part = { STR("/message.xml"), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, STR("POST\r\n/r1/VN/GOV/G01/population/person\r\n")) };
    struct signature_doc doc;
    struct signature_facts facts;
    CHECK(stamp_single_value(c, xml, &value) && value.n == 64);
    CHECK(!stamp_is_batch(value));
    CHECK_OK(stamp_put_token(c, xml, STR("the token"), &stamped));
    CHECK_OK(signature_read_stamp(c, stamped, &inside, &token));
    CHECK_STR(inside, value);
    CHECK_STR(token, STR("the token"));
    doc = (struct signature_doc){ .xml = stamped };
    CHECK_OK(signature_check(c, &doc, &part, 1, &facts)); /* nothing that is signed has changed */
    CHECK(!stamp_single_value(c, stamped, &value));       /* one token is enough */
    CHECK(!stamp_single_value(c, STR("<signature/>"), &value) && stamp_put_token(c, STR("<signature/>"), STR("t"), &stamped) == ST_INVALID);
}

/* X-Road's own container valid-batch-ts: one leaf and one sibling (x-road 9). */
TEST(a_batch_of_x_road_comes_out_the_same)
{
    struct str digests[2], result;
    CHECK(decode_base64(c->arena, STR("+OjZN7vjd2pNWuImxXIZk07UO75tuC95lQ7WjVUJx1CcVQ+f+PNG8e0lFTSvnghIY+411a55U2GNKnTl/jCYSQ=="), &digests[0]));
    CHECK(decode_base64(c->arena, STR("FVZJtJM7iQDRGUHvrtSp6/MyRPATYYeaJu7tdbUzwNulDAqBO3t4J9qgsA6YqfrAx+9uP3lwYu4hH4A8wKpBog=="), &digests[1]));
    CHECK_OK(stamp_batch_result(c, digests, 2, &result));
    CHECK(str_find(result, STR("Y3Uqw+5REe4oujpRDKZIQd1M7HBKWB7V0QveaF1LT0dijDwBw2Sl80tIAwLzaExES/UfN+y6bmbrgy+aQjTQJA==")) != SIZE_MAX);
}

/* listed_in: the certificate of the time-stamp service in X-Road's shared parameters. */
static struct str listed_in(struct call *c, struct str params)
{
    struct str before, bytes, der;
    CHECK(str_cut_at(&params, STR("<approvedTSA>"), &before));
    CHECK(str_cut_at(&params, STR("<cert>"), &before) && str_cut_at(&params, STR("</cert>"), &before));
    CHECK(decode_base64(c->arena, before, &bytes));
    CHECK_OK(cert_of_pem_or_der(c, bytes, &der));
    return der;
}

TEST(a_container_of_x_road_is_judged_as_the_reference_does)
{
    SAMPLES
    struct str zip = sample(c, "asic/valid-batch-ts.asice"), params = sample(c, "globalconf/globalconf_good2_v3/DEV/shared-params.xml");
    struct str token = container_entry(c, zip, STR("META-INF/timestamp.tst")), result = container_entry(c, zip, STR("ts-hashchainresult.xml"));
    struct str digest = trust_digest(c->arena, DIGEST_SHA512, container_entry(c, zip, STR("META-INF/signatures.xml")));
    const struct str listed = listed_in(c, params);
    struct stamp_facts facts;
    int64_t expected;
    CHECK_OK(stamp_batch_check(c, result, container_entry(c, zip, STR("ts-hashchain.xml")), digest));
    CHECK_OK(stamp_check(c, token, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, result), &listed, 1, &facts));
    CHECK(time_parse_ms(STR("2024-12-05T07:34:14Z"), &expected) && facts.at_ms == expected);
    CHECK(stamp_check(c, token, DIGEST_SHA512, digest, &listed, 1, &facts) == ST_INVALID && said(c, "digest is another"));
}

TEST(a_number_is_taken_for_a_good_question_only_and_without_one_nothing_is_stamped)
{
    struct office o;
    struct stamp_question q;
    struct str answer = STR("untouched");
    open_office(c, &o);
    serials = 0;
    CHECK_OK(stamp_answer(c, &o.service, STR("no question"), &answer));
    CHECK(serials == 0);
    (void)answered(c, &o, &q);
    CHECK(serials == 1);
    o.service.next_serial = no_serial;
    answer = STR("untouched");
    CHECK(stamp_answer(c, &o.service, q.der, &answer) == ST_UNAVAILABLE && str_eq(answer, STR("untouched")) && said(c, "disk"));
    close_office(c, &o);
}
