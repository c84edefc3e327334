/* metrics.c: figures for Prometheus and the answer to "are you well?". Counts and times only: no path, no user, no member. */
#include "store/db.h"
#include "trust/trust.h"
#include "web/web_int.h"

enum { METRICS_MAX = 1024 * 1024 };

const char *const web__door_names[DOOR_COUNT] = { "pages", "systems", "peers", "status", "systems_tls" };
static const int64_t steps_us[LATENCY_STEPS] = { 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, 10000000 };
static const char *const steps_s[LATENCY_STEPS] = { "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.1", "0.5", "2.5", "10" };

void numbers__count(struct numbers *n, enum port port, int status, int64_t us)
{
    size_t step = 0;
    while (step < LATENCY_STEPS && us > steps_us[step]) step++;
    atomic_fetch_add_explicit(&n->requests[port][status >= 100 && status < 600 ? status / 100 : 5], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&n->latency[port][step], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&n->latency_us[port], us, memory_order_relaxed);
}

static void put_head(struct buf *out, const char *name, const char *kind, const char *help) { buf_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind); }

static void put_requests(struct numbers *n, struct buf *out)
{
    put_head(out, "sen_http_requests_total", "counter", "Requests answered, by port and class of status.");
    for (size_t p = 0; p < PORT_COUNT; p++)
        for (int class_ = 2; class_ < 6; class_++)
            buf_print(out, "sen_http_requests_total{port=\"%s\",status=\"%dxx\"} %lld\n", web__door_names[p], class_, (long long)atomic_load(&n->requests[p][class_]));
}

static void put_latency_of(struct numbers *n, size_t p, struct buf *out)
{
    int64_t sum = 0;
    for (size_t i = 0; i < LATENCY_STEPS; i++) {
        sum += atomic_load(&n->latency[p][i]);
        buf_print(out, "sen_http_request_seconds_bucket{port=\"%s\",le=\"%s\"} %lld\n", web__door_names[p], steps_s[i], (long long)sum);
    }
    sum += atomic_load(&n->latency[p][LATENCY_STEPS]);
    buf_print(out, "sen_http_request_seconds_bucket{port=\"%s\",le=\"+Inf\"} %lld\n", web__door_names[p], (long long)sum);
    buf_print(out, "sen_http_request_seconds_count{port=\"%s\"} %lld\n", web__door_names[p], (long long)sum);
    buf_print(out, "sen_http_request_seconds_sum{port=\"%s\"} %.6f\n", web__door_names[p], (double)atomic_load(&n->latency_us[p]) / 1e6);
}

static void put_doors(struct web *w, struct buf *out)
{
    put_head(out, "sen_http_connections", "gauge", "Open connections, by port.");
    for (size_t i = 0; i < DOOR_COUNT; i++)
        if (w->doors[i].daemon) buf_print(out, "sen_http_connections{port=\"%s\"} %lld\n", web__door_names[i], (long long)atomic_load(&w->numbers.connections[i]));
    put_head(out, "sen_http_queue", "gauge", "Requests that wait for a worker, by port.");
    for (size_t i = 0; i < DOOR_COUNT; i++)
        if (w->doors[i].daemon) buf_print(out, "sen_http_queue{port=\"%s\"} %zu\n", web__door_names[i], workers__waiting(w->workers, i) + waiters__waiting(w->waiters, i));
    put_head(out, "sen_http_refused_total", "counter", "Requests refused before they were read: too large, too many headers, too busy.");
    buf_print(out, "sen_http_refused_total %lld\n", (long long)atomic_load(&w->numbers.refused));
    put_head(out, "sen_http_body_bytes", "gauge", "Bytes of request bodies held now.");
    buf_print(out, "sen_http_body_bytes %zu\n", atomic_load(&w->body_bytes));
}

static void put_store(const struct store *s, struct buf *out)
{
    struct store_figures f = store_figures(s);
    put_head(out, "sen_store_commits_total", "counter", "Transactions committed.");
    buf_print(out, "sen_store_commits_total %lld\n", (long long)f.commits);
    put_head(out, "sen_store_groups_total", "counter", "Groups of transactions that went to disk together.");
    buf_print(out, "sen_store_groups_total %lld\n", (long long)f.groups);
    put_head(out, "sen_store_rows_total", "counter", "Rows read.");
    buf_print(out, "sen_store_rows_total %lld\n", (long long)f.rows);
    put_head(out, "sen_store_wait_seconds_total", "counter", "Time spent waiting for the writer.");
    buf_print(out, "sen_store_wait_seconds_total %.6f\n", (double)f.waits_us / 1e6);
}

