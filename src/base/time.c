/* time.c: days are counted with the civil-from-days arithmetic over 400-year eras; no libc calendar, no time zone files. */
#include "base/time.h"

#include <string.h>

#include <stdio.h>
#include <time.h>

int64_t time_now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t time_monotonic_us(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t date_day(int year, int month, int mday)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + mday - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void date_civil(int64_t day, int *year, int *month, int *mday)
{
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *mday = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static bool digits(struct str *in, size_t n, int *ret)
{
    if (in->n < n) return false;
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (in->p[i] < '0' || in->p[i] > '9') return false;
        v = v * 10 + (in->p[i] - '0');
    }
    *in = str_skip(*in, n);
    *ret = v;
    return true;
}

static bool byte(struct str *in, char want)
{
    if (in->n == 0 || in->p[0] != want) return false;
    *in = str_skip(*in, 1);
    return true;
}

static int month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool date_parse(struct str text, struct date *ret)
{
    int y, m = 1, d = 1;
    enum precision precision = PRECISION_YEAR;
    if (!digits(&text, 4, &y) || y < 1800 || y > 2999) return false;
    if (text.n) {
        if (!byte(&text, '-') || !digits(&text, 2, &m) || m < 1 || m > 12) return false;
        precision = PRECISION_MONTH;
    }
    if (text.n) {
        if (!byte(&text, '-') || !digits(&text, 2, &d) || d < 1 || d > month_days(y, m) || text.n) return false;
        precision = PRECISION_DAY;
    }
    *ret = (struct date){ date_day(y, m, d), precision };
    return true;
}

/* read_part: a number of at most `most` digits. */
static bool read_part(struct str text, size_t most, int *ret)
{
    int64_t v;
    if (!text.n || text.n > most || text.p[0] == '-' || text.p[0] == '+' || !str_int(text, &v)) return false;
    *ret = (int)v;
    return true;
}

bool date_parse_written(struct str text, struct date *ret)
{
    struct str first, second;
    char iso[TIME_TEXT];
    int day, month, year;
    if (date_parse(text, ret)) return true;
    if (!str_cut(&text, '/', &first)) return false;
    if (!str_cut(&text, '/', &second)) {
        if (!read_part(first, 2, &month) || !read_part(text, 4, &year)) return false;
        (void)snprintf(iso, sizeof iso, "%04d-%02d", year, month);
    } else {
        if (!read_part(first, 2, &day) || !read_part(second, 2, &month) || !read_part(text, 4, &year)) return false;
        (void)snprintf(iso, sizeof iso, "%04d-%02d-%02d", year, month, day);
    }
    return date_parse(str_z(iso), ret);
}

void date_format(struct date d, char ret[static TIME_TEXT])
{
    int y, m, md;
    date_civil(d.day, &y, &m, &md);
    switch (d.precision) {
    case PRECISION_YEAR: (void)snprintf(ret, TIME_TEXT, "%04d", y); return;
    case PRECISION_MONTH: (void)snprintf(ret, TIME_TEXT, "%04d-%02d", y, m); return;
    case PRECISION_DAY: (void)snprintf(ret, TIME_TEXT, "%04d-%02d-%02d", y, m, md); return;
    }
    ret[0] = 0;
}

/* put: v in n digits and what follows them; every line of the log and every message needs such a time, and printf is slow. */
static char *put(char *at, int v, int n, char then)
{
    for (int i = n; i > 0; i--, v /= 10) at[i - 1] = (char)('0' + v % 10);
    at[n] = then;
    return at + n + 1;
}

void time_format_ms(int64_t ms, char ret[static TIME_TEXT])
{
    int64_t day = ms >= 0 ? ms / 86400000 : -((86399999 - ms) / 86400000);
    int64_t rest = ms - day * 86400000;
    int y, m, d;
    date_civil(day, &y, &m, &d);
    char *at = put(ret, (y % 10000 + 10000) % 10000, 4, '-');
    at = put(at, m, 2, '-');
    at = put(at, d, 2, 'T');
    at = put(at, (int)(rest / 3600000), 2, ':');
    at = put(at, (int)(rest / 60000 % 60), 2, ':');
    at = put(at, (int)(rest / 1000 % 60), 2, '.');
    at = put(at, (int)(rest % 1000), 3, 'Z');
    *at = '\0';
}

void time_format_local(int64_t ms, int offset_min, char ret[static TIME_TEXT])
{
    int size = offset_min < 0 ? -offset_min : offset_min;
    time_format_ms(ms + (int64_t)offset_min * 60000, ret);
    char *at = strchr(ret, 'Z');
    *at++ = offset_min < 0 ? '-' : '+';
    at = put(at, size / 60, 2, ':');
    (void)put(at, size % 60, 2, '\0');
}

bool time_parse_ms(struct str text, int64_t *ret)
{
    int y, mo, d, h, mi, s, milli = 0, oh = 0, om = 0;
    if (!digits(&text, 4, &y) || !byte(&text, '-') || !digits(&text, 2, &mo) || !byte(&text, '-') || !digits(&text, 2, &d)) return false;
    if (mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo)) return false;
    if (!byte(&text, 'T') || !digits(&text, 2, &h) || !byte(&text, ':') || !digits(&text, 2, &mi) || !byte(&text, ':') || !digits(&text, 2, &s)) return false;
    if (h > 23 || mi > 59 || s > 60) return false;
    if (byte(&text, '.')) {
        int scale = 100, n = 0;
        for (; text.n && text.p[0] >= '0' && text.p[0] <= '9'; text = str_skip(text, 1), n++, scale /= 10) milli += (text.p[0] - '0') * scale;
        if (n == 0) return false;
    }
    int64_t sign = 0;
    if (text.n == 0) return false;
    if (!byte(&text, 'Z')) {
        sign = text.p[0] == '+' ? 1 : text.p[0] == '-' ? -1 : 0;
        text = str_skip(text, 1);
        if (!sign || !digits(&text, 2, &oh) || !byte(&text, ':') || !digits(&text, 2, &om) || oh > 23 || om > 59) return false;
    }
    if (text.n) return false;
    *ret = date_day(y, mo, d) * 86400000 + ((int64_t)h * 3600 + mi * 60 + s - sign * (oh * 3600 + om * 60)) * 1000 + milli;
    return true;
}

bool time_parse_http(struct str text, int64_t *ret)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int d, y, h, mi, s, mo = 0;
    text = str_skip(text, 3); /* the day of the week follows from the date */
    if (!byte(&text, ',') || !byte(&text, ' ') || !digits(&text, 2, &d) || !byte(&text, ' ')) return false;
    while (mo < 12 && !str_starts(text, str_z(months[mo]))) mo++;
    text = str_skip(text, 3);
    if (mo++ == 12 || !byte(&text, ' ') || !digits(&text, 4, &y) || !byte(&text, ' ')) return false;
    if (!digits(&text, 2, &h) || !byte(&text, ':') || !digits(&text, 2, &mi) || !byte(&text, ':') || !digits(&text, 2, &s)) return false;
    if (!str_eq(text, STR(" GMT")) || d < 1 || d > month_days(y, mo) || h > 23 || mi > 59 || s > 60) return false;
    *ret = date_day(y, mo, d) * 86400000 + ((int64_t)h * 3600 + mi * 60 + s) * 1000;
    return true;
}
