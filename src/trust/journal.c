/* journal.c: appending, signing heads, listing what a person may see. An append takes the writer of LOG, continues the tree from its edge (one
 * row, kept in memory no longer than a group of appends that share a commit, so it is never stale after a rollback or beside another process) and commits; the index of
 * subjects follows later. */
#include "trust/journal.h"

#include "base/crash.h"
#include "base/random.h"
#include "trust/journal_int.h"

enum { INDEX_SLICE = 200, LIST_MAX = 1000 };

/* ---- appending ---- */

static enum status store_node(void *arg, int level, int64_t pos, const struct merkle_hash *hash) { return journal__insert_node(arg, level, pos, hash); }

/* fill_subjects: a salt for each person; an event about nobody has one leaf too, or it would not be in the tree. */
static struct str fill_subjects(struct arena *a, const struct journal_event *e)
{
    size_t n = e->nsubjects ? e->nsubjects : 1;
    uint8_t *bytes = arena_alloc(a, n * JOURNAL_SUBJECT_BYTES, 1);
    for (size_t i = 0; i < n; i++) {
        uint8_t *at = bytes + i * JOURNAL_SUBJECT_BYTES;
        uint64_t person = e->nsubjects ? (uint64_t)e->subjects[i] : 0;
        for (size_t k = 0; k < 8; k++) at[k] = (uint8_t)(person >> (56 - 8 * k));
        random_bytes(at + 8, JOURNAL_SALT);
    }
    return str_of(bytes, n * JOURNAL_SUBJECT_BYTES);
}

/* An entry that is ready to be written: what it says is hashed before the writer is held. */
struct prepared { struct journal_row row; struct merkle_hash *leaves; };

static enum status prepare(struct call *c, struct prepared *p)
{
    struct str text;
    size_t n = journal__leaves(&p->row);
    TRY(journal__entry_text(c, &p->row, &text));
    p->leaves = arena_array(c->arena, struct merkle_hash, n);
    for (size_t i = 0; i < n; i++) p->leaves[i] = merkle_leaf(journal__salt(&p->row, i), text);
    return ST_OK;
}

static enum status write_state(struct db_tx *tx, void *arg) { return journal__write_state(tx->call, arg); }
static const struct db_common_kind SHARED_STATE = { sizeof(struct journal_state), write_state };

/* append_row: inside a transaction on LOG; those that share a commit continue one edge. */
static enum status append_row(struct db_tx *tx, void *arg)
{
    struct prepared *p = arg;
    struct call *c = tx->call;
    bool fresh;
    struct journal_state *state = db_common(tx, &SHARED_STATE, &fresh);
    if (fresh) TRY(journal__lock_state(c, state));
    p->row.seq = ++state->seq;
    p->row.first_leaf = state->edge.size;
    TRY(journal__insert_entry(c, &p->row));
    for (size_t i = 0; i < journal__leaves(&p->row); i++) TRY(merkle_push(&state->edge, p->leaves[i], store_node, c));
    return ST_OK;
}

enum status journal_append(struct call *c, const struct journal_event *e, struct str *ret_uid)
{
    struct prepared *p = arena_new(c->arena, struct prepared);
    TRY(journal__check_event(c, e));
    p->row = (struct journal_row){ .event = *e, .uid = random_uuid_at(c->arena, c->now_ms), .at_ms = c->now_ms, .subjects = fill_subjects(c->arena, e) };
    p->row.event.subjects = NULL; /* the caller's list may be gone when a gathered entry is written */
    TRY(prepare(c, p));
    crash_point("journal.before_append");
    TRY(db_append(c, append_row, p));
    crash_point("journal.after_append");
    *ret_uid = p->row.uid;
    return ST_OK;
}

enum status journal_append_with(struct db_tx *tx, const struct journal_event *e, struct str *ret_uid)
{
    struct call *c = tx->call;
    struct str bytes, uid = random_uuid_at(c->arena, c->now_ms);
    TRY(journal__check_event(c, e));
    TRY(journal__pack(c, e, c->now_ms, &bytes));
    TRY(outbox_put(tx, STR("journal"), uid, bytes));
    *ret_uid = uid;
    return ST_OK;
}

