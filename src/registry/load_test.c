/* load_test.c: good rows are stored, bad ones told with line and field, and neither disturbs the other. */
#include "registry/load.c"

#include "registry/testing.h"

TEST_STORE(&trust_schema, &registry_schema);

static struct load_count load(struct call *c, const struct register_ *r, struct str text)
{
    struct load_count n = { 0 };
    struct str path = test_write(c, text);
    call_clear(c);
    CHECK_OK(registry_load(c, r, path, &n));
    (void)unlink(str_to_z(c->arena, path));
    return n;
}

static int64_t count(struct call *c, const char *sql)
{
    struct query q = { "registry", sql, NODE };
    const struct query *kept = db_query_new(c->app->store, q.room, q.in, str_z(sql));
    int64_t n = -1;
    DB_ROWS rows = db_run(c, kept);
    if (db_next(&rows)) n = db_col_int(&rows, 0);
    CHECK_OK(db_finish(&rows));
    return n;
}

TEST(good_rows_are_stored_and_bad_ones_told)
{
    struct register_ *r = test_stored_register(c);
    struct load_count n = load(c, r, STR(TEST_ROW("900100000001", "Hoa", "1984-06-17", "") "\n" TEST_ROW("12", "Lan", "1984", "") "\n\n"
                                         TEST_ROW("900100000002", "Mai", "1990", "") "\nnot json\n" TEST_ROW("900100000003", "Sen", "1950", "")));
    CHECK(n.rows == 5 && n.stored == 3 && n.refused == 2 && n.nrefusals == 2);
    CHECK(n.refusals[0].line == 2 && n.refusals[1].line == 5);
    CHECK_STR(n.refusals[0].field, STR("key.pin"));
    CHECK(count(c, "SELECT COUNT(*) FROM registry_entity") == 3);
    CHECK(count(c, "SELECT COUNT(*) FROM population_name_v") == 3);
    CHECK(count(c, "SELECT COUNT(*) FROM population_alias") == 6);
    CHECK(count(c, "SELECT COUNT(*) FROM registry_delta WHERE state = 1") == 1);
}

TEST(a_number_that_is_known_is_refused_and_leaves_nothing)
{
    struct register_ *r = test_stored_register(c);
    struct str text = STR(TEST_ROW("900100000001", "Hoa", "1984", "") "\n" TEST_ROW("900100000002", "Mai", "1990", "") "\n");
    CHECK(load(c, r, text).stored == 2);
    struct load_count n = load(c, r, text);
    CHECK(n.rows == 2 && n.stored == 0 && n.refused == 2);
    CHECK(str_find(n.refusals[0].sentence, STR("in the register already")) != SIZE_MAX);
    n = load(c, r, STR(TEST_ROW("900100000009", "An", "1984", "") "\n" TEST_ROW("900100000009", "Ba", "1984", "") "\n" TEST_ROW("900100000008", "Tư", "1984", "")));
    CHECK(n.stored == 2 && n.refused == 1 && n.refusals[0].line == 2);
    CHECK(count(c, "SELECT COUNT(*) FROM registry_entity") == 4);
    CHECK(count(c, "SELECT COUNT(*) FROM population_core_v") == 4);
}

TEST(rows_of_a_load_have_entries_in_the_journal)
{
    struct register_ *r = test_stored_register(c);
    static const struct str rights[] = { STR_INIT("*") };
    const struct actor who = { .user = STR("command"), .role = STR("command"), .agency = STR("VN/GOV/G01"), .rights = rights, .nrights = 1 };
    const struct journal_shown *shown;
    size_t n;
    c->actor = &who;
    c->purpose = STR("register.keep");
    CHECK(load(c, r, STR(TEST_ROW("900100000001", "Hoa", "1984", ""))).stored == 1);
    CHECK_OK(journal_list_subject(c, 1, TIME_FAR, 10, &shown, &n));
    CHECK(n == 1);
    CHECK_STR(shown[0].event.kind, STR("population.load"));
    CHECK_STR(shown[0].event.purpose, STR("register.keep"));
}

TEST(long_lines_and_missing_files_are_refused)
{
    enum { LONG = 80 << 10, ENDLESS = 300 << 10 };
    struct register_ *r = test_stored_register(c);
    struct load_count n;
    char *text = arena_alloc(c->arena, ENDLESS, 1);
    memset(text, 'x', ENDLESS);
    text[LONG] = '\n';
    memcpy(text + LONG + 1, TEST_ROW("900100000001", "Hoa", "1984", ""), sizeof TEST_ROW("900100000001", "Hoa", "1984", "") - 1);
    n = load(c, r, str_of(text, LONG + sizeof TEST_ROW("900100000001", "Hoa", "1984", "")));
    CHECK(n.rows == 2 && n.stored == 1 && n.refused == 1 && n.refusals[0].line == 1);
    text[LONG] = 'x';
    memset(text, 'x', ENDLESS);
    struct str path = test_write(c, str_of(text, ENDLESS));
    CHECK(registry_load(c, r, path, &n) == ST_TOO_LARGE);
    (void)unlink(str_to_z(c->arena, path));
    call_clear(c);
    CHECK(registry_load(c, r, STR("/no/such/file"), &n) == ST_NOT_FOUND);
}

