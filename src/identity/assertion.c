/* assertion.c: "the person with this number is signed in here", signed by the nation's identity member: a JSON Web Signature (RFC 7515, compact, ES256) that travels in the
 * body of a call of class self. The certificate and its OCSP answer travel in the header, so that the provider judges it without asking anybody. */
#include "base/config.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "exchange/exchange.h"
#include "identity/identity_int.h"
#include "trust/trust.h"

enum { VALID_S = 60, SKEW_S = 60, JWS_MAX = 64 * 1024, HALF = 32 };

/* ---- making ---- */

/* der_integer: one positive INTEGER of an ECDSA signature into 32 bytes, big end first. */
static bool der_integer(struct str *in, uint8_t ret[static HALF])
{
    const uint8_t *p = (const uint8_t *)in->p;
    if (in->n < 3 || p[0] != 0x02 || p[1] == 0 || p[1] > HALF + 1 || in->n < (size_t)2 + p[1]) return false;
    struct str digits = { in->p + 2, p[1] };
    if (digits.p[0] == 0) digits = str_skip(digits, 1);
    if (digits.n > HALF) return false;
    memset(ret, 0, HALF);
    if (digits.n) memcpy(ret + HALF - digits.n, digits.p, digits.n);
    *in = str_skip(*in, (size_t)2 + p[1]);
    return true;
}

/* raw_of_der: r||s of RFC 7518 3.4 from SEQUENCE { r, s }. */
static bool raw_of_der(struct str der, uint8_t ret[static 2 * HALF])
{
    if (der.n < 2 || der.p[0] != 0x30 || (uint8_t)der.p[1] != der.n - 2) return false;
    struct str in = str_skip(der, 2);
    return der_integer(&in, ret) && der_integer(&in, ret + HALF) && in.n == 0;
}

static enum status put_header(struct call *c, struct str cert, struct buf *out)
{
    struct str ocsp;
    TRY(exchange_own_ocsp(c, cert, &ocsp));
    struct buf b = buf_in(c->arena, JWS_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "alg", STR("ES256"));
    json_text_at(&o, "typ", STR("JWT"));
    json_name(&o, STR("x5c"));
    json_open(&o, '[');
    json_put_text(&o, encode_base64(c->arena, cert));
    json_close(&o);
    json_text_at(&o, "ocsp", encode_base64(c->arena, ocsp));
    json_close(&o);
    struct str text;
    TRY(buf_finish(&b, &text));
    buf_put(out, encode_base64url(c->arena, text));
    return ST_OK;
}

static enum status put_claims(struct call *c, struct str audience, struct buf *out)
{
    int64_t now_s = c->now_ms / 1000;
    struct buf b = buf_in(c->arena, JWS_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "iss", exchange_self(c));
    json_text_at(&o, "sub", c->actor->pin);
    json_text_at(&o, "aud", audience);
    json_int_at(&o, "iat", now_s);
    json_int_at(&o, "exp", now_s + VALID_S);
    json_text_at(&o, "jti", random_uuid(c->arena));
    json_close(&o);
    struct str text;
    TRY(buf_finish(&b, &text));
    buf_put(out, encode_base64url(c->arena, text));
    return ST_OK;
}

static enum status put_signature(struct call *c, const struct key *key, struct buf *out)
{
    uint8_t sum[32], raw[2 * HALF];
    struct str der;
    trust_sha256(buf_str(out), sum);
    TRY(trust_sign(c, key, KEY_ASSERT, DIGEST_SHA256, str_of(sum, sizeof sum), &der));
    if (!raw_of_der(der, raw)) {
        call_note(c, "identity", "the key holder answered no P-256 signature");
        return ST_BROKEN;
    }
    buf_put_c(out, '.');
    buf_put(out, encode_base64url(c->arena, str_of(raw, sizeof raw)));
    return ST_OK;
}

enum status identity_assertion(struct call *c, struct str audience, struct str *ret)
{
    const struct key *key;
    struct str cert;
    if (!c->actor) return ST_NO_ACTOR;
    if (c->actor->pin.n == 0)
        return call_fail(c, ST_DENIED, "", "This account belongs to no person in the population register. Sign in with your own citizen's account.");
    TRY(trust_key(c, KEY_ASSERT, STR(""), &key));
    TRY(key_certificate(c, key, &cert));
    struct buf b = buf_in(c->arena, JWS_MAX);
    TRY(put_header(c, cert, &b));
    buf_put_c(&b, '.');
    TRY(put_claims(c, audience, &b));
    TRY(put_signature(c, key, &b));
    return buf_finish(&b, ret);
}

