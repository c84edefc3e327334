/* doctor.c: tries each hop from this node, nearest first, and says what it finds in the words of the pages. Unlike health.c it goes over the network. */
#include "monitor/monitor_int.h"

#include "base/time.h"

#define SAY(code, ...) monitor_say(c, fs, FOUND_##code, __VA_ARGS__)

/* ---- the operator: directory and status ---- */

/* try_status: the first certificate for which nobody answers tells it for the others: the same services are asked about all. */
static void try_status(struct call *c, struct findings *fs)
{
    const struct exchange_certificate *list;
    size_t n, good = 0;
    if (exchange_certificates(c, &list, &n) != ST_OK) return call_clear(c);
    for (size_t i = 0; i < n; i++) {
        if (list[i].use > OWN_SIGN || !list[i].there) continue;
        enum status st = exchange_try_status(c, list[i].der);
        if (st != ST_OK) return monitor_say_error(c, fs, FOUND_status_unfetched, st);
        good++;
    }
    if (good) (void)SAY(status_fetched, value_none(), value_none(), value_none());
}

/* ---- time-stamp services ---- */

static void try_stamps(struct call *c, struct findings *fs)
{
    const struct exchange_stamp_service *list;
    size_t n;
    if (exchange_try_stamps(c, &list, &n) != ST_OK) return call_clear(c); /* no directory: told by health */
    for (size_t i = 0; i < n; i++) {
        if (list[i].failed == ST_OK) (void)SAY(stamper_good, value_text(list[i].name), value_none(), value_none());
        else finding__explain(c, SAY(stamper_bad, value_text(list[i].name), value_none(), value_none()), &list[i].error);
    }
}

static void try_operator(struct call *c, const struct doctor *how, struct findings *fs)
{
    struct exchange_directory_state d;
    exchange_directory_state(c, &d);
    if (!d.has_anchor) return; /* told by health */
    enum status st = exchange_try_directory(c);
    if (st != ST_OK) monitor_say_error(c, fs, FOUND_directory_unfetched, st);
    else (void)SAY(directory_fetched, value_none(), value_none(), value_none());
    how->found(c, fs, how->arg);
    try_status(c, fs);
    how->found(c, fs, how->arg);
    try_stamps(c, fs);
    how->found(c, fs, how->arg);
}

/* ---- the systems behind this node ---- */

static void try_backends(struct call *c, const struct doctor *how, struct findings *fs)
{
    const struct exchange_backend *list;
    size_t n;
    exchange_try_backends(c, &list, &n);
    for (size_t i = 0; i < n; i++) {
        if (list[i].notice.n) (void)SAY(backend_off, value_text(list[i].service), value_text(list[i].notice), value_none());
        if (!list[i].place.n) continue;
        if (list[i].failed == ST_OK) (void)SAY(backend_good, value_text(list[i].service), value_text(list[i].place), value_none());
        else finding__explain(c, SAY(backend_bad, value_text(list[i].service), value_none(), value_none()), &list[i].error);
    }
    how->found(c, fs, how->arg);
}

/* ---- another node ---- */

static const enum finding_code failures[WAY_STEPS] = {
    [WAY_CONNECT] = FOUND_way_unreached, [WAY_KNOWN] = FOUND_way_unknown, [WAY_STATUS] = FOUND_way_statusless, [WAY_JUDGED] = FOUND_way_refused, [WAY_ACCEPTED] = FOUND_way_shut };

static void try_way(struct call *c, struct findings *fs, struct str server, struct str address, const struct xid *provider)
{
    struct exchange_way way;
    if (str_eq(server, exchange_server(c))) return; /* no way leads over the network */
    exchange_try_way(c, server, provider, &way);
    if (way.ok) {
        (void)SAY(way_good, value_text(server), value_text(address), value_none());
        return;
    }
    struct finding *f = monitor_say(c, fs, failures[way.n < WAY_STEPS ? way.n : WAY_ACCEPTED], value_text(server), value_text(address), value_none());
    f->fault = str_copy(c->arena, way.error.fault);
    finding__explain(c, f, &way.error);
}

static struct str address_of(struct call *c, struct str server)
{
    const struct exchange_server_info *list;
    size_t n;
    if (exchange_list_servers(c, &list, &n) != ST_OK) return call_clear(c), STR("");
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].id, server)) return str_join(c->arena, list[i].address, STR(":5500"), STR_END);
    return STR("");
}

/* own_subsystem: who asks: the first subsystem that the directory has for this member. */
static struct str own_subsystem(struct call *c)
{
    const struct member_info *list;
    struct xid self;
    size_t n = exchange_members(c, &list);
    if (!xid_parse_client(c->arena, exchange_self(c), &self)) return STR("");
    for (size_t i = 0; i < n; i++) {
        struct xid owner = list[i].id;
        owner.subsystem = STR("");
        if (list[i].id.subsystem.n && xid_same_client(&owner, &self)) return list[i].id.subsystem;
    }
    return STR("");
}

