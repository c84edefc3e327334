/* encode.h: base64 (RFC 4648), base64url without padding, hex. Decoders refuse everything that is not exactly right. */
#ifndef SEN_BASE_ENCODE_H
#define SEN_BASE_ENCODE_H

#include "base/str.h"

struct arena;
struct buf;

struct str encode_base64(struct arena *a, struct str bytes);
struct str encode_base64url(struct arena *a, struct str bytes);
struct str encode_hex(struct arena *a, struct str bytes); /* lower case */
void encode_base64_to(struct buf *b, struct str bytes);

/* decode_base64: padding required; CR, LF, blanks and tabs between characters are skipped (XML signatures break lines).
 * False, *ret untouched, on anything else. */
bool decode_base64(struct arena *a, struct str text, struct str *ret);
bool decode_base64url(struct arena *a, struct str text, struct str *ret);
bool decode_base64_to(struct buf *b, struct str text); /* as decode_base64; a buf that is too small fails, as with everything that is put there */
bool decode_hex(struct arena *a, struct str text, struct str *ret);

#endif
