/* monitor_test.c: findings in words of two languages, reports that say the same after a journey, what the operator keeps and what it does not believe, and the shapes of
 * the picture. */
#include "monitor/report.c"

#include "base/test.h"
#include "store/test_store.h"
#include "web/page.h"

TEST_STORE(&monitor_schema);

static const struct finding_value none = { 0 };

/* ---- words ---- */

TEST(a_finding_is_told_with_its_values_in_the_language_of_the_call)
{
    struct findings fs = { 0 };
    const struct finding *f = monitor_say(c, &fs, FOUND_directory_failing, value_moment(TEST_NOW_MS), value_span(600000), value_moment(TEST_NOW_MS + 600000));
    struct finding_words w = monitor_words(c, f);
    CHECK(w.level == LEVEL_WARN && w.cause.n && w.cure.n);
    CHECK_STR(w.what, STR("Directory: cannot be fetched since 18 November 2026 11:06; the last one holds for 10 min more, until 18 November 2026 11:16."));
    c->lang = STR("vi");
    CHECK(str_starts(monitor_words(c, f).what, STR("Danh bạ: không tải được từ 18/11/2026")));
    c->lang = STR("en");
    f = monitor_say(c, &fs, FOUND_disk_low, value_bytes(INT64_C(12000000000)), value_bytes(INT64_C(270000000000)), value_word(STR("databases")));
    CHECK_STR(monitor_words(c, f).what, STR("Disk: only 12 GB free of 270 GB (databases)."));
    f = monitor_say(c, &fs, FOUND_silent, value_span(INT64_C(3) * 86400 * 1000), none, none);
    CHECK_STR(monitor_words(c, f).what, STR("No report for 3 days."));
    CHECK(monitor_worst(&fs) == LEVEL_BAD);
}

TEST(a_fault_explains_a_finding_and_a_sentence_that_came_along_tells_its_cause)
{
    struct findings fs = { 0 };
    struct finding *f = monitor_say(c, &fs, FOUND_way_unreached, value_text(STR("VN/GOV/G01/ps1")), value_text(STR("127.0.7.2:5500")), none);
    CHECK(monitor_words(c, f).cause.n == 0);
    f->fault = STR("server.clientproxy.network_error");
    CHECK_STR(monitor_words(c, f).cause, STR("No connection to the other node, or it broke off or stood still over a question that it may have taken."));
    CHECK(str_starts(monitor_words(c, f).cure, STR("Is it running?")));
    f->because = STR("%s could not be reached: nobody answers there. Try again in a few minutes.");
    f->name = STR("127.0.7.2:5500");
    CHECK_STR(monitor_words(c, f).cause, STR("127.0.7.2:5500 could not be reached: nobody answers there. Try again in a few minutes."));
    CHECK(str_starts(monitor_words(c, f).cure, STR("Is it running?")));
}

TEST(a_failure_becomes_a_finding_and_is_cleared)
{
    struct findings fs = { 0 };
    enum status st = call_fail(c, ST_UNAVAILABLE, "", "%s did not answer in time. Try again in a few minutes.", STR("127.0.7.1:5577"));
    monitor_say_error(c, &fs, FOUND_directory_unfetched, st);
    CHECK(c->error.status == ST_OK && fs.n == 1);
    CHECK_STR(monitor_words(c, &fs.list[0]).cause, STR("127.0.7.1:5577 did not answer in time. Try again in a few minutes."));
}

TEST(refused_requests_are_no_trouble_and_broken_parts_are)
{
    CHECK(!health__is_trouble(STR("server.serverproxy.access_denied")));
    CHECK(!health__is_trouble(STR("client.missing_header")));
    CHECK(!health__is_trouble(STR("server.serverproxy.unknown_service")));
    CHECK(health__is_trouble(STR("server.clientproxy.network_error")));
    CHECK(health__is_trouble(STR("server.serverproxy.ssl_authentication_failed.cert_validation")));
    CHECK(health__is_trouble(STR("server.serverproxy.made_up_elsewhere")));
    CHECK(health__is_upkeep(STR("VN/GOV/G22/directory/report")) && !health__is_upkeep(STR("VN/GOV/G01/population/person")));
    struct exchange_count k = { .service = STR("VN/GOV/G01/population/person"), .fault = STR("server.clientproxy.network_error") };
    CHECK(health__is_fault(&k));
    k.service = STR("VN/GOV/G22/directory/report"); /* the operator's node starts last, and that is no trouble for an hour */
    CHECK(!health__is_fault(&k));
}

