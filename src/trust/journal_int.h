/* journal_int.h: shared by the files of the journal. */
#ifndef SEN_TRUST_JOURNAL_INT_H
#define SEN_TRUST_JOURNAL_INT_H

#include "trust/journal.h"
#include "trust/merkle.h"

enum { JOURNAL_SALT = 32, JOURNAL_TEXT_MAX = 64 * 1024, JOURNAL_SUBJECTS_MAX = 100000, JOURNAL_SUBJECT_BYTES = 8 + JOURNAL_SALT, JOURNAL_PROOF_MAX = 256 * 1024,
       JOURNAL_SLICE_BYTES = 4 * 1024 * 1024 };

/* ---- journal_entry.c: an entry as text and bytes ---- */

/* An entry as it is stored. subjects holds 40 bytes for each leaf: the person's id (8 bytes, big end first; 0: nobody) and the salt. */
struct journal_row {
    struct journal_event event;   /* without subjects: they stand below */
    struct str uid;
    int64_t seq, at_ms, first_leaf;
    struct str subjects;
};
size_t journal__leaves(const struct journal_row *row);
int64_t journal__person(const struct journal_row *row, size_t i);
struct str journal__salt(const struct journal_row *row, size_t i);
/* journal__is_erased: kind or salt were emptied by law; the hash of the leaf stays. */
bool journal__is_erased(const struct journal_row *row, size_t i);

/* journal__entry_text: the bytes that are hashed: one JSON object, members always in the same order, no person inside. */
NODISCARD enum status journal__entry_text(struct call *c, const struct journal_row *row, struct str *ret);
/* journal__check_event: texts are UTF-8 and not too long, kind is given, subjects are real ids. */
NODISCARD enum status journal__check_event(struct call *c, const struct journal_event *e);
/* journal__pack, journal__unpack: an event and its time for the outbox. */
NODISCARD enum status journal__pack(struct call *c, const struct journal_event *e, int64_t at_ms, struct str *ret);
NODISCARD enum status journal__unpack(struct call *c, struct str bytes, struct journal_event *ret, int64_t *at_ms);

/* ---- journal_db.c: every statement ---- */

struct journal_state { int64_t seq; struct merkle_edge edge; };
/* journal__lock_state: inside a transaction on LOG: the state, kept from other appenders until the commit. journal__read_state: as it stands. */
NODISCARD enum status journal__lock_state(struct call *c, struct journal_state *ret);
NODISCARD enum status journal__read_state(struct call *c, struct journal_state *ret);
NODISCARD enum status journal__write_state(struct call *c, const struct journal_state *s);
NODISCARD enum status journal__has_entry(struct call *c, struct str uid, bool *ret);
NODISCARD enum status journal__insert_entry(struct call *c, const struct journal_row *row);
/* journal__list_entries: after seq, oldest first, at most limit rows; fewer when they name very many persons. */
NODISCARD enum status journal__list_entries(struct call *c, int64_t after_seq, size_t limit, struct journal_row **ret, size_t *n);
/* journal__list_subjects: the same with nothing but seq, first leaf and subjects. */
NODISCARD enum status journal__list_subjects(struct call *c, int64_t after_seq, size_t limit, struct journal_row **ret, size_t *n);
/* journal__list_person: without entries of the class left_out (JOURNAL_NONE: all). */
enum { JOURNAL_NONE = -1 };
NODISCARD enum status journal__list_person(struct call *c, int64_t person, int64_t before_leaf, int left_out, size_t limit, struct journal_row **ret, int64_t **leaves, size_t *n);
NODISCARD enum status journal__insert_node(struct call *c, int64_t level, int64_t pos, const struct merkle_hash *hash);
NODISCARD enum status journal__find_node(struct call *c, int64_t level, int64_t pos, struct merkle_hash *ret);
/* journal__list_nodes: the hashes of [from, to) of a level; fewer when some are missing. */
NODISCARD enum status journal__list_nodes(struct call *c, int64_t level, int64_t from, int64_t to, struct merkle_hash *ret, size_t *n);
struct journal_head_row { struct journal_head head; struct str verifier; };
NODISCARD enum status journal__insert_head(struct call *c, const struct journal_head_row *h);
NODISCARD enum status journal__latest_head(struct call *c, struct journal_head_row *ret);                       /* ST_NOT_FOUND */
NODISCARD enum status journal__next_head(struct call *c, int64_t least_size, struct journal_head_row *ret);     /* the first of at least this size; ST_NOT_FOUND */
NODISCARD enum status journal__bookmark(struct call *c, int64_t *ret);
NODISCARD enum status journal__set_bookmark(struct call *c, int64_t seq);
NODISCARD enum status journal__insert_subject(struct call *c, int64_t person, int64_t leaf, int64_t seq);

/* ---- journal.c ---- */

/* journal__index: bring the index of subjects up to the newest entry. */
NODISCARD enum status journal__index(struct call *c);

/* ---- journal_key.c: this node's head key ---- */

/* journal__origin: "VN/GOV/G01/ps1/journal" from the settings. */
NODISCARD enum status journal__origin(struct call *c, struct str *ret);
/* journal__sign_checkpoint: waits for the key holder. */
NODISCARD enum status journal__sign_checkpoint(struct call *c, int64_t size, const struct merkle_hash *root, struct str *ret_note, struct str *ret_verifier);

/* ---- checkpoint.c: signed notes ---- */

struct str journal__verifier(struct arena *a, struct str name, struct str public_key);
struct str journal__checkpoint_text(struct arena *a, struct str origin, int64_t size, const struct merkle_hash *root);
struct str journal__signed_note(struct arena *a, struct str text, struct str name, struct str public_key, struct str sig);
/* journal__open_note: the name and the text of a note that this key has signed. */
NODISCARD enum status journal__open_note(struct call *c, struct str note, struct str verifier, struct str *ret_name, struct str *ret_text);

/* ---- journal_proof.c ---- */

struct journal_proof { struct str entry, origin, verifier; int64_t leaf; struct journal_head head; };
/* journal__check_proof: the JSON of journal_put_proof holds by itself: leaf, path, root, signature. known_key empty: the key that it names itself. */
NODISCARD enum status journal__check_proof(struct call *c, struct str json, struct str known_key, struct journal_proof *ret);

#endif
