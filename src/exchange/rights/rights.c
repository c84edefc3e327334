/* rights.c: who may call what, for which purposes, and which columns come out: exchange.rights of node.yaml, checked at start, each mistake told with file and
 * line. The judgement knows nothing of registers: it is made before any look-up, so that "no right" and "no such person" look the same from outside. */
#include "exchange/rights/rights.h"

#include "base/config.h"
#include "base/yaml.h"
#include "exchange/directory/directory.h"

static const struct str STAR = STR_INIT("*");

/* read_list: the texts of a list under key; with an empty list where it is missing. */
static enum status read_list(struct call *c, struct arena *a, const struct yaml *y, const char *key, const struct str **ret, size_t *n)
{
    const struct yaml *list = yaml_get(y, key);
    *n = 0;
    if (!list) return ST_OK;
    if (list->kind != YAML_LIST) return yaml_fail(c, list, "Write this as a list, for example [a, b].");
    struct str *texts = arena_array(a, struct str, yaml_count(list));
    for (const struct yaml *e = list->first; e; e = e->next) {
        if (e->kind != YAML_TEXT || !e->text.n) return yaml_fail(c, e, "Only texts may stand in this list.");
        texts[(*n)++] = str_copy(a, e->text);
    }
    *ret = texts;
    return ST_OK;
}

static enum status check_purpose(struct call *c, struct app *app, const struct yaml *y, struct str code)
{
    if (exchange_find_purpose(app, code)) return ST_OK;
    return yaml_fail(c, y, "A purpose of this right is not in the nation's list of purposes (purposes.yaml). Take a code from it.");
}

static enum status check_method(struct call *c, const struct yaml *y, struct str method)
{
    static const char *const known[] = { "*", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE" };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq_nocase(method, str_z(known[i]))) return ST_OK;
    return yaml_fail(c, y, "A right's method is one verb, or * for all.");
}

/* read_subject: a client or, instead, a global group. */
static enum status read_subject(struct call *c, struct arena *a, const struct yaml *y, struct right *r)
{
    struct str client, group = yaml_text(y, "group", STR(""));
    if (!group.n) {
        TRY(yaml_need(c, y, "client", &client));
        return xid_parse_client(a, str_copy(a, client), &r->client) ? ST_OK : yaml_fail(c, y, "Write the client as INSTANCE/CLASS/MEMBER/SUBSYSTEM.");
    }
    r->group = str_copy(a, group);
    if (yaml_get(y, "client")) return yaml_fail(c, y, "A right is for a client or for a group. Write two rights.");
    return str_cut(&r->group, '/', &r->group_instance) && r->group_instance.n && r->group.n ? ST_OK : yaml_fail(c, y, "Write the group as INSTANCE/CODE, for example VN/security-server-owners.");
}

static enum status read_right(struct call *c, struct app *app, const struct yaml *y, struct right *r, struct str *subsystem)
{
    static const char *const keys[] = { "client", "subsystem", "service", "method", "path", "purposes", "purpose", "columns", "group", NULL };
    struct arena *a = app->exchange->arena;
    struct str service;
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "subsystem", subsystem));
    TRY(yaml_need(c, y, "service", &service));
    TRY(read_subject(c, a, y, r));
    *subsystem = str_copy(a, *subsystem);
    r->service = str_copy(a, service);
    r->method = str_copy(a, yaml_text(y, "method", STAR));
    r->path = str_copy(a, yaml_text(y, "path", STR("**")));
    r->fixed_purpose = str_copy(a, yaml_text(y, "purpose", STR("")));
    TRY(check_method(c, y, r->method));
    TRY(read_list(c, a, y, "purposes", &r->purposes, &r->npurposes));
    TRY(read_list(c, a, y, "columns", &r->columns, &r->ncolumns));
    for (size_t i = 0; i < r->npurposes; i++) TRY(check_purpose(c, app, y, r->purposes[i]));
    if (r->fixed_purpose.n) return check_purpose(c, app, y, r->fixed_purpose);
    return r->npurposes ? ST_OK : yaml_fail(c, y, "A right names at least one purpose: purposes: [code, ...].");
}

