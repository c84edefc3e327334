/* web_module.c: the room's settings, its state, and start and stop of the edge in the one order that loses no answer. */
#include "web/page.h"
#include "web/web_int.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"

enum { STOP_WAIT_S = 10 };

/* ---- state ---- */

struct web *web__of(struct app *app)
{
    if (app->web) return app->web;
    struct web *w = heap_new(struct web);
    w->app = app;
    random_bytes(w->form_secret, sizeof w->form_secret);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->idle, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&w->lock, NULL);
    w->clients = client__pool_new();
    app->web = w;
    return w;
}

void web_set_peer_tls(struct app *app, const struct peer_tls *tls) { web__of(app)->peer_tls = tls; }

void web_set_peer_refusal(struct app *app, refusal_writer *w) { web__of(app)->refuse_peer = w; }

void web__turn_began(struct web *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->answering++;
    (void)pthread_mutex_unlock(&w->lock);
}

void web__turn_ended(struct web *w)
{
    (void)pthread_mutex_lock(&w->lock);
    if (--w->answering == 0) (void)pthread_cond_broadcast(&w->idle);
    (void)pthread_mutex_unlock(&w->lock);
}

/* ---- routes of a port ---- */

static size_t count_routes(const struct route *r, enum port port, const struct route **out)
{
    size_t n = 0;
    for (; r && r->method; r++) {
        if (r->port != port) continue;
        if (out) out[n] = r;
        n++;
    }
    return n;
}

static size_t collect_routes(const struct app *app, enum port port, const struct route **out)
{
    const struct route *const own[] = { guard__routes, metrics__routes, health__routes, asset_routes };
    size_t n = 0;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) n += count_routes(own[i], port, out ? out + n : NULL);
    for (size_t i = 0; app->modules && app->modules[i]; i++) n += count_routes(app->modules[i]->routes, port, out ? out + n : NULL);
    return n;
}

static enum status make_router(struct call *c, const struct app *app, enum port port, struct router **ret)
{
    size_t n = collect_routes(app, port, NULL);
    const struct route **routes = arena_array(c->arena, const struct route *, n);
    (void)collect_routes(app, port, routes);
    return router__new(c, routes, n, ret);
}

/* ---- doors ---- */

static enum status open_door(struct call *c, struct web *w, size_t i)
{
    struct door *d = &w->doors[i];
    *d = (struct door){ .web = w, .index = i, .port = i == DOOR_SYSTEMS_TLS ? PORT_SYSTEMS : (enum port)i, .tls = i == PORT_PEERS || i == DOOR_SYSTEMS_TLS, .fd = -1 };
    TRY(make_router(c, w->app, d->port, &d->router)); /* checked even where the port stays closed: a wrong table never starts */
    if (str_is_empty(w->options.address[i]) || router__count(d->router) == 0) return ST_OK;
    if (d->tls) TRY(tls__new(c, w->app, w->peer_tls, &d->secrets));
    TRY(door__open(c, d, w->options.address[i]));
    log_line(LOG_INFO, "web", "listening", c->trace, log_text("address", w->options.address[i]), log_int("routes", (int64_t)router__count(d->router)));
    return ST_OK;
}

/* raise_file_limit: each connection is a file; the soft limit of a shell is often 1,024. */
static void raise_file_limit(struct call *c, const struct web_options *o)
{
    struct rlimit l;
    rlim_t wanted = (rlim_t)(o->connections * DOOR_COUNT + 1024);
    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= wanted) return;
    l.rlim_cur = l.rlim_max < wanted ? l.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &l) != 0) call_note(c, "web", "limit of open files stays: %s", strerror(errno));
    if (l.rlim_cur < wanted) call_note(c, "web", "at most %llu open files, web.connections asks for %llu", (unsigned long long)l.rlim_cur, (unsigned long long)wanted);
}

/* cookie_name: "sen_<node>": cookies ignore ports, so each node of a machine needs its own. */
static struct str cookie_name(struct call *c, struct str node, const char *suffix)
{
    struct buf b = buf_in(c->arena, 256);
    buf_put(&b, STR("sen_"));
    for (size_t i = 0; i < node.n && i < 64; i++) {
        char ch = node.p[i];
        bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        buf_put_c(&b, ok ? ch : '_');
    }
    buf_put_z(&b, suffix);
    return heap_copy(buf_str(&b));
}

enum status web__start_with(struct call *c, struct app *app, const struct web_options *o)
{
    struct web *w = web__of(app);
    w->options = *o;
    w->room.folder = heap_copy(app->folder.n ? file_path(c->arena, app->folder, STR("run")) : STR("/tmp")).p;
    w->room.most = (int64_t)o->spool;
    w->session_cookie = cookie_name(c, o->node, "");
    w->form_cookie = cookie_name(c, o->node, "_form");
    w->workers = workers__new(w, o->workers, o->queue);
    w->waiters = waiters__new(w, o->loops, o->workers, o->queue);
    w->sweep = sweep__new(o->request_s * 1000000);
    w->started = true;
    raise_file_limit(c, o);
    if (w->nchecks == 0 || strcmp(w->checks[0].name, "store") != 0) health__add_own(app);
    TRY(sweep__start(c, w->sweep));
    TRY(waiters__start(c, w->waiters));
    for (size_t i = 0; i < DOOR_COUNT; i++) TRY(open_door(c, w, i));
    return workers__start(c, w->workers);
}

