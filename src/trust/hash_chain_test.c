/* Tests of hash chains: the vector of the reference, X-Road's samples, what we write ourselves, and everything that must be refused. */
#include "trust/hash_chain.c"

#include "trust/test_container.h"
#include "trust/xades_quick.h"

#define DOC(steps) "<h:HashChain xmlns:h=\"" HASH_CHAIN_NS "\" xmlns=\"" HASH_CHAIN_DS "\"><h:DefaultDigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>" steps "</h:HashChain>"
#define ZERO "<DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</DigestValue>"
#define ANY_RESULT \
    STR("<h:HashChainResult xmlns:h=\"" HASH_CHAIN_NS "\" xmlns=\"" HASH_CHAIN_DS "\" URI=\"/sig-hashchain.xml#STEP0\">" \
        "<DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>" ZERO "</h:HashChainResult>")

static struct signed_part part_of(struct call *c, const char *name, enum digest alg, struct str bytes)
{
    return (struct signed_part){ str_z(name), alg, trust_digest(c->arena, alg, bytes) };
}

static void expect_fault(struct call *c, enum status st, const char *fault)
{
    CHECK(st == ST_INVALID);
    CHECK_STR(call_error(c)->fault, str_z(fault));
    CHECK(call_error(c)->sentence.n > 0);
    call_clear(c);
}

TEST(a_step_has_the_value_of_the_reference)
{
    struct hash_link links[2] = { { .alg = DIGEST_SHA512 }, { .alg = DIGEST_SHA512 } };
    CHECK(decode_base64(c->arena, STR("ycj4fW7R7qcjZwYGjJyjyUmBClLy0xjJ+3WU7p+q//RZek9F8WYm5JyIo49NZWJiVnlGZhc+SGC2Wno8FYf1aw=="), &links[0].digest));
    CHECK(decode_base64(c->arena, STR("VAtk43BQB3cLYioR+8zS7oK8LntwXtlOPoyDwGlTo1mi0dcn5wpxNQgjkmtEnZKJkLOyRqxfZwW3STwMX+YNOA=="), &links[1].digest));
    CHECK_STR(encode_base64(c->arena, hash_chain__step_value(c->arena, DIGEST_SHA512, links, 2)), STR("HwxvB7PJEw7VyXIiTy1u5XDJjFVcylGNUSZLjjhoPESPJesQxsWO0yFEEhAyk0piW5Hm1flJ8dWD6QcaS6ADTg=="));
}

TEST(the_samples_of_x_road_hold)
{
    SAMPLES
    struct signed_part message = part_of(c, "/message.xml", DIGEST_SHA256, sample(c, "hash-chain/hc-verifier1-message.xml"));
    CHECK_OK(hash_chain_check(c, sample(c, "hash-chain/hc-verifier1-hashchainresult.xml"), sample(c, "hash-chain/hc-verifier1-hashchain.xml"), &message, 1));
    /* transforms: of a file in a container, not of a message */
    message = part_of(c, "/message.xml", DIGEST_SHA256, sample(c, "hash-chain/hc-verifier3-message.xml"));
    expect_fault(c, hash_chain_check(c, sample(c, "hash-chain/hc-verifier3-hashchainresult.xml"), sample(c, "hash-chain/hc-verifier3-hashchain.xml"), &message, 1),
                 "unsupported_algorithm");
    expect_fault(c, hash_chain_check(c, sample(c, "hash-chain/hc-verifier3-hashchainresult.xml"), sample(c, "hash-chain/hc-verifier3-hashchain-invalid.xml"), &message, 1),
                 "invalid_hash_chain_ref");
    expect_fault(c, hash_chain_check(c, sample(c, "hash-chain/hc-verifier3-hashchainresult.xml"), sample(c, "hash-chain/hc-verifier5-hashchain-invalid-schema.xml"), &message, 1),
                 "malformed_hash_chain");
    /* a chain spread over two documents: only in a container */
    expect_fault(c, hash_chain_check(c, sample(c, "hash-chain/hc-verifier4-hashchainresult.xml"), sample(c, "hash-chain/hc-verifier4-hashchain1.xml"), &message, 1),
                 "invalid_reference");
}

/* Four parts whose digests are one byte each: only how the steps hang together counts. */
TEST(a_chain_with_attachments_of_x_road_holds)
{
    SAMPLES
    struct str result = sample(c, "hash-chain/hc-verifier2-hashchainresult.xml"), chain = sample(c, "hash-chain/hc-verifier2-hashchain.xml");
    struct signed_part parts[] = { { STR("/message.xml"), DIGEST_SHA256, STR("\x0b") }, { STR("/attachment1"), DIGEST_SHA256, STR("\x0c") },
                                   { STR("/attachment2"), DIGEST_SHA256, STR("\x0d") }, { STR("/attachment3"), DIGEST_SHA256, STR("\x0e") } };
    CHECK_OK(hash_chain_check(c, result, chain, parts, 4));
    expect_fault(c, hash_chain_check(c, result, chain, parts, 3), "invalid_reference");
    parts[3].digest = STR("\x0f");
    expect_fault(c, hash_chain_check(c, result, chain, parts, 4), "invalid_hash_chain_ref");
}

