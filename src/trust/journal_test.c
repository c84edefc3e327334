/* Tests of the journal on a real store: what is written can be proved, what is changed is found, and nobody sees another person. */
#include "trust/journal.c"

#include <pthread.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/time.h"
#include "store/test_store.h"
#include "trust/test_head_key.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema);

static struct journal_event reading(const int64_t *subjects, size_t n)
{
    return (struct journal_event){ .kind = STR("population.read"), .agency = STR("VN/GOV/H26/desk"), .user = STR("u-17"), .role = STR("registrar"), .purpose = STR("residence"),
                                   .basis = STR("Law 68/2020, Art. 10"), .fields = STR("name.full,birth.date"), .message = STR("m-1"), .subjects = subjects, .nsubjects = n };
}

static struct str append(struct call *c, const int64_t *subjects, size_t n)
{
    struct journal_event e = reading(subjects, n);
    struct str uid = { NULL, 0 };
    CHECK_OK(journal_append(c, &e, &uid));
    return uid;
}

static struct str append_one(struct call *c, int64_t person) { return append(c, &person, 1); }

/* run_log: a statement that damages the log, for tests only. */
static void run_log(struct call *c, const struct query *q)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, q));
    CHECK_OK(db_commit(&tx));
}

static void expect_found(struct call *c, const char *words)
{
    struct journal_count count;
    call_clear(c);
    CHECK(journal_verify_all(c, &count) == ST_INVALID);
    if (str_find(call_error(c)->sentence, str_z(words)) == SIZE_MAX) print_error("%.*s\n", STR_ARG(call_error(c)->sentence));
    CHECK(str_find(call_error(c)->sentence, str_z(words)) != SIZE_MAX);
    call_clear(c);
}

TEST(an_entry_is_listed_for_its_person_at_once_and_for_nobody_else)
{
    const struct journal_shown *list;
    size_t n;
    struct str uid = append(c, (const int64_t[]){ 7, 8 }, 2);
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 1);
    CHECK_STR(list[0].uid, uid);
    CHECK_STR(list[0].event.purpose, STR("residence"));
    CHECK(list[0].event.nsubjects == 0 && list[0].leaf == 0 && list[0].at_ms == c->now_ms);
    CHECK_OK(journal_list_subject(c, 8, TIME_FAR, 10, &list, &n));
    CHECK(n == 1 && list[0].leaf == 1);
    CHECK_OK(journal_list_subject(c, 9, TIME_FAR, 10, &list, &n));
    CHECK(n == 0);
}

TEST(lists_go_backwards_in_pages)
{
    const struct journal_shown *list;
    size_t n;
    for (int i = 0; i < 25; i++) (void)append_one(c, 7);
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 10 && list[0].leaf == 24 && list[9].leaf == 15);
    CHECK_OK(journal_list_subject(c, 7, list[9].leaf, 100, &list, &n));
    CHECK(n == 15 && list[0].leaf == 14 && list[14].leaf == 0);
}

TEST(what_the_person_did_can_be_left_out)
{
    const struct journal_shown *list;
    struct str uid, first = append_one(c, 7);
    size_t n;
    for (int i = 0; i < 25; i++) {
        struct journal_event e = reading((const int64_t[]){ 7 }, 1);
        e.class_ = JOURNAL_SELF;
        CHECK_OK(journal_append(c, &e, &uid));
    }
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 10 && list[0].leaf == 25 && list[0].event.class_ == JOURNAL_SELF);
    CHECK_OK(journal_list_others(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 1 && list[0].leaf == 0);
    CHECK_STR(list[0].uid, first);
}

TEST(a_delayed_entry_is_shown_only_from_its_time)
{
    const struct journal_shown *list;
    size_t n;
    int64_t person = 7;
    struct journal_event e = reading(&person, 1);
    struct str uid;
    e.class_ = JOURNAL_DELAYED;
    e.show_from_ms = c->now_ms + 1000;
    CHECK_OK(journal_append(c, &e, &uid));
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 0);
    c->now_ms += 1000;
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 1);
}

TEST(the_entry_text_names_no_person)
{
    const struct journal_shown *list;
    size_t n;
    (void)append_one(c, 987654321);
    CHECK_OK(journal_list_subject(c, 987654321, TIME_FAR, 10, &list, &n));
    CHECK(n == 1 && str_find(list[0].entry, STR("987654321")) == SIZE_MAX);
    CHECK(str_starts(list[0].entry, STR("{\"v\":1,\"uid\":\"")) && str_ends(list[0].entry, STR("\"message\":\"m-1\",\"fault\":\"\"}")));
}

