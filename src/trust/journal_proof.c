/* journal_proof.c: proofs from the stored tree, and the JSON proof of one entry that a person keeps and anybody can check. */
#include "trust/journal.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/json.h"
#include "trust/journal_int.h"

static enum status stored_node(void *arg, int level, int64_t pos, struct merkle_hash *ret) { return journal__find_node(arg, level, pos, ret); }

/* The public shape of a path is rows of 32 bytes: the same bytes as struct merkle_hash. */
_Static_assert(sizeof(struct merkle_hash) == 32, "a hash is 32 bytes without padding");

static void give_path(struct call *c, const struct merkle_path *path, const uint8_t (**ret)[32], size_t *n)
{
    uint8_t(*rows)[32] = arena_alloc_array(c->arena, path->n, sizeof *rows, 1);
    for (size_t i = 0; i < path->n; i++) memcpy(rows[i], path->hash[i].b, sizeof rows[i]);
    *ret = (const uint8_t(*)[32])rows;
    *n = path->n;
}

static enum status check_size(struct call *c, int64_t size)
{
    struct journal_state state;
    TRY(journal__read_state(c, &state));
    return size <= state.edge.size ? ST_OK : ST_NOT_FOUND;
}

enum status journal_prove(struct call *c, int64_t leaf, int64_t size, const uint8_t (**ret)[32], size_t *n)
{
    struct merkle_source source = { stored_node, c };
    struct merkle_path *path = arena_new(c->arena, struct merkle_path);
    if (leaf < 0 || leaf >= size) return ST_NOT_FOUND;
    TRY(check_size(c, size));
    TRY(merkle_prove_inclusion(&source, leaf, size, path));
    give_path(c, path, ret, n);
    return ST_OK;
}

enum status journal_prove_consistency(struct call *c, int64_t from, int64_t to, const uint8_t (**ret)[32], size_t *n)
{
    struct merkle_source source = { stored_node, c };
    struct merkle_path *path = arena_new(c->arena, struct merkle_path);
    if (from < 0 || from > to) return ST_NOT_FOUND;
    TRY(check_size(c, to));
    TRY(merkle_prove_consistency(&source, from, to, path));
    give_path(c, path, ret, n);
    return ST_OK;
}

/* ---- pure checks ---- */

static const struct merkle_hash *as_hash(const uint8_t *bytes) { return (const struct merkle_hash *)(const void *)bytes; }

void journal_leaf_hash(const uint8_t salt[static 32], struct str entry, uint8_t ret[static 32])
{
    struct merkle_hash h = merkle_leaf(str_of(salt, JOURNAL_SALT), entry);
    memcpy(ret, h.b, sizeof h.b);
}

bool journal_check_inclusion(const uint8_t leaf[static 32], int64_t index, int64_t size, const uint8_t (*path)[32], size_t n, const uint8_t root[static 32])
{
    return merkle_check_inclusion(as_hash(leaf), index, size, n ? as_hash(path[0]) : NULL, n, as_hash(root));
}

bool journal_check_consistency(int64_t from, const uint8_t from_root[static 32], int64_t to, const uint8_t to_root[static 32], const uint8_t (*path)[32], size_t n)
{
    return merkle_check_consistency(from, as_hash(from_root), to, as_hash(to_root), n ? as_hash(path[0]) : NULL, n);
}

/* ---- the JSON ---- */

/* key_of_head: the verifier key that stands beside the stored head; a head from elsewhere is taken as signed with the key of today. */
static enum status key_of_head(struct call *c, const struct journal_head *head, struct str *ret)
{
    struct journal_head_row row;
    enum status st = journal__next_head(c, head->size, &row);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    if (st == ST_NOT_FOUND || !str_eq(row.head.checkpoint, head->checkpoint)) return journal_verifier_key(c, ret);
    *ret = row.verifier;
    return ST_OK;
}

