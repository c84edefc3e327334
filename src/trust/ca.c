/* ca.c: requests for certificates, and the certification authority of a sandbox nation: certificates of the Basic profile (x-road.md 3.7) and
 * certificates that are their own issuer. A real nation's authority stands elsewhere. Every signature is made by the key holder. */
#include "trust/cert.h"

#include "base/random.h"
#include "trust/cert_int.h"
#include "trust/ossl.h"
#include "trust/trust_int.h"

enum { DNS_MOST = 253 };

static enum status refuse(struct call *c, const char *field, const char *sentence)
{
    ossl__forget();
    return call_fail(c, ST_INVALID, field, sentence);
}

static enum status bridge(struct call *c, const struct key *k, enum key_purpose purpose, EVP_PKEY **ret)
{
    void *pkey;
    TRY(key_evp(c, k, purpose, &pkey));
    *ret = pkey;
    return ST_OK;
}

/* ---- names ---- */

static bool add_part(X509_NAME *name, int nid, struct str value)
{
    return value.n == 0 || X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, ossl__bytes(value), (int)value.n, -1, 0) == 1;
}

static enum status name_of(struct call *c, const struct cert_subject *s, X509_NAME *name)
{
    bool ok = add_part(name, NID_countryName, s->country) && add_part(name, NID_organizationName, s->o) && add_part(name, NID_businessCategory, s->business_category) &&
              add_part(name, NID_serialNumber, s->serial_number) && add_part(name, NID_commonName, s->cn);
    return ok ? ST_OK : refuse(c, "name", "The name does not fit into a certificate: a name has at most 64 characters, a country two letters, a member code plain letters and digits.");
}

/* ---- requests ---- */

enum status csr_make(struct call *c, const struct key *k, const struct cert_subject *s, struct str *ret_der)
{
    OSSL(X509_REQ) req = X509_REQ_new();
    OSSL(EVP_PKEY) key = NULL;
    TRY(bridge(c, k, key_purpose(k), &key));
    if (!req) return ossl__broken(c, "request");
    TRY(name_of(c, s, X509_REQ_get_subject_name(req)));
    if (X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 || X509_REQ_set_pubkey(req, key) != 1 || X509_REQ_sign(req, key, trust__md(DIGEST_SHA256)) <= 0)
        return ossl__broken(c, "request");
    DER_BYTES der = NULL;
    int n = i2d_X509_REQ(req, &der);
    return ossl__copy(c, "request", der, n, ret_der);
}

static enum status read_request(struct call *c, struct str der, X509_REQ **ret)
{
    const unsigned char *p = ossl__bytes(der);
    OSSL(X509_REQ) req = der.n && der.n <= INT32_MAX ? d2i_X509_REQ(NULL, &p, (long)der.n) : NULL;
    EVP_PKEY *key = req ? X509_REQ_get0_pubkey(req) : NULL;
    if (!key || p != ossl__bytes(der) + der.n || X509_REQ_verify(req, key) != 1) return refuse(c, "request", "This is not a request for a certificate, or its signature is wrong. Make it again with `sen node init`.");
    if (!trust__key_fits(key, SIG_ECDSA) && !trust__key_fits(key, SIG_RSA)) return refuse(c, "request", "The key of the request is too weak. Use P-256 or RSA from 2048 bits.");
    *ret = req;
    req = NULL;
    return ST_OK;
}

/* ---- what each kind of certificate may do ---- */

struct extension { int nid; const char *value; };
static const struct extension ext_ca[] = { { NID_basic_constraints, "critical,CA:TRUE" }, { NID_key_usage, "critical,keyCertSign,cRLSign" }, { 0 } };
static const struct extension ext_ocsp[] = {
    { NID_basic_constraints, "CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" }, { NID_ext_key_usage, "critical,OCSPSigning" }, { NID_id_pkix_OCSP_noCheck, "ignored" }, { 0 }
};
static const struct extension ext_tls[] = {
    { NID_basic_constraints, "CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" }, { NID_ext_key_usage, "clientAuth,serverAuth" }, { 0 }
};
static const struct extension ext_sign[] = { { NID_basic_constraints, "CA:FALSE" }, { NID_key_usage, "critical,nonRepudiation" }, { 0 } };
static const struct extension ext_conf[] = { { NID_basic_constraints, "CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" }, { 0 } };
static const struct extension ext_stamp[] = {
    { NID_basic_constraints, "CA:FALSE" }, { NID_key_usage, "critical,digitalSignature,nonRepudiation" }, { NID_ext_key_usage, "critical,timeStamping" }, { 0 }
};

