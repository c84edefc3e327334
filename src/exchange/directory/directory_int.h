/* directory_int.h: what the readers of global configuration share: texts, certificates and identifiers of its XML. Only the roots are qualified, and identifiers. */
#ifndef SEN_EXCHANGE_DIRECTORY_INT_H
#define SEN_EXCHANGE_DIRECTORY_INT_H

#include "base/xml.h"
#include "exchange/directory/directory.h"

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

/* ---- fetching ---- */

/* struct nation_way: whose directory, and by what it is believed: our own by our anchor, another nation's by the anchor in our private parameters. before: the picture at hand, or NULL. */
struct nation_way { struct str instance; const struct anchor *anchor; bool own; const struct directory *before; };

bool directory__find_file(struct call *c, const struct dir_set *set, const struct signed_file *file, struct str *ret); /* with the digest that was signed */
bool directory__takes(const struct nation_way *way, const struct signed_file *file);
/* directory__certs_of: those of the anchor, and those that the picture at hand names (key rotation). */
size_t directory__certs_of(struct call *c, const struct nation_way *way, const struct str **ret);
/* directory__build: the picture of a verified set. */
NODISCARD enum status directory__build(struct call *c, const struct nation_way *way, const struct signed_directory *s, const struct signed_file *shared, const struct dir_set *set,
                                       struct directory **ret);
/* The last good set of each nation is stored whole or not at all (directory__read_stored). */
NODISCARD enum status directory__store(struct call *c, struct str instance, const struct dir_set *set);
NODISCARD enum status directory__load(struct call *c, const struct nation_way *way, struct directory **ret);

/* directory__sources: addresses to try, in order: those that did not fail lately first, among them HTTPS first, else shuffled. notes may be NULL. */
enum { SOURCES_MAX = 32 };
size_t directory__sources(struct call *c, const struct nation_way *way, const struct source_notes *notes, struct str ret[static SOURCES_MAX]);
void directory__note_source(struct source_notes *notes, struct str url, bool good, int64_t now_ms);
/* directory__wait_ms: how long to wait after so many failures in a row. */
int64_t directory__wait_ms(int fails);

/* directory__keep_foreign: one slot for each anchor of our picture; what is not named any more is dropped. */
void directory__keep_foreign(struct call *c, const struct directory *own);

#endif
