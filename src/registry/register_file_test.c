/* register_file_test.c: the country's own file is read; each kind of mistake is refused at its line. */
#include "registry/register_file.c"

#include "registry/testing.h"

#define HEAD "register: dogs\nlabel: Dogs\nkeys:\n  - {kind: chip, label: Chip, digits: 6, unique: true, required: true}\n"
#define GROUP "groups:\n  - name: core\n    label: Core\n    columns:\n"

static enum status parse(struct call *c, const char *text, struct register_ **ret)
{
    const struct yaml *y;
    call_clear(c);
    CHECK_OK(yaml_parse(c, STR("dogs.yaml"), str_z(text), &y));
    return registry__parse_file(c, y, STR(SEN_COUNTRY), ret);
}

static void refused(struct call *c, const char *text, const char *line, const char *words)
{
    struct register_ *r = NULL;
    CHECK(parse(c, text, &r) == ST_INVALID && r == NULL);
    struct str said = call_error(c)->sentence;
    if (str_find(said, str_z(line)) == SIZE_MAX || str_find(said, str_z(words)) == SIZE_MAX) fail_msg("said: %.*s", STR_ARG(said));
}

TEST(the_population_register_is_read)
{
    struct register_ *r = test_register(c);
    CHECK_STR(r->name, STR("population"));
    CHECK(r->nkeys == 2 && r->keys[0].digits == 12 && r->keys[0].unique && !r->keys[1].unique);
    const struct column *full = registry__find_column(r, STR("name.full"));
    CHECK(full && full->type == COLUMN_JOINED && full->nof == 3 && full->self);
    const struct column *birth = registry__find_column(r, STR("core.birth_date"));
    CHECK(birth && birth->type == COLUMN_DATE && birth->required);
    CHECK(registry__find_code(registry__find_column(r, STR("core.ethnic_group"))->list, STR("54")));
    CHECK(!registry__find_code(registry__find_column(r, STR("core.ethnic_group"))->list, STR("55")));
    CHECK_STR(registry__label(r, STR("key.pin")), STR("Personal identification number"));
    CHECK_STR(registry__label(r, STR("residence.kind")), STR("Residence"));
    CHECK_STR(registry__label(r, STR("no.such")), STR("no.such"));
}

TEST(values_take_their_places_in_a_row)
{
    struct register_ *r;
    CHECK_OK(parse(c, HEAD GROUP "      - {name: a, label: A, type: date}\n      - {name: b, label: B, type: unit}\n      - {name: c, label: C, type: text}\n", &r));
    CHECK(r->groups[0].nvalues == 5 && r->groups[0].columns[0].at == 0 && r->groups[0].columns[1].at == 2 && r->groups[0].columns[2].at == 4);
}

TEST(unknown_words_are_refused_with_their_line)
{
    refused(c, HEAD GROUP "      - {name: a, label: A, type: text, requird: true}\n", "line 9", "requird");
    refused(c, "register: dogs\nlabel: Dogs\ncolour: red\n", "line", "colour");
}

TEST(names_that_could_not_be_tables_are_refused)
{
    refused(c, "register: Dogs\nlabel: Dogs\n", "line 1", "small letters");
    refused(c, "register: dogs; DROP TABLE meta\nlabel: D\n", "line 1", "small letters");
    refused(c, "register: my_dogs\nlabel: D\n", "line 1", "has no _");
    refused(c, HEAD GROUP "      - {name: entity, label: A, type: text}\n", "line 9", "keeps this name");
    refused(c, HEAD GROUP "      - {name: birth_precision, label: A, type: text}\n", "line 9", "belong to the engine");
    refused(c, HEAD GROUP "      - {name: a, label: A, type: text}\n      - {name: a, label: A, type: text}\n", "line 10", "twice");
}

TEST(types_and_their_words_must_fit)
{
    refused(c, HEAD GROUP "      - {name: a, label: A, type: number}\n", "line 9", "A type is one of");
    refused(c, HEAD GROUP "      - {name: a, label: A, type: code}\n", "line 9", "names its list");
    refused(c, HEAD GROUP "      - {name: a, label: A, type: code, list: colours}\n", "line 9", "No list");
    refused(c, HEAD GROUP "      - {name: a, label: A, type: digits}\n", "line 9", "how many");
    refused(c, HEAD GROUP "      - {name: a, label: A, type: date, longest: 5}\n", "line 9", "type text");
    refused(c, HEAD GROUP "      - {name: a, label: A, type: joined, of: [b]}\n      - {name: b, label: B, type: date}\n", "line 9", "text columns");
}

TEST(lists_and_keys_must_be_sound)
{
    refused(c, HEAD "lists:\n  - name: sex\n    codes:\n      - {code: m, label: M}\n      - {code: m, label: N}\n", "line 6", "same code twice");
    refused(c, HEAD "lists:\n  - {name: x, file: ../../../etc/passwd}\n", "line 6", "below the country");
    refused(c, HEAD "lists:\n  - {name: x}\n", "line 6", "either codes or a file");
    refused(c, "register: dogs\nlabel: Dogs\nkeys:\n  - {kind: chip, label: Chip, unique: false, required: true}\n", "line 4", "unique and required");
}

TEST(empty_parts_are_refused)
{
    refused(c, HEAD, "line", "at least one entry");
    refused(c, HEAD "groups: []\n", "line", "at least one entry");
    refused(c, HEAD GROUP "      - a\n", "line 9", "word: value");
}
