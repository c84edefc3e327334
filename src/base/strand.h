/* strand.h: straight, blocking code for many at a time on one thread. A *strand* has a stack of its own; where it would wait, another one of its *loop* goes on, so that a wait
 * costs no change of threads and what many strands ask for comes together (one commit, one signature). Strands of a loop never run at the same time and change places only
 * inside the waits declared here and in gate.h. Hence three rules: no mutex is held over such a wait; what belongs to the thread is not used across one; and
 * what computes for long, or waits in a library that knows nothing of strands, is done outside (strand_outside). On an ordinary thread every function here waits as usual, so that
 * the same code serves both. */
#ifndef SEN_BASE_STRAND_H
#define SEN_BASE_STRAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strand;
struct strand_loop;

/* A job is run once, on a strand; the struct is the caller's and may be gone as soon as run begins. */
struct strand_job { void (*run)(void *arg); void *arg; struct strand_job *next; };

/* strand_loop_start: a thread for at most so many strands at a time; NULL when none could be started. rest (or NULL) is called on that thread every ten seconds: what
 * nobody used meanwhile may be given back. */
struct strand_loop *strand_loop_start(size_t most, void (*rest)(void *arg), void *arg);
/* strand_begin: from any thread. Jobs over `most` wait in order. */
void strand_begin(struct strand_loop *l, struct strand_job *job);
/* strand_loop_end: when every job has ended. NULL is allowed. */
void strand_loop_end(struct strand_loop *l);

/* strand_mine: the strand that runs here, or NULL on an ordinary thread. */
struct strand *strand_mine(void);

/* ---- waits ---- */

/* strand_poll: until fd is ready for one of these events of poll(2) or the moment (time_monotonic_us) has come; fd is looked at in any case. Answers the events, 0 at that
 * moment, -1 when fd cannot be waited for. It may be too early: whoever reads finds nothing then, and comes again. */
int strand_poll(int fd, short events, int64_t until_us);
/* strand_sleep: so many microseconds. */
void strand_sleep(int64_t us);
/* strand_yield: all that are ready now go first. */
void strand_yield(void);
/* strand_await_rest: until no strand of this loop has had anything to do for a moment (60 microseconds), but not longer than so many microseconds; at once where no other
 * strand has a job. */
void strand_await_rest(int64_t most_us);
/* strand_hurry: from any thread: ends the rest that s awaits, or its next one. */
void strand_hurry(struct strand *s);
/* strand_crowd: how many strands of this loop have a job just now; 1 on an ordinary thread. */
size_t strand_crowd(void);
/* strand_attend: what a strand that serves as long as its loop lives does between two turns: until there is something to read at fd, the moment has come, or it is recalled; false: only
 * the moment came. All others that are ready go first. Nobody waits for it to come to rest. fd is this strand's only, and may make a later wait of this strand end early, once. strand_recall: from any thread, also before it attends. */
bool strand_attend(int fd, int64_t until_us);
void strand_recall(struct strand *s);
/* strand_outside: run(arg) on a thread, while other strands go on here; on an ordinary thread just run(arg). */
void strand_outside(void (*run)(void *arg), void *arg);

/* ---- for gate.c ---- */

/* strand_park: until somebody calls strand_wake, or at the moment until_us. Also a call from before ends it: look again whether what was waited for is there. */
void strand_park(struct strand *s, int64_t until_us);
/* strand_wake: from any thread; sets *open (or NULL) first. Whoever sees it set goes on at once, perhaps to its end and that of its loop, and what was woken with it: nothing of them is
 * touched afterwards. */
void strand_wake(struct strand *s, _Atomic bool *open);

#endif
