/* renumber.c: a number that was given anew; when that happens is the country's law. The old number stays beside the new one and still leads to
 * its entry, so that other records, papers and agencies that know only the old one go on finding it; nobody else can ever be given it. */
#include "registry/registry_int.h"

#include "trust/journal.h"

static const struct query NEXT_DELTA = { "registry", "SELECT COALESCE(MAX(id), 0) + 1 FROM registry_delta", NODE };
static const struct query CLOSED_DELTA = { "registry",
    "INSERT INTO registry_delta (id, register, state, opened_ms, closed_ms, actor, reason, document) VALUES ($1, $2, 1, $3, $3, $4, $5, $6)", NODE };

struct renumbering { const struct register_ *r; const struct key_kind *key; struct str old, new; int64_t entity; };

static enum status check_number(struct call *c, const struct key_kind *k, struct str value, const char *field)
{
    return registry__is_number(value, k->digits) ? ST_OK : call_fail(c, ST_INVALID, field, "Write the number with all its digits and nothing else.");
}

static enum status check_free(struct call *c, const struct renumbering *rn)
{
    DB_ROWS rows = db_run(c, rn->r->find, db_text(rn->key->kind), db_text(rn->new));
    const bool taken = db_next(&rows);
    TRY(db_finish(&rows));
    return taken ? call_fail(c, ST_CONFLICT, "new", "The new number is in the register already, or was once. Take another.") : ST_OK;
}

static enum status retire(struct call *c, const struct renumbering *rn)
{
    DB_ROWS rows = db_run(c, rn->r->retire_alias, db_text(rn->key->kind), db_text(rn->old), db_int(rn->entity));
    TRY(db_finish(&rows));
    if (db_changed(&rows) == 1) return ST_OK;
    return call_fail(c, ST_CONFLICT, "old", "This number was replaced before. Write the number that holds now.");
}

static enum status put_delta(struct call *c, const struct renumbering *rn)
{
    int64_t delta = 0;
    DB_ROWS rows = db_run(c, &NEXT_DELTA);
    if (db_next(&rows)) delta = db_col_int(&rows, 0);
    TRY(db_finish(&rows));
    return db_exec(c, &CLOSED_DELTA, db_int(delta), db_text(rn->r->name), db_int(c->now_ms), db_text(c->actor->user), db_text(STR("renumber")), db_text(c->issue));
}

static enum status append_entry(struct call *c, struct db_tx *tx, const struct renumbering *rn)
{
    struct str uid;
    const struct journal_event e = {
        .kind = str_join(c->arena, rn->r->name, STR(".renumber"), STR_END), .class_ = JOURNAL_NORMAL, .agency = c->actor->agency, .user = c->actor->user,
        .role = c->actor->role, .purpose = c->purpose, .basis = c->basis, .issue = c->issue, .fields = rn->key->full, .subjects = &rn->entity, .nsubjects = 1 };
    return journal_append_with(tx, &e, &uid);
}

static enum status renumber(struct call *c, struct db_tx *tx, void *arg)
{
    struct renumbering *rn = arg;
    enum status st = registry__find_entity(c, rn->r, rn->key->kind, rn->old, &rn->entity);
    if (st == ST_NOT_FOUND) return call_fail(c, st, "old", "The register has no entry with this number.");
    TRY(st);
    TRY(check_free(c, rn));
    TRY(retire(c, rn));
    TRY(db_exec(c, rn->r->insert_alias, db_text(rn->key->kind), db_text(rn->new), db_int(rn->entity), db_int(1)));
    TRY(put_delta(c, rn));
    return append_entry(c, tx, rn);
}

enum status registry_renumber(struct call *c, const struct register_ *reg, struct str kind, struct str old, struct str new)
{
    struct renumbering rn = { .r = reg, .key = registry__find_key(reg, kind), .old = old, .new = new };
    if (!c->actor || str_is_empty(c->purpose)) return call_fail(c, ST_DENIED, "purpose", "Say for which purpose the number is replaced.");
    if (!rn.key || !rn.key->unique) return call_fail(c, ST_INVALID, "key", "Only numbers of a kind that is unique in the register are replaced.");
    TRY(check_number(c, rn.key, old, "old"));
    TRY(check_number(c, rn.key, new, "new"));
    TRY(db_atomic(c, renumber, &rn));
    return journal_flush(c);
}
