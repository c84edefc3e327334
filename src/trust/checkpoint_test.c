/* Tests of checkpoint.c: a note signed by others, our own there and back, and everything that must be refused. */
#include "trust/checkpoint.c"

#include "base/test.h"
#include "trust/test_head_key.h"

/* The note and key that the documentation of Go's note package prints. */
#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETERS_TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETERS_LINE DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

TEST(a_note_of_another_program_opens)
{
    struct str name, text;
    CHECK_OK(journal__open_note(c, STR(PETERS_TEXT "\n" PETERS_LINE), STR(PETER), &name, &text));
    CHECK_STR(name, STR("PeterNeumann"));
    CHECK_STR(text, STR(PETERS_TEXT));
}

TEST(a_line_of_an_unknown_key_beside_ours_is_skipped)
{
    struct str name, text;
    CHECK_OK(journal__open_note(c, STR(PETERS_TEXT "\n" DASH "witness.example AAAAAAAA\n" PETERS_LINE), STR(PETER), &name, &text));
}

TEST(notes_that_are_not_exactly_right_are_refused)
{
    static const char *const bad[] = {
        "", "\n", PETERS_TEXT, PETERS_TEXT PETERS_LINE, PETERS_TEXT "\n", PETERS_TEXT "\n\n" PETERS_LINE, "x" PETERS_TEXT "\n" PETERS_LINE,
        PETERS_TEXT "\n" PETERS_LINE "more\n", PETERS_TEXT "\n" DASH "PeterNeumann x08go/Zx\n", PETERS_TEXT "\n- PeterNeumann AAAAAAAA\n",
        PETERS_TEXT "\n" DASH "Peter+Neumann AAAAAAAA\n" PETERS_LINE, "tab\t" PETERS_TEXT "\n" PETERS_LINE, PETERS_TEXT "\r\n" PETERS_LINE,
    };
    struct str name, text;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        call_clear(c);
        CHECK(journal__open_note(c, str_z(bad[i]), STR(PETER), &name, &text) == ST_INVALID);
        CHECK(call_error(c)->sentence.n > 0);
    }
}

TEST(verifier_keys_that_are_not_right_are_refused)
{
    static const char *const bad[] = {
        "", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+AhpC", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    struct str name, text;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        call_clear(c);
        CHECK(journal__open_note(c, STR(PETERS_TEXT "\n" PETERS_LINE), str_z(bad[i]), &name, &text) == ST_INVALID);
        CHECK_STR(call_error(c)->field, STR("key"));
    }
}

TEST(our_head_reads_back)
{
    struct journal_head head;
    struct merkle_hash root;
    struct str note, verifier;
    trust_sha256(STR("a root"), root.b);
    CHECK_OK(journal__sign_checkpoint(c, 20852163, &root, &note, &verifier));
    CHECK_OK(journal_read_checkpoint(c, note, verifier, &head));
    CHECK(head.size == 20852163 && memcmp(head.root, root.b, 32) == 0);
    CHECK(str_starts(note, STR("VN/GOV/G01/ps1/journal\n20852163\n")));
}

TEST(every_changed_byte_of_a_head_is_noticed)
{
    struct journal_head head;
    struct merkle_hash root = { { 7 } };
    struct str note, verifier;
    CHECK_OK(journal__sign_checkpoint(c, 5, &root, &note, &verifier));
    char *bytes = (char *)(uintptr_t)str_copy(c->arena, note).p;
    for (size_t i = 0; i < note.n; i++) {
        bytes[i] ^= 0x01;
        call_clear(c);
        CHECK(journal_read_checkpoint(c, str_of(bytes, note.n), verifier, &head) == ST_INVALID);
        bytes[i] ^= 0x01;
    }
    call_clear(c);
    CHECK_OK(journal_read_checkpoint(c, str_of(bytes, note.n), verifier, &head));
}

/* A text that is signed properly and yet no checkpoint of ours. */
static enum status read_signed(struct call *c, struct str text)
{
    struct journal_head head;
    struct str verifier, note = test_sign_note(c, text, &verifier);
    call_clear(c);
    return journal_read_checkpoint(c, note, verifier, &head);
}

TEST(signed_texts_that_are_no_checkpoint_are_refused)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n7\n" ROOT)) == ST_OK);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n7\n" ROOT "an extension\n")) == ST_OK);
    CHECK(read_signed(c, STR("VN/GOV/G01/other/journal\n7\n" ROOT)) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n07\n" ROOT)) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n-7\n" ROOT)) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n\n" ROOT)) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n99999999999999999999\n" ROOT)) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n7\nCsUYapGGPo4=\n")) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n7\n")) == ST_INVALID);
    CHECK(read_signed(c, STR(TEST_ORIGIN "\n7\n" ROOT "\nempty line above\n")) == ST_INVALID);
#undef ROOT
}
