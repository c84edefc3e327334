/* stamp.c: questions to time-stamp services, and their tokens judged (RFC 3161, RFC 5816). OpenSSL checks the signature, its signed attributes and that the signer's
 * certificate is for nothing but stamping; whom to believe, the digest, the nonce and the times are judged here, each with its sentence. */
#include "trust/stamp.h"

#include "base/random.h"
#include "base/time.h"
#include "trust/cert_int.h"
#include "trust/ossl.h"
#include "trust/trust_int.h"

enum { NONCE_BYTES = 8, TOKEN_MAX = 256 * 1024, OID_TEXT = 256, GRANTED = 0, GRANTED_WITH_CHANGES = 1 };

static enum status refuse(struct call *c, const char *sentence)
{
    ossl__forget();
    return call_fail(c, ST_INVALID, "stamp", sentence);
}

/* ---- the question ---- */

static ASN1_INTEGER *integer_of(struct str bytes)
{
    OSSL(BIGNUM) number = BN_bin2bn(ossl__bytes(bytes), (int)bytes.n, NULL);
    return number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
}

static inline void integer_done(ASN1_INTEGER **p) { ASN1_INTEGER_free(*p); }
#define INTEGER __attribute__((cleanup(integer_done))) ASN1_INTEGER *

static bool set_imprint(TS_REQ *req, const struct stamp_question *q)
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *alg = X509_ALGOR_new();
    bool ok = imprint && alg;
    if (ok) X509_ALGOR_set_md(alg, trust__md(q->alg));
    ok = ok && TS_MSG_IMPRINT_set_algo(imprint, alg) == 1 && TS_MSG_IMPRINT_set_msg(imprint, (unsigned char *)(uintptr_t)q->digest.p, (int)q->digest.n) == 1 &&
         TS_REQ_set_msg_imprint(req, imprint) == 1;
    X509_ALGOR_free(alg);
    TS_MSG_IMPRINT_free(imprint);
    return ok;
}

enum status stamp_ask(struct call *c, enum digest alg, struct str digest, struct stamp_question *ret)
{
    unsigned char *nonce = arena_alloc(c->arena, NONCE_BYTES, 1);
    struct stamp_question q = { .alg = alg, .digest = digest, .nonce = str_of(nonce, NONCE_BYTES) };
    if (alg == DIGEST_SHA1 || digest.n != digest_size(alg)) return refuse(c, "Only a SHA-256, SHA-384 or SHA-512 digest can be time-stamped.");
    random_bytes(nonce, NONCE_BYTES);
    OSSL(TS_REQ) req = TS_REQ_new();
    INTEGER number = integer_of(q.nonce);
    if (!req || !number || TS_REQ_set_version(req, 1) != 1 || !set_imprint(req, &q) || TS_REQ_set_nonce(req, number) != 1 || TS_REQ_set_cert_req(req, 1) != 1)
        return ossl__broken(c, "stamp question");
    DER_BYTES der = NULL;
    int n = i2d_TS_REQ(req, &der);
    TRY(ossl__copy(c, "stamp question", der, n, &q.der));
    *ret = q;
    return ST_OK;
}

/* ---- the token: who signed it ---- */

static inline void certs_free(STACK_OF(X509) **s) { sk_X509_pop_free(*s, X509_free); }
#define CERTS __attribute__((cleanup(certs_free))) STACK_OF(X509) *
static inline void signers_free(STACK_OF(X509) **s) { sk_X509_free(*s); }
#define SIGNERS __attribute__((cleanup(signers_free))) STACK_OF(X509) * /* borrowed from the token or the list */

/* listed_certs: what the directory lists; one that cannot be read recognises nobody. */
static STACK_OF(X509) *listed_certs(struct call *c, const struct str *certs, size_t n)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    for (size_t i = 0; list && i < n; i++) {
        X509 *x = trust__cert(c, certs[i]);
        if (x && sk_X509_push(list, x) <= 0) X509_free(x);
    }
    ossl__forget();
    return list;
}

static bool is_strong(PKCS7 *token, const X509 *signer)
{
    PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(token), 0);
    X509_ALGOR *alg = NULL;
    const ASN1_OBJECT *oid = NULL;
    enum digest d;
    PKCS7_SIGNER_INFO_get0_algs(info, NULL, &alg, NULL);
    if (alg) X509_ALGOR_get0(&oid, NULL, NULL, alg);
    const EVP_PKEY *key = X509_get0_pubkey(signer);
    return oid && key && trust__digest_of_nid(OBJ_obj2nid(oid), &d) && d != DIGEST_SHA1 && (trust__key_fits(key, SIG_ECDSA) || trust__key_fits(key, SIG_RSA));
}

