/* Tests of directory_source.c: the order of sources: HTTPS first, what failed lately last, what the directory names too; and how long one waits. */
#include "exchange/directory/directory_source.c"

#include "base/test.h"

static const struct anchor_source in_anchor[] = { { STR_INIT("http://a:5577/internalconf"), NULL, 0 }, { STR_INIT("https://b/internalconf"), NULL, 0 }, { STR_INIT("http://b/internalconf"), NULL, 0 } };
static const struct anchor anchor = { STR_INIT("VN"), 0, in_anchor, 3 };

static size_t place(const struct str *list, size_t n, const char *url)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], str_z(url))) return i;
    return SIZE_MAX;
}

TEST(https_comes_first_and_what_failed_lately_last)
{
    struct nation_way way = { STR("VN"), &anchor, true, NULL };
    struct source_notes notes = { 0 };
    struct str list[SOURCES_MAX];
    CHECK(directory__sources(c, &way, &notes, list) == 3 && place(list, 3, "https://b/internalconf") == 0);
    directory__note_source(&notes, STR("https://b/internalconf"), false, c->now_ms);
    directory__note_source(&notes, STR("http://a:5577/internalconf"), false, c->now_ms);
    CHECK(directory__sources(c, &way, &notes, list) == 3);
    CHECK(place(list, 3, "http://b/internalconf") == 0 && place(list, 3, "https://b/internalconf") == 1);
    directory__note_source(&notes, STR("https://b/internalconf"), true, c->now_ms);
    CHECK(directory__sources(c, &way, &notes, list) == 3 && place(list, 3, "https://b/internalconf") == 0);
    c->now_ms += NOTE_MS; /* what failed once is tried again then */
    CHECK(!failed_lately(&notes, STR("http://a:5577/internalconf"), c->now_ms));
}

TEST(every_order_of_equals_comes_up)
{
    struct nation_way way = { STR("VN"), &anchor, true, NULL };
    struct str list[SOURCES_MAX];
    bool seen[2] = { false, false };
    for (int i = 0; i < 200; i++) {
        (void)directory__sources(c, &way, NULL, list);
        seen[place(list, 3, "http://b/internalconf") == 1] = true;
    }
    CHECK(seen[0] && seen[1]);
}

TEST(addresses_that_the_directory_names_are_asked_too)
{
    static const struct dir_source named[] = { { .address = STR_INIT("a:5577") }, { .address = STR_INIT("c:5577") }, { .address = STR_INIT("b") }, { .address = STR_INIT("no address") } };
    struct directory *d = arena_new(c->arena, struct directory);
    struct nation_way way = { STR("VN"), &anchor, true, d };
    struct str list[SOURCES_MAX];
    *d = (struct directory){ .sources = named, .nsources = 4 };
    size_t n = directory__sources(c, &way, NULL, list);
    CHECK(n == 5); /* those of the anchor as it names them; c both ways */
    CHECK(place(list, n, "https://c:5577/internalconf") < 2 && place(list, n, "http://c:5577/internalconf") >= 2);
    way.own = false;
    n = directory__sources(c, &way, NULL, list);
    CHECK(place(list, n, "https://c:5577/externalconf") < 2);
}

TEST(waiting_doubles_up_to_a_limit)
{
    CHECK(directory__wait_ms(1) == 2000 && directory__wait_ms(2) == 4000 && directory__wait_ms(3) == 8000 && directory__wait_ms(4) == 16000 && directory__wait_ms(1000) == 16000);
    struct source_notes notes = { 0 };
    for (int i = 0; i < 100; i++) directory__note_source(&notes, STR("http://a/"), false, c->now_ms);
    CHECK(notes.list[0].until_ms == c->now_ms + NOTE_MOST_MS && !notes.list[1].fails);
    for (int i = 0; i < 200; i++) directory__note_source(&notes, str_print(c->arena, "http://%d/", i), false, c->now_ms); /* more than there is room for */
    directory__note_source(&notes, STR("http://new/"), false, c->now_ms + NOTE_MOST_MS);
    CHECK(failed_lately(&notes, STR("http://new/"), c->now_ms + NOTE_MOST_MS));
}
