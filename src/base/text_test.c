/* text_test.c */
#include "base/text.c"

#include "base/test.h"

TEST(utf8_is_strict)
{
    static const char *const good[] = { "", "abc", "Nguyễn", "€", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf" };
    static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3z" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) CHECK(text_is_utf8(str_z(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!text_is_utf8(str_z(bad[i])));
}

TEST(a_truncated_sequence_at_the_end_is_not_read_beyond)
{
    struct str euro = STR("\xe2\x82\xac");
    CHECK(!text_is_utf8(str_first(euro, 1)) && !text_is_utf8(str_first(euro, 2)) && text_is_utf8(euro));
}

TEST(plain_text_has_no_controls)
{
    CHECK(text_is_plain(STR("Trần Thị Bình, 12")) && text_is_plain(STR("")));
    CHECK(!text_is_plain(STR("a\tb")) && !text_is_plain(STR("a\n")) && !text_is_plain(STR("\x7f")) && !text_is_plain(STR("a\0b")));
    CHECK(!text_is_plain(STR("\xc2\x85")) && text_is_plain(STR("\xc2\xa0")) && !text_is_plain(STR("\xff")));
}

TEST(counting_code_points)
{
    CHECK(text_count(STR("")) == 0 && text_count(STR("abc")) == 3 && text_count(STR("Đỗ")) == 2);
}

TEST(nfd_becomes_nfc)
{
    struct str out;
    CHECK(text_nfc(c->arena, STR("Nguye\xcc\x82\xcc\x83n"), &out));
    CHECK_STR(out, STR("Nguyễn"));
    CHECK(text_nfc(c->arena, STR("e\xcc\x83\xcc\x82"), &out) && !str_eq(out, STR("ễ"))); /* another order is another letter */
    CHECK(text_nfc(c->arena, STR("Nguyễn \xf0\x9f\x98\x80"), &out));
    CHECK_STR(out, STR("Nguyễn \xf0\x9f\x98\x80"));
    CHECK(text_nfc(c->arena, STR(""), &out) && out.n == 0);
}

TEST(nfc_that_grows_has_room)
{
    struct str out, one = STR("\xf0\x9d\x85\xa0"), six = STR(""); /* U+1D160 becomes three code points also in NFC */
    for (int i = 0; i < 50; i++) six = str_join(c->arena, six, one, STR_END);
    CHECK(text_nfc(c->arena, six, &out) && out.n == 50 * 12);
    CHECK(!text_nfc(c->arena, STR("a\xff"), &out));
}

static struct str number(struct call *c, struct str lang, int64_t v)
{
    struct buf b = buf_in(c->arena, 100);
    text_put_number(&b, lang, v);
    return buf_str(&b);
}

TEST(numbers)
{
    CHECK_STR(number(c, STR("vi"), 0), STR("0"));
    CHECK_STR(number(c, STR("vi"), 999), STR("999"));
    CHECK_STR(number(c, STR("vi"), 1234567), STR("1.234.567"));
    CHECK_STR(number(c, STR("en"), -1234), STR("-1,234"));
    CHECK_STR(number(c, STR("en"), INT64_MIN), STR("-9,223,372,036,854,775,808"));
}

static struct str date(struct call *c, struct str lang, int year, int month, int mday, int precision)
{
    struct buf b = buf_in(c->arena, 100);
    text_put_date(&b, lang, date_day(year, month, mday), precision);
    return buf_str(&b);
}

TEST(dates_show_no_more_than_is_known)
{
    CHECK_STR(date(c, STR("vi"), 2026, 9, 2, PRECISION_DAY), STR("02/09/2026"));
    CHECK_STR(date(c, STR("vi"), 1984, 6, 1, PRECISION_MONTH), STR("06/1984"));
    CHECK_STR(date(c, STR("vi"), 1950, 1, 1, PRECISION_YEAR), STR("1950"));
    CHECK_STR(date(c, STR("en"), 2026, 9, 2, PRECISION_DAY), STR("2 September 2026"));
    CHECK_STR(date(c, STR("en"), 1984, 6, 1, PRECISION_MONTH), STR("June 1984"));
}

TEST(moments_are_local)
{
    struct buf b = buf_in(c->arena, 100);
    text_put_moment(&b, STR("vi"), TEST_NOW_MS, 420);
    CHECK_STR(buf_str(&b), STR("18/11/2026 18:06"));
    buf_clear(&b);
    text_put_moment(&b, STR("vi"), -1, 0);
    CHECK_STR(buf_str(&b), STR("31/12/1969 23:59"));
    buf_clear(&b);
    text_put_moment(&b, STR("vi"), date_day(2026, 1, 1) * 86400000 - 60000, 420);
    CHECK_STR(buf_str(&b), STR("01/01/2026 06:59"));
}

TEST(what_others_wrote_is_shown_and_not_obeyed)
{
    CHECK_STR(text_visible(c->arena, STR("Trần Thị Bình\t1\nx\r\ny")), STR("Trần Thị Bình\t1\nx\r\ny"));
    CHECK_STR(text_visible(c->arena, STR("")), STR(""));
    CHECK_STR(text_visible(c->arena, STR("evil\x1b[31m\x07")), STR("evil\\x1b[31m\\x07"));
    CHECK_STR(text_visible(c->arena, STR("a\rb\xc2\x9bk\xffz\0")), STR("a\\x0db\\xc2\\x9bk\\xffz\\x00"));
    CHECK(text_is_plain(text_visible(c->arena, STR("\x1b\x7f\x80\xe1"))));
}
