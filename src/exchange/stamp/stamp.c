/* stamp.c: the job that time-stamps the message log (x-road 5.2, 5.3). What was logged since the last time goes under one token, in batches; the services of the directory
 * are asked in its order. While that fails messages still pass, but not for longer than the nation allows. Once an hour the newest head of the journal is stamped too. */
#include "exchange/stamp/stamp.h"

#include "base/config.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "exchange/directory/clock.h"
#include "exchange/log/message_log.h"
#include "exchange/status/status.h"
#include "trust/journal.h"

enum { CONNECT_MS = 5000, TOTAL_MS = 10000, ANSWER_MAX = 256 * 1024, RETRY_MS = 60000, TURN_MS = 600000 };

/* ---- the services ---- */

struct stamped { struct str service, token; struct stamp_facts facts; };

/* place_of: without its path, as all sentences name a place. */
static struct str place_of(struct str url)
{
    struct url u;
    return url_parse(url, &u) ? u.host : url;
}

static enum status ask_one(struct call *c, const struct directory *d, const struct dir_tsa *tsa, const struct stamp_question *q, struct stamped *ret)
{
    const struct header type = { STR_INIT("Content-Type"), STR_INIT("application/timestamp-query") };
    struct client_request rq = { .method = STR("POST"), .url = tsa->url, .headers = &type, .nheaders = 1, .body = q->der, .has_body = true, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS,
                                 .max_answer = ANSWER_MAX };
    struct client_answer answer;
    TRY(client_fetch(c, &rq, &answer));
    if (answer.status != 200)
        return call_fail(c, ST_UNAVAILABLE, "", "The time-stamp service %s answered with the HTTP status %s instead of a time-stamp. Tell who keeps it.", place_of(tsa->url), str_print(c->arena, "%d", answer.status));
    clock__note(c, tsa->name, &answer);
    if (ocsp__is_revoked(c, d, tsa->cert))
        return call_fail(c, ST_DENIED, "", "The certificate of the time-stamp service is revoked. Ask the operator to approve another service.");
    TRY(stamp_take(c, answer.body, q, &tsa->cert, 1, time_now_ms(), &ret->token, &ret->facts));
    ret->service = str_copy(c->arena, tsa->name);
    return ST_OK;
}

/* first_to_ask: the service that answered last, for a while; then the directory's order counts again. */
static size_t first_to_ask(const struct call *c, const struct directory *d)
{
    const struct exchange *ex = exchange__of(c);
    for (size_t i = 0; c->now_ms < ex->stamper.turn_ms && i < d->ntsas; i++)
        if (str_eq(d->tsas[i].url, str_z(ex->stamper.turn))) return i;
    return 0;
}

/* remember: a service behind the first one answered: those in front of it are left alone for a while. */
static void remember(struct call *c, const struct directory *d, size_t at)
{
    struct exchange *ex = exchange__of(c);
    struct str url = d->tsas[at].url;
    if (at == first_to_ask(c, d) || url.n >= sizeof ex->stamper.turn) return;
    memcpy(ex->stamper.turn, url.p, url.n);
    ex->stamper.turn[url.n] = '\0';
    ex->stamper.turn_ms = c->now_ms + TURN_MS;
    log_line(LOG_WARN, "exchange", "stamp.other_service", c->trace, log_text("service", d->tsas[at].name));
}

static enum status ask(struct call *c, const struct directory *d, struct str bytes, struct stamped *ret)
{
    struct stamp_question q;
    size_t first = first_to_ask(c, d);
    enum status st = call_fail(c, ST_UNAVAILABLE, "", "The directory names no time-stamp service. Ask the operator to approve one.");
    for (size_t i = 0; i < d->ntsas; i++) {
        size_t at = (first + i) % d->ntsas;
        call_clear(c);
        TRY(stamp_ask(c, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, bytes), &q));
        st = ask_one(c, d, &d->tsas[at], &q, ret);
        if (st == ST_OK) return remember(c, d, at), ST_OK;
        call_note(c, "exchange", "time-stamp service %zu of %zu: %.*s", at + 1, d->ntsas, STR_ARG(c->error.sentence));
    }
    return st;
}

enum status exchange_try_stamps(struct call *c, const struct exchange_stamp_service **ret, size_t *n)
{
    DIRECTORY d = NULL;
    TRY(directory__hold(c, &d));
    struct exchange_stamp_service *list = arena_array(c->arena, struct exchange_stamp_service, d->ntsas);
    for (size_t i = 0; i < d->ntsas; i++) {
        struct stamp_question q;
        struct stamped token;
        enum status st = stamp_ask(c, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, STR("does it answer?")), &q);
        if (st == ST_OK) st = ask_one(c, d, &d->tsas[i], &q, &token);
        list[i] = (struct exchange_stamp_service){ str_copy(c->arena, d->tsas[i].name), st, call_sentence(c, st) };
        call_clear(c);
    }
    *ret = list;
    *n = d->ntsas;
    return ST_OK;
}

