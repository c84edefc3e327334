/* Tests of directory_signed.c: documents that a central server signed (samples), our own, every byte of them changed, expired, of another nation. */
#include "exchange/directory/directory_signed.c"

#include <stdlib.h>

#include "base/file.h"
#include "trust/test_trust.h"

static struct str sample(struct call *c, const char *path)
{
    const char *root = getenv("SEN_SAMPLES");
    struct str text, full = str_join(c->arena, str_z(root ? root : "../shared/data/x-road"), STR("/"), str_z(path), STR_END);
    if (file_exists(c, full) && file_read(c, full, DOCUMENT_MAX, &text) == ST_OK) return text;
    call_clear(c);
    print_message("skipped: no sample %s\n", path);
    skip();
    return STR("");
}

static struct str of_set(struct call *c, const char *folder, const char *name)
{
    return sample(c, str_to_z(c->arena, str_join(c->arena, STR("signed-configuration/"), str_z(folder), STR("/"), str_z(name), STR_END)));
}

/* Every signed output of a central server among the samples, both for its members and for federated nations: accepted with the certificates of its own shared parameters;
 * that of version 6 for members names others there, and is the one of the sample anchor; and the one for other nations was made before its parameters changed. */
static const struct { const char *folder, *stamp, *instance; int version; } sets[] = {
    { "V3", "20240408142911166434000", "CS", 3 }, { "V4", "20240529203822880997000", "DEV", 4 }, { "V5", "20250303143911136407000", "DEV", 5 }, { "V6", "20251110170000548026000", "DEV", 6 } };

static void check_document(struct call *c, size_t i, const char *name, struct str shared, const struct str *certs, size_t ncerts, size_t files, bool matches)
{
    struct signed_directory s;
    const struct signed_file *file;
    CHECK_OK(directory__read_signed(c, of_set(c, sets[i].folder, name), &s));
    CHECK(s.version == sets[i].version && s.nfiles == files);
    CHECK_OK(directory__verify(c, &s, str_z(sets[i].instance), certs, ncerts, &file));
    CHECK(str_eq(trust_digest(c->arena, file->alg, shared), file->digest) == matches);
    CHECK(directory__verify(c, &s, STR("VN"), certs, ncerts, &file) == ST_DENIED);
    call_clear(c);
    c->now_ms = s.expires_ms;
    CHECK(directory__verify(c, &s, str_z(sets[i].instance), certs, ncerts, &file) == ST_UNAVAILABLE);
    CHECK_STR(call_error(c)->fault, STR("global_conf_outdated"));
    call_clear(c);
    c->now_ms = TEST_NOW_MS;
}

TEST(every_signed_configuration_of_the_samples)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        DIRECTORY d = NULL;
        struct anchor a;
        struct str shared = of_set(c, sets[i].folder, str_to_z(c->arena, str_join(c->arena, str_z(sets[i].stamp), STR("/shared-params.xml"), STR_END)));
        CHECK_OK(directory__read_params(c, shared, sets[i].version, &d));
        CHECK_OK(directory__read_anchor(c, sample(c, "anchor/configuration_anchor_CS_internal.xml"), &a));
        bool by_anchor = sets[i].version == 6;
        check_document(c, i, "internalconf", shared, by_anchor ? a.sources[0].certs : d->sources[0].internal, by_anchor ? a.sources[0].ncerts : d->sources[0].ninternal, 2, true);
        check_document(c, i, "externalconf", shared, d->sources[0].external, d->sources[0].nexternal, 1, sets[i].version != 6);
    }
}

TEST(sample_of_version_6_is_accepted)
{
    struct signed_directory s;
    struct anchor a;
    const struct signed_file *file;
    CHECK_OK(directory__read_anchor(c, sample(c, "anchor/configuration_anchor_CS_internal.xml"), &a));
    CHECK_OK(directory__read_signed(c, sample(c, "signed-configuration/V6/internalconf"), &s));
    CHECK(s.version == 6 && s.nfiles == 2);
    CHECK_OK(directory__verify(c, &s, STR("DEV"), a.sources[0].certs, a.sources[0].ncerts, &file));
    CHECK_STR(file->location, STR("/V6/20251110170000548026000/shared-params.xml"));
}

/* ---- our own ---- */

struct made { struct test_trust t; struct str cert, document, params; };

static void make(struct call *c, struct made *m)
{
    const struct cert_subject subject = { .cn = STR_INIT("VN directory"), .o = STR_INIT("VN") };
    *m = (struct made){ .params = STR_INIT("<conf/>") };
    test_trust_open(c, &m->t);
    const struct key *k = test_trust_key(c, KEY_CONF, KEY_P256);
    CHECK_OK(ca_self_signed(c, k, &subject, CERT_CONF, c->now_ms - 1000, c->now_ms + 1000000, &m->cert));
    const struct write_file file = { STR_INIT("SHARED-PARAMETERS"), STR_INIT("/V6/1/shared-params.xml"), m->params };
    CHECK_OK(directory__write_signed(c, k, m->cert, &(struct write_document){ 6, STR_INIT("VN"), &file, 1, c->now_ms + 600000 }, &m->document));
}

TEST(what_is_written_reads_and_verifies)
{
    struct made m;
    struct signed_directory s;
    const struct signed_file *file;
    make(c, &m);
    CHECK_OK(directory__read_signed(c, m.document, &s));
    CHECK(s.version == 6 && s.expires_ms == c->now_ms + 600000);
    CHECK_OK(directory__verify(c, &s, STR("VN"), &m.cert, 1, &file));
    CHECK_STR(file->instance, STR("VN"));
    CHECK_STR(file->digest, trust_digest(c->arena, DIGEST_SHA512, m.params));
    test_trust_close(c, &m.t);
}

TEST(expired_foreign_and_unsigned_documents_are_refused)
{
    struct made m;
    struct signed_directory s;
    const struct signed_file *file;
    make(c, &m);
    CHECK_OK(directory__read_signed(c, m.document, &s));
    CHECK(directory__verify(c, &s, STR("LA"), &m.cert, 1, &file) == ST_DENIED);
    call_clear(c);
    CHECK(directory__verify(c, &s, STR("VN"), NULL, 0, &file) == ST_DENIED);
    call_clear(c);
    c->now_ms = s.expires_ms;
    CHECK(directory__verify(c, &s, STR("VN"), &m.cert, 1, &file) == ST_UNAVAILABLE);
    CHECK_STR(call_error(c)->fault, STR("global_conf_outdated"));
    test_trust_close(c, &m.t);
}

TEST(no_byte_of_what_is_signed_can_be_changed)
{
    struct made m;
    struct signed_directory s;
    const struct signed_file *file;
    make(c, &m);
    CHECK_OK(directory__read_signed(c, m.document, &s));
    size_t from = (size_t)(s.signed_bytes.p - m.document.p), to = from + s.signed_bytes.n;
    char *bytes = arena_alloc(c->arena, m.document.n, 1);
    memcpy(bytes, m.document.p, m.document.n);
    for (size_t i = from; i < to; i++) {
        bytes[i] = (char)(bytes[i] ^ 1);
        call_clear(c);
        CHECK(directory__read_signed(c, str_of(bytes, m.document.n), &s) != ST_OK || directory__verify(c, &s, STR("VN"), &m.cert, 1, &file) != ST_OK);
        bytes[i] = (char)(bytes[i] ^ 1);
    }
    test_trust_close(c, &m.t);
}
