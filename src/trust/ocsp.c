/* ocsp.c: answers of OCSP responders judged (RFC 6960, in the way x-road.md 3.5 rule 4 narrows it), and the questions to them. */
#include "trust/cert.h"

#include "base/text.h"
#include "base/time.h"
#include "trust/cert_int.h"
#include "trust/ossl.h"
#include "trust/trust_int.h"

static enum status refuse(struct call *c, const char *sentence)
{
    ossl__forget();
    return call_fault(c, call_fail(c, ST_INVALID, "ocsp", sentence), STR("incorrect_validation_info"));
}

/* ---- reading ---- */

static enum status read_response(struct call *c, struct str response, OCSP_BASICRESP **ret)
{
    const unsigned char *p = ossl__bytes(response);
    OSSL(OCSP_RESPONSE) whole = response.n && response.n <= INT32_MAX ? d2i_OCSP_RESPONSE(NULL, &p, (long)response.n) : NULL;
    if (!whole || p != ossl__bytes(response) + response.n) return refuse(c, "The answer about the certificate's status cannot be read. Ask the responder again.");
    if (OCSP_response_status(whole) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return refuse(c, "The responder could not tell the certificate's status. Ask it again later.");
    if ((*ret = OCSP_response_get1_basic(whole))) return ST_OK;
    return refuse(c, "The answer about the certificate's status is of an unknown kind. Ask another responder.");
}

/* struct single: the first SingleResponse; nothing behind it is looked at. */
struct single { OCSP_SINGLERESP *of; int status; int64_t this_ms, next_ms, revoked_ms; };

static enum status read_single(struct call *c, OCSP_BASICRESP *basic, struct single *ret)
{
    struct single s = { .next_ms = TIME_FAR };
    int reason;
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
    s.of = OCSP_resp_get0(basic, 0);
    if (!s.of) return refuse(c, "The answer about the certificate's status is empty. Ask the responder again.");
    s.status = OCSP_single_get0_status(s.of, &reason, &revoked, &this_update, &next_update);
    if (!trust__ms_of_asn1(this_update, &s.this_ms) || (next_update && !trust__ms_of_asn1(next_update, &s.next_ms)) || (revoked && !trust__ms_of_asn1(revoked, &s.revoked_ms)))
        return refuse(c, "The answer about the certificate's status has no readable times. Ask the responder again.");
    *ret = s;
    return ST_OK;
}

enum status ocsp_times(struct call *c, struct str response, int64_t *this_ms, int64_t *next_ms)
{
    OSSL(OCSP_BASICRESP) basic = NULL;
    struct single s;
    TRY(read_response(c, response, &basic));
    TRY(read_single(c, basic, &s));
    *this_ms = s.this_ms;
    *next_ms = s.next_ms;
    return ST_OK;
}

/* ---- who signed ---- */

/* is_strong: SHA-256 or longer, RSA from 2048 bits or ECDSA. */
static bool is_strong(OCSP_BASICRESP *basic, const EVP_PKEY *key)
{
    const ASN1_OBJECT *oid;
    int md, kind;
    enum digest d;
    X509_ALGOR_get0(&oid, NULL, NULL, OCSP_resp_get0_tbs_sigalg(basic));
    if (OBJ_find_sigid_algs(OBJ_obj2nid(oid), &md, &kind) != 1 || !trust__digest_of_nid(md, &d) || d == DIGEST_SHA1) return false;
    return trust__key_fits(key, SIG_ECDSA) || trust__key_fits(key, SIG_RSA);
}

static bool is_signed_by(OCSP_BASICRESP *basic, X509 *signer)
{
    EVP_PKEY *key = X509_get0_pubkey(signer);
    const ASN1_OCTET_STRING *sig = OCSP_resp_get0_signature(basic);
    bool good = key && sig && is_strong(basic, key) && ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), OCSP_resp_get0_tbs_sigalg(basic), (ASN1_BIT_STRING *)(uintptr_t)sig,
                                               (void *)(uintptr_t)OCSP_resp_get0_respdata(basic), key) == 1;
    ossl__forget();
    return good;
}

/* may_answer: a certificate inside the response counts when the issuer gave it the right to answer, and it was valid at that moment. */
static bool may_answer(X509 *signer, X509 *issuer, int64_t at_ms)
{
    int64_t from, to;
    uint32_t extended = X509_get_extended_key_usage(signer);
    bool delegated = extended != UINT32_MAX && (extended & XKU_OCSP_SIGN) && X509_check_issued(issuer, signer) == X509_V_OK && X509_verify(signer, X509_get0_pubkey(issuer)) == 1;
    ossl__forget();
    return delegated && trust__ms_of_asn1(X509_get0_notBefore(signer), &from) && trust__ms_of_asn1(X509_get0_notAfter(signer), &to) && at_ms + TRUST_SKEW_MS >= from && at_ms <= to;
}

