/* thread.h: what a thread keeps of the library: making one of its contexts costs more than a sealed text. Made when first needed; freed, with the secrets
 * in them, when the thread ends. */
#ifndef SEN_TRUST_THREAD_H
#define SEN_TRUST_THREAD_H

#include "trust/ossl.h"
#include "trust/seal.h"

/* A context for one key, set up to sign or to verify in one way. It holds the key, so no other key can have its address. */
struct ready { EVP_PKEY_CTX *ctx; const EVP_PKEY *key; struct sig_method method; };

struct thread {
    struct sealing sealing;
    struct ready signing, verifying;
};

struct thread *trust__thread(void);
/* trust__forget_keys: of what this thread keeps, all that holds a key. */
void trust__forget_keys(void);

/* trust__ready: a context for this key and method, the last one if it fits; init: EVP_PKEY_sign_init or EVP_PKEY_verify_init. NULL: the library refused. */
EVP_PKEY_CTX *trust__ready(struct ready *r, EVP_PKEY *key, struct sig_method m, int (*init)(EVP_PKEY_CTX *ctx));
void trust__unready(struct ready *r);

#endif
