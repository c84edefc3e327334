/* holder_answer.c: one question to the key holder and its answer, as packets. What is refused is refused by status; the client makes the sentences. */
#include "trust/holder_answer.h"

#include "base/log.h"
#include "trust/holder_wire.h"
#include "trust/key_names.h"

static void put_fact(struct wire *answer, const struct vault_fact *f)
{
    answer->key = f->id;
    answer->owner = f->owner;
    answer->purpose = (uint8_t)f->purpose;
    answer->algorithm = (uint8_t)f->algorithm;
    answer->number = f->made_ms;
    answer->items[0] = f->public_key;
    answer->nitems = 1;
}

static enum status answer_list(struct vault *v, const struct wire *ask, struct wire *answer)
{
    struct vault_fact fact;
    if (ask->number < 0) return ST_INVALID;
    TRY(vault_list(v, (size_t)ask->number, &fact));
    put_fact(answer, &fact);
    return ST_OK;
}

static enum status answer_make(struct call *c, struct vault *v, const struct wire *ask, struct wire *answer)
{
    struct vault_fact fact;
    if (ask->purpose >= KEY_PURPOSES || ask->algorithm >= KEY_ALGORITHMS) return ST_INVALID;
    TRY(vault_make(c, v, (enum key_purpose)ask->purpose, (enum key_algorithm)ask->algorithm, ask->owner, &fact));
    log_line(LOG_INFO, "trust", "key.made", c->trace, log_text("key", fact.id));
    put_fact(answer, &fact);
    return ST_OK;
}

static enum status answer_sign(struct call *c, struct vault *v, const struct wire *ask, struct wire *answer)
{
    if (ask->purpose >= KEY_PURPOSES || ask->algorithm > DIGEST_SHA512) return ST_INVALID;
    for (size_t i = 0; i < ask->nitems; i++)
        TRY(vault_sign(c, v, ask->key, (enum key_purpose)ask->purpose, (enum digest)ask->algorithm, ask->items[i], &answer->items[i]));
    answer->nitems = ask->nitems;
    return ST_OK;
}

static enum status answer_seal_key(struct vault *v, const struct wire *ask, struct wire *answer)
{
    TRY(vault_seal_key(v, ask->key, &answer->items[0]));
    answer->nitems = 1;
    return ST_OK;
}

static enum status answer_one(struct call *c, struct vault *v, struct str packet, struct wire *answer)
{
    struct wire *ask = arena_new(c->arena, struct wire);
    if (!wire_read(packet, ask)) return ST_INVALID;
    switch (ask->kind) {
    case WIRE_LIST: return answer_list(v, ask, answer);
    case WIRE_SIGN: return answer_sign(c, v, ask, answer);
    case WIRE_MAKE: return answer_make(c, v, ask, answer);
    case WIRE_SEAL_KEY: return answer_seal_key(v, ask, answer);
    default: return ST_INVALID; /* a byte from outside, not an enum of ours */
    }
}

struct str holder_answer(struct call *c, struct vault *v, struct str packet)
{
    struct wire *answer = arena_new(c->arena, struct wire);
    struct buf out = buf_in(c->arena, WIRE_PACKET_MAX);
    enum status st = answer_one(c, v, packet, answer);
    if (st != ST_OK) *answer = (struct wire){ 0 };
    answer->kind = (uint8_t)(WIRE_ANSWER + (int)st);
    if (wire_write(answer, &out) == ST_OK) return buf_str(&out);
    struct wire none = { .kind = WIRE_ANSWER + ST_TOO_LARGE };
    out = buf_in(c->arena, WIRE_PACKET_MAX);
    return wire_write(&none, &out) == ST_OK ? buf_str(&out) : STR("");
}
