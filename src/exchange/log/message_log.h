/* message_log.h: the message log: what passed this node, written before it counts, found again, opened for a purpose, and removed by rule. For this room only. */
#ifndef SEN_EXCHANGE_MESSAGE_LOG_H
#define SEN_EXCHANGE_MESSAGE_LOG_H

#include "exchange/state/state.h"
#include "store/db.h"
#include "trust/signature.h"

struct wire;

/* ---- message log ---- */
enum message_side { SIDE_CONSUMER = 1, SIDE_PROVIDER = 2, SIDE_OWN = 3 /* asked and answered by one member inside this node */ };
struct message_row {
    enum message_side side; bool is_answer;
    bool is_refusal;           /* of a message that was not taken: stands beside, and never in the place of, an answer */
    struct str request_id, message_id, client, service; /* client and service as xid_format writes them */
    int status; struct str fault, fault_id; int64_t took_us;
    const struct wire *wire;   /* NULL: only the facts (a refusal) */
};
NODISCARD enum status message__append(struct call *c, const struct message_row *m); /* durable when it returns; ST_CONFLICT: replay */
NODISCARD enum status message__settle(struct call *c); /* after db_gather: makes the rows durable together; ST_CONFLICT: replay, and none of them stands */
/* What stands in is_answer: a refusal is of a message that was not taken. */
enum message_kind { MESSAGE_QUESTION = 0, MESSAGE_ANSWER = 1, MESSAGE_REFUSAL = 2 };
struct message_place { int64_t at_ms, seq; };      /* where a row stands: rows are ordered by moment, then by seq */
/* struct message_filter: empty texts and 0 ask for all. party: a member or subsystem at either end; party, client and service cover what stands below them. */
struct message_filter {
    int64_t since_ms, until_ms;
    struct str party, client, service, fault /* a part of its type, "access_denied" */;
    bool only_faults, only_ends /* without questions: each exchange once */;
    enum message_side side;                         /* 0: each */
    struct message_place before;                    /* the page after this row; at_ms 0: from the newest on */
    int64_t limit;                                  /* at most MESSAGE_LIST_MOST */
};
enum { MESSAGE_LIST_MOST = 1000 };
struct message_line { int64_t seq, at_ms, took_us, status, body_bytes; bool is_signed; enum message_side side; enum message_kind kind; struct str request_id, message_id, client, service, fault, fault_id; };
/* next: the last of these rows, where older ones follow (at_ms 0: none do). behind: rows so new that no search finds them yet. */
struct message_found { const struct message_line *lines; size_t n; struct message_place next; int64_t behind; };
NODISCARD enum status message__list(struct call *c, const struct message_filter *f, struct message_found *ret);   /* newest first */
/* message__find: the rows of a request id, oldest first; ST_NOT_FOUND with a sentence. */
NODISCARD enum status message__find(struct call *c, struct str request_id, const struct message_line **ret, size_t *n);

NODISCARD enum status message__load_levels(struct call *c, struct app *app, struct message_levels *ret);

/* ---- message_open.c: what is sealed, opened ---- */

/* One row with its sealed part open. is_whole: head and body are those that were signed; else only metadata was kept. */
struct message_parts {
    int64_t seq, body_bytes; enum message_side side; enum message_kind kind; bool is_whole;
    struct str request_id, head, body; struct signature_doc signature;
};
/* message__open: whoever shows what comes out to somebody calls message__journal_opening before. ST_NOT_FOUND, silently. */
NODISCARD enum status message__open(struct call *c, int64_t seq, struct message_parts *ret);
/* message__apart: work on a message in a call of its own: sealed and opened, a large one takes several times its size, which is given back at once. What is to stay
 * work copies into the arena of c. */
typedef enum status message_work(struct call *c, struct call *apart, void *arg);
NODISCARD enum status message__apart(struct call *c, message_work *work, void *arg);
NODISCARD enum status message__journal_opening(struct call *c, struct str purpose, struct str request_id);

/* message__signature: the document of what stands in the column signature. */
NODISCARD enum status message__signature(struct call *c, struct str stored, struct str *ret);

/* ---- message_index.c: what the log is searched by ---- */

NODISCARD enum status message__index_job(struct call *c);
NODISCARD enum status message__count(struct call *c, int64_t *ret); /* rows that are in the index */

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

/* ---- what struct exchange keeps for message_signature.c and message_recent.c ---- */

struct message_bases *message__bases_new(void);
void message__bases_free(struct message_bases *b);
struct message_recent *message__recent_new(void);
void message__recent_free(struct message_recent *m);

/* ---- message_keep.c: retention ---- */

/* Rows up to seq and time-stamps up to stamp_seq were removed by rule: n rows, the last ones at_ms. */
struct message_cut { int64_t seq, stamp_seq, at_ms, n; };
NODISCARD enum status message__read_cut(struct call *c, struct message_cut *ret);
/* message__remove_old: rows from before cutoff_ms, but none that waits for its time-stamp. */
NODISCARD enum status message__remove_old(struct call *c, int64_t cutoff_ms);
NODISCARD enum status message__keep_job(struct call *c);
struct str message__retention_words(struct call *c);

/* ---- message_leaves.c: digests of the signatures that wait for a time-stamp ---- */

enum { MESSAGE_LEAF_BYTES = 8 + 64 }; /* seq, big end first, and SHA-512 of the signature document */
int64_t message__leaf_seq(struct str leaves, size_t i);
/* message__collect_leaves: the oldest leaves after a row, whether the index has come to them or not, and the row of the last one. Empty when none waits. */
NODISCARD enum status message__collect_leaves(struct call *c, int64_t after_seq, size_t most, struct str *leaves, int64_t *last_seq);
/* message__count_waiting: how many there are, and the moment of the oldest (0: none). */
NODISCARD enum status message__count_waiting(struct call *c, int64_t after_seq, int64_t *ret_n, int64_t *ret_oldest_ms);
/* message__drop_leaves: in the transaction that writes the time-stamp which covers them. */
NODISCARD enum status message__drop_leaves(struct call *c, int64_t last_seq);
/* message__fold_leaves: whole leaves as they are kept: shorter where several have one digest. message__unfold_leaves: whole again; false where it is no list. */
struct str message__fold_leaves(struct arena *a, struct str leaves);
NODISCARD bool message__unfold_leaves(struct arena *a, struct str kept, struct str *ret);

#endif
