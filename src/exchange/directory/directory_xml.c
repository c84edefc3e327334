/* directory_xml.c: texts, certificates and identifiers in the XML of global configuration (x-road 4), for its readers. */
#include "exchange/directory/directory_int.h"

#include "base/encode.h"

static const char IDENTIFIERS_NS[] = "http://x-road.eu/xsd/identifiers";

enum status directory__bad(struct call *c, const char *what)
{
    return call_fault(c, call_fail(c, ST_INVALID, "", "The nation's directory is malformed (%s). Tell the operator.", str_z(what)), STR("malformed_global_conf"));
}

size_t directory__count(const struct xml *x, const char *name)
{
    size_t n = 0;
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) n += xml_is(e, NULL, name);
    return n;
}

static struct str text_in(struct arena *a, const struct xml *x, const char *ns, const char *name)
{
    const struct xml *e = xml_child(x, ns, name);
    return e ? str_trim(xml_text(a, e)) : STR("");
}

struct str directory__text(struct arena *a, const struct xml *x, const char *name) { return text_in(a, x, NULL, name); }

bool directory__flag(struct call *c, const struct xml *x, const char *name)
{
    struct str text = directory__text(c->arena, x, name);
    return str_eq(text, STR("true")) || str_eq(text, STR("1")); /* both are booleans of XML Schema */
}

struct str directory__cert(struct call *c, struct arena *a, const struct xml *x)
{
    struct str bytes, der;
    if (!x || !decode_base64(c->arena, xml_text(c->arena, x), &bytes)) return STR("");
    if (cert_of_pem_or_der(c, bytes, &der) != ST_OK) {
        call_clear(c);
        return STR("");
    }
    return str_copy(a, der);
}

size_t directory__certs(struct call *c, struct arena *a, const struct xml *x, const char *name, const struct str **ret)
{
    struct str *certs = arena_array(a, struct str, directory__count(x, name));
    size_t n = 0;
    for (const struct xml *e = xml_first(x); e; e = xml_next(e)) {
        if (!xml_is(e, NULL, name)) continue;
        struct str der = directory__cert(c, a, e);
        if (der.n) certs[n++] = der;
    }
    *ret = certs;
    return n;
}

bool directory__id(struct arena *a, const struct xml *x, struct xid *ret)
{
    struct xid id = { .instance = text_in(a, x, IDENTIFIERS_NS, "xRoadInstance"), .class_ = text_in(a, x, IDENTIFIERS_NS, "memberClass"),
                      .member = text_in(a, x, IDENTIFIERS_NS, "memberCode"), .subsystem = text_in(a, x, IDENTIFIERS_NS, "subsystemCode") };
    if (!id.instance.n || !id.class_.n || !id.member.n) return false;
    *ret = id;
    return true;
}

enum status directory__open_xml(struct call *c, struct str xml, struct xml_doc **ret)
{
    if (xml.n > DIRECTORY_MAX) return directory__bad(c, "over 16 MiB");
    enum status st = xml_parse(c, xml, ret);
    if (st != ST_OK) return call_fault(c, st, STR("malformed_global_conf"));
    return xml_is(xml_root(*ret), DIRECTORY_NS, "conf") ? ST_OK : directory__bad(c, "another document");
}
