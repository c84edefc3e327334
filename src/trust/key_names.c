/* key_names.c: the tables behind key_names.h. */
#include "trust/key_names.h"

#define BIT(alg) (1U << (alg))
enum { EC_OR_RSA = BIT(KEY_P256) | BIT(KEY_RSA2048) };

static const struct { struct str name; unsigned algorithms; } purposes[KEY_PURPOSES] = {
    [KEY_TLS] = { STR_INIT("tls"), BIT(KEY_P256) },
    [KEY_SIGN] = { STR_INIT("sign"), EC_OR_RSA },
    [KEY_HEAD] = { STR_INIT("head"), BIT(KEY_ED25519) },
    [KEY_ASSERT] = { STR_INIT("assert"), EC_OR_RSA },
    [KEY_CA] = { STR_INIT("ca"), EC_OR_RSA },
    [KEY_OCSP] = { STR_INIT("ocsp"), EC_OR_RSA },
    [KEY_CONF] = { STR_INIT("conf"), EC_OR_RSA },
    [KEY_STAMP] = { STR_INIT("stamp"), EC_OR_RSA },
    [KEY_SEAL] = { STR_INIT("seal"), BIT(KEY_AES256) },
};
static const struct str algorithms[KEY_ALGORITHMS] = {
    [KEY_P256] = STR_INIT("p256"), [KEY_RSA2048] = STR_INIT("rsa2048"), [KEY_ED25519] = STR_INIT("ed25519"), [KEY_AES256] = STR_INIT("aes256"),
};

struct str key__purpose_name(enum key_purpose p) { return purposes[p].name; }
struct str key__algorithm_name(enum key_algorithm a) { return algorithms[a]; }
bool key__may_serve(enum key_purpose p, enum key_algorithm a) { return (purposes[p].algorithms & BIT(a)) != 0; }

bool key__purpose_of_name(struct str name, enum key_purpose *ret)
{
    for (enum key_purpose p = KEY_TLS; p <= KEY_SEAL; p++) {
        if (!str_eq(name, purposes[p].name)) continue;
        *ret = p;
        return true;
    }
    return false;
}

bool key__algorithm_of_name(struct str name, enum key_algorithm *ret)
{
    for (enum key_algorithm a = KEY_P256; a <= KEY_AES256; a++) {
        if (!str_eq(name, algorithms[a])) continue;
        *ret = a;
        return true;
    }
    return false;
}

bool key__owner_is_fit(struct str owner)
{
    if (owner.n > KEY_OWNER_MAX) return false;
    for (size_t i = 0; i < owner.n; i++) {
        char ch = owner.p[i];
        bool plain = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '/';
        if (!plain) return false;
    }
    return true;
}
