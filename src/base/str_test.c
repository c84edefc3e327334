/* str_test.c */
#include "base/str.c"

#include "base/test.h"

TEST(cut_takes_the_front_and_leaves_the_rest)
{
    struct str in = STR("a:b:c"), piece;
    CHECK(str_cut(&in, ':', &piece));
    CHECK_STR(piece, STR("a"));
    CHECK_STR(in, STR("b:c"));
}

TEST(cut_without_a_separator_moves_nothing)
{
    struct str in = STR("abc"), piece = STR("old");
    CHECK(!str_cut(&in, ':', &piece));
    CHECK_STR(in, STR("abc"));
    CHECK_STR(piece, STR("old"));
    struct str none = { NULL, 0 };
    CHECK(!str_cut(&none, ':', &piece));
}

TEST(next_gives_the_last_piece_too)
{
    struct str in = STR("a,,b"), piece;
    CHECK(str_next(&in, ',', &piece) && str_eq(piece, STR("a")));
    CHECK(str_next(&in, ',', &piece) && piece.n == 0);
    CHECK(str_next(&in, ',', &piece) && str_eq(piece, STR("b")));
    CHECK(!str_next(&in, ',', &piece));
}

TEST(find_sees_the_first_whole_match)
{
    CHECK(str_find(STR("ababac"), STR("abac")) == 2);
    CHECK(str_find(STR("abc"), STR("")) == 0);
    CHECK(str_find(STR("ab"), STR("abc")) == SIZE_MAX);
    CHECK(str_find(STR("aaab"), STR("b")) == 3);
    CHECK(str_find(STR("aaaa"), STR("ab")) == SIZE_MAX);
}

TEST(cut_at_takes_separators_of_several_bytes)
{
    struct str in = STR("head\r\n\r\nbody"), head;
    CHECK(str_cut_at(&in, STR("\r\n\r\n"), &head));
    CHECK_STR(head, STR("head"));
    CHECK_STR(in, STR("body"));
    CHECK(!str_cut_at(&in, STR("\r\n"), &head));
}

TEST(skip_and_first_stop_at_the_ends)
{
    struct str none = { NULL, 0 };
    CHECK_STR(str_skip(STR("abc"), 1), STR("bc"));
    CHECK(str_skip(STR("abc"), 9).n == 0);
    CHECK(str_skip(none, 3).n == 0 && !str_skip(none, 0).p);
    CHECK_STR(str_first(STR("abc"), 2), STR("ab"));
    CHECK_STR(str_first(STR("abc"), 9), STR("abc"));
}

TEST(trim_removes_blanks_at_the_ends_only)
{
    CHECK_STR(str_trim(STR(" \t a b\r\n")), STR("a b"));
    CHECK(str_trim(STR(" \n ")).n == 0);
}

TEST(comparing)
{
    CHECK(str_eq(STR(""), (struct str){ NULL, 0 }));
    CHECK(!str_eq(STR("a"), STR("A")) && str_eq_nocase(STR("aZ"), STR("Az")) && !str_eq_nocase(STR("a"), STR("ab")));
    CHECK(str_cmp(STR("a"), STR("b")) < 0 && str_cmp(STR("ab"), STR("a")) > 0 && str_cmp(STR("a"), STR("a")) == 0);
    CHECK(str_cmp(STR("\x7f"), STR("\xc3")) < 0);
    CHECK(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    CHECK(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    CHECK(str_same_secret(STR("pin1"), STR("pin1")) && !str_same_secret(STR("pin1"), STR("pin2")) && !str_same_secret(STR("pin"), STR("pin1")));
}

TEST(a_twin_is_found_and_its_absence_too)
{
    struct str twin, list[] = { STR("b"), STR("a"), STR("c"), STR("a") }, single[] = { STR("b"), STR("a") };
    CHECK(str_find_twin(list, 4, &twin));
    CHECK_STR(twin, STR("a"));
    CHECK(!str_find_twin(single, 2, &twin) && !str_find_twin(single, 0, &twin));
}

TEST(whole_numbers)
{
    int64_t v = 7;
    CHECK(str_int(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    CHECK(str_int(STR("9223372036854775807"), &v) && v == INT64_MAX);
    CHECK(str_int(STR("007"), &v) && v == 7);
}

TEST(what_is_no_whole_number_is_refused)
{
    static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809", "99999999999999999999" };
    int64_t v = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!str_int(str_z(bad[i]), &v));
    CHECK(v == 7);
}

TEST(a_plain_run_ends_at_the_first_byte_that_is_not)
{
    char text[41];
    for (size_t n = 0; n <= sizeof text; n++) {
        memset(text, 'a', sizeof text);
        CHECK(str_plain_run(str_of(text, n), '"', '\\') == n && str_plain_run(str_of(text, n), 0, 0) == n && (n == 0 || str_plain_run(str_of(text, n), 0, 'a') == 0));
        for (size_t at = 0; at < n; at++)
            for (int ch = 0; ch < 256; ch++) {
                bool plain = ch >= ' ' && ch < 0x7f && ch != '"' && ch != '\\';
                memset(text, at % 2 ? ' ' : '~', sizeof text);
                text[at] = (char)ch;
                CHECK(str_plain_run(str_of(text, n), '"', '\\') == (plain ? n : at));
            }
    }
    CHECK(str_plain_run((struct str){ NULL, 0 }, 0, 0) == 0);
}

TEST(hash_is_fnv_1a)
{
    CHECK(str_hash(STR("")) == 0xcbf29ce484222325u);
    CHECK(str_hash(STR("foobar")) == 0x85944171f73967e8u);
}

TEST(copies_live_in_the_arena)
{
    char local[] = "Abc";
    struct str copy = str_copy(c->arena, str_z(local));
    local[0] = 'X';
    CHECK_STR(copy, STR("Abc"));
    CHECK_STR(str_lower(c->arena, STR("AbC-Đ")), STR("abc-Đ"));
    CHECK(strcmp(str_to_z(c->arena, STR("abc")), "abc") == 0);
    CHECK(str_to_z(c->arena, STR("a\0b")) == NULL);
    CHECK_STR(str_print(c->arena, "%d-%s", 12, "x"), STR("12-x"));
    CHECK_STR(str_join(c->arena, STR("a"), STR(""), STR("bc"), STR_END), STR("abc"));
    CHECK(str_join(c->arena, STR(""), STR_END).n == 0);
}
