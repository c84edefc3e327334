/* serve.c: supervisor, key holder and server. The pid of each stands in run/<name>.pid, so that operators and tests can tell them apart. */
#include "main/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/args.h"
#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread_name.h"
#include "base/time.h"
#include "exchange/exchange.h"
#include "main/modules.h"
#include "store/db.h"
#include "trust/confine.h"
#include "web/http.h"

enum { JOBS_MAX = 32, RESTART_MIN_MS = 200, RESTART_MAX_MS = 5000, STEADY_MS = 3000, STOP_MS = 15000 };

struct runner { const struct job *job; const struct app *app; pthread_t thread; int end; /* readable when the server stops */ };

static void write_pid(struct call *c, struct str folder, const char *name, int pid)
{
    struct str path = str_print(c->arena, "%.*s/run/%s.pid", STR_ARG(folder), name);
    call_forgive(c, file_write(c, path, str_print(c->arena, "%d\n", pid), 0600), "the pid file is for people only");
}

/* ---- the server process ---- */

/* is_over: waits so long for the end. */
static bool is_over(int end, int64_t ms)
{
    struct pollfd p = { .fd = end, .events = POLLIN };
    return poll(&p, 1, ms < INT_MAX ? (int)ms : INT_MAX) > 0;
}

/* last_word: of the name of a job, "stamp" of "exchange.stamp". */
static const char *last_word(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static void *run_job(void *arg)
{
    struct runner *r = arg;
    struct call *c = call_open(r->app);
    thread_name("sen-job %s", last_word(r->job->name));
    do {
        call_renew(c);
        enum status st = r->job->run(c);
        if (st != ST_OK)
            log_line(LOG_WARN, "main", "job.failed", c->trace, log_text("job", str_z(r->job->name)), log_text("reason", call_sentence(c, st).sentence));
        store_rest(c);
    } while (!is_over(r->end, r->job->period_ms));
    store_release(c);
    call_close(c);
    return NULL;
}

static size_t start_jobs(const struct app *app, int end, struct runner *runners)
{
    size_t n = 0;
    for (const struct module *const *m = sen_modules; *m; m++)
        for (const struct job *j = (*m)->jobs; j && j->name && n < JOBS_MAX; j++) {
            runners[n] = (struct runner){ .job = j, .app = app, .end = end };
            if (pthread_create(&runners[n].thread, NULL, run_job, &runners[n]) == 0) n++;
        }
    return n;
}

/* confine_server: from here on the server writes in data, conf, run and the archive of messages only and reads a short list; the file of the PIN is not on it. */
static enum status confine_server(struct call *c, struct node *n)
{
    struct arena *a = c->arena;
    struct str folder = node_folder(n), url = config_text(node_app(n)->config, "store.url");
    struct str data = str_starts(url, STR("sqlite:")) ? str_skip(url, strlen("sqlite:")) : STR("data");
    const struct str usual[] = { node_app(n)->share, file_path(a, folder, STR("keys")), file_path(a, folder, config_text(node_app(n)->config, "exchange.anchor")),
                                 STR("/etc"), STR("/usr"), STR("/lib"), STR("/dev") };
    const struct str *later;
    size_t nlater = exchange_files_read_later(c, node_app(n), &later), nusual = sizeof usual / sizeof usual[0];
    struct str *read = arena_array(a, struct str, nusual + nlater);
    memcpy(read, usual, sizeof usual);
    if (nlater) memcpy(read + nusual, later, nlater * sizeof *later);
    struct str write[] = { file_path(a, folder, data), file_path(a, folder, STR("conf")), file_path(a, folder, STR("run")),
                           file_path(a, folder, config_text(node_app(n)->config, "exchange.archive")) };
    size_t nwrite = sizeof write / sizeof write[0] - !config_count(node_app(n)->config, "exchange.archive_s"); /* the last only where messages are archived */
    for (size_t i = 0; i < nwrite; i++) TRY(file_make_folder(c, write[i], 0700));
    return confine_process(c, &(struct confinement){ .read = read, .nread = nusual + nlater, .write = write,
                                                     .nwrite = nwrite, .network = true });
}

static enum status serve_node(struct call *c, struct node *n, const sigset_t *signals)
{
    struct runner runners[JOBS_MAX];
    FILE_FD end = eventfd(0, EFD_CLOEXEC);
    if (end < 0) {
        call_note(c, "main", "eventfd: errno %d", errno);
        return ST_UNAVAILABLE;
    }
    TRY(node_open(c, n, HOLDER_WAIT));
    TRY(confine_server(c, n));
    store_release(c);
    heap_settle();
    TRY(web_start(c, node_app(n)));
    size_t jobs = start_jobs(node_app(n), end, runners);
    serve_forget_failure(c, node_folder(n));
    log_line(LOG_INFO, "main", "server.ready", c->trace, log_text("node", config_text(node_app(n)->config, "node")), log_int("pid", getpid()));
    int got;
    (void)sigwait(signals, &got);
    log_line(LOG_INFO, "main", "server.stopping", c->trace, log_int("signal", got));
    (void)alarm(STOP_MS / 1000); /* a peer that keeps us waiting does not keep us alive, even where no supervisor is left to end us */
    web_stop(node_app(n));
    (void)eventfd_write(end, 1);
    for (size_t i = 0; i < jobs; i++) (void)pthread_join(runners[i].thread, NULL);
    return ST_OK;
}

/* block_signals: the server takes its signals with sigwait; every thread inherits the mask. */
static void block_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static int run_server(struct str folder)
{
    sigset_t signals;
    block_signals(&signals);
    heap_thrifty();
    struct call *c = call_open(NULL);
    struct node *n = NULL;
    enum status st = node_load(c, folder, &n);
    if (st == ST_OK) st = serve_node(c, n, &signals);
    if (st != ST_OK) {
        struct str reason = call_sentence(c, st).sentence;
        log_line(LOG_ERROR, "main", "server.failed", c->trace, log_text("reason", reason));
        serve_keep_failure(c, folder, reason);
    }
    node_close(c, n);
    call_close(c);
    return status_exit(st);
}

/* ---- the supervisor ---- */

struct child { const char *name; pid_t pid; int starts, exit; /* of its last life */ int64_t started_us, wait_ms, start_at_us; };

struct supervisor {
    struct str folder, keys, socket_path, pin;
    pid_t pid;
    sigset_t old_mask, signals;
    struct child holder, server;
};

static void spawn(struct call *c, struct supervisor *s, struct child *child)
{
    child->started_us = time_monotonic_us();
    child->starts++;
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != s->pid) _exit(0); /* it died before we asked to be told */
        thread_name("%s", child->name);
        (void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
        if (child == &s->holder) _exit(node_holder_run(NULL, s->keys, s->socket_path, s->pin));
        explicit_bzero((char *)(uintptr_t)s->pin.p, s->pin.n); /* the server never knows the PIN */
        _exit(run_server(s->folder));
    }
    child->pid = pid;
    if (pid < 0) {
        child->pid = 0;
        child->start_at_us = time_monotonic_us() + RESTART_MAX_MS * 1000;
        log_line(LOG_ERROR, "main", "fork.failed", c->trace, log_text("child", str_z(child->name)));
        return;
    }
    write_pid(c, s->folder, child->name, pid);
}

