/* log.c: each line is made in one buffer and written with one write(2), so that lines of threads and processes never mix. */
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"

enum { LINE_MAX = 8192, NOTE_MAX = 1000 };

static enum log_level least = LOG_INFO; /* set once at start, before threads */
static const char *const names[] = { "debug", "info", "warn", "error" };

void log_least(enum log_level level) { least = level; }

static void put_fields(struct json_out *o, const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].name) continue;
        json_name(o, str_z(fields[i].name));
        if (fields[i].kind == LOG_INT) json_put_int(o, fields[i].number);
        else json_put_text(o, str_first(fields[i].text, NOTE_MAX));
    }
}

void log_write(enum log_level level, const char *room, const char *event, struct str trace, const struct log_field *fields, size_t n)
{
    if (level < least) return;
    char space[LINE_MAX];
    struct buf b = buf_over(space, sizeof space);
    struct json_out o = json_to(&b);
    char at[TIME_TEXT];
    time_format_ms(time_now_ms(), at);
    json_open(&o, '{');
    json_text_at(&o, "at", str_z(at));
    json_text_at(&o, "level", str_z(names[level]));
    json_text_at(&o, "room", str_z(room));
    json_text_at(&o, "event", str_z(event));
    if (trace.n) json_text_at(&o, "trace", trace);
    put_fields(&o, fields, n);
    json_close(&o);
    buf_put_c(&b, '\n');
    struct str line;
    if (buf_finish(&b, &line) != ST_OK) line = STR("{\"level\":\"error\",\"room\":\"base\",\"event\":\"log.line_too_long\"}\n");
    ssize_t done = write(STDERR_FILENO, line.p, line.n);
    (void)done; /* nobody is left to tell when stderr is gone */
}

void log_vnote(struct str trace, const char *room, const char *fmt, va_list args)
{
    char text[NOTE_MAX];
    int n = vsnprintf(text, sizeof text, fmt, args);
    struct str s = { text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1 };
    log_line(LOG_WARN, room, "note", trace, log_text("text", s));
}
