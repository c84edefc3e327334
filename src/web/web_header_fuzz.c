/* web_header_fuzz.c: cookies, Accept-Language and paths to go back to. What is promised: results are pieces of the input or of our own list, and no redirect target can
 * leave this site or split a header. */
#include "base/fuzz.h"
#include "web/web_int.h"

static void check_cookie(struct str text)
{
    struct str v = request__cookie(text, STR("sen_a"));
    if (!v.p) return;
    FUZZ_CHECK(v.p >= text.p && v.p + v.n <= text.p + text.n && (v.n == 0 || !memchr(v.p, ';', v.n)));
    FUZZ_CHECK(str_find(text, STR("sen_a")) != SIZE_MAX);
}

static void check_language(struct str text)
{
    static const struct str languages[] = { STR_INIT("vi"), STR_INIT("en") };
    struct str best = guard__accepted_language(text, languages, 2);
    FUZZ_CHECK(!best.p || best.p == languages[0].p || best.p == languages[1].p);
}

static void check_local(struct str text)
{
    if (!request__local_path(text)) return;
    FUZZ_CHECK(text.p[0] == '/' && (text.n == 1 || (text.p[1] != '/' && text.p[1] != '\\')));
    FUZZ_CHECK(!memchr(text.p, '\r', text.n) && !memchr(text.p, '\n', text.n) && !memchr(text.p, '\t', text.n) && !memchr(text.p, 0, text.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of(data, size);
    check_cookie(text);
    check_language(text);
    check_local(text);
    return 0;
}
