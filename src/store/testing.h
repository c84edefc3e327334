/* testing.h: what the tests of this room share: statements on the tables of test.sql, and a second store on the databases of the test that runs. */
#ifndef SEN_STORE_TESTING_H
#define SEN_STORE_TESTING_H

#include "store/store_int.h"
#include "store/test_store.h"

extern const struct schema test_schema;

static const struct query ADD = { "test", "INSERT INTO test_item (id, name, bytes) VALUES ($1, $2, $3)", NODE };
static const struct query FIND = { "test", "SELECT id, name, bytes FROM test_item WHERE name = $1", NODE };
static const struct query ALL = { "test", "SELECT id, name FROM test_item ORDER BY id", NODE };
static const struct query COUNT_ITEMS = { "test", "SELECT count(*) FROM test_item", NODE };
static const struct query ADD_LINE = { "test", "INSERT INTO test_line (id, text) VALUES ($1, $2)", LOG };
static const struct query COUNT_LINES = { "test", "SELECT count(*), coalesce(max(id), 0) FROM test_line", LOG };

static inline int64_t test_number(struct call *c, const struct query *q)
{
    DB_ROWS rows = db_run(c, q);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

static inline enum status test_add_item(struct call *c, int64_t id, const char *name)
{
    return db_exec(c, &ADD, db_int(id), db_text(str_z(name)), db_bytes(STR("x")));
}

static inline void test_commit_item(struct call *c, int64_t id, const char *name)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(test_add_item(c, id, name));
    CHECK_OK(db_commit(&tx));
}

static inline void test_note_undo(void *arg) { ++*(int *)arg; }

/* test_open_again: these tables beside those of the store itself; to be closed by store_close. */
static inline enum status test_open_again(struct call *c, const struct schema *schema, struct store **ret)
{
    const struct schema *const list[] = { &store_schema, schema, NULL };
    const struct store *s = c->app->store;
    *ret = NULL;
    return store_open(c, s->driver == &store__sqlite ? str_join(c->arena, STR("sqlite:"), s->place, STR_END) : s->place, list, ret);
}

#endif
