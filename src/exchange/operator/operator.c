/* operator.c: the operator's node: the sandbox certificate authority, its status answers and time-stamps, admission of members. All state stands in tables; the keys
 * stay in the key holder. */
#include "exchange/operator/operator_int.h"

#include "base/config.h"
#include "base/encode.h"
#include "base/time.h"
#include "trust/stamp.h"

enum { CA_DAYS = 3650, CERT_DAYS = 825, REQUEST_MAX = 64 * 1024, SKEW_MS = 60 * 1000 };
#define DAY_MS ((int64_t)86400 * 1000)

enum status operator__need(struct call *c)
{
    if (config_flag(c->app->config, "exchange.operator")) return ST_OK;
    return call_fail(c, ST_DENIED, "", "This node is not the operator's. Use the operator's node, or set exchange.operator: true in node.yaml.");
}

/* ---- the authority ---- */

static enum status need_key(struct call *c, enum key_purpose purpose, const struct key **ret)
{
    if (trust_key(c, purpose, STR(""), ret) == ST_OK) return ST_OK;
    call_clear(c);
    return trust_make_key(c, purpose, KEY_P256, STR(""), ret);
}

struct cert_subject operator__subject(struct call *c, const char *what)
{
    struct str name = config_text(c->app->config, "name"), instance = config_text(c->app->config, "instance");
    return (struct cert_subject){ .cn = str_print(c->arena, "%.*s sandbox %s", STR_ARG(instance), what), .o = name };
}

static enum status add_self_signed(struct call *c, const struct key *key, enum cert_kind kind, const char *what)
{
    struct cert_subject subject = operator__subject(c, what);
    struct operator_cert cert = { .kind = kind, .subject = subject.cn, .ends_ms = c->now_ms + CA_DAYS * DAY_MS };
    TRY(ca_self_signed(c, key, &subject, kind, c->now_ms - SKEW_MS, cert.ends_ms, &cert.der));
    return operator__insert_cert(c, &cert);
}

enum status operator__add_conf_cert(struct call *c, const struct key *key) { return add_self_signed(c, key, CERT_CONF, "directory"); }

/* make_root: a self-signed certificate of one of the operator's keys, unless there is one. */
static enum status make_root(struct call *c, enum key_purpose purpose, enum cert_kind kind, const char *what)
{
    const struct key *key;
    struct operator_cert cert;
    enum status st = operator__newest_cert(c, kind, &cert);
    if (st != ST_NOT_FOUND) return st;
    call_clear(c);
    TRY(need_key(c, purpose, &key));
    return add_self_signed(c, key, kind, what);
}

/* make_issued: a certificate of the authority for one of the operator's keys, unless there is one. */
static enum status make_issued(struct call *c, enum key_purpose purpose, enum cert_kind kind, const char *what)
{
    const struct key *key;
    struct operator_cert cert;
    struct cert_subject subject = operator__subject(c, what);
    struct str csr;
    enum status st = operator__newest_cert(c, kind, &cert);
    if (st != ST_NOT_FOUND) return st;
    call_clear(c);
    TRY(need_key(c, purpose, &key));
    TRY(csr_make(c, key, &subject, &csr));
    return operator_issue(c, csr, kind, &cert.der);
}

enum status operator_ca_init(struct call *c)
{
    TRY(operator__need(c));
    TRY(make_root(c, KEY_CA, CERT_CA, "authority"));
    TRY(make_root(c, KEY_CONF, CERT_CONF, "directory"));
    TRY(make_issued(c, KEY_OCSP, CERT_OCSP, "status responder"));
    return make_issued(c, KEY_STAMP, CERT_STAMP, "time-stamps");
}

enum status operator__need_cert(struct call *c, enum cert_kind kind, struct str *ret)
{
    struct operator_cert cert;
    enum status st = operator__newest_cert(c, kind, &cert);
    if (st == ST_NOT_FOUND) return call_clear(c), call_fail(c, ST_NOT_FOUND, "", "The authority has not been made yet. Run `sen ca init` on the operator's node.");
    TRY(st);
    *ret = cert.der;
    return ST_OK;
}

/* request_der: a request comes as DER or in a PEM block. */
static enum status request_der(struct call *c, struct str csr, struct str *ret)
{
    struct str head, body, rest = csr;
    if (csr.n > REQUEST_MAX) return call_fail(c, ST_TOO_LARGE, "CSR", "A certificate request is at most 64 KiB. Is this the right file?");
    if (!str_cut_at(&rest, STR("CERTIFICATE REQUEST-----"), &head)) return *ret = csr, ST_OK;
    if (str_cut_at(&rest, STR("-----END"), &body) && decode_base64(c->arena, body, ret)) return ST_OK;
    return call_fail(c, ST_INVALID, "CSR", "This is no certificate request. Make one with `sen node init`.");
}

enum status operator_issue(struct call *c, struct str csr, enum cert_kind kind, struct str *ret_der) { return operator_issue_for(c, csr, kind, CERT_DAYS * DAY_MS, ret_der); }

enum status operator_issue_for(struct call *c, struct str csr, enum cert_kind kind, int64_t lasts_ms, struct str *ret_der)
{
    const struct key *ca;
    struct str issuer, request, der;
    struct cert_info info;
    struct operator_cert cert = { .kind = kind, .ends_ms = c->now_ms + lasts_ms };
    TRY(operator__need(c));
    TRY(operator__need_cert(c, CERT_CA, &issuer));
    TRY(trust_key(c, KEY_CA, STR(""), &ca));
    TRY(request_der(c, csr, &request));
    TRY(operator__next_serial(c, &cert.serial));
    TRY(ca_issue(c, ca, issuer, request, kind, cert.serial, c->now_ms - SKEW_MS, cert.ends_ms, &der));
    TRY(cert_read(c, der, &info));
    cert.der = der;
    cert.subject = info.subject_rfc4514;
    TRY(operator__insert_cert(c, &cert));
    *ret_der = der;
    return ST_OK;
}

