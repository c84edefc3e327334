/* Tests of journal_key.c: heads signed by a real key holder under the name that the settings give, from the entry to the person's proof. */
#include "trust/journal_key.c"

#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/time.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema);

static const struct setting settings[] = {
    { "instance", SETTING_TEXT, "", "", "for the test", true }, { "member", SETTING_TEXT, "", "", "for the test", true }, { "server", SETTING_TEXT, "", "", "for the test", true }, { 0 } };
static const struct module settings_module = { .name = "test", .settings = settings };
static const struct module *const modules[] = { &settings_module, NULL };

struct node { struct test_trust trust; struct config *config; };

static void open_node(struct call *c, const char *yaml, struct node *n)
{
    test_trust_open(c, &n->trust);
    struct str path = file_path(c->arena, n->trust.folder, STR("node.yaml"));
    CHECK_OK(file_write(c, path, str_z(yaml), 0600));
    CHECK_OK(config_load(c, path, modules, NULL, 0, &n->config));
    n->trust.app.config = n->config;
    CHECK(unlink(str_to_z(c->arena, path)) == 0);
}

static void close_node(struct call *c, struct node *n)
{
    config_free(n->config);
    test_trust_close(c, &n->trust);
}

TEST(a_head_is_signed_by_the_holder_and_proves_an_entry)
{
    struct node n;
    struct journal_head head, read;
    struct str key, uid, json;
    const struct journal_shown *list;
    size_t count;
    int64_t person = 7;
    struct journal_event e = { .kind = STR("population.read"), .subjects = &person, .nsubjects = 1 };
    struct journal_proof proof;
    open_node(c, "instance: VN\nmember: GOV/G01\nserver: ps1\n", &n);
    (void)test_trust_key(c, KEY_HEAD, KEY_ED25519);
    CHECK_OK(journal_append(c, &e, &uid));
    CHECK_OK(journal_sign_head(c, &head));
    CHECK_OK(journal_verifier_key(c, &key));
    CHECK(str_starts(key, STR("VN/GOV/G01/ps1/journal+")));
    CHECK_OK(journal_read_checkpoint(c, head.checkpoint, key, &read));
    CHECK(read.size == 1 && memcmp(read.root, head.root, sizeof read.root) == 0);

    struct buf out = buf_in(c->arena, JOURNAL_PROOF_MAX);
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &count));
    CHECK(count == 1);
    CHECK_OK(journal_put_proof(c, &list[0], &head, &out));
    CHECK_OK(buf_finish(&out, &json));
    CHECK_OK(journal__check_proof(c, json, key, &proof));
    CHECK_STR(proof.origin, STR("VN/GOV/G01/ps1/journal"));
    close_node(c, &n);
}

TEST(heads_of_an_older_key_stay_provable)
{
    struct node n;
    struct journal_head old;
    struct str old_key, new_key, uid, json;
    const struct journal_shown *list;
    size_t count;
    int64_t person = 7;
    struct journal_event e = { .kind = STR("population.read"), .subjects = &person, .nsubjects = 1 };
    struct journal_proof proof;
    struct journal_count counted;
    open_node(c, "instance: VN\nmember: GOV/G01\nserver: ps1\n", &n);
    (void)test_trust_key(c, KEY_HEAD, KEY_ED25519);
    CHECK_OK(journal_append(c, &e, &uid));
    CHECK_OK(journal_sign_head(c, &old));
    CHECK_OK(journal_verifier_key(c, &old_key));
    (void)test_trust_key(c, KEY_HEAD, KEY_ED25519);
    CHECK_OK(journal_verifier_key(c, &new_key));
    CHECK(!str_eq(old_key, new_key));
    CHECK_OK(journal_append(c, &e, &uid));
    struct journal_head now;
    CHECK_OK(journal_sign_head(c, &now));

    struct buf out = buf_in(c->arena, JOURNAL_PROOF_MAX);
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &count));
    CHECK_OK(journal_put_proof(c, &list[1], &old, &out));
    CHECK_OK(buf_finish(&out, &json));
    CHECK_OK(journal__check_proof(c, json, old_key, &proof));
    CHECK_OK(journal_verify_all(c, &counted));
    CHECK(counted.heads == 2);
    close_node(c, &n);
}

TEST(without_a_head_key_the_sentence_says_so)
{
    struct node n;
    struct journal_head head;
    open_node(c, "instance: VN\nmember: GOV/G01\nserver: ps1\n", &n);
    CHECK(journal_sign_head(c, &head) == ST_NOT_FOUND);
    CHECK(call_error(c)->sentence.n > 0);
    close_node(c, &n);
}

TEST(a_name_that_would_break_a_note_is_encoded)
{
    struct node n;
    struct str origin;
    open_node(c, "instance: VN\nmember: GOV/A+B C\nserver: ps/1\n", &n);
    CHECK_OK(journal__origin(c, &origin));
    CHECK_STR(origin, STR("VN/GOV/A%2BB%20C/ps%2F1/journal"));
    close_node(c, &n);
}

TEST(a_member_without_a_class_is_refused)
{
    struct node n;
    struct str origin;
    open_node(c, "instance: VN\nmember: G01\nserver: ps1\n", &n);
    CHECK(journal__origin(c, &origin) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("member"));
    call_clear(c);
    close_node(c, &n);
}
