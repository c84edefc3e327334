/* Tests of systems.c and of the backends in services.c: the table of connection types against ways to come, which certificate a backend may show, and mistakes in
 * node.yaml told with file and line. */
#include "exchange/rights/systems.c"
#include "exchange/services.c"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/test.h"
#include "trust/test_trust.h"

static const struct setting needed[] = { { "exchange.connection", SETTING_TEXT, "NOSSL", "", "", false }, { "exchange.subsystems", SETTING_TREE, "", "", "", false },
                                         { "exchange.services", SETTING_TREE, "", "", "", false }, { 0 } };
static const struct module needed_module = { .name = "exchange", .settings = needed };
static const struct module *const modules[] = { &needed_module, NULL };

/* struct place: a folder with two certificates and a node.yaml. */
struct place { struct test_trust t; struct exchange *ex; struct config *config; struct str mine, other; };

static struct str certificate(struct call *c, struct place *p, const char *name)
{
    const struct cert_subject s = { .cn = str_z(name), .o = STR_INIT("System") };
    struct str der;
    CHECK_OK(ca_self_signed(c, test_trust_key(c, KEY_CA, KEY_P256), &s, CERT_CA, c->now_ms, c->now_ms + 1000, &der));
    CHECK_OK(file_write(c, file_path(c->arena, p->t.folder, str_z(name)), cert_to_pem(c->arena, der), 0600));
    return der;
}

static void open_place(struct call *c, struct place *p)
{
    *p = (struct place){ 0 };
    test_trust_open(c, &p->t);
    p->ex = arena_new(c->arena, struct exchange);
    p->ex->arena = c->arena;
    p->t.app.exchange = p->ex;
    p->t.app.folder = p->t.folder;
    p->mine = certificate(c, p, "mine.pem");
    p->other = certificate(c, p, "other.pem");
}

static void close_place(struct call *c, struct place *p)
{
    if (p->config) config_free(p->config);
    heap_free(p->ex->services.rows);
    certificates__free(p->ex);
    test_trust_close(c, &p->t);
}

static enum status load(struct call *c, struct place *p, const char *yaml)
{
    struct str path = file_path(c->arena, p->t.folder, STR("node.yaml"));
    if (p->config) config_free(p->config);
    p->config = NULL;
    call_clear(c);
    CHECK_OK(file_write(c, path, str_join(c->arena, STR("exchange:\n  "), str_z(yaml), STR("\n"), STR_END), 0600));
    CHECK_OK(config_load(c, path, modules, NULL, 0, &p->config));
    p->t.app.config = p->config;
    heap_free(p->ex->services.rows);
    p->ex->services = (struct services){ 0 };
    certificates__free(p->ex);
    TRY(services__load(c, &p->t.app, &p->ex->services));
    return systems__load(c, &p->t.app, &p->ex->systems);
}

enum { PLAIN, BARE, MINE, OTHER, OWN, WAYS };

TEST(connection_types)
{
    /* plain HTTP; TLS without certificate, with the registered one, with another, with the node's own */
    static const struct { const char *subsystem; bool let_in[WAYS]; } table[] = {
        { "open", { true, true, true, true, true } }, { "tls", { false, true, true, true, true } }, { "auth", { false, false, true, false, true } },
        { "usual", { false, true, true, true, true } }, { "", { false, true, true, true, true } } };
    struct place p;
    open_place(c, &p);
    CHECK_OK(load(c, &p, "{connection: SSLNOAUTH, subsystems: [{code: open, name: x, connection: NOSSL}, {code: tls, name: x, connection: SSLNOAUTH}, "
                         "{code: auth, name: x, connection: SSLAUTH, certificates: [mine.pem]}, {code: usual, name: x}]}"));
    const struct str own = STR("own"), shown[WAYS] = { [MINE] = p.mine, [OTHER] = p.other, [OWN] = own };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int way = 0; way < WAYS; way++) {
            const struct request rq = { .tls = way != PLAIN, .peer_cert = shown[way] };
            call_clear(c);
            enum status st = systems__judge(c, &p.ex->systems, own, str_z(table[i].subsystem), &rq);
            if ((st == ST_OK) != table[i].let_in[way]) fail_msg("subsystem %s way %d", table[i].subsystem, way);
            if (st != ST_OK) CHECK_STR(call_error(c)->fault, STR("ssl_authentication_failed"));
        }
    close_place(c, &p);
}

