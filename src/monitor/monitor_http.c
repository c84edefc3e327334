/* monitor_http.c: the pages: all nodes, one node, faults, who talks to whom; and this node's own state for its own officials. */
#include "monitor/monitor_int.h"

#include "base/config.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "monitor/faults.html.h"
#include "monitor/monitor_pages.h"
#include "monitor/nodes.html.h"
#include "monitor/state.html.h"
#include "monitor/traffic.html.h"

#define MONITOR_READ "monitor.read"
enum { US_A_MS = 1000 };

static struct page_mark mark_of(struct call *c, enum level level)
{
    return (struct page_mark){ text_tr(c->lang, finding__word(level)), level == LEVEL_GOOD, level == LEVEL_WARN, level == LEVEL_BAD };
}

static bool is_operator(const struct call *c) { return config_flag(c->app->config, "exchange.operator"); }

/* ---- one node ---- */

/* sort: what is not well, worst first, and what is, in the order of the findings. */
static void sort(struct call *c, const struct findings *fs, struct page_state *page)
{
    struct page_finding *wrong = arena_array(c->arena, struct page_finding, fs->n), *good = arena_array(c->arena, struct page_finding, fs->n);
    for (int level = LEVEL_BAD; level >= LEVEL_GOOD; level--)
        for (size_t i = 0; i < fs->n; i++) {
            struct finding_words w = monitor_words(c, &fs->list[i]);
            struct page_finding f = { mark_of(c, w.level), w.where, w.what, w.cause, w.cure };
            if ((int)w.level != level) continue;
            if (level == LEVEL_GOOD) good[page->ngood++] = f;
            else wrong[page->nwrong++] = f;
        }
    page->wrong = wrong;
    page->good = good;
}

static enum status show_here(struct call *c, const struct request *rq, struct reply *rp)
{
    struct findings fs;
    monitor_health(c, &fs);
    struct page_state page = { .own = true, .server = exchange_server(c), .agency = config_text(c->app->config, "name"), .mark = mark_of(c, monitor_worst(&fs)), .watcher = is_operator(c) };
    sort(c, &fs, &page);
    return reply_page(c, rq, rp, &PAGE_STATE, &page);
}

static enum status show_node(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct node_state *n;
    struct str server;
    if (!is_operator(c) || !url_decode(c->arena, request_path(rq, "server"), false, &server)) return ST_NOT_FOUND;
    TRY(nodes__find(c, server, &n));
    struct page_state page = { .server = server, .agency = n->info.name, .address = n->info.address, .mark = mark_of(c, n->level), .reported = n->reported, .received_ms = n->received_ms,
                               .watcher = true };
    sort(c, &n->findings, &page);
    return reply_page(c, rq, rp, &PAGE_STATE, &page);
}

/* ---- all nodes ---- */

/* stands_out: the worst that is found, in the order of the findings. */
static struct str stands_out(struct call *c, const struct node_state *n)
{
    struct buf b = buf_in(c->arena, 2 * SENTENCE_MAX);
    for (size_t i = 0; n->level != LEVEL_GOOD && i < n->findings.n; i++) {
        if (monitor_level(&n->findings.list[i]) != n->level || b.n > SENTENCE_MAX) continue;
        if (b.n) buf_put_c(&b, ' ');
        buf_put(&b, monitor_words(c, &n->findings.list[i]).what);
    }
    return buf_str(&b);
}

static struct str day_of(struct call *c, int64_t ms)
{
    enum { DAY_S = 86400 };
    struct buf b = buf_in(c->arena, 64);
    if (!ms) return STR("");
    text_put_date(&b, c->lang, (ms / 1000 + (int64_t)c->app->time_offset_min * 60) / DAY_S, PRECISION_DAY);
    return buf_str(&b);
}

static enum status show_nodes(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct node_state *list;
    enum level worst = LEVEL_GOOD;
    size_t n;
    if (!is_operator(c)) return reply_redirect(c, rp, STR("/monitor/here"));
    TRY(nodes__list(c, &list, &n));
    struct page_node_row *rows = arena_array(c->arena, struct page_node_row, n);
    for (size_t i = 0; i < n; i++) {
        const struct node_state *s = &list[i];
        rows[i] = (struct page_node_row){ s->info.id, s->info.name, mark_of(c, s->level), stands_out(c, s), day_of(c, s->cert_ends_ms), s->messages, s->faults };
        if (s->silent) rows[i].mark.text = text_tr(c->lang, TR("Silent"));
        if (s->level > worst) worst = s->level;
    }
    return reply_page(c, rq, rp, &PAGE_NODES, &(struct page_nodes){ mark_of(c, worst), c->now_ms, rows, n });
}

/* ---- faults ---- */

static struct str member_of(struct call *c, struct str id)
{
    struct xid parsed;
    struct str part, rest = id, member = id;
    for (int parts = 0; parts < 3 && str_next(&rest, '/', &part); parts++) member = str_of(id.p, (size_t)(part.p + part.n - id.p));
    return xid_parse_client(c->arena, member, &parsed) ? member : id;
}

static struct str agency_of(struct call *c, struct str id) { return exchange_member_name(c, member_of(c, id)); }

static struct page_fault_row explain(struct call *c, struct str fault)
{
    struct fault_help help = { .cause = TR("The other agency's node gave a fault that is not known here."), .cure = TR("Look for the id in the logs of both nodes.") };
    (void)exchange_explain_fault(fault, &help);
    return (struct page_fault_row){ .fault = fault, .hop = text_tr(c->lang, exchange_fault_hop(fault)), .cause = text_tr(c->lang, help.cause), .cure = text_tr(c->lang, help.cure),
                                    .trouble = health__is_trouble(fault) };
}

