/* ocsp_int.h: status answers of certificates, shared by the files that keep, fetch and show them (x-road 3.4, 3.5). */
#ifndef SEN_EXCHANGE_OCSP_INT_H
#define SEN_EXCHANGE_OCSP_INT_H

#include "exchange/status/status.h"

enum { OCSP_ANSWER_MAX = 64 * 1024 };
enum status_trouble { TROUBLE_NONE, TROUBLE_SILENT /* nobody answered */, TROUBLE_WRONG /* what was answered cannot be used */ };

/* What is known about the status of one certificate. instance is that of a peer whose certificate it is; empty: one of our own, or of a service.
 * answer is empty when there is none or it has ended. failing_since_ms 0: it goes well; where: who was asked last; fault: how what was answered is wrong. */
struct status_facts { struct str cert, instance, answer, where, fault; int64_t fetched_ms, until_ms, failing_since_ms; struct status_times says; enum status_trouble trouble; bool is_due; };

/* ---- ocsp_cache.c: in memory, and on disk over a restart ---- */

/* ocsp__look: false for a certificate that was never asked about; *ret is empty then. cert is the text that was asked for; the others are copies that belong to the call. */
bool ocsp__look(struct call *c, struct str cert, struct status_facts *ret);
/* ocsp__keep: this answer takes the place of the one before. It may be used until its nextUpdate and for fresh_s after its thisUpdate, whichever ends first; it is asked again
 * after exchange.status_s, or when half of its time is over. */
NODISCARD enum status ocsp__keep(struct call *c, struct str cert, struct str instance, struct str answer, int64_t fresh_s);
/* ocsp__note_failure: what is at hand stays as it was; the next try comes after 2, 4, 8 ... seconds, at most exchange.status_s or 30. Answers what is known now. */
struct status_facts ocsp__note_failure(struct call *c, struct str cert, struct str instance, struct str where, enum status_trouble trouble, struct str fault);
/* ocsp__take_due: the peer's certificate that has waited longest to be asked about again; false: none is due. Peers not talked to for a day are left alone. */
bool ocsp__take_due(struct call *c, struct status_facts *ret);
void ocsp__drop(struct call *c, struct str cert); /* of a server that is gone */
NODISCARD enum status ocsp__store(struct call *c); /* what is not on disk yet and worth it */

#endif
