/* Tests of judging containers: each of X-Road's own comes out as the reference says (x-road 5.5), and a good one that is changed in any way does not hold. */
#include "exchange/evidence/evidence.c"

#include "base/test.h"
#include "trust/test_sample.h"

/* ---- X-Road's own containers ---- */

static const struct { const char *name, *fault; const char *unsure /* a part that is not proved, though the container holds */; } containers[] = {
    { "valid-signed-message", "", NULL },
    { "valid-batch-ts", "", NULL },
    { "valid-non-batch-rest", "", NULL },
    { "valid-non-batch-soap-attachments", "", NULL },
    { "valid-signed-hashchain", "", "attachment1" },
    { "invalid-not-signed-hashchain", "", "sig-hashchain.xml" },
    { "wrong-message", "invalid_signature_value", NULL },
    { "invalid-digest", "invalid_signature_value", NULL },
    { "invalid-signed-hashchain", "malformed_signature.invalid_hash_chain_ref", NULL },
    { "invalid-hashchain-modified-message", "malformed_signature.hashchain_unused_inputs", NULL },
    { "invalid-incorrect-references", "malformed_signature", NULL },
    { "invalid-ts-hashchainresult", "malformed_signature", NULL },
    { "attachments", "asic_message_not_found", NULL },
};

static struct str container(struct call *c, const char *name)
{
    return sample(c, str_to_z(c->arena, str_join(c->arena, STR("asic/"), str_z(name), STR(".asice"), STR_END)));
}

static struct str conf_folder(struct call *c, const char *name) { return file_path(c->arena, sample_folder(c), str_print(c->arena, "globalconf/%s", name)); }

static const struct evidence_part *find_part(const struct evidence *e, const char *name)
{
    for (size_t i = 0; i < e->n; i++)
        if (str_eq(e->parts[i].name, str_z(name))) return &e->parts[i];
    return NULL;
}

static struct evidence *judged(struct call *c, struct str zip, const struct evidence_trust *by, const char *fault)
{
    struct evidence *e = arena_new(c->arena, struct evidence);
    enum status st = evidence__judge(c, zip, by, e);
    if (!str_eq(e->fault, str_z(fault))) print_error("%.*s\n", STR_ARG(e->sentence));
    CHECK_STR(e->fault, str_z(fault));
    CHECK((st == ST_OK) == !e->fault.n && (st == ST_OK || e->sentence.n));
    call_clear(c);
    return e;
}

TEST(the_containers_of_x_road_come_out_as_the_reference_says)
{
    SAMPLES
    EVIDENCE_TRUST by = { 0 };
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good2_v3"), &by));
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++) {
        print_message("%s\n", containers[i].name);
        const struct evidence *e = judged(c, container(c, containers[i].name), &by, containers[i].fault);
        if (containers[i].fault[0]) continue;
        CHECK(find_part(e, "message.xml")->state == EVIDENCE_GOOD && find_part(e, "certificate")->state == EVIDENCE_GOOD && find_part(e, "status")->state == EVIDENCE_GOOD);
        CHECK(e->stamped_ms > e->signed_ms && e->sender.id.member.n);
        for (size_t k = 0; k < e->n; k++) CHECK(e->parts[k].state == EVIDENCE_GOOD || containers[i].unsure);
        if (containers[i].unsure) CHECK(find_part(e, containers[i].unsure)->state >= EVIDENCE_ABSENT);
    }
}

TEST(who_is_not_in_the_configuration_is_not_believed)
{
    SAMPLES
    EVIDENCE_TRUST by = { 0 };
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good_v3"), &by));
    const struct evidence *e = judged(c, container(c, "valid-batch-ts"), &by, "malformed_signature");
    CHECK(find_part(e, "time-stamp")->state == EVIDENCE_BROKEN && find_part(e, "certificate")->state == EVIDENCE_UNKNOWN);
}

/* As the nation allows the answer about the status less and less age, it becomes too old at the time-stamp first and at the signature later: in between the sentence is about the
 * time-stamp that came late, and the verdict is what it would be otherwise. */
