/* monitor_db.c: every SQL statement of the room: reports and counts that the operator keeps. */
#include "monitor/monitor_int.h"

#include "base/config.h"

enum { FLOWS_MAX = 20000, FAULT_ROWS_MAX = 5000, GROUPS_MAX = 200, SUM_ROWS_MAX = 50000 };

static const struct query UPDATE_REPORT = { "monitor", "UPDATE monitor_report SET at_ms = $2, received_ms = $3 WHERE server = $1", NODE };
static const struct query INSERT_REPORT = { "monitor", "INSERT INTO monitor_report (server, at_ms, received_ms) VALUES ($1, $2, $3)", NODE };
static const struct query DELETE_FINDINGS = { "monitor", "DELETE FROM monitor_finding WHERE server = $1", NODE };
static const struct query INSERT_FINDING = { "monitor",
    "INSERT INTO monitor_finding (server, position, code, value1, value2, value3, fault, because, name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", NODE };
static const struct query DELETE_COUNTS = { "monitor", "DELETE FROM monitor_count WHERE server = $1 AND minute >= $2 AND minute < $3", NODE };
static const struct query INSERT_COUNT = { "monitor",
    "INSERT INTO monitor_count (server, minute, side, client, service, fault, n, took_us, last_ms, fault_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", NODE };
static const struct query LIST_REPORTS = { "monitor", "SELECT server, received_ms FROM monitor_report ORDER BY server LIMIT $1", NODE };
static const struct query FIND_REPORT = { "monitor", "SELECT server, received_ms FROM monitor_report WHERE server = $1", NODE };
static const struct query LIST_FINDINGS = { "monitor", "SELECT code, value1, value2, value3, fault, because, name FROM monitor_finding WHERE server = $1 ORDER BY position", NODE };
static const struct query LIST_FLOWS = { "monitor",
    "SELECT client, service, side, fault, CAST(SUM(n) AS BIGINT), CAST(SUM(took_us) AS BIGINT) FROM monitor_count "
    "WHERE minute >= $1 GROUP BY client, service, side, fault ORDER BY client, service, side, fault LIMIT $2", NODE };
static const struct query LIST_FAULTS = { "monitor",
    "SELECT fault, client, service, side, n, last_ms, fault_id FROM monitor_count WHERE minute >= $1 AND fault <> '' ORDER BY last_ms DESC, server LIMIT $2", NODE };
static const struct query SUM_SERVERS = { "monitor",
    "SELECT server, service, CAST(SUM(n) AS BIGINT), CAST(SUM(CASE WHEN fault <> '' THEN n ELSE 0 END) AS BIGINT) FROM monitor_count WHERE minute >= $1 GROUP BY server, service "
    "ORDER BY server, service LIMIT $2", NODE };
static const struct query DROP_COUNTS = { "monitor", "DELETE FROM monitor_count WHERE minute < $1", NODE };

/* ---- keeping ---- */

static enum status keep_findings(struct call *c, const struct report *r)
{
    TRY(db_exec(c, &DELETE_FINDINGS, db_text(r->server)));
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct finding *f = &r->findings.list[i];
        TRY(db_exec(c, &INSERT_FINDING, db_text(r->server), db_int((int64_t)i), db_text(str_z(finding__code(f->code))), db_text(report__value(c, &f->values[0])),
                    db_text(report__value(c, &f->values[1])), db_text(report__value(c, &f->values[2])), db_text(f->fault), db_text(f->because), db_text(f->name)));
    }
    return ST_OK;
}