/* ---- a batch ---- */

/* what_is_stamped: a message that goes alone by its own signature, so that the token can stand in its document; several by the result of their chain. */
static enum status what_is_stamped(struct call *c, const struct stamp_row *row, struct str *ret)
{
    struct stamped_message alone;
    const struct str *digests;
    size_t n, at;
    if (row->n == 1) TRY(stamp__list_messages(c, row->first_seq - 1, row->last_seq, 1, &alone, &n));
    if (row->n == 1 && n == 1 && stamp_single_value(c, alone.signature, ret)) return ST_OK;
    TRY(stamp__digests(c, row, 0, &digests, &n, &at));
    return stamp_batch_result(c, digests, n, ret);
}

/* next_batch: all but what the service gives; ST_NOT_FOUND, silently, when nothing waits. */
static enum status next_batch(struct call *c, size_t most, struct stamp_row *ret)
{
    struct stamp_row last = { 0 };
    enum status st = stamp__last(c, &last);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    call_clear(c);
    *ret = (struct stamp_row){ .first_seq = last.last_seq + 1 };
    TRY(message__collect_leaves(c, last.last_seq, most, &ret->leaves, &ret->last_seq));
    if (!ret->leaves.n) return ST_NOT_FOUND;
    ret->n = (int64_t)(ret->leaves.n / MESSAGE_LEAF_BYTES);
    return what_is_stamped(c, ret, &ret->result);
}

/* stamp_messages: the next batch; *more: it was full, there may be another one. */
static enum status stamp_messages(struct call *c, const struct directory *d, bool *more)
{
    int64_t rows = config_count(c->app->config, "exchange.stamp_rows");
    size_t most = rows > 0 ? (size_t)rows : 1;
    struct stamp_row row;
    struct stamped got;
    enum status st = next_batch(c, most, &row);
    *more = st == ST_OK && (size_t)row.n == most;
    if (st != ST_OK) return st == ST_NOT_FOUND ? ST_OK : st;
    TRY(ask(c, d, row.result, &got));
    row.at_ms = got.facts.at_ms;
    row.service = got.service;
    row.token = got.token;
    return stamp__insert(c, &row);
}

/* ---- heads of the journal ---- */

static enum status stamp_head(struct call *c, const struct directory *d)
{
    struct journal_head head;
    struct head_stamp_row last = { 0 };
    struct stamped got;
    enum status st = journal_latest_head(c, &head);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    st = stamp__last_head(c, &last);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    call_clear(c);
    if (head.size <= last.size || c->now_ms < last.at_ms + 1000 * config_count(c->app->config, "exchange.stamp_heads_s")) return ST_OK;
    TRY(ask(c, d, head.checkpoint, &got));
    return stamp__insert_head(c, &(struct head_stamp_row){ head.size, got.facts.at_ms, got.service, head.checkpoint, got.token });
}

/* ---- the job ---- */

/* note_outcome: the state is written when it changes and at each failure; the first failure after a success is the moment that counts. */
static enum status note_outcome(struct call *c, enum status st)
{
    struct exchange *ex = exchange__of(c);
    struct stamping s = { .tried_ms = c->now_ms, .failing_since_ms = TIME_FAR };
    struct call_error told = { 0 };
    bool failed_before = atomic_load(&ex->stamper.failing_ms) != TIME_FAR;
    if (st == ST_OK && !failed_before) return ST_OK;
    if (st == ST_OK) {
        log_line(LOG_INFO, "exchange", "stamp.again", c->trace);
    } else {
        told = call_sentence(c, st);
        s.failing_since_ms = failed_before ? atomic_load(&ex->stamper.failing_ms) : c->now_ms;
        s.reason = told.key;
        for (size_t i = 0; i < told.nargs; i++) s.reason = str_join(c->arena, s.reason, STR("\t"), told.args[i], STR_END);
        call_clear(c);
    }
    atomic_store(&ex->stamper.failing_ms, s.failing_since_ms);
    TRY(stamp__write_state(c, &s));
    c->error = told;
    return st;
}

/* is_stamped: does a time-stamp reach to this row? */
static enum status is_stamped(struct call *c, int64_t seq, bool *ret)
{
    struct stamp_row last = { 0 };
    enum status st = stamp__last(c, &last);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    *ret = last.last_seq >= seq;
    return ST_OK;
}

/* does_stamp: a nation that has approved no service does not stamp; but where stamping has begun, a directory that names none any more is a failure: without one nothing
 * proves when a message was signed. */
static enum status does_stamp(struct call *c, const struct directory *d, bool *ret)
{
    enum { FIRST_SEQ = 1 };
    if (d->ntsas) return *ret = true, ST_OK;
    return is_stamped(c, FIRST_SEQ, ret);
}

