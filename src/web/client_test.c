/* client_test.c: client and edge against each other: plain requests, limits, kept connections, mutual TLS with keys that are not in the process's files, and every
 * certificate that must be refused. */
#include "web/client.c"

#include <arpa/inet.h>
#include <netinet/in.h>
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

static enum status large(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    reply_text(rp, 200, STR("text/plain"), str_of(arena_alloc(c->arena, 1 << 20, 1), 1 << 20));
    return ST_OK;
}

static enum status away(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    return reply_redirect(c, rp, STR("/echo"));
}

/* nothing: this status, with a body where the status has none. */
static enum status nothing(struct call *c, const struct request *rq, struct reply *rp)
{
    int64_t status;
    (void)c;
    CHECK(str_int(request_path(rq, "status"), &status));
    reply_text(rp, (int)status, STR("text/plain"), status == 204 || status == 304 ? STR("unseen") : STR(""));
    return ST_OK;
}

static enum status who(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_text(rp, 200, STR("text/plain"), str_join(c->arena, rq->tls ? STR("tls ") : STR("plain "), rq->peer_cert, STR_END));
    return rq->npeer_chain == 0 || str_eq(rq->peer_chain[0], rq->peer_cert) ? ST_OK : ST_BROKEN;
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

#define OPEN .need = "public", .api = true
static const struct route routes[] = {
    { "GET", "/echo/{rest*}", echo, OPEN, .port = PORT_SYSTEMS }, { "POST", "/echo", echo, OPEN, .port = PORT_SYSTEMS }, { "GET", "/large", large, OPEN, .port = PORT_SYSTEMS },
    { "GET", "/away", away, OPEN, .port = PORT_SYSTEMS }, { "GET", "/who", who, OPEN, .port = PORT_SYSTEMS },
    { "GET", "/nothing/{status}", nothing, OPEN, .port = PORT_SYSTEMS }, { "POST", "/", who, OPEN, .port = PORT_PEERS },
    { "GET", "/pages", echo, OPEN }, { "POST", "/bracket", bracket, OPEN, .port = PORT_SYSTEMS, .max_body = 4 << 20, .spools = true }, { 0 } };
static const struct module test_module = { .name = "test", .routes = routes };

/* ---- keys: ours, and who is let in ---- */

static const struct key *own_key;
static struct str own_cert;
static _Atomic bool let_own_in; /* read in the edge's thread */

static struct str own_chain(struct app *app, struct arena *a, size_t i)
{
    (void)app, (void)a;
    return i == 0 ? own_cert : (struct str){ NULL, 0 };
}

static bool accept_peer(struct app *app, struct str der)
{
    (void)app;
    return atomic_load(&let_own_in) && str_eq(der, own_cert);
}

static struct peer_tls own;

static void start(struct call *c)
{
    struct web_options o = fake_options();
    o.address[DOOR_SYSTEMS_TLS] = STR("127.0.0.1:0");
    fake_holder_is_gone = false;
    own_key = fake_key(c, "node");
    own_cert = fake_cert(own_key);
    let_own_in = true;
    own = (struct peer_tls){ own_key, own_chain, accept_peer };
    web_set_peer_tls(&fake_app, &own);
    fake_start(c, &test_module, &o);
}

static void stop(void)
{
    fake_stop();
    fake_key_free(own_key);
}

struct judged { int times; struct str expected; };
static enum status judge_cert(struct call *c, const struct str *chain, size_t n, void *arg)
{
    struct judged *j = arg;
    j->times++;
    if (n >= 1 && str_eq(chain[0], j->expected)) return ST_OK;
    return call_fail(c, ST_DENIED, "", "This is not the member that was meant.");
}

static struct client_request request_to(struct call *c, size_t door, const char *path)
{
    const char *scheme = door == PORT_PEERS || door == DOOR_SYSTEMS_TLS ? "https" : "http";
    return (struct client_request){ .method = STR("GET"), .url = str_print(c->arena, "%s://127.0.0.1:%d%s", scheme, fake_port(door), path) };
}

static struct client_request peer_request(struct call *c, struct judged *j)
{
    struct client_request rq = request_to(c, PORT_PEERS, "/");
    rq.method = STR("POST");
    rq.body = STR("message");
    rq.has_body = true;
    rq.judge = judge_cert;
    rq.judge_arg = j;
    rq.to_node = true;
    return rq;
}

/* ---- plain requests ---- */

TEST(requests_arrive_as_they_were_written)
{
    start(c);
    struct header h[] = { { STR("X-Question"), STR("why?") }, { STR("Content-Type"), STR("text/x") } };
    struct client_request rq = request_to(c, PORT_SYSTEMS, "/echo");
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
    rq = request_to(c, PORT_SYSTEMS, "/echo/a%2Fb/../c?x=%20");
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, STR("GET /echo/a%2Fb/../c?x=%20  "));
    stop();
}

