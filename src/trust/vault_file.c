/* vault_file.c: private keys on disk: PKCS#8 encrypted under the PIN (vault_pin.c), for every algorithm. The sealing key, which is no
 * key pair, stands in the same PKCS#8 envelope under the object identifier of AES-256-GCM. */
#include "trust/vault_file.h"

#include "base/file.h"
#include "base/random.h"
#include "base/time.h"
#include "trust/key_names.h"
#include "trust/ossl.h"

enum { FILE_MAX = 64 * 1024 };

struct str vault_file_path(struct arena *a, struct str folder, struct str id, const char *ending)
{
    return str_join(a, folder, STR("/"), id, str_z(ending), STR_END);
}

/* ---- a secret and its envelope ---- */

static EVP_PKEY *new_pkey(enum key_algorithm alg)
{
    switch (alg) {
    case KEY_P256: return EVP_EC_gen("P-256");
    case KEY_RSA2048: return EVP_RSA_gen(2048);
    case KEY_ED25519: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case KEY_AES256: return NULL;
    }
    return NULL;
}

static enum status public_of(struct call *c, EVP_PKEY *pkey, struct str *ret)
{
    DER_BYTES der = NULL;
    int n = i2d_PUBKEY(pkey, &der);
    return ossl__copy(c, "public key", der, n, ret);
}

enum status vault_secret_new(struct call *c, enum key_algorithm alg, struct vault_secret *ret, struct str *ret_public)
{
    if (alg == KEY_AES256) {
        random_bytes(ret->seal, sizeof ret->seal);
        *ret_public = STR("");
        return ST_OK;
    }
    OSSL(EVP_PKEY) pkey = new_pkey(alg);
    if (!pkey) return ossl__broken(c, "make key");
    TRY(public_of(c, pkey, ret_public));
    ret->pkey = pkey;
    pkey = NULL;
    return ST_OK;
}

static PKCS8_PRIV_KEY_INFO *content_of(const struct vault_secret *secret)
{
    if (secret->pkey) return EVP_PKEY2PKCS8(secret->pkey);
    PKCS8_PRIV_KEY_INFO *p8 = PKCS8_PRIV_KEY_INFO_new();
    unsigned char *copy = OPENSSL_memdup(secret->seal, sizeof secret->seal);
    if (p8 && copy && PKCS8_pkey_set0(p8, OBJ_nid2obj(NID_aes_256_gcm), 0, V_ASN1_UNDEF, NULL, copy, sizeof secret->seal) == 1) return p8;
    OPENSSL_clear_free(copy, sizeof secret->seal);
    PKCS8_PRIV_KEY_INFO_free(p8);
    return NULL;
}

static bool secret_of(const PKCS8_PRIV_KEY_INFO *p8, enum key_algorithm alg, struct vault_secret *ret)
{
    if (alg != KEY_AES256) return (ret->pkey = EVP_PKCS82PKEY(p8)) != NULL;
    const ASN1_OBJECT *oid;
    const unsigned char *bytes;
    int n;
    if (PKCS8_pkey_get0(&oid, &bytes, &n, NULL, p8) != 1 || OBJ_obj2nid(oid) != NID_aes_256_gcm || n != (int)sizeof ret->seal) return false;
    memcpy(ret->seal, bytes, sizeof ret->seal);
    return true;
}

static enum status pem_of_bio(struct call *c, BIO *bio, struct str *ret)
{
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    return ossl__copy(c, "PEM", (const unsigned char *)p, (int)n, ret);
}

static enum status key_to_pem(struct call *c, const struct vault_secret *secret, struct vault_pin *pin, struct str *ret)
{
    OSSL(PKCS8_PRIV_KEY_INFO) p8 = content_of(secret);
    OSSL(X509_SIG) sealed = p8 ? vault_pin_close(pin, p8) : NULL;
    OSSL(BIO) bio = BIO_new(BIO_s_mem());
    if (!sealed || !bio || PEM_write_bio_PKCS8(bio, sealed) != 1) return ossl__broken(c, "write key");
    return pem_of_bio(c, bio, ret);
}

