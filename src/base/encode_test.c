/* encode_test.c: the vectors of RFC 4648, and everything a decoder must refuse. */
#include "base/encode.c"

#include "base/test.h"

static const struct { struct str plain, base64, base64url, hex; } vectors[] = {
    { STR_INIT(""), STR_INIT(""), STR_INIT(""), STR_INIT("") },
    { STR_INIT("f"), STR_INIT("Zg=="), STR_INIT("Zg"), STR_INIT("66") },
    { STR_INIT("fo"), STR_INIT("Zm8="), STR_INIT("Zm8"), STR_INIT("666f") },
    { STR_INIT("foo"), STR_INIT("Zm9v"), STR_INIT("Zm9v"), STR_INIT("666f6f") },
    { STR_INIT("foob"), STR_INIT("Zm9vYg=="), STR_INIT("Zm9vYg"), STR_INIT("666f6f62") },
    { STR_INIT("fooba"), STR_INIT("Zm9vYmE="), STR_INIT("Zm9vYmE"), STR_INIT("666f6f6261") },
    { STR_INIT("foobar"), STR_INIT("Zm9vYmFy"), STR_INIT("Zm9vYmFy"), STR_INIT("666f6f626172") },
    { STR_INIT("\xff\xfe\x00"), STR_INIT("//4A"), STR_INIT("__4A"), STR_INIT("fffe00") },
};

TEST(vectors_both_ways)
{
    struct str back;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CHECK_STR(encode_base64(c->arena, vectors[i].plain), vectors[i].base64);
        CHECK_STR(encode_base64url(c->arena, vectors[i].plain), vectors[i].base64url);
        CHECK_STR(encode_hex(c->arena, vectors[i].plain), vectors[i].hex);
        CHECK(decode_base64(c->arena, vectors[i].base64, &back) && str_eq(back, vectors[i].plain));
        CHECK(decode_base64url(c->arena, vectors[i].base64url, &back) && str_eq(back, vectors[i].plain));
        CHECK(decode_hex(c->arena, vectors[i].hex, &back) && str_eq(back, vectors[i].plain));
        BUF b = buf_heap(100);
        encode_base64_to(&b, vectors[i].plain);
        CHECK_STR(buf_str(&b), vectors[i].base64);
        buf_clear(&b);
        CHECK(decode_base64_to(&b, vectors[i].base64));
        CHECK_STR(buf_str(&b), vectors[i].plain);
    }
}

TEST(base64_may_have_line_breaks)
{
    struct str back;
    CHECK(decode_base64(c->arena, STR("Zm9v\r\n\t YmFy\n"), &back));
    CHECK_STR(back, STR("foobar"));
}

TEST(loose_base64_is_refused)
{
    static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z=g=", "====", "Zm9v=", "Zm9v!", "Zm-_", "=Zm9v", "Zg==Zg==" };
    struct str back = STR("old");
    BUF b = buf_heap(100);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!decode_base64(c->arena, str_z(bad[i]), &back) && !decode_base64_to(&b, str_z(bad[i])) && !b.n);
    CHECK_STR(back, STR("old"));
}

TEST(loose_base64url_is_refused)
{
    static const char *const bad[] = { "Z", "Zg==", "Zh", "Zm9", "Zm9v\n", "Zm+/", " Zm9v" };
    struct str back = STR("old");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!decode_base64url(c->arena, str_z(bad[i]), &back));
    CHECK_STR(back, STR("old"));
}

TEST(hex_takes_both_cases_and_nothing_else)
{
    struct str back = STR("old");
    CHECK(decode_hex(c->arena, STR("fFaA"), &back));
    CHECK_STR(back, STR("\xff\xaa"));
    CHECK(!decode_hex(c->arena, STR("f"), &back) && !decode_hex(c->arena, STR("0g"), &back) && !decode_hex(c->arena, STR("0 "), &back));
}
