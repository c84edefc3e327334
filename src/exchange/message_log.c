/* message_log.c: request and answer of both sides in LOG, durable before they are passed on (x-road 5.1). Bodies are sealed with the node's key, bound to the
 * message they belong to. A message that is logged already is a replay and refused. */
#include "exchange/exchange_int.h"

enum { LIST_MOST = 1000 };

static const struct query INSERT = { "exchange",
    "INSERT INTO message (seq, at_ms, side, is_answer, request_id, message_id, client, service, user_id, issue, status, fault, fault_id, took_us, head, body, body_bytes, "
    "digest, signature, chain_result, chain) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)", LOG };

/* The filter is a choice among constants: the narrowest index first, the rest compared. */
#define COLUMNS "SELECT seq, at_ms, side, is_answer, request_id, message_id, client, service, status, fault, fault_id, took_us, body_bytes FROM message "
static const struct query LIST_ALL = { "exchange", COLUMNS "WHERE at_ms >= $1 ORDER BY at_ms DESC, seq DESC LIMIT $2", LOG };
static const struct query LIST_FAULTS = { "exchange", COLUMNS "WHERE at_ms >= $1 AND fault <> '' ORDER BY at_ms DESC, seq DESC LIMIT $2", LOG };
static const struct query LIST_SERVICE = { "exchange", COLUMNS "WHERE service = $3 AND at_ms >= $1 ORDER BY at_ms DESC, seq DESC LIMIT $2", LOG };
static const struct query LIST_CLIENT = { "exchange", COLUMNS "WHERE client = $3 AND at_ms >= $1 ORDER BY at_ms DESC, seq DESC LIMIT $2", LOG };
static const struct query FIND = { "exchange", COLUMNS "WHERE request_id = $1 ORDER BY seq", LOG };
static const struct query FIND_BODY = { "exchange", "SELECT request_id, side, is_answer, body, body_bytes FROM message WHERE seq = $1", LOG };

/* bound: what a sealed body is tied to, so that it cannot be shown as another message's. */
static struct str bound(struct call *c, struct str request_id, int side, bool is_answer)
{
    return str_print(c->arena, "message:%.*s:%d:%d", STR_ARG(request_id), side, is_answer);
}

static struct db_value bytes_or_null(struct str s) { return s.n ? db_bytes(s) : (struct db_value){ .kind = DB_NULL }; }

/* What stands in is_answer. */
enum { ROW_REQUEST = 0, ROW_ANSWER = 1, ROW_REFUSAL = 2 };

/* What is slow (sealing, digests) is made before: whoever writes waits for nobody. Copies, because a gathered row is written later. */
struct made { struct message_row row; struct wire wire; struct str sealed, digest; int64_t now_ms; };

static enum status insert(struct db_tx *tx, void *arg)
{
    const struct made *made = arg;
    const struct message_row *m = &made->row;
    const struct wire *w = &made->wire;
    int64_t kind = m->is_refusal ? ROW_REFUSAL : m->is_answer ? ROW_ANSWER : ROW_REQUEST, seq;
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

static void read_line(const struct db_rows *r, struct message_line *l)
{
    *l = (struct message_line){
        .seq = db_col_int(r, 0), .at_ms = db_col_int(r, 1), .side = (enum message_side)db_col_int(r, 2), .is_answer = db_col_int(r, 3) != 0,
        .request_id = db_col_text(r, 4), .message_id = db_col_text(r, 5), .client = db_col_text(r, 6), .service = db_col_text(r, 7), .status = db_col_int(r, 8),
        .fault = db_col_text(r, 9), .fault_id = db_col_text(r, 10), .took_us = db_col_int(r, 11), .body_bytes = db_col_int(r, 12) };
}

static bool passes(const struct message_line *l, const struct message_filter *f)
{
    return (!f->service.n || str_eq(l->service, f->service)) && (!f->client.n || str_eq(l->client, f->client)) && (!f->only_faults || l->fault.n);
}

static const struct query *choose(const struct message_filter *f)
{
    if (f->service.n) return &LIST_SERVICE;
    if (f->client.n) return &LIST_CLIENT;
    return f->only_faults ? &LIST_FAULTS : &LIST_ALL;
}

enum status message__list(struct call *c, const struct message_filter *f, const struct message_line **ret, size_t *n)
{
    const struct query *q = choose(f);
    int64_t limit = f->limit > 0 && f->limit < LIST_MOST ? f->limit : LIST_MOST;
    struct message_line *list = arena_array(c->arena, struct message_line, (size_t)limit);
    const struct db_value values[] = { db_int(f->since_ms), db_int(limit), db_text(f->service.n ? f->service : f->client) };
    DB_ROWS rows = db_run_values(c, q, values, q == &LIST_SERVICE || q == &LIST_CLIENT ? 3 : 2);
    size_t count = 0;
    while (count < (size_t)limit && db_next(&rows)) {
        read_line(&rows, &list[count]);
        count += passes(&list[count], f);
    }
    TRY(db_finish(&rows));
    *ret = list;
    *n = count;
    return ST_OK;
}

enum status message__find(struct call *c, struct str request_id, const struct message_line **ret, size_t *n)
{
    enum { SIDES = 8 };
    struct message_line *list = arena_array(c->arena, struct message_line, SIDES);
    size_t count = 0;
    DB_ROWS rows = db_run(c, &FIND, db_text(request_id));
    while (count < SIDES && db_next(&rows)) read_line(&rows, &list[count++]);
    TRY(db_finish(&rows));
    if (!count) return call_fail(c, ST_NOT_FOUND, "ID", "No message has this request id. List them with `sen message list`.");
    *ret = list;
    *n = count;
    return ST_OK;
}

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
