/* client_link_test.c: kept connections against a server that does as its script says: closes in the worst moment, answers early, answers in pieces, or never. */
#include "web/client_link.c"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "web/web_fake.h"

/* One line a request: its answer, and whether the connection ends behind it. */
struct line { const char *answer; bool ends; };
struct script { const struct line *lines; size_t nlines; int fd; char url[64]; pthread_t thread; size_t requests, connections; char seen[4096]; size_t nseen; };

/* read_request: up to the blank line; bodies of these tests are short or not read at all. */
static bool read_request(struct script *s, int fd)
{
    s->nseen = 0;
    while (s->nseen < sizeof s->seen && str_find(str_of(s->seen, s->nseen), STR("\r\n\r\n")) == SIZE_MAX) {
        ssize_t n = recv(fd, s->seen + s->nseen, sizeof s->seen - s->nseen, 0);
        if (n <= 0) return false;
        s->nseen += (size_t)n;
    }
    return true;
}

static void *run_script(void *arg)
{
    struct script *s = arg;
    int fd = -1;
    for (size_t i = 0; i < s->nlines; i++) {
        const struct line *l = &s->lines[i];
        if (fd < 0) {
            fd = accept(s->fd, NULL, NULL);
            s->connections++;
        }
        if (!read_request(s, fd)) break;
        s->requests++;
        for (const char *at = l->answer; *at; at++) (void)send(fd, at, 1, MSG_NOSIGNAL); /* in the smallest pieces */
        if (!l->ends) continue;
        (void)shutdown(fd, SHUT_WR);
        for (char rest[4096]; recv(fd, rest, sizeof rest, 0) > 0;) {}
        (void)close(fd);
        fd = -1;
    }
    if (fd >= 0) (void)close(fd);
    return NULL;
}

static void play(struct script *s, const struct line *lines, size_t n)
{
    int port;
    *s = (struct script){ .lines = lines, .nlines = n, .fd = fake_listen("127.0.0.1", &port) };
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/a?b", port);
    CHECK(pthread_create(&s->thread, NULL, run_script, s) == 0);
}

static void end(struct script *s)
{
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
}

static struct app kept_app;
static void keep(struct call *c)
{
    kept_app = *c->app;
    kept_app.web = NULL;
    client_keep(&kept_app);
    c->app = &kept_app;
}

#define LINES(s, ...) play(s, (const struct line[]){ __VA_ARGS__ }, sizeof(struct line[]){ __VA_ARGS__ } / sizeof(struct line))
#define OK_KEPT "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
static struct client_request get(const struct script *s) { return (struct client_request){ .method = STR("GET"), .url = str_z(s->url) }; }
static struct client_request post(const struct script *s, struct str body)
{
    return (struct client_request){ .method = STR("POST"), .url = str_z(s->url), .has_body = true, .body = body };
}

TEST(a_request_says_what_it_must_and_no_more)
{
    struct script s;
    struct client_answer a;
    struct header h = { STR("Accept"), STR("text/x") };
    keep(c);
    LINES(&s, { .answer = OK_KEPT }, { .answer = OK_KEPT, .ends = true });
    struct client_request rq = get(&s);
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 200 && !a.reused);
    rq = post(&s, STR("12345"));
    rq.headers = &h;
    rq.nheaders = 1;
    CHECK_OK(client_fetch(c, &rq, &a));
    client_keep_end(&kept_app);
    end(&s);
    CHECK(a.reused && s.connections == 1 && s.requests == 2);
    struct str seen = str_of(s.seen, s.nseen), line;
    CHECK(str_cut_at(&seen, STR("\r\n"), &line) && str_eq(line, STR("POST /a?b HTTP/1.1")));
    CHECK(str_cut_at(&seen, STR("\r\n"), &line) && str_eq(line, str_print(c->arena, "Host: %.*s", (int)strlen(s.url) - 11, s.url + 7)));
    CHECK_STR(seen, STR("User-Agent: Sen\r\nAccept: text/x\r\nContent-Length: 5\r\n\r\n12345"));
}

