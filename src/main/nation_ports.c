/* nation_ports.c: are the addresses of a node free? Asked before anything is made or started, and told with the name of whoever has them. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "main/nation.h"
#include "main/serve.h"

enum { TABLE_MAX = 4 * 1024 * 1024, LINE_MAX_BYTES = 4096, STATE_LISTEN = 0x0A };

/* inode_of: the socket that listens on this address (network order; 0: on all of them) and port, from the kernel's table; 0 when there is none. */
static unsigned long inode_of(struct call *c, const char *table, in_addr_t address, int port)
{
    struct str text, line;
    char *all = arena_alloc(c->arena, TABLE_MAX, 1);
    FILE_FD fd = open(table, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    for (ssize_t got; fd >= 0 && n < TABLE_MAX && (got = read(fd, all + n, TABLE_MAX - n)) > 0;) n += (size_t)got;
    text = str_of(all, n);
    while (str_next(&text, '\n', &line)) {
        char local[33] = "";
        unsigned local_port = 0, state = 0;
        unsigned long inode = 0;
        const char *z = str_to_z(c->arena, line);
        if (z && sscanf(z, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", local, &local_port, &state, &inode) == 4 &&
            strtoul(local, NULL, 16) == address && (int)local_port == port && state == STATE_LISTEN)
            return inode;
    }
    return 0;
}

/* holds: does this process have that socket open? */
static bool holds(const char *pid, unsigned long inode)
{
    char path[300], wanted[64], link[64];
    (void)snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    (void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *folder = opendir(path);
    bool found = false;
    for (struct dirent *e; folder && !found && (e = readdir(folder));) {
        (void)snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, e->d_name);
        ssize_t n = readlink(path, link, sizeof link);
        found = n > 0 && str_eq(str_of(link, (size_t)n), str_z(wanted));
    }
    if (folder) (void)closedir(folder);
    return found;
}

static struct str proc_file(struct call *c, const char *pid, const char *name)
{
    char text[LINE_MAX_BYTES];
    const struct str path = str_print(c->arena, "/proc/%s/%s", pid, name);
    FILE_FD fd = open(str_to_z(c->arena, path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
    return str_copy(c->arena, str_of(text, n > 0 ? (size_t)n : 0));
}

/* describe: "nginx (process 812)"; of a server of ours also the folder of its node. */
static struct str describe(struct call *c, const char *pid)
{
    struct str name = str_trim(proc_file(c, pid, "comm")), words = proc_file(c, pid, "cmdline"), word, node = STR("");
    bool next = false;
    while (str_next(&words, '\0', &word)) {
        if (next) node = word;
        next = str_eq(word, STR("--node"));
    }
    if (str_eq(name, STR(SERVE_SERVER)) && node.n) return str_print(c->arena, "the Sen node in %.*s (process %s)", STR_ARG(node), pid);
    return str_print(c->arena, "%.*s (process %s)", STR_ARG(name), pid);
}

static struct str who_has(struct call *c, in_addr_t address, int port)
{
    unsigned long inode = inode_of(c, "/proc/net/tcp", address, port);
    if (!inode) inode = inode_of(c, "/proc/net/tcp", 0, port);
    if (!inode) inode = inode_of(c, "/proc/net/tcp6", 0, port);
    struct str found = STR("a process that may not be looked at");
    int64_t pid;
    DIR *folder = inode ? opendir("/proc") : NULL;
    for (struct dirent *e; folder && (e = readdir(folder));)
        if (str_int(str_z(e->d_name), &pid) && holds(e->d_name, inode)) {
            found = describe(c, e->d_name);
            break;
        }
    if (folder) (void)closedir(folder);
    return found;
}

/* is_taken: can nobody listen there now? The server asks in the same way (SO_REUSEADDR). */
static bool is_taken(const struct sockaddr_in *at, int *ret_errno)
{
    int yes = 1;
    FILE_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool taken = bind(fd, (const struct sockaddr *)at, sizeof *at) != 0 || listen(fd, 1) != 0;
    *ret_errno = errno;
    return taken;
}

/* read_address: "127.0.7.1:8080" or "localhost:8080". */
static bool read_address(struct call *c, struct str address, struct sockaddr_in *ret)
{
    int64_t port;
    struct str host;
    if (!str_cut(&address, ':', &host) || !str_int(address, &port) || port < 1 || port > UINT16_MAX) return false;
    const char *z = str_to_z(c->arena, str_eq(host, STR("localhost")) ? STR("127.0.0.1") : host);
    *ret = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    return z && inet_pton(AF_INET, z, &ret->sin_addr) == 1;
}

static enum status check_address(struct call *c, const char *option, struct str address)
{
    struct sockaddr_in at;
    int why = 0;
    if (!read_address(c, address, &at) || !is_taken(&at, &why)) return ST_OK; /* of an address that cannot be the node itself says so */
    if (why == EADDRINUSE)
        return call_fail(c, ST_CONFLICT, option, "The address %s is used by %s. Stop it, or choose another --%s.", address, who_has(c, at.sin_addr.s_addr, ntohs(at.sin_port)),
                         str_z(option));
    return call_fail(c, ST_UNAVAILABLE, option, "Nobody may listen on %s: %s. Choose another --%s.", address, str_z(strerror(why)), str_z(option));
}

enum status nation_check_ports(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra)
{
    static const struct { const char *setting, *option; } doors[] = { { "pages", "port" }, { "systems", "net" }, { "peers", "net" }, { "status", "net" } };
    const struct yaml *y;
    struct str text;
    if (nation_runs(c, node)) return ST_OK;
    TRY(nation_node_yaml(c, n, node, extra, &text));
    TRY(yaml_parse(c, STR("node.yaml"), text, &y));
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++)
        TRY(check_address(c, doors[i].option, yaml_text(yaml_get(y, "web"), doors[i].setting, STR(""))));
    return ST_OK;
}