enum status rights__load(struct call *c, struct app *app, struct rights *ret)
{
    const struct yaml *list = config_tree(app->config, "exchange.rights");
    if (!list) return ST_OK;
    if (list->kind != YAML_LIST) return yaml_fail(c, list, "Write exchange.rights as a list of rights.");
    struct rights r = { .rows = arena_array(app->exchange->arena, struct right, yaml_count(list)), .subsystems = arena_array(app->exchange->arena, struct str, yaml_count(list)) };
    for (const struct yaml *y = list->first; y; y = y->next) {
        TRY(read_right(c, app, y, &r.rows[r.n], &r.subsystems[r.n]));
        r.n++;
    }
    *ret = r;
    return ST_OK;
}

/* is_for: the client itself, or a group of a nation whose directory is valid now that holds it. */
static bool is_for(struct call *c, const struct right *row, const struct xid *client)
{
    DIRECTORY d = NULL;
    if (!row->group.n) return xid_same_client(&row->client, client);
    if (directory__hold_of(c, row->group_instance, &d) != ST_OK) return call_clear(c), false;
    return directory__in_group(d, row->group, client);
}

/* grants: client, service, method and path of this right fit; the purpose is judged apart. */
static bool grants(struct call *c, const struct rights *r, size_t i, const struct service_request *rq, struct str path)
{
    const struct right *row = &r->rows[i];
    return str_eq(r->subsystems[i], rq->service.subsystem) && str_eq(row->service, rq->service.service) && (str_eq(row->method, STAR) || str_eq_nocase(row->method, rq->method)) &&
           glob__match(row->path, path) && is_for(c, row, &rq->client);
}

static bool allows_purpose(const struct right *row, struct str purpose, struct str *ret)
{
    if (!purpose.n) {
        *ret = row->fixed_purpose;
        return row->fixed_purpose.n > 0;
    }
    *ret = purpose;
    for (size_t i = 0; i < row->npurposes; i++)
        if (str_eq(row->purposes[i], purpose)) return true;
    return row->fixed_purpose.n && str_eq(row->fixed_purpose, purpose);
}

enum status rights__judge(struct call *c, const struct rights *r, const struct service_request *rq, const struct right **ret, struct str *ret_purpose)
{
    struct str path;
    if (glob__path(c->arena, rq->path, &path))
        for (size_t i = 0; i < r->n; i++)
            if (grants(c, r, i, rq, path) && allows_purpose(&r->rows[i], rq->purpose, ret_purpose)) return *ret = &r->rows[i], ST_OK;
    return call_fault(c, call_fail(c, ST_DENIED, "", "The client has no right to this service for this purpose. Ask the agency for the right, or name a purpose that it allows."),
                      STR("access_denied"));
}

static bool is_to(const struct rights *r, size_t i, struct str subsystem, struct str service)
{
    return str_eq(r->subsystems[i], subsystem) && str_eq(r->rows[i].service, service);
}

bool rights__any(struct call *c, const struct rights *r, const struct xid *client, struct str subsystem, struct str service)
{
    for (size_t i = 0; i < r->n; i++)
        if (is_to(r, i, subsystem, service) && is_for(c, &r->rows[i], client)) return true;
    return false;
}

/* is_whole: the right is to the whole service. */
static bool is_whole(const struct right *row) { return str_eq(row->method, STAR) && str_eq(row->path, STR("**")); }

static bool is_listed(const struct right *const *list, size_t n, const struct right *row)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(list[i]->method, row->method) && str_eq(list[i]->path, row->path)) return true;
    return false;
}

size_t rights__endpoints(struct call *c, const struct rights *r, const struct xid *client, struct str subsystem, struct str service, const struct right ***ret)
{
    const struct right **list = arena_array(c->arena, const struct right *, r->n);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct right *row = &r->rows[i];
        if (!is_to(r, i, subsystem, service) || is_whole(row) || is_listed(list, n, row)) continue;
        if (!client || is_for(c, row, client)) list[n++] = row;
    }
    *ret = list;
    return n;
}
