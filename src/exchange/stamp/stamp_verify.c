/* stamp_verify.c: are the time-stamps of the message log good, and is every message that they cover still the one that was stamped? Stamps follow each other without
 * a gap, so that neither a message nor a stamp can be taken out, put in or changed without being named here. */
#include "exchange/stamp/stamp.h"

#include "base/time.h"
#include "exchange/log/message_log.h"

enum { SLICE = 100, DIGEST_BYTES = 64 };

static enum status broken(struct call *c, const char *sentence, struct str what)
{
    return call_fail(c, ST_INVALID, "stamp", sentence, what);
}

static struct str number(struct call *c, int64_t n) { return str_print(c->arena, "%lld", (long long)n); }

/* ---- leaves ---- */

static struct str leaf_digest(struct str leaves, size_t i) { return str_of(leaves.p + i * MESSAGE_LEAF_BYTES + 8, DIGEST_BYTES); }

enum status stamp__digests(struct call *c, const struct stamp_row *row, int64_t seq, const struct str **ret, size_t *n, size_t *at)
{
    if (row->n <= 0 || row->leaves.n != (size_t)row->n * MESSAGE_LEAF_BYTES) return broken(c, "The list of the time-stamp up to row %s is damaged. Restore it from a backup.", number(c, row->last_seq));
    struct str *digests = arena_array(c->arena, struct str, (size_t)row->n);
    *n = (size_t)row->n;
    *at = SIZE_MAX;
    for (size_t i = 0; i < *n; i++) {
        digests[i] = leaf_digest(row->leaves, i);
        if (message__leaf_seq(row->leaves, i) == seq) *at = i;
    }
    *ret = digests;
    return ST_OK;
}

/* ---- messages against leaves ---- */

static enum status check_message(struct call *c, const struct stamp_row *row, size_t i, const struct stamped_message *m)
{
    int64_t expected = i < (size_t)row->n ? message__leaf_seq(row->leaves, i) : INT64_MAX;
    if (m->seq > expected) return broken(c, "A message was removed after it was time-stamped: row %s of the message log. Restore it from a backup.", number(c, expected));
    if (m->seq < expected) return broken(c, "The message %s was put into the message log after its neighbours were time-stamped. Find out who did it.", m->request_id);
    if (str_eq(trust_digest(c->arena, DIGEST_SHA512, m->signature), leaf_digest(row->leaves, i))) return ST_OK;
    return broken(c, "The message %s was changed after it was time-stamped. Restore it from a backup, and find out who did it.", m->request_id);
}

static enum status check_messages(struct call *c, const struct stamp_row *row)
{
    struct stamped_message *list = arena_array(c->arena, struct stamped_message, SLICE);
    int64_t seq = row->first_seq - 1;
    size_t i = 0, n = SLICE;
    while (n == SLICE) {
        TRY(stamp__list_messages(c, seq, row->last_seq, SLICE, list, &n));
        for (size_t k = 0; k < n; k++) TRY(check_message(c, row, i++, &list[k]));
        if (n) seq = list[n - 1].seq;
    }
    if (i == (size_t)row->n) return ST_OK;
    return broken(c, "A message was removed after it was time-stamped: row %s of the message log. Restore it from a backup.", number(c, message__leaf_seq(row->leaves, i)));
}

/* ---- one stamp ---- */

static enum status check_token(struct call *c, const struct stamp_certs *by, struct str token, struct str bytes, int64_t at_ms, struct str what)
{
    struct stamp_facts facts;
    enum status st = stamp_check(c, token, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, bytes), by->certs, by->n, &facts);
    if (st == ST_OK && facts.at_ms != at_ms) st = call_fail(c, ST_INVALID, "stamp", "The moment that is written beside the time-stamp is not the one inside.");
    if (st == ST_OK) return ST_OK;
    struct str why = call_sentence(c, st).sentence;
    call_clear(c);
    return call_fail(c, ST_INVALID, "stamp", "The time-stamp of %s does not hold: %s", what, why);
}

