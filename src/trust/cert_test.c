/* cert_test.c: certificates made by the sandbox's authority through a real key holder, read back and judged; then OCSP in the same way. */
#include "trust/cert.c"

#include "base/file.h"
#include "trust/test_trust.h"

static const int64_t day_ms = 86400000;
static const struct cert_subject ca_name = { .country = STR_INIT("VN"), .o = STR_INIT("Sandbox"), .cn = STR_INIT("Sandbox CA") };
static const struct cert_subject ministry = { .country = STR_INIT("VN"), .o = STR_INIT("Bộ Công an"), .cn = STR_INIT("Bộ Công an"), .serial_number = STR_INIT("G01"),
                                              .business_category = STR_INIT("GOV") };
static const struct cert_subject server = { .country = STR_INIT("VN"), .o = STR_INIT("Bộ Công an"), .cn = STR_INIT("ps1.g01.vn"), .serial_number = STR_INIT("G01") };

/* struct nation: an authority, a responder and two certificates. */
struct nation {
    struct test_trust trust;
    const struct key *ca_key, *ocsp_key, *sign_key, *tls_key;
    struct str ca, ocsp, sign, tls;
};

static struct str issue(struct call *c, const struct nation *n, const struct key *k, const struct cert_subject *s, enum cert_kind kind, int64_t serial)
{
    struct str csr, cert;
    CHECK_OK(csr_make(c, k, s, &csr));
    CHECK_OK(ca_issue(c, n->ca_key, n->ca, csr, kind, serial, c->now_ms - day_ms, c->now_ms + 365 * day_ms, &cert));
    return cert;
}

static void open_nation(struct call *c, struct nation *n, enum key_algorithm alg)
{
    test_trust_open(c, &n->trust);
    n->ca_key = test_trust_key(c, KEY_CA, alg);
    n->ocsp_key = test_trust_key(c, KEY_OCSP, alg);
    n->sign_key = test_trust_key(c, KEY_SIGN, alg);
    n->tls_key = test_trust_key(c, KEY_TLS, KEY_P256);
    CHECK_OK(ca_self_signed(c, n->ca_key, &ca_name, CERT_CA, c->now_ms - day_ms, c->now_ms + 3650 * day_ms, &n->ca));
    n->ocsp = issue(c, n, n->ocsp_key, &ca_name, CERT_OCSP, 2);
    n->sign = issue(c, n, n->sign_key, &ministry, CERT_SIGN, 3);
    n->tls = issue(c, n, n->tls_key, &server, CERT_TLS, 4);
}

static struct cert_anchor anchor_top(const struct nation *n) { return (struct cert_anchor){ .der = n->ca, .is_top = true }; }

static enum status path_at(struct call *c, const struct nation *n, struct str leaf, int64_t at_ms, struct cert_path *ret)
{
    struct cert_anchor a = anchor_top(n);
    call_clear(c);
    return cert_check_path(c, leaf, NULL, 0, &a, 1, at_ms, ret);
}

TEST(certificates_of_the_basic_profile_read_back)
{
    enum key_algorithm algs[] = { KEY_P256, KEY_RSA2048 };
    for (size_t i = 0; i < 2; i++) {
        struct nation n = { 0 };
        struct cert_info info;
        open_nation(c, &n, algs[i]);
        CHECK_OK(cert_read(c, n.sign, &info));
        CHECK_STR(info.business_category, STR("GOV"));
        CHECK_STR(info.serial_number, STR("G01"));
        CHECK_STR(info.subject_cn, STR("Bộ Công an"));
        CHECK_STR(info.country, STR("VN"));
        CHECK_STR(info.serial_decimal, STR("3"));
        CHECK_STR(info.public_key, key_public(n.sign_key));
        CHECK_STR(info.issuer_rfc4514, STR("CN=Sandbox CA,O=Sandbox,C=VN"));
        CHECK(str_find(info.subject_rfc4514, STR("Bộ Công an")) != SIZE_MAX);
        CHECK(info.is_sign && !info.is_auth && info.has_key_usage);
        CHECK(info.from_ms == c->now_ms - day_ms && info.to_ms == c->now_ms + 365 * day_ms);
        CHECK_OK(cert_read(c, n.tls, &info));
        CHECK(info.is_auth && !info.is_sign);
        test_trust_close(c, &n.trust);
    }
}

