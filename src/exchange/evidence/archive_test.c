/* Tests of the archives of the message log: every time-stamped message is in one, once, in order, at whatever moment a run was cut off; and whatever is changed in a file or among
 * the files is named. */
#include "exchange/evidence/archive_run.c"

#include <sys/stat.h>

#include "exchange/wire/wire.h"
#include "store/test_store.h"
#include "trust/test_trust.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema, &exchange_schema);

enum { FILES_MOST = 8, SMALL = 3000 /* bytes: a few containers a file */ };

/* A log with a key that seals, and a folder for its archives. */
struct log { struct test_trust t; struct exchange ex; struct purpose purpose; struct archive_how how; int messages; };

static void open_log(struct call *c, struct log *l)
{
    *l = (struct log){ .purpose = { .code = STR_INIT("log.archive"), .basis = STR_INIT("law") } };
    test_trust_open(c, &l->t);
    (void)test_trust_key(c, KEY_SEAL, KEY_AES256);
    l->ex = (struct exchange){ .member = STR_INIT("VN/GOV/H26"), .archives = true, .log_levels = { .other = MESSAGE_FULL, .body_most = 1000 } };
    l->t.app.exchange = &l->ex;
    l->how = (struct archive_how){ .folder = file_path(c->arena, l->t.folder, STR("archive")), .purpose = &l->purpose, .full = ARCHIVE_FULL, .by = STR_INIT("job") };
}

static void put(struct call *c, struct log *l, bool is_signed)
{
    int n = ++l->messages;
    struct wire w = { .head = str_print(c->arena, "GET\r\n/r1/VN/GOV/G01/population/person\r\nX-Road-Client:VN/GOV/H26/desk\r\nx-road-id:m/%d\r\n", n), .has_body = true,
                      .body = str_print(c->arena, "body %d", n), .signature = { .xml = str_print(c->arena, "<signature>%d URI=\"/attachment1\"</signature>", n) } };
    const struct message_row r = { .side = SIDE_CONSUMER, .request_id = str_print(c->arena, "r%d", n), .message_id = STR_INIT("m"), .client = STR_INIT("VN/GOV/H26/desk"),
                                   .service = STR_INIT("VN/GOV/G01/population/person"), .wire = is_signed ? &w : NULL, .is_refusal = !is_signed };
    CHECK_OK(wire__digest(c, &w));
    CHECK_OK(message__append(c, &r));
}

static void put_number(char *at, int64_t n)
{
    for (int i = 0; i < 8; i++) at[i] = (char)(n >> 8 * (7 - i));
}

/* stamp: everything that waits, under one time-stamp whose token nobody checks here. */
static void stamp(struct call *c)
{
    struct stamped_message list[64];
    struct stamp_row last = { 0 };
    size_t n;
    if (stamp__last(c, &last) != ST_OK) call_clear(c);
    CHECK_OK(stamp__list_messages(c, last.last_seq, INT64_MAX, 64, list, &n));
    CHECK(n > 0);
    struct stamp_row row = { .first_seq = last.last_seq + 1, .last_seq = list[n - 1].seq, .at_ms = c->now_ms, .n = (int64_t)n, .service = STR_INIT("s"), .token = STR_INIT("t") };
    struct str *digests = arena_array(c->arena, struct str, n);
    char *leaves = arena_alloc(c->arena, n * MESSAGE_LEAF_BYTES, 1);
    for (size_t i = 0; i < n; i++) {
        digests[i] = trust_digest(c->arena, DIGEST_SHA512, list[i].signature);
        put_number(leaves + i * MESSAGE_LEAF_BYTES, list[i].seq);
        memcpy(leaves + i * MESSAGE_LEAF_BYTES + 8, digests[i].p, digests[i].n);
    }
    row.leaves = str_of(leaves, n * MESSAGE_LEAF_BYTES);
    CHECK_OK(stamp_batch_result(c, digests, n, &row.result));
    CHECK_OK(stamp__insert(c, &row));
}

static void fill_log(struct call *c, struct log *l, int n)
{
    for (int i = 0; i < n; i++) put(c, l, i % 4 != 3);
    stamp(c);
}

static int64_t run(struct call *c, const struct log *l)
{
    int64_t files = -1;
    CHECK_OK(archive__run(c, &l->how, &files));
    return files;
}

/* Files of archives, read back. */
struct files { struct str zips[FILES_MOST], names[FILES_MOST]; struct archive_facts facts[FILES_MOST]; size_t n; };

