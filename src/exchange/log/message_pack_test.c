/* Tests of message_pack.c: chains as the exchange writes them become a third, and all comes back byte for byte, also what is nearly one. */
#include "exchange/log/message_pack.c"

#include "base/random.h"
#include "base/test.h"

#define RESULT_HEAD DECLARATION "<HashChainResult " SPACES " URI=\"/sig-hashchain.xml#STEP0\"><ds:Digest" SHA512_METHOD "<ds:DigestValue>"

static struct str digest_text(struct call *c)
{
    char bytes[DIGEST_BYTES];
    random_bytes(bytes, sizeof bytes);
    return encode_base64(c->arena, str_of(bytes, sizeof bytes));
}

static struct str chain_of(struct call *c, int steps)
{
    struct buf b = buf_in(c->arena, 64 * 1024);
    buf_put(&b, words[0].text);
    for (int i = 0; i < steps; i++)
        buf_print(&b, "<HashStep id=\"STEP%d\"><StepRef URI=\"#STEP%d\"/><HashValue><ds:DigestValue>%.*s</ds:DigestValue></HashValue></HashStep>", i, i + 1, STR_ARG(digest_text(c)));
    buf_print(&b, "<HashStep id=\"STEP%d\"><DataRef URI=\"/message.xml\"><ds:DigestValue>%.*s</ds:DigestValue></DataRef></HashStep></HashChain>", steps, STR_ARG(digest_text(c)));
    return buf_str(&b);
}

static size_t packed_bytes(struct call *c, struct str text)
{
    struct str packed = message__pack(c->arena, text), again;
    CHECK_OK(message__unpack(c, packed, &again));
    CHECK(str_eq(again, text));
    return packed.n;
}

TEST(a_chain_becomes_a_fraction_and_comes_back)
{
    for (int steps = 0; steps < 12; steps++) {
        struct str chain = chain_of(c, steps);
        CHECK(packed_bytes(c, chain) <= (size_t)(steps + 1) * (DIGEST_BYTES + 24));
        CHECK(chain.n >= (size_t)(steps + 1) * (DIGEST_TEXT + 90));
    }
    CHECK(packed_bytes(c, str_join(c->arena, STR(RESULT_HEAD), digest_text(c), STR("</ds:DigestValue></HashChainResult>"), STR_END)) == 1 + 1 + 1 + DIGEST_BYTES + 1);
}

TEST(whatever_it_is_comes_back)
{
    struct str digest = digest_text(c), value = STR("<HashValue><ds:DigestValue>");
    const struct str texts[] = {
        STR("<"), STR("\""), STR("plain"), STR("\x01<HashChain"), STR("\xff\xfe\x80\x7f"), STR("L\u00fd do"), value, STR("<HashStep id=\"STEP"), STR("<HashSteq id=\"STEP"),
        str_join(c->arena, value, digest, STR_END),                                                     /* it ends with the digest */
        str_join(c->arena, value, str_first(digest, DIGEST_TEXT - 1), STR_END),                         /* too short */
        str_join(c->arena, value, str_first(digest, 40), STR("\n"), str_skip(digest, 40), STR_END),     /* in two lines */
        str_join(c->arena, value, str_first(digest, DIGEST_TEXT - 3), STR("B=="), STR_END),             /* the same bytes, written otherwise */
        str_join(c->arena, value, STR("AAAA"), digest, STR_END),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) (void)packed_bytes(c, texts[i]);
}

TEST(rows_of_before_and_damaged_ones)
{
    struct str got;
    CHECK_OK(message__unpack(c, STR("<HashChain/>"), &got));
    CHECK_STR(got, STR("<HashChain/>"));
    CHECK_OK(message__unpack(c, STR(""), &got));
    CHECK(got.n == 0);
    const struct str damaged[] = { STR("\x01\xff short"), STR("\x01\xfe"), STR("\x01\xa0") };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        call_clear(c);
        CHECK(message__unpack(c, damaged[i], &got) == ST_BROKEN);
    }
}
