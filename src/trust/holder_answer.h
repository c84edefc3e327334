/* holder_answer.h: the key holder without its socket; for holder.c, tests and the fuzzer. */
#ifndef SEN_TRUST_HOLDER_ANSWER_H
#define SEN_TRUST_HOLDER_ANSWER_H

#include "trust/vault.h"

/* holder_answer: the packet that answers this packet, in the call's arena. Never empty. */
struct str holder_answer(struct call *c, struct vault *v, struct str packet);

#endif
