/* nodes.c: all servers of the directory with what the operator knows of each: its last report, its silence, its certificate at the authority, its messages. */
#include "monitor/monitor_int.h"

#include "base/config.h"
#include "base/time.h"

struct known {
    const struct exchange_admitted *admitted; size_t nadmitted;
    const struct server_sum *recent, *hour; size_t nrecent, nhour;
};
enum { RECENT_MINUTES = 10 };

static enum status read_known(struct call *c, struct known *k)
{
    int64_t now = c->now_ms / MINUTE_MS;
    TRY(exchange_list_admitted(c, &k->admitted, &k->nadmitted));
    TRY(monitor__sum_servers(c, now - RECENT_MINUTES + 1, &k->recent, &k->nrecent));
    return monitor__sum_servers(c, now - HOUR_MINUTES + 1, &k->hour, &k->nhour);
}

static const struct server_sum *sum_of(const struct server_sum *list, size_t n, struct str server)
{
    static const struct server_sum none;
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].server, server)) return &list[i];
    return &none;
}

/* find_revoked: a revoked certificate that the directory still lists, unless a good one stands beside it. */
static void find_revoked(struct call *c, const struct known *k, struct str server, struct findings *fs)
{
    int64_t revoked = 0;
    for (size_t i = 0; i < k->nadmitted; i++) {
        if (!str_eq(k->admitted[i].server, server)) continue;
        if (k->admitted[i].revoked_ms == TIME_FAR) return;
        revoked = k->admitted[i].revoked_ms;
    }
    if (revoked) (void)monitor_say(c, fs, FOUND_cert_revoked, value_word(STR("TLS certificate")), value_moment(revoked), value_none());
}

static int64_t first_end(const struct findings *fs)
{
    int64_t end = 0;
    for (size_t i = 0; i < fs->n; i++) {
        const struct finding *f = &fs->list[i];
        if (f->code != FOUND_cert_good && f->code != FOUND_cert_soon && f->code != FOUND_cert_ending && f->code != FOUND_cert_ended) continue;
        if (!end || f->values[1].number < end) end = f->values[1].number;
    }
    return end;
}

/* fill: silence and revocation are what the operator finds of a node; they stand in front of what it said itself. */
static void fill(struct call *c, const struct known *k, const struct kept_report *report, struct node_state *ret)
{
    struct findings found = { 0 };
    int64_t silent_ms = 1000 * config_count(c->app->config, "monitor.silent_s");
    ret->reported = report != NULL;
    ret->received_ms = report ? report->received_ms : 0;
    ret->silent = report && c->now_ms - report->received_ms > silent_ms;
    if (!report) (void)monitor_say(c, &found, FOUND_never, value_none(), value_none(), value_none());
    if (ret->silent) (void)monitor_say(c, &found, FOUND_silent, value_span(c->now_ms - report->received_ms), value_none(), value_none());
    find_revoked(c, k, ret->info.id, &found);
    for (size_t i = 0; report && i < report->findings.n; i++) (void)finding__add(c, &found, &report->findings.list[i]);
    ret->findings = found;
    ret->level = monitor_worst(&found);
    ret->cert_ends_ms = first_end(&found);
    ret->messages = sum_of(k->recent, k->nrecent, ret->info.id)->n;
    ret->faults = sum_of(k->hour, k->nhour, ret->info.id)->faults;
}

enum status nodes__list(struct call *c, const struct node_state **ret, size_t *n)
{
    const struct exchange_server_info *servers;
    const struct kept_report *reports;
    struct known k;
    size_t nreports;
    TRY(exchange_list_servers(c, &servers, n));
    TRY(monitor__list_reports(c, &reports, &nreports));
    TRY(read_known(c, &k));
    struct node_state *list = arena_array(c->arena, struct node_state, *n);
    for (size_t i = 0; i < *n; i++) {
        const struct kept_report *mine = NULL;
        for (size_t r = 0; r < nreports; r++)
            if (str_eq(reports[r].server, servers[i].id)) mine = &reports[r];
        list[i].info = servers[i];
        fill(c, &k, mine, &list[i]);
    }
    *ret = list;
    return ST_OK;
}

enum status nodes__find(struct call *c, struct str server, const struct node_state **ret)
{
    const struct exchange_server_info *servers;
    struct kept_report report;
    struct known k;
    size_t n;
    TRY(exchange_list_servers(c, &servers, &n));
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(servers[i].id, server)) continue;
        struct node_state *s = arena_new(c->arena, struct node_state);
        enum status st = monitor__find_report(c, server, &report);
        if (st != ST_OK && st != ST_NOT_FOUND) return st;
        TRY(read_known(c, &k));
        s->info = servers[i];
        fill(c, &k, st == ST_OK ? &report : NULL, s);
        return *ret = s, ST_OK;
    }
    return ST_NOT_FOUND;
}
