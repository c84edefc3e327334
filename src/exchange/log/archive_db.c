/* archive_db.c: every SQL statement of the archives: which files there are, and how far they reach. All of it stands in LOG beside the messages. */
#include "exchange/log/archive_db.h"

#define COLUMNS "SELECT last_seq, first_seq, at_ms, n, file, digest FROM message_archive "
static const struct query LAST = { "exchange", COLUMNS "WHERE is_durable = 1 ORDER BY last_seq DESC LIMIT 1", LOG };
static const struct query LIST = { "exchange", COLUMNS "WHERE is_durable = 1 AND last_seq > $1 ORDER BY last_seq LIMIT $2", LOG };
static const struct query FIND_PLAN = { "exchange", COLUMNS "WHERE is_durable = 0", LOG };
static const struct query PLAN = { "exchange", "INSERT INTO message_archive (last_seq, first_seq, at_ms, n, file, digest, is_durable) VALUES ($1, $2, $3, $4, $5, $6, 0)", LOG };
static const struct query DROP_PLAN = { "exchange", "DELETE FROM message_archive WHERE is_durable = 0", LOG };
static const struct query COUNT_PLAN = { "exchange", "UPDATE message_archive SET is_durable = 1 WHERE last_seq = $1", LOG };
static const struct query READ_MARK = { "exchange", "SELECT seq, ran_ms FROM message_archived WHERE id = 1", LOG };
static const struct query MOVE_MARK = { "exchange", "UPDATE message_archived SET seq = $1, ran_ms = $2 WHERE id = 1", LOG };
static const struct query PASS_MARK = { "exchange", "UPDATE message_archived SET seq = $1 WHERE id = 1", LOG };
static const struct query FIRST_WAITING = { "exchange", "SELECT seq FROM message WHERE seq > $1 AND signature IS NOT NULL ORDER BY seq LIMIT 1", LOG };

static struct archive_row read_row(const struct db_rows *r)
{
    return (struct archive_row){ db_col_int(r, 0), db_col_int(r, 1), db_col_int(r, 2), db_col_int(r, 3), db_col_text(r, 4), db_col_text(r, 5) };
}

enum status archive__last(struct call *c, struct archive_row *ret)
{
    struct archive_row row = { 0 };
    DB_ROWS rows = db_run(c, &LAST);
    if (db_next(&rows)) row = read_row(&rows);
    TRY(db_finish(&rows));
    *ret = row;
    return ST_OK;
}

enum status archive__list(struct call *c, int64_t after_seq, struct archive_row *ret, size_t most, size_t *n)
{
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST, db_int(after_seq), db_int((int64_t)most));
    while (count < most && db_next(&rows)) ret[count++] = read_row(&rows);
    TRY(db_finish(&rows));
    *n = count;
    return ST_OK;
}

enum status archive__find_plan(struct call *c, struct archive_row *ret)
{
    DB_ROWS rows = db_run(c, &FIND_PLAN);
    TRY(db_one(&rows));
    *ret = read_row(&rows);
    return ST_OK;
}

enum status archive__plan(struct call *c, const struct archive_row *row)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &PLAN, db_int(row->last_seq), db_int(row->first_seq), db_int(row->at_ms), db_int(row->n), db_text(row->file), db_text(row->digest)));
    return db_commit(&tx);
}

enum status archive__drop_plan(struct call *c)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &DROP_PLAN));
    return db_commit(&tx);
}

enum status archive__count_plan(struct call *c, int64_t last_seq)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &COUNT_PLAN, db_int(last_seq)));
    TRY(db_exec(c, &PASS_MARK, db_int(last_seq)));
    return db_commit(&tx);
}

enum status archive__read_mark(struct call *c, struct archive_mark *ret)
{
    DB_ROWS rows = db_run(c, &READ_MARK);
    TRY(db_one(&rows));
    *ret = (struct archive_mark){ db_col_int(&rows, 0), db_col_int(&rows, 1) };
    return ST_OK;
}

enum status archive__move_mark(struct call *c, int64_t seq, int64_t ran_ms)
{
    DB_TX tx = { 0 };
    TRY(db_begin(c, LOG, &tx));
    TRY(db_exec(c, &MOVE_MARK, db_int(seq), db_int(ran_ms)));
    return db_commit(&tx);
}

enum status archive__first_waiting(struct call *c, int64_t *ret)
{
    struct archive_mark mark;
    TRY(archive__read_mark(c, &mark));
    DB_ROWS rows = db_run(c, &FIRST_WAITING, db_int(mark.seq));
    TRY(db_one(&rows));
    *ret = db_col_int(&rows, 0);
    return ST_OK;
}