/* ---- reports ---- */

static const struct exchange_count two_counts[] = {
    { TEST_NOW_S / 60, 1, STR_INIT("VN/GOV/H26/desk"), STR_INIT("VN/GOV/G01/population/person"), STR_INIT(""), 7, 7000, TEST_NOW_MS, STR_INIT("") },
    { TEST_NOW_S / 60, 1, STR_INIT("VN/GOV/H26/desk"), STR_INIT("VN/GOV/G01/population/person"), STR_INIT("server.clientproxy.network_error"), 2, 90, TEST_NOW_MS + 5, STR_INIT("id-2") } };

static struct report sample(struct call *c, const char *server)
{
    struct report r = { .server = str_z(server), .at_ms = TEST_NOW_MS, .from_minute = TEST_NOW_S / 60 - 1, .to_minute = TEST_NOW_S / 60 + 1, .counts = two_counts, .ncounts = 2 };
    (void)monitor_say(c, &r.findings, FOUND_cert_good, value_word(STR("TLS certificate")), value_moment(TEST_NOW_MS + 1), none);
    struct finding *f = monitor_say(c, &r.findings, FOUND_faults_some, value_number(3), value_number(2), value_text(STR("a \"quoted\" text")));
    f->fault = STR("server.clientproxy.network_error");
    return r;
}

static struct str written(struct call *c, const struct report *r)
{
    struct buf b = buf_in(c->arena, REPORT_MAX);
    struct str text;
    report__write(c, &b, r);
    CHECK_OK(buf_finish(&b, &text));
    return text;
}

TEST(a_report_says_the_same_after_its_journey)
{
    struct report r = sample(c, "VN/GOV/H26/hn1"), got;
    CHECK_OK(report__read(c, written(c, &r), &got));
    CHECK_STR(got.server, r.server);
    CHECK(got.findings.n == 2 && got.ncounts == 2 && got.from_minute == r.from_minute && got.to_minute == r.to_minute);
    for (size_t i = 0; i < 2; i++) CHECK_STR(monitor_words(c, &got.findings.list[i]).what, monitor_words(c, &r.findings.list[i]).what);
    CHECK_STR(got.findings.list[1].fault, STR("server.clientproxy.network_error"));
    CHECK(got.counts[1].n == 2 && got.counts[1].took_us == 90 && str_eq(got.counts[1].fault_id, STR("id-2")));
}

TEST(a_cause_that_is_too_long_does_not_make_a_report_that_is_refused)
{
    struct report r = sample(c, "VN/GOV/H26/hn1"), got;
    struct finding *f = monitor_say(c, &r.findings, FOUND_heads_waiting, value_moment(TEST_NOW_MS), none, none);
    char *longest = arena_alloc(c->arena, SHORT_TEXT + 1, 1);
    memset(longest, 'x', SHORT_TEXT + 1);
    f->because = STR("The operator did not take the head of the journal. It says: %s");
    f->name = str_of(longest, SHORT_TEXT);
    CHECK_OK(report__read(c, written(c, &r), &got));
    CHECK_STR(got.findings.list[2].name, f->name);
    f->name = str_of(longest, SHORT_TEXT + 1);
    CHECK_OK(report__read(c, written(c, &r), &got));
    CHECK(got.findings.n == 3 && got.findings.list[2].because.n == 0 && got.findings.list[2].name.n == 0);
}

TEST(a_report_of_a_newer_version_is_read_as_far_as_it_is_known)
{
    struct report got;
    CHECK_OK(report__read(c, STR("{\"server\":\"VN/GOV/H26/hn1\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[{\"code\":\"warp_core\",\"values\":[\"n1\"]},"
                                 "{\"code\":\"store_good\",\"values\":[]}],\"counts\":[]}"), &got));
    CHECK(got.findings.n == 1 && got.findings.list[0].code == FOUND_store_good);
}

