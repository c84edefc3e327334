/* message_signature.c: signature documents of the log. One that signs a whole batch (the message has a hash chain) is written once for the rows that share a commit; such a row
 * has its id where others have the document itself. */
#include "exchange/log/message_log_int.h"

enum { REFERENCE_BYTES = 8, RECENT = 16 };

static const struct query INSERT = { "exchange", "INSERT INTO message_signature (id, xml) VALUES ($1, $2)", LOG };
static const struct query FIND = { "exchange", "SELECT xml FROM message_signature WHERE id = $1", LOG };
static const struct query LAST_REFERENCE = { "exchange",
    "SELECT signature FROM message WHERE seq >= $1 AND seq <= $2 AND chain_result IS NOT NULL ORDER BY seq DESC LIMIT 1", LOG };
static const struct query DELETE = { "exchange", "DELETE FROM message_signature WHERE id <= $1", LOG };

/* The newest documents of a group, by number modulo RECENT. Views of what the calls of the group hold: they sleep until its commit. */
struct recent { size_t n; struct { struct str xml; int64_t id; } list[RECENT]; };

static enum status nothing_to_write(struct db_tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    return ST_OK;
}

static struct str write_reference(struct arena *a, int64_t id)
{
    char *bytes = arena_alloc(a, REFERENCE_BYTES, 1);
    for (size_t i = 0; i < REFERENCE_BYTES; i++) bytes[i] = (char)((uint64_t)id >> 8 * (REFERENCE_BYTES - 1 - i));
    return str_of(bytes, REFERENCE_BYTES);
}

/* read_reference: false for a document; every one of those begins with a bracket, and no id ever will. */
static bool read_reference(struct str stored, int64_t *ret)
{
    uint64_t id = 0;
    if (stored.n != REFERENCE_BYTES || stored.p[0] == '<') return false;
    for (size_t i = 0; i < REFERENCE_BYTES; i++) id = id << 8 | (uint8_t)stored.p[i];
    *ret = (int64_t)id;
    return true;
}

enum status message__keep_signature(struct db_tx *tx, const struct signature_doc *doc, struct str *ret)
{
    bool fresh;
    int64_t id;
    if (!doc->chain_result.n) return *ret = doc->xml, ST_OK;
    struct recent *recent = db_common(tx, sizeof *recent, nothing_to_write, &fresh);
    for (size_t i = 0; i < recent->n && i < RECENT; i++)
        if (str_eq(recent->list[i].xml, doc->xml)) return *ret = write_reference(tx->call->arena, recent->list[i].id), ST_OK;
    TRY(db_next_id(tx, "exchange.signature", &id));
    TRY(db_exec(tx->call, &INSERT, db_int(id), db_bytes(doc->xml)));
    size_t at = recent->n++ % RECENT;
    recent->list[at].xml = doc->xml;
    recent->list[at].id = id;
    *ret = write_reference(tx->call->arena, id);
    return ST_OK;
}

enum status message__signature(struct call *c, struct str stored, struct str *ret)
{
    int64_t id;
    if (!read_reference(stored, &id)) return *ret = stored, ST_OK;
    DB_ROWS rows = db_run(c, &FIND, db_int(id));
    enum status st = db_one(&rows);
    if (st == ST_NOT_FOUND) return call_fail(c, ST_BROKEN, "", "The signature of a message is missing from the log. Restore the log from a backup.");
    TRY(st);
    *ret = db_col_bytes(&rows, 0);
    return ST_OK;
}

/* Later rows may share a document with the last of these, or with one of those before it that were recent then. */
enum status message__drop_signatures(struct call *c, int64_t first, int64_t last)
{
    int64_t id;
    struct str stored;
    {
        DB_ROWS rows = db_run(c, &LAST_REFERENCE, db_int(first), db_int(last));
        enum status st = db_one(&rows);
        if (st == ST_NOT_FOUND) return ST_OK;
        TRY(st);
        stored = db_col_bytes(&rows, 0);
    }
    return read_reference(stored, &id) ? db_exec(c, &DELETE, db_int(id - RECENT)) : ST_OK;
}
