/* traffic_plan.c: the kinds of questions of traffic.yaml and the people they are about. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "main/traffic.h"

enum { PLAN_MAX = 256 * 1024, PEOPLE_BYTES = 16 * 1024 * 1024, PEOPLE_MOST = 5000, NOBODY_DIGITS = 9 };

/* How long a question waits for its connection and for its answer. */
enum { CONNECT_MS = 5000, TOTAL_MS = 30000 };

/* ---- people ---- */

/* pin_of: of a line of population.jsonl; empty for a line that says none. The line's tree lives in a call of its own, renewed for each. */
static struct str pin_of(struct call *line_call, struct call *c, struct str line)
{
    const struct json *j;
    call_renew(line_call);
    if (json_parse(line_call, line, &j) != ST_OK) return STR("");
    return str_copy(c->arena, json_text(json_get(json_get(j, "keys"), "pin"), STR("")));
}

static enum status read_people(struct call *c, const struct nation *n, struct traffic_plan *plan)
{
    struct str path = file_path(c->arena, n->folder, STR("population.jsonl")), text, line;
    char *all = arena_alloc(c->arena, PEOPLE_BYTES, 1);
    size_t got = 0;
    FILE_FD fd = open(str_to_z(c->arena, path), O_RDONLY | O_CLOEXEC);
    for (ssize_t k; fd >= 0 && got < PEOPLE_BYTES && (k = read(fd, all + got, PEOPLE_BYTES - got)) > 0;) got += (size_t)k;
    struct str *pins = arena_array(c->arena, struct str, PEOPLE_MOST);
    struct call *line_call = call_open(c->app);
    text = str_of(all, got);
    while (plan->npins < PEOPLE_MOST && str_cut(&text, '\n', &line)) { /* the last line may be cut off */
        pins[plan->npins] = pin_of(line_call, c, line);
        if (pins[plan->npins].n) plan->npins++;
    }
    call_close(line_call);
    plan->pins = pins;
    if (plan->npins) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "DIR", "The file %s names no people to ask about. Make the nation again.", path);
}

/* ---- kinds ---- */

static void add_header(struct traffic_call *t, const char *name, struct str value)
{
    if (value.n && t->nheaders + 2 < TRAFFIC_HEADERS) t->headers[t->nheaders++] = (struct header){ str_z(name), value }; /* two places stay for user and issue */
}

static const struct nation_node *node_named(const struct nation *n, struct str name)
{
    for (size_t i = 0; i < n->nnodes; i++)
        if (str_eq(n->nodes[i].name, name)) return &n->nodes[i];
    return NULL;
}

static enum status node_yaml(struct call *c, const struct nation *n, const struct nation_node *node, const struct yaml **ret)
{
    struct str text;
    TRY(nation_node_yaml(c, n, node, NULL, &text));
    return yaml_parse(c, STR("node.yaml"), text, ret);
}

/* systems_of: where the information systems of this node ask: web.systems of its node.yaml. */
static enum status systems_of(struct call *c, const struct nation *n, const struct nation_node *node, struct str *ret)
{
    const struct yaml *y;
    TRY(node_yaml(c, n, node, &y));
    *ret = yaml_text(yaml_get(y, "web"), "systems", STR(""));
    return ST_OK;
}

/* is_answered: does a node of this nation belong to the member that the path asks ("/r1/INSTANCE/CLASS/CODE/...")? */
static enum status is_answered(struct call *c, const struct nation *n, struct str path, bool *ret)
{
    *ret = false;
    for (size_t i = 0; i < n->nnodes && !*ret; i++) {
        const struct yaml *y;
        TRY(node_yaml(c, n, &n->nodes[i], &y));
        *ret = str_starts(path, str_join(c->arena, STR("/r1/"), yaml_text(y, "instance", STR("")), STR("/"), yaml_text(y, "member", STR("")), STR("/"), STR_END));
    }
    return ST_OK;
}

