/* form.c: a form or query string against its table. Every field is judged, so that a person sees all that is wrong at once; what the table does not declare never
 * reaches a handler: a form with it is refused, in the address of a page it is passed over (mail programs and search engines add fields of their own). */
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "web/web_int.h"

enum { FAULTS_MAX = 32, NAME_SHOWN = 60, LENGTH_DEFAULT = 200, LONG_DEFAULT = 4000 };

/* ---- one value ---- */

static enum status check_digits(struct call *c, const struct field *f, struct str v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9') return call_fail(c, ST_INVALID, f->name, "Write digits only, without blanks or dots.");
    return ST_OK;
}

static enum status check_code(struct call *c, const struct field *f, struct str v)
{
    for (size_t i = 0; i < v.n; i++) {
        char ch = v.p[i];
        bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '.' || ch == '-' || ch == '_';
        if (!ok) return call_fail(c, ST_INVALID, f->name, "Choose one of the values of the list.");
    }
    return ST_OK;
}

/* take_lines: several lines with tabs; CRLF of browsers becomes LF. */
static enum status take_lines(struct call *c, const struct field *f, struct str v, struct str *ret)
{
    struct buf b = buf_in(c->arena, v.n + 1);
    for (size_t i = 0; i < v.n; i++) {
        unsigned char ch = (unsigned char)v.p[i];
        if (ch == '\r' && i + 1 < v.n && v.p[i + 1] == '\n') continue;
        if ((ch < ' ' && ch != '\n' && ch != '\t') || ch == 0x7f) return call_fail(c, ST_INVALID, f->name, "Write plain text without control characters.");
        buf_put_c(&b, (char)ch);
    }
    return buf_finish(&b, ret);
}

static enum status check_kind(struct call *c, const struct field *f, struct str *v)
{
    int64_t number;
    struct date day;
    switch (f->kind) {
    case FIELD_TEXT:
        if (!text_is_plain(*v)) return call_fail(c, ST_INVALID, f->name, "Write one line of plain text.");
        return ST_OK;
    case FIELD_LONG: return take_lines(c, f, *v, v);
    case FIELD_SECRET: return ST_OK;
    case FIELD_NUMBER:
        if (!str_int(*v, &number)) return call_fail(c, ST_INVALID, f->name, "Write a whole number, for example 12.");
        return ST_OK;
    case FIELD_DIGITS: return check_digits(c, f, *v);
    case FIELD_DATE:
        if (!date_parse(*v, &day) || day.precision != PRECISION_DAY) return call_fail(c, ST_INVALID, f->name, "Write the date as year-month-day, for example 1984-06-17.");
        return ST_OK;
    case FIELD_CODE: return check_code(c, f, *v);
    case FIELD_CHECK:
        if (!str_eq(*v, STR("on"))) return call_fail(c, ST_INVALID, f->name, "Tick the box or leave it empty.");
        return ST_OK;
    }
    return ST_BROKEN;
}

static enum status check_length(struct call *c, const struct field *f, struct str v)
{
    size_t most = f->max_length ? f->max_length : f->kind == FIELD_LONG ? LONG_DEFAULT : LENGTH_DEFAULT;
    size_t n = text_count(v);
    if (n >= f->min_length && n <= most) return ST_OK;
    struct str least = str_print(c->arena, "%zu", f->min_length), limit = str_print(c->arena, "%zu", most);
    if (f->min_length == most) return call_fail(c, ST_INVALID, f->name, "Write exactly %s characters.", limit);
    if (n > most) return call_fail(c, ST_INVALID, f->name, "Write at most %s characters.", limit);
    return call_fail(c, ST_INVALID, f->name, "Write at least %s characters.", least);
}

static enum status check_value(struct call *c, const struct field *f, struct form_value *v)
{
    if (str_is_empty(v->text)) {
        if (!f->required) return ST_OK;
        if (f->kind == FIELD_CHECK) return call_fail(c, ST_INVALID, f->name, "Tick this box to go on.");
        return call_fail(c, ST_INVALID, f->name, "This field is needed. Fill it in.");
    }
    TRY(check_kind(c, f, &v->text));
    return check_length(c, f, v->text);
}

/* ---- the whole form ---- */

/* keep_fault: the failure just told goes to the list, so that the next one can be told as well. */
static void keep_fault(struct call *c, struct form *form)
{
    if (form->nfaults < FAULTS_MAX) form->faults[form->nfaults++] = c->error;
    call_clear(c);
}

static struct form_value *find_value(const struct form *f, struct str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (str_eq(str_z(f->values[i].field->name), name)) return &f->values[i];
    return NULL;
}

const struct form_value *form__find(const struct form *f, struct str name) { return find_value(f, name); }

static enum status take_pair(struct call *c, struct form *form, struct str name, struct str value, struct str extra)
{
    if (str_eq(name, STR("csrf"))) {
        form->csrf = value;
        return ST_OK;
    }
    if (extra.n && str_eq(name, extra)) return ST_OK;
    struct form_value *v = find_value(form, name);
    if (!v && str_eq(extra, FORM_ANY)) return ST_OK;
    if (!v) {
        /* its name comes from outside, but it is where the answer has to point */
        char *at = name.n <= NAME_SHOWN ? str_to_z(c->arena, name) : NULL;
        return call_fail(c, ST_INVALID, at ? at : "", "This form has no field \"%s\". Leave it out.", at ? name : STR("..."));
    }
    const char *field = v->field->name;
    if (v->given) return call_fail(c, ST_INVALID, field, "This field came twice. Send it once.");
    v->given = true;
    struct str text;
    if (!text_nfc(c->arena, value, &text)) return call_fail(c, ST_INVALID, field, "This text is not valid UTF-8. Type it again.");
    v->text = v->field->kind == FIELD_SECRET ? text : str_trim(text);
    return ST_OK;
}

static void take_pairs(struct call *c, struct form *form, struct str text, struct str extra)
{
    struct str name, value;
    bool bad = false;
    while (text.n && url_query_next(c->arena, &text, &name, &value, &bad)) {
        if (bad) break;
        if (take_pair(c, form, name, value, extra) != ST_OK) keep_fault(c, form);
    }
    if (!bad) return;
    (void)call_fail(c, ST_INVALID, "", "The form could not be read. Open the page again and send it once more.");
    keep_fault(c, form);
}

enum status form__read(struct call *c, const struct field *fields, struct str text, struct str extra, struct form *ret)
{
    struct form form = { 0 };
    size_t n = 0;
    while (fields && fields[n].name) n++;
    form.values = arena_array(c->arena, struct form_value, n);
    form.faults = arena_array(c->arena, struct call_error, FAULTS_MAX);
    for (form.n = 0; form.n < n; form.n++) form.values[form.n].field = &fields[form.n];

    take_pairs(c, &form, text, extra);
    for (size_t i = 0; i < n; i++)
        if (check_value(c, &fields[i], &form.values[i]) != ST_OK) keep_fault(c, &form);
    *ret = form;
    if (form.nfaults == 0) return ST_OK;
    c->error = form.faults[0];
    return ST_INVALID;
}
