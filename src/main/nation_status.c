/* nation_status.c: `sen nation status`: which processes live, and what the operator's node knows of all nodes: the same findings as on its pages. */
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "main/doctor.h"
#include "main/nation.h"
#include "main/serve.h"
#include "web/client.h"

enum { ASK_CONNECT_MS = 1000, ASK_TOTAL_MS = 10000, DAY_LETTERS = 10 };

static bool print_processes(struct call *c, const struct nation *n)
{
    bool all = true;
    (void)printf("%-12s %-28s %-12s %-8s %-8s %-8s\n", "node", "pages", "state", "super", "server", "holder");
    for (size_t i = 0; i < n->nnodes; i++) {
        const struct nation_node *node = &n->nodes[i];
        bool up = nation_answers(c, node);
        all = all && up;
        (void)printf("%-12.*s http://localhost:%-11lld %-12s %-8d %-8d %-8d\n", STR_ARG(node->name), (long long)node->pages, up ? "answers" : "silent",
                     nation_pid(c, node, SERVE_SUPERVISOR), nation_pid(c, node, SERVE_SERVER), nation_pid(c, node, SERVE_HOLDER));
    }
    return all;
}

/* ---- what the operator knows ---- */

static enum status ask_operator(struct call *c, const struct nation_node *node, const struct json **ret)
{
    const struct yaml *y;
    struct client_answer answer;
    TRY(yaml_load(c, file_path(c->arena, node->folder, STR("node.yaml")), &y));
    struct str systems = yaml_text(yaml_get(y, "web"), "systems", STR(""));
    struct client_request rq = { .method = STR("GET"), .url = str_join(c->arena, STR("http://"), systems, STR("/monitor.json"), STR_END), .connect_ms = ASK_CONNECT_MS,
                                 .total_ms = ASK_TOTAL_MS };
    TRY(client_fetch(c, &rq, &answer));
    if (answer.status != 200) return ST_UNAVAILABLE;
    return json_parse(c, answer.body, ret);
}

static void print_node(const struct json *node)
{
    struct finding_words whole = doctor_read_words(node);
    int64_t messages = 0, faults = 0;
    bool silent = json_bool(json_get(node, "silent"), false);
    (void)json_int(json_get(node, "messages_10m"), &messages);
    (void)json_int(json_get(node, "faults_1h"), &faults);
    struct str ends = str_first(json_text(json_get(node, "certificate_ends"), STR("not known")), DAY_LETTERS);
    (void)printf("%-24.*s %-16.*s %-18.*s %10lld %10lld\n", STR_ARG(json_text(json_get(node, "server"), STR(""))), STR_ARG(silent ? STR("Silent") : whole.state), STR_ARG(ends),
                 (long long)messages, (long long)faults);
}

/* print_wrong: what is not well at a node, with place, cause and cure. */
static void print_wrong(const struct json *node)
{
    const struct json *findings = json_get(node, "findings");
    bool told = false;
    for (const struct json *f = findings ? json_first(findings) : NULL; f; f = json_next(f)) {
        struct finding_words w = doctor_read_words(f);
        if (w.level == LEVEL_GOOD) continue;
        if (!told) (void)printf("\n%.*s  %.*s\n", STR_ARG(json_text(json_get(node, "server"), STR(""))), STR_ARG(json_text(json_get(node, "agency"), STR(""))));
        told = true;
        doctor_print(&w);
    }
}

static void print_state(struct call *c, const struct nation_node *node)
{
    const struct json *answer;
    enum status st = ask_operator(c, node, &answer);
    if (st != ST_OK) {
        call_clear(c);
        (void)printf("\nThe operator's node does not tell the state of the others now.\n");
        return;
    }
    const struct json *nodes = json_get(answer, "nodes");
    (void)printf("\n%-24s %-16s %-18s %10s %10s\n", "server", "state", "certificate ends", "msgs/10min", "faults/h");
    for (const struct json *n = nodes ? json_first(nodes) : NULL; n; n = json_next(n)) print_node(n);
    for (const struct json *n = nodes ? json_first(nodes) : NULL; n; n = json_next(n)) print_wrong(n);
}

enum status nation_status_run(struct call *c, const struct args *args)
{
    struct nation n;
    log_least(LOG_ERROR);
    TRY(nation_read_made(c, args, &n));
    bool all = print_processes(c, &n);
    for (size_t i = 0; i < n.nnodes; i++)
        if (n.nodes[i].is_operator) print_state(c, &n.nodes[i]);
    if (all) return ST_OK;
    return call_fail(c, ST_UNAVAILABLE, "", "Not every node answers. Start them with: sen nation start %s", n.folder);
}
