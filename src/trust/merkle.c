/* merkle.c: the tree of RFC 6962. A tree of n leaves is split at the largest power of two below n; every part that is full stays as it is
 * for ever, so only the hashes of complete subtrees are worth keeping and the rest is joined when it is asked for. */
#include "trust/merkle.h"

#include "base/buf.h"
#include "trust/trust.h"

struct merkle_hash merkle_leaf(struct str first, struct str second)
{
    struct merkle_hash h;
    BUF b = buf_heap(first.n + second.n + 1);
    buf_put_c(&b, 0);
    buf_put(&b, first);
    buf_put(&b, second);
    trust_sha256(buf_str(&b), h.b);
    return h;
}

struct merkle_hash merkle_join(const struct merkle_hash *left, const struct merkle_hash *right)
{
    uint8_t bytes[1 + 2 * sizeof left->b];
    struct merkle_hash h;
    bytes[0] = 1;
    memcpy(bytes + 1, left->b, sizeof left->b);
    memcpy(bytes + 1 + sizeof left->b, right->b, sizeof right->b);
    trust_sha256(str_of(bytes, sizeof bytes), h.b);
    return h;
}

bool merkle_eq(const struct merkle_hash *a, const struct merkle_hash *b) { return memcmp(a->b, b->b, sizeof a->b) == 0; }

enum status merkle_push(struct merkle_edge *edge, struct merkle_hash leaf, merkle_each *each, void *arg)
{
    struct merkle_hash hash = leaf;
    int64_t pos = edge->size;
    int level = 0;
    TRY(each(arg, level, pos, &hash));
    while (pos & 1) {
        hash = merkle_join(&edge->peak[level], &hash);
        level++;
        pos >>= 1;
        TRY(each(arg, level, pos, &hash));
    }
    edge->peak[level] = hash;
    edge->size++;
    return ST_OK;
}

struct merkle_hash merkle_root(const struct merkle_edge *edge)
{
    struct merkle_hash root;
    bool any = false;
    for (int level = 0; level < MERKLE_LEVELS; level++) {
        if (!((edge->size >> level) & 1)) continue;
        root = any ? merkle_join(&edge->peak[level], &root) : edge->peak[level];
        any = true;
    }
    if (!any) trust_sha256(STR(""), root.b);
    return root;
}

void merkle_edge_write(const struct merkle_edge *edge, char *ret, size_t *n)
{
    *n = 0;
    for (int level = MERKLE_LEVELS; level-- > 0;) {
        if (!((edge->size >> level) & 1)) continue;
        memcpy(ret + *n, edge->peak[level].b, sizeof edge->peak[level].b);
        *n += sizeof edge->peak[level].b;
    }
}

bool merkle_edge_read(int64_t size, struct str bytes, struct merkle_edge *ret)
{
    struct merkle_edge edge = { .size = size };
    if (size < 0 || size >> MERKLE_LEVELS) return false;
    for (int level = MERKLE_LEVELS; level-- > 0;) {
        if (!((size >> level) & 1)) continue;
        if (bytes.n < sizeof edge.peak[level].b) return false;
        memcpy(edge.peak[level].b, bytes.p, sizeof edge.peak[level].b);
        bytes = str_skip(bytes, sizeof edge.peak[level].b);
    }
    if (bytes.n) return false;
    *ret = edge;
    return true;
}

/* split_of: the largest power of two below n (n > 1), as its exponent. */
static int split_of(int64_t n)
{
    int level = 0;
    while (((int64_t)2 << level) < n) level++;
    return level;
}

/* The hash of the leaves [lo, lo + n), n > 0; lo is a multiple of the smallest power of two that is at least n. */
static enum status range_hash(const struct merkle_source *s, int64_t lo, int64_t n, struct merkle_hash *ret)
{
    struct merkle_hash left, right;
    int level = n > 1 ? split_of(n) : 0;
    if (n == 1) return s->node(s->arg, 0, lo, ret);
    if (n == (int64_t)2 << level) return s->node(s->arg, level + 1, lo >> (level + 1), ret);
    TRY(s->node(s->arg, level, lo >> level, &left));
    TRY(range_hash(s, lo + ((int64_t)1 << level), n - ((int64_t)1 << level), &right));
    *ret = merkle_join(&left, &right);
    return ST_OK;
}

