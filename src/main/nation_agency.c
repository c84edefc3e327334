/* nation_agency.c: `sen nation add-agency`: an agency joins a sandbox nation that runs. The way is that of a real one: its node makes keys and requests, the
 * operator issues certificates and admits it, the anchor comes back, it starts; the agency that it wants to ask writes the right into its node.yaml. */
#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "main/nation.h"
#include "main/node_init.h"

enum { YAML_MAX = 256 * 1024, HOST_MAX = 254, NAME_MAX_BYTES = 40, TITLE_MAX = 200 };

/* struct newcomer: what the command line says, judged. ask: the service it wants to use, or empty. */
struct newcomer { struct str member, title, node, ask, purpose, columns; const struct str *subsystems; size_t nsubsystems; };

static bool is_code(struct str s, size_t most)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') || (i && (s.p[i] == '-' || s.p[i] == '_')))) return false;
    return s.n > 0 && s.n <= most;
}

static bool is_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) return false;
    return s.n > 0 && s.n <= TITLE_MAX;
}

/* quoted: the text as YAML and JSON both read it; a "$" in it begins no mark of the template that it goes into. */
static struct str quoted(struct call *c, struct str s)
{
    struct buf b = buf_in(c->arena, 8 * TITLE_MAX);
    struct json_out o = json_to(&b);
    json_put_text(&o, s);
    return nation_replace(c, buf_str(&b), STR("$"), STR("\\u0024"));
}

/* ---- what was asked for ---- */

static enum status check_subsystem(struct call *c, struct str word)
{
    struct str code, name = word;
    if (str_cut(&name, '=', &code) && is_code(code, NAME_MAX_BYTES) && is_line(name)) return ST_OK;
    return call_fail(c, ST_INVALID, "CODE=NAME", "Write a subsystem as code=name, for example desk=\"Front desk\".");
}

/* check_ask: a service is asked for with purpose and columns; a right that says neither is none. */
static enum status check_ask(struct call *c, const struct newcomer *a)
{
    struct str rest = a->ask, part;
    size_t parts = 0;
    if (!a->ask.n && !a->purpose.n && !a->columns.n) return ST_OK;
    for (; str_next(&rest, '/', &part); parts++)
        if (!is_code(part, NAME_MAX_BYTES)) parts = SIZE_MAX / 2;
    if (parts != 5) return call_fail(c, ST_INVALID, "ask", "Write the service in full, as INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE.");
    if (!is_line(a->purpose)) return call_fail(c, ST_INVALID, "purpose", "Name the purpose, a code of the nation's list of purposes.");
    if (!is_line(a->columns)) return call_fail(c, ST_INVALID, "columns", "Name the columns that may be seen, a comma between them.");
    return a->nsubsystems ? ST_OK : call_fail(c, ST_INVALID, "CODE=NAME", "Name the subsystem that will ask, for example desk=\"Front desk\".");
}

static enum status read_newcomer(struct call *c, const struct args *args, struct newcomer *ret)
{
    struct newcomer a = { .member = args_value(args, "member"), .title = args_value(args, "name"), .node = args_value(args, "node"), .ask = args_value(args, "ask"),
                          .purpose = args_value(args, "purpose"), .columns = args_value(args, "columns") };
    struct str code = a.member, class_ = STR("");
    a.nsubsystems = args_rest(args, &a.subsystems);
    if (!str_cut(&code, '/', &class_) || !is_code(class_, NAME_MAX_BYTES) || !is_code(code, NAME_MAX_BYTES))
        return call_fail(c, ST_INVALID, "member", "Write class and code of the member, for example GOV/X99.");
    if (!is_line(a.title)) return call_fail(c, ST_INVALID, "name", "Write the name of the agency on one line, at most 200 bytes.");
    if (!is_code(a.node, NAME_MAX_BYTES)) return call_fail(c, ST_INVALID, "node", "Name the node with letters and digits, for example labour.");
    for (size_t i = 0; i < a.nsubsystems; i++) TRY(check_subsystem(c, a.subsystems[i]));
    *ret = a;
    return check_ask(c, ret);
}

