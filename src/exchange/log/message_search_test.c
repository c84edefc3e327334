/* Tests of message_search.c and message_index.c: what is appended is found by each filter and by nothing else, in order and page by page; ids; the index follows, is not
 * counted twice and forgets. A random log is compared with a plain walk over it. */
#include "exchange/log/message_search.c"

#include "base/random.h"
#include "exchange/log/testing.h"
#include "store/test_store.h"

TEST_STORE(&exchange_schema);

static struct exchange exchange;

#define DESK "VN/GOV/H26/desk"
#define PERSON "VN/GOV/G01/population/person"

static struct message_row row(const char *request_id, enum message_kind kind)
{
    return (struct message_row){ .side = SIDE_PROVIDER, .is_answer = kind == MESSAGE_ANSWER, .is_refusal = kind == MESSAGE_REFUSAL, .request_id = str_z(request_id),
                                 .message_id = str_z(request_id), .client = STR(DESK), .service = STR(PERSON) };
}

static struct message_found list(struct call *c, struct message_filter f)
{
    struct message_found found;
    CHECK_OK(message__list(c, &f, &found));
    CHECK(found.behind == 0);
    return found;
}

/* ids: the request ids of what was found, in order. */
static struct str ids(struct call *c, struct message_filter f)
{
    struct message_found found = list(c, f);
    struct buf b = buf_in(c->arena, 10000);
    for (size_t i = 0; i < found.n; i++) buf_print(&b, "%s%.*s", i ? " " : "", STR_ARG(found.lines[i].request_id));
    return b.n ? buf_str(&b) : STR("");
}

static void fill(struct call *c)
{
    struct message_row a = row("a", MESSAGE_QUESTION), a2 = row("a", MESSAGE_ANSWER), b = row("b", MESSAGE_QUESTION), d = row("d", MESSAGE_REFUSAL), e = row("e", MESSAGE_ANSWER);
    b.side = SIDE_CONSUMER;
    b.client = STR("VN/GOV/H2");
    b.service = STR("VN/GOV/G01/population/self");
    d.fault = STR("server.serverproxy.access_denied");
    d.fault_id = STR("fault-1");
    d.message_id = STR("chosen by the client");
    e.side = SIDE_OWN;
    e.client = STR("VN/GOV/G01/population");
    test_append_at(c, &exchange, 1000, &a);
    test_append_at(c, &exchange, 2000, &a2);
    test_append_at(c, &exchange, 3000, &b);
    test_append_at(c, &exchange, 5000, &e); /* logged before d, but of a call that began later */
    test_append_at(c, &exchange, 4000, &d);
}

TEST(each_filter)
{
    fill(c);
    CHECK_STR(ids(c, (struct message_filter){ 0 }), STR("e d b a a"));
    CHECK_STR(ids(c, (struct message_filter){ .since_ms = 2000, .until_ms = 4000 }), STR("d b a"));
    CHECK_STR(ids(c, (struct message_filter){ .until_ms = 999 }), STR(""));
    CHECK_STR(ids(c, (struct message_filter){ .client = STR(DESK) }), STR("d a a"));
    CHECK_STR(ids(c, (struct message_filter){ .client = STR("VN/GOV/H2") }), STR("b")); /* and not VN/GOV/H26 */
    CHECK_STR(ids(c, (struct message_filter){ .client = STR("VN/GOV/H26") }), STR("d a a"));
    CHECK_STR(ids(c, (struct message_filter){ .service = STR(PERSON) }), STR("e d a a"));
    CHECK_STR(ids(c, (struct message_filter){ .service = STR("VN/GOV/G01") }), STR("e d b a a"));
    CHECK_STR(ids(c, (struct message_filter){ .party = STR("VN/GOV/G01/population/self") }), STR("b"));
    CHECK_STR(ids(c, (struct message_filter){ .party = STR("VN/GOV/G01/population"), .side = SIDE_OWN }), STR("e"));
    CHECK_STR(ids(c, (struct message_filter){ .side = SIDE_CONSUMER }), STR("b"));
    CHECK_STR(ids(c, (struct message_filter){ .only_ends = true }), STR("e d a"));
    CHECK_STR(ids(c, (struct message_filter){ .fault = STR("AccessDenied") }), STR("d"));
    CHECK_STR(ids(c, (struct message_filter){ .fault = STR("Server.ServerProxy.AccessDenied") }), STR("d"));
    CHECK_STR(ids(c, (struct message_filter){ .fault = STR("%") }), STR(""));
    CHECK_STR(ids(c, (struct message_filter){ .only_faults = true }), STR("d"));
    CHECK_STR(ids(c, (struct message_filter){ .fault = STR("access_denied") }), STR("d"));
    CHECK_STR(ids(c, (struct message_filter){ .fault = STR("server.serverproxy.access_denied") }), STR("d"));
    CHECK_STR(ids(c, (struct message_filter){ .fault = STR("denied") }), STR(""));
    CHECK_STR(ids(c, (struct message_filter){ .client = STR(DESK), .side = SIDE_OWN }), STR(""));
}

