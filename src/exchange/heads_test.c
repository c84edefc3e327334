/* heads_test.c: what the operator publishes of a member's journal: heads that grow out of each other, of servers that the directory knows, from their own member. */
#include "exchange/exchange.h"

static enum status fake_call(struct call *c, const struct exchange_request *rq, struct exchange_answer *ret);
#define exchange_call fake_call
#include "exchange/heads.c"
#undef exchange_call

#include <stdlib.h>
#include <unistd.h>

#include "store/test_store.h"
#include "trust/test_head_key.h"

extern const struct schema trust_schema;
TEST_STORE(&trust_schema, &exchange_schema);
#define CONFIG __attribute__((cleanup(drop_config))) struct config *

static void drop_config(struct config **config)
{
    if (*config) config_free(*config);
}

enum { FAR_AHEAD_MS = 3600000 };

/* open_operator: a directory with one server, VN/GOV/G01/ps1; the call's end needs nothing undone, for all of it lives in the call's arena. */
static void open_operator(struct call *c)
{
    struct exchange *ex = arena_new(c->arena, struct exchange);
    struct directory *d = arena_new(c->arena, struct directory);
    struct dir_server *server = arena_new(c->arena, struct dir_server);
    server->id = (struct xid){ .instance = STR("VN"), .class_ = STR("GOV"), .member = STR("G01"), .server = STR("ps1") };
    *d = (struct directory){ .refs = 1, .instance = STR("VN"), .expires_ms = c->now_ms + FAR_AHEAD_MS, .servers = server, .nservers = 1 };
    *ex = (struct exchange){ .lock = PTHREAD_MUTEX_INITIALIZER, .pictures = { .own = d } };
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
    ((struct dir_server *)(uintptr_t)exchange__of(c)->pictures.own->servers)->id.server = STR("ps2");
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

/* ---- the member's side: how it goes ---- */

static enum status says;             /* of the exchange itself */
static struct exchange_answer answered;

static enum status fake_call(struct call *c, const struct exchange_request *rq, struct exchange_answer *ret)
{
    CHECK_STR(rq->service.service, STR("heads"));
    if (says != ST_OK) return call_fail(c, says, "", "%s could not be reached: nobody answers there. Try again in a few minutes.", STR("127.0.7.1:5500"));
    *ret = answered;
    return ST_OK;
}

static const struct setting needed[] = { { "exchange.heads", SETTING_TEXT, "", "", "", false }, { "exchange.subsystems", SETTING_TREE, "", "", "", false }, { 0 } };
static const struct module needed_module = { .name = "exchange", .settings = needed };

static void open_member(struct call *c, struct config **config)
{
    static const struct module *const modules[] = { &needed_module, NULL };
    static const char yaml[] = "exchange:\n  heads: VN/GOV/G22/directory\n";
    char path[] = "/tmp/sen-heads-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, yaml, sizeof yaml - 1) == (ssize_t)sizeof yaml - 1 && close(fd) == 0);
    CHECK_OK(config_load(c, str_z(path), modules, NULL, 0, config));
    (void)unlink(path);
    open_operator(c);
    test_store_app(c)->config = *config;
    exchange__of(c)->has_anchor = true;
    exchange__of(c)->server = STR("VN/GOV/G01/ps1");
}

static struct exchange_heads_state heads_state(struct call *c)
{
    struct exchange_heads_state s;
    call_clear(c);
    CHECK_OK(exchange_heads_state(c, &s));
    return s;
}

static enum status send_with(struct call *c, enum status st, int http, const char *body)
{
    call_clear(c);
    says = st;
    answered = (struct exchange_answer){ .status = http, .body = str_z(body) };
    return heads__send(c);
}

TEST(a_head_waits_since_the_oldest_one_that_was_not_taken)
{
    struct exchange_heads_state s;
    CONFIG config = NULL;
    open_member(c, &config);
    CHECK(exchange_heads_state(c, &s) == ST_NOT_FOUND);
    call_clear(c);
    const int64_t began = c->now_ms;
    (void)grow(c);
    CHECK_OK(send_with(c, ST_OK, 200, "{}"));
    CHECK(heads_state(c).waiting_ms == 0 && heads_state(c).reason.n == 0);
    for (int i = 1; i <= 5; i++) { /* a journal that grows all the time: its newest head is never old */
        c->now_ms = began + i * FAR_AHEAD_MS / 10;
        (void)grow(c);
    }
    CHECK(heads_state(c).waiting_ms == began + FAR_AHEAD_MS / 10);
    CHECK_OK(send_with(c, ST_OK, 200, "{}"));
    CHECK(heads_state(c).waiting_ms == 0);
}

TEST(why_a_head_was_not_taken_is_kept_until_it_is)
{
    CONFIG config = NULL;
    open_member(c, &config);
    (void)grow(c);
    CHECK(send_with(c, ST_UNAVAILABLE, 0, "") == ST_UNAVAILABLE);
    CHECK(str_starts(call_error(c)->sentence, STR("127.0.7.1:5500 could not be reached"))); /* for the line in the log */
    CHECK(str_starts(heads_state(c).reason, STR("%s could not be reached")));
    CHECK_STR(heads_state(c).values, STR("127.0.7.1:5500"));
    CHECK(send_with(c, ST_OK, 409, "{\"detail\":\"This head does not continue the one that is published.\"}") == ST_CONFLICT);
    CHECK_STR(heads_state(c).reason, STR("The operator did not take the head of the journal. It says: %s"));
    CHECK_STR(heads_state(c).values, STR("This head does not continue the one that is published."));
    static const char *const no_lines[] = { "no JSON", "{\"detail\":\"\"}", "{\"detail\":\"a\\tb\"}", "{\"detail\":\"a\\nb\"}", "{\"detail\":\"a\\u0000b\"}" };
    for (size_t i = 0; i < sizeof no_lines / sizeof *no_lines; i++) {
        CHECK(send_with(c, ST_OK, 500, no_lines[i]) == ST_CONFLICT);
        CHECK(str_find(heads_state(c).reason, STR("Compare it with the published one")) != SIZE_MAX && heads_state(c).values.n == 0);
    }
    CHECK_OK(send_with(c, ST_OK, 200, "{}"));
    CHECK(heads_state(c).reason.n == 0 && heads_state(c).waiting_ms == 0);
}

TEST(a_journal_that_lost_leaves_waits_for_ever)
{
    CONFIG config = NULL;
    open_member(c, &config);
    const struct journal_head one = grow(c);
    const struct journal_head more = { .size = one.size + 7, .checkpoint = one.checkpoint };
    struct keeping keeping = { STR("VN/GOV/G01/ps1"), verifier(c), &more, JUDGED_ANY };
    CHECK_OK(db_atomic(c, keep_in, &keeping));
    CHECK(heads_state(c).waiting_ms == one.at_ms);
    CHECK(send_with(c, ST_OK, 409, "{}") == ST_CONFLICT);
}