TEST(a_load_larger_than_one_slice_is_whole)
{
    enum { PEOPLE = 450 };
    struct register_ *r = test_stored_register(c);
    struct buf b = buf_in(c->arena, 1 << 20);
    struct check_count checked;
    for (int i = 0; i < PEOPLE; i++) buf_print(&b, TEST_ROW("900100%06d", "Hoa", "1984", "") "\n", i);
    struct load_count n = load(c, r, buf_str(&b));
    CHECK(n.stored == PEOPLE && n.refused == 0);
    CHECK_OK(registry__check(c, r, &checked));
    CHECK(checked.entries == PEOPLE && checked.versions == 3 * PEOPLE && checked.overlaps + checked.unknown_codes + checked.missing + checked.orphans == 0);
}

/* cut_off: a load that ended after its first slices, as after kill -9: its delta stays open. */
static void cut_off(struct call *c, const struct register_ *r, struct str text)
{
    CHECK(load(c, r, text).refused == 0);
    static const struct query reopen = { "registry", "UPDATE registry_delta SET state = 0, closed_ms = 0", NODE };
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    CHECK_OK(db_exec(c, &reopen));
    CHECK_OK(db_commit(&tx));
}

TEST(a_load_that_was_cut_off_goes_on_where_it_was)
{
    struct register_ *r = test_stored_register(c);
    cut_off(c, r, STR(TEST_ROW("900100000001", "Hoa", "1984", "") "\n" TEST_ROW("900100000002", "Mai", "1990", "") "\n"));
    CHECK(count(c, "SELECT COUNT(*) FROM registry_delta WHERE state = 0") == 1);
    struct str whole = STR(TEST_ROW("900100000001", "Hoa", "1984", "") "\n" TEST_ROW("900100000002", "Mai", "1990", "") "\n"
                           TEST_ROW("900100000003", "Sen", "1950", "") "\n" TEST_ROW("900100000003", "Sen", "1950", "") "\n");
    struct load_count n = load(c, r, whole);
    CHECK(n.rows == 4 && n.before == 2 && n.stored == 1 && n.refused == 1 && n.refusals[0].line == 4);
    CHECK(count(c, "SELECT COUNT(*) FROM registry_entity") == 3);
    CHECK(count(c, "SELECT COUNT(*) FROM registry_delta WHERE state = 0") == 0);
    n = load(c, r, whole);
    CHECK(n.before == 0 && n.stored == 0 && n.refused == 4);
}

TEST(refusals_come_in_the_order_of_lines)
{
    enum { ROWS = 700 };
    struct register_ *r = test_stored_register(c);
    struct buf b = buf_in(c->arena, 1 << 20);
    for (int i = 0; i < ROWS; i++) {
        if (i % 100 == 7) buf_put_z(&b, "{}\n");                              /* refused while it is read */
        else buf_print(&b, TEST_ROW("900100%06d", "Hoa", "1984", "") "\n", i % 100 == 50 ? 1 : i); /* refused while it is written */
    }
    struct load_count n = load(c, r, buf_str(&b));
    CHECK(n.rows == ROWS && n.refused == 14 && n.stored == ROWS - 14);
    for (size_t i = 0; i < n.nrefusals; i++) CHECK(n.refusals[i].line == (int64_t)(i / 2 * 100 + (i % 2 ? 51 : 8)));
}

TEST(progress_says_how_far_and_how_long)
{
    char line[160];
    struct progress p = { .what = "rows", .total = 1000, .began_us = 0 };
    (void)c;
    CHECK(progress_line(&p, 250, 1000000, line, sizeof line) > 0);
    CHECK_STR(str_z(line), STR("rows  [######..................]  25 %  250 of 1000  250/s  4 s left"));
    CHECK(progress_line(&p, 1000, 4000000, line, sizeof line) > 0);
    CHECK_STR(str_z(line), STR("rows  [########################]  100 %  1000 of 1000  250/s"));
    p.total = 0;
    CHECK(progress_line(&p, 250, 1000000, line, sizeof line) > 0);
    CHECK_STR(str_z(line), STR("rows  250  250/s"));
}
