/* nation.c: `sen nation start|stop|status`: reads what to make, starts and stops the nodes, says where to look. */
#include "main/nation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "main/node.h"
#include "main/serve.h"
#include "web/client.h"

enum { START_MS = 90000, STOP_MS = 20000, OPTIONS_MAX = 4096, OUTPUT_MAX = 64 * 1024 };

void nation_step(struct nation *n, const char *fmt, ...)
{
    BUF line = buf_heap(1024);
    va_list args;
    va_start(args, fmt);
    buf_vprint(&line, fmt, args);
    va_end(args);
    int64_t now = time_monotonic_us();
    if (n->step_us) (void)printf("  %-62.*s %6.1f s\n", STR_ARG(buf_str(&line)), (double)(now - n->step_us) / 1e6);
    else (void)printf("%.*s\n", STR_ARG(buf_str(&line)));
    (void)fflush(stdout);
    n->step_us = now;
}

/* ---- reading ---- */

/* names: is this name one of the list "a,b,c"? */
static bool names(struct str list, struct str name)
{
    struct str one;
    while (str_next(&list, ',', &one))
        if (str_eq(str_trim(one), name)) return true;
    return false;
}

static enum status read_node(struct call *c, const struct yaml *y, struct nation *n)
{
    int64_t offset, host;
    struct nation_node found, *node = &found;
    static const char *const allowed[] = { "node", "file", "host", "pages", "operator", "registers", "accounts", "citizens", NULL };
    if (n->nnodes == sizeof n->nodes / sizeof n->nodes[0]) return yaml_fail(c, y, "A sandbox has at most 32 nodes.");
    TRY(yaml_allow(c, y, allowed));
    TRY(yaml_need(c, y, "node", &node->name));
    TRY(yaml_need(c, y, "file", &node->file));
    TRY(yaml_int(c, y, "host", 1, &host));
    TRY(yaml_int(c, y, "pages", 0, &offset));
    TRY(yaml_flag(c, y, "operator", false, &node->is_operator));
    node->address = str_print(c->arena, "%.*s.%d", STR_ARG(n->net), (int)host);
    node->pages = n->port + offset;
    node->folder = file_path(c->arena, n->folder, node->name);
    node->yaml = y;
    if (node->is_operator || !n->wanted.n || names(n->wanted, node->name)) n->nodes[n->nnodes++] = found;
    return ST_OK;
}

/* check_wanted: every wanted name is a node of this nation. */
static enum status check_wanted(struct call *c, const struct nation *n)
{
    struct str rest = n->wanted, one;
    while (str_next(&rest, ',', &one)) {
        bool found = false;
        for (size_t i = 0; i < n->nnodes; i++) found = found || str_eq(str_trim(one), n->nodes[i].name);
        if (!found) return call_fail(c, ST_INVALID, "nodes", "This nation has no node \"%s\". nation.yaml of the country lists them.", str_trim(one));
    }
    return ST_OK;
}

/* option: command line, else what the folder was made with, else the fallback. */
static struct str option(const struct args *args, const struct yaml *made, const char *name, struct str fallback)
{
    struct str given = args_value(args, name);
    return given.n ? given : yaml_text(made, name, fallback);
}

static enum status number(struct call *c, const char *name, struct str text, int64_t least, int64_t most, int64_t *ret)
{
    if (str_int(text, ret) && *ret >= least && *ret <= most) return ST_OK;
    return call_fail(c, ST_INVALID, name, "Write a whole number from %s to %s.", str_print(c->arena, "%lld", (long long)least), str_print(c->arena, "%lld", (long long)most));
}

static enum status read_options(struct call *c, const struct args *args, struct nation *n)
{
    const struct yaml *made = NULL;
    struct str path = file_path(c->arena, n->folder, STR("nation.options"));
    if (file_exists(c, path)) TRY(yaml_load(c, path, &made));
    n->country_code = option(args, made, "country", STR("vn"));
    n->net = option(args, made, "net", STR("127.0.7"));
    n->store = option(args, made, "store", STR("sqlite"));
    n->wanted = option(args, made, "nodes", STR(""));
    if (!str_starts(n->net, STR("127."))) return call_fail(c, ST_INVALID, "net", "Write the first three numbers of a loopback range, for example 127.0.7.");
    if (!str_eq(n->store, STR("sqlite")) && !str_starts(n->store, STR("postgresql://")))
        return call_fail(c, ST_INVALID, "store", "Write sqlite, or a URL such as postgresql://user@host/name.");
    TRY(number(c, "people", option(args, made, "people", STR("2000")), 10, 100000000, &n->people));
    TRY(number(c, "seed", option(args, made, "seed", STR("1")), 0, INT32_MAX, &n->seed));
    return number(c, "port", option(args, made, "port", STR("8080")), 1, 65000, &n->port);
}