/* pairs_of: who met this fault with whom, in the order of the list. */
static void pairs_of(struct call *c, const struct fault_group *list, size_t n, struct page_fault_row *row)
{
    struct page_fault_pair *pairs = arena_array(c->arena, struct page_fault_pair, n);
    for (size_t i = 0; i < n; i++) {
        const struct fault_group *g = &list[i];
        if (!str_eq(g->fault, row->fault)) continue;
        pairs[row->npairs++] = (struct page_fault_pair){ agency_of(c, g->client), agency_of(c, g->service), g->service, g->last_id, g->n, g->last_ms };
        row->n += g->n;
    }
    row->pairs = pairs;
}

static enum status show_faults(struct call *c, const struct request *rq, struct reply *rp)
{
    const struct fault_group *list;
    size_t n, nrows = 0;
    if (!is_operator(c)) return ST_NOT_FOUND;
    TRY(monitor__list_faults(c, c->now_ms / MINUTE_MS - DAY_MINUTES, &list, &n));
    struct page_fault_row *rows = arena_array(c->arena, struct page_fault_row, n);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < nrows && !str_eq(rows[k].fault, list[i].fault)) k++;
        if (k < nrows) continue; /* cause and cure stand once, above all who met it */
        rows[nrows] = explain(c, list[i].fault);
        pairs_of(c, &list[i], n - i, &rows[nrows++]);
    }
    return reply_page(c, rq, rp, &PAGE_FAULTS, &(struct page_faults){ c->now_ms, rows, nrows });
}

/* ---- who talks to whom ---- */

static const struct { const char *value; int64_t minutes; } spans[] = { { "10m", 10 }, { "1h", HOUR_MINUTES }, { "24h", DAY_MINUTES } };
enum { SPANS = sizeof spans / sizeof *spans };

static size_t chosen_span(struct str value)
{
    for (size_t i = 0; i < SPANS; i++)
        if (str_eq(value, str_z(spans[i].value))) return i;
    return 1;
}

static void put_spans(struct call *c, size_t chosen, struct page_traffic *page)
{
    const struct str texts[SPANS] = { TR("Last 10 minutes"), TR("Last hour"), TR("Last 24 hours") };
    struct page_choice *list = arena_array(c->arena, struct page_choice, SPANS);
    for (size_t i = 0; i < SPANS; i++) list[i] = (struct page_choice){ str_z(spans[i].value), text_tr(c->lang, texts[i]), STR(""), i == chosen };
    page->spans = list;
    page->nspans = SPANS;
}

/* put_flows: the table by service, and what goes into the picture by pairs of members. */
static size_t put_flows(struct call *c, const struct flow *flows, size_t n, struct page_traffic *page, struct picture_flow *pairs)
{
    struct page_flow_row *rows = arena_array(c->arena, struct page_flow_row, n);
    size_t npairs = 0;
    for (size_t i = 0; i < n; i++) {
        const struct flow *f = &flows[i];
        struct str from = member_of(c, f->client), to = member_of(c, f->service);
        size_t at = 0;
        if (health__is_upkeep(f->service) || !f->n) continue;
        struct str from_name = exchange_member_name(c, from), to_name = exchange_member_name(c, to);
        struct str took = str_print(c->arena, "%.1f ms", (double)f->took_us / (double)f->n / US_A_MS);
        rows[page->nflows++] = (struct page_flow_row){ from_name, to_name, f->client, f->service, took, f->n, f->faults };
        page->total += f->n;
        while (at < npairs && !(str_eq(pairs[at].from, from) && str_eq(pairs[at].to, to))) at++;
        if (at == npairs) pairs[npairs++] = (struct picture_flow){ from, to, from_name, to_name, 0, 0 };
        pairs[at].n += f->n;
        pairs[at].trouble += f->trouble;
    }
    page->flows = rows;
    return npairs;
}

static enum status show_traffic(struct call *c, const struct request *rq, struct reply *rp)
{
    struct page_traffic page = { .at_ms = c->now_ms };
    const struct flow *flows;
    struct picture picture;
    size_t n, span = chosen_span(request_query(rq, "span"));
    if (!is_operator(c)) return ST_NOT_FOUND;
    put_spans(c, span, &page);
    TRY(monitor__list_flows(c, c->now_ms / MINUTE_MS - spans[span].minutes + 1, &flows, &n));
    struct picture_flow *pairs = arena_array(c->arena, struct picture_flow, n);
    picture__draw(c, pairs, put_flows(c, flows, n, &page, pairs), &picture);
    page.nodes = picture.nodes;
    page.nnodes = picture.nnodes;
    page.arcs = picture.arcs;
    page.narcs = picture.narcs;
    return reply_page(c, rq, rp, &PAGE_TRAFFIC, &page);
}

static const struct field traffic_form[] = { { "span", FIELD_CODE, .max_length = 4, .label = "Time" }, { 0 } };

const struct route monitor__routes[] = {
    { "GET", "/monitor", show_nodes, .need = MONITOR_READ },
    { "GET", "/monitor/here", show_here, .need = MONITOR_READ },
    { "GET", "/monitor/nodes/{server*}", show_node, .need = MONITOR_READ },
    { "GET", "/monitor/faults", show_faults, .need = MONITOR_READ },
    { "GET", "/monitor/traffic", show_traffic, .need = MONITOR_READ, .form = traffic_form },
    { "GET", "/monitor.json", monitor__show_json, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { 0 } };
