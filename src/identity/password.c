/* password.c: Argon2id (RFC 9106) with 64 MiB, three passes, one lane. One run at a time, so that a flood of sign-ins costs one core and 64 MiB, and a short queue,
 * so that it does not hold every worker. */
#include <argon2.h>
#include <stdatomic.h>

#include "base/random.h"
#include "identity/identity_int.h"

enum { MEMORY_KIB = 64 * 1024, PASSES = 3, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32, ENCODED_MAX = 160, QUEUE_MAX = 8 };

/* What an unknown login is measured against: a well-formed hash of random bytes that nobody knows. */
static const char NOBODY[] = "$argon2id$v=19$m=65536,t=3,p=1$c2VuLW5vYm9keS1zYWx0IQ$AmartFCPPfpu6dI61YNmU2MVBK6kn+9HGiZGBsbSsjA";

static enum status take_slot(struct call *c, struct identity *i)
{
    call_may_wait(c);
    if (atomic_fetch_add(&i->waiting, 1) >= QUEUE_MAX) {
        (void)atomic_fetch_sub(&i->waiting, 1);
        return call_fail(c, ST_UNAVAILABLE, "", "Many people are signing in at this moment. Try again in a few seconds.");
    }
    (void)pthread_mutex_lock(&i->slot);
    return ST_OK;
}

static void leave_slot(struct identity *i)
{
    (void)pthread_mutex_unlock(&i->slot);
    (void)atomic_fetch_sub(&i->waiting, 1);
}

enum status password__hash(struct call *c, struct identity *i, struct str password, struct str *ret)
{
    uint8_t salt[SALT_BYTES];
    char encoded[ENCODED_MAX];
    random_bytes(salt, sizeof salt);
    TRY(take_slot(c, i));
    int failed = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.p, password.n, salt, sizeof salt, HASH_BYTES, encoded, sizeof encoded);
    leave_slot(i);
    if (failed) {
        call_note(c, "identity", "argon2: %s", argon2_error_message(failed));
        return ST_UNAVAILABLE;
    }
    *ret = str_copy(c->arena, str_z(encoded));
    return ST_OK;
}

enum status password__fits(struct call *c, struct identity *i, struct str password, struct str hash, bool *ret)
{
    const char *encoded = hash.n ? str_to_z(c->arena, hash) : NOBODY;
    if (!encoded) return ST_BROKEN;
    TRY(take_slot(c, i));
    int wrong = argon2id_verify(encoded, password.p, password.n);
    leave_slot(i);
    if (wrong && wrong != ARGON2_VERIFY_MISMATCH) {
        call_note(c, "identity", "argon2: %s", argon2_error_message(wrong));
        return wrong == ARGON2_MEMORY_ALLOCATION_ERROR ? ST_UNAVAILABLE : ST_BROKEN;
    }
    *ret = !wrong && hash.n > 0;
    return ST_OK;
}
