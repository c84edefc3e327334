/* search_test.c: people found by name in any spelling, how sure the answer is, what is written down about it; on both databases. */
#include "registry/search.c"

#include "registry/testing.h"
#include "trust/journal.h"
#include "trust/test_head_key.h"

TEST_STORE(&trust_schema, &registry_schema);

#define PERSON(PIN, SURNAME, MIDDLE, GIVEN, BORN, SEX, UNIT) \
    "{\"keys\":{\"pin\":\"" PIN "\"},\"name\":{\"kind\":\"birth\",\"from\":\"" BORN "\",\"surname\":\"" SURNAME "\",\"middle\":\"" MIDDLE "\",\"given\":\"" GIVEN "\"}," \
    "\"core\":{\"from\":\"" BORN "\",\"birth_date\":\"" BORN "\",\"sex\":\"" SEX "\",\"nationality\":\"VN\"}," \
    "\"residence\":[" UNIT "],\"status\":{\"from\":\"" BORN "\",\"state\":\"alive\"}}\n"
#define LIVES(UNIT) "{\"kind\":\"permanent\",\"from\":\"2026-01-01\",\"unit\":\"" UNIT "\"}"
#define LIVED(UNIT) "{\"kind\":\"permanent\",\"from\":\"2025-08-01\",\"to\":\"2026-01-01\",\"unit\":\"" UNIT "\"}," LIVES("00008")

static const char PEOPLE[] =
    PERSON("900100000001", "Nguyễn", "Thị", "Hoa", "1984-06-17", "female", LIVES("00004"))
    PERSON("900100000002", "Nguyễn", "Thị", "Hòa", "1984-03-02", "female", LIVES("00008"))
    PERSON("900100000003", "Nguyễn", "Thị", "Hoa", "1991", "female", LIVES("00004"))
    PERSON("900100000004", "Nguyễn", "Thị Minh", "Hoa", "1984-01-01", "female", LIVED("00004"))
    PERSON("900100000005", "Đỗ", "", "Hoá", "1970-12", "male", LIVES("00008"))
    PERSON("900100000006", "", "", "Y-Moan", "1960-01-01", "male", LIVES("00008"))
    PERSON("900100000007", "Ngô", "Thị", "Hoa", "1984-06-17", "female", LIVES("00004"));

static struct register_ *load_people(struct call *c, const char *people)
{
    static struct unit_names *opened[64]; /* kept, and known, to the end of the test program */
    static size_t nopened;
    struct registry *reg = arena_new(c->arena, struct registry);
    struct register_ **list = arena_array(c->arena, struct register_ *, 1);
    struct load_count n;
    struct str path = test_write(c, str_z(people));
    list[0] = test_stored_register(c);
    reg->registers = list;
    reg->nregisters = 1;
    reg->units = *list[0]->units;
    reg->unit_names = registry__unit_names_open(list[0]->units);
    if (nopened < sizeof opened / sizeof opened[0]) opened[nopened++] = reg->unit_names;
    test_store_app(c)->registry = reg;
    CHECK_OK(registry_load(c, list[0], path, &n));
    (void)unlink(str_to_z(c->arena, path));
    if (n.refused) fail_msg("line %d: %.*s: %.*s", (int)n.refusals[0].line, STR_ARG(n.refusals[0].field), STR_ARG(n.refusals[0].sentence));
    return list[0];
}

static struct search_question about(const char *name, const char *born, const char *unit)
{
    struct search_question q = { .name = str_z(name), .unit = str_z(unit), .sex = STR(""), .most = SEARCH_MOST, .former_names = true, .former_places = true };
    q.has_born = born[0] && date_parse(str_z(born), &q.born);
    return q;
}

/* said: outcome and the entities in their order, "doubtful 1 4". */
static struct str said(struct call *c, const struct register_ *r, const struct search_question *q)
{
    struct search_answer a;
    struct buf b = buf_in(c->arena, 1000);
    CHECK_OK(registry__search(c, r, q, &a));
    buf_put(&b, registry__outcome_word(a.outcome));
    for (size_t i = 0; i < a.n; i++) buf_print(&b, " %d", (int)a.matches[i].entity);
    if (a.more) buf_put_z(&b, " more");
    return buf_str(&b);
}
static struct str say(struct call *c, const struct register_ *r, struct search_question q) { return said(c, r, &q); }
#define SAID(name, born, unit) say(c, r, about(name, born, unit))

