/* hash_chain_write.c: hash chains for one message or a batch. The messages of a batch are the leaves of a binary tree; each gets a document
 * with one step a level: its own branch as a reference, the other branch as a value, the left one first (x-road 3.8). */
#include "trust/hash_chain_int.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/xml.h"

enum { CHAIN_MAX = 4 * 1024 * 1024, CHAIN_FRAME = 320, CHAIN_BRANCH = 256, TREE_LEVELS = 32 };

/* leaf_value: a message of one part stands in the tree by the digest of that part, one of several by the value of a step over them. */
static struct hash_link leaf_value(struct arena *a, const struct signed_message *m)
{
    struct hash_link *links = arena_array(a, struct hash_link, m->nparts);
    for (size_t i = 0; i < m->nparts; i++) links[i] = (struct hash_link){ m->parts[i].alg, m->parts[i].digest };
    return m->nparts == 1 ? links[0] : (struct hash_link){ DIGEST_SHA512, hash_chain__step_value(a, DIGEST_SHA512, links, m->nparts) };
}

static void put_link(struct buf *b, const struct hash_link *link)
{
    if (link->alg != DIGEST_SHA512) {
        buf_put(b, STR("<ds:DigestMethod Algorithm=\""));
        xml_put_attr(b, digest_uri(link->alg));
        buf_put(b, STR("\"/>"));
    }
    buf_put(b, STR("<ds:DigestValue>"));
    encode_base64_to(b, link->digest);
    buf_put(b, STR("</ds:DigestValue>"));
}

static void put_value(struct buf *b, const struct hash_link *link)
{
    buf_put(b, STR("<HashValue>"));
    put_link(b, link);
    buf_put(b, STR("</HashValue>"));
}

static void put_part(struct buf *b, const struct signed_part *part)
{
    buf_put(b, STR("<DataRef URI=\""));
    xml_put_attr(b, part->name);
    buf_put(b, STR("\">"));
    put_link(b, &(struct hash_link){ part->alg, part->digest });
    buf_put(b, STR("</DataRef>"));
}

static void put_numbered(struct buf *b, struct str before, size_t number, struct str after)
{
    buf_put(b, before);
    buf_put_int(b, (int64_t)number);
    buf_put(b, after);
}

static void open_step(struct buf *b, size_t number) { put_numbered(b, STR("<HashStep id=\"STEP"), number, STR("\">")); }
static void end_step(struct buf *b) { buf_put(b, STR("</HashStep>")); }

/* put_own: the branch that leads to the message: the next step, or the part itself where the message has one part and this is the last step. */
static void put_own(struct buf *b, const struct signed_message *m, size_t next_step, bool is_last)
{
    if (is_last && m->nparts == 1)
        put_part(b, m->parts);
    else
        put_numbered(b, STR("<StepRef URI=\"#STEP"), next_step, STR("\"/>"));
}

/* One level of the way from the root to a message: the other branch, and on which side it stands. */
struct turn { struct hash_link other; bool other_is_left; };

static enum status write_chain(struct call *c, const struct signed_message *m, const struct turn *turns, size_t nturns, struct str *ret)
{
    struct buf b = buf_in(c->arena, CHAIN_MAX);
    (void)buf_room(&b, CHAIN_FRAME + (nturns + m->nparts) * CHAIN_BRANCH); /* enough for all but long names */
    buf_put(&b, STR(HASH_CHAIN_HEAD));
    size_t step = 0;
    for (; step < nturns; step++) {
        open_step(&b, step);
        if (turns[step].other_is_left) put_value(&b, &turns[step].other);
        put_own(&b, m, step + 1, step + 1 == nturns);
        if (!turns[step].other_is_left) put_value(&b, &turns[step].other);
        end_step(&b);
    }
    if (m->nparts > 1 || nturns == 0) {
        open_step(&b, step);
        for (size_t i = 0; i < m->nparts; i++) put_part(&b, &m->parts[i]);
        end_step(&b);
    }
    buf_put(&b, STR(HASH_CHAIN_END));
    return buf_finish(&b, ret);
}

