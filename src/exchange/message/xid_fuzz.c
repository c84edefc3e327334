/* xid_fuzz.c: an identifier that parses prints to a text that parses to the same identifier. */
#include "exchange/message/message.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct str text = str_of(data, size);
    struct xid id, again;
    if (xid_parse_client(c->arena, text, &id)) {
        FUZZ_CHECK(xid_parse_client(c->arena, xid_format(c->arena, &id), &again) && xid_same_client(&id, &again));
        FUZZ_CHECK(id.instance.n && id.class_.n && id.member.n);
    }
    if (xid__parse_service(c->arena, text, &id)) FUZZ_CHECK(xid__parse_service(c->arena, xid_format(c->arena, &id), &again) && str_eq(id.service, again.service));
    if (xid__parse_server(c->arena, text, &id)) FUZZ_CHECK(xid__parse_server(c->arena, xid__format_server(c->arena, &id), &again) && xid__same_server(&id, &again));
    return 0;
}
