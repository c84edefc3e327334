/* message_patch.c: a text as what differs from another of the same length. Signature documents of one signer are alike but for two digests, a value and a moment, which stand at the
 * same places: three hundred bytes of five thousand. */
#include "exchange/log/message_log_int.h"

#include "base/buf.h"

/* A patch is runs: so many bytes as in the base, so many others (16 bits each, big end first), and these. What follows the last run is as in the base. */
enum { RUN_HEAD = 4, RUN_MOST = 65535, WORD = 8, GAP = RUN_HEAD /* a shorter one costs less inside a run */ };

/* same_from: how many bytes are the same from there on. */
static size_t same_from(struct str base, struct str text, size_t at)
{
    size_t n = text.n - at, i = 0;
    const char *a = base.p + at, *b = text.p + at;
    while (i + WORD <= n && memcmp(a + i, b + i, WORD) == 0) i += WORD;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

/* other_from: how many bytes the run has that begins there: up to a gap that is worth a new run, or the end. */
static size_t other_from(struct str base, struct str text, size_t at)
{
    size_t i = at, end = at;
    for (; i < text.n && i - end <= GAP; i++)
        if (base.p[i] != text.p[i]) end = i + 1;
    return end - at;
}

static void put_16(struct buf *b, size_t n)
{
    buf_put_c(b, (char)(n >> 8));
    buf_put_c(b, (char)n);
}

static size_t take_16(struct str s) { return (size_t)(uint8_t)s.p[0] << 8 | (uint8_t)s.p[1]; }

bool message__patch(struct arena *a, struct str base, struct str text, size_t most, struct str *ret)
{
    if (base.n != text.n || text.n > RUN_MOST) return false;
    struct buf b = buf_in(a, most);
    for (size_t at = 0; !b.failed;) {
        size_t same = same_from(base, text, at);
        if (at + same == text.n) break;
        size_t n = other_from(base, text, at + same);
        put_16(&b, same);
        put_16(&b, n);
        buf_put(&b, str_of(text.p + at + same, n));
        at += same + n;
    }
    if (b.failed) return false;
    *ret = buf_str(&b);
    return true;
}

bool message__unpatch(struct arena *a, struct str base, struct str patch, struct str *ret)
{
    char *text = arena_room(a, base.n);
    size_t at = 0;
    if (base.n) memcpy(text, base.p, base.n);
    while (patch.n) {
        if (patch.n < RUN_HEAD) return false;
        size_t same = take_16(patch), n = take_16(str_skip(patch, 2));
        patch = str_skip(patch, RUN_HEAD);
        if (n > patch.n || same + n > base.n - at) return false;
        memcpy(text + at + same, patch.p, n);
        patch = str_skip(patch, n);
        at += same + n;
    }
    *ret = str_of(text, base.n);
    return true;
}
