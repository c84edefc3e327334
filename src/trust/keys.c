/* keys.c: handles of the keys that the holder has, and signing with them. Handles are made once and live until trust_stop, so that a thread may
 * keep one across calls; the list is read again when a key is asked for that is not known yet. */
#include "trust/trust.h"

#include <pthread.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memo.h"
#include "base/time.h"
#include "trust/cert_cache.h"
#include "trust/holder_client.h"
#include "trust/key_names.h"
#include "trust/ossl.h"
#include "trust/seal.h"
#include "trust/thread.h"
#include "trust/trust_int.h"

enum { LOOK_US = 1000000, CERT_FILE_MAX = 256 * 1024, CERTS_MAX = 8, P256_HALF = 32, VERIFIED_SLOTS = 128 };

/* The certificates of a file as it was read last: by inode, size and time of change it is the same one still. looked_us: when that was seen last. */
struct cert_file { struct stat seen; int64_t looked_us; struct str certs[CERTS_MAX]; size_t n; };

struct key {
    struct trust *trust;
    struct str id, owner, public_key; /* on the heap */
    enum key_purpose purpose;
    enum key_algorithm algorithm;
    int64_t made_ms;
    struct key *next;
    uint8_t tag[32];                  /* SHA-256 of the id: what sealed texts call the key */
    bool sealing_known;               /* under trust->lock */
    uint8_t sealing[SEAL_KEY_BYTES];
    struct cert_file file;            /* under trust->lock */
};

static void drop_certs(struct cert_file *f)
{
    for (size_t i = 0; i < f->n; i++) heap_drop(f->certs[i]);
}

/* ---- the list ---- */

static struct key *find_id(struct trust *t, struct str id)
{
    struct key *k = t->first;
    while (k && !str_eq(k->id, id)) k = k->next;
    return k;
}

