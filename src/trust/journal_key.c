/* journal_key.c: the head key of this node and its name; the only file of the journal that asks the key holder. */
#include "trust/journal_int.h"

#include "base/config.h"
#include "base/url.h"

enum { KEY_BYTES = 32 };

enum status journal__origin(struct call *c, struct str *ret)
{
    const struct config *cfg = c->app->config;
    struct str member = config_text(cfg, "member"), class_;
    if (!str_cut(&member, '/', &class_))
        return call_fail(c, ST_INVALID, "member", "The setting \"member\" is a class and a code, for example GOV/H26. Correct it in node.yaml.");
    *ret = str_join(c->arena, url_encode(c->arena, config_text(cfg, "instance")), STR("/"), url_encode(c->arena, class_), STR("/"), url_encode(c->arena, member), STR("/"),
                    url_encode(c->arena, config_text(cfg, "server")), STR("/journal"), STR_END);
    return ST_OK;
}

static enum status head_key(struct call *c, const struct key **key, struct str *public_key)
{
    TRY(trust_key(c, KEY_HEAD, STR(""), key));
    struct str spki = key_public(*key);
    if (key_algorithm(*key) != KEY_ED25519 || spki.n < KEY_BYTES) return call_fail(c, ST_INVALID, "key", "The journal is signed with an Ed25519 key. Make one for the purpose \"head\".");
    *public_key = str_skip(spki, spki.n - KEY_BYTES); /* RFC 8410: the key itself ends the SubjectPublicKeyInfo */
    return ST_OK;
}

enum status journal_verifier_key(struct call *c, struct str *ret)
{
    const struct key *key;
    struct str origin, public_key;
    TRY(journal__origin(c, &origin));
    TRY(head_key(c, &key, &public_key));
    *ret = journal__verifier(c->arena, origin, public_key);
    return ST_OK;
}

enum status journal__sign_checkpoint(struct call *c, int64_t size, const struct merkle_hash *root, struct str *ret_note, struct str *ret_verifier)
{
    const struct key *key;
    struct str origin, public_key, sig;
    TRY(journal__origin(c, &origin));
    TRY(head_key(c, &key, &public_key));
    struct str text = journal__checkpoint_text(c->arena, origin, size, root);
    TRY(trust_sign(c, key, KEY_HEAD, DIGEST_SHA512, text, &sig));
    *ret_note = journal__signed_note(c->arena, text, origin, public_key, sig);
    *ret_verifier = journal__verifier(c->arena, origin, public_key);
    return ST_OK;
}
