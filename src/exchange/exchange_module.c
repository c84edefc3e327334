/* exchange_module.c: what the room tells the program: settings, routes, jobs, commands; and its state from start to stop. */
#include "base/config.h"
#include "base/file.h"
#include "base/memo.h"
#include "base/time.h"
#include "exchange/evidence/archive.h"
#include "exchange/exchange_int.h"
#include "exchange/operator/authority.h"
#include "exchange/pages/pages.h"
#include "exchange/rights/rights.h"
#include "exchange/status/status.h"

enum { ROOM_ARENA = 64 * 1024 * 1024, JUDGED_SLOTS = 512, JOB_MS = 2000, PUBLISH_MS = 60000, HEADS_MS = 5000, STAMP_MS = 1000, INDEX_MS = 200 /* little at a time: messages wait for no long stretch of it */, KEEP_MS = 600000, ARCHIVE_MS = 10000, OCSP_QUESTION_MAX = 16 * 1024 };

struct exchange *exchange__of(const struct call *c) { return c->app->exchange; }

/* ---- answers about ourselves and others ---- */

struct str exchange_self(struct call *c) { return exchange__of(c)->member; }
struct str exchange_server(struct call *c) { return exchange__of(c)->server; }

size_t exchange_members(struct call *c, const struct member_info **ret)
{
    DIRECTORY d = NULL;
    if (directory__hold(c, &d) != ST_OK) return call_clear(c), 0;
    struct member_info *list = arena_array(c->arena, struct member_info, d->nmembers);
    for (size_t i = 0; i < d->nmembers; i++) list[i] = (struct member_info){ xid__copy(c->arena, &d->members[i].id), str_copy(c->arena, d->members[i].name) };
    *ret = list;
    return d->nmembers;
}

struct str exchange_member_name(struct call *c, struct str id)
{
    DIRECTORY d = NULL;
    struct xid parsed;
    if (!xid_parse_client(c->arena, id, &parsed)) return id;
    if (directory__hold_of(c, parsed.instance, &d) != ST_OK) return call_clear(c), id;
    const struct dir_member *m = directory__find_member(d, &parsed);
    return m ? str_copy(c->arena, m->name) : id;
}

/* ---- TLS of port 5500 ---- */

static struct str own_chain(struct app *app, struct arena *a, size_t i)
{
    return i == 0 ? str_copy(a, app->exchange->tls_cert) : STR("");
}

/* accept_peer: the quick look in the handshake; the full judgement comes with the status parts (x-road 3.1). */
static bool accept_peer(struct app *app, struct str cert_der)
{
    return directory__knows_cert(app->exchange, cert_der);
}

/* prepare_tls: a node that has no certificate yet starts without port 5500, so that it can be set up. */
static void prepare_tls(struct call *c, struct app *app)
{
    struct exchange *ex = app->exchange;
    const struct key *key;
    struct str cert;
    if (!app->trust || trust_key(c, KEY_TLS, STR(""), &key) != ST_OK || key_certificate(c, key, &cert) != ST_OK) {
        call_clear(c);
        call_note(c, "exchange", "this node has no TLS certificate yet: peers cannot reach it");
        return;
    }
    ex->tls_cert = str_copy(ex->arena, cert);
    ex->tls = (struct peer_tls){ .key = key, .chain = own_chain, .accept = accept_peer };
    web_set_peer_tls(app, &ex->tls);
    web_set_peer_refusal(app, fault__put_untaken);
}

/* ---- start and stop ---- */

static enum status read_anchor(struct call *c, struct exchange *ex)
{
    struct str xml, path = file_path(c->arena, c->app->folder, config_text(c->app->config, "exchange.anchor"));
    struct anchor anchor;
    if (!file_exists(c, path)) {
        call_note(c, "exchange", "there is no configuration anchor yet: nothing can be exchanged");
        return ST_OK;
    }
    TRY(file_read(c, path, ANCHOR_MAX, &xml));
    TRY(directory__read_anchor(c, xml, &anchor));
    if (!str_eq(anchor.instance, ex->instance))
        return call_fail(c, ST_INVALID, "exchange.anchor", "The anchor is of the instance %s, node.yaml of %s. Get the right anchor from the operator.", anchor.instance, ex->instance);
    ex->anchor = directory__keep_anchor(ex->arena, &anchor);
    ex->has_anchor = true;
    call_forgive(c, directory__load_stored(c), "the directory is fetched anew");
    return ST_OK;
}

