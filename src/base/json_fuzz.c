/* json_fuzz.c: what our reader takes, cJSON takes too; and a text written by our writer is read back as the same text. */
#include "base/json.h"

#include <cjson/cJSON.h>

#include "base/fuzz.h"
#include "base/text.h"

static void check_strictness(struct call *c, struct str text)
{
    const struct json *j;
    if (json_parse(c, text, &j) != ST_OK) {
        FUZZ_CHECK(c->error.status != ST_OK && c->error.sentence.n > 0);
        call_clear(c);
        return;
    }
    const char *z = str_to_z(c->arena, text);
    FUZZ_CHECK(z != NULL);
    cJSON *other = cJSON_Parse(z);
    FUZZ_CHECK(other != NULL);
    FUZZ_CHECK(cJSON_IsObject(other) == json_is_object(j) && cJSON_IsArray(other) == json_is_array(j));
    size_t n = 0;
    for (const struct json *child = json_first(j); child; child = json_next(child)) n++;
    FUZZ_CHECK((size_t)cJSON_GetArraySize(other) == n);
    if (json_is_text(j)) FUZZ_CHECK(str_eq(json_text(j, STR("")), str_z(other->valuestring)));
    cJSON_Delete(other);
}

static void check_round_trip(struct call *c, struct str text)
{
    if (!text_is_utf8(text) || (text.n && memchr(text.p, 0, text.n))) return;
    struct buf b = buf_in(c->arena, text.n * 6 + 100);
    struct json_out o = json_to(&b);
    const struct json *j;
    json_open(&o, '{');
    json_text_at(&o, "a", text);
    json_close(&o);
    FUZZ_CHECK(json_parse(c, buf_str(&b), &j) == ST_OK);
    FUZZ_CHECK(str_eq(json_text(json_get(j, "a"), STR("?")), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    check_strictness(c, str_of(data, size));
    check_round_trip(c, str_of(data, size));
    return 0;
}
