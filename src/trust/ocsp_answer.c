/* ocsp_answer.c: the responder of a sandbox nation: one question, one signed answer (RFC 6960). */
#include "trust/cert.h"

#include "trust/cert_int.h"
#include "trust/ossl.h"

static enum status refuse(struct call *c, const char *sentence)
{
    ossl__forget();
    return call_fail(c, ST_INVALID, "ocsp", sentence);
}

static enum status read_request(struct call *c, struct str der, OCSP_REQUEST **ret)
{
    const unsigned char *p = ossl__bytes(der);
    OSSL(OCSP_REQUEST) request = der.n && der.n <= INT32_MAX ? d2i_OCSP_REQUEST(NULL, &p, (long)der.n) : NULL;
    if (!request || p != ossl__bytes(der) + der.n) return refuse(c, "This is not an OCSP request. Send one in DER form.");
    if (OCSP_request_onereq_count(request) != 1) return refuse(c, "Ask for one certificate at a time.");
    *ret = request;
    request = NULL;
    return ST_OK;
}

static OCSP_CERTID *asked(OCSP_REQUEST *request) { return OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)); }

/* is_of_issuer: the id names this issuer, in the digest that the id itself uses. */
static bool is_of_issuer(OCSP_CERTID *id, X509 *issuer)
{
    ASN1_OBJECT *alg = NULL;
    enum digest d;
    if (OCSP_id_get0_info(NULL, &alg, NULL, NULL, id) != 1 || !trust__digest_of_nid(OBJ_obj2nid(alg), &d)) return false;
    OSSL(OCSP_CERTID) own = OCSP_cert_id_new(trust__md(d), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), X509_get0_serialNumber(issuer));
    return own && OCSP_id_issuer_cmp(own, id) == 0;
}

static enum status read_about(struct call *c, struct str request, struct str issuer, OCSP_REQUEST **ret)
{
    OSSL(X509) by = trust__cert(c, issuer);
    OSSL(OCSP_REQUEST) req = NULL;
    TRY(read_request(c, request, &req));
    if (!by) return refuse(c, "The certificate of the authority cannot be read. Give it in DER form.");
    if (!is_of_issuer(asked(req), by)) return refuse(c, "This authority did not issue that certificate. Ask the responder of its own authority.");
    *ret = req;
    req = NULL;
    return ST_OK;
}

enum status ocsp_read_request(struct call *c, struct str request, struct str issuer, struct str *ret_serial)
{
    OSSL(OCSP_REQUEST) req = NULL;
    ASN1_INTEGER *serial = NULL;
    TRY(read_about(c, request, issuer, &req));
    if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, asked(req)) != 1) return ossl__broken(c, "ocsp serial");
    *ret_serial = trust__decimal(c->arena, serial);
    return ST_OK;
}

/* ---- answering ---- */

static ASN1_TIME *moment(int64_t ms) { return ASN1_GENERALIZEDTIME_set(NULL, ms / 1000); }
static inline void moment_free(ASN1_TIME **t) { ASN1_STRING_free(*t); }
#define MOMENT __attribute__((cleanup(moment_free))) ASN1_TIME *

static int status_of(enum cert_status s)
{
    switch (s) {
    case CERT_GOOD: return V_OCSP_CERTSTATUS_GOOD;
    case CERT_REVOKED: return V_OCSP_CERTSTATUS_REVOKED;
    case CERT_UNKNOWN: return V_OCSP_CERTSTATUS_UNKNOWN;
    }
    return V_OCSP_CERTSTATUS_UNKNOWN;
}

static enum status add_status(struct call *c, OCSP_BASICRESP *basic, OCSP_REQUEST *req, enum cert_status status, int64_t revoked_ms, int64_t this_ms, int64_t next_ms)
{
    MOMENT revoked = moment(revoked_ms);
    MOMENT this_update = moment(this_ms);
    MOMENT next_update = moment(next_ms);
    if (!revoked || !this_update || !next_update) return ossl__broken(c, "ocsp times");
    if (!OCSP_basic_add1_status(basic, asked(req), status_of(status), OCSP_REVOKED_STATUS_UNSPECIFIED, status == CERT_REVOKED ? revoked : NULL, this_update, next_update))
        return ossl__broken(c, "ocsp status");
    (void)OCSP_copy_nonce(basic, req); /* a question without a nonce gets an answer without one */
    return ST_OK;
}

enum status ocsp_answer(struct call *c, const struct key *responder, struct str responder_cert, struct str issuer, struct str request, enum cert_status status, int64_t revoked_ms,
                        int64_t this_ms, int64_t next_ms, struct str *ret)
{
    OSSL(OCSP_REQUEST) req = NULL;
    OSSL(OCSP_BASICRESP) basic = OCSP_BASICRESP_new();
    OSSL(X509) signer = trust__cert(c, responder_cert);
    OSSL(EVP_PKEY) key = NULL;
    void *bridge;
    TRY(read_about(c, request, issuer, &req));
    if (!signer) return refuse(c, "The certificate of the responder cannot be read. Give it in DER form.");
    TRY(key_evp(c, responder, key_purpose(responder), &bridge));
    key = bridge;
    if (!basic) return ossl__broken(c, "ocsp answer");
    TRY(add_status(c, basic, req, status, revoked_ms, this_ms, next_ms));
    if (OCSP_basic_sign(basic, signer, key, trust__md(DIGEST_SHA256), NULL, 0) != 1) return ossl__broken(c, "ocsp sign");
    OSSL(OCSP_RESPONSE) whole = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    DER_BYTES der = NULL;
    int n = whole ? i2d_OCSP_RESPONSE(whole, &der) : 0;
    return ossl__copy(c, "ocsp answer", der, n, ret);
}
