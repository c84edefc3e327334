/* text.h: people's text: UTF-8, NFC (ICU), what may stand in a line. Store NFC, accept NFD. */
#ifndef SEN_BASE_TEXT_H
#define SEN_BASE_TEXT_H

#include "base/call.h"

size_t text_step(struct str s);                       /* bytes of the first code point; 0 when it is not valid or s is empty */
bool text_is_utf8(struct str s);                      /* strict: no overlong forms, no surrogates */
bool text_is_plain(struct str s);                     /* valid UTF-8 without control characters (tab and line breaks count as such) */
size_t text_count(struct str s);                      /* code points of valid UTF-8 */
/* text_nfc: NFC form in the arena; false when it is not valid UTF-8. */
bool text_nfc(struct arena *a, struct str s, struct str *ret);
/* text_put_number, text_put_date, text_put_moment: as people of the language write them ("1.234.567"; "22/11/2026"; "22/11/2026 11:30"; in English
 * "1,234,567"; "22 November 2026"; "22 November 2026 11:30"), local time, offset_min minutes ahead of UTC. precision as in time.h. */
struct buf;
void text_put_number(struct buf *b, struct str lang, int64_t v);
void text_put_date(struct buf *b, struct str lang, int64_t day, int precision);
void text_put_moment(struct buf *b, struct str lang, int64_t ms, int offset_min);

#endif
