/* text_key.c: keys under which names are found and sorted. Folding knows the letters that Unicode does not take apart (đ) and the tones of Vietnamese, which
 * writers put on different letters of the same syllable; every other script passes through with its marks treated the same way. */
#include "base/text.h"

#include <unicode/uchar.h>
#include <unicode/ucol.h>
#include <unicode/unorm2.h>

#include "base/text_int.h"

enum { GRAVE = 0x300, HOOK_ABOVE = 0x309, TILDE = 0x303, ACUTE = 0x301, DOT_BELOW = 0x323, D_STROKE = 0x111 };
enum { LONGEST = 1 << 20, GROWTH = 4 /* UTF-16 units of one in NFD, at most (UAX 15) */ };

struct folding { UChar *out, *tones; int32_t n, ntones; enum text_fold how; bool in_word; };

/* tone_of: '1' to '5' in the order in which people sort them; 0 for any other mark. */
static UChar tone_of(UChar32 mark)
{
    switch (mark) {
    case GRAVE: return '1';
    case HOOK_ABOVE: return '2';
    case TILDE: return '3';
    case ACUTE: return '4';
    case DOT_BELOW: return '5';
    default: return 0;
    }
}

static bool is_mark(UChar32 ch) { return ch >= GRAVE && (u_charType(ch) == U_NON_SPACING_MARK || u_charType(ch) == U_ENCLOSING_MARK); }

/* is_dropped: what one writer puts inside a name and another leaves out. */
static bool is_dropped(UChar32 ch)
{
    enum { MODIFIER_APOSTROPHE = 0x2bc, LEFT_QUOTE = 0x2018, RIGHT_QUOTE = 0x2019, SPACING_ACUTE = 0xb4 };
    if (ch == '\'' || ch == '.' || ch == '`' || ch == SPACING_ACUTE || ch == MODIFIER_APOSTROPHE || ch == LEFT_QUOTE || ch == RIGHT_QUOTE) return true;
    return u_charType(ch) == U_DASH_PUNCTUATION || u_charType(ch) == U_FORMAT_CHAR;
}

static void put_char(struct folding *f, UChar32 ch)
{
    enum { BMP_END = 0x10000, HIGH = 0xd800, LOW = 0xdc00, HALF_BITS = 10, HALF = (1 << HALF_BITS) - 1 };
    if (ch < BMP_END) {
        f->out[f->n++] = (UChar)ch;
        return;
    }
    f->out[f->n++] = (UChar)(HIGH + ((ch - BMP_END) >> HALF_BITS));
    f->out[f->n++] = (UChar)(LOW + ((ch - BMP_END) & HALF));
}

static void end_word(struct folding *f)
{
    for (int32_t i = 0; i < f->ntones; i++) f->out[f->n++] = f->tones[i];
    f->ntones = 0;
    f->in_word = false;
}

static void put_letter(struct folding *f, UChar32 ch)
{
    if (f->how == TEXT_LOOSE && ch == D_STROKE) ch = 'd';
    if (f->how == TEXT_LOOSE && ch == 'y') ch = 'i';
    if (!f->in_word && f->n) put_char(f, ' ');
    f->in_word = true;
    put_char(f, ch);
}

static void fold_char(struct folding *f, UChar32 ch)
{
    if (is_dropped(ch)) return;
    if (u_isUWhiteSpace(ch) || u_iscntrl(ch)) {
        end_word(f);
        return;
    }
    if (!is_mark(ch)) {
        put_letter(f, u_tolower(ch));
        return;
    }
    if (!f->in_word || f->how == TEXT_LOOSE) return; /* a mark that stands on nothing says nothing */
    const UChar tone = tone_of(ch);
    if (tone) f->tones[f->ntones++] = tone;
    else put_char(f, ch);
}

/* next_char: UTF-16 that ICU made from valid UTF-8 has whole pairs only. */
static UChar32 next_char(const UChar *wide, int32_t *at)
{
    enum { HIGH = 0xd800, HIGH_END = 0xdc00, LOW = 0xdc00, BMP_END = 0x10000, HALF_BITS = 10 };
    const UChar first = wide[(*at)++];
    if (first < HIGH || first >= HIGH_END) return first;
    return ((UChar32)(first - HIGH) << HALF_BITS) + (wide[(*at)++] - LOW) + BMP_END;
}

bool text_fold(struct arena *a, struct str s, enum text_fold how, struct str *ret)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar *wide;
    int32_t n = 0;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&error), *nfc = unorm2_getNFCInstance(&error);
    if (U_FAILURE(error) || s.n > LONGEST || !text_is_utf8(s) || !text__to_utf16(a, s, &wide, &n)) return false;
    const int32_t cap = n * GROWTH + 1;
    UChar *apart = arena_array(a, UChar, (size_t)cap);
    n = unorm2_normalize(nfd, wide, n, apart, cap, &error);
    if (U_FAILURE(error)) return false;
    struct folding f = { .out = arena_array(a, UChar, (size_t)n * 2 + 2), .tones = arena_array(a, UChar, (size_t)n + 1), .how = how };
    for (int32_t at = 0; at < n;) fold_char(&f, next_char(apart, &at));
    end_word(&f);
    n = unorm2_normalize(nfc, f.out, f.n, apart, cap, &error); /* marks that stayed join their letters again */
    return U_SUCCESS(error) && text__from_utf16(a, apart, n, ret);
}

/* ---- sorting ---- */

bool text_order_open(struct str lang, struct text_order *ret)
{
    char name[16];
    UErrorCode error = U_ZERO_ERROR;
    if (lang.n == 0 || lang.n >= sizeof name) return false;
    memcpy(name, lang.p, lang.n);
    name[lang.n] = '\0';
    UCollator *rules = ucol_open(name, &error);
    if (U_FAILURE(error)) return false;
    ucol_setAttribute(rules, UCOL_NORMALIZATION_MODE, UCOL_ON, &error);
    if (U_FAILURE(error)) {
        ucol_close(rules);
        return false;
    }
    ret->rules = rules;
    return true;
}

void text_order_close(struct text_order *o)
{
    if (o->rules) ucol_close(o->rules);
    o->rules = NULL;
}

bool text_order_key(const struct text_order *o, struct arena *a, struct str s, struct str *ret)
{
    enum { USUAL = 64 };
    UChar *wide;
    int32_t wide_n = 0;
    if (s.n > LONGEST || !text_is_utf8(s) || !text__to_utf16(a, s, &wide, &wide_n)) return false;
    uint8_t *key = arena_alloc(a, USUAL, 1);
    int32_t n = ucol_getSortKey(o->rules, wide, wide_n, key, USUAL);
    if (n > USUAL) {
        key = arena_alloc(a, (size_t)n, 1);
        n = ucol_getSortKey(o->rules, wide, wide_n, key, n);
    }
    if (n <= 0) return false;
    *ret = str_of(key, (size_t)n);
    return true;
}

int64_t text_order_version(const struct text_order *o)
{
    UVersionInfo version;
    ucol_getVersion(o->rules, version);
    return (int64_t)version[0] << 24 | (int64_t)version[1] << 16 | (int64_t)version[2] << 8 | version[3];
}
