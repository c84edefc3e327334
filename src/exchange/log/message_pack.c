/* message_pack.c: hash chains as they stand in the log. They are XML of few different words around digests in base64, three quarters of a row; packed, a word is one byte and a
 * digest its own 64. Any text comes back byte for byte: what is no word and no digest stands for itself. */
#include "exchange/log/message_log_int.h"

#include "base/buf.h"
#include "base/encode.h"

#define SHA512_METHOD "Method Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/>"
#define SPACES "xmlns=\"http://cyber.ee/hashchain\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\""
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* Where one begins with another, the longer one comes first. Stored rows rely on the order: new words go to the end. */
static const struct word { struct str text; bool before_digest; } words[] = {
    { STR_INIT(DECLARATION "<HashChain " SPACES "><DefaultDigest" SHA512_METHOD), false },
    { STR_INIT(DECLARATION "<HashChainResult " SPACES " URI=\"/sig-hashchain.xml#STEP0\"><ds:Digest" SHA512_METHOD "<ds:DigestValue>"), true },
    { STR_INIT("</ds:DigestValue></HashChainResult>"), false }, { STR_INIT("</HashStep></HashChain>"), false }, { STR_INIT("</HashStep><HashStep id=\"STEP"), false },
    { STR_INIT("<HashStep id=\"STEP"), false }, { STR_INIT("<HashValue><ds:DigestValue>"), true }, { STR_INIT("</ds:DigestValue></HashValue>"), false },
    { STR_INIT("<StepRef URI=\"#STEP"), false }, { STR_INIT("<DataRef URI=\""), false }, { STR_INIT("</ds:DigestValue></DataRef>"), false },
    { STR_INIT("\"><ds:DigestValue>"), true }, { STR_INIT("\"/>"), false },
    { STR_INIT("\"><StepRef URI=\"#STEP"), false }, { STR_INIT("\"><HashValue><ds:DigestValue>"), true }, { STR_INIT("\"><DataRef URI=\""), false },
};

enum { PACKED = 1 /* no text begins so */, WORD = 0x80, LITERAL = 0xfe /* the next byte stands for itself */, DIGEST = 0xff, DIGEST_BYTES = 64, DIGEST_TEXT = 88,
       WORDS = sizeof words / sizeof *words, UNPACKED_MOST = 8 * 1024 * 1024 };

/* begins_with: two of its letters tell almost every word from another, before all of them are compared. */
static bool begins_with(struct str rest, struct str word)
{
    return rest.n >= word.n && rest.p[1] == word.p[1] && rest.p[word.n - 1] == word.p[word.n - 1] && memcmp(rest.p, word.p, word.n) == 0;
}

/* find_word: its number, or WORDS. guess is tried first. */
static size_t find_word(struct str rest, size_t guess)
{
    if (rest.p[0] != '<' && rest.p[0] != '"') return WORDS;
    if (begins_with(rest, words[guess].text)) return guess;
    for (size_t i = 0; i < WORDS; i++)
        if (begins_with(rest, words[i].text)) return i;
    return WORDS;
}

/* pack_digest: the rest begins with a digest as encode_base64 writes it: the decoder takes the 86 characters of 64 bytes in one way only, and with their padding there is room for
 * nothing else. */
static bool pack_digest(struct buf *b, struct str rest)
{
    size_t before = b->n;
    if (rest.n < DIGEST_TEXT) return false;
    buf_put_c(b, (char)DIGEST);
    if (decode_base64_to(b, str_first(rest, DIGEST_TEXT)) && b->n == before + 1 + DIGEST_BYTES) return true;
    b->n = before;
    return false;
}

/* plain_run: how many bytes stand for themselves, from the first on, before a word could begin. */
static size_t plain_run(struct str text)
{
    size_t n = 1;
    while (n < text.n && text.p[n] != '<' && text.p[n] != '"' && (uint8_t)text.p[n] < WORD) n++;
    return n;
}

struct str message__pack(struct arena *a, struct str text)
{
    struct buf b = buf_in(a, 2 * text.n + 1);
    uint8_t after[WORDS] = { 0 }; /* the word that came behind each the last time */
    size_t last = 0;
    (void)buf_room(&b, text.n + 1);
    buf_put_c(&b, PACKED);
    while (text.n) {
        size_t n = 1, word = find_word(text, after[last]);
        if (word < WORDS) {
            buf_put_c(&b, (char)(WORD + word));
            n = words[word].text.n;
            if (words[word].before_digest && pack_digest(&b, str_skip(text, n))) n += DIGEST_TEXT;
            last = after[last] = (uint8_t)word;
        } else {
            if ((uint8_t)text.p[0] >= WORD) buf_put_c(&b, (char)LITERAL);
            else n = plain_run(text);
            buf_put(&b, str_first(text, n));
        }
        text = str_skip(text, n);
    }
    return buf_str(&b);
}

/* unpack_one: false where nothing is written like this. */
static bool unpack_one(struct buf *b, struct str *rest)
{
    uint8_t byte = (uint8_t)rest->p[0];
    *rest = str_skip(*rest, 1);
    if (byte < WORD) {
        buf_put_c(b, (char)byte);
    } else if (byte < WORD + WORDS) {
        buf_put(b, words[byte - WORD].text);
    } else if (byte == LITERAL && rest->n) {
        buf_put_c(b, rest->p[0]);
        *rest = str_skip(*rest, 1);
    } else if (byte == DIGEST && rest->n >= DIGEST_BYTES) {
        encode_base64_to(b, str_first(*rest, DIGEST_BYTES));
        *rest = str_skip(*rest, DIGEST_BYTES);
    } else {
        return false;
    }
    return true;
}

enum status message__unpack(struct call *c, struct str stored, struct str *ret)
{
    if (stored.n == 0 || stored.p[0] != PACKED) return *ret = stored, ST_OK; /* as rows were written before */
    struct buf b = buf_in(c->arena, UNPACKED_MOST);
    bool good = true;
    for (stored = str_skip(stored, 1); good && stored.n;) good = unpack_one(&b, &stored);
    if (!good || b.failed) return call_fail(c, ST_BROKEN, "", "The signature of a message is damaged in the log. Restore the log from a backup.");
    return buf_finish(&b, ret);
}