TEST(events_that_cannot_be_are_refused)
{
    struct str uid;
    struct journal_event e = reading(NULL, 0);
    e.kind = STR("");
    CHECK(journal_append(c, &e, &uid) == ST_INVALID);
    call_clear(c);
    e = reading((const int64_t[]){ 0 }, 1);
    CHECK(journal_append(c, &e, &uid) == ST_INVALID);
    call_clear(c);
    e = reading(NULL, 0);
    e.role = STR("\xff");
    CHECK(journal_append(c, &e, &uid) == ST_INVALID);
    call_clear(c);
    e = reading(NULL, 0);
    e.fields = str_of(arena_alloc(c->arena, 70000, 1), 70000);
    CHECK(journal_append(c, &e, &uid) == ST_TOO_LARGE);
}

TEST(every_leaf_is_proved_against_every_head)
{
    struct journal_head heads[12], latest;
    const struct journal_shown *list;
    const uint8_t(*path)[32];
    size_t n, steps;
    for (int i = 0; i < 12; i++) {
        (void)append(c, (const int64_t[]){ 7, 8, 9 }, (size_t)(i % 3) + 1);
        CHECK_OK(journal_sign_head(c, &heads[i]));
    }
    CHECK_OK(journal_latest_head(c, &latest));
    CHECK(latest.size == heads[11].size && latest.size == 24);
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 100, &list, &n));
    CHECK(n == 12);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 12; k++) {
            uint8_t leaf[32];
            enum status st = journal_prove(c, list[i].leaf, heads[k].size, &path, &steps);
            CHECK(st == (list[i].leaf < heads[k].size ? ST_OK : ST_NOT_FOUND));
            if (st != ST_OK) continue;
            journal_leaf_hash(list[i].salt, list[i].entry, leaf);
            CHECK(journal_check_inclusion(leaf, list[i].leaf, heads[k].size, path, steps, heads[k].root));
        }
    for (int a = 0; a < 12; a++)
        for (int b = a; b < 12; b++) {
            CHECK_OK(journal_prove_consistency(c, heads[a].size, heads[b].size, &path, &steps));
            CHECK(journal_check_consistency(heads[a].size, heads[a].root, heads[b].size, heads[b].root, path, steps));
        }
    CHECK(journal_prove(c, 0, latest.size + 1, &path, &steps) == ST_NOT_FOUND);
    CHECK(journal_prove_consistency(c, 3, latest.size + 1, &path, &steps) == ST_NOT_FOUND);
}

TEST(a_head_is_signed_only_when_the_tree_has_grown)
{
    struct journal_head a, b;
    CHECK(journal_latest_head(c, &a) == ST_NOT_FOUND);
    CHECK_OK(journal_sign_head(c, &a));
    CHECK(a.size == 0);
    (void)append_one(c, 7);
    c->now_ms += 5000;
    CHECK_OK(journal_sign_head(c, &a));
    c->now_ms += 5000;
    CHECK_OK(journal_sign_head(c, &b));
    CHECK(a.size == 1 && b.at_ms == a.at_ms);
    CHECK_STR(a.checkpoint, b.checkpoint);
}

/* ---- the person's proof ---- */

static struct str make_proof(struct call *c)
{
    struct journal_head head;
    const struct journal_shown *list;
    struct buf out = buf_in(c->arena, JOURNAL_PROOF_MAX);
    struct str json = { NULL, 0 };
    size_t n;
    for (int i = 0; i < 5; i++) (void)append_one(c, 7 + i % 2);
    CHECK_OK(journal_sign_head(c, &head));
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 100, &list, &n));
    CHECK_OK(journal_put_proof(c, &list[1], &head, &out));
    CHECK_OK(buf_finish(&out, &json));
    return json;
}

TEST(a_proof_holds_by_itself)
{
    struct journal_proof proof;
    struct str json = make_proof(c), key;
    CHECK_OK(journal__check_proof(c, json, STR(""), &proof));
    CHECK(proof.leaf == 2 && proof.head.size == 5);
    CHECK_STR(proof.origin, STR(TEST_ORIGIN));
    CHECK_OK(journal_verifier_key(c, &key));
    CHECK_OK(journal__check_proof(c, json, key, &proof));
}

TEST(no_byte_of_a_proof_can_be_changed)
{
    struct journal_proof proof;
    struct str json = make_proof(c), key;
    char *bytes = (char *)(uintptr_t)json.p;
    CHECK_OK(journal_verifier_key(c, &key));
    size_t key_at = str_find(json, STR("\"key\":\"")) + 7; /* not used when the key is known, so it may be anything */
    for (size_t i = 0; i < json.n; i++) {
        bool unused = i >= key_at && i < key_at + key.n;
        bytes[i] ^= 1;
        call_clear(c);
        CHECK((journal__check_proof(c, json, key, &proof) == ST_OK) == unused);
        bytes[i] ^= 1;
    }
}

