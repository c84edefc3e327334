/* Tests of signature documents: what we write is canonical and accepted, X-Road's samples are judged as the reference says, and every way to
 * move, wrap, double or leave out something is refused. */
#include "trust/xades_check.c"
#undef MALFORMED
#include "trust/xades_write.c"

#include "base/memo.h"
#include "base/test.h"
#include "trust/test_container.h"
#include "trust/test_signing.h"

struct signed_case { struct key key; struct str cert; struct signed_part parts[3]; };

static struct signed_case new_case(struct call *c, enum key_algorithm algorithm)
{
    struct signed_case s = { .key = test_signing_key(algorithm) };
    static const char *const names[] = { "/message.xml", "/attachment1", "/attachment2" };
    s.cert = test_signing_cert(c, s.key.evp);
    for (size_t i = 0; i < 3; i++) s.parts[i] = (struct signed_part){ str_z(names[i]), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, str_z(names[i])) };
    return s;
}

static void end_case(struct signed_case *s) { EVP_PKEY_free(s->key.evp); }
#define CASE __attribute__((cleanup(end_case))) struct signed_case

static void expect_fault(struct call *c, enum status st, const char *fault)
{
    if (st != ST_INVALID || !str_eq(call_error(c)->fault, str_z(fault)))
        print_error("status %s, fault %.*s: %.*s\n", status_name(st), STR_ARG(call_error(c)->fault), STR_ARG(call_error(c)->sentence));
    CHECK(st == ST_INVALID);
    CHECK_STR(call_error(c)->fault, str_z(fault));
    CHECK(call_error(c)->sentence.n > 0);
    call_clear(c);
}

/* ---- writing ---- */

TEST(what_is_signed_is_the_canonical_form)
{
    CASE s = new_case(c, KEY_P256);
    struct signature_doc doc;
    struct str expected, canonical;
    XML_DOC d = NULL;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("ocsp"), s.parts, 2, &doc));
    CHECK_OK(xml_parse(c, doc.xml, &d));
    struct parsed p = { .c = c, .doc = d };
    CHECK(find_signature(&p) && find_elements(&p));
    const struct { const struct xml *element; const char *name; } signed_elements[] = { { p.signed_info, "ds:SignedInfo" }, { p.properties, "xades:SignedProperties" } };
    for (size_t i = 0; i < 2; i++) {
        struct str open = str_join(c->arena, STR("<"), str_z(signed_elements[i].name), STR_END), close = str_join(c->arena, STR("</"), str_z(signed_elements[i].name), STR(">"), STR_END);
        size_t from = str_find(doc.xml, open) + open.n, to = str_find(doc.xml, close) + close.n;
        struct buf b = buf_in(c->arena, XADES_MAX);
        CHECK_OK(xml_c14n(c, d, signed_elements[i].element, &b));
        CHECK_OK(buf_finish(&b, &canonical));
        expected = str_join(c->arena, open, STR(XADES_NAMESPACES), str_of(doc.xml.p + from, to - from), STR_END);
        CHECK_STR(canonical, expected);
    }
}

TEST(what_we_write_we_accept)
{
    static const enum key_algorithm algorithms[] = { KEY_P256, KEY_RSA2048 };
    for (size_t a = 0; a < 2; a++) {
        CASE s = new_case(c, algorithms[a]);
        for (size_t n = 1; n <= 3; n++) {
            struct signature_doc doc;
            struct signature_facts facts;
            CHECK_OK(signature_make(c, &s.key, s.cert, STR("an OCSP response"), s.parts, n, &doc));
            CHECK((doc.chain.n > 0) == (n > 1));
            CHECK_OK(signature_check(c, &doc, s.parts, n, &facts));
            CHECK_STR(facts.cert_der, s.cert);
            CHECK_STR(facts.ocsp, STR("an OCSP response"));
            CHECK(facts.signed_ms == c->now_ms && facts.method.digest == DIGEST_SHA512 && facts.method.kind == (a ? SIG_RSA : SIG_ECDSA));
        }
    }
}