/* Equal is equal to the last byte, and a node without a certificate of its own lets nobody in by it. */
TEST(a_certificate_is_compared_byte_by_byte)
{
    struct place p;
    open_place(c, &p);
    CHECK_OK(load(c, &p, "subsystems: [{code: auth, name: x, connection: SSLAUTH, certificates: [mine.pem, other.pem]}]"));
    struct request rq = { .tls = true, .peer_cert = str_join(c->arena, p.mine, STR("x"), STR_END) };
    CHECK(systems__judge(c, &p.ex->systems, STR(""), STR("auth"), &rq) == ST_DENIED);
    call_clear(c);
    rq.peer_cert = p.other;
    CHECK_OK(systems__judge(c, &p.ex->systems, STR(""), STR("auth"), &rq));
    rq.peer_cert = STR("");
    CHECK(systems__judge(c, &p.ex->systems, STR(""), STR("auth"), &rq) == ST_DENIED);
    close_place(c, &p);
}

/* Only the first certificate is the backend's own; what it sends behind it proves nothing. */
TEST(a_backend_shows_a_certificate_that_is_registered_for_its_service)
{
    static const char *const yaml = "services: [{subsystem: a, code: one, url: \"https://h/\", certificates: [mine.pem]}, "
                                    "{subsystem: a, code: both, url: \"https://h/\", certificates: [mine.pem, other.pem]}, {subsystem: a, code: open, url: \"https://h/\"}]";
    struct place p;
    open_place(c, &p);
    CHECK_OK(load(c, &p, yaml));
    const struct str longer = str_join(c->arena, p.mine, STR("x"), STR_END);
    const struct { const char *code; struct str chain[2]; size_t n; bool passes; } table[] = {
        { "one", { p.mine }, 1, true }, { "one", { p.other }, 1, false }, { "one", { p.other, p.mine }, 2, false }, { "one", { p.mine, p.other }, 2, true },
        { "one", { longer }, 1, false }, { "one", { STR("") }, 1, false }, { "one", { STR("") }, 0, false }, { "both", { p.other }, 1, true }, { "both", { p.mine }, 1, true } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct service_row *row = services__find(&p.ex->services, STR("a"), str_z(table[i].code));
        call_clear(c);
        enum status st = judge_backend(c, table[i].chain, table[i].n, (void *)(uintptr_t)row);
        if ((st == ST_OK) != table[i].passes) fail_msg("case %zu", i);
        if (st != ST_OK) CHECK_STR(call_error(c)->fault, STR("ssl_authentication_failed"));
    }
    CHECK(services__find(&p.ex->services, STR("a"), STR("open"))->certs.n == 0);
    close_place(c, &p);
}

/* What counts is what is in the file now; a file that cannot be used leaves what was in it, one that is gone nothing. */
TEST(a_certificate_file_is_read_again_when_it_changes)
{
    struct place p;
    open_place(c, &p);
    struct str path = file_path(c->arena, p.t.folder, STR("mine.pem")), mine, other;
    CHECK_OK(file_read(c, path, 1 << 16, &mine));
    CHECK_OK(file_read(c, file_path(c->arena, p.t.folder, STR("other.pem")), 1 << 16, &other));
    CHECK_OK(load(c, &p, "subsystems: [{code: auth, name: x, connection: SSLAUTH, certificates: [mine.pem]}]"));
    const struct certificates *certs = &p.ex->systems.rules[0].certs;
    const struct { struct str content; bool gone, has_mine, has_other; } steps[] = {
        { mine, false, true, false }, { other, false, false, true }, { STR("no certificate"), false, false, true }, { mine, false, true, false },
        { STR(""), true, false, false }, { STR(""), true, false, false }, { other, false, false, true } };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].gone) (void)unlink(str_to_z(c->arena, path));
        else CHECK_OK(file_write(c, path, steps[i].content, 0600));
        CHECK_OK(certificates__job(c));
        if (certificates__have(c, certs, p.mine) != steps[i].has_mine || certificates__have(c, certs, p.other) != steps[i].has_other) fail_msg("step %zu", i);
        CHECK(!certificates__have(c, certs, STR("")));
    }
    close_place(c, &p);
}