TEST(a_proof_under_a_foreign_key_is_refused)
{
    struct journal_proof proof;
    struct str json = make_proof(c);
    CHECK(journal__check_proof(c, json, STR("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &proof) == ST_INVALID);
}

/* ---- verify ---- */

static void fill(struct call *c)
{
    struct journal_head head;
    for (int i = 0; i < 40; i++) {
        (void)append(c, (const int64_t[]){ 1, 2, 3, 4 }, (size_t)(i % 5));
        if (i % 7 == 0) CHECK_OK(journal_sign_head(c, &head));
    }
    CHECK_OK(journal_sign_head(c, &head));
}

TEST(an_untouched_journal_verifies)
{
    struct journal_count count;
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 0 && count.leaves == 0 && count.heads == 0);
    fill(c);
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 40 && count.leaves == 88 && count.heads == 7);
    (void)append_one(c, 7); /* without a head yet */
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 41);
}

#define DAMAGE(name, sql) static const struct query name = { "trust", sql, LOG }
DAMAGE(CHANGE_PURPOSE, "UPDATE journal_entry SET purpose = 'other' WHERE seq = 20");
DAMAGE(CHANGE_TIME, "UPDATE journal_entry SET at_ms = at_ms + 1 WHERE seq = 40");
DAMAGE(SWAP_SUBJECTS, "UPDATE journal_entry SET subjects = (SELECT subjects FROM journal_entry WHERE seq = 4) WHERE seq = 9");
DAMAGE(DROP_ENTRY, "DELETE FROM journal_entry WHERE seq = 17");
DAMAGE(DROP_LAST, "DELETE FROM journal_entry WHERE seq = 40");
DAMAGE(DROP_LEAF, "DELETE FROM journal_node WHERE level = 0 AND pos = 30");
DAMAGE(DROP_NODE, "DELETE FROM journal_node WHERE level = 3 AND pos = 2");
DAMAGE(CHANGE_NODE, "UPDATE journal_node SET hash = (SELECT hash FROM journal_node WHERE level = 0 AND pos = 0) WHERE level = 2 AND pos = 5");
DAMAGE(CHANGE_HEAD, "UPDATE journal_head SET root = (SELECT hash FROM journal_node WHERE level = 0 AND pos = 0) WHERE size > 50");
DAMAGE(CHANGE_NOTE, "UPDATE journal_head SET note = (SELECT note FROM journal_head WHERE size = 1) WHERE size > 50");
DAMAGE(MOVE_HEAD, "UPDATE journal_head SET size = 3 WHERE size = 1");
DAMAGE(CHANGE_EDGE, "UPDATE journal_edge SET seq = 39");
DAMAGE(CUT_TREE, "UPDATE journal_edge SET seq = 0, size = 0, peaks = ''");
DAMAGE(ERASE_ENTRY, "UPDATE journal_entry SET kind = '', agency = '', actor = '', role = '', purpose = '', fields = '' WHERE seq = 20");

TEST(whatever_is_changed_is_found)
{
    static const struct { const struct query *damage; const char *words; } cases[] = {
        { &CHANGE_PURPOSE, "Entry 20 of the journal was changed" }, { &CHANGE_TIME, "Entry 40 of the journal was changed" }, { &SWAP_SUBJECTS, "Entry 9 of the journal was changed" },
        { &DROP_ENTRY, "Entry 17 of the journal is missing" }, { &DROP_LAST, "Entry 40 of the journal is missing" }, { &DROP_LEAF, "Leaf 30 of the journal is missing" },
        { &DROP_NODE, "changed above leaf 16" }, { &CHANGE_NODE, "changed above leaf 20" }, { &CHANGE_HEAD, "does not have the root" }, { &CHANGE_NOTE, "is not true" },
        { &MOVE_HEAD, "size 3" }, { &CHANGE_EDGE, "edge of the journal" }, { &CUT_TREE, "entries at its end are missing" },
    };
    static const struct query RESTORE[] = {
        { "trust", "DELETE FROM journal_entry", LOG }, { "trust", "DELETE FROM journal_node", LOG }, { "trust", "DELETE FROM journal_head", LOG },
        { "trust", "UPDATE journal_edge SET seq = 0, size = 0, peaks = ''", LOG },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < 4; k++) run_log(c, &RESTORE[k]);
        fill(c);
        run_log(c, cases[i].damage);
        expect_found(c, cases[i].words);
    }
}

TEST(an_erased_entry_keeps_the_tree)
{
    struct journal_count count;
    const struct journal_shown *list;
    size_t n;
    fill(c);
    run_log(c, &ERASE_ENTRY); /* entry 20 is about persons 1 to 4 */
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 40);
    CHECK_OK(journal_list_subject(c, 4, TIME_FAR, 100, &list, &n));
    CHECK(n == 7);
}