enum status nation_read(struct call *c, const struct args *args, struct nation *ret)
{
    static const char *const keys[] = { "nodes", "tour", NULL };
    struct nation n = { 0 };
    struct str share, folder = args_value(args, "DIR");
    char real[PATH_MAX];
    TRY(node_share(c, &share));
    TRY(file_make_folder(c, folder, 0755));
    if (!realpath(str_to_z(c->arena, folder), real)) return call_fail(c, ST_INVALID, "DIR", "The folder %s cannot be used.", folder);
    n.folder = str_copy(c->arena, str_z(real));
    ssize_t len = readlink("/proc/self/exe", real, sizeof real);
    n.self = str_copy(c->arena, str_of(real, len > 0 ? (size_t)len : 0));
    TRY(read_options(c, args, &n));
    n.country = file_path(c->arena, file_path(c->arena, share, STR("country")), n.country_code);
    n.sandbox = file_path(c->arena, n.country, STR("sandbox"));
    const struct yaml *y;
    TRY(yaml_load(c, file_path(c->arena, n.sandbox, STR("nation.yaml")), &y));
    TRY(yaml_allow(c, y, keys));
    n.tour = yaml_get(y, "tour");
    const struct yaml *nodes = yaml_get(y, "nodes");
    for (const struct yaml *at = nodes ? nodes->first : NULL; at; at = at->next) TRY(read_node(c, at, &n));
    TRY(check_wanted(c, &n));
    *ret = n;
    return ST_OK;
}

/* ---- children ---- */

static enum status spawn(struct call *c, const struct nation *n, const char *const *words, int in, int out, pid_t *ret)
{
    const char *argv[24] = { str_to_z(c->arena, n->self) };
    for (size_t i = 0; words[i] && i + 2 < sizeof argv / sizeof argv[0]; i++) argv[i + 1] = words[i];
    pid_t pid = fork();
    if (pid < 0) return call_fail(c, ST_UNAVAILABLE, "", "The system could not start another process. Free some memory and try again.");
    if (pid == 0) {
        (void)dup2(in, STDIN_FILENO);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    *ret = pid;
    return ST_OK;
}

enum status nation_child(struct call *c, const struct nation *n, struct str input, const char *const *words)
{
    char in_name[] = "/tmp/sen-in-XXXXXX", out_name[] = "/tmp/sen-out-XXXXXX";
    FILE_FD in = mkstemp(in_name);
    FILE_FD out = mkstemp(out_name);
    if (in >= 0) (void)unlink(in_name);
    if (out >= 0) (void)unlink(out_name);
    if (in < 0 || out < 0 || write(in, input.p, input.n) != (ssize_t)input.n || lseek(in, 0, SEEK_SET) < 0)
        return call_fail(c, ST_UNAVAILABLE, "", "No temporary file could be written in /tmp. Free some space there.");
    pid_t pid;
    int how = 0;
    TRY(spawn(c, n, words, in, out, &pid));
    (void)waitpid(pid, &how, 0);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return ST_OK;
    char text[OUTPUT_MAX];
    ssize_t got = pread(out, text, sizeof text, 0);
    (void)fwrite(text, 1, got > 0 ? (size_t)got : 0, stderr);
    return call_fail(c, ST_UNAVAILABLE, "", "The step \"sen %s %s\" failed. What it said stands above.", str_z(words[0]), str_z(words[1] ? words[1] : ""));
}

/* ---- running nodes ---- */

/* runs_as: a living process of that name? Neither one that merely waits for its parent to notice its end, nor a stranger who got an old number. */
static bool runs_as(int64_t pid, const char *name)
{
    char path[64], text[256] = "", state = 'Z';
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return false;
    const char *from = strchr(text, '('), *to = strrchr(text, ')');
    if (!from || !to || sscanf(to, ") %c", &state) != 1 || state == 'Z' || state == 'X') return false;
    return str_eq(str_of(from + 1, (size_t)(to - from - 1)), str_z(name));
}

static int read_pid(struct call *c, const struct nation_node *node, const char *name)
{
    struct str path = str_print(c->arena, "%.*s/run/%s.pid", STR_ARG(node->folder), name), text;
    int64_t pid = 0;
    if (!file_exists(c, path) || file_read(c, path, 32, &text) != ST_OK || !str_int(str_trim(text), &pid)) {
        call_clear(c);
        return 0;
    }
    return pid > 0 && pid < INT_MAX && runs_as(pid, name) ? (int)pid : 0;
}

/* listens: is the page port open? Asked first, since a refused fetch leaves a line in the log. */
static bool listens(const struct nation_node *node)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)node->pages), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    FILE_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
}

static bool answers(struct call *c, const struct nation_node *node)
{
    if (!listens(node)) return false;
    struct client_answer got;
    struct client_request ask = { .method = STR("GET"), .connect_ms = 1000, .total_ms = 3000,
                                  .url = str_print(c->arena, "http://localhost:%lld/healthz", (long long)node->pages) };
    enum status st = client_fetch(c, &ask, &got);
    call_clear(c);
    return st == ST_OK && got.status == 200;
}