TEST(one_signature_holds_for_every_message_of_a_batch)
{
    enum { MOST = 5 };
    CASE s = new_case(c, KEY_P256);
    struct signed_part parts[MOST][2];
    struct signed_message messages[MOST];
    struct signature_doc docs[MOST];
    struct signature_facts facts;
    for (size_t i = 0; i < MOST; i++) {
        for (size_t k = 0; k < 2; k++) parts[i][k] = (struct signed_part){ s.parts[k].name, DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, str_print(c->arena, "%zu %zu", i, k)) };
        messages[i] = (struct signed_message){ parts[i], 1 + i % 2 };
    }
    CHECK_OK(signature_make_batch(c, &s.key, s.cert, STR("ocsp"), messages, MOST, docs));
    for (size_t i = 0; i < MOST; i++) {
        CHECK_STR(docs[i].xml, docs[0].xml);
        CHECK_OK(signature_check(c, &docs[i], messages[i].parts, messages[i].nparts, &facts));
        CHECK(signature_check(c, &docs[i], messages[(i + 2) % MOST].parts, messages[(i + 2) % MOST].nparts, &facts) == ST_INVALID);
        call_clear(c);
    }
}

/* ---- refusals of our own documents, damaged ---- */

static struct str replaced(struct call *c, struct str text, const char *what, const char *with)
{
    size_t at = str_find(text, str_z(what));
    CHECK(at != SIZE_MAX);
    return str_join(c->arena, str_first(text, at), str_z(with), str_skip(text, at + strlen(what)), STR_END);
}

TEST(parts_that_do_not_match_are_refused)
{
    CASE s = new_case(c, KEY_P256);
    struct signature_doc one, two;
    struct signature_facts facts;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 1, &one));
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 2, &two));
    expect_fault(c, signature_check(c, &one, s.parts, 0, &facts), "malformed_signature");
    expect_fault(c, signature_check(c, &one, s.parts, 2, &facts), "malformed_signature");
    expect_fault(c, signature_check(c, &one, s.parts + 1, 1, &facts), "invalid_reference");
    expect_fault(c, signature_check(c, &two, s.parts, 3, &facts), "malformed_signature.hashchain_unused_inputs");
    expect_fault(c, signature_check(c, &two, s.parts, 1, &facts), "malformed_signature.invalid_reference");
    struct signed_part twice[] = { s.parts[0], s.parts[0] };
    expect_fault(c, signature_check(c, &one, twice, 2, &facts), "malformed_signature");
    s.parts[0].digest = trust_digest(c->arena, DIGEST_SHA512, STR("changed"));
    expect_fault(c, signature_check(c, &one, s.parts, 1, &facts), "invalid_signature_value");
    expect_fault(c, signature_check(c, &two, s.parts, 2, &facts), "malformed_signature.invalid_hash_chain_ref");
}

TEST(a_missing_or_foreign_chain_is_refused)
{
    CASE s = new_case(c, KEY_P256);
    struct signature_doc doc, other;
    struct signature_facts facts;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 2, &doc));
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 3, &other));
    expect_fault(c, signature_check(c, &(struct signature_doc){ .xml = doc.xml }, s.parts, 2, &facts), "malformed_signature");
    expect_fault(c, signature_check(c, &(struct signature_doc){ doc.xml, other.chain_result, other.chain }, s.parts, 3, &facts), "invalid_signature_value");
    expect_fault(c, signature_check(c, &(struct signature_doc){ doc.xml, doc.chain_result, other.chain }, s.parts, 3, &facts), "malformed_signature.invalid_hash_chain");
}

