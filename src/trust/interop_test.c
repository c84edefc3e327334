/* interop_test.c: our half of test/trust/openssl.test.mjs: judges what the openssl program made in the folder SEN_INTEROP, and leaves there what
 * it shall judge. Without that folder both tests are skipped. */
#include <stdlib.h>

#include "base/file.h"
#include "base/time.h"
#include "trust/cert.h"
#include "trust/test_trust.h"

enum { FILE_MOST = 65536, HOUR_MS = 3600000 };

static struct str in_folder(struct call *c, const char *name)
{
    const char *folder = getenv("SEN_INTEROP");
    if (!folder) skip();
    return file_path(c->arena, str_z(folder), str_z(name));
}

static struct str read_one(struct call *c, const char *name)
{
    struct str text = STR("");
    CHECK_OK(file_read(c, in_folder(c, name), FILE_MOST, &text));
    return text;
}

static struct str read_cert(struct call *c, const char *name)
{
    struct str der = STR("");
    CHECK_OK(cert_of_pem_or_der(c, read_one(c, name), &der));
    return der;
}

static void write_one(struct call *c, const char *name, struct str bytes) { CHECK_OK(file_write(c, in_folder(c, name), bytes, 0644)); }

TEST(judges_certificates_and_answers_of_openssl)
{
    struct str ca = read_cert(c, "foreign-ca.pem"), leaf = read_cert(c, "foreign-leaf.pem");
    struct cert_anchor anchor = { .der = ca, .is_top = true };
    struct cert_path path;
    c->now_ms = time_now_ms();
    CHECK_OK(cert_check_path(c, leaf, NULL, 0, &anchor, 1, c->now_ms, &path));
    CHECK_OK(ocsp_check(c, read_one(c, "foreign-good.der"), leaf, ca, NULL, 0, c->now_ms, 3600));
    CHECK(ocsp_check(c, read_one(c, "foreign-revoked.der"), leaf, ca, NULL, 0, c->now_ms, 3600) == ST_INVALID);
    CHECK_STR(call_error(c)->key, STR("The certificate was revoked on %s. Its owner needs a new one."));
    call_clear(c);
    CHECK(ocsp_check(c, read_one(c, "foreign-stranger.der"), leaf, ca, NULL, 0, c->now_ms, 3600) == ST_INVALID);
    CHECK_STR(call_error(c)->fault, STR("incorrect_validation_info"));
}

static void write_answers(struct call *c, const struct key *ocsp, struct str ocsp_cert, struct str ca, struct str leaf)
{
    struct str request, answer;
    CHECK_OK(ocsp_request(c, leaf, ca, &request));
    write_one(c, "our-request.der", request);
    CHECK_OK(ocsp_answer(c, ocsp, ocsp_cert, ca, request, CERT_GOOD, 0, c->now_ms, c->now_ms + HOUR_MS, &answer));
    write_one(c, "our-good.der", answer);
    CHECK_OK(ocsp_answer(c, ocsp, ocsp_cert, ca, request, CERT_REVOKED, c->now_ms - HOUR_MS, c->now_ms, c->now_ms + HOUR_MS, &answer));
    write_one(c, "our-revoked.der", answer);
}

static struct str issued(struct call *c, const struct key *ca, struct str ca_cert, const struct key *k, const struct cert_subject *s, enum cert_kind kind, const char *name)
{
    struct str csr, cert = STR("");
    CHECK_OK(csr_make(c, k, s, &csr));
    CHECK_OK(ca_issue(c, ca, ca_cert, csr, kind, 1000 + (int)kind, c->now_ms - HOUR_MS, c->now_ms + 24 * HOUR_MS, &cert));
    write_one(c, str_to_z(c->arena, str_join(c->arena, str_z(name), STR(".csr"), STR_END)), csr);
    write_one(c, str_to_z(c->arena, str_join(c->arena, str_z(name), STR(".pem"), STR_END)), cert_to_pem(c->arena, cert));
    return cert;
}

TEST(leaves_certificates_and_answers_for_openssl)
{
    struct test_trust t = { 0 };
    struct str ca_cert, key_file, id_file = in_folder(c, "our-ca.pem");
    struct cert_subject name = { .country = STR("VN"), .o = STR("Bộ Công an"), .cn = STR("Bộ Công an"), .serial_number = STR("G01"), .business_category = STR("GOV") };
    struct cert_subject host = { .country = STR("VN"), .o = STR("Bộ Công an"), .cn = STR("ps1.g01.vn"), .serial_number = STR("G01") };
    c->now_ms = time_now_ms();
    test_trust_open(c, &t);
    const struct key *ca = test_trust_key(c, KEY_CA, KEY_P256), *ocsp = test_trust_key(c, KEY_OCSP, KEY_RSA2048), *sign = test_trust_key(c, KEY_SIGN, KEY_RSA2048),
                     *tls = test_trust_key(c, KEY_TLS, KEY_P256);
    CHECK_OK(ca_self_signed(c, ca, &name, CERT_CA, c->now_ms - HOUR_MS, c->now_ms + 24 * HOUR_MS, &ca_cert));
    CHECK_OK(file_write(c, id_file, cert_to_pem(c->arena, ca_cert), 0644));
    struct str leaf = issued(c, ca, ca_cert, sign, &name, CERT_SIGN, "our-sign");
    (void)issued(c, ca, ca_cert, tls, &host, CERT_TLS, "our-tls");
    write_answers(c, ocsp, issued(c, ca, ca_cert, ocsp, &name, CERT_OCSP, "our-ocsp"), ca_cert, leaf);
    CHECK_OK(file_read(c, str_join(c->arena, t.keys, STR("/"), key_id(sign), STR(".key"), STR_END), FILE_MOST, &key_file));
    write_one(c, "our-sign.key", key_file);
    test_trust_close(c, &t);
}
