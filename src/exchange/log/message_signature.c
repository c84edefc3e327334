/* message_signature.c: signature documents of the log. One that signs a whole batch (the message has a hash chain) is written once for the rows that share a commit; such a row
 * has its id where others have the document itself. Most documents are kept as what differs from a base, an earlier one of the same signer that is kept whole. */
#include "exchange/log/message_log_int.h"

/* A document's base is at most REACH ids older. */
enum { RECENT = 16, BASES = 8, REACH = 256, BASE_MOST = 16 * 1024, PATCH_MOST = 1024 };

static const struct query INSERT = { "exchange", "INSERT INTO message_signature (id, xml) VALUES ($1, $2)", LOG };
static const struct query LAST_ID = { "exchange", "SELECT COALESCE(MAX(id), 0) FROM message_signature", LOG }; /* the newest documents are never removed */
static const struct query FIND = { "exchange", "SELECT xml FROM message_signature WHERE id = $1", LOG };
static const struct query LAST_REFERENCE = { "exchange",
    "SELECT signature FROM message WHERE seq >= $1 AND seq <= $2 AND chain_result IS NOT NULL ORDER BY seq DESC LIMIT 1", LOG };
static const struct query DELETE = { "exchange", "DELETE FROM message_signature WHERE id <= $1", LOG };

/* The newest documents of a group, by number modulo RECENT. Views of what the calls of the group hold: they sleep until its commit. */
struct recent { size_t n; struct recent_doc { struct str xml; int64_t id; } list[RECENT]; };
static const struct db_common_kind SHARED_RECENT = { sizeof(struct recent), NULL };

/* Whole documents, the one that was used last first. Only who writes LOG touches them; what a transaction that is undone has put here goes. They are those of this server of the
 * database (db_revived): another that took over may have another document, or none, under their ids. */
struct message_bases { int64_t revived; size_t n; struct base { int64_t id; struct str xml; } list[BASES]; };

struct message_bases *message__bases_new(void) { return heap_new(struct message_bases); }

static void forget_bases(void *arg)
{
    struct message_bases *b = arg;
    while (b->n) heap_drop(b->list[--b->n].xml);
}

void message__bases_free(struct message_bases *b)
{
    if (b) forget_bases(b);
    heap_free(b);
}

static struct str write_reference(struct arena *a, int64_t id)
{
    char *bytes = arena_alloc(a, MESSAGE_REFERENCE_BYTES, 1);
    for (size_t i = 0; i < MESSAGE_REFERENCE_BYTES; i++) bytes[i] = (char)((uint64_t)id >> 8 * (MESSAGE_REFERENCE_BYTES - 1 - i));
    return str_of(bytes, MESSAGE_REFERENCE_BYTES);
}

/* read_reference: false for a document. None of those begins with a zero byte, which XML in UTF-8 cannot have anywhere; every id does. */
static bool read_reference(struct str stored, int64_t *ret)
{
    uint64_t id = 0;
    if (stored.n != MESSAGE_REFERENCE_BYTES || stored.p[0]) return false;
    for (size_t i = 0; i < MESSAGE_REFERENCE_BYTES; i++) id = id << 8 | (uint8_t)stored.p[i];
    *ret = (int64_t)id;
    return true;
}

/* to_front: the base at i is the one that was used last. */
static void to_front(struct message_bases *b, size_t i)
{
    struct base used = b->list[i];
    memmove(b->list + 1, b->list, i * sizeof *b->list);
    b->list[0] = used;
}

/* patch_of: the document as it is kept with a base: a reference to that, and the patch. */
static bool patch_of(struct arena *a, struct message_bases *b, int64_t id, struct str xml, struct str *ret)
{
    for (size_t i = 0; i < b->n; i++) {
        struct str patch;
        if (b->list[i].id + REACH < id || !message__patch(a, b->list[i].xml, xml, PATCH_MOST, &patch)) continue;
        *ret = str_join(a, write_reference(a, b->list[i].id), patch, STR_END);
        to_front(b, i);
        return true;
    }
    return false;
}

static void add_base(struct db_tx *tx, struct message_bases *b, int64_t id, struct str xml)
{
    if (xml.n > BASE_MOST) return;
    if (b->n == BASES) heap_drop(b->list[--b->n].xml);
    b->list[b->n++] = (struct base){ id, heap_copy(xml) };
    to_front(b, b->n - 1);
    db_on_rollback(tx, forget_bases, b);
}

static enum status insert_document(struct db_tx *tx, int64_t id, struct str xml)
{
    struct call *c = tx->call;
    struct message_bases *b = exchange__of(c)->bases;
    struct str kept = xml;
    if (b && b->revived != db_revived(c)) {
        forget_bases(b);
        b->revived = db_revived(c);
    }
    if (b && !patch_of(c->arena, b, id, xml, &kept)) add_base(tx, b, id, xml);
    return db_exec(c, &INSERT, db_int(id), db_bytes(kept));
}

enum status message__keep_signature(struct db_tx *tx, const struct signature_doc *doc, struct str *ret)
{
    bool fresh;
    int64_t id;
    if (!doc->chain_result.n) return *ret = doc->xml, ST_OK;
    struct recent *recent = db_common(tx, &SHARED_RECENT, &fresh);
    for (size_t i = recent->n; i > 0 && i + RECENT > recent->n; i--) { /* it is mostly the newest, and others of the same signer are alike for a long way */
        const struct recent_doc *r = &recent->list[(i - 1) % RECENT];
        if (str_eq(r->xml, doc->xml)) return *ret = write_reference(tx->call->arena, r->id), ST_OK;
    }
    TRY(db_next_row(tx, &LAST_ID, &id));
    TRY(insert_document(tx, id, doc->xml));
    size_t at = recent->n++ % RECENT;
    recent->list[at].xml = doc->xml;
    recent->list[at].id = id;
    *ret = write_reference(tx->call->arena, id);
    return ST_OK;
}

static enum status find_document(struct call *c, int64_t id, struct str *ret)
{
    DB_ROWS rows = db_run(c, &FIND, db_int(id));
    enum status st = db_one(&rows);
    if (st == ST_NOT_FOUND) return call_fail(c, ST_BROKEN, "", "The signature of a message is missing from the log. Restore the log from a backup.");
    TRY(st);
    *ret = db_col_bytes(&rows, 0);
    return ST_OK;
}

enum status message__signature(struct call *c, struct str stored, struct str *ret)
{
    int64_t id;
    struct str kept, base;
    if (!read_reference(stored, &id)) return *ret = stored, ST_OK;
    TRY(find_document(c, id, &kept));
    if (!read_reference(str_first(kept, MESSAGE_REFERENCE_BYTES), &id)) return *ret = kept, ST_OK;
    TRY(find_document(c, id, &base));
    if (base.n && base.p[0] && message__unpatch(c->arena, base, str_skip(kept, MESSAGE_REFERENCE_BYTES), ret)) return ST_OK;
    return call_fail(c, ST_BROKEN, "", "The signature of a message is damaged in the log. Restore the log from a backup.");
}

/* Later rows may share a document with the last of these, or with one of those before it that were recent then; and any of those may have a base. */
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
    return read_reference(stored, &id) ? db_exec(c, &DELETE, db_int(id - RECENT - REACH)) : ST_OK;
}
