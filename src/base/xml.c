/* xml.c: libxml2 kept on a short lead. A DOCTYPE ends the parsing before anything in it is read, so there are no entities to
 * expand and nothing to fetch; depth and size are limited; errors come to the call and never to stderr. struct xml and struct xml_doc are
 * libxml2's node and document under names of ours: nobody outside needs its headers. */
#include "base/xml.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>

#include "base/text.h"

enum { BYTES_MAX = 8 * 1024 * 1024, LEVELS_MAX = 64, REASON_MAX = 200 };

static xmlNode *node_of(const struct xml *x) { return (xmlNode *)(uintptr_t)x; }
static xmlDoc *doc_of(const struct xml_doc *d) { return (xmlDoc *)(uintptr_t)d; }
static const struct xml *view_of(const xmlNode *n) { return (const struct xml *)n; }

static void stay_silent(void *data, xmlError *error)
{
    (void)data;
    (void)error; /* it is kept in the parser's context, from where we take it */
}

static pthread_once_t prepared = PTHREAD_ONCE_INIT;

/* libxml2 wants its globals made once; the Thr call sets the default of threads that come later. Every document begins in xml_parse. */
static void prepare(void)
{
    xmlInitParser();
    xmlSetStructuredErrorFunc(NULL, stay_silent);
    (void)xmlThrDefSetStructuredErrorFunc(NULL, stay_silent);
}

static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    xmlParserCtxt *parser = data;
    (void)name, (void)public_id, (void)system_id;
    parser->_private = parser; /* marks why it stopped */
    xmlStopParser(parser);
}

static void context_done(xmlParserCtxt **p) { xmlFreeParserCtxt(*p); }
#define PARSER __attribute__((cleanup(context_done))) xmlParserCtxt *

void xml_done(struct xml_doc **d)
{
    if (*d) xmlFreeDoc(doc_of(*d));
    *d = NULL;
}

static enum status fail_syntax(struct call *c, xmlParserCtxt *parser)
{
    const xmlError *error = xmlCtxtGetLastError(parser);
    struct str line = str_print(c->arena, "%d", error ? error->line : 1);
    struct str reason = error && error->message ? str_trim(str_first(str_z(error->message), REASON_MAX)) : STR("it has no root element");
    return call_fail(c, ST_INVALID, "", "The XML is not well-formed, line %s: %s. Correct it and send it again.", line, str_copy(c->arena, reason));
}

/* following: the next node of the tree below top in document order; *level follows the depth. */
static xmlNode *following(xmlNode *n, const xmlNode *top, int *level)
{
    if (n->type == XML_ELEMENT_NODE && n->children) {
        ++*level;
        return n->children;
    }
    while (n != top && !n->next) {
        n = n->parent;
        --*level;
    }
    return n == top ? NULL : n->next;
}

static bool is_too_deep(xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    int level = 1;
    for (xmlNode *n = root; n; n = following(n, root, &level))
        if (level > LEVELS_MAX && n->type == XML_ELEMENT_NODE) return true;
    return false;
}

enum status xml_parse(struct call *c, struct str text, struct xml_doc **ret)
{
    if (text.n > BYTES_MAX) return call_fail(c, ST_TOO_LARGE, "", "The XML text is larger than 8 MiB. Send less at once.");
    if (!text_is_utf8(text)) return call_fail(c, ST_INVALID, "", "The XML text is not valid UTF-8. Send it in UTF-8.");
    (void)pthread_once(&prepared, prepare);
    PARSER parser = xmlNewParserCtxt();
    if (!parser) return ST_BROKEN;
    parser->sax->internalSubset = refuse_doctype;
    const int options = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES | XML_PARSE_COMPACT;
    XML_DOC doc = (struct xml_doc *)xmlCtxtReadMemory(parser, text.p ? text.p : "", (int)text.n, NULL, "UTF-8", options);
    if (parser->_private) return call_fail(c, ST_INVALID, "", "The XML has a DOCTYPE. Remove it: documents with their own definitions are not read.");
    if (!doc || !parser->wellFormed || !parser->nsWellFormed) return fail_syntax(c, parser);
    if (is_too_deep(doc_of(doc))) return call_fail(c, ST_INVALID, "", "The XML is nested deeper than 64 levels. Send a flatter document.");
    *ret = doc;
    doc = NULL;
    return ST_OK;
}

const struct xml *xml_root(const struct xml_doc *d) { return view_of(xmlDocGetRootElement(doc_of(d))); }

static const struct xml *element_from(const xmlNode *n)
{
    while (n && n->type != XML_ELEMENT_NODE) n = n->next;
    return view_of(n);
}

const struct xml *xml_first(const struct xml *x) { return x ? element_from(node_of(x)->children) : NULL; }
const struct xml *xml_next(const struct xml *x) { return x ? element_from(node_of(x)->next) : NULL; }
struct str xml_name(const struct xml *x) { return str_z((const char *)node_of(x)->name); }
struct str xml_ns(const struct xml *x) { return node_of(x)->ns ? str_z((const char *)node_of(x)->ns->href) : STR(""); }
int xml_line(const struct xml *x) { return (int)xmlGetLineNo(node_of(x)); }

bool xml_is(const struct xml *x, const char *ns, const char *name)
{
    return x && str_eq(xml_name(x), str_z(name)) && str_eq(xml_ns(x), str_z(ns));
}

const struct xml *xml_child(const struct xml *x, const char *ns, const char *name)
{
    const struct xml *child = xml_first(x);
    while (child && !xml_is(child, ns, name)) child = xml_next(child);
    return child;
}