/* find_signer: exactly one signed, and the directory lists that very certificate: one that a listed authority issued does not do. */
static enum status find_signer(struct call *c, PKCS7 *token, STACK_OF(X509) *listed, X509 **ret)
{
    SIGNERS signers = NULL;
    if (!PKCS7_type_is_signed(token) || sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(token)) != 1) return refuse(c, "The time-stamp is not signed by exactly one service. Do not trust it.");
    signers = PKCS7_get0_signers(token, listed, 0);
    const X509 *signer = sk_X509_value(signers, 0);
    for (int i = 0; signer && i < sk_X509_num(listed); i++) {
        X509 *own = sk_X509_value(listed, i);
        if (X509_cmp(own, signer) != 0) continue;
        if (!is_strong(token, own)) return refuse(c, "The time-stamp is signed with an algorithm that is not accepted. The service must use SHA-256 or longer with RSA from 2048 bits or ECDSA.");
        *ret = own;
        return ST_OK;
    }
    return refuse(c, "The time-stamp is not signed by a service that the directory lists. Do not trust it; tell the operator.");
}

/* check_signature: by the listed certificates alone, each trusted as it stands (no chain is looked for). */
static enum status check_signature(struct call *c, PKCS7 *token, STACK_OF(X509) *listed)
{
    OSSL(TS_VERIFY_CTX) ctx = TS_VERIFY_CTX_new();
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *known = X509_chain_up_ref(listed);
    bool ready = ctx && store && known;
    for (int i = 0; ready && i < sk_X509_num(listed); i++) ready = X509_STORE_add_cert(store, sk_X509_value(listed, i)) == 1;
    ready = ready && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) == 1;
    if (!ready) {
        X509_STORE_free(store);
        sk_X509_pop_free(known, X509_free);
        return ossl__broken(c, "stamp");
    }
    (void)TS_VERIFY_CTX_set_flags(ctx, TS_VFY_SIGNATURE | TS_VFY_VERSION);
    (void)TS_VERIFY_CTX_set_store(ctx, store); /* belong to ctx from here on */
    (void)TS_VERIFY_CTX_set_certs(ctx, known);
    if (TS_RESP_verify_token(ctx, token) == 1) return ST_OK;
    return refuse(c, "The signature of the time-stamp is wrong, or its certificate is not one for time-stamps alone. Do not trust it; tell the operator.");
}

/* ---- the token: what it says ---- */

static enum status check_imprint(struct call *c, TS_TST_INFO *info, enum digest alg, struct str digest)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OBJECT *oid = NULL;
    enum digest said;
    X509_ALGOR_get0(&oid, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    const ASN1_OCTET_STRING *value = TS_MSG_IMPRINT_get_msg(imprint);
    bool same = trust__digest_of_nid(OBJ_obj2nid(oid), &said) && said == alg && str_eq(str_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)), digest);
    return same ? ST_OK : refuse(c, "The time-stamp is for something else: its digest is another one. What it should prove was changed, or the stamp was mixed up.");
}

static enum status check_times(struct call *c, X509 *signer, TS_TST_INFO *info, int64_t *ret_ms)
{
    int64_t from, to;
    if (!trust__ms_of_asn1(TS_TST_INFO_get_time(info), ret_ms) || !trust__ms_of_asn1(X509_get0_notBefore(signer), &from) || !trust__ms_of_asn1(X509_get0_notAfter(signer), &to))
        return refuse(c, "The time-stamp has no readable time. Do not trust it; tell the operator.");
    if (*ret_ms >= from && *ret_ms <= to) return ST_OK;
    return refuse(c, "The certificate of the time-stamp service was not valid at the moment that the time-stamp names. The service needs a new certificate.");
}

static bool has_unknown_rule(TS_TST_INFO *info) { return TS_TST_INFO_get_ext_by_critical(info, 1, -1) >= 0; }

static enum status tell(struct call *c, TS_TST_INFO *info, X509 *signer, int64_t at_ms, struct stamp_facts *ret)
{
    char policy[OID_TEXT];
    struct stamp_facts facts = { .at_ms = at_ms, .serial = trust__decimal(c->arena, TS_TST_INFO_get_serial(info)) };
    int n = OBJ_obj2txt(policy, sizeof policy, TS_TST_INFO_get_policy_id(info), 1);
    facts.policy = n > 0 && n < OID_TEXT ? str_copy(c->arena, str_of(policy, (size_t)n)) : STR("");
    DER_BYTES der = NULL;
    n = i2d_X509(signer, &der);
    TRY(ossl__copy(c, "stamp", der, n, &facts.cert));
    *ret = facts;
    return ST_OK;
}

