/* client_test.c: client and edge against each other: plain requests, limits, large bodies, who is silent, who is not there. Over TLS: client_tls_test.c. */
#include "web/client.c"

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/test.h"
#include "web/web_fake.h"

/* ---- the other side ---- */

static enum status echo(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_header(c, rp, "X-Answer", request_header(rq, "X-Question"));
    reply_text(rp, 207, STR("application/x-echo"), str_join(c->arena, rq->method, STR(" "), rq->target, STR(" "), request_header(rq, "Content-Type"), STR(" "), rq->body, STR_END));
    return ST_OK;
}

static enum status away(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    return reply_redirect(c, rp, STR("/echo"));
}

/* What came is sent back between two brackets, from where it lies. */
static enum status bracket(struct call *c, const struct request *rq, struct reply *rp)
{
    CHECK((rq->large.spool != NULL) == (rq->large.size > 0) && (rq->large.size == 0 || rq->body.n == 0));
    reply_text(rp, 200, STR("text/plain"), str_join(c->arena, STR("<"), rq->body, STR_END));
    rp->large = rq->large;
    rp->tail = STR(">");
    if (!rq->large.spool) rp->body = str_join(c->arena, rp->body, rp->tail, STR_END);
    return ST_OK;
}

#define OPEN .need = "public", .port = PORT_SYSTEMS, .api = true
static const struct route routes[] = {
    { "GET", "/echo/{rest*}", echo, OPEN }, { "POST", "/echo", echo, OPEN }, { "GET", "/large", fake_large, OPEN }, { "GET", "/away", away, OPEN },
    { "POST", "/bracket", bracket, OPEN, .max_body = 4 << 20, .spools = true }, { 0 } };
static const struct module test_module = { .name = "test", .routes = routes };

static void start(struct call *c)
{
    struct web_options o = fake_options();
    o.address[PORT_PEERS] = STR("");
    fake_start(c, &test_module, &o);
}

/* ---- plain requests ---- */

TEST(requests_arrive_as_they_were_written)
{
    start(c);
    struct header h[] = { { STR("X-Question"), STR("why?") }, { STR("Content-Type"), STR("text/x") } };
    struct client_request rq = fake_request(c, PORT_SYSTEMS, "/echo");
    struct client_answer a;
    rq.method = STR("POST");
    rq.headers = h;
    rq.nheaders = 2;
    rq.has_body = true;
    rq.body = STR("body");
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 207);
    CHECK_STR(a.body, STR("POST /echo text/x body"));
    CHECK_STR(client_header(&a, "x-answer"), STR("why?"));
    CHECK_STR(client_header(&a, "Content-Type"), STR("application/x-echo"));
    rq = fake_request(c, PORT_SYSTEMS, "/echo/a%2Fb/../c?x=%20");
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, STR("GET /echo/a%2Fb/../c?x=%20  "));
    fake_stop();
}

TEST(connections_are_kept_and_redirects_are_not_followed)
{
    start(c);
    struct client_request rq = fake_request(c, PORT_SYSTEMS, "/away");
    struct client_answer a;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 303 && !a.reused);
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 303 && a.reused);
    fake_stop();
}

/* ---- large messages ---- */

static enum status ask_bracket(struct call *c, struct spool_room *room, size_t n, struct client_answer *a)
{
    struct client_request rq = fake_request(c, PORT_SYSTEMS, "/bracket");
    char *letters = arena_alloc(c->arena, n, 1);
    struct spool *s = spool_new(room);
    for (size_t i = 0; i < n; i++) letters[i] = (char)('a' + i % 23);
    CHECK(s && spool_put(s, str_of(letters, n)));
    spool_keep(c, s);
    rq.method = STR("POST");
    rq.has_body = rq.spools = true;
    rq.body = STR("[");
    rq.large = spool_all(s);
    rq.tail = STR("]");
    TRY(client_fetch(c, &rq, a));
    struct str all = a->body;
    CHECK((a->large.spool != NULL) == (n + 4 > SPOOL_FROM));
    if (a->large.spool) CHECK_OK(extent_load(c, &a->large, 8 << 20, &all));
    CHECK_STR(all, str_join(c->arena, STR("<["), str_of(letters, n), STR("]>"), STR_END));
    return ST_OK;
}

TEST(large_bodies_pass_through_files_and_small_ones_through_memory)
{
    static const size_t sizes[] = { 10, SPOOL_FROM - 4, SPOOL_FROM - 3, SPOOL_FROM, 3000000, (4 << 20) - 2 };
    struct spool_room room = { .folder = "/tmp", .most = 32 << 20 };
    struct client_answer a = { 0 };
    start(c);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) CHECK_OK(ask_bracket(c, &room, sizes[i], &a));
    spool_end_call(c);
    CHECK(atomic_load(&room.used) == 0);
    fake_stop();
}

TEST(what_the_room_does_not_hold_is_refused_and_given_back)
{
    struct spool_room room = { .folder = "/tmp", .most = 32 << 20 };
    struct client_request rq;
    struct client_answer a = { 0 };
    start(c);
    fake_app.web->room.most = 1 << 20;
    struct spool *s = spool_new(&room);
    CHECK(spool_put(s, str_of(arena_alloc(c->arena, 2 << 20, 1), 2 << 20)));
    spool_keep(c, s);
    rq = fake_request(c, PORT_SYSTEMS, "/bracket");
    rq.method = STR("POST");
    rq.has_body = true;
    rq.large = spool_all(s);
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 503 && atomic_load(&fake_app.web->room.used) == 0);
    CHECK_OK(ask_bracket(c, &room, 100000, &a)); /* small ones still pass */
    rq = fake_request(c, PORT_SYSTEMS, "/large");
    rq.spools = true;
    fake_app.web->room.most = 600000;
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && fake_has(call_error(c)->sentence, STR("no room on this node's disk")));
    spool_end_call(c); /* before the room that they are counted in goes */
    fake_stop();
}

