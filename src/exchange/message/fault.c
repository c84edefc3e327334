/* fault.c: faults of the exchange: from a failed call to "server.serverproxy.access_denied" and back, to the answers that information systems (JSON or
 * XML) and peers (SOAP fault) get, and to the log line that names the hop. */
#include "exchange/message/message.h"

#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "base/xml.h"
#include "exchange/figures.h"
#include "web/page.h"

static const struct fault_row { const char *code; enum status status; const char *sentence, *cause, *cure; } TABLE[] = {
#define FAULT(code, status, sentence, cause, cure) { code, status, sentence, cause, cure },
#include "exchange/message/fault_table.h"
#undef FAULT
};
enum { TABLE_ROWS = sizeof TABLE / sizeof *TABLE, FAULT_TEXT_MAX = 2000, FAULT_TYPE_MAX = 255, FAULT_DETAIL_MAX = 255, UNTAKEN_ARENA = 64 * 1024 };
static const char SOAP_NS[] = "http://schemas.xmlsoap.org/soap/envelope/";

/* Two views that compare letters without case and without '_': "AccessDenied" is "access_denied" (x-road 10, trap 1). */
bool fault__same_type(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.n && a.p[i] == '_') i++;
        while (j < b.n && b.p[j] == '_') j++;
        if (i == a.n || j == b.n) return i == a.n && j == b.n;
        if (!str_eq_nocase(str_of(a.p + i++, 1), str_of(b.p + j++, 1))) return false;
    }
}

static const struct fault_row *find_row(struct str code)
{
    for (size_t i = 0; i < TABLE_ROWS; i++)
        if (fault__same_type(code, str_z(TABLE[i].code))) return &TABLE[i];
    return NULL;
}

/* row_of_type: the last part of the type that the table knows, together with the one in front of it where the table knows both; wrapping codes stand in front. */
static const struct fault_row *row_of_type(struct str type)
{
    const struct fault_row *found = NULL, *row;
    struct str code, before = { 0 };
    while (str_next(&type, '.', &code)) {
        row = before.n ? find_row(str_of(before.p, (size_t)(code.p + code.n - before.p))) : NULL;
        if (!row) row = find_row(code);
        if (row) found = row;
        before = code;
    }
    return found;
}

bool exchange_explain_fault(struct str type, struct fault_help *ret)
{
    const struct fault_row *row = row_of_type(type);
    if (!row) return false;
    *ret = (struct fault_help){ str_z(row->code), str_z(row->cause), str_z(row->cure), row->status };
    return true;
}

struct str exchange_fault_hop(struct str type)
{
    struct str first, second = { 0 };
    if (!str_next(&type, '.', &first)) return STR("");
    (void)str_next(&type, '.', &second);
    if (fault__same_type(first, STR("client"))) return TR("The asking agency's own system");
    if (fault__same_type(first, STR("signer"))) return TR("A key holder");
    if (fault__same_type(second, STR("clientproxy"))) return TR("The asking agency's node");
    return fault__same_type(second, STR("serverproxy")) ? TR("The answering agency's node") : STR("");
}

struct str fault__hop_name(enum hop hop)
{
    switch (hop) {
    case HOP_CONSUMER: return STR("consumer");
    case HOP_PROVIDER: return STR("provider");
    }
    return STR("");
}

static const char *code_of_status(enum status st)
{
    switch (st) {
    case ST_OK:
    case ST_BROKEN: return "internal_error";
    case ST_INVALID: return "bad_request";
    case ST_TOO_LARGE: return "bad_request";
    case ST_NO_ACTOR:
    case ST_DENIED: return "access_denied";
    case ST_NOT_FOUND: return "not_found";
    case ST_CONFLICT: return "invalid_request";
    case ST_UNAVAILABLE: return "io_error";
    }
    return "internal_error";
}

