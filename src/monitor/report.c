/* report.c: what a node tells the operator about itself, every half minute over the exchange like any other message; and what the operator makes of it. A report is
 * whole: it replaces the findings before it and the counts of the minutes it covers, so that a lost or repeated one does no harm. */
#include "monitor/monitor_int.h"

#include "base/config.h"
#include "base/time.h"

enum { SETTLE_MS = 10000, AGAIN_MS = 2000, AGAIN_DOUBLINGS = 4, CATCH_UP_MINUTES = 10, REPEATED_MINUTES = 2, AHEAD_MINUTES = 2, SHORT_TEXT = 300, LONGEST_NAME = 255, COUNT_ROOM = 16 << 10 };
/* Larger numbers no node has; so no sum of them, nor a date made of one, overflows. */
static const int64_t LARGEST_VALUE = INT64_C(1) << 53, LARGEST_COUNT = 1000000000, LARGEST_TOOK_US = INT64_C(100000000000);

/* ---- values: one letter for the kind, then the value ---- */

static const char kinds[] = { [VALUE_NONE] = '-', [VALUE_TEXT] = 't', [VALUE_WORD] = 'w', [VALUE_NUMBER] = 'n', [VALUE_MOMENT] = 'm', [VALUE_SPAN] = 's', [VALUE_BYTES] = 'b' };

struct str report__value(struct call *c, const struct finding_value *v)
{
    if (v->kind == VALUE_NONE) return STR("");
    if (v->kind == VALUE_TEXT || v->kind == VALUE_WORD) return str_print(c->arena, "%c%.*s", kinds[v->kind], STR_ARG(v->text));
    return str_print(c->arena, "%c%lld", kinds[v->kind], (long long)v->number);
}

bool report__read_value(struct str text, struct finding_value *ret)
{
    if (!text.n) return *ret = value_none(), true;
    for (size_t i = VALUE_TEXT; i < sizeof kinds; i++) {
        if (kinds[i] != text.p[0]) continue;
        struct finding_value v = { .text = str_skip(text, 1) };
        v.kind = (enum finding_value_kind)i;
        if (i == VALUE_TEXT || i == VALUE_WORD) return *ret = v, v.text.n <= SHORT_TEXT;
        v.text = STR("");
        if (!str_int(str_skip(text, 1), &v.number) || v.number > LARGEST_VALUE || v.number < -LARGEST_VALUE) return false;
        return *ret = v, true;
    }
    return false;
}

/* ---- the message ---- */

static void put_finding(struct call *c, struct json_out *o, const struct finding *f)
{
    json_open(o, '{');
    json_text_at(o, "code", str_z(finding__code(f->code)));
    json_name(o, STR("values"));
    json_open(o, '[');
    for (size_t i = 0; i < FINDING_VALUES && f->values[i].kind != VALUE_NONE; i++) json_put_text(o, report__value(c, &f->values[i]));
    json_close(o);
    if (f->fault.n) json_text_at(o, "fault", f->fault);
    if (f->because.n <= SENTENCE_MAX && f->name.n <= SHORT_TEXT) { /* a longer one would make the operator refuse the whole report */
        if (f->because.n) json_text_at(o, "because", f->because);
        if (f->name.n) json_text_at(o, "name", f->name);
    }
    json_close(o);
}

static void put_count(struct json_out *o, const struct exchange_count *k)
{
    json_open(o, '{');
    json_int_at(o, "minute", k->minute);
    json_int_at(o, "side", k->side);
    json_text_at(o, "client", k->client);
    json_text_at(o, "service", k->service);
    json_int_at(o, "n", k->n);
    json_int_at(o, "took_us", k->took_us);
    json_int_at(o, "last_ms", k->last_ms);
    if (k->fault.n) {
        json_text_at(o, "fault", k->fault);
        json_text_at(o, "fault_id", k->fault_id);
    }
    json_close(o);
}

/* is_tellable: nothing longer is taken, and the whole must stay below its limit: names that somebody made up to ask with do not silence a node. */
static bool is_tellable(const struct buf *b, const struct exchange_count *k)
{
    return k->client.n <= SENTENCE_MAX && k->service.n <= SENTENCE_MAX && k->fault.n <= LONGEST_NAME && k->fault_id.n <= LONGEST_NAME && b->n + COUNT_ROOM < REPORT_MAX;
}

void report__write(struct call *c, struct buf *b, const struct report *r)
{
    struct json_out o = json_to(b);
    json_open(&o, '{');
    json_text_at(&o, "server", r->server);
    json_int_at(&o, "at_ms", r->at_ms);
    json_int_at(&o, "from_minute", r->from_minute);
    json_int_at(&o, "to_minute", r->to_minute);
    json_name(&o, STR("findings"));
    json_open(&o, '[');
    for (size_t i = 0; i < r->findings.n; i++) put_finding(c, &o, &r->findings.list[i]);
    json_close(&o);
    json_name(&o, STR("counts"));
    json_open(&o, '[');
    for (size_t i = 0; i < r->ncounts; i++)
        if (is_tellable(b, &r->counts[i])) put_count(&o, &r->counts[i]);
    json_close(&o);
    json_close(&o);
}

