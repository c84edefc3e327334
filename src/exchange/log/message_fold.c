/* message_fold.c: lists of leaves as they are kept. The rows that share a signature document have the same digest and mostly stand one behind the other: such a leaf is its
 * number alone. Lists of before, in which every leaf is whole, read as they are. */
#include "exchange/log/message_log.h"

#include <string.h>

#include "base/buf.h"

enum { SEQ_BYTES = 8, DIGEST_BYTES = MESSAGE_LEAF_BYTES - SEQ_BYTES, SAME = 0x80 /* in the first byte of a number: the digest is that of the leaf before; no row has such a number */ };

static struct str digest_of(const char *leaf) { return str_of(leaf + SEQ_BYTES, DIGEST_BYTES); }

struct str message__fold_leaves(struct arena *a, struct str leaves)
{
    struct buf b = buf_in(a, leaves.n);
    (void)buf_room(&b, leaves.n);
    for (size_t i = 0; i < leaves.n / MESSAGE_LEAF_BYTES; i++) {
        const char *leaf = leaves.p + i * MESSAGE_LEAF_BYTES;
        bool same = i && str_eq(digest_of(leaf), digest_of(leaf - MESSAGE_LEAF_BYTES));
        buf_put_c(&b, (char)((uint8_t)leaf[0] | (same ? SAME : 0)));
        buf_put(&b, str_of(leaf + 1, same ? SEQ_BYTES - 1 : MESSAGE_LEAF_BYTES - 1));
    }
    return buf_str(&b);
}

bool message__unfold_leaves(struct arena *a, struct str kept, struct str *ret)
{
    struct buf b = buf_in(a, kept.n / SEQ_BYTES * MESSAGE_LEAF_BYTES);
    (void)buf_room(&b, b.max);
    while (kept.n) {
        bool same = (uint8_t)kept.p[0] & SAME;
        size_t n = same ? SEQ_BYTES : MESSAGE_LEAF_BYTES;
        if (kept.n < n || (same && !b.n)) return false;
        buf_put_c(&b, (char)((uint8_t)kept.p[0] & ~SAME));
        buf_put(&b, str_of(kept.p + 1, n - 1));
        if (same) buf_put(&b, digest_of(b.p + b.n - SEQ_BYTES - MESSAGE_LEAF_BYTES));
        kept = str_skip(kept, n);
    }
    *ret = buf_str(&b);
    return true;
}
