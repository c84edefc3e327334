/* clock.h: clocks of others beside ours, as their answers tell them (the header Date). */
#ifndef SEN_EXCHANGE_CLOCK_H
#define SEN_EXCHANGE_CLOCK_H

#include "exchange/figures.h"
#include "web/client.h"

enum { CLOCK_ALLOWED_MS = 60000 };

/* clock__ahead: how far their clock is ahead of ours; it counts whole seconds, and the middle of the way there and back is when it looked. */
bool clock__ahead(const struct client_answer *answer, int64_t *ret_ms);
/* clock__note: the same, kept for who asks for our health; where: whose clock. */
void clock__note(struct call *c, struct str where, const struct client_answer *answer);
/* clock__is_wrong: ours and the operator's differ by more than is allowed; *ret_by: seconds. */
bool clock__is_wrong(struct call *c, struct str *ret_by);

#endif
