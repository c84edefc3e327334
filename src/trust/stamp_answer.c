/* stamp_answer.c: the time-stamp service of a sandbox nation: one question, one signed token (RFC 3161). A real nation's service stands elsewhere. */
#include "trust/stamp.h"

#include "trust/cert_int.h"
#include "trust/ossl.h"

/* The sandbox's policy, "no promise but the format": an OID below a UUID (ITU-T X.667) needs no registration. */
static const char policy_oid[] = "2.25.219361170327468317420893624518630974205";
enum { ACCURACY_S = 1 };

/* One question at work. no_serial: why there was no number for it. */
struct serving { struct call *c; const struct stamp_service *s; enum status no_serial; };

static ASN1_INTEGER *next_serial(TS_RESP_CTX *ctx, void *arg)
{
    struct serving *now = arg;
    int64_t number = 0;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    now->no_serial = now->s->next_serial(now->c, &number);
    if (serial && now->no_serial == ST_OK && ASN1_INTEGER_set_int64(serial, number) == 1) return serial;
    ASN1_INTEGER_free(serial);
    (void)TS_RESP_CTX_set_status_info(ctx, TS_STATUS_REJECTION, "No serial number could be made.");
    return NULL;
}

static int tell_time(TS_RESP_CTX *ctx, void *arg, long *sec, long *usec)
{
    const struct serving *now = arg;
    (void)ctx;
    *sec = (long)(now->s->at_ms / 1000);
    *usec = 0;
    return 1;
}

static bool prepare(TS_RESP_CTX *ctx, struct serving *now, X509 *cert, EVP_PKEY *key)
{
    OSSL(ASN1_OBJECT) policy = OBJ_txt2obj(policy_oid, 1);
    bool ok = policy && TS_RESP_CTX_set_signer_cert(ctx, cert) == 1 && TS_RESP_CTX_set_signer_key(ctx, key) == 1 && TS_RESP_CTX_set_def_policy(ctx, policy) == 1 &&
              TS_RESP_CTX_set_signer_digest(ctx, trust__md(DIGEST_SHA512)) == 1 && TS_RESP_CTX_set_ess_cert_id_digest(ctx, trust__md(DIGEST_SHA256)) == 1 &&
              TS_RESP_CTX_set_accuracy(ctx, ACCURACY_S, 0, 0) == 1;
    for (enum digest d = DIGEST_SHA256; ok && d <= DIGEST_SHA512; d++) ok = TS_RESP_CTX_add_md(ctx, trust__md(d)) == 1;
    TS_RESP_CTX_set_serial_cb(ctx, next_serial, now);
    TS_RESP_CTX_set_time_cb(ctx, tell_time, now);
    return ok;
}

/* answer_with: what the library refuses (malformed, other version or algorithm, unknown policy or extension) becomes an answer that says so. */
static enum status answer_with(struct call *c, const struct stamp_service *s, EVP_PKEY *key, struct str question, struct str *ret)
{
    struct serving now = { c, s, ST_OK };
    OSSL(TS_RESP_CTX) ctx = TS_RESP_CTX_new();
    OSSL(X509) cert = trust__cert(c, s->cert);
    OSSL(BIO) in = BIO_new_mem_buf(question.p, (int)question.n);
    if (!cert) return call_fail(c, ST_INVALID, "stamp", "The certificate of the time-stamp service cannot be read. Make it again with `sen ca init`.");
    if (!ctx || !in || !prepare(ctx, &now, cert, key)) return ossl__broken(c, "stamp service");
    OSSL(TS_RESP) resp = TS_RESP_create_response(ctx, in);
    ossl__forget();
    TRY(now.no_serial);
    DER_BYTES der = NULL;
    int n = resp ? i2d_TS_RESP(resp, &der) : 0;
    return ossl__copy(c, "stamp answer", der, n, ret);
}

enum status stamp_answer(struct call *c, const struct stamp_service *s, struct str question, struct str *ret)
{
    OSSL(EVP_PKEY) key = NULL;
    void *bridge;
    TRY(key_evp(c, s->key, KEY_STAMP, &bridge));
    key = bridge;
    return answer_with(c, s, key, question, ret);
}
