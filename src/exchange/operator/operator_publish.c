/* operator_publish.c: the operator gives out global configuration (x-road 4.2 to 4.5): a directory for the members of the nation (shared and private parameters) and one for other
 * nations (shared parameters alone), each in the versions 3 to 6, and the anchors that lead to them. */
#include "exchange/operator/operator_int.h"

#include "base/config.h"
#include "base/time.h"
#include "base/url.h"
#include "base/yaml.h"

enum { VALID_S = 600, KEEP_S = 1800, VERSIONS = DIRECTORY_VERSION_MOST - DIRECTORY_WRITTEN_LEAST + 1, FILES_A_VERSION = 4, MIRRORS_MAX = 15 };

/* ---- where ---- */

/* base_url: what is published stands on the port where other nodes come without TLS: it is signed, and the port for systems is for the inner network. */
static struct str base_url(struct call *c)
{
    return str_join(c->arena, STR("http://"), config_text(c->app->config, "web.status"), STR_END);
}

/* read_addresses: HOST:PORT of every place that gives the directory out: this node and exchange.mirrors. */
static enum status read_addresses(struct call *c, struct str ret[static MIRRORS_MAX + 1], size_t *n)
{
    const struct yaml *list = config_tree(c->app->config, "exchange.mirrors");
    *n = 0;
    ret[(*n)++] = config_text(c->app->config, "web.status");
    if (!list) return ST_OK;
    if (list->kind != YAML_LIST || yaml_count(list) > MIRRORS_MAX) return yaml_fail(c, list, "Write exchange.mirrors as a list of at most 15 addresses, for example [10.0.0.8:5577].");
    for (const struct yaml *y = list->first; y; y = y->next) {
        struct url at;
        if (y->kind != YAML_TEXT || !url_parse(str_join(c->arena, STR("http://"), y->text, STR("/"), STR_END), &at)) return yaml_fail(c, y, "Write each address as HOST:PORT.");
        ret[(*n)++] = y->text;
    }
    return ST_OK;
}

static struct str fresh_stamp(struct call *c)
{
    char at[TIME_TEXT];
    time_format_ms(c->now_ms, at);
    struct buf digits = buf_in(c->arena, 64);
    for (const char *p = at; *p; p++)
        if (*p >= '0' && *p <= '9') buf_put_c(&digits, *p);
    buf_put(&digits, STR("000000"));
    return buf_str(&digits);
}

/* ---- what ---- */

/* name_stamp_service: an authority that was made before there were time-stamps has none until `sen ca init` is run again. */
static enum status name_stamp_service(struct call *c, struct write_params *p)
{
    struct operator_cert cert;
    enum status st = operator__newest_cert(c, CERT_STAMP, &cert);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    p->tsa_name = operator__subject(c, "time-stamps").cn;
    p->tsa_url = str_join(c->arena, base_url(c), STR("/tsa"), STR_END);
    p->tsa_cert = cert.der;
    return ST_OK;
}

static enum status name_sources(struct call *c, const struct conf_keys *keys, struct write_params *p)
{
    struct dir_source *sources = arena_array(c->arena, struct dir_source, MIRRORS_MAX + 1);
    struct str addresses[MIRRORS_MAX + 1];
    TRY(read_addresses(c, addresses, &p->nsources));
    for (size_t i = 0; i < p->nsources; i++) sources[i] = (struct dir_source){ addresses[i], keys->certs, keys->certs, keys->n, keys->n };
    p->sources = sources;
    return ST_OK;
}

static enum status collect_shared(struct call *c, const struct conf_keys *keys, struct write_params *p)
{
    p->instance = config_text(c->app->config, "instance");
    p->ca_name = operator__subject(c, "authority").cn;
    p->ocsp_url = str_join(c->arena, base_url(c), STR("/ocsp"), STR_END);
    TRY(operator__need_cert(c, CERT_CA, &p->ca_cert));
    TRY(operator__need_cert(c, CERT_OCSP, &p->ocsp_cert));
    TRY(name_stamp_service(c, p));
    TRY(name_sources(c, keys, p));
    TRY(operator__list_groups(c, &p->groups, &p->ngroups));
    return operator__read_members(c, p);
}

static enum status write_private(struct call *c, struct str *ret)
{
    const struct exchange *ex = exchange__of(c);
    struct write_private p = { .instance = ex->instance, .management = ex->self,
                                .stamp_period_s = directory__stamp_period(config_count(c->app->config, "exchange.stamp_period_s")) };
    p.management.server = STR("");
    p.management.subsystem = config_text(c->app->config, "exchange.management");
    p.management_url = str_join(c->arena, STR("https://"), config_text(c->app->config, "exchange.address"), STR(":4001/managementservice/"), STR_END);
    TRY(operator__list_anchors(c, &p.anchors, &p.nanchors));
    return directory__write_private(c, &p, ret);
}

/* ---- one edition: every version of both directories ---- */

struct edition { const struct key *key; struct str cert, stamp, private; int64_t expires_ms; struct publication list[VERSIONS * FILES_A_VERSION]; size_t n; };

