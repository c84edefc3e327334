/* buf_test.c */
#include "base/buf.c"

#include "base/test.h"

TEST(everything_that_is_put_stands_in_order)
{
    BUF b = buf_heap(1000);
    struct str all;
    buf_put(&b, STR("a"));
    buf_put_c(&b, ' ');
    buf_put_z(&b, "bc");
    buf_put_int(&b, INT64_MIN);
    buf_print(&b, "/%03d", 7);
    buf_put_int(&b, 0);
    CHECK_OK(buf_finish(&b, &all));
    CHECK_STR(all, STR("a bc-9223372036854775808/0070"));
}

TEST(it_grows_in_the_arena_too)
{
    struct buf b = buf_in(c->arena, 100000);
    struct str all;
    for (int i = 0; i < 10000; i++) buf_put(&b, STR("0123456789"));
    CHECK_OK(buf_finish(&b, &all));
    CHECK(all.n == 100000 && all.p[99999] == '9');
}

TEST(the_maximum_is_exact_and_the_first_failure_stays)
{
    BUF b = buf_heap(3);
    struct str all = STR("old");
    buf_put(&b, STR("abc"));
    CHECK_OK(buf_finish(&b, &all));
    CHECK_STR(all, STR("abc"));
    buf_put(&b, STR("d"));
    CHECK(buf_room(&b, 0) == NULL);
    all = STR("old");
    CHECK(buf_finish(&b, &all) == ST_TOO_LARGE);
    CHECK_STR(all, STR("old"));
    buf_clear(&b);
    buf_put(&b, STR("xy"));
    CHECK_OK(buf_finish(&b, &all));
    CHECK_STR(all, STR("xy"));
}

TEST(a_huge_request_for_room_fails_without_overflow)
{
    BUF b = buf_heap(10);
    buf_put(&b, STR("abc"));
    CHECK(buf_room(&b, SIZE_MAX - 1) == NULL && b.failed);
}

TEST(nothing_put_is_an_empty_text)
{
    BUF b = buf_heap(10);
    struct str all;
    CHECK_OK(buf_finish(&b, &all));
    CHECK(all.n == 0 && all.p);
}

TEST(space_on_the_stack_holds_its_size_and_no_more)
{
    char space[8];
    struct buf b = buf_over(space, sizeof space);
    struct str text;
    (void)c;
    buf_put(&b, STR("12345678"));
    CHECK_OK(buf_finish(&b, &text));
    CHECK(text.p == space);
    CHECK_STR(text, STR("12345678"));
    buf_put_c(&b, '9');
    CHECK(buf_finish(&b, &text) == ST_TOO_LARGE);
}

TEST(printed_text_of_every_length_is_whole)
{
    struct buf b = buf_in(c->arena, 1 << 20), want = buf_in(c->arena, 1 << 20);
    for (int n = 0; n < 600; n++) {
        buf_print(&b, "<%*d>", n, n);
        struct str one = str_print(c->arena, "<%*d>", n, n);
        CHECK(one.p[one.n] == '\0' && strlen(one.p) == one.n);
        buf_put(&want, one);
    }
    CHECK_STR(buf_str(&b), buf_str(&want));
}
