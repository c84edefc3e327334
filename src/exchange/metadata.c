/* metadata.c: what a client may ask about the exchange itself (x-road 2): listClients from the directory, local and not signed; listMethods, allowedMethods and
 * getOpenAPI as signed exchanges that need no right. */
#include "exchange/exchange_int.h"

#include "base/json.h"
#include "base/url.h"
#include "base/xml.h"
#include "exchange/rights/rights.h"

enum { ANSWER_MAX = 8 * 1024 * 1024 };
static const struct str JSON_TYPE = STR_INIT("application/json; charset=utf-8");

bool metadata__is(struct str code)
{
    static const char *const codes[] = { "listClients", "listMethods", "allowedMethods", "getWsdl", "getOpenAPI", "getSecurityServerMetrics",
                                         "getSecurityServerOperationalData", "getSecurityServerHealthData" };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (str_eq(code, str_z(codes[i]))) return true;
    return false;
}

/* ---- listMethods, allowedMethods ---- */

/* put_endpoints: methods and paths that rights name, each once: of this client only, or (NULL) of whoever. The base endpoint, which stands for the whole service, is not listed. */
static void put_endpoints(struct call *c, struct json_out *o, const struct service_row *row, const struct xid *client)
{
    const struct right **list;
    size_t n = rights__endpoints(c, &exchange__of(c)->rights, client, row->subsystem, row->code, &list);
    for (size_t i = 0; i < n; i++) {
        json_open(o, '{');
        json_text_at(o, "method", list[i]->method);
        json_text_at(o, "path", list[i]->path);
        json_close(o);
    }
}

static void put_service(struct call *c, struct json_out *o, const struct service_request *rq, const struct service_row *row, bool only_allowed)
{
    json_open(o, '{');
    json_text_at(o, "member_class", rq->service.class_);
    json_text_at(o, "member_code", rq->service.member);
    json_text_at(o, "object_type", STR("SERVICE"));
    json_text_at(o, "service_code", row->code);
    json_text_at(o, "service_type", row->offered.describe ? STR("OPENAPI") : STR("REST"));
    json_text_at(o, "subsystem_code", rq->service.subsystem);
    json_text_at(o, "xroad_instance", rq->service.instance);
    json_name(o, STR("endpoint_list"));
    json_open(o, '[');
    put_endpoints(c, o, row, only_allowed ? &rq->client : NULL);
    json_close(o);
    json_close(o);
}

static enum status list_methods(struct call *c, const struct service_request *rq, bool only_allowed, struct service_reply *rp)
{
    const struct exchange *ex = exchange__of(c);
    struct buf b = buf_in(c->arena, ANSWER_MAX);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_name(&o, STR("service"));
    json_open(&o, '[');
    for (size_t i = 0; i < ex->services.n; i++) {
        const struct service_row *row = &ex->services.rows[i];
        if (!str_eq(row->subsystem, rq->service.subsystem)) continue;
        if (!only_allowed || row->offered.members || rights__any(c, &ex->rights, &rq->client, row->subsystem, row->code)) put_service(c, &o, rq, row, only_allowed);
    }
    json_close(&o);
    json_close(&o);
    rp->status = 200;
    rp->content_type = JSON_TYPE;
    return buf_finish(&b, &rp->body);
}

static enum status get_openapi(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    struct str rest = rq->query, name, value, code = { 0 };
    bool bad = false;
    while (url_query_next(c->arena, &rest, &name, &value, &bad))
        if (str_eq(name, STR("serviceCode"))) code = value;
    if (bad || !code.n) return call_fault(c, call_fail(c, ST_INVALID, "serviceCode", "Name the service: getOpenAPI?serviceCode=CODE."), STR("invalid_request"));
    const struct service_row *row = services__find(&exchange__of(c)->services, rq->service.subsystem, code);
    if (!row || !row->offered.describe)
        return call_fault(c, call_fail(c, ST_NOT_FOUND, "serviceCode", "The service has no OpenAPI description on this node."), STR("internal_error"));
    struct xid service = rq->service;
    service.service = row->code;
    rp->status = 200;
    rp->content_type = JSON_TYPE;
    return row->offered.describe(c, &service, &rp->body);
}

enum status metadata__run(struct call *c, const struct service_request *rq, struct service_reply *rp)
{
    if (!str_eq(rq->method, STR("GET"))) return call_fault(c, call_fail(c, ST_INVALID, "method", "The services about the exchange itself are asked with GET."), STR("invalid_http_method"));
    if (str_eq(rq->service.service, STR("listMethods"))) return list_methods(c, rq, false, rp);
    if (str_eq(rq->service.service, STR("allowedMethods"))) return list_methods(c, rq, true, rp);
    if (str_eq(rq->service.service, STR("getOpenAPI"))) return get_openapi(c, rq, rp);
    return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "This node does not offer this service over REST."), STR("unknown_service"));
}

