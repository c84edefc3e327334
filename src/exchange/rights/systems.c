/* systems.c: how an information system must come before this node speaks for its subsystem (x-road 1.8): the connection types of exchange.subsystems in node.yaml. */
#include "exchange/rights/rights.h"

#include "base/config.h"
#include "base/yaml.h"

static bool read_type(struct str text, enum connection *ret)
{
    static const struct { struct str name; enum connection type; } types[] = { { STR_INIT("NOSSL"), CONNECTION_NOSSL }, { STR_INIT("SSLNOAUTH"), CONNECTION_SSLNOAUTH },
                                                                              { STR_INIT("SSLAUTH"), CONNECTION_SSLAUTH } };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_eq(text, types[i].name)) return *ret = types[i].type, true;
    return false;
}

static enum status read_rule(struct call *c, struct app *app, const struct yaml *y, struct system_rule *rule)
{
    static const char *const keys[] = { "code", "name", "connection", "certificates", NULL };
    struct str code, type;
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "code", &code));
    type = yaml_text(y, "connection", config_text(app->config, "exchange.connection"));
    if (!read_type(type, &rule->type)) return yaml_fail(c, y, "A connection is NOSSL, SSLNOAUTH or SSLAUTH.");
    rule->subsystem = str_copy(app->exchange->arena, code);
    TRY(certificates__read(c, app, yaml_get(y, "certificates"), &rule->certs));
    if (rule->type != CONNECTION_SSLAUTH || rule->certs.n) return ST_OK;
    return yaml_fail(c, y, "A subsystem with the connection SSLAUTH names its systems' certificates: certificates: [systems/desk.pem].");
}

enum status systems__load(struct call *c, struct app *app, struct systems *ret)
{
    const struct yaml *list = config_tree(app->config, "exchange.subsystems");
    struct systems s = { 0 };
    if (!read_type(config_text(app->config, "exchange.connection"), &s.usual))
        return call_fail(c, ST_INVALID, "exchange.connection", "Write exchange.connection in node.yaml as NOSSL, SSLNOAUTH or SSLAUTH.");
    if (!list) return *ret = s, ST_OK;
    if (list->kind != YAML_LIST) return yaml_fail(c, list, "Write exchange.subsystems as a list of subsystems.");
    s.rules = arena_array(app->exchange->arena, struct system_rule, yaml_count(list));
    for (const struct yaml *y = list->first; y; y = y->next) TRY(read_rule(c, app, y, &s.rules[s.n++]));
    *ret = s;
    return ST_OK;
}

static enum status refuse(struct call *c, const char *sentence)
{
    return call_fault(c, call_fail(c, ST_DENIED, "X-Road-Client", sentence), STR("ssl_authentication_failed"));
}

enum status systems__judge(struct call *c, const struct systems *s, struct str own_cert, struct str subsystem, const struct request *rq)
{
    const struct system_rule *rule = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->rules[i].subsystem, subsystem)) rule = &s->rules[i];
    enum connection type = rule ? rule->type : s->usual;
    if (type == CONNECTION_NOSSL) return ST_OK;
    if (!rq->tls) return refuse(c, "This client is let in over TLS only. Use the https address of this node (web.systems_tls).");
    if (type == CONNECTION_SSLNOAUTH) return ST_OK;
    if (!rq->peer_cert.n) return refuse(c, "This client must show its TLS certificate. Set the information system up with the one that is registered for it.");
    if ((rule && certificates__have(c, &rule->certs, rq->peer_cert)) || (own_cert.n && str_eq(own_cert, rq->peer_cert))) return ST_OK;
    return refuse(c, "The TLS certificate that was shown is not registered for this client. Register it under certificates in exchange.subsystems.");
}
