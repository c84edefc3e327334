/* node_holder.c: the key holder as a child of this process, and the PIN that opens its keys. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "main/node.h"
#include "trust/holder.h"

enum { PIN_MAX = 256, HOLDER_START_MS = 5000 };

static enum status ask_pin(struct call *c, struct str *ret)
{
    struct termios old, quiet;
    char line[PIN_MAX];
    if (tcgetattr(STDIN_FILENO, &old) != 0)
        return call_fail(c, ST_INVALID, "pin", "The key holder needs its PIN. Name a file that holds it (setting trust.pin_file) or start at a terminal.");
    (void)!write(STDERR_FILENO, "PIN of the key holder: ", 23);
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    ssize_t n = read(STDIN_FILENO, line, sizeof line);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    (void)!write(STDERR_FILENO, "\n", 1);
    *ret = str_trim(str_copy(c->arena, str_of(line, n > 0 ? (size_t)n : 0)));
    return ST_OK;
}

enum status node_pin(struct call *c, const struct node *n, struct str *ret)
{
    struct stat info;
    struct str name = config_text(node_app(n)->config, "trust.pin_file");
    if (str_is_empty(name)) return ask_pin(c, ret);
    struct str path = file_path(c->arena, node_folder(n), name), text;
    const char *z = str_to_z(c->arena, path);
    if (z && stat(z, &info) == 0 && (info.st_mode & 077) != 0)
        return call_fail(c, ST_DENIED, "trust.pin_file", "Others can read %s. Make it private: chmod 600.", path);
    TRY(file_read(c, path, PIN_MAX, &text));
    *ret = str_trim(text);
    return ST_OK;
}

int node_holder_run(const struct app *app, struct str keys, struct str socket_path, struct str pin)
{
    struct call *c = call_open(app);
    enum status st = holder_run(c, keys, socket_path, pin);
    if (st != ST_OK) log_line(LOG_ERROR, "trust", "holder.failed", c->trace, log_text("reason", call_sentence(c, st).sentence));
    call_close(c);
    return status_exit(st);
}

bool node_holder_answers(struct call *c, const struct node *n)
{
    struct str socket_path = node_socket(c, n);
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (socket_path.n >= sizeof to.sun_path) return false;
    memcpy(to.sun_path, socket_path.p, socket_path.n);
    FILE_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
}

enum status node_holder_start(struct call *c, const struct node *n, int *ret_pid)
{
    struct str pin, socket_path = node_socket(c, n), keys = node_keys_folder(c, n);
    TRY(node_pin(c, n, &pin));
    TRY(file_make_folder(c, keys, 0700));
    TRY(file_make_folder(c, file_path(c->arena, node_folder(n), STR("run")), 0700));
    pid_t pid = fork();
    if (pid < 0) return call_fail(c, ST_UNAVAILABLE, "", "The system could not start another process. Free some memory and try again.");
    if (pid == 0) _exit(node_holder_run(node_app(n), keys, socket_path, pin));
    for (int waited = 0; waited < HOLDER_START_MS; waited += 10) {
        int how;
        if (node_holder_answers(c, n)) {
            *ret_pid = pid;
            return ST_OK;
        }
        if (waitpid(pid, &how, WNOHANG) == pid)
            return call_fail(c, ST_UNAVAILABLE, "pin", "The key holder did not start: the PIN may be wrong. The log line before this one says why.");
        (void)poll(NULL, 0, 10);
    }
    node_holder_stop(pid);
    return call_fail(c, ST_UNAVAILABLE, "", "The key holder did not answer within 5 seconds. Look at its log lines.");
}

void node_holder_stop(int pid)
{
    if (pid <= 0) return;
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
}
