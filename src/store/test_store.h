/* test_store.h: databases for unit tests. Each test gets a store of its own: private SQLite files that are removed afterwards, or, where the
 * environment variable SEN_TEST_POSTGRES holds a base URL (tools/postgres.sh prints one), an empty pair of databases there. */
#ifndef SEN_STORE_TEST_STORE_H
#define SEN_STORE_TEST_STORE_H

#include "base/test.h"
#include "store/db.h"

/* TEST_STORE(&land_schema, &case_schema): once at the top of a test file; c->app->store is open in every TEST below. The tables of store/ itself
 * are always there. */
#define TEST_STORE(...) \
    static const struct schema *const test_schemas[] = { __VA_ARGS__, NULL }; \
    __attribute__((constructor)) static void test_set_schemas(void) { test_store_schemas(test_schemas); } \
    typedef int test_store_needs_a_semicolon

/* test_store_schemas: the same at run time, before the first test. schemas: NULL at the end, not copied. */
void test_store_schemas(const struct schema *const *schemas);

/* test_store_app: the app of the running test, for tests that put their room's handle into it. */
struct app *test_store_app(struct call *c);

/* test_store_call: one more call on the same store, for another thread; test_store_call_end gives its connections back. */
struct call *test_store_call(const struct call *c);
void test_store_call_end(struct call *c);

#endif