TEST(every_change_of_the_document_is_refused)
{
    static const struct { const char *what, *with, *fault; } cases[] = {
        { "rsa-sha512", "rsa-sha1", "unsupported_algorithm" },
        { "xmldsig-more#rsa-sha512", "xmldsig-more#rsa-sha256", "invalid_signature_value" },
        { XADES_C14N, XADES_C14N_EXCLUSIVE, "invalid_signature_value" },
        { XADES_C14N, XADES_C14N "#WithComments", "unsupported_algorithm" },
        { "URI=\"/message.xml\">", "URI=\"/message.xml\"><ds:Transforms></ds:Transforms>", "unsupported_algorithm" },
        { "URI=\"/message.xml\"", "URI=\"/attachment1\"", "invalid_reference" },
        { "xmlenc#sha512", "xmlenc#sha256", "malformed_signature" },
        { "URI=\"#signed-properties\"", "URI=\"#signature\"", "malformed_signature" },
        { " Type=\"" XADES_PROPERTIES_TYPE "\"", "", "malformed_signature" },
        { "Id=\"signature-value\"", "Id=\"signature\"", "malformed_signature" },
        { "Id=\"ocsp-response-1\"", "Id=\"signed-properties\"", "malformed_signature" },
        { "Target=\"#signature\"", "Target=\"#other\"", "malformed_signature" },
        { "<ds:Object>", "<ds:Object></ds:Object><ds:Object>", "malformed_signature" },
        { "<ds:KeyInfo>", "<ds:Object></ds:Object><ds:KeyInfo>", "malformed_signature" },
        { "</ds:Signature>", "</ds:Signature><ds:Signature></ds:Signature>", "malformed_signature" },
        { "<xades:SignedProperties ", "<xades:SignedProperties></xades:SignedProperties><xades:SignedProperties ", "malformed_signature" },
        { "<ds:Reference Id=\"signature-reference-1\"", "<ds:Reference URI=\"/message.xml\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"></ds:DigestMethod>"
          "<ds:DigestValue></ds:DigestValue></ds:Reference><ds:Reference Id=\"signature-reference-1\"", "malformed_signature" },
        { "<xades:SigningTime>20", "<xades:SigningTime>19", "invalid_signature_value" },
        { "<xades:SigningTime>", "<xades:SigningTime>x", "malformed_signature" },
        { "text/xml", "text/XML", "invalid_signature_value" },
        { "<xades:EncapsulatedOCSPValue Id=\"ocsp-response-1\">bw==</xades:EncapsulatedOCSPValue>", "", "missing_validation_info" },
        { "asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\"", "asic:XAdESSignatures xmlns:asic=\"urn:other\"", "malformed_signature" },
        { "</asic:XAdESSignatures>", "", "malformed_signature.invalid_xml" },
        { "<asic:XAdESSignatures", "<!DOCTYPE a [<!ENTITY e \"x\">]><asic:XAdESSignatures", "malformed_signature.invalid_xml" },
    };
    CASE s = new_case(c, KEY_RSA2048);
    struct signature_doc doc;
    struct signature_facts facts;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 1, &doc));
    CHECK_OK(signature_check(c, &doc, s.parts, 1, &facts));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signature_doc changed = { .xml = replaced(c, doc.xml, cases[i].what, cases[i].with) };
        expect_fault(c, signature_check(c, &changed, s.parts, 1, &facts), cases[i].fault);
    }
}

TEST(a_certificate_put_in_place_of_the_signed_one_is_refused)
{
    CASE s = new_case(c, KEY_P256);
    struct signature_doc doc;
    struct signature_facts facts;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 1, &doc));
    struct str other = test_signing_cert(c, s.key.evp); /* the same key, another certificate */
    struct signature_doc changed = { .xml = replaced(c, doc.xml, str_to_z(c->arena, encode_base64(c->arena, s.cert)), str_to_z(c->arena, encode_base64(c->arena, other))) };
    expect_fault(c, signature_check(c, &changed, s.parts, 1, &facts), "malformed_signature");
}

TEST(the_signed_properties_cannot_be_wrapped)
{
    CASE s = new_case(c, KEY_P256);
    struct signature_doc doc;
    struct signature_facts facts;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("o"), s.parts, 1, &doc));
    size_t from = str_find(doc.xml, STR("<xades:SignedProperties ")), to = str_find(doc.xml, STR("<xades:UnsignedProperties>"));
    struct str original = str_of(doc.xml.p + from, to - from);
    struct str forged = replaced(c, replaced(c, original, "Id=\"signed-properties\"", "Id=\"forged\""), "text/xml", "text/any");
    /* the original hidden among the unsigned properties, a forged one at its place */
    struct str xml = str_join(c->arena, str_first(doc.xml, from), forged, STR("<xades:UnsignedProperties>"), original, str_skip(doc.xml, to + sizeof "<xades:UnsignedProperties>" - 1), STR_END);
    expect_fault(c, signature_check(c, &(struct signature_doc){ .xml = xml }, s.parts, 1, &facts), "malformed_signature");
}

/* ---- X-Road's own documents ---- */

static struct signature_doc container_doc(struct call *c, struct str zip)
{
    return (struct signature_doc){ container_entry(c, zip, STR("META-INF/signatures.xml")), container_entry(c, zip, STR("sig-hashchainresult.xml")),
                                   container_entry(c, zip, STR("sig-hashchain.xml")) };
}

static struct signed_part part_of(struct call *c, const char *name, struct str bytes)
{
    return (struct signed_part){ str_z(name), DIGEST_SHA512, trust_digest(c->arena, DIGEST_SHA512, bytes) };
}