TEST(times_that_are_reversed_are_told)
{
    struct message_found found;
    fill(c);
    CHECK(message__list(c, &(struct message_filter){ .since_ms = 4000, .until_ms = 3999 }, &found) == ST_INVALID);
    CHECK_STR(call_error(c)->field, STR("until"));
}

TEST(an_id_that_a_node_made_is_found_in_capitals)
{
    const struct message_line *lines;
    size_t n;
    struct message_row m = row("0a1b2c3d-0000-4000-8000-00000000abcd", MESSAGE_QUESTION);
    m.message_id = STR("VN-0a1b2c3d-0000-4000-8000-00000000abcd");
    test_append_at(c, &exchange, 1000, &m);
    static const char *const typed[] = { "0A1B2C3D-0000-4000-8000-00000000ABCD", "VN-0A1B2C3D-0000-4000-8000-00000000ABCD", "VN-0a1b2c3d-0000-4000-8000-00000000abcd" };
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        CHECK_OK(message__find_any(c, str_z(typed[i]), &lines, &n));
        CHECK(n == 1);
    }
}

TEST(page_by_page)
{
    fill(c);
    struct message_found first = list(c, (struct message_filter){ .limit = 2 });
    CHECK(first.n == 2 && first.next.at_ms == 4000);
    struct message_found second = list(c, (struct message_filter){ .limit = 2, .before = first.next });
    CHECK(second.n == 2);
    CHECK_STR(second.lines[0].request_id, STR("b"));
    struct message_found third = list(c, (struct message_filter){ .limit = 2, .before = second.next });
    CHECK(third.n == 1 && third.next.at_ms == 0);
    CHECK(third.lines[0].kind == MESSAGE_QUESTION);
}

TEST(by_any_id)
{
    const struct message_line *lines;
    size_t n;
    fill(c);
    CHECK_OK(message__find_any(c, STR("a"), &lines, &n));
    CHECK(n == 2 && lines[0].kind == MESSAGE_QUESTION && lines[1].kind == MESSAGE_ANSWER);
    CHECK_OK(message__find_any(c, STR("chosen by the client"), &lines, &n));
    CHECK(n == 1);
    CHECK_STR(lines[0].request_id, STR("d"));
    CHECK_OK(message__find_any(c, STR("fault-1"), &lines, &n));
    CHECK(n == 1);
    CHECK_OK(message__find_any(c, STR(" FAULT-1\n"), &lines, &n)); /* as people copy them */
    CHECK(n == 1);
    CHECK(message__find_any(c, STR("no such id"), &lines, &n) == ST_NOT_FOUND);
    CHECK(call_error(c)->sentence.n > 0);
}

static int64_t counted(struct call *c)
{
    const struct message_class *classes;
    size_t n;
    int64_t sum = 0;
    CHECK_OK(message__list_classes(c, INT64_MAX, &classes, &n));
    for (size_t i = 0; i < n; i++) sum += classes[i].n;
    return sum;
}

TEST(the_index_counts_each_row_once_and_forgets)
{
    int64_t behind;
    fill(c);
    CHECK_OK(message__index(c, 1, &behind)); /* a slice at least */
    CHECK_OK(message__index(c, 1000, &behind));
    CHECK(behind == 0 && counted(c) == 5);
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(message__unindex(c, 1, 4));
        CHECK_OK(db_commit(&tx));
    }
    CHECK(counted(c) == 1);
    CHECK_STR(ids(c, (struct message_filter){ 0 }), STR("d"));
    int64_t seqs[4];
    size_t n;
    CHECK_OK(message__list_named(c, STR("a"), 4, seqs, &n));
    CHECK(n == 0);
    CHECK_OK(message__list_named(c, STR("fault-1"), 4, seqs, &n));
    CHECK(n == 1);
}

static const struct query SPOIL = { "exchange", "DROP TABLE message_minute", LOG };

TEST(a_search_goes_on_without_the_newest_where_the_index_cannot_be_written)
{
    struct message_found found;
    const struct message_line *lines;
    int64_t behind;
    size_t n;
    fill(c);
    {
        DB_TX tx = { 0 };
        CHECK_OK(db_begin(c, LOG, &tx));
        CHECK_OK(db_exec(c, &SPOIL)); /* as on a full disk: it can be read, and nothing can be added */
        CHECK_OK(db_commit(&tx));
    }
    CHECK_OK(message__list(c, &(struct message_filter){ 0 }, &found));
    CHECK(found.n == 0 && found.behind == 5);
    CHECK_OK(message__find_any(c, STR("a"), &lines, &n));
    CHECK(n == 2);
    CHECK(message__find_any(c, STR("fault-1"), &lines, &n) == ST_NOT_FOUND);
    call_clear(c);
    CHECK(message__index(c, 1000, &behind) != ST_OK); /* the job tells it */
    call_clear(c);
}

