/* signature.h: X-Road signature documents (XAdES, x-road.md 3.6) and hash chains (3.8): written from a template whose canonical form is known, judged by
 * parsing, canonicalising and checking that *every received part* is covered and nothing else is. */
#ifndef SEN_TRUST_SIGNATURE_H
#define SEN_TRUST_SIGNATURE_H

#include "trust/asic.h"
#include "trust/cert.h"

/* A part of a message: "/message.xml", "/attachment1" ... with its digest (SHA-512 unless said). */
struct signed_part { struct str name; enum digest alg; struct str digest; };

struct signature_doc { struct str xml; struct str chain_result; struct str chain; }; /* chain parts empty when the message stands alone */

/* signature_make: one message of nparts parts. One part: direct reference; several: one-step hash chain. ocsp: response for the signing certificate. */
NODISCARD enum status signature_make(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct signed_part *parts, size_t nparts,
                                     struct signature_doc *ret);
/* signature_make_batch: n messages under one signature (binary tree, 3.8); ret[i] for message i. */
struct signed_message { const struct signed_part *parts; size_t nparts; };
NODISCARD enum status signature_make_batch(struct call *c, const struct key *k, struct str cert_der, struct str ocsp, const struct signed_message *messages, size_t n,
                                           struct signature_doc *ret);

/* What a signature says of itself. chain: certificates that it carries beside its own; more_ocsp: status answers behind the first. Nobody signed these two lists. */
enum { SIGNATURE_CARRIED_MOST = 7 };
struct signature_facts { struct str cert_der, ocsp; int64_t signed_ms; struct sig_method method; const struct str *chain, *more_ocsp; size_t nchain, nmore_ocsp; };
/* signature_check: judges doc against the parts received: structure, chain, coverage of exactly these parts, references, value. Does not judge the certificate:
 * facts give it and its OCSP response to the caller (exchange: member name, path, status). Faults (call fault): malformed_signature[.xxx], invalid_signature_value,
 * invalid_reference, hashchain_unused_inputs ... x-road.md 1.7. */
NODISCARD enum status signature_check(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts, struct signature_facts *ret);

/* hash_chain_check: a hash chain document against its result document; used by signature_check, ASiC and time-stamps. parts: every one must be used. */
NODISCARD enum status hash_chain_check(struct call *c, struct str result_xml, struct str chain_xml, const struct signed_part *parts, size_t nparts);

/* ---- the same in a container ---- */

/* What a signature or a chain covers among the files of a container: each part with its digest, and whether the container holds it (one that it does not hold was
 * not compared with anything). needed and, with all_attachments, every /attachmentN of the container must be among them. */
struct covered_part { struct str uri; enum digest alg; struct str digest; bool is_present; };
enum { COVERED_MOST = 260 };
struct covered { struct str needed; bool all_attachments; struct covered_part list[COVERED_MOST]; size_t n; };
bool covered_add(struct covered *v, struct str uri, enum digest alg, struct str digest, bool is_present); /* false: there is no room */
const struct covered_part *covered_find(const struct covered *v, struct str uri);

/* signature_check_files: META-INF/signatures.xml against the other files, as signature_check does against a message; faults as there. */
struct container_signature { struct signature_facts facts; struct covered covered; bool uses_chain; };
NODISCARD enum status signature_check_files(struct call *c, const struct asic *files, struct container_signature *ret);

/* signature_read_stamp: what a time-stamp inside the document is for and the stamp itself, both unjudged: value: the bytes of the signature; stamp: DER, empty without
 * one. Fault malformed_signature also for a signature that refers to neither the message nor a chain's result (x-road 5.5, rule 2). */
NODISCARD enum status signature_read_stamp(struct call *c, struct str xml, struct str *ret_value, struct str *ret_stamp);

/* hash_chain_check_files: a result document among the files that its chain lies in; the chain may be spread over several of them (x-road 3.8). */
NODISCARD enum status hash_chain_check_files(struct call *c, struct str result_xml, const struct asic *files, struct covered *covered);

#endif