static enum status bad_report(struct call *c) { return call_fail(c, ST_INVALID, "", "Send the state of the node as its manual says: server, findings and counts."); }

static bool read_text(const struct json *j, const char *name, size_t most, struct str *ret)
{
    *ret = json_text(json_get(j, name), STR(""));
    return ret->n <= most;
}

/* read_finding: false for a code of a newer version: the rest of the report is still good. */
static enum status read_finding(struct call *c, const struct json *j, struct finding *ret, bool *known)
{
    struct finding f = { 0 };
    struct str code;
    size_t n = 0;
    TRY(json_need(c, j, "code", &code));
    const struct json *values = json_get(j, "values");
    for (const struct json *v = values ? json_first(values) : NULL; v; v = json_next(v))
        if (n == FINDING_VALUES || !report__read_value(json_text(v, STR("")), &f.values[n++])) return bad_report(c);
    if (!read_text(j, "fault", LONGEST_NAME, &f.fault) || !read_text(j, "because", SENTENCE_MAX, &f.because) || !read_text(j, "name", SHORT_TEXT, &f.name)) return bad_report(c);
    *known = finding__of_code(code, &f.code);
    *ret = f;
    return ST_OK;
}

static enum status read_findings(struct call *c, const struct json *list, struct findings *ret)
{
    struct finding *found = arena_array(c->arena, struct finding, FINDINGS_MAX);
    size_t n = 0;
    bool known;
    for (const struct json *j = list ? json_first(list) : NULL; j; j = json_next(j)) {
        if (n == FINDINGS_MAX) return bad_report(c);
        TRY(read_finding(c, j, &found[n], &known));
        n += known;
    }
    *ret = (struct findings){ found, n, FINDINGS_MAX };
    return ST_OK;
}

static bool read_count(const struct json *j, struct exchange_count *k)
{
    *k = (struct exchange_count){ 0 };
    if (!json_int(json_get(j, "minute"), &k->minute) || !json_int(json_get(j, "side"), &k->side) || !json_int(json_get(j, "n"), &k->n) ||
        !json_int(json_get(j, "took_us"), &k->took_us) || !json_int(json_get(j, "last_ms"), &k->last_ms)) return false;
    if (!read_text(j, "client", SENTENCE_MAX, &k->client) || !read_text(j, "service", SENTENCE_MAX, &k->service) || !read_text(j, "fault", LONGEST_NAME, &k->fault) ||
        !read_text(j, "fault_id", LONGEST_NAME, &k->fault_id)) return false;
    return k->side >= 1 && k->side <= 3 && k->n > 0 && k->n <= LARGEST_COUNT && k->took_us >= 0 && k->took_us <= LARGEST_TOOK_US && k->last_ms >= 0 && k->last_ms / MINUTE_MS == k->minute;
}

static enum status read_counts(struct call *c, const struct json *list, struct report *r)
{
    struct exchange_count *counts = arena_array(c->arena, struct exchange_count, EXCHANGE_COUNTS_MAX);
    size_t n = 0;
    for (const struct json *j = list ? json_first(list) : NULL; j; j = json_next(j)) {
        if (n == EXCHANGE_COUNTS_MAX || !read_count(j, &counts[n])) return bad_report(c);
        if (counts[n].minute < r->from_minute || counts[n].minute >= r->to_minute) return bad_report(c);
        n++;
    }
    r->counts = counts;
    r->ncounts = n;
    return ST_OK;
}

enum status report__read(struct call *c, struct str json, struct report *ret)
{
    struct report r = { 0 };
    const struct json *j;
    if (json.n > REPORT_MAX) return bad_report(c);
    TRY(json_parse(c, json, &j));
    if (!json_is_object(j)) return bad_report(c);
    TRY(json_need(c, j, "server", &r.server));
    if (r.server.n > LONGEST_NAME || !json_int(json_get(j, "at_ms"), &r.at_ms) || !json_int(json_get(j, "from_minute"), &r.from_minute) ||
        !json_int(json_get(j, "to_minute"), &r.to_minute)) return bad_report(c);
    TRY(read_findings(c, json_get(j, "findings"), &r.findings));
    TRY(read_counts(c, json_get(j, "counts"), &r));
    *ret = r;
    return ST_OK;
}

/* ---- member: tell ---- */

