/* testing.h: what tests of the operator's directory share: an operator's office with an authority and one server, and its anchors. */
#ifndef SEN_EXCHANGE_OPERATOR_TESTING_H
#define SEN_EXCHANGE_OPERATOR_TESTING_H

#include "base/config.h"
#include "base/file.h"
#include "exchange/operator/operator_int.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

static const struct setting node_settings[] = {
    { "instance", SETTING_TEXT, "VN", "", "", false }, { "member", SETTING_TEXT, "GOV/G22", "", "", false }, { "server", SETTING_TEXT, "op1", "", "", false },
    { "name", SETTING_TEXT, "Office", "", "", false }, { "sandbox", SETTING_FLAG, "true", "", "", false }, { 0 } };
static const struct module node_module = { .name = "node", .settings = node_settings };
static const struct module *const modules[] = { &node_module, &web_module, &exchange_module, NULL };
static const char NODE_YAML[] = "web:\n  status: 127.0.0.1:5577\nexchange:\n  operator: true\n  mirrors: ['127.0.0.2:5577']\n  rotate_s: 100\n";

struct office { struct test_trust t; struct config *config; struct exchange *exchange; };

static inline void open_office(struct call *c, struct office *o)
{
    static const struct operator_subsystem subsystems[] = { { STR_INIT("directory"), STR_INIT("Danh bạ") }, { STR_INIT("desk"), STR_INIT("Desk") } };
    test_trust_open(c, &o->t);
    struct str path = file_path(c->arena, o->t.folder, STR("node.yaml"));
    CHECK_OK(file_write(c, path, str_z(NODE_YAML), 0600));
    CHECK_OK(file_make_folder(c, file_path(c->arena, o->t.folder, STR("conf")), 0755));
    CHECK_OK(config_load(c, path, modules, NULL, 0, &o->config));
    o->t.app.config = o->config;
    o->t.app.folder = o->t.folder;
    o->exchange = arena_new(c->arena, struct exchange);
    *o->exchange = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER, .instance = STR("VN"), .self = { .instance = STR("VN"), .class_ = STR("GOV"), .member = STR("G22"), .server = STR("op1") } };
    o->t.app.exchange = o->exchange;
    CHECK_OK(operator_ca_init(c));
    const struct operator_admission a = { STR_INIT("GOV/G22"), STR_INIT("Office"), STR_INIT("op1"), STR_INIT("127.0.0.1"), STR_INIT(""), subsystems, 2 };
    CHECK_OK(operator_admit(c, &a));
}

static inline void close_office(struct call *c, struct office *o)
{
    config_free(o->config);
    test_trust_close(c, &o->t);
}

static inline struct anchor anchor_of(struct call *c, bool own)
{
    struct str xml;
    struct anchor a;
    CHECK_OK(own ? operator_anchor(c, &xml) : operator_external_anchor(c, &xml));
    CHECK_OK(directory__read_anchor(c, xml, &a));
    return a;
}

#endif