TEST(a_kept_connection_that_was_closed_is_not_used)
{
    struct script s;
    struct client_answer a;
    keep(c);
    LINES(&s, { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", .ends = true }, { .answer = OK_KEPT, .ends = true });
    for (int i = 0; i < 2; i++) {
        struct client_request rq = post(&s, STR("x"));
        CHECK_OK(client_fetch(c, &rq, &a));
        CHECK(!a.reused);
    }
    client_keep_end(&kept_app);
    end(&s);
    CHECK(s.connections == 2);
}

/* The server closes after it has read the second request: to the client it looks as if the connection had died meanwhile. */
TEST(what_may_be_repeated_is_sent_again_and_what_may_not_is_told)
{
    static const struct { const char *method; bool again; } cases[] = { { "GET", true }, { "PUT", true }, { "DELETE", true }, { "POST", false }, { "PATCH", false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script s;
        struct client_answer a;
        bool sent = false;
        keep(c);
        LINES(&s, { .answer = OK_KEPT }, { .answer = "", .ends = true }, { .answer = OK_KEPT, .ends = true });
        struct client_request rq = get(&s);
        CHECK_OK(client_fetch(c, &rq, &a));
        rq = post(&s, STR("x"));
        rq.method = str_z(cases[i].method);
        rq.sent = &sent;
        if (cases[i].again) {
            CHECK_OK(client_fetch(c, &rq, &a));
            CHECK(!a.reused && a.status == 200);
        } else {
            CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE && sent);
            call_clear(c);
            rq = get(&s);
            CHECK_OK(client_fetch(c, &rq, &a)); /* lets the script end */
        }
        client_keep_end(&kept_app);
        end(&s);
        CHECK(s.connections == 2 && s.requests == 3);
    }
}

TEST(half_an_answer_is_none)
{
    static const char *const broken[] = { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf", "HTTP/1.1 200 OK\r\nConte", "" };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct script s;
        struct client_answer a;
        LINES(&s, { .answer = broken[i], .ends = true });
        struct client_request rq = get(&s);
        CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE);
        CHECK_STR(c->error.key, STR("%s closed the connection before its answer was complete. Try again in a few minutes."));
        call_clear(c);
        end(&s);
    }
}

TEST(what_is_not_http_is_told_as_that)
{
    struct script s;
    struct client_answer a;
    LINES(&s, { .answer = "SSH-2.0-OpenSSH_9.2\r\n", .ends = true });
    struct client_request rq = get(&s);
    CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE);
    CHECK_STR(c->error.key, STR("%s gave an answer that cannot be read as HTTP. Check the address and the software there."));
    end(&s);
}

/* A place that takes one connection, hears the first bytes, says its words and closes. */
struct stranger { const char *words; int fd; pthread_t thread; };

static void *run_stranger(void *arg)
{
    const struct stranger *s = arg;
    char heard[4096];
    int fd = accept(s->fd, NULL, NULL);
    if (*s->words && recv(fd, heard, sizeof heard, 0) > 0) (void)send(fd, s->words, strlen(s->words), MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, heard, sizeof heard, 0) > 0) continue;
    (void)close(fd);
    return NULL;
}

TEST(a_place_that_speaks_no_tls_is_not_told_as_a_certificate_that_is_refused)
{
    static const struct { const char *words, *says; } strangers[] = {
        { "", "closed the connection before TLS was agreed" }, { "SSH-2.0-OpenSSH_9.2\r\n", "gave an answer that is no TLS" }, { "HTTP/1.1 400 Bad Request\r\n\r\n", "gave an answer that is no TLS" } };
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        int port;
        struct stranger s = { .words = strangers[i].words, .fd = fake_listen("127.0.0.1", &port) };
        struct client_request rq = { .method = STR("GET"), .url = str_print(c->arena, "https://127.0.0.1:%d/", port) };
        struct client_answer a;
        CHECK(pthread_create(&s.thread, NULL, run_stranger, &s) == 0);
        CHECK(client_fetch(c, &rq, &a) == ST_UNAVAILABLE);
        if (str_find(c->error.sentence, str_z(strangers[i].says)) == SIZE_MAX) fail_msg("%zu: %.*s", i, STR_ARG(c->error.sentence));
        call_clear(c);
        (void)pthread_join(s.thread, NULL);
        (void)close(s.fd);
    }
}

TEST(a_refusal_that_comes_before_the_body_is_written_is_heard)
{
    struct script s;
    struct client_answer a;
    LINES(&s, { .answer = "HTTP/1.1 413 Too large\r\nContent-Length: 4\r\n\r\nless", .ends = true });
    size_t n = 48 << 20; /* more than any socket holds */
    struct client_request rq = post(&s, str_of(heap_alloc(n, 1), n));
    CHECK_OK(client_fetch(c, &rq, &a));
    CHECK(a.status == 413);
    CHECK_STR(a.body, STR("less"));
    heap_free((char *)(uintptr_t)rq.body.p);
    end(&s);
}

