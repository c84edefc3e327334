/* xades_template.c: the table of the signature document, and the two ways through it: filling in and taking apart. Everything signed is written in its
 * canonical form (no empty-element tags, attributes in order, C14N escapes). */
#include "trust/xades_template.h"

#include "base/text.h"

#define DIGEST_OPEN "<ds:DigestMethod Algorithm=\""
#define DIGEST_MIDDLE "\"></ds:DigestMethod><ds:DigestValue>"
#define DIGEST_END "</ds:DigestValue>"

/* The policy that X-Road names in every signature: a document of 2013, its SHA-512 and where it lies. */
#define POLICY \
    "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>" \
    "<xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>" \
    "<xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description></xades:SigPolicyId>" \
    "<xades:SigPolicyHash><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"></ds:DigestMethod>" \
    "<ds:DigestValue>BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==</ds:DigestValue></xades:SigPolicyHash>" \
    "<xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI></xades:SigPolicyQualifier>" \
    "</xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>"

/* What a field may hold: a name or number or digest (no character that is escaped anywhere), text as C14N writes it, or base64 that nobody canonicalises. */
enum kind { NONE, PLAIN, TEXT, UNSIGNED };

static const struct row { enum xades_section section; struct str literal; enum kind kind; enum xades_field field; } rows[] = {
    { XADES_HEAD, STR_INIT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:XAdESSignatures" XADES_NAMESPACES "><ds:Signature Id=\"signature\">" XADES_INFO_OPEN), NONE, 0 },
    { XADES_INFO, STR_INIT("><ds:CanonicalizationMethod Algorithm=\"" XADES_C14N "\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\""), PLAIN, XADES_METHOD },
    { XADES_INFO, STR_INIT("\"></ds:SignatureMethod><ds:Reference Id=\"signature-reference-0\" URI=\""), PLAIN, XADES_URI },
    { XADES_INFO, STR_INIT("\">" DIGEST_OPEN), PLAIN, XADES_ALG },
    { XADES_INFO, STR_INIT(DIGEST_MIDDLE), PLAIN, XADES_DIGEST },
    { XADES_INFO, STR_INIT(DIGEST_END "</ds:Reference><ds:Reference Id=\"signature-reference-1\" Type=\"" XADES_PROPERTIES_TYPE "\" URI=\"#signed-properties\">" DIGEST_OPEN), PLAIN,
      XADES_PROPERTIES_ALG },
    { XADES_INFO, STR_INIT(DIGEST_MIDDLE), PLAIN, XADES_PROPERTIES_DIGEST },
    { XADES_INFO, STR_INIT(DIGEST_END "</ds:Reference></ds:SignedInfo>"), NONE, 0 },
    { XADES_KEY, STR_INIT("<ds:SignatureValue Id=\"signature-value\">"), UNSIGNED, XADES_VALUE },
    { XADES_KEY, STR_INIT("</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"), UNSIGNED, XADES_CERT },
    { XADES_KEY, STR_INIT("</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties Target=\"#signature\">" XADES_PROPERTIES_OPEN), NONE, 0 },
    { XADES_PROPERTIES, STR_INIT(" Id=\"signed-properties\"><xades:SignedSignatureProperties><xades:SigningTime>"), PLAIN, XADES_TIME },
    { XADES_PROPERTIES, STR_INIT("</xades:SigningTime><xades:SigningCertificate><xades:Cert><xades:CertDigest>" DIGEST_OPEN), PLAIN, XADES_CERT_ALG },
    { XADES_PROPERTIES, STR_INIT(DIGEST_MIDDLE), PLAIN, XADES_CERT_DIGEST },
    { XADES_PROPERTIES, STR_INIT(DIGEST_END "</xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>"), TEXT, XADES_ISSUER },
    { XADES_PROPERTIES, STR_INIT("</ds:X509IssuerName><ds:X509SerialNumber>"), PLAIN, XADES_SERIAL },
    { XADES_PROPERTIES, STR_INIT("</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>" POLICY "</xades:SignedSignatureProperties>"
                                 "<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>"), TEXT, XADES_MIME },
    { XADES_PROPERTIES, STR_INIT("</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>"), NONE, 0 },
    { XADES_TAIL, STR_INIT("<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues>"
                           "<xades:EncapsulatedOCSPValue Id=\"ocsp-response-1\">"), UNSIGNED, XADES_OCSP },
    { XADES_TAIL, STR_INIT("</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
                           "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>"), NONE, 0 },
};
enum { ROWS = sizeof rows / sizeof *rows };

void xades__put_section(struct buf *b, enum xades_section section, const struct xades_text *t)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].section != section) continue;
        buf_put(b, rows[i].literal);
        if (rows[i].kind != NONE) buf_put(b, t->fields[rows[i].field]);
    }
}

/* is_plain: visible ASCII without a character that XML or C14N writes in two ways. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '&' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '"' || s.p[i] == '\'') return false;
    return true;
}

/* is_canonical_text: text as C14N writes it: three characters as their entities, no control characters (CR has an escape of its own, the others are no XML).
 * What begins with the byte EF (U+F000 to U+FFFF, two of which are no XML) is left to the parser. */
static bool is_canonical_text(struct str s)
{
    static const struct str entities[] = { STR_INIT("&amp;"), STR_INIT("&lt;"), STR_INIT("&gt;") };
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch < ' ' || ch == 0x7f || ch == 0xef || ch == '<' || ch == '>') return false;
        if (ch != '&') continue;
        struct str rest = str_skip(s, i);
        if (!str_starts(rest, entities[0]) && !str_starts(rest, entities[1]) && !str_starts(rest, entities[2])) return false;
    }
    return text_is_utf8(s);
}

static bool fits(enum kind kind, struct str s)
{
    switch (kind) {
    case PLAIN: return is_plain(s);
    case TEXT: return is_canonical_text(s);
    case NONE:
    case UNSIGNED: break;
    }
    return true;
}

/* cut_field: up to the character with which the text after the field begins: '<' or '"', which no field holds. */
static bool cut_field(struct str *rest, char end, struct str *ret)
{
    const char *at = rest->n ? memchr(rest->p, end, rest->n) : NULL;
    if (!at || at == rest->p) return false;
    *ret = str_first(*rest, (size_t)(at - rest->p));
    *rest = str_skip(*rest, ret->n);
    return true;
}

bool xades__read_template(struct str xml, struct xades_text *ret)
{
    struct str rest = xml;
    const char *from = xml.p;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        if (!str_starts(rest, row->literal)) return false;
        rest = str_skip(rest, row->literal.n);
        if (row->kind != NONE && (!cut_field(&rest, *rows[i + 1].literal.p, &ret->fields[row->field]) || !fits(row->kind, ret->fields[row->field]))) return false;
        if (i + 1 < ROWS && rows[i + 1].section == row->section) continue;
        ret->sections[row->section] = str_of(from, (size_t)(rest.p - from));
        from = rest.p;
    }
    return rest.n == 0;
}