enum status operator_revoke(struct call *c, int64_t serial)
{
    TRY(operator__need(c));
    return operator__revoke_cert(c, serial);
}

/* ---- status answers ---- */

static enum status status_of(struct call *c, struct str serial_text, enum cert_status *ret, int64_t *revoked_ms)
{
    struct operator_cert cert;
    int64_t serial;
    *ret = CERT_UNKNOWN;
    *revoked_ms = 0;
    if (!str_int(serial_text, &serial)) return ST_OK;
    enum status st = operator__find_cert(c, serial, &cert);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    *ret = cert.revoked_ms == TIME_FAR ? CERT_GOOD : CERT_REVOKED;
    *revoked_ms = cert.revoked_ms == TIME_FAR ? 0 : cert.revoked_ms;
    return ST_OK;
}

static enum status answer_status(struct call *c, struct str question, struct reply *rp)
{
    const struct key *responder;
    struct str issuer, cert, serial, answer;
    enum cert_status status;
    int64_t revoked_ms, valid_ms = 1000 * config_count(c->app->config, "exchange.status_valid_s");
    TRY(operator__need(c));
    TRY(outage__pass(c, STR("ocsp")));
    TRY(operator__need_cert(c, CERT_CA, &issuer));
    TRY(operator__need_cert(c, CERT_OCSP, &cert));
    TRY(trust_key(c, KEY_OCSP, STR(""), &responder));
    TRY(ocsp_read_request(c, question, issuer, &serial));
    TRY(status_of(c, serial, &status, &revoked_ms));
    TRY(ocsp_answer(c, responder, cert, issuer, question, status, revoked_ms, c->now_ms, c->now_ms + valid_ms, &answer));
    reply_text(rp, 200, STR("application/ocsp-response"), answer);
    return ST_OK;
}

enum status operator__ocsp_post(struct call *c, const struct request *rq, struct reply *rp) { return answer_status(c, rq->body, rp); }

/* GET /ocsp/<base64 of the question, percent-encoded> (RFC 6960 A.1). */
enum status operator__ocsp_get(struct call *c, const struct request *rq, struct reply *rp)
{
    struct str question;
    struct str text = request_path(rq, "question");
    if (!decode_base64(c->arena, text, &question)) return call_fail(c, ST_INVALID, "", "Write the question in base64 after /ocsp/.");
    return answer_status(c, question, rp);
}

/* ---- members ---- */

bool operator__is_code(struct str s)
{
    if (s.n == 0 || s.n > 64) return false;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || strchr("'()+,-.=?", ch))) return false;
    }
    return true;
}

/* is_host: a name or address that stands in URLs as it is. */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && !strchr(".-", s.p[i])) return false;
    return s.n > 0 && s.n <= 255;
}

static enum status check_admission(struct call *c, const struct operator_admission *a, struct xid *ret)
{
    struct str code = a->member, class_;
    struct cert_info info;
    if (!str_cut(&code, '/', &class_) || !operator__is_code(class_) || !operator__is_code(code)) return call_fail(c, ST_INVALID, "member", "Write the member as CLASS/CODE, for example GOV/H26.");
    if (!a->name.n || a->name.n > 512) return call_fail(c, ST_INVALID, "name", "Give the member's name.");
    if (!operator__is_code(a->server)) return call_fail(c, ST_INVALID, "server", "A server's code is made of ASCII letters, digits and '()+,-.=?.");
    if (!is_host(a->address)) return call_fail(c, ST_INVALID, "address", "Give the server's host name or address, without a port.");
    for (size_t i = 0; i < a->nsubsystems; i++)
        if (!operator__is_code(a->subsystems[i].code)) return call_fail(c, ST_INVALID, "subsystem", "A subsystem's code is made of ASCII letters, digits and '()+,-.=?.");
    if (a->auth_cert.n) {
        TRY(cert_read(c, a->auth_cert, &info));
        if (!info.is_auth) return call_fail(c, ST_INVALID, "cert", "This certificate is not for authentication. Give the server's TLS certificate.");
    }
    *ret = (struct xid){ .instance = config_text(c->app->config, "instance"), .class_ = class_, .member = code, .server = a->server };
    return ST_OK;
}

enum status operator_admit(struct call *c, const struct operator_admission *a)
{
    struct xid id;
    TRY(operator__need(c));
    TRY(check_admission(c, a, &id));
    return operator__store_admission(c, &id, a);
}

/* ---- time-stamps ---- */

/* POST /tsa (RFC 3161, 3.4): the sandbox's time-stamp service. */
enum status operator__stamp(struct call *c, const struct request *rq, struct reply *rp)
{
    struct stamp_service s = { .at_ms = c->now_ms, .next_serial = operator__next_stamp_serial };
    struct str answer;
    TRY(operator__need(c));
    TRY(outage__pass(c, STR("stamp")));
    TRY(operator__need_cert(c, CERT_STAMP, &s.cert));
    TRY(trust_key(c, KEY_STAMP, STR(""), &s.key));
    TRY(stamp_answer(c, &s, rq->body, &answer));
    reply_text(rp, 200, STR("application/timestamp-reply"), answer);
    return ST_OK;
}