static enum status read_kind(struct call *c, const struct nation *n, const struct yaml *y, struct traffic_plan *plan)
{
    static const char *const keys[] = { "node", "client", "path", "body", "purpose", "issue", "role", "user", "users", "weight", NULL };
    struct traffic_call *t = &plan->calls[plan->ncalls];
    struct str name, client, path, systems;
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "node", &name));
    TRY(yaml_need(c, y, "client", &client));
    TRY(yaml_need(c, y, "path", &path));
    TRY(yaml_int(c, y, "weight", 1, &t->weight));
    TRY(yaml_int(c, y, "users", 1, &t->users));
    if (t->weight < 1 || t->users < 1) return yaml_fail(c, y, "weight and users are whole numbers from 1.");
    bool answered;
    TRY(is_answered(c, n, path, &answered));
    const struct nation_node *node = node_named(n, name);
    if (!node || !answered) return ST_OK; /* this nation was made without one of the two */
    TRY(systems_of(c, n, node, &systems));
    t->url = str_print(c->arena, "http://%.*s%.*s", STR_ARG(systems), STR_ARG(path));
    t->body = yaml_text(y, "body", STR(""));
    t->method = t->body.n ? STR("POST") : STR("GET");
    t->issue = yaml_text(y, "issue", STR(""));
    t->user = yaml_text(y, "user", STR(""));
    add_header(t, "X-Road-Client", client);
    add_header(t, "X-Sen-Purpose", yaml_text(y, "purpose", STR("")));
    add_header(t, "X-Sen-Role", yaml_text(y, "role", STR("")));
    add_header(t, "Content-Type", t->body.n ? STR("application/json") : STR(""));
    plan->weights += t->weight;
    plan->ncalls++;
    return ST_OK;
}

enum status traffic_read_plan(struct call *c, const struct nation *n, struct traffic_plan *ret)
{
    static const char *const keys[] = { "calls", NULL };
    const struct yaml *y;
    struct str text;
    struct traffic_plan plan = { 0 };
    TRY(file_read(c, file_path(c->arena, n->sandbox, STR("traffic.yaml")), PLAN_MAX, &text));
    TRY(yaml_parse(c, STR("traffic.yaml"), nation_replace(c, text, STR("${instance}"), n->instance), &y));
    TRY(yaml_allow(c, y, keys));
    const struct yaml *list = yaml_get(y, "calls");
    if (!list) return yaml_fail(c, y, "Write a list: calls.");
    plan.calls = arena_array(c->arena, struct traffic_call, yaml_count(list));
    for (const struct yaml *at = list->first; at; at = at->next) TRY(read_kind(c, n, at, &plan));
    if (!plan.ncalls) return call_fail(c, ST_INVALID, "DIR", "traffic.yaml names no node of this nation. Make one with more nodes.");
    TRY(read_people(c, n, &plan));
    *ret = plan;
    return ST_OK;
}

/* ---- one question ---- */

static const struct traffic_call *draw(const struct traffic_plan *plan, uint64_t random)
{
    int64_t at = (int64_t)(random % (uint64_t)plan->weights);
    const struct traffic_call *t = plan->calls;
    while (at >= t->weight) at -= (t++)->weight;
    return t;
}

void traffic_fill(struct call *c, const struct traffic_plan *plan, uint64_t n, uint64_t random, struct client_request *ret)
{
    const struct traffic_call *t = draw(plan, random);
    struct header *headers = arena_array(c->arena, struct header, TRAFFIC_HEADERS);
    size_t count = t->nheaders;
    uint64_t other = random >> 20; /* bits that did not choose the kind */
    for (size_t i = 0; i < count; i++) headers[i] = t->headers[i];
    if (t->user.n) headers[count++] = (struct header){ STR("X-Road-UserId"), str_print(c->arena, "%.*s-%llu", STR_ARG(t->user), (unsigned long long)(other % (uint64_t)t->users + 1)) };
    if (t->issue.n) headers[count++] = (struct header){ STR("X-Road-Issue"), nation_replace(c, t->issue, STR("${n}"), str_print(c->arena, "%06llu", (unsigned long long)(n % 1000000))) };
    struct str body = nation_replace(c, t->body, STR("${pin}"), plan->pins[other % plan->npins]);
    body = nation_replace(c, body, STR("${nobody}"), str_print(c->arena, "000%0*llu", NOBODY_DIGITS, (unsigned long long)(other % 1000000000)));
    *ret = (struct client_request){ .method = t->method, .url = t->url, .headers = headers, .nheaders = count, .body = body, .has_body = body.n > 0, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS };
}