/* ---- chains over files ---- */

/* The samples as files of a container, under the names that the chains use. */
static const struct { const char *result, *chain, *second, *message, *fault; } over_files[] = {
    { "hc-verifier1-hashchainresult.xml", "hc-verifier1-hashchain.xml", NULL, "hc-verifier1-message.xml", NULL },
    { "hc-verifier3-hashchainresult.xml", "hc-verifier3-hashchain.xml", NULL, "hc-verifier3-message.xml", NULL },
    { "hc-verifier3-hashchainresult.xml", "hc-verifier3-hashchain-invalid.xml", NULL, "hc-verifier3-message.xml", "invalid_hash_chain_ref" },
    { "hc-verifier3-hashchainresult.xml", "hc-verifier5-hashchain-invalid-schema.xml", NULL, "hc-verifier3-message.xml", "malformed_hash_chain" },
    { "hc-verifier4-hashchainresult.xml", "hc-verifier4-hashchain1.xml", "hc-verifier4-hashchain2.xml", "hc-verifier4-message.xml", NULL },
    { "hc-verifier4-hashchainresult.xml", "hc-verifier4-hashchain1.xml", NULL, "hc-verifier4-message.xml", "invalid_reference" },
    { "hc-verifier4-hashchainresult.xml", "hc-verifier4-hashchain1.xml", "hc-verifier4-hashchain2.xml", "hc-verifier3-message.xml", "invalid_hash_chain_ref" },
    { "hc-verifier3-hashchainresult.xml", "hc-verifier1-hashchain.xml", NULL, "hc-verifier1-message.xml", "invalid_hash_chain" },
};

static struct str chain_sample(struct call *c, const char *name) { return sample(c, str_to_z(c->arena, str_join(c->arena, STR("hash-chain/"), str_z(name), STR_END))); }

TEST(the_samples_of_x_road_hold_over_files)
{
    SAMPLES
    for (size_t i = 0; i < sizeof over_files / sizeof *over_files; i++) {
        struct asic_entry list[3] = { { STR("message.xml"), chain_sample(c, over_files[i].message) }, { STR("hashchain.xml"), chain_sample(c, over_files[i].chain) } };
        struct asic files = { list, over_files[i].second ? 3 : 2 };
        struct covered *covered = arena_new(c->arena, struct covered);
        if (over_files[i].second) list[2] = (struct asic_entry){ STR("hashchain2.xml"), chain_sample(c, over_files[i].second) };
        covered->needed = STR("/message.xml");
        print_message("%s, %s\n", over_files[i].chain, over_files[i].message);
        enum status st = hash_chain_check_files(c, chain_sample(c, over_files[i].result), &files, covered);
        if (over_files[i].fault) {
            expect_fault(c, st, over_files[i].fault);
            continue;
        }
        CHECK_OK(st);
        CHECK(covered_find(covered, STR("/message.xml"))->is_present);
    }
}

static struct str step_in(struct call *c, const char *steps)
{
    return str_join(c->arena, STR(HASH_CHAIN_HEAD), str_z(steps), STR(HASH_CHAIN_END), STR_END);
}

/* Two documents that lead to each other, and a document that leads back into a step that is entered already. */
TEST(a_chain_over_files_ends)
{
    struct str result = str_join(c->arena, STR(HASH_CHAIN_RESULT_HEAD "/a.xml#S" HASH_CHAIN_RESULT_MIDDLE "<ds:DigestValue>"),
                                 encode_base64(c->arena, trust_digest(c->arena, DIGEST_SHA512, STR("x"))), STR("</ds:DigestValue>" HASH_CHAIN_RESULT_END), STR_END);
    struct asic_entry list[] = { { STR("a.xml"), step_in(c, "<HashStep id=\"S\"><StepRef URI=\"/b.xml#S\"/></HashStep>") },
                                 { STR("b.xml"), step_in(c, "<HashStep id=\"S\"><StepRef URI=\"/a.xml#S\"/></HashStep>") } };
    struct asic files = { list, 2 };
    struct covered *covered = arena_new(c->arena, struct covered);
    expect_fault(c, hash_chain_check_files(c, result, &files, covered), "malformed_hash_chain");
    list[1].bytes = STR("<HashChain");
    expect_fault(c, hash_chain_check_files(c, result, &files, covered), "malformed_hash_chain");
    list[0].bytes = step_in(c, "<HashStep id=\"S\"><StepRef URI=\"../a.xml#S\"/></HashStep>");
    expect_fault(c, hash_chain_check_files(c, result, &files, covered), "invalid_reference");
}

