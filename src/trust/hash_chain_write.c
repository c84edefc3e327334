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

/* grow: the tree over the messages, and its root; a chain of one part still has its step. */
static struct str grow(struct arena *a, const struct signed_message *messages, size_t n, struct tree *t)
{
    struct hash_link *leaves = arena_array(a, struct hash_link, n);
    for (size_t i = 0; i < n; i++) leaves[i] = leaf_value(a, &messages[i]);
    build_tree(a, leaves, n, t);
    const struct hash_link *root = t->rows[t->levels - 1];
    return n == 1 && messages[0].nparts == 1 ? hash_chain__step_value(a, DIGEST_SHA512, root, 1) : root->digest;
}

/* A walk from the root down to messages. b holds the chain as far as the walk has come, the same for all messages below. */
static const size_t ALL = SIZE_MAX;
struct walk { struct call *c; const struct tree *tree; const struct signed_message *messages; size_t only; /* one message, or ALL */ struct str *ret; struct buf b; };

/* A place in the tree, not one that a lone value only moved through on its way up. */
struct place { size_t level, at; };

static struct place place_of(const struct tree *t, size_t level, size_t at)
{
    while (level > 0 && 2 * at + 1 >= t->sizes[level - 1]) {
        level--;
        at *= 2;
    }
    return (struct place){ level, at };
}

/* part_at: the part that stands here by itself: the one of a message of one part; NULL elsewhere. */
static const struct signed_part *part_at(const struct walk *w, struct place p) { return p.level == 0 && w->messages[p.at].nparts == 1 ? w->messages[p.at].parts : NULL; }

/* write_message: the end of its chain; its part is in the step above, if there is one, else its parts are a step of their own. */
static enum status write_message(struct walk *w, size_t at, size_t step)
{
    const struct signed_message *m = &w->messages[at];
    if (m->nparts > 1 || step == 0) {
        open_step(&w->b, step);
        for (size_t i = 0; i < m->nparts; i++) put_part(&w->b, &m->parts[i]);
        end_step(&w->b);
    }
    buf_put(&w->b, STR(HASH_CHAIN_END));
    if (w->b.failed) return ST_TOO_LARGE;
    w->ret[w->only == ALL ? at : 0] = str_copy(w->c->arena, buf_str(&w->b));
    return ST_OK;
}

/* put_branch: the step in which one of two branches is followed and the other is a value. */
static void put_branch(struct walk *w, size_t step, struct place own, const struct hash_link *other, bool own_is_left)
{
    const struct signed_part *part = part_at(w, own);
    open_step(&w->b, step);
    if (!own_is_left) put_value(&w->b, other);
    if (part) put_part(&w->b, part);
    else put_numbered(&w->b, STR("<StepRef URI=\"#STEP"), step + 1, STR("\"/>"));
    if (own_is_left) put_value(&w->b, other);
    end_step(&w->b);
}

/* descend: all chains that lead through p; what they have in common is written once. */
static enum status descend(struct walk *w, struct place p, size_t step)
{
    if (p.level == 0) return write_message(w, p.at, step);
    size_t mark = w->b.n, below = p.level - 1;
    for (size_t at = 2 * p.at; at < 2 * p.at + 2; at++) {
        struct place own = place_of(w->tree, below, at);
        if (w->only != ALL && w->only >> below != at) continue;
        put_branch(w, step, own, &w->tree->rows[below][at ^ 1], at % 2 == 0);
        TRY(descend(w, own, step + 1));
        w->b.n = mark;
    }
    return ST_OK;
}

static enum status write_chains(struct call *c, const struct tree *t, const struct signed_message *messages, size_t only, struct str *ret)
{
    struct walk w = { c, t, messages, only, ret, buf_in(c->arena, CHAIN_MAX) };
    (void)buf_room(&w.b, CHAIN_FRAME + (t->levels + 2) * CHAIN_BRANCH); /* enough for most */
    buf_put(&w.b, STR(HASH_CHAIN_HEAD));
    return descend(&w, place_of(t, t->levels - 1, 0), 0);
}

enum status hash_chain__write(struct call *c, const struct signed_message *messages, size_t n, struct str *ret_result, struct str *ret_chain)
{
    struct tree tree;
    struct str root = grow(c->arena, messages, n, &tree);
    TRY(write_chains(c, &tree, messages, ALL, ret_chain));
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

enum status hash_chain__write_one(struct call *c, const struct hash_tree *t, size_t at, struct str *ret_chain) { return write_chains(c, &t->tree, t->messages, at, ret_chain); }
