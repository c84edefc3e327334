/* stamp.h: time-stamps of the message log (x-road 5.2, 5.3): rows, the batch, the state between two tries, the proof afterwards. For this room only. */
#ifndef SEN_EXCHANGE_STAMP_H
#define SEN_EXCHANGE_STAMP_H

#include "exchange/state/state.h"
#include "trust/stamp.h"

struct buf;

/* ---- time-stamps of the message log (5.2, 5.3) ---- */
NODISCARD enum status stamp__run(struct call *c);      /* job */
/* stamp__now: what stands in the log up to this row goes under a time-stamp at once (5.6 force); fine where it does already. */
NODISCARD enum status stamp__now(struct call *c, int64_t seq);
NODISCARD enum status stamp__load(struct call *c);     /* at start: how it went before */
/* stamp__may_go_on: may new messages pass? Fault timestamper_failed when stamping has failed for longer than exchange.stamp_failure_s. */
NODISCARD enum status stamp__may_go_on(struct call *c);
void stamp__put_metrics(struct call *c, struct buf *out);
struct args;
enum status stamp__state_run(struct call *c, const struct args *args);   /* sen message stamps */
enum status stamp__verify_run(struct call *c, const struct args *args);  /* sen message verify-stamps */

/* ---- stamp_db.c ---- */

/* A time-stamp: one token for the signatures of all messages from first_seq to last_seq. */
struct stamp_row { int64_t last_seq, first_seq, at_ms, n; struct str service, leaves, result, token; };
NODISCARD enum status stamp__insert(struct call *c, const struct stamp_row *row);
/* stamp__last: the newest one, without its bytes; ST_NOT_FOUND, silently. */
NODISCARD enum status stamp__last(struct call *c, struct stamp_row *ret);
/* stamp__next: the first that reaches to seq or beyond it; ST_NOT_FOUND, silently. */
NODISCARD enum status stamp__next(struct call *c, int64_t seq, struct stamp_row *ret);

/* A message that has a signature. */
struct stamped_message { int64_t seq; struct str request_id, signature; };
/* stamp__list_messages: those after seq and not after last, oldest first. */
NODISCARD enum status stamp__list_messages(struct call *c, int64_t after_seq, int64_t last, size_t limit, struct stamped_message *ret, size_t *n);

/* The time-stamp of a head of the journal: for the bytes of its signed note. */
struct head_stamp_row { int64_t size, at_ms; struct str service, note, token; };
NODISCARD enum status stamp__insert_head(struct call *c, const struct head_stamp_row *row);
NODISCARD enum status stamp__last_head(struct call *c, struct head_stamp_row *ret);                  /* ST_NOT_FOUND, silently */
NODISCARD enum status stamp__next_head(struct call *c, int64_t size, struct head_stamp_row *ret);    /* the first of at least this size; ST_NOT_FOUND, silently */

/* struct stamping: how it went the last time. failing_since_ms is TIME_FAR while it goes well. */
struct stamping { int64_t tried_ms, failing_since_ms; struct str reason; }; /* reason: key of a sentence, and its values, a tab in front of each */
NODISCARD enum status stamp__read_state(struct call *c, struct stamping *ret);
NODISCARD enum status stamp__write_state(struct call *c, const struct stamping *s);

/* ---- stamp_verify.c ---- */

struct stamp_certs { const struct str *certs; size_t n; };   /* of the services that are believed */
struct stamp_count { int64_t stamps, messages, heads, waiting, removed /* rows, by retention */; };
/* stamp__verify: every time-stamp of this node's LOG and every message that one covers, heads of the journal too. ST_INVALID names the first that does not fit. */
NODISCARD enum status stamp__verify(struct call *c, const struct stamp_certs *by, struct stamp_count *ret);
/* stamp__digests: the digests of a time-stamp's leaves, and the place of a message among them (SIZE_MAX: not there). */
NODISCARD enum status stamp__digests(struct call *c, const struct stamp_row *row, int64_t seq, const struct str **ret, size_t *n, size_t *at);

#endif
