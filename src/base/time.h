/* time.h: moments are UTC milliseconds since 1970, days are whole days since 1970-01-01 (proleptic Gregorian). */
#ifndef SEN_BASE_TIME_H
#define SEN_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { TIME_TEXT = 32 };
#define TIME_FAR INT64_MAX /* an open end: "until further notice" */

int64_t time_now_ms(void);        /* wall clock, UTC */
int64_t time_monotonic_us(void);  /* for time-outs and durations only */

/* time_format_ms: "2026-11-22T04:30:00.123Z". time_parse_ms: RFC 3339 with 'Z' or an offset, with or without a fraction. */
void time_format_ms(int64_t ms, char ret[static TIME_TEXT]);
/* time_format_local: for people: the same moment by clocks so many minutes ahead of UTC, with that offset, "2026-11-22T11:30:00.123+07:00": one word, and time_parse_ms reads it back. */
void time_format_local(int64_t ms, int offset_min, char ret[static TIME_TEXT]);
bool time_parse_ms(struct str text, int64_t *ret);
bool time_parse_http(struct str text, int64_t *ret); /* RFC 9110 5.6.7, "Wed, 18 Nov 2026 11:06:40 GMT"; the two obsolete forms are refused */

/* A date of law: a day number and how much of it is known (old people's births are often known by year only).
 * The day of an imprecise date is its first day. Text: "1984-06-17", "1984-06", "1984". */
enum precision { PRECISION_YEAR = 1, PRECISION_MONTH = 2, PRECISION_DAY = 3 };
struct date { int64_t day; enum precision precision; };

bool date_parse(struct str text, struct date *ret);               /* years 1800 to 2999; an impossible day is refused */
bool date_parse_written(struct str text, struct date *ret);       /* as people write them too: "17/6/1984", "6/1984" */
void date_format(struct date d, char ret[static TIME_TEXT]);      /* ISO, as long as its precision */
void date_civil(int64_t day, int *year, int *month, int *mday);   /* month and mday count from 1 */
int64_t date_day(int year, int month, int mday);                  /* the opposite; values must be in range */

#endif
