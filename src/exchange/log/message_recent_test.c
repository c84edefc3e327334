/* Tests of message_recent.c: what is recalled is what stands in the table, and only what was committed; what is not here is read from there. */
#include "exchange/log/message_recent.c"

#include "store/test_store.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;

static void remember_rows(struct call *c)
{
    exchange.recent = message__recent_new();
    test_store_app(c)->exchange = &exchange;
}

static void forget_rows(void)
{
    message__recent_free(exchange.recent);
    exchange.recent = NULL;
}

static struct message_row answer(struct call *c, int i)
{
    return (struct message_row){ .side = i % 3 ? SIDE_PROVIDER : SIDE_CONSUMER, .is_answer = i % 2, .is_refusal = i % 5 == 0, .request_id = str_print(c->arena, "r%d", i),
                                 .message_id = str_print(c->arena, "chosen-%d", i), .client = STR_INIT("VN/GOV/H26/desk"), .service = STR_INIT("VN/GOV/G01/population/person"),
                                 .fault = i % 5 ? STR("") : STR("server.denied"), .fault_id = i % 5 ? STR("") : str_print(c->arena, "f%d", i), .took_us = 10 + i };
}

static void put(struct call *c, const struct message_row *m) { CHECK_OK(message__append(c, m)); }

TEST(what_is_recalled_is_what_was_written)
{
    struct message_fact f;
    remember_rows(c);
    for (int i = 1; i <= 20; i++) {
        struct message_row m = answer(c, i);
        put(c, &m);
        CHECK(message__recall(c, exchange.recent, i, &f));
        CHECK(f.seq == i && f.at_ms == c->now_ms && f.took_us == m.took_us && f.side == (int64_t)m.side);
        CHECK(f.kind == (m.is_refusal ? MESSAGE_REFUSAL : m.is_answer ? MESSAGE_ANSWER : MESSAGE_QUESTION));
        CHECK_STR(f.client, m.client);
        CHECK_STR(f.service, m.service);
        CHECK_STR(f.fault, m.fault);
        CHECK_STR(f.fault_id, m.fault_id);
        CHECK_STR(f.message_id, m.message_id);
        CHECK_STR(f.request_id, m.request_id);
        CHECK(f.signature.n == 0);
    }
    CHECK(!message__recall(c, exchange.recent, 21, &f) && !message__recall(c, exchange.recent, 1 + SLOTS, &f) && !message__recall(c, NULL, 1, &f));
    forget_rows();
}

TEST(what_was_undone_is_forgotten)
{
    struct message_fact f;
    struct message_row one = answer(c, 1), two = answer(c, 2), three = answer(c, 3);
    remember_rows(c);
    put(c, &one);
    CHECK_OK(db_gather(c));
    put(c, &two);
    put(c, &one); /* a replay */
    CHECK(message__settle(c) == ST_CONFLICT);
    call_clear(c);
    CHECK(message__recall(c, exchange.recent, 1, &f) && !message__recall(c, exchange.recent, 2, &f));
    CHECK(message__undone(c, exchange.recent) == 1 && message__undone(c, NULL) == 0);
    put(c, &three);
    CHECK(message__undone(c, exchange.recent) == 1);
    CHECK(message__recall(c, exchange.recent, 2, &f));
    CHECK_STR(f.request_id, STR("r3"));
    forget_rows();
}

TEST(what_another_server_of_the_database_may_lack_is_forgotten)
{
    struct message_fact f;
    struct message_row one = answer(c, 1), two = answer(c, 2);
    remember_rows(c);
    put(c, &one);
    exchange.recent->revived--; /* as if the connection had been made again since */
    CHECK(!message__recall(c, exchange.recent, 1, &f));
    put(c, &two);
    CHECK(!message__recall(c, exchange.recent, 1, &f) && message__recall(c, exchange.recent, 2, &f));
    forget_rows();
}

TEST(what_is_long_or_old_is_not_here)
{
    struct message_fact f;
    struct message_row m = answer(c, 1);
    char *name = arena_alloc(c->arena, TEXT_MOST, 1);
    remember_rows(c);
    memset(name, 'x', TEXT_MOST);
    m.message_id = str_of(name, TEXT_MOST);
    put(c, &m);
    m = answer(c, 2);
    m.client = str_of(name, TEXT_MOST / 2);
    m.service = str_of(name, TEXT_MOST / 2);
    put(c, &m);
    CHECK(!message__recall(c, exchange.recent, 1, &f) && !message__recall(c, exchange.recent, 2, &f));
    m = answer(c, 3);
    put(c, &m);
    CHECK(message__recall(c, exchange.recent, 3, &f));
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    message__remember(&tx, exchange.recent, &(struct message_fact){ .seq = 3 + SLOTS });
    CHECK(!message__recall(c, exchange.recent, 3, &f) && message__recall(c, exchange.recent, 3 + SLOTS, &f));
    db_end_tx(&tx);
    CHECK(!message__recall(c, exchange.recent, 3 + SLOTS, &f));
    forget_rows();
}
