/* yaml_test.c */
#include "base/yaml.c"

#include "base/buf.h"
#include "base/test.h"

static const struct yaml *parse(struct call *c, const char *text)
{
    const struct yaml *y = NULL;
    CHECK_OK(yaml_parse(c, STR("t.yaml"), str_z(text), &y));
    return y;
}

TEST(maps_lists_and_texts_with_their_lines)
{
    const struct yaml *y = parse(c, "# comment\nnode: op1\nlist:\n  - a\n  - {b: 1}\nempty:\nblock: |\n  two\n  lines\n");
    CHECK(y->kind == YAML_MAP && yaml_count(y) == 4);
    CHECK_STR(yaml_text(y, "node", STR("")), STR("op1"));
    const struct yaml *list = yaml_get(y, "list");
    CHECK(list->kind == YAML_LIST && yaml_count(list) == 2);
    CHECK_STR(list->first->text, STR("a"));
    CHECK(list->first->line == 4 && list->first->next->line == 5);
    CHECK_STR(yaml_text(list->first->next, "b", STR("")), STR("1"));
    CHECK(yaml_get(y, "empty")->kind == YAML_TEXT && yaml_get(y, "empty")->text.n == 0);
    CHECK_STR(yaml_text(y, "block", STR("")), STR("two\nlines\n"));
    CHECK_STR(list->file, STR("t.yaml"));
}

TEST(a_root_may_be_a_list)
{
    const struct yaml *y = parse(c, "- a\n- b\n");
    CHECK(y->kind == YAML_LIST && yaml_count(y) == 2 && !yaml_get(y, "a"));
}

static void check_refused(struct call *c, const char *text, const char *words)
{
    const struct yaml *y = NULL;
    CHECK(yaml_parse(c, STR("t.yaml"), str_z(text), &y) == ST_INVALID && !y);
    if (str_find(call_error(c)->sentence, str_z(words)) == SIZE_MAX) CHECK_STR(call_error(c)->sentence, str_z(words));
    call_clear(c);
}

TEST(what_people_do_not_expect_is_refused_with_its_line)
{
    check_refused(c, "a: 1\nb: &x 2\n", "t.yaml, line 2: Anchors");
    check_refused(c, "a: *x\n", "line 1: Anchors");
    check_refused(c, "&k a: 1\n", "line 1: Anchors");
    check_refused(c, "a: !!str 1\n", "line 1: Anchors");
    check_refused(c, "- !x [a]\n", "line 1: Anchors");
    check_refused(c, "a: &m {b: 1}\n", "line 1: Anchors");
    check_refused(c, "- !x {a: 1}\n", "line 1: Anchors");
    check_refused(c, "- &l [a]\n", "line 1: Anchors");
    check_refused(c, "a: 1\nb: 2\na: 3\n", "line 3: This key stands twice");
    check_refused(c, "a: 1\n---\nb: 2\n", "A second document");
    check_refused(c, "? [a]\n: b\n", "line 1: A key must be");
    check_refused(c, "a: \"x\\0\"\n", "line 1: A text holds a NUL");
    check_refused(c, "'': 1\n", "line 1: A key is empty");
    check_refused(c, "", "The file is empty");
    check_refused(c, "# only a comment\n", "The file is empty");
    check_refused(c, "a: [1\nb: 2\n", "This is not YAML");
    check_refused(c, "a: 1\n  b: 2\n", "line 2: This is not YAML");
    check_refused(c, "a: \xff\n", "This is not YAML");
}

TEST(sixty_four_levels_and_no_more)
{
    struct buf b = buf_in(c->arena, 1000);
    for (int i = 0; i < 63; i++) buf_put_c(&b, '[');
    buf_put_c(&b, '1');
    for (int i = 0; i < 63; i++) buf_put_c(&b, ']');
    const char *z = str_to_z(c->arena, buf_str(&b));
    CHECK(parse(c, z)->kind == YAML_LIST);
    z = str_to_z(c->arena, str_join(c->arena, STR("["), buf_str(&b), STR("]"), STR_END));
    check_refused(c, z, "nested too deeply");
}

TEST(needed_values)
{
    struct str v = STR("old");
    const struct yaml *y = parse(c, "top: x\nmap:\n  name: Hà Nội\n  list: [a]\n  none:\n");
    const struct yaml *map = yaml_get(y, "map");
    CHECK_OK(yaml_need(c, map, "name", &v));
    CHECK_STR(v, STR("Hà Nội"));
    CHECK(yaml_need(c, map, "other", &v) == ST_INVALID);
    CHECK_STR(call_error(c)->sentence, STR("t.yaml, line 3: The key \"other\" is missing here. Add it."));
    call_clear(c);
    CHECK(yaml_need(c, map, "list", &v) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("list"));
    call_clear(c);
    CHECK(yaml_need(c, map, "none", &v) == ST_INVALID);
    CHECK_STR(v, STR("Hà Nội"));
}

TEST(numbers_and_flags)
{
    int64_t n = 0;
    bool flag = false;
    const struct yaml *y = parse(c, "n: -12\nt: true\nf: false\nx: yes\n");
    CHECK_OK(yaml_int(c, y, "n", 5, &n));
    CHECK(n == -12);
    CHECK_OK(yaml_int(c, y, "missing", 5, &n));
    CHECK(n == 5);
    CHECK_OK(yaml_flag(c, y, "t", false, &flag));
    CHECK(flag);
    CHECK_OK(yaml_flag(c, y, "f", true, &flag));
    CHECK(!flag);
    CHECK_OK(yaml_flag(c, NULL, "t", true, &flag));
    CHECK(flag);
    CHECK(yaml_int(c, y, "x", 5, &n) == ST_INVALID && n == 5);
    call_clear(c);
    CHECK(yaml_flag(c, y, "x", false, &flag) == ST_INVALID && flag);
}

TEST(only_known_keys)
{
    static const char *const keys[] = { "a", "b", NULL };
    const struct yaml *y = parse(c, "a: 1\nbb: 2\n");
    CHECK_OK(yaml_allow(c, parse(c, "b: 1\n"), keys));
    CHECK_OK(yaml_allow(c, NULL, keys));
    CHECK(yaml_allow(c, y, keys) == ST_INVALID);
    CHECK_STR(call_error(c)->sentence, STR("t.yaml, line 2: The key \"bb\" is not known here. Allowed: a, b."));
    call_clear(c);
    CHECK(yaml_allow(c, y->first, keys) == ST_INVALID);
}

TEST(a_missing_file_says_so)
{
    const struct yaml *y;
    CHECK(yaml_load(c, STR("/no/such.yaml"), &y) == ST_NOT_FOUND);
}
