/* hash_chain_int.h: hash chains (x-road 3.8) inside the room: how they are written, and the walk that signature_check shares. */
#ifndef SEN_TRUST_HASH_CHAIN_INT_H
#define SEN_TRUST_HASH_CHAIN_INT_H

#include "trust/signature.h"

#define HASH_CHAIN_NS "http://cyber.ee/hashchain"
#define HASH_CHAIN_DS "http://www.w3.org/2000/09/xmldsig#"

/* What frames the two documents as hash_chain_write.c writes them; hash_chain_quick.c reads nothing else. */
#define HASH_CHAIN_SHA512 "Method Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/>"
#define HASH_CHAIN_HEAD \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HashChain xmlns=\"" HASH_CHAIN_NS "\" xmlns:ds=\"" HASH_CHAIN_DS "\"><DefaultDigest" HASH_CHAIN_SHA512
#define HASH_CHAIN_END "</HashChain>"
#define HASH_CHAIN_RESULT_HEAD \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HashChainResult xmlns=\"" HASH_CHAIN_NS "\" xmlns:ds=\"" HASH_CHAIN_DS \
    "\" URI=\""
#define HASH_CHAIN_RESULT_MIDDLE "\"><ds:Digest" HASH_CHAIN_SHA512
#define HASH_CHAIN_SIGNED "/sig-hashchain.xml#STEP0" /* where the chain of a signature begins */
#define HASH_CHAIN_RESULT_END "</HashChainResult>"

/* A child of a step: a digest and what it was made with. */
struct hash_link { enum digest alg; struct str digest; };

/* hash_chain__step_value: H(DER of the children in order): SEQUENCE OF SEQUENCE { OCTET STRING digest, UTF8String algorithm URI, SEQUENCE {} }. Digests have at most
 * DIGEST_MAX bytes, and there are at most a thousand or so. */
struct str hash_chain__step_value(struct arena *a, enum digest alg, const struct hash_link *links, size_t n);

/* hash_chain__read_digest: [ds:DigestMethod] ds:DigestValue from the element first on, and nothing after; without a method it is *fallback (NULL: a
 * method must be there). False on an unknown algorithm (SHA-1 too) or a value of another length. */
struct xml;
bool hash_chain__read_digest(struct arena *a, const struct xml *first, const enum digest *fallback, struct hash_link *ret);

/* hash_chain__write: chains for n messages under one result. ret_result is the same for all; ret_chain[i] leads from the root to the parts of
 * messages[i]. Digests of parts may differ in algorithm, steps are always SHA-512. */
NODISCARD enum status hash_chain__write(struct call *c, const struct signed_message *messages, size_t n, struct str *ret_result, struct str *ret_chain);
/* For batches of thousands: hash_chain__write_result: only the result (its URI names file and step). hash_chain__grow: the tree over messages, which stay where they are as
 * long as it is used; hash_chain__write_one: from it, the chain of messages[at]. */
NODISCARD enum status hash_chain__write_result(struct call *c, const struct signed_message *messages, size_t n, struct str uri, struct str *ret_result);
struct hash_tree;
const struct hash_tree *hash_chain__grow(struct arena *a, const struct signed_message *messages, size_t n);
NODISCARD enum status hash_chain__write_one(struct call *c, const struct hash_tree *t, size_t at, struct str *ret_chain);

#endif