/* A type is complete when it begins with one of the prefixes; a fault of the other side keeps its own. */
static bool is_complete(struct str type)
{
    struct str first, rest = type;
    if (!str_cut(&rest, '.', &first)) return false;
    return str_eq_nocase(first, STR("client")) || str_eq_nocase(first, STR("server")) || str_eq_nocase(first, STR("signer"));
}

/* is_bad_input: the first code of the type tells: a malformed request, not a certificate that was found wrong. */
static bool is_bad_input(struct str type)
{
    struct str first;
    const struct fault_row *row = str_next(&type, '.', &first) ? find_row(first) : NULL;
    return row && row->status == ST_INVALID;
}

struct fault fault__of_call(const struct call *c, enum status st, enum hop hop)
{
    struct call_error e = call_sentence(c, st);
    struct str type = e.fault.n ? e.fault : str_z(code_of_status(st));
    if (!is_complete(type)) {
        bool from_client = hop == HOP_CONSUMER && is_bad_input(type);
        struct str prefix = from_client ? STR("client.") : hop == HOP_CONSUMER ? STR("server.clientproxy.") : STR("server.serverproxy.");
        type = str_join(c->arena, prefix, type, STR_END);
    }
    return (struct fault){ type, e.sentence, c->trace };
}

enum status fault__wrap(struct call *c, enum status st, struct str code)
{
    struct str inner = c->error.fault.n ? c->error.fault : str_z(code_of_status(st));
    if (c->error.status == ST_OK) c->error.status = st;
    c->error.fault = str_join(c->arena, code, STR("."), inner, STR_END);
    return st;
}

enum status fault__fail(struct call *c, const struct fault *f)
{
    const struct fault_row *row = row_of_type(f->type);
    enum status st = row ? row->status : ST_BROKEN;
    call_clear(c);
    (void)call_fail(c, st, "", row ? row->sentence : "The other agency's node gave a fault that is not known here. Give your administrator the id of this request.");
    return call_fault(c, st, f->type);
}

/* wants_xml: an Accept item that is exactly one of the XML types, parameters ignored; *type is what is answered. */
static bool wants_xml(const struct request *rq, struct str *type)
{
    for (size_t i = 0; i < rq->nheaders; i++) {
        struct str rest = rq->headers[i].value, item;
        if (!str_eq_nocase(rq->headers[i].name, STR("accept"))) continue;
        while (str_next(&rest, ',', &item)) {
            struct str media = multipart__type(item);
            if (str_eq_nocase(media, STR("application/xml"))) *type = STR("application/xml;charset=utf-8");
            else if (str_eq_nocase(media, STR("text/xml")) || str_eq(media, STR("text/*"))) *type = STR("text/xml;charset=utf-8");
            else continue;
            return true;
        }
    }
    return false;
}

static void put_json(struct buf *b, const struct fault *f)
{
    struct json_out o = json_to(b);
    json_open(&o, '{');
    json_text_at(&o, "type", f->type);
    json_text_at(&o, "message", f->message);
    json_text_at(&o, "detail", f->detail);
    json_close(&o);
}

void fault__reply(struct call *c, const struct request *rq, struct reply *rp, const struct fault *f)
{
    struct str type = STR("application/json;charset=utf-8");
    struct buf b = buf_in(c->arena, 8 * FAULT_TEXT_MAX);
    if (wants_xml(rq, &type)) {
        buf_put(&b, STR("<error>"));
        xml_put_element(&b, "type", f->type);
        xml_put_element(&b, "message", f->message);
        xml_put_element(&b, "detail", f->detail);
        buf_put(&b, STR("</error>"));
    } else {
        put_json(&b, f);
    }
    reply_header(c, rp, "X-Road-Error", f->type);
    reply_text(rp, str_starts(f->type, STR("server.")) ? 500 : 400, type, buf_str(&b));
}

