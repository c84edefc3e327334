/* gate.h: waits for one another that serve threads and strands alike. A *gate* is opened once, by anybody, for the one that waits at it. A *turnstile* lets so many in at a time, in
 * the order in which they came. */
#ifndef SEN_BASE_GATE_H
#define SEN_BASE_GATE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strand;

struct gate { struct strand *who; _Atomic bool open; sem_t opened; };

/* gate_init: by the one that will wait, before anybody can know of the gate. gate_done: by the same, at the end. */
void gate_init(struct gate *g);
void gate_done(struct gate *g);
/* gate_open: lets it go on; the gate may be gone right afterwards. It is shut again by the wait that it ended, and only then may it be opened again. */
void gate_open(struct gate *g);
void gate_wait(struct gate *g);
/* gate_wait_until: false when the moment (time_monotonic_us) came first: then it may still be opened, and must not go before that is ruled out. */
bool gate_wait_until(struct gate *g, int64_t until_us);

struct turnstile { pthread_mutex_t lock; size_t places; struct queued *first, **last; };
void turnstile_init(struct turnstile *t, size_t places);
void turnstile_done(struct turnstile *t);
/* turnstile_enter: false when the moment came first. turnstile_leave: by anybody, for one that entered. */
bool turnstile_enter(struct turnstile *t, int64_t until_us);
void turnstile_leave(struct turnstile *t);

#endif
