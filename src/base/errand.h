/* errand.h: threads that do what would hold up a loop of strands: they come with the work, and go when there was none for a while. */
#ifndef SEN_BASE_ERRAND_H
#define SEN_BASE_ERRAND_H

#include <stdbool.h>

struct errands;
struct errands *errands_begin(void);
/* errands_run: run(arg) on another thread; the calling strand waits for its end. False: no thread could be had, nothing was run. */
bool errands_run(struct errands *e, void (*run)(void *arg), void *arg);
/* errands_end: joins all threads; nobody may be waiting any more. */
void errands_end(struct errands *e);

#endif
