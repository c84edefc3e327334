/* log_test.c: each line is one JSON object, whatever stands in its values. stderr is a pipe while a line is written. */
#include "base/log.c"

#include "base/test.h"

struct capture { int saved, end; };

static struct capture begin_capture(void)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    struct capture cap = { dup(STDERR_FILENO), ends[0] };
    CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    return cap;
}

static struct str end_capture(struct call *c, struct capture cap)
{
    char *p = arena_alloc(c->arena, 2 * LINE_MAX, 1);
    CHECK(dup2(cap.saved, STDERR_FILENO) >= 0);
    (void)close(cap.saved);
    ssize_t n = read(cap.end, p, 2 * LINE_MAX);
    (void)close(cap.end);
    return str_of(p, n > 0 ? (size_t)n : 0);
}

TEST(a_line_is_one_json_object)
{
    const struct json *j;
    int64_t ms = 0;
    struct capture cap = begin_capture();
    log_line(LOG_INFO, "store", "opened", STR("t-1"), log_text("database", STR("a\"b\\\n\x01\x7f\xff}")), log_int("ms", -12));
    struct str line = end_capture(c, cap);
    CHECK(line.n && line.p[line.n - 1] == '\n' && str_find(str_first(line, line.n - 1), STR("\n")) == SIZE_MAX);
    CHECK_OK(json_parse(c, line, &j));
    CHECK_STR(json_text(json_get(j, "level"), STR("")), STR("info"));
    CHECK_STR(json_text(json_get(j, "trace"), STR("")), STR("t-1"));
    CHECK_STR(json_text(json_get(j, "database"), STR("")), STR("a\"b\\\n\x01\x7f\xef\xbf\xbd}"));
    CHECK(json_int(json_get(j, "ms"), &ms) && ms == -12);
}

TEST(lines_below_the_least_level_are_dropped)
{
    struct capture cap = begin_capture();
    log_line(LOG_DEBUG, "store", "opened", STR(""), log_int("ms", 1));
    struct str line = end_capture(c, cap);
    CHECK(line.n == 0);
}

TEST(a_line_that_is_too_long_says_so)
{
    char *p = arena_alloc(c->arena, NOTE_MAX, 1); /* NULs become six characters each */
    struct str s = str_of(p, NOTE_MAX);
    struct capture cap = begin_capture();
    log_line(LOG_WARN, "store", "x", STR(""), log_text("a", s), log_text("b", s));
    CHECK(str_find(end_capture(c, cap), STR("log.line_too_long")) != SIZE_MAX);
}

TEST(a_note_is_cut_at_its_limit)
{
    const struct json *j;
    char *p = arena_alloc(c->arena, 3001, 1);
    memset(p, 'x', 3000);
    struct capture cap = begin_capture();
    call_note(c, "base", "%s", p);
    CHECK_OK(json_parse(c, end_capture(c, cap), &j));
    CHECK(json_text(json_get(j, "text"), STR("")).n == NOTE_MAX - 1);
    CHECK_STR(json_text(json_get(j, "trace"), STR("")), c->trace);
}
