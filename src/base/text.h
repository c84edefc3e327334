/* text.h: people's text: UTF-8, NFC (ICU), what may stand in a line. Store NFC, accept NFD. */
#ifndef SEN_BASE_TEXT_H
#define SEN_BASE_TEXT_H

#include "base/call.h"

size_t text_step(struct str s);                       /* bytes of the first code point; 0 when it is not valid or s is empty */
bool text_is_utf8(struct str s);                      /* strict: no overlong forms, no surrogates */
struct str text_first(struct str s, size_t n);        /* at most n bytes of UTF-8, no broken character at the end */
bool text_is_plain(struct str s);                     /* valid UTF-8 without control characters (tab and line breaks count as such) */
/* text_visible: what others wrote, for a terminal: control characters but line ends and tabs, and bytes that are not UTF-8, as \x1b. The same text where there are none. */
struct str text_visible(struct arena *a, struct str s);
size_t text_count(struct str s);                      /* code points of valid UTF-8 */
/* text_nfc: NFC form in the arena; false when it is not valid UTF-8. */
bool text_nfc(struct arena *a, struct str s, struct str *ret);
/* text_fold: the key under which people's names are found whoever typed them: words in lower case with one blank between; apostrophes, hyphens, dots and
 * invisible characters dropped. False when it is not valid UTF-8.
 *   TEXT_STRICT  letters keep their marks of quality (â ă ê ô ơ ư đ); a tone moves to the end of its word as a digit, since "hòa" and "hoà" are one word
 *   TEXT_LOOSE   no marks at all, d for đ, i for y: what a keyboard without them writes. Two people may share it: never a proof of who somebody is.
 * A key of either kind folded again stays as it is. TEXT_FOLD_VERSION changes with the rules; keys that are stored are then made anew. */
enum text_fold { TEXT_STRICT, TEXT_LOOSE };
enum { TEXT_FOLD_VERSION = 1 };
bool text_fold(struct arena *a, struct str s, enum text_fold how, struct str *ret);
/* text_order: how a language sorts (ICU). text_order_key: bytes whose order is the order of the texts; false for text that is not UTF-8. One order may serve
 * many threads at once. text_order_version: of the rules, for keys that are stored. */
struct text_order { void *rules; };
bool text_order_open(struct str lang, struct text_order *ret);
void text_order_close(struct text_order *o);
bool text_order_key(const struct text_order *o, struct arena *a, struct str s, struct str *ret);
int64_t text_order_version(const struct text_order *o);
/* text_put_number, text_put_date, text_put_moment: as people of the language write them ("1.234.567"; "22/11/2026"; "22/11/2026 11:30"; in English
 * "1,234,567"; "22 November 2026"; "22 November 2026 11:30"), local time, offset_min minutes ahead of UTC. precision as in time.h. */
struct buf;
void text_put_number(struct buf *b, struct str lang, int64_t v);
void text_put_date(struct buf *b, struct str lang, int64_t day, int precision);
void text_put_moment(struct buf *b, struct str lang, int64_t ms, int offset_min);
/* text_moment: exact, for sentences and commands: the country's time with its offset (time_format_local); UTC where no node is open. */
struct str text_moment(struct call *c, int64_t ms);

#endif