static enum status show_metrics(struct call *c, const struct request *rq, struct reply *rp)
{
    struct web *w = ((const struct request_parts *)rq->parts)->web;
    struct buf out = buf_in(c->arena, METRICS_MAX);
    put_requests(&w->numbers, &out);
    put_head(&out, "sen_http_request_seconds", "histogram", "Time from the first byte of a request to its answer, by port.");
    for (size_t p = 0; p < PORT_COUNT; p++) put_latency_of(&w->numbers, p, &out);
    put_doors(w, &out);
    if (c->app->store) put_store(c->app->store, &out);
    for (size_t i = 0; i < w->nwriters; i++) w->writers[i](c, &out);
    struct str text;
    TRY(buf_finish(&out, &text));
    reply_text(rp, 200, STR("text/plain; version=0.0.4; charset=utf-8"), text);
    rp->no_store = true;
    return ST_OK;
}

void web_add_metrics(struct app *app, metrics_writer *writer)
{
    struct web *w = web__of(app);
    if (w->nwriters < WRITERS_MAX) w->writers[w->nwriters++] = writer;
}

/* ---- health ---- */

void web_add_health(struct app *app, const char *name, health_check *check)
{
    struct web *w = web__of(app);
    if (w->nchecks < WRITERS_MAX) w->checks[w->nchecks++] = (struct named_check){ name, check };
}

static enum status check_store(struct call *c)
{
    static const struct query node = { "web", "SELECT 1", NODE }, log = { "web", "SELECT 1", LOG };
    if (!c->app->store) return ST_OK;
    TRY(db_exec(c, &node));
    return db_exec(c, &log);
}

/* check_holder: one signature with the TLS key; a node without one yet (before init is done) has nothing to ask. */
static enum status check_holder(struct call *c)
{
    const struct key *k;
    struct str signature;
    uint8_t digest[32] = { 0 };
    if (!c->app->trust) return ST_OK;
    enum status st = trust_key(c, KEY_TLS, (struct str){ "", 0 }, &k);
    if (st == ST_NOT_FOUND) {
        call_clear(c);
        return ST_OK;
    }
    TRY(st);
    return trust_sign(c, k, KEY_TLS, DIGEST_SHA256, str_of(digest, sizeof digest), &signature);
}

static const struct named_check own_checks[] = { { "store", check_store }, { "holder", check_holder } };

void health__add_own(struct app *app)
{
    for (size_t i = 0; i < sizeof own_checks / sizeof *own_checks; i++) web_add_health(app, own_checks[i].name, own_checks[i].check);
}

/* The own ones are asked first: a command that opens no port has not added them. */
enum status web_check_part(struct call *c, const char *name)
{
    for (size_t i = 0; i < sizeof own_checks / sizeof *own_checks; i++)
        if (strcmp(own_checks[i].name, name) == 0) return own_checks[i].check(c);
    const struct web *w = c->app->web;
    for (size_t i = 0; w && i < w->nchecks; i++)
        if (strcmp(w->checks[i].name, name) == 0) return w->checks[i].check(c);
    return ST_NOT_FOUND;
}

static enum status show_health(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct web *w = ((const struct request_parts *)rq->parts)->web;
    struct buf bad = buf_in(c->arena, 4096);
    for (size_t i = 0; i < w->nchecks; i++) {
        enum status st = w->checks[i].check(c);
        if (st == ST_OK) continue;
        call_note(c, "web", "health of %s: %s: %.*s", w->checks[i].name, status_name(st), STR_ARG(c->error.sentence));
        call_clear(c);
        if (bad.n) buf_put_c(&bad, ',');
        buf_print(&bad, "\"%s\"", w->checks[i].name);
    }
    rp->no_store = true;
    if (bad.n == 0) {
        reply_text(rp, 200, STR("application/json"), STR("{\"status\":\"ok\"}"));
        return ST_OK;
    }
    reply_text(rp, 503, STR("application/json"), str_join(c->arena, STR("{\"status\":\"failing\",\"parts\":["), buf_str(&bad), STR("]}"), STR_END));
    return ST_OK;
}

const struct route metrics__routes[] = {
    { "GET", "/metrics", show_metrics, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { 0 } };
const struct route health__routes[] = {
    { "GET", "/healthz", show_health, .need = "public", .port = PORT_PAGES, .api = true },
    { "GET", "/healthz", show_health, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { 0 } };
