/* message_log.c: request and answer of both sides in LOG (x-road 5.1), durable before an answer leaves, and before the service runs unless it may be asked again
 * (services__gathers). Heads and bodies, where paths, pseudonyms and personal data stand, are sealed with the node's key, bound to the message they belong to. A message that is
 * logged already is a replay and refused. */
#include "exchange/log/message_log_int.h"

#include "base/strand.h"
#include "exchange/wire/wire.h"

enum { ARENA_SLACK = 64 * 1024 };

static const struct query INSERT = { "exchange",
    "INSERT INTO message (seq, at_ms, side, is_answer, request_id, message_id, client, service, user_id, issue, status, fault, fault_id, took_us, head, body, body_bytes, "
    "digest, signature, chain_result, chain) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', $9, $10, $11, $12, NULL, $13, $14, $15, $16, $17, $18)", LOG };

/* No number is given twice: not where all rows were removed by rule, and not where the newest vanished otherwise after the index or a time-stamp had come to them. */
static const struct query LAST_ROW = { "exchange", "SELECT COALESCE(MAX(s), 0) FROM (SELECT MAX(seq) AS s FROM message UNION ALL SELECT seq FROM message_cut UNION ALL "
                                                   "SELECT seq FROM message_bookmark UNION ALL SELECT MAX(last_seq) FROM message_stamp) AS known", LOG };

struct str message__bound(struct call *c, struct str request_id, enum message_side side, bool is_answer)
{
    const char end[] = { ':', (char)('0' + side), ':', is_answer ? '1' : '0' };
    return str_join(c->arena, STR("message:"), request_id, str_of(end, sizeof end), STR_END);
}

static struct db_value bytes_or_null(struct str s) { return s.n ? db_bytes(s) : (struct db_value){ .kind = DB_NULL }; }

/* What is slow (sealing, digests) is made before: whoever writes waits for nobody. Copies, because a gathered row is written later. */
struct made { struct message_row row; struct str sealed, digest; struct signature_doc signature; int64_t body_bytes, now_ms; };

static enum status insert(struct db_tx *tx, void *arg)
{
    const struct made *made = arg;
    const struct message_row *m = &made->row;
    int64_t kind = m->is_refusal ? MESSAGE_REFUSAL : m->is_answer ? MESSAGE_ANSWER : MESSAGE_QUESTION, seq;
    struct str signature;
    TRY(message__keep_signature(tx, &made->signature, &signature));
    TRY(db_next_row(tx, &LAST_ROW, &seq));
    TRY(db_exec(tx->call, &INSERT, db_int(seq), db_int(made->now_ms), db_int(m->side), db_int(kind), db_text(m->request_id), db_text(m->message_id), db_text(m->client),
                   db_text(m->service), db_int(m->status), db_text(m->fault), db_text(m->fault_id), db_int(m->took_us), bytes_or_null(made->sealed),
                   db_int(made->body_bytes), bytes_or_null(made->digest), bytes_or_null(signature), bytes_or_null(made->signature.chain_result), bytes_or_null(made->signature.chain)));
    const struct message_fact fact = { seq, made->now_ms, m->took_us, m->side, kind, m->client, m->service, m->fault, m->message_id, m->fault_id, m->request_id, signature };
    message__remember(tx, exchange__of(tx->call)->recent, &fact);
    return ST_OK;
}

static enum status told(struct call *c, enum status st)
{
    if (st == ST_OK || st == ST_CONFLICT) return st;
    call_clear(c);
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The message could not be written to the message log, so it was not passed on. Try again; check the disk and the key holder."),
                      STR("logging_failed"));
}

/* What is sealed of a message; large: in a file, after head and body. */
struct sealing { struct call *call; const struct message_row *row; struct str head, body; struct extent large; struct str *ret; enum status result; };

/* seal: head and body as one text: the length of the head, the head, the body (message_open.c). What a large one is made of is given back at once. */
static enum status seal(const struct sealing *s)
{
    struct call *c = s->call;
    const struct message_row *m = s->row;
    size_t n = MESSAGE_LENGTH_BYTES + s->head.n + s->body.n + (size_t)s->large.size;
    ARENA own = s->large.spool ? arena_open(n + ARENA_SLACK) : NULL;
    char *plain = arena_room(own ? own : c->arena, n), *at = plain + MESSAGE_LENGTH_BYTES;
    for (size_t i = 0; i < MESSAGE_LENGTH_BYTES; i++) plain[i] = (char)(s->head.n >> 8 * (MESSAGE_LENGTH_BYTES - 1 - i));
    memcpy(at, s->head.p, s->head.n);
    if (s->body.n) memcpy(at + s->head.n, s->body.p, s->body.n);
    if (s->large.spool) TRY(extent_load_to(c, &s->large, at + s->head.n + s->body.n));
    return trust_seal(c, message__bound(c, m->request_id, m->side, m->is_answer), str_of(plain, n), s->ret);
}

static void seal_outside(void *arg)
{
    struct sealing *s = arg;
    s->result = seal(s);
}

static enum status make(struct call *c, const struct message_row *m, enum message_level level, struct made *made)
{
    const struct wire *w = m->wire;
    struct str head = w->head, body = w->has_body ? w->body : STR("");
    made->body_bytes = w->large.spool ? w->large.size : (int64_t)body.n;
    made->signature.xml = w->signature.xml;
    if (w->signature.chain_result.n) made->signature.chain_result = message__pack(c->arena, w->signature.chain_result);
    if (w->signature.chain.n) made->signature.chain = message__pack(c->arena, w->signature.chain);
    made->digest = w->head_digest;
    if (level == MESSAGE_METADATA) {
        TRY(message__filter_head(c, w->head, m->is_answer, &head));
        body = STR("");
    }
    struct sealing s = { .call = c, .row = m, .head = head, .body = body, .ret = &made->sealed };
    if (level != MESSAGE_METADATA) s.large = w->large; /* check_size has let it pass */
    if (!s.large.spool) return head.n || body.n ? seal(&s) : ST_OK;
    strand_outside(seal_outside, &s); /* it takes a while: meanwhile others go on */
    return s.result;
}

/* check_size: what is to be kept must fit the log (x-road 1.9). */
static enum status check_size(struct call *c, const struct wire *w)
{
    int64_t most = exchange__of(c)->log_levels.body_most;
    if (!w->has_body || (w->large.spool ? w->large.size : (int64_t)w->body.n) <= most) return ST_OK;
    return call_fault(c, call_fail(c, ST_TOO_LARGE, "body", "The body is over %s MiB, the most that the message log keeps. Send less at a time, or have the administrators of both nodes log no bodies of this subsystem (exchange.log_levels).",
                                   str_print(c->arena, "%lld", (long long)(most >> 20))), STR("logging_failed"));
}

enum status message__append(struct call *c, const struct message_row *m)
{
    enum message_level level = message__level_of(&exchange__of(c)->log_levels, m->client, m->service);
    struct made *made = arena_new(c->arena, struct made);
    enum status st = ST_OK;
    if (level == MESSAGE_NONE) return ST_OK;
    *made = (struct made){ .row = *m, .now_ms = c->now_ms };
    if (m->wire && level == MESSAGE_FULL) TRY(check_size(c, m->wire));
    if (m->wire) st = make(c, m, level, made);
    if (st == ST_OK) st = db_append(c, insert, made);
    return told(c, st);
}

enum status message__settle(struct call *c) { return told(c, db_settle(c)); }
