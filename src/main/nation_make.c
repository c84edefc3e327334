/* nation_make.c: makes the sandbox nation once. The order is that of a real one: each node makes its keys and requests; the operator's CA answers them, its
 * directory admits the members; the anchor and the certificates go back; registers are loaded; accounts are made. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "main/nation.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "exchange/operator.h"
#include "main/node.h"
#include "main/node_init.h"

enum { TEMPLATE_MAX = 64 * 1024, REQUEST_MAX = 64 * 1024 };

struct str nation_replace(struct call *c, struct str text, struct str what, struct str with)
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

void nation_clear_folder(struct call *c, const struct nation_node *node)
{
    if (file_exists(c, file_path(c->arena, node->folder, STR("node.yaml")))) (void)nftw(str_to_z(c->arena, node->folder), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* clear_unfinished: node folders of a making that was interrupted; only folders that this nation names, below its own folder. */
static void clear_unfinished(struct call *c, const struct nation *n)
{
    for (size_t i = 0; i < n->nnodes; i++) nation_clear_folder(c, &n->nodes[i]);
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

/* fill: the template of a node's node.yaml with its marks filled in. */
static enum status fill(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra, struct str *ret)
{
    struct str text, file;
    TRY(yaml_need(c, node->yaml, "file", &file));
    TRY(file_read(c, file_path(c->arena, n->sandbox, file), TEMPLATE_MAX, &text));
    for (; extra && extra->mark; extra++) text = nation_replace(c, text, str_z(extra->mark), extra->text);
    text = nation_replace(c, text, STR("${instance}"), n->instance);
    text = nation_replace(c, text, STR("${address}"), node->address);
    text = nation_replace(c, text, STR("${pages}"), str_print(c->arena, "%lld", (long long)node->pages));
    *ret = nation_replace(c, text, STR("${store}"), store_url(c, n, node));
    return ST_OK;
}

enum status nation_node_yaml(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra, struct str *ret)
{
    struct str path = file_path(c->arena, node->folder, STR("node.yaml"));
    return file_exists(c, path) ? file_read(c, path, TEMPLATE_MAX, ret) : fill(c, n, node, extra, ret);
}

/* make_databases: on PostgreSQL each node has two databases of its own, <name>_node and <name>_log. */
static enum status make_databases(struct call *c, const struct nation *n, const struct nation_node *node)
{
    if (str_eq(n->store, STR("sqlite"))) return ST_OK;
    const char *words[] = { "store", "create", str_to_z(c->arena, store_url(c, n, node)), NULL };
    return nation_child(c, n, false, words);
}

enum status nation_furnish_folder(struct call *c, const struct nation *n, const struct nation_node *node, const struct nation_fill *extra)
{
    struct str text;
    TRY(fill(c, n, node, extra, &text));
    TRY(make_databases(c, n, node)); /* first: a server that does not answer leaves nothing behind */
    TRY(file_make_folder(c, node->folder, 0700));
    TRY(file_write(c, file_path(c->arena, node->folder, STR("node.yaml")), text, 0600));
    return node_init_pin(c, node->folder);
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

static enum status operate(struct call *c, const struct nation_node *nodes, size_t count, struct str *ret_anchor)
{
    TRY(operator_ca_init(c));
    for (size_t i = 0; i < count; i++) {
        struct str tls = STR("");
        for (const struct node_request *rq = node_requests; rq->name; rq++) TRY(answer_request(c, &nodes[i], rq, &tls));
        TRY(admit(c, &nodes[i], tls));
    }
    TRY(operator_publish(c));
    return operator_anchor(c, ret_anchor);
}

enum status nation_admit(struct call *c, const struct nation *n, const struct nation_node *nodes, size_t count, struct str *ret_anchor)
{
    for (size_t i = 0; i < n->nnodes; i++) {
        struct node *node = NULL;
        if (!n->nodes[i].is_operator) continue;
        TRY(node_load(c, n->nodes[i].folder, &node));
        enum status st = node_open(c, node, HOLDER_OWN);
        if (st == ST_OK) st = operate(c, nodes, count, ret_anchor);
        node_close(c, node);
        return st;
    }
    return call_fail(c, ST_INVALID, "nodes", "No node of nation.yaml is the operator. Write operator: true at one.");
}

enum status nation_give_back(struct call *c, const struct nation_node *node, struct str anchor)
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

/* ---- all of it ---- */

/* struct holders: a key holder for each node, for as long as the making lasts: keys are made and opened once. */
struct holders { int pids[NATION_NODES]; size_t n; };

static void holders_done(struct holders *h)
{
    while (h->n) node_holder_stop(h->pids[--h->n]);
}

static enum status start_holder(struct call *c, const struct nation_node *node, struct holders *h)
{
    struct node *opened = NULL;
    TRY(node_load(c, node->folder, &opened));
    enum status st = node_holder_start(c, opened, &h->pids[h->n]);
    if (st == ST_OK) h->n++;
    node_close(c, opened);
    return st;
}

static enum status make_keys(struct call *c, const struct nation *n, const struct nation_node *node)
{
    return node_init_keys(c, node->folder, n->sign_kind);
}

static enum status make_all(struct call *c, struct nation *n, struct holders *holders)
{
    struct str anchor;
    for (size_t i = 0; i < n->nnodes; i++) TRY(nation_furnish_folder(c, n, &n->nodes[i], NULL));
    for (size_t i = 0; i < n->nnodes; i++) TRY(start_holder(c, &n->nodes[i], holders));
    TRY(nation_each(c, n, make_keys));
    nation_step(n, "%zu nodes: keys made, certificates asked for", n->nnodes);
    TRY(nation_admit(c, n, n->nodes, n->nnodes, &anchor));
    for (size_t i = 0; i < n->nnodes; i++) TRY(nation_give_back(c, &n->nodes[i], anchor));
    nation_step(n, "operator: certificates issued, directory published");
    TRY(nation_make_people(c, n));
    nation_step(n, "%lld invented people generated", (long long)n->people);
    TRY(nation_load_registers(c, n));
    nation_step(n, "population register loaded");
    TRY(nation_each(c, n, nation_make_accounts));
    nation_step(n, "accounts made");
    return nation_write_welcome(c, n);
}

enum status nation_make(struct call *c, struct nation *n)
{
    struct holders holders __attribute__((cleanup(holders_done))) = { 0 };
    clear_unfinished(c, n);
    TRY(nation_write_options(c, n));
    return make_all(c, n, &holders);
}