/* The body was not stored in these containers: its digest is taken from the chain. */
static struct signed_part part_of_digest(struct call *c, const char *name, const char *base64)
{
    struct signed_part part = { .name = str_z(name), .alg = DIGEST_SHA512 };
    CHECK(decode_base64(c->arena, str_z(base64), &part.digest));
    return part;
}

#define BODY_OF_SAMPLES "YoZ26aBCLuGV0W9J7CH6YtOXhkEsleUwu1GwIrQ+ZJw7GBAnTwRZF2s2n/z8h1iOkzLiFmO8p4f2VVz+F1DqYg=="

TEST(valid_containers_are_accepted)
{
    SAMPLES
    struct signature_facts facts;
    struct str zip = sample(c, "asic/valid-signed-message.asice");
    struct signature_doc doc = container_doc(c, zip);
    struct signed_part parts[3] = { part_of(c, "/message.xml", container_entry(c, zip, STR("message.xml"))) };
    CHECK_OK(signature_check(c, &doc, parts, 1, &facts));
    CHECK(facts.method.kind == SIG_RSA && facts.cert_der.n > 0 && facts.ocsp.n > 0);

    zip = sample(c, "asic/valid-batch-ts.asice");
    doc = container_doc(c, zip);
    parts[0] = part_of(c, "/message.xml", container_entry(c, zip, STR("message.xml")));
    CHECK_OK(signature_check(c, &doc, parts, 1, &facts));

    zip = sample(c, "asic/valid-signed-hashchain.asice");
    doc = container_doc(c, zip);
    parts[0] = part_of(c, "/message.xml", container_entry(c, zip, STR("message.xml")));
    parts[1] = part_of_digest(c, "/attachment1", BODY_OF_SAMPLES);
    CHECK_OK(signature_check(c, &doc, parts, 2, &facts));
    expect_fault(c, signature_check(c, &doc, parts, 1, &facts), "malformed_signature.invalid_reference");

    zip = sample(c, "asic/valid-non-batch-soap-attachments.asice");
    doc = container_doc(c, zip);
    parts[0] = part_of(c, "/message.xml", container_entry(c, zip, STR("message.xml")));
    parts[1] = part_of(c, "/attachment1", container_entry(c, zip, STR("attachment1")));
    parts[2] = part_of(c, "/attachment2", container_entry(c, zip, STR("attachment2")));
    CHECK_OK(signature_check(c, &doc, parts, 3, &facts));
    expect_fault(c, signature_check(c, &doc, parts, 2, &facts), "invalid_reference");
}

TEST(broken_containers_are_refused_with_their_faults)
{
    static const struct { const char *name, *fault; size_t nparts; } cases[] = {
        { "asic/wrong-message.asice", "invalid_signature_value", 1 },
        { "asic/invalid-digest.asice", "invalid_signature_value", 1 },
        { "asic/invalid-signed-hashchain.asice", "malformed_signature.invalid_hash_chain_ref", 2 },
        { "asic/invalid-hashchain-modified-message.asice", "malformed_signature.invalid_reference", 2 },
        { "asic/invalid-incorrect-references.asice", "malformed_signature", 1 },
        { "asic/valid-non-batch-rest.asice", "invalid_reference", 1 }, /* its body is signed and was not received */
    };
    SAMPLES
    struct signature_facts facts;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str zip = sample(c, cases[i].name);
        struct signature_doc doc = container_doc(c, zip);
        struct signed_part parts[2] = { part_of(c, "/message.xml", container_entry(c, zip, STR("message.xml"))), part_of_digest(c, "/attachment1", BODY_OF_SAMPLES) };
        print_message("%s\n", cases[i].name);
        expect_fault(c, signature_check(c, &doc, parts, cases[i].nparts, &facts), cases[i].fault);
    }
}

