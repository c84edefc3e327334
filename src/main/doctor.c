/* doctor.c: `sen doctor`: files, rights, and whether the node runs; then the node is opened as any command opens it, and the monitor tries each hop. It works while the
 * server runs and when it is stopped: what cannot even be opened is a finding too. */
#include "main/doctor.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "exchange/exchange.h"
#include "main/node.h"

#define SAY(code, ...) monitor_say(c, fs, FOUND_##code, __VA_ARGS__)

void doctor_print(const struct finding_words *w)
{
    (void)printf("%-16.*s %.*s\n", STR_ARG(w->state), STR_ARG(w->what));
    if (w->level == LEVEL_GOOD) return;
    (void)printf("  where          %.*s\n", STR_ARG(w->where));
    if (w->cause.n) (void)printf("  cause          %.*s\n", STR_ARG(w->cause));
    if (w->cure.n) (void)printf("  cure           %.*s\n", STR_ARG(w->cure));
}

/* ---- files ---- */

/* look_at_file: there, and nobody else's to read? */
static bool look_at_file(struct call *c, struct findings *fs, struct str path, bool private)
{
    struct stat info;
    char *z = str_to_z(c->arena, path);
    if (!z || stat(z, &info) != 0) return (void)SAY(file_missing, value_text(path), value_none(), value_none()), false;
    if (private && (info.st_mode & 077) != 0) return (void)SAY(file_open, value_text(path), value_none(), value_none()), false;
    return true;
}

static void look_at_files(struct call *c, struct findings *fs, struct node *n)
{
    struct str folder = node_folder(n), pin = config_text(node_app(n)->config, "trust.pin_file");
    bool good = look_at_file(c, fs, node_keys_folder(c, n), true);
    good = look_at_file(c, fs, file_path(c->arena, folder, STR("node.yaml")), false) && good;
    if (pin.n) good = look_at_file(c, fs, file_path(c->arena, folder, pin), true) && good;
    if (good) (void)SAY(files_good, value_none(), value_none(), value_none());
}

/* runs: its supervisor holds the lock (serve.c) as long as it lives. */
static bool runs(struct call *c, struct node *n)
{
    char *path = str_to_z(c->arena, file_path(c->arena, node_folder(n), STR("run/lock")));
    FILE_FD fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
}

/* ---- the whole ---- */

static void examine(struct call *c, struct node *n, const struct xid *to, struct findings *fs)
{
    look_at_files(c, fs, n);
    if (runs(c, n)) (void)SAY(node_running, value_none(), value_none(), value_none());
    else (void)SAY(node_stopped, value_none(), value_none(), value_none());
    enum status st = node_open(c, n, HOLDER_OWN);
    if (st != ST_OK) return monitor_say_error(c, fs, FOUND_node_unopened, st);
    monitor_doctor(c, to, fs);
}

static enum status tell(struct call *c, const struct findings *fs)
{
    for (size_t i = 0; i < fs->n; i++) {
        struct finding_words w = monitor_words(c, &fs->list[i]);
        doctor_print(&w);
    }
    switch (monitor_worst(fs)) {
    case LEVEL_GOOD: return ST_OK;
    case LEVEL_WARN: return call_fail(c, ST_CONFLICT, "", "Something needs attention. What stands above says why and what to do.");
    case LEVEL_BAD: return call_fail(c, ST_UNAVAILABLE, "", "Something does not work. What stands above says where, why and what to do.");
    }
    return ST_OK;
}

static enum status read_to(struct call *c, struct str text, struct xid *ret)
{
    struct str part, rest = text;
    size_t parts = 0, last = 0;
    while (str_next(&rest, '/', &part)) parts++, last = (size_t)(part.p - text.p);
    bool service = parts == 5;
    if ((parts == 4 || service) && xid_parse_client(c->arena, service ? str_first(text, last - 1) : text, ret)) {
        if (service) ret->service = str_skip(text, last);
        return ST_OK;
    }
    return call_fail(c, ST_INVALID, "to", "Write a service as VN/GOV/G01/population/person, or a subsystem as VN/GOV/G01/population.");
}

enum status doctor_run(struct call *c, const struct args *args)
{
    struct node *n = NULL;
    struct findings fs = { 0 };
    struct xid to = { 0 };
    struct str folder = args_value(args, "node"), service = args_value(args, "to");
    log_least(LOG_ERROR); /* what fails is told in findings */
    if (service.n) TRY(read_to(c, service, &to));
    TRY(node_load(c, str_is_empty(folder) ? STR(".") : folder, &n));
    examine(c, n, service.n ? &to : NULL, &fs);
    const struct app *before = c->app;
    c->app = node_app(n); /* for the country's clock; also where the node could not be opened */
    enum status st = tell(c, &fs);
    c->app = before;
    node_close(c, n);
    return st;
}
