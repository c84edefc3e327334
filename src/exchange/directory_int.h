/* directory_int.h: what the readers of global configuration share: texts, certificates and identifiers of its XML. Only the roots are qualified, and identifiers. */
#ifndef SEN_EXCHANGE_DIRECTORY_INT_H
#define SEN_EXCHANGE_DIRECTORY_INT_H

#include "base/xml.h"
#include "exchange/exchange_int.h"

#define DIRECTORY_NS "http://x-road.eu/xsd/xroad.xsd"

enum status directory__bad(struct call *c, const char *what);                                    /* refuses a malformed document */
size_t directory__count(const struct xml *x, const char *name);
struct str directory__text(struct arena *a, const struct xml *x, const char *name);              /* of the first such child, trimmed; empty where there is none */
bool directory__flag(struct call *c, const struct xml *x, const char *name);
/* directory__cert: base64 of DER or of PEM (10, trap 4). What cannot be read is empty: one bad entry must not stop a nation. */
struct str directory__cert(struct call *c, struct arena *a, const struct xml *x);
/* directory__certs: of all children of this name that can be read. */
size_t directory__certs(struct call *c, struct arena *a, const struct xml *x, const char *name, const struct str **ret);
/* directory__id: an identifier (0) of a member or subsystem. */
bool directory__id(struct arena *a, const struct xml *x, struct xid *ret);
/* directory__anchor_of: strict: every certificate can be read, else only what can be read is there. */
NODISCARD enum status directory__anchor_of(struct call *c, struct arena *a, const struct xml *x, bool strict, struct anchor *ret);
/* directory__open_xml: within bounds, well-formed, and with this root. */
NODISCARD enum status directory__open_xml(struct call *c, struct str xml, struct xml_doc **ret);

#endif
