/* message_open.c: what is sealed in the log, opened again: head and body of one row. Whoever shows them to somebody says in the journal first who opened them, and why. */
#include "exchange/log/message_log_int.h"

#include "trust/journal.h"

static const struct query FIND_PARTS = { "exchange",
    "SELECT request_id, side, is_answer, head, body, body_bytes, digest, signature, chain_result, chain FROM message WHERE seq = $1", LOG };

static enum status broken(struct call *c) { return call_fail(c, ST_BROKEN, "", "This sealed text is damaged. Restore it from a backup of the message log."); }

enum status message__journal_opening(struct call *c, struct str purpose, struct str request_id)
{
    const struct purpose *known;
    struct str uid;
    TRY(exchange_check_purpose(c, purpose, &known));
    struct journal_event e = { .kind = STR("message.opened"), .class_ = JOURNAL_NORMAL, .agency = exchange_self(c), .user = c->actor ? c->actor->user : STR("command"),
                               .role = c->actor ? c->actor->role : STR("command"), .purpose = known->code, .basis = known->basis, .issue = c->issue, .message = request_id };
    return journal_append(c, &e, &uid);
}

/* split: the length of the head in four bytes, the head, the body. */
static enum status split(struct call *c, struct str plain, struct message_parts *p)
{
    size_t n = 0;
    if (plain.n < MESSAGE_LENGTH_BYTES) return broken(c);
    for (size_t i = 0; i < MESSAGE_LENGTH_BYTES; i++) n = n << 8 | (uint8_t)plain.p[i];
    plain = str_skip(plain, MESSAGE_LENGTH_BYTES);
    if (n > plain.n) return broken(c);
    p->head = str_first(plain, n);
    p->body = str_skip(plain, n);
    return ST_OK;
}

enum status message__open(struct call *c, int64_t seq, struct message_parts *ret)
{
    struct message_parts p = { .seq = seq };
    struct str sealed, plain, digest;
    {
        DB_ROWS rows = db_run(c, &FIND_PARTS, db_int(seq));
        TRY(db_one(&rows));
        p.request_id = db_col_text(&rows, 0);
        p.side = (enum message_side)db_col_int(&rows, 1);
        p.kind = (enum message_kind)db_col_int(&rows, 2);
        p.head = db_col_bytes(&rows, 3);
        sealed = db_col_bytes(&rows, 4);
        p.body_bytes = db_col_int(&rows, 5);
        digest = db_col_bytes(&rows, 6);
        TRY(message__signature(c, db_col_bytes(&rows, 7), &p.signature.xml));
        TRY(message__unpack(c, db_col_bytes(&rows, 8), &p.signature.chain_result));
        TRY(message__unpack(c, db_col_bytes(&rows, 9), &p.signature.chain));
    }
    if (sealed.n) TRY(trust_open_sealed(c, message__bound(c, p.request_id, p.side, p.kind != MESSAGE_QUESTION), sealed, &plain));
    if (sealed.n && !p.head.n) TRY(split(c, plain, &p));
    else if (sealed.n) p.body = plain; /* as rows were written before: the head beside the sealed body */
    p.is_whole = p.head.n && (int64_t)p.body.n == p.body_bytes && str_eq(trust_digest(c->arena, DIGEST_SHA512, p.head), digest);
    *ret = p;
    return ST_OK;
}

enum status message__apart(struct call *c, message_work *work, void *arg)
{
    struct call *apart = call_open(c->app);
    apart->db = c->db;
    apart->now_ms = c->now_ms;
    apart->trace = c->trace;
    enum status st = call_adopt(c, apart, work(c, apart, arg));
    c->db = apart->db;
    call_close(apart);
    return st;
}
