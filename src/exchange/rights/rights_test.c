/* Tests of rights.c: mistakes in node.yaml are told with file and line; a right passes exactly what it says. */
#include "exchange/rights/rights.c"

#include "base/test.h"
#include "exchange/message/message.h"

static struct purpose known[] = { { STR_INIT("case.handle"), STR_INIT("Handle a case"), STR_INIT("law"), true } };

static enum status read_one(struct call *c, const char *yaml, struct right *r, struct str *subsystem)
{
    struct exchange *ex = arena_new(c->arena, struct exchange);
    struct app *app = arena_new(c->arena, struct app);
    const struct yaml *y;
    ex->arena = c->arena;
    ex->purposes = (struct purposes){ known, 1 };
    app->exchange = ex;
    call_clear(c);
    CHECK_OK(yaml_parse(c, STR("node.yaml"), str_z(yaml), &y));
    *r = (struct right){ 0 };
    return read_right(c, app, y, r, subsystem);
}

TEST(a_right_is_read_with_its_defaults)
{
    struct right r;
    struct str subsystem;
    CHECK_OK(read_one(c, "{client: VN/GOV/H26/desk, subsystem: population, service: person, purposes: [case.handle], columns: [a, b]}", &r, &subsystem));
    CHECK_STR(subsystem, STR("population"));
    CHECK_STR(r.method, STR("*"));
    CHECK_STR(r.path, STR("**"));
    CHECK_STR(r.client.subsystem, STR("desk"));
    CHECK(r.npurposes == 1 && r.ncolumns == 2 && r.fixed_purpose.n == 0);
}

TEST(mistakes_are_told_with_file_and_line)
{
    static const char *const bad[] = {
        "{subsystem: p, service: s, purposes: [case.handle]}",
        "{client: VN/GOV, subsystem: p, service: s, purposes: [case.handle]}",
        "{client: VN/GOV/1/a, subsystem: p, purposes: [case.handle]}",
        "{client: VN/GOV/1/a, subsystem: p, service: s}",
        "{client: VN/GOV/1/a, subsystem: p, service: s, purposes: [unknown]}",
        "{client: VN/GOV/1/a, subsystem: p, service: s, purpose: unknown}",
        "{client: VN/GOV/1/a, subsystem: p, service: s, purposes: case.handle}",
        "{client: VN/GOV/1/a, subsystem: p, service: s, purposes: [[case.handle]]}",
        "{client: VN/GOV/1/a, subsystem: p, service: s, purposes: [case.handle], method: LOOK}",
        "{client: VN/GOV/1/a, subsystem: p, service: s, purposes: [case.handle], colums: [a]}",
        "{group: owners, subsystem: p, service: s, purposes: [case.handle]}",
        "{group: VN/, subsystem: p, service: s, purposes: [case.handle]}",
        "{group: VN/owners, client: VN/GOV/1/a, subsystem: p, service: s, purposes: [case.handle]}",
    };
    struct right r;
    struct str subsystem;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(read_one(c, bad[i], &r, &subsystem) == ST_INVALID);
        if (!str_starts(call_error(c)->sentence, STR("node.yaml, line 1"))) fail_msg("%s: %.*s", bad[i], STR_ARG(call_error(c)->sentence));
    }
}

static bool passes(struct call *c, const struct rights *r, const char *client, const char *service, const char *method, const char *path, const char *purpose)
{
    const struct right *row;
    struct str got;
    struct service_request rq = { .method = str_z(method), .path = str_z(path), .purpose = str_z(purpose) };
    call_clear(c);
    CHECK(xid_parse_client(c->arena, str_z(client), &rq.client) && xid__parse_service(c->arena, str_z(service), &rq.service));
    enum status st = rights__judge(c, r, &rq, &row, &got);
    if (st != ST_OK) CHECK_STR(call_error(c)->fault, STR("access_denied"));
    return st == ST_OK;
}

