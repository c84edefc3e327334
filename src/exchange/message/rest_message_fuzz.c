/* rest_message_fuzz.c: a message that parses has only lawful headers; written again from its pieces it gives the same bytes. Targets and segments too. */
#include "exchange/message/message.h"

#include "base/fuzz.h"
#include "base/url.h"

static void check_bytes(struct call *c, const struct rest_head *h, bool is_request)
{
    struct buf b = buf_in(c->arena, EXCHANGE_HEAD_MAX);
    if (is_request) {
        buf_put(&b, h->method);
        buf_put(&b, STR("\r\n"));
        buf_put(&b, h->target);
    } else {
        buf_put_int(&b, h->status);
        buf_put(&b, STR("\r\n"));
        buf_put(&b, h->reason);
    }
    buf_put(&b, STR("\r\n"));
    for (size_t i = 0; i < h->nheaders; i++) {
        FUZZ_CHECK(!rest__is_filtered(h->headers[i].name));
        buf_put(&b, h->headers[i].name);
        buf_put_c(&b, ':');
        buf_put(&b, h->headers[i].value);
        buf_put(&b, STR("\r\n"));
    }
    FUZZ_CHECK(str_eq(buf_str(&b), h->bytes));
}

static void check_target(struct call *c, struct str text)
{
    struct rest_target t, again;
    if (rest__parse_target(c, text, &t) != ST_OK) return;
    struct str written = str_join(c->arena, STR("/r1/"), xid_format(c->arena, &t.service), t.path, t.query.n ? STR("?") : STR(""), t.query, STR_END);
    FUZZ_CHECK(rest__parse_target(c, written, &again) == ST_OK);
    FUZZ_CHECK(xid_same_client(&t.service, &again.service) && str_eq(t.service.service, again.service.service));
    FUZZ_CHECK(str_eq(t.path, again.path) && str_eq(t.query, again.query));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str bytes = str_of(data, size);
    struct rest_head h;
    if (rest__parse_request(c, bytes, &h) == ST_OK) {
        check_bytes(c, &h, true);
        check_target(c, h.target);
    }
    call_clear(c);
    if (rest__parse_response(c, bytes, &h) == ST_OK) check_bytes(c, &h, false);
    call_clear(c);
    check_target(c, bytes);
    return 0;
}