/* keep: the handle of a key the holder told about; known ones stay as they are. */
static const struct key *keep(struct trust *t, const struct wire *fact)
{
    (void)pthread_mutex_lock(&t->lock);
    struct key *k = find_id(t, fact->key);
    if (!k) {
        k = heap_new(struct key);
        *k = (struct key){ .trust = t, .id = heap_copy(fact->key), .owner = heap_copy(fact->owner), .public_key = heap_copy(fact->nitems ? fact->items[0] : STR("")),
                           .purpose = (enum key_purpose)fact->purpose, .algorithm = (enum key_algorithm)fact->algorithm, .made_ms = fact->number, .next = t->first };
        trust_sha256(k->id, k->tag);
        t->first = k;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return k;
}

static enum status read_list(struct call *c, struct trust *t)
{
    struct wire *ask = arena_new(c->arena, struct wire), *fact = arena_new(c->arena, struct wire);
    for (int64_t i = 0;; i++) {
        *ask = (struct wire){ .kind = WIRE_LIST, .number = i };
        enum status st = holder_ask(c, t->holder, ask, t->ask_ms, fact);
        if (st == ST_NOT_FOUND) return ST_OK;
        if (st != ST_OK) return st;
        if (fact->purpose < KEY_PURPOSES && fact->algorithm < KEY_ALGORITHMS) (void)keep(t, fact);
    }
}

static const struct key *newest(struct trust *t, enum key_purpose purpose, struct str owner)
{
    const struct key *best = NULL;
    (void)pthread_mutex_lock(&t->lock);
    for (const struct key *k = t->first; k; k = k->next)
        if (k->purpose == purpose && str_eq(k->owner, owner) && (!best || k->made_ms > best->made_ms)) best = k;
    (void)pthread_mutex_unlock(&t->lock);
    return best;
}

enum status trust_start(struct call *c, struct str keys_folder, struct str socket, int64_t ask_ms, struct trust **ret)
{
    struct trust *t = heap_new(struct trust);
    (void)pthread_mutex_init(&t->lock, NULL);
    t->ask_ms = ask_ms;
    t->folder = heap_copy(keys_folder);
    t->holder = holder_client_new(socket);
    t->certs = cert_cache_new();
    t->verified = memo_new(VERIFIED_SLOTS);
    enum status st = read_list(c, t);
    if (st != ST_OK) {
        trust_stop(t);
        return st;
    }
    *ret = t;
    return ST_OK;
}

void trust_stop(struct trust *t)
{
    if (!t) return;
    trust__forget_keys(); /* those of other threads end with them */
    for (struct key *k = t->first, *next; k; k = next) {
        next = k->next;
        heap_drop(k->id);
        heap_drop(k->owner);
        heap_drop(k->public_key);
        drop_certs(&k->file);
        OPENSSL_cleanse(k, sizeof *k);
        heap_free(k);
    }
    holder_client_free(t->holder);
    cert_cache_free(t->certs);
    memo_free(t->verified);
    heap_drop(t->folder);
    (void)pthread_mutex_destroy(&t->lock);
    heap_free(t);
}

/* ---- handles ---- */

struct str key_id(const struct key *k) { return k->id; }
enum key_algorithm key_algorithm(const struct key *k) { return k->algorithm; }
enum key_purpose key_purpose(const struct key *k) { return k->purpose; }
struct str key_public(const struct key *k) { return k->public_key; }

static const struct key *of_public(struct trust *t, enum key_purpose purpose, struct str public_key)
{
    (void)pthread_mutex_lock(&t->lock);
    const struct key *k = t->first;
    while (k && !(k->purpose == purpose && str_eq(k->public_key, public_key))) k = k->next;
    (void)pthread_mutex_unlock(&t->lock);
    return k;
}

/* find_key: one that is not known yet may have been made since the list was read. */
static enum status find_key(struct call *c, const struct key *(*find)(struct trust *t, enum key_purpose purpose, struct str by), enum key_purpose purpose, struct str by, const struct key **ret)
{
    struct trust *t = c->app->trust;
    const struct key *k = find(t, purpose, by);
    if (!k) {
        TRY(read_list(c, t));
        k = find(t, purpose, by);
    }
    if (!k) return call_fail(c, ST_NOT_FOUND, "keys", "This node has no key for the purpose %s. Make its keys with `sen node init`.", key__purpose_name(purpose));
    *ret = k;
    return ST_OK;
}

enum status trust_key(struct call *c, enum key_purpose purpose, struct str owner, const struct key **ret) { return find_key(c, newest, purpose, owner, ret); }
enum status trust_key_of_public(struct call *c, enum key_purpose purpose, struct str public_key, const struct key **ret) { return find_key(c, of_public, purpose, public_key, ret); }

enum status trust_make_key(struct call *c, enum key_purpose purpose, enum key_algorithm alg, struct str owner, const struct key **ret)
{
    struct trust *t = c->app->trust;
    struct wire *answer = arena_new(c->arena, struct wire), *ask = arena_new(c->arena, struct wire);
    *ask = (struct wire){ .kind = WIRE_MAKE, .purpose = (uint8_t)purpose, .algorithm = (uint8_t)alg, .owner = owner };
    enum status st = holder_ask(c, t->holder, ask, HOLDER_MAKE_MS, answer);
    if (st == ST_INVALID)
        return call_fail(c, st, "keys", "A key for the purpose %s cannot use the algorithm %s. See doc/trust.md for the pairs that fit.", key__purpose_name(purpose), key__algorithm_name(alg));
    TRY(st);
    *ret = keep(t, answer);
    return ST_OK;
}

/* ---- certificates beside the keys ---- */

static enum status no_certificate(struct call *c, const struct key *k)
{
    return call_fail(c, ST_NOT_FOUND, "certificate", "The key %s has no certificate yet. Send its request to the operator and take the answer with `sen node certificate`.", k->id);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* find_certs: now: the file as it is; NULL: those that were seen to be the file's a moment ago. */
static bool find_certs(struct call *c, const struct key *k, const struct stat *now, struct str *ret, size_t most, size_t *n)
{
    int64_t now_us = time_monotonic_us();
    (void)pthread_mutex_lock(&k->trust->lock);
    const struct cert_file *f = &k->file;
    bool found = f->n && (now ? is_same_file(&f->seen, now) : now_us < f->looked_us + LOOK_US);
    *n = !found ? 0 : f->n < most ? f->n : most;
    for (size_t i = 0; i < *n; i++) ret[i] = str_copy(c->arena, f->certs[i]);
    if (found && now) find_id(k->trust, k->id)->file.looked_us = now_us;
    (void)pthread_mutex_unlock(&k->trust->lock);
    return found;
}

static void keep_certs(struct trust *t, struct str id, const struct stat *now, const struct str *certs, size_t n)
{
    struct cert_file read = { .seen = *now, .looked_us = time_monotonic_us(), .n = n };
    for (size_t i = 0; i < n; i++) read.certs[i] = heap_copy(certs[i]);
    (void)pthread_mutex_lock(&t->lock);
    struct key *k = find_id(t, id);
    struct cert_file old = k->file;
    k->file = read;
    (void)pthread_mutex_unlock(&t->lock);
    drop_certs(&old);
}

/* key_certificates: the file is looked at once a second and read only when it was changed: a file of an earlier moment is never taken for a later one, because the look
 * comes before the reading. */
enum status key_certificates(struct call *c, const struct key *k, struct str *ret, size_t most, size_t *n)
{
    struct str path, pem, all[CERTS_MAX];
    struct stat now;
    if (find_certs(c, k, NULL, ret, most, n)) return ST_OK;
    path = str_join(c->arena, k->trust->folder, STR("/"), k->id, STR(".cert.pem"), STR_END);
    const char *path_z = str_to_z(c->arena, path);
    if (!path_z || stat(path_z, &now) != 0) return no_certificate(c, k);
    if (find_certs(c, k, &now, ret, most, n)) return ST_OK;
    TRY(file_read(c, path, CERT_FILE_MAX, &pem));
    size_t found = trust__pem_certificates(c->arena, pem, all, CERTS_MAX);
    if (!found) return no_certificate(c, k);
    keep_certs(k->trust, k->id, &now, all, found);
    *n = found < most ? found : most;
    memcpy(ret, all, *n * sizeof *ret);
    return ST_OK;
}

enum status key_certificate(struct call *c, const struct key *k, struct str *ret)
{
    struct str leaf;
    size_t n;
    TRY(key_certificates(c, k, &leaf, 1, &n));
    *ret = leaf;
    return ST_OK;
}

/* ---- signing ---- */

static enum status refuse_sign(struct call *c, const struct key *k, enum key_purpose purpose, enum status st)
{
    if (st == ST_DENIED) return call_fail(c, st, "keys", "The key %s may not be used for the purpose %s. Use the key that was made for it.", k->id, key__purpose_name(purpose));
    if (st == ST_NOT_FOUND) return call_fail(c, st, "keys", "The key holder does not have the key %s any more. Restart the node to read the list of keys again.", k->id);
    if (st == ST_INVALID) return call_fail(c, st, "digest", "The key %s cannot sign this kind of digest. Use SHA-256 or longer.", k->id);
    return st;
}

enum status trust_sign_all(struct call *c, const struct key *k, enum key_purpose purpose, enum digest alg, const struct str *digests, size_t n, struct str *ret)
{
    struct wire *ask = arena_new(c->arena, struct wire), *answer = arena_new(c->arena, struct wire);
    if (n > WIRE_ITEMS_MAX) return ST_TOO_LARGE;
    *ask = (struct wire){ .kind = WIRE_SIGN, .purpose = (uint8_t)purpose, .algorithm = (uint8_t)alg, .key = k->id, .nitems = n };
    for (size_t i = 0; i < n; i++) ask->items[i] = digests[i];
    enum status st = holder_ask(c, k->trust->holder, ask, k->trust->ask_ms, answer);
    if (st != ST_OK) return refuse_sign(c, k, purpose, st);
    if (answer->nitems != n) return ST_BROKEN;
    for (size_t i = 0; i < n; i++) ret[i] = answer->items[i];
    return ST_OK;
}

enum status trust_sign(struct call *c, const struct key *k, enum key_purpose purpose, enum digest alg, struct str digest, struct str *ret)
{
    return trust_sign_all(c, k, purpose, alg, &digest, 1, ret);
}

enum status trust_sign_bytes(struct call *c, const struct key *k, enum key_purpose purpose, bool raw_ecdsa, struct str bytes, struct sig_method *method, struct str *ret)
{
    struct sig_method m = { DIGEST_SHA512, k->algorithm == KEY_P256 ? SIG_ECDSA : SIG_RSA };
    struct str sig;
    if (k->algorithm != KEY_P256 && k->algorithm != KEY_RSA2048) return refuse_sign(c, k, purpose, ST_INVALID);
    TRY(trust_sign(c, k, purpose, m.digest, trust_digest(c->arena, m.digest, bytes), &sig));
    if (m.kind == SIG_ECDSA && raw_ecdsa && !trust__ecdsa_to_raw(c->arena, sig, P256_HALF, &sig)) return ossl__broken(c, "ecdsa");
    *method = m;
    *ret = sig;
    return ST_OK;
}

/* ---- sealing ---- */

static struct key *find_tag(struct trust *t, const uint8_t tag[static SEAL_TAG_BYTES])
{
    struct key *found = NULL;
    (void)pthread_mutex_lock(&t->lock);
    for (struct key *k = t->first; k && !found; k = k->next)
        if (k->purpose == KEY_SEAL && memcmp(k->tag, tag, SEAL_TAG_BYTES) == 0) found = k;
    (void)pthread_mutex_unlock(&t->lock);
    return found;
}

/* sealing_key: asked of the holder once in this process's life for each key. */
static enum status sealing_key(struct call *c, struct key *k, uint8_t ret[static SEAL_KEY_BYTES])
{
    (void)pthread_mutex_lock(&k->trust->lock);
    bool known = k->sealing_known;
    memcpy(ret, k->sealing, SEAL_KEY_BYTES);
    (void)pthread_mutex_unlock(&k->trust->lock);
    if (known) return ST_OK;
    struct wire *ask = arena_new(c->arena, struct wire), *answer = arena_new(c->arena, struct wire);
    *ask = (struct wire){ .kind = WIRE_SEAL_KEY, .key = k->id };
    TRY(holder_ask(c, k->trust->holder, ask, k->trust->ask_ms, answer));
    if (answer->nitems != 1 || answer->items[0].n != SEAL_KEY_BYTES) return ST_BROKEN;
    memcpy(ret, answer->items[0].p, SEAL_KEY_BYTES);
    OPENSSL_cleanse((char *)(uintptr_t)answer->items[0].p, SEAL_KEY_BYTES); /* in our arena */
    (void)pthread_mutex_lock(&k->trust->lock);
    memcpy(k->sealing, ret, SEAL_KEY_BYTES);
    k->sealing_known = true;
    (void)pthread_mutex_unlock(&k->trust->lock);
    return ST_OK;
}

enum status trust_seal(struct call *c, struct str bound, struct str plain, struct str *ret)
{
    const struct key *k;
    uint8_t secret[SEAL_KEY_BYTES];
    TRY(trust_key(c, KEY_SEAL, STR(""), &k));
    TRY(sealing_key(c, find_tag(k->trust, k->tag), secret));
    enum status st = seal_close(c, secret, k->tag, bound, plain, ret);
    OPENSSL_cleanse(secret, sizeof secret);
    return st;
}

enum status trust_open_sealed(struct call *c, struct str bound, struct str sealed, struct str *ret)
{
    uint8_t secret[SEAL_KEY_BYTES], tag[SEAL_TAG_BYTES];
    if (!seal_tag(sealed, tag)) return call_fail(c, ST_BROKEN, "", "This sealed text is damaged. Restore it from a backup of the message log.");
    struct key *k = find_tag(c->app->trust, tag);
    if (!k) return call_fail(c, ST_NOT_FOUND, "keys", "The key that sealed this text is not on this node. Put it back from the backup of the keys folder.");
    TRY(sealing_key(c, k, secret));
    enum status st = seal_open(c, secret, bound, sealed, ret);
    OPENSSL_cleanse(secret, sizeof secret);
    return st;
}