TEST(matrix)
{
    struct right rows[2];
    struct str subsystems[2];
    CHECK_OK(read_one(c, "{client: VN/GOV/H26/desk, subsystem: pop, service: person, method: post, path: '/a/*', purposes: [case.handle]}", &rows[0], &subsystems[0]));
    CHECK_OK(read_one(c, "{client: EE/GOV/7/x, subsystem: pop, service: person, purpose: case.handle}", &rows[1], &subsystems[1]));
    const struct rights r = { rows, 2, subsystems };
    CHECK(passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26", "VN/GOV/G01/pop/person", "POST", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/other", "VN/GOV/G01/pop/person", "POST", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "LA/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/other/person", "POST", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/persons", "POST", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "GET", "/a/b", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "/a/b/c", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "/a/..%2Fb", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "/a/b", ""));
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "/a/b", "other"));
    CHECK(passes(c, &r, "EE/GOV/7/x", "VN/GOV/G01/pop/person", "GET", "", ""));
    CHECK(passes(c, &r, "EE/GOV/7/x", "VN/GOV/G01/pop/person", "GET", "", "case.handle"));
    CHECK(!passes(c, &r, "EE/GOV/7/x", "VN/GOV/G01/pop/person", "GET", "", "other"));
    CHECK(rights__any(c, &r, &rows[0].client, STR("pop"), STR("person")) && !rights__any(c, &r, &rows[0].client, STR("pop"), STR("self")));
}

TEST(endpoints_are_what_rights_name)
{
    struct right rows[] = { { .method = STR_INIT("*"), .path = STR_INIT("**"), .service = STR_INIT("person") }, { .method = STR_INIT("GET"), .path = STR_INIT("/a/*"), .service = STR_INIT("person") },
                            { .method = STR_INIT("get"), .path = STR_INIT("/a/*"), .service = STR_INIT("person") }, { .method = STR_INIT("POST"), .path = STR_INIT("**"), .service = STR_INIT("person") },
                            { .method = STR_INIT("GET"), .path = STR_INIT("/b"), .service = STR_INIT("self") } };
    struct str subsystems[] = { STR_INIT("pop"), STR_INIT("pop"), STR_INIT("pop"), STR_INIT("pop"), STR_INIT("pop") };
    const struct xid one = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("H26"), STR_INIT("desk"), { 0 }, { 0 } }, other = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("G22"), STR_INIT("portal"), { 0 }, { 0 } };
    const struct right **list;
    for (size_t i = 0; i < 5; i++) rows[i].client = i == 3 ? other : one;
    struct rights r = { .rows = rows, .n = 5, .subsystems = subsystems };
    CHECK(rights__endpoints(c, &r, NULL, STR("pop"), STR("person"), &list) == 2 && list[0] == &rows[1] && list[1] == &rows[3]);
    CHECK(rights__endpoints(c, &r, &one, STR("pop"), STR("person"), &list) == 1 && list[0] == &rows[1]);
    CHECK(rights__endpoints(c, &r, &other, STR("pop"), STR("person"), &list) == 1 && list[0] == &rows[3]);
    CHECK(rights__endpoints(c, &r, NULL, STR("other"), STR("person"), &list) == 0 && rights__endpoints(c, &r, &other, STR("pop"), STR("self"), &list) == 0);
}

/* A right of a group passes for those that the directory has in it now, by exact id, and for nobody once that has expired. */
TEST(a_group_holds_exact_ids_of_the_valid_directory)
{
    struct xid member = { STR_INIT("VN"), STR_INIT("GOV"), STR_INIT("H26"), STR_INIT("desk"), { 0 }, { 0 } };
    const struct dir_group group = { STR_INIT("offices"), &member, 1 };
    struct directory *d = arena_new(c->arena, struct directory);
    struct exchange *ex = arena_new(c->arena, struct exchange);
    struct app *app = arena_new(c->arena, struct app);
    struct right rows[1];
    struct str subsystems[1];
    CHECK_OK(read_one(c, "{group: VN/offices, subsystem: pop, service: person, purposes: [case.handle]}", &rows[0], &subsystems[0]));
    const struct rights r = { rows, 1, subsystems };
    *d = (struct directory){ .refs = 1, .instance = STR("VN"), .expires_ms = c->now_ms + 1, .groups = &group, .ngroups = 1 };
    *ex = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER, .pictures = { .own = d }, .instance = STR("VN") };
    app->exchange = ex;
    c->app = app;
    CHECK(passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26", "VN/GOV/G01/pop/person", "POST", "", "case.handle"));
    CHECK(!passes(c, &r, "VN/GOV/H26/other", "VN/GOV/G01/pop/person", "POST", "", "case.handle"));
    CHECK(!passes(c, &r, "LA/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "", "case.handle"));
    d->expires_ms = c->now_ms;
    CHECK(!passes(c, &r, "VN/GOV/H26/desk", "VN/GOV/G01/pop/person", "POST", "", "case.handle"));
}