TEST(connections_are_kept_and_redirects_are_not_followed)
{
    start(c);
    struct client_request rq = request_to(c, PORT_SYSTEMS, "/away");
    struct client_answer a;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 303 && !a.reused);
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 303 && a.reused);
    stop();
}

/* ---- large messages ---- */

static enum status ask_bracket(struct call *c, struct spool_room *room, size_t n, struct client_answer *a)
{
    struct client_request rq = request_to(c, PORT_SYSTEMS, "/bracket");
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
    stop();
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
    rq = request_to(c, PORT_SYSTEMS, "/bracket");
    rq.method = STR("POST");
    rq.has_body = true;
    rq.large = spool_all(s);
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 503 && atomic_load(&fake_app.web->room.used) == 0);
    CHECK_OK(ask_bracket(c, &room, 100000, &a)); /* small ones still pass */
    rq = request_to(c, PORT_SYSTEMS, "/large");
    rq.spools = true;
    fake_app.web->room.most = 600000;
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && fake_has(call_error(c)->sentence, STR("no room on this node's disk")));
    spool_end_call(c); /* before the room that they are counted in goes */
    stop();
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
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    struct drip d = { socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), bytes };
    pthread_t thread;
    struct client_answer a;
    CHECK(bind(d.listening, (const struct sockaddr *)&at, sizeof at) == 0 && listen(d.listening, 1) == 0 && getsockname(d.listening, (struct sockaddr *)&at, &n) == 0);
    CHECK(pthread_create(&thread, NULL, drip, &d) == 0);
    struct client_request rq = { .method = STR("GET"), .url = str_print(c->arena, "http://127.0.0.1:%d/", ntohs(at.sin_port)), .silent_ms = 1500, .total_ms = 60000 };
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
    stop();
}

/* ---- a race ---- */

TEST(the_host_that_takes_a_connection_wins)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 2) };
    socklen_t n = sizeof at;
    const struct str hosts[] = { STR_INIT("127.0.0.2"), STR_INIT("no.such.host.invalid"), STR_INIT("127.0.0.3") };
    size_t first = 9;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    CHECK(client_race(c, hosts, 3, ntohs(at.sin_port), 10000, &first) && first == 2);
    CHECK(!client_race(c, hosts, 2, ntohs(at.sin_port), 10000, &first) && first == 2);
    CHECK(!client_race(c, hosts, 0, ntohs(at.sin_port), 10000, &first));
    (void)close(fd);
}

TEST(an_answer_over_the_limit_is_refused)
{
    start(c);
    struct client_request rq = request_to(c, PORT_SYSTEMS, "/large");
    struct client_answer a = { .status = 1 };
    rq.max_answer = (1 << 20) - 1;
    CHECK(client_fetch(c, &rq, &a) == ST_TOO_LARGE && a.status == 1);
    call_clear(c);
    rq.max_answer = 1 << 20;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.body.n == 1 << 20);
    stop();
}

TEST(who_is_not_there_is_named)
{
    start(c);
    struct client_answer a;
    struct client_request rq = request_to(c, PORT_SYSTEMS, "/echo/");
    bool sent = true;
    rq.sent = &sent;
    stop();
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && !sent);
    CHECK_STR(c->error.key, STR("%s could not be reached: nobody answers there. Try again in a few minutes."));
    CHECK(str_starts(c->error.args[0], STR("127.0.0.1:")));
}

TEST(who_never_answers_is_given_up)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    CHECK(bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    struct client_request rq = { .method = STR("GET"), .url = str_print(c->arena, "http://127.0.0.1:%d/", ntohs(at.sin_port)), .total_ms = 200 };
    struct client_answer a;
    bool sent = false;
    rq.sent = &sent; /* nobody took it up, but nobody can know */
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && sent);
    CHECK_STR(c->error.key, STR("%s did not answer in time. Try again in a few minutes."));
    (void)close(fd);
}