static enum status name_self(struct call *c, struct exchange *ex)
{
    const struct config *cfg = c->app->config;
    struct arena *a = ex->arena;
    ex->instance = str_copy(a, config_text(cfg, "instance"));
    struct str member = str_join(a, ex->instance, STR("/"), config_text(cfg, "member"), STR_END);
    if (!xid__parse_member(a, member, &ex->self)) return call_fail(c, ST_INVALID, "member", "Write the member in node.yaml as CLASS/CODE, for example GOV/H26.");
    ex->self.server = str_copy(a, config_text(cfg, "server"));
    ex->member = xid_member(a, &ex->self);
    ex->server = xid__format_server(a, &ex->self);
    return ST_OK;
}

static bool offers(const struct exchange *ex, struct str subsystem)
{
    for (size_t i = 0; i < ex->services.n; i++)
        if (str_eq(ex->services.rows[i].subsystem, subsystem)) return true;
    return false;
}

/* check_levels: a rule for a subsystem of ours that there is not keeps what was to be left out. Before the first directory nobody knows better. */
static enum status check_levels(struct call *c, struct exchange *ex)
{
    const struct yaml *list = config_tree(c->app->config, "exchange.log_levels");
    DIRECTORY d = directory__hold_any(ex);
    for (const struct yaml *y = list ? list->first : NULL; d && y; y = y->next) {
        struct xid id, owner;
        if (!xid_parse_client(c->arena, yaml_text(y, "subsystem", STR("")), &id)) continue; /* told before */
        owner = id;
        owner.subsystem = STR("");
        if (!xid_same_client(&owner, &ex->self) || directory__find_member(d, &id) || offers(ex, id.subsystem)) continue;
        return yaml_fail(c, y, "This member has no such subsystem: neither the directory names it nor does this node offer a service of it. Correct its name, or have it registered first.");
    }
    return ST_OK;
}

static enum status load(struct call *c, struct app *app)
{
    struct exchange *ex = app->exchange;
    static const struct service heads = { .code = "heads", .handle = heads__take, .members = true };
    TRY(name_self(c, ex));
    TRY(purposes__load(c, app, &ex->purposes));
    TRY(rights__load(c, app, &ex->rights));
    TRY(message__load_levels(c, app, &ex->log_levels));
    TRY(archive__load(c, ex));
    TRY(services__load(c, app, &ex->services));
    TRY(systems__load(c, app, &ex->systems));
    if (config_flag(app->config, "exchange.operator")) TRY(exchange_offer(c, app, STR("directory"), &heads));
    TRY(read_anchor(c, ex));
    TRY(check_levels(c, ex));
    TRY(stamp__load(c));
    TRY(ocsp__load(c));
    prepare_tls(c, app);
    return ST_OK;
}

static void stop(struct app *app)
{
    struct exchange *ex = app->exchange;
    if (!ex) return;
    directory__drop(&ex->pictures.own);
    for (size_t i = 0; i < ex->pictures.nforeign; i++) directory__drop(&ex->pictures.foreign[i].directory);
    memo_free(ex->judged);
    ocsp__cache_free(ex->status);
    sign__queue_free(ex->signing);
    message__bases_free(ex->bases);
    message__recent_free(ex->recent);
    servers__memory_free(ex->reached);
    heap_free(ex->services.rows);
    certificates__free(ex);
    arena_close(ex->arena);
    (void)pthread_mutex_destroy(&ex->lock);
    turnstile_done(&ex->stamper.one);
    heap_free(ex);
    app->exchange = NULL;
}

/* ---- messages of nobody ---- */

void exchange__count_stranger(struct call *c) { (void)atomic_fetch_add(&exchange__of(c)->strangers, 1); }

static void put_strangers(struct call *c, struct buf *out)
{
    buf_print(out, "# HELP sen_exchange_strangers_total Messages refused before it was known who sends them; they stand on log lines only.\n# TYPE sen_exchange_strangers_total counter\n"
                   "sen_exchange_strangers_total %lld\n", (long long)atomic_load(&exchange__of(c)->strangers));
}

/* ---- /healthz: a node that cannot exchange says why ---- */

static enum status check_directory(struct call *c)
{
    DIRECTORY d = NULL;
    return exchange__of(c)->has_anchor ? directory__hold(c, &d) : ST_OK;
}

/* check_status: only what is at hand: whoever asks for our health does not make us wait for the authority. */
static enum status check_status(struct call *c)
{
    const struct key *key;
    struct str cert, answer;
    if (!exchange__of(c)->has_anchor) return ST_OK;
    TRY(trust_key(c, KEY_TLS, STR(""), &key));
    TRY(key_certificate(c, key, &cert));
    return ocsp__kept(c, cert, &answer);
}

