/* message_level.c: how much of a message stays in the log (x-road 5.1): all of it; metadata: who asked whom which service when, how it ended, its signature, and of the
 * message the verb, the path up to the service and the x-road-* headers; or nothing. By subsystem, ours or another's, in node.yaml, checked at start. */
#include "exchange/log/message_log_int.h"

#include "base/config.h"
#include "base/yaml.h"
#include "exchange/message/message.h"

enum { LOG_BODY_MOST = 64 * 1024 * 1024 };

static const struct { struct str word; enum message_level level; } words[] = {
    { STR_INIT("full"), MESSAGE_FULL }, { STR_INIT("metadata"), MESSAGE_METADATA }, { STR_INIT("none"), MESSAGE_NONE } };
enum { WORDS = sizeof words / sizeof *words };

static bool read_word(struct str text, enum message_level *ret)
{
    for (size_t i = 0; i < WORDS; i++)
        if (str_eq(text, words[i].word)) return *ret = words[i].level, true;
    return false;
}

struct str message__level_word(enum message_level level)
{
    for (size_t i = 0; i < WORDS; i++)
        if (words[i].level == level) return words[i].word;
    return STR("");
}

/* ---- node.yaml ---- */

static enum status read_rule(struct call *c, const struct yaml *y, struct arena *a, struct message_levels *l)
{
    static const char *const keys[] = { "subsystem", "level", NULL };
    struct str subsystem, level;
    struct message_rule rule;
    struct xid id;
    TRY(yaml_allow(c, y, keys));
    TRY(yaml_need(c, y, "subsystem", &subsystem));
    TRY(yaml_need(c, y, "level", &level));
    if (!xid_parse_client(a, subsystem, &id) || !id.subsystem.n) return yaml_fail(c, y, "Write the subsystem as INSTANCE/CLASS/MEMBER/SUBSYSTEM.");
    if (!read_word(level, &rule.level)) return yaml_fail(c, y, "What is kept of messages is full, metadata or none.");
    rule.subsystem = xid_format(a, &id);
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->rules[i].subsystem, rule.subsystem)) return yaml_fail(c, y, "This subsystem stands twice.");
    l->rules[l->n++] = rule;
    return ST_OK;
}

enum status message__load_levels(struct call *c, struct app *app, struct message_levels *ret)
{
    struct message_levels l = { 0 };
    const struct yaml *list = config_tree(app->config, "exchange.log_levels");
    if (!read_word(config_text(app->config, "exchange.log_level"), &l.other))
        return call_fail(c, ST_INVALID, "exchange.log_level", "What is kept of messages (exchange.log_level) is full, metadata or none.");
    if (list && list->kind != YAML_LIST) return yaml_fail(c, list, "Write exchange.log_levels as a list of {subsystem, level}.");
    l.body_most = config_count(app->config, "exchange.log_body") * 1024 * 1024;
    if (l.body_most > LOG_BODY_MOST) return call_fail(c, ST_INVALID, "exchange.log_body", "The message log keeps bodies of at most 64 MiB (exchange.log_body): they are sealed in memory.");
    l.rules = arena_array(app->exchange->arena, struct message_rule, list ? yaml_count(list) : 0);
    for (const struct yaml *y = list ? list->first : NULL; y; y = y->next) TRY(read_rule(c, y, app->exchange->arena, &l));
    *ret = l;
    return ST_OK;
}

/* ---- which one ---- */

/* is_of: the subsystem itself, or one of its services. */
static bool is_of(struct str subsystem, struct str id) { return str_starts(id, subsystem) && (id.n == subsystem.n || id.p[subsystem.n] == '/'); }

enum message_level message__level_of(const struct message_levels *l, struct str client, struct str service)
{
    enum message_level found = l->other;
    bool any = false;
    for (size_t i = 0; i < l->n; i++) {
        const struct message_rule *r = &l->rules[i];
        if (!is_of(r->subsystem, client) && !is_of(r->subsystem, service)) continue;
        if (!any || r->level > found) found = r->level; /* where both ends have a rule, the one that keeps less */
        any = true;
    }
    return found;
}

/* ---- what metadata keeps ---- */

static void put_line(struct buf *b, struct str a, struct str z)
{
    buf_put(b, a);
    buf_put(b, z);
    buf_put_z(b, "\r\n");
}

static void put_headers(struct buf *b, const struct rest_head *h)
{
    const struct str ours = STR("x-road-");
    for (size_t i = 0; i < h->nheaders; i++) {
        if (!str_eq_nocase(str_first(h->headers[i].name, ours.n), ours)) continue;
        buf_put(b, h->headers[i].name);
        buf_put_c(b, ':');
        put_line(b, h->headers[i].value, STR(""));
    }
}

enum status message__filter_head(struct call *c, struct str head, bool is_answer, struct str *ret)
{
    struct rest_head h;
    struct rest_target t;
    struct buf b = buf_in(c->arena, 2 * EXCHANGE_HEAD_MAX); /* names may grow when they are written in our spelling */
    if (is_answer) {
        TRY(rest__parse_response(c, head, &h));
        put_line(&b, str_print(c->arena, "%d", h.status), STR(""));
        put_line(&b, h.reason, STR(""));
    } else {
        TRY(rest__parse_request(c, head, &h));
        TRY(rest__parse_target(c, h.target, &t));
        put_line(&b, h.method, STR(""));
        put_line(&b, STR("/r1/"), xid_format(c->arena, &t.service));
    }
    put_headers(&b, &h);
    return buf_finish(&b, ret);
}
