/* thread.c: the contexts of each thread. */
#include "trust/thread.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t mine;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void end(void *arg)
{
    struct thread *t = arg;
    for (enum digest d = DIGEST_SHA1; d <= DIGEST_SHA512; d++) EVP_MD_CTX_free(t->digests[d]);
    seal_forget(&t->sealing);
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
