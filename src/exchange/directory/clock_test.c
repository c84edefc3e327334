/* clock_test.c: whose clock differs most, for how long it is told, and when our own is called wrong. */
#include "exchange/directory/clock.c"

#include "base/test.h"

static struct exchange *open_node(struct call *c)
{
    struct app *app = arena_new(c->arena, struct app);
    struct exchange *ex = arena_new(c->arena, struct exchange);
    *ex = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER };
    app->exchange = ex;
    c->app = app;
    return ex;
}

static bool is_near(int64_t ms, int64_t wanted_ms) { return size_of(ms - wanted_ms) < 5000; } /* real time passes in a test */

TEST(an_answer_with_a_date_tells_how_far_ahead_its_clock_is)
{
    const struct header headers[] = { { STR_INIT("Date"), STR_INIT("Tue, 01 Jan 2030 00:00:00 GMT") } };
    const struct client_answer with = { .headers = headers, .nheaders = 1, .took_us = 40000 }, without = { 0 };
    int64_t ahead = 0;
    CHECK(clock__ahead(&with, &ahead) && is_near(ahead, 1893456000000 - time_now_ms()));
    CHECK(!clock__ahead(&without, &ahead));
}

TEST(the_clock_that_differs_most_is_told_as_long_as_it_was_seen_of_late)
{
    struct exchange *ex = open_node(c);
    struct exchange_clock worst;
    CHECK(!exchange_worst_clock(c, &worst));
    note(c, STR("VN/GOV/G01/ps1"), 2000);
    note(c, STR("VN/GOV/G02/ps1"), -90000);
    note(c, STR("VN/GOV/G03/ps1"), 30000);
    CHECK(exchange_worst_clock(c, &worst));
    CHECK_STR(worst.where, STR("VN/GOV/G02/ps1"));
    CHECK(worst.ahead_ms == -90000);
    note(c, STR("VN/GOV/G02/ps1"), 100); /* somebody has set it */
    CHECK(exchange_worst_clock(c, &worst));
    CHECK_STR(worst.where, STR("VN/GOV/G03/ps1"));
    for (size_t i = 0; i < CLOCKS_MAX; i++) ex->pictures.clocks[i].at_ms -= RECENT_MS;
    CHECK(!exchange_worst_clock(c, &worst));
}

TEST(more_clocks_than_there_is_room_for_push_out_the_oldest)
{
    struct exchange *ex = open_node(c);
    struct exchange_clock worst;
    note(c, STR("the oldest"), 500000);
    ex->pictures.clocks[0].at_ms -= 1000;
    for (int i = 0; i < CLOCKS_MAX; i++) note(c, str_print(c->arena, "VN/GOV/G%02d/ps1", i), 1000 + i);
    CHECK(exchange_worst_clock(c, &worst) && worst.ahead_ms == 1000 + CLOCKS_MAX - 1);
}

TEST(our_clock_is_wrong_when_the_operators_is_a_minute_away)
{
    struct exchange *ex = open_node(c);
    struct str by;
    CHECK(!clock__is_wrong(c, &by));
    ex->pictures.sync.has_clock = true;
    ex->pictures.sync.ahead_ms = -(CLOCK_ALLOWED_MS - 1);
    CHECK(!clock__is_wrong(c, &by));
    ex->pictures.sync.ahead_ms = -600000;
    CHECK(clock__is_wrong(c, &by));
    CHECK_STR(by, STR("600"));
}
