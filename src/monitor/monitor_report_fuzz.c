/* monitor_report_fuzz.c: whatever a member sends as its report, what is read of it can be told in words and is read again as the same. */
#include "monitor/monitor_int.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct report r, again;
    struct str text;
    if (size > 1 << 16 || report__read(c, str_of(data, size), &r) != ST_OK) return 0;
    for (size_t i = 0; i < r.findings.n; i++) FUZZ_CHECK(monitor_words(c, &r.findings.list[i]).what.n > 0);
    struct buf b = buf_in(c->arena, REPORT_MAX);
    report__write(c, &b, &r);
    FUZZ_CHECK(buf_finish(&b, &text) == ST_OK);
    FUZZ_CHECK(report__read(c, text, &again) == ST_OK);
    FUZZ_CHECK(again.findings.n == r.findings.n && again.ncounts == r.ncounts && str_eq(again.server, r.server));
    return 0;
}
