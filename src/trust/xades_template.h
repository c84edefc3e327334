/* xades_template.h: the signature document that this program writes, as fixed text with fields in between. One table serves the writer and the quick
 * reader: what reads as this template is laid out exactly as what we write, so its canonical form is known without parsing. */
#ifndef SEN_TRUST_XADES_TEMPLATE_H
#define SEN_TRUST_XADES_TEMPLATE_H

#include "base/buf.h"
#include "trust/xades_int.h"

/* The namespaces on the root, in C14N order (by prefix): in the canonical form they stand on the signed element itself. */
#define XADES_NAMESPACES " xmlns:asic=\"" XADES_ASIC "\" xmlns:ds=\"" XADES_DS "\" xmlns:xades=\"" XADES_NS "\" xmlns:xsi=\"" XADES_XSI "\""
#define XADES_INFO_OPEN "<ds:SignedInfo"
#define XADES_PROPERTIES_OPEN "<xades:SignedProperties"

/* The fields in the order of the document; each as it stands there: escaped, or in base64. */
enum xades_field { XADES_METHOD, XADES_URI, XADES_ALG, XADES_DIGEST, XADES_PROPERTIES_ALG, XADES_PROPERTIES_DIGEST, XADES_VALUE, XADES_CERT, XADES_TIME, XADES_CERT_ALG,
                   XADES_CERT_DIGEST, XADES_ISSUER, XADES_SERIAL, XADES_MIME, XADES_OCSP, XADES_FIELDS };
/* The stretches of the document; two of them are signed: XADES_INFO and XADES_PROPERTIES begin after the name of their element and end with its end tag. */
enum xades_section { XADES_HEAD, XADES_INFO, XADES_KEY, XADES_PROPERTIES, XADES_TAIL, XADES_SECTIONS };
struct xades_text { struct str fields[XADES_FIELDS]; struct str sections[XADES_SECTIONS] /* set by the reader */; };

/* xades__put_section: one stretch with its fields filled in. */
void xades__put_section(struct buf *b, enum xades_section section, const struct xades_text *t);
/* xades__read_template: takes a document apart into views of it; false for whatever is not the template to the byte, or holds a signed field that the canonical
 * form would write in another way. Fields outside the signed sections (value, certificate, OCSP) are for decode_base64 to judge. */
bool xades__read_template(struct str xml, struct xades_text *ret);

#endif