static bool lists(struct call *c, struct str body, struct str code)
{
    const struct json *j;
    if (json_parse(c, body, &j) != ST_OK) return call_clear(c), false;
    const struct json *services = json_get(j, "service");
    for (const struct json *s = services ? json_first(services) : NULL; s; s = json_next(s))
        if (str_eq(json_text(json_get(s, "service_code"), STR("")), code)) return true;
    return false;
}

/* ask: one of the services about the exchange itself, which need no right: the whole way of a real message. */
static enum status ask(struct call *c, const struct xid *to, struct str asker, const char *code, struct exchange_answer *ret)
{
    struct exchange_request rq = { .client_subsystem = asker, .service = *to, .method = STR("GET"), .role = STR("node") };
    rq.service.service = str_z(code);
    return exchange_call(c, &rq, ret);
}

static void explain_failure(struct call *c, struct findings *fs, enum finding_code code, struct str name, enum status st)
{
    struct call_error e = call_sentence(c, st);
    struct finding *f = monitor_say(c, fs, code, value_text(name), value_none(), value_none());
    f->fault = str_copy(c->arena, c->error.fault);
    finding__explain(c, f, &e);
    call_clear(c);
}

/* explain_by: the fault's own cause and cure of the table. */
static void explain_by(struct finding *f, const char *fault) { f->fault = str_z(fault); }

static void try_service(struct call *c, struct findings *fs, const struct xid *to, struct str asker, const struct exchange_answer *methods)
{
    struct exchange_answer allowed;
    struct str name = xid_format(c->arena, to), who = str_join(c->arena, exchange_self(c), STR("/"), asker, STR_END);
    if (!lists(c, methods->body, to->service)) return explain_by(SAY(service_missing, value_text(name), value_none(), value_none()), "unknown_service");
    enum status st = ask(c, to, asker, "allowedMethods", &allowed);
    if (st != ST_OK) explain_failure(c, fs, FOUND_asked_bad, name, st);
    else if (lists(c, allowed.body, to->service)) (void)SAY(service_good, value_text(name), value_text(who), value_none());
    else explain_by(SAY(service_closed, value_text(name), value_text(who), value_none()), "access_denied");
}

static void try_question(struct call *c, struct findings *fs, const struct xid *to)
{
    struct exchange_answer methods;
    struct xid provider = *to;
    struct str asker = own_subsystem(c);
    provider.service = STR("");
    struct str name = xid_format(c->arena, &provider);
    int64_t began = time_monotonic_us();
    enum status st = ask(c, to, asker, "listMethods", &methods);
    if (st != ST_OK) return explain_failure(c, fs, FOUND_asked_bad, name, st);
    (void)SAY(asked_good, value_text(name), value_number((time_monotonic_us() - began) / 1000), value_none());
    if (to->service.n) try_service(c, fs, to, asker, &methods);
}

static void try_peer(struct call *c, const struct doctor *how, struct findings *fs, const struct xid *to)
{
    const struct str *servers;
    size_t n;
    struct xid provider = *to;
    provider.service = STR("");
    struct str name = xid_format(c->arena, &provider);
    enum status st = exchange_servers_of(c, &provider, &servers, &n);
    if (st == ST_UNAVAILABLE) return call_clear(c); /* no directory: told by health */
    call_clear(c);
    if (st != ST_OK || n == 0) {
        explain_by(SAY(peer_unlisted, value_text(name), value_none(), value_none()), "unknown_member");
        return how->found(c, fs, how->arg);
    }
    for (size_t i = 0; i < n; i++) {
        (void)SAY(peer_listed, value_text(name), value_text(servers[i]), value_none());
        how->found(c, fs, how->arg);
        try_way(c, fs, servers[i], address_of(c, servers[i]), &provider);
        how->found(c, fs, how->arg);
    }
    try_question(c, fs, to);
    how->found(c, fs, how->arg);
}

static void look_at_node(struct call *c, struct findings *fs)
{
    struct findings health = { 0 };
    monitor_health(c, &health);
    for (size_t i = 0; i < health.n; i++) (void)finding__add(c, fs, &health.list[i]);
}

void monitor_doctor(struct call *c, const struct doctor *how, struct findings *ret)
{
    if (how->own_health) look_at_node(c, ret);
    how->found(c, ret, how->arg);
    try_operator(c, how, ret);
    try_backends(c, how, ret);
    if (how->to) try_peer(c, how, ret, how->to);
}
