/* given.c: what somebody gives a command on its standard input instead of on the command line, where others could read it. */
#include "exchange/pages/pages.h"

#include <stdio.h>

#include "base/buf.h"
#include "exchange/message/message.h"

enum { DATA_MAX = EXCHANGE_BODY_MAX };

enum status exchange__read_given(struct call *c, struct str given, struct str *ret)
{
    struct buf b = buf_in(c->arena, DATA_MAX);
    size_t got;
    if (!str_eq(given, STR("-"))) return *ret = given, ST_OK;
    do {
        char *room = buf_room(&b, 64 * 1024);
        if (!room) break;
        got = fread(room, 1, 64 * 1024, stdin);
        buf_added(&b, got);
    } while (got);
    if (buf_finish(&b, ret) == ST_OK) return ST_OK;
    return call_fail(c, ST_TOO_LARGE, "data", "The body is over 10 MiB. Send it in smaller pieces.");
}
