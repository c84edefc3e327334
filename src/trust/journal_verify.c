/* journal_verify.c: the whole journal against itself, in slices of flat memory: every entry hashes to its leaf, every leaf and subtree is the one
 * stored, every head has the root of its size and a true signature, the edge is where the entries end. It shows changes inside this node; that a
 * node did not write a whole new history is shown by the heads that the operator has published. */
#include "trust/journal.h"

#include "trust/journal_int.h"

enum { SLICE_ENTRIES = 500, NODES_AT_ONCE = 1024 };

struct check {
    struct call *c;                 /* of the whole run: refusals */
    struct call *slice;             /* of the slice: renewed, so that memory stays flat */
    struct merkle_edge edge;        /* of what was read so far */
    int64_t seq;
    struct journal_state end;       /* where the journal ended when we began */
    struct merkle_hash *leaves;     /* stored leaves of the slice */
    int64_t leaves_from;
    int64_t next_head;              /* size of the first head not checked yet; INT64_MAX: there is none */
    struct journal_count count;
};

static struct str number(struct call *c, int64_t v) { return str_print(c->arena, "%lld", (long long)v); }

#define WRONG(k, sentence, v) call_fail((k)->c, ST_INVALID, "journal", sentence, number((k)->c, v))

/* told: a failure of the slice's call is told again by the call of the whole run, which outlives it. */
static enum status told(struct check *k, enum status st)
{
    const struct call_error *e = call_error(k->slice);
    struct arena *a = k->c->arena;
    if (st == ST_OK || k->c->error.status != ST_OK || e->status == ST_OK) return st;
    struct str *args = arena_array(a, struct str, e->nargs);
    for (size_t i = 0; i < e->nargs; i++) args[i] = str_copy(a, e->args[i]);
    k->c->error = (struct call_error){ e->status, str_copy(a, e->field), str_copy(a, e->sentence), str_copy(a, e->key), args, e->nargs, str_copy(a, e->fault) };
    return st;
}

/* ---- leaves ---- */

static int64_t slice_leaves(const struct journal_row *rows, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += (int64_t)journal__leaves(&rows[i]);
    return sum;
}

static enum status load_leaves(struct check *k, const struct journal_row *rows, size_t n)
{
    size_t got;
    int64_t want = slice_leaves(rows, n);
    k->leaves_from = k->edge.size;
    k->leaves = arena_array(k->slice->arena, struct merkle_hash, (size_t)want);
    TRY(journal__list_nodes(k->slice, 0, k->leaves_from, k->leaves_from + want, k->leaves, &got));
    if ((int64_t)got != want) return WRONG(k, "Leaf %s of the journal is missing.", k->leaves_from + (int64_t)got);
    return ST_OK;
}

/* A completed subtree is compared with the stored one after the slice: here it is only collected. */
struct collected { int level; int64_t pos; struct merkle_hash hash; };
struct collector { struct collected *list; size_t n; };

static enum status collect(void *arg, int level, int64_t pos, const struct merkle_hash *hash)
{
    struct collector *to = arg;
    if (level > 0) to->list[to->n++] = (struct collected){ level, pos, *hash };
    return ST_OK;
}

static enum status check_entry(struct check *k, const struct journal_row *row, struct collector *to)
{
    struct str text;
    if (row->seq != k->seq + 1) return WRONG(k, "Entry %s of the journal is missing.", k->seq + 1);
    if (row->first_leaf != k->edge.size || row->subjects.n == 0 || row->subjects.n % JOURNAL_SUBJECT_BYTES) return WRONG(k, "Entry %s of the journal was changed: its leaves.", row->seq);
    TRY(journal__entry_text(k->slice, row, &text));
    for (size_t i = 0; i < journal__leaves(row); i++) {
        const struct merkle_hash *stored = &k->leaves[k->edge.size - k->leaves_from];
        struct merkle_hash leaf = merkle_leaf(journal__salt(row, i), text);
        if (!journal__is_erased(row, i) && !merkle_eq(&leaf, stored)) return WRONG(k, "Entry %s of the journal was changed: it is not what its leaf was made of.", row->seq);
        TRY(merkle_push(&k->edge, *stored, collect, to));
        k->count.leaves++;
    }
    k->seq = row->seq;
    k->count.entries++;
    return ST_OK;
}

/* ---- subtrees ---- */

