/* doctor.c: `sen doctor`: files, rights, and whether the node serves; one that does tells how it is. Then the node is opened as any command opens it, and the monitor tries each
 * hop. It works while the server runs and when it is stopped: what cannot even be opened is a finding too. Each finding is printed when it is known. */
#include "main/doctor.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "exchange/exchange.h"
#include "main/node.h"
#include "main/serve.h"

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

/* ---- telling ---- */

/* struct telling: how far the findings are printed, and the worst of all. */
struct telling { size_t told; enum level worst; };

static void print(struct telling *t, const struct finding_words *w)
{
    if (w->level > t->worst) t->worst = w->level;
    doctor_print(w);
    (void)fflush(stdout);
}

static void tell(struct call *c, const struct findings *fs, void *arg)
{
    struct telling *t = arg;
    for (; t->told < fs->n; t->told++) {
        struct finding_words w = monitor_words(c, &fs->list[t->told]);
        print(t, &w);
    }
}

static enum status conclude(struct call *c, enum level worst)
{
    switch (worst) {
    case LEVEL_GOOD: return ST_OK;
    case LEVEL_WARN: return call_fail(c, ST_CONFLICT, "", "Something needs attention. What stands above says why and what to do.");
    case LEVEL_BAD: return call_fail(c, ST_UNAVAILABLE, "", "Something does not work. What stands above says where, why and what to do.");
    }
    return ST_OK;
}

/* ---- the whole ---- */

/* say_dead: its processes live, but nobody is served: why its server ended last. */
static void say_dead(struct call *c, struct node *n, struct str tried, struct findings *fs)
{
    struct str reason;
    struct finding *f = SAY(node_dead, value_text(tried), value_none(), value_none());
    if (!serve_find_failure(c, node_folder(n), &reason)) return;
    f->because = STR("%s");
    f->name = reason;
}

/* ask_node: true when the running server itself told how it is. */
static bool ask_node(struct call *c, struct node *n, struct findings *fs, struct telling *t)
{
    if (!doctor_runs(c, n)) return (void)SAY(node_stopped, value_none(), value_none(), value_none()), false;
    struct doctor_answer a = doctor_ask(c, n);
    if (!a.serves && a.tried.n) return say_dead(c, n, a.tried, fs), false;
    (void)SAY(node_running, value_none(), value_none(), value_none());
    tell(c, fs, t);
    for (const struct json *f = a.findings ? json_first(a.findings) : NULL; f; f = json_next(f)) {
        struct finding_words w = doctor_read_words(f);
        print(t, &w);
    }
    return a.findings != NULL;
}

static void examine(struct call *c, struct node *n, const struct xid *to, struct telling *t)
{
    struct findings fs = { 0 };
    look_at_files(c, &fs, n);
    tell(c, &fs, t);
    bool told = ask_node(c, n, &fs, t);
    tell(c, &fs, t);
    enum status st = node_open(c, n, HOLDER_OWN);
    if (st != ST_OK) monitor_say_error(c, &fs, FOUND_node_unopened, st);
    else monitor_doctor(c, &(struct doctor){ .to = to, .own_health = !told, .found = tell, .arg = t }, &fs);
    tell(c, &fs, t);
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
    struct telling t = { 0 };
    struct xid to = { 0 };
    struct str folder = args_value(args, "node"), service = args_value(args, "to");
    log_least(LOG_ERROR); /* what fails is told in findings */
    if (service.n) TRY(read_to(c, service, &to));
    TRY(node_load(c, str_is_empty(folder) ? STR(".") : folder, &n));
    const struct app *before = c->app;
    c->app = node_app(n); /* for the country's clock; also where the node could not be opened */
    examine(c, n, service.n ? &to : NULL, &t);
    c->app = before;
    node_close(c, n);
    return conclude(c, t.worst);
}