/* wait_for_answers: until the last answer is with its client; who does not read is not waited for longer than STOP_WAIT_S. */
static void wait_for_answers(struct web *w)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_WAIT_S;
    (void)pthread_mutex_lock(&w->lock);
    while (w->answering && pthread_cond_timedwait(&w->idle, &w->lock, &until) == 0) continue;
    (void)pthread_mutex_unlock(&w->lock);
}

void web_stop(struct app *app)
{
    struct web *w = app->web;
    if (!w || !w->started) return;
    for (size_t i = 0; i < DOOR_COUNT; i++) door__quiesce(&w->doors[i]);
    workers__finish(w->workers); /* answers what is queued; each answer resumes its connection */
    waiters__finish(w->waiters);
    wait_for_answers(w);
    for (size_t i = 0; i < DOOR_COUNT; i++) door__close(&w->doors[i]);
    sweep__stop(w->sweep);
    sweep__free(w->sweep);
    workers__free(w->workers);
    waiters__free(w->waiters);
    w->sweep = NULL;
    w->workers = NULL;
    w->waiters = NULL;
    heap_drop(w->session_cookie);
    heap_drop(w->form_cookie);
    heap_free((char *)w->room.folder);
    w->session_cookie = w->form_cookie = (struct str){ NULL, 0 };
    w->started = false;
}

/* ---- settings ---- */

static const struct setting settings[] = {
    { "web.pages", SETTING_ADDRESS, "", "", "Where people's browsers reach this node (pages).", false },
    { "web.systems", SETTING_ADDRESS, "", "", "Where this member's information systems reach the exchange over plain HTTP; an inner network only.", false },
    { "web.systems_tls", SETTING_ADDRESS, "", "", "The same over TLS; the system's certificate is asked for.", false },
    { "web.peers", SETTING_ADDRESS, "", "", "Where other nodes reach this one over mutual TLS; X-Road's port is 5500.", false },
    { "web.status", SETTING_ADDRESS, "", "", "Where other nodes fetch OCSP answers and, at the operator, the directory; X-Road's port is 5577.", false },
    { "web.https", SETTING_FLAG, "false", "", "People come over https through a proxy on this machine, which sets X-Forwarded-For.", false },
    { "web.languages", SETTING_LIST, "vi, en", "", "Languages of the pages; the first is shown to who asks for none of them.", false },
    { "web.workers", SETTING_COUNT, "64", "threads", "Requests answered at the same time, at most; threads come and go with the work.", false },
    { "web.loops", SETTING_COUNT, "0", "threads", "Threads for the messages of the exchange, each for many messages at a time; 0: half as many as there are processors.", false },
    { "web.queue", SETTING_COUNT, "512", "requests", "Requests of one port that may wait for a worker; more are answered 503.", false },
    { "web.connections", SETTING_COUNT, "2000", "connections", "Open connections of one port.", false },
    { "web.connections_each", SETTING_COUNT, "1000", "connections", "Open connections of one port from one address; behind a proxy all come from one.", false },
    { "web.idle", SETTING_COUNT, "75", "seconds", "A silent connection is closed after this time.", false },
    { "web.request", SETTING_COUNT, "30", "seconds", "A request must be read in this time; a body has one second more for each 8 KiB.", false },
    { "web.body_memory", SETTING_COUNT, "256", "MiB", "Request bodies held at a time, all ports together.", false },
    { "web.spool", SETTING_COUNT, "8192", "MiB", "Large messages on disk at a time, in the folder run; more are answered 503.", false },
    { 0 } };

static size_t count_of(const struct config *cfg, const char *name)
{
    int64_t n = config_count(cfg, name);
    return n > 0 ? (size_t)n : 1;
}

static size_t loops_of(const struct config *cfg)
{
    int64_t wanted = config_count(cfg, "web.loops");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return wanted > 0 ? (size_t)wanted : processors > 2 ? (size_t)processors / 2 : 1;
}

enum status web_start(struct call *c, struct app *app)
{
    const struct config *cfg = app->config;
    struct web_options o = { .node = config_text(cfg, "node"), .https = config_flag(cfg, "web.https"),
        .address = { [PORT_PAGES] = config_text(cfg, "web.pages"), [PORT_SYSTEMS] = config_text(cfg, "web.systems"), [PORT_PEERS] = config_text(cfg, "web.peers"),
            [PORT_STATUS] = config_text(cfg, "web.status"), [DOOR_SYSTEMS_TLS] = config_text(cfg, "web.systems_tls") },
        .workers = count_of(cfg, "web.workers"), .queue = count_of(cfg, "web.queue"), .loops = loops_of(cfg), .connections = count_of(cfg, "web.connections"),
        .connections_each = count_of(cfg, "web.connections_each"), .idle_s = (int64_t)count_of(cfg, "web.idle"), .request_s = (int64_t)count_of(cfg, "web.request"),
        .body_memory = count_of(cfg, "web.body_memory") << 20, .spool = count_of(cfg, "web.spool") << 20 };
    o.nlanguages = config_list(cfg, "web.languages", &o.languages);
    return web__start_with(c, app, &o);
}

static enum status start(struct call *c, struct app *app)
{
    (void)c;
    (void)web__of(app);
    return ST_OK;
}

static void stop(struct app *app)
{
    struct web *w = app->web;
    if (!w) return;
    web_stop(app);
    client__pool_free(w->clients);
    (void)pthread_cond_destroy(&w->idle);
    (void)pthread_mutex_destroy(&w->lock);
    heap_free(w);
    app->web = NULL;
}

const struct module web_module = { .name = "web", .settings = settings, .start = start, .stop = stop };
