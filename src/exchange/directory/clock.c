/* clock.c: what the clocks of others say beside ours: the operator's with each directory, those of peers, of the status and the time-stamp services with what they answer
 * anyway. Certificates, their status, the directory and time-stamps are all judged by the clock, so that a wrong one looks like many other failures: it is told by its name. */
#include "exchange/directory/clock.h"

#include "base/time.h"
#include "exchange/state/state.h"

enum { HALF_SECOND_MS = 500, RECENT_MS = 600000 };

static void note(struct call *c, struct str where, int64_t ahead_ms)
{
    struct exchange *ex = exchange__of(c);
    struct clock_seen *slot = &ex->pictures.clocks[0];
    (void)pthread_mutex_lock(&ex->lock);
    for (size_t i = 0; i < CLOCKS_MAX; i++) {
        struct clock_seen *s = &ex->pictures.clocks[i];
        if (str_eq(str_of(s->where, s->nwhere), str_first(where, sizeof s->where))) {
            slot = s;
            break;
        }
        if (s->at_ms < slot->at_ms) slot = s;
    }
    slot->nwhere = where.n < sizeof slot->where ? where.n : sizeof slot->where;
    if (slot->nwhere) memcpy(slot->where, where.p, slot->nwhere);
    slot->ahead_ms = ahead_ms;
    slot->at_ms = time_now_ms();
    (void)pthread_mutex_unlock(&ex->lock);
}

bool clock__ahead(const struct client_answer *answer, int64_t *ret_ms)
{
    int64_t theirs;
    if (!time_parse_http(client_header(answer, "Date"), &theirs)) return false;
    *ret_ms = theirs + HALF_SECOND_MS - (time_now_ms() - answer->took_us / 2000);
    return true;
}

void clock__note(struct call *c, struct str where, const struct client_answer *answer)
{
    int64_t ahead_ms;
    if (clock__ahead(answer, &ahead_ms)) note(c, where, ahead_ms);
}

static int64_t size_of(int64_t ms) { return ms < 0 ? -ms : ms; }

bool exchange_worst_clock(struct call *c, struct exchange_clock *ret)
{
    struct exchange *ex = exchange__of(c);
    const struct clock_seen *worst = NULL;
    int64_t now = time_now_ms();
    (void)pthread_mutex_lock(&ex->lock);
    for (size_t i = 0; i < CLOCKS_MAX; i++) {
        const struct clock_seen *s = &ex->pictures.clocks[i];
        if (s->nwhere && size_of(now - s->at_ms) < RECENT_MS && (!worst || size_of(s->ahead_ms) > size_of(worst->ahead_ms))) worst = s;
    }
    if (worst) *ret = (struct exchange_clock){ str_copy(c->arena, str_of(worst->where, worst->nwhere)), worst->ahead_ms };
    (void)pthread_mutex_unlock(&ex->lock);
    return worst != NULL;
}

bool clock__is_wrong(struct call *c, struct str *ret_by)
{
    struct exchange *ex = exchange__of(c);
    (void)pthread_mutex_lock(&ex->lock);
    int64_t ahead_ms = ex->pictures.sync.has_clock ? ex->pictures.sync.ahead_ms : 0;
    (void)pthread_mutex_unlock(&ex->lock);
    if (size_of(ahead_ms) < CLOCK_ALLOWED_MS) return false;
    *ret_by = str_print(c->arena, "%lld", (long long)(size_of(ahead_ms) / 1000));
    return true;
}
