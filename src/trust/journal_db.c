/* journal_db.c: every SQL statement of the journal. */
#include "trust/journal_int.h"

#include "store/db.h"

#define Q(name, text) static const struct query name = { "trust", text, LOG }
#define ENTRY_COLUMNS "seq, uid, at_ms, kind, class, show_from_ms, agency, actor, role, purpose, basis, issue, fields, message, fault, first_leaf, subjects"
#define HEAD_COLUMNS "size, root, at_ms, note, verifier"
#define ENTRY_COLUMNS_OF_E \
    "e.seq, e.uid, e.at_ms, e.kind, e.class, e.show_from_ms, e.agency, e.actor, e.role, e.purpose, e.basis, e.issue, e.fields, e.message, e.fault, e.first_leaf, e.subjects"

/* The update changes nothing; it makes a second appender (another process) wait until this one has committed. */
Q(LOCK_EDGE, "UPDATE journal_edge SET id = id WHERE id = 1 RETURNING seq, size, peaks");
Q(READ_EDGE, "SELECT seq, size, peaks FROM journal_edge WHERE id = 1");
Q(WRITE_EDGE, "UPDATE journal_edge SET seq = $1, size = $2, peaks = $3 WHERE id = 1");
Q(HAS_ENTRY, "SELECT 1 FROM journal_entry WHERE uid = $1");
Q(INSERT_ENTRY, "INSERT INTO journal_entry (" ENTRY_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");
Q(LIST_ENTRIES, "SELECT " ENTRY_COLUMNS " FROM journal_entry WHERE seq > $1 ORDER BY seq LIMIT $2");
Q(LIST_SUBJECTS, "SELECT seq, first_leaf, subjects FROM journal_entry WHERE seq > $1 ORDER BY seq LIMIT $2");
Q(LIST_PERSON, "SELECT " ENTRY_COLUMNS_OF_E ", s.leaf FROM journal_subject s JOIN journal_entry e ON e.seq = s.seq"
               " WHERE s.person = $1 AND s.leaf < $2 AND e.show_from_ms <= $3 AND e.class <> $4 AND e.kind <> '' ORDER BY s.leaf DESC LIMIT $5");
Q(INSERT_NODE, "INSERT INTO journal_node (level, pos, hash) VALUES ($1, $2, $3)");
Q(FIND_NODE, "SELECT hash FROM journal_node WHERE level = $1 AND pos = $2");
Q(LIST_NODES, "SELECT pos, hash FROM journal_node WHERE level = $1 AND pos >= $2 AND pos < $3 ORDER BY pos");
Q(INSERT_HEAD, "INSERT INTO journal_head (" HEAD_COLUMNS ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (size) DO NOTHING");
Q(LATEST_HEAD, "SELECT " HEAD_COLUMNS " FROM journal_head ORDER BY size DESC LIMIT 1");
Q(NEXT_HEAD, "SELECT " HEAD_COLUMNS " FROM journal_head WHERE size >= $1 ORDER BY size LIMIT 1");
Q(READ_BOOKMARK, "SELECT seq FROM journal_bookmark WHERE id = 1");
Q(SET_BOOKMARK, "UPDATE journal_bookmark SET seq = $1 WHERE id = 1");
Q(INSERT_SUBJECT, "INSERT INTO journal_subject (person, leaf, seq) VALUES ($1, $2, $3) ON CONFLICT (person, leaf) DO NOTHING");

static enum status damaged(struct call *c, const char *what)
{
    call_note(c, "trust", "journal: %s", what);
    return call_fail(c, ST_BROKEN, "journal", "The journal of this node is damaged. Run \"sen journal verify\" and restore the log from a backup.");
}

static enum status read_hash(struct call *c, struct str bytes, struct merkle_hash *ret)
{
    if (bytes.n != sizeof ret->b) return damaged(c, "a hash does not have 32 bytes");
    memcpy(ret->b, bytes.p, sizeof ret->b);
    return ST_OK;
}

static struct db_value hash_value(const struct merkle_hash *h) { return db_bytes(str_of(h->b, sizeof h->b)); }

/* ---- state ---- */

static enum status read_edge(struct call *c, const struct query *q, struct journal_state *ret)
{
    DB_ROWS rows = db_run(c, q);
    if (!db_next(&rows)) {
        TRY(db_finish(&rows));
        return damaged(c, "the edge is missing");
    }
    ret->seq = db_col_int(&rows, 0);
    if (!merkle_edge_read(db_col_int(&rows, 1), db_col_bytes(&rows, 2), &ret->edge)) return damaged(c, "the edge does not fit its size");
    return db_finish(&rows);
}

enum status journal__lock_state(struct call *c, struct journal_state *ret) { return read_edge(c, &LOCK_EDGE, ret); }
enum status journal__read_state(struct call *c, struct journal_state *ret) { return read_edge(c, &READ_EDGE, ret); }

enum status journal__write_state(struct call *c, const struct journal_state *s)
{
    char peaks[sizeof(struct merkle_hash) * MERKLE_LEVELS];
    size_t n;
    merkle_edge_write(&s->edge, peaks, &n);
    return db_exec(c, &WRITE_EDGE, db_int(s->seq), db_int(s->edge.size), db_bytes(str_of(peaks, n)));
}

/* ---- entries ---- */

enum status journal__has_entry(struct call *c, struct str uid, bool *ret)
{
    DB_ROWS rows = db_run(c, &HAS_ENTRY, db_text(uid));
    bool found = db_next(&rows);
    TRY(db_finish(&rows));
    *ret = found;
    return ST_OK;
}

enum status journal__insert_entry(struct call *c, const struct journal_row *row)
{
    const struct journal_event *e = &row->event;
    return db_exec(c, &INSERT_ENTRY, db_int(row->seq), db_text(row->uid), db_int(row->at_ms), db_text(e->kind), db_int((int64_t)e->class_), db_int(e->show_from_ms),
                   db_text(e->agency), db_text(e->user), db_text(e->role), db_text(e->purpose), db_text(e->basis), db_text(e->issue), db_text(e->fields),
                   db_text(e->message), db_text(e->fault), db_int(row->first_leaf), db_bytes(row->subjects));
}

static struct journal_row read_entry(const struct db_rows *r)
{
    return (struct journal_row){
        .seq = db_col_int(r, 0), .uid = db_col_text(r, 1), .at_ms = db_col_int(r, 2), .first_leaf = db_col_int(r, 15), .subjects = db_col_bytes(r, 16),
        .event = { .kind = db_col_text(r, 3), .class_ = (enum journal_class)db_col_int(r, 4), .show_from_ms = db_col_int(r, 5), .agency = db_col_text(r, 6),
                   .user = db_col_text(r, 7), .role = db_col_text(r, 8), .purpose = db_col_text(r, 9), .basis = db_col_text(r, 10), .issue = db_col_text(r, 11),
                   .fields = db_col_text(r, 12), .message = db_col_text(r, 13), .fault = db_col_text(r, 14) },
    };
}

static struct journal_row read_subjects(const struct db_rows *r)
{
    return (struct journal_row){ .seq = db_col_int(r, 0), .first_leaf = db_col_int(r, 1), .subjects = db_col_bytes(r, 2) };
}

static enum status list_rows(struct call *c, const struct query *q, struct journal_row (*read)(const struct db_rows *r), int64_t after_seq, size_t limit, struct journal_row **ret,
                             size_t *n)
{
    struct journal_row *list = arena_array(c->arena, struct journal_row, limit);
    size_t count = 0, bytes = 0;
    DB_ROWS rows = db_run(c, q, db_int(after_seq), db_int((int64_t)limit));
    while (count < limit && bytes < JOURNAL_SLICE_BYTES && db_next(&rows)) {
        list[count] = read(&rows);
        bytes += list[count++].subjects.n;
    }
    bool stopped = bytes >= JOURNAL_SLICE_BYTES;
    if (!stopped) TRY(db_finish(&rows));
    *ret = list;
    *n = count;
    return ST_OK;
}

enum status journal__list_entries(struct call *c, int64_t after_seq, size_t limit, struct journal_row **ret, size_t *n)
{
    return list_rows(c, &LIST_ENTRIES, read_entry, after_seq, limit, ret, n);
}

enum status journal__list_subjects(struct call *c, int64_t after_seq, size_t limit, struct journal_row **ret, size_t *n)
{
    return list_rows(c, &LIST_SUBJECTS, read_subjects, after_seq, limit, ret, n);
}

enum status journal__list_person(struct call *c, int64_t person, int64_t before_leaf, int left_out, size_t limit, struct journal_row **ret, int64_t **leaves, size_t *n)
{
    struct journal_row *list = arena_array(c->arena, struct journal_row, limit);
    int64_t *at = arena_array(c->arena, int64_t, limit);
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST_PERSON, db_int(person), db_int(before_leaf), db_int(c->now_ms), db_int(left_out), db_int((int64_t)limit));
    while (count < limit && db_next(&rows)) {
        list[count] = read_entry(&rows);
        at[count++] = db_col_int(&rows, 17);
    }
    TRY(db_finish(&rows));
    *ret = list;
    *leaves = at;
    *n = count;
    return ST_OK;
}

/* ---- tree ---- */

enum status journal__insert_node(struct call *c, int64_t level, int64_t pos, const struct merkle_hash *hash)
{
    return db_exec(c, &INSERT_NODE, db_int(level), db_int(pos), hash_value(hash));
}

enum status journal__find_node(struct call *c, int64_t level, int64_t pos, struct merkle_hash *ret)
{
    DB_ROWS rows = db_run(c, &FIND_NODE, db_int(level), db_int(pos));
    if (!db_next(&rows)) {
        TRY(db_finish(&rows));
        return damaged(c, "the hash of a subtree is missing");
    }
    TRY(read_hash(c, db_col_bytes(&rows, 0), ret));
    return db_finish(&rows);
}

enum status journal__list_nodes(struct call *c, int64_t level, int64_t from, int64_t to, struct merkle_hash *ret, size_t *n)
{
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST_NODES, db_int(level), db_int(from), db_int(to));
    while (db_next(&rows) && db_col_int(&rows, 0) == from + (int64_t)count) TRY(read_hash(c, db_col_bytes(&rows, 1), &ret[count++]));
    TRY(db_finish(&rows));
    *n = count;
    return ST_OK;
}

