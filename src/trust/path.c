/* path.c: is there a chain from this certificate to an approved CA, and was each certificate of it valid at the moment? OpenSSL builds and checks
 * the chain (RFC 5280); the times are judged here, so that clocks may differ by a minute and the sentence can name the day. */
#include "trust/cert.h"

#include "base/text.h"
#include "trust/cert_int.h"
#include "trust/ossl.h"

enum {
    PATH_MOST = sizeof(((struct cert_path *)0)->certs) / sizeof(struct str),
    UNTRUSTED_MOST = 64,
    AUTH_LEVEL = 2 /* OpenSSL's name for 112 bits: RSA from 2048 bits, no SHA-1 */
};

static inline void stack_free(STACK_OF(X509) **s) { sk_X509_pop_free(*s, X509_free); }
#define CERT_STACK __attribute__((cleanup(stack_free))) STACK_OF(X509) *

static enum status refuse(struct call *c, const char *sentence, struct str fault)
{
    ossl__forget();
    return call_fault(c, call_fail(c, ST_INVALID, "certificate", sentence), fault);
}

static enum status no_chain(struct call *c)
{
    return refuse(c, "The certificate was not issued by a certification authority that this nation has approved. Ask its owner for one from an approved authority.",
                  STR("cannot_create_cert_path"));
}

/* ---- times ---- */

static enum status check_times(struct call *c, const X509 *cert, int64_t at_ms)
{
    int64_t from, to;
    if (!trust__ms_of_asn1(X509_get0_notBefore(cert), &from) || !trust__ms_of_asn1(X509_get0_notAfter(cert), &to))
        return refuse(c, "The certificate's dates cannot be read. Ask its owner for another one.", STR("incorrect_certificate"));
    enum status st = ST_OK;
    if (at_ms + TRUST_SKEW_MS < from)
        st = call_fail(c, ST_INVALID, "certificate", "The certificate is valid only from %s. Wait until then, or check this machine's clock.", text_moment(c, from));
    else if (at_ms > to)
        st = call_fail(c, ST_INVALID, "certificate", "The certificate ended on %s. Its owner needs a new one.", text_moment(c, to));
    return st == ST_OK ? st : call_fault(c, st, STR("cert_validity_time"));
}

/* ---- the chain ---- */

static enum status push(struct call *c, STACK_OF(X509) *stack, struct str der)
{
    X509 *x = trust__cert(c, der);
    if (x && sk_X509_push(stack, x) > 0) return ST_OK;
    X509_free(x);
    return refuse(c, "One of the certificates of the chain cannot be read. Ask the sender for another chain.", STR("invalid_cert_path"));
}

static enum status collect(struct call *c, const struct str *chain, size_t nchain, const struct cert_anchor *anchors, size_t nanchors, X509_STORE *tops, STACK_OF(X509) *between)
{
    if (nchain > UNTRUSTED_MOST) return refuse(c, "The chain of certificates is too long. Send only those between the certificate and its authority.", STR("invalid_cert_path"));
    for (size_t i = 0; i < nchain; i++) TRY(push(c, between, chain[i]));
    for (size_t i = 0; i < nanchors; i++) {
        if (!anchors[i].is_top) {
            TRY(push(c, between, anchors[i].der));
            continue;
        }
        OSSL(X509) top = trust__cert(c, anchors[i].der);
        if (!top) return refuse(c, "A certification authority of the directory has a damaged certificate. Tell the operator.", STR("malformed_global_conf"));
        if (X509_STORE_add_cert(tops, top) != 1) return ossl__broken(c, "anchor");
    }
    return ST_OK;
}

static enum status judge(struct call *c, X509_STORE *tops, X509 *leaf, STACK_OF(X509) *between, STACK_OF(X509) **ret)
{
    OSSL(X509_STORE_CTX) ctx = X509_STORE_CTX_new();
    if (!ctx || X509_STORE_CTX_init(ctx, tops, leaf, between) != 1) return ossl__broken(c, "path");
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_depth(param, PATH_MOST - 2);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    bool good = X509_verify_cert(ctx) == 1;
    int why = X509_STORE_CTX_get_error(ctx);
    ossl__forget();
    if (good) {
        *ret = X509_STORE_CTX_get1_chain(ctx);
        return *ret ? ST_OK : ossl__broken(c, "chain");
    }
    call_note(c, "trust", "path: %s", X509_verify_cert_error_string(why));
    bool incomplete = why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || why == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
                      why == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || why == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
    if (incomplete) return no_chain(c);
    return refuse(c, "The certificate's chain breaks a rule of certificates: a signature in it is wrong or a certificate is used for what it may not do. Do not trust it.",
                  STR("invalid_cert_path"));
}

static const struct cert_anchor *anchor_of(struct str der, const struct cert_anchor *anchors, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(anchors[i].der, der)) return &anchors[i];
    return NULL;
}

static enum status report(struct call *c, const STACK_OF(X509) *chain, const struct cert_anchor *anchors, size_t nanchors, int64_t at_ms, struct cert_path *ret)
{
    struct cert_path path = { .n = (size_t)sk_X509_num(chain) };
    if (path.n > PATH_MOST) return no_chain(c);
    for (size_t i = 0; i < path.n; i++) {
        X509 *x = sk_X509_value(chain, (int)i);
        DER_BYTES der = NULL;
        TRY(check_times(c, x, at_ms));
        int n = i2d_X509(x, &der);
        TRY(ossl__copy(c, "chain", der, n, &path.certs[i]));
        path.anchor[i] = anchor_of(path.certs[i], anchors, nanchors);
    }
    *ret = path;
    return ST_OK;
}

enum status cert_check_path(struct call *c, struct str leaf, const struct str *chain, size_t nchain, const struct cert_anchor *anchors, size_t nanchors, int64_t at_ms,
                            struct cert_path *ret)
{
    OSSL(X509) cert = trust__cert(c, leaf);
    OSSL(X509_STORE) tops = X509_STORE_new();
    CERT_STACK between = sk_X509_new_null();
    CERT_STACK found = NULL;
    if (!cert) return refuse(c, "This is not a certificate. Ask its owner for another one.", STR("incorrect_certificate"));
    if (!tops || !between) return ossl__broken(c, "path");
    TRY(collect(c, chain, nchain, anchors, nanchors, tops, between));
    TRY(judge(c, tops, cert, between, &found));
    return report(c, found, anchors, nanchors, at_ms, ret);
}
