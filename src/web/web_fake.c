/* web_fake.c: for the tests of this room: a node's edge on free ports of 127.0.0.1, raw sockets to talk to it, and a key holder that lives in this process and can
 * be told to fail. */
#include "web/web_fake.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "trust/trust.h"

/* ---- the node ---- */

struct app fake_app;
static const struct module *fake_modules[2];
static const struct str fake_languages[] = { STR_INIT("vi"), STR_INIT("en") };

struct web_options fake_options(void)
{
    return (struct web_options){ .address = { STR("127.0.0.1:0"), STR("127.0.0.1:0"), STR("127.0.0.1:0") }, .node = STR("test"), .languages = fake_languages,
        .nlanguages = 2, .workers = 8, .queue = 2048, .loops = 2, .connections = 2048, .connections_each = 2048, .idle_s = 30, .request_s = 30, .body_memory = 64 << 20, .spool = 64 << 20 };
}

void fake_start(struct call *c, const struct module *m, const struct web_options *o)
{
    fake_modules[0] = m;
    fake_app.modules = fake_modules;
    c->app = &fake_app;
    CHECK_OK(web__start_with(c, &fake_app, o));
}

void fake_stop(void)
{
    web_stop(&fake_app);
    web_module.stop(&fake_app);
    fake_app = (struct app){ 0 };
}

static void *stop(void *arg)
{
    (void)arg;
    fake_stop();
    return NULL;
}

pthread_t fake_stop_beside(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, stop, NULL) == 0);
    return thread;
}

enum status fake_hello(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c, (void)rq;
    reply_text(rp, 200, STR("text/plain"), STR("hello"));
    return ST_OK;
}

enum status fake_size(struct call *c, const struct request *rq, struct reply *rp)
{
    reply_text(rp, 200, STR("text/plain"), str_print(c->arena, "%zu", rq->body.n));
    return ST_OK;
}

enum status fake_id(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)c;
    reply_text(rp, 200, STR("text/plain"), request_path(rq, "id"));
    return ST_OK;
}

enum status fake_large(struct call *c, const struct request *rq, struct reply *rp)
{
    (void)rq;
    reply_text(rp, 200, STR("text/plain"), str_of(arena_alloc(c->arena, 1 << 20, 1), 1 << 20));
    return ST_OK;
}

int fake_port(size_t door) { return door__bound_port(&fake_app.web->doors[door]); }

struct client_request fake_request(struct call *c, size_t door, const char *path)
{
    const char *scheme = door == PORT_PEERS || door == DOOR_SYSTEMS_TLS ? "https" : "http";
    return (struct client_request){ .method = STR("GET"), .url = str_print(c->arena, "%s://127.0.0.1:%d%s", scheme, fake_port(door), path) };
}

/* ---- raw sockets ---- */

int fake_listen(const char *host, int *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && inet_pton(AF_INET, host, &at.sin_addr) == 1 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 8) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

int fake_connect(size_t door)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)fake_port(door)), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = { .tv_sec = 20 };
    CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

void fake_send(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0) return; /* the other side may close early: what it answered is judged */
        bytes = str_skip(bytes, (size_t)n);
    }
}

struct str fake_read_all(struct call *c, int fd)
{
    struct buf b = buf_in(c->arena, 32 << 20);
    for (;;) {
        char *room = buf_room(&b, 64 * 1024);
        ssize_t n = room ? recv(fd, room, 64 * 1024, 0) : -1;
        if (n <= 0) break;
        buf_added(&b, (size_t)n);
    }
    (void)close(fd);
    return buf_str(&b);
}

struct str fake_post(struct call *c, const char *path, const char *headers, const char *body)
{
    return str_print(c->arena, "POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n%s\r\n%s", path,
                     strlen(body), headers, body);
}

struct str fake_ask(struct call *c, size_t door, struct str bytes)
{
    int fd = fake_connect(door);
    fake_send(fd, bytes);
    return fake_read_all(c, fd);
}

bool fake_has(struct str text, struct str part) { return str_find(text, part) != SIZE_MAX; }

int fake_status(struct str answer)
{
    int64_t n = 0;
    return answer.n > 12 && str_int(str_first(str_skip(answer, 9), 3), &n) ? (int)n : 0;
}

struct str fake_body(struct str answer)
{
    struct str head;
    return str_cut_at(&answer, STR("\r\n\r\n"), &head) ? answer : (struct str){ NULL, 0 };
}

/* ---- the key holder ---- */

struct key { EVP_PKEY *pair; struct str cert; };
_Atomic bool fake_holder_is_gone;

const struct key *fake_key(struct call *c, const char *cn)
{
    struct key *k = arena_new(c->arena, struct key);
    k->pair = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    CHECK(k->pair && x && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
    CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) && X509_set_issuer_name(x, name));
    CHECK(X509_gmtime_adj(X509_getm_notBefore(x), -3600) && X509_gmtime_adj(X509_getm_notAfter(x), 86400));
    CHECK(X509_set_pubkey(x, k->pair) && X509_sign(x, k->pair, EVP_sha256()));
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    CHECK(n > 0);
    k->cert = str_copy(c->arena, str_of(der, (size_t)n));
    OPENSSL_free(der);
    X509_free(x);
    return k;
}

void fake_key_free(const struct key *k) { EVP_PKEY_free(k->pair); }
struct str fake_cert(const struct key *k) { return k->cert; }

enum key_algorithm key_algorithm(const struct key *k)
{
    (void)k;
    return KEY_P256;
}

enum status trust_key(struct call *c, enum key_purpose purpose, struct str owner, const struct key **ret)
{
    (void)c, (void)purpose, (void)owner, (void)ret;
    return ST_NOT_FOUND;
}

enum status trust_sign(struct call *c, const struct key *k, enum key_purpose purpose, enum digest alg, struct str digest, struct str *ret)
{
    uint8_t sig[128];
    size_t n = sizeof sig;
    (void)purpose, (void)alg;
    if (fake_holder_is_gone) return call_fail(c, ST_UNAVAILABLE, "", "The key holder does not answer.");
    EVP_PKEY_CTX *x = EVP_PKEY_CTX_new(k->pair, NULL);
    bool ok = x && EVP_PKEY_sign_init(x) == 1 && EVP_PKEY_sign(x, sig, &n, (const unsigned char *)digest.p, digest.n) == 1;
    EVP_PKEY_CTX_free(x);
    if (!ok) return ST_BROKEN;
    *ret = str_copy(c->arena, str_of(sig, n));
    return ST_OK;
}

enum status key_evp(struct call *c, const struct key *k, enum key_purpose purpose, void **ret_evp_pkey)
{
    (void)c, (void)purpose;
    (void)EVP_PKEY_up_ref(k->pair);
    *ret_evp_pkey = k->pair;
    return ST_OK;
}
