/* Tests of message_level.c: rules are read, mistakes are told with file and line, of two rules the one that keeps less counts, and what metadata keeps is exactly that. */
#include "exchange/log/message_level.c"

#include "base/test.h"

static enum status read_one(struct call *c, struct message_levels *l, const char *text)
{
    const struct yaml *y;
    call_clear(c);
    CHECK_OK(yaml_parse(c, STR("node.yaml"), str_z(text), &y));
    return read_rule(c, y, c->arena, l);
}

TEST(rules_and_their_mistakes)
{
    static const char *const bad[] = {
        "{level: full}", "{subsystem: VN/GOV/H26/desk}", "{subsystem: VN/GOV/H26, level: full}", "{subsystem: VN/GOV/H26/desk/person, level: full}", "{subsystem: desk, level: full}",
        "{subsystem: VN/GOV/H26/desk, level: some}", "{subsystem: VN/GOV/H26/known, level: full}", "{subsystem: VN/GOV/H26/desk, level: full, service: person}" };
    struct message_rule rows[2];
    struct message_levels l = { .rules = rows };
    CHECK_OK(read_one(c, &l, "{subsystem: VN/GOV/H26/known, level: metadata}"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(read_one(c, &l, bad[i]) == ST_INVALID);
        CHECK(str_starts(call_error(c)->sentence, STR("node.yaml, line 1: ")));
    }
    CHECK(l.n == 1 && rows[0].level == MESSAGE_METADATA);
}

TEST(which_rule_counts)
{
    struct message_rule rows[] = { { STR_INIT("VN/GOV/A/meta"), MESSAGE_METADATA }, { STR_INIT("VN/GOV/A/off"), MESSAGE_NONE }, { STR_INIT("VN/GOV/A/all"), MESSAGE_FULL } };
    const struct message_levels l = { .other = MESSAGE_METADATA, .rules = rows, .n = 3 }, plain = { .other = MESSAGE_FULL };
    const struct { const char *client, *service; enum message_level level; } cases[] = {
        { "VN/GOV/B/x", "VN/GOV/A/y/s", MESSAGE_METADATA }, { "VN/GOV/B/x", "VN/GOV/A/all/s", MESSAGE_FULL }, { "VN/GOV/A/all", "VN/GOV/B/y/s", MESSAGE_FULL },
        { "VN/GOV/A/all", "VN/GOV/A/meta/s", MESSAGE_METADATA }, { "VN/GOV/A/off", "VN/GOV/A/all/s", MESSAGE_NONE }, { "VN/GOV/B/x", "VN/GOV/A/off/s", MESSAGE_NONE },
        { "VN/GOV/B/x", "VN/GOV/A/offer/s", MESSAGE_METADATA }, { "VN/GOV/A/allow", "VN/GOV/B/y/s", MESSAGE_METADATA } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) CHECK(message__level_of(&l, str_z(cases[i].client), str_z(cases[i].service)) == cases[i].level);
    CHECK(message__level_of(&plain, STR("VN/GOV/A/off"), STR("VN/GOV/B/y/s")) == MESSAGE_FULL);
}

TEST(what_metadata_keeps)
{
    struct str kept;
    CHECK_OK(message__filter_head(c, STR("GET\r\n/r1/VN/GOV/A/b/s/of/somebody?name=x\r\nX-Road-Client:VN/GOV/B/x\r\nAccept:text/plain\r\nx-road-request-id:1\r\n"), false, &kept));
    CHECK_STR(kept, STR("GET\r\n/r1/VN/GOV/A/b/s\r\nX-Road-Client:VN/GOV/B/x\r\nx-road-request-id:1\r\n"));
    CHECK_OK(message__filter_head(c, STR("200\r\nOK\r\nContent-Type:text/plain\r\nSet-Cookie:a=b\r\nx-road-id:1\r\n"), true, &kept));
    CHECK_STR(kept, STR("200\r\nOK\r\nx-road-id:1\r\n"));
    CHECK(message__filter_head(c, STR("nonsense"), false, &kept) != ST_OK);
}
