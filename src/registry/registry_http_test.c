/* registry_http_test.c: what the page makes of an answer that is no record, and of each status. How a record is shown: shown_test.c. */
#include "registry/registry_http.c"

#include "registry/testing.h"

static enum status read_text(struct call *c, const char *body, struct page_record *page)
{
    *page = (struct page_record){ 0 };
    call_clear(c);
    return read_answer(c, str_z(body), page);
}

TEST(answers_of_another_form_are_refused)
{
    struct page_record page;
    CHECK(read_text(c, "", &page) == ST_UNAVAILABLE);
    CHECK(read_text(c, "{\"record\":{}}", &page) == ST_UNAVAILABLE);
    CHECK(read_text(c, "[]", &page) == ST_UNAVAILABLE && page.shown.ngroups == 0);
    CHECK_OK(read_text(c, "{\"record\":[1,\"x\",{\"index\":\"y\"}]}", &page));
}

TEST(each_status_of_the_register_has_a_sentence)
{
    static const struct { int http; enum status st; } cases[] = { { 400, ST_INVALID }, { 403, ST_DENIED }, { 404, ST_NOT_FOUND }, { 409, ST_CONFLICT }, { 500, ST_UNAVAILABLE }, { 302, ST_UNAVAILABLE } };
    CHECK_OK(judge_answer(c, &(struct exchange_answer){ .status = 200 }));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call_clear(c);
        CHECK(judge_answer(c, &(struct exchange_answer){ .status = cases[i].http }) == cases[i].st);
        CHECK(call_error(c)->sentence.n > 20);
    }
}