static struct files read_files(struct call *c, const struct log *l)
{
    struct files f;
    struct archive_row rows[FILES_MOST];
    CHECK_OK(archive__list(c, 0, rows, FILES_MOST, &f.n));
    for (size_t i = 0; i < f.n; i++) {
        f.names[i] = rows[i].file;
        CHECK_OK(file_read(c, file_path(c->arena, l->how.folder, rows[i].file), ARCHIVE_BYTES_MOST, &f.zips[i]));
        CHECK_OK(archive__check(c, f.zips[i], f.names[i], &f.facts[i]));
        CHECK_STR(f.facts[i].digest, rows[i].digest);
        CHECK((int64_t)f.facts[i].n == rows[i].n);
    }
    CHECK_OK(archive__check_order(c, f.facts, f.names, f.n));
    return f;
}

/* check_all: exactly the messages that are signed, in order, each with its body and its way to the time-stamp. */
static void check_all(struct call *c, const struct log *l)
{
    struct files f = read_files(c, l);
    int message = 0;
    for (size_t i = 0; i < f.n; i++) {
        struct asic all, container;
        CHECK_OK(zip_read(c, f.zips[i], ARCHIVE_FILES_MOST, ARCHIVE_BYTES_MOST, &all));
        for (size_t k = 0; k + 1 < all.n; k++) {
            message += message % 4 == 3 ? 2 : 1;
            if (message % 4 == 0) message++;
            CHECK_OK(asic_read(c, all.entries[k].bytes, &container));
            CHECK_STR(asic_find(&container, STR("attachment1"))->bytes, str_print(c->arena, "body %d", message));
            CHECK_STR(all.entries[k].name, str_print(c->arena, "m%%2F%d-request-%d.asice", message, message));
            CHECK_OK(stamp_batch_check(c, asic_find(&container, STR(ASIC_STAMP_CHAIN_RESULT))->bytes, asic_find(&container, STR(ASIC_STAMP_CHAIN))->bytes,
                                       trust_digest(c->arena, DIGEST_SHA512, asic_find(&container, STR(ASIC_SIGNATURES))->bytes)));
        }
    }
    CHECK(message == l->messages - (l->messages % 4 == 0));
}

TEST(what_is_time_stamped_is_archived_once_and_in_order)
{
    struct log l;
    struct stat info;
    open_log(c, &l);
    l.how.full = SMALL;
    CHECK(run(c, &l) == 0);
    fill_log(c, &l, 12);
    CHECK(run(c, &l) > 1);
    check_all(c, &l);
    CHECK(run(c, &l) == 0);
    fill_log(c, &l, 4);
    CHECK(run(c, &l) >= 1);
    check_all(c, &l);
    const struct files f = read_files(c, &l);
    CHECK(stat(str_to_z(c->arena, file_path(c->arena, l.how.folder, f.names[0])), &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK(stat(str_to_z(c->arena, l.how.folder), &info) == 0 && (info.st_mode & 0777) == 0700);
    CHECK(str_starts(f.names[0], STR("mlog-20261118110640-20261118110640-")) && str_ends(f.names[0], STR(".zip")) && !f.facts[0].prev_file.n);
    test_trust_close(c, &l.t);
}

TEST(what_waits_for_its_time_stamp_waits_for_its_archive)
{
    struct log l;
    open_log(c, &l);
    fill_log(c, &l, 4);
    put(c, &l, true);
    (void)run(c, &l);
    CHECK(read_files(c, &l).facts[0].n == 3);
    test_trust_close(c, &l.t);
}

TEST(metadata_alone_is_passed_over)
{
    struct log l;
    struct archive_mark mark;
    open_log(c, &l);
    l.ex.log_levels.other = MESSAGE_METADATA;
    fill_log(c, &l, 4);
    CHECK(run(c, &l) == 0);
    CHECK_OK(archive__read_mark(c, &mark));
    CHECK(mark.seq == 3);
    test_trust_close(c, &l.t);
}

/* ---- a run that is cut off ---- */

static void forget(struct call *c)
{
    static const struct query UNDO = { "exchange", "UPDATE message_archive SET is_durable = 0", LOG };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, LOG, &tx));
    CHECK_OK(db_exec(c, &UNDO));
    CHECK_OK(db_commit(&tx));
    CHECK_OK(archive__move_mark(c, 0, 0));
}

