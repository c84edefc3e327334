/* monitor_json.c: the same for machines: /monitor.json on the port of information systems, an inner network only, and what /metrics lacks. */
#include "monitor/monitor_int.h"

#include "base/config.h"
#include "base/time.h"
#include "base/url.h"
#include "web/http.h"

enum { ANSWER_MAX = 8 * 1024 * 1024 };

static struct str level_code(enum level level)
{
    switch (level) {
    case LEVEL_GOOD: return STR("good");
    case LEVEL_WARN: return STR("warn");
    case LEVEL_BAD: return STR("bad");
    }
    return STR("");
}

static void put_findings(struct call *c, struct json_out *o, const struct findings *fs)
{
    json_name(o, STR("findings"));
    json_open(o, '[');
    for (size_t i = 0; i < fs->n; i++) finding__put_json(c, o, &fs->list[i]);
    json_close(o);
}

static void put_node(struct call *c, struct json_out *o, const struct node_state *n)
{
    char at[TIME_TEXT];
    json_open(o, '{');
    json_text_at(o, "server", n->info.id);
    json_text_at(o, "agency", n->info.name);
    json_text_at(o, "level", level_code(n->level));
    json_name(o, STR("silent"));
    json_put_bool(o, n->silent);
    if (n->reported) {
        time_format_ms(n->received_ms, at);
        json_text_at(o, "reported", str_z(at));
    }
    if (n->cert_ends_ms) {
        time_format_ms(n->cert_ends_ms, at);
        json_text_at(o, "certificate_ends", str_z(at));
    }
    json_int_at(o, "messages_10m", n->messages);
    json_int_at(o, "faults_1h", n->faults);
    put_findings(c, o, &n->findings);
    json_close(o);
}

static enum status put_nodes(struct call *c, struct json_out *o)
{
    const struct node_state *list;
    size_t n;
    enum status st = nodes__list(c, &list, &n);
    if (st == ST_UNAVAILABLE) return call_clear(c), ST_OK; /* without a directory there is no list: the own findings say why */
    TRY(st);
    json_name(o, STR("nodes"));
    json_open(o, '[');
    for (size_t i = 0; i < n; i++) put_node(c, o, &list[i]);
    json_close(o);
    return ST_OK;
}

enum status monitor__show_json(struct call *c, const struct request *rq, struct reply *rp)
{
    struct buf b = buf_in(c->arena, ANSWER_MAX);
    struct json_out o = json_to(&b);
    struct findings fs;
    struct str body;
    c->lang = web_language(c->app, request_header(rq, "accept-language"));
    monitor_health(c, &fs);
    json_open(&o, '{');
    json_text_at(&o, "server", exchange_server(c));
    json_text_at(&o, "level", level_code(monitor_worst(&fs)));
    put_findings(c, &o, &fs);
    if (config_flag(c->app->config, "exchange.operator")) TRY(put_nodes(c, &o));
    json_close(&o);
    TRY(buf_finish(&b, &body));
    reply_text(rp, 200, STR("application/json; charset=utf-8"), body);
    rp->no_store = true;
    return ST_OK;
}

/* ---- /metrics ---- */

static void put_gauge(struct buf *out, const char *name, const char *help) { buf_print(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name); }

static void put_certificates(struct call *c, struct buf *out)
{
    static const char *const uses[] = { [OWN_TLS] = "tls", [OWN_SIGN] = "sign", [OWN_CA] = "ca", [OWN_OCSP] = "ocsp", [OWN_CONF] = "conf" };
    const struct exchange_certificate *list;
    size_t n;
    if (exchange_certificates(c, &list, &n) != ST_OK) return call_clear(c);
    put_gauge(out, "sen_certificate_end_timestamp_seconds", "When a certificate of this node ends.");
    for (size_t i = 0; i < n; i++)
        if (list[i].there) buf_print(out, "sen_certificate_end_timestamp_seconds{use=\"%s\"} %lld\n", uses[list[i].use], (long long)(list[i].to_ms / 1000));
    put_gauge(out, "sen_certificate_good", "1 when another node would take the certificate now.");
    for (size_t i = 0; i < n && list[i].use <= OWN_SIGN; i++) buf_print(out, "sen_certificate_good{use=\"%s\"} %d\n", uses[list[i].use], list[i].there && list[i].judged == ST_OK);
    put_gauge(out, "sen_certificate_status_age_seconds", "Age of the authority's answer about a certificate.");
    for (size_t i = 0; i < n && list[i].use <= OWN_SIGN; i++)
        if (list[i].has_status) buf_print(out, "sen_certificate_status_age_seconds{use=\"%s\"} %lld\n", uses[list[i].use], (long long)((c->now_ms - list[i].status_ms) / 1000));
}

/* put_countdown: how long the directory of each nation may still be used: 0 when it has ended. */
static void put_countdown(struct call *c, struct buf *out)
{
    struct exchange_directory_info list[EXCHANGE_DIRECTORIES_MAX];
    size_t n = exchange_list_directories(c, list);
    put_gauge(out, "sen_directory_left_seconds", "How long the directory of a nation may still be used; 0 when it has ended.");
    for (size_t i = 0; i < n; i++) {
        int64_t left_ms = list[i].ends_ms - c->now_ms;
        buf_print(out, "sen_directory_left_seconds{instance=\"%.*s\"} %lld\n", STR_ARG(url_encode(c->arena, list[i].instance)), (long long)(left_ms > 0 ? left_ms / 1000 : 0));
    }
}

void monitor__put_metrics(struct call *c, struct buf *out)
{
    struct exchange_directory_state d;
    exchange_directory_state(c, &d);
    put_certificates(c, out);
    put_gauge(out, "sen_directory_end_timestamp_seconds", "When the directory of members that is in use ends; 0 without one.");
    buf_print(out, "sen_directory_end_timestamp_seconds %lld\n", (long long)(d.expires_ms / 1000));
    put_countdown(c, out);
    if (d.fetched_ms) {
        put_gauge(out, "sen_directory_age_seconds", "Time since the directory was fetched.");
        buf_print(out, "sen_directory_age_seconds %lld\n", (long long)((c->now_ms - d.fetched_ms) / 1000));
    }
    if (d.has_clock) {
        put_gauge(out, "sen_operator_clock_ahead_seconds", "The operator's clock before this node's.");
        buf_print(out, "sen_operator_clock_ahead_seconds %.1f\n", (double)d.ahead_ms / 1000);
    }
}