TEST(the_very_name_and_birth_is_found)
{
    struct register_ *r = load_people(c, PEOPLE);
    CHECK_STR(SAID("Nguyễn Thị Hoa", "1984", ""), STR("found 1"));
    CHECK_STR(SAID("Nguyễn Thị Hoa", "1984-06-17", ""), STR("found 1"));
    CHECK_STR(SAID("NGUYỄN  THỊ HOÀ", "1984", ""), STR("found 2"));
    CHECK_STR(SAID("Nguye\xcc\x82\xcc\x83n Thị Hoa", "1984", ""), STR("found 1"));
    CHECK_STR(SAID("Nguyễn Thị Hoa", "1985", ""), STR("not_found"));
    CHECK_STR(SAID("Nguyễn Thị Hoa", "1984-06-18", ""), STR("not_found"));
}

TEST(without_marks_it_is_a_doubt_even_when_there_is_one_only)
{
    struct register_ *r = load_people(c, PEOPLE);
    CHECK_STR(SAID("nguyen thi hoa", "1984", ""), STR("doubtful 1 2"));
    CHECK_STR(SAID("nguyen thi hoa", "1991", ""), STR("doubtful 3"));
    CHECK_STR(SAID("do hoa", "1970", ""), STR("doubtful 5"));
    CHECK_STR(SAID("Nguyễn Thị Hoa", "", ""), STR("doubtful 1 3 2"));
}

TEST(weaker_kinds_of_match_come_when_stronger_find_nobody)
{
    struct register_ *r = load_people(c, PEOPLE);
    CHECK_STR(SAID("hoa nguyen thi", "1984", ""), STR("doubtful 1 2 4"));
    CHECK_STR(SAID("Nguyễn Hoa", "1984", ""), STR("doubtful 1 4 2"));
    CHECK_STR(SAID("Nguyễn Thị Ngọc Minh Hoa", "1984", ""), STR("doubtful 1 4 2"));
    CHECK_STR(SAID("hoa", "1991", ""), STR("doubtful 3"));
    CHECK_STR(SAID("y moan", "1960", ""), STR("doubtful 6"));
    CHECK_STR(SAID("Y-Moan", "1960", ""), STR("found 6"));
    CHECK_STR(SAID("moan", "1960", ""), STR("doubtful 6"));
    CHECK_STR(SAID("Trần Hoa", "1984", ""), STR("not_found"));
}

TEST(a_birth_known_in_part_is_a_doubt)
{
    struct register_ *r = load_people(c, PEOPLE);
    CHECK_STR(SAID("Nguyễn Thị Hoa", "1991-05-05", ""), STR("doubtful 3"));
    CHECK_STR(SAID("Đỗ Hoá", "1970-12-24", ""), STR("doubtful 5"));
    CHECK_STR(SAID("Đỗ Hoá", "1970-11", ""), STR("not_found"));
    CHECK_STR(SAID("Đỗ Hoá", "1970", ""), STR("found 5"));
}

TEST(places_since_before_1970_are_read_like_later_ones)
{
    struct str places = STR("25273@-1658-20270 12922@-3000--1658 25280@20270"), broken[] = { STR("25273@"), STR("25273"), STR("25273@-"), STR("25273@1-"), STR("25273@1-2-3") };
    struct place p;
    CHECK(read_place(&places, &p) && str_eq(p.code, STR("25273")) && p.day == -1658 && p.to == 20270);
    CHECK(read_place(&places, &p) && str_eq(p.code, STR("12922")) && p.day == -3000 && p.to == -1658);
    CHECK(read_place(&places, &p) && str_eq(p.code, STR("25280")) && p.day == 20270 && p.to == TIME_FAR);
    CHECK(!read_place(&places, &p));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) CHECK(!read_place(&broken[i], &p));
}

