/* csv.h: RFC 4180 records with a header line. Refuses a row with another number of fields, a bare quote, an inner NUL. */
#ifndef SEN_BASE_CSV_H
#define SEN_BASE_CSV_H

#include "base/call.h"

struct csv { struct str rest; struct str file; int line; size_t columns; struct str *header; struct str *row; };

/* csv_open: reads the header line. file is for sentences only. The text must outlive the reader. */
NODISCARD enum status csv_open(struct call *c, struct str file, struct str text, struct csv *ret);
/* csv_load: the same with a file of at most so many bytes, which stays in the call's arena. */
NODISCARD enum status csv_load(struct call *c, struct str path, size_t most, struct csv *ret);
size_t csv_rows_most(const struct csv *r); /* no more rows than so many are left */
/* csv_next: *more false at the end; else row holds `columns` fields. Cells are views of the text or copies in scratch (quoted ones); scratch
 * may be reset by the caller between rows. */
NODISCARD enum status csv_next(struct call *c, struct csv *r, struct arena *scratch, bool *more);
/* csv_column: index of a header name; ST_INVALID naming the file where it is missing. */
NODISCARD enum status csv_column(struct call *c, const struct csv *r, const char *name, size_t *ret);
/* csv_put: one cell, quoted where needed; the caller writes commas and newlines. */
struct buf;
void csv_put(struct buf *b, struct str cell);

#endif