/* expected_result: what must have been stamped for the messages that stand in the log; a message that went alone and was removed meanwhile leaves nothing to compare. */
static enum status expected_result(struct call *c, const struct stamp_row *row, const struct str *digests, size_t n, bool is_removed, struct str *ret)
{
    struct stamped_message alone;
    size_t count;
    if (n != 1 || stamp_is_batch(row->result)) return stamp_batch_result(c, digests, n, ret);
    if (is_removed) return *ret = row->result, ST_OK;
    TRY(stamp__list_messages(c, row->first_seq - 1, row->last_seq, 1, &alone, &count));
    if (count != 1 || !stamp_single_value(c, alone.signature, ret)) *ret = STR("");
    return ST_OK;
}

/* check_stamp: removed_seq: up to here retention has removed the messages. */
static enum status check_stamp(struct call *c, const struct stamp_certs *by, const struct stamp_row *row, int64_t after_seq, int64_t removed_seq)
{
    const struct str *digests;
    struct str result, what = str_print(c->arena, "the rows %lld to %lld", (long long)row->first_seq, (long long)row->last_seq);
    size_t n, at;
    bool is_removed = row->last_seq <= removed_seq;
    if (row->first_seq != after_seq + 1) return broken(c, "A time-stamp was removed: none covers row %s of the message log. Restore it from a backup.", number(c, after_seq + 1));
    TRY(stamp__digests(c, row, 0, &digests, &n, &at));
    if (!is_removed) TRY(check_messages(c, row));
    TRY(expected_result(c, row, digests, n, is_removed, &result));
    if (!str_eq(result, row->result)) return broken(c, "The time-stamp of %s is not for these messages: its list was changed. Restore it from a backup.", what);
    return check_token(c, by, row->token, row->result, row->at_ms, what);
}

/* ---- all ---- */

/* next: one stamp with a call of its own, so that memory does not grow with the log; its failure is told again to the caller's call. */
static enum status next(struct call *c, struct call *one, const struct stamp_certs *by, int64_t removed_seq, int64_t *after_seq, struct stamp_count *count)
{
    struct stamp_row row;
    call_renew(one);
    enum status st = stamp__next(one, *after_seq + 1, &row);
    if (st == ST_NOT_FOUND) return st;
    if (st == ST_OK) st = check_stamp(one, by, &row, *after_seq, removed_seq);
    if (st != ST_OK) return call_adopt(c, one, st);
    *after_seq = row.last_seq;
    count->stamps++;
    count->messages += row.n;
    return ST_OK;
}

static enum status next_head(struct call *c, const struct stamp_certs *by, int64_t *size, struct stamp_count *count)
{
    struct head_stamp_row row;
    enum status st = stamp__next_head(c, *size + 1, &row);
    if (st != ST_OK) return st;
    TRY(check_token(c, by, row.token, row.note, row.at_ms, str_print(c->arena, "the journal's head of %lld leaves", (long long)row.size)));
    *size = row.size;
    count->heads++;
    return ST_OK;
}

enum status stamp__verify(struct call *c, const struct stamp_certs *by, struct stamp_count *ret)
{
    struct stamp_count count = { 0 };
    struct stamp_state state;
    struct message_cut cut;
    TRY(message__read_cut(c, &cut));
    struct call *one = call_open(c->app);
    int64_t after_seq = cut.stamp_seq, size = 0;
    enum status st = ST_OK;
    count.removed = cut.n;
    while (st == ST_OK) st = next(c, one, by, cut.seq, &after_seq, &count);
    store_release(one);
    call_close(one);
    if (st != ST_NOT_FOUND) return st;
    for (st = ST_OK; st == ST_OK;) st = next_head(c, by, &size, &count);
    if (st != ST_NOT_FOUND) return st;
    call_clear(c);
    TRY(exchange_stamp_state(c, &state));
    count.waiting = state.waiting;
    *ret = count;
    return ST_OK;
}