/* check_level: the subtrees [from, to) of a level, in batches, against those collected. */
static enum status check_level(struct check *k, const struct collector *made, int level, int64_t from, int64_t to)
{
    struct merkle_hash *stored = arena_array(k->slice->arena, struct merkle_hash, NODES_AT_ONCE);
    size_t at = 0;
    for (int64_t lo = from; lo < to; lo += NODES_AT_ONCE) {
        int64_t hi = to - lo > NODES_AT_ONCE ? lo + NODES_AT_ONCE : to;
        size_t got;
        TRY(journal__list_nodes(k->slice, level, lo, hi, stored, &got));
        for (int64_t pos = lo; pos < hi; pos++, at++) {
            while (made->list[at].level != level) at++;
            if (pos - lo >= (int64_t)got || !merkle_eq(&stored[pos - lo], &made->list[at].hash))
                return WRONG(k, "The tree of the journal was changed above leaf %s.", pos << level);
        }
    }
    return ST_OK;
}

static enum status check_subtrees(struct check *k, const struct collector *made)
{
    for (int level = 1; level < MERKLE_LEVELS && (k->edge.size >> level); level++)
        TRY(check_level(k, made, level, k->leaves_from >> level, k->edge.size >> level));
    return ST_OK;
}

/* ---- heads ---- */

static enum status check_head(struct check *k, const struct journal_head_row *h)
{
    struct journal_head read;
    struct merkle_hash root = merkle_root(&k->edge);
    if (memcmp(h->head.root, root.b, sizeof root.b) != 0) return WRONG(k, "The signed head of size %s does not have the root of the journal.", h->head.size);
    if (journal_read_checkpoint(k->slice, h->head.checkpoint, h->verifier, &read) != ST_OK || read.size != h->head.size || memcmp(read.root, root.b, sizeof root.b) != 0)
        return WRONG(k, "The signature of the head of size %s is not true.", h->head.size);
    k->count.heads++;
    return ST_OK;
}

/* look_ahead: where the next head of at least this size stands. */
static enum status look_ahead(struct check *k, int64_t least_size)
{
    struct journal_head_row h = { .head.size = INT64_MAX };
    enum status st = journal__next_head(k->slice, least_size, &h);
    k->next_head = h.head.size;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* check_heads: after each entry. Heads are signed at the end of an entry only. */
static enum status check_heads(struct check *k)
{
    struct journal_head_row h;
    if (k->next_head > k->edge.size) return ST_OK;
    if (k->next_head < k->edge.size) return WRONG(k, "The signed head of size %s does not stand at the end of an entry.", k->next_head);
    TRY(journal__next_head(k->slice, k->next_head, &h));
    TRY(check_head(k, &h));
    return look_ahead(k, k->edge.size + 1);
}

/* ---- the run ---- */

static enum status check_slice(struct check *k, const struct journal_row *rows, size_t n)
{
    TRY(load_leaves(k, rows, n));
    struct collector made = { arena_array(k->slice->arena, struct collected, 2 * (size_t)slice_leaves(rows, n) + MERKLE_LEVELS), 0 };
    for (size_t i = 0; i < n; i++) {
        TRY(check_entry(k, &rows[i], &made));
        TRY(check_heads(k));
    }
    return check_subtrees(k, &made);
}

static enum status check_all(struct check *k)
{
    TRY(journal__read_state(k->slice, &k->end));
    TRY(look_ahead(k, 0));
    TRY(check_heads(k));
    while (k->seq < k->end.seq) {
        struct journal_row *rows;
        size_t n, limit = k->end.seq - k->seq < SLICE_ENTRIES ? (size_t)(k->end.seq - k->seq) : SLICE_ENTRIES;
        call_renew(k->slice);
        TRY(journal__list_entries(k->slice, k->seq, limit, &rows, &n));
        if (n == 0) return WRONG(k, "Entry %s of the journal is missing.", k->seq + 1);
        TRY(check_slice(k, rows, n));
    }
    return ST_OK;
}

static enum status check_end(struct check *k)
{
    struct merkle_hash a = merkle_root(&k->edge), b = merkle_root(&k->end.edge);
    struct journal_head_row beyond;
    if (k->edge.size != k->end.edge.size || !merkle_eq(&a, &b)) return WRONG(k, "The edge of the journal was changed: it says %s leaves.", k->end.edge.size);
    struct journal_state now;
    TRY(journal__read_state(k->slice, &now));
    enum status st = journal__next_head(k->slice, now.edge.size + 1, &beyond);
    if (st == ST_NOT_FOUND) return ST_OK;
    TRY(st);
    return WRONG(k, "A head was signed for %s leaves, more than the journal has: entries at its end are missing.", beyond.head.size);
}

enum status journal_verify_all(struct call *c, struct journal_count *ret)
{
    struct check *k = arena_new(c->arena, struct check);
    *k = (struct check){ .c = c, .slice = call_open(c->app) };
    enum status st = told(k, check_all(k));
    if (st == ST_OK) st = told(k, check_end(k));
    store_release(k->slice);
    call_close(k->slice);
    if (st == ST_OK) *ret = k->count;
    return st;
}