static const struct extension *extensions_of(enum cert_kind kind)
{
    switch (kind) {
    case CERT_CA: return ext_ca;
    case CERT_OCSP: return ext_ocsp;
    case CERT_TLS: return ext_tls;
    case CERT_SIGN: return ext_sign;
    case CERT_CONF: return ext_conf;
    case CERT_STAMP: return ext_stamp;
    }
    return ext_sign;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

/* dns_name: the common name as a subjectAltName, only where it is plainly a host name: it comes from outside and becomes part of OpenSSL's syntax. */
static const char *dns_name(struct arena *a, const X509 *cert)
{
    char cn[DNS_MOST + 1];
    int n = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof cn);
    if (n <= 0) return NULL;
    for (int i = 0; i < n; i++) {
        bool plain = (cn[i] >= 'a' && cn[i] <= 'z') || (cn[i] >= '0' && cn[i] <= '9') || cn[i] == '-' || cn[i] == '.';
        if (!plain) return NULL;
    }
    return str_to_z(a, str_join(a, STR("DNS:"), str_of(cn, (size_t)n), STR_END));
}

static bool add_extensions(struct call *c, X509 *cert, X509 *issuer, enum cert_kind kind)
{
    for (const struct extension *e = extensions_of(kind); e->value; e++)
        if (!add_extension(cert, issuer, e->nid, e->value)) return false;
    const char *dns = kind == CERT_TLS ? dns_name(c->arena, cert) : NULL;
    if (dns && !add_extension(cert, issuer, NID_subject_alt_name, dns)) return false;
    return add_extension(cert, issuer, NID_subject_key_identifier, "hash") && (issuer == cert || add_extension(cert, issuer, NID_authority_key_identifier, "keyid"));
}

/* ---- certificates ---- */

struct terms { enum cert_kind kind; int64_t serial, from_ms, to_ms; };

/* fill: everything of the certificate but its signature; issuer NULL: the certificate itself. */
static enum status fill(struct call *c, X509 *cert, X509 *issuer, const X509_NAME *subject, EVP_PKEY *key, const struct terms *t)
{
    if (t->serial <= 0 || t->to_ms <= t->from_ms) return refuse(c, "", "A certificate needs a serial number above 0 and an end after its beginning.");
    bool ok = X509_set_version(cert, X509_VERSION_3) == 1 && ASN1_INTEGER_set_int64(X509_get_serialNumber(cert), t->serial) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(cert), t->from_ms / 1000) && ASN1_TIME_set(X509_getm_notAfter(cert), t->to_ms / 1000) &&
              X509_set_subject_name(cert, subject) == 1 && X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject) == 1 &&
              X509_set_pubkey(cert, key) == 1 && add_extensions(c, cert, issuer ? issuer : cert, t->kind);
    return ok ? ST_OK : ossl__broken(c, "certificate");
}

static enum status sign(struct call *c, X509 *cert, EVP_PKEY *by, struct str *ret_der)
{
    if (X509_sign(cert, by, trust__md(DIGEST_SHA256)) <= 0) return ossl__broken(c, "sign certificate");
    DER_BYTES der = NULL;
    int n = i2d_X509(cert, &der);
    return ossl__copy(c, "certificate", der, n, ret_der);
}

enum status ca_issue(struct call *c, const struct key *ca, struct str issuer_der, struct str csr_der, enum cert_kind kind, int64_t serial, int64_t from_ms, int64_t to_ms,
                     struct str *ret_der)
{
    OSSL(X509_REQ) req = NULL;
    OSSL(EVP_PKEY) by = NULL;
    OSSL(X509) issuer = issuer_der.n ? trust__cert(c, issuer_der) : NULL;
    OSSL(X509) cert = X509_new();
    bool own = issuer_der.n == 0;
    TRY(read_request(c, csr_der, &req));
    TRY(bridge(c, ca, KEY_CA, &by));
    if (!own && (!issuer || EVP_PKEY_eq(X509_get0_pubkey(issuer), by) != 1)) return refuse(c, "issuer", "The issuer's certificate does not belong to this key. Give the authority's own certificate.");
    if (own && EVP_PKEY_eq(X509_REQ_get0_pubkey(req), by) != 1) return refuse(c, "issuer", "Only the authority's own request may be issued without an issuer.");
    if (!cert) return ossl__broken(c, "certificate");
    TRY(fill(c, cert, issuer, X509_REQ_get_subject_name(req), X509_REQ_get0_pubkey(req), &(struct terms){ kind, serial, from_ms, to_ms }));
    return sign(c, cert, by, ret_der);
}

static int64_t random_serial(void)
{
    uint64_t v;
    random_bytes(&v, sizeof v);
    return (int64_t)(v >> 2 | 1);
}

enum status ca_self_signed(struct call *c, const struct key *k, const struct cert_subject *s, enum cert_kind kind, int64_t from_ms, int64_t to_ms, struct str *ret_der)
{
    OSSL(EVP_PKEY) key = NULL;
    OSSL(X509) cert = X509_new();
    OSSL(X509_NAME) name = X509_NAME_new();
    TRY(bridge(c, k, key_purpose(k), &key));
    if (!cert || !name) return ossl__broken(c, "certificate");
    TRY(name_of(c, s, name));
    TRY(fill(c, cert, NULL, name, key, &(struct terms){ kind, random_serial(), from_ms, to_ms }));
    return sign(c, cert, key, ret_der);
}
