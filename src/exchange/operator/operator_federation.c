/* operator_federation.c: the operator's tables of other nations' anchors and of global groups, with every SQL statement about them. */
#include "exchange/operator/operator_int.h"

enum { GROUPS_MAX = 1000, GROUP_MEMBERS_MAX = 10000, ID_TEXT_MAX = 1024 };

/* ---- anchors ---- */

static const struct query LIST_ANCHORS = { "exchange", "SELECT xml FROM exchange_anchor ORDER BY instance LIMIT $1", NODE };
static const struct query DROP_ANCHOR = { "exchange", "DELETE FROM exchange_anchor WHERE instance = $1", NODE };
static const struct query INSERT_ANCHOR = { "exchange", "INSERT INTO exchange_anchor (instance, at_ms, xml) VALUES ($1, $2, $3)", NODE };

enum status operator__list_anchors(struct call *c, const struct anchor **ret, size_t *n)
{
    struct str xml[FOREIGN_MAX];
    struct anchor *list = arena_array(c->arena, struct anchor, FOREIGN_MAX);
    size_t count = 0;
    DB_ROWS rows = db_run(c, &LIST_ANCHORS, db_int(FOREIGN_MAX));
    while (db_next(&rows)) xml[count++] = db_col_bytes(&rows, 0);
    TRY(db_finish(&rows));
    for (size_t i = 0; i < count; i++) TRY(directory__read_anchor(c, xml[i], &list[i]));
    *ret = list;
    *n = count;
    return ST_OK;
}

struct adding { struct str instance, xml; };

static enum status add_anchor(struct call *c, struct db_tx *tx, void *arg)
{
    const struct adding *a = arg;
    (void)tx;
    TRY(db_exec(c, &DROP_ANCHOR, db_text(a->instance)));
    return db_exec(c, &INSERT_ANCHOR, db_text(a->instance), db_int(c->now_ms), db_bytes(a->xml));
}

enum status operator__add_anchor(struct call *c, struct str instance, struct str xml)
{
    struct adding a = { instance, xml };
    return db_atomic(c, add_anchor, &a);
}

static enum status drop_anchor(struct call *c, struct db_tx *tx, void *arg)
{
    const struct adding *a = arg;
    (void)tx;
    DB_ROWS rows = db_run(c, &DROP_ANCHOR, db_text(a->instance));
    TRY(db_finish(&rows));
    if (db_changed(&rows) == 1) return ST_OK;
    return call_fail(c, ST_NOT_FOUND, "INSTANCE", "This nation has no anchor of the instance %s. List those it has with `sen directory anchor list`.", a->instance);
}

enum status operator__drop_anchor(struct call *c, struct str instance)
{
    struct adding a = { .instance = instance };
    return db_atomic(c, drop_anchor, &a);
}

/* ---- groups ---- */

static const struct query LIST_GROUPS = { "exchange", "SELECT code, title FROM exchange_group ORDER BY code LIMIT $1", NODE };
static const struct query LIST_GROUP_MEMBERS = { "exchange", "SELECT member FROM exchange_group_member WHERE code = $1 ORDER BY member LIMIT $2", NODE };
static const struct query FIND_GROUP = { "exchange", "SELECT title FROM exchange_group WHERE code = $1", NODE };
static const struct query DROP_GROUP = { "exchange", "DELETE FROM exchange_group WHERE code = $1", NODE };
static const struct query INSERT_GROUP = { "exchange", "INSERT INTO exchange_group (code, title) VALUES ($1, $2)", NODE };
static const struct query DROP_GROUP_MEMBER = { "exchange", "DELETE FROM exchange_group_member WHERE code = $1 AND member = $2", NODE };
static const struct query INSERT_GROUP_MEMBER = { "exchange", "INSERT INTO exchange_group_member (code, member) VALUES ($1, $2)", NODE };

static enum status read_group_members(struct call *c, struct write_group *g)
{
    struct xid *members = arena_array(c->arena, struct xid, GROUP_MEMBERS_MAX);
    DB_ROWS rows = db_run(c, &LIST_GROUP_MEMBERS, db_text(g->code), db_int(GROUP_MEMBERS_MAX));
    while (db_next(&rows)) g->nmembers += xid_parse_client(c->arena, db_col_text(&rows, 0), &members[g->nmembers]);
    g->members = members;
    return db_finish(&rows);
}

enum status operator__list_groups(struct call *c, const struct write_group **ret, size_t *n)
{
    struct write_group *list = arena_array(c->arena, struct write_group, GROUPS_MAX);
    size_t count = 0;
    {
        DB_ROWS rows = db_run(c, &LIST_GROUPS, db_int(GROUPS_MAX));
        while (db_next(&rows)) list[count++] = (struct write_group){ .code = db_col_text(&rows, 0), .title = db_col_text(&rows, 1) };
        TRY(db_finish(&rows));
    }
    for (size_t i = 0; i < count; i++) TRY(read_group_members(c, &list[i]));
    *ret = list;
    *n = count;
    return ST_OK;
}

struct grouping { struct str code, text; bool in; };

static enum status put_group(struct call *c, struct db_tx *tx, void *arg)
{
    const struct grouping *g = arg;
    (void)tx;
    TRY(db_exec(c, &DROP_GROUP, db_text(g->code)));
    return db_exec(c, &INSERT_GROUP, db_text(g->code), db_text(g->text));
}

enum status operator__put_group(struct call *c, struct str code, struct str title)
{
    struct grouping g = { .code = code, .text = title };
    if (!operator__is_code(code)) return call_fail(c, ST_INVALID, "CODE", "A group's code is made of ASCII letters, digits and '()+,-.=?.");
    if (str_eq(code, STR("security-server-owners"))) return call_fail(c, ST_CONFLICT, "CODE", "The group security-server-owners is built in: its members are those that own a server.");
    return db_atomic(c, put_group, &g);
}

static enum status put_group_member(struct call *c, struct db_tx *tx, void *arg)
{
    const struct grouping *g = arg;
    (void)tx;
    {
        DB_ROWS rows = db_run(c, &FIND_GROUP, db_text(g->code));
        enum status st = db_one(&rows);
        if (st == ST_NOT_FOUND) return call_fail(c, st, "CODE", "There is no such group. Make it with `sen directory group add`.");
        TRY(st);
    }
    TRY(db_exec(c, &DROP_GROUP_MEMBER, db_text(g->code), db_text(g->text)));
    return g->in ? db_exec(c, &INSERT_GROUP_MEMBER, db_text(g->code), db_text(g->text)) : ST_OK;
}

enum status operator__put_group_member(struct call *c, struct str code, const struct xid *member, bool in)
{
    struct grouping g = { code, xid_format(c->arena, member), in };
    return db_atomic(c, put_group_member, &g);
}
