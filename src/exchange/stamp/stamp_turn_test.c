/* stamp_turn_test.c: several time-stamp services: asked in the directory's order, the one that answered is remembered for a while, and one whose certificate is revoked counts
 * for nothing. Real services on sockets of their own; only what they answer is made here. */
#include "exchange/stamp/stamp.c"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/config.h"
#include "base/file.h"
#include "exchange/status/ocsp_int.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

TEST_STORE(&exchange_schema);

enum { SERVICES = 2, QUESTION_MAX = 16384, DAY_MS = 86400000, FRESH_S = 3600 };
static const struct setting status_settings[] = { { "exchange.status_s", SETTING_COUNT, "30", "seconds", "", false }, { "exchange.stamp_period_s", SETTING_COUNT, "0", "seconds", "", false }, { 0 } };
static const struct module status_module = { .name = "exchange", .settings = status_settings };
static const struct module *const modules[] = { &status_module, NULL };

/* A time-stamp service on a port; silent: it takes the connection and says nothing. */
struct office { struct stamp_service of; const struct app *app; int fd; pthread_t thread; atomic_int asked; atomic_bool silent; };
struct nation { struct test_trust t; struct config *config; struct office services[SERVICES]; struct directory d; struct dir_tsa tsas[SERVICES]; struct dir_ca ca; struct cert_anchor anchor; struct str url, root; const struct key *ca_key; };

/* ---- a service ---- */

static struct str body_of(char *bytes, size_t n)
{
    struct str all = str_of(bytes, n);
    size_t end = str_find(all, STR("\r\n\r\n")), at = str_find(all, STR("ontent-Length: "));
    if (end == SIZE_MAX || at == SIZE_MAX) return STR("");
    size_t length = (size_t)strtoul(bytes + at + strlen("ontent-Length: "), NULL, 10);
    struct str body = str_skip(all, end + 4);
    return body.n >= length ? str_first(body, length) : STR("");
}

static enum status next_serial(struct call *c, int64_t *ret)
{
    static atomic_llong serial;
    (void)c;
    *ret = atomic_fetch_add(&serial, 1) + 1;
    return ST_OK;
}

static void answer_one(struct office *s, int fd)
{
    char bytes[QUESTION_MAX + 1] = { 0 };
    size_t n = 0;
    struct str body = { 0 }, token;
    for (ssize_t got; body.n == 0 && n < QUESTION_MAX && (got = recv(fd, bytes + n, QUESTION_MAX - n, 0)) > 0;) n += (size_t)got, body = body_of(bytes, n);
    atomic_fetch_add(&s->asked, 1);
    if (atomic_load(&s->silent)) return;
    struct call *c = call_open(s->app);
    s->of.at_ms = time_now_ms();
    if (stamp_answer(c, &s->of, body, &token) == ST_OK) {
        struct str head = str_print(c->arena, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", token.n);
        (void)!send(fd, head.p, head.n, MSG_NOSIGNAL);
        (void)!send(fd, token.p, token.n, MSG_NOSIGNAL);
    }
    call_close(c);
}

static void *serve(void *arg)
{
    struct office *s = arg;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0;) {
        answer_one(s, fd);
        (void)close(fd);
    }
    return NULL;
}

static int open_port(int *ret_fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    *ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(*ret_fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(*ret_fd, 8) == 0 && getsockname(*ret_fd, (struct sockaddr *)&at, &n) == 0);
    return ntohs(at.sin_port);
}

/* ---- a nation with two of them ---- */

static void open_service(struct call *c, struct nation *w, size_t i)
{
    const struct cert_subject subject = { .cn = STR_INIT("Time-stamps"), .o = STR_INIT("Office") };
    struct office *s = &w->services[i];
    struct str csr, cert;
    const struct key *k = test_trust_key(c, KEY_STAMP, KEY_P256);
    CHECK_OK(csr_make(c, k, &subject, &csr));
    CHECK_OK(ca_issue(c, w->ca_key, w->root, csr, CERT_STAMP, (int64_t)i + 2, time_now_ms() - DAY_MS, time_now_ms() + DAY_MS, &cert));
    *s = (struct office){ .of = { .key = k, .cert = cert, .next_serial = next_serial }, .app = c->app };
    int port = open_port(&s->fd);
    w->tsas[i] = (struct dir_tsa){ str_print(c->arena, "service %zu", i), str_print(c->arena, "http://127.0.0.1:%d/tsa", port), cert };
    CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static void open_nation(struct call *c, struct nation *w)
{
    const struct cert_subject subject = { .cn = STR_INIT("Authority"), .o = STR_INIT("Office") };
    struct exchange *ex = arena_new(c->arena, struct exchange);
    c->now_ms = time_now_ms(); /* as the services and the client see it */
    test_trust_open(c, &w->t);
    struct str path = file_path(c->arena, w->t.folder, STR("node.yaml"));
    CHECK_OK(file_write(c, path, STR("exchange:\n  status_s: 30\n"), 0600));
    CHECK_OK(config_load(c, path, modules, NULL, 0, &w->config));
    w->t.app.config = w->config;
    w->ca_key = test_trust_key(c, KEY_CA, KEY_P256);
    CHECK_OK(ca_self_signed(c, w->ca_key, &subject, CERT_CA, c->now_ms - DAY_MS, c->now_ms + DAY_MS, &w->root));
    w->anchor = (struct cert_anchor){ .der = w->root, .is_top = true };
    w->url = STR("http://127.0.0.1:9/ocsp");
    w->ca = (struct dir_ca){ .anchors = &w->anchor, .nanchors = 1, .ocsp_urls = &w->url, .nurls = 1 };
    w->d = (struct directory){ .refs = 1, .instance = STR("VN"), .expires_ms = TIME_FAR, .ocsp_fresh_s = FRESH_S, .tsas = w->tsas, .ntsas = SERVICES, .cas = &w->ca, .ncas = 1 };
    *ex = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER, .pictures = { .own = &w->d }, .status = ocsp__cache_new() };
    w->t.app.exchange = ex;
    for (size_t i = 0; i < SERVICES; i++) open_service(c, w, i);
}

