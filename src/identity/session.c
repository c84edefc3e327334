/* session.c: who is signed in. The cookie holds 32 random bytes; the table holds their SHA-256, so that a stolen table opens no session. */
#include "base/random.h"
#include "exchange/exchange.h"
#include "identity/identity_int.h"
#include "trust/trust.h"

enum { ID_BYTES = 32, ID_TEXT = 43, CSRF_BYTES = 24, KEEP_MS = 24 * 3600 * 1000 };

static struct str hash_of(struct call *c, struct str id)
{
    uint8_t sum[32];
    trust_sha256(id, sum);
    return str_copy(c->arena, str_of(sum, sizeof sum));
}

enum status session__start(struct call *c, int64_t account, struct str *ret)
{
    struct str id = random_token(c->arena, ID_BYTES);
    struct session s = { hash_of(c, id), account, random_token(c->arena, CSRF_BYTES), c->now_ms, c->now_ms };
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(session__insert(c, &s));
    TRY(db_commit(&tx));
    *ret = id;
    return ST_OK;
}

enum status session__end(struct call *c, struct str id)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(session__close(c, hash_of(c, id)));
    return db_commit(&tx);
}

static bool is_over(const struct call *c, const struct session *s)
{
    return c->now_ms - s->seen_ms > SESSION_IDLE_MS || c->now_ms - s->started_ms > SESSION_WHOLE_MS;
}

static enum status touch(struct call *c, const struct session *s)
{
    if (c->now_ms - s->seen_ms < SESSION_SEEN_STEP_MS) return ST_OK;
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(session__touch(c, s->hash));
    return db_commit(&tx);
}

static enum status make_actor(struct call *c, int64_t account, const struct actor **ret)
{
    struct account a;
    struct actor *actor = arena_new(c->arena, struct actor);
    TRY(account__find_id(c, account, &a));
    TRY(account__list_rights(c, account, &actor->rights, &actor->nrights));
    actor->account = a.id;
    actor->user = a.pseudonym;
    actor->name = a.name;
    actor->role = a.role;
    actor->pin = a.pin;
    actor->agency = exchange_self(c);
    *ret = actor;
    return ST_OK;
}

static enum status find(struct call *c, struct str id, const struct actor **ret, struct str *ret_csrf)
{
    struct session s;
    const struct actor *actor;
    if (id.n != ID_TEXT) return ST_NOT_FOUND;
    TRY(session__find_row(c, hash_of(c, id), &s));
    if (is_over(c, &s)) return ST_NOT_FOUND;
    TRY(make_actor(c, s.account, &actor));
    TRY(touch(c, &s));
    *ret = actor;
    *ret_csrf = s.csrf;
    return ST_OK;
}

const struct session_source session__source = { find, "/sign-in" };

enum status session__sweep(struct call *c)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(session__delete_old(c, c->now_ms - KEEP_MS));
    return db_commit(&tx);
}