/* ---- signs of life ---- */

/* A place where connections are taken by the machine and by nobody else. */
static int open_dead(struct call *c, const char *scheme, struct str *url)
{
    int port, fd = fake_listen("127.0.0.1", &port);
    *url = str_print(c->arena, "%s://127.0.0.1:%d/", scheme, port);
    return fd;
}

TEST(who_takes_connections_and_shakes_no_hands_does_not_live)
{
    struct script s;
    struct str url;
    struct client_request rq = { 0 };
    int fd = open_dead(c, "https", &url);
    const char *z = str_to_z(c->arena, url);
    CHECK(!client__lives(c, &rq, NULL, z, 200));
    (void)close(fd);
    CHECK(!client__lives(c, &rq, NULL, z, 200));
    LINES(&s, { .answer = OK_KEPT, .ends = true });
    CHECK(client__lives(c, &rq, NULL, s.url, 5000));
    end(&s); /* the connection that closed again was all that it waited for */
}

struct life { int asked, dead_from, answers_at; int fd; };
static bool has_life(void *arg)
{
    struct life *l = arg;
    l->asked++;
    if (l->asked == l->answers_at) (void)send(l->fd, "x", 1, MSG_NOSIGNAL);
    return l->asked < l->dead_from;
}

TEST(who_is_silent_is_asked_whether_it_lives)
{
    int pair[2];
    struct life life = { .dead_from = 2 };
    struct client_patience p = { .until_us = INT64_MAX, .silent_us = 60 * 1000 * 1000, .lifeless_us = 300 * 1000, .lives = has_life, .arg = &life };
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    const struct client_link link = { .fd = pair[0], .plain = true };
    const struct talk t = { .link = &link, .patience = &p };
    int64_t began_us = time_monotonic_us();
    CHECK(wait_for(&t, POLLIN) == CURLE_OPERATION_TIMEDOUT && life.asked >= 2); /* once it was there, then never again */
    CHECK(time_monotonic_us() - began_us < 30 * 1000 * 1000);                            /* long before it would be only silent */

    p.lifeless_us = p.silent_us;
    life = (struct life){ .dead_from = 1, .answers_at = 2, .fd = pair[1] }; /* the answer comes while nobody shakes hands */
    CHECK(wait_for(&t, POLLIN) == CURLE_OK && life.asked == 2);
    CHECK(wait_for(&t, POLLIN) == CURLE_OK && life.asked == 2); /* who speaks is not asked */

    char x;
    CHECK(recv(pair[0], &x, 1, 0) == 1);
    life = (struct life){ .dead_from = 9 };
    p.silent_us = 1200 * 1000;
    CHECK(wait_for(&t, POLLIN) == CURLE_OPERATION_TIMEDOUT && life.asked <= 1); /* it lives, if there was time to ask, and is silent for too long */
    (void)close(pair[0]);
    (void)close(pair[1]);
}

/* A byte now and then is no silence; all of it may take what is allowed to who is slow, and what its bytes take at a fair pace. */
TEST(who_is_slow_is_given_up_and_who_brings_much_has_time)
{
    enum { S = 1000 * 1000, MIB = 1024 * 1024 };
    const struct client_patience any = { .until_us = INT64_C(3600) * S, .silent_us = 5 * S }, fair = { .until_us = any.until_us, .silent_us = any.silent_us, .slow_us = 20 * S, .fair_bytes_s = MIB };
    struct talk t = { .patience = &any, .began_us = 10 * S, .moved = 100 };
    CHECK(end_of_wait(&t, 100 * S) == 105 * S);
    t.patience = &fair;
    CHECK(end_of_wait(&t, 12 * S) == 17 * S && end_of_wait(&t, 29 * S) < 31 * S && end_of_wait(&t, 100 * S) < 31 * S);
    t.moved = INT64_C(1024) * MIB;
    CHECK(end_of_wait(&t, INT64_C(1000) * S) == INT64_C(1005) * S); /* then only a silence ends it */
    CHECK(end_of_wait(&t, INT64_C(1052) * S) == INT64_C(1054) * S);
}