static void close_nation(struct call *c, struct nation *w)
{
    for (size_t i = 0; i < SERVICES; i++) {
        (void)shutdown(w->services[i].fd, SHUT_RDWR);
        (void)pthread_join(w->services[i].thread, NULL);
        (void)close(w->services[i].fd);
    }
    ocsp__cache_free(w->t.app.exchange->status);
    config_free(w->config);
    test_trust_close(c, &w->t);
}

/* by: which service stamped; -1: none did. */
static int by(struct call *c, struct nation *w)
{
    struct stamped got = { 0 };
    call_clear(c);
    if (ask(c, &w->d, STR("a batch"), &got) != ST_OK) return -1;
    return str_eq(got.service, w->tsas[0].name) ? 0 : 1;
}

static int asked(struct nation *w, size_t i) { return atomic_load(&w->services[i].asked); }

TEST(the_first_one_is_asked_as_long_as_it_answers)
{
    struct nation w = { 0 };
    open_nation(c, &w);
    for (int i = 0; i < 3; i++) CHECK(by(c, &w) == 0);
    CHECK(asked(&w, 0) == 3 && asked(&w, 1) == 0);
    close_nation(c, &w);
}

TEST(when_the_first_one_is_silent_the_next_one_stamps_and_is_remembered_for_a_while)
{
    struct nation w = { 0 };
    open_nation(c, &w);
    atomic_store(&w.services[0].silent, true);
    CHECK(by(c, &w) == 1);
    int in_vain = asked(&w, 0);
    CHECK(in_vain > 0 && by(c, &w) == 1 && asked(&w, 0) == in_vain);
    atomic_store(&w.services[0].silent, false);
    CHECK(by(c, &w) == 1);
    c->now_ms += TURN_MS;
    CHECK(by(c, &w) == 0 && asked(&w, 0) == in_vain + 1);
    close_nation(c, &w);
}

TEST(the_remembered_one_falls_silent_and_the_others_are_asked_again)
{
    struct nation w = { 0 };
    open_nation(c, &w);
    atomic_store(&w.services[0].silent, true);
    CHECK(by(c, &w) == 1);
    atomic_store(&w.services[1].silent, true);
    CHECK(by(c, &w) == -1);
    CHECK(str_starts(call_error(c)->sentence, STR("127.0.0.1:"))); /* the address, and what happened there */
    atomic_store(&w.services[0].silent, false);
    CHECK(by(c, &w) == 0);
    close_nation(c, &w);
}

static void tell_status(struct call *c, struct nation *w, size_t i, enum cert_status status)
{
    struct str question, answer;
    CHECK_OK(ocsp_request(c, w->tsas[i].cert, w->root, &question));
    CHECK_OK(ocsp_answer(c, w->ca_key, w->root, w->root, question, status, c->now_ms, c->now_ms, c->now_ms + 1000 * FRESH_S, &answer));
    CHECK_OK(ocsp__keep(c, w->tsas[i].cert, STR(""), answer, FRESH_S));
}

TEST(a_service_whose_certificate_is_revoked_is_passed_over)
{
    struct nation w = { 0 };
    open_nation(c, &w);
    tell_status(c, &w, 0, CERT_GOOD);
    CHECK(by(c, &w) == 0);
    tell_status(c, &w, 0, CERT_REVOKED);
    CHECK(by(c, &w) == 1);
    tell_status(c, &w, 1, CERT_REVOKED);
    CHECK(by(c, &w) == -1);
    CHECK_STR(call_error(c)->key, STR("The certificate of the time-stamp service is revoked. Ask the operator to approve another service."));
    close_nation(c, &w);
}

TEST(a_directory_that_names_none_is_a_failure)
{
    struct nation w = { 0 };
    open_nation(c, &w);
    w.d.ntsas = 0;
    CHECK(by(c, &w) == -1);
    CHECK_STR(call_error(c)->key, STR("The directory names no time-stamp service. Ask the operator to approve one."));
    close_nation(c, &w);
}

TEST(a_node_stamps_as_often_as_its_nation_says_or_more_often)
{
    static const struct { int own_s, nation_s, expected_s; } rows[] = { { 0, 0, 60 }, { 0, 120, 120 }, { 0, 5, 60 }, { 5, 120, 5 }, { 5, 0, 5 }, { 300, 120, 120 }, { 300, 0, 60 }, { 0, 100000, 86400 } };
    struct nation w = { 0 };
    open_nation(c, &w);
    struct str path = file_path(c->arena, w.t.folder, STR("node.yaml"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config *config = NULL;
        CHECK_OK(file_write(c, path, str_print(c->arena, "exchange:\n  stamp_period_s: %d\n", rows[i].own_s), 0600));
        CHECK_OK(config_load(c, path, modules, NULL, 0, &config));
        w.t.app.config = config;
        w.d.stamp_period_s = rows[i].nation_s;
        if (period_of(c, &w.d) != 1000 * rows[i].expected_s) fail_msg("row %zu", i);
        config_free(config);
    }
    w.t.app.config = w.config;
    close_nation(c, &w);
}
