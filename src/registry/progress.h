/* progress.h: how far long work on the command line is: on a terminal one line that is drawn again, else a line every few seconds; on standard
 * error, so that standard output stays a file. Counts only, never a name or a number of a person. */
#ifndef SEN_REGISTRY_PROGRESS_H
#define SEN_REGISTRY_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress { const char *what; int64_t total; /* 0: nobody knows */ int64_t began_us, told_us; int fd; bool terminal, told; };
struct progress progress_start(const char *what, int64_t total, int fd);
/* progress_tell: done of total so far; writes at most every 200 ms on a terminal, every 5 s elsewhere. p may be NULL. */
void progress_tell(struct progress *p, int64_t done);
/* progress_end: the last state stays on the terminal. */
void progress_end(struct progress *p, int64_t done);
/* progress_line: what is written; for tests. Answers its bytes. */
int progress_line(const struct progress *p, int64_t done, int64_t now_us, char *ret, int size);

#endif
