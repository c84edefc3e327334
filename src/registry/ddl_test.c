/* ddl_test.c: tables on whichever database the tests run on: made once, widened by new columns, refused where a type changed. */
#include "registry/ddl.c"

#include "registry/testing.h"

TEST_STORE(&trust_schema, &registry_schema);

static struct register_ *parse(struct call *c, const char *columns)
{
    const struct yaml *y;
    struct register_ *r = NULL;
    struct str text = str_join(c->arena, STR("register: dogs\nlabel: Dogs\nkeys:\n  - {kind: chip, label: Chip, digits: 6, unique: true, required: true}\n"
                                             "groups:\n  - name: core\n    label: Core\n    columns:\n"), str_z(columns), STR_END);
    CHECK_OK(yaml_parse(c, STR("dogs.yaml"), text, &y));
    CHECK_OK(registry__parse_file(c, y, STR(SEN_COUNTRY), &r));
    registry__make_statements(c->arena, c->app->store, r);
    return r;
}

#define NAME "      - {name: name, label: Name, type: text}\n"

TEST(tables_are_made_once_and_stay)
{
    struct register_ *r = test_register(c);
    CHECK_OK(registry__make_tables(c, r));
    CHECK_OK(registry__make_tables(c, r));
}

TEST(every_statement_is_accepted_by_the_database)
{
    struct register_ *r = test_stored_register(c);
    const struct query *all[64];
    size_t n = 0;
    all[n++] = r->find;
    all[n++] = r->aliases;
    all[n++] = r->insert_alias;
    all[n++] = r->retire_alias;
    all[n++] = r->all_aliases;
    for (size_t i = 0; i < r->ngroups; i++) {
        all[n++] = r->groups[i].insert;
        all[n++] = r->groups[i].now;
        all[n++] = r->groups[i].former;
        all[n++] = r->groups[i].all;
    }
    all[n] = NULL;
    CHECK_OK(store_check(c, all));
}

TEST(a_new_column_is_added_beside_what_is_stored)
{
    struct register_ *r = parse(c, NAME);
    CHECK_OK(registry__make_tables(c, r));
    r = parse(c, NAME "      - {name: born, label: Born, type: date}\n      - {name: order, label: A word of SQL, type: text}\n");
    CHECK_OK(registry__make_tables(c, r));
    DB_ROWS rows = db_run(c, r->groups[0].now, db_int(1), db_int(1));
    CHECK(!db_next(&rows));
    CHECK_OK(db_finish(&rows));
}

TEST(a_column_that_left_the_file_stays)
{
    CHECK_OK(registry__make_tables(c, parse(c, NAME "      - {name: colour, label: Colour, type: text}\n")));
    CHECK_OK(registry__make_tables(c, parse(c, NAME)));
}

TEST(another_type_under_the_same_name_is_refused)
{
    CHECK_OK(registry__make_tables(c, parse(c, NAME)));
    CHECK(registry__make_tables(c, parse(c, "      - {name: name, label: Name, type: date}\n")) == ST_CONFLICT);
    CHECK(str_find(call_error(c)->sentence, STR("core.name")) != SIZE_MAX);
}

static void insert(struct call *c, const struct group *g, const struct db_value *values)
{
    DB_TX tx = { 0 };
    CHECK_OK(db_begin(c, NODE, &tx));
    {
        DB_ROWS rows = db_run_values(c, g->insert, values, g->nvalues + 6);
        CHECK_OK(db_finish(&rows));
    }
    CHECK_OK(db_commit(&tx));
}

#define HEAD_OF_ROW db_int(1), db_text(STR("")), db_int(10), db_int(20), db_int(1), db_int(TIME_FAR)

/* A register that an earlier file made, with rows in it, opens with a file in which the group may have many versions at a time. */
TEST(a_group_that_may_have_many_takes_its_rows_along)
{
    struct register_ *r = parse(c, NAME);
    CHECK_OK(registry__make_tables(c, parse(c, NAME "      - {name: colour, label: Colour, type: text}\n")));
    insert(c, &r->groups[0], (const struct db_value[]){ HEAD_OF_ROW, db_text(STR("Rex")) });
    const struct yaml *y;
    struct str text = STR("register: dogs\nlabel: Dogs\nkeys:\n  - {kind: chip, label: Chip, digits: 6, unique: true, required: true}\n"
                          "groups:\n  - name: core\n    label: Core\n    many: true\n    columns:\n" NAME "      - {name: born, label: Born, type: date}\n"
                          "  - name: home\n    label: Home\n    columns:\n      - {name: street, label: Street, type: text}\n");
    CHECK_OK(yaml_parse(c, STR("dogs.yaml"), text, &y));
    struct register_ *wider = NULL;
    CHECK_OK(registry__parse_file(c, y, STR(SEN_COUNTRY), &wider));
    registry__make_statements(c->arena, c->app->store, wider);
    for (int start = 0; start < 2; start++) CHECK_OK(registry__make_tables(c, wider));
    const struct group *g = &wider->groups[0];
    insert(c, g, (const struct db_value[]){ HEAD_OF_ROW, db_text(STR("Max")), db_int(0), db_int(0), db_int(1) });
    DB_ROWS rows = db_run(c, g->now, db_int(1), db_int(15));
    CHECK(db_next(&rows));
    CHECK_STR(db_col_text(&rows, 1), STR("Rex"));
    CHECK(db_next(&rows));
    CHECK_STR(db_col_text(&rows, 1), STR("Max"));
    CHECK(!db_next(&rows));
    CHECK_OK(db_finish(&rows));
}
