/* nation_people.c: the invented people of a sandbox nation, who of them and of the officials may sign in, and the page that tells a newcomer so. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "identity/identity.h"
#include "main/nation.h"
#include "main/node.h"

enum { CITIZENS_MAX = 10, HEAD_BYTES = 256 * 1024, WELCOME_MAX = 64 * 1024, RIGHTS_MAX = 16 };
#define SANDBOX_PASSWORD "lotus-pond-2026"

static struct str people_file(struct call *c, const struct nation *n) { return file_path(c->arena, n->folder, STR("population.jsonl")); }

enum status nation_make_people(struct call *c, const struct nation *n)
{
    const char *words[] = { "population", "generate", "--people", str_to_z(c->arena, str_print(c->arena, "%lld", (long long)n->people)), "--seed",
                            str_to_z(c->arena, str_print(c->arena, "%lld", (long long)n->seed)), "--units",
                            str_to_z(c->arena, file_path(c->arena, n->country, STR("units"))), "--out", str_to_z(c->arena, people_file(c, n)), NULL };
    return nation_child(c, n, true, words);
}

enum status nation_load_registers(struct call *c, const struct nation *n)
{
    for (size_t i = 0; i < n->nnodes; i++) {
        const struct yaml *list = yaml_get(n->nodes[i].yaml, "registers");
        for (const struct yaml *r = list ? list->first : NULL; r; r = r->next) {
            if (!str_eq(r->text, STR("population"))) continue;
            const char *words[] = { "register", "load", "population", str_to_z(c->arena, people_file(c, n)), "--node", str_to_z(c->arena, n->nodes[i].folder), NULL };
            TRY(nation_child(c, n, true, words));
        }
    }
    return ST_OK;
}

/* ---- who may sign in ---- */

struct sandbox_person { struct str name, pin; };
struct citizens { struct sandbox_person people[CITIZENS_MAX]; size_t n; };

/* read_head: the beginning of a file that may be large. */
static enum status read_head(struct call *c, struct str path, struct str *ret)
{
    char *text = arena_alloc(c->arena, HEAD_BYTES, 1);
    FILE_FD fd = open(str_to_z(c->arena, path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, HEAD_BYTES) : -1;
    if (n < 0) return call_fail(c, ST_UNAVAILABLE, "", "The file %s cannot be read.", path);
    *ret = str_of(text, (size_t)n);
    return ST_OK;
}

/* one: of a group that may have several versions the first. */
static const struct json *one(const struct json *j) { return json_is_array(j) ? json_first(j) : j; }

/* read_person: a living head of a household, from one line of the generated file. */
static bool read_person(struct call *c, struct str line, struct sandbox_person *ret)
{
    const struct json *j;
    if (json_parse(c, line, &j) != ST_OK) {
        call_clear(c);
        return false;
    }
    const struct json *name = one(json_get(j, "name")), *states = json_get(j, "status");
    bool alive = json_first(states) && !json_next(json_first(states));
    ret->pin = json_text(json_get(json_get(j, "keys"), "pin"), STR(""));
    static const char *const parts[] = { "surname", "middle", "given" };
    ret->name = STR("");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct str part = json_text(json_get(name, parts[i]), STR(""));
        if (part.n) ret->name = str_join(c->arena, ret->name, ret->name.n ? STR(" ") : STR(""), part, STR_END);
    }
    return alive && ret->pin.n && str_eq(json_text(json_get(one(json_get(j, "household")), "role"), STR("")), STR("head"));
}

/* read_citizens: the first such people, as many as the node's entry says. */
static enum status read_citizens(struct call *c, const struct nation *n, const struct nation_node *node, struct citizens *ret)
{
    int64_t wanted;
    struct str line, rest;
    TRY(yaml_int(c, node->yaml, "citizens", 0, &wanted));
    if (wanted <= 0) return ST_OK;
    TRY(read_head(c, people_file(c, n), &rest));
    while ((int64_t)ret->n < wanted && ret->n < CITIZENS_MAX && str_next(&rest, '\n', &line))
        if (read_person(c, line, &ret->people[ret->n])) ret->n++;
    return ST_OK;
}

static struct str citizen_login(struct call *c, size_t i) { return str_print(c->arena, "citizen%zu", i + 1); }

static enum status make_official(struct call *c, const struct yaml *a)
{
    struct str rights[RIGHTS_MAX];
    struct new_account account = { .password = STR(SANDBOX_PASSWORD), .rights = rights };
    TRY(yaml_need(c, a, "login", &account.login));
    TRY(yaml_need(c, a, "name", &account.name));
    TRY(yaml_need(c, a, "role", &account.role));
    const struct yaml *r = yaml_get(a, "rights");
    for (r = r ? r->first : NULL; r && account.nrights < RIGHTS_MAX; r = r->next) rights[account.nrights++] = r->text;
    int64_t id;
    return identity_make_account(c, &account, &id);
}

