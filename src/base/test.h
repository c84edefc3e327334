/* test.h: TEST and CHECK over cmocka. A test file includes the .c it tests, so statics are in reach; c is a fresh call with a
 * fixed clock. Floors above may set test_prepare/test_finish to open an in-memory database for each test. */
#ifndef SEN_BASE_TEST_H
#define SEN_BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/app.h"
#include "base/call.h"

enum { TEST_NOW_S = 1795000000 }; /* 2026-11-18T11:06:40Z: the clock of every test */
#define TEST_NOW_MS ((int64_t)TEST_NOW_S * 1000)

void test_add(const char *name, void (*run)(struct call *c)); /* called by TEST before main */

#define TEST(name) \
    static void test_##name(struct call *c); \
    __attribute__((constructor)) static void test_add_##name(void) { test_add(#name, test_##name); } \
    static void test_##name(struct call *c __attribute__((unused)))

/* The failing functions never return, in sight of the compiler: so it knows what has a value after a CHECK. */
#define CHECK(cond) do { if (!(cond)) test_fail(#cond, __FILE__, __LINE__); } while (0)
#define CHECK_OK(expr) \
    do { \
        enum status checked_ = (expr); \
        if (checked_ != ST_OK) test_fail_status(c, checked_, #expr, __FILE__, __LINE__); \
    } while (0)
#define CHECK_STR(a, b) test_check_str((a), (b), __FILE__, __LINE__)
_Noreturn void test_fail(const char *what, const char *file, int line);
_Noreturn void test_fail_status(struct call *c, enum status st, const char *expr, const char *file, int line);
void test_check_str(struct str a, struct str b, const char *file, int line);

/* Set by a file of an upper floor (at most one in a test program): opens and closes what the call needs, e.g. an in-memory database. */
extern void (*test_prepare)(struct call *c);
extern void (*test_finish)(struct call *c);

#endif
