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

/* put_name: names, levels, rooms and events are our own words and stand as they are. */
static void put_name(struct buf *b, const char *name)
{
    buf_put(b, STR(",\""));
    buf_put_z(b, name);
    buf_put(b, STR("\":"));
}

static void put_word(struct buf *b, const char *name, const char *word)
{
    put_name(b, name);
    buf_put_c(b, '"');
    buf_put_z(b, word);
    buf_put_c(b, '"');
}

static void put_fields(struct buf *b, const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].name) continue;
        put_name(b, fields[i].name);
        if (fields[i].kind == LOG_INT) buf_put_int(b, fields[i].number);
        else json_quote(b, str_first(fields[i].text, NOTE_MAX));
    }
}

void log_write(enum log_level level, const char *room, const char *event, struct str trace, const struct log_field *fields, size_t n)
{
    if (level < least) return;
    char space[LINE_MAX];
    struct buf b = buf_over(space, sizeof space);
    char at[TIME_TEXT];
    time_format_ms(time_now_ms(), at);
    buf_put(&b, STR("{\"at\":\""));
    buf_put_z(&b, at);
    buf_put_c(&b, '"');
    put_word(&b, "level", names[level]);
    put_word(&b, "room", room);
    put_word(&b, "event", event);
    if (trace.n) {
        put_name(&b, "trace");
        json_quote(&b, trace);
    }
    put_fields(&b, fields, n);
    buf_put(&b, STR("}\n"));
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
