/* crowd.h: how many threads of this process are at work for somebody just now, and not asleep over a disk, a peer or a queue. Who is about to do once what each of them may ask
 * for in a moment (a commit for many) lets them come first: under load that makes large groups, and alone nobody waits for anybody. Threads that never
 * entered (jobs, commands) are not waited for. */
#ifndef SEN_BASE_CROWD_H
#define SEN_BASE_CROWD_H

#include <stdint.h>

/* crowd_enter: this thread counts from here on; crowd_leave: no longer. crowd_expect: a thread that was woken to work counts already; it says crowd_join when it runs. */
void crowd_enter(void);
void crowd_leave(void);
void crowd_expect(void);
void crowd_join(void);

/* crowd_sleep .. crowd_wake: around a wait of this thread, also one within another; they do nothing in one that does not count. Neither entering nor leaving stands between them.
 * errno stays. */
void crowd_sleep(void);
void crowd_wake(void);

/* crowd_await: until nobody else is at work, but at most so many microseconds. On a strand: until no other strand of its loop is. */
void crowd_await(int64_t most_us);

#endif