static enum status node_file(struct call *c, const struct nation_node *node, const struct yaml **ret, struct str *ret_text)
{
    TRY(file_read(c, file_path(c->arena, node->folder, STR("node.yaml")), YAML_MAX, ret_text));
    return yaml_parse(c, file_path(c->arena, node->folder, STR("node.yaml")), *ret_text, ret);
}

static enum status check_new(struct call *c, const struct nation *n, const struct newcomer *a)
{
    if (n->nnodes == NATION_NODES) return call_fail(c, ST_TOO_LARGE, "DIR", "A sandbox has at most 32 nodes.");
    for (size_t i = 0; i < n->nnodes; i++) {
        const struct yaml *y;
        struct str text;
        if (str_eq(n->nodes[i].name, a->node)) return call_fail(c, ST_CONFLICT, "node", "This nation has a node \"%s\" already. Choose another name.", a->node);
        TRY(node_file(c, &n->nodes[i], &y, &text));
        if (str_eq(yaml_text(y, "member", STR("")), a->member))
            return call_fail(c, ST_CONFLICT, "member", "The member %s has a node already: %s. Choose another code.", a->member, n->nodes[i].name);
    }
    return ST_OK;
}

/* check_purpose: a right for a purpose that the nation does not know would keep the provider from starting. */
static enum status check_purpose(struct call *c, const struct nation *n, const struct newcomer *a)
{
    const struct yaml *y;
    TRY(yaml_load(c, file_path(c->arena, n->country, STR("purposes.yaml")), &y));
    const struct yaml *list = yaml_get(y, "purposes");
    for (const struct yaml *p = list ? list->first : NULL; p; p = p->next)
        if (str_eq(yaml_text(p, "code", STR("")), a->purpose)) return ST_OK;
    return call_fail(c, ST_INVALID, "purpose", "The nation has no purpose \"%s\". purposes.yaml of the country lists them.", a->purpose);
}

/* provider_of: the node whose member and subsystem the service belongs to. */
static enum status provider_of(struct call *c, const struct nation *n, const struct newcomer *a, const struct nation_node **ret)
{
    for (size_t i = 0; i < n->nnodes; i++) {
        const struct yaml *y;
        struct str text;
        TRY(node_file(c, &n->nodes[i], &y, &text));
        struct str member = str_join(c->arena, yaml_text(y, "instance", STR("")), STR("/"), yaml_text(y, "member", STR("")), STR("/"), STR_END);
        const struct yaml *list = yaml_get(yaml_get(y, "exchange"), "subsystems");
        for (const struct yaml *s = list ? list->first : NULL; s; s = s->next)
            if (str_starts(a->ask, str_join(c->arena, member, yaml_text(s, "code", STR("")), STR("/"), STR_END))) return *ret = &n->nodes[i], ST_OK;
    }
    return call_fail(c, ST_NOT_FOUND, "ask", "No node of this nation keeps the service %s. `sen nation status` lists the nodes.", a->ask);
}

/* ---- its node ---- */

static struct str subsystems_yaml(struct call *c, const struct newcomer *a)
{
    struct buf b = buf_in(c->arena, YAML_MAX);
    for (size_t i = 0; i < a->nsubsystems; i++) {
        struct str code, name = a->subsystems[i];
        if (str_cut(&name, '=', &code)) buf_print(&b, "    - {code: %.*s, name: %.*s}\n", STR_ARG(code), STR_ARG(quoted(c, name)));
    }
    return buf_str(&b);
}

