/* holder_wire.h: what stands in one packet between a process and its key holder (SOCK_SEQPACKET, one packet a question, one an answer).
 *   "SH" 1 | kind | purpose | algorithm | number (8 bytes, low byte first) | length key | key | length owner | owner | count | items
 * lengths of key and owner are one byte, of items two (low byte first). Questions and answers have the same form. */
#ifndef SEN_TRUST_HOLDER_WIRE_H
#define SEN_TRUST_HOLDER_WIRE_H

#include "base/buf.h"
#include "trust/trust.h"

enum wire_kind {
    WIRE_LIST = 1,     /* number: index from 0. Answer: the key's facts (WIRE_KEY), ST_NOT_FOUND after the last */
    WIRE_SIGN = 2,     /* key, purpose, algorithm: the digest's; items: digests. Answer: signatures in the same order */
    WIRE_MAKE = 3,     /* purpose, algorithm: the key's, owner. Answer: as LIST */
    WIRE_SEAL_KEY = 4, /* key. Answer: item 0 is the AES-256 key */
    WIRE_ANSWER = 128  /* plus enum status. The facts of a key: key, owner, purpose, algorithm, number: made at (ms), item 0: public key (DER) */
};

enum { WIRE_PACKET_MAX = 16 * 1024, WIRE_ITEM_MAX = 4096, WIRE_ITEMS_MAX = 64 };

struct wire {
    uint8_t kind, purpose, algorithm;
    int64_t number;
    struct str key, owner;
    struct str items[WIRE_ITEMS_MAX];
    size_t nitems;
};

/* wire_read: views into packet. False for anything that is not exactly one message. */
bool wire_read(struct str packet, struct wire *ret);
/* wire_write: ST_TOO_LARGE when it does not fit into out, whose maximum should be WIRE_PACKET_MAX. */
NODISCARD enum status wire_write(const struct wire *w, struct buf *out);

#endif