/* ---- checking ---- */

static enum status refuse(struct call *c, const char *why)
{
    call_note(c, "identity", "assertion: %s", why);
    return call_fail(c, ST_DENIED, "assertion", "The proof of who is signed in is not valid. Sign in again and repeat this.");
}

struct jws { struct str signed_text, header, claims, signature; };

static bool split(struct arena *a, struct str text, struct jws *ret)
{
    struct str rest = text, header, claims;
    if (text.n > JWS_MAX || !str_cut(&rest, '.', &header) || !str_cut(&rest, '.', &claims)) return false;
    ret->signed_text = (struct str){ text.p, header.n + 1 + claims.n };
    return decode_base64url(a, header, &ret->header) && decode_base64url(a, claims, &ret->claims) && decode_base64url(a, rest, &ret->signature) &&
           ret->signature.n == (size_t)2 * HALF;
}

static enum status check_signature(struct call *c, const struct jws *jws, struct str issuer)
{
    const struct json *header;
    struct str cert, ocsp;
    if (json_parse(c, jws->header, &header) != ST_OK) return call_clear(c), refuse(c, "header is no JSON");
    const struct json *x5c = json_first(json_get(header, "x5c"));
    if (!str_eq(json_text(json_get(header, "alg"), STR("")), STR("ES256"))) return refuse(c, "alg is not ES256");
    if (json_get(header, "crit")) return refuse(c, "unknown extensions"); /* RFC 7515 4.1.11 */
    if (!decode_base64(c->arena, json_text(x5c, STR("")), &cert) || cert.n == 0 || json_next(x5c)) return refuse(c, "x5c is not one certificate");
    if (!decode_base64(c->arena, json_text(json_get(header, "ocsp"), STR("")), &ocsp) || ocsp.n == 0) return refuse(c, "no OCSP answer");
    if (trust_verify_method(c, cert, (struct sig_method){ DIGEST_SHA256, SIG_ECDSA }, true, jws->signed_text, jws->signature) != ST_OK)
        return call_clear(c), refuse(c, "signature");
    return exchange_judge_member_cert(c, cert, ocsp, issuer);
}

static enum status check_times(struct call *c, const struct json *claims)
{
    int64_t iat, exp, now_s = c->now_ms / 1000;
    if (!json_int(json_get(claims, "iat"), &iat) || !json_int(json_get(claims, "exp"), &exp)) return refuse(c, "no times");
    if (exp <= iat || exp - iat > VALID_S) return refuse(c, "valid for too long");
    if (now_s < iat - SKEW_S) return refuse(c, "made in the future");
    if (now_s > exp + SKEW_S) return refuse(c, "too old");
    return ST_OK;
}

static bool is_pin(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0 && s.n <= 32;
}

enum status identity_check_assertion(struct call *c, struct str assertion, struct str audience, struct str *ret_pin)
{
    struct jws jws;
    const struct json *claims;
    struct str issuer = config_text(c->app->config, "identity.issuer");
    if (issuer.n == 0) return call_fail(c, ST_DENIED, "assertion", "This node believes no member about who is signed in. Set identity.issuer in node.yaml.");
    if (!split(c->arena, assertion, &jws)) return refuse(c, "not three parts");
    TRY(check_signature(c, &jws, issuer));
    if (json_parse(c, jws.claims, &claims) != ST_OK) return call_clear(c), refuse(c, "claims are no JSON");
    if (!str_eq(json_text(json_get(claims, "iss"), STR("")), issuer)) return refuse(c, "another issuer");
    if (!str_eq(json_text(json_get(claims, "aud"), STR("")), audience)) return refuse(c, "made for another service");
    TRY(check_times(c, claims));
    struct str pin = json_text(json_get(claims, "sub"), STR(""));
    if (!is_pin(pin)) return refuse(c, "no person");
    *ret_pin = pin;
    return ST_OK;
}
