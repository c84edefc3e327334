/* xades_int.h: the names that the writer and the judge of signature documents share (x-road 3.6, ETSI TS 101 903). */
#ifndef SEN_TRUST_XADES_INT_H
#define SEN_TRUST_XADES_INT_H

#define XADES_ASIC "http://uri.etsi.org/02918/v1.2.1#"
#define XADES_ASIC_OLD "http://uri.etsi.org/02918/v1.1.1#"
#define XADES_DS "http://www.w3.org/2000/09/xmldsig#"
#define XADES_NS "http://uri.etsi.org/01903/v1.3.2#"
#define XADES_XSI "http://www.w3.org/2001/XMLSchema-instance"

#define XADES_C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define XADES_C14N_EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define XADES_PROPERTIES_TYPE "http://uri.etsi.org/01903#SignedProperties"
#define XADES_MESSAGE "/message.xml"
#define XADES_CHAIN_RESULT "/sig-hashchainresult.xml"

enum { XADES_MAX = 1024 * 1024, XADES_PARTS_MAX = 256 };

#endif
