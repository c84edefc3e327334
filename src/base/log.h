/* log.h: structured log lines on stderr, one JSON object a line: {"at":"2026-11-22T04:30:00.123Z","level":"info","room":"exchange",
 * "event":"message.refused","trace":"...","fault":"server.serverproxy.access_denied"}. No key, PIN, name or message body ever. */
#ifndef SEN_BASE_LOG_H
#define SEN_BASE_LOG_H

#include <stdarg.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field { const char *name; enum { LOG_TEXT, LOG_INT } kind; struct str text; int64_t number; };
static inline struct log_field log_text(const char *name, struct str v) { return (struct log_field){ name, LOG_TEXT, v, 0 }; }
static inline struct log_field log_int(const char *name, int64_t v) { return (struct log_field){ name, LOG_INT, { NULL, 0 }, v }; }

/* log_line: log_line(LOG_INFO, "store", "opened", c->trace, log_text("database", name), log_int("ms", 12)). trace may be empty; room, event and names are
 * plain words of the program, written as they are. */
#define log_line(level, room, event, trace, ...) \
    log_write(level, room, event, trace, (const struct log_field[]){ { 0 }, __VA_ARGS__ }, \
              sizeof((const struct log_field[]){ { 0 }, __VA_ARGS__ }) / sizeof(struct log_field))
void log_write(enum log_level level, const char *room, const char *event, struct str trace, const struct log_field *fields, size_t n);

/* log_vnote: an event "note" at level warn with a free text, cut at 1,000 bytes. */
void log_vnote(struct str trace, const char *room, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

/* log_least: lines below this level are dropped. Set once at start, before threads. */
void log_least(enum log_level level);

#endif
