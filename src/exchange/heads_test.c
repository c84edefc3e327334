/* heads_test.c: what the operator publishes of a member's journal: heads that grow out of each other, of servers that the directory knows, from their own member. */
#include "exchange/heads.c"

#include "store/test_store.h"
#include "trust/test_head_key.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema, &exchange_schema);

enum { FAR_AHEAD_MS = 3600000 };

/* open_operator: a directory with one server, VN/GOV/G01/ps1; the call's end needs nothing undone, for all of it lives in the call's arena. */
static void open_operator(struct call *c)
{
    struct exchange *ex = arena_new(c->arena, struct exchange);
    struct directory *d = arena_new(c->arena, struct directory);
    struct dir_server *server = arena_new(c->arena, struct dir_server);
    server->id = (struct xid){ .instance = STR("VN"), .class_ = STR("GOV"), .member = STR("G01"), .server = STR("ps1") };
    *d = (struct directory){ .refs = 1, .instance = STR("VN"), .expires_ms = c->now_ms + FAR_AHEAD_MS, .servers = server, .nservers = 1 };
    *ex = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER, .directory = d };
    test_store_app(c)->exchange = ex;
}

/* grow: one more entry in the journal, and its head. */
static struct journal_head grow(struct call *c)
{
    const struct journal_event e = { .kind = STR_INIT("population.read"), .agency = STR_INIT("VN/GOV/H26"), .purpose = STR_INIT("residence.register") };
    struct journal_head head;
    struct str uid;
    CHECK_OK(journal_append(c, &e, &uid));
    CHECK_OK(journal_sign_head(c, &head));
    return head;
}

static struct str verifier(struct call *c)
{
    struct str key;
    CHECK_OK(journal_verifier_key(c, &key));
    return key;
}

static enum status send(struct call *c, const struct journal_head *head, const char *member, int64_t from, int *http)
{
    struct service_request rq = { .client = { .instance = STR("VN"), .class_ = STR("GOV"), .member = str_z(member), .subsystem = STR("population") } };
    struct service_reply rp = { 0 };
    call_clear(c);
    CHECK_OK(put_message(c, head, verifier(c), from, &rq.body));
    enum status st = heads__take(c, &rq, &rp);
    *http = rp.status;
    return st;
}

static int64_t published(struct call *c)
{
    struct kept k = { 0 };
    CHECK_OK(find_kept(c, STR("VN/GOV/G01/ps1"), &k));
    return k.found ? k.size : 0;
}

TEST(heads_that_grow_are_published)
{
    int http;
    open_operator(c);
    const struct journal_head one = grow(c), two = grow(c), three = grow(c);
    CHECK(send(c, &one, "G01", 0, &http) == ST_OK && http == 200 && published(c) == 1);
    CHECK(send(c, &three, "G01", 0, &http) == ST_OK && http == 409 && published(c) == 1); /* told from where to prove */
    CHECK(send(c, &three, "G01", 1, &http) == ST_OK && http == 200 && published(c) == 3);
    CHECK(send(c, &three, "G01", 3, &http) == ST_OK && http == 200);
    CHECK(send(c, &two, "G01", 1, &http) == ST_CONFLICT && published(c) == 3);
}

TEST(a_member_publishes_heads_of_its_own_servers_in_the_directory_only)
{
    int http;
    open_operator(c);
    const struct journal_head head = grow(c);
    CHECK(send(c, &head, "H26", 0, &http) == ST_DENIED);
    ((struct dir_server *)(uintptr_t)exchange__of(c)->directory->servers)->id.server = STR("ps2");
    CHECK(send(c, &head, "G01", 0, &http) == ST_DENIED);
    CHECK(published(c) == 0);
}

/* Two heads may each continue the published one and not each other: the one that comes second must be judged against the first. */
TEST(a_head_judged_against_an_older_one_is_not_kept)
{
    int http;
    open_operator(c);
    const struct journal_head one = grow(c), two = grow(c), three = grow(c);
    CHECK(send(c, &one, "G01", 0, &http) == ST_OK);
    struct keeping late = { STR("VN/GOV/G01/ps1"), verifier(c), &three, 1 };
    CHECK(send(c, &two, "G01", 1, &http) == ST_OK && http == 200);
    CHECK(db_atomic(c, keep_in, &late) == ST_CONFLICT && published(c) == 2);
    call_clear(c);
    late.judged = JUDGED_NONE;
    CHECK(db_atomic(c, keep_in, &late) == ST_CONFLICT && published(c) == 2);
}
