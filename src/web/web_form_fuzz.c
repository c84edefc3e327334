/* web_form_fuzz.c: any bytes as a form. What is promised: either every wrong field is told, or every value fits its kind and, written out again, reads back the same. */
#include "base/fuzz.h"
#include "base/text.h"
#include "base/url.h"
#include "web/web_int.h"

static const struct field table[] = {
    { "t", FIELD_TEXT, .max_length = 20 }, { "l", .kind = FIELD_LONG }, { "p", FIELD_DIGITS, .min_length = 2, .max_length = 12 }, { "d", .kind = FIELD_DATE },
    { "n", .kind = FIELD_NUMBER }, { "c", .kind = FIELD_CODE }, { "k", .kind = FIELD_CHECK }, { "s", FIELD_SECRET, .max_length = 30 }, { 0 } };

static struct str written(struct call *c, const struct form *f)
{
    struct buf b = buf_in(c->arena, 1 << 20);
    for (size_t i = 0; i < f->n; i++) {
        if (!f->values[i].given) continue;
        if (b.n) buf_put_c(&b, '&');
        buf_put_z(&b, f->values[i].field->name);
        buf_put_c(&b, '=');
        url_encode_to(&b, f->values[i].text);
    }
    return buf_str(&b);
}

static void check_values(const struct form *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct form_value *v = &f->values[i];
        FUZZ_CHECK(text_is_utf8(v->text));
        if (v->field->kind == FIELD_TEXT) FUZZ_CHECK(v->text.n == 0 || (text_is_plain(v->text) && text_count(v->text) <= 20));
        if (v->field->kind == FIELD_DIGITS && v->text.n) FUZZ_CHECK(v->text.n >= 2 && v->text.n <= 12 && strspn(v->text.p, "0123456789") >= v->text.n);
        if (v->field->kind == FIELD_CHECK) FUZZ_CHECK(v->text.n == 0 || str_eq(v->text, STR("on")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = fuzz_call();
    struct form f = { 0 }, again = { 0 };
    enum status st = form__read(c, table, str_of(data, size), STR("lang"), &f);
    FUZZ_CHECK((st == ST_OK) == (f.nfaults == 0) && (st == ST_OK || c->error.sentence.n > 0));
    if (st == ST_OK) {
        check_values(&f);
        FUZZ_CHECK(form__read(c, table, written(c, &f), STR("lang"), &again) == ST_OK);
        for (size_t i = 0; i < f.n; i++) FUZZ_CHECK(str_eq(f.values[i].text, again.values[i].text));
    }
    return 0;
}
