/* nation.c: `sen nation start|stop`: starts and stops the nodes, says where to look. */
#include "main/nation.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "main/serve.h"
#include "web/client.h"

enum { START_MS = 90000, STOP_MS = 20000, WELCOME_MAX = 64 * 1024 };

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

/* ---- one node ---- */

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

int nation_pid(struct call *c, const struct nation_node *node, const char *name)
{
    struct str path = str_print(c->arena, "%.*s/run/%s.pid", STR_ARG(node->folder), name), text;
    int64_t pid = 0;
    if (!file_exists(c, path) || file_read(c, path, 32, &text) != ST_OK || !str_int(str_trim(text), &pid)) {
        call_clear(c);
        return 0;
    }
    return pid > 0 && pid < INT_MAX && runs_as(pid, name) ? (int)pid : 0;
}

bool nation_runs(struct call *c, const struct nation_node *node) { return nation_pid(c, node, SERVE_SUPERVISOR) || nation_pid(c, node, SERVE_SERVER); }

/* listens: is the page port open? Asked first, since a refused fetch leaves a line in the log. */
static bool listens(const struct nation_node *node)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)node->pages), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    FILE_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
}

bool nation_answers(struct call *c, const struct nation_node *node)
{
    if (!listens(node)) return false;
    struct client_answer got;
    struct client_request ask = { .method = STR("GET"), .connect_ms = 1000, .total_ms = 3000,
                                  .url = str_print(c->arena, "http://localhost:%lld/healthz", (long long)node->pages) };
    enum status st = client_fetch(c, &ask, &got);
    call_clear(c);
    return st == ST_OK && got.status == 200;
}

enum status nation_start_node(struct call *c, const struct nation *n, const struct nation_node *node)
{
    if (nation_pid(c, node, SERVE_SUPERVISOR)) return ST_OK;
    struct str log_folder = file_path(c->arena, node->folder, STR("log"));
    TRY(file_make_folder(c, log_folder, 0700));
    const char *path = str_to_z(c->arena, file_path(c->arena, log_folder, STR("sen.log")));
    FILE_FD out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE_FD in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0) return call_fail(c, ST_UNAVAILABLE, "", "The log file of node %s cannot be written. Check the folder's rights and space.", node->name);
    const char *words[] = { "serve", "--node", str_to_z(c->arena, node->folder), NULL };
    (void)fflush(stdout);
    pid_t pid = fork(); /* twice, so that the node is nobody's child and lives on */
    if (pid == 0) {
        int node_pid;
        (void)setsid();
        _exit(nation_spawn(c, n, words, in, out, out, &node_pid) == ST_OK ? 0 : 1);
    }
    int how = 0;
    if (pid < 0 || waitpid(pid, &how, 0) != pid || how != 0)
        return call_fail(c, ST_UNAVAILABLE, "", "Node %s could not be started. Free some memory and try again.", node->name);
    return ST_OK;
}

static enum status is_silent(struct call *c, const struct nation_node *node)
{
    struct str reason, pages = str_print(c->arena, "%lld", (long long)node->pages);
    if (serve_find_failure(c, node->folder, &reason))
        return call_fail(c, ST_UNAVAILABLE, "", "Node %s does not answer on http://localhost:%s after 90 seconds. It says: %s", node->name, pages, reason);
    return call_fail(c, ST_UNAVAILABLE, "", "Node %s does not answer on http://localhost:%s after 90 seconds. Its log: %s/log/sen.log", node->name, pages, node->folder);
}

/* wait_node: a node that was still stopping when it was told to start is started when it has gone; one that has ended with a reason would end again. */
enum status nation_wait_node(struct call *c, const struct nation *n, const struct nation_node *node)
{
    for (int waited = 0; waited < START_MS; waited += 50) {
        if (nation_answers(c, node)) return ST_OK;
        struct str reason;
        if (waited % 1000 == 950 && !nation_runs(c, node) && serve_find_failure(c, node->folder, &reason))
            return call_fail(c, ST_INVALID, "", "Node %s does not start. It says: %s", node->name, reason);
        if (waited % 1000 == 950) TRY(nation_start_node(c, n, node));
        (void)poll(NULL, 0, 50);
    }
    return is_silent(c, node);
}

void nation_stop_node(struct call *c, const struct nation_node *node)
{
    int pid = nation_pid(c, node, SERVE_SUPERVISOR);
    if (!pid) return;
    (void)kill(pid, SIGTERM);
    for (int waited = 0; waited < STOP_MS && runs_as(pid, SERVE_SUPERVISOR); waited += 20) (void)poll(NULL, 0, 20);
}

/* say_where: what the newcomer does next. FOLDER/welcome.txt was written by nation_make. */
static enum status say_where(struct call *c, const struct nation *n)
{
    struct str text;
    TRY(file_read(c, file_path(c->arena, n->folder, STR("welcome.txt")), WELCOME_MAX, &text));
    (void)printf("\n%.*s\n", STR_ARG(text));
    return ST_OK;
}

/* prepare: what could stand in the way is told before anything is made. */
static enum status prepare(struct call *c, const struct nation *n)
{
    for (size_t i = 0; i < n->nnodes; i++) TRY(nation_check_ports(c, n, &n->nodes[i], NULL));
    enum status st = file_make_folder(c, n->folder, 0755);
    call_clear(c);
    if (st == ST_OK && access(str_to_z(c->arena, n->folder), W_OK | X_OK) == 0) return ST_OK;
    return call_fail(c, ST_DENIED, "DIR", "The folder %s cannot be made or written by you. Name another one.", n->folder);
}

enum status nation_start_run(struct call *c, const struct args *args)
{
    struct nation n;
    log_least(LOG_ERROR); /* a nation in the making has no anchor and no certificates yet; what fails has its sentence */
    TRY(nation_read(c, args, &n));
    TRY(prepare(c, &n));
    nation_step(&n, "Sandbox nation in %.*s", STR_ARG(n.folder));
    if (!n.made) TRY(nation_make(c, &n));
    for (size_t i = 0; i < n.nnodes; i++) TRY(nation_start_node(c, &n, &n.nodes[i]));
    for (size_t i = 0; i < n.nnodes; i++) {
        TRY(nation_wait_node(c, &n, &n.nodes[i]));
        nation_step(&n, "%.*s answers on http://localhost:%lld", STR_ARG(n.nodes[i].name), (long long)n.nodes[i].pages);
    }
    return say_where(c, &n);
}

enum status nation_read_made(struct call *c, const struct args *args, struct nation *n)
{
    TRY(nation_read(c, args, n));
    if (n->made) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "DIR", "There is no sandbox nation in %s. Make one with: sen nation start %s", n->folder, n->folder);
}

enum status nation_stop_run(struct call *c, const struct args *args)
{
    struct nation n;
    TRY(nation_read(c, args, &n));
    nation_step(&n, "Stopping the sandbox nation in %.*s", STR_ARG(n.folder));
    for (size_t i = n.nnodes; i-- > 0;) {
        nation_stop_node(c, &n.nodes[i]);
        nation_step(&n, "%.*s is stopped", STR_ARG(n.nodes[i].name));
    }
    return ST_OK;
}
