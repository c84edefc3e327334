/* Tests of containers: what we write is read again, X-Road's samples are read whole, and ZIP files that would harm who unpacks them are refused. */
#include "trust/asic.c"

#include "trust/signature.h"
#include "trust/test_container.h"

enum { FILES = 8, BYTES = 8 * 1024 * 1024 };

static void expect_fault(struct call *c, enum status st, const char *fault)
{
    CHECK(st == ST_INVALID);
    CHECK_STR(call_error(c)->fault, str_z(fault));
    CHECK(call_error(c)->sentence.n > 0);
    call_clear(c);
}

static struct str zip_of(struct call *c, const struct asic_entry *list, size_t n, bool is_stored)
{
    struct str zip = STR("");
    CHECK_OK(zip_write(c, &(struct asic){ list, n }, &(struct zip_form){ .is_stored = is_stored, .at_ms = 1795348800000 }, &zip));
    return zip;
}

/* patched: the same bytes with every `what` replaced by `with`, which is as long: a ZIP that no writer would make. */
static struct str patched(struct call *c, struct str zip, struct str what, struct str with)
{
    char *bytes = arena_alloc(c->arena, zip.n, 1);
    memcpy(bytes, zip.p, zip.n);
    CHECK(what.n == with.n);
    for (size_t at; (at = str_find(str_of(bytes, zip.n), what)) != SIZE_MAX;) memcpy(bytes + at, with.p, with.n);
    return str_of(bytes, zip.n);
}

TEST(what_is_written_is_read_again)
{
    static const struct asic_entry list[] = { { STR_INIT("a"), STR_INIT("one") }, { STR_INIT("b/c.xml"), STR_INIT("") }, { STR_INIT("chữ"), STR_INIT("three three three three three three") } };
    for (int is_stored = 0; is_stored < 2; is_stored++) {
        struct str zip = zip_of(c, list, 3, is_stored);
        struct asic read;
        CHECK_OK(zip_read(c, zip, 3, 100, &read));
        CHECK(read.n == 3);
        for (size_t i = 0; i < 3; i++) {
            CHECK_STR(read.entries[i].name, list[i].name);
            CHECK_STR(read.entries[i].bytes, list[i].bytes);
        }
        CHECK_STR(zip, zip_of(c, list, 3, is_stored));
    }
}

TEST(a_zip_over_the_limits_is_refused)
{
    const struct asic_entry list[] = { { STR("a"), STR("0123456789") }, { STR("b"), STR("0123456789") } };
    struct str zip = zip_of(c, list, 2, false);
    struct asic read;
    CHECK_OK(zip_read(c, zip, 2, 20, &read));
    expect_fault(c, zip_read(c, zip, 1, 20, &read), "asic_invalid_container");
    expect_fault(c, zip_read(c, zip, 2, 19, &read), "asic_invalid_container");
    char *zeros = arena_alloc(c->arena, BYTES, 1);
    memset(zeros, 0, BYTES);
    const struct asic_entry bomb = { STR("a"), str_of(zeros, BYTES) };
    for (int is_stored = 0; is_stored < 2; is_stored++) { /* a body that packs a thousandfold is no less a body: only the whole is bounded */
        CHECK_OK(zip_read(c, zip_of(c, &bomb, 1, is_stored), FILES, BYTES, &read));
        expect_fault(c, zip_read(c, zip_of(c, &bomb, 1, is_stored), FILES, BYTES - 1, &read), "asic_invalid_container");
    }
}

TEST(names_that_lead_elsewhere_or_come_twice_are_refused)
{
    static const char *const bad[] = { "../a", "/etc/passwd", "a/../../b", "a//b", "./a", "a\\b", "C:a", "a/." };
    struct asic read;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct asic_entry e = { str_z(bad[i]), STR("x") };
        print_message("%s\n", bad[i]);
        expect_fault(c, zip_read(c, zip_of(c, &e, 1, false), FILES, BYTES, &read), "asic_invalid_container");
    }
    const struct asic_entry twins[] = { { STR("message.xml"), STR("1") }, { STR("messagX.xml"), STR("2") } };
    struct str zip = zip_of(c, twins, 2, false);
    CHECK_OK(zip_read(c, zip, FILES, BYTES, &read));
    expect_fault(c, zip_read(c, patched(c, zip, STR("messagX"), STR("message")), FILES, BYTES, &read), "asic_invalid_container");
}

TEST(a_damaged_zip_is_refused)
{
    const struct asic_entry list[] = { { STR("a"), STR("the bytes of a") } };
    struct str zip = zip_of(c, list, 1, true);
    struct asic read;
    expect_fault(c, zip_read(c, STR(""), FILES, BYTES, &read), "asic_invalid_container");
    expect_fault(c, zip_read(c, STR("PK no zip"), FILES, BYTES, &read), "asic_invalid_container");
    expect_fault(c, zip_read(c, patched(c, zip, STR("bytes"), STR("bites")), FILES, BYTES, &read), "asic_invalid_container");
    for (size_t n = 0; n < zip.n; n++) expect_fault(c, zip_read(c, str_first(zip, n), FILES, BYTES, &read), "asic_invalid_container");
}

