/* monitor_module.c: what the room tells the program: settings, routes, jobs, its state. */
#include "monitor/monitor_int.h"

#include "base/config.h"
#include "web/http.h"

enum { REPORT_JOB_MS = 1000, SWEEP_JOB_MS = 600000 };

static enum status start(struct call *c, struct app *app)
{
    static const struct service report = { .code = "report", .handle = report__take, .members = true };
    if (config_flag(app->config, "exchange.operator")) TRY(exchange_offer(c, app, STR("directory"), &report));
    app->monitor = heap_new(struct monitor);
    app->monitor->started_ms = c->now_ms;
    (void)pthread_mutex_init(&app->monitor->lock, NULL);
    web_add_metrics(app, monitor__put_metrics);
    return ST_OK;
}

static void stop(struct app *app)
{
    if (!app->monitor) return;
    (void)pthread_mutex_destroy(&app->monitor->lock);
    heap_free(app->monitor);
    app->monitor = NULL;
}

static const struct setting settings[] = {
    { "monitor.report_s", SETTING_COUNT, "30", "seconds", "How often this node tells the operator its state.", false },
    { "monitor.silent_s", SETTING_COUNT, "100", "seconds", "After this time without a report the operator calls a node silent.", false },
    { "monitor.disk_warn_percent", SETTING_COUNT, "10", "percent", "Free space on the disk of the node's folder below which it needs attention.", false },
    { "monitor.disk_bad_percent", SETTING_COUNT, "3", "percent", "Free space below which the node is not well.", false },
    { 0 } };

static const struct job jobs[] = {
    { "monitor.report", REPORT_JOB_MS, report__send },
    { "monitor.sweep", SWEEP_JOB_MS, monitor__drop_old },
    { 0 } };

const struct module monitor_module = { .name = "monitor", .schema = &monitor_schema, .settings = settings, .routes = monitor__routes, .jobs = jobs, .start = start, .stop = stop };