TEST(a_file_that_was_written_but_not_counted_is_taken_over)
{
    struct log l;
    struct archive_row plan;
    open_log(c, &l);
    fill_log(c, &l, 8);
    CHECK(run(c, &l) == 1);
    forget(c);
    fill_log(c, &l, 4);
    CHECK(run(c, &l) == 1); /* the second file alone: the first counts again */
    check_all(c, &l);
    CHECK(archive__find_plan(c, &plan) == ST_NOT_FOUND);
    test_trust_close(c, &l.t);
}

TEST(a_file_that_was_planned_but_not_written_is_made_anew)
{
    struct log l;
    open_log(c, &l);
    fill_log(c, &l, 8);
    CHECK(run(c, &l) == 1);
    struct files f = read_files(c, &l);
    struct str path = file_path(c->arena, l.how.folder, f.names[0]);
    forget(c);
    CHECK(unlink(str_to_z(c->arena, path)) == 0);
    CHECK(run(c, &l) == 1);
    check_all(c, &l);
    forget(c);
    CHECK_OK(file_write(c, path, str_first(f.zips[0], f.zips[0].n / 2), 0600)); /* a disk that lost its end */
    CHECK(run(c, &l) == 1);
    check_all(c, &l);
    CHECK_STR(read_files(c, &l).names[0], f.names[0]); /* the same messages give the same file */
    struct str leftover = str_join(c->arena, path, STR(".new-abc"), STR_END);
    CHECK_OK(file_write(c, leftover, STR("half"), 0600));
    CHECK(run(c, &l) == 0 && !file_exists(c, leftover) && file_exists(c, path));
    test_trust_close(c, &l.t);
}

TEST(one_process_archives_at_a_time)
{
    struct log l;
    int64_t files;
    open_log(c, &l);
    fill_log(c, &l, 4);
    {
        FILE_FD other = -1;
        CHECK_OK(lock_folder(c, l.how.folder, &other));
        CHECK(archive__run(c, &l.how, &files) == ST_CONFLICT);
        call_clear(c);
    }
    CHECK(run(c, &l) == 1);
    test_trust_close(c, &l.t);
}

TEST(a_row_that_is_missing_stops_the_archive)
{
    static const struct query REMOVE = { "exchange", "DELETE FROM message WHERE seq = 2", LOG };
    struct log l;
    int64_t files;
    open_log(c, &l);
    fill_log(c, &l, 4);
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, &REMOVE));
        CHECK_OK(db_commit(&tx));
    }
    CHECK(archive__run(c, &l.how, &files) == ST_BROKEN && str_find(call_error(c)->sentence, STR("Row 2 of the message log is missing")) != SIZE_MAX);
    call_clear(c);
    CHECK(read_files(c, &l).n == 0);
    test_trust_close(c, &l.t);
}

/* ---- retention ---- */

TEST(nothing_leaves_the_log_before_it_is_archived)
{
    struct log l;
    struct message_cut cut;
    open_log(c, &l);
    fill_log(c, &l, 4);
    CHECK_OK(message__remove_old(c, c->now_ms + 1));
    CHECK_OK(message__read_cut(c, &cut));
    CHECK(cut.seq == 0);
    (void)run(c, &l);
    CHECK_OK(message__remove_old(c, c->now_ms + 1));
    CHECK_OK(message__read_cut(c, &cut));
    CHECK(cut.seq == 4);
    CHECK(run(c, &l) == 0);
    fill_log(c, &l, 4);
    CHECK(run(c, &l) == 1);
    check_all(c, &l);
    test_trust_close(c, &l.t);
}

/* ---- what was done to archives ---- */

static bool says(struct call *c, enum status st, const char *words)
{
    struct str said = call_error(c)->sentence;
    bool right = st == ST_INVALID && str_find(said, str_z(words)) != SIZE_MAX;
    if (!right) print_message("said: %.*s\n", STR_ARG(said));
    call_clear(c);
    return right;
}

static enum status check_changed(struct call *c, const struct asic *all, const char *name, struct str bytes)
{
    struct asic_entry *list = arena_array(c->arena, struct asic_entry, all->n + 1);
    struct archive_facts facts;
    struct str zip;
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (!str_eq(all->entries[i].name, str_z(name))) list[n++] = all->entries[i];
    if (bytes.p) list[n++] = (struct asic_entry){ str_z(name), bytes };
    CHECK_OK(zip_write(c, &(struct asic){ list, n }, &(struct zip_form){ .is_stored = true }, &zip));
    return archive__check(c, zip, STR("mlog-1.zip"), &facts);
}