TEST(pem_and_der_are_both_taken)
{
    struct nation n = { 0 };
    struct str der, pem;
    open_nation(c, &n, KEY_P256);
    CHECK_OK(cert_of_pem_or_der(c, n.ca, &der));
    CHECK_STR(der, n.ca);
    pem = cert_to_pem(c->arena, n.ca);
    CHECK_OK(cert_of_pem_or_der(c, pem, &der));
    CHECK_STR(der, n.ca);
    CHECK(cert_of_pem_or_der(c, str_first(pem, pem.n / 2), &der) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("incorrect_certificate"));
    call_clear(c);
    CHECK(cert_of_pem_or_der(c, str_join(c->arena, n.ca, STR("x"), STR_END), &der) == ST_INVALID);
    call_clear(c);
    CHECK(cert_of_pem_or_der(c, STR(""), &der) == ST_INVALID);
    test_trust_close(c, &n.trust);
}

TEST(certificates_beside_a_key_come_leaf_first)
{
    struct nation n = { 0 };
    struct str found[4];
    size_t count;
    open_nation(c, &n, KEY_P256);
    CHECK(key_certificate(c, n.sign_key, &found[0]) == ST_NOT_FOUND && call_error(c)->sentence.n > 0);
    call_clear(c);
    struct str pem = str_join(c->arena, cert_to_pem(c->arena, n.sign), cert_to_pem(c->arena, n.ca), STR_END);
    CHECK_OK(file_write(c, str_join(c->arena, n.trust.keys, STR("/"), key_id(n.sign_key), STR(".cert.pem"), STR_END), pem, 0644));
    CHECK_OK(key_certificate(c, n.sign_key, &found[0]));
    CHECK_STR(found[0], n.sign);
    CHECK_OK(key_certificates(c, n.sign_key, found, 4, &count));
    CHECK(count == 2);
    CHECK_STR(found[1], n.ca);
    test_trust_close(c, &n.trust);
}

/* ---- signatures by certificates ---- */

static void check_signed_bytes(struct call *c, const struct nation *n, bool ecdsa, bool raw)
{
    struct sig_method m;
    struct str sig;
    CHECK_OK(trust_sign_bytes(c, n->sign_key, KEY_SIGN, raw, STR("bytes"), &m, &sig));
    CHECK(m.digest == DIGEST_SHA512 && m.kind == (ecdsa ? SIG_ECDSA : SIG_RSA));
    CHECK_OK(trust_verify_method(c, n->sign, m, raw, STR("bytes"), sig));
    CHECK(trust_verify_method(c, n->sign, m, raw, STR("other bytes"), sig) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("invalid_signature_value"));
    call_clear(c);
    if (ecdsa) CHECK(trust_verify_method(c, n->sign, m, !raw, STR("bytes"), sig) == ST_INVALID);
    call_clear(c);
    m.kind = ecdsa ? SIG_RSA : SIG_ECDSA;
    CHECK(trust_verify_method(c, n->sign, m, raw, STR("bytes"), sig) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("unsupported_algorithm"));
    call_clear(c);
}

TEST(signed_bytes_verify_by_certificate_in_all_forms)
{
    enum key_algorithm algs[] = { KEY_P256, KEY_RSA2048 };
    for (size_t i = 0; i < 2; i++) {
        struct nation n = { 0 };
        open_nation(c, &n, algs[i]);
        check_signed_bytes(c, &n, algs[i] == KEY_P256, false);
        check_signed_bytes(c, &n, algs[i] == KEY_P256, true);
        test_trust_close(c, &n.trust);
    }
}