static enum status write_result(struct call *c, struct str uri, struct str digest, struct str *ret)
{
    struct buf b = buf_in(c->arena, CHAIN_MAX);
    buf_put(&b, STR(HASH_CHAIN_RESULT_HEAD));
    xml_put_attr(&b, uri);
    buf_put(&b, STR(HASH_CHAIN_RESULT_MIDDLE));
    put_link(&b, &(struct hash_link){ DIGEST_SHA512, digest });
    buf_put(&b, STR(HASH_CHAIN_RESULT_END));
    return buf_finish(&b, ret);
}

/* The tree: rows[0] are the leaves, each row above has half as many; a lone last one moves up unchanged. */
struct tree { struct hash_link *rows[TREE_LEVELS]; size_t sizes[TREE_LEVELS]; size_t levels; };

static void build_tree(struct arena *a, struct hash_link *leaves, size_t n, struct tree *t)
{
    t->rows[0] = leaves;
    t->sizes[0] = n;
    for (t->levels = 1; n > 1; t->levels++) {
        const struct hash_link *below = t->rows[t->levels - 1];
        struct hash_link *row = arena_array(a, struct hash_link, (n + 1) / 2);
        for (size_t i = 0; i + 1 < n; i += 2) row[i / 2] = (struct hash_link){ DIGEST_SHA512, hash_chain__step_value(a, DIGEST_SHA512, below + i, 2) };
        if (n % 2) row[n / 2] = below[n - 1];
        n = (n + 1) / 2;
        t->rows[t->levels] = row;
        t->sizes[t->levels] = n;
    }
}

/* turns_to: from the root down to leaf i. */
static size_t turns_to(const struct tree *t, size_t i, struct turn *turns)
{
    size_t n = 0;
    for (size_t level = 0; level + 1 < t->levels; level++, i /= 2) {
        size_t other = i ^ 1;
        if (other < t->sizes[level]) turns[n++] = (struct turn){ t->rows[level][other], other < i };
    }
    for (size_t a = 0, b = n; a + 1 < b; a++) {
        struct turn kept = turns[a];
        turns[a] = turns[--b];
        turns[b] = kept;
    }
    return n;
}

/* grow: the tree over the messages, and its root; a chain of one part still has its step. */
static struct str grow(struct arena *a, const struct signed_message *messages, size_t n, struct tree *t)
{
    struct hash_link *leaves = arena_array(a, struct hash_link, n);
    for (size_t i = 0; i < n; i++) leaves[i] = leaf_value(a, &messages[i]);
    build_tree(a, leaves, n, t);
    const struct hash_link *root = t->rows[t->levels - 1];
    return n == 1 && messages[0].nparts == 1 ? hash_chain__step_value(a, DIGEST_SHA512, root, 1) : root->digest;
}

static enum status write_way(struct call *c, const struct tree *t, const struct signed_message *m, size_t at, struct str *ret)
{
    struct turn turns[TREE_LEVELS];
    return write_chain(c, m, turns, turns_to(t, at, turns), ret);
}

enum status hash_chain__write(struct call *c, const struct signed_message *messages, size_t n, struct str *ret_result, struct str *ret_chain)
{
    struct tree tree;
    struct str root = grow(c->arena, messages, n, &tree);
    for (size_t i = 0; i < n; i++) TRY(write_way(c, &tree, &messages[i], i, &ret_chain[i]));
    return write_result(c, STR(HASH_CHAIN_SIGNED), root, ret_result);
}

enum status hash_chain__write_result(struct call *c, const struct signed_message *messages, size_t n, struct str uri, struct str *ret_result)
{
    struct tree tree;
    return write_result(c, uri, grow(c->arena, messages, n, &tree), ret_result);
}

struct hash_tree { struct tree tree; const struct signed_message *messages; };

const struct hash_tree *hash_chain__grow(struct arena *a, const struct signed_message *messages, size_t n)
{
    struct hash_tree *t = arena_new(a, struct hash_tree);
    t->messages = messages;
    (void)grow(a, messages, n, &t->tree);
    return t;
}

enum status hash_chain__write_one(struct call *c, const struct hash_tree *t, size_t at, struct str *ret_chain) { return write_way(c, &t->tree, &t->messages[at], at, ret_chain); }