/* counted: which minutes the operator may not have yet, some at a time. The one that runs is told too, and again when it is over. */
static void counted(const struct monitor *m, int64_t now_minute, struct report *r)
{
    int64_t told = m->told_minute;
    r->from_minute = told ? told - REPEATED_MINUTES : now_minute - HOUR_MINUTES;
    if (r->from_minute < now_minute - DAY_MINUTES) r->from_minute = now_minute - DAY_MINUTES;
    r->to_minute = r->from_minute + CATCH_UP_MINUTES + REPEATED_MINUTES < now_minute + 1 ? r->from_minute + CATCH_UP_MINUTES + REPEATED_MINUTES : now_minute + 1;
}

static enum status tell(struct call *c, struct monitor *m)
{
    struct report r = { .server = exchange_server(c), .at_ms = c->now_ms };
    struct exchange_answer answer;
    struct buf b = buf_in(c->arena, REPORT_MAX);
    struct str text;
    counted(m, c->now_ms / MINUTE_MS, &r);
    monitor_health(c, &r.findings);
    TRY(exchange_count_messages(c, r.from_minute, r.to_minute, &r.counts, &r.ncounts));
    report__write(c, &b, &r);
    TRY(buf_finish(&b, &text));
    TRY(exchange_tell_operator(c, STR("report"), text, &answer));
    if (answer.status != 200) return call_fail(c, ST_CONFLICT, "", "The operator did not take this node's report. Compare the versions of both nodes.");
    m->told_minute = r.to_minute - 1;
    return ST_OK;
}

/* is_settled: a node that has just started waits a little for its first status answers before it calls itself not well. */
static bool is_settled(struct call *c, const struct monitor *m)
{
    const struct exchange_certificate *list;
    size_t n;
    if (c->now_ms - m->started_ms > SETTLE_MS || exchange_certificates(c, &list, &n) != ST_OK) return call_clear(c), true;
    for (size_t i = 0; i < n; i++)
        if (list[i].use <= OWN_SIGN && !list[i].has_status) return false;
    return true;
}

enum status report__send(struct call *c)
{
    struct monitor *m = c->app->monitor;
    struct exchange_directory_state d;
    if (c->now_ms < m->next_ms) return ST_OK;
    exchange_directory_state(c, &d);
    if (!d.there || d.expires_ms <= c->now_ms || !d.lists_us) return ST_OK; /* told by the job of the directory */
    if (!is_settled(c, m)) return ST_OK;
    enum status st = tell(c, m);
    bool nobody = st == ST_NOT_FOUND && !c->error.sentence.n; /* no operator to tell */
    int64_t turn = 1000 * config_count(c->app->config, "monitor.report_s"), again = (int64_t)AGAIN_MS << (m->failures < AGAIN_DOUBLINGS ? m->failures : AGAIN_DOUBLINGS);
    m->failures = st == ST_OK || nobody ? 0 : m->failures + 1;
    m->next_ms = c->now_ms + (m->failures && again < turn ? again : turn);
    if (st == ST_OK && m->told_minute < c->now_ms / MINUTE_MS) m->next_ms = c->now_ms; /* it has not caught up */
    return nobody ? ST_OK : st;
}

/* ---- operator: take ---- */

/* check_sender: a node speaks for itself: its server hosts the asking subsystem, and one end of each counted exchange is its own member. */
static enum status check_sender(struct call *c, const struct xid *client, struct report *r)
{
    const struct str *servers;
    size_t n, kept = 0;
    bool own = false;
    struct str member = str_join(c->arena, xid_member(c->arena, client), STR("/"), STR_END);
    struct exchange_count *counts = (struct exchange_count *)(uintptr_t)r->counts;
    int64_t now = c->now_ms / MINUTE_MS;
    TRY(exchange_servers_of(c, client, &servers, &n));
    for (size_t i = 0; i < n; i++) own = own || str_eq(servers[i], r->server);
    if (!own || !str_starts(r->server, member)) return call_fail(c, ST_DENIED, "server", "A node reports of itself only.");
    if (r->from_minute < now - DAY_MINUTES - HOUR_MINUTES || r->to_minute > now + AHEAD_MINUTES) return call_fail(c, ST_INVALID, "from_minute", "Report minutes of the last day only. Compare the clocks.");
    for (size_t i = 0; i < r->ncounts; i++)
        if (str_starts(counts[i].side == 2 ? counts[i].service : counts[i].client, member)) counts[kept++] = counts[i];
    r->ncounts = kept;
    return ST_OK;
}

enum status report__take(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    struct report r;
    TRY(report__read(c, rq->body, &r));
    TRY(check_sender(c, &rq->client, &r));
    TRY(monitor__keep_report(c, &r));
    *rp = (struct service_reply){ .status = 200, .content_type = STR("application/json"), .body = STR("{}") };
    return ST_OK;
}