/* period_of: the nation's word, or the node's own where that is more often. */
static int64_t period_of(const struct call *c, const struct directory *d)
{
    int64_t own_s = config_count(c->app->config, "exchange.stamp_period_s"), nation_s = directory__stamp_period(d->stamp_period_s);
    return 1000 * (own_s && own_s < nation_s ? own_s : nation_s);
}

int64_t exchange_stamp_period(struct call *c)
{
    DIRECTORY d = NULL;
    return directory__hold(c, &d) == ST_OK ? period_of(c, d) : (call_clear(c), 0);
}

static enum status run(struct call *c)
{
    struct exchange *ex = exchange__of(c);
    DIRECTORY d = NULL;
    bool stamps, more = false;
    if (directory__hold(c, &d) != ST_OK) return call_clear(c), ST_OK; /* told by the job of the directory; nothing is exchanged meanwhile */
    TRY(does_stamp(c, d, &stamps));
    if (!stamps) return ST_OK;
    enum status st = stamp_messages(c, d, &more);
    int64_t period_ms = period_of(c, d);
    ex->stamper.next_ms = c->now_ms + (st == ST_OK && more ? 0 : st == ST_OK || period_ms < RETRY_MS ? period_ms : RETRY_MS);
    TRY(note_outcome(c, st));
    return stamp_head(c, d);
}

enum status stamp__run(struct call *c)
{
    struct exchange *ex = exchange__of(c);
    if (!ex->has_anchor || c->now_ms < ex->stamper.next_ms) return ST_OK;
    (void)turnstile_enter(&ex->stamper.one, INT64_MAX);
    enum status st = run(c);
    turnstile_leave(&ex->stamper.one);
    return st;
}

static enum status stamp_up_to(struct call *c, int64_t seq)
{
    DIRECTORY d = NULL;
    bool stamps, stamped, more;
    enum status st;
    TRY(directory__hold(c, &d));
    TRY(does_stamp(c, d, &stamps));
    if (!stamps) return call_fail(c, ST_UNAVAILABLE, "", "The directory names no time-stamp service. Ask the operator to approve one.");
    TRY(is_stamped(c, seq, &stamped));
    if (stamped) return ST_OK;
    do {
        st = stamp_messages(c, d, &more);
        if (st == ST_OK) st = is_stamped(c, seq, &stamped);
    } while (st == ST_OK && more && !stamped);
    return note_outcome(c, st);
}

enum status stamp__now(struct call *c, int64_t seq)
{
    struct exchange *ex = exchange__of(c);
    call_may_wait(c);
    (void)turnstile_enter(&ex->stamper.one, INT64_MAX);
    enum status st = stamp_up_to(c, seq);
    turnstile_leave(&ex->stamper.one);
    return st;
}

enum status stamp__load(struct call *c)
{
    struct stamping s;
    TRY(stamp__read_state(c, &s));
    atomic_store(&exchange__of(c)->stamper.failing_ms, s.failing_since_ms);
    return ST_OK;
}

/* ---- what it means for messages ---- */

enum status stamp__may_go_on(struct call *c)
{
    int64_t since_ms = atomic_load_explicit(&exchange__of(c)->stamper.failing_ms, memory_order_relaxed);
    if (since_ms == TIME_FAR) return ST_OK;
    int64_t allowed_s = config_count(c->app->config, "exchange.stamp_failure_s");
    if (allowed_s == 0 || c->now_ms - since_ms <= 1000 * allowed_s) return ST_OK;
    return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "This node could not have its messages time-stamped since %s, longer than is allowed, so it passes none on. Tell its administrator: the time-stamp service must answer again.", text_moment(c, since_ms)),
                      STR("logging_failed.timestamper_failed"));
}

void stamp__put_metrics(struct call *c, struct buf *out)
{
    struct stamp_state s;
    if (exchange_stamp_state(c, &s) != ST_OK) return call_clear(c);
    buf_print(out, "# HELP sen_stamp_age_seconds Time since the newest time-stamp of the message log.\n# TYPE sen_stamp_age_seconds gauge\n");
    if (s.last_ms) buf_print(out, "sen_stamp_age_seconds %lld\n", (long long)(c->now_ms > s.last_ms ? (c->now_ms - s.last_ms) / 1000 : 0));
    buf_print(out, "# HELP sen_stamp_waiting Messages that wait for a time-stamp.\n# TYPE sen_stamp_waiting gauge\nsen_stamp_waiting %lld\n", (long long)s.waiting);
    buf_print(out, "# HELP sen_stamp_failing_seconds How long time-stamping has failed; 0 while it goes well.\n# TYPE sen_stamp_failing_seconds gauge\nsen_stamp_failing_seconds %lld\n",
              (long long)(s.failing_since_ms ? (c->now_ms - s.failing_since_ms) / 1000 : 0));
}
