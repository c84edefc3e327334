/* test_trust.c: starts, kills and cleans up after the key holder of a unit test. */
#include "trust/test_trust.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/log.h"
#include "trust/holder.h"

enum { START_TRIES = 2000 };

static bool answers(struct str socket_path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    memcpy(at.sun_path, socket_path.p, socket_path.n);
    FILE_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

void test_trust_holder(struct call *c, struct test_trust *t)
{
    t->pid = fork();
    if (t->pid == 0) {
        log_least(LOG_ERROR);
        struct call *own = call_open(NULL);
        enum status st = holder_run(own, t->keys, t->socket, STR("a PIN for tests"));
        call_close(own);
        _exit(status_exit(st));
    }
    for (int i = 0; i < START_TRIES && !answers(t->socket); i++) (void)poll(NULL, 0, 5);
    CHECK(t->pid > 0 && answers(t->socket));
    (void)c;
}

void test_trust_kill(struct test_trust *t)
{
    if (t->pid <= 0) return;
    (void)kill(t->pid, SIGKILL);
    (void)waitpid(t->pid, NULL, 0);
    t->pid = 0;
}

void test_trust_open(struct call *c, struct test_trust *t)
{
    char name[] = "/tmp/sen-trust-XXXXXX";
    CHECK(mkdtemp(name) != NULL);
    t->folder = str_copy(c->arena, str_z(name));
    t->keys = file_path(c->arena, t->folder, STR("keys"));
    t->socket = file_path(c->arena, t->folder, STR("holder.sock"));
    CHECK(mkdir(str_to_z(c->arena, t->keys), 0700) == 0);
    test_trust_holder(c, t);
    t->app = c->app ? *c->app : (struct app){ 0 };
    CHECK_OK(trust_start(c, t->keys, t->socket, 30000, &t->app.trust));
    c->app = &t->app;
}

void test_trust_remove(struct call *c, struct str folder)
{
    char *z = str_to_z(c->arena, folder);
    DIR *d = opendir(z);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        struct str name = str_z(e->d_name), path = file_path(c->arena, folder, name);
        if (str_eq(name, STR(".")) || str_eq(name, STR(".."))) continue;
        if (unlink(str_to_z(c->arena, path)) != 0) test_trust_remove(c, path);
    }
    if (d) (void)closedir(d);
    (void)rmdir(z);
}

void test_trust_close(struct call *c, struct test_trust *t)
{
    trust_stop(t->app.trust);
    t->app.trust = NULL;
    if (t->pid > 0) {
        int how = 0;
        (void)kill(t->pid, SIGTERM);
        CHECK(waitpid(t->pid, &how, 0) == t->pid && WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    test_trust_remove(c, t->folder);
}

const struct key *test_trust_key(struct call *c, enum key_purpose purpose, enum key_algorithm alg)
{
    const struct key *k = NULL;
    CHECK_OK(trust_make_key(c, purpose, alg, STR(""), &k));
    return k;
}
