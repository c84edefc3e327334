/* Tests of servers.c: which servers of a provider may be asked, as the directory says. */
#include "exchange/servers.c"

#include "base/test.h"

static const struct xid provider = { .instance = STR_INIT("VN"), .class_ = STR_INIT("GOV"), .member = STR_INIT("G01"), .subsystem = STR_INIT("population") };

/* struct nation: three servers, of which the first two act for the provider. */
struct nation { struct dir_member member; struct dir_server servers[3]; uint32_t hosted; struct directory d; struct exchange ex; struct app app; };

static void open_nation(struct call *c, struct nation *n)
{
    static const char *const names[] = { "ps1", "ps2", "ps3" };
    *n = (struct nation){ .member = { .id = provider }, .ex = { .self = { .instance = STR_INIT("VN"), .class_ = STR_INIT("GOV"), .member = STR_INIT("H26"), .server = STR_INIT("hn1") } } };
    for (size_t i = 0; i < 3; i++)
        n->servers[i] = (struct dir_server){ .id = { .instance = STR_INIT("VN"), .class_ = STR_INIT("GOV"), .member = STR_INIT("G01"), .server = str_z(names[i]) }, .clients = &n->hosted, .nclients = i < 2 };
    n->d = (struct directory){ .instance = STR_INIT("VN"), .members = &n->member, .nmembers = 1, .servers = n->servers, .nservers = 3 };
    n->app = *c->app;
    n->app.exchange = &n->ex;
    c->app = &n->app;
}

static enum status find(struct call *c, const struct nation *n, const char *named, const struct dir_server **list, size_t *count)
{
    call_clear(c);
    return servers__find(c, &n->d, &provider, str_z(named), list, count);
}

TEST(those_under_maintenance_are_not_asked)
{
    struct nation n;
    const struct dir_server *list[SERVERS_MAX];
    size_t count;
    open_nation(c, &n);
    n.servers[0].maintenance = true;
    n.servers[0].notice = STR("Back on Monday.");
    for (int i = 0; i < 50; i++) {
        CHECK_OK(find(c, &n, "", list, &count));
        CHECK(count == 1 && list[0] == &n.servers[1]);
    }
    CHECK(find(c, &n, "VN/GOV/G01/ps1", list, &count) == ST_UNAVAILABLE); /* not by its name either */
    CHECK_STR(call_error(c)->fault, STR("maintenance_mode"));
    CHECK_STR(call_error(c)->args[0], STR("Back on Monday."));
    n.servers[1].maintenance = true;
    CHECK(find(c, &n, "", list, &count) == ST_UNAVAILABLE && count == 0);
    CHECK_STR(call_error(c)->fault, STR("maintenance_mode"));
    n.servers[1].maintenance = n.servers[0].maintenance = false;
    CHECK_OK(find(c, &n, "", list, &count));
    CHECK(count == 2);
}

TEST(only_servers_that_act_for_the_provider_are_asked)
{
    struct nation n;
    const struct dir_server *list[SERVERS_MAX];
    size_t count;
    bool first[3] = { 0 };
    open_nation(c, &n);
    for (int i = 0; i < 200; i++) {
        CHECK_OK(find(c, &n, "", list, &count));
        CHECK(count == 2);
        first[list[0] - n.servers] = true;
    }
    CHECK(first[0] && first[1] && !first[2]); /* no server is always the first */
    CHECK_OK(find(c, &n, "VN/GOV/G01/ps2", list, &count));
    CHECK(count == 1 && list[0] == &n.servers[1]);
    static const char *const wrong[] = { "VN/GOV/G01/ps3", "VN/GOV/G01/ps4", "VN/GOV/G01", "VN/GOV/g01/ps1" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(find(c, &n, wrong[i], list, &count) == ST_INVALID);
        CHECK_STR(call_error(c)->fault, STR("invalid_security_server"));
    }
    n.servers[0].nclients = n.servers[1].nclients = 0;
    CHECK(find(c, &n, "", list, &count) == ST_NOT_FOUND);
    CHECK_STR(call_error(c)->fault, STR("unknown_member"));
}

TEST(this_node_comes_first_where_it_is_one_of_them)
{
    struct nation n;
    const struct dir_server *list[SERVERS_MAX];
    size_t count;
    open_nation(c, &n);
    n.ex.self = n.servers[1].id;
    for (int i = 0; i < 50; i++) {
        CHECK_OK(find(c, &n, "", list, &count));
        CHECK(count == 2 && list[0] == &n.servers[1]);
    }
}

TEST(who_was_reached_is_remembered_for_an_hour_and_no_longer)
{
    struct nation n;
    const struct dir_server *list[SERVERS_MAX] = { NULL };
    open_nation(c, &n);
    for (size_t i = 0; i < 3; i++) n.servers[i].key = n.servers[i].id.server;
    n.ex.reached = servers__memory_new();
    list[0] = &n.servers[0];
    list[1] = &n.servers[1];
    CHECK(!servers__recall(c, &provider, list, 2));
    servers__remember(c, &provider, &n.servers[1]);
    c->now_ms += REMEMBER_MS - 1;
    servers__remember(c, &provider, &n.servers[1]); /* that it answers again does not make the hour longer */
    CHECK(servers__recall(c, &provider, list, 2) && list[0] == &n.servers[1] && list[1] == &n.servers[0]);
    c->now_ms += 1;
    CHECK(!servers__recall(c, &provider, list, 2));
    servers__remember(c, &provider, &n.servers[2]);
    CHECK(!servers__recall(c, &provider, list, 2)); /* it is not among them any more */
    servers__forget(c, &provider, &n.servers[0]);
    list[1] = &n.servers[2];
    CHECK(servers__recall(c, &provider, list, 2));
    servers__forget(c, &provider, &n.servers[2]);
    CHECK(!servers__recall(c, &provider, list, 2));
    servers__memory_free(n.ex.reached);
}
