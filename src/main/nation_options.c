/* nation_options.c: which nation, where and how: the command line over FOLDER/nation.options over defaults, each mistake told before anything is made. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "main/nation.h"
#include "main/node.h"
#include "main/node_init.h"

#define PEOPLE_FALLBACK "100000"
#define HOLDER_SOCKET   "/run/holder.sock"

static const char *const option_names[] = { "country", "nodes", "people", "seed", "port", "net", "store", "sign", "instance" };
enum { OPTIONS = sizeof option_names / sizeof option_names[0] };

/* names: is this name one of the list "a,b,c"? */
static bool names(struct str list, struct str name)
{
    struct str one;
    while (str_next(&list, ',', &one))
        if (str_eq(str_trim(one), name)) return true;
    return false;
}

static struct str whole(struct call *c, int64_t n) { return str_print(c->arena, "%lld", (long long)n); }

static enum status number(struct call *c, const char *name, struct str text, int64_t least, int64_t most, int64_t *ret)
{
    if (str_int(text, ret) && *ret >= least && *ret <= most) return ST_OK;
    return call_fail(c, ST_INVALID, name, "Write a whole number from %s to %s.", whole(c, least), whole(c, most));
}

/* is_loopback: "127.B.C", three numbers up to 255 without ornament. */
static bool is_loopback(struct str net)
{
    struct str part;
    int64_t n;
    int parts = 0;
    for (; str_next(&net, '.', &part); parts++)
        if (part.n == 0 || part.n > 3 || !str_int(part, &n) || n < 0 || n > 255 || (parts == 0 && n != 127)) return false;
    return parts == 3;
}

static enum status check_texts(struct call *c, const struct nation *n)
{
    if (!is_loopback(n->net)) return call_fail(c, ST_INVALID, "net", "Write the first three numbers of a loopback range, for example 127.0.7.");
    if (str_eq(n->store, STR("sqlite")) || (str_starts(n->store, STR("postgresql://")) && str_find(str_skip(n->store, strlen("postgresql://")), STR("/")) != SIZE_MAX)) return ST_OK;
    return call_fail(c, ST_INVALID, "store", "Write sqlite, or a URL such as postgresql://user@host/name.");
}

/* check_same: a nation that stands keeps what it was made with. */
static enum status check_same(struct call *c, const struct nation *n, const struct args *args, const struct yaml *options)
{
    if (!n->made) return ST_OK;
    for (size_t i = 0; i < OPTIONS; i++) {
        struct str given = args_value(args, option_names[i]), was = yaml_text(options, option_names[i], STR(""));
        if (args_has(args, option_names[i]) && !str_eq(given, was))
            return call_fail(c, ST_CONFLICT, option_names[i], "The nation in %s was made with --%s %s. Leave the option out, or name another folder.", n->folder,
                             str_z(option_names[i]), was.n ? was : STR("\"\""));
    }
    return ST_OK;
}

/* option: command line, else what the folder was made with, else the fallback. */
static struct str option(const struct args *args, const struct yaml *options, const char *name, struct str fallback)
{
    struct str given = args_value(args, name);
    return given.n ? given : yaml_text(options, name, fallback);
}

static enum status read_options(struct call *c, const struct args *args, struct nation *n)
{
    const struct yaml *y = NULL;
    struct str path = file_path(c->arena, n->folder, STR("nation.options"));
    if (file_exists(c, path)) TRY(yaml_load(c, path, &y));
    n->made = y && file_exists(c, file_path(c->arena, n->folder, STR("welcome.txt")));
    TRY(check_same(c, n, args, y));
    n->country_code = option(args, y, "country", STR("vn"));
    n->net = option(args, y, "net", STR("127.0.7"));
    n->store = option(args, y, "store", STR("sqlite"));
    n->wanted = option(args, y, "nodes", STR(""));
    n->sign = option(args, y, "sign", STR("p256"));
    n->instance = option(args, y, "instance", STR(""));
    TRY(check_texts(c, n));
    TRY(node_init_kind(c, n->sign, &n->sign_kind));
    TRY(number(c, "people", option(args, y, "people", STR(PEOPLE_FALLBACK)), 10, 10000000, &n->people));
    TRY(number(c, "seed", option(args, y, "seed", STR("1")), 0, INT32_MAX, &n->seed));
    return number(c, "port", option(args, y, "port", STR("8080")), 1, 65000, &n->port);
}

enum status nation_write_options(struct call *c, const struct nation *n)
{
    struct str text = str_print(c->arena, "country: %.*s\nnodes: \"%.*s\"\npeople: %lld\nseed: %lld\nport: %lld\nnet: %.*s\nstore: \"%.*s\"\nsign: %.*s\ninstance: %.*s\n",
                                STR_ARG(n->country_code), STR_ARG(n->wanted), (long long)n->people, (long long)n->seed, (long long)n->port, STR_ARG(n->net), STR_ARG(n->store),
                                STR_ARG(n->sign), STR_ARG(n->instance));
    return file_write(c, file_path(c->arena, n->folder, STR("nation.options")), text, 0600);
}

/* ---- the nodes ---- */