TEST(addresses_and_headers_are_checked)
{
    struct header split = { STR("X-A"), STR("1\r\nX-B: 2") };
    struct client_answer a;
    struct judged j = { 0 };
    static const char *const wrong[] = { "file:///etc/passwd", "ftp://h/", "/local", "http://", "http://user@h/", "" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        call_clear(c);
        CHECK(client_fetch(c, &(struct client_request){ .method = STR("GET"), .url = str_z(wrong[i]) }, &a) == ST_INVALID);
    }
    call_clear(c);
    CHECK(client_fetch(c, &(struct client_request){ .method = STR("GET"), .url = STR("http://127.0.0.1:1/"), .headers = &split, .nheaders = 1 }, &a) == ST_INVALID);
    call_clear(c);
    CHECK(client_fetch(c, &(struct client_request){ .method = STR("GET"), .url = STR("http://127.0.0.1:1/"), .judge = judge_cert, .judge_arg = &j }, &a) == ST_INVALID);
}

/* ---- mutual TLS ---- */

TEST(peers_meet_with_keys_of_the_holder)
{
    start(c);
    struct judged j = { .expected = own_cert };
    struct client_request rq = peer_request(c, &j);
    struct client_answer a;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 200 && j.times == 1 && !a.reused);
    CHECK_STR(a.body, str_join(c->arena, STR("tls "), own_cert, STR_END));
    CHECK_STR(a.peer_cert, own_cert);
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.reused && j.times == 2); /* judged again, although there was no handshake */
    CHECK_STR(a.peer_cert, own_cert);
    stop();
}

TEST(a_kept_connection_is_not_used_for_another_member)
{
    start(c);
    struct judged right = { .expected = own_cert }, other = { .expected = STR("another certificate") };
    struct client_request rq = peer_request(c, &right);
    struct client_answer a;
    CHECK_OK(client_fetch(c, &rq, &a));
    rq.judge_arg = &other;
    CHECK(client_fetch(c, &rq, &a) == ST_DENIED);
    CHECK_STR(c->error.sentence, STR("This is not the member that was meant."));
    CHECK(other.times == 2); /* the kept connection, then a new one */
    call_clear(c);
    rq.judge_arg = &right;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(!a.reused);
    stop();
}

TEST(a_peer_without_or_with_a_strange_certificate_is_refused)
{
    start(c);
    struct judged j = { .expected = own_cert };
    struct client_request rq = peer_request(c, &j);
    struct client_answer a;
    let_own_in = false;
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE);
    CHECK(fake_has(c->error.key, STR("certificate"))); /* a closed connection or an alert, as the two sides happen to meet */
    call_clear(c);
    let_own_in = true;
    web_set_peer_tls(&fake_app, NULL); /* the client has nothing to show now; the door keeps what it was given */
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE);
    CHECK(j.times == 2);
    stop();
}

TEST(a_holder_that_is_gone_ends_the_handshake_and_nothing_else)
{
    start(c);
    struct judged j = { .expected = own_cert };
    struct client_request rq = peer_request(c, &j);
    struct client_answer a;
    fake_holder_is_gone = true;
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE);
    call_clear(c);
    fake_holder_is_gone = false;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 200);
    stop();
}

/* The head of an answer waits for its body, so it must not wait where none comes. */
TEST(answers_of_every_shape_come_over_tls)
{
    static const struct { const char *method, *path; int status; size_t n; } shapes[] = {
        { "GET", "/who", 200, 4 }, { "HEAD", "/who", 200, 0 }, { "GET", "/nothing/204", 204, 0 }, { "GET", "/nothing/304", 304, 0 }, { "GET", "/nothing/200", 200, 0 },
        { "GET", "/large", 200, 1 << 20 }, { "GET", "/who", 200, 4 }, { "GET", "/nothing/404", 404, 0 } };
    start(c);
    struct judged j = { .expected = own_cert };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct client_request rq = request_to(c, DOOR_SYSTEMS_TLS, shapes[i].path);
        struct client_answer a;
        rq.method = str_z(shapes[i].method);
        rq.judge = judge_cert;
        rq.judge_arg = &j;
        rq.total_ms = 20000;
        CHECK_OK(client_fetch(c, &rq, &a));
        CHECK(a.status == shapes[i].status && (shapes[i].n == 4 ? a.body.n >= 4 : a.body.n == shapes[i].n) && a.reused == (i > 0));
    }
    stop();
}

