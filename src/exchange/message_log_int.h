/* message_log_int.h: shared by the files that search, show and thin out the message log. What is written stands in message_log.c (exchange_int.h); what is here is derived
 * from it, outside the commit of a message, and may be made again. */
#ifndef SEN_EXCHANGE_MESSAGE_LOG_INT_H
#define SEN_EXCHANGE_MESSAGE_LOG_INT_H

#include "exchange/exchange_int.h"

/* ---- message_level.c: how much is kept ---- */

NODISCARD enum status message__load_levels(struct call *c, struct app *app, struct message_levels *ret);
/* message__level_of: by the rules for either end; of two the one that keeps less. */
enum message_level message__level_of(const struct message_levels *l, struct str client, struct str service);
struct str message__level_word(enum message_level level); /* as in node.yaml */
/* message__filter_head: what metadata keeps of canonical bytes. */
NODISCARD enum status message__filter_head(struct call *c, struct str head, bool is_answer, struct str *ret);

/* ---- message_open.c: what is sealed, opened ---- */

enum { MESSAGE_LENGTH_BYTES = 4 };
/* message__bound: what a sealed text is tied to, so that it cannot be shown as another message's. */
struct str message__bound(struct call *c, struct str request_id, enum message_side side, bool is_answer);
/* One row with its sealed part open. is_whole: head and body are those that were signed; else only metadata was kept. */
struct message_parts {
    int64_t seq, body_bytes; enum message_side side; enum message_kind kind; bool is_whole;
    struct str request_id, head, body; struct signature_doc signature;
};
/* message__open: whoever shows what comes out to somebody calls message__journal_opening before. ST_NOT_FOUND, silently. */
NODISCARD enum status message__open(struct call *c, int64_t seq, struct message_parts *ret);
NODISCARD enum status message__journal_opening(struct call *c, struct str purpose, struct str request_id);

/* ---- message_index.c: what the log is searched by ----
 * A class is one kind of row between one client and one service, with one fault or none. There are few of them, so a filter is a choice of classes, and the newest
 * rows of a class stand together: no search reads more than a few thousand small rows, however many messages there are. */
struct message_class { int64_t id, side, kind; struct str client, service, fault; int64_t n /* rows */, last_ms /* of its newest row not after the moment asked for, or later; -1: none */; };
enum { MESSAGE_CLASSES_MOST = 10000 }; /* further ones are kept without their service, and found by everything else */

/* message__index: bring the index up to the newest row, at most so many rows; *behind: rows that are still missing. */
NODISCARD enum status message__index(struct call *c, int64_t most, int64_t *behind);
NODISCARD enum status message__index_job(struct call *c);
NODISCARD enum status message__count(struct call *c, int64_t *ret); /* rows that are in the index */
/* message__list_classes: INT64_MAX: as they are now. */
NODISCARD enum status message__list_classes(struct call *c, int64_t until_ms, const struct message_class **ret, size_t *n);

/* message__list_places: the newest rows of a class before a place and not before since_ms. */
NODISCARD enum status message__list_places(struct call *c, int64_t class_, int64_t since_ms, struct message_place before, size_t limit, struct message_place *ret, size_t *n);
/* message__list_named: rows that bear this message id or fault id, newest first; others may be among them. */
/* message__request_of: the request id in a message id of the form that rest__write_request makes; empty when it has another. */
struct str message__request_of(struct str message_id);
NODISCARD enum status message__list_named(struct call *c, struct str id, size_t limit, int64_t *ret, size_t *n);
/* message__unindex: inside a transaction on LOG: forgets the rows from first to last, which still stand in the log. */
NODISCARD enum status message__unindex(struct call *c, int64_t first, int64_t last);

/* ---- message_minute.c: exchanges by minute, for exchange_count_messages ---- */

