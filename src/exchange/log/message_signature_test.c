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

TEST(documents_go_with_their_rows_but_for_the_newest)
{
    enum { ROWS = 3 * RECENT };
    for (int i = 1; i <= ROWS; i++) put(c, str_print(c->arena, "r%d", i).p, str_print(c->arena, "<signature>%d</signature>", i), true);
    CHECK(documents(c) == ROWS);
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(message__drop_signatures(c, 1, 2 * RECENT));
    CHECK_OK(message__drop_signatures(c, ROWS + 1, ROWS + 9)); /* there are none */
    CHECK_OK(db_commit(&tx));
    CHECK(documents(c) == 2 * RECENT);
    CHECK_STR(kept(c, str_print(c->arena, "r%d", RECENT + 1).p), str_print(c->arena, "<signature>%d</signature>", RECENT + 1));
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
