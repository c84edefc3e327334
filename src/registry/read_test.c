/* read_test.c: only allowed columns come out, and the journal has the entry before they do. */
#include "registry/read.c"

#include "registry/testing.h"

TEST_STORE(&trust_schema, &registry_schema);

static const struct actor official = { .user = STR_INIT("u-7f3a"), .role = STR_INIT("registrar"), .agency = STR_INIT("VN/GOV/H26/desk") };

#define ADDRESS ",\"residence\":[{\"kind\":\"permanent\",\"from\":\"2010-01-01\",\"to\":\"2020-01-01\",\"unit\":\"00008\",\"address\":\"Old house\"}," \
    "{\"kind\":\"permanent\",\"from\":\"2020-01-01\",\"unit\":\"00004@2025-07-01\",\"address\":\"New house\"}," \
    "{\"kind\":\"temporary\",\"from\":\"2999-01-01\",\"unit\":\"00004\",\"address\":\"Later\"}]"

static struct register_ *prepared(struct call *c)
{
    struct register_ *r = test_stored_register(c);
    struct str path = test_write(c, STR(TEST_ROW("900100000001", "Hoa", "1984-06", ADDRESS) "\n" TEST_ROW("900100000002", "Lan", "1990", "") "\n"));
    struct load_count n;
    CHECK_OK(registry_load(c, r, path, &n));
    CHECK(n.stored == 2);
    (void)unlink(str_to_z(c->arena, path));
    c->actor = &official;
    c->purpose = STR("residence.register");
    c->basis = STR("68/2020/QH14");
    c->issue = STR("H26-1");
    return r;
}

static enum status read_as(struct call *c, const struct register_ *r, struct str pin, const struct str *columns, size_t n, const struct register_record **ret)
{
    return registry_read(c, &(struct registry_read){ .reg = r, .key_kind = STR("pin"), .key = pin, .columns = columns, .ncolumns = n, .message = STR("m-1") }, ret);
}

static struct str value(const struct register_record *rec, const char *column)
{
    for (size_t i = 0; i < rec->n; i++)
        if (str_eq(rec->values[i].column, str_z(column))) return rec->values[i].text;
    return STR("");
}

static size_t entries_about(struct call *c, int64_t person, const struct journal_shown **ret)
{
    size_t n;
    CHECK_OK(journal_list_subject(c, person, TIME_FAR, 100, ret, &n));
    return n;
}

TEST(only_allowed_columns_come_out)
{
    static const struct str columns[] = { STR_INIT("name.full"), STR_INIT("residence.unit"), STR_INIT("no.such") };
    struct register_ *r = prepared(c);
    const struct register_record *rec;
    CHECK_OK(read_as(c, r, STR("900100000001"), columns, 3, &rec));
    CHECK(rec->n == 4); /* both kinds before the values they explain */
    CHECK_STR(value(rec, "name.full"), STR("Nguyễn Thị Hoa"));
    CHECK_STR(value(rec, "residence.unit"), STR("Phường Ba Đình, Thành phố Hà Nội"));
    CHECK_STR(value(rec, "residence.kind"), STR("Permanent residence"));
    CHECK_STR(value(rec, "residence.address"), STR(""));
    CHECK_STR(value(rec, "core.birth_date"), STR(""));
}

TEST(what_is_true_today_comes_out_with_words_and_codes)
{
    static const struct str all[] = { STR_INIT("*") };
    struct register_ *r = prepared(c);
    const struct register_record *rec;
    CHECK_OK(read_as(c, r, STR("900100000001"), all, 1, &rec));
    CHECK_STR(value(rec, "residence.address"), STR("New house"));
    CHECK_STR(value(rec, "core.birth_date"), STR("1984-06"));
    CHECK_STR(value(rec, "core.sex"), STR("Female"));
    CHECK_STR(value(rec, "key.pin"), STR("900100000001"));
    for (size_t i = 0; i < rec->n; i++) {
        CHECK(str_find(rec->values[i].text, STR("Old house")) == SIZE_MAX && str_find(rec->values[i].text, STR("Later")) == SIZE_MAX);
        if (str_eq(rec->values[i].column, STR("core.sex"))) CHECK_STR(rec->values[i].code, STR("female"));
        CHECK(rec->values[i].is_date == str_eq(rec->values[i].column, STR("core.birth_date")));
    }
}

