/* Tests of message_signature.c: messages of a batch share one document in the log and each gives it back; a document goes when nothing can need it any more. */
#include "exchange/log/message_signature.c"

#include "exchange/stamp/stamp.h"
#include "exchange/wire/wire.h"
#include "store/test_store.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;
static const struct query COUNT_DOCUMENTS = { "exchange", "SELECT COUNT(*) FROM message_signature", LOG };

static int64_t documents(struct call *c)
{
    DB_ROWS rows = db_run(c, &COUNT_DOCUMENTS);
    CHECK_OK(db_one(&rows));
    return db_col_int(&rows, 0);
}

/* put: a row of its own request, signed by this document, in a batch or by itself. */
static void put(struct call *c, const char *id, struct str xml, bool in_batch)
{
    struct wire *w = arena_new(c->arena, struct wire);
    w->signature = (struct signature_doc){ .xml = xml, .chain_result = in_batch ? STR("<result/>") : STR(""), .chain = in_batch ? STR("<chain/>") : STR("") };
    const struct message_row r = { .side = SIDE_PROVIDER, .request_id = str_z(id), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                                   .service = STR_INIT("VN/GOV/G01/population/person"), .wire = w };
    test_store_app(c)->exchange = &exchange;
    CHECK_OK(message__append(c, &r));
}

static struct str kept(struct call *c, const char *id)
{
    const struct message_line *lines;
    struct message_parts parts;
    size_t n;
    CHECK_OK(message__find(c, str_z(id), &lines, &n));
    CHECK(n == 1);
    CHECK_OK(message__open(c, lines[0].seq, &parts));
    return parts.signature.xml;
}

TEST(messages_of_a_batch_share_a_document)
{
    struct str one = STR("<signature>of a batch</signature>"), two = STR("<signature>of another</signature>"), alone = STR("<signature>alone</signature>");
    CHECK_OK(db_gather(c));
    put(c, "r1", one, true);
    put(c, "r2", str_copy(c->arena, one), true); /* the same bytes, not the same place */
    put(c, "r3", two, true);
    put(c, "r4", alone, false);
    put(c, "r5", one, true);
    CHECK_OK(message__settle(c));
    CHECK(documents(c) == 2);
    put(c, "r6", one, true); /* another commit */
    CHECK(documents(c) == 3);
    CHECK_STR(kept(c, "r1"), one);
    CHECK_STR(kept(c, "r2"), one);
    CHECK_STR(kept(c, "r3"), two);
    CHECK_STR(kept(c, "r4"), alone);
    CHECK_STR(kept(c, "r5"), one);
    CHECK_STR(kept(c, "r6"), one);
    struct stamped_message list[8];
    size_t n;
    CHECK_OK(stamp__list_messages(c, 0, INT64_MAX, 8, list, &n));
    CHECK(n == 6 && str_eq(list[1].signature, one) && str_eq(list[2].signature, two) && str_eq(list[3].signature, alone));
}

TEST(a_batch_that_is_undone_leaves_no_document_that_later_rows_could_name)
{
    struct str one = STR("<signature>of a batch</signature>");
    put(c, "r1", one, true);
    CHECK_OK(db_gather(c));
    put(c, "r2", one, true);
    put(c, "r1", one, true); /* a replay takes what was gathered along */
    CHECK(message__settle(c) == ST_CONFLICT);
    call_clear(c);
    CHECK(documents(c) == 1);
    put(c, "r3", one, true);
    CHECK_STR(kept(c, "r3"), one);
}

static struct str numbered(struct call *c, int i) { return str_print(c->arena, "<signature>%d</signature>", i); }

TEST(documents_go_with_their_rows_but_for_the_newest)
{
    enum { SPARED = RECENT + REACH, ROWS = SPARED + 2 * RECENT };
    for (int i = 1; i <= ROWS; i++) put(c, str_print(c->arena, "r%d", i).p, numbered(c, i), true);
    CHECK(documents(c) == ROWS);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(message__drop_signatures(c, 1, SPARED + RECENT));
    CHECK_OK(message__drop_signatures(c, ROWS + 1, ROWS + 9)); /* there are none */
    CHECK_OK(db_commit(&tx));
    CHECK(documents(c) == ROWS - RECENT);
    CHECK_STR(kept(c, str_print(c->arena, "r%d", RECENT + 1).p), numbered(c, RECENT + 1));
}

