/* message_log_int.h: shared by the files of the message log alone. What is written stands in message_log.c; what is here is derived from it, outside the commit of a message,
 * and may be made again. */
#ifndef SEN_EXCHANGE_MESSAGE_LOG_INT_H
#define SEN_EXCHANGE_MESSAGE_LOG_INT_H

#include "base/buf.h"
#include "exchange/log/message_log.h"

/* ---- message_level.c: how much is kept ---- */

/* message__level_of: by the rules for either end; of two the one that keeps less. */
enum message_level message__level_of(const struct message_levels *l, struct str client, struct str service);
struct str message__level_word(enum message_level level); /* as in node.yaml */
/* message__filter_head: what metadata keeps of canonical bytes. */
NODISCARD enum status message__filter_head(struct call *c, struct str head, bool is_answer, struct str *ret);

/* ---- message_log.c: what is sealed ---- */

enum { MESSAGE_LENGTH_BYTES = 4 };
/* message__bound: what a sealed text is tied to, so that it cannot be shown as another message's. */
struct str message__bound(struct call *c, struct str request_id, enum message_side side, bool is_answer);

/* ---- message_recent.c: the newest rows in memory ---- */

enum { MESSAGE_REFERENCE_BYTES = 8 }; /* what stands in the column signature where the document stands elsewhere */
/* What a row is searched, counted and time-stamped by; signature: its column. */
struct message_fact { int64_t seq, at_ms, took_us, side, kind; struct str client, service, fault, message_id, fault_id, request_id, signature; };
/* message__remember: a row that this transaction inserts; forgotten with it. message__recall: a row that is in the log; false: it must be read there. message__undone: rises
 * when any are forgotten; what was recalled is in the log if, with the writer held, this is still what it was before. */
void message__remember(struct db_tx *tx, struct message_recent *m, const struct message_fact *f);
bool message__recall(struct call *c, struct message_recent *m, int64_t seq, struct message_fact *ret);
int64_t message__undone(struct call *c, struct message_recent *m);

/* ---- message_index.c: what the log is searched by ----
 * A class is one kind of row between one client and one service, with one fault or none. There are few of them, so a filter is a choice of classes, and the newest
 * rows of a class stand together: no search reads more than a few thousand small rows, however many messages there are. */
struct message_class { int64_t id, side, kind; struct str client, service, fault; int64_t n /* rows */, last_ms /* of its newest row not after the moment asked for, or later; -1: none */; };
enum { MESSAGE_CLASSES_MOST = 10000 }; /* further ones are kept without their service, and found by everything else */

/* message__index: bring the index up to the newest row, at most so many rows; *behind: rows that are still missing. */
NODISCARD enum status message__index(struct call *c, int64_t most, int64_t *behind);
/* message__catch_up: likewise, for a search: where the index cannot be written, as on a full disk, it goes on with what is there: the rest is *behind. */
NODISCARD enum status message__catch_up(struct call *c, int64_t most, int64_t *behind);
/* message__list_classes: INT64_MAX: as they are now. */
NODISCARD enum status message__list_classes(struct call *c, int64_t until_ms, const struct message_class **ret, size_t *n);

/* message__request_of: the request id in a message id of the form that rest__write_request makes; empty when it has another. */
struct str message__request_of(struct str message_id);
/* message__list_named: rows that bear this message id or fault id, newest first; others may be among them. */
NODISCARD enum status message__list_named(struct call *c, struct str id, size_t limit, int64_t *ret, size_t *n);
/* message__unindex: inside a transaction on LOG: forgets the rows from first to last, which still stand in the log. */
NODISCARD enum status message__unindex(struct call *c, int64_t first, int64_t last);

/* ---- message_place.c: where the rows of a class stand ---- */

struct message_spot { int64_t class_, at_ms, seq; };
/* message__keep_places, message__drop_places: in a transaction on LOG, of rows that follow each other in the log; both sort the list. */
NODISCARD enum status message__keep_places(struct call *c, struct message_spot *list, size_t n);
NODISCARD enum status message__drop_places(struct call *c, struct message_spot *list, size_t n);
/* message__list_places: the newest rows of a class before a place and not before since_ms. ret has room for twice the limit. */
NODISCARD enum status message__list_places(struct call *c, int64_t class_, int64_t since_ms, struct message_place before, size_t limit, struct message_place *ret, size_t *n);

/* ---- message_minute.c: exchanges by minute, for exchange_count_messages ---- */

struct message_minute { int64_t minute, class_, n, took_us, last_ms; };
struct message_minutes { struct message_minute *list; size_t n; }; /* list has room for one a row */
/* message__add_minute: counts a row in which an exchange ended. message__keep_minutes: in the transaction that moves the bookmark over these rows. */
void message__add_minute(struct message_minutes *m, int64_t class_, int64_t at_ms, int64_t took_us);
NODISCARD enum status message__keep_minutes(struct call *c, const struct message_minutes *m, int64_t now_ms);

/* ---- message_leaves.c ---- */

NODISCARD enum status message__last_stamped(struct call *c, int64_t *ret); /* the row up to which a time-stamp covers everything */
enum { LEAVES_SHARED = 16 };
/* A document that signs several messages, by what stands in their rows (message_signature.c). */
struct leaves_shared { char stored[MESSAGE_REFERENCE_BYTES], digest[64]; };
struct message_leaves { struct buf bytes; size_t n, most; int64_t first_seq, last_seq, first_ms; struct leaves_shared shared[LEAVES_SHARED]; size_t nshared; bool broken; };
/* message__leaves_in: room for so many. message__add_leaf: of a row, in order; stored is its column signature. message__keep_leaves: in the transaction that moves the bookmark
 * of the index to upto; broken: a signature of these rows could not be read, so whoever stamps reads the rows, and meets that. */
struct message_leaves message__leaves_in(struct call *c, size_t most);
NODISCARD enum status message__add_leaf(struct call *c, struct message_leaves *l, int64_t seq, int64_t at_ms, struct str stored);
NODISCARD enum status message__keep_leaves(struct call *c, const struct message_leaves *l, int64_t upto);

/* ---- message_pack.c ---- */

/* message__pack: any text, shorter where it is a hash chain; message__unpack: the very same again. What was stored before there was packing comes out as it is. ST_BROKEN. */
struct str message__pack(struct arena *a, struct str text);
NODISCARD enum status message__unpack(struct call *c, struct str stored, struct str *ret);

/* ---- message_patch.c ---- */

/* message__patch: text as its difference to a base; false when they are not of the same length, or the patch would have more than most bytes. message__unpatch: the text again;
 * false when nothing is written like this. */
bool message__patch(struct arena *a, struct str base, struct str text, size_t most, struct str *ret);
bool message__unpatch(struct arena *a, struct str base, struct str patch, struct str *ret);

/* ---- message_signature.c ---- */

/* message__keep_signature: what stands in the column signature: the document, or where it stands. Inside a db_append whose call holds doc. message__signature: the document
 * again (message_log.h). message__drop_signatures: in a transaction that removes these rows, before they are gone: documents that no later row needs. */
NODISCARD enum status message__keep_signature(struct db_tx *tx, const struct signature_doc *doc, struct str *ret);
NODISCARD enum status message__drop_signatures(struct call *c, int64_t first, int64_t last);

#endif