/* ---- against a plain walk ---- */

enum { ROWS = 700 /* more than a slice */, QUESTIONS = 60 };

static uint32_t below(uint32_t *state, uint32_t n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % n;
}

static struct message_row random_row(struct call *c, uint32_t *state, size_t i)
{
    static const char *const clients[] = { "VN/GOV/A", "VN/GOV/A/one", "VN/GOV/A/two", "VN/GOV/B/one" };
    static const char *const services[] = { "VN/GOV/B/one/x", "VN/GOV/B/one/y", "VN/GOV/A/two/x" };
    static const char *const faults[] = { "", "", "", "server.serverproxy.access_denied", "server.clientproxy.network_error" };
    struct message_row m = { .side = (enum message_side)(1 + below(state, 3)), .request_id = str_print(c->arena, "r%zu", i), .message_id = STR("m"),
                             .client = str_z(clients[below(state, 4)]), .service = str_z(services[below(state, 3)]), .fault = str_z(faults[below(state, 5)]) };
    m.is_answer = m.fault.n || below(state, 2);
    return m;
}

static bool wanted(const struct message_line *l, const struct message_filter *f)
{
    const struct message_class k = { .side = (int64_t)l->side, .kind = (int64_t)l->kind, .client = l->client, .service = l->service, .fault = l->fault };
    return passes(&k, f) && l->at_ms >= f->since_ms && (!f->until_ms || l->at_ms <= f->until_ms);
}

static struct message_filter random_filter(uint32_t *state)
{
    static const char *const parties[] = { "", "", "VN/GOV/A", "VN/GOV/B", "VN/GOV/A/two", "VN/GOV/B/one/x" };
    struct message_filter f = { .party = str_z(parties[below(state, 6)]), .client = str_z(parties[below(state, 5)]), .only_faults = below(state, 3) == 0, .only_ends = below(state, 2) == 0,
                                .side = (enum message_side)below(state, 4), .limit = 1 + below(state, 40) };
    if (below(state, 2)) f.since_ms = 1 + below(state, 300);
    if (below(state, 2)) f.until_ms = f.since_ms + below(state, 300);
    return f;
}

TEST(a_random_log_against_a_plain_walk)
{
    uint32_t state = 7;
    struct message_row *rows = arena_array(c->arena, struct message_row, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = random_row(c, &state, i);
        test_append_at(c, &exchange, 1 + below(&state, 300), &rows[i]);
    }
    struct message_found all = list(c, (struct message_filter){ 0 });
    CHECK(all.n == ROWS);
    for (int q = 0; q < QUESTIONS; q++) {
        struct message_filter f = random_filter(&state);
        size_t at = 0;
        do { /* every page of the answer, row by row */
            struct message_found page = list(c, f);
            for (size_t i = 0; i < page.n; i++, at++) {
                while (at < ROWS && !wanted(&all.lines[at], &f)) at++;
                CHECK(at < ROWS && all.lines[at].seq == page.lines[i].seq);
            }
            f.before = page.next;
        } while (f.before.at_ms);
        while (at < ROWS && !wanted(&all.lines[at], &f)) at++;
        CHECK(at == ROWS);
    }
}

TEST(moments)
{
    static const struct { const char *text; bool end; const char *ret; } good[] = {
        { "2026-11-22T08:00:00Z", false, "2026-11-22T08:00:00.000Z" }, { "2026-11-22", false, "2026-11-21T17:00:00.000Z" }, { "22/11/2026", true, "2026-11-22T16:59:59.999Z" },
        { "22/11/2026 8:00", false, "2026-11-22T01:00:00.000Z" }, { "2026-11-22 08:00", true, "2026-11-22T01:00:59.999Z" } };
    static const char *const bad[] = { "", "11/2026", "2026", "2026-11-22 8", "2026-11-22 8:0", "2026-11-22 24:00", "2026-11-22 8:60", "yesterday", "2026-11-22 -1:00" };
    struct app app = *c->app;
    struct call here = *c;
    int64_t ms;
    app.time_offset_min = 7 * 60;
    here.app = &app;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[TIME_TEXT];
        CHECK(message__read_moment(&here, str_z(good[i].text), good[i].end, &ms));
        time_format_ms(ms, text);
        CHECK_STR(str_z(text), str_z(good[i].ret));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!message__read_moment(&here, str_z(bad[i]), false, &ms));
}

TEST(places)
{
    static const char *const bad[] = { "", "-", "1-", "-1", "1", "1-0", "0-1", "1-x", "1-2-3" };
    struct message_place p;
    CHECK(message__parse_place(message__format_place(c, (struct message_place){ 17, 4 }), &p) && p.at_ms == 17 && p.seq == 4);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!message__parse_place(str_z(bad[i]), &p));
}

TEST(every_statement_prepares)
{
    static const struct query *const all[] = { &GET, &FIND, NULL };
    CHECK_OK(store_check(c, all));
}
