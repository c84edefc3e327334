/* thread.h: what a thread keeps of the library: making one of its contexts costs more than a short digest or a sealed text. Made when first needed; freed, with the secrets
 * in them, when the thread ends. */
#ifndef SEN_TRUST_THREAD_H
#define SEN_TRUST_THREAD_H

#include "trust/ossl.h"
#include "trust/seal.h"

struct thread {
    EVP_MD_CTX *digests[DIGEST_SHA512 + 1];
    struct sealing sealing;
};

struct thread *trust__thread(void);

#endif