/* make_entry: what FOLDER/agencies.yaml will say of it, as a text and as a node of this nation: the first free address and page port. */
static enum status make_entry(struct call *c, const struct nation *n, const struct newcomer *a, struct nation_node *ret, struct str *ret_text)
{
    int64_t host = 0, offset = 0;
    struct buf b = buf_in(c->arena, YAML_MAX);
    const struct yaml *y;
    for (size_t i = 0; i < n->nnodes; i++) {
        if (n->nodes[i].host > host) host = n->nodes[i].host;
        if (n->nodes[i].offset > offset) offset = n->nodes[i].offset;
    }
    if (host >= HOST_MAX) return call_fail(c, ST_TOO_LARGE, "DIR", "A sandbox has at most 32 nodes.");
    buf_print(&b, "  - node: %.*s\n    file: %.*s\n    host: \"%lld\"\n    pages: \"%lld\"\n    accounts:\n", STR_ARG(a->node), STR_ARG(yaml_text(n->newcomer, "file", STR(""))),
              (long long)host + 1, (long long)offset + 1);
    const struct yaml *list = yaml_get(n->newcomer, "accounts");
    for (const struct yaml *u = list ? list->first : NULL; u; u = u->next) {
        buf_print(&b, "      - {login: %.*s, name: %.*s, role: %.*s, rights: [", STR_ARG(yaml_text(u, "login", STR(""))), STR_ARG(quoted(c, yaml_text(u, "name", STR("")))),
                  STR_ARG(yaml_text(u, "role", STR(""))));
        const struct yaml *rights = yaml_get(u, "rights");
        for (const struct yaml *r = rights ? rights->first : NULL; r; r = r->next) buf_print(&b, "%s%.*s", r == rights->first ? "" : ", ", STR_ARG(r->text));
        buf_put(&b, STR("]}\n"));
    }
    TRY(buf_finish(&b, ret_text));
    TRY(yaml_parse(c, STR("agencies.yaml"), str_join(c->arena, STR("nodes:\n"), *ret_text, STR_END), &y));
    return nation_read_node(c, n, yaml_get(y, "nodes")->first, ret);
}

/* remember: from now on the nation has this node. */
static enum status remember(struct call *c, const struct nation *n, struct str entry)
{
    struct str path = file_path(c->arena, n->folder, STR("agencies.yaml")), text = STR("# Agencies that joined later (sen nation add-agency).\nnodes:\n");
    if (file_exists(c, path)) TRY(file_read(c, path, YAML_MAX, &text));
    return file_write(c, path, str_join(c->arena, text, entry, STR_END), 0600);
}

static struct str subsystem_of(struct str service) /* VN/GOV/G01/population/person -> VN/GOV/G01/population */
{
    while (service.n && service.p[service.n - 1] != '/') service.n--;
    return str_first(service, service.n ? service.n - 1 : 0);
}

static enum status make_node(struct call *c, struct nation *n, const struct newcomer *a, const struct nation_node *node)
{
    struct str anchor;
    const struct nation_fill marks[] = { { "${node}", a->node }, { "${member}", a->member }, { "${server}", str_join(c->arena, a->node, STR("1"), STR_END) },
                                         { "${name}", quoted(c, a->title) }, { "${subsystems}", subsystems_yaml(c, a) }, { "${lookup}", subsystem_of(a->ask) }, { 0 } };
    nation_clear_folder(c, node); /* of a joining that did not come to its end */
    TRY(nation_check_ports(c, n, node, marks));
    TRY(nation_furnish_folder(c, n, node, marks));
    TRY(node_init_keys(c, node->folder, n->sign_kind));
    nation_step(n, "%.*s: keys made, certificates asked for", STR_ARG(node->name));
    TRY(nation_admit(c, n, node, 1, &anchor));
    TRY(nation_give_back(c, node, anchor));
    nation_step(n, "operator: certificates issued, %.*s stands in the directory", STR_ARG(a->member));
    TRY(nation_make_accounts(c, n, node));
    nation_step(n, "accounts made");
    return ST_OK;
}

/* ---- the right at the agency that it asks ---- */

