/* trust.h: keys in the key holder, certificates, their status, and what is signed with them. Cryptography is called only in this room.
 * Sources: reference x-road digest 3.5 to 3.8 and 4, RFC 5280, RFC 6960, ETSI TS 101 903 (XAdES). */
#ifndef SEN_TRUST_TRUST_H
#define SEN_TRUST_TRUST_H

#include "base/app.h"
#include "base/call.h"
#include "base/spool.h"

/* ---- digests ---- */
enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 }; /* OpenSSL has functions called SHA1 ... */
enum { DIGEST_MAX = 64 };
size_t digest_size(enum digest d);
struct str trust_digest(struct arena *a, enum digest d, struct str bytes);
/* trust_digest_extent: of what lies in a file; ST_UNAVAILABLE when the disk fails. */
NODISCARD enum status trust_digest_extent(struct call *c, enum digest d, const struct extent *s, struct str *ret);
void trust_sha256(struct str bytes, uint8_t ret[static 32]);
void trust_sha1(struct str bytes, uint8_t ret[static 20]);
void trust_sha224(struct str bytes, uint8_t ret[static 28]); /* of anchors, which people compare */
/* digest_uri: the XML URI ("http://www.w3.org/2001/04/xmlenc#sha512"); digest_of_uri: the opposite, false for an unknown one. */
struct str digest_uri(enum digest d);
bool digest_of_uri(struct str uri, enum digest *ret);

/* ---- keys: handles only; the private part stays in the key holder process ---- */
enum key_purpose { KEY_TLS, KEY_SIGN, KEY_HEAD, KEY_ASSERT, KEY_CA, KEY_OCSP, KEY_CONF, KEY_STAMP, KEY_SEAL };
enum key_algorithm { KEY_P256, KEY_RSA2048, KEY_ED25519, KEY_AES256 };
struct key;  /* a handle: id, purpose, algorithm, public part */

/* trust_key: the newest key of this purpose and owner; owner is a member ("GOV/10001") for KEY_SIGN, else "". ST_NOT_FOUND with a sentence. */
NODISCARD enum status trust_key(struct call *c, enum key_purpose purpose, struct str owner, const struct key **ret);
/* trust_key_of_public: the key of this purpose with this public part (SubjectPublicKeyInfo, DER), for certificates of older keys. ST_NOT_FOUND with a sentence. */
NODISCARD enum status trust_key_of_public(struct call *c, enum key_purpose purpose, struct str public_key, const struct key **ret);
struct str key_id(const struct key *k);                    /* "sign-p256-20261122-GOV-10001" : name of its files under keys/ */
enum key_algorithm key_algorithm(const struct key *k);
enum key_purpose key_purpose(const struct key *k);
struct str key_public(const struct key *k);                /* SubjectPublicKeyInfo, DER */
/* key_certificate: its certificate (DER, the first of keys/<id>.cert.pem); ST_NOT_FOUND before one was given. */
NODISCARD enum status key_certificate(struct call *c, const struct key *k, struct str *ret);
/* key_certificates: the same with the chain above it, leaf first, at most `most`. */
NODISCARD enum status key_certificates(struct call *c, const struct key *k, struct str *ret, size_t most, size_t *n);

/* trust_sign: the holder signs one digest (P-256: ASN.1 DER; RSA: PKCS#1 v1.5; Ed25519: `digest` is the message, at most 4 KiB). Its deadline
 * (500 ms unless trust.holder_ms says otherwise) passed: ST_UNAVAILABLE. A purpose that the key does not allow is ST_DENIED. */
NODISCARD enum status trust_sign(struct call *c, const struct key *k, enum key_purpose purpose, enum digest alg, struct str digest, struct str *ret);
/* trust_sign_all: up to 64 digests in one question to the holder. */
NODISCARD enum status trust_sign_all(struct call *c, const struct key *k, enum key_purpose purpose, enum digest alg, const struct str *digests, size_t n, struct str *ret);
/* trust_seal, trust_open_sealed: AES-256-GCM with the node's sealing key; bound is authenticated beside (e.g. message id). */
NODISCARD enum status trust_seal(struct call *c, struct str bound, struct str plain, struct str *ret);
NODISCARD enum status trust_open_sealed(struct call *c, struct str bound, struct str sealed, struct str *ret);

/* trust_make_key: asks the holder for a new key; returns its handle. Only for `node init` and renewal. */
NODISCARD enum status trust_make_key(struct call *c, enum key_purpose purpose, enum key_algorithm alg, struct str owner, const struct key **ret);

/* trust_start: connects to the holder at socket, reads the public parts; ask_ms: how long one answer may take (setting trust.holder_ms). trust_stop closes. */
NODISCARD enum status trust_start(struct call *c, struct str keys_folder, struct str socket, int64_t ask_ms, struct trust **ret);
void trust_stop(struct trust *t);

/* ---- TLS bridge: web makes TLS objects of these, and only web includes OpenSSL's or GnuTLS's TLS headers ---- */
/* key_evp: an EVP_PKEY whose private operation asks the holder (P-256 through EC_KEY_METHOD; RSA PKCS#1 for X509/OCSP signing). New reference. */
NODISCARD enum status key_evp(struct call *c, const struct key *k, enum key_purpose purpose, void **ret_evp_pkey);

/* ---- signature algorithms on public keys ---- */
/* trust_verify_ed25519: a message by a raw 32-byte public key. */
NODISCARD enum status trust_verify_ed25519(struct call *c, struct str public_key, struct str message, struct str sig);
/* An XML or configuration signature method URI: digest, and whether RSA, RSA-PSS or ECDSA. */
struct sig_method { enum digest digest; enum { SIG_RSA, SIG_RSA_PSS, SIG_ECDSA } kind; };
bool sig_method_of_uri(struct str uri, struct sig_method *ret);
struct str sig_method_uri(struct sig_method m);
/* trust_verify_method: signature of bytes by the certificate's key; raw_ecdsa: r||s instead of DER (XML signatures). ST_INVALID when it does not match or the
 * algorithm is not accepted. */
NODISCARD enum status trust_verify_method(struct call *c, struct str cert_der, struct sig_method m, bool raw_ecdsa, struct str bytes, struct str sig);
/* trust_sign_bytes: digest and sign with the key's natural method (SHA-512; P-256 or RSA); raw_ecdsa as above. */
NODISCARD enum status trust_sign_bytes(struct call *c, const struct key *k, enum key_purpose purpose, bool raw_ecdsa, struct str bytes, struct sig_method *method, struct str *ret);

extern const struct module trust_module;

#endif