const struct xml *xml_only_child(const struct xml *x, const char *ns, const char *name)
{
    const struct xml *found = xml_child(x, ns, name);
    for (const struct xml *other = xml_next(found); other; other = xml_next(other))
        if (xml_is(other, ns, name)) return NULL;
    return found;
}

struct str xml_text(struct arena *a, const struct xml *x)
{
    struct buf b = buf_in(a, BYTES_MAX);
    int level = 0;
    xmlNode *top = x ? node_of(x) : NULL;
    for (xmlNode *n = top; n; n = following(n, top, &level))
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) buf_put_z(&b, (const char *)n->content);
    return b.n ? buf_str(&b) : STR("");
}

static const xmlAttr *find_attr(const xmlNode *n, const char *ns, const char *name)
{
    for (const xmlAttr *at = n->properties; at; at = at->next) {
        struct str uri = at->ns ? str_z((const char *)at->ns->href) : STR("");
        if (str_eq(uri, str_z(ns)) && str_eq(str_z((const char *)at->name), str_z(name))) return at;
    }
    return NULL;
}

/* attr_value: without a DTD an attribute has one text child or none. */
static struct str attr_value(const xmlAttr *at) { return at->children ? str_z((const char *)at->children->content) : STR(""); }

struct str xml_attr(struct arena *a, const struct xml *x, const char *ns, const char *name)
{
    const xmlAttr *at = x ? find_attr(node_of(x), ns, name) : NULL;
    return at ? str_copy(a, attr_value(at)) : (struct str){ NULL, 0 };
}

size_t xml_count_attr(const struct xml_doc *d, const char *name, struct str value)
{
    size_t count = 0;
    int level = 0;
    xmlNode *root = xmlDocGetRootElement(doc_of(d));
    for (xmlNode *n = root; n; n = following(n, root, &level)) {
        const xmlAttr *at = n->type == XML_ELEMENT_NODE ? find_attr(n, NULL, name) : NULL;
        count += at && str_eq(attr_value(at), value);
    }
    return count;
}

/* is_within: libxml2 asks this about every node; a namespace node has no way up, so it comes with its parent. */
static int is_within(void *data, xmlNode *n, xmlNode *parent)
{
    const xmlNode *top = data;
    const xmlNode *at = n->type == XML_NAMESPACE_DECL ? parent : n;
    while (at && at != top) at = at->parent;
    return at == top;
}

static int write_to_buf(void *data, const char *bytes, int n)
{
    struct buf *out = data;
    buf_put(out, str_of(bytes, (size_t)n));
    return out->failed ? -1 : n;
}

static enum status canonicalise(struct call *c, const struct xml_doc *d, const struct xml *x, xmlC14NMode mode, struct buf *out)
{
    xmlOutputBuffer *sink = xmlOutputBufferCreateIO(write_to_buf, NULL, out, NULL);
    if (!sink) return ST_BROKEN;
    int done = xmlC14NExecute(doc_of(d), is_within, node_of(x), (int)mode, NULL, 0, sink);
    int closed = xmlOutputBufferClose(sink);
    if (out->failed) return call_fail(c, ST_TOO_LARGE, "", "The XML is too large to be checked. Send less at once.");
    if (done < 0 || closed < 0) return call_fail(c, ST_INVALID, "", "The XML has no canonical form (a relative namespace?). Use absolute namespaces.");
    return ST_OK;
}

enum status xml_c14n(struct call *c, const struct xml_doc *d, const struct xml *x, struct buf *out) { return canonicalise(c, d, x, XML_C14N_1_0, out); }
enum status xml_c14n_exclusive(struct call *c, const struct xml_doc *d, const struct xml *x, struct buf *out) { return canonicalise(c, d, x, XML_C14N_EXCLUSIVE_1_0, out); }

struct escape { char byte; struct str written; };

static void put_escaped(struct buf *b, struct str s, const struct escape *table, size_t n)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if ((uint8_t)s.p[i] > '>') continue; /* nothing above it is ever escaped */
        for (size_t k = 0; k < n; k++) {
            if (s.p[i] != table[k].byte) continue;
            buf_put(b, str_of(s.p + from, i - from));
            buf_put(b, table[k].written);
            from = i + 1;
            break;
        }
    }
    buf_put(b, str_skip(s, from));
}

void xml_put_text(struct buf *b, struct str s)
{
    static const struct escape table[] = { { '&', STR_INIT("&amp;") }, { '<', STR_INIT("&lt;") }, { '>', STR_INIT("&gt;") }, { '\r', STR_INIT("&#xD;") } };
    put_escaped(b, s, table, sizeof table / sizeof *table);
}

void xml_put_element(struct buf *b, const char *name, struct str text)
{
    buf_put_c(b, '<');
    buf_put_z(b, name);
    buf_put_c(b, '>');
    xml_put_text(b, text);
    buf_put(b, STR("</"));
    buf_put_z(b, name);
    buf_put_c(b, '>');
}

void xml_put_attr(struct buf *b, struct str s)
{
    static const struct escape table[] = { { '&', STR_INIT("&amp;") }, { '<', STR_INIT("&lt;") }, { '"', STR_INIT("&quot;") },
                                           { '\t', STR_INIT("&#x9;") }, { '\n', STR_INIT("&#xA;") }, { '\r', STR_INIT("&#xD;") } };
    put_escaped(b, s, table, sizeof table / sizeof *table);
}
