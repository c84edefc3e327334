/* confine_test.c: what a confined process can still do, tried in forked children: the confinement cannot be taken off again. */
#include "trust/confine.c"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/test.h"

struct place { struct str folder, inside, outside; };

static void make_place(struct call *c, struct place *p)
{
    char name[] = "/tmp/sen-confine-XXXXXX";
    CHECK(mkdtemp(name) != NULL);
    p->folder = str_copy(c->arena, str_z(name));
    p->inside = file_path(c->arena, p->folder, STR("inside"));
    p->outside = file_path(c->arena, p->folder, STR("outside"));
    CHECK_OK(file_make_folder(c, p->inside, 0700));
    CHECK_OK(file_make_folder(c, p->outside, 0700));
    CHECK_OK(file_write(c, file_path(c->arena, p->outside, STR("secret")), STR("x"), 0600));
}

static void remove_place(struct call *c, const struct place *p)
{
    (void)unlink(str_to_z(c->arena, file_path(c->arena, p->inside, STR("f"))));
    (void)unlink(str_to_z(c->arena, file_path(c->arena, p->outside, STR("secret"))));
    (void)rmdir(str_to_z(c->arena, p->inside));
    (void)rmdir(str_to_z(c->arena, p->outside));
    (void)rmdir(str_to_z(c->arena, p->folder));
}

/* confined: what `tries` answers in a child that was confined; -1 when it was ended by a signal. */
static int confined(struct call *c, const struct place *p, bool network, int (*tries)(struct call *c, const struct place *p))
{
    int how = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct confinement k = { .write = &p->inside, .nwrite = 1, .network = network };
        _exit(confine_process(c, &k) == ST_OK ? tries(c, p) : 99);
    }
    CHECK(pid > 0 && waitpid(pid, &how, 0) == pid);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static bool has_landlock(void) { return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1; }

static int try_files(struct call *c, const struct place *p)
{
    struct str text;
    if (file_write(c, file_path(c->arena, p->inside, STR("f")), STR("y"), 0600) != ST_OK) return 1;
    if (file_read(c, file_path(c->arena, p->inside, STR("f")), 10, &text) != ST_OK) return 2;
    if (file_read(c, file_path(c->arena, p->outside, STR("secret")), 10, &text) == ST_OK) return 3;
    if (file_write(c, file_path(c->arena, p->outside, STR("new")), STR("y"), 0600) == ST_OK) return 4;
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0) return 5;
    return open("/dev/null", O_RDWR | O_CLOEXEC) >= 0 ? 0 : 6;
}

TEST(files_outside_are_out_of_reach)
{
    struct place p;
    if (!has_landlock()) skip();
    make_place(c, &p);
    CHECK(confined(c, &p, false, try_files) == 0);
    remove_place(c, &p);
}

static int try_programs(struct call *c, const struct place *p)
{
    (void)c, (void)p;
    char *const args[] = { (char[]){ "true" }, NULL };
    (void)execv("/bin/true", args);
    return errno == EPERM ? 0 : 1;
}

static int try_sockets(struct call *c, const struct place *p)
{
    (void)c, (void)p;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0) return 1;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) return 2;
    return errno == EPERM ? 0 : 3;
}

static int try_network(struct call *c, const struct place *p)
{
    (void)c, (void)p;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    if (tcp < 0 || bind(tcp, (const struct sockaddr *)&at, sizeof at) != 0 || listen(tcp, 1) != 0) return 1;
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0 || socket(AF_INET6, SOCK_STREAM, 0) < 0) return 2;
    return socket(AF_PACKET, SOCK_RAW, 0) < 0 && socket(AF_VSOCK, SOCK_STREAM, 0) < 0 ? 0 : 3;
}

TEST(no_program_is_started_and_no_socket_made)
{
    struct place p;
    make_place(c, &p);
    CHECK(confined(c, &p, false, try_programs) == 0);
    CHECK(confined(c, &p, true, try_programs) == 0);
    CHECK(confined(c, &p, false, try_sockets) == 0);
    CHECK(confined(c, &p, true, try_network) == 0);
    remove_place(c, &p);
}

static void *work(void *arg)
{
    *(int *)arg = 1;
    return arg;
}

static int try_threads(struct call *c, const struct place *p)
{
    (void)c, (void)p;
    int ran = 0;
    pthread_t thread;
    return pthread_create(&thread, NULL, work, &ran) == 0 && pthread_join(thread, NULL) == 0 && ran == 1 ? 0 : 1;
}

TEST(threads_still_run)
{
    struct place p;
    make_place(c, &p);
    CHECK(confined(c, &p, false, try_threads) == 0);
    remove_place(c, &p);
}

TEST(a_path_that_is_not_there_is_skipped)
{
    int how = 0;
    struct str nowhere = STR("/nowhere/at/all");
    pid_t pid = fork();
    if (pid == 0) _exit(confine_process(c, &(struct confinement){ .read = &nowhere, .nread = 1 }) == ST_OK ? 0 : 1);
    CHECK(waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0);
}
