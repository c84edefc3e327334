/* message_log.c: request and answer of both sides in LOG, durable before they are passed on (x-road 5.1). Bodies are sealed with the node's key, bound to the
 * message they belong to. A message that is logged already is a replay and refused. */
#include "exchange/exchange_int.h"

static const struct query INSERT = { "exchange",
    "INSERT INTO message (seq, at_ms, side, is_answer, request_id, message_id, client, service, user_id, issue, status, fault, fault_id, took_us, head, body, body_bytes, "
    "digest, signature, chain_result, chain) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)", LOG };

static const struct query FIND_BODY = { "exchange", "SELECT request_id, side, is_answer, body, body_bytes FROM message WHERE seq = $1", LOG };

/* bound: what a sealed body is tied to, so that it cannot be shown as another message's. */
static struct str bound(struct call *c, struct str request_id, int side, bool is_answer)
{
    return str_print(c->arena, "message:%.*s:%d:%d", STR_ARG(request_id), side, is_answer);
}

static struct db_value bytes_or_null(struct str s) { return s.n ? db_bytes(s) : (struct db_value){ .kind = DB_NULL }; }

/* What is slow (sealing, digests) is made before: whoever writes waits for nobody. Copies, because a gathered row is written later. */
struct made { struct message_row row; struct wire wire; struct str sealed, digest; int64_t now_ms; };

static enum status insert(struct db_tx *tx, void *arg)
{
    const struct made *made = arg;
    const struct message_row *m = &made->row;
    const struct wire *w = &made->wire;
    int64_t kind = m->is_refusal ? MESSAGE_REFUSAL : m->is_answer ? MESSAGE_ANSWER : MESSAGE_QUESTION, seq;
    TRY(db_next_id(tx, "exchange.message", &seq));
    return db_exec(tx->call, &INSERT, db_int(seq), db_int(made->now_ms), db_int(m->side), db_int(kind), db_text(m->request_id), db_text(m->message_id), db_text(m->client),
                   db_text(m->service), db_text(m->user), db_text(m->issue), db_int(m->status), db_text(m->fault), db_text(m->fault_id), db_int(m->took_us),
                   bytes_or_null(w->head), bytes_or_null(made->sealed), db_int(w->has_body ? (int64_t)w->body.n : 0), bytes_or_null(made->digest), bytes_or_null(w->signature.xml),
                   bytes_or_null(w->signature.chain_result), bytes_or_null(w->signature.chain));
}

static enum status told(struct call *c, enum status st)
{
    if (st == ST_OK || st == ST_CONFLICT) return st;
    call_clear(c);
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The message could not be written to the message log, so it was not passed on. Try again; check the disk and the key holder."),
                      STR("logging_failed"));
}

enum status message__append(struct call *c, const struct message_row *m)
{
    struct made *made = arena_new(c->arena, struct made);
    enum status st = ST_OK;
    *made = (struct made){ .row = *m, .now_ms = c->now_ms };
    if (m->wire) {
        made->wire = *m->wire;
        made->digest = trust_digest(c->arena, DIGEST_SHA512, m->wire->head);
        if (m->wire->has_body && m->wire->body.n) st = trust_seal(c, bound(c, m->request_id, (int)m->side, m->is_answer), m->wire->body, &made->sealed);
    }
    if (st == ST_OK) st = db_append(c, insert, made);
    return told(c, st);
}

enum status message__settle(struct call *c) { return told(c, db_settle(c)); }

enum status message__open_body(struct call *c, int64_t seq, struct str *ret)
{
    struct str id, sealed;
    int side;
    bool is_answer;
    {
        DB_ROWS rows = db_run(c, &FIND_BODY, db_int(seq));
        TRY(db_one(&rows));
        id = db_col_text(&rows, 0);
        side = (int)db_col_int(&rows, 1);
        is_answer = db_col_int(&rows, 2) != 0;
        sealed = db_col_bytes(&rows, 3);
    }
    if (!sealed.n) return *ret = STR(""), ST_OK;
    return trust_open_sealed(c, bound(c, id, side, is_answer), sealed, ret);
}
