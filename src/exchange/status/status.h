/* status.h: certificates judged, now or at a moment of the past: whose they are, by which authority, and what its status service says. For this room only. */
#ifndef SEN_EXCHANGE_STATUS_H
#define SEN_EXCHANGE_STATUS_H

#include "exchange/directory/directory.h"
#include "exchange/message/message.h"
#include "trust/cert.h"
#include "web/http.h"

/* ---- judgement of certificates (3.5, 3.6, 3.7) ---- */
/* judge__peer: a peer's authentication certificate with its OCSP parts; it must belong to a server that hosts this client (or provider). */
NODISCARD enum status judge__peer(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, const struct str *ocsp, size_t nocsp,
                                  const struct xid *hosted);
/* judge__between: the certificates of its path that stand between it and what the directory approves, whose status counts too; 0 also where there is no path. */
size_t judge__between(struct call *c, const struct directory *d, struct str cert, const struct str *chain, size_t nchain, struct str ret[static WIRE_OCSP_MAX]);
/* judge__signer: the certificate of a signature, with the certificates and the status answers that it carries. */
NODISCARD enum status judge__signer(struct call *c, const struct directory *d, const struct signature_facts *by, const struct xid *member);
/* judge__issuer: certificate of the authority that issued cert, and where its status is asked, in the directory's order. */
struct judge_source { struct str issuer; const struct str *urls; size_t nurls; };
NODISCARD enum status judge__issuer(struct call *c, const struct directory *d, struct str cert, struct judge_source *ret);
/* judge__answer: is this a proof of the status of cert, good or revoked? As far as the directory alone tells. */
NODISCARD enum status judge__answer(struct call *c, const struct directory *d, struct str cert, struct str answer, bool *ret_revoked);
/* profile__owner: the member that a signing certificate names, read as its authority's profile says (3.7); false for a profile or a subject that is not known. */
bool profile__owner(struct call *c, const struct directory *d, const struct cert_info *info, struct xid *ret);

/* judge__signer_then, judge__status_then: what judge__signer judges, at a moment of the past and in two steps; nothing is remembered. */
NODISCARD enum status judge__signer_then(struct call *c, const struct directory *d, const struct signature_facts *by, const struct xid *member, int64_t at_ms, struct cert_path *ret);
NODISCARD enum status judge__status_then(struct call *c, const struct directory *d, const struct cert_path *path, const struct signature_facts *by, int64_t at_ms);

/* ---- status answers (3.4); how they are kept stands in ocsp_int.h ---- */
struct ocsp_cache;
struct ocsp_cache *ocsp__cache_new(void);
void ocsp__cache_free(struct ocsp_cache *k);
/* ocsp__own: of our own certificate. What is at hand, else it is fetched the first time; while that fails it is refused at once: who does not answer, since when. */
NODISCARD enum status ocsp__own(struct call *c, struct str cert, struct str *ret);
NODISCARD enum status ocsp__kept(struct call *c, struct str cert, struct str *ret);   /* the same without the network */
/* ocsp__kept_times: likewise, with thisUpdate and nextUpdate, which were read when it came. */
struct status_times { int64_t from_ms, to_ms; };
NODISCARD enum status ocsp__kept_times(struct call *c, struct str cert, struct str *ret, struct status_times *ret_says);
NODISCARD enum status ocsp__of_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret); /* likewise, from the peer */
/* ocsp__of_chain: of its certificate, and of those that it came with, as far as the directory does not approve them itself. */
NODISCARD enum status ocsp__of_chain(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, const struct str *chain, size_t nchain,
                                     struct str ret[static WIRE_OCSP_MAX], size_t *n);
/* ocsp__failing: since when our own cannot be fetched, 0: it goes well; *ret: whom it was asked of, and whether the last answer still holds. */
int64_t ocsp__failing(struct call *c, struct str cert, struct call_error *ret);
/* The network alone, for who looks for the step that fails. */
NODISCARD enum status ocsp__try_own(struct call *c, struct str cert);
NODISCARD enum status ocsp__try_peer(struct call *c, const struct directory *d, const struct dir_server *s, struct str cert, struct str *ret);
/* ocsp__is_revoked: does the status service of its authority say so? For a service whose certificate the directory lists: while nobody answers, the directory counts. */
bool ocsp__is_revoked(struct call *c, const struct directory *d, struct str cert);
NODISCARD enum status ocsp__refresh(struct call *c);                                  /* job */
NODISCARD enum status ocsp__load(struct call *c);                                     /* at start: what was at hand before */
/* ocsp__read_query: the hashes of GET /?cert=..&cert_hash=..: SHA-1 ones (20 bytes) or else SHA-256 ones. */
NODISCARD enum status ocsp__read_query(struct call *c, struct str query, const struct str **ret, size_t *n);
handler ocsp__show;
handler ocsp__show_failed;

#endif