/* ---- containers ---- */

static struct asic_message plain_message(void)
{
    return (struct asic_message){ .message = STR("GET\r\n/r1/a\r\n"), .signature = STR("<signatures/>") };
}

TEST(a_container_has_the_files_that_belong_in_it)
{
    const struct str attachments[] = { STR("body") };
    struct asic_message m = plain_message();
    struct asic read;
    struct str zip;
    CHECK_OK(asic_write(c, &m, &zip));
    CHECK(str_ends(zip, STR("mimetype=application/vnd.etsi.asic-e+zip")));
    CHECK_OK(asic_read(c, zip, &read));
    CHECK(read.n == 4 && asic_find(&read, STR(ASIC_MANIFEST)) && !asic_find(&read, STR(ASIC_STAMP_MANIFEST)));
    m.attachments = attachments;
    m.nattachments = 1;
    m.chain_result = m.chain = m.stamp_result = m.stamp_chain = m.stamp = STR("<x/>");
    CHECK_OK(asic_write(c, &m, &zip));
    CHECK_OK(asic_read(c, zip, &read));
    CHECK(read.n == 11);
    CHECK_STR(asic_find_uri(&read, STR("/attachment1"))->bytes, STR("body"));
    CHECK(!asic_find_uri(&read, STR("attachment1")));
    struct str manifest_xml = asic_find(&read, STR(ASIC_MANIFEST))->bytes;
    CHECK(str_find(manifest_xml, STR("full-path=\"attachment1\"")) != SIZE_MAX && str_find(manifest_xml, STR("META-INF")) == SIZE_MAX);
}

static struct str without(struct call *c, const struct asic *all, const char *name)
{
    struct asic_entry *list = arena_array(c->arena, struct asic_entry, all->n);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (!str_eq(all->entries[i].name, str_z(name))) list[n++] = all->entries[i];
    CHECK(n + 1 == all->n);
    return zip_of(c, list, n, false);
}

TEST(a_container_with_a_file_missing_is_refused_with_its_fault)
{
    static const struct { const char *name, *fault; } cases[] = {
        { "mimetype", "asic_mime_type_not_found" }, { ASIC_MESSAGE, "asic_message_not_found" }, { ASIC_SIGNATURES, "asic_signature_not_found" },
        { ASIC_CHAIN, "asic_hash_chain_not_found" }, { ASIC_CHAIN_RESULT, "asic_hash_chain_result_not_found" }, { ASIC_STAMP_CHAIN, "asic_hash_chain_not_found" },
        { ASIC_STAMP_CHAIN_RESULT, "asic_hash_chain_result_not_found" }, { ASIC_STAMP, "asic_timestamp_not_found" }, { ASIC_STAMP_MANIFEST, "asic_manifest_not_found" },
    };
    struct asic_message m = plain_message();
    struct asic all, read;
    struct str zip;
    m.chain_result = m.chain = m.stamp_result = m.stamp_chain = m.stamp = STR("<x/>");
    CHECK_OK(asic_write(c, &m, &zip));
    CHECK_OK(asic_read(c, zip, &all));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s\n", cases[i].name);
        expect_fault(c, asic_read(c, without(c, &all, cases[i].name), &read), cases[i].fault);
    }
    expect_fault(c, asic_read(c, patched(c, zip_of(c, all.entries, all.n, true), STR("etsi.asic-e+zip"), STR("etsi.asic-s+zip")), &read), "asic_invalid_container");
    const struct asic_entry other = { STR("mimetype"), STR("application/zip") };
    expect_fault(c, asic_read(c, zip_of(c, &other, 1, false), &read), "asic_invalid_mime_type");
}

TEST(the_containers_of_x_road_are_read_whole)
{
    static const char *const names[] = { "invalid-digest", "invalid-hashchain-modified-message", "invalid-incorrect-references", "invalid-not-signed-hashchain", "invalid-signed-hashchain",
                                         "invalid-ts-hashchainresult", "valid-batch-ts", "valid-non-batch-rest", "valid-non-batch-soap-attachments", "valid-signed-hashchain", "valid-signed-message",
                                         "wrong-message" };
    SAMPLES
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str zip = sample(c, str_to_z(c->arena, str_join(c->arena, STR("asic/"), str_z(names[i]), STR(".asice"), STR_END)));
        struct asic read;
        CHECK_OK(asic_read(c, zip, &read));
        for (size_t k = 0; k < read.n; k++) CHECK_STR(read.entries[k].bytes, container_entry(c, zip, read.entries[k].name));
    }
    /* the form of 2012, whose message has another name */
    struct asic read;
    expect_fault(c, asic_read(c, sample(c, "asic/attachments.asice"), &read), "asic_message_not_found");
}

TEST(only_numbered_attachments_are_attachments)
{
    static const char *const good[] = { "/attachment1", "/attachment23" }, *const bad[] = { "attachment1", "/attachment", "/attachment0", "/attachment01", "/attachment1x", "/attachments1", "/attachment1234567890" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) CHECK(asic_is_attachment(str_z(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!asic_is_attachment(str_z(bad[i])));
}