static enum status start(struct call *c, struct app *app)
{
    struct exchange *ex = heap_new(struct exchange);
    ex->app = app;
    ex->arena = arena_open(ROOM_ARENA);
    (void)pthread_mutex_init(&ex->lock, NULL);
    turnstile_init(&ex->stamper.one, 1);
    ex->judged = memo_new(JUDGED_SLOTS);
    ex->status = ocsp__cache_new();
    ex->signing = sign__queue_new((size_t)config_count(app->config, "exchange.batch"));
    ex->bases = message__bases_new();
    ex->recent = message__recent_new();
    ex->reached = servers__memory_new();
    atomic_init(&ex->stamper.failing_ms, TIME_FAR);
    app->exchange = ex;
    web_add_health(app, "directory", check_directory);
    web_add_health(app, "status", check_status);
    web_add_health(app, "stamps", stamp__may_go_on);
    web_add_metrics(app, stamp__put_metrics);
    web_add_metrics(app, put_strangers);
    enum status st = load(c, app);
    if (st != ST_OK) stop(app);
    return st;
}

/* ---- tables ---- */

#define PUBLISHED(version) { "GET", version "/{stamp}/{name}", operator__params, .need = "public", .port = PORT_STATUS, .api = true }
static const struct route routes[] = {
    /* all verbs: the exchange itself says which are X-Road's, in X-Road's form */
    { "*", "/r1/{rest*}", consumer__handle, .need = "public", .port = PORT_SYSTEMS, .max_body = EXCHANGE_LARGE_MAX, .spools = true, .waits = true, .api = true, .failed = consumer__failed },
    { "*", "/{version}/{rest*}", consumer__refuse_version, .need = "public", .port = PORT_SYSTEMS, .api = true },
    { "GET", "/asic", evidence__show_containers, .need = "public", .port = PORT_SYSTEMS, .api = true, .failed = evidence__show_failed },
    { "GET", "/verificationconf", evidence__show_conf, .need = "public", .port = PORT_SYSTEMS, .api = true, .failed = evidence__show_failed },
    { "GET", "/listClients", metadata__clients, .need = "public", .port = PORT_SYSTEMS, .api = true, .failed = consumer__failed },
    { "GET", "/messages", message__show_list, .need = MESSAGE_READ, .form = message__list_form, .failed = message__show_list_again },
    { "GET", "/messages/person", message__show_person, .need = MESSAGE_PERSON },
    { "POST", "/messages/person", message__show_about, .need = MESSAGE_PERSON, .form = message__person_form, .failed = message__show_person_again },
    { "GET", "/messages/{id}", message__show_one, .need = MESSAGE_READ },
    { "POST", "/messages/{id}", message__show_opened, .need = MESSAGE_OPEN, .form = message__open_form, .failed = message__show_one_again },
    /* What the operator publishes stands where every node comes, and not beside /r1, where whoever comes may speak for this member's systems. */
    { "GET", "/internalconf", operator__internalconf, .need = "public", .port = PORT_STATUS, .api = true },
    { "GET", "/externalconf", operator__externalconf, .need = "public", .port = PORT_STATUS, .api = true },
    PUBLISHED("/V3"), PUBLISHED("/V4"), PUBLISHED("/V5"), PUBLISHED("/V6"),
    { "POST", "/ocsp", operator__ocsp_post, .need = "public", .port = PORT_STATUS, .max_body = OCSP_QUESTION_MAX, .api = true },
    { "GET", "/ocsp/{question}", operator__ocsp_get, .need = "public", .port = PORT_STATUS, .api = true },
    { "POST", "/tsa", operator__stamp, .need = "public", .port = PORT_STATUS, .max_body = OCSP_QUESTION_MAX, .api = true },
    { "POST", "/", provider__handle, .need = "public", .port = PORT_PEERS, .max_body = EXCHANGE_LARGE_WIRE_MAX, .spools = true, .waits = true, .api = true, .failed = provider__failed },
    { "GET", "/", ocsp__show, .need = "public", .port = PORT_STATUS, .api = true, .failed = ocsp__show_failed },
    { 0 } };

