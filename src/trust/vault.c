/* vault.c: keys loaded, made and used inside the key holder. Signing runs in many threads; the list grows under the writer's lock only. */
#include "trust/vault.h"

#include <dirent.h>
#include <pthread.h>

#include "base/file.h"
#include "base/time.h"
#include "trust/key_names.h"
#include "trust/ossl.h"
#include "trust/thread.h"
#include "trust/trust_int.h"
#include "trust/vault_file.h"

struct vault_key { struct vault_fact fact; struct vault_secret secret; struct vault_key *next; };

struct vault {
    pthread_rwlock_t lock;     /* the list; keys themselves do not change */
    pthread_mutex_t making;    /* one key is made at a time: ids are chosen by looking at files */
    struct str folder;         /* on the heap */
    struct vault_pin *pin;
    struct vault_key *first, **end;
};

static void key_free(struct vault_key *k)
{
    trust__heap_wipe(k->fact.id);
    trust__heap_wipe(k->fact.owner);
    trust__heap_wipe(k->fact.public_key);
    EVP_PKEY_free(k->secret.pkey);
    OPENSSL_cleanse(k->secret.seal, sizeof k->secret.seal);
    heap_free(k);
}

static struct vault_key *key_new(const struct vault_fact *f, const struct vault_secret *s)
{
    struct vault_key *k = heap_new(struct vault_key);
    k->fact = *f;
    k->fact.id = heap_copy(f->id);
    k->fact.owner = heap_copy(f->owner);
    k->fact.public_key = heap_copy(f->public_key);
    k->secret = *s;
    return k;
}

static void add(struct vault *v, struct vault_key *k)
{
    (void)pthread_rwlock_wrlock(&v->lock);
    *v->end = k;
    v->end = &k->next;
    (void)pthread_rwlock_unlock(&v->lock);
}

/* ---- opening ---- */

static int by_name(const void *a, const void *b) { return str_cmp(*(const struct str *)a, *(const struct str *)b); }

/* list_ids: the ids of the folder. Sorted by name only so that a start is the same each time; who is newest stands in .meta. */
static enum status list_ids(struct call *c, struct str folder, struct str *ids, size_t *n)
{
    const char *z = str_to_z(c->arena, folder);
    DIR *d = z ? opendir(z) : NULL;
    if (!d) return call_fail(c, ST_UNAVAILABLE, "keys", "The folder of the keys, %s, cannot be read. Run `sen node init` or mend its permissions.", folder);
    *n = 0;
    for (struct dirent *e = readdir(d); e && *n < VAULT_KEYS_MAX; e = readdir(d)) {
        struct str name = str_z(e->d_name);
        if (str_ends(name, STR(".meta"))) ids[(*n)++] = str_copy(c->arena, str_first(name, name.n - strlen(".meta")));
    }
    (void)closedir(d);
    qsort(ids, *n, sizeof *ids, by_name);
    return ST_OK;
}

static enum status load_key(struct call *c, struct vault *v, struct str id)
{
    struct vault_fact fact = { .id = id };
    struct vault_secret secret = { 0 };
    enum status st = vault_file_read(c, v->folder, v->pin, &fact, &secret);
    if (st == ST_OK) add(v, key_new(&fact, &secret));
    OPENSSL_cleanse(&secret, sizeof secret);
    return st;
}

static enum status load_all(struct call *c, struct vault *v)
{
    struct str *ids = arena_array(c->arena, struct str, VAULT_KEYS_MAX);
    size_t n;
    TRY(list_ids(c, v->folder, ids, &n));
    for (size_t i = 0; i < n; i++) TRY(load_key(c, v, ids[i]));
    return ST_OK;
}

enum status vault_open(struct call *c, struct str folder, struct str pin, struct vault **ret)
{
    if (str_is_empty(pin)) return call_fail(c, ST_INVALID, "pin", "The PIN of the key holder is empty. Give the PIN that protects this node's keys.");
    struct vault *v = heap_new(struct vault);
    (void)pthread_rwlock_init(&v->lock, NULL);
    (void)pthread_mutex_init(&v->making, NULL);
    v->folder = heap_copy(folder);
    v->pin = vault_pin_new(pin);
    v->end = &v->first;
    enum status st = load_all(c, v);
    if (st != ST_OK) {
        vault_close(v);
        return st;
    }
    *ret = v;
    return ST_OK;
}

void vault_close(struct vault *v)
{
    if (!v) return;
    trust__forget_keys(); /* other threads have ended */
    for (struct vault_key *k = v->first, *next; k; k = next) {
        next = k->next;
        key_free(k);
    }
    vault_pin_free(v->pin);
    trust__heap_wipe(v->folder);
    (void)pthread_mutex_destroy(&v->making);
    (void)pthread_rwlock_destroy(&v->lock);
    heap_free(v);
}

/* ---- looking up ---- */

static const struct vault_key *find(struct vault *v, struct str id)
{
    const struct vault_key *k;
    (void)pthread_rwlock_rdlock(&v->lock);
    for (k = v->first; k && !str_eq(k->fact.id, id); k = k->next) continue;
    (void)pthread_rwlock_unlock(&v->lock);
    return k;
}

