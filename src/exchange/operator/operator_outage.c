/* operator_outage.c: in a sandbox the operator takes services away on purpose: the status responder, the time-stamp service or the directory stops, answers late or runs
 * out, so that one can see what the members' nodes do then. What was ordered stands in a table; the running server reads it at each request. */
#include <poll.h>
#include <stdio.h>

#include "base/args.h"
#include "base/config.h"
#include "base/text.h"
#include "base/time.h"
#include "exchange/operator/operator_int.h"

enum { STALL_S = 30, STALL_MOST_S = 600, STALLED_MOST = 4, EXPIRE_S = 90, EXPIRE_MOST_S = 600 };
static const struct str services[] = { STR_INIT("ocsp"), STR_INIT("stamp"), STR_INIT("directory") };
static const struct str expiry = STR_INIT("directory-end"); /* its row: since_ms is when the directory ends */

/* ---- the table ---- */

static const struct query FIND = { "exchange", "SELECT service, stall_ms, since_ms FROM exchange_outage WHERE service = $1", NODE };
static const struct query LIST = { "exchange", "SELECT service, stall_ms, since_ms FROM exchange_outage ORDER BY service LIMIT 10", NODE };
static const struct query DROP = { "exchange", "DELETE FROM exchange_outage WHERE service = $1", NODE };
static const struct query INSERT = { "exchange", "INSERT INTO exchange_outage (service, stall_ms, since_ms) VALUES ($1, $2, $3)", NODE };

struct outage { struct str service; int64_t stall_ms, since_ms; }; /* stall_ms 0: stopped */

static struct outage read_row(const struct db_rows *r) { return (struct outage){ db_col_text(r, 0), db_col_int(r, 1), db_col_int(r, 2) }; }

static bool is_sandbox(const struct call *c) { return config_flag(c->app->config, "sandbox"); }

/* find: *ret stays as it is where nothing was ordered, and outside of a sandbox. */
static enum status find(struct call *c, struct str service, bool *found, struct outage *ret)
{
    *found = false;
    if (!is_sandbox(c)) return ST_OK;
    DB_ROWS rows = db_run(c, &FIND, db_text(service));
    if (db_next(&rows)) {
        *ret = read_row(&rows);
        *found = true;
    }
    return db_finish(&rows);
}

static enum status drop(struct call *c, struct db_tx *tx, void *arg)
{
    const struct outage *o = arg;
    (void)tx;
    TRY(db_exec(c, &DROP, db_text(o->service)));
    return str_eq(o->service, STR("directory")) ? db_exec(c, &DROP, db_text(expiry)) : ST_OK;
}

static enum status put(struct call *c, struct db_tx *tx, void *arg)
{
    const struct outage *o = arg;
    (void)tx;
    TRY(db_exec(c, &DROP, db_text(o->service)));
    return db_exec(c, &INSERT, db_text(o->service), db_int(o->stall_ms), db_int(o->since_ms));
}

/* ---- at the services ---- */

/* wait_late: a few wait, each with a worker of its own; the others are refused at once, so that a stalled service does not stop the node. */
static enum status wait_late(struct call *c, int64_t ms)
{
    atomic_int *stalled = &exchange__of(c)->stalled;
    bool room = atomic_fetch_add(stalled, 1) < STALLED_MOST;
    if (room) (void)poll(NULL, 0, (int)ms);
    (void)atomic_fetch_sub(stalled, 1);
    return room ? ST_OK : call_fail(c, ST_UNAVAILABLE, "", "This service of the sandbox was told to answer late, and too many wait already. Try again later.");
}

enum status outage__pass(struct call *c, struct str service)
{
    struct outage o;
    bool found;
    TRY(find(c, service, &found, &o));
    if (!found) return ST_OK;
    if (o.stall_ms) return wait_late(c, o.stall_ms);
    return call_fail(c, ST_UNAVAILABLE, "", "This service of the sandbox was stopped. Start it again on the operator's node: sen outage end %s", service);
}