static enum status read_token(struct call *c, struct str der, PKCS7 **ret, TS_TST_INFO **ret_info)
{
    const unsigned char *p = ossl__bytes(der);
    OSSL(PKCS7) token = der.n && der.n <= TOKEN_MAX ? d2i_PKCS7(NULL, &p, (long)der.n) : NULL;
    if (!token || p != ossl__bytes(der) + der.n || !PKCS7_type_is_signed(token)) return refuse(c, "This is not a time-stamp, or it is damaged.");
    if (!(*ret_info = PKCS7_to_TS_TST_INFO(token))) return refuse(c, "This is not a time-stamp, or it is damaged.");
    *ret = token;
    token = NULL;
    return ST_OK;
}

/* judge: nonce NULL: of a token that was kept; whoever kept it compared the nonce. */
static enum status judge(struct call *c, struct str token_der, const struct stamp_question *q, bool with_nonce, const struct str *certs, size_t ncerts, struct stamp_facts *ret)
{
    OSSL(PKCS7) token = NULL;
    OSSL(TS_TST_INFO) info = NULL;
    CERTS listed = listed_certs(c, certs, ncerts);
    X509 *signer = NULL;
    int64_t at_ms = 0;
    if (!listed) return ossl__broken(c, "stamp");
    TRY(read_token(c, token_der, &token, &info));
    TRY(find_signer(c, token, listed, &signer));
    TRY(check_signature(c, token, listed));
    if (has_unknown_rule(info)) return refuse(c, "The time-stamp carries a rule that is not known here. Ask another service.");
    TRY(check_imprint(c, info, q->alg, q->digest));
    INTEGER nonce = with_nonce ? integer_of(q->nonce) : NULL;
    const ASN1_INTEGER *said = TS_TST_INFO_get_nonce(info);
    if (with_nonce && (!nonce || !said || ASN1_INTEGER_cmp(nonce, said) != 0)) return refuse(c, "The time-stamp is not the answer to this question: its nonce is another one. Ask again.");
    TRY(check_times(c, signer, info, &at_ms));
    return tell(c, info, signer, at_ms, ret);
}

enum status stamp_check(struct call *c, struct str token, enum digest alg, struct str digest, const struct str *certs, size_t ncerts, struct stamp_facts *ret)
{
    const struct stamp_question q = { .alg = alg, .digest = digest };
    return judge(c, token, &q, false, certs, ncerts, ret);
}

/* ---- the answer ---- */

static enum status read_answer(struct call *c, struct str answer, struct str *ret_token)
{
    const unsigned char *p = ossl__bytes(answer);
    OSSL(TS_RESP) resp = answer.n && answer.n <= TOKEN_MAX ? d2i_TS_RESP(NULL, &p, (long)answer.n) : NULL;
    if (!resp || p != ossl__bytes(answer) + answer.n) return refuse(c, "The answer of the time-stamp service cannot be read. Check its address in the directory.");
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp)));
    if (status != GRANTED && status != GRANTED_WITH_CHANGES) {
        ossl__forget();
        return call_fail(c, ST_UNAVAILABLE, "stamp", "The time-stamp service refused the question. Tell the operator of the service.");
    }
    if (!TS_RESP_get_token(resp)) return refuse(c, "The answer of the time-stamp service holds no time-stamp. Tell the operator of the service.");
    DER_BYTES der = NULL;
    int n = i2d_PKCS7(TS_RESP_get_token(resp), &der);
    return ossl__copy(c, "stamp", der, n, ret_token);
}

enum status stamp_take(struct call *c, struct str answer, const struct stamp_question *q, const struct str *certs, size_t ncerts, int64_t at_ms, struct str *ret_token,
                       struct stamp_facts *ret)
{
    struct str token;
    struct stamp_facts facts;
    TRY(read_answer(c, answer, &token));
    TRY(judge(c, token, q, true, certs, ncerts, &facts));
    if (facts.at_ms > at_ms + TRUST_SKEW_MS || facts.at_ms < at_ms - TRUST_SKEW_MS)
        return refuse(c, "The clocks of this node and of the time-stamp service differ by more than a minute. Set the wrong one right.");
    *ret_token = token;
    *ret = facts;
    return ST_OK;
}
