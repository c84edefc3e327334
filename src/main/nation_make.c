/* nation_make.c: makes the sandbox nation once. The order is that of a real one: each node makes its keys and requests; the operator's CA answers them, its
 * directory admits the members; the anchor and the certificates go back; registers are loaded; accounts are made. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "main/nation.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/file.h"
#include "base/json.h"
#include "exchange/operator.h"
#include "identity/identity.h"
#include "main/node.h"
#include "main/node_init.h"

enum { TEMPLATE_MAX = 64 * 1024, REQUEST_MAX = 64 * 1024, CITIZENS_MAX = 10, HEAD_BYTES = 256 * 1024 };
#define SANDBOX_PASSWORD "lotus-pond-2026"

static struct str replace(struct call *c, struct str text, struct str what, struct str with)
{
    struct buf out = buf_in(c->arena, TEMPLATE_MAX);
    struct str piece;
    while (str_cut_at(&text, what, &piece)) {
        buf_put(&out, piece);
        buf_put(&out, with);
    }
    buf_put(&out, text);
    return buf_str(&out);
}

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

/* clear_unfinished: node folders of a making that was interrupted; only folders that this nation names, below its own folder. */
static void clear_unfinished(struct call *c, const struct nation *n)
{
    for (size_t i = 0; i < n->nnodes; i++)
        if (file_exists(c, file_path(c->arena, n->nodes[i].folder, STR("node.yaml"))))
            (void)nftw(str_to_z(c->arena, n->nodes[i].folder), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct str store_url(struct call *c, const struct nation *n, const struct nation_node *node)
{
    if (str_eq(n->store, STR("sqlite"))) return STR("sqlite:data");
    struct str url = n->store, query = STR("");
    size_t mark = str_find(url, STR("?"));
    if (mark != SIZE_MAX) {
        query = str_skip(url, mark);
        url = str_first(url, mark);
    }
    return str_join(c->arena, url, STR("_"), node->name, query, STR_END);
}

static enum status write_node_yaml(struct call *c, const struct nation *n, const struct nation_node *node)
{
    struct str text;
    TRY(file_make_folder(c, node->folder, 0700));
    TRY(file_read(c, file_path(c->arena, n->sandbox, node->file), TEMPLATE_MAX, &text));
    text = replace(c, text, STR("${address}"), node->address);
    text = replace(c, text, STR("${pages}"), str_print(c->arena, "%lld", (long long)node->pages));
    text = replace(c, text, STR("${store}"), store_url(c, n, node));
    TRY(file_write(c, file_path(c->arena, node->folder, STR("node.yaml")), text, 0600));
    return node_init_pin(c, node->folder);
}

/* make_databases: on PostgreSQL each node has two databases of its own, <name>_node and <name>_log. */
static enum status make_databases(struct call *c, const struct nation *n)
{
    if (str_eq(n->store, STR("sqlite"))) return ST_OK;
    for (size_t i = 0; i < n->nnodes; i++) {
        const char *words[] = { "store", "create", str_to_z(c->arena, store_url(c, n, &n->nodes[i])), NULL };
        TRY(nation_child(c, n, STR(""), words));
    }
    return ST_OK;
}

/* ---- certificates and directory: the operator's part ---- */

static enum status answer_request(struct call *c, const struct nation_node *node, const struct node_request *rq, struct str *ret_tls)
{
    struct str csr, cert, path = str_print(c->arena, "%.*s/requests/%s.csr", STR_ARG(node->folder), rq->name);
    if (!file_exists(c, path)) return ST_OK;
    TRY(file_read(c, path, REQUEST_MAX, &csr));
    TRY(operator_issue(c, csr, rq->kind, &cert));
    if (rq->kind == CERT_TLS) *ret_tls = cert;
    return file_write(c, str_print(c->arena, "%.*s/requests/%s.cert.pem", STR_ARG(node->folder), rq->name), cert_to_pem(c->arena, cert), 0644);
}

/* admit: the member, its server and its subsystems come from its node.yaml, as they would from its application. */
static enum status admit(struct call *c, const struct nation_node *node, struct str tls_cert)
{
    const struct yaml *y;
    struct operator_admission a = { .address = node->address, .auth_cert = tls_cert };
    struct operator_subsystem subsystems[16];
    TRY(yaml_load(c, file_path(c->arena, node->folder, STR("node.yaml")), &y));
    a.member = yaml_text(y, "member", STR(""));
    a.name = yaml_text(y, "name", STR(""));
    a.server = yaml_text(y, "server", STR(""));
    const struct yaml *list = yaml_get(yaml_get(y, "exchange"), "subsystems");
    for (const struct yaml *s = list ? list->first : NULL; s && a.nsubsystems < 16; s = s->next)
        subsystems[a.nsubsystems++] = (struct operator_subsystem){ yaml_text(s, "code", STR("")), yaml_text(s, "name", STR("")) };
    a.subsystems = subsystems;
    return operator_admit(c, &a);
}

static enum status operate(struct call *c, const struct nation *n, struct str *ret_anchor)
{
    TRY(operator_ca_init(c));
    for (size_t i = 0; i < n->nnodes; i++) {
        struct str tls = STR("");
        for (const struct node_request *rq = node_requests; rq->name; rq++) TRY(answer_request(c, &n->nodes[i], rq, &tls));
        TRY(admit(c, &n->nodes[i], tls));
    }
    TRY(operator_publish(c));
    return operator_anchor(c, ret_anchor);
}

static enum status at_operator(struct call *c, const struct nation *n, struct str *ret_anchor)
{
    for (size_t i = 0; i < n->nnodes; i++) {
        struct node *node = NULL;
        if (!n->nodes[i].is_operator) continue;
        TRY(node_load(c, n->nodes[i].folder, &node));
        enum status st = node_open(c, node, HOLDER_OWN);
        if (st == ST_OK) st = operate(c, n, ret_anchor);
        node_close(c, node);
        return st;
    }
    return call_fail(c, ST_INVALID, "nodes", "No node of nation.yaml is the operator. Write operator: true at one.");
}

static enum status give_back(struct call *c, const struct nation_node *node, struct str anchor)
{
    struct str certs[8];
    size_t n = 0;
    TRY(file_write(c, file_path(c->arena, node->folder, STR("anchor.xml")), anchor, 0644));
    for (const struct node_request *rq = node_requests; rq->name; rq++) {
        struct str path = str_print(c->arena, "%.*s/requests/%s.cert.pem", STR_ARG(node->folder), rq->name);
        if (file_exists(c, path)) TRY(file_read(c, path, REQUEST_MAX, &certs[n++]));
    }
    return node_init_certificates(c, node->folder, certs, n);
}

/* ---- people and accounts ---- */

static enum status make_people(struct call *c, const struct nation *n, struct str *ret_file)
{
    *ret_file = file_path(c->arena, n->folder, STR("population.jsonl"));
    const char *words[] = { "population", "generate", "--people", str_to_z(c->arena, str_print(c->arena, "%lld", (long long)n->people)), "--seed",
                            str_to_z(c->arena, str_print(c->arena, "%lld", (long long)n->seed)), "--units",
                            str_to_z(c->arena, file_path(c->arena, n->country, STR("units"))), "--out", str_to_z(c->arena, *ret_file), NULL };
    return nation_child(c, n, STR(""), words);
}

static enum status load_registers(struct call *c, const struct nation *n, struct str people)
{
    for (size_t i = 0; i < n->nnodes; i++) {
        const struct yaml *list = yaml_get(n->nodes[i].yaml, "registers");
        for (const struct yaml *r = list ? list->first : NULL; r; r = r->next) {
            if (!str_eq(r->text, STR("population"))) continue;
            const char *words[] = { "register", "load", "population", str_to_z(c->arena, people), "--node", str_to_z(c->arena, n->nodes[i].folder), NULL };
            TRY(nation_child(c, n, STR(""), words));
        }
    }
    return ST_OK;
}

struct welcome { struct buf officials, citizens; struct str citizen_pin; };

static enum status make_officials(struct call *c, const struct nation_node *node, struct welcome *w)
{
    const struct yaml *list = yaml_get(node->yaml, "accounts");
    for (const struct yaml *a = list ? list->first : NULL; a; a = a->next) {
        struct str rights[16];
        struct new_account account = { .password = STR(SANDBOX_PASSWORD), .rights = rights };
        TRY(yaml_need(c, a, "login", &account.login));
        TRY(yaml_need(c, a, "name", &account.name));
        TRY(yaml_need(c, a, "role", &account.role));
        const struct yaml *r = yaml_get(a, "rights");
        for (r = r ? r->first : NULL; r && account.nrights < 16; r = r->next) rights[account.nrights++] = r->text;
        int64_t id;
        TRY(identity_make_account(c, &account, &id));
        buf_print(&w->officials, "  http://localhost:%lld  %-10.*s %.*s (%.*s)\n", (long long)node->pages, STR_ARG(account.login), STR_ARG(account.name), STR_ARG(account.role));
    }
    return ST_OK;
}

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

struct sandbox_person { struct str name, pin; };

/* read_person: a living head of a household, from one line of the generated file. */
static bool read_person(struct call *c, struct str line, struct sandbox_person *ret)
{
    const struct json *j;
    if (json_parse(c, line, &j) != ST_OK) {
        call_clear(c);
        return false;
    }
    const struct json *name = json_first(json_get(j, "name")), *states = json_get(j, "status");
    bool alive = json_first(states) && !json_next(json_first(states));
    ret->pin = json_text(json_get(json_get(j, "keys"), "pin"), STR(""));
    static const char *const parts[] = { "surname", "middle", "given" };
    ret->name = STR("");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct str part = json_text(json_get(name, parts[i]), STR(""));
        if (part.n) ret->name = str_join(c->arena, ret->name, ret->name.n ? STR(" ") : STR(""), part, STR_END);
    }
    return alive && ret->pin.n && str_eq(json_text(json_get(json_get(j, "household"), "role"), STR("")), STR("head"));
}

/* make_citizens: accounts citizen1, citizen2 ... for the first such people. */
static enum status make_citizens(struct call *c, const struct nation *n, const struct nation_node *node, struct str people, struct welcome *w)
{
    int64_t wanted, made = 0;
    struct str line, rest = people;
    TRY(yaml_int(c, node->yaml, "citizens", 0, &wanted));
    while (made < wanted && made < CITIZENS_MAX && str_next(&rest, '\n', &line)) {
        struct sandbox_person p;
        if (!read_person(c, line, &p)) continue;
        struct new_account account = { .login = str_print(c->arena, "citizen%lld", (long long)made + 1), .name = p.name, .password = STR(SANDBOX_PASSWORD), .role = STR("citizen"), .pin = p.pin };
        int64_t id;
        TRY(identity_make_account(c, &account, &id));
        if (made == 0) w->citizen_pin = p.pin;
        buf_print(&w->citizens, "  http://localhost:%lld  %-10.*s %.*s, %.*s\n", (long long)node->pages, STR_ARG(account.login), STR_ARG(p.name), STR_ARG(p.pin));
        made++;
    }
    (void)n;
    return ST_OK;
}

static enum status make_accounts(struct call *c, const struct nation *n, const struct nation_node *at, struct str people, struct welcome *w)
{
    struct node *node = NULL;
    TRY(node_load(c, at->folder, &node));
    enum status st = node_open(c, node, HOLDER_OWN);
    if (st == ST_OK) st = make_officials(c, at, w);
    if (st == ST_OK) st = make_citizens(c, n, at, people, w);
    node_close(c, node);
    return st;
}

static enum status write_options(struct call *c, const struct nation *n)
{
    struct str text = str_print(c->arena, "country: %.*s\npeople: %lld\nseed: %lld\nport: %lld\nnet: %.*s\nstore: %.*s\nnodes: \"%.*s\"\n", STR_ARG(n->country_code), (long long)n->people, (long long)n->seed, (long long)n->port,
                                STR_ARG(n->net), STR_ARG(n->store), STR_ARG(n->wanted));
    return file_write(c, file_path(c->arena, n->folder, STR("nation.options")), text, 0600);
}

/* tour_step: a sentence of nation.yaml in which ${pin} is the number of the first citizen and ${NODE} the address of a node's pages. */
static struct str tour_step(struct call *c, const struct nation *n, struct str sentence, struct str pin)
{
    struct str text = replace(c, sentence, STR("${pin}"), pin);
    for (size_t i = 0; i < n->nnodes; i++)
        text = replace(c, text, str_print(c->arena, "${%.*s}", STR_ARG(n->nodes[i].name)), str_print(c->arena, "http://localhost:%lld", (long long)n->nodes[i].pages));
    return text;
}

static enum status write_welcome(struct call *c, const struct nation *n, const struct welcome *w)
{
    int step = 1;
    struct buf b = buf_in(c->arena, TEMPLATE_MAX);
    buf_print(&b, "The sandbox nation is running. All people in it are invented. The password of every account is: " SANDBOX_PASSWORD "\n\n");
    buf_print(&b, "Citizens\n%.*s\nOfficials\n%.*s\nTry:\n", STR_ARG(buf_str(&w->citizens)), STR_ARG(buf_str(&w->officials)));
    for (const struct yaml *y = n->tour ? n->tour->first : NULL; y; y = y->next, step++)
        buf_print(&b, "  %d. %.*s\n", step, STR_ARG(tour_step(c, n, y->text, w->citizen_pin)));
    buf_print(&b, "  %d. %.*s nation status %.*s\n", step, STR_ARG(n->self), STR_ARG(n->folder));
    return file_write(c, file_path(c->arena, n->folder, STR("welcome.txt")), buf_str(&b), 0600);
}

enum status nation_make(struct call *c, struct nation *n)
{
    struct str anchor, file, people;
    struct welcome w = { .officials = buf_in(c->arena, TEMPLATE_MAX), .citizens = buf_in(c->arena, TEMPLATE_MAX) };
    clear_unfinished(c, n);
    TRY(write_options(c, n));
    for (size_t i = 0; i < n->nnodes; i++) {
        TRY(write_node_yaml(c, n, &n->nodes[i]));
        TRY(node_init_keys(c, n->nodes[i].folder, KEY_P256));
        nation_step(n, "%.*s: keys made, certificates asked for", STR_ARG(n->nodes[i].name));
    }
    TRY(make_databases(c, n));
    TRY(at_operator(c, n, &anchor));
    for (size_t i = 0; i < n->nnodes; i++) TRY(give_back(c, &n->nodes[i], anchor));
    nation_step(n, "operator: certificates issued, directory published");
    TRY(make_people(c, n, &file));
    nation_step(n, "%lld invented people generated", (long long)n->people);
    TRY(load_registers(c, n, file));
    nation_step(n, "population register loaded");
    TRY(read_head(c, file, &people));
    for (size_t i = 0; i < n->nnodes; i++) TRY(make_accounts(c, n, &n->nodes[i], people, &w));
    nation_step(n, "accounts made");
    return write_welcome(c, n, &w);
}