TEST(what_was_changed_in_an_archive_is_named)
{
    struct log l;
    struct asic all;
    struct archive_links links;
    struct archive_facts facts;
    struct str text;
    open_log(c, &l);
    fill_log(c, &l, 8);
    (void)run(c, &l);
    const struct files f = read_files(c, &l);
    CHECK_OK(zip_read(c, f.zips[0], ARCHIVE_FILES_MOST, ARCHIVE_BYTES_MOST, &all));
    struct str second = all.entries[1].name, old = asic_find(&all, STR(ARCHIVE_LINKS))->bytes;
    CHECK_OK(check_changed(c, &all, ARCHIVE_LINKS, old));
    CHECK(says(c, check_changed(c, &all, str_to_z(c->arena, second), all.entries[0].bytes), "m%2F2-request-2.asice in mlog-1.zip does not fit its link"));
    CHECK(says(c, check_changed(c, &all, str_to_z(c->arena, second), (struct str){ 0 }), "m%2F2-request-2.asice is missing from mlog-1.zip"));
    CHECK(says(c, check_changed(c, &all, "more", STR("x")), "its links do not name"));
    CHECK(says(c, check_changed(c, &all, ARCHIVE_LINKS, (struct str){ 0 }), "holds no links"));
    CHECK(says(c, check_changed(c, &all, ARCHIVE_LINKS, STR("nothing\n")), "is damaged"));
    CHECK_OK(archive__parse_links(c, old, &links));
    struct archive_link *list = arena_array(c->arena, struct archive_link, links.n);
    memcpy(list, links.list, links.n * sizeof *list);
    list[2].digest = list[1].digest;
    links.list = list;
    CHECK_OK(archive__write_links(c, &links, &text));
    CHECK(says(c, check_changed(c, &all, ARCHIVE_LINKS, text), "m%2F3-request-3.asice in mlog-1.zip does not fit its link"));
    CHECK(says(c, archive__check(c, str_first(f.zips[0], f.zips[0].n - 10), STR("mlog-1.zip"), &facts), "not an archive that can be read"));
    test_trust_close(c, &l.t);
}

TEST(a_file_that_is_missing_or_out_of_order_is_named)
{
    struct log l;
    open_log(c, &l);
    for (int i = 0; i < 3; i++) {
        fill_log(c, &l, 4);
            CHECK(run(c, &l) == 1);
    }
    const struct files f = read_files(c, &l);
    CHECK(f.n == 3);
    const struct archive_facts swapped[] = { f.facts[0], f.facts[2], f.facts[1] };
    const struct str swapped_names[] = { f.names[0], f.names[2], f.names[1] };
    CHECK(says(c, archive__check_order(c, swapped, swapped_names, 3), "the order is wrong"));
    CHECK(says(c, archive__check_order(c, swapped, swapped_names, 2), str_to_z(c->arena, str_join(c->arena, f.names[1], STR(" is missing"), STR_END))));
    CHECK_OK(archive__check_order(c, &f.facts[1], &f.names[1], 2));
    struct archive_facts changed[] = { f.facts[0], f.facts[1] };
    changed[1].prev_digest = f.facts[1].digest;
    CHECK(says(c, archive__check_order(c, changed, f.names, 2), "does not follow"));
    const struct archive_facts first_twice[] = { f.facts[1], f.facts[0] };
    const struct str first_names[] = { f.names[1], f.names[0] };
    CHECK(says(c, archive__check_order(c, first_twice, first_names, 2), "is the first archive of its log"));
    test_trust_close(c, &l.t);
}

TEST(links_of_another_form_are_refused)
{
    static const char *const bad[] = { "", "- - SHA-512", "- - SHA-256\n", "- mlog-1.zip SHA-512\n", "- - SHA-512\nabc name\n", "- - SHA-512\n- -\n" };
    struct archive_links links;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(says(c, archive__parse_links(c, str_z(bad[i]), &links), "linkinginfo"));
    CHECK_OK(archive__parse_links(c, STR("- - SHA-512\n"), &links));
    /* echo -n $(echo -n a | sha512sum | cut -c1-128) | sha512sum: nothing stands before the first of all */
    CHECK_STR(str_first(archive__next_digest(c->arena, STR(""), STR("a")), 16), STR("e9b35379a4a21553"));
}
