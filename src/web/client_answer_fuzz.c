/* client_answer_fuzz.c: HTTP answers of other servers. What is promised: it does not matter in what pieces the bytes come, headers are single lines, and no body is over its
 * limit. The first byte says how the bytes are cut. */
#include "web/client_answer.h"

#include "base/fuzz.h"

enum { MOST = 4096 };

static struct answer read_by(struct call *c, struct str bytes, size_t step, bool bodiless)
{
    struct answer r;
    answer_begin(&r, c->arena, bodiless, MOST, NULL);
    while (bytes.n && answer_take(&r, str_first(bytes, step))) bytes = str_skip(bytes, step);
    return r;
}

static void check_headers(const struct answer *r)
{
    for (size_t i = 0; i < r->nheaders; i++) {
        struct header h = r->headers[i];
        FUZZ_CHECK(h.name.n && !memchr(h.name.p, ' ', h.name.n) && !memchr(h.name.p, '\n', h.name.n));
        FUZZ_CHECK(!h.value.n || (!memchr(h.value.p, '\n', h.value.n) && !memchr(h.value.p, '\r', h.value.n) && !memchr(h.value.p, 0, h.value.n)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    if (size < 1) return 0;
    struct str bytes = str_of(data + 1, size - 1);
    bool bodiless = data[0] & 1;
    struct answer whole = read_by(c, bytes, SIZE_MAX, bodiless), cut = read_by(c, bytes, 1 + data[0] / 2, bodiless);
    FUZZ_CHECK(whole.state == cut.state && str_eq(buf_str(&whole.body), buf_str(&cut.body)) && whole.body.n <= MOST);
    FUZZ_CHECK(whole.status == cut.status && whole.nheaders == cut.nheaders);
    if (whole.state == ANSWER_DONE) check_headers(&whole);
    FUZZ_CHECK(answer_end(&whole) == answer_end(&cut));
    return 0;
}
