/* cert.h: certificates read, judged and (by the sandbox CA) made; OCSP answers as bytes. exchange carries and caches them. */
#ifndef SEN_TRUST_CERT_H
#define SEN_TRUST_CERT_H

#include "trust/trust.h"

/* cert_of_pem_or_der: DER of a certificate given as DER or PEM (shared parameters hold both). */
NODISCARD enum status cert_of_pem_or_der(struct call *c, struct str bytes, struct str *ret_der);
struct str cert_to_pem(struct arena *a, struct str der);

struct cert_info {
    struct str subject_cn, serial_number /* subject attribute */, business_category, country, organization, unit;
    struct str issuer_rfc4514, subject_rfc4514, serial_decimal;
    int64_t from_ms, to_ms;
    bool is_auth, is_sign, has_key_usage;  /* x-road.md 3.5 rule 2; key usage nonRepudiation */
    struct str public_key;                 /* SubjectPublicKeyInfo DER */
};
NODISCARD enum status cert_read(struct call *c, struct str der, struct cert_info *ret);

/* An approved CA of the directory: its top or intermediate certificates and the responders listed for them. */
struct cert_anchor { struct str der; const struct str *responders; size_t nresponders; bool is_top; };

/* cert_check_path: leaf (and chain) up to one of the anchors, valid at at_ms; issuer of each certificate comes out in order, for OCSP. ST_INVALID with a sentence;
 * call fault invalid_cert_path / cert_validity_time / cannot_create_cert_path stands in the error. */
struct cert_path { struct str certs[8]; size_t n; const struct cert_anchor *anchor[8]; };
NODISCARD enum status cert_check_path(struct call *c, struct str leaf, const struct str *chain, size_t nchain, const struct cert_anchor *anchors, size_t nanchors,
                                      int64_t at_ms, struct cert_path *ret);

/* ocsp_check: x-road.md 3.5 rule 4: first SingleResponse, SHA-1 CertID, signed by the issuer, a listed responder or one with EKU OCSPSigning issued by it;
 * thisUpdate no older than fresh_s at at_ms (60 s skew), nextUpdate not passed, status good. ST_INVALID; revoked has its own sentence. */
NODISCARD enum status ocsp_check(struct call *c, struct str response, struct str cert, struct str issuer, const struct str *responders, size_t nresponders,
                                 int64_t at_ms, int64_t fresh_s);
/* ocsp_is_about: is this certificate, of this issuer, the one that the answer speaks of? Says nothing about whether it is to be believed. */
bool ocsp_is_about(struct call *c, struct str response, struct str cert, struct str issuer);
/* ocsp_request: DER request for one certificate (SHA-1 CertID, no nonce). */
NODISCARD enum status ocsp_request(struct call *c, struct str cert, struct str issuer, struct str *ret);
/* ocsp_times: thisUpdate and nextUpdate of the first SingleResponse (TIME_FAR when absent), for caches. */
NODISCARD enum status ocsp_times(struct call *c, struct str response, int64_t *this_ms, int64_t *next_ms);

/* ---- sandbox CA: operator's node only ---- */
enum cert_status { CERT_GOOD, CERT_REVOKED, CERT_UNKNOWN };
/* csr_make: PKCS#10 for a key with the Basic profile's subject (x-road.md 3.7). sign: businessCategory=class, serialNumber=code, CN=O=name;
 * auth: CN=dns, serialNumber=member code, O=name. */
struct cert_subject { struct str country, cn, o, serial_number, business_category; };
NODISCARD enum status csr_make(struct call *c, const struct key *k, const struct cert_subject *s, struct str *ret_der);
enum cert_kind { CERT_CA, CERT_OCSP, CERT_TLS, CERT_SIGN, CERT_CONF, CERT_STAMP };
/* ca_issue: a certificate from a request; the CA key signs through the holder. CERT_CA: self-signed (issuer_der empty, csr of the CA key itself). */
NODISCARD enum status ca_issue(struct call *c, const struct key *ca, struct str issuer_der, struct str csr_der, enum cert_kind kind, int64_t serial, int64_t from_ms, int64_t to_ms, struct str *ret_der);
/* ca_self_signed_public_key: a CA or CONF certificate straight from a key (no CSR). */
NODISCARD enum status ca_self_signed(struct call *c, const struct key *k, const struct cert_subject *s, enum cert_kind kind, int64_t from_ms, int64_t to_ms, struct str *ret_der);
/* ocsp_read_request: the serial numbers asked (decimal text) when they belong to issuer. ocsp_answer: a signed response for one CertID. */
NODISCARD enum status ocsp_read_request(struct call *c, struct str request, struct str issuer, struct str *ret_serial);
NODISCARD enum status ocsp_answer(struct call *c, const struct key *responder, struct str responder_cert, struct str issuer, struct str request, enum cert_status status,
                                  int64_t revoked_ms, int64_t this_ms, int64_t next_ms, struct str *ret);

#endif
