/* message_keep.c: retention. Rows older than exchange.log_days are removed from the front of the log, in small steps, never one whose signature has no time-stamp yet; with them
 * the time-stamps that cover nothing else. How far it went stands in message_cut, so that what was removed by rule is told from what was taken out; and each run stands in the
 * journal before it begins, so that nobody can move that mark unseen. A clock that jumped makes every row old, so none goes while this node cannot be sure of the time. */
#include "exchange/log/message_log_int.h"

#include "base/config.h"
#include "base/time.h"
#include "exchange/figures.h"
#include "exchange/log/archive_db.h"
#include "trust/journal.h"
#include "web/page.h"

enum { SLICE = 200 };
static const int64_t DAY_MS = 86400000;

static const struct query READ_CUT = { "exchange", "SELECT seq, stamp_seq, at_ms, n FROM message_cut WHERE id = 1", LOG };
static const struct query MOVE_CUT = { "exchange", "UPDATE message_cut SET seq = $1, at_ms = $2, n = n + $3 WHERE id = 1", LOG };
static const struct query MOVE_STAMP_CUT = { "exchange", "UPDATE message_cut SET stamp_seq = $1 WHERE id = 1", LOG };
/* All rows up to a time-stamp were logged before its moment. */
static const struct query LAST_STAMPED = { "exchange", "SELECT COALESCE(MAX(last_seq), 0) FROM message_stamp WHERE at_ms < $1", LOG };
static const struct query FIRST_KEPT = { "exchange", "SELECT seq FROM message WHERE seq > $1 AND (signature IS NOT NULL OR at_ms >= $2) ORDER BY seq LIMIT 1", LOG };
static const struct query NEWEST_ROW = { "exchange", "SELECT COALESCE(MAX(seq), 0) FROM message", LOG };
static const struct query DELETE_ROWS = { "exchange", "DELETE FROM message WHERE seq >= $1 AND seq <= $2", LOG };
/* The newest time-stamp stays: the next one follows it. */
static const struct query LAST_EMPTY_STAMP = { "exchange",
    "SELECT COALESCE(MAX(last_seq), 0) FROM message_stamp WHERE last_seq <= $1 AND last_seq < (SELECT MAX(last_seq) FROM message_stamp)", LOG };
static const struct query DELETE_STAMPS = { "exchange", "DELETE FROM message_stamp WHERE last_seq <= $1", LOG };

enum status message__read_cut(struct call *c, struct message_cut *ret)
{
    DB_ROWS rows = db_run(c, &READ_CUT);
    TRY(db_one(&rows));
    *ret = (struct message_cut){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2), db_col_int(&rows, 3) };
    return ST_OK;
}

static enum status read_number(struct db_rows rows, int64_t *ret)
{
    DB_ROWS own = rows;
    TRY(db_one(&own));
    *ret = db_col_int(&own, 0);
    return ST_OK;
}

/* find_old: the last row that is old enough: everything under old time-stamps, and unsigned old rows up to the first row that must stay. Where there is none, up to newest, which
 * was read before: a row that is written meanwhile stays. */
static enum status find_old(struct call *c, int64_t cutoff_ms, int64_t newest, int64_t *ret)
{
    int64_t stamped, first_kept;
    TRY(read_number(db_run(c, &LAST_STAMPED, db_int(cutoff_ms)), &stamped));
    enum status st = read_number(db_run(c, &FIRST_KEPT, db_int(stamped), db_int(cutoff_ms)), &first_kept);
    if (st == ST_OK) return *ret = first_kept - 1, ST_OK;
    if (st != ST_NOT_FOUND) return st;
    call_clear(c);
    *ret = newest;
    return ST_OK;
}

/* find_goal: the last row that may go. Where messages are archived none goes that is not in an archive yet. */
static enum status find_goal(struct call *c, int64_t cutoff_ms, int64_t *ret)
{
    int64_t newest, behind, goal, waiting;
    TRY(read_number(db_run(c, &NEWEST_ROW), &newest));
    TRY(message__index(c, INT64_MAX, &behind)); /* what is removed is in the index before, so that it is taken out of it too */
    TRY(find_old(c, cutoff_ms, newest, &goal));
    enum status st = exchange__of(c)->archives ? archive__first_waiting(c, &waiting) : ST_NOT_FOUND;
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    call_clear(c);
    *ret = st == ST_OK && waiting <= goal ? waiting - 1 : goal;
    return ST_OK;
}

static enum status note_run(struct call *c, int64_t first, int64_t last)
{
    struct str uid;
    const struct journal_event e = { .kind = STR_INIT("message.removed"), .class_ = JOURNAL_NORMAL, .agency = exchange_self(c), .user = STR_INIT("job"), .role = STR_INIT("job"),
                                     .basis = STR_INIT("exchange.log_days"), .fields = str_print(c->arena, "rows %lld to %lld", (long long)first, (long long)last) };
    return journal_append(c, &e, &uid);
}

static enum status remove_slice(struct call *c, int64_t first, int64_t last)
{
    int64_t n;
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(message__unindex(c, first, last));
    TRY(message__drop_signatures(c, first, last));
    {
        DB_ROWS rows = db_run(c, &DELETE_ROWS, db_int(first), db_int(last));
        TRY(db_finish(&rows));
        n = db_changed(&rows);
    }
    TRY(db_exec(c, &MOVE_CUT, db_int(last), db_int(c->now_ms), db_int(n)));
    return db_commit(&tx);
}

static enum status remove_stamps(struct call *c, int64_t goal, int64_t had)
{
    int64_t last;
    DB_TX tx = { 0 };
    TRY(read_number(db_run(c, &LAST_EMPTY_STAMP, db_int(goal)), &last));
    if (last <= had) return ST_OK;
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &DELETE_STAMPS, db_int(last)));
    TRY(db_exec(c, &MOVE_STAMP_CUT, db_int(last)));
    return db_commit(&tx);
}

enum status message__remove_old(struct call *c, int64_t cutoff_ms)
{
    struct message_cut cut;
    int64_t goal;
    TRY(message__read_cut(c, &cut));
    TRY(find_goal(c, cutoff_ms, &goal));
    if (goal > cut.seq) TRY(note_run(c, cut.seq + 1, goal));
    for (int64_t first = cut.seq + 1; first <= goal; first += SLICE) TRY(remove_slice(c, first, first + SLICE - 1 < goal ? first + SLICE - 1 : goal));
    return remove_stamps(c, goal, cut.stamp_seq);
}

static enum status keep(struct call *c, int64_t days)
{
    if (!exchange_knows_time(c))
        return call_fail(c, ST_UNAVAILABLE, "", "No message is removed by its age: by this node's clock the nation's directory is not valid, or the operator's clock is over a minute away. Let a time service set the clock, or check the connection to the operator.");
    return message__remove_old(c, c->now_ms - days * DAY_MS);
}

enum status message__keep_job(struct call *c)
{
    int64_t days = config_count(c->app->config, "exchange.log_days");
    return days ? keep(c, days) : ST_OK;
}

struct str message__retention_words(struct call *c)
{
    struct message_cut cut;
    int64_t days = config_count(c->app->config, "exchange.log_days");
    if (!days) return text_tr(c->lang, TR("For ever"));
    if (message__read_cut(c, &cut) != ST_OK) return call_clear(c), STR("");
    const struct str values[] = { str_print(c->arena, "%lld", (long long)days), str_print(c->arena, "%lld", (long long)cut.n) };
    return text_tr_args(c, TR("%s days, once time-stamped. Rows removed up to now: %s."), values, 2);
}