/* ---- documents kept by their difference to a base ---- */

static const struct query READ_KEPT = { "exchange", "SELECT xml FROM message_signature WHERE id = $1", LOG };

static bool is_whole(struct call *c, int64_t id)
{
    DB_ROWS rows = db_run(c, &READ_KEPT, db_int(id));
    CHECK_OK(db_one(&rows));
    struct str xml = db_col_bytes(&rows, 0);
    CHECK(str_starts(xml, STR("<")) || xml.n < 100); /* a document here has over a thousand bytes */
    return str_starts(xml, STR("<"));
}

/* document: as a signer writes it: one cannot be told by its difference to another signer's. */
static struct str document(struct call *c, char signer, int i)
{
    char *certificate = arena_room(c->arena, 2 * PATCH_MOST);
    memset(certificate, signer, 2 * PATCH_MOST);
    return str_print(c->arena, "<signature><value>%08d</value>%.*s<time>%08d</time></signature>", i * 7919, 2 * PATCH_MOST, certificate, i);
}

TEST(documents_of_a_signer_are_kept_by_what_differs)
{
    static const char *const ids[] = { "r1", "r2", "r3", "r4", "r5", "r6" };
    exchange.bases = message__bases_new();
    for (int i = 0; i < 6; i++) put(c, ids[i], document(c, i % 2 ? 'b' : 'a', i), true);
    CHECK(is_whole(c, 1) && is_whole(c, 2));
    for (int i = 3; i <= 6; i++) CHECK(!is_whole(c, i));
    for (int i = 0; i < 6; i++) CHECK_STR(kept(c, ids[i]), document(c, i % 2 ? 'b' : 'a', i));
    message__bases_free(exchange.bases);
    exchange.bases = message__bases_new(); /* as after a start */
    put(c, "r7", document(c, 'a', 7), true);
    CHECK(is_whole(c, 7));
    CHECK_STR(kept(c, "r5"), document(c, 'a', 4));
    message__bases_free(exchange.bases);
    exchange.bases = NULL;
}

/* A judge of signatures lets white space and a byte order mark pass before the document, and a peer signs what it likes. */
TEST(documents_that_do_not_begin_with_a_bracket_are_documents)
{
    static const char *const before[] = { "\n", "\xEF\xBB\xBF", " \t\r\n" };
    exchange.bases = message__bases_new();
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        struct str xml[3], id[3];
        for (int k = 0; k < 3; k++) {
            xml[k] = str_join(c->arena, str_z(before[i]), document(c, (char)('a' + i), k), STR_END);
            id[k] = str_print(c->arena, "r%zu-%d", i, k);
            put(c, id[k].p, xml[k], k != 2);
        }
        for (int k = 0; k < 3; k++) CHECK_STR(kept(c, id[k].p), xml[k]); /* a base, what differs from it, and one in its row */
    }
    CHECK(documents(c) == 6);
    message__bases_free(exchange.bases);
    exchange.bases = NULL;
    struct str stored = STR("\n<short>"), xml;
    CHECK_OK(message__signature(c, str_first(stored, MESSAGE_REFERENCE_BYTES), &xml)); /* as long as an id */
    CHECK_STR(xml, str_first(stored, MESSAGE_REFERENCE_BYTES));
}

