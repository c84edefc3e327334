/* journal.h: who read whose data, provably: an append-only Merkle log (RFC 6962 hashing; checkpoints of C2SP tlog-checkpoint signed with Ed25519) in LOG.
 * One event with n subjects; each (event, subject) has its own leaf SHA-256(0x00 || salt || entry) with a 32-byte random salt. Subjects are named by internal
 * id, never by PIN. Erasing salt and entry keeps the tree. */
#ifndef SEN_TRUST_JOURNAL_H
#define SEN_TRUST_JOURNAL_H

#include "store/db.h"
#include "trust/trust.h"

enum journal_class { JOURNAL_NORMAL, JOURNAL_SELF, JOURNAL_DELAYED };
struct str journal_class_word(enum journal_class class_); /* as in the text of an entry */
struct journal_event {
    struct str kind;            /* "population.read", "population.load", "message.opened" ... */
    enum journal_class class_;
    int64_t show_from_ms;       /* delayed disclosure: not shown to the person before; 0: at once */
    struct str agency, user, role, purpose, basis, issue; /* of the reader: VN/GOV/H26/desk, pseudonym, role ... */
    struct str fields;          /* the columns, comma separated, in the register's order */
    struct str message;         /* x-road-request-id that joins the entry to the message logs; or empty */
    struct str fault;           /* when the read was refused after a person was found */
    const int64_t *subjects; size_t nsubjects; /* internal ids; may be none */
};

/* journal_append: a read. In its own transaction on LOG; durable when it returns ST_OK, or with what the call gathers (db_gather), before it answers. uid (uuid) names the entry for complaints. */
NODISCARD enum status journal_append(struct call *c, const struct journal_event *e, struct str *ret_uid);
/* journal_append_with: a change. Goes to the outbox in the same transaction on NODE; after db_commit call journal_flush, which copies it to LOG and waits for
 * the disk. At start journal_flush replays what a crash left. */
NODISCARD enum status journal_append_with(struct db_tx *tx, const struct journal_event *e, struct str *ret_uid);
NODISCARD enum status journal_flush(struct call *c);

/* journal_sign_head: signs a new head when the tree has grown; job of the module, every second. */
struct journal_head { int64_t size; uint8_t root[32]; int64_t at_ms; struct str checkpoint; /* signed note, text */ };
NODISCARD enum status journal_sign_head(struct call *c, struct journal_head *ret);
NODISCARD enum status journal_latest_head(struct call *c, struct journal_head *ret); /* ST_NOT_FOUND before the first */
NODISCARD enum status journal_head_beyond(struct call *c, int64_t size, struct journal_head *ret); /* the first of more leaves than these; ST_NOT_FOUND when there is none */

struct journal_shown { struct journal_event event; struct str uid; int64_t at_ms, seq, leaf; struct str entry /* the exact bytes hashed */; uint8_t salt[32]; };
/* journal_list_subject: entries about a person that may be shown now (show_from_ms), newest first, before leaf `before` (TIME_FAR: from the newest), at most limit.
 * journal_list_others: the same without what the person did (JOURNAL_SELF), so that opening the list often does not push others' reads off it. */
NODISCARD enum status journal_list_subject(struct call *c, int64_t person, int64_t before, size_t limit, const struct journal_shown **ret, size_t *n);
NODISCARD enum status journal_list_others(struct call *c, int64_t person, int64_t before, size_t limit, const struct journal_shown **ret, size_t *n);
/* journal_prove: inclusion path of leaf in the tree of the first `size` leaves; 32 bytes each. ST_NOT_FOUND when leaf >= size. */
NODISCARD enum status journal_prove(struct call *c, int64_t leaf, int64_t size, const uint8_t (**ret)[32], size_t *n);
NODISCARD enum status journal_prove_consistency(struct call *c, int64_t from, int64_t to, const uint8_t (**ret)[32], size_t *n);

/* Pure checks, for verify commands and tests. */
void journal_leaf_hash(const uint8_t salt[static 32], struct str entry, uint8_t ret[static 32]);
bool journal_check_inclusion(const uint8_t leaf[static 32], int64_t index, int64_t size, const uint8_t (*path)[32], size_t n, const uint8_t root[static 32]);
bool journal_check_consistency(int64_t from, const uint8_t from_root[static 32], int64_t to, const uint8_t to_root[static 32], const uint8_t (*path)[32], size_t n);
/* journal_read_checkpoint: parses and verifies a signed note against origin and verifier key ("name+hash+base64", C2SP signed-note). */
NODISCARD enum status journal_read_checkpoint(struct call *c, struct str note, struct str verifier_key, struct journal_head *ret);
/* journal_verifier_key: of this node's head key; origin is the member and server id ("VN/GOV/10001/ps1/journal"). */
NODISCARD enum status journal_verifier_key(struct call *c, struct str *ret);

/* journal_put_proof: the proof of one entry as JSON for the person: {"entry":base64,"salt":hex,"leaf":n,"size":n,"path":[hex...],"checkpoint":"...","key":"..."}; checked
 * by the portal's script and by `sen journal verify --proof FILE`. */
struct buf;
NODISCARD enum status journal_put_proof(struct call *c, const struct journal_shown *e, const struct journal_head *head, struct buf *out);

/* journal_verify_all: every entry, leaf, node and head of this node's LOG; counts out. ST_INVALID with the first thing that does not fit. */
struct journal_count { int64_t entries, leaves, heads; };
NODISCARD enum status journal_verify_all(struct call *c, struct journal_count *ret);

#endif