TEST(a_time_stamp_that_came_too_late_for_the_status_is_told)
{
    SAMPLES
    enum { MOST_S = 600, LEAST_S = 200 }; /* around the age of the answer in this container */
    EVIDENCE_TRUST by = { 0 };
    const struct str late = STR("The message says that it was signed at ");
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good2_v3"), &by));
    struct str zip = container(c, "valid-batch-ts");
    int good = 0, told_late = 0, old = 0;
    for (int fresh_s = MOST_S; fresh_s >= LEAST_S; fresh_s--) {
        for (size_t i = 0; i < by.n; i++) by.list[i]->ocsp_fresh_s = fresh_s;
        struct evidence *e = arena_new(c->arena, struct evidence);
        if (evidence__judge(c, zip, &by, e) == ST_OK) {
            CHECK(!told_late && !old);
            good++;
            continue;
        }
        call_clear(c);
        CHECK_STR(e->fault, STR("incorrect_validation_info"));
        CHECK(find_part(e, "status")->state == EVIDENCE_BROKEN && find_part(e, "certificate")->state == EVIDENCE_GOOD);
        bool is_late = str_starts(e->sentence, late);
        CHECK(!is_late || !old);
        told_late += is_late;
        old += !is_late;
    }
    print_message("good %d, late %d, old %d\n", good, told_late, old);
    CHECK(good && told_late);
}

/* ---- a good one changed ---- */

/* rebuilt: with a file put in the place of another, added or (bytes.p NULL) left out. */
static struct str rebuilt(struct call *c, const struct asic *all, const char *name, struct str bytes)
{
    struct asic_entry *list = arena_array(c->arena, struct asic_entry, all->n + 1);
    struct str zip = STR("");
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (!str_eq(all->entries[i].name, str_z(name))) list[n++] = all->entries[i];
    if (bytes.p) list[n++] = (struct asic_entry){ str_z(name), bytes };
    CHECK_OK(zip_write(c, &(struct asic){ list, n }, &(struct zip_form){ .at_ms = 0 }, &zip));
    return zip;
}

static struct str bytes_of(const struct asic *all, const char *name) { return asic_find(all, str_z(name))->bytes; }

TEST(every_file_of_a_container_counts)
{
    SAMPLES
    EVIDENCE_TRUST by = { 0 };
    struct asic a, other;
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good2_v3"), &by));
    CHECK_OK(asic_read(c, container(c, "valid-non-batch-soap-attachments"), &a));
    CHECK_OK(asic_read(c, container(c, "valid-batch-ts"), &other));
    (void)judged(c, rebuilt(c, &a, "message.xml", bytes_of(&a, "message.xml")), &by, "");
    CHECK(find_part(judged(c, rebuilt(c, &a, "attachment2", (struct str){ 0 }), &by, ""), "attachment2")->state == EVIDENCE_ABSENT);
    CHECK(find_part(judged(c, rebuilt(c, &a, "more.txt", STR("x")), &by, ""), "more.txt")->state == EVIDENCE_UNSIGNED);
    (void)judged(c, rebuilt(c, &a, "attachment1", STR("another")), &by, "invalid_signature_value");
    (void)judged(c, rebuilt(c, &a, "attachment3", STR("put in")), &by, "malformed_signature");
    (void)judged(c, rebuilt(c, &a, "message.xml", bytes_of(&other, "message.xml")), &by, "invalid_signature_value");
    (void)judged(c, rebuilt(c, &a, ASIC_SIGNATURES, bytes_of(&other, ASIC_SIGNATURES)), &by, "malformed_signature");
    (void)judged(c, rebuilt(c, &a, ASIC_STAMP, bytes_of(&other, ASIC_STAMP)), &by, "malformed_signature");
    (void)judged(c, rebuilt(c, &a, ASIC_STAMP_CHAIN_RESULT, bytes_of(&other, ASIC_STAMP_CHAIN_RESULT)), &by, "malformed_signature");
    (void)judged(c, rebuilt(c, &a, ASIC_STAMP_CHAIN, bytes_of(&other, ASIC_STAMP_CHAIN)), &by, "malformed_signature");
    (void)judged(c, rebuilt(c, &a, ASIC_STAMP, (struct str){ 0 }), &by, "asic_timestamp_not_found");
}

