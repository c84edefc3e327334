/* edge_crowd_test.c: many at once, over real sockets: slow ones, those that left, a full queue, and a stop while requests run. */
#include <sched.h>
#include <unistd.h>

#include "base/test.h"
#include "base/time.h"
#include "web/web_fake.h"

/* A gate: requests wait in their handler until the test opens it. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static int inside;
static bool gate_is_open;

static enum status wait_at_gate(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)pthread_mutex_lock(&gate_lock);
    inside++;
    (void)pthread_cond_broadcast(&gate_moved);
    while (!gate_is_open) (void)pthread_cond_wait(&gate_moved, &gate_lock);
    inside--;
    (void)pthread_mutex_unlock(&gate_lock);
    return fake_hello(c, rq, rp);
}

static void wait_until_inside(int n)
{
    (void)pthread_mutex_lock(&gate_lock);
    while (inside < n) (void)pthread_cond_wait(&gate_moved, &gate_lock);
    (void)pthread_mutex_unlock(&gate_lock);
}

static void set_gate(bool open)
{
    (void)pthread_mutex_lock(&gate_lock);
    gate_is_open = open;
    (void)pthread_cond_broadcast(&gate_moved);
    (void)pthread_mutex_unlock(&gate_lock);
}

static const struct route routes[] = {
    { "GET", "/hello", fake_hello, .need = "public" },
    { "GET", "/slow", wait_at_gate, .need = "public" },
    { "GET", "/here", fake_hello, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "POST", "/size", fake_size, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { 0 } };
static const struct module test_module = { .name = "test", .routes = routes };

static void start_with(struct call *c, const struct web_options *more)
{
    struct web_options o = *more;
    o.address[PORT_PEERS] = STR("");
    set_gate(false);
    fake_start(c, &test_module, &o);
}

static void start(struct call *c)
{
    struct web_options o = fake_options();
    start_with(c, &o);
}

TEST(a_slow_client_is_cut_and_a_waiting_one_is_not)
{
    struct web_options o = fake_options();
    o.request_s = 1;
    start_with(c, &o);
    int waiting = fake_connect(PORT_PAGES), slow = fake_connect(PORT_PAGES);
    fake_send(waiting, FAKE_GET("/slow", ""));
    fake_send(slow, STR("GET /hello HTTP/1.1\r\nHost: h\r\nX-Slow: "));
    int64_t began = time_monotonic_us();
    (void)fake_read_all(c, slow);
    CHECK(time_monotonic_us() - began < 10 * 1000000); /* closed by the server, not by the 20 s limit of our socket */
    set_gate(true);
    CHECK(fake_status(fake_read_all(c, waiting)) == 200);
    fake_stop();
}

TEST(a_full_queue_says_so_and_another_port_still_answers)
{
    struct web_options o = fake_options();
    o.workers = 3;
    o.queue = 2;
    start_with(c, &o);
    int fds[4];
    for (int i = 0; i < 2; i++) {
        fds[i] = fake_connect(PORT_PAGES);
        fake_send(fds[i], FAKE_GET("/slow", ""));
        wait_until_inside(i + 1);
    }
    /* both workers that pages may use are busy; two more wait; the next is refused; systems have a worker left */
    for (int i = 2; i < 4; i++) {
        fds[i] = fake_connect(PORT_PAGES);
        fake_send(fds[i], FAKE_GET("/slow", ""));
        while (workers__waiting(fake_app.web->workers, PORT_PAGES) < (size_t)(i - 1)) sched_yield();
    }
    struct str a = fake_ask(c, PORT_PAGES, FAKE_GET("/hello", ""));
    CHECK(fake_status(a) == 503 && fake_has(a, STR("Retry-After")));
    CHECK(fake_status(fake_ask(c, PORT_SYSTEMS, FAKE_GET("/here", ""))) == 200);
    set_gate(true);
    for (int i = 0; i < 4; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    fake_stop();
}

TEST(a_thousand_at_once_are_all_answered)
{
    enum { MANY = 1000 };
    static int fds[MANY];
    start(c);
    for (int i = 0; i < MANY; i++) fds[i] = fake_connect(PORT_PAGES);
    for (int i = 0; i < MANY; i++) fake_send(fds[i], FAKE_GET("/hello", ""));
    int good = 0;
    for (int i = 0; i < MANY; i++) good += fake_status(fake_read_all(c, fds[i])) == 200;
    CHECK(good == MANY);
    fake_stop();
}

TEST(stop_answers_what_runs_and_what_waits)
{
    start(c);
    int fds[12];
    for (int i = 0; i < 12; i++) {
        fds[i] = fake_connect(PORT_PAGES);
        fake_send(fds[i], FAKE_GET("/slow", ""));
    }
    wait_until_inside(7); /* 8 workers, one kept for the other port */
    while (workers__waiting(fake_app.web->workers, PORT_PAGES) < 5) sched_yield();
    pthread_t stopper = fake_stop_beside();
    set_gate(true);
    for (int i = 0; i < 12; i++) CHECK(fake_status(fake_read_all(c, fds[i])) == 200);
    (void)pthread_join(stopper, NULL);
    CHECK(!fake_app.web);
}

TEST(a_client_that_left_costs_nothing)
{
    start(c);
    for (int i = 0; i < 20; i++) {
        int fd = fake_connect(PORT_PAGES);
        fake_send(fd, FAKE_GET("/slow", ""));
        (void)close(fd);
        fd = fake_connect(PORT_SYSTEMS);
        fake_send(fd, STR("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\nhalf"));
        (void)close(fd);
    }
    wait_until_inside(7);
    set_gate(true);
    CHECK(fake_status(fake_ask(c, PORT_PAGES, FAKE_GET("/hello", ""))) == 200);
    fake_stop(); /* the sanitizers count what is left */
}
