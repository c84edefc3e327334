/* confine.c: Landlock for files (and TCP, where the kernel knows how), seccomp for system calls. A refused call fails with EPERM; nothing is
 * killed, so that a library that probes goes on. Source: landlock(7), seccomp(2), kernel documentation userspace-api/landlock. */
#define _GNU_SOURCE /* O_PATH */
#include "trust/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "base/log.h"

/* ---- Landlock ---- */

/* Rights by the version of the interface that brought them; Debian 12's header ends at version 2. */
#define FS_REFER (1ULL << 13)      /* 2 */
#define FS_TRUNCATE (1ULL << 14)   /* 3 */
#define NET_TCP 3ULL               /* 4: bind and connect */
#define FS_IOCTL_DEV (1ULL << 15)  /* 5 */
#define SCOPES 3ULL                /* 6: abstract sockets and signals of processes outside */
#define FS_FIRST ((1ULL << 13) - 1)

struct ruleset { uint64_t fs, net, scoped; };

enum { READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE, READ_ALL = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR };
static const uint64_t write_all = READ_ALL | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | FS_REFER | FS_TRUNCATE;

static struct ruleset rules_of(long version, bool network)
{
    struct ruleset r = { .fs = FS_FIRST };
    if (version >= 2) r.fs |= FS_REFER;
    if (version >= 3) r.fs |= FS_TRUNCATE;
    if (version >= 5) r.fs |= FS_IOCTL_DEV;
    if (version >= 4 && !network) r.net = NET_TCP;
    if (version >= 6 && !network) r.scoped = SCOPES;
    return r;
}

static size_t size_of_rules(long version) { return version >= 6 ? 24 : version >= 4 ? 16 : 8; }

static enum status allow(struct call *c, int ruleset, struct str path, uint64_t rights)
{
    const char *z = str_to_z(c->arena, path);
    FILE_FD fd = z ? open(z, O_PATH | O_CLOEXEC) : -1;
    struct stat info;
    if (fd < 0 && errno == ENOENT) return ST_OK;
    if (fd < 0 || fstat(fd, &info) != 0) {
        call_note(c, "trust", "landlock path: errno %d", errno);
        return ST_BROKEN;
    }
    if (!S_ISDIR(info.st_mode)) rights &= READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return ST_OK;
    call_note(c, "trust", "landlock rule: errno %d", errno);
    return ST_BROKEN;
}

static enum status confine_files(struct call *c, const struct confinement *k)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        log_line(LOG_WARN, "trust", "landlock.missing", c->trace, log_text("effect", STR("files are not confined; use a kernel from 5.13 with Landlock switched on")));
        return ST_OK;
    }
    struct ruleset rules = rules_of(version, k->network);
    FILE_FD fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size_of_rules(version), 0);
    if (fd < 0) return call_note(c, "trust", "landlock ruleset: errno %d", errno), ST_BROKEN;
    for (size_t i = 0; i < k->nread; i++) TRY(allow(c, fd, k->read[i], READ_ALL));
    for (size_t i = 0; i < k->nwrite; i++) TRY(allow(c, fd, k->write[i], write_all & rules.fs));
    TRY(allow(c, fd, STR("/dev/null"), (READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE) & rules.fs));
    if (syscall(SYS_landlock_restrict_self, fd, 0) == 0) return ST_OK;
    call_note(c, "trust", "landlock restrict: errno %d", errno);
    return ST_BROKEN;
}

/* ---- seccomp ---- */

/* Never needed: other programs, other processes, the kernel itself, the machine's settings. */
static const int refused[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(open_tree), SCMP_SYS(unshare), SCMP_SYS(setns),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(personality), SCMP_SYS(quotactl), SCMP_SYS(acct), SCMP_SYS(syslog),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
    SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(mknod), SCMP_SYS(mknodat),
};
static const int refused_without_network[] = { SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen) };
/* PostgreSQL's local socket, TCP, and the netlink socket by which the resolver learns the machine's addresses. */
static const unsigned families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
enum { FAMILY_LAST = 45 };

static bool is_used(unsigned family)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (families[i] == family) return true;
    return false;
}

static int refuse_each(scmp_filter_ctx ctx, const int *calls, size_t n)
{
    int e = 0;
    for (size_t i = 0; i < n && e == 0; i++) e = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
    return e;
}

static int refuse_families(scmp_filter_ctx ctx)
{
    int e = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, FAMILY_LAST, 0));
    for (unsigned f = 0; f <= FAMILY_LAST && e == 0; f++)
        if (!is_used(f)) e = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, f, 0));
    return e;
}

static enum status confine_calls(struct call *c, bool network)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int e = ctx ? seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;
    if (e == 0) e = refuse_each(ctx, refused, sizeof refused / sizeof refused[0]);
    if (e == 0) e = network ? refuse_families(ctx) : refuse_each(ctx, refused_without_network, sizeof refused_without_network / sizeof refused_without_network[0]);
    if (e == 0) e = seccomp_load(ctx);
    if (ctx) seccomp_release(ctx);
    if (e == 0) return ST_OK;
    call_note(c, "trust", "seccomp: errno %d", -e);
    return ST_BROKEN;
}

enum status confine_process(struct call *c, const struct confinement *k)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return ST_BROKEN;
    TRY(confine_files(c, k));
    return confine_calls(c, k->network);
}