TEST(names_made_up_to_ask_with_do_not_make_a_report_that_is_refused)
{
    enum { MANY = 5000 };
    struct report r = sample(c, "VN/GOV/H26/hn1"), got;
    struct exchange_count *counts = arena_array(c->arena, struct exchange_count, MANY);
    char *longest = arena_alloc(c->arena, SENTENCE_MAX + 1, 1);
    memset(longest, '<', SENTENCE_MAX + 1);
    for (size_t i = 0; i < MANY; i++) {
        counts[i] = two_counts[i % 2];
        counts[i].client = counts[i].service = str_of(longest, SENTENCE_MAX);
    }
    counts[0].service.n++;
    r.counts = counts;
    r.ncounts = MANY;
    CHECK_OK(report__read(c, written(c, &r), &got));
    CHECK(got.ncounts > 1000 && got.ncounts < MANY && got.counts[0].n == two_counts[1].n);
}

TEST(what_is_no_report_is_refused)
{
    static const char *const bad[] = {
        "", "[]", "{}", "{\"server\":\"a\"}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[{\"values\":[]}],\"counts\":[]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[{\"code\":\"silent\",\"values\":[\"x1\"]}],\"counts\":[]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[{\"code\":\"silent\",\"values\":[\"n\",\"n\",\"n\",\"n\"]}],\"counts\":[]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[],\"counts\":[{\"minute\":2,\"side\":1,\"n\":1,\"took_us\":1,\"last_ms\":60001}]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[],\"counts\":[{\"minute\":1,\"side\":4,\"n\":1,\"took_us\":1,\"last_ms\":60001}]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[],\"counts\":[{\"minute\":1,\"side\":1,\"n\":-1,\"took_us\":1,\"last_ms\":60001}]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[],\"counts\":[{\"minute\":1,\"side\":1,\"n\":9000000000000000000,\"took_us\":1,\"last_ms\":60001}]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[],\"counts\":[{\"minute\":1,\"side\":1,\"n\":1,\"took_us\":9000000000000000000,\"last_ms\":60001}]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[],\"counts\":[{\"minute\":1,\"side\":1,\"n\":1,\"took_us\":1,\"last_ms\":120000}]}",
        "{\"server\":\"a\",\"at_ms\":1,\"from_minute\":1,\"to_minute\":2,\"findings\":[{\"code\":\"silent\",\"values\":[\"s9000000000000000000\"]}],\"counts\":[]}" };
    struct report got;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(report__read(c, str_z(bad[i]), &got) == ST_INVALID);
        call_clear(c);
    }
}

/* ---- what the operator keeps ---- */

TEST(a_later_report_replaces_findings_and_the_minutes_it_covers)
{
    struct report r = sample(c, "VN/GOV/H26/hn1");
    struct kept_report kept;
    const struct flow *flows;
    size_t n;
    CHECK(monitor__find_report(c, r.server, &kept) == ST_NOT_FOUND);
    CHECK_OK(monitor__keep_report(c, &r));
    CHECK_OK(monitor__keep_report(c, &r));
    CHECK_OK(monitor__find_report(c, r.server, &kept));
    CHECK(kept.findings.n == 2 && kept.received_ms == c->now_ms && kept.findings.list[1].values[0].number == 3);
    CHECK_OK(monitor__list_flows(c, r.from_minute, &flows, &n));
    CHECK(n == 1 && flows[0].n == 9 && flows[0].faults == 2 && flows[0].took_us == 7090);
    r.findings.n = 1;
    r.ncounts = 1;
    CHECK_OK(monitor__keep_report(c, &r));
    CHECK_OK(monitor__find_report(c, r.server, &kept));
    CHECK_OK(monitor__list_flows(c, r.from_minute, &flows, &n));
    CHECK(kept.findings.n == 1 && n == 1 && flows[0].n == 7 && flows[0].faults == 0);
}

TEST(an_exchange_that_both_ends_report_counts_once)
{
    struct report asked = sample(c, "VN/GOV/H26/hn1"), answered = sample(c, "VN/GOV/G01/ps1");
    struct exchange_count other_end[] = { two_counts[0], two_counts[1] };
    const struct flow *flows;
    const struct fault_group *faults;
    const struct server_sum *sums;
    size_t n;
    other_end[0].side = other_end[1].side = 2;
    other_end[0].n = 8; /* a foreign client asked once as well */
    answered.counts = other_end;
    CHECK_OK(monitor__keep_report(c, &asked));
    CHECK_OK(monitor__keep_report(c, &answered));
    CHECK_OK(monitor__list_flows(c, asked.from_minute, &flows, &n));
    CHECK(n == 1 && flows[0].n == 10 && flows[0].faults == 2);
    CHECK_OK(monitor__list_faults(c, asked.from_minute, &faults, &n));
    CHECK(n == 1 && faults[0].n == 2 && faults[0].last_ms == TEST_NOW_MS + 5 && str_eq(faults[0].last_id, STR("id-2")));
    CHECK_OK(monitor__sum_servers(c, asked.from_minute, &sums, &n));
    CHECK(n == 2 && sums[0].n == 10 && sums[1].n == 9 && sums[1].faults == 2);
}

