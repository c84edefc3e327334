/* wire.h: a signed message as it travels between two servers, and signing many under one signature. For this room only. */
#ifndef SEN_EXCHANGE_WIRE_H
#define SEN_EXCHANGE_WIRE_H

#include "exchange/message/message.h"
#include "trust/signature.h"

struct directory;

/* ---- a signed message on the wire ---- */
struct wire {
    struct str ocsp[WIRE_OCSP_MAX]; size_t nocsp;
    struct str head;
    bool has_body; struct str body;
    struct extent large; /* a body in a file; body is empty then */
    struct str head_digest, body_digest; /* SHA-512: set by wire__sign, wire__check_signature, or for what is not signed wire__digest */
    struct signature_doc signature;
    bool has_fault; struct fault fault;
};
NODISCARD enum status wire__digest(struct call *c, struct wire *w);
/* struct wire_bytes: the message to be sent: what stands before a large body (all of it, where there is none), the body, what stands behind it. */
struct wire_bytes { struct str type, before; struct extent large; struct str behind; };
NODISCARD enum status wire__write(struct call *c, const struct wire *w, bool is_request, struct wire_bytes *ret);
/* wire__read: a message from memory, or from a file where large has a spool. */
NODISCARD enum status wire__read(struct call *c, struct str content_type, struct str bytes, const struct extent *large, bool is_request, struct wire *ret);
/* wire__check_signed: the parts of a signature are there. Apart, since a provider judges first who asks whom (1.8). */
NODISCARD enum status wire__check_signed(struct call *c, const struct wire *w);
/* wire__sign: sign head and body with the member's key; the turn ends when they are logged. */
struct sign_turn;
NODISCARD enum status wire__sign(struct call *c, struct sign_turn *turn, struct str member, struct wire *w);
/* wire__check_signature: every received part covered, value right, signed by this member with a good certificate now. */
NODISCARD enum status wire__check_signature(struct call *c, const struct directory *d, struct wire *w, const struct xid *signer);

/* ---- signing together (3.8) ---- */
struct sign_queue;
struct sign_queue *sign__queue_new(size_t most); /* messages under one signature */
void sign__queue_free(struct sign_queue *q);
/* A turn of signing: SIGN_TURN t = { 0 }; ends at the closing brace, behind which the signed message is in the log (or was given up). Nothing but the log is
 * waited for in between. */
struct sign_turn { struct sign_queue *queue; };
void sign__end_turn(struct sign_turn *t);
#define SIGN_TURN __attribute__((cleanup(sign__end_turn))) struct sign_turn
/* sign__message: one message signed, alone or with others that arrived during the last turn. */
NODISCARD enum status sign__message(struct call *c, struct sign_turn *turn, const struct key *key, struct str cert, struct str ocsp, const struct signed_part *parts, size_t nparts,
                                    struct signature_doc *ret);

#endif