static bool is_listed(const struct call *c, OCSP_BASICRESP *basic, const struct str *responders, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n && !found; i++) {
        OSSL(X509) listed = trust__cert(c, responders[i]);
        found = listed && is_signed_by(basic, listed);
    }
    return found;
}

static bool is_delegated(OCSP_BASICRESP *basic, X509 *issuer, int64_t at_ms)
{
    const STACK_OF(X509) *inside = OCSP_resp_get0_certs(basic);
    for (int i = 0; i < sk_X509_num(inside); i++) {
        X509 *signer = sk_X509_value(inside, i);
        if (may_answer(signer, issuer, at_ms) && is_signed_by(basic, signer)) return true;
    }
    return false;
}

/* ---- judging ---- */

static bool is_about(const struct single *s, X509 *cert, X509 *issuer)
{
    OSSL(OCSP_CERTID) expected = OCSP_cert_to_id(trust__md(DIGEST_SHA1), cert, issuer);
    return expected && OCSP_id_cmp(expected, OCSP_SINGLERESP_get0_id(s->of)) == 0;
}

static enum status check_times(struct call *c, const struct single *s, int64_t at_ms, int64_t fresh_s)
{
    if (s->this_ms > at_ms + TRUST_SKEW_MS) return refuse(c, "The answer about the certificate's status is from the future. Check this machine's clock and the responder's.");
    if (s->this_ms + fresh_s * 1000 + TRUST_SKEW_MS < at_ms) return refuse(c, "The answer about the certificate's status is too old. Ask the responder again.");
    if (s->next_ms + (s->next_ms == TIME_FAR ? 0 : TRUST_SKEW_MS) < at_ms) return refuse(c, "There is newer information about the certificate's status. Ask the responder again.");
    return ST_OK;
}

static enum status check_status(struct call *c, const struct single *s)
{
    if (s->status == V_OCSP_CERTSTATUS_GOOD) return ST_OK;
    if (s->status != V_OCSP_CERTSTATUS_REVOKED) return refuse(c, "The responder does not know the certificate. Ask its owner for one from an approved authority.");
    enum status st = call_fail(c, ST_INVALID, "certificate", "The certificate was revoked on %s. Its owner needs a new one.", text_moment(c, s->revoked_ms));
    return call_fault(c, st, STR("cert_validation"));
}

bool ocsp_is_about(struct call *c, struct str response, struct str cert, struct str issuer)
{
    OSSL(X509) about = trust__cert(c, cert);
    OSSL(X509) by = trust__cert(c, issuer);
    OSSL(OCSP_BASICRESP) basic = NULL;
    struct single s;
    if (about && by && read_response(c, response, &basic) == ST_OK && read_single(c, basic, &s) == ST_OK) return is_about(&s, about, by);
    call_clear(c);
    return false;
}

enum status ocsp_check(struct call *c, struct str response, struct str cert, struct str issuer, const struct str *responders, size_t nresponders, int64_t at_ms, int64_t fresh_s)
{
    OSSL(X509) about = trust__cert(c, cert);
    OSSL(X509) by = trust__cert(c, issuer);
    OSSL(OCSP_BASICRESP) basic = NULL;
    struct single s;
    if (!about || !by) return refuse(c, "The certificate or its issuer cannot be read. Ask its owner for another one.");
    TRY(read_response(c, response, &basic));
    TRY(read_single(c, basic, &s));
    if (!is_about(&s, about, by)) return refuse(c, "The answer is about another certificate. Ask the responder again.");
    if (!is_signed_by(basic, by) && !is_listed(c, basic, responders, nresponders) && !is_delegated(basic, by, at_ms))
        return refuse(c, "The answer about the certificate's status is not signed by a responder of its authority. Do not trust it.");
    TRY(check_times(c, &s, at_ms, fresh_s));
    return check_status(c, &s);
}

enum status ocsp_request(struct call *c, struct str cert, struct str issuer, struct str *ret)
{
    OSSL(X509) about = trust__cert(c, cert);
    OSSL(X509) by = trust__cert(c, issuer);
    OSSL(OCSP_REQUEST) request = OCSP_REQUEST_new();
    if (!about || !by) return refuse(c, "The certificate or its issuer cannot be read. Ask its owner for another one.");
    OCSP_CERTID *id = OCSP_cert_to_id(trust__md(DIGEST_SHA1), about, by);
    if (!request || !id || !OCSP_request_add0_id(request, id)) {
        OCSP_CERTID_free(id);
        return ossl__broken(c, "ocsp request");
    }
    DER_BYTES der = NULL;
    int n = i2d_OCSP_REQUEST(request, &der);
    return ossl__copy(c, "ocsp request", der, n, ret);
}