enum status nation_read_node(struct call *c, const struct nation *n, const struct yaml *y, struct nation_node *ret)
{
    struct nation_node node = { .yaml = y };
    static const char *const allowed[] = { "node", "file", "host", "pages", "operator", "registers", "accounts", "citizens", NULL };
    TRY(yaml_allow(c, y, allowed));
    TRY(yaml_need(c, y, "node", &node.name));
    TRY(yaml_int(c, y, "host", 1, &node.host));
    TRY(yaml_int(c, y, "pages", 0, &node.offset));
    TRY(yaml_flag(c, y, "operator", false, &node.is_operator));
    node.address = str_print(c->arena, "%.*s.%d", STR_ARG(n->net), (int)node.host);
    node.pages = n->port + node.offset;
    node.folder = file_path(c->arena, n->folder, node.name);
    if (node.folder.n + strlen(HOLDER_SOCKET) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return call_fail(c, ST_INVALID, "DIR", "The name of the folder %s is too long for a socket below it. Choose a shorter one.", n->folder);
    *ret = node;
    return ST_OK;
}

static enum status read_nodes(struct call *c, struct nation *n, const struct yaml *list)
{
    for (const struct yaml *at = list ? list->first : NULL; at; at = at->next) {
        if (n->nnodes == NATION_NODES) return yaml_fail(c, at, "A sandbox has at most 32 nodes.");
        TRY(nation_read_node(c, n, at, &n->nodes[n->nnodes]));
        n->nnodes++;
    }
    return ST_OK;
}

/* choose_nodes: those that are wanted, and the operator, without which there is no nation. */
static enum status choose_nodes(struct call *c, struct nation *n)
{
    struct str rest = n->wanted, one;
    size_t kept = 0;
    if (!n->wanted.n) return ST_OK;
    while (str_next(&rest, ',', &one)) {
        bool found = false;
        for (size_t i = 0; i < n->nnodes; i++) found = found || str_eq(str_trim(one), n->nodes[i].name);
        if (!found) return call_fail(c, ST_INVALID, "nodes", "This nation has no node \"%s\". nation.yaml of the country lists them.", str_trim(one));
    }
    for (size_t i = 0; i < n->nnodes; i++)
        if (n->nodes[i].is_operator || names(n->wanted, n->nodes[i].name)) n->nodes[kept++] = n->nodes[i];
    n->nnodes = kept;
    return ST_OK;
}

static enum status read_joined(struct call *c, struct nation *n)
{
    const struct yaml *y;
    struct str path = file_path(c->arena, n->folder, STR("agencies.yaml"));
    if (!file_exists(c, path)) return ST_OK;
    TRY(yaml_load(c, path, &y));
    return read_nodes(c, n, yaml_get(y, "nodes"));
}

/* is_instance: a word that stands in identifiers and texts as it is. */
static bool is_instance(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-') return false;
    return s.n > 0 && s.n <= 32;
}

static enum status read_country(struct call *c, struct str share, struct nation *n)
{
    static const char *const keys[] = { "instance", "nodes", "tour", "newcomer", NULL };
    const struct yaml *y;
    n->country = file_path(c->arena, file_path(c->arena, share, STR("country")), n->country_code);
    n->sandbox = file_path(c->arena, n->country, STR("sandbox"));
    if (!file_exists(c, file_path(c->arena, n->sandbox, STR("nation.yaml"))))
        return call_fail(c, ST_NOT_FOUND, "country", "There is no sandbox nation of the country \"%s\". Name a folder below country/.", n->country_code);
    TRY(yaml_load(c, file_path(c->arena, n->sandbox, STR("nation.yaml")), &y));
    TRY(yaml_allow(c, y, keys));
    if (!n->instance.n) n->instance = yaml_text(y, "instance", STR(""));
    if (!is_instance(n->instance)) return call_fail(c, ST_INVALID, "instance", "An instance is 1 to 32 letters, digits and hyphens, for example VN.");
    n->tour = yaml_get(y, "tour");
    n->newcomer = yaml_get(y, "newcomer");
    TRY(read_nodes(c, n, yaml_get(y, "nodes")));
    return choose_nodes(c, n);
}

/* absolute: the folder may not be there yet. */
static enum status absolute(struct call *c, struct str folder, struct str *ret)
{
    char real[PATH_MAX];
    const char *z = str_to_z(c->arena, folder);
    if (z && realpath(z, real)) return *ret = str_copy(c->arena, str_z(real)), ST_OK;
    if (!z || errno != ENOENT || !getcwd(real, sizeof real)) return call_fail(c, ST_INVALID, "DIR", "The folder %s cannot be used.", folder);
    *ret = file_path(c->arena, str_copy(c->arena, str_z(real)), folder);
    return ST_OK;
}

enum status nation_read(struct call *c, const struct args *args, struct nation *ret)
{
    struct nation n = { 0 };
    struct str share;
    char real[PATH_MAX];
    TRY(node_share(c, &share));
    TRY(absolute(c, args_value(args, "DIR"), &n.folder));
    ssize_t len = readlink("/proc/self/exe", real, sizeof real);
    n.self = str_copy(c->arena, str_of(real, len > 0 ? (size_t)len : 0));
    TRY(read_options(c, args, &n));
    TRY(read_country(c, share, &n));
    TRY(read_joined(c, &n));
    *ret = n;
    return ST_OK;
}
