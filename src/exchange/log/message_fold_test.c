/* Tests of message_fold.c: a list comes back as it was, a batch costs one digest, and what is no list is refused. */
#include "exchange/log/message_fold.c"

#include "base/test.h"

/* list_of: leaves of rows from 1 on, each with a digest of one letter. */
static struct str list_of(struct call *c, const char *letters)
{
    struct buf b = buf_in(c->arena, 64 * 1024);
    char digest[DIGEST_BYTES];
    for (size_t i = 0; letters[i]; i++) {
        buf_put(&b, str_of("\0\0\0\0\0\0\x7f", SEQ_BYTES - 1));
        buf_put_c(&b, (char)(i + 1));
        memset(digest, letters[i], sizeof digest);
        buf_put(&b, str_of(digest, sizeof digest));
    }
    return buf_str(&b);
}

TEST(a_list_comes_back_and_a_batch_costs_one_digest)
{
    static const struct { const char *letters; size_t digests; } lists[] = { { "", 0 }, { "a", 1 }, { "ab", 2 }, { "aaaaaa", 1 }, { "aabbab", 4 }, { "abbbba", 3 } };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct str again, leaves = list_of(c, lists[i].letters), kept = message__fold_leaves(c->arena, leaves);
        CHECK(kept.n == strlen(lists[i].letters) * SEQ_BYTES + lists[i].digests * DIGEST_BYTES);
        CHECK(message__unfold_leaves(c->arena, kept, &again) && str_eq(again, leaves));
    }
}

TEST(a_list_of_before_reads_as_it_is)
{
    struct str again, leaves = list_of(c, "aabb");
    CHECK(message__unfold_leaves(c->arena, leaves, &again) && str_eq(again, leaves));
}

TEST(what_is_no_list_is_refused)
{
    struct str list = list_of(c, "aab"), again, folded = message__fold_leaves(c->arena, list);
    for (size_t n = 0; n < folded.n; n++) {
        bool whole = n == 0 || n == MESSAGE_LEAF_BYTES || n == MESSAGE_LEAF_BYTES + SEQ_BYTES;
        CHECK(message__unfold_leaves(c->arena, str_first(folded, n), &again) == whole);
    }
    CHECK(!message__unfold_leaves(c->arena, str_skip(folded, MESSAGE_LEAF_BYTES), &again)); /* nothing before that it could be the same as */
}
