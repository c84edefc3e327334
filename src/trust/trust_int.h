/* trust_int.h: shared by the files of this room; OpenSSL's own types stand in ossl.h. */
#ifndef SEN_TRUST_TRUST_INT_H
#define SEN_TRUST_TRUST_INT_H

#include <openssl/types.h>

#include "trust/trust.h"

/* trust__key_fits: may this public key be judged with a method of this kind (struct sig_method)? */
bool trust__key_fits(const EVP_PKEY *key, int kind);

/* trust__ecdsa_to_raw: the DER of an ECDSA signature as r || s of half bytes each. */
bool trust__ecdsa_to_raw(struct arena *a, struct str der, size_t half, struct str *ret);

/* trust__pem_certificates: the certificates of a PEM file as DER, in order; how many were found, at most `most`. */
size_t trust__pem_certificates(struct arena *a, struct str pem, struct str *ret, size_t most);

#endif
