/* store_test.c: statements as db.h promises them, the same on SQLite and PostgreSQL (SEN_TEST_POSTGRES): values, rows, what is refused, what is made at run time. What only one
 * driver can show is in sqlite_test.c and postgres_test.c. */
#include "store/testing.h"

TEST_STORE(&test_schema);

static const struct query RENAME = { "test", "UPDATE test_item SET name = $2 WHERE id = $1", NODE };

/* --- values --- */

TEST(values_come_back_as_they_went_in)
{
    static const struct { int64_t id; struct str name, bytes; } kept[] = {
        { INT64_MAX, STR_INIT("Nguyễn Thị Đào"), STR_INIT("a\0b\xff") },
        { INT64_MIN, STR_INIT("it's \"quoted\" \\ $1"), STR_INIT("\\x41") },
        { 0, STR_INIT(""), STR_INIT("") },
    };
    for (size_t i = 0; i < 3; i++) {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, NODE, &tx));
        CHECK_OK(db_exec(c, &ADD, db_int(kept[i].id), db_text(kept[i].name), db_bytes(kept[i].bytes)));
        CHECK_OK(db_commit(&tx));
        DB_ROWS rows = db_run(c, &FIND, db_text(kept[i].name));
        CHECK_OK(db_one(&rows));
        CHECK(db_col_int(&rows, 0) == kept[i].id);
        CHECK_STR(db_col_text(&rows, 1), kept[i].name);
        CHECK(db_col_text(&rows, 1).p != NULL);
        CHECK_STR(db_col_bytes(&rows, 2), kept[i].bytes);
        CHECK(db_col_bytes(&rows, 2).p != NULL);
    }
}

TEST(null_is_not_an_empty_text)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_exec(c, &ADD, db_int(1), db_text(STR("a")), (struct db_value){ .kind = DB_NULL }));
    CHECK_OK(db_commit(&tx));
    DB_ROWS rows = db_run(c, &FIND, db_text(STR("a")));
    CHECK_OK(db_one(&rows));
    CHECK(db_col_bytes(&rows, 2).p == NULL && db_col_bytes(&rows, 2).n == 0 && db_col_int(&rows, 2) == 0);
}

TEST(a_text_that_one_database_cannot_keep_is_refused_by_both)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_exec(c, &ADD, db_int(1), db_text(STR("a\0b")), db_bytes(STR(""))) == ST_INVALID);
    db_end_tx(&tx);
    call_clear(c);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_exec(c, &ADD, db_int(1), db_text(STR("\xc3(")), db_bytes(STR(""))) == ST_INVALID);
}

TEST(the_same_statement_takes_values_of_other_kinds)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    for (int64_t i = 0; i < 4; i++) {
        struct db_value last = i % 2 ? db_bytes(STR("b")) : (struct db_value){ .kind = DB_NULL };
        CHECK_OK(db_exec(c, &ADD, db_int(i), db_text(str_print(c->arena, "n%d", (int)i)), last));
    }
    CHECK_OK(db_commit(&tx));
    CHECK(test_number(c, &COUNT_ITEMS) == 4);
}

TEST(sums_and_comparisons_read_as_numbers)
{
    static const struct query EXPR = { "test", "SELECT sum(id), count(*) > 1, count(*) > 5 FROM test_item", NODE };
    test_commit_item(c, 1, "a");
    test_commit_item(c, 2, "b");
    DB_ROWS rows = db_run(c, &EXPR);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 3 && db_col_int(&rows, 1) == 1 && db_col_int(&rows, 2) == 0);
}

/* --- rows --- */

TEST(rows_come_in_order_and_one_says_not_found)
{
    test_commit_item(c, 2, "b");
    test_commit_item(c, 1, "a");
    DB_ROWS rows = db_run(c, &ALL);
    CHECK(db_next(&rows) && db_col_int(&rows, 0) == 1);
    CHECK(db_next(&rows) && db_col_int(&rows, 0) == 2);
    CHECK(!db_next(&rows) && !db_next(&rows));
    CHECK_OK(db_finish(&rows));
    DB_ROWS none = db_run(c, &FIND, db_text(STR("nobody")));
    CHECK(db_one(&none) == ST_NOT_FOUND && call_error(c)->status == ST_OK);
}

TEST(changed_counts_rows_that_a_statement_changed)
{
    test_commit_item(c, 1, "a");
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    for (int64_t id = 1; id <= 2; id++) {
        DB_ROWS rows = db_run(c, &RENAME, db_int(id), db_text(STR("z")));
        CHECK_OK(db_finish(&rows));
        CHECK(db_changed(&rows) == (id == 1));
    }
    CHECK_OK(db_commit(&tx));
}

TEST(the_same_statement_may_run_inside_its_own_loop)
{
    test_commit_item(c, 1, "a");
    test_commit_item(c, 2, "b");
    int pairs = 0;
    DB_ROWS outer = db_run(c, &ALL);
    while (db_next(&outer)) {
        DB_ROWS inner = db_run(c, &ALL);
        while (db_next(&inner)) pairs++;
        CHECK_OK(db_finish(&inner));
    }
    CHECK_OK(db_finish(&outer));
    CHECK(pairs == 4);
}

