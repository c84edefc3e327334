/* multipart_fuzz.c: parts lie inside the input and in order; what was read, written again, reads back the same. The first line is the content type. */
#include "exchange/message/message.h"

#include "base/fuzz.h"

static void check_again(struct call *c, const struct part *parts, size_t n)
{
    struct buf b = buf_in(c->arena, EXCHANGE_WIRE_MAX);
    struct multipart m;
    struct part p;
    bool more = true;
    struct str boundary = multipart__boundary(c->arena, "fuzz");
    for (size_t i = 0; i < n; i++) multipart__put(&b, boundary, STR("a/b"), parts[i].body);
    multipart__end(&b, boundary);
    FUZZ_CHECK(multipart__open(c, str_join(c->arena, STR("multipart/mixed; boundary="), boundary, STR_END), buf_str(&b), &m) == ST_OK);
    for (size_t i = 0; i < n; i++) FUZZ_CHECK(multipart__next(c, &m, &p, &more) == ST_OK && more && str_eq(p.body, parts[i].body));
    FUZZ_CHECK(multipart__next(c, &m, &p, &more) == ST_OK && !more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 64 };
    struct call *c = fuzz_call();
    struct str rest = str_of(data, size), type;
    struct multipart m;
    struct part parts[MOST];
    bool more = true;
    size_t n = 0;
    if (!str_cut(&rest, '\n', &type)) return 0;
    const char *at = rest.p;
    if (multipart__open(c, type, rest, &m) == ST_OK) {
        while (n < MOST && multipart__next(c, &m, &parts[n], &more) == ST_OK && more) {
            FUZZ_CHECK(parts[n].body.p >= at && parts[n].body.p + parts[n].body.n <= rest.p + rest.n);
            at = parts[n].body.p + parts[n].body.n;
            n++;
        }
        if (n) check_again(c, parts, n);
    }
    return 0;
}