TEST(malformed_documents_of_x_road_are_refused)
{
    static const struct { const char *name, *fault; } cases[] = {
        { "empty.xml", "malformed_signature.invalid_xml" }, { "extra-certs-digest-invalid.xml", "malformed_signature" }, { "extra-certs-missing-cert.xml", "malformed_signature" },
        { "extra-certs-missing-id.xml", "malformed_signature" }, { "sign-0-invalid-signature-value.xml", "invalid_signature_value" },
        { "sign-0-malformed-xml.xml", "malformed_signature.invalid_xml" }, { "sign-0-no-objectcontainer.xml", "malformed_signature" }, { "sign-0-no-signature.xml", "malformed_signature" },
        { "sign-0-no-signing-cert.xml", "malformed_signature" }, { "sign-0-ocsp-no-responses.xml", "missing_validation_info" }, { "sign-0-schema-fail.xml", "unsupported_algorithm" },
        { "xades.signature.ts.xml", "malformed_signature" },
    };
    SAMPLES
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signature_doc doc = { .xml = sample(c, str_to_z(c->arena, str_join(c->arena, STR("signatures/"), str_z(cases[i].name), STR_END))) };
        struct signed_part part = part_of(c, "/message.xml", sample(c, "signatures/message-1.xml"));
        struct signature_facts facts;
        print_message("%s\n", cases[i].name);
        expect_fault(c, signature_check(c, &doc, &part, 1, &facts), cases[i].fault);
    }
}

TEST(the_batch_of_x_road_holds)
{
    SAMPLES
    struct signature_facts facts;
    struct signed_part message = part_of(c, "/message.xml", sample(c, "signatures/message-1.xml"));
    struct signature_doc doc = { sample(c, "signatures/batch-sig.xml"), sample(c, "signatures/hash-chain-result.xml"), sample(c, "signatures/hash-chain-1.xml") };
    struct signed_part parts[] = { message, part_of_digest(c, "/attachment1", "ylyfi1WldaJ+fsUy5+h5Hfep7cM4z0f0Cua3zrCn8+rLrCRPuYym+9pMequYW0ZnQMqNUnZp0RFNqLEWnUWq2w==") };
    CHECK_OK(signature_check(c, &doc, parts, 2, &facts));
    doc.chain = sample(c, "signatures/hash-chain-2.xml");
    expect_fault(c, signature_check(c, &doc, parts, 2, &facts), "malformed_signature.invalid_hash_chain_ref");
}

/* Version 8 signs in another form: the signature is the root, canonicalisation is exclusive, every part has a reference of its own. */
TEST(the_form_of_version_8_is_accepted)
{
    SAMPLES
    struct signature_facts facts;
    struct signature_doc doc = { .xml = sample(c, "signatures/non-batch-sig/signatures.xml") };
    struct signed_part parts[] = { part_of(c, "/message.xml", sample(c, "signatures/non-batch-sig/message.xml")), part_of(c, "/attachment1", sample(c, "signatures/non-batch-sig/attachment1")) };
    CHECK_OK(signature_check(c, &doc, parts, 2, &facts));
    CHECK(facts.cert_der.n > 0 && facts.ocsp.n > 0);
    expect_fault(c, signature_check(c, &doc, parts, 1, &facts), "invalid_reference");
    parts[1] = part_of(c, "/attachment1", STR("another"));
    expect_fault(c, signature_check(c, &doc, parts, 2, &facts), "invalid_signature_value");
    parts[1] = part_of(c, "/attachment2", sample(c, "signatures/non-batch-sig/attachment1"));
    expect_fault(c, signature_check(c, &doc, parts, 2, &facts), "invalid_reference");
}

/* Each of its canonicalisations counts: taken for inclusive ones, or with more than the one transform that is known, the document does not hold. */
TEST(the_form_of_version_8_is_not_bent)
{
    SAMPLES
    static const struct { const char *from, *to, *fault; } cases[] = {
        { "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>", "", "unsupported_algorithm" },
        { "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>", "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/>", "unsupported_algorithm" },
        { "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>", "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\"/>", "unsupported_algorithm" },
        { "SigningTime>2", "SigningTime>3", "invalid_signature_value" },
    };
    struct signature_facts facts;
    struct str good = sample(c, "signatures/non-batch-sig/signatures.xml");
    struct signed_part parts[] = { part_of(c, "/message.xml", sample(c, "signatures/non-batch-sig/message.xml")), part_of(c, "/attachment1", sample(c, "signatures/non-batch-sig/attachment1")) };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct signature_doc doc = { .xml = replaced(c, good, cases[i].from, cases[i].to) };
        CHECK(!str_eq(doc.xml, good));
        expect_fault(c, signature_check(c, &doc, parts, 2, &facts), cases[i].fault);
    }
}

/* ---- the quick judge ---- */