TEST(a_commit_inside_a_loop_is_seen_by_statements_inside_it)
{
    test_commit_item(c, 1, "a");
    DB_ROWS outer = db_run(c, &ALL);
    CHECK(db_next(&outer));
    test_commit_item(c, 2, "b");
    CHECK(test_number(c, &COUNT_ITEMS) == 2);
    CHECK_STR(db_col_text(&outer, 1), STR("a"));
    CHECK_OK(db_finish(&outer));
}

TEST(a_row_of_db_one_is_kept_over_the_commit)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(test_add_item(c, 7, "a"));
    DB_ROWS rows = db_run(c, &FIND, db_text(STR("a")));
    CHECK_OK(db_one(&rows));
    CHECK_OK(db_commit(&tx));
    CHECK(db_col_int(&rows, 0) == 7);
    CHECK_STR(db_col_text(&rows, 1), STR("a"));
}

/* --- refusals --- */

TEST(a_write_without_a_transaction_is_our_bug)
{
    CHECK(test_add_item(c, 1, "a") == ST_BROKEN);
    CHECK(test_number(c, &COUNT_ITEMS) == 0);
}

TEST(a_wrong_statement_is_our_bug)
{
    static const struct query no_table = { "test", "SELECT 1 FROM no_such_table WHERE x = $1", NODE };
    CHECK(db_exec(c, &no_table, db_int(1)) == ST_BROKEN);
    CHECK(db_exec(c, &FIND, db_text(STR("a")), db_int(2)) == ST_BROKEN);   /* a value too many */
    CHECK(db_exec(c, &FIND) == ST_BROKEN);
    CHECK(test_number(c, &COUNT_ITEMS) == 0);                                  /* and the connection still works */
}

TEST(constraints_are_conflicts_without_a_sentence_of_store)
{
    test_commit_item(c, 1, "a");
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(test_add_item(c, 2, "a") == ST_CONFLICT);
    CHECK(call_error(c)->status == ST_OK);
    db_end_tx(&tx);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(test_add_item(c, 3, "forbidden") == ST_CONFLICT);
}

TEST(after_a_failed_statement_nothing_of_the_transaction_is_kept)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(test_add_item(c, 1, "a"));
    CHECK(test_add_item(c, 1, "b") == ST_CONFLICT);
    CHECK(test_add_item(c, 2, "c") == ST_CONFLICT);
    CHECK(db_commit(&tx) == ST_CONFLICT);
    CHECK(!tx.open && !c->in_tx);
    CHECK(test_number(c, &COUNT_ITEMS) == 0);
    test_commit_item(c, 1, "a");
    CHECK(test_number(c, &COUNT_ITEMS) == 1);
}

TEST(a_call_without_a_store_is_our_bug)
{
    static const struct app bare;
    struct call *other = call_open(&bare);
    DB_TX tx = { 0 };
    CHECK(db_exec(other, &COUNT_ITEMS) == ST_BROKEN);
    CHECK(db_begin(other, NODE, &tx) == ST_BROKEN);
    test_store_call_end(other);
}

/* --- statements made at run time, checks, DDL --- */

TEST(statements_made_at_run_time_work_like_constants)
{
    const struct query *q = db_query_new(test_store_app(c)->store, "test", NODE, STR("SELECT count(*) FROM test_item WHERE id >= $1"));
    test_commit_item(c, 3, "a");
    struct db_value v = db_int(3);
    DB_ROWS rows = db_run_values(c, q, &v, 1);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 1);
}

TEST(check_finds_the_statement_that_does_not_fit)
{
    static const struct query bad = { "test", "SELECT nothing FROM test_item", NODE };
    static const struct query cast = { "test", "SELECT id::text FROM test_item", NODE };
    const struct query *const good[] = { &ADD, &FIND, &ALL, &RENAME, &ADD_LINE, &COUNT_LINES, NULL };
    CHECK_OK(store_check(c, good));
    const struct query *const list[] = { &ADD, &bad, NULL }, *const casts[] = { &cast, NULL };
    CHECK(store_check(c, list) == ST_BROKEN);
    CHECK_STR(call_error(c)->sentence, STR("A statement of the room test does not fit the database: SELECT nothing FROM test_item"));
    CHECK(store_check(c, casts) == ST_BROKEN);
}

TEST(tables_made_at_run_time_take_the_tokens)
{
    static const struct query PUT_LATE = { "test", "INSERT INTO test_late (id, b) VALUES ($1, $2)", NODE };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_apply(&tx, "CREATE TABLE test_late (id {id}, b {blob} NOT NULL); CREATE TABLE test_k (k TEXT PRIMARY KEY) {clustered};"));
    CHECK_OK(db_exec(c, &PUT_LATE, db_int(1), db_bytes(STR("b"))));
    CHECK_OK(db_commit(&tx));
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_apply(&tx, "CREATE TABLE test_bad (id {serial})") == ST_BROKEN);
    db_end_tx(&tx);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK(db_apply(&tx, "CREATE TABLE test_x (k TEXT); CREATE TABLE test_late (k TEXT)") == ST_BROKEN);
    CHECK(db_commit(&tx) == ST_BROKEN);
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_apply(&tx, "CREATE TABLE test_x (k TEXT)")); /* the first half of the failed one is gone */
}