TEST(the_table_of_nodes_counts_faults_as_the_node_itself_does)
{
    struct report r = sample(c, "VN/GOV/H26/hn1");
    struct exchange_count counts[] = { two_counts[0], two_counts[1], two_counts[1] };
    const struct server_sum *sums;
    size_t n;
    counts[2].service = STR("VN/GOV/G22/directory/report"); /* the node's own upkeep */
    r.counts = counts;
    r.ncounts = 3;
    CHECK_OK(monitor__keep_report(c, &r));
    CHECK_OK(monitor__sum_servers(c, r.from_minute, &sums, &n));
    CHECK(n == 1 && sums[0].n == 11 && sums[0].faults == 2);
}

TEST(an_exchange_that_did_not_leave_its_node_is_added)
{
    struct report r = sample(c, "VN/GOV/H26/hn1");
    struct exchange_count counts[] = { two_counts[0], two_counts[0], two_counts[0] };
    const struct flow *flows;
    size_t n;
    for (size_t i = 0; i < 3; i++) counts[i].side = (int64_t)i + 1;
    r.counts = counts;
    r.ncounts = 3;
    CHECK_OK(report__read(c, written(c, &r), &r));
    CHECK_OK(monitor__keep_report(c, &r));
    CHECK_OK(monitor__list_flows(c, r.from_minute, &flows, &n));
    CHECK(n == 1 && flows[0].n == 14);
}

TEST(a_row_of_counts_that_stands_twice_is_refused_whole)
{
    struct report r = sample(c, "VN/GOV/H26/hn1");
    const struct exchange_count twice[] = { two_counts[0], two_counts[0] };
    struct kept_report kept;
    r.counts = twice;
    CHECK(monitor__keep_report(c, &r) == ST_INVALID && str_eq(c->error.field, STR("counts")));
    call_clear(c);
    CHECK(monitor__find_report(c, r.server, &kept) == ST_NOT_FOUND);
}

/* ---- picture ---- */

TEST(the_picture_has_each_member_once_and_an_arc_for_each_pair)
{
    static const struct picture_flow flows[] = { { STR_INIT("VN/GOV/H26"), STR_INIT("VN/GOV/G01"), STR_INIT("Hanoi"), STR_INIT("Police"), 100, 0 },
                                                 { STR_INIT("VN/GOV/G01"), STR_INIT("VN/GOV/H26"), STR_INIT("Police"), STR_INIT("Hanoi"), 1, 1 },
                                                 { STR_INIT("VN/GOV/G22"), STR_INIT("VN/GOV/G22"), STR_INIT("Office"), STR_INIT("Office"), 5, 0 } };
    struct picture p;
    picture__draw(c, flows, 3, &p);
    CHECK(p.nnodes == 3 && p.narcs == 3);
    CHECK_STR(p.nodes[0].label, STR("G01"));
    CHECK_STR(p.nodes[0].name, STR("Police"));
    CHECK_STR(p.arcs[1].title, STR("Police to Hanoi: 1 messages, 1 of them stopped by something that does not work"));
    CHECK(p.nodes[0].x == 180 && p.nodes[0].y == 62); /* the first at the top */
    CHECK(!p.arcs[0].faulty && p.arcs[1].faulty && p.arcs[2].head.n == 0);
    CHECK_STR(p.arcs[0].width, STR("9.0"));
    for (size_t i = 0; i < p.nnodes; i++) CHECK(p.nodes[i].x >= 24 && p.nodes[i].x <= PICTURE_SIDE - 24 && p.nodes[i].y >= 24 && p.nodes[i].y <= PICTURE_SIDE - 24);
    picture__draw(c, flows, 0, &p);
    CHECK(p.nnodes == 0 && p.narcs == 0);
}
