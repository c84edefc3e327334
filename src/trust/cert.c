/* cert.c: certificates read: what a page, the directory and the rules of the exchange need to know of them. Judging a chain stands in path.c. */
#include "trust/cert.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/time.h"
#include "trust/cert_cache.h"
#include "trust/cert_int.h"
#include "trust/ossl.h"
#include "trust/trust_int.h"

enum { PEM_FILE_MAX = 256 * 1024, LINE = 64 };
static const char pem_begin[] = "-----BEGIN CERTIFICATE-----", pem_end[] = "-----END CERTIFICATE-----";

/* ---- PEM and DER ---- */

/* next_pem: the next certificate block of the text; blocks of other kinds are skipped, broken ones end the search. */
static bool next_pem(struct arena *a, struct str *text, struct str *ret)
{
    struct str before, body;
    return str_cut_at(text, str_z(pem_begin), &before) && str_cut_at(text, str_z(pem_end), &body) && decode_base64(a, str_trim(body), ret);
}

size_t trust__pem_certificates(struct arena *a, struct str pem, struct str *ret, size_t most)
{
    size_t n = 0;
    while (n < most && next_pem(a, &pem, &ret[n])) n++;
    return n;
}

static enum status refuse(struct call *c)
{
    ossl__forget();
    return call_fault(c, call_fail(c, ST_INVALID, "certificate", "This is not a certificate. Give an X.509 certificate in DER or PEM form."), STR("incorrect_certificate"));
}

enum status cert_of_pem_or_der(struct call *c, struct str bytes, struct str *ret_der)
{
    struct str der = bytes, text = bytes;
    if (bytes.n > PEM_FILE_MAX) return call_fail(c, ST_TOO_LARGE, "certificate", "A certificate has at most 256 KiB. Give one certificate only.");
    if (str_find(bytes, str_z(pem_begin)) != SIZE_MAX && !next_pem(c->arena, &text, &der)) return refuse(c);
    OSSL(X509) cert = trust__cert(c, der);
    if (!cert) return refuse(c);
    *ret_der = der;
    return ST_OK;
}

struct str cert_to_pem(struct arena *a, struct str der)
{
    struct str rest = encode_base64(a, der);
    struct buf out = buf_in(a, rest.n * 2 + 256);
    buf_put_z(&out, pem_begin);
    for (; rest.n > 0; rest = str_skip(rest, LINE)) {
        buf_put_c(&out, '\n');
        buf_put(&out, str_first(rest, LINE));
    }
    buf_put_c(&out, '\n');
    buf_put_z(&out, pem_end);
    buf_put_c(&out, '\n');
    return buf_str(&out);
}

/* ---- names, numbers, times ---- */

/* name_part: the last attribute of this kind as UTF-8; empty where there is none or it is not text. */
static struct str name_part(struct arena *a, const X509_NAME *name, int nid)
{
    int at = -1, next;
    while ((next = X509_NAME_get_index_by_NID(name, nid, at)) >= 0) at = next;
    if (at < 0) return STR("");
    DER_BYTES text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    return n > 0 ? str_copy(a, str_of(text, (size_t)n)) : STR("");
}

static struct str rfc4514(struct arena *a, const X509_NAME *name)
{
    OSSL(BIO) bio = BIO_new(BIO_s_mem());
    char *p;
    /* XN_FLAG_RFC2253 escapes as RFC 4514 asks; without ESC_MSB, so that names stay readable UTF-8. */
    if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0) return STR("");
    long n = BIO_get_mem_data(bio, &p);
    return str_copy(a, str_of(p, n > 0 ? (size_t)n : 0));
}

bool trust__ms_of_asn1(const ASN1_TIME *t, int64_t *ret)
{
    struct tm tm;
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1) return false;
    *ret = ((date_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 24 + tm.tm_hour) * 60 + tm.tm_min) * 60000 + tm.tm_sec * 1000;
    return true;
}

struct str trust__decimal(struct arena *a, const ASN1_INTEGER *number)
{
    OSSL(BIGNUM) bn = ASN1_INTEGER_to_BN(number, NULL);
    char *text = bn ? BN_bn2dec(bn) : NULL;
    struct str ret = str_copy(a, str_z(text));
    OPENSSL_free(text);
    return ret;
}

/* ---- what it may be used for ---- */

/* is_auth: x-road.md 3.5 rule 2: EKU clientAuth, or key usage with digitalSignature, keyEncipherment or dataEncipherment. */
static bool is_auth(X509 *cert, bool has_usage, uint32_t usage)
{
    uint32_t extended = X509_get_extended_key_usage(cert);
    if (extended != UINT32_MAX && (extended & XKU_SSL_CLIENT)) return true;
    return has_usage && (usage & (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT));
}

static void read_usage(X509 *cert, struct cert_info *ret)
{
    uint32_t usage = X509_get_key_usage(cert);
    ret->has_key_usage = X509_get_ext_by_NID(cert, NID_key_usage, -1) >= 0;
    ret->is_auth = is_auth(cert, ret->has_key_usage, usage);
    ret->is_sign = ret->has_key_usage && (usage & KU_NON_REPUDIATION);
}

enum status cert_read(struct call *c, struct str der, struct cert_info *ret)
{
    struct cert_cache *cache = c->app && c->app->trust ? c->app->trust->certs : NULL;
    if (cert_cache_info(cache, der, c->arena, ret)) return ST_OK;
    OSSL(X509) cert = trust__cert(c, der);
    struct cert_info info = { 0 };
    if (!cert || !trust__ms_of_asn1(X509_get0_notBefore(cert), &info.from_ms) || !trust__ms_of_asn1(X509_get0_notAfter(cert), &info.to_ms)) return refuse(c);
    const X509_NAME *subject = X509_get_subject_name(cert);
    info.subject_cn = name_part(c->arena, subject, NID_commonName);
    info.serial_number = name_part(c->arena, subject, NID_serialNumber);
    info.business_category = name_part(c->arena, subject, NID_businessCategory);
    info.country = name_part(c->arena, subject, NID_countryName);
    info.organization = name_part(c->arena, subject, NID_organizationName);
    info.unit = name_part(c->arena, subject, NID_organizationalUnitName);
    info.subject_rfc4514 = rfc4514(c->arena, subject);
    info.issuer_rfc4514 = rfc4514(c->arena, X509_get_issuer_name(cert));
    info.serial_decimal = trust__decimal(c->arena, X509_get0_serialNumber(cert));
    read_usage(cert, &info);
    DER_BYTES key = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key);
    TRY(ossl__copy(c, "public key", key, n, &info.public_key));
    cert_cache_keep_info(cache, der, &info);
    *ret = info;
    return ST_OK;
}