TEST(digest_signature_with_sha1_is_not_accepted)
{
    struct nation n = { 0 };
    struct str sig, digest = trust_digest(c->arena, DIGEST_SHA256, STR("x"));
    open_nation(c, &n, KEY_P256);
    CHECK_OK(trust_sign(c, n.sign_key, KEY_SIGN, DIGEST_SHA256, digest, &sig));
    struct sig_method m = { DIGEST_SHA256, SIG_ECDSA };
    CHECK_OK(trust_verify_method(c, n.sign, m, false, STR("x"), sig));
    CHECK(trust_verify_method(c, n.tls, m, false, STR("x"), sig) == ST_INVALID);
    call_clear(c);
    m.digest = DIGEST_SHA1;
    CHECK(trust_verify_method(c, n.sign, m, false, STR("x"), sig) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("unsupported_algorithm"));
    test_trust_close(c, &n.trust);
}

/* ---- paths ---- */

TEST(path_to_the_approved_authority)
{
    struct nation n = { 0 };
    struct cert_path path;
    open_nation(c, &n, KEY_P256);
    CHECK_OK(path_at(c, &n, n.sign, c->now_ms, &path));
    CHECK(path.n == 2 && path.anchor[0] == NULL && path.anchor[1] != NULL);
    CHECK_STR(path.certs[0], n.sign);
    CHECK_STR(path.certs[1], n.ca);
    test_trust_close(c, &n.trust);
}

TEST(path_through_an_intermediate_authority)
{
    struct nation n = { 0 };
    struct cert_path path;
    struct str csr, middle, leaf;
    struct cert_subject name = { .country = STR("VN"), .cn = STR("Intermediate CA") };
    open_nation(c, &n, KEY_P256);
    const struct key *middle_key = test_trust_key(c, KEY_CA, KEY_P256);
    middle = issue(c, &n, middle_key, &name, CERT_CA, 9);
    CHECK_OK(csr_make(c, n.sign_key, &ministry, &csr));
    CHECK_OK(ca_issue(c, middle_key, middle, csr, CERT_SIGN, 1, c->now_ms, c->now_ms + day_ms, &leaf));
    CHECK(path_at(c, &n, leaf, c->now_ms, &path) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("cannot_create_cert_path"));
    struct cert_anchor anchors[] = { anchor_top(&n), { .der = middle } };
    call_clear(c);
    CHECK_OK(cert_check_path(c, leaf, NULL, 0, anchors, 2, c->now_ms, &path));
    CHECK(path.n == 3 && path.anchor[1] == &anchors[1] && path.anchor[2] == &anchors[0]);
    CHECK_OK(cert_check_path(c, leaf, &middle, 1, anchors, 1, c->now_ms, &path));
    CHECK(path.n == 3);
    test_trust_close(c, &n.trust);
}

TEST(certificate_out_of_its_time_is_refused_with_its_day)
{
    struct nation n = { 0 };
    struct cert_path path;
    open_nation(c, &n, KEY_P256);
    CHECK(path_at(c, &n, n.sign, c->now_ms + 365 * day_ms + 1, &path) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("cert_validity_time"));
    CHECK_STR(call_error(c)->key, STR("The certificate ended on %s. Its owner needs a new one."));
    CHECK_STR(call_error(c)->args[0], STR("2027-11-18T11:06:40.000+00:00"));
    CHECK_OK(path_at(c, &n, n.sign, c->now_ms + 365 * day_ms, &path));
    CHECK_OK(path_at(c, &n, n.sign, c->now_ms - day_ms - TRUST_SKEW_MS, &path));
    CHECK(path_at(c, &n, n.sign, c->now_ms - day_ms - TRUST_SKEW_MS - 1, &path) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("cert_validity_time"));
    test_trust_close(c, &n.trust);
}

