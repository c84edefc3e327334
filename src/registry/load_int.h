/* load_int.h: what the three files of loading share: load.c (the order of things), load_read.c (lines to checked rows, in a thread of its own),
 * load_write.c (checked rows to the database). */
#ifndef SEN_REGISTRY_LOAD_INT_H
#define SEN_REGISTRY_LOAD_INT_H

#include "registry/progress.h"
#include "registry/registry_int.h"

enum { SLICE_ROWS = 256, REFUSALS_TOLD = 100 };

/* One slice of the file: rows that passed, refusals of those that did not; all of it lives in the slice's own arena. */
struct slice {
    struct arena *arena;
    struct row rows[SLICE_ROWS];
    int64_t lines[SLICE_ROWS];
    size_t n, done;                      /* done: written so far */
    struct load_refusal *refusals;       /* the first REFUSALS_TOLD */
    size_t nrefused;
    int64_t read, bytes;                 /* rows of the file in this slice; bytes of the file up to its end */
    bool last;
    struct call failed;                  /* why reading cannot go on, with last */
    enum status status;
};

/* ---- reading (load_read.c): a thread reads ahead, so that checking and writing share the machine's cores ---- */
struct reader;
/* reader_open: path "-" is standard input. *ret_bytes: the file's size, 0 where nobody knows. */
NODISCARD enum status registry__reader_open(struct call *c, const struct register_ *r, struct str path, int64_t today, int64_t *ret_bytes, struct reader **ret);
struct slice *registry__reader_next(struct reader *r);               /* waits; the caller gives it back */
void registry__reader_give(struct reader *r, struct slice *s);
void registry__reader_close(struct reader *r);                       /* NULL is fine; stops the thread */

/* ---- writing (load_write.c) ---- */
struct batch { const struct query *many, *one; size_t width, most, n; struct db_value *values; };
struct load {
    const struct register_ *r;
    int64_t delta;
    struct slice *slice;
    struct load_count *count;
    struct call *outer;                  /* keeps what is told when a slice's arena goes */
    struct batch entities, aliases, *groups;
    int64_t subjects[SLICE_ROWS]; size_t nsubjects;
};
void registry__load_begin(struct call *c, struct load *l);           /* batches, once a load */
/* registry__write_slice: every row of l->slice is stored, known from an interrupted load, or refused; in transactions that hold the writer less than 20 ms. */
NODISCARD enum status registry__write_slice(struct call *c, struct load *l);
void registry__tell_refusal(struct load *l, int64_t line, const struct call *failed, enum status st);

/* registry__load: as registry_load, and tells how far it is. progress may be NULL. */
NODISCARD enum status registry__load(struct call *c, const struct register_ *reg, struct str path, struct progress *progress, struct load_count *ret);

#endif
