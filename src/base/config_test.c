/* config_test.c: each test writes its own node.yaml and reads it against two rooms' tables. */
#include "base/config.c"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/test.h"

static const struct setting first[] = {
    { "node", SETTING_TEXT, NULL, NULL, "The name of this node.", true },
    { "a.rows", SETTING_COUNT, "50", "rows", "Rows on a page.", false },
    { "a.listen", SETTING_ADDRESS, "127.0.0.1:8080", NULL, "Where pages are.", false },
    { "a.peer", SETTING_ADDRESS, "", NULL, "Another node, or nothing.", false },
    { 0 },
};
static const struct setting second[] = {
    { "b.on", SETTING_FLAG, "true", NULL, "Whether.", false },     { "b.names", SETTING_LIST, "x, y", NULL, "Names.", false },
    { "b.rights", SETTING_TREE, NULL, NULL, "Rights.", false },    { "b.anchor", SETTING_PATH, "anchor.xml", NULL, "The anchor.", false },
    { "b.deep.er", SETTING_TEXT, "d", NULL, "Two levels.", false }, { 0 },
};
static const struct module room_a = { .name = "a", .settings = first }, room_b = { .name = "b", .settings = second }, room_c = { .name = "c" };
static const struct module *const modules[] = { &room_a, &room_c, &room_b, NULL };

static void config_done(struct config **cfg) { config_free(*cfg); }
#define CONFIG __attribute__((cleanup(config_done))) struct config *

static enum status load(struct call *c, const char *text, const struct str *overrides, size_t n, struct config **ret)
{
    struct str path = str_print(c->arena, "/tmp/sen-config-test-%d.yaml", (int)getpid());
    CHECK_OK(file_write(c, path, str_z(text), 0600));
    enum status st = config_load(c, path, modules, overrides, n, ret);
    (void)remove(str_to_z(c->arena, path));
    return st;
}

TEST(defaults_stand_where_the_file_is_silent)
{
    CONFIG cfg = NULL;
    const struct str *names;
    CHECK_OK(load(c, "node: n1\n", NULL, 0, &cfg));
    CHECK_STR(config_text(cfg, "node"), STR("n1"));
    CHECK(config_count(cfg, "a.rows") == 50 && config_flag(cfg, "b.on") && !config_tree(cfg, "b.rights"));
    CHECK(config_list(cfg, "b.names", &names) == 2 && str_eq(names[1], STR("y")));
    CHECK(config_text(cfg, "a.peer").n == 0);
    CHECK_STR(config_text(cfg, "b.deep.er"), STR("d"));
}

TEST(the_file_and_then_the_command_line_decide)
{
    CONFIG cfg = NULL;
    const struct str *names, overrides[] = { STR("a.rows=7"), STR("b.names=p"), STR("node=n2") };
    CHECK_OK(load(c, "node: n1\na: {rows: 6, listen: '[::1]:80', peer: ps1:5500}\nb:\n  on: false\n  names: [q, 'r s']\n  deep: {er: e}\n  rights:\n    - {to: x}\n", NULL, 0, &cfg));
    CHECK(config_count(cfg, "a.rows") == 6 && !config_flag(cfg, "b.on") && config_list(cfg, "b.names", &names) == 2 && str_eq(names[1], STR("r s")));
    CHECK_STR(config_text(cfg, "a.listen"), STR("[::1]:80"));
    CHECK_STR(config_text(cfg, "b.deep.er"), STR("e"));
    const struct yaml *tree = config_tree(cfg, "b.rights");
    CHECK(tree && tree->kind == YAML_LIST && tree->first->line == 8);
    CHECK_STR(yaml_text(tree->first, "to", STR("")), STR("x"));
    config_free(cfg);
    CHECK_OK(load(c, "node: n1\na: {rows: 6}\n", overrides, 3, &cfg));
    CHECK(config_count(cfg, "a.rows") == 7 && config_list(cfg, "b.names", &names) == 1);
    CHECK_STR(config_text(cfg, "node"), STR("n2"));
}

static void check_told(struct call *c, const char *words)
{
    if (str_find(call_error(c)->sentence, str_z(words)) == SIZE_MAX) CHECK_STR(call_error(c)->sentence, str_z(words));
}

TEST(who_refuses_a_value_later_can_tell_where_it_stands)
{
    CONFIG cfg = NULL;
    CHECK_OK(load(c, "node: n1\n\na:\n  rows: 6\n", NULL, 0, &cfg));
    CHECK(str_ends(config_where(c, cfg, STR("a.rows")), STR(".yaml, line 4")));
    CHECK(str_ends(config_where(c, cfg, STR("a.peer")), STR(".yaml")));
    CHECK(config_where(c, cfg, STR("a.nothing")).n == 0);
}

TEST(every_mistake_is_told_with_its_line)
{
    CONFIG cfg = NULL;
    const struct str overrides[] = { STR("a.rows=many"), STR("nothing"), STR("b.rights=x") };
    CHECK(load(c, "a:\n  rows: -1\n  row: 5\n  listen: 8080\nb:\n  on: yes\n  anchor: [x]\n  names: [[x]]\ncolour: red\n", overrides, 3, &cfg) == ST_INVALID && !cfg);
    check_told(c, "line 2: a.rows: write a whole number");
    check_told(c, "line 3: a.row: there is no such setting. Perhaps a.rows? There are: a.listen, a.peer, a.rows.");
    check_told(c, "line 4: a.listen: write an address and a port");
    check_told(c, "line 6: b.on: write true or false");
    check_told(c, "line 7: b.anchor: write one value");
    check_told(c, "line 8: b.names: write plain texts");
    check_told(c, "line 9: colour: there is no such setting. There are: node.");
    check_told(c, "\n  a.rows: write a whole number");
    check_told(c, "nothing: write name=value");
    check_told(c, "b.rights: this one can be set in the file only");
    check_told(c, "node: this setting is missing");
}

TEST(a_file_that_is_missing_or_no_map_is_refused)
{
    CONFIG cfg = NULL;
    CHECK(load(c, "- a\n", NULL, 0, &cfg) == ST_INVALID);
    call_clear(c);
    CHECK(config_load(c, STR("/no/node.yaml"), modules, NULL, 0, &cfg) == ST_NOT_FOUND);
    call_clear(c);
    CHECK(load(c, "node: ''\n", NULL, 0, &cfg) == ST_INVALID && !cfg);
}

TEST(addresses)
{
    CHECK(is_address(STR("127.0.7.1:5500")) && is_address(STR("op1:0")) && is_address(STR("[::]:65535")));
    CHECK(!is_address(STR("")) && !is_address(STR(":80")) && !is_address(STR("a")) && !is_address(STR("a:")) && !is_address(STR("a:65536")));
    CHECK(!is_address(STR("::1:80")) && !is_address(STR("a b:1")) && !is_address(STR("http://a:1")) && !is_address(STR("a:-0")));
}
