/* xml.h: XML from outside, parsed with libxml2 under hard limits (no DTD, no entities, no network, 64 levels, size given), and
 * C14N 1.0, inclusive and exclusive. Handles are released at the closing brace (XML_DOC). */
#ifndef SEN_BASE_XML_H
#define SEN_BASE_XML_H

#include "base/buf.h"
#include "base/call.h"

struct xml_doc;   /* a document; XML_DOC d = NULL; */
struct xml;       /* an element, borrowed from its document */

void xml_done(struct xml_doc **d);
#define XML_DOC __attribute__((cleanup(xml_done))) struct xml_doc *

/* xml_parse: ST_INVALID with a sentence (line, reason) for what is not well-formed, has a DOCTYPE, or is over the limits. */
NODISCARD enum status xml_parse(struct call *c, struct str text, struct xml_doc **ret);
const struct xml *xml_root(const struct xml_doc *d);

/* Elements only; text between them is skipped. ns NULL matches an element without a namespace. */
const struct xml *xml_child(const struct xml *x, const char *ns, const char *name);        /* the first such child or NULL; x may be NULL */
const struct xml *xml_only_child(const struct xml *x, const char *ns, const char *name);   /* NULL too when there is more than one */
const struct xml *xml_first(const struct xml *x);
const struct xml *xml_next(const struct xml *x);
bool xml_is(const struct xml *x, const char *ns, const char *name);
struct str xml_name(const struct xml *x);
struct str xml_ns(const struct xml *x);
int xml_line(const struct xml *x);
struct str xml_text(struct arena *a, const struct xml *x);                                  /* all text below, joined */
struct str xml_attr(struct arena *a, const struct xml *x, const char *ns, const char *name); /* p NULL when not there */
size_t xml_count_attr(const struct xml_doc *d, const char *name, struct str value);        /* elements whose no-namespace attribute has this value: duplicate Ids */

/* xml_c14n: inclusive C14N 1.0 without comments of the element and all below, with the namespaces in scope. */
NODISCARD enum status xml_c14n(struct call *c, const struct xml_doc *d, const struct xml *x, struct buf *out);
/* xml_c14n_exclusive: Exclusive C14N 1.0 without comments: only the namespaces that are used, so that the element may stand elsewhere. */
NODISCARD enum status xml_c14n_exclusive(struct call *c, const struct xml_doc *d, const struct xml *x, struct buf *out);

/* xml_put_text, xml_put_attr: escaped for text and for a "..." attribute, the way C14N writes them. */
void xml_put_text(struct buf *b, struct str s);
void xml_put_attr(struct buf *b, struct str s);
/* xml_put_element: <name>text</name>, without attributes; name is ours and not escaped. */
void xml_put_element(struct buf *b, const char *name, struct str text);

#endif
