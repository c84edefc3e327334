/* form_test.c: what a form lets through, and that every wrong field is told. */
#include "web/form.c"

#include "base/test.h"

static const struct field table[] = {
    { "name", FIELD_TEXT, .required = true, .max_length = 5 }, { "note", .kind = FIELD_LONG }, { "pin", FIELD_DIGITS, .min_length = 12, .max_length = 12 },
    { "day", .kind = FIELD_DATE }, { "count", .kind = FIELD_NUMBER }, { "code", .kind = FIELD_CODE }, { "agree", .kind = FIELD_CHECK }, { "word", FIELD_SECRET, .min_length = 3 }, { 0 } };

static enum status read_text(struct call *c, const char *text, struct form *ret)
{
    call_clear(c);
    return form__read(c, table, str_z(text), STR("lang"), ret);
}

static struct str value(const struct form *f, const char *name) { return form__find(f, str_z(name))->text; }

/* sentence: what is said about the only wrong field. */
static struct str sentence(struct call *c, const char *text, const char *field)
{
    struct form f;
    CHECK(read_text(c, text, &f) == ST_INVALID && f.nfaults == 1);
    CHECK_STR(c->error.field, str_z(field));
    return c->error.key;
}

TEST(good_values_come_out_decoded_and_trimmed)
{
    struct form f;
    CHECK_OK(read_text(c, "name=+L%C3%AA+&note=a%0D%0Ab%09c&pin=001234567890&day=2026-11-22&count=-3&code=a.b_C-1&agree=on&word=+x+&csrf=tok&lang=vi", &f));
    CHECK_STR(value(&f, "name"), STR("L\xC3\xAA"));
    CHECK_STR(value(&f, "note"), STR("a\nb\tc"));
    CHECK_STR(value(&f, "word"), STR(" x "));
    CHECK_STR(f.csrf, STR("tok"));
    CHECK(f.nfaults == 0 && !form__find(&f, STR("lang")) && !form__find(&f, STR("csrf")));
}

TEST(decomposed_text_is_stored_composed_and_counted_in_characters)
{
    struct form f;
    CHECK_OK(read_text(c, "name=e%CC%82e%CC%82e%CC%82e%CC%82e%CC%82", &f));
    CHECK_STR(value(&f, "name"), STR("\xC3\xAA\xC3\xAA\xC3\xAA\xC3\xAA\xC3\xAA"));
}

TEST(each_kind_refuses_with_its_own_sentence)
{
    CHECK_STR(sentence(c, "", "name"), STR("This field is needed. Fill it in."));
    CHECK_STR(sentence(c, "name=++", "name"), STR("This field is needed. Fill it in."));
    CHECK_STR(sentence(c, "name=123456", "name"), STR("Write at most %s characters."));
    CHECK_STR(sentence(c, "name=a%0Ab", "name"), STR("Write one line of plain text."));
    CHECK_STR(sentence(c, "name=a&note=%01", "note"), STR("Write plain text without control characters."));
    CHECK_STR(sentence(c, "name=a&pin=12345678901", "pin"), STR("Write exactly %s characters."));
    CHECK_STR(sentence(c, "name=a&pin=12345678901x", "pin"), STR("Write digits only, without blanks or dots."));
    CHECK_STR(sentence(c, "name=a&day=2026-02-30", "day"), STR("Write the date as year-month-day, for example 1984-06-17."));
    CHECK_STR(sentence(c, "name=a&day=1984", "day"), STR("Write the date as year-month-day, for example 1984-06-17."));
    CHECK_STR(sentence(c, "name=a&count=1.5", "count"), STR("Write a whole number, for example 12."));
    CHECK_STR(sentence(c, "name=a&code=a/b", "code"), STR("Choose one of the values of the list."));
    CHECK_STR(sentence(c, "name=a&agree=yes", "agree"), STR("Tick the box or leave it empty."));
    CHECK_STR(sentence(c, "name=a&word=ab", "word"), STR("Write at least %s characters."));
}

TEST(an_undeclared_field_is_refused_by_name)
{
    CHECK_STR(sentence(c, "name=a&role=admin", "role"), STR("This form has no field \"%s\". Leave it out."));
    CHECK_STR(sentence(c, "name=a&name=b", "name"), STR("This field came twice. Send it once."));
    struct form f;
    CHECK(form__read(c, NULL, STR("lang=vi"), (struct str){ NULL, 0 }, &f) == ST_INVALID);
}

TEST(in_the_address_of_a_page_undeclared_fields_are_passed_over)
{
    struct form f;
    CHECK_OK(form__read(c, table, STR("utm_source=mail&name=a&fbclid=%7B1%7D&utm_source=b"), FORM_ANY, &f));
    CHECK_STR(value(&f, "name"), STR("a"));
    CHECK(!form__find(&f, STR("utm_source")) && !form__find(&f, STR("fbclid")));
    CHECK_OK(form__read(c, NULL, STR("utm_source=mail"), FORM_ANY, &f));
    CHECK(form__read(c, table, STR("name=a&name=b"), FORM_ANY, &f) == ST_INVALID); /* what is declared is judged as ever */
    call_clear(c);
    CHECK(form__read(c, table, STR("name=123456&x=1"), FORM_ANY, &f) == ST_INVALID);
}

TEST(every_wrong_field_is_told_and_the_first_is_the_error)
{
    struct form f;
    CHECK(read_text(c, "note=ok&pin=1&x=1&day=no", &f) == ST_INVALID);
    CHECK(f.nfaults == 4);
    CHECK_STR(f.faults[0].field, STR("x"));
    CHECK_STR(c->error.field, STR("x"));
    CHECK_STR(f.faults[1].field, STR("name"));
    CHECK_STR(f.faults[3].field, STR("day"));
}

TEST(broken_encoding_is_refused)
{
    struct form f;
    CHECK(read_text(c, "name=%zz", &f) == ST_INVALID);
    CHECK(read_text(c, "name=%ff", &f) == ST_INVALID);
    CHECK(read_text(c, "name=a%00b", &f) == ST_INVALID);
}

TEST(a_flood_of_faults_is_kept_within_bounds)
{
    struct buf b = buf_in(c->arena, 10000);
    for (int i = 0; i < 500; i++) buf_print(&b, "f%d=1&", i);
    struct form f;
    CHECK(form__read(c, table, buf_str(&b), STR(""), &f) == ST_INVALID && f.nfaults == FAULTS_MAX);
}
