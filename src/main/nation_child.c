/* nation_child.c: other processes that the making of a nation needs: this program with other words, and work done for each node side by side. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "main/nation.h"

enum { OUTPUT_MAX = 64 * 1024, WORDS_MAX = 24 };

enum status nation_spawn(struct call *c, const struct nation *n, const char *const *words, int in, int out, int errors, int *ret_pid)
{
    const char *argv[WORDS_MAX] = { str_to_z(c->arena, n->self) };
    for (size_t i = 0; words[i] && i + 2 < WORDS_MAX; i++) argv[i + 1] = words[i];
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) return call_fail(c, ST_UNAVAILABLE, "", "The system could not start another process. Free some memory and try again.");
    if (pid == 0) {
        (void)dup2(in, STDIN_FILENO);
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(errors, STDERR_FILENO);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    *ret_pid = pid;
    return ST_OK;
}

enum status nation_child(struct call *c, const struct nation *n, bool live, const char *const *words)
{
    char out_name[] = "/tmp/sen-out-XXXXXX";
    FILE_FD in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    FILE_FD out = mkstemp(out_name);
    if (out >= 0) (void)unlink(out_name);
    if (in < 0 || out < 0) return call_fail(c, ST_UNAVAILABLE, "", "No temporary file could be written in /tmp. Free some space there.");
    int pid, how = 0;
    TRY(nation_spawn(c, n, words, in, out, live ? STDERR_FILENO : out, &pid));
    (void)waitpid(pid, &how, 0);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return ST_OK;
    char text[OUTPUT_MAX];
    ssize_t got = pread(out, text, sizeof text, 0);
    (void)fwrite(text, 1, got > 0 ? (size_t)got : 0, stderr);
    return call_fail(c, ST_UNAVAILABLE, "", "The step \"sen %s %s\" failed. What it said stands above.", str_z(words[0]), str_z(words[1] ? words[1] : ""));
}

/* ---- side by side ---- */

static int run_one(const struct call *parent, const struct nation *n, const struct nation_node *node,
                   enum status (*work)(struct call *c, const struct nation *n, const struct nation_node *node))
{
    struct call *c = call_open(parent->app);
    c->actor = parent->actor;
    enum status st = work(c, n, node);
    if (st != ST_OK) {
        struct call_error e = call_sentence(c, st);
        (void)fprintf(stderr, "sen: node %.*s: %.*s\n", STR_ARG(node->name), STR_ARG(e.sentence));
    }
    call_close(c);
    return status_exit(st);
}

/* ended_well: waits for this child, which may be one that never was. */
static bool ended_well(pid_t pid)
{
    int how = 0;
    return pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

enum status nation_each(struct call *c, const struct nation *n, enum status (*work)(struct call *c, const struct nation *n, const struct nation_node *node))
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = processors > 0 ? (size_t)processors : 1, started = 0, ended = 0;
    pid_t pids[NATION_NODES];
    bool good = true;
    (void)fflush(stdout);
    for (; started < n->nnodes && good; started++) {
        if (started - ended >= most) good = ended_well(pids[ended++]);
        pids[started] = fork();
        if (pids[started] == 0) _exit(run_one(c, n, &n->nodes[started], work));
    }
    while (ended < started) good = ended_well(pids[ended++]) && good;
    return good ? ST_OK : call_fail(c, ST_UNAVAILABLE, "", "The nation could not be made. What failed stands above; mend it and start again.");
}
