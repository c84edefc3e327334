/* request_test.c: targets, cookies, local paths, what a client wants to read. */
#include "web/request.c"

#include "base/test.h"

TEST(targets_are_split_raw)
{
    struct str path, query;
    CHECK(request__split_target(STR("/a%2Fb?x=%20"), &path, &query));
    CHECK_STR(path, STR("/a%2Fb"));
    CHECK_STR(query, STR("x=%20"));
    CHECK(request__split_target(STR("http://host:80/a"), &path, &query) && str_eq(path, STR("/a")) && query.n == 0);
    CHECK(!request__split_target(STR("*"), &path, &query));
    CHECK(!request__split_target(STR(""), &path, &query));
    CHECK(!request__split_target(STR("http://host"), &path, &query));
}

TEST(cookies_are_found_by_their_whole_name)
{
    struct str h = STR("a=1; sen_test=abc; sen_test_form=\"q\";bad; =x");
    CHECK_STR(request__cookie(h, STR("sen_test")), STR("abc"));
    CHECK_STR(request__cookie(h, STR("sen_test_form")), STR("q"));
    CHECK(!request__cookie(h, STR("sen")).p);
    CHECK(!request__cookie(h, STR("bad")).p);
    CHECK(!request__cookie(STR(""), STR("a")).p);
}

TEST(only_local_paths_are_gone_back_to)
{
    CHECK(request__local_path(STR("/")) && request__local_path(STR("/my/record?x=1")));
    CHECK(!request__local_path(STR("")) && !request__local_path(STR("//evil.example")) && !request__local_path(STR("/\\evil.example")));
    CHECK(!request__local_path(STR("https://evil.example")) && !request__local_path(STR("/a\r\nSet-Cookie: x")) && !request__local_path(STR("/a b")));
}

TEST(the_last_header_of_a_name_counts)
{
    struct header h[] = { { STR("Accept"), STR("text/html") }, { STR("accept"), STR("application/json") } };
    struct request rq = { .headers = h, .nheaders = 2 };
    CHECK_STR(request_header(&rq, "ACCEPT"), STR("application/json"));
    CHECK(request_wants_json(&rq));
    CHECK(!request_header(&rq, "Host").p);
    rq.nheaders = 1;
    CHECK(!request_wants_json(&rq));
}
