/* monitor_int.h: what the files of this room share. */
#ifndef SEN_MONITOR_MONITOR_INT_H
#define SEN_MONITOR_MONITOR_INT_H

#include <pthread.h>

#include "base/json.h"
#include "exchange/exchange.h"
#include "exchange/figures.h"
#include "monitor/monitor.h"
#include "monitor/monitor_pages.h"
#include "store/db.h"

enum { MINUTE_MS = 60000, HOUR_MINUTES = 60, DAY_MINUTES = 24 * 60, FINDINGS_MAX = 64, REPORT_MAX = 2 * 1024 * 1024, REPORTS_MAX = 2000, SENTENCE_MAX = 500 };

/* ---- finding.c ---- */
const char *finding__code(enum finding_code code);
bool finding__of_code(struct str text, enum finding_code *ret);
/* finding__explain: the failure of a call becomes the finding's cause. */
void finding__explain(struct call *c, struct finding *f, const struct call_error *e);
struct finding *finding__add(struct call *c, struct findings *fs, const struct finding *f);
struct str finding__word(enum level level);                    /* "Well": key of its translation */
struct str finding__span(struct call *c, int64_t ms);          /* "3 min" */
void finding__put_json(struct call *c, struct json_out *o, const struct finding *f); /* in words, for machines and people */

/* ---- health.c ---- */
bool health__is_trouble(struct str fault);                     /* something does not work, rather than: a request was refused */
/* health__is_upkeep: exchanges that nodes make by themselves (heads, reports): no part of who talks to whom. */
bool health__is_upkeep(struct str service);
/* health__is_fault: a fault of an exchange that somebody asked for. Upkeep that fails, as while the operator's node is starting, has findings of its own (silent, heads, directory). */
bool health__is_fault(const struct exchange_count *k);

/* ---- report.c: what a node tells the operator ---- */
struct report {
    struct str server;
    int64_t at_ms;
    struct findings findings;
    int64_t from_minute, to_minute;   /* counts cover these minutes whole and replace what was told of them before; to is not included */
    const struct exchange_count *counts; size_t ncounts;
};
void report__write(struct call *c, struct buf *b, const struct report *r);
NODISCARD enum status report__read(struct call *c, struct str json, struct report *ret);
NODISCARD enum status report__send(struct call *c);            /* job */
NODISCARD enum status report__take(struct call *c, const struct service_request *rq, struct service_reply *rp);
/* Findings as they stand in the message and in the table: one text a value. */
struct str report__value(struct call *c, const struct finding_value *v);
bool report__read_value(struct str text, struct finding_value *ret);

/* ---- monitor_db.c: the operator's tables ---- */
NODISCARD enum status monitor__keep_report(struct call *c, const struct report *r);
struct kept_report { struct str server; int64_t received_ms; struct findings findings; };
NODISCARD enum status monitor__list_reports(struct call *c, const struct kept_report **ret, size_t *n);   /* by server */
NODISCARD enum status monitor__find_report(struct call *c, struct str server, struct kept_report *ret);    /* ST_NOT_FOUND silently */
struct flow { struct str client, service; int64_t n, faults, trouble /* faults because something does not work */, took_us; };
NODISCARD enum status monitor__list_flows(struct call *c, int64_t from_minute, const struct flow **ret, size_t *n);  /* by client and service, each exchange once */
struct fault_group { struct str fault, client, service, last_id; int64_t n, last_ms; };
NODISCARD enum status monitor__list_faults(struct call *c, int64_t from_minute, const struct fault_group **ret, size_t *n);   /* the newest first */
struct server_sum { struct str server; int64_t n, faults; };
NODISCARD enum status monitor__sum_servers(struct call *c, int64_t from_minute, const struct server_sum **ret, size_t *n);
NODISCARD enum status monitor__drop_old(struct call *c);       /* job */

/* ---- nodes.c: all servers of the directory with what is known of them ---- */
struct node_state {
    struct exchange_server_info info;
    bool reported; int64_t received_ms;
    struct findings findings;         /* its own and, in front, what the operator finds of it: silent, revoked */
    enum level level;
    bool silent;
    int64_t cert_ends_ms;             /* of the certificate that ends first; 0 unknown */
    int64_t messages, faults;         /* in the last 10 minutes, in the last hour */
};
NODISCARD enum status nodes__list(struct call *c, const struct node_state **ret, size_t *n);
NODISCARD enum status nodes__find(struct call *c, struct str server, const struct node_state **ret);   /* ST_NOT_FOUND silently */

/* ---- picture.c: who talks to whom, as shapes ---- */
enum { PICTURE_SIDE = 360, PICTURE_NODES = 24 };
struct picture_flow { struct str from, to, from_name, to_name; int64_t n, trouble; };   /* members */
struct picture { const struct picture_node *nodes; size_t nnodes; const struct picture_arc *arcs; size_t narcs; };
void picture__draw(struct call *c, const struct picture_flow *flows, size_t n, struct picture *ret);

/* ---- monitor_json.c ---- */
struct request;
struct reply;
NODISCARD enum status monitor__show_json(struct call *c, const struct request *rq, struct reply *rp);
void monitor__put_metrics(struct call *c, struct buf *out);

extern const struct route monitor__routes[];
extern const struct schema monitor_schema;

struct minute_sum { int64_t minute, messages, faults, trouble, last_ms; char fault[128]; size_t nfault; /* the last that was trouble */ };

/* State, start to stop. The first line is the reporting job's alone; hour, a ring by minute, is guarded by lock. */
struct monitor {
    int64_t started_ms, told_minute /* up to here the operator has our counts */, next_ms; int failures;
    pthread_mutex_t lock;
    int64_t summed_minute;
    struct minute_sum hour[HOUR_MINUTES];
};

#endif
