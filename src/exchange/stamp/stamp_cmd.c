/* stamp_cmd.c: `sen message stamps` and `sen message verify-stamps`: time-stamps from the shell. */
#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "exchange/directory/directory.h"
#include "exchange/stamp/stamp.h"
#include "web/page.h"

enum { CERT_FILE_MAX = 64 * 1024, REASON_VALUES = 4 };

static void print_moment(struct call *c, const char *label, int64_t ms) { (void)printf("%s%.*s\n", label, STR_ARG(ms ? text_moment(c, ms) : STR("-"))); }

static void print_reason(struct call *c, const struct stamp_state *s)
{
    struct str values[REASON_VALUES] = { 0 }, rest = s->values;
    size_t n = 0;
    while (n < REASON_VALUES && str_next(&rest, '\t', &values[n])) n++;
    (void)printf("%.*s\n", STR_ARG(text_tr_args(c, s->reason, values, n)));
}

enum status stamp__state_run(struct call *c, const struct args *args)
{
    struct stamp_state s;
    (void)args;
    TRY(exchange_stamp_state(c, &s));
    print_moment(c, "Newest time-stamp:     ", s.last_ms);
    (void)printf("Messages that wait:    %lld\n", (long long)s.waiting);
    print_moment(c, "The oldest is of:      ", s.oldest_waiting_ms);
    print_moment(c, "Stamping fails since:  ", s.failing_since_ms);
    if (s.reason.n) print_reason(c, &s);
    return ST_OK;
}

/* believed: the services of the valid directory, and one that was given. */
static enum status believed(struct call *c, struct str path, struct stamp_certs *ret)
{
    DIRECTORY d = NULL;
    struct str bytes;
    enum status st = directory__hold(c, &d);
    if (st != ST_OK && !path.n) return st;
    call_clear(c);
    size_t n = d ? d->ntsas : 0;
    struct str *certs = arena_array(c->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++) certs[i] = str_copy(c->arena, d->tsas[i].cert);
    if (path.n) {
        TRY(file_read(c, path, CERT_FILE_MAX, &bytes));
        TRY(cert_of_pem_or_der(c, bytes, &certs[n++]));
    }
    *ret = (struct stamp_certs){ certs, n };
    return ST_OK;
}

enum status stamp__verify_run(struct call *c, const struct args *args)
{
    struct stamp_certs by;
    struct stamp_count n;
    TRY(believed(c, args_value(args, "cert"), &by));
    TRY(stamp__verify(c, &by, &n));
    (void)printf("%lld time-stamps hold, over %lld messages and %lld heads of the journal. %lld messages wait for one.\n", (long long)n.stamps, (long long)n.messages, (long long)n.heads, (long long)n.waiting);
    if (n.removed) (void)printf("%lld rows were removed by exchange.log_days; the journal says which and when.\n", (long long)n.removed);
    return ST_OK;
}