static enum status start_node(struct call *c, const struct nation *n, const struct nation_node *node)
{
    if (read_pid(c, node, SERVE_SUPERVISOR)) return ST_OK;
    struct str log_folder = file_path(c->arena, node->folder, STR("log"));
    TRY(file_make_folder(c, log_folder, 0700));
    const char *path = str_to_z(c->arena, file_path(c->arena, log_folder, STR("sen.log")));
    FILE_FD out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE_FD in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0) return call_fail(c, ST_UNAVAILABLE, "", "The log file of node %s cannot be written. Check the folder's rights and space.", node->name);
    const char *words[] = { "serve", "--node", str_to_z(c->arena, node->folder), NULL };
    pid_t pid = fork(); /* twice, so that the node is nobody's child and lives on */
    if (pid == 0) {
        pid_t node_pid;
        (void)setsid();
        _exit(spawn(c, n, words, in, out, &node_pid) == ST_OK ? 0 : 1);
    }
    int how = 0;
    if (pid < 0 || waitpid(pid, &how, 0) != pid || how != 0)
        return call_fail(c, ST_UNAVAILABLE, "", "Node %s could not be started. Free some memory and try again.", node->name);
    return ST_OK;
}

/* wait_node: a node that was still stopping when it was told to start is started when it has gone. */
static enum status wait_node(struct call *c, const struct nation *n, const struct nation_node *node)
{
    for (int waited = 0; waited < START_MS; waited += 50) {
        if (answers(c, node)) return ST_OK;
        if (waited % 1000 == 950) TRY(start_node(c, n, node));
        (void)poll(NULL, 0, 50);
    }
    return call_fail(c, ST_UNAVAILABLE, "", "Node %s does not answer on http://localhost:%s after 90 seconds. Its log: %s/log/sen.log", node->name,
                     str_print(c->arena, "%lld", (long long)node->pages), node->folder);
}

static void stop_node(struct call *c, const struct nation_node *node)
{
    int pid = read_pid(c, node, SERVE_SUPERVISOR);
    if (!pid) return;
    (void)kill(pid, SIGTERM);
    for (int waited = 0; waited < STOP_MS && runs_as(pid, SERVE_SUPERVISOR); waited += 20) (void)poll(NULL, 0, 20);
}

/* say_where: what the newcomer does next. FOLDER/welcome.txt was written by nation_make. */
static enum status say_where(struct call *c, const struct nation *n)
{
    struct str text;
    TRY(file_read(c, file_path(c->arena, n->folder, STR("welcome.txt")), OPTIONS_MAX * 4, &text));
    (void)printf("\n%.*s\n", STR_ARG(text));
    return ST_OK;
}

enum status nation_start_run(struct call *c, const struct args *args)
{
    struct nation n;
    log_least(LOG_ERROR); /* a nation in the making has no anchor and no certificates yet; what fails has its sentence */
    TRY(nation_read(c, args, &n));
    nation_step(&n, "Sandbox nation in %.*s", STR_ARG(n.folder));
    if (!file_exists(c, file_path(c->arena, n.folder, STR("welcome.txt")))) TRY(nation_make(c, &n));
    for (size_t i = 0; i < n.nnodes; i++) TRY(start_node(c, &n, &n.nodes[i]));
    for (size_t i = 0; i < n.nnodes; i++) {
        TRY(wait_node(c, &n, &n.nodes[i]));
        nation_step(&n, "%.*s answers on http://localhost:%lld", STR_ARG(n.nodes[i].name), (long long)n.nodes[i].pages);
    }
    return say_where(c, &n);
}

enum status nation_stop_run(struct call *c, const struct args *args)
{
    struct nation n;
    TRY(nation_read(c, args, &n));
    nation_step(&n, "Stopping the sandbox nation in %.*s", STR_ARG(n.folder));
    for (size_t i = n.nnodes; i-- > 0;) {
        stop_node(c, &n.nodes[i]);
        nation_step(&n, "%.*s is stopped", STR_ARG(n.nodes[i].name));
    }
    return ST_OK;
}

enum status nation_status_run(struct call *c, const struct args *args)
{
    struct nation n;
    TRY(nation_read(c, args, &n));
    bool all = true;
    (void)printf("%-12s %-28s %-12s %-8s %-8s %-8s\n", "node", "pages", "state", "super", "server", "holder");
    for (size_t i = 0; i < n.nnodes; i++) {
        const struct nation_node *node = &n.nodes[i];
        bool up = answers(c, node);
        all = all && up;
        (void)printf("%-12.*s http://localhost:%-11lld %-12s %-8d %-8d %-8d\n", STR_ARG(node->name), (long long)node->pages, up ? "answers" : "silent",
                     read_pid(c, node, SERVE_SUPERVISOR), read_pid(c, node, SERVE_SERVER), read_pid(c, node, SERVE_HOLDER));
    }
    if (all) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "Not every node answers. Start them with: sen nation start %s", n.folder);
}
