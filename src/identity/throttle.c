/* throttle.c: an address that guesses passwords of many logins is made to wait, longer each time. In memory: a restart forgives. The table has a fixed size; two
 * addresses in one place share their failures, which only makes somebody wait. */
#include "identity/identity_int.h"

enum { PLACES = 4096, FREE_FAILURES = 20, FORGET_MS = 15 * 60 * 1000, STEP_MS = 1000, LONGEST_MS = 60 * 1000 };

struct place { int64_t failures, last_ms; };
struct throttle { pthread_mutex_t lock; struct place places[PLACES]; };

struct throttle *throttle__new(void)
{
    struct throttle *t = heap_new(struct throttle);
    (void)pthread_mutex_init(&t->lock, NULL);
    return t;
}

void throttle__free(struct throttle *t)
{
    if (!t) return;
    (void)pthread_mutex_destroy(&t->lock);
    heap_free(t);
}

static struct place *place_of(struct throttle *t, struct str address, int64_t now_ms)
{
    struct place *p = &t->places[str_hash(address) % PLACES];
    if (now_ms - p->last_ms > FORGET_MS) *p = (struct place){ 0 };
    return p;
}

/* pause_ms: 1 s after the 20 free failures, twice as long each time, a minute at most. */
static int64_t pause_ms(int64_t failures)
{
    int64_t over = failures - FREE_FAILURES;
    if (over <= 0) return 0;
    return over > 6 ? LONGEST_MS : (int64_t)STEP_MS << (over - 1);
}

int64_t throttle__wait_ms(struct throttle *t, struct str address, int64_t now_ms)
{
    (void)pthread_mutex_lock(&t->lock);
    const struct place *p = place_of(t, address, now_ms);
    int64_t wait = p->last_ms + pause_ms(p->failures) - now_ms;
    (void)pthread_mutex_unlock(&t->lock);
    return wait > 0 ? wait : 0;
}

void throttle__failed(struct throttle *t, struct str address, int64_t now_ms)
{
    (void)pthread_mutex_lock(&t->lock);
    struct place *p = place_of(t, address, now_ms);
    p->failures++;
    p->last_ms = now_ms;
    (void)pthread_mutex_unlock(&t->lock);
}