TEST(systems_may_show_a_certificate_over_tls_but_need_not)
{
    start(c);
    struct judged j = { .expected = own_cert };
    struct client_request rq = request_to(c, DOOR_SYSTEMS_TLS, "/who");
    struct client_answer a;
    rq.judge = judge_cert;
    rq.judge_arg = &j;
    let_own_in = false;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, str_join(c->arena, STR("tls "), own_cert, STR_END));
    rq = request_to(c, PORT_SYSTEMS, "/who");
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, STR("plain "));
    stop();
}

/* A system that is no node: each request is judged in its own way, over a kept connection too, and a POST is not sent twice. */
TEST(another_system_is_judged_by_its_request)
{
    start(c);
    struct judged j = { .expected = STR("another certificate") };
    struct client_request rq = request_to(c, DOOR_SYSTEMS_TLS, "/who");
    struct client_answer a;
    rq.shows_own = true;
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE); /* nobody vouches for it */
    CHECK_STR(c->error.fault, STR("ssl_authentication_failed"));
    call_clear(c);
    rq.judge = judge_cert;
    rq.judge_arg = &j;
    CHECK(client_fetch(c, &rq, &a) == ST_DENIED && j.times == 1);
    call_clear(c);
    j.expected = own_cert;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, str_join(c->arena, STR("tls "), own_cert, STR_END));
    rq.judge = NULL;
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE); /* what a judge accepted is not the authorities' word */
    stop();
    rq.method = STR("POST");
    CHECK(!may_repeat(&rq));
    rq.judge = judge_cert;
    CHECK(!may_repeat(&rq));
    rq.to_node = true;
    CHECK(may_repeat(&rq));
}

static void refuse(struct buf *out, enum status st, struct str sentence) { buf_print(out, "<%s>%.*s", status_name(st), STR_ARG(sentence)); }

TEST(a_peer_is_refused_in_its_own_language)
{
    static const struct { size_t body; bool again; } cases[] = { { 40 * 1024, true /* no memory for it now */ }, { 80 * 1024, false /* more than the route takes */ } };
    start(c);
    web_set_peer_refusal(&fake_app, refuse);
    fake_app.web->options.body_memory = 20 * 1024;
    for (size_t i = 0; i < 2; i++) {
        struct judged j = { .expected = own_cert };
        struct client_request rq = peer_request(c, &j);
        struct client_answer a;
        rq.body = str_of(arena_alloc(c->arena, cases[i].body, 1), cases[i].body);
        CHECK_OK(client_fetch(c, &rq, &a));
        CHECK(a.status == 200 && str_starts(client_header(&a, "Content-Type"), STR("text/xml")));
        CHECK(str_eq(client_header(&a, "X-Sen-Taken"), STR("no")) == cases[i].again);
        CHECK_STR(a.body, cases[i].again ? STR("<unavailable>The server is very busy. Try again in a few seconds.") : str_join(c->arena, STR("<too_large>"), str_z(status_sentence(ST_TOO_LARGE)), STR_END));
        rq = request_to(c, PORT_SYSTEMS, "/size");
        rq.method = STR("POST");
        rq.has_body = true;
        rq.body = str_of(arena_alloc(c->arena, 80 * 1024, 1), 80 * 1024);
        CHECK_OK(client_fetch(c, &rq, &a));
        CHECK(a.status >= 400 && !client_header(&a, "X-Sen-Taken").p); /* others get what they got */
    }
    stop();
}

TEST(plain_bytes_on_the_peers_port_are_not_answered)
{
    start(c);
    CHECK(!fake_has(fake_ask(c, PORT_PEERS, STR("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")), STR("HTTP/1.1 200")));
    struct judged j = { .expected = own_cert };
    struct client_request rq = peer_request(c, &j);
    struct client_answer a;
    CHECK_OK(client_fetch(c, &rq, &a)); /* and the door still stands */
    stop();
}