enum status journal_put_proof(struct call *c, const struct journal_shown *e, const struct journal_head *head, struct buf *out)
{
    const uint8_t(*path)[32];
    size_t n;
    struct str key;
    TRY(journal_prove(c, e->leaf, head->size, &path, &n));
    TRY(key_of_head(c, head, &key));
    struct json_out o = json_to(out);
    json_open(&o, '{');
    json_text_at(&o, "entry", encode_base64(c->arena, e->entry));
    json_text_at(&o, "salt", encode_hex(c->arena, str_of(e->salt, sizeof e->salt)));
    json_int_at(&o, "leaf", e->leaf);
    json_int_at(&o, "size", head->size);
    json_name(&o, STR("path"));
    json_open(&o, '[');
    for (size_t i = 0; i < n; i++) json_put_text(&o, encode_hex(c->arena, str_of(path[i], sizeof path[i])));
    json_close(&o);
    json_text_at(&o, "checkpoint", head->checkpoint);
    json_text_at(&o, "key", key);
    json_close(&o);
    return ST_OK;
}

static enum status unreadable(struct call *c, const char *field) { return call_fail(c, ST_INVALID, field, "This is not a proof of a journal entry. Take the file as the portal gave it."); }

/* Every member is wanted as text of an exact form: a proof that reads in two ways proves nothing. */
struct proof_text { struct str entry, salt, checkpoint, key; int64_t leaf, size; struct merkle_path path; };

static enum status read_path(struct call *c, const struct json *list, struct merkle_path *ret)
{
    struct str bytes;
    if (!list || !json_is_array(list)) return unreadable(c, "path");
    for (const struct json *x = json_first(list); x; x = json_next(x)) {
        if (ret->n == MERKLE_LEVELS || !decode_hex(c->arena, json_text(x, STR("")), &bytes) || bytes.n != sizeof ret->hash[0].b) return unreadable(c, "path");
        memcpy(ret->hash[ret->n++].b, bytes.p, bytes.n);
    }
    return ST_OK;
}

static enum status read_proof(struct call *c, struct str text, struct proof_text *p)
{
    const struct json *j;
    struct str entry, salt;
    if (text.n > JOURNAL_PROOF_MAX) return unreadable(c, "");
    TRY(json_parse(c, text, &j));
    TRY(json_need(c, j, "entry", &entry));
    TRY(json_need(c, j, "salt", &salt));
    TRY(json_need(c, j, "checkpoint", &p->checkpoint));
    TRY(json_need(c, j, "key", &p->key));
    if (!json_int(json_get(j, "leaf"), &p->leaf)) return unreadable(c, "leaf");
    if (!json_int(json_get(j, "size"), &p->size)) return unreadable(c, "size");
    if (!decode_base64(c->arena, entry, &p->entry)) return unreadable(c, "entry");
    if (!decode_hex(c->arena, salt, &p->salt) || p->salt.n != JOURNAL_SALT) return unreadable(c, "salt");
    return read_path(c, json_get(j, "path"), &p->path);
}

enum status journal__check_proof(struct call *c, struct str json, struct str known_key, struct journal_proof *ret)
{
    struct proof_text *p = arena_new(c->arena, struct proof_text);
    struct journal_proof proof;
    TRY(read_proof(c, json, p));
    proof.verifier = str_is_empty(known_key) ? p->key : known_key;
    TRY(journal_read_checkpoint(c, p->checkpoint, proof.verifier, &proof.head));
    if (proof.head.size != p->size) return call_fail(c, ST_INVALID, "size", "The proof is for a tree of another size than its signed head says.");
    struct merkle_hash leaf = merkle_leaf(p->salt, p->entry);
    if (!merkle_check_inclusion(&leaf, p->leaf, p->size, p->path.hash, p->path.n, as_hash(proof.head.root)))
        return call_fail(c, ST_INVALID, "entry", "The entry does not stand in the journal that this head was signed for: it or its proof was changed.");
    struct str rest = p->checkpoint;
    if (!str_cut(&rest, '\n', &proof.origin)) return unreadable(c, "checkpoint");
    proof.entry = p->entry;
    proof.leaf = p->leaf;
    *ret = proof;
    return ST_OK;
}
