/* message_minute.c: exchanges counted by minute. Whoever watches (a report, a page, /metrics) asks every few seconds, so the rows of a minute are counted once, by the job that
 * indexes them (message_index.c); only the rows behind its bookmark, the newest few hundred, are counted when somebody asks. */
#include "exchange/figures.h"
#include "exchange/log/message_log_int.h"

enum { MINUTE_MS = 60000, KEPT_MINUTES = 25 * 60 /* a report reaches back a day at most */, FAULTS_READ = 1000 };

static const struct query ADD = { "exchange",
    "INSERT INTO message_minute (minute, class, n, took_us, last_ms) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (minute, class) DO UPDATE SET n = message_minute.n + excluded.n, "
    "took_us = message_minute.took_us + excluded.took_us, last_ms = CASE WHEN excluded.last_ms > message_minute.last_ms THEN excluded.last_ms ELSE message_minute.last_ms END", LOG };
static const struct query DROP_OLD = { "exchange", "DELETE FROM message_minute WHERE minute < $1", LOG };
/* One statement, so that it sees bookmark, minutes and rows as of one moment. */
static const struct query COUNT = { "exchange",
    "SELECT minute, side, client, service, fault, CAST(SUM(n) AS BIGINT), CAST(SUM(took_us) AS BIGINT), MAX(last_ms) FROM ("
    "SELECT m.minute AS minute, k.side AS side, k.client AS client, k.service AS service, k.fault AS fault, m.n AS n, m.took_us AS took_us, m.last_ms AS last_ms "
    "FROM message_minute m JOIN message_class k ON k.id = m.class WHERE m.minute >= $1 AND m.minute < $2 "
    "UNION ALL SELECT at_ms / 60000, side, client, service, fault, 1, took_us, at_ms FROM message "
    "WHERE seq > (SELECT seq FROM message_bookmark WHERE id = 1) AND is_answer <> 0 AND at_ms >= $1 * 60000 AND at_ms < $2 * 60000) AS counted "
    "GROUP BY minute, side, client, service, fault ORDER BY minute, side, client, service, fault LIMIT $3", LOG };

/* ---- counting ---- */

void message__add_minute(struct message_minutes *m, int64_t class_, int64_t at_ms, int64_t took_us)
{
    int64_t minute = at_ms / MINUTE_MS;
    size_t i = m->n;
    while (i > 0 && (m->list[i - 1].minute != minute || m->list[i - 1].class_ != class_)) i--; /* the newest ones are met again soonest */
    struct message_minute *at = i ? &m->list[i - 1] : &m->list[m->n++];
    if (!i) *at = (struct message_minute){ .minute = minute, .class_ = class_, .last_ms = at_ms };
    at->n++;
    at->took_us += took_us;
    if (at_ms > at->last_ms) at->last_ms = at_ms;
}

enum status message__keep_minutes(struct call *c, const struct message_minutes *m, int64_t now_ms)
{
    for (const struct message_minute *at = m->list; at < m->list + m->n; at++)
        TRY(db_exec(c, &ADD, db_int(at->minute), db_int(at->class_), db_int(at->n), db_int(at->took_us), db_int(at->last_ms)));
    return db_exec(c, &DROP_OLD, db_int(now_ms / MINUTE_MS - KEPT_MINUTES));
}

/* ---- reading ---- */

/* name_last: the id of the newest fault of each kind, from the newest rows with a fault. */
static enum status name_last(struct call *c, int64_t from_ms, struct exchange_count *list, size_t n)
{
    const struct message_filter faults = { .since_ms = from_ms, .only_faults = true, .limit = FAULTS_READ };
    struct message_found found;
    TRY(message__list(c, &faults, &found));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; list[i].fault.n && k < found.n && !list[i].fault_id.n; k++) {
            const struct message_line *l = &found.lines[k];
            if (l->at_ms / MINUTE_MS == list[i].minute && (int64_t)l->side == list[i].side && str_eq(l->fault, list[i].fault) && str_eq(l->client, list[i].client) &&
                str_eq(l->service, list[i].service))
                list[i].fault_id = l->fault_id;
        }
    return ST_OK;
}

static struct exchange_count *widen(struct call *c, const struct exchange_count *list, size_t *cap)
{
    struct exchange_count *wider = arena_array(c->arena, struct exchange_count, 2 * *cap);
    memcpy(wider, list, *cap * sizeof *list);
    *cap *= 2;
    return wider;
}

enum status exchange_count_messages(struct call *c, int64_t from_minute, int64_t to_minute, const struct exchange_count **ret, size_t *n)
{
    size_t cap = 64, count = 0;
    struct exchange_count *list = arena_array(c->arena, struct exchange_count, cap);
    bool faults = false;
    DB_ROWS rows = db_run(c, &COUNT, db_int(from_minute), db_int(to_minute), db_int(EXCHANGE_COUNTS_MAX));
    while (count < EXCHANGE_COUNTS_MAX && db_next(&rows)) {
        if (count == cap) list = widen(c, list, &cap);
        list[count] = (struct exchange_count){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_text(&rows, 2), db_col_text(&rows, 3), db_col_text(&rows, 4),
                                               db_col_int(&rows, 5), db_col_int(&rows, 6), db_col_int(&rows, 7), STR("") };
        faults = faults || list[count].fault.n;
        count++;
    }
    TRY(db_finish(&rows));
    if (faults) TRY(name_last(c, from_minute * MINUTE_MS, list, count));
    *ret = list;
    *n = count;
    return ST_OK;
}