TEST(a_whole_group_can_be_allowed)
{
    static const struct str columns[] = { STR_INIT("core.*") };
    const struct register_record *rec;
    CHECK_OK(read_as(c, prepared(c), STR("900100000002"), columns, 1, &rec));
    CHECK(rec->n == 4);
    CHECK_STR(value(rec, "core.birth_date"), STR("1990"));
}

TEST(the_entry_names_reader_purpose_and_fields)
{
    static const struct str columns[] = { STR_INIT("core.sex"), STR_INIT("name.full"), STR_INIT("relation.person") };
    struct register_ *r = prepared(c);
    const struct register_record *rec;
    const struct journal_shown *shown;
    CHECK_OK(read_as(c, r, STR("900100000001"), columns, 3, &rec));
    CHECK(entries_about(c, rec->id, &shown) == 2); /* the load and this */
    CHECK_STR(shown[0].uid, rec->entry);
    CHECK_STR(shown[0].event.kind, STR("population.read"));
    CHECK_STR(shown[0].event.agency, STR("VN/GOV/H26/desk"));
    CHECK_STR(shown[0].event.purpose, STR("residence.register"));
    CHECK_STR(shown[0].event.fields, STR("name.kind,name.full,core.sex"));
    CHECK(str_find(shown[0].entry, STR("900100000001")) == SIZE_MAX && str_find(shown[0].entry, STR("Hoa")) == SIZE_MAX);
}

TEST(no_entry_no_record)
{
    static const struct str all[] = { STR_INIT("*") };
    struct register_ *r = prepared(c);
    const struct register_record *untouched = (const struct register_record *)r, *rec = untouched;
    const struct query *gone = db_query_new(c->app->store, "trust", LOG, STR("DROP TABLE journal_entry"));
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, gone));
        CHECK_OK(db_commit(&tx));
    }
    CHECK(read_as(c, r, STR("900100000001"), all, 1, &rec) != ST_OK && rec == untouched);
}

TEST(nobody_and_unexplained_reads_are_refused)
{
    static const struct str all[] = { STR_INIT("*") };
    struct register_ *r = prepared(c);
    const struct register_record *rec;
    const struct journal_shown *shown;
    CHECK(read_as(c, r, STR("900100000777"), all, 1, &rec) == ST_NOT_FOUND && str_is_empty(c->error.sentence));
    c->purpose = STR("");
    CHECK(read_as(c, r, STR("900100000001"), all, 1, &rec) == ST_DENIED);
    call_clear(c);
    c->purpose = STR("residence.register");
    c->actor = NULL;
    CHECK(read_as(c, r, STR("900100000001"), all, 1, &rec) == ST_DENIED);
    CHECK(entries_about(c, 1, &shown) == 1 && entries_about(c, 2, &shown) == 1);
}

TEST(a_number_given_twice_is_no_way_to_a_person)
{
    static const struct str all[] = { STR_INIT("*") };
    struct register_ *r = prepared(c);
    const struct register_record *rec;
    const struct registry_read rd = { .reg = r, .key_kind = STR("id9"), .key = STR("012345678"), .columns = all, .ncolumns = 1 };
    CHECK(registry_read(c, &rd, &rec) == ST_CONFLICT);
}

TEST(today_is_the_day_by_the_countrys_clocks)
{
    const struct app *node = c->app;
    struct app country = { .time_offset_min = 0 };
    c->app = &country;
    c->now_ms = date_day(2026, 11, 22) * 86400000 - 1;
    CHECK(registry__today(c) == date_day(2026, 11, 21));
    country.time_offset_min = 420;
    CHECK(registry__today(c) == date_day(2026, 11, 22));
    c->app = node;
}

TEST(a_person_sees_only_what_the_register_shows_to_them)
{
    static const struct str all[] = { STR_INIT("*") };
    struct register_ *r = prepared(c);
    const struct register_record *rec;
    const struct journal_shown *shown;
    ((struct column *)(uintptr_t)registry__find_column(r, STR("core.sex")))->self = false;
    const struct registry_read rd = { .reg = r, .key_kind = STR("pin"), .key = STR("900100000001"), .columns = all, .ncolumns = 1, .self = true };
    c->purpose = STR("self");
    CHECK_OK(registry_read(c, &rd, &rec));
    CHECK_STR(value(rec, "core.sex"), STR(""));
    CHECK_STR(value(rec, "core.nationality"), STR("Việt Nam"));
    CHECK(entries_about(c, rec->id, &shown) == 2 && shown[0].event.class_ == JOURNAL_SELF);
}

