/* migrate_test.c: opening a store: tables of an older, a newer and a broken program, and addresses that name none. A second store opens the databases of the test's own. */
#include "store/testing.h"

static const struct migration grown_steps[] = {
    { 1, NODE, "CREATE TABLE grown (id {id});" },
    { 2, NODE, "ALTER TABLE grown ADD COLUMN more BIGINT; INSERT INTO grown (id, more) VALUES (1, 2);" },
    { 1, LOG, "CREATE TABLE grown_log (k TEXT NOT NULL PRIMARY KEY) {clustered};" },
};
static const struct query GROWN = { "grown", "SELECT count(*), coalesce(sum(more), 0) FROM grown", NODE };

TEST(an_old_database_is_brought_to_the_newest_version_once)
{
    const struct schema old = { "grown", grown_steps, 1 }, grown = { "grown", grown_steps, 3 };
    struct store *s;
    CHECK_OK(test_open_again(c, &old, &s));
    store_close(s);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(test_open_again(c, &grown, &s));
        store_close(s);
    }
    DB_ROWS rows = db_run(c, &GROWN);
    CHECK_OK(db_one(&rows));
    CHECK(db_col_int(&rows, 0) == 1 && db_col_int(&rows, 1) == 2);
}

TEST(a_database_of_a_newer_program_is_refused)
{
    const struct schema old = { "grown", grown_steps, 1 }, grown = { "grown", grown_steps, 3 };
    struct store *s;
    CHECK_OK(test_open_again(c, &grown, &s));
    store_close(s);
    CHECK(test_open_again(c, &old, &s) == ST_UNAVAILABLE && s == NULL);
    CHECK_STR(call_error(c)->key, STR("The database was made by a newer program (tables of %s). Install that version, or restore a backup."));
}

TEST(a_migration_that_fails_changes_nothing)
{
    const struct migration bad_steps[] = { grown_steps[0], { 2, NODE, "CREATE TABLE grown_two (id {id}); SELECT nonsense FROM nowhere;" } };
    const struct schema bad = { "grown", bad_steps, 2 }, grown = { "grown", grown_steps, 3 };
    struct store *s;
    CHECK(test_open_again(c, &bad, &s) == ST_BROKEN && s == NULL);
    call_clear(c);
    CHECK(db_exec(c, &GROWN) == ST_BROKEN); /* not even the good first step */
    CHECK_OK(test_open_again(c, &grown, &s));
    store_close(s);
}

TEST(what_was_committed_is_there_after_opening_again)
{
    struct store *s, *first = c->app->store;
    test_commit_item(c, 1, "a");
    CHECK_OK(test_open_again(c, &test_schema, &s));
    struct app again = { .store = s };
    struct call *other = call_open(&again);
    CHECK(test_number(other, &COUNT_ITEMS) == 1);
    test_store_call_end(other);
    store_close(s);
    CHECK(c->app->store == first);
}

TEST(a_url_that_names_no_database_is_refused_with_what_to_write)
{
    static const char *const urls[] = { "", "sqlite:", "sqlite:data", "mysql://x", "/var/lib/x" };
    const struct schema *const none[] = { NULL };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct store *s = NULL;
        CHECK(store_open(c, str_z(urls[i]), none, &s) == ST_INVALID && s == NULL);
        CHECK_STR(call_error(c)->field, STR("store.url"));
        call_clear(c);
    }
    struct store *s = NULL;
    CHECK(store_open(c, STR("sqlite:/nowhere/at/all"), none, &s) == ST_UNAVAILABLE);
    call_clear(c);
    CHECK(store_open(c, STR("postgresql://%2Fnowhere/none"), none, &s) == ST_UNAVAILABLE && s == NULL);
}
