/* stamp_cmd.c: `sen message stamps`, `sen message verify-stamps` and `sen message export`: time-stamps from the shell. What is exported has the names that it has in an
 * ASiC container, so that other programs can judge it. */
#include <stdio.h>

#include "base/args.h"
#include "base/file.h"
#include "base/time.h"
#include "exchange/message_log_int.h"
#include "exchange/stamp_int.h"

enum { CERT_FILE_MAX = 64 * 1024, ROWS_MOST = 8 };

static void print_moment(const char *label, int64_t ms)
{
    char at[TIME_TEXT];
    time_format_ms(ms, at);
    (void)printf("%s%s\n", label, ms ? at : "-");
}

enum status stamp__state_run(struct call *c, const struct args *args)
{
    struct stamp_state s;
    (void)args;
    TRY(exchange_stamp_state(c, &s));
    print_moment("Newest time-stamp:     ", s.last_ms);
    (void)printf("Messages that wait:    %lld\n", (long long)s.waiting);
    print_moment("The oldest is of:      ", s.oldest_waiting_ms);
    print_moment("Stamping fails since:  ", s.failing_since_ms);
    if (s.reason.n) (void)printf("%.*s\n", STR_ARG(s.reason));
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

/* ---- export ---- */

static enum status write_part(struct call *c, struct str folder, const char *name, struct str bytes)
{
    return bytes.n ? file_write(c, file_path(c->arena, folder, str_z(name)), bytes, 0600) : ST_OK;
}

static enum status write_stamp(struct call *c, struct str folder, int64_t seq)
{
    struct stamp_row row;
    const struct str *digests;
    struct str chain;
    size_t n, at = SIZE_MAX;
    enum status st = stamp__next(c, seq, &row);
    if (st == ST_OK) st = stamp__digests(c, &row, seq, &digests, &n, &at);
    if (st == ST_NOT_FOUND || (st == ST_OK && at == SIZE_MAX)) {
        (void)printf("%.*s: not time-stamped yet\n", STR_ARG(folder));
        return ST_OK;
    }
    TRY(st);
    TRY(stamp_batch_chain(c, digests, n, at, &chain));
    TRY(write_part(c, folder, "ts-hashchainresult.xml", row.result));
    TRY(write_part(c, folder, "ts-hashchain.xml", chain));
    return write_part(c, folder, "META-INF/timestamp.tst", row.token);
}

/* write_message: message.xml, where a path and a pseudonym stand, only for a purpose that the journal has. */
static enum status write_message(struct call *c, struct str out, const struct signed_row *m, bool is_opened)
{
    struct message_parts parts = { 0 };
    struct str folder = file_path(c->arena, out, str_print(c->arena, "%s-%s", m->side == SIDE_CONSUMER ? "asked" : "answered", m->is_answer ? "response" : "request"));
    TRY(file_make_folder(c, file_path(c->arena, folder, STR("META-INF")), 0700));
    if (is_opened) TRY(message__open(c, m->seq, &parts));
    TRY(write_part(c, folder, "message.xml", parts.head));
    TRY(write_part(c, folder, "META-INF/signatures.xml", m->signature));
    TRY(write_part(c, folder, "sig-hashchainresult.xml", m->chain_result));
    TRY(write_part(c, folder, "sig-hashchain.xml", m->chain));
    (void)printf("%.*s\n", STR_ARG(folder));
    return write_stamp(c, folder, m->seq);
}

enum status stamp__export_run(struct call *c, const struct args *args)
{
    struct signed_row list[ROWS_MOST];
    size_t n;
    struct str id = args_value(args, "ID"), purpose = args_value(args, "purpose");
    TRY(stamp__find_signed(c, id, list, ROWS_MOST, &n));
    if (!n) return call_fail(c, ST_NOT_FOUND, "ID", "No signed message has this request id. List them with `sen message list`.");
    if (purpose.n) TRY(message__journal_opening(c, purpose, id));
    for (size_t i = 0; i < n; i++) TRY(write_message(c, args_value(args, "out"), &list[i], purpose.n > 0));
    return ST_OK;
}
