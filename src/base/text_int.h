/* text_int.h: between text.c and text_key.c: ICU works on UTF-16 only. */
#ifndef SEN_BASE_TEXT_INT_H
#define SEN_BASE_TEXT_INT_H

#include <unicode/utypes.h>

#include "base/text.h"

/* text__to_utf16: a text of n bytes has at most n UTF-16 units. False when it is not valid UTF-8. */
bool text__to_utf16(struct arena *a, struct str s, UChar **ret, int32_t *ret_n);
bool text__from_utf16(struct arena *a, const UChar *wide, int32_t n, struct str *ret);

#endif