/* ---- silence ---- */

/* A server of its own: it answers with a header and then, as often as it is told, with a byte a step; at last it says nothing and waits for the other side to go. */
struct drip { int listening, bytes; };

static void *drip(void *arg)
{
    const struct drip *d = arg;
    const struct timespec step = { .tv_nsec = 300 * 1000 * 1000 };
    char question[512];
    int fd = accept(d->listening, NULL, NULL);
    (void)recv(fd, question, sizeof question, 0);
    fake_send(fd, STR("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n"));
    for (int i = 0; i < d->bytes; i++) {
        (void)nanosleep(&step, NULL); /* the pace of a slow peer is what is tested */
        fake_send(fd, STR("x"));
    }
    (void)recv(fd, question, sizeof question, 0);
    (void)close(fd);
    return NULL;
}

static enum status ask_drip(struct call *c, int bytes)
{
    int port;
    struct drip d = { fake_listen("127.0.0.1", &port), bytes };
    pthread_t thread;
    struct client_answer a;
    CHECK(pthread_create(&thread, NULL, drip, &d) == 0);
    struct client_request rq = { .method = STR("GET"), .url = str_print(c->arena, "http://127.0.0.1:%d/", port), .silent_ms = 1500, .total_ms = 60000 };
    int64_t began_us = time_monotonic_us();
    enum status st = client_fetch(c, &rq, &a);
    CHECK(time_monotonic_us() - began_us < 30 * 1000 * 1000); /* far from total_ms */
    (void)pthread_join(thread, NULL);
    (void)close(d.listening);
    return st;
}

/* silent_ms counts from the last byte and not from the first: 8 bytes over 2.4 seconds come through, 3 bytes and then nothing do not. */
TEST(who_is_slow_is_waited_for_and_who_is_silent_is_given_up)
{
    start(c);
    CHECK_OK(ask_drip(c, 8));
    CHECK(ask_drip(c, 3) == ST_UNAVAILABLE && fake_has(call_error(c)->sentence, STR("did not answer in time")));
    fake_stop();
}

/* ---- a race ---- */

TEST(the_host_that_takes_a_connection_wins)
{
    const struct str hosts[] = { STR_INIT("127.0.0.2"), STR_INIT("no.such.host.invalid"), STR_INIT("127.0.0.3") };
    size_t first = 9;
    int port, fd = fake_listen("127.0.0.3", &port);
    CHECK(client_race(c, hosts, 3, port, 10000, &first) && first == 2);
    CHECK(!client_race(c, hosts, 2, port, 10000, &first) && first == 2);
    CHECK(!client_race(c, hosts, 0, port, 10000, &first));
    (void)close(fd);
}

TEST(an_answer_over_the_limit_is_refused)
{
    start(c);
    struct client_request rq = fake_request(c, PORT_SYSTEMS, "/large");
    struct client_answer a = { .status = 1 };
    rq.max_answer = (1 << 20) - 1;
    CHECK(client_fetch(c, &rq, &a) == ST_TOO_LARGE && a.status == 1);
    call_clear(c);
    rq.max_answer = 1 << 20;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.body.n == 1 << 20);
    fake_stop();
}

TEST(who_is_not_there_is_named)
{
    start(c);
    struct client_answer a;
    struct client_request rq = fake_request(c, PORT_SYSTEMS, "/echo/");
    bool sent = true;
    rq.sent = &sent;
    rq.acts = true; /* nobody took it */
    fake_stop();
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && !sent);
    CHECK_STR(c->error.key, STR("%s could not be reached: nobody answers there. Try again in a few minutes."));
    CHECK(str_starts(c->error.args[0], STR("127.0.0.1:")));
}

TEST(who_never_answers_is_given_up)
{
    int port, fd = fake_listen("127.0.0.1", &port);
    struct client_request rq = { .method = STR("GET"), .url = str_print(c->arena, "http://127.0.0.1:%d/", port), .total_ms = 200 };
    struct client_answer a;
    bool sent = false;
    rq.sent = &sent; /* nobody took it up, but nobody can know */
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && sent);
    CHECK_STR(c->error.key, STR("%s did not answer in time. Try again in a few minutes."));
    call_clear(c);
    rq.acts = true; /* it may have been done */
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && sent);
    CHECK_STR(c->error.key, STR("%s did not answer in time. It may have done what it was asked for: find that out before you ask again."));
    (void)close(fd);
}

static enum status accept_all(struct call *c, const struct str *chain, size_t n, void *arg)
{
    (void)c, (void)chain, (void)n, (void)arg;
    return ST_OK;
}

TEST(addresses_and_headers_are_checked)
{
    struct header split = { STR("X-A"), STR("1\r\nX-B: 2") };
    struct client_answer a;
    static const char *const wrong[] = { "file:///etc/passwd", "ftp://h/", "/local", "http://", "http://user@h/", "" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        call_clear(c);
        CHECK(client_fetch(c, &(struct client_request){ .method = STR("GET"), .url = str_z(wrong[i]) }, &a) == ST_INVALID);
    }
    call_clear(c);
    CHECK(client_fetch(c, &(struct client_request){ .method = STR("GET"), .url = STR("http://127.0.0.1:1/"), .headers = &split, .nheaders = 1 }, &a) == ST_INVALID);
    call_clear(c);
    CHECK(client_fetch(c, &(struct client_request){ .method = STR("GET"), .url = STR("http://127.0.0.1:1/"), .judge = accept_all }, &a) == ST_INVALID);
}
