/* thread.c: the contexts of each thread. */
#include "trust/thread.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/rsa.h>

static pthread_key_t mine;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void forget_keys(struct thread *t)
{
    seal_forget(&t->sealing);
    trust__unready(&t->signing);
    trust__unready(&t->verifying);
}

static void end(void *arg)
{
    struct thread *t = arg;
    forget_keys(t);
    heap_free(t);
}

static void set_up(void)
{
    if (pthread_key_create(&mine, end) != 0) abort();
}

struct thread *trust__thread(void)
{
    (void)pthread_once(&once, set_up);
    struct thread *t = pthread_getspecific(mine);
    if (t) return t;
    t = heap_new(struct thread);
    if (pthread_setspecific(mine, t) != 0) abort();
    return t;
}

void trust__forget_keys(void) { forget_keys(trust__thread()); }

/* ---- signatures ---- */

static bool set_padding(EVP_PKEY_CTX *ctx, struct sig_method m)
{
    if (EVP_PKEY_CTX_set_signature_md(ctx, trust__md(m.digest)) <= 0) return false;
    if (m.kind == SIG_ECDSA) return true;
    if (m.kind == SIG_RSA) return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, trust__md(m.digest)) > 0;
}

EVP_PKEY_CTX *trust__ready(struct ready *r, EVP_PKEY *key, struct sig_method m, int (*init)(EVP_PKEY_CTX *ctx))
{
    if (r->ctx && r->key == key && r->method.digest == m.digest && r->method.kind == m.kind) return r->ctx;
    trust__unready(r);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    if (!ctx || init(ctx) <= 0 || !set_padding(ctx, m)) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    *r = (struct ready){ ctx, key, m };
    return ctx;
}

void trust__unready(struct ready *r)
{
    EVP_PKEY_CTX_free(r->ctx);
    *r = (struct ready){ 0 };
}