bool outage__is_stopped(struct call *c, struct str service)
{
    struct outage o;
    bool found;
    if (find(c, service, &found, &o) != ST_OK) return call_clear(c), false;
    return found && o.stall_ms == 0;
}

enum status outage__limit(struct call *c, int64_t *expires_ms)
{
    struct outage o;
    bool found;
    TRY(find(c, expiry, &found, &o));
    if (found && o.since_ms < *expires_ms) *expires_ms = o.since_ms;
    return ST_OK;
}

/* ---- the commands ---- */

static enum status need_sandbox(struct call *c)
{
    TRY(operator__need(c));
    if (is_sandbox(c)) return ST_OK;
    return call_fail(c, ST_DENIED, "", "Services are taken away in a sandbox only (sandbox: true in node.yaml). This is not one.");
}

static enum status read_service(struct call *c, const struct args *args, struct str *ret)
{
    *ret = args_value(args, "SERVICE");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (str_eq(*ret, services[i])) return ST_OK;
    return call_fail(c, ST_INVALID, "SERVICE", "The service is ocsp, stamp or directory.");
}

enum status outage__list_run(struct call *c, const struct args *args)
{
    size_t n = 0;
    (void)args;
    TRY(need_sandbox(c));
    DB_ROWS rows = db_run(c, &LIST);
    for (; db_next(&rows); n++) {
        struct outage o = read_row(&rows);
        struct str at = text_moment(c, o.since_ms);
        if (str_eq(o.service, expiry)) (void)printf("directory  ends at %.*s\n", STR_ARG(at));
        else if (o.stall_ms) (void)printf("%-9.*s  answers %lld s late, since %.*s\n", STR_ARG(o.service), (long long)(o.stall_ms / 1000), STR_ARG(at));
        else (void)printf("%-9.*s  stopped, since %.*s\n", STR_ARG(o.service), STR_ARG(at));
    }
    if (!n) (void)printf("Every service answers.\n");
    return db_finish(&rows);
}

static enum status order(struct call *c, struct outage o)
{
    TRY(need_sandbox(c));
    return db_atomic(c, put, &o);
}

enum status outage__stop_run(struct call *c, const struct args *args)
{
    struct str service;
    TRY(read_service(c, args, &service));
    TRY(order(c, (struct outage){ service, 0, c->now_ms }));
    (void)printf("Stopped: %.*s. It comes back with `sen outage end %.*s`.\n", STR_ARG(service), STR_ARG(service));
    return ST_OK;
}

enum status outage__stall_run(struct call *c, const struct args *args)
{
    struct str service;
    int64_t late_s;
    TRY(read_service(c, args, &service));
    TRY(args_count(c, args, "seconds", STALL_S, 1, STALL_MOST_S, &late_s));
    TRY(order(c, (struct outage){ service, 1000 * late_s, c->now_ms }));
    (void)printf("From now on late by %lld seconds: %.*s. It comes back with `sen outage end %.*s`.\n", (long long)late_s, STR_ARG(service), STR_ARG(service));
    return ST_OK;
}

enum status outage__expire_run(struct call *c, const struct args *args)
{
    int64_t left_s;
    TRY(args_count(c, args, "seconds", EXPIRE_S, 1, EXPIRE_MOST_S, &left_s));
    TRY(order(c, (struct outage){ expiry, 0, c->now_ms + 1000 * left_s }));
    TRY(operator_publish(c)); /* the members' nodes must have fetched it before it ends */
    (void)printf("The directory ends in %lld seconds. It is renewed again after `sen outage end directory`.\n", (long long)left_s);
    return ST_OK;
}

enum status outage__end_run(struct call *c, const struct args *args)
{
    struct outage o = { 0 };
    TRY(read_service(c, args, &o.service));
    TRY(need_sandbox(c));
    TRY(db_atomic(c, drop, &o));
    if (str_eq(o.service, STR("directory"))) TRY(operator_publish(c));
    (void)printf("Answers again: %.*s.\n", STR_ARG(o.service));
    return ST_OK;
}
