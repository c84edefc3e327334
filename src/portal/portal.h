/* portal.h: the first page of every node, and, where `portal.enabled` is set, the people's pages: "My record" and "Who read my data". What they show comes over the exchange, for the
 * person who signed in and nobody else: no page takes a personal number. Also publishes journal heads: GET /heads/<server>, GET /heads/<server>?key=on. */
#ifndef SEN_PORTAL_PORTAL_H
#define SEN_PORTAL_PORTAL_H

#include "base/module.h"

extern const struct module portal_module;

#endif