static enum status keep_in(struct call *c, struct db_tx *tx, void *arg)
{
    const struct report *r = arg;
    (void)tx;
    {
        DB_ROWS rows = db_run(c, &UPDATE_REPORT, db_text(r->server), db_int(r->at_ms), db_int(c->now_ms));
        TRY(db_finish(&rows));
        if (!db_changed(&rows)) TRY(db_exec(c, &INSERT_REPORT, db_text(r->server), db_int(r->at_ms), db_int(c->now_ms)));
    }
    TRY(keep_findings(c, r));
    TRY(db_exec(c, &DELETE_COUNTS, db_text(r->server), db_int(r->from_minute), db_int(r->to_minute)));
    for (size_t i = 0; i < r->ncounts; i++) {
        const struct exchange_count *k = &r->counts[i];
        TRY(db_exec(c, &INSERT_COUNT, db_text(r->server), db_int(k->minute), db_int(k->side), db_text(k->client), db_text(k->service), db_text(k->fault), db_int(k->n),
                    db_int(k->took_us), db_int(k->last_ms), db_text(k->fault_id)));
    }
    return ST_OK;
}

enum status monitor__keep_report(struct call *c, const struct report *r)
{
    enum status st = db_atomic(c, keep_in, (void *)(uintptr_t)r);
    if (st != ST_CONFLICT || c->error.sentence.n) return st;
    return call_fail(c, ST_INVALID, "counts", "A row of the counts stands twice. Send each minute, side, client, service and fault once.");
}

enum status monitor__drop_old(struct call *c)
{
    DB_TX tx = { 0 };
    if (!config_flag(c->app->config, "exchange.operator")) return ST_OK;
    TRY(db_begin(c, NODE, &tx));
    TRY(db_exec(c, &DROP_COUNTS, db_int(c->now_ms / MINUTE_MS - DAY_MINUTES - 1)));
    return db_commit(&tx);
}

/* ---- reading ---- */

static enum status read_findings(struct call *c, struct str server, struct findings *ret)
{
    struct finding *list = arena_array(c->arena, struct finding, FINDINGS_MAX);
    size_t n = 0;
    DB_ROWS rows = db_run(c, &LIST_FINDINGS, db_text(server));
    while (n < FINDINGS_MAX && db_next(&rows)) {
        struct finding f = { .fault = db_col_text(&rows, 4), .because = db_col_text(&rows, 5), .name = db_col_text(&rows, 6) };
        bool fits = finding__of_code(db_col_text(&rows, 0), &f.code);
        for (int i = 0; i < FINDING_VALUES; i++) fits = fits && report__read_value(db_col_text(&rows, i + 1), &f.values[i]);
        if (fits) list[n++] = f; /* else of another version of the program */
    }
    *ret = (struct findings){ list, n, FINDINGS_MAX };
    return db_finish(&rows);
}

enum status monitor__list_reports(struct call *c, const struct kept_report **ret, size_t *n)
{
    struct kept_report *list = arena_array(c->arena, struct kept_report, REPORTS_MAX);
    *n = 0;
    {
        DB_ROWS rows = db_run(c, &LIST_REPORTS, db_int(REPORTS_MAX));
        while (*n < REPORTS_MAX && db_next(&rows)) list[(*n)++] = (struct kept_report){ .server = db_col_text(&rows, 0), .received_ms = db_col_int(&rows, 1) };
        TRY(db_finish(&rows));
    }
    for (size_t i = 0; i < *n; i++) TRY(read_findings(c, list[i].server, &list[i].findings));
    *ret = list;
    return ST_OK;
}

enum status monitor__find_report(struct call *c, struct str server, struct kept_report *ret)
{
    {
        DB_ROWS rows = db_run(c, &FIND_REPORT, db_text(server));
        TRY(db_one(&rows));
        *ret = (struct kept_report){ .server = db_col_text(&rows, 0), .received_ms = db_col_int(&rows, 1) };
    }
    return read_findings(c, server, &ret->findings);
}

/* Both ends of an exchange report it; where one is silent or foreign the other's account stands. So of two accounts the larger one is taken; what did not leave a node has one. */
enum { ACCOUNTS = 3 };
struct accounts { int64_t of[ACCOUNTS]; };

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t add_account(struct accounts *a, int64_t side, int64_t v)
{
    if (side >= 1 && side <= ACCOUNTS) a->of[side - 1] += v;
    return larger(a->of[0], a->of[1]) + a->of[2];
}

