/* sender.c: who sent a message that stands in a container, and whether it is a request or an answer: a REST message by its headers (x-road 1.2, 1.3), a SOAP envelope by
 * its header elements (8). Of SOAP only this is known here. */
#include "exchange/message/message.h"

#include "base/xml.h"

#define SOAP_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define XROAD_NS "http://x-road.eu/xsd/xroad.xsd"
#define ID_NS "http://x-road.eu/xsd/identifiers"

static enum status no_sender(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "message", "The message does not say who sent it. It is no message of X-Road, or it was cut."), STR("invalid_message"));
}

static enum status read_rest(struct call *c, struct str message, struct sender *ret)
{
    struct sender s = { .is_answer = message.p[0] >= '1' && message.p[0] <= '9' };
    struct rest_head head;
    TRY(s.is_answer ? rest__parse_response(c, message, &head) : rest__parse_request(c, message, &head));
    struct str who = rest__header(&head, s.is_answer ? "x-road-service" : "x-road-client");
    if (s.is_answer ? !xid__parse_service(c->arena, who, &s.id) : !xid_parse_client(c->arena, who, &s.id)) return no_sender(c);
    s.message_id = rest__short_header(&head, "x-road-id");
    *ret = s;
    return ST_OK;
}

static struct str text_in(struct arena *a, const struct xml *x, const char *name)
{
    const struct xml *e = xml_only_child(x, ID_NS, name);
    return e ? str_trim(xml_text(a, e)) : STR("");
}

/* is_answer: the element in the body is named after the service, that of an answer with "Response" behind it. */
static bool is_answer(struct call *c, const struct xml *body, struct str service)
{
    const struct xml *first = body ? xml_first(body) : NULL;
    return first && str_eq(xml_name(first), str_join(c->arena, service, STR("Response"), STR_END));
}

static enum status read_soap(struct call *c, struct str message, struct sender *ret)
{
    XML_DOC d = NULL;
    struct arena *a = c->arena;
    if (xml_parse(c, message, &d) != ST_OK) return call_clear(c), no_sender(c);
    const struct xml *envelope = xml_root(d), *header = xml_only_child(envelope, SOAP_NS, "Header"), *service = xml_only_child(header, XROAD_NS, "service"), *id = xml_only_child(header, XROAD_NS, "id");
    if (!xml_is(envelope, SOAP_NS, "Envelope") || !service) return no_sender(c);
    struct sender s = { .is_answer = is_answer(c, xml_only_child(envelope, SOAP_NS, "Body"), text_in(a, service, "serviceCode")) };
    const struct xml *who = s.is_answer ? service : xml_only_child(header, XROAD_NS, "client");
    s.id = (struct xid){ .instance = text_in(a, who, "xRoadInstance"), .class_ = text_in(a, who, "memberClass"), .member = text_in(a, who, "memberCode"), .subsystem = text_in(a, who, "subsystemCode") };
    if (!s.id.instance.n || !s.id.class_.n || !s.id.member.n) return no_sender(c);
    s.message_id = id ? str_trim(xml_text(a, id)) : STR("");
    *ret = s;
    return ST_OK;
}

enum status sender__read(struct call *c, struct str message, struct sender *ret)
{
    struct str text = str_starts(message, STR("\xef\xbb\xbf")) ? str_skip(message, 3) : message; /* SOAP may have a byte order mark */
    if (str_starts(str_trim(str_first(text, 64)), STR("<"))) return read_soap(c, message, ret);
    return message.n ? read_rest(c, message, ret) : no_sender(c);
}
