/* xades_write.c: signature documents from a template. Everything that is signed is written once, in its canonical form (no empty-element tags,
 * attributes in order, C14N escapes); the document differs from it only in where the namespaces stand: there on the root, in the canonical
 * bytes on the signed element itself. A test canonicalises the document with libxml2 and compares. */
#include "trust/signature.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/time.h"
#include "base/xml.h"
#include "trust/hash_chain_int.h"
#include "trust/xades_int.h"

/* In C14N order: by prefix. */
#define NAMESPACES " xmlns:asic=\"" XADES_ASIC "\" xmlns:ds=\"" XADES_DS "\" xmlns:xades=\"" XADES_NS "\" xmlns:xsi=\"" XADES_XSI "\""

/* The policy that X-Road names in every signature: a document of 2013, its SHA-512 and where it lies. */
#define POLICY \
    "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>" \
    "<xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>" \
    "<xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description></xades:SigPolicyId>" \
    "<xades:SigPolicyHash><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"></ds:DigestMethod>" \
    "<ds:DigestValue>BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==</ds:DigestValue></xades:SigPolicyHash>" \
    "<xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI></xades:SigPolicyQualifier>" \
    "</xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>"

/* What the first reference points at. */
struct target { struct str uri, mime; enum digest alg; struct str digest; };

static void put_digest(struct buf *b, enum digest alg, struct str digest)
{
    buf_put_z(b, "<ds:DigestMethod Algorithm=\"");
    xml_put_attr(b, digest_uri(alg));
    buf_put_z(b, "\"></ds:DigestMethod><ds:DigestValue>");
    encode_base64_to(b, digest);
    buf_put_z(b, "</ds:DigestValue>");
}

static void put_signing_certificate(struct call *c, struct buf *b, struct str cert_der, const struct cert_info *info)
{
    buf_put_z(b, "<xades:SigningCertificate><xades:Cert><xades:CertDigest>");
    put_digest(b, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, cert_der));
    buf_put_z(b, "</xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>");
    xml_put_text(b, info->issuer_rfc4514);
    buf_put_z(b, "</ds:X509IssuerName><ds:X509SerialNumber>");
    xml_put_text(b, info->serial_decimal);
    buf_put_z(b, "</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>");
}

/* The inside of SignedProperties and its end tag. */
static enum status write_properties(struct call *c, struct str cert_der, struct str mime, struct str *ret)
{
    char at[TIME_TEXT];
    struct cert_info info;
    struct buf b = buf_in(c->arena, XADES_MAX);
    TRY(cert_read(c, cert_der, &info));
    time_format_ms(c->now_ms, at);
    buf_put_z(&b, " Id=\"signed-properties\"><xades:SignedSignatureProperties><xades:SigningTime>");
    buf_put_z(&b, at);
    buf_put_z(&b, "</xades:SigningTime>");
    put_signing_certificate(c, &b, cert_der, &info);
    buf_put_z(&b, POLICY "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>"
                         "<xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>");
    xml_put_text(&b, mime);
    buf_put_z(&b, "</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>");
    return buf_finish(&b, ret);
}

/* The inside of SignedInfo and its end tag. */
static enum status write_signed_info(struct call *c, struct sig_method method, const struct target *t, struct str properties, struct str *ret)
{
    struct buf b = buf_in(c->arena, XADES_MAX);
    struct str canonical = str_join(c->arena, STR("<xades:SignedProperties" NAMESPACES), properties, STR_END);
    buf_put_z(&b, "><ds:CanonicalizationMethod Algorithm=\"" XADES_C14N "\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"");
    xml_put_attr(&b, sig_method_uri(method));
    buf_put_z(&b, "\"></ds:SignatureMethod><ds:Reference Id=\"signature-reference-0\" URI=\"");
    xml_put_attr(&b, t->uri);
    buf_put_z(&b, "\">");
    put_digest(&b, t->alg, t->digest);
    buf_put_z(&b, "</ds:Reference><ds:Reference Id=\"signature-reference-1\" Type=\"" XADES_PROPERTIES_TYPE "\" URI=\"#signed-properties\">");
    put_digest(&b, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, canonical));
    buf_put_z(&b, "</ds:Reference></ds:SignedInfo>");
    return buf_finish(&b, ret);
}

struct pieces { struct str signed_info, value, cert, properties, ocsp; };

static enum status write_document(struct call *c, const struct pieces *p, struct str *ret)
{
    struct buf b = buf_in(c->arena, XADES_MAX);
    buf_put_z(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:XAdESSignatures" NAMESPACES "><ds:Signature Id=\"signature\"><ds:SignedInfo");
    buf_put(&b, p->signed_info);
    buf_put_z(&b, "<ds:SignatureValue Id=\"signature-value\">");
    encode_base64_to(&b, p->value);
    buf_put_z(&b, "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>");
    encode_base64_to(&b, p->cert);
    buf_put_z(&b, "</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties Target=\"#signature\"><xades:SignedProperties");
    buf_put(&b, p->properties);
    buf_put_z(&b, "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues>"
                  "<xades:EncapsulatedOCSPValue Id=\"ocsp-response-1\">");
    encode_base64_to(&b, p->ocsp);
    buf_put_z(&b, "</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
                  "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>");
    return buf_finish(&b, ret);
}

static enum status sign_target(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct target *t, struct str *ret)
{
    struct sig_method method = { DIGEST_SHA512, key_algorithm(k) == KEY_P256 ? SIG_ECDSA : SIG_RSA }, used;
    struct pieces p = { .cert = cert_der, .ocsp = ocsp };
    TRY(write_properties(c, cert_der, t->mime, &p.properties));
    TRY(write_signed_info(c, method, t, p.properties, &p.signed_info));
    struct str canonical = str_join(c->arena, STR("<ds:SignedInfo" NAMESPACES), p.signed_info, STR_END);
    TRY(trust_sign_bytes(c, k, KEY_SIGN, true, canonical, &used, &p.value));
    if (used.digest != method.digest || used.kind != method.kind)
        return call_fail(c, ST_INVALID, "key", "Messages are signed with P-256 or RSA keys. Make a signing key of one of these kinds.");
    return write_document(c, &p, ret);
}

enum status signature_make_batch(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct signed_message *messages, size_t n,
                                 struct signature_doc *ret)
{
    struct str result, xml, *chains = arena_array(c->arena, struct str, n);
    TRY(hash_chain__write(c, messages, n, &result, chains));
    struct target t = { STR(XADES_CHAIN_RESULT), STR("application/hash-chain-result"), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, result) };
    TRY(sign_target(c, k, cert_der, ocsp, &t, &xml));
    for (size_t i = 0; i < n; i++) ret[i] = (struct signature_doc){ xml, result, chains[i] };
    return ST_OK;
}

enum status signature_make(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct signed_part *parts, size_t nparts,
                           struct signature_doc *ret)
{
    struct str xml;
    if (nparts != 1) return signature_make_batch(c, k, cert_der, ocsp, &(struct signed_message){ parts, nparts }, 1, ret);
    struct target t = { parts[0].name, STR("text/xml"), parts[0].alg, parts[0].digest };
    TRY(sign_target(c, k, cert_der, ocsp, &t, &xml));
    *ret = (struct signature_doc){ .xml = xml };
    return ST_OK;
}
