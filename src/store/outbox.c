/* outbox.c: what must happen after a change. An entry is written in the change's own transaction, so it lives or dies with it; after a crash it
 * is still there. One thread at a time carries a topic, oldest first; who comes second finds its entries carried already. */
#include "store/store_int.h"

enum { BATCH = 100 };

static const struct query PUT = { "store", "INSERT INTO store_outbox (id, topic, uid, bytes) VALUES ($1, $2, $3, $4)", NODE };
static const struct query OLDEST = { "store", "SELECT id, uid, bytes FROM store_outbox WHERE topic = $1 ORDER BY id LIMIT $2", NODE };
static const struct query DROP = { "store", "DELETE FROM store_outbox WHERE id = $1", NODE };

enum status outbox_put(struct db_tx *tx, struct str topic, struct str uid, struct str bytes)
{
    if (tx->in != NODE) {
        call_note(tx->call, "store", "the outbox is in NODE");
        return ST_BROKEN;
    }
    int64_t id;
    TRY(db_next_id(tx, "store.outbox", &id));
    return db_exec(tx->call, &PUT, db_int(id), db_text(topic), db_text(uid), db_bytes(bytes));
}

static enum status read_oldest(struct call *c, struct str topic, struct outbox_entry *ret, size_t *n)
{
    DB_ROWS rows = db_run(c, &OLDEST, db_text(topic), db_int(BATCH));
    *n = 0;
    while (*n < BATCH && db_next(&rows)) ret[(*n)++] = (struct outbox_entry){ db_col_int(&rows, 0), db_col_text(&rows, 1), db_col_bytes(&rows, 2) };
    return db_finish(&rows);
}

struct carried { const struct outbox_entry *entries; size_t n; };

static enum status drop_carried(struct call *c, struct db_tx *tx, void *arg)
{
    const struct carried *done = arg;
    (void)tx;
    for (size_t i = 0; i < done->n; i++) TRY(db_exec(c, &DROP, db_int(done->entries[i].id)));
    return ST_OK;
}

typedef enum status carry_many(struct call *c, const struct outbox_entry *entries, size_t n, size_t *ret_done, void *arg);

/* drain_batch: carry up to BATCH entries, drop those that were carried, even when a later one failed. */
static enum status drain_batch(struct call *c, struct str topic, carry_many *carry, void *arg, size_t *ret_n)
{
    struct outbox_entry *entries = arena_array(c->arena, struct outbox_entry, BATCH);
    struct carried done = { entries, 0 };
    TRY(read_oldest(c, topic, entries, ret_n));
    if (*ret_n == 0) return ST_OK;
    enum status st = carry(c, entries, *ret_n, &done.n, arg);
    if (done.n == 0) return st;
    struct call_error own = c->error;
    c->error = (struct call_error){ 0 };
    enum status dropped = db_atomic(c, drop_carried, &done);
    if (st == ST_OK) return dropped;
    call_forgive(c, dropped, "entries that stay are carried again");
    c->error = own;
    return st;
}

enum status outbox_drain_many(struct call *c, struct str topic, carry_many *carry, void *arg)
{
    struct db_session *ses;
    TRY(store__session(c, &ses));
    if (c->in_tx) {
        call_note(c, "store", "the outbox is drained between transactions, not inside one");
        return ST_BROKEN;
    }
    struct topic *t = store__known(ses->store, &ses->store->topics, topic);
    (void)turnstile_enter(&t->one, INT64_MAX);
    enum status st;
    size_t n = 0;
    do st = drain_batch(c, topic, carry, arg, &n);
    while (st == ST_OK && n == BATCH);
    turnstile_leave(&t->one);
    return st;
}

struct one_by_one { enum status (*carry)(struct call *c, struct str uid, struct str bytes, void *arg); void *arg; };

static enum status carry_each(struct call *c, const struct outbox_entry *entries, size_t n, size_t *ret_done, void *arg)
{
    const struct one_by_one *each = arg;
    for (*ret_done = 0; *ret_done < n; ++*ret_done) TRY(each->carry(c, entries[*ret_done].uid, entries[*ret_done].bytes, each->arg));
    return ST_OK;
}

enum status outbox_drain(struct call *c, struct str topic, enum status (*carry)(struct call *c, struct str uid, struct str bytes, void *arg), void *arg)
{
    struct one_by_one each = { carry, arg };
    return outbox_drain_many(c, topic, carry_each, &each);
}