static const struct setting settings[] = {
    { "exchange.operator", SETTING_FLAG, "false", "", "This node is the operator's: directory of members, sandbox authority, published heads.", false },
    { "exchange.address", SETTING_TEXT, "127.0.0.1", "", "Host name or address by which other nodes reach this one (ports 5500 and 5577).", false },
    { "exchange.anchor", SETTING_PATH, "anchor.xml", "", "Configuration anchor that the operator gave out.", false },
    { "exchange.subsystems", SETTING_TREE, "", "", "Subsystems of this member on this node: a list of {code, name, connection, certificates}.", false },
    { "exchange.connection", SETTING_TEXT, "NOSSL", "", "How information systems must come: NOSSL, SSLNOAUTH (TLS) or SSLAUTH (TLS with a registered certificate).", false },
    { "exchange.answer_s", SETTING_COUNT, "120", "seconds", "How long another node may be silent before it is given up.", false },
    { "exchange.lifeless_s", SETTING_COUNT, "5", "seconds", "How long another node that owes an answer may give no sign of life at all.", false },
    { "exchange.services", SETTING_TREE, "", "", "Services behind this node: a list of {subsystem, code, url, certificates, timeout_s, disabled}.", false },
    { "exchange.rights", SETTING_TREE, "", "", "Who may call what: a list of {client, subsystem, service, method, path, purposes, columns}.", false },
    { "exchange.log_level", SETTING_TEXT, "full", "", "What the log keeps of messages: full, metadata or none.", false },
    { "exchange.log_body", SETTING_COUNT, "10", "MiB", "The largest body that the message log keeps; larger ones pass only where it keeps no bodies.", false },
    { "exchange.log_levels", SETTING_TREE, "", "", "The same by subsystem, at either end of the message: a list of {subsystem, level}.", false },
    { "exchange.log_days", SETTING_COUNT, "0", "days", "How long messages stay in the log, once they are time-stamped; 0: for ever.", false },
    { "exchange.archive_s", SETTING_COUNT, "0", "seconds", "How often time-stamped messages are archived; messages then leave the log only when they are; 0: never.", false },
    { "exchange.archive", SETTING_PATH, "archive", "", "Folder of the archives. They hold whole messages, unsealed.", false },
    { "exchange.archive_purpose", SETTING_TEXT, "", "", "Why messages are opened for the archive: a code of purposes.yaml, for the journal.", false },
    { "exchange.mirrors", SETTING_TREE, "", "", "Operator: further places that give out the same directory: a list of HOST:PORT.", false },
    { "exchange.rotate_s", SETTING_COUNT, "86400", "seconds", "Operator: how long a new key of the directory is published before it signs, and the old one afterwards.", false },
    { "exchange.management", SETTING_TEXT, "directory", "", "Operator: its subsystem that takes management requests, as private parameters name it.", false },
    { "exchange.heads", SETTING_TEXT, "", "", "Subsystem that keeps journal heads; else the one whose code is directory.", false },
    { "exchange.directory_s", SETTING_COUNT, "60", "seconds", "How often the directory is fetched.", false },
    { "exchange.status_s", SETTING_COUNT, "30", "seconds", "How old the status of a certificate may be before it is asked again.", false },
    { "exchange.status_valid_s", SETTING_COUNT, "600", "seconds", "Operator: how long the sandbox's answer about a certificate is good.", false },
    { "exchange.batch", SETTING_COUNT, "64", "messages", "How many messages may share one signature; 1 signs each by itself.", false },
    { "exchange.stamp_period_s", SETTING_COUNT, "0", "seconds", "How often the message log is time-stamped, at most as seldom as the directory says; 0: as it says. Operator: what it says, 60 to 86,400.", false },
    { "exchange.stamp_rows", SETTING_COUNT, "10000", "messages", "How many messages go under one time-stamp at most.", false },
    { "exchange.stamp_failure_s", SETTING_COUNT, "14400", "seconds", "How long messages pass while time-stamping fails; 0: without end.", false },
    { "exchange.stamp_heads_s", SETTING_COUNT, "3600", "seconds", "How often the newest head of the journal is time-stamped.", false },
    { 0 } };

static const struct job jobs[] = {
    { "exchange.publish", PUBLISH_MS, operator__job },
    { "exchange.directory", JOB_MS, directory__sync },
    { "exchange.status", JOB_MS, ocsp__refresh },
    { "exchange.certificates", JOB_MS, certificates__job },
    { "exchange.heads", HEADS_MS, heads__send },
    { "exchange.stamp", STAMP_MS, stamp__run },
    { "exchange.message_index", INDEX_MS, message__index_job },
    { "exchange.archive", ARCHIVE_MS, archive__job },
    { "exchange.message_keep", KEEP_MS, message__keep_job },
    { 0 } };

const struct module exchange_module = { .name = "exchange", .schema = &exchange_schema, .settings = settings, .routes = routes, .commands = exchange__commands, .jobs = jobs,
                                        .start = start, .stop = stop };
