/* assertion_test.c: what the identity member signs is believed once, by the service it was made for, for a minute, and nothing else is. */
#include "identity/assertion.c"

#include "base/file.h"
#include "trust/cert.h"
#include "trust/test_trust.h"

#define AUDIENCE STR("VN/GOV/G01/population/self")
#define ISSUER "VN/GOV/G22"

/* The exchange as these tests need it: an OCSP answer, and a judge that can be told to refuse. */
static enum status verdict;
static struct str judged_member, judged_ocsp;
struct str exchange_self(struct call *c) { return (void)c, STR(ISSUER); }
enum status exchange_own_ocsp(struct call *c, struct str cert, struct str *ret) { return (void)c, (void)cert, *ret = STR("ocsp"), ST_OK; }
enum status exchange_judge_member_cert(struct call *c, struct str cert, struct str ocsp, struct str member)
{
    struct cert_info info;
    TRY(cert_read(c, cert, &info));
    judged_member = member;
    judged_ocsp = ocsp;
    return verdict;
}

static struct test_trust trust;
static const struct actor citizen = { .pin = STR_INIT("001099000001"), .role = STR_INIT("citizen") };

static const struct setting settings[] = { { "identity.issuer", SETTING_TEXT, "", "", "", false }, { 0 } };
static const struct module settings_module = { .name = "identity", .settings = settings };
static const struct module *const modules[] = { &settings_module, NULL };

static void begin(struct call *c)
{
    struct config *cfg;
    struct str cert;
    test_trust_open(c, &trust);
    const struct key *key = test_trust_key(c, KEY_ASSERT, KEY_P256);
    CHECK_OK(ca_self_signed(c, key, &(struct cert_subject){ STR("VN"), STR("Office"), STR("Office"), STR("G22"), STR("GOV") }, CERT_SIGN, c->now_ms - 1000, c->now_ms + 86400000, &cert));
    CHECK_OK(file_write(c, str_join(c->arena, trust.keys, STR("/"), key_id(key), STR(".cert.pem"), STR_END), cert_to_pem(c->arena, cert), 0600));
    struct str yaml = str_join(c->arena, trust.folder, STR("/node.yaml"), STR_END);
    CHECK_OK(file_write(c, yaml, STR("identity:\n  issuer: " ISSUER "\n"), 0600));
    CHECK_OK(config_load(c, yaml, modules, NULL, 0, &cfg));
    trust.app.config = cfg;
    c->app = &trust.app;
    c->actor = &citizen;
    verdict = ST_OK;
}

static void end(struct call *c)
{
    config_free((struct config *)(uintptr_t)trust.app.config);
    test_trust_close(c, &trust);
}

static struct str made(struct call *c)
{
    struct str jws;
    CHECK_OK(identity_assertion(c, AUDIENCE, &jws));
    return jws;
}

static enum status check(struct call *c, struct str jws)
{
    struct str pin = STR("untouched");
    call_clear(c);
    enum status st = identity_check_assertion(c, jws, AUDIENCE, &pin);
    CHECK_STR(pin, st == ST_OK ? citizen.pin : STR("untouched"));
    return st;
}

/* signed_with: a JWS by the real key over any header and claims. */
static struct str signed_with(struct call *c, struct str header, struct str claims)
{
    const struct key *key;
    struct buf b = buf_in(c->arena, JWS_MAX);
    CHECK_OK(trust_key(c, KEY_ASSERT, STR(""), &key));
    buf_put(&b, encode_base64url(c->arena, header));
    buf_put_c(&b, '.');
    buf_put(&b, encode_base64url(c->arena, claims));
    CHECK_OK(put_signature(c, key, &b));
    return buf_str(&b);
}

static struct str good_header(struct call *c, const char *alg)
{
    const struct key *key;
    struct str cert;
    CHECK_OK(trust_key(c, KEY_ASSERT, STR(""), &key));
    CHECK_OK(key_certificate(c, key, &cert));
    return str_print(c->arena, "{\"alg\":\"%s\",\"x5c\":[\"%.*s\"],\"ocsp\":\"b2NzcA==\"}", alg, STR_ARG(encode_base64(c->arena, cert)));
}

static struct str claims(struct call *c, const char *iss, const char *aud, const char *sub, int64_t iat, int64_t exp)
{
    int64_t now = c->now_ms / 1000;
    return str_print(c->arena, "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld}", iss, aud, sub, (long long)(now + iat), (long long)(now + exp));
}

TEST(what_is_signed_is_believed)
{
    begin(c);
    CHECK_OK(check(c, made(c)));
    CHECK_STR(judged_member, STR(ISSUER));
    CHECK_STR(judged_ocsp, STR("ocsp"));
    end(c);
}

