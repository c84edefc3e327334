/* message_log_fuzz.c: what people type to search the log, and what metadata keeps of any head: moments do not run backwards, places print back, and a head that was cut down has no
 * path, no query and no header but X-Road's, and stays as it is when it is cut down again. */
#include "exchange/log/message_log_int.h"

#include "base/fuzz.h"
#include "exchange/message/message.h"

static void check_typed(struct call *c, struct str text)
{
    struct message_place place, again;
    int64_t first, last;
    if (message__read_moment(c, text, false, &first)) FUZZ_CHECK(message__read_moment(c, text, true, &last) && first <= last);
    if (message__parse_place(text, &place)) FUZZ_CHECK(message__parse_place(message__format_place(c, place), &again) && place.at_ms == again.at_ms && place.seq == again.seq);
}

static void check_head(struct call *c, struct str text, bool is_answer)
{
    struct str kept, again;
    struct rest_head h;
    struct rest_target t;
    if (message__filter_head(c, text, is_answer, &kept) != ST_OK) return;
    FUZZ_CHECK((is_answer ? rest__parse_response(c, kept, &h) : rest__parse_request(c, kept, &h)) == ST_OK);
    if (!is_answer) FUZZ_CHECK(rest__parse_target(c, h.target, &t) == ST_OK && t.path.n == 0 && t.query.n == 0);
    for (size_t i = 0; i < h.nheaders; i++) FUZZ_CHECK(str_eq_nocase(str_first(h.headers[i].name, 7), STR("x-road-")));
    FUZZ_CHECK(message__filter_head(c, kept, is_answer, &again) == ST_OK && str_eq(kept, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    const struct str text = str_of(data, size);
    check_typed(c, text);
    check_head(c, text, false);
    call_clear(c);
    check_head(c, text, true);
    return 0;
}