static void add(struct edition *e, struct str path, struct str bytes) { e->list[e->n++] = (struct publication){ path, bytes }; }

static enum status write_version(struct call *c, struct edition *e, const struct write_params *p, int version)
{
    struct str folder = str_print(c->arena, "/V%d/%.*s/", version, STR_ARG(e->stamp)), document;
    struct write_file files[] = { { STR("SHARED-PARAMETERS"), str_join(c->arena, folder, STR("shared-params.xml"), STR_END), { 0 } },
                                  { STR("PRIVATE-PARAMETERS"), str_join(c->arena, folder, STR("private-params.xml"), STR_END), e->private } };
    struct write_document w = { version, p->instance, files, 2, e->expires_ms };
    TRY(directory__write_params(c, p, version, &files[0].bytes));
    add(e, files[0].location, files[0].bytes);
    add(e, files[1].location, files[1].bytes);
    TRY(directory__write_signed(c, e->key, e->cert, &w, &document));
    add(e, str_print(c->arena, "/internalconf/%d", version), document);
    w.nfiles = 1; /* what is private stays inside */
    TRY(directory__write_signed(c, e->key, e->cert, &w, &document));
    add(e, str_print(c->arena, "/externalconf/%d", version), document);
    return ST_OK;
}

enum status operator_publish(struct call *c)
{
    struct write_params p = { 0 };
    struct conf_keys keys;
    struct edition *e = arena_new(c->arena, struct edition);
    e->expires_ms = c->now_ms + VALID_S * 1000;
    TRY(operator__need(c));
    TRY(operator__conf_keys(c, &keys, &e->key));
    e->cert = keys.certs[keys.signing];
    e->stamp = fresh_stamp(c);
    TRY(outage__limit(c, &e->expires_ms));
    TRY(collect_shared(c, &keys, &p));
    TRY(write_private(c, &e->private));
    for (int version = DIRECTORY_WRITTEN_LEAST; version <= DIRECTORY_VERSION_MOST; version++) TRY(write_version(c, e, &p, version));
    return operator__store_publications(c, e->list, e->n, c->now_ms - KEEP_S * 1000);
}

enum status operator__job(struct call *c)
{
    struct operator_cert cert;
    if (!config_flag(c->app->config, "exchange.operator") || outage__is_stopped(c, STR("directory"))) return ST_OK;
    enum status st = operator__newest_cert(c, CERT_OCSP, &cert);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK; /* not made yet */
    TRY(st);
    return operator_publish(c);
}

/* ---- anchors ---- */

static enum status write_anchor(struct call *c, const char *path, struct str *ret)
{
    struct anchor_source sources[MIRRORS_MAX + 1];
    struct anchor a = { .instance = config_text(c->app->config, "instance"), .made_ms = c->now_ms, .sources = sources };
    struct str addresses[MIRRORS_MAX + 1];
    struct conf_keys keys;
    const struct key *key;
    TRY(operator__need(c));
    TRY(operator__conf_keys(c, &keys, &key));
    TRY(read_addresses(c, addresses, &a.nsources));
    for (size_t i = 0; i < a.nsources; i++) sources[i] = (struct anchor_source){ str_join(c->arena, STR("http://"), addresses[i], str_z(path), STR_END), keys.certs, keys.n };
    return directory__write_anchor(c, &a, ret);
}

enum status operator_anchor(struct call *c, struct str *ret_xml) { return write_anchor(c, "/internalconf", ret_xml); }
enum status operator_external_anchor(struct call *c, struct str *ret_xml) { return write_anchor(c, "/externalconf", ret_xml); }

/* ---- the doors ---- */

/* show_directory: ?version=3 to 6; without it a client means version 2, which is not offered (4.2). */
static enum status show_directory(struct call *c, const char *path, const struct request *rq, struct reply *rp)
{
    static const char *const offered[VERSIONS] = { "version=3", "version=4", "version=5", "version=6" };
    struct str bytes;
    int version = 0;
    TRY(outage__pass(c, STR("directory")));
    for (int i = 0; i < VERSIONS; i++)
        if (str_eq(rq->query, str_z(offered[i]))) version = DIRECTORY_WRITTEN_LEAST + i;
    if (!version) return call_fail(c, ST_NOT_FOUND, "version", "The directory is offered in the versions 3 to 6: ask with ?version=6.");
    TRY(operator__find_publication(c, str_print(c->arena, "%s/%d", path, version), &bytes));
    reply_text(rp, 200, STR("text/plain; charset=utf-8"), bytes);
    return ST_OK;
}

enum status operator__internalconf(struct call *c, const struct request *rq, struct reply *rp) { return show_directory(c, "/internalconf", rq, rp); }
enum status operator__externalconf(struct call *c, const struct request *rq, struct reply *rp) { return show_directory(c, "/externalconf", rq, rp); }

enum status operator__params(struct call *c, const struct request *rq, struct reply *rp)
{
    struct str bytes;
    TRY(outage__pass(c, STR("directory")));
    TRY(operator__find_publication(c, rq->path, &bytes));
    reply_text(rp, 200, STR("text/xml; charset=utf-8"), bytes);
    return ST_OK;
}
