/* counter.c: numbers of rows: counted in a table of this room (db_next_id), or on from what the rows themselves say (db_next_row). Those that share a commit read once. */
#include "store/store_int.h"

/* number_of: what a statement answers, 0 where it finds nothing. */
static enum status number_of(struct db_rows *rows, int64_t *ret)
{
    enum status st = db_one(rows);
    if (st == ST_NOT_FOUND) return *ret = 0, ST_OK;
    TRY(st);
    *ret = db_col_int(rows, 0);
    return ST_OK;
}

/* --- db_next_id --- */

#define LAST "SELECT last FROM store_counter WHERE name = $1"
#define COUNT "INSERT INTO store_counter (name, last) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last = excluded.last"
static const struct query READ_LAST[DATABASES] = { { "store", LAST, NODE }, { "store", LAST, LOG } };
static const struct query WRITE_LAST[DATABASES] = { { "store", COUNT, NODE }, { "store", COUNT, LOG } };

/* The counters that a group has used. Names are short and few; one more would only be read and written by itself. */
enum { COUNTERS = 16, COUNTER_NAME = 32 };
struct counters { size_t n; struct counter { char name[COUNTER_NAME]; int64_t last; } list[COUNTERS]; };

static enum status read_last(struct call *c, enum db_which in, struct str name, int64_t *ret)
{
    DB_ROWS rows = db_run(c, &READ_LAST[in], db_text(name));
    return number_of(&rows, ret);
}

static enum status write_last(struct call *c, enum db_which in, struct str name, int64_t last) { return db_exec(c, &WRITE_LAST[in], db_text(name), db_int(last)); }

static enum status write_counters(struct db_tx *tx, void *arg)
{
    const struct counters *all = arg;
    for (size_t i = 0; i < all->n; i++) TRY(write_last(tx->call, tx->in, str_z(all->list[i].name), all->list[i].last));
    return ST_OK;
}

static const struct db_common_kind SHARED_COUNTERS = { sizeof(struct counters), write_counters };

/* count_alone: a counter that the group does not keep. */
static enum status count_alone(struct db_tx *tx, struct str name, int64_t *ret)
{
    int64_t last;
    TRY(read_last(tx->call, tx->in, name, &last));
    TRY(write_last(tx->call, tx->in, name, last + 1));
    *ret = last + 1;
    return ST_OK;
}

/* next_alone: where writers stand side by side the database counts (PostgreSQL NODE). */
static enum status next_alone(struct call *c, const char *counter, int64_t *ret)
{
    struct db_conn *conn;
    TRY(store__worker(c, c->db, &conn));
    return conn->driver->next_id(c, conn, counter, ret);
}

enum status db_next_id(struct db_tx *tx, const char *counter, int64_t *ret)
{
    struct call *c = tx->call;
    bool fresh;
    if (!tx->open) return ST_BROKEN;
    if (!c->db->store->grouped[tx->in]) return next_alone(c, counter, ret);
    struct counters *all = db_common(tx, &SHARED_COUNTERS, &fresh);
    size_t i = 0;
    while (i < all->n && strcmp(all->list[i].name, counter) != 0) i++;
    if (i == COUNTERS || strlen(counter) >= COUNTER_NAME) return count_alone(tx, str_z(counter), ret);
    struct counter *x = &all->list[i];
    if (i == all->n) {
        TRY(read_last(c, tx->in, str_z(counter), &x->last));
        memcpy(x->name, counter, strlen(counter) + 1);
        all->n++;
    }
    *ret = ++x->last;
    return ST_OK;
}

/* --- db_next_row --- */

/* What a group has asked. A question more would only be asked each time. */
enum { QUESTIONS = 8 };
struct questions { size_t n; struct { const struct query *query; int64_t last; } list[QUESTIONS]; };
static const struct db_common_kind SHARED_QUESTIONS = { sizeof(struct questions), NULL };

static enum status ask_last(struct call *c, const struct query *q, int64_t *ret)
{
    DB_ROWS rows = db_run(c, q);
    return number_of(&rows, ret);
}

enum status db_next_row(struct db_tx *tx, const struct query *last, int64_t *ret)
{
    bool fresh;
    int64_t newest;
    if (!tx->open || tx->in != LOG) return ST_BROKEN;
    struct questions *all = db_common(tx, &SHARED_QUESTIONS, &fresh);
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].query == last) return *ret = ++all->list[i].last, ST_OK;
    TRY(ask_last(tx->call, last, &newest));
    *ret = newest + 1;
    if (all->n == QUESTIONS) return ST_OK;
    all->list[all->n].query = last;
    all->list[all->n++].last = *ret;
    return ST_OK;
}