/* ---- what no longer holds ---- */

#define MOVES ",\"residence\":[{\"kind\":\"permanent\",\"from\":\"2010-01-01\",\"to\":\"2020-01-01\",\"unit\":\"00634@2010-01-01\",\"address\":\"Old house\"}," \
    "{\"kind\":\"permanent\",\"from\":\"2020-01-01\",\"unit\":\"00001@2020-01-01\",\"address\":\"New house\"},{\"kind\":\"temporary\",\"from\":\"2999-01-01\",\"unit\":\"00004\"}]," \
    "\"relation\":[{\"kind\":\"child\",\"from\":\"2010\",\"name\":\"A\"},{\"kind\":\"child\",\"from\":\"2010\",\"name\":\"B\"},{\"kind\":\"spouse\",\"from\":\"2008\",\"to\":\"2015\",\"name\":\"C\"}]"

static const struct register_record *read_history(struct call *c, const struct str *columns, size_t n, bool history)
{
    struct register_ *r = test_stored_register(c);
    struct str path = test_write(c, STR(TEST_ROW("900100000001", "Hoa", "1984", MOVES)));
    struct load_count count;
    const struct register_record *rec = NULL;
    CHECK_OK(registry_load(c, r, path, &count));
    CHECK(count.stored == 1);
    (void)unlink(str_to_z(c->arena, path));
    c->actor = &official;
    c->purpose = STR("residence.register");
    CHECK_OK(registry_read(c, &(struct registry_read){ .reg = r, .key_kind = STR("pin"), .key = STR("900100000001"), .columns = columns, .ncolumns = n, .history = history }, &rec));
    return rec;
}

static const struct register_value *find(const struct register_record *rec, const char *column, bool former)
{
    for (size_t i = 0; i < rec->n; i++)
        if (rec->values[i].former == former && str_eq(rec->values[i].column, str_z(column))) return &rec->values[i];
    return NULL;
}

TEST(former_versions_come_on_request_with_their_days_and_todays_names)
{
    static const struct str columns[] = { STR_INIT("residence.unit"), STR_INIT("former.residence.*") };
    const struct register_record *rec = read_history(c, columns, 2, true);
    const struct journal_shown *shown;
    const struct register_value *now = find(rec, "residence.unit", false), *was = find(rec, "residence.unit", true);
    CHECK_STR(now->text, STR("Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội"));
    CHECK_STR(now->today, STR("Phường Hồng Hà, Thành phố Hà Nội"));
    CHECK(was->from == date_day(2010, 1, 1) && was->to == date_day(2020, 1, 1) && str_find(was->today, STR("; ")) != SIZE_MAX);
    CHECK_STR(find(rec, "residence.address", true)->text, STR("Old house"));
    CHECK(find(rec, "residence.address", false) == NULL && find(rec, "relation.name", true) == NULL);
    CHECK(rec->n == 2 + 3); /* both kinds before the values they explain; nothing of the future */
    CHECK(entries_about(c, rec->id, &shown) == 2);
    CHECK_STR(shown[0].event.fields, STR("residence.kind,residence.unit,former.residence.kind,former.residence.unit,former.residence.address"));
}

TEST(without_the_request_or_the_right_nothing_former_comes)
{
    static const struct str all[] = { STR_INIT("*") };
    const struct register_record *rec = read_history(c, all, 1, false);
    for (size_t i = 0; i < rec->n; i++) CHECK(!rec->values[i].former);
}

TEST(the_right_to_what_holds_is_no_right_to_what_held)
{
    static const struct str columns[] = { STR_INIT("residence.*"), STR_INIT("relation.*") };
    const struct register_record *rec = read_history(c, columns, 2, true);
    size_t children = 0;
    for (size_t i = 0; i < rec->n; i++) {
        CHECK(!rec->values[i].former && !str_eq(rec->values[i].text, STR("Old house")) && !str_eq(rec->values[i].text, STR("C")));
        children += str_eq(rec->values[i].column, STR("relation.name"));
    }
    CHECK(children == 2); /* both hold at once */
}
