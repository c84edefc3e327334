/* portal_answer_fuzz.c: whatever JSON a register answers, the pages are made of it without harm, and a proof is shown only with a whole leaf and size. */
#include "portal/portal_int.h"

#include "base/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct app app;
    struct call *c = fuzz_call();
    const struct json *answer;
    struct record_register record = { 0 };
    c->app = &app;
    c->lang = STR("vi");
    if (size > 1 << 16 || json_parse(c, str_of(data, size), &answer) != ST_OK) return 0;
    record__take(c, answer, &record);
    for (size_t i = 0; i < record.shown.ngroups; i++) FUZZ_CHECK(record.shown.groups[i].nversions > 0);
    return 0;
}
