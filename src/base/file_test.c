/* file_test.c: in a folder of its own that each test makes and empties. */
#include "base/file.c"

#include <stdlib.h>

#include "base/log.h"
#include "base/test.h"

static struct str new_folder(struct call *c)
{
    char name[] = "/tmp/sen-file-test-XXXXXX";
    CHECK(mkdtemp(name) != NULL);
    return str_copy(c->arena, str_z(name));
}

static void drop(struct call *c, struct str path) { (void)remove(str_to_z(c->arena, path)); }

TEST(what_is_written_is_read_with_its_mode)
{
    struct str folder = new_folder(c), path = file_path(c->arena, folder, STR("pin")), text;
    struct stat info;
    CHECK_OK(file_write(c, path, STR("one"), 0600));
    CHECK_OK(file_write(c, path, STR("second\0content"), 0640));
    CHECK_OK(file_read(c, path, 100, &text));
    CHECK_STR(text, STR("second\0content"));
    CHECK(stat(str_to_z(c->arena, path), &info) == 0 && (info.st_mode & 0777) == 0640);
    drop(c, path);
    CHECK(rmdir(str_to_z(c->arena, folder)) == 0); /* so no temporary name was left */
}

TEST(an_empty_file_is_an_empty_text)
{
    struct str path = file_path(c->arena, new_folder(c), STR("empty")), text = STR("old");
    CHECK_OK(file_write(c, path, STR(""), 0600));
    CHECK_OK(file_read(c, path, 0, &text));
    CHECK(text.n == 0);
    drop(c, path);
}

TEST(the_limit_is_exact)
{
    struct str path = file_path(c->arena, new_folder(c), STR("f")), text = STR("old");
    CHECK_OK(file_write(c, path, STR("12345"), 0600));
    CHECK(file_read(c, path, 4, &text) == ST_TOO_LARGE);
    CHECK_STR(text, STR("old"));
    CHECK(str_find(call_error(c)->sentence, STR("at most 4 bytes")) != SIZE_MAX);
    call_clear(c);
    CHECK_OK(file_read(c, path, 5, &text));
    drop(c, path);
}

TEST(files_that_tell_no_size_are_read_too)
{
    struct str text;
    CHECK_OK(file_read(c, STR("/proc/self/status"), 1 << 20, &text));
    CHECK(str_starts(text, STR("Name:")));
    CHECK(file_read(c, STR("/proc/self/status"), 10, &text) == ST_TOO_LARGE);
}

TEST(a_file_without_an_end_is_read_up_to_the_limit)
{
    struct str text;
    CHECK(file_read(c, STR("/dev/zero"), 66 * 1024 * 1024, &text) == ST_TOO_LARGE); /* within the memory of a call */
}

TEST(what_cannot_be_read_says_why)
{
    struct str text;
    CHECK(file_read(c, STR("/no/such/file"), 10, &text) == ST_NOT_FOUND);
    call_clear(c);
    CHECK(file_read(c, STR("/tmp"), 10, &text) == ST_INVALID);
    call_clear(c);
    CHECK(file_read(c, STR("/tmp/a\0b"), 10, &text) == ST_INVALID);
    call_clear(c);
    CHECK(file_read(c, STR(""), 10, &text) == ST_INVALID);
}

TEST(a_write_that_fails_leaves_nothing)
{
    struct str folder = new_folder(c), inner = file_path(c->arena, folder, STR("taken"));
    CHECK_OK(file_make_folder(c, inner, 0700));
    CHECK_OK(file_write(c, file_path(c->arena, inner, STR("x")), STR("x"), 0600));
    log_least(LOG_ERROR);
    CHECK(file_write(c, inner, STR("a file where a folder is"), 0600) == ST_UNAVAILABLE);
    log_least(LOG_INFO);
    drop(c, file_path(c->arena, inner, STR("x")));
    CHECK(rmdir(str_to_z(c->arena, inner)) == 0 && rmdir(str_to_z(c->arena, folder)) == 0);
}

TEST(folders_are_made_with_their_parents)
{
    struct str folder = new_folder(c), deep = file_path(c->arena, folder, STR("a/b/c/"));
    CHECK_OK(file_make_folder(c, deep, 0700));
    CHECK_OK(file_make_folder(c, deep, 0700));
    CHECK(file_exists(c, deep) && !file_exists(c, file_path(c->arena, folder, STR("z"))));
    CHECK_OK(file_write(c, file_path(c->arena, folder, STR("a/f")), STR(""), 0600));
    CHECK(file_make_folder(c, file_path(c->arena, folder, STR("a/f")), 0700) == ST_CONFLICT);
}

TEST(paths)
{
    CHECK_STR(file_path(c->arena, STR("/n"), STR("keys/a")), STR("/n/keys/a"));
    CHECK_STR(file_path(c->arena, STR("/n/"), STR("a")), STR("/n/a"));
    CHECK_STR(file_path(c->arena, STR("/n"), STR("/etc/a")), STR("/etc/a"));
    CHECK_STR(file_path(c->arena, STR(""), STR("a")), STR("a"));
}