/* What only the inode's time tells (chmod, a file that is written under its old time) is read again too. */
TEST(a_certificate_file_is_read_again_when_only_its_inode_changes)
{
    enum { SIZE = 4096 };
    struct place p;
    open_place(c, &p);
    struct str path = file_path(c->arena, p.t.folder, STR("mine.pem"));
    const char *z = str_to_z(c->arena, path);
    char *content = arena_room(c->arena, SIZE);
    struct stat before, now;
    memset(content, '\n', SIZE);
    CHECK_OK(file_write(c, path, str_of(content, SIZE), 0600));
    FILE_FD fd = open(z, O_RDWR | O_CLOEXEC);
    const struct str certs_der[] = { p.mine, p.other };
    for (size_t i = 0; i < 2; i++) {
        struct str pem = cert_to_pem(c->arena, certs_der[i]);
        CHECK(stat(z, &before) == 0);
        memset(content, '\n', SIZE);
        memcpy(content, pem.p, pem.n);
        CHECK(pwrite(fd, content, SIZE, 0) == SIZE);
        do { /* until the clock of the file system has moved on */
            CHECK(futimens(fd, (const struct timespec[]){ before.st_atim, before.st_mtim }) == 0 && stat(z, &now) == 0);
        } while (now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
        if (i == 0) CHECK_OK(load(c, &p, "subsystems: [{code: auth, name: x, connection: SSLAUTH, certificates: [mine.pem]}]"));
        else CHECK_OK(certificates__job(c));
        CHECK(certificates__have(c, &p.ex->systems.rules[0].certs, certs_der[i]));
    }
    CHECK(now.st_mtim.tv_nsec == before.st_mtim.tv_nsec && now.st_size == before.st_size && now.st_ino == before.st_ino);
    close_place(c, &p);
}

/* A file that could not be opened for a reason of the process is tried again, though it does not change any more. */
TEST(a_failure_that_passes_is_no_reason_to_keep_the_old_certificate)
{
    struct place p;
    struct rlimit files, none;
    open_place(c, &p);
    CHECK_OK(load(c, &p, "subsystems: [{code: auth, name: x, connection: SSLAUTH, certificates: [mine.pem]}]"));
    const struct certificates *certs = &p.ex->systems.rules[0].certs;
    CHECK_OK(file_write(c, file_path(c->arena, p.t.folder, STR("mine.pem")), cert_to_pem(c->arena, p.other), 0600));
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    none = (struct rlimit){ 0, files.rlim_max };
    for (size_t i = 0; i < 2; i++, c->now_ms += 60000) {
        CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
        enum status st = certificates__job(c);
        CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
        CHECK_OK(st);
        CHECK(certificates__have(c, certs, p.mine));
    }
    CHECK_OK(certificates__job(c));
    CHECK(certificates__have(c, certs, p.other) && !certificates__have(c, certs, p.mine));
    close_place(c, &p);
}

/* The confined server is let into the folders of certificate files, but never into the one where the PIN lies. */
TEST(what_is_read_later_opens_no_more_than_it_must)
{
    struct place p;
    open_place(c, &p);
    struct str node = p.t.folder, beside = str_join(c->arena, node, STR("s"), STR_END) /* a longer name is another folder */, pem;
    const struct { struct str written, opened; } table[] = {
        { STR("mine.pem"), file_path(c->arena, node, STR("mine.pem")) },
        { STR("./mine.pem"), file_path(c->arena, node, STR("./mine.pem")) },
        { STR(".//mine.pem"), file_path(c->arena, node, STR(".//mine.pem")) },
        { STR("systems/../mine.pem"), file_path(c->arena, node, STR("systems/../mine.pem")) },
        { STR("link/mine.pem"), file_path(c->arena, node, STR("link/mine.pem")) },
        { STR("link/systems/a.pem"), file_path(c->arena, node, STR("systems")) },
        { STR("systems/a.pem"), file_path(c->arena, node, STR("systems")) },
        { file_path(c->arena, beside, STR("a.pem")), beside } };
    enum { FILES = sizeof table / sizeof *table };
    struct buf b = buf_in(c->arena, 4096);
    CHECK_OK(file_read(c, file_path(c->arena, node, STR("mine.pem")), 1 << 16, &pem));
    const struct str folders[] = { file_path(c->arena, node, STR("systems")), beside };
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(file_make_folder(c, folders[i], 0700));
        CHECK_OK(file_write(c, file_path(c->arena, folders[i], STR("a.pem")), pem, 0600));
    }
    const char *link = str_to_z(c->arena, file_path(c->arena, node, STR("link")));
    CHECK(symlink(".", link) == 0);
    buf_put(&b, STR("subsystems: [{code: auth, name: x, certificates: ["));
    for (size_t i = 0; i < FILES; i++) {
        if (i) buf_put(&b, STR(", "));
        buf_put(&b, table[i].written);
    }
    buf_put(&b, STR("]}]"));
    CHECK_OK(load(c, &p, str_to_z(c->arena, buf_str(&b))));
    const struct str *list;
    CHECK(exchange_files_read_later(c, &p.t.app, &list) == FILES);
    for (size_t i = 0; i < FILES; i++) CHECK_STR(list[FILES - 1 - i], table[i].opened); /* the last one first */
    CHECK(unlink(link) == 0 && unlink(str_to_z(c->arena, file_path(c->arena, beside, STR("a.pem")))) == 0 && rmdir(str_to_z(c->arena, beside)) == 0);
    close_place(c, &p);
}