TEST(stranger_and_damaged_certificates_have_no_path)
{
    struct nation n = { 0 };
    struct cert_path path;
    struct str stranger, csr, by_server;
    open_nation(c, &n, KEY_P256);
    CHECK_OK(ca_self_signed(c, n.sign_key, &ministry, CERT_CONF, c->now_ms - day_ms, c->now_ms + day_ms, &stranger));
    CHECK(path_at(c, &n, stranger, c->now_ms, &path) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("cannot_create_cert_path"));
    char *changed = arena_alloc(c->arena, n.sign.n, 1);
    memcpy(changed, n.sign.p, n.sign.n);
    changed[n.sign.n - 5] ^= 1;
    CHECK(path_at(c, &n, str_of(changed, n.sign.n), c->now_ms, &path) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("invalid_cert_path"));
    /* a certificate that is no authority may not issue */
    CHECK_OK(csr_make(c, n.sign_key, &ministry, &csr));
    CHECK(ca_issue(c, n.ca_key, n.tls, csr, CERT_SIGN, 1, c->now_ms, c->now_ms + day_ms, &by_server) == ST_INVALID);
    test_trust_close(c, &n.trust);
}

TEST(request_that_was_changed_gets_no_certificate)
{
    struct nation n = { 0 };
    struct str csr, cert;
    open_nation(c, &n, KEY_P256);
    CHECK_OK(csr_make(c, n.sign_key, &ministry, &csr));
    char *changed = arena_alloc(c->arena, csr.n, 1);
    memcpy(changed, csr.p, csr.n);
    changed[csr.n - 3] ^= 1;
    CHECK(ca_issue(c, n.ca_key, n.ca, str_of(changed, csr.n), CERT_SIGN, 1, c->now_ms, c->now_ms + day_ms, &cert) == ST_INVALID);
    call_clear(c);
    CHECK(ca_issue(c, n.ca_key, n.ca, csr, CERT_SIGN, 0, c->now_ms, c->now_ms + day_ms, &cert) == ST_INVALID);
    call_clear(c);
    CHECK(ca_issue(c, n.sign_key, n.ca, csr, CERT_SIGN, 1, c->now_ms, c->now_ms + day_ms, &cert) != ST_OK);
    call_clear(c);
    struct cert_subject long_name = ministry;
    long_name.cn = STR("a name of more than sixty-four characters does not fit into a certificate");
    CHECK(csr_make(c, n.sign_key, &long_name, &csr) == ST_INVALID && call_error(c)->sentence.n > 0);
    test_trust_close(c, &n.trust);
}

/* ---- OCSP ---- */

static struct str answer(struct call *c, const struct nation *n, struct str cert, const struct key *by, struct str by_cert, enum cert_status status)
{
    struct str request, response;
    CHECK_OK(ocsp_request(c, cert, n->ca, &request));
    CHECK_OK(ocsp_answer(c, by, by_cert, n->ca, request, status, c->now_ms - 1000, c->now_ms, c->now_ms + 600000, &response));
    return response;
}

static enum status check_at(struct call *c, const struct nation *n, struct str response, struct str cert, int64_t at_ms)
{
    call_clear(c);
    return ocsp_check(c, response, cert, n->ca, NULL, 0, at_ms, 3600);
}

TEST(good_answer_of_a_delegated_responder)
{
    enum key_algorithm algs[] = { KEY_P256, KEY_RSA2048 };
    for (size_t i = 0; i < 2; i++) {
        struct nation n = { 0 };
        int64_t this_ms, next_ms;
        open_nation(c, &n, algs[i]);
        struct str response = answer(c, &n, n.sign, n.ocsp_key, n.ocsp, CERT_GOOD);
        CHECK_OK(check_at(c, &n, response, n.sign, c->now_ms));
        CHECK_OK(ocsp_times(c, response, &this_ms, &next_ms));
        CHECK(this_ms == c->now_ms && next_ms == c->now_ms + 600000);
        CHECK(check_at(c, &n, response, n.tls, c->now_ms) == ST_INVALID);
        CHECK_STR(call_error(c)->sentence, STR("The answer is about another certificate. Ask the responder again."));
        test_trust_close(c, &n.trust);
    }
}