void fault__put_soap(struct buf *b, const struct fault *f)
{
    buf_put(b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">"
                   "<SOAP-ENV:Body><SOAP-ENV:Fault>"));
    xml_put_element(b, "faultcode", f->type);
    xml_put_element(b, "faultstring", f->message);
    buf_put(b, STR("<detail><faultDetail xmlns=\"\">"));
    xml_put_text(b, f->detail);
    buf_put(b, STR("</faultDetail></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"));
}

void fault__put_untaken(struct buf *b, enum status st, struct str sentence)
{
    struct arena *a = arena_open(UNTAKEN_ARENA); /* the edge has no call */
    struct fault f = { str_join(a, STR("server.serverproxy."), str_z(code_of_status(st)), STR_END), sentence, random_uuid(a) };
    fault__put_soap(b, &f);
    log_line(LOG_WARN, "exchange", "message.refused", f.detail, log_text("hop", fault__hop_name(HOP_PROVIDER)), log_text("fault", f.type), log_text("fault_id", f.detail));
    arena_close(a);
}

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_')) return false;
    }
    return s.n > 0;
}

/* is_type: what may stand in a log line, a header and a type: words of letters, digits and '_' joined by '.'. */
static bool is_type(struct str s)
{
    struct str rest = s, word;
    if (s.n == 0 || s.n > FAULT_TYPE_MAX || s.p[s.n - 1] == '.') return false;
    while (str_next(&rest, '.', &word))
        if (!is_word(word)) return false;
    return true;
}

/* plain: text of a peer, which goes into logs, tables and answers: whole characters, a blank for each control character. */
static struct str plain(struct arena *a, struct str text, size_t most)
{
    struct str rest = text_first(text, most);
    struct buf b = buf_in(a, most);
    for (size_t n; (n = text_step(rest)) > 0; rest = str_skip(rest, n)) buf_put(&b, text_is_plain(str_first(rest, n)) ? str_first(rest, n) : STR(" "));
    return str_trim(buf_str(&b));
}

static enum status no_fault(struct call *c)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The other side answered with XML that is no fault. Check its address."), STR("malformed_soap"));
}

enum status fault__read_soap(struct call *c, struct str xml, struct fault *ret)
{
    XML_DOC doc = NULL;
    if (xml_parse(c, xml, &doc) != ST_OK) {
        call_note(c, "exchange", "fault envelope: %.*s", STR_ARG(c->error.sentence));
        call_clear(c);
        return no_fault(c);
    }
    const struct xml *root = xml_root(doc);
    const struct xml *fault = xml_only_child(xml_only_child(root, SOAP_NS, "Body"), SOAP_NS, "Fault");
    if (!xml_is(root, SOAP_NS, "Envelope") || !fault) return no_fault(c);
    struct fault f = {
        .type = str_trim(xml_text(c->arena, xml_child(fault, NULL, "faultcode"))),
        .message = plain(c->arena, xml_text(c->arena, xml_child(fault, NULL, "faultstring")), FAULT_TEXT_MAX),
        .detail = plain(c->arena, str_trim(xml_text(c->arena, xml_child(fault, NULL, "detail"))), FAULT_DETAIL_MAX),
    };
    if (!is_type(f.type)) return call_fault(c, call_fail(c, ST_INVALID, "", "The other side answered with a fault without a code. Check its address."), STR("malformed_soap"));
    *ret = f;
    return ST_OK;
}

/* reason_of: the exact sentence, where a part of the exchange does not work: it names addresses and moments. What is told of refused requests may name what was asked, and is left out. */
static struct str reason_of(const struct fault *f)
{
    const struct fault_row *row = row_of_type(f->type);
    return row && row->status == ST_UNAVAILABLE ? f->message : STR("");
}

void fault__log(const struct call *c, enum hop hop, const struct fault *f, struct str client, struct str service, struct str request_id)
{
    log_line(LOG_WARN, "exchange", "message.refused", c->trace, log_text("hop", fault__hop_name(hop)), log_text("fault", f->type), log_text("fault_id", f->detail),
             log_text("client", client), log_text("service", service), log_text("request_id", request_id), log_text("reason", reason_of(f)));
}
