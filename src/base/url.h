/* url.h: percent-encoding (RFC 3986), query strings, and the strict segment decoder of X-Road (x-road.md 1.1). */
#ifndef SEN_BASE_URL_H
#define SEN_BASE_URL_H

#include "base/buf.h"
#include "base/call.h"

/* url_encode: everything but unreserved characters (A-Z a-z 0-9 - . _ ~) as %XX. */
void url_encode_to(struct buf *b, struct str s);
struct str url_encode(struct arena *a, struct str s);
/* url_decode: %XX to bytes; with plus, '+' is a blank (forms). False on a broken %, an inner NUL or invalid UTF-8. */
bool url_decode(struct arena *a, struct str s, bool plus, struct str *ret);
/* url_decode_segment: only the literal characters A-Z a-z 0-9 - . _ ~ ! $ & ' ( ) * + , ; = : @ and %XX; false on anything else. */
bool url_decode_segment(struct arena *a, struct str s, struct str *ret);

/* url_query_next: the next name=value of a query string or form body, decoded; false at the end; *bad set on a broken one. */
bool url_query_next(struct arena *a, struct str *rest, struct str *name, struct str *value, bool *bad);

struct url { struct str scheme, host, path; int port; struct str query; };  /* path with its leading '/', at least "/" */
/* url_parse: absolute http or https URL without user info or fragment. */
bool url_parse(struct str s, struct url *ret);

#endif