/* add_right: into exchange.rights of that node's node.yaml, the rest of which stays as people wrote it; what comes out is read before it is kept. */
static enum status add_right(struct call *c, const struct nation_node *provider, const struct newcomer *a)
{
    const struct yaml *y;
    struct str text, code, instance, columns = a->columns, one, subsystem = subsystem_of(a->ask), first = a->subsystems[0];
    struct buf b = buf_in(c->arena, YAML_MAX), list = buf_in(c->arena, YAML_MAX);
    TRY(node_file(c, provider, &y, &text));
    instance = yaml_text(y, "instance", STR(""));
    if (!str_cut(&first, '=', &code)) code = first;
    while (str_next(&columns, ',', &one)) buf_print(&list, "%s%.*s", list.n ? ", " : "", STR_ARG(quoted(c, str_trim(one))));
    struct str service = str_skip(a->ask, subsystem.n + 1), parent = subsystem_of(subsystem);
    const struct yaml *rights = yaml_get(yaml_get(y, "exchange"), "rights");
    struct str mark = rights ? STR("\n  rights:\n") : STR("\nexchange:\n"), before;
    if (!str_cut_at(&text, mark, &before))
        return call_fail(c, ST_INVALID, "ask", "The node.yaml of %s is not written in blocks, so the right cannot be added. Write it there by hand.", provider->name);
    buf_print(&b, "%.*s%.*s%s    - {client: %.*s/%.*s/%.*s, subsystem: %.*s, service: %.*s, purposes: [%.*s], columns: [%.*s]}\n%.*s", STR_ARG(before), STR_ARG(mark),
              rights ? "" : "  rights:\n", STR_ARG(instance), STR_ARG(a->member), STR_ARG(code), STR_ARG(str_skip(subsystem, parent.n + 1)), STR_ARG(service),
              STR_ARG(quoted(c, a->purpose)), STR_ARG(buf_str(&list)), STR_ARG(text));
    TRY(buf_finish(&b, &text));
    TRY(yaml_parse(c, STR("node.yaml"), text, &y));
    return file_write(c, file_path(c->arena, provider->folder, STR("node.yaml")), text, 0600);
}

/* grant: the provider starts again with the right, and with the directory in which the newcomer stands. */
static enum status grant(struct call *c, struct nation *n, const struct nation_node *provider, const struct newcomer *a)
{
    TRY(add_right(c, provider, a));
    nation_stop_node(c, provider);
    TRY(nation_start_node(c, n, provider));
    TRY(nation_wait_node(c, n, provider));
    nation_step(n, "%.*s: the right is given, the node has started again", STR_ARG(provider->name));
    return ST_OK;
}

static void say_what(struct call *c, const struct nation *n, const struct newcomer *a, const struct nation_node *node)
{
    const struct yaml *list = yaml_get(node->yaml, "accounts");
    struct str code = STR(""), first = a->nsubsystems ? a->subsystems[0] : STR("");
    (void)printf("\nOfficials (the password is that of all accounts of the sandbox)\n");
    for (const struct yaml *u = list ? list->first : NULL; u; u = u->next) (void)printf("%.*s", STR_ARG(nation_official(c, node, u)));
    if (!a->ask.n) {
        (void)printf("\nIt may ask nobody yet. A right stands in exchange.rights of the node that keeps the service.\n");
        return;
    }
    if (!str_cut(&first, '=', &code)) code = first;
    struct str instance = a->ask, rest = a->ask;
    (void)str_cut(&rest, '/', &instance);
    (void)printf("\nTry:\n  %.*s call %.*s --client %.*s/%.*s/%.*s --purpose %.*s --data - --node %.*s\n", STR_ARG(n->self), STR_ARG(a->ask), STR_ARG(instance), STR_ARG(a->member),
                 STR_ARG(code), STR_ARG(a->purpose), STR_ARG(node->folder));
}

enum status nation_add_agency_run(struct call *c, const struct args *args)
{
    struct nation n;
    struct newcomer a;
    struct nation_node node;
    const struct nation_node *provider = NULL;
    struct str entry;
    log_least(LOG_ERROR);
    TRY(read_newcomer(c, args, &a));
    TRY(nation_read_made(c, args, &n));
    if (!n.newcomer) return call_fail(c, ST_INVALID, "DIR", "nation.yaml of this country says nothing of a newcomer. Write how its node.yaml looks.");
    TRY(check_new(c, &n, &a));
    if (a.ask.n) TRY(check_purpose(c, &n, &a));
    if (a.ask.n) TRY(provider_of(c, &n, &a, &provider));
    TRY(make_entry(c, &n, &a, &node, &entry));
    nation_step(&n, "%.*s joins the nation in %.*s", STR_ARG(a.member), STR_ARG(n.folder));
    TRY(make_node(c, &n, &a, &node));
    TRY(remember(c, &n, entry));
    TRY(nation_start_node(c, &n, &node));
    if (provider) TRY(grant(c, &n, provider, &a));
    TRY(nation_wait_node(c, &n, &node));
    nation_step(&n, "%.*s answers on http://localhost:%lld", STR_ARG(node.name), (long long)node.pages);
    say_what(c, &n, &a, &node);
    return ST_OK;
}
