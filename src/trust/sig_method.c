/* sig_method.c: the names of signature algorithms in XML and in configuration directories (RFC 6931). SHA-1 has no row: it is not accepted. */
#include "trust/trust.h"

#define MORE_2001 "http://www.w3.org/2001/04/xmldsig-more#"
#define MORE_2007 "http://www.w3.org/2007/05/xmldsig-more#"

static const struct { struct sig_method method; struct str uri; } methods[] = {
    { { DIGEST_SHA512, SIG_RSA }, STR_INIT(MORE_2001 "rsa-sha512") },
    { { DIGEST_SHA384, SIG_RSA }, STR_INIT(MORE_2001 "rsa-sha384") },
    { { DIGEST_SHA256, SIG_RSA }, STR_INIT(MORE_2001 "rsa-sha256") },
    { { DIGEST_SHA512, SIG_ECDSA }, STR_INIT(MORE_2001 "ecdsa-sha512") },
    { { DIGEST_SHA384, SIG_ECDSA }, STR_INIT(MORE_2001 "ecdsa-sha384") },
    { { DIGEST_SHA256, SIG_ECDSA }, STR_INIT(MORE_2001 "ecdsa-sha256") },
    { { DIGEST_SHA512, SIG_RSA_PSS }, STR_INIT(MORE_2007 "sha512-rsa-MGF1") },
    { { DIGEST_SHA384, SIG_RSA_PSS }, STR_INIT(MORE_2007 "sha384-rsa-MGF1") },
    { { DIGEST_SHA256, SIG_RSA_PSS }, STR_INIT(MORE_2007 "sha256-rsa-MGF1") },
};
enum { NMETHODS = sizeof methods / sizeof methods[0] };

bool sig_method_of_uri(struct str uri, struct sig_method *ret)
{
    for (size_t i = 0; i < NMETHODS; i++) {
        if (!str_eq(uri, methods[i].uri)) continue;
        *ret = methods[i].method;
        return true;
    }
    return false;
}

struct str sig_method_uri(struct sig_method m)
{
    for (size_t i = 0; i < NMETHODS; i++)
        if (methods[i].method.digest == m.digest && methods[i].method.kind == m.kind) return methods[i].uri;
    return STR("");
}
