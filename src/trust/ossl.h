/* ossl.h: OpenSSL objects that are released at the closing brace, and the one way its errors reach the log. For this room only. */
#ifndef SEN_TRUST_OSSL_H
#define SEN_TRUST_OSSL_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/call.h"
#include "trust/trust.h"

/* OSSL(X509) cert = NULL;  is freed at the brace. */
#define OSSL(type) __attribute__((cleanup(ossl__##type##_done))) type *
#define OSSL_TYPE(type, release) \
    static inline void ossl__##type##_done(type **p) { release(*p); }
OSSL_TYPE(ASN1_OBJECT, ASN1_OBJECT_free)
OSSL_TYPE(BIO, BIO_free_all)
OSSL_TYPE(BIGNUM, BN_free)
OSSL_TYPE(ECDSA_SIG, ECDSA_SIG_free)
OSSL_TYPE(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
OSSL_TYPE(EVP_MD_CTX, EVP_MD_CTX_free)
OSSL_TYPE(EVP_PKEY, EVP_PKEY_free)
OSSL_TYPE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OSSL_TYPE(OCSP_BASICRESP, OCSP_BASICRESP_free)
OSSL_TYPE(OCSP_CERTID, OCSP_CERTID_free)
OSSL_TYPE(OCSP_REQUEST, OCSP_REQUEST_free)
OSSL_TYPE(OCSP_RESPONSE, OCSP_RESPONSE_free)
OSSL_TYPE(PKCS7, PKCS7_free)
OSSL_TYPE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
OSSL_TYPE(TS_REQ, TS_REQ_free)
OSSL_TYPE(TS_RESP, TS_RESP_free)
OSSL_TYPE(TS_RESP_CTX, TS_RESP_CTX_free)
OSSL_TYPE(TS_TST_INFO, TS_TST_INFO_free)
OSSL_TYPE(TS_VERIFY_CTX, TS_VERIFY_CTX_free)
OSSL_TYPE(X509, X509_free)
OSSL_TYPE(X509_NAME, X509_NAME_free)
OSSL_TYPE(X509_REQ, X509_REQ_free)
OSSL_TYPE(X509_SIG, X509_SIG_free)
OSSL_TYPE(X509_STORE, X509_STORE_free)
OSSL_TYPE(X509_STORE_CTX, X509_STORE_CTX_free)

/* An i2d function writes its DER into a buffer of its own: DER_BYTES p = NULL; int n = i2d_X509(x, &p); */
static inline void ossl__der_done(unsigned char **p) { OPENSSL_free(*p); }
#define DER_BYTES __attribute__((cleanup(ossl__der_done))) unsigned char *

/* ossl__bytes: a view as OpenSSL wants it. */
static inline const unsigned char *ossl__bytes(struct str s) { return (const unsigned char *)s.p; }

/* ossl__copy: what an i2d function wrote, copied into the arena; ST_BROKEN when it failed. */
NODISCARD enum status ossl__copy(struct call *c, const char *what, const unsigned char *der, int n, struct str *ret);

/* ossl__broken: the library refused something that should have worked: its errors go to the log; ST_BROKEN. ossl__forget: they do not matter. */
enum status ossl__broken(struct call *c, const char *what);
void ossl__forget(void);

const EVP_MD *trust__md(enum digest d);
/* trust__digest: trust_digest into bytes of the caller's, digest_size(d) of them. */
void trust__digest(enum digest d, struct str bytes, uint8_t *ret);
bool trust__digest_of_nid(int nid, enum digest *ret);

/* trust__cert: an X509 from DER with nothing behind it; NULL when it is none. A new reference to what others may hold too: only to be read. */
X509 *trust__cert(const struct call *c, struct str der);

#endif
