/* Tests of spool.c: what was put in is read back; a needle across two steps is found; the room is kept, and given back. */
#include "base/spool.c"

#include "base/test.h"

static struct str letters(struct call *c, size_t n, unsigned seed)
{
    char *p = arena_alloc(c->arena, n, 1);
    for (size_t i = 0; i < n; i++) p[i] = (char)('a' + (i * 7 + seed + i / 251) % 23);
    return str_of(p, n);
}

TEST(what_was_put_in_is_read_back)
{
    struct spool_room room = { .folder = "/tmp", .most = 1 << 20 };
    struct spool *s = spool_new(&room);
    struct str a = letters(c, 100000, 1), b = letters(c, 70000, 5), all;
    char few[10];
    CHECK(s && spool_put(s, a) && spool_put(s, STR("")) && spool_put(s, b));
    struct extent whole = spool_all(s), part = { s, 99995, 10 };
    CHECK(whole.size == 170000 && atomic_load(&room.used) == 170000);
    CHECK_OK(extent_load(c, &whole, 170000, &all));
    CHECK_STR(all, str_join(c->arena, a, b, STR_END));
    CHECK(extent_load(c, &whole, 169999, &all) == ST_TOO_LARGE);
    CHECK(extent_read(&part, 0, few, 10) && memcmp(few, a.p + 99995, 5) == 0 && memcmp(few + 5, b.p, 5) == 0);
    CHECK(!extent_read(&part, 1, few, 10) && !extent_read(&part, -1, few, 1) && !extent_read(&part, 11, few, 0));
    spool_drop(s);
    CHECK(atomic_load(&room.used) == 0);
}

TEST(a_needle_is_found_wherever_it_stands)
{
    struct spool_room room = { .folder = "/tmp", .most = 1 << 20 };
    static const size_t places[] = { 0, 1, SPOOL_STEP - 6, SPOOL_STEP - 5, SPOOL_STEP - 1, SPOOL_STEP, SPOOL_STEP + 1, 2 * SPOOL_STEP - 8, 3 * SPOOL_STEP };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct spool *s = spool_new(&room);
        CHECK(spool_put(s, letters(c, places[i], 3)) && spool_put(s, STR("\r\n--xx")) && spool_put(s, letters(c, i * 40000, 9)));
        struct extent all = spool_all(s);
        CHECK(extent_find(&all, 0, STR("\r\n--xx")) == (int64_t)places[i]);
        CHECK(extent_find(&all, (int64_t)places[i] + 1, STR("\r\n--xx")) == -1);
        spool_drop(s);
    }
}

static bool count(void *arg, struct str bytes)
{
    size_t *n = arg;
    *n += bytes.n;
    return *n < 100000;
}

TEST(a_walk_goes_in_steps_and_ends_when_told)
{
    struct spool_room room = { .folder = "/tmp", .most = 1 << 20 };
    struct spool *s = spool_new(&room);
    size_t n = 0;
    CHECK(spool_put(s, letters(c, 300000, 1)));
    struct extent all = spool_all(s);
    CHECK(extent_walk(&all, count, &n) && n == 2 * SPOOL_STEP);
    spool_drop(s);
}

TEST(the_room_is_kept_and_given_back)
{
    struct spool_room room = { .folder = "/tmp", .most = 1000 };
    struct spool *s = spool_new(&room), *t = spool_new(&room);
    CHECK(spool_put(s, letters(c, 600, 1)) && !spool_put(t, letters(c, 401, 1)) && spool_put(t, letters(c, 400, 1)));
    CHECK(spool_hold(s) == s);
    spool_drop(s);
    CHECK(atomic_load(&room.used) == 1000);
    spool_keep(c, s);
    spool_keep(c, t);
    spool_end_call(c);
    CHECK(atomic_load(&room.used) == 0);
    room.folder = "/no/such/folder";
    CHECK(!spool_new(&room));
}

TEST(a_folder_without_nameless_files_will_do)
{
    struct spool_room room = { .folder = "/tmp", .most = 10 };
    int fd = open_named(room.folder);
    CHECK(fd >= 0);
    (void)close(fd);
}