TEST(a_base_that_was_undone_is_nobodys)
{
    exchange.bases = message__bases_new();
    put(c, "r1", STR("<other/>"), true);
    CHECK_OK(db_gather(c));
    put(c, "r2", document(c, 'a', 2), true);
    put(c, "r1", document(c, 'a', 3), true); /* a replay */
    CHECK(message__settle(c) == ST_CONFLICT);
    call_clear(c);
    put(c, "r3", document(c, 'a', 4), true);
    put(c, "r4", document(c, 'a', 5), true);
    CHECK(is_whole(c, 2) && !is_whole(c, 3));
    CHECK_STR(kept(c, "r3"), document(c, 'a', 4));
    CHECK_STR(kept(c, "r4"), document(c, 'a', 5));
    message__bases_free(exchange.bases);
    exchange.bases = NULL;
}

TEST(a_base_of_another_server_of_the_database_is_nobodys)
{
    exchange.bases = message__bases_new();
    put(c, "r1", document(c, 'a', 1), true);
    put(c, "r2", document(c, 'a', 2), true);
    exchange.bases->revived--; /* as if the connection had been made again since */
    put(c, "r3", document(c, 'a', 3), true);
    put(c, "r4", document(c, 'a', 4), true);
    CHECK(is_whole(c, 1) && !is_whole(c, 2) && is_whole(c, 3) && !is_whole(c, 4));
    CHECK_STR(kept(c, "r4"), document(c, 'a', 4));
    message__bases_free(exchange.bases);
    exchange.bases = NULL;
}

/* A base serves REACH documents, and outlives what was kept with it; many signers have each their own as long as there is room. */
TEST(a_base_is_near_and_stays_until_nothing_needs_it)
{
    enum { ROWS = REACH + 3 };
    exchange.bases = message__bases_new();
    for (int i = 1; i <= ROWS; i++) put(c, str_print(c->arena, "r%d", i).p, document(c, 'a', i), true);
    for (int i = 1; i <= ROWS; i++) CHECK(is_whole(c, i) == (i == 1 || i == REACH + 2));
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(message__drop_signatures(c, 1, ROWS - 1));
        CHECK_OK(db_commit(&tx));
    }
    CHECK_STR(kept(c, str_print(c->arena, "r%d", ROWS).p), document(c, 'a', ROWS));
    for (int i = 0; i < 2 * (BASES + 1); i++) put(c, str_print(c->arena, "s%d", i).p, document(c, (char)('b' + i % (BASES + 1)), i), true);
    for (int i = 0; i < 2 * (BASES + 1); i++) CHECK_STR(kept(c, str_print(c->arena, "s%d", i).p), document(c, (char)('b' + i % (BASES + 1)), i));
    message__bases_free(exchange.bases);
    exchange.bases = NULL;
}

TEST(a_damaged_patch_is_told)
{
    static const struct query SPOIL = { "exchange", "UPDATE message_signature SET xml = $1 WHERE id = 2", LOG };
    struct str xml, second;
    exchange.bases = message__bases_new();
    put(c, "r1", document(c, 'a', 1), true);
    put(c, "r2", document(c, 'a', 2), true);
    CHECK_OK(find_document(c, 2, &second));
    const struct str wrong[] = { str_join(c->arena, write_reference(c->arena, 9), str_skip(second, MESSAGE_REFERENCE_BYTES), STR_END), str_first(second, second.n - 1),
                                 str_join(c->arena, write_reference(c->arena, 2), str_skip(second, MESSAGE_REFERENCE_BYTES), STR_END) };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, &SPOIL, db_bytes(wrong[i])));
        CHECK_OK(db_commit(&tx));
        CHECK(message__signature(c, write_reference(c->arena, 2), &xml) == ST_BROKEN);
        call_clear(c);
    }
    message__bases_free(exchange.bases);
    exchange.bases = NULL;
}

TEST(a_document_that_is_missing_is_told)
{
    struct str stored = write_reference(c->arena, 99), xml;
    CHECK(message__signature(c, stored, &xml) == ST_BROKEN);
    call_clear(c);
    CHECK_OK(message__signature(c, STR("<longer/>"), &xml));
    CHECK_STR(xml, STR("<longer/>"));
    CHECK_OK(message__signature(c, STR("<seven>x"), &xml)); /* eight bytes, but a document */
    CHECK_STR(xml, STR("<seven>x"));
}
