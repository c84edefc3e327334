/* Tests of message_patch.c: a text comes back from its patch, which is as short as what differs; what is no patch of a base is refused. */
#include "exchange/log/message_patch.c"

#include "base/random.h"
#include "base/test.h"

enum { MOST = 1024 };

static struct str text_of(struct call *c, size_t n)
{
    char *p = arena_room(c->arena, n);
    random_bytes(p, n);
    return str_of(p, n);
}

/* with: a text in which these places have another byte. */
static struct str with(struct call *c, struct str text, const size_t *places, size_t n)
{
    char *p = arena_room(c->arena, text.n);
    memcpy(p, text.p, text.n);
    for (size_t i = 0; i < n; i++) p[places[i]] = (char)(p[places[i]] + 1);
    return str_of(p, text.n);
}

static size_t patched(struct call *c, struct str base, struct str text)
{
    struct str patch, again;
    CHECK(message__patch(c->arena, base, text, MOST, &patch));
    CHECK(message__unpatch(c->arena, base, patch, &again));
    CHECK_STR(again, text);
    return patch.n;
}

TEST(a_patch_is_what_differs)
{
    static const size_t places[] = { 0, 100, 101, 104, 2000, 4999 };
    struct str base = text_of(c, 5000);
    CHECK(patched(c, base, base) == 0);
    CHECK(patched(c, base, with(c, base, places + 1, 1)) == RUN_HEAD + 1);
    CHECK(patched(c, base, with(c, base, places + 1, 2)) == RUN_HEAD + 2);
    CHECK(patched(c, base, with(c, base, places + 1, 3)) == RUN_HEAD + 5); /* two that are the same cost less than a run */
    CHECK(patched(c, base, with(c, base, places, 6)) == 4 * RUN_HEAD + 1 + 5 + 1 + 1);
    CHECK(patched(c, STR(""), STR("")) == 0);
}

TEST(texts_that_are_not_alike_have_no_patch)
{
    struct str base = text_of(c, 5000), patch;
    CHECK(!message__patch(c->arena, base, str_first(base, 4999), MOST, &patch));
    CHECK(!message__patch(c->arena, base, text_of(c, 5000), MOST, &patch));
    struct str large = text_of(c, RUN_MOST + 1);
    CHECK(!message__patch(c->arena, large, large, MOST, &patch));
    CHECK(patched(c, str_first(large, RUN_MOST), with(c, str_first(large, RUN_MOST), (const size_t[]){ RUN_MOST - 1 }, 1)) == RUN_HEAD + 1);
}

TEST(what_is_no_patch_of_the_base_is_refused)
{
    static const char *const wrong[] = { "\0", "\0\0\0", "\0\0\0\2x", "\0\6\0\1x", "\0\5\0\1x", "\0\3\0\1x\0\2\0\0", "\0\0\0\1x\0" };
    static const size_t sizes[] = { 1, 3, 5, 5, 5, 9, 6 };
    struct str base = STR("12345"), text;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) CHECK(!message__unpatch(c->arena, base, str_of(wrong[i], sizes[i]), &text));
    CHECK(message__unpatch(c->arena, base, str_of("\0\4\0\1x", 5), &text));
    CHECK_STR(text, STR("1234x"));
}
