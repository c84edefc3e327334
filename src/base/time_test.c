/* time_test.c: known dates, every day of 800 years, and what is no date. */
#include "base/time.c"

#include "base/test.h"

static void check_date(const char *text, int64_t day, enum precision precision)
{
    struct date d;
    char back[TIME_TEXT];
    CHECK(date_parse(str_z(text), &d));
    CHECK(d.day == day && d.precision == precision);
    date_format(d, back);
    CHECK_STR(str_z(back), str_z(text));
}

TEST(known_days)
{
    check_date("1970-01-01", 0, PRECISION_DAY);
    check_date("1969-12-31", -1, PRECISION_DAY);
    check_date("2000-02-29", 11016, PRECISION_DAY);
    check_date("1800-01-01", -62091, PRECISION_DAY);
    check_date("1984-06", 5265, PRECISION_MONTH);
    check_date("1984", 5113, PRECISION_YEAR);
    check_date("2026-11-18", 20775, PRECISION_DAY);
}

TEST(days_follow_each_other_without_a_gap)
{
    int y, m, d, py = 1799, pm = 12, pd = 31;
    for (int64_t day = date_day(1800, 1, 1); day <= date_day(2599, 12, 31); day++) {
        date_civil(day, &y, &m, &d);
        CHECK(date_day(y, m, d) == day);
        bool next = (y == py && m == pm && d == pd + 1) || (y == py && m == pm + 1 && d == 1 && pd == month_days(py, pm)) ||
                    (y == py + 1 && m == 1 && d == 1 && pm == 12 && pd == 31);
        CHECK(next);
        py = y, pm = m, pd = d;
    }
}

TEST(impossible_dates_are_refused)
{
    static const char *const bad[] = { "", "84", "1984-", "1984-6", "1984-13", "1984-00", "1984-06-", "1984-06-31", "1983-02-29", "1900-02-29",
                                       "1799-12-31", "3000-01-01", "1984-06-17 ", "1984/06/17", "17-06-1984", "1984-06-170", "-984-01-01" };
    struct date d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!date_parse(str_z(bad[i]), &d));
}

TEST(moments_are_printed_in_utc_with_milliseconds)
{
    char text[TIME_TEXT];
    time_format_ms(TEST_NOW_MS + 5, text);
    CHECK_STR(str_z(text), STR("2026-11-18T11:06:40.005Z"));
    time_format_local(TEST_NOW_MS + 5, 7 * 60, text);
    CHECK_STR(str_z(text), STR("2026-11-18T18:06:40.005+07:00"));
    int64_t back;
    CHECK(time_parse_ms(str_z(text), &back) && back == TEST_NOW_MS + 5);
    time_format_local(TEST_NOW_MS, -210, text);
    CHECK_STR(str_z(text), STR("2026-11-18T07:36:40.000-03:30"));
    time_format_ms(-1, text);
    CHECK_STR(str_z(text), STR("1969-12-31T23:59:59.999Z"));
}

TEST(moments_are_read_with_offset_and_fraction)
{
    int64_t ms;
    CHECK(time_parse_ms(STR("2026-11-18T11:06:40Z"), &ms) && ms == TEST_NOW_MS);
    CHECK(time_parse_ms(STR("2026-11-18T18:06:40+07:00"), &ms) && ms == TEST_NOW_MS);
    CHECK(time_parse_ms(STR("2026-11-18T06:36:40.25-04:30"), &ms) && ms == TEST_NOW_MS + 250);
    CHECK(time_parse_ms(STR("2026-11-18T11:06:40.0059999Z"), &ms) && ms == TEST_NOW_MS + 5);
}

TEST(what_is_no_moment_is_refused)
{
    static const char *const bad[] = { "", "2026-11-18", "2026-11-18T11:06:40", "2026-11-18T11:06Z", "2026-11-18 11:06:40Z", "2026-11-18T24:00:00Z",
                                       "2026-11-18T11:60:00Z", "2026-11-18T11:06:61Z", "2026-02-29T00:00:00Z", "2026-11-18T11:06:40.Z", "2026-11-18T11:06:40+7:00",
                                       "2026-11-18T11:06:40+0700", "2026-11-18T11:06:40+24:00", "2026-11-18T11:06:40Zx", "2026-11-18T11:06:40z" };
    int64_t ms = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!time_parse_ms(str_z(bad[i]), &ms));
    CHECK(ms == 7);
}

TEST(the_date_of_an_http_answer_is_read)
{
    static const char *const bad[] = { "", "Wed", "Wed, 18 Nov 2026 11:06:40", "Wed, 18 Nov 2026 11:06:40 UTC", "Wed, 31 Nov 2026 11:06:40 GMT", "Wed, 00 Nov 2026 11:06:40 GMT",
                                       "Wed, 18 Now 2026 11:06:40 GMT", "Wed 18 Nov 2026 11:06:40 GMT", "Wed, 18 Nov 2026 24:06:40 GMT", "Wed Nov 18 11:06:40 2026",
                                       "Wednesday, 18-Nov-26 11:06:40 GMT" };
    int64_t ms = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!time_parse_http(str_z(bad[i]), &ms) && ms == 7);
    CHECK(time_parse_http(STR("Wed, 18 Nov 2026 11:06:40 GMT"), &ms) && ms == TEST_NOW_MS);
}

TEST(clocks_run)
{
    int64_t from = time_monotonic_us();
    CHECK(time_now_ms() > TEST_NOW_MS / 2);
    CHECK(time_monotonic_us() >= from);
}

TEST(dates_as_people_write_them)
{
    static const char *const good[][2] = { { "17/6/1984", "1984-06-17" }, { "07/06/1984", "1984-06-07" }, { "6/1984", "1984-06" }, { "1984", "1984" }, { "1984-06-17", "1984-06-17" } };
    static const char *const bad[] = { "", "/", "1/", "/1984", "17/6/84", "31/4/1984", "0/1/1984", "1/13/1984", "017/6/1984", "-1/6/1984", "17/6/1984/", "17.6.1984", "6/19845" };
    struct date d;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[TIME_TEXT];
        CHECK(date_parse_written(str_z(good[i][0]), &d));
        date_format(d, text);
        CHECK_STR(str_z(text), str_z(good[i][1]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!date_parse_written(str_z(bad[i]), &d));
}
