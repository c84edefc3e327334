/* client_tls_test.c: client and edge against each other over TLS: keys that are not in the process's files, every certificate that must be refused, kept connections that are judged
 * again, answers of every shape. */
#include "web/client.c"

#include "base/test.h"
#include "web/web_fake.h"

/* ---- the other side ---- */

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

#define OPEN .need = "public", .api = true
static const struct route routes[] = {
    { "GET", "/large", fake_large, OPEN, .port = PORT_SYSTEMS }, { "GET", "/who", who, OPEN, .port = PORT_SYSTEMS }, { "GET", "/nothing/{status}", nothing, OPEN, .port = PORT_SYSTEMS },
    { "POST", "/", who, OPEN, .port = PORT_PEERS }, { 0 } };
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

static struct client_request peer_request(struct call *c, struct judged *j)
{
    struct client_request rq = fake_request(c, PORT_PEERS, "/");
    rq.method = STR("POST");
    rq.body = STR("message");
    rq.has_body = true;
    rq.judge = judge_cert;
    rq.judge_arg = j;
    rq.to_node = true;
    return rq;
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
        struct client_request rq = fake_request(c, DOOR_SYSTEMS_TLS, shapes[i].path);
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
    struct client_request rq = fake_request(c, DOOR_SYSTEMS_TLS, "/who");
    struct client_answer a;
    rq.judge = judge_cert;
    rq.judge_arg = &j;
    let_own_in = false;
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, str_join(c->arena, STR("tls "), own_cert, STR_END));
    rq = fake_request(c, PORT_SYSTEMS, "/who");
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK_STR(a.body, STR("plain "));
    stop();
}

/* A system that is no node: each request is judged in its own way, over a kept connection too, and a POST is not sent twice. */
TEST(another_system_is_judged_by_its_request)
{
    start(c);
    struct judged j = { .expected = STR("another certificate") };
    struct client_request rq = fake_request(c, DOOR_SYSTEMS_TLS, "/who");
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
        rq = fake_request(c, PORT_SYSTEMS, "/size");
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