TEST(a_place_narrows_and_a_former_one_is_a_doubt)
{
    struct register_ *r = load_people(c, PEOPLE);
    CHECK_STR(SAID("nguyen thi hoa", "1984", "00004"), STR("doubtful 1"));
    CHECK_STR(SAID("Nguyễn Thị Minh Hoa", "1984", "00008"), STR("found 4"));
    CHECK_STR(SAID("Nguyễn Thị Minh Hoa", "1984", "00004"), STR("doubtful 4"));
    CHECK_STR(SAID("Nguyễn Thị Hoa", "", "thanh pho ha noi"), STR("doubtful 1 3 2"));
    CHECK_STR(SAID("Nguyễn Thị Hoa", "1984", "Hà Nội"), STR("found 1"));
}

TEST(sex_narrows_by_a_code_of_the_register)
{
    struct register_ *r = load_people(c, PEOPLE);
    struct search_question q = about("do hoa", "", "");
    q.sex = STR("male");
    CHECK_STR(said(c, r, &q), STR("doubtful 5"));
    q.sex = STR("female");
    CHECK_STR(said(c, r, &q), STR("not_found"));
}

TEST(a_name_too_common_shows_nobody)
{
    struct buf b = buf_in(c->arena, 1 << 20);
    for (int i = 0; i < SEARCH_MOST + 1; i++)
        buf_print(&b, "{\"keys\":{\"pin\":\"9002000000%02d\"},\"name\":{\"kind\":\"birth\",\"from\":\"1984\",\"surname\":\"Lê\",\"given\":\"%s\"},\"core\":{\"from\":\"1984\",\"birth_date\":\"19%02d\","
                  "\"sex\":\"male\",\"nationality\":\"VN\"},\"status\":{\"from\":\"1984\",\"state\":\"alive\"}}\n", i, i ? "Nam" : "Năm", 50 + i);
    buf_put_c(&b, '\0');
    struct register_ *r = load_people(c, b.p);
    CHECK_STR(SAID("le nam", "", ""), STR("too_many"));
    CHECK_STR(SAID("le nam", "1952", ""), STR("doubtful 3"));
    CHECK_STR(SAID("Lê Năm", "", ""), STR("doubtful 1 more")); /* the sure ones fit, the others would be too many */
}

static void refused(struct call *c, const struct register_ *r, const struct search_question *q, const char *field)
{
    struct search_answer a;
    call_clear(c);
    CHECK(registry__search(c, r, q, &a) == ST_INVALID);
    CHECK_STR(call_error(c)->field, str_z(field));
    CHECK(call_error(c)->sentence.n > 0);
    call_clear(c);
}

TEST(bad_questions_are_told_at_their_field)
{
    struct register_ *r = load_people(c, PEOPLE);
    struct search_question q = about("", "", "");
    refused(c, r, &q, "name");
    q.name = STR("' - '");
    refused(c, r, &q, "name");
    q.name = STR("a b c d e f g h i");
    refused(c, r, &q, "name");
    q.name = STR("a\tb");
    refused(c, r, &q, "name");
    q = about("Nguyễn Thị Hoa", "1849", "");
    refused(c, r, &q, "born");
    q = about("Nguyễn Thị Hoa", "2100", "");
    refused(c, r, &q, "born");
    q = about("Nguyễn Thị Hoa", "", "Atlantis");
    refused(c, r, &q, "unit");
    q = about("Nguyễn Thị Hoa", "", "99999");
    refused(c, r, &q, "unit");
    q = about("Nguyễn Thị Hoa", "", "");
    q.sex = STR("F");
    refused(c, r, &q, "sex");
    q.sex = STR("");
    q.most = SEARCH_MOST + 1;
    refused(c, r, &q, "limit");
}

/* ---- what is read and written down ---- */

static const struct actor official = { .user = STR_INIT("u-7"), .role = STR_INIT("registrar"), .agency = STR_INIT("VN/GOV/H26/desk") };
static const struct str columns[] = { STR_INIT("name.full"), STR_INIT("core.birth_date"), STR_INIT("residence.unit") };