/* ---- changes: through the outbox ---- */

static struct str change(struct call *c, int64_t person)
{
    struct journal_event e = reading(&person, 1);
    struct str uid = { NULL, 0 };
    DB_TX tx = { 0 };
    e.kind = STR("population.correct");
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(journal_append_with(&tx, &e, &uid));
    CHECK_OK(db_commit(&tx));
    return uid;
}

TEST(a_change_reaches_the_journal_once)
{
    const struct journal_shown *list;
    size_t n;
    struct str uid = change(c, 7), second = change(c, 7);
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 0);
    CHECK_OK(journal_flush(c));
    CHECK_OK(journal_flush(c));
    CHECK_OK(journal_list_subject(c, 7, TIME_FAR, 10, &list, &n));
    CHECK(n == 2);
    CHECK_STR(list[1].uid, uid);
    CHECK_STR(list[0].uid, second);
    CHECK_STR(list[0].event.kind, STR("population.correct"));
}

TEST(a_replayed_outbox_entry_is_not_written_twice)
{
    struct journal_count count;
    int64_t person = 7;
    struct journal_event e = reading(&person, 1);
    struct str bytes;
    CHECK_OK(journal__pack(c, &e, c->now_ms, &bytes));
    CHECK_OK(carry(c, STR("00000000-0000-4000-8000-000000000001"), bytes, NULL));
    CHECK_OK(carry(c, STR("00000000-0000-4000-8000-000000000001"), bytes, NULL));
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 1);
}

TEST(a_change_undone_leaves_no_entry)
{
    struct journal_count count;
    {
        int64_t person = 7;
        struct journal_event e = reading(&person, 1);
        struct str uid;
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, NODE, &tx));
        CHECK_OK(journal_append_with(&tx, &e, &uid));
    }
    CHECK_OK(journal_flush(c));
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 0);
}

TEST(what_is_packed_unpacks_and_nothing_else_does)
{
    struct journal_event e = reading((const int64_t[]){ 1, INT64_MAX }, 2), back;
    struct str bytes;
    int64_t at;
    CHECK_OK(journal__pack(c, &e, 42, &bytes));
    CHECK_OK(journal__unpack(c, bytes, &back, &at));
    CHECK(at == 42 && back.nsubjects == 2 && back.subjects[1] == INT64_MAX);
    CHECK_STR(back.fields, e.fields);
    CHECK_STR(back.fault, STR(""));
    for (size_t n = 0; n < bytes.n; n++) CHECK(journal__unpack(c, str_first(bytes, n), &back, &at) == ST_BROKEN);
    CHECK(journal__unpack(c, str_join(c->arena, bytes, STR("x"), STR_END), &back, &at) == ST_BROKEN);
}

TEST(an_append_undone_leaves_the_tree_as_it_was)
{
    struct journal_count count;
    (void)append_one(c, 7);
    {
        struct prepared p = { .row = { .event = reading(NULL, 0), .uid = STR("undone"), .at_ms = 1 } };
        p.row.subjects = fill_subjects(c->arena, &p.row.event);
        CHECK_OK(prepare(c, &p));
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(append_row(&tx, &p));
    }
    (void)append_one(c, 7);
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 2);
}

TEST(a_gathered_append_stands_only_after_it_is_settled)
{
    struct journal_count count;
    CHECK_OK(db_gather(c));
    (void)append_one(c, 7);
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 0);
    CHECK_OK(db_settle(c));
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == 1 && count.leaves == 1);
}

/* ---- many at once ---- */

enum { THREADS = 8, APPENDS = 250 };
static struct call *test_call;

static void *append_many(void *arg)
{
    struct call *c = test_store_call(test_call);
    for (int i = 0; i < APPENDS; i++) {
        int64_t person = 1 + (int64_t)(uintptr_t)arg;
        struct journal_event e = reading(&person, 1);
        struct str uid;
        if (journal_append(c, &e, &uid) != ST_OK) return arg;
        call_renew(c);
    }
    test_store_call_end(c);
    return NULL;
}

TEST(threads_append_beside_each_other)
{
    pthread_t threads[THREADS];
    struct journal_count count;
    const struct journal_shown *list;
    size_t n;
    test_call = c;
    int64_t began = time_monotonic_us();
    for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, append_many, (void *)(uintptr_t)i) == 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
    }
    int64_t took = time_monotonic_us() - began;
    print_message("%d threads: %lld appends/s\n", THREADS, (long long)((int64_t)THREADS * APPENDS * 1000000 / (took ? took : 1)));
    CHECK_OK(journal_verify_all(c, &count));
    CHECK(count.entries == THREADS * APPENDS);
    CHECK_OK(journal_list_subject(c, 3, TIME_FAR, 1000, &list, &n));
    CHECK(n == APPENDS);
}
