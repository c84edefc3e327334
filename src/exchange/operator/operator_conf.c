/* operator_conf.c: the keys that sign the directory, one after the other. Members believe the certificates of the anchor and those that the last valid directory names: so a new
 * key is published while the old one still signs, and the old one is named for a while after it has stopped; nobody needs a new anchor. */
#include "exchange/operator/operator_int.h"

#include "base/config.h"

void operator__choose_conf(const struct operator_cert *list, size_t n, int64_t now_ms, int64_t overlap_ms, struct conf_keys *ret)
{
    size_t signing = 0;
    *ret = (struct conf_keys){ 0 };
    for (size_t i = 1; i < n; i++)
        if (list[i].issued_ms + overlap_ms <= now_ms) signing = i;
    for (size_t i = 0; i < n; i++) {
        bool retired = i < signing && list[i + 1].issued_ms + 2 * overlap_ms <= now_ms;
        if (retired) continue;
        if (i == signing) ret->signing = ret->n;
        ret->certs[ret->n++] = list[i].der;
    }
}

static int64_t overlap_ms(const struct call *c) { return 1000 * config_count(c->app->config, "exchange.rotate_s"); }

static enum status choose(struct call *c, struct operator_cert list[static CONF_KEYS_MAX], size_t *n, struct conf_keys *ret)
{
    struct str none;
    TRY(operator__need_cert(c, CERT_CONF, &none));
    TRY(operator__list_kind(c, CERT_CONF, list, CONF_KEYS_MAX, n));
    operator__choose_conf(list, *n, c->now_ms, overlap_ms(c), ret);
    return ST_OK;
}

enum status operator__conf_keys(struct call *c, struct conf_keys *ret, const struct key **ret_key)
{
    struct operator_cert list[CONF_KEYS_MAX];
    struct cert_info info;
    size_t n;
    TRY(choose(c, list, &n, ret));
    TRY(cert_read(c, ret->certs[ret->signing], &info));
    return trust_key_of_public(c, KEY_CONF, info.public_key, ret_key);
}

/* revoke_retired: certificates of keys that nobody needs to believe any more leave the list; the number of keys in it is bounded. */
static enum status revoke_retired(struct call *c, const struct operator_cert *list, size_t n, const struct conf_keys *keys)
{
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < keys->n && !there; k++) there = str_eq(keys->certs[k], list[i].der);
        if (!there) TRY(operator__revoke_cert(c, list[i].serial));
    }
    return ST_OK;
}

enum status operator_rotate_key(struct call *c, int64_t *ret_ms)
{
    struct operator_cert list[CONF_KEYS_MAX];
    struct conf_keys keys;
    const struct key *key;
    size_t n;
    TRY(operator__need(c));
    TRY(choose(c, list, &n, &keys));
    if (keys.signing + 1 < keys.n) return call_fail(c, ST_CONFLICT, "", "A new key waits already until every node knows it. Rotate again after it has begun to sign.");
    TRY(revoke_retired(c, list, n, &keys));
    TRY(trust_make_key(c, KEY_CONF, KEY_P256, STR(""), &key));
    TRY(operator__add_conf_cert(c, key));
    *ret_ms = c->now_ms + overlap_ms(c);
    return operator_publish(c);
}