static enum status find(struct call *c, const struct register_ *r, size_t ncolumns, const struct search_question *q, struct found_people *ret)
{
    const struct search_reader rd = { .reg = r, .columns = columns, .ncolumns = ncolumns, .message = STR("rid-9") };
    call_clear(c);
    c->actor = &official;
    c->purpose = STR("residence.register");
    return registry__find_people(c, &rd, q, ret);
}

TEST(everybody_shown_can_read_that_they_were)
{
    struct register_ *r = load_people(c, PEOPLE);
    struct found_people found;
    const struct journal_shown *shown;
    size_t n;
    const struct search_question q = about("nguyen thi hoa", "1984", "");
    CHECK_OK(find(c, r, 3, &q, &found));
    CHECK(found.answer.n == 2 && found.entry.n);
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(journal_list_subject(c, found.people[i].match->entity, TIME_FAR, 10, &shown, &n));
        CHECK(n == 2);
        CHECK_STR(shown[0].event.kind, STR("population.search"));
        CHECK_STR(shown[0].event.agency, STR("VN/GOV/H26/desk"));
        CHECK_STR(shown[0].event.fields, STR("name.kind,name.full,core.birth_date,residence.kind,residence.unit"));
        CHECK_STR(shown[0].uid, found.entry);
    }
    CHECK_OK(journal_list_subject(c, 3, TIME_FAR, 10, &shown, &n));
    CHECK(n == 1); /* who was not shown was not read */
}

TEST(only_allowed_columns_come_and_only_they_may_be_asked_by)
{
    struct register_ *r = load_people(c, PEOPLE);
    struct found_people found = { .entry = STR("") };
    struct search_question q = about("nguyen thi hoa", "1984", "");
    CHECK_OK(find(c, r, 2, &q, &found));
    for (size_t i = 0; i < found.people[0].record.n; i++) CHECK(!str_starts(found.people[0].record.values[i].column, STR("residence")));
    CHECK(find(c, r, 1, &q, &found) == ST_DENIED);
    q.unit = STR("00004");
    CHECK(find(c, r, 2, &q, &found) == ST_DENIED);
    q = about("nobody at all", "", "");
    CHECK(find(c, r, 0, &q, &found) == ST_DENIED); /* the same for whom there is and for whom there is not */
    c->purpose = STR("");
    const struct search_reader rd = { .reg = r, .columns = columns, .ncolumns = 3 };
    call_clear(c);
    CHECK(registry__find_people(c, &rd, &q, &found) == ST_DENIED);
}

#define RENAMED "{\"keys\":{\"pin\":\"900100000008\"},\"name\":[{\"kind\":\"birth\",\"from\":\"1980\",\"to\":\"2020-01-01\",\"surname\":\"Phan\",\"given\":\"Long\"}," \
    "{\"kind\":\"birth\",\"from\":\"2020-01-01\",\"surname\":\"Phan\",\"given\":\"Lan\"}],\"core\":{\"from\":\"1980\",\"birth_date\":\"1980-01-01\",\"sex\":\"female\",\"nationality\":\"VN\"}," \
    "\"residence\":[" LIVED("00004") "],\"status\":{\"from\":\"1980\",\"state\":\"alive\"}}\n"

/* outcome of a search with these columns, and which fields the journal then names for entity 1 last. */
static struct str outcome_with(struct call *c, const struct register_ *r, struct str allowed, const struct search_question *q, struct str *ret_fields)
{
    struct str list[8], one;
    struct found_people found;
    const struct journal_shown *shown;
    struct search_reader rd = { .reg = r, .columns = list, .message = STR("rid-9") };
    size_t n;
    while (str_next(&allowed, ',', &one)) list[rd.ncolumns++] = one;
    c->actor = &official;
    c->purpose = STR("residence.register");
    CHECK_OK(registry__find_people(c, &rd, q, &found));
    CHECK_OK(journal_list_subject(c, 1, TIME_FAR, 1, &shown, &n));
    *ret_fields = n ? shown[0].event.fields : STR("");
    return registry__outcome_word(found.answer.outcome);
}