TEST(the_time_stamp_chains_of_the_containers_hold)
{
    static const char *const names[] = { "asic/valid-batch-ts.asice", "asic/valid-non-batch-rest.asice", "asic/valid-non-batch-soap-attachments.asice" };
    SAMPLES
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str zip = sample(c, names[i]), signature = container_entry(c, zip, STR("META-INF/signatures.xml"));
        struct str result = container_entry(c, zip, STR("ts-hashchainresult.xml")), chain = container_entry(c, zip, STR("ts-hashchain.xml"));
        struct signed_part part = part_of(c, "/META-INF/signatures.xml", DIGEST_SHA512, signature);
        CHECK_OK(hash_chain_check(c, result, chain, &part, 1));
        part = part_of(c, "/META-INF/signatures.xml", DIGEST_SHA512, STR("another"));
        expect_fault(c, hash_chain_check(c, result, chain, &part, 1), "invalid_hash_chain_ref");
    }
    struct str zip = sample(c, "asic/invalid-ts-hashchainresult.asice");
    struct signed_part part = part_of(c, "/META-INF/signatures.xml", DIGEST_SHA512, container_entry(c, zip, STR("META-INF/signatures.xml")));
    expect_fault(c, hash_chain_check(c, container_entry(c, zip, STR("ts-hashchainresult.xml")), container_entry(c, zip, STR("ts-hashchain.xml")), &part, 1), "malformed_hash_chain");
}

TEST(what_we_write_holds_for_every_size_of_batch)
{
    enum { MOST = 17 };
    struct signed_part parts[MOST][3];
    struct signed_message messages[MOST];
    struct str result, chains[MOST];
    for (size_t i = 0; i < MOST; i++) {
        for (size_t k = 0; k < 3; k++)
            parts[i][k] = part_of(c, k == 0 ? "/message.xml" : k == 1 ? "/attachment1" : "/attachment2", k == 1 ? DIGEST_SHA256 : DIGEST_SHA512, str_print(c->arena, "%zu.%zu", i, k));
        messages[i] = (struct signed_message){ parts[i], 1 + i % 3 };
    }
    for (size_t n = 1; n <= MOST; n++) {
        CHECK_OK(hash_chain__write(c, messages, n, &result, chains));
        for (size_t i = 0; i < n; i++) {
            CHECK_OK(hash_chain_check(c, result, chains[i], messages[i].parts, messages[i].nparts));
            size_t other = (i + 3) % n;
            if (other != i) CHECK(hash_chain_check(c, result, chains[i], messages[other].parts, messages[other].nparts) == ST_INVALID);
            call_clear(c);
        }
    }
}

TEST(a_part_more_or_less_is_refused)
{
    struct signed_part parts[] = { part_of(c, "/message.xml", DIGEST_SHA512, STR("m")), part_of(c, "/attachment1", DIGEST_SHA512, STR("a")),
                                   part_of(c, "/attachment2", DIGEST_SHA512, STR("b")) };
    struct signed_message message = { parts, 2 };
    struct str result, chain;
    CHECK_OK(hash_chain__write(c, &message, 1, &result, &chain));
    CHECK_OK(hash_chain_check(c, result, chain, parts, 2));
    expect_fault(c, hash_chain_check(c, result, chain, parts, 3), "hashchain_unused_inputs");
    expect_fault(c, hash_chain_check(c, result, chain, parts, 1), "invalid_reference");
    parts[1].digest = trust_digest(c->arena, DIGEST_SHA512, STR("changed"));
    expect_fault(c, hash_chain_check(c, result, chain, parts, 2), "invalid_hash_chain_ref");
}

TEST(a_result_of_another_chain_is_refused)
{
    struct signed_part parts[] = { part_of(c, "/message.xml", DIGEST_SHA512, STR("m")), part_of(c, "/attachment1", DIGEST_SHA512, STR("a")) };
    struct signed_part others[] = { part_of(c, "/message.xml", DIGEST_SHA512, STR("x")), part_of(c, "/attachment1", DIGEST_SHA512, STR("y")) };
    struct str result, chain, other_result, other_chain;
    CHECK_OK(hash_chain__write(c, &(struct signed_message){ parts, 2 }, 1, &result, &chain));
    CHECK_OK(hash_chain__write(c, &(struct signed_message){ others, 2 }, 1, &other_result, &other_chain));
    expect_fault(c, hash_chain_check(c, other_result, chain, parts, 2), "invalid_hash_chain");
}