struct flow_accounts { struct accounts n, faults, trouble, took_us; };

enum status monitor__list_flows(struct call *c, int64_t from_minute, const struct flow **ret, size_t *n)
{
    struct flow *list = arena_array(c->arena, struct flow, FLOWS_MAX);
    struct flow_accounts accounts = { 0 };
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST_FLOWS, db_int(from_minute), db_int(FLOWS_MAX));
    while (count < FLOWS_MAX && db_next(&rows)) {
        struct flow f = { .client = db_col_text(&rows, 0), .service = db_col_text(&rows, 1) };
        struct flow *last = count ? &list[count - 1] : NULL;
        struct str fault = db_col_text(&rows, 3);
        int64_t side = db_col_int(&rows, 2), times = db_col_int(&rows, 4);
        if (!last || !str_eq(last->client, f.client) || !str_eq(last->service, f.service)) {
            accounts = (struct flow_accounts){ 0 };
            last = &list[count++];
            *last = f;
        }
        last->n = add_account(&accounts.n, side, times);
        last->faults = add_account(&accounts.faults, side, fault.n ? times : 0);
        last->trouble = add_account(&accounts.trouble, side, fault.n && health__is_trouble(fault) ? times : 0);
        last->took_us = add_account(&accounts.took_us, side, db_col_int(&rows, 5));
    }
    *ret = list;
    *n = count;
    return db_finish(&rows);
}

static size_t group_of(const struct fault_group *list, size_t n, struct str fault, struct str client, struct str service)
{
    size_t i = 0;
    while (i < n && !(str_eq(list[i].fault, fault) && str_eq(list[i].client, client) && str_eq(list[i].service, service))) i++;
    return i;
}

enum status monitor__list_faults(struct call *c, int64_t from_minute, const struct fault_group **ret, size_t *n)
{
    struct fault_group *list = arena_array(c->arena, struct fault_group, GROUPS_MAX);
    struct accounts *accounts = arena_array(c->arena, struct accounts, GROUPS_MAX);
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST_FAULTS, db_int(from_minute), db_int(FAULT_ROWS_MAX));
    while (db_next(&rows)) {
        struct fault_group g = { .fault = db_col_text(&rows, 0), .client = db_col_text(&rows, 1), .service = db_col_text(&rows, 2), .last_id = db_col_text(&rows, 6),
                                 .last_ms = db_col_int(&rows, 5) };
        size_t at = group_of(list, count, g.fault, g.client, g.service);
        if (at == GROUPS_MAX) continue;
        if (at == count) list[count++] = g;
        list[at].n = add_account(&accounts[at], db_col_int(&rows, 3), db_col_int(&rows, 4));
    }
    *ret = list;
    *n = count;
    return db_finish(&rows);
}

enum status monitor__sum_servers(struct call *c, int64_t from_minute, const struct server_sum **ret, size_t *n)
{
    struct server_sum *list = arena_array(c->arena, struct server_sum, REPORTS_MAX);
    *n = 0;
    DB_ROWS rows = db_run(c, &SUM_SERVERS, db_int(from_minute), db_int(SUM_ROWS_MAX));
    while (db_next(&rows)) {
        struct str server = db_col_text(&rows, 0);
        bool more = *n && str_eq(list[*n - 1].server, server);
        if (!more && *n == REPORTS_MAX) break;
        if (!more) list[(*n)++] = (struct server_sum){ .server = server };
        list[*n - 1].n += db_col_int(&rows, 2);
        if (!health__is_upkeep(db_col_text(&rows, 1))) list[*n - 1].faults += db_col_int(&rows, 3); /* as the node itself counts them (health.c) */
    }
    *ret = list;
    return db_finish(&rows);
}