TEST(former_names_and_places_find_only_with_a_right_to_them)
{
    struct register_ *r = load_people(c, RENAMED);
    const struct str now = STR("name.full,core.birth_date,residence.unit"), names = STR("name.full,core.birth_date,residence.unit,former.name.full"),
                     places = STR("name.full,core.birth_date,residence.unit,former.residence.*");
    struct search_question q = about("Phan Long", "1980", "");
    struct str fields;
    CHECK_STR(outcome_with(c, r, now, &q, &fields), STR("not_found"));
    CHECK_STR(outcome_with(c, r, places, &q, &fields), STR("not_found"));
    CHECK_STR(outcome_with(c, r, names, &q, &fields), STR("doubtful"));
    CHECK(str_ends(fields, STR(",former.name.full")));
    q = about("Phan Lan", "1980", "00004");
    CHECK_STR(outcome_with(c, r, now, &q, &fields), STR("not_found"));
    CHECK_STR(outcome_with(c, r, names, &q, &fields), STR("not_found"));
    CHECK_STR(outcome_with(c, r, places, &q, &fields), STR("doubtful"));
    CHECK(str_ends(fields, STR(",former.residence.unit")));
    q = about("Phan Lan", "1980", "00008");
    CHECK_STR(outcome_with(c, r, now, &q, &fields), STR("found"));
    CHECK_STR(fields, STR("name.kind,name.full,core.birth_date,residence.kind,residence.unit"));
    q = about("Phan Long", "1980", "00004");
    CHECK_STR(outcome_with(c, r, STR("*"), &q, &fields), STR("doubtful"));
}

/* ---- keys made anew ---- */

TEST(keys_made_anew_find_the_same_people)
{
    struct register_ *r = load_people(c, PEOPLE);
    CHECK_OK(registry__reindex(c, r));
    CHECK_STR(SAID("nguyen thi hoa", "1984", "00004"), STR("doubtful 1"));
    CHECK_STR(SAID("Nguyễn Thị Minh Hoa", "1984", "00004"), STR("doubtful 4"));
    CHECK_STR(SAID("Đỗ Hoá", "1970", ""), STR("found 5"));
}

TEST(rules_that_changed_make_the_keys_anew_and_nobody_searches_meanwhile)
{
    struct register_ *r = load_people(c, PEOPLE);
    const struct search_question q = about("Nguyễn Thị Hoa", "1984", "");
    struct search_answer a;
    r->search->version++;
    CHECK(registry__search(c, r, &q, &a) == ST_UNAVAILABLE);
    call_clear(c);
    r->search->version--;
    text_order_close(&r->search->order);
    test_open_search(c, r);
    CHECK_STR(said(c, r, &q), STR("found 1")); /* nothing changed: nothing was thrown away */
}

TEST(words_compare_as_people_mean_them)
{
    struct words a, b;
    static const struct { const char *a, *b; enum likeness like; } cases[] = {
        { "nguyen thi hoa", "nguyen thi hoa", LIKE_SAME }, { "nguyen thi hoa", "hoa nguyen thi", LIKE_ORDER }, { "nguyen hoa", "nguyen thi hoa", LIKE_PART },
        { "nguyen thi hoa", "hoa", LIKE_PART }, { "nguyen nguyen hoa", "nguyen hoa hoa", LIKE_NOT }, { "le hoa", "nguyen hoa", LIKE_NOT }, { "a a", "a b c", LIKE_NOT } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(registry__name_words(c->arena, str_z(cases[i].a), TEXT_LOOSE, &a) && registry__name_words(c->arena, str_z(cases[i].b), TEXT_LOOSE, &b));
        CHECK(registry__compare_words(&a, &b) == cases[i].like && registry__compare_words(&b, &a) == cases[i].like);
        registry__split_key(registry__name_key(c->arena, &b), &a);
        CHECK(registry__compare_words(&a, &b) == LIKE_SAME);
    }
    CHECK(!registry__name_words(c->arena, STR(" "), TEXT_LOOSE, &a) && !registry__name_words(c->arena, STR("\xff"), TEXT_LOOSE, &a));
}
