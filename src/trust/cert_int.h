/* cert_int.h: shared by the files that read, judge and make certificates and OCSP answers. */
#ifndef SEN_TRUST_CERT_INT_H
#define SEN_TRUST_CERT_INT_H

#include <openssl/x509.h>

#include "trust/cert.h"

enum { TRUST_SKEW_MS = 60000 }; /* clocks of peers may differ by this much */

/* trust__ms_of_asn1: UTC milliseconds of a GeneralizedTime or UTCTime; false for a damaged one. */
bool trust__ms_of_asn1(const ASN1_TIME *t, int64_t *ret);
/* trust__decimal: a serial number as decimal text. */
struct str trust__decimal(struct arena *a, const ASN1_INTEGER *number);

#endif
