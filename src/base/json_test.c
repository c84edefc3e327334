/* json_test.c */
#include "base/json.c"

#include "base/test.h"

static const struct json *parse(struct call *c, const char *text)
{
    const struct json *j = NULL;
    CHECK_OK(json_parse(c, str_z(text), &j));
    return j;
}

TEST(values_of_every_kind)
{
    int64_t n = 0;
    const struct json *j = parse(c, " {\"a\": [1, -2, true, false, null, \"x\"], \"b\": {}, \"c\": \"\"} ");
    const struct json *v = json_first(json_get(j, "a"));
    CHECK(json_is_object(j) && json_is_array(json_get(j, "a")) && json_is_object(json_get(j, "b")));
    CHECK(json_int(v, &n) && n == 1);
    CHECK(json_int(v = json_next(v), &n) && n == -2);
    CHECK(json_bool(v = json_next(v), false) && !json_bool(v = json_next(v), true));
    CHECK(!json_is_text(v = json_next(v)) && json_bool(v, true));
    CHECK_STR(json_text(json_next(v), STR("")), STR("x"));
    CHECK(!json_next(json_next(v)));
    CHECK_STR(json_key(json_next(json_first(j))), STR("b"));
    CHECK(json_text(json_get(j, "c"), STR("fallback")).n == 0);
}

TEST(what_is_not_there_gives_the_fallback)
{
    const struct json *j = parse(c, "{\"a\":1}");
    int64_t n = 7;
    CHECK(!json_get(j, "b") && !json_get(json_get(j, "a"), "x") && !json_get(NULL, "x"));
    CHECK_STR(json_text(NULL, STR("f")), STR("f"));
    CHECK_STR(json_text(json_get(j, "a"), STR("f")), STR("f"));
    CHECK(!json_int(NULL, &n) && n == 7 && !json_first(NULL) && !json_next(NULL) && json_key(NULL).n == 0);
}

TEST(escapes)
{
    CHECK_STR(json_text(parse(c, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR("")), STR("\"\\/\b\f\n\r\t"));
    CHECK_STR(json_text(parse(c, "\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\""), STR("")), STR("Aé€\xf0\x9f\x98\x80"));
}

TEST(loose_json_is_refused)
{
    static const char *const bad[] = {
        "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1] x", "[1][2]", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "nul", "truex",
        "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\\u0000b\"", "\"a\nb\"", "\"\x01\"",
        "\"\xff\"", "\"\xc0\xaf\"", "{\"a\":1,\"a\":2}", "{\"\\u0061\":1,\"a\":2}", "{\"a\" 1}", "[1 2]", "]", "\xef\xbb\xbf{}", "/**/1", "[\f1]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct json *j = NULL;
        CHECK(json_parse(c, str_z(bad[i]), &j) == ST_INVALID && !j);
        CHECK(call_error(c)->sentence.n > 0);
        call_clear(c);
    }
    const struct json *j = NULL;
    CHECK(json_parse(c, STR("1\0"), &j) == ST_INVALID);
}

TEST(the_sentence_names_the_place)
{
    const struct json *j;
    CHECK(json_parse(c, STR("[1, x]"), &j) == ST_INVALID);
    CHECK(str_find(call_error(c)->sentence, STR("character 5")) != SIZE_MAX);
}

static struct str nested(struct call *c, size_t levels)
{
    struct buf b = buf_in(c->arena, 1000);
    for (size_t i = 0; i < levels; i++) buf_put_c(&b, '[');
    for (size_t i = 0; i < levels; i++) buf_put_c(&b, ']');
    return buf_str(&b);
}

TEST(sixty_four_levels_and_no_more)
{
    const struct json *j;
    CHECK_OK(json_parse(c, nested(c, 64), &j));
    CHECK(json_parse(c, nested(c, 65), &j) == ST_INVALID);
}

TEST(too_large_and_too_many)
{
    const struct json *j;
    struct buf b = buf_in(c->arena, 8 << 20);
    buf_put_c(&b, '[');
    for (int i = 0; i < VALUES_MAX; i++) buf_put_z(&b, "1,");
    buf_put_z(&b, "1]");
    CHECK(json_parse(c, buf_str(&b), &j) == ST_TOO_LARGE);
    call_clear(c);
    CHECK(json_parse(c, str_of(arena_alloc(c->arena, BYTES_MAX + 1, 1), BYTES_MAX + 1), &j) == ST_TOO_LARGE);
}

TEST(whole_numbers_stay_exact)
{
    int64_t n = 7;
    CHECK(json_int(parse(c, "9007199254740992"), &n) && n == 9007199254740992);
    CHECK(!json_int(parse(c, "9007199254740993"), &n) && !json_int(parse(c, "1.0"), &n) && !json_int(parse(c, "1e3"), &n) && !json_int(parse(c, "\"1\""), &n));
}

TEST(a_needed_text)
{
    struct str v = STR("old");
    const struct json *j = parse(c, "{\"a\":\"x\",\"b\":1}");
    CHECK_OK(json_need(c, j, "a", &v));
    CHECK_STR(v, STR("x"));
    CHECK(json_need(c, j, "b", &v) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("b"));
    CHECK_STR(v, STR("x"));
}

TEST(the_tree_does_not_need_the_text_it_came_from)
{
    char text[] = "{\"a\":\"x\"}";
    const struct json *j = parse(c, text);
    memset(text, '!', sizeof text - 1);
    CHECK_STR(json_text(json_get(j, "a"), STR("")), STR("x"));
}

TEST(writing)
{
    struct buf b = buf_in(c->arena, 1000);
    struct json_out o = json_to(&b);
    json_open(&o, '{');
    json_text_at(&o, "a", STR("\"\\\n\x01é\xff"));
    json_int_at(&o, "n", -5);
    json_name(&o, STR("l"));
    json_open(&o, '[');
    json_put_bool(&o, true);
    json_put_null(&o);
    json_open(&o, '{');
    json_close(&o);
    json_put_int(&o, 1);
    json_close(&o);
    json_name(&o, STR("e"));
    json_open(&o, '[');
    json_close(&o);
    json_close(&o);
    CHECK_STR(buf_str(&b), STR("{\"a\":\"\\\"\\\\\\n\\u0001é\xef\xbf\xbd\",\"n\":-5,\"l\":[true,null,{},1],\"e\":[]}"));
}

TEST(writing_too_deep_fails_the_buffer)
{
    struct buf b = buf_in(c->arena, 1000);
    struct json_out o = json_to(&b);
    struct str all;
    for (int i = 0; i < 100; i++) json_open(&o, '[');
    for (int i = 0; i < 100; i++) json_close(&o);
    CHECK(buf_finish(&b, &all) == ST_TOO_LARGE);
}
