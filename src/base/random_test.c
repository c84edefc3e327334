/* random_test.c */
#include "base/random.c"

#include "base/test.h"

TEST(uuids_have_their_form_and_differ)
{
    struct str a = random_uuid(c->arena), b = random_uuid(c->arena), bytes;
    CHECK(a.n == 36 && !str_eq(a, b));
    CHECK(a.p[8] == '-' && a.p[13] == '-' && a.p[18] == '-' && a.p[23] == '-');
    CHECK(a.p[14] == '4' && strchr("89ab", a.p[19]));
    CHECK(decode_hex(c->arena, str_first(a, 8), &bytes));
}

TEST(tokens_carry_all_their_bytes)
{
    struct str token = random_token(c->arena, 32), bytes;
    CHECK(decode_base64url(c->arena, token, &bytes) && bytes.n == 32);
    CHECK(!str_eq(token, random_token(c->arena, 32)));
}
