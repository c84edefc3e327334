/* testing.h: what tests of messages share: rows of the log at other times than now, and how many a search without a filter finds. */
#ifndef SEN_EXCHANGE_LOG_TESTING_H
#define SEN_EXCHANGE_LOG_TESTING_H

#include "exchange/log/message_log.h"
#include "store/test_store.h"

static inline size_t test_logged(struct call *c)
{
    const struct message_filter f = { 0 };
    struct message_found found;
    CHECK_OK(message__list(c, &f, &found));
    return found.n;
}

/* test_append_at: ex becomes the exchange of the app when there is none yet. */
static inline void test_append_at(struct call *c, struct exchange *ex, int64_t at_ms, const struct message_row *m)
{
    int64_t now_ms = c->now_ms;
    if (!c->app->exchange) test_store_app(c)->exchange = ex;
    c->now_ms = at_ms;
    CHECK_OK(message__append(c, m));
    c->now_ms = now_ms;
}

#endif