/* ---- heads ---- */

enum status journal__insert_head(struct call *c, const struct journal_head_row *h)
{
    return db_exec(c, &INSERT_HEAD, db_int(h->head.size), db_bytes(str_of(h->head.root, sizeof h->head.root)), db_int(h->head.at_ms), db_text(h->head.checkpoint),
                   db_text(h->verifier));
}

/* first_head: ST_NOT_FOUND silently when the statement has no row. */
static enum status first_head(struct call *c, struct db_rows *rows, struct journal_head_row *ret)
{
    struct merkle_hash root;
    if (!db_next(rows)) {
        TRY(db_finish(rows));
        return ST_NOT_FOUND;
    }
    struct journal_head_row h = { .head = { .size = db_col_int(rows, 0), .at_ms = db_col_int(rows, 2), .checkpoint = db_col_text(rows, 3) }, .verifier = db_col_text(rows, 4) };
    TRY(read_hash(c, db_col_bytes(rows, 1), &root));
    memcpy(h.head.root, root.b, sizeof root.b);
    *ret = h;
    return db_finish(rows);
}

enum status journal__latest_head(struct call *c, struct journal_head_row *ret)
{
    DB_ROWS rows = db_run(c, &LATEST_HEAD);
    return first_head(c, &rows, ret);
}

enum status journal__next_head(struct call *c, int64_t least_size, struct journal_head_row *ret)
{
    DB_ROWS rows = db_run(c, &NEXT_HEAD, db_int(least_size));
    return first_head(c, &rows, ret);
}

/* ---- index of subjects ---- */

enum status journal__bookmark(struct call *c, int64_t *ret)
{
    int64_t seq = 0;
    DB_ROWS rows = db_run(c, &READ_BOOKMARK);
    if (db_next(&rows)) seq = db_col_int(&rows, 0);
    TRY(db_finish(&rows));
    *ret = seq;
    return ST_OK;
}

enum status journal__set_bookmark(struct call *c, int64_t seq) { return db_exec(c, &SET_BOOKMARK, db_int(seq)); }

enum status journal__insert_subject(struct call *c, int64_t person, int64_t leaf, int64_t seq)
{
    return db_exec(c, &INSERT_SUBJECT, db_int(person), db_int(leaf), db_int(seq));
}
