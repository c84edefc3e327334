/* progress.c: one line about long work: "people  [######....]  62 %  62,000 of 100,000  3,100/s  12 s left". */
#include "registry/progress.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

enum { TERMINAL_US = 200000, LINES_US = 5000000, WIDTH = 24, LINE_MOST = 160 };

struct progress progress_start(const char *what, int64_t total, int fd)
{
    const int64_t now = time_monotonic_us();
    return (struct progress){ .what = what, .total = total, .began_us = now, .told_us = now, .fd = fd, .terminal = isatty(fd) == 1 };
}

int progress_line(const struct progress *p, int64_t done, int64_t now_us, char *ret, int size)
{
    const int64_t spent = now_us - p->began_us > 0 ? now_us - p->began_us : 1, rate = (int64_t)((double)done * 1e6 / (double)spent);
    char bar[WIDTH + 1] = "";
    int n;
    if (p->total <= 0) {
        n = snprintf(ret, (size_t)size, "%s  %lld  %lld/s", p->what, (long long)done, (long long)rate);
    } else {
        const int64_t share = done >= p->total ? 100 : done * 100 / p->total, filled = share * WIDTH / 100;
        memset(bar, '#', (size_t)filled);
        memset(bar + filled, '.', (size_t)(WIDTH - filled));
        n = snprintf(ret, (size_t)size, "%s  [%s]  %lld %%  %lld of %lld  %lld/s", p->what, bar, (long long)share, (long long)done, (long long)p->total, (long long)rate);
        if (rate > 0 && done < p->total && n < size)
            n += snprintf(ret + n, (size_t)(size - n), "  %lld s left", (long long)((p->total - done) / rate + 1));
    }
    return n < size ? n : size - 1;
}

static void write_line(struct progress *p, int64_t done, int64_t now, bool last)
{
    char line[LINE_MOST + 8] = "\r\033[K";
    const int lead = p->terminal ? (int)strlen(line) : 0;
    int n = lead + progress_line(p, done, now, line + lead, LINE_MOST);
    if (!p->terminal || last) line[n++] = '\n';
    if (write(p->fd, line, (size_t)n) < 0) p->fd = -1; /* nobody reads it: the work goes on */
    p->told_us = now;
    p->told = true;
}

void progress_tell(struct progress *p, int64_t done)
{
    if (!p || p->fd < 0) return;
    const int64_t now = time_monotonic_us();
    if (now - p->told_us >= (p->terminal ? TERMINAL_US : LINES_US)) write_line(p, done, now, false);
}

void progress_end(struct progress *p, int64_t done)
{
    if (p && p->fd >= 0 && p->told) write_line(p, done, time_monotonic_us(), true);
}