/* make_accounts: on the node that this call's app is. */
static enum status make_accounts(struct call *c, const struct nation *n, const struct nation_node *node)
{
    struct citizens citizens = { 0 };
    const struct yaml *list = yaml_get(node->yaml, "accounts");
    for (const struct yaml *a = list ? list->first : NULL; a; a = a->next) TRY(make_official(c, a));
    TRY(read_citizens(c, n, node, &citizens));
    for (size_t i = 0; i < citizens.n; i++) {
        struct new_account account = { .login = citizen_login(c, i), .name = citizens.people[i].name, .password = STR(SANDBOX_PASSWORD), .role = STR("citizen"), .pin = citizens.people[i].pin };
        int64_t id;
        TRY(identity_make_account(c, &account, &id));
    }
    return ST_OK;
}

enum status nation_make_accounts(struct call *c, const struct nation *n, const struct nation_node *at)
{
    struct node *node = NULL;
    TRY(node_load(c, at->folder, &node));
    enum status st = node_open(c, node, HOLDER_OWN);
    if (st == ST_OK) st = make_accounts(c, n, at);
    node_close(c, node);
    return st;
}

/* ---- the welcome ---- */

struct str nation_official(struct call *c, const struct nation_node *node, const struct yaml *account)
{
    return str_print(c->arena, "  http://localhost:%lld  %-10.*s %.*s (%.*s)\n", (long long)node->pages, STR_ARG(yaml_text(account, "login", STR(""))),
                     STR_ARG(yaml_text(account, "name", STR(""))), STR_ARG(yaml_text(account, "role", STR(""))));
}

/* fill_step: a sentence of nation.yaml in which ${pin} is the number of the first citizen and ${NODE} the address of a node's pages. Empty when it
 * speaks of a node that this nation does not have. */
static struct str fill_step(struct call *c, const struct nation *n, struct str sentence, struct str pin)
{
    struct str text = nation_replace(c, sentence, STR("${pin}"), pin);
    for (size_t i = 0; i < n->nnodes; i++)
        text = nation_replace(c, text, str_print(c->arena, "${%.*s}", STR_ARG(n->nodes[i].name)), str_print(c->arena, "http://localhost:%lld", (long long)n->nodes[i].pages));
    return str_find(text, STR("${")) == SIZE_MAX ? text : STR("");
}

static void put_tour(struct call *c, const struct nation *n, struct str pin, struct buf *b)
{
    int step = 1;
    for (const struct yaml *y = n->tour ? n->tour->first : NULL; y; y = y->next) {
        struct str text = fill_step(c, n, y->text, pin);
        if (text.n) buf_print(b, "  %d. %.*s\n", step++, STR_ARG(text));
    }
    buf_print(b, "  %d. %.*s nation status %.*s\n", step, STR_ARG(n->self), STR_ARG(n->folder));
}

enum status nation_write_welcome(struct call *c, const struct nation *n)
{
    struct buf b = buf_in(c->arena, WELCOME_MAX), officials = buf_in(c->arena, WELCOME_MAX);
    struct str pin = STR(""), text;
    buf_print(&b, "The sandbox nation is running. All people in it are invented. The password of every account is: " SANDBOX_PASSWORD "\n\nCitizens\n");
    for (size_t i = 0; i < n->nnodes; i++) {
        struct citizens citizens = { 0 };
        TRY(read_citizens(c, n, &n->nodes[i], &citizens));
        for (size_t k = 0; k < citizens.n; k++)
            buf_print(&b, "  http://localhost:%lld  %-10.*s %.*s, %.*s\n", (long long)n->nodes[i].pages, STR_ARG(citizen_login(c, k)), STR_ARG(citizens.people[k].name),
                      STR_ARG(citizens.people[k].pin));
        if (!pin.n && citizens.n) pin = citizens.people[0].pin;
        const struct yaml *list = yaml_get(n->nodes[i].yaml, "accounts");
        for (const struct yaml *a = list ? list->first : NULL; a; a = a->next) buf_put(&officials, nation_official(c, &n->nodes[i], a));
    }
    buf_print(&b, "\nOfficials\n%.*s\nTry:\n", STR_ARG(buf_str(&officials)));
    put_tour(c, n, pin, &b);
    TRY(buf_finish(&b, &text));
    return file_write(c, file_path(c->arena, n->folder, STR("welcome.txt")), text, 0600);
}
