/* soap_fault_fuzz.c: a fault that was read has a type that may stand in a header and a log line; written again it reads back the same. */
#include "exchange/message/message.h"

#include "base/fuzz.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct fault f, again;
    struct buf b = buf_in(c->arena, 256 * 1024);
    if (fault__read_soap(c, str_of(data, size), &f) != ST_OK) return 0;
    FUZZ_CHECK(f.type.n > 0 && f.type.n <= 255 && text_is_plain(f.type) && str_find(f.type, STR(" ")) == SIZE_MAX);
    fault__put_soap(&b, &(struct fault){ f.type, STR("m"), STR("d") });
    FUZZ_CHECK(fault__read_soap(c, buf_str(&b), &again) == ST_OK && str_eq(again.type, f.type));
    FUZZ_CHECK(fault__fail(c, &f) != ST_OK);
    return 0;
}
