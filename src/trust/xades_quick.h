/* xades_quick.h: the quick way to judge documents that are ours to the byte. Each function says yes, or that it does not know: then the thorough judge
 * (xades_check.c, hash_chain.c) decides and finds the fault. They must never say yes where the thorough judge says no. */
#ifndef SEN_TRUST_XADES_QUICK_H
#define SEN_TRUST_XADES_QUICK_H

#include "trust/signature.h"

bool xades__quick_check(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret);
/* xades__check_thoroughly: any document, by parsing and canonicalising; finds the fault where there is one. */
NODISCARD enum status xades__check_thoroughly(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret);
/* hash_chain__quick_check: as hash_chain_check, for the two documents that hash_chain_write.c writes with SHA-512 throughout. */
bool hash_chain__quick_check(struct call *c, struct str result_xml, struct str chain_xml, const struct signed_part *parts, size_t nparts);

#endif