static enum status key_of_pem(struct call *c, struct str pem, struct vault_pin *pin, const struct vault_fact *fact, struct vault_secret *ret, bool *is_foreign)
{
    OSSL(BIO) bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    OSSL(X509_SIG) sealed = bio ? PEM_read_bio_PKCS8(bio, NULL, NULL, NULL) : NULL;
    OSSL(PKCS8_PRIV_KEY_INFO) p8 = sealed ? vault_pin_open(pin, sealed, is_foreign) : NULL;
    bool is_damaged = !sealed, fits = p8 && secret_of(p8, fact->algorithm, ret);
    ossl__forget();
    if (is_damaged) return call_fail(c, ST_BROKEN, "keys", "The key %s is damaged. Put it back from the backup of the keys folder.", fact->id);
    if (!fits) return call_fail(c, ST_DENIED, "pin", "The PIN does not open the key %s. Give the PIN that was used when the keys were made.", fact->id);
    return ST_OK;
}

static enum status public_to_pem(struct call *c, EVP_PKEY *pkey, struct str *ret)
{
    OSSL(BIO) bio = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_PUBKEY(bio, pkey) != 1) return ossl__broken(c, "write public key");
    return pem_of_bio(c, bio, ret);
}

/* ---- .meta ---- */

static struct str meta_of(struct arena *a, const struct vault_fact *f)
{
    char made[TIME_TEXT];
    time_format_ms(f->made_ms, made);
    return str_join(a, STR("purpose: "), key__purpose_name(f->purpose), STR("\nalgorithm: "), key__algorithm_name(f->algorithm), STR("\nowner: "), f->owner,
                    STR("\nmade: "), str_z(made), STR("\n"), STR_END);
}

static bool read_meta(struct str text, struct vault_fact *f)
{
    struct str line, name;
    bool purpose = false, algorithm = false, made = false;
    while (str_next(&text, '\n', &line)) {
        if (!str_cut(&line, ':', &name)) continue;
        line = str_trim(line);
        if (str_eq(name, STR("purpose"))) purpose = key__purpose_of_name(line, &f->purpose);
        if (str_eq(name, STR("algorithm"))) algorithm = key__algorithm_of_name(line, &f->algorithm);
        if (str_eq(name, STR("made"))) made = time_parse_ms(line, &f->made_ms);
        if (str_eq(name, STR("owner"))) f->owner = line;
    }
    return purpose && algorithm && made && key__owner_is_fit(f->owner) && key__may_serve(f->purpose, f->algorithm);
}

/* ---- a key as files ---- */

static enum status write_key(struct call *c, struct str folder, struct vault_pin *pin, struct str id, const struct vault_secret *secret)
{
    struct str pem;
    TRY(key_to_pem(c, secret, pin, &pem));
    return file_write(c, vault_file_path(c->arena, folder, id, ".key"), pem, 0600);
}

enum status vault_file_read(struct call *c, struct str folder, struct vault_pin *pin, struct vault_fact *fact, struct vault_secret *secret)
{
    struct str meta, pem;
    bool is_foreign;
    TRY(file_read(c, vault_file_path(c->arena, folder, fact->id, ".meta"), FILE_MAX, &meta));
    if (!read_meta(meta, fact)) return call_fail(c, ST_BROKEN, "keys", "The file %s.meta is damaged. Put it back from the backup of the keys folder.", fact->id);
    TRY(file_read(c, vault_file_path(c->arena, folder, fact->id, ".key"), FILE_MAX, &pem));
    TRY(key_of_pem(c, pem, pin, fact, secret, &is_foreign));
    if (is_foreign) call_forgive(c, write_key(c, folder, pin, fact->id, secret), "the key is open; it only takes longer again at the next start");
    fact->public_key = STR("");
    return secret->pkey ? public_of(c, secret->pkey, &fact->public_key) : ST_OK;
}

enum status vault_file_write(struct call *c, struct str folder, struct vault_pin *pin, const struct vault_fact *fact, const struct vault_secret *secret)
{
    struct str pem;
    TRY(write_key(c, folder, pin, fact->id, secret));
    if (secret->pkey) {
        TRY(public_to_pem(c, secret->pkey, &pem));
        TRY(file_write(c, vault_file_path(c->arena, folder, fact->id, ".pub.pem"), pem, 0644));
    }
    return file_write(c, vault_file_path(c->arena, folder, fact->id, ".meta"), meta_of(c->arena, fact), 0644);
}