TEST(mistakes_are_told)
{
    enum { CONNECTION = 9 /* a setting, not a place in the file */ };
    static const char *const bad[] = {
        "subsystems: [{code: a, name: x, connection: TLS}]", "subsystems: [{code: a, name: x, conection: SSLAUTH}]", "subsystems: [{name: x}]", "subsystems: x",
        "subsystems: [{code: a, connection: SSLAUTH}]", "subsystems: [{code: a, connection: SSLAUTH, certificates: []}]", "subsystems: [{code: a, certificates: mine.pem}]",
        "subsystems: [{code: a, certificates: [node.yaml]}]", "subsystems: [{code: a, certificates: [none.pem]}]", "connection: https",
        "services: [{subsystem: a, code: b, url: \"http://h/\", certificates: [mine.pem]}]", "services: [{subsystem: a, code: b, certificates: [mine.pem]}]",
        "services: [{subsystem: a, code: b, url: \"https://h/\", certificates: []}]", "services: [{subsystem: a, code: b, url: \"https://h/\", certificates: mine.pem}]",
        "services: [{subsystem: a, code: b, url: \"https://h/\", certificates: [none.pem]}]", "services: [{subsystem: a, code: b, url: \"https://h/\", certificates: [node.yaml]}]",
        "services: [{subsystem: a, code: b, url: \"https://h/\", verify: false}]" };
    struct place p;
    open_place(c, &p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (load(c, &p, bad[i]) == ST_OK || (str_find(call_error(c)->sentence, STR("node.yaml, line 2")) == SIZE_MAX && i != CONNECTION)) fail_msg("taken: %s", bad[i]);
    CHECK_OK(load(c, &p, "subsystems: [{code: a, name: x}]"));
    close_place(c, &p);
}