enum status vault_list(struct vault *v, size_t index, struct vault_fact *ret)
{
    const struct vault_key *k;
    (void)pthread_rwlock_rdlock(&v->lock);
    for (k = v->first; k && index > 0; k = k->next) index--;
    (void)pthread_rwlock_unlock(&v->lock);
    if (!k) return ST_NOT_FOUND;
    *ret = k->fact;
    return ST_OK;
}

enum status vault_seal_key(struct vault *v, struct str id, struct str *ret)
{
    const struct vault_key *k = find(v, id);
    if (!k) return ST_NOT_FOUND;
    if (k->fact.purpose != KEY_SEAL) return ST_DENIED;
    *ret = str_of(k->secret.seal, sizeof k->secret.seal);
    return ST_OK;
}

/* ---- signing ---- */

static enum status sign_message(struct call *c, EVP_PKEY *key, struct str message, struct str *ret)
{
    unsigned char sig[64];
    size_t n = sizeof sig;
    OSSL(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 || EVP_DigestSign(ctx, sig, &n, ossl__bytes(message), message.n) != 1)
        return ossl__broken(c, "sign message");
    *ret = str_copy(c->arena, str_of(sig, n));
    return ST_OK;
}

static enum status sign_digest(struct call *c, EVP_PKEY *key, struct sig_method m, struct str digest, struct str *ret)
{
    if (m.digest == DIGEST_SHA1 || digest.n != digest_size(m.digest)) return ST_INVALID;
    unsigned char sig[512];
    size_t n = sizeof sig;
    struct ready *r = &trust__thread()->signing;
    EVP_PKEY_CTX *ctx = trust__ready(r, key, m, EVP_PKEY_sign_init);
    if (!ctx) return ossl__broken(c, "sign init");
    if (EVP_PKEY_sign(ctx, sig, &n, ossl__bytes(digest), digest.n) != 1) {
        trust__unready(r);
        return ossl__broken(c, "sign");
    }
    *ret = str_copy(c->arena, str_of(sig, n));
    return ST_OK;
}

enum status vault_sign(struct call *c, struct vault *v, struct str id, enum key_purpose purpose, enum digest alg, struct str digest, struct str *ret)
{
    const struct vault_key *k = find(v, id);
    if (!k) return ST_NOT_FOUND;
    if (k->fact.purpose != purpose) return ST_DENIED;
    switch (k->fact.algorithm) {
    case KEY_P256: return sign_digest(c, k->secret.pkey, (struct sig_method){ alg, SIG_ECDSA }, digest, ret);
    case KEY_RSA2048: return sign_digest(c, k->secret.pkey, (struct sig_method){ alg, SIG_RSA }, digest, ret);
    case KEY_ED25519: return sign_message(c, k->secret.pkey, digest, ret);
    case KEY_AES256: return ST_DENIED;
    }
    return ST_INVALID;
}

/* ---- making ---- */

static struct str date_of(struct arena *a, int64_t ms)
{
    int year, month, day;
    date_civil(ms / 86400000, &year, &month, &day);
    return str_print(a, "%04d%02d%02d", year, month, day);
}

/* new_id: "sign-p256-20261122-GOV-G01"; a second key of the same day gets "-2" behind it. */
static struct str new_id(struct call *c, const struct vault *v, const struct vault_fact *f)
{
    char *owner = arena_alloc(c->arena, f->owner.n + 1, 1);
    for (size_t i = 0; i < f->owner.n; i++) owner[i] = f->owner.p[i] == '/' ? '-' : f->owner.p[i];
    struct str purpose = key__purpose_name(f->purpose), alg = key__algorithm_name(f->algorithm), day = date_of(c->arena, f->made_ms);
    struct str base = str_print(c->arena, "%.*s-%.*s-%.*s%s%.*s", STR_ARG(purpose), STR_ARG(alg), STR_ARG(day), f->owner.n ? "-" : "", (int)f->owner.n, owner), id = base;
    for (int again = 2; file_exists(c, vault_file_path(c->arena, v->folder, id, ".key")); again++) id = str_print(c->arena, "%.*s-%d", STR_ARG(base), again);
    return id;
}

static enum status make(struct call *c, struct vault *v, struct vault_fact *f)
{
    struct vault_secret secret = { 0 };
    f->id = new_id(c, v, f);
    TRY(vault_secret_new(c, f->algorithm, &secret, &f->public_key));
    enum status st = vault_file_write(c, v->folder, v->pin, f, &secret);
    if (st != ST_OK) {
        EVP_PKEY_free(secret.pkey);
        OPENSSL_cleanse(&secret, sizeof secret);
        return st;
    }
    struct vault_key *k = key_new(f, &secret);
    add(v, k);
    *f = k->fact;
    return ST_OK;
}

enum status vault_make(struct call *c, struct vault *v, enum key_purpose purpose, enum key_algorithm alg, struct str owner, struct vault_fact *ret)
{
    struct vault_fact f = { .owner = owner, .purpose = purpose, .algorithm = alg, .made_ms = c->now_ms };
    if (!key__may_serve(purpose, alg) || !key__owner_is_fit(owner)) return ST_INVALID;
    (void)pthread_mutex_lock(&v->making);
    enum status st = make(c, v, &f);
    (void)pthread_mutex_unlock(&v->making);
    if (st == ST_OK) *ret = f;
    return st;
}