TEST(nothing_hides_in_meta_inf)
{
    SAMPLES
    EVIDENCE_TRUST by = { 0 };
    struct asic batch, alone;
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good2_v3"), &by));
    CHECK_OK(asic_read(c, container(c, "valid-batch-ts"), &batch));
    CHECK_OK(asic_read(c, container(c, "valid-signed-message"), &alone));
    CHECK(find_part(judged(c, rebuilt(c, &batch, "META-INF/contract.pdf", STR("%PDF")), &by, ""), "META-INF/contract.pdf")->state == EVIDENCE_UNSIGNED);
    CHECK(find_part(judged(c, rebuilt(c, &batch, ASIC_MANIFEST, STR("garbage")), &by, ""), ASIC_MANIFEST)->state == EVIDENCE_UNSIGNED);
    CHECK(find_part(judged(c, rebuilt(c, &alone, ASIC_STAMP_MANIFEST, STR("garbage")), &by, ""), ASIC_STAMP_MANIFEST)->state == EVIDENCE_UNSIGNED);
    CHECK(find_part(judged(c, rebuilt(c, &batch, ASIC_STAMP_MANIFEST, STR("garbage")), &by, "asic_invalid_container"), "manifest")->state == EVIDENCE_BROKEN);
}

TEST(a_manifest_is_about_the_files_beside_it)
{
    SAMPLES
    static const struct { const char *from, *to; } changes[] = { { "DigestValue>", "DigestValue>AAAA" }, { "URI=\"ts-hashchainresult.xml\"", "URI=\"message.xml\"" }, { "URI=\"ts-hashchainresult.xml\"", "URI=\"other.xml\"" },
        { "URI=\"META-INF/timestamp.tst\"", "URI=\"META-INF/other.tst\"" }, { "DataObjectReference", "DataObjectRemark" }, { "ASiCManifest ", "OtherManifest " }, { "2918/v1.2.1#", "2918/v9#" } };
    EVIDENCE_TRUST by = { 0 };
    struct asic a;
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good2_v3"), &by));
    CHECK_OK(asic_read(c, container(c, "valid-batch-ts"), &a));
    struct str xml = bytes_of(&a, ASIC_STAMP_MANIFEST);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct str from = str_z(changes[i].from);
        size_t at = str_find(xml, from);
        CHECK(at < xml.n);
        (void)judged(c, rebuilt(c, &a, ASIC_STAMP_MANIFEST, str_join(c->arena, str_first(xml, at), str_z(changes[i].to), str_skip(xml, at + from.n), STR_END)), &by, "asic_invalid_container");
    }
}

TEST(a_token_of_another_signature_proves_nothing)
{
    SAMPLES
    EVIDENCE_TRUST by = { 0 };
    struct asic a, other;
    CHECK_OK(evidence__read_conf(c, conf_folder(c, "globalconf_good2_v3"), &by));
    CHECK_OK(asic_read(c, container(c, "valid-signed-message"), &a));
    CHECK_OK(asic_read(c, container(c, "valid-signed-hashchain"), &other));
    struct str open = STR("<xades:EncapsulatedTimeStamp"), close = STR("</xades:EncapsulatedTimeStamp>"), mine = bytes_of(&a, ASIC_SIGNATURES), theirs = bytes_of(&other, ASIC_SIGNATURES);
    size_t from = str_find(mine, open), to = str_find(mine, close), their_from = str_find(theirs, open), their_to = str_find(theirs, close);
    CHECK(from < to && to < mine.n && their_from < their_to && their_to < theirs.n);
    struct str mixed = str_join(c->arena, str_first(mine, from), str_skip(str_first(theirs, their_to), their_from), str_skip(mine, to), STR_END);
    const struct evidence *e = judged(c, rebuilt(c, &a, ASIC_SIGNATURES, mixed), &by, "malformed_signature");
    CHECK(find_part(e, "signature")->state == EVIDENCE_GOOD && find_part(e, "time-stamp")->state == EVIDENCE_BROKEN);
}

TEST(a_folder_without_a_configuration_is_told)
{
    EVIDENCE_TRUST by = { 0 };
    CHECK(evidence__read_conf(c, STR("/nowhere/at/all"), &by) == ST_NOT_FOUND);
    call_clear(c);
    CHECK(evidence__read_conf(c, STR("/proc/self/task"), &by) == ST_NOT_FOUND);
}
