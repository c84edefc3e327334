/* Tests of directory_set.c: which sets of files make a picture. Their digests are right; what is signed is tested in directory_signed_test.c. */
#include "exchange/directory/directory_set.c"

#include "base/test.h"

#define PARAMS(instance) "<c:conf xmlns:c=\"" DIRECTORY_NS "\"><instanceIdentifier>" instance "</instanceIdentifier></c:conf>"

struct given { const char *identifier, *instance, *xml; };
static const struct given SHARED = { "SHARED-PARAMETERS", "VN", PARAMS("VN") }, PRIVATE = { "PRIVATE-PARAMETERS", "VN", PARAMS("VN") };

static enum status build(struct call *c, bool own, const struct given *list, size_t n, struct directory **ret)
{
    struct nation_way way = { .instance = STR("VN"), .own = own };
    struct signed_file *files = arena_array(c->arena, struct signed_file, n);
    struct signed_directory s = { .version = DIRECTORY_VERSION_MOST, .files = files, .nfiles = n };
    struct dir_set set = { .n = n };
    for (size_t i = 0; i < n; i++) {
        set.identifiers[i] = str_z(list[i].identifier);
        set.bytes[i] = str_z(list[i].xml);
        files[i] = (struct signed_file){ set.identifiers[i], str_z(list[i].instance), STR("/V6/1/x.xml"), trust_digest(c->arena, DIGEST_SHA512, set.bytes[i]), DIGEST_SHA512 };
    }
    return directory__build(c, &way, &s, &files[0], &set, ret);
}

TEST(the_directory_for_other_nations_is_not_taken_for_our_own)
{
    const struct given external[] = { SHARED }, twice[] = { SHARED, PRIVATE, PRIVATE }, foreign[] = { SHARED, { "PRIVATE-PARAMETERS", "LA", PARAMS("LA") } };
    const struct { const struct given *list; size_t n; } bad[] = { { external, 1 }, { twice, 3 }, { foreign, 2 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        DIRECTORY d = NULL;
        CHECK(build(c, true, bad[i].list, bad[i].n, &d) == ST_DENIED);
        CHECK_STR(call_error(c)->fault, STR("malformed_global_conf"));
        call_clear(c);
    }
    DIRECTORY d = NULL;
    CHECK_OK(build(c, false, external, 1, &d)); /* that is what another nation gives us */
}

TEST(the_directory_for_members_has_private_parameters)
{
    const struct given internal[] = { SHARED, PRIVATE };
    DIRECTORY d = NULL;
    CHECK_OK(build(c, true, internal, 2, &d));
    CHECK_STR(d->instance, STR("VN"));
}

TEST(only_files_that_are_for_us_are_fetched)
{
    static const struct { const char *identifier, *instance; bool own, taken; } rows[] = {
        { "SHARED-PARAMETERS", "VN", true, true }, { "SHARED-PARAMETERS", "LA", true, false }, { "SHARED-PARAMETERS", "VN", false, true }, { "SHARED-PARAMETERS", "LA", false, false },
        { "PRIVATE-PARAMETERS", "VN", true, true }, { "PRIVATE-PARAMETERS", "VN", false, false }, { "NEXTUPDATE", "VN", true, true }, { "SOMETHING-NEW", "VN", true, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct nation_way way = { .instance = STR_INIT("VN"), .own = rows[i].own };
        const struct signed_file file = { .identifier = str_z(rows[i].identifier), .instance = str_z(rows[i].instance) };
        CHECK(directory__takes(&way, &file) == rows[i].taken);
    }
}