TEST(chains_that_are_not_well_made_are_refused)
{
    static const struct { const char *chain, *fault; } cases[] = {
        { "", "malformed_hash_chain" },
        { "<HashChain/>", "malformed_hash_chain" },
        { DOC(""), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP1\"><h:HashValue>" ZERO "</h:HashValue></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"/>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:StepRef URI=\"#STEP0\"/></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:StepRef URI=\"#STEP1\"/></h:HashStep><h:HashStep id=\"STEP1\"><h:StepRef URI=\"#STEP0\"/></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:StepRef URI=\"#STEP1\"/><h:StepRef URI=\"#STEP1\"/></h:HashStep><h:HashStep id=\"STEP1\"><h:HashValue>" ZERO "</h:HashValue></h:HashStep>"),
          "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:StepRef URI=\"/other.xml#STEP1\"/></h:HashStep>"), "invalid_reference" },
        { DOC("<h:HashStep id=\"STEP0\"><h:StepRef URI=\"STEP1\"/></h:HashStep>"), "invalid_reference" },
        { DOC("<h:HashStep id=\"STEP0\"><h:HashValue>" ZERO "</h:HashValue></h:HashStep><h:HashStep id=\"STEP0\"><h:HashValue>" ZERO "</h:HashValue></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:HashValue><DigestValue></DigestValue></h:HashValue></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:HashValue>" ZERO ZERO "</h:HashValue></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:HashValue><DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/><DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAA=</DigestValue></h:HashValue></h:HashStep>"),
          "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><DigestValue/></h:HashStep>"), "malformed_hash_chain" },
        { DOC("<h:HashStep id=\"STEP0\"><h:DataRef URI=\"/else\">" ZERO "</h:DataRef></h:HashStep>"), "invalid_reference" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signed_part part = part_of(c, "/message.xml", DIGEST_SHA256, STR("m"));
        enum status st = hash_chain_check(c, ANY_RESULT, str_z(cases[i].chain), &part, 1);
        if (!str_eq(call_error(c)->fault, str_z(cases[i].fault))) print_error("case %zu: %.*s\n", i, STR_ARG(call_error(c)->sentence));
        expect_fault(c, st, cases[i].fault);
    }
}

TEST(results_that_are_not_well_made_are_refused)
{
    static const char *const bad[] = {
        "", "foobar", "<HashChainResult/>", "<h:HashChainResult xmlns:h=\"" HASH_CHAIN_NS "\" URI=\"#STEP0\"/>",
        "<h:HashChainResult xmlns:h=\"" HASH_CHAIN_NS "\" xmlns=\"" HASH_CHAIN_DS "\" URI=\"/sig-hashchain.xml#STEP0\">" ZERO "</h:HashChainResult>",
        "<h:HashChainResult xmlns:h=\"" HASH_CHAIN_NS "\" xmlns=\"" HASH_CHAIN_DS "\"><DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>" ZERO "</h:HashChainResult>",
    };
    struct signed_part part = part_of(c, "/message.xml", DIGEST_SHA256, STR("m"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_fault(c, hash_chain_check(c, str_z(bad[i]), STR(DOC("<h:HashStep id=\"STEP0\"><h:HashValue>" ZERO "</h:HashValue></h:HashStep>")), &part, 1), "malformed_hash_chain");
}

TEST(the_quick_reader_knows_every_chain_we_write)
{
    enum { MOST = 9 };
    struct signed_part parts[MOST][2];
    struct signed_message messages[MOST];
    struct str result, chains[MOST];
    for (size_t i = 0; i < MOST; i++) {
        parts[i][0] = part_of(c, "/message.xml", DIGEST_SHA512, str_print(c->arena, "m%zu", i));
        parts[i][1] = part_of(c, "/attachment1", DIGEST_SHA512, str_print(c->arena, "a%zu", i));
        messages[i] = (struct signed_message){ parts[i], 1 + i % 2 };
    }
    for (size_t n = 1; n <= MOST; n++) {
        const struct hash_tree *tree = hash_chain__grow(c->arena, messages, n);
        struct str alone;
        CHECK_OK(hash_chain__write(c, messages, n, &result, chains));
        for (size_t i = 0; i < n; i++) {
            CHECK_OK(hash_chain__write_one(c, tree, i, &alone));
            CHECK_STR(alone, chains[i]);
            CHECK(hash_chain__quick_check(c, result, chains[i], messages[i].parts, messages[i].nparts));
            CHECK(!hash_chain__quick_check(c, result, chains[i], messages[i].parts, 3 - messages[i].nparts));
            if (n > 2) CHECK(!hash_chain__quick_check(c, result, chains[(i + 2) % n], messages[i].parts, messages[i].nparts));
        }
    }
    CHECK(!hash_chain__quick_check(c, result, chains[0], messages[0].parts, 0));
}
