/* Tests of waiters.c: turns that wait do so without a thread each, are limited by door, and are all answered when the node stops. */
#include "web/waiters.c"

#include <sched.h>

#include "base/test.h"
#include "web/web_fake.h"

enum { EACH = 8 /* of fake_options */, MANY = 20 };

static _Atomic int inside, most_inside;
static _Atomic bool may_go;
static _Atomic bool on_strand;

static enum status wait_long(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c, (void)rq;
    int now = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now)) continue;
    atomic_store(&on_strand, strand_mine() != NULL);
    while (!atomic_load(&may_go)) strand_sleep(500);
    atomic_fetch_sub(&inside, 1);
    reply_text(rp, 200, STR("text/plain"), STR("waited"));
    return ST_OK;
}

static const struct route routes[] = {
    { "GET", "/page", fake_hello, .need = "public" },
    { "GET", "/wait", wait_long, .need = "public", .port = PORT_SYSTEMS, .api = true, .waits = true },
    { "GET", "/here", fake_hello, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "POST", "/", wait_long, .need = "public", .port = PORT_STATUS, .api = true, .waits = true },
    { 0 } };
static const struct module test_module = { .name = "test", .routes = routes };

static void start(struct call *c, size_t queue)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    o.address[PORT_STATUS] = STR("127.0.0.1:0");
    o.queue = queue;
    atomic_store(&may_go, false);
    atomic_store(&most_inside, 0);
    fake_start(c, &test_module, &o);
}

static void ask_many(int *fds, int from, int to)
{
    for (int i = from; i < to; i++) {
        fds[i] = fake_connect(PORT_SYSTEMS);
        fake_send(fds[i], FAKE_GET("/wait", ""));
    }
}

static void await(size_t running, size_t waiting)
{
    while ((size_t)atomic_load(&inside) < running || waiters__waiting(fake_app.web->waiters, PORT_SYSTEMS) < waiting) (void)sched_yield();
}

TEST(a_door_has_its_share_of_strands_and_the_others_go_on)
{
    int fds[MANY];
    start(c, MANY);
    ask_many(fds, 0, MANY);
    await(EACH, MANY - EACH);
    CHECK(atomic_load(&on_strand));
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/page", ""))) == 200);
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, FAKE_GET("/here", ""))) == 200); /* the same door: on a thread */
    int other = fake_connect(PORT_STATUS);
    fake_send(other, STR("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    await(EACH + 1, 0); /* another door is not kept waiting by this one */
    atomic_store(&may_go, true);
    for (int i = 0; i < MANY; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    CHECK(fake_status(fake_read_all(c, other)) == 200);
    CHECK(atomic_load(&most_inside) == EACH + 1);
    fake_stop();
}

TEST(a_full_line_says_so)
{
    enum { LINE = 3, ALL = EACH + LINE };
    int fds[ALL];
    start(c, LINE);
    ask_many(fds, 0, EACH);
    await(EACH, 0);
    ask_many(fds, EACH, ALL);
    await(EACH, LINE);
    struct str a = fake_ask(c, PORT_SYSTEMS, FAKE_GET("/wait", ""));
    CHECK(fake_status(a) == 503 && fake_has(a, STR("Retry-After")));
    atomic_store(&may_go, true);
    for (int i = 0; i < ALL; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    fake_stop();
}

TEST(stop_answers_those_that_wait_and_those_in_line)
{
    int fds[MANY];
    start(c, MANY);
    ask_many(fds, 0, MANY);
    await(EACH, MANY - EACH);
    pthread_t stopper = fake_stop_beside();
    atomic_store(&may_go, true);
    for (int i = 0; i < MANY; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    (void)pthread_join(stopper, NULL);
    CHECK(!fake_app.web);
}