TEST(revoked_and_unknown_are_refused)
{
    struct nation n = { 0 };
    open_nation(c, &n, KEY_P256);
    CHECK(check_at(c, &n, answer(c, &n, n.sign, n.ocsp_key, n.ocsp, CERT_REVOKED), n.sign, c->now_ms) == ST_INVALID);
    CHECK_STR(call_error(c)->key, STR("The certificate was revoked on %s. Its owner needs a new one."));
    CHECK_STR(call_error(c)->fault, STR("cert_validation"));
    CHECK(check_at(c, &n, answer(c, &n, n.sign, n.ocsp_key, n.ocsp, CERT_UNKNOWN), n.sign, c->now_ms) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("incorrect_validation_info"));
    test_trust_close(c, &n.trust);
}

TEST(old_and_future_answers_are_refused)
{
    struct nation n = { 0 };
    open_nation(c, &n, KEY_P256);
    struct str response = answer(c, &n, n.sign, n.ocsp_key, n.ocsp, CERT_GOOD);
    CHECK_OK(check_at(c, &n, response, n.sign, c->now_ms - TRUST_SKEW_MS));
    CHECK(check_at(c, &n, response, n.sign, c->now_ms - TRUST_SKEW_MS - 1) == ST_INVALID);
    CHECK_OK(check_at(c, &n, response, n.sign, c->now_ms + 600000 + TRUST_SKEW_MS));
    CHECK(check_at(c, &n, response, n.sign, c->now_ms + 600000 + TRUST_SKEW_MS + 1) == ST_INVALID);
    CHECK(ocsp_check(c, response, n.sign, n.ca, NULL, 0, c->now_ms + 500000, 300) == ST_INVALID);
    test_trust_close(c, &n.trust);
}

TEST(only_issuer_listed_or_delegated_may_answer)
{
    struct nation n = { 0 };
    open_nation(c, &n, KEY_P256);
    CHECK_OK(check_at(c, &n, answer(c, &n, n.sign, n.ca_key, n.ca, CERT_GOOD), n.sign, c->now_ms));
    struct str by_server = answer(c, &n, n.sign, n.tls_key, n.tls, CERT_GOOD);
    CHECK(check_at(c, &n, by_server, n.sign, c->now_ms) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("incorrect_validation_info"));
    call_clear(c);
    CHECK_OK(ocsp_check(c, by_server, n.sign, n.ca, &n.tls, 1, c->now_ms, 3600));
    test_trust_close(c, &n.trust);
}

TEST(every_changed_byte_of_an_answer_is_refused)
{
    struct nation n = { 0 };
    open_nation(c, &n, KEY_P256);
    struct str whole = answer(c, &n, n.sign, n.ca_key, n.ca, CERT_GOOD);
    char *changed = arena_alloc(c->arena, whole.n, 1);
    size_t taken = 0;
    for (size_t i = 0; i < whole.n; i++) {
        memcpy(changed, whole.p, whole.n);
        changed[i] = (char)(changed[i] ^ 0x41);
        if (check_at(c, &n, str_of(changed, whole.n), n.sign, c->now_ms) == ST_OK) taken++;
    }
    /* Only the responder's certificate, which is not needed here, may change unnoticed: the issuer itself signed. */
    CHECK(taken <= n.ca.n);
    for (size_t i = 0; i < whole.n; i++) CHECK(check_at(c, &n, str_first(whole, i), n.sign, c->now_ms) == ST_INVALID);
    test_trust_close(c, &n.trust);
}

TEST(responder_reads_the_serial_and_refuses_strangers)
{
    struct nation n = { 0 };
    struct str request, serial;
    open_nation(c, &n, KEY_P256);
    CHECK_OK(ocsp_request(c, n.sign, n.ca, &request));
    CHECK_OK(ocsp_read_request(c, request, n.ca, &serial));
    CHECK_STR(serial, STR("3"));
    CHECK(ocsp_read_request(c, request, n.tls, &serial) == ST_INVALID);
    call_clear(c);
    CHECK(ocsp_read_request(c, str_first(request, request.n - 1), n.ca, &serial) == ST_INVALID && call_error(c)->sentence.n > 0);
    test_trust_close(c, &n.trust);
}