struct message_minute { int64_t minute, class_, n, took_us, last_ms; };
struct message_minutes { struct message_minute *list; size_t n; }; /* list has room for one a row */
/* message__add_minute: counts a row in which an exchange ended. message__keep_minutes: in the transaction that moves the bookmark over these rows. */
void message__add_minute(struct message_minutes *m, int64_t class_, int64_t at_ms, int64_t took_us);
NODISCARD enum status message__keep_minutes(struct call *c, const struct message_minutes *m, int64_t now_ms);

/* ---- message_search.c ---- */

/* message__find_any: the messages with this request id, message id or fault id, on this node's sides; ST_NOT_FOUND with a sentence. */
NODISCARD enum status message__find_any(struct call *c, struct str id, const struct message_line **ret, size_t *n);
/* message__read_moment: 2026-11-22, 22/11/2026, with or without 8:00 behind it by the country's clocks, or 2026-11-22T08:00:00Z. A day or minute without more means its first moment, with
 * `end` its last. */
bool message__read_moment(const struct call *c, struct str text, bool end, int64_t *ret);
/* A place as it stands in an address: "1795000000000-42". */
struct str message__format_place(struct call *c, struct message_place p);
bool message__parse_place(struct str text, struct message_place *ret);

/* ---- message_person.c: by person ---- */

/* An entry of the journal about the person, and what the log knows of its message: the row in which it ended; no row where the log has none of it. */
struct message_about { int64_t at_ms; struct str kind, agency, role, purpose, basis, request_id; bool has_line; struct message_line line; };
struct message_abouts { const struct message_about *list; size_t n; int64_t next_leaf; /* where older ones follow; 0: none do */ };
bool message__knows_persons(const struct call *c);
/* message__list_person: newest first, before a leaf of the journal (TIME_FAR: from the newest on). The search is an entry about the person itself, durable before anything is
 * answered. ST_NOT_FOUND with a sentence when nobody has the number; ST_INVALID for a purpose that is none. */
NODISCARD enum status message__list_person(struct call *c, struct str number, struct str purpose, int64_t before_leaf, size_t limit, struct message_abouts *ret);

/* ---- message_keep.c: retention ---- */

/* Rows up to seq and time-stamps up to stamp_seq were removed by rule: n rows, the last ones at_ms. */
struct message_cut { int64_t seq, stamp_seq, at_ms, n; };
NODISCARD enum status message__read_cut(struct call *c, struct message_cut *ret);
/* message__remove_old: rows from before cutoff_ms, but none that waits for its time-stamp. */
NODISCARD enum status message__remove_old(struct call *c, int64_t cutoff_ms);
NODISCARD enum status message__keep_job(struct call *c);
struct str message__retention_words(struct call *c);

/* ---- message_http.c: pages ---- */

#define MESSAGE_READ "message.read" /* lists and facts */
#define MESSAGE_OPEN "message.open" /* heads and bodies, for a purpose */
#define MESSAGE_PERSON "message.person" /* by person, for a purpose */
handler message__show_person, message__show_person_again, message__show_about;
extern const struct field message__person_form[];
handler message__show_list, message__show_list_again, message__show_one, message__show_one_again, message__show_opened;
extern const struct field message__list_form[], message__open_form[];

/* ---- message_cmd.c ---- */

extern const struct option message__list_options[], message__find_options[], message__show_options[];
enum status message__list_run(struct call *c, const struct args *args);
enum status message__find_run(struct call *c, const struct args *args);
enum status message__show_run(struct call *c, const struct args *args);

/* ---- message_signature.c ---- */

/* message__keep_signature: what stands in the column signature: the document, or where it stands. Inside a db_append whose call holds doc. message__signature: the document
 * again. message__drop_signatures: in a transaction that removes these rows, before they are gone: documents that no later row needs. */
NODISCARD enum status message__keep_signature(struct db_tx *tx, const struct signature_doc *doc, struct str *ret);
NODISCARD enum status message__signature(struct call *c, struct str stored, struct str *ret);
NODISCARD enum status message__drop_signatures(struct call *c, int64_t first, int64_t last);

#endif
