/* log.c: each line is made in one buffer and written with one write(2), so that lines of threads and processes never mix. */
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

enum { LINE_MAX = 8192, NOTE_MAX = 1000 };

static enum log_level least = LOG_INFO; /* set once at start, before threads */
static const char *const names[] = { "debug", "info", "warn", "error" };

void log_least(enum log_level level) { least = level; }

static void put_text(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789abcdef";
    buf_put_c(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '"' || ch == '\\') {
            buf_put_c(b, '\\');
            buf_put_c(b, (char)ch);
        } else if (ch < 0x20 || ch == 0x7f) {
            buf_put(b, STR("\\u00"));
            buf_put_c(b, hex[ch >> 4]);
            buf_put_c(b, hex[ch & 15]);
        } else {
            buf_put_c(b, (char)ch);
        }
    }
    buf_put_c(b, '"');
}

void log_write(enum log_level level, const char *room, const char *event, struct str trace, const struct log_field *fields, size_t n)
{
    if (level < least) return;
    BUF b = buf_heap(LINE_MAX);
    char at[TIME_TEXT];
    time_format_ms(time_now_ms(), at);
    buf_put_z(&b, "{\"at\":\"");
    buf_put_z(&b, at);
    buf_put_z(&b, "\",\"level\":\"");
    buf_put_z(&b, names[level]);
    buf_put_z(&b, "\",\"room\":");
    put_text(&b, str_z(room));
    buf_put_z(&b, ",\"event\":");
    put_text(&b, str_z(event));
    if (trace.n) {
        buf_put_z(&b, ",\"trace\":");
        put_text(&b, trace);
    }
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].name) continue;
        buf_put_c(&b, ',');
        put_text(&b, str_z(fields[i].name));
        buf_put_c(&b, ':');
        if (fields[i].kind == LOG_INT) buf_put_int(&b, fields[i].number);
        else put_text(&b, str_first(fields[i].text, NOTE_MAX));
    }
    buf_put_z(&b, "}\n");
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