/* died: plan the next start; a child that keeps dying waits longer each time. */
static void died(struct call *c, struct child *child, int how)
{
    int64_t now = time_monotonic_us();
    bool steady = now - child->started_us > STEADY_MS * 1000;
    child->wait_ms = steady || child->wait_ms == 0 ? RESTART_MIN_MS : child->wait_ms * 2 > RESTART_MAX_MS ? RESTART_MAX_MS : child->wait_ms * 2;
    child->start_at_us = now + child->wait_ms * 1000;
    child->pid = 0;
    child->exit = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    log_line(LOG_ERROR, "main", "child.died", c->trace, log_text("child", str_z(child->name)), log_int("exit", child->exit),
             log_int("signal", WIFSIGNALED(how) ? WTERMSIG(how) : 0), log_int("restart_in_ms", child->wait_ms));
}

static void reap(struct call *c, struct supervisor *s)
{
    int how;
    for (pid_t pid; (pid = waitpid(-1, &how, WNOHANG)) > 0;) {
        if (pid == s->holder.pid) died(c, &s->holder, how);
        else if (pid == s->server.pid) died(c, &s->server, how);
    }
}

static void stop_child(struct call *c, struct child *child)
{
    if (child->pid <= 0) return;
    (void)kill(child->pid, SIGTERM);
    for (int waited = 0; waited < STOP_MS; waited += 20) {
        if (waitpid(child->pid, NULL, WNOHANG) != 0) return;
        (void)poll(NULL, 0, 20);
    }
    log_line(LOG_WARN, "main", "child.killed", c->trace, log_text("child", str_z(child->name)));
    (void)kill(child->pid, SIGKILL);
    (void)waitpid(child->pid, NULL, 0);
}

