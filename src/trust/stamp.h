/* stamp.h: time-stamps (RFC 3161): a time-stamp service signs a digest together with its clock, so that nobody can say later that what has the digest was made
 * afterwards. Questions and answers are bytes here; exchange carries them. Which services count is told by the directory: a service is its certificate. */
#ifndef SEN_TRUST_STAMP_H
#define SEN_TRUST_STAMP_H

#include "trust/cert.h"

/* stamp_ask: a question (DER) with a fresh nonce that wants the service's certificate in the answer. */
struct stamp_question { enum digest alg; struct str digest, nonce, der; };
NODISCARD enum status stamp_ask(struct call *c, enum digest alg, struct str digest, struct stamp_question *ret);

/* What a token says; serial in decimal, policy in dotted form, cert the signer's. */
struct stamp_facts { int64_t at_ms; struct str serial, policy, cert; };

/* stamp_take: the answer to a question: granted, for this digest and nonce, signed by one of the listed certificates, its clock within a minute of at_ms; *ret_token is
 * what is kept. ST_INVALID with a sentence that says what does not fit; ST_UNAVAILABLE when the service refused. */
NODISCARD enum status stamp_take(struct call *c, struct str answer, const struct stamp_question *q, const struct str *certs, size_t ncerts, int64_t at_ms, struct str *ret_token,
                                 struct stamp_facts *ret);
/* stamp_check: a token that was kept: for this digest, signed by one of the listed certificates, which may do nothing but stamp and was valid at the moment that the
 * token names. ST_INVALID with a sentence. */
NODISCARD enum status stamp_check(struct call *c, struct str token, enum digest alg, struct str digest, const struct str *certs, size_t ncerts, struct stamp_facts *ret);

/* ---- many signatures under one token (x-road 5.3) ---- */

/* stamp_batch_result: the document that is stamped for these digests (SHA-512) of signature documents; its exact bytes are. */
NODISCARD enum status stamp_batch_result(struct call *c, const struct str *digests, size_t n, struct str *ret_xml);
/* stamp_batch_chain: the document that leads from the signature document at `at` to that result. */
NODISCARD enum status stamp_batch_chain(struct call *c, const struct str *digests, size_t n, size_t at, struct str *ret_xml);
/* stamp_batch_grow, stamp_batch_way: the same for many of them: the tree is grown once, lives as long as its call and is only read afterwards. */
struct hash_tree;
const struct hash_tree *stamp_batch_grow(struct call *c, const struct str *digests, size_t n);
NODISCARD enum status stamp_batch_way(struct call *c, const struct hash_tree *t, size_t at, struct str *ret_xml);
/* stamp_batch_check: chain and result lead to each other for a signature document of this digest. */
NODISCARD enum status stamp_batch_check(struct call *c, struct str result_xml, struct str chain_xml, struct str digest);

/* ---- one signature under one token (x-road 5.3) ---- */

/* stamp_single_value: what is stamped of a message that goes alone: the value of its signature, so that the token can stand in the document. False for a document
 * that has no place for a token, or has one already: it goes as a batch of one. */
bool stamp_single_value(struct call *c, struct str signature_xml, struct str *ret_value);
/* stamp_put_token: the document with the token in it; it must be one for which stamp_single_value answered true. */
NODISCARD enum status stamp_put_token(struct call *c, struct str signature_xml, struct str token, struct str *ret_xml);
bool stamp_is_batch(struct str stamped); /* was this, which a token stamps, made by stamp_batch_result? */

/* ---- sandbox: the service itself; operator's node only ---- */

/* stamp_answer: the answer (DER) to a question, signed by the key through the holder. A question that breaks a rule gets an answer that says so, and ST_OK.
 * next_serial is asked for a good question only, once; it must never give a number twice. */
struct stamp_service { const struct key *key; struct str cert; int64_t at_ms; enum status (*next_serial)(struct call *c, int64_t *ret); };
NODISCARD enum status stamp_answer(struct call *c, const struct stamp_service *s, struct str question, struct str *ret);

#endif
