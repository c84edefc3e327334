/* time_fuzz.c: a date or moment that was taken is printed so that it is taken again, with the same value. */
#include "base/time.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_of(data, size);
    char text[TIME_TEXT];
    struct date d, same;
    int64_t ms, again;
    if (date_parse_written(s, &d)) {
        date_format(d, text);
        FUZZ_CHECK(str_find(s, STR("/")) != SIZE_MAX || str_eq(str_z(text), s)); /* only what is written with '/' comes out in another form */
        FUZZ_CHECK(date_parse(str_z(text), &same) && same.day == d.day && same.precision == d.precision);
    }
    if (time_parse_ms(s, &ms)) {
        time_format_ms(ms, text);
        /* an offset may carry the last hours of year 9999 or the first of year 0 over the edge of four digits */
        if (ms >= date_day(0, 1, 1) * 86400000 && ms < date_day(10000, 1, 1) * 86400000) FUZZ_CHECK(time_parse_ms(str_z(text), &again) && again == ms);
    }
    if (time_parse_http(s, &ms)) {
        time_format_ms(ms, text);
        FUZZ_CHECK(time_parse_ms(str_z(text), &again) && again == ms);
    }
    return 0;
}
