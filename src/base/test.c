/* test.c: collects the tests of a program and runs each with a fresh call. The argument --list prints the names. */
#include "base/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

void (*test_prepare)(struct call *c);
void (*test_finish)(struct call *c);

enum { TESTS_MAX = 512 };
static struct { const char *name; void (*run)(struct call *c); } tests[TESTS_MAX];
static size_t ntests;

void test_add(const char *name, void (*run)(struct call *c))
{
    if (ntests == TESTS_MAX) abort();
    tests[ntests].name = name;
    tests[ntests++].run = run;
}

void test_fail(const char *what, const char *file, int line)
{
    print_error("not true: %s\n", what);
    _fail(file, line);
    abort(); /* cmocka has jumped away */
}

void test_fail_status(struct call *c, enum status st, const char *expr, const char *file, int line)
{
    print_error("%s answered %s: %.*s\n", expr, status_name(st), STR_ARG(c->error.sentence));
    _fail(file, line);
    abort();
}

void test_check_str(struct str a, struct str b, const char *file, int line)
{
    if (str_eq(a, b)) return;
    print_error("\"%.*s\"\n  is not\n\"%.*s\"\n", STR_ARG(a), STR_ARG(b));
    _fail(file, line);
}

/* The call is opened and closed beside the test, so that one that fails or skips leaves nothing open. */
struct slot { size_t test; struct call *c; };

static int open_one(void **state)
{
    static const struct app no_app;
    struct slot *slot = *state;
    slot->c = call_open(&no_app);
    slot->c->now_ms = TEST_NOW_MS;
    if (test_prepare) test_prepare(slot->c);
    return 0;
}

static void run_one(void **state)
{
    struct slot *slot = *state;
    tests[slot->test].run(slot->c);
}

static int close_one(void **state)
{
    struct slot *slot = *state;
    if (test_finish) test_finish(slot->c);
    call_close(slot->c);
    return 0;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest rows[TESTS_MAX];
    static struct slot slots[TESTS_MAX];
    (void)signal(SIGPIPE, SIG_IGN); /* as sen itself: who went away is an error, not the end */
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < ntests; i++) puts(tests[i].name);
        return 0;
    }
    for (size_t i = 0; i < ntests; i++) {
        slots[i].test = i;
        rows[i] = (struct CMUnitTest){ tests[i].name, run_one, open_one, close_one, &slots[i] };
    }
    return _cmocka_run_group_tests("sen", rows, ntests, NULL, NULL);
}