/* is_refused: the server's first life ended because settings or files are refused: another try would end the same way. */
static bool is_refused(const struct child *server)
{
    return server->pid == 0 && server->starts == 1 && (server->exit == status_exit(ST_INVALID) || server->exit == status_exit(ST_DENIED));
}

static void watch(struct call *c, struct supervisor *s)
{
    struct child *children[] = { &s->holder, &s->server };
    for (;;) {
        call_renew(c);
        for (size_t i = 0; i < 2; i++)
            if (children[i]->pid == 0 && time_monotonic_us() >= children[i]->start_at_us) spawn(c, s, children[i]);
        struct timespec step = { 0, 100 * 1000 * 1000 };
        int got = sigtimedwait(&s->signals, NULL, &step);
        if (got == SIGTERM || got == SIGINT) return;
        reap(c, s);
        if (is_refused(&s->server)) return;
    }
}

/* claim_node: one supervisor a node. The children keep the lock too: a node starts again when the last process of its former life is gone. */
static enum status claim_node(struct call *c, struct str folder, int *ret)
{
    struct str run = file_path(c->arena, folder, STR("run"));
    TRY(file_make_folder(c, run, 0700));
    FILE_FD fd = open(str_to_z(c->arena, file_path(c->arena, run, STR("lock"))), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return call_fail(c, ST_UNAVAILABLE, "node", "The folder %s cannot be written. Check its rights and the space on its disk.", run);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) return call_fail(c, ST_CONFLICT, "node", "This node is running already, or is still stopping. Stop it, or try again in a few seconds.");
    *ret = fd;
    fd = -1;
    return ST_OK;
}

/* supervise: until it is told to stop, or the server's first start is refused. */
static enum status supervise(struct call *c, struct supervisor *s)
{
    struct str reason;
    (void)sigemptyset(&s->signals);
    (void)sigaddset(&s->signals, SIGTERM);
    (void)sigaddset(&s->signals, SIGINT);
    (void)sigaddset(&s->signals, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &s->signals, &s->old_mask);
    s->pid = getpid();
    thread_name("%s", SERVE_SUPERVISOR);
    write_pid(c, s->folder, SERVE_SUPERVISOR, s->pid);
    serve_forget_failure(c, s->folder);
    watch(c, s);
    bool refused = is_refused(&s->server);
    stop_child(c, &s->server);
    stop_child(c, &s->holder);
    if (refused) return serve_find_failure(c, s->folder, &reason) ? call_fail(c, ST_INVALID, "node", "%s", reason) : ST_INVALID;
    serve_forget_failure(c, s->folder);
    return ST_OK;
}

/* load: what is wrong with the settings is also for who waits for this node. */
static enum status load(struct call *c, struct str folder, struct node **ret)
{
    enum status st = node_load(c, folder, ret);
    if (st == ST_OK) return ST_OK;
    struct call_error told = c->error;
    serve_keep_failure(c, folder, call_sentence(c, st).sentence);
    c->error = told;
    return st;
}

enum status serve_run(struct call *c, const struct args *args)
{
    FILE_FD lock = -1;
    struct node *n = NULL;
    struct str folder = args_value(args, "node");
    TRY(load(c, str_is_empty(folder) ? STR(".") : folder, &n));
    struct arena *kept = arena_open(1 << 20);
    struct supervisor s = { .holder = { .name = SERVE_HOLDER }, .server = { .name = SERVE_SERVER } };
    s.folder = str_copy(kept, node_folder(n));
    s.keys = str_copy(kept, node_keys_folder(c, n));
    s.socket_path = str_copy(kept, node_socket(c, n));
    enum status st = node_pin(c, n, &s.pin);
    if (st == ST_OK) {
        s.pin = str_copy(kept, s.pin);
        st = claim_node(c, s.folder, &lock);
    }
    node_close(c, n);
    if (st == ST_OK) st = supervise(c, &s);
    arena_close(kept);
    return st;
}
