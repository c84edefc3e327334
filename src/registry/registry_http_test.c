/* registry_http_test.c: an answer of a register as the page shows it: parts in order, kinds as headings, dates and words for people, nothing invented. */
#include "registry/registry_http.c"

#include "registry/testing.h"

static enum status read_text(struct call *c, const char *body, struct page_record *page)
{
    *page = (struct page_record){ 0 };
    call_clear(c);
    c->lang = STR("en");
    return read_answer(c, str_z(body), page);
}

TEST(a_record_is_shown_in_parts)
{
    struct page_record page;
    CHECK_OK(read_text(c, "{\"entry\":\"e-1\",\"record\":["
        "{\"column\":\"name.kind\",\"label\":\"Name\",\"group\":\"name\",\"title\":\"Name\",\"index\":0,\"value\":\"Name at birth\",\"code\":\"birth\"},"
        "{\"column\":\"name.full\",\"label\":\"Full name\",\"group\":\"name\",\"title\":\"Name\",\"index\":0,\"value\":\"Hoa\"},"
        "{\"column\":\"name.kind\",\"label\":\"Name\",\"group\":\"name\",\"title\":\"Name\",\"index\":1,\"value\":\"Other name\",\"code\":\"other\"},"
        "{\"column\":\"name.full\",\"label\":\"Full name\",\"group\":\"name\",\"title\":\"Name\",\"index\":1,\"value\":\"Sen\"},"
        "{\"column\":\"core.birth_date\",\"label\":\"Date of birth\",\"group\":\"core\",\"title\":\"Birth\",\"index\":0,\"value\":\"1984-06-17\",\"type\":\"date\"}]}", &page));
    CHECK(page.nparts == 3 && page.parts[0].nvalues == 1 && page.parts[1].nvalues == 1 && page.parts[2].nvalues == 1);
    CHECK_STR(page.entry, STR("e-1"));
    CHECK_STR(page.parts[0].heading, STR("Name at birth"));
    CHECK_STR(page.parts[1].heading, STR("Other name"));
    CHECK_STR(page.parts[1].values[0].text, STR("Sen"));
    CHECK_STR(page.parts[2].heading, STR("Birth"));
    CHECK(!str_eq(page.parts[2].values[0].text, STR("1984-06-17")) && str_find(page.parts[2].values[0].text, STR("1984")) != SIZE_MAX);
}

TEST(answers_of_another_form_are_refused)
{
    struct page_record page;
    CHECK(read_text(c, "", &page) == ST_UNAVAILABLE);
    CHECK(read_text(c, "{\"record\":{}}", &page) == ST_UNAVAILABLE);
    CHECK(read_text(c, "[]", &page) == ST_UNAVAILABLE && page.nparts == 0);
    CHECK_OK(read_text(c, "{\"record\":[1,\"x\",{\"index\":\"y\"}]}", &page));
}

TEST(too_many_values_are_refused)
{
    struct page_record page;
    struct buf b = buf_in(c->arena, 1 << 20);
    buf_put_z(&b, "{\"record\":[{}");
    for (int i = 0; i < VALUES_SHOWN; i++) buf_put_z(&b, ",{}");
    buf_put(&b, STR("]}\0"));
    CHECK(read_text(c, b.p, &page) == ST_TOO_LARGE);
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
