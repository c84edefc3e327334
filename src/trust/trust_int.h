/* trust_int.h: shared by the files of this room; OpenSSL's own types stand in ossl.h. */
#ifndef SEN_TRUST_TRUST_INT_H
#define SEN_TRUST_TRUST_INT_H

#include <pthread.h>

#include <openssl/types.h>

#include "trust/trust.h"

struct cert_cache;
struct holder_client;
struct memo;

/* What trust_start makes; the handles are keys.c's own. */
struct trust {
    struct str folder;                /* on the heap */
    struct holder_client *holder;
    int64_t ask_ms;                   /* how long the holder may take for one answer */
    pthread_mutex_t lock;             /* the list and the sealing keys; never held while the holder is asked */
    struct key *first;
    struct cert_cache *certs;         /* guards itself */
    struct memo *verified;            /* likewise; documents of batches that were found good */
};

/* trust__heap_wipe: the end of a heap_copy that is secret. */
static inline void trust__heap_wipe(struct str s)
{
    char *p = (char *)(uintptr_t)s.p; /* ours: made by heap_copy */
    if (!p) return;
    explicit_bzero(p, s.n);
    heap_free(p);
}

/* trust__key_fits: may this public key be judged with a method of this kind (struct sig_method)? */
bool trust__key_fits(const EVP_PKEY *key, int kind);

/* trust__ecdsa_to_raw: the DER of an ECDSA signature as r || s of half bytes each. */
bool trust__ecdsa_to_raw(struct arena *a, struct str der, size_t half, struct str *ret);

/* trust__pem_certificates: the certificates of a PEM file as DER, in order; how many were found, at most `most`. */
size_t trust__pem_certificates(struct arena *a, struct str pem, struct str *ret, size_t most);

#endif