/* ---- listClients ---- */

/* member_name: of the member itself, for a subsystem too. */
static struct str member_name(const struct directory *d, const struct dir_member *m)
{
    struct xid owner = m->id;
    owner.subsystem = STR("");
    const struct dir_member *member = directory__find_member(d, &owner);
    return member ? member->name : m->name;
}

static void put_client_json(struct json_out *o, const struct directory *d, const struct dir_member *m)
{
    bool is_member = m->id.subsystem.n == 0;
    json_open(o, '{');
    json_name(o, STR("id"));
    json_open(o, '{');
    json_text_at(o, "member_class", m->id.class_);
    json_text_at(o, "member_code", m->id.member);
    json_text_at(o, "object_type", is_member ? STR("MEMBER") : STR("SUBSYSTEM"));
    if (!is_member) json_text_at(o, "subsystem_code", m->id.subsystem);
    json_text_at(o, "xroad_instance", m->id.instance);
    json_close(o);
    json_text_at(o, "name", member_name(d, m));
    if (!is_member) json_text_at(o, "subsystem_name", m->name);
    json_close(o);
}

static void put_element(struct buf *b, const char *name, struct str value)
{
    buf_print(b, "<%s>", name);
    xml_put_text(b, value);
    buf_print(b, "</%s>", name);
}

static void put_client_xml(struct buf *b, const struct directory *d, const struct dir_member *m)
{
    buf_print(b, "<xrd:member><xrd:id id:objectType=\"%s\">", m->id.subsystem.n ? "SUBSYSTEM" : "MEMBER");
    put_element(b, "id:xRoadInstance", m->id.instance);
    put_element(b, "id:memberClass", m->id.class_);
    put_element(b, "id:memberCode", m->id.member);
    if (m->id.subsystem.n) put_element(b, "id:subsystemCode", m->id.subsystem);
    buf_put(b, STR("</xrd:id>"));
    put_element(b, "xrd:name", member_name(d, m));
    if (m->id.subsystem.n) put_element(b, "xrd:subsystemName", m->name);
    buf_put(b, STR("</xrd:member>"));
}

static void put_xml(struct buf *b, const struct directory *d)
{
    buf_put(b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?><xrd:clientList xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:id=\"http://x-road.eu/xsd/identifiers\">"));
    for (size_t i = 0; i < d->nmembers; i++) put_client_xml(b, d, &d->members[i]);
    buf_put(b, STR("</xrd:clientList>"));
}

static void put_json(struct buf *b, const struct directory *d)
{
    struct json_out o = json_to(b);
    json_open(&o, '{');
    json_name(&o, STR("member"));
    json_open(&o, '[');
    for (size_t i = 0; i < d->nmembers; i++) put_client_json(&o, d, &d->members[i]);
    json_close(&o);
    json_close(&o);
}

/* wanted_instance: ?xRoadInstance=, else our own. */
static struct str wanted_instance(struct call *c, struct str query)
{
    struct str name, value, wanted = exchange__of(c)->instance;
    bool bad = false;
    while (url_query_next(c->arena, &query, &name, &value, &bad))
        if (str_eq(name, STR("xRoadInstance"))) wanted = value;
    return wanted;
}

/* wants_json: among other kinds too, as programs in browsers send it ("application/json, text/plain"). */
static bool wants_json(const struct request *rq)
{
    for (size_t i = 0; i < rq->nheaders; i++) {
        struct str rest = rq->headers[i].value, item;
        if (!str_eq_nocase(rq->headers[i].name, STR("accept"))) continue;
        while (str_next(&rest, ',', &item))
            if (str_eq_nocase(multipart__type(item), STR("application/json"))) return true;
    }
    return false;
}

enum status metadata__clients(struct call *c, const struct request *rq, struct reply *rp)
{
    DIRECTORY d = NULL;
    struct str body;
    struct buf b = buf_in(c->arena, ANSWER_MAX);
    TRY(directory__hold_of(c, wanted_instance(c, rq->query), &d));
    bool json = wants_json(rq);
    if (json) put_json(&b, d);
    else put_xml(&b, d);
    TRY(buf_finish(&b, &body));
    reply_text(rp, 200, json ? JSON_TYPE : STR("text/xml; charset=utf-8"), body);
    return ST_OK;
}