/* agree: the quick judge may know less than the thorough one, never more. */
static bool quick_is_right(struct call *c, const struct signature_doc *doc, const struct signed_part *parts, size_t nparts)
{
    struct signature_facts quick, thorough;
    if (!xades__quick_check(c, doc, parts, nparts, &quick)) return true;
    if (xades__check_thoroughly(c, doc, parts, nparts, &thorough) != ST_OK) return false;
    return str_eq(quick.cert_der, thorough.cert_der) && str_eq(quick.ocsp, thorough.ocsp) && quick.signed_ms == thorough.signed_ms &&
           quick.method.digest == thorough.method.digest && quick.method.kind == thorough.method.kind;
}

TEST(the_quick_judge_knows_what_we_write)
{
    static const enum key_algorithm algorithms[] = { KEY_P256, KEY_RSA2048 };
    for (size_t a = 0; a < 2; a++) {
        CASE s = new_case(c, algorithms[a]);
        for (size_t n = 1; n <= 3; n++) {
            struct signature_doc doc;
            struct signature_facts facts;
            CHECK_OK(signature_make(c, &s.key, s.cert, STR("an OCSP response"), s.parts, n, &doc));
            CHECK(xades__quick_check(c, &doc, s.parts, n, &facts));
            CHECK(quick_is_right(c, &doc, s.parts, n));
            CHECK(!xades__quick_check(c, &doc, s.parts, n == 1 ? 2 : n - 1, &facts));
            CHECK(!xades__quick_check(c, &doc, s.parts + 1, n == 3 ? 2 : n, &facts));
        }
    }
}

/* changed: a copy of text with the byte at `at` replaced. */
static struct str changed(struct call *c, struct str text, size_t at, char ch)
{
    char *p = arena_alloc(c->arena, text.n, 1);
    memcpy(p, text.p, text.n);
    p[at] = ch;
    return str_of(p, text.n);
}

TEST(the_quick_judge_never_knows_more_than_the_thorough_one)
{
    static const char chars[] = { 'A', '<', '&', '"', '\n', '\r', ' ', '\0', (char)0xef, '=' };
    CASE s = new_case(c, KEY_P256);
    struct signature_doc doc;
    CHECK_OK(signature_make(c, &s.key, s.cert, STR("an OCSP response of some length"), s.parts, 2, &doc));
    struct str *const documents[] = { &doc.xml, &doc.chain, &doc.chain_result };
    for (size_t d = 0; d < 3; d++) {
        struct str whole = *documents[d];
        for (size_t i = 0; i < whole.n; i++) {
            ARENA scratch = arena_open(16 << 20);
            struct call inner = *c;
            inner.arena = scratch;
            *documents[d] = changed(&inner, whole, i, chars[i % sizeof chars]);
            CHECK(quick_is_right(&inner, &doc, s.parts, 2));
            *documents[d] = str_join(scratch, str_first(whole, i), str_skip(whole, i + 1), STR_END); /* one byte less */
            CHECK(quick_is_right(&inner, &doc, s.parts, 2));
        }
        *documents[d] = whole;
    }
}

TEST(a_document_known_as_good_is_still_held_against_each_message)
{
    CASE s = new_case(c, KEY_P256);
    struct trust trust = { .verified = memo_new(8) };
    struct app app = { .trust = &trust };
    struct call inner = *c;
    struct signature_doc docs[2], mixed;
    struct signature_facts facts;
    const struct signed_message messages[] = { { s.parts, 1 }, { s.parts + 1, 1 } };
    inner.app = &app;
    CHECK_OK(signature_make_batch(c, &s.key, s.cert, STR("ocsp"), messages, 2, docs));
    CHECK_STR(docs[0].xml, docs[1].xml);
    for (size_t i = 0; i < 2; i++) CHECK(xades__quick_check(&inner, &docs[i], messages[i].parts, 1, &facts));
    for (size_t i = 0; i < 2; i++) CHECK(!xades__quick_check(&inner, &docs[i], messages[1 - i].parts, 1, &facts));
    mixed = docs[0];
    mixed.chain = docs[1].chain;
    CHECK(!xades__quick_check(&inner, &mixed, messages[0].parts, 1, &facts));
    mixed = docs[0];
    mixed.xml = changed(c, docs[0].xml, docs[0].xml.n / 2, '!');
    CHECK(!xades__quick_check(&inner, &mixed, messages[0].parts, 1, &facts));
    memo_free(trust.verified);
}