/* carry: one entry of the outbox into LOG. A crash between here and the emptying of the outbox brings it again: the uid tells. */
static enum status carry(struct call *c, struct str uid, struct str bytes, void *arg)
{
    struct prepared p = { .row.uid = uid };
    bool known = false;
    DB_TX tx = { 0 };
    (void)arg;
    TRY(journal__unpack(c, bytes, &p.row.event, &p.row.at_ms));
    p.row.subjects = fill_subjects(c->arena, &p.row.event);
    TRY(prepare(c, &p));
    TRY(db_begin(c, LOG, &tx));
    TRY(journal__has_entry(c, uid, &known));
    if (known) return ST_OK;
    TRY(append_row(&tx, &p));
    return db_commit(&tx);
}

enum status journal_flush(struct call *c) { return outbox_drain(c, STR("journal"), carry, NULL); }

/* ---- heads ---- */

static enum status store_head(struct call *c, const struct journal_head_row *h)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(journal__insert_head(c, h));
    return db_commit(&tx);
}

enum status journal_sign_head(struct call *c, struct journal_head *ret)
{
    struct journal_state state;
    struct journal_head_row latest = { .head.size = -1 }, next = { .head.size = 0 };
    TRY(journal__read_state(c, &state));
    enum status st = journal__latest_head(c, &latest);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    if (latest.head.size == state.edge.size) {
        *ret = latest.head;
        return ST_OK;
    }
    struct merkle_hash root = merkle_root(&state.edge);
    next.head.size = state.edge.size;
    next.head.at_ms = c->now_ms;
    memcpy(next.head.root, root.b, sizeof root.b);
    TRY(journal__sign_checkpoint(c, state.edge.size, &root, &next.head.checkpoint, &next.verifier));
    TRY(store_head(c, &next));
    *ret = next.head;
    return ST_OK;
}

enum status journal_latest_head(struct call *c, struct journal_head *ret)
{
    struct journal_head_row row;
    TRY(journal__latest_head(c, &row));
    *ret = row.head;
    return ST_OK;
}

enum status journal_head_beyond(struct call *c, int64_t size, struct journal_head *ret)
{
    struct journal_head_row row;
    TRY(journal__next_head(c, size + 1, &row));
    *ret = row.head;
    return ST_OK;
}

/* ---- index of subjects, lists ---- */

/* index_slice: in one transaction: the bookmark is read with the writer held, so that two workers do not do the same work. */
static enum status index_slice(struct call *c, bool *more)
{
    struct journal_row *rows;
    size_t n;
    int64_t seq;
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(journal__bookmark(c, &seq));
    TRY(journal__list_subjects(c, seq, INDEX_SLICE, &rows, &n));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < journal__leaves(&rows[i]); k++)
            if (journal__person(&rows[i], k) != 0) TRY(journal__insert_subject(c, journal__person(&rows[i], k), rows[i].first_leaf + (int64_t)k, rows[i].seq));
    *more = n > 0;
    if (n == 0) return ST_OK;
    TRY(journal__set_bookmark(c, rows[n - 1].seq));
    return db_commit(&tx);
}

enum status journal__index(struct call *c)
{
    struct journal_state state;
    int64_t seq;
    TRY(journal__bookmark(c, &seq));
    TRY(journal__read_state(c, &state));
    for (bool more = seq < state.seq; more;) TRY(index_slice(c, &more));
    return ST_OK;
}

static enum status list_person(struct call *c, int64_t person, int64_t before, int left_out, size_t limit, const struct journal_shown **ret, size_t *n)
{
    struct journal_row *rows;
    int64_t *leaves;
    size_t count;
    TRY(journal__index(c));
    TRY(journal__list_person(c, person, before, left_out, limit < LIST_MAX ? limit : LIST_MAX, &rows, &leaves, &count));
    struct journal_shown *list = arena_array(c->arena, struct journal_shown, count);
    for (size_t i = 0; i < count; i++) {
        struct journal_row *row = &rows[i];
        struct str salt = journal__salt(row, (size_t)(leaves[i] - row->first_leaf));
        list[i] = (struct journal_shown){ .event = row->event, .uid = row->uid, .at_ms = row->at_ms, .seq = row->seq, .leaf = leaves[i] };
        memcpy(list[i].salt, salt.p, JOURNAL_SALT);
        TRY(journal__entry_text(c, row, &list[i].entry));
    }
    *ret = list;
    *n = count;
    return ST_OK;
}

enum status journal_list_subject(struct call *c, int64_t person, int64_t before, size_t limit, const struct journal_shown **ret, size_t *n)
{
    return list_person(c, person, before, JOURNAL_NONE, limit, ret, n);
}

enum status journal_list_others(struct call *c, int64_t person, int64_t before, size_t limit, const struct journal_shown **ret, size_t *n)
{
    return list_person(c, person, before, JOURNAL_SELF, limit, ret, n);
}
