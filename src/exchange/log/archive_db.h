/* archive_db.h: what the log knows of its archives: which files there are, and how far they reach. Retention asks it what may go; evidence/ makes the files. For this room only. */
#ifndef SEN_EXCHANGE_ARCHIVE_DB_H
#define SEN_EXCHANGE_ARCHIVE_DB_H

#include "store/db.h"

/* A file of archives: the signed messages among the rows from first_seq to last_seq, n of them. It is planned before it is written, and counts when it is durable. */
struct archive_row { int64_t last_seq, first_seq, at_ms, n; struct str file, digest; };
NODISCARD enum status archive__last(struct call *c, struct archive_row *ret);          /* the newest that counts; zeros when there is none */
NODISCARD enum status archive__list(struct call *c, int64_t after_seq, struct archive_row *ret, size_t most, size_t *n);
NODISCARD enum status archive__plan(struct call *c, const struct archive_row *row);
NODISCARD enum status archive__find_plan(struct call *c, struct archive_row *ret);     /* of a run that did not end; ST_NOT_FOUND, silently */
NODISCARD enum status archive__drop_plan(struct call *c);
NODISCARD enum status archive__count_plan(struct call *c, int64_t last_seq);           /* it counts from now on */
/* archive__mark: all rows up to seq were archived or are of those that nothing can prove; ran_ms: when that was last complete. */
struct archive_mark { int64_t seq, ran_ms; };
NODISCARD enum status archive__read_mark(struct call *c, struct archive_mark *ret);
NODISCARD enum status archive__move_mark(struct call *c, int64_t seq, int64_t ran_ms);
/* archive__first_waiting: the first signed row that is not archived; ST_NOT_FOUND, silently. */
NODISCARD enum status archive__first_waiting(struct call *c, int64_t *ret);

#endif