TEST(it_holds_a_minute_and_the_skew)
{
    begin(c);
    struct str jws = made(c);
    c->now_ms += (VALID_S + SKEW_S) * 1000;
    CHECK_OK(check(c, jws));
    c->now_ms += 1000;
    CHECK(check(c, jws) == ST_DENIED);
    c->now_ms = TEST_NOW_MS - (SKEW_S + 1) * 1000;
    CHECK(check(c, jws) == ST_DENIED);
    end(c);
}

TEST(another_service_does_not_take_it)
{
    struct str pin;
    begin(c);
    struct str jws = made(c);
    CHECK(identity_check_assertion(c, jws, STR("VN/GOV/G01/population/readers"), &pin) == ST_DENIED);
    end(c);
}

TEST(every_changed_byte_is_refused)
{
    begin(c);
    struct str jws = made(c);
    for (size_t i = 0; i < jws.n; i += 7) {
        struct str copy = str_copy(c->arena, jws);
        ((char *)copy.p)[i] = copy.p[i] == 'A' ? 'B' : 'A';
        CHECK(check(c, copy) == ST_DENIED || check(c, copy) == ST_INVALID);
    }
    CHECK(check(c, str_first(jws, jws.n - 1)) == ST_DENIED);
    CHECK(check(c, STR("")) == ST_DENIED);
    CHECK(check(c, STR("..")) == ST_DENIED);
    end(c);
}

TEST(signed_but_wrong_claims_are_refused)
{
    const char *aud = "VN/GOV/G01/population/self", *pin = "001099000001";
    begin(c);
    struct str header = good_header(c, "ES256");
    CHECK_OK(check(c, signed_with(c, header, claims(c, ISSUER, aud, pin, 0, 60))));
    CHECK(check(c, signed_with(c, header, claims(c, "VN/GOV/H26", aud, pin, 0, 60))) == ST_DENIED);
    CHECK(check(c, signed_with(c, header, claims(c, ISSUER, "VN/GOV/G01/population/person", pin, 0, 60))) == ST_DENIED);
    CHECK(check(c, signed_with(c, header, claims(c, ISSUER, aud, pin, 0, 61))) == ST_DENIED);   /* longer than allowed */
    CHECK(check(c, signed_with(c, header, claims(c, ISSUER, aud, pin, 0, 0))) == ST_DENIED);
    CHECK(check(c, signed_with(c, header, claims(c, ISSUER, aud, "", 0, 60))) == ST_DENIED);
    CHECK(check(c, signed_with(c, header, claims(c, ISSUER, aud, "001' OR 1=1", 0, 60))) == ST_DENIED);
    CHECK(check(c, signed_with(c, header, STR("{}"))) == ST_DENIED);
    CHECK(check(c, signed_with(c, header, STR("not json"))) == ST_DENIED);
    end(c);
}

TEST(other_algorithms_and_headers_are_refused)
{
    begin(c);
    struct str good = claims(c, ISSUER, "VN/GOV/G01/population/self", "001099000001", 0, 60);
    CHECK(check(c, signed_with(c, good_header(c, "none"), good)) == ST_DENIED);
    CHECK(check(c, signed_with(c, good_header(c, "HS256"), good)) == ST_DENIED);
    CHECK(check(c, signed_with(c, STR("{\"alg\":\"ES256\"}"), good)) == ST_DENIED);
    CHECK(check(c, signed_with(c, STR("[]"), good)) == ST_DENIED);
    end(c);
}

TEST(a_certificate_that_the_directory_refuses_is_refused)
{
    begin(c);
    struct str jws = made(c);
    verdict = ST_INVALID;
    CHECK(check(c, jws) == ST_INVALID);
    end(c);
}

TEST(who_is_not_a_person_gets_no_assertion)
{
    static const struct actor official = { .role = STR_INIT("registrar") };
    struct str jws;
    begin(c);
    c->actor = &official;
    CHECK(identity_assertion(c, AUDIENCE, &jws) == ST_DENIED);
    c->actor = NULL;
    call_clear(c);
    CHECK(identity_assertion(c, AUDIENCE, &jws) == ST_NO_ACTOR);
    end(c);
}

TEST(ecdsa_der_is_read_strictly)
{
    uint8_t raw[2 * HALF];
    CHECK(raw_of_der(str_of("\x30\x06\x02\x01\x05\x02\x01\x07", 8), raw) && raw[HALF - 1] == 5 && raw[2 * HALF - 1] == 7 && raw[0] == 0);
    CHECK(!raw_of_der(str_of("\x30\x06\x02\x01\x05\x02\x01", 7), raw));
    CHECK(!raw_of_der(str_of("\x30\x07\x02\x01\x05\x02\x01\x07\x00", 9), raw));
    CHECK(!raw_of_der(str_of("\x31\x06\x02\x01\x05\x02\x01\x07", 8), raw));
    CHECK(!raw_of_der(STR(""), raw));
}