static enum status add_range(const struct merkle_source *s, int64_t lo, int64_t n, struct merkle_path *path)
{
    TRY(range_hash(s, lo, n, &path->hash[path->n]));
    path->n++;
    return ST_OK;
}

static enum status inclusion(const struct merkle_source *s, int64_t index, int64_t lo, int64_t n, struct merkle_path *path)
{
    if (n == 1) return ST_OK;
    int64_t half = (int64_t)1 << split_of(n);
    if (index < half) {
        TRY(inclusion(s, index, lo, half, path));
        return add_range(s, lo + half, n - half, path);
    }
    TRY(inclusion(s, index - half, lo + half, n - half, path));
    return add_range(s, lo, half, path);
}

enum status merkle_prove_inclusion(const struct merkle_source *s, int64_t index, int64_t size, struct merkle_path *ret)
{
    ret->n = 0;
    return inclusion(s, index, 0, size, ret);
}

/* SUBPROOF of RFC 6962, 2.1.2. known: the reader has the hash of these leaves already, it is the old root. */
static enum status consistency(const struct merkle_source *s, int64_t from, int64_t lo, int64_t n, bool known, struct merkle_path *path)
{
    if (from == n) return known ? ST_OK : add_range(s, lo, n, path);
    int64_t half = (int64_t)1 << split_of(n);
    if (from <= half) {
        TRY(consistency(s, from, lo, half, known, path));
        return add_range(s, lo + half, n - half, path);
    }
    TRY(consistency(s, from - half, lo + half, n - half, false, path));
    return add_range(s, lo, half, path);
}

enum status merkle_prove_consistency(const struct merkle_source *s, int64_t from, int64_t to, struct merkle_path *ret)
{
    ret->n = 0;
    if (from == 0) return ST_OK;
    return consistency(s, from, 0, to, true, ret);
}

bool merkle_check_inclusion(const struct merkle_hash *leaf, int64_t index, int64_t size, const struct merkle_hash *path, size_t n, const struct merkle_hash *root)
{
    if (index < 0 || index >= size) return false;
    int64_t at = index, last = size - 1;
    struct merkle_hash hash = *leaf;
    for (size_t i = 0; i < n; i++) {
        if (last == 0) return false;
        if ((at & 1) || at == last) {
            hash = merkle_join(&path[i], &hash);
            while (!(at & 1) && at) { at >>= 1; last >>= 1; }
        } else {
            hash = merkle_join(&hash, &path[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && merkle_eq(&hash, root);
}

/* The walk of RFC 9162, 2.1.4.2: both roots are rebuilt from the same path. first: the subtree both trees share. */
static bool rebuild_both(int64_t at, int64_t last, const struct merkle_hash *first, const struct merkle_hash *path, size_t n, const struct merkle_hash *from_root,
                         const struct merkle_hash *to_root)
{
    struct merkle_hash old = *first, new = *first;
    while (at & 1) { at >>= 1; last >>= 1; }
    for (size_t i = 0; i < n; i++) {
        if (last == 0) return false;
        if ((at & 1) || at == last) {
            old = merkle_join(&path[i], &old);
            new = merkle_join(&path[i], &new);
            while (!(at & 1) && at) { at >>= 1; last >>= 1; }
        } else {
            new = merkle_join(&new, &path[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && merkle_eq(&old, from_root) && merkle_eq(&new, to_root);
}

bool merkle_check_consistency(int64_t from, const struct merkle_hash *from_root, int64_t to, const struct merkle_hash *to_root, const struct merkle_hash *path, size_t n)
{
    if (from < 0 || from > to) return false;
    if (from == to) return n == 0 && merkle_eq(from_root, to_root);
    if (from == 0) return n == 0;
    bool whole = (from & (from - 1)) == 0;  /* the old tree is a complete subtree of the new one: its root stands for itself */
    if (whole) return rebuild_both(from - 1, to - 1, from_root, path, n, from_root, to_root);
    return n > 0 && rebuild_both(from - 1, to - 1, &path[0], path + 1, n - 1, from_root, to_root);
}
