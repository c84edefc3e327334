/* finding.c: findings in words of a language, from one table; values are told with their units. */
#include "monitor/monitor_int.h"

#include "base/text.h"
#include "web/page.h"

enum { SECOND_MS = 1000, SPAN_UNITS = 4, CAUSE_VALUES = 4 };

static const struct finding_row { const char *code; enum level level; enum where where; const char *what, *cause, *cure; } TABLE[] = {
#define FINDING(code, level, where, what, cause, cure) { #code, level, where, what, cause, cure },
#include "monitor/finding_table.h"
#undef FINDING
};

const char *finding__code(enum finding_code code) { return TABLE[code].code; }

bool finding__of_code(struct str text, enum finding_code *ret)
{
    for (size_t i = 0; i < FINDING_CODES; i++)
        if (str_eq(text, str_z(TABLE[i].code))) return *ret = (enum finding_code)i, true;
    return false;
}

enum level monitor_level(const struct finding *f) { return TABLE[f->code].level; }

enum level monitor_worst(const struct findings *fs)
{
    enum level worst = LEVEL_GOOD;
    for (size_t i = 0; i < fs->n; i++)
        if (monitor_level(&fs->list[i]) > worst) worst = monitor_level(&fs->list[i]);
    return worst;
}

/* ---- adding ---- */

struct finding *finding__add(struct call *c, struct findings *fs, const struct finding *f)
{
    if (fs->n == fs->cap) {
        size_t cap = fs->cap ? 2 * fs->cap : 32;
        struct finding *list = arena_array(c->arena, struct finding, cap);
        if (fs->n) memcpy(list, fs->list, fs->n * sizeof *list);
        fs->list = list;
        fs->cap = cap;
    }
    fs->list[fs->n] = *f;
    return &fs->list[fs->n++];
}

struct finding *monitor_say(struct call *c, struct findings *fs, enum finding_code code, struct finding_value a, struct finding_value b, struct finding_value d)
{
    return finding__add(c, fs, &(struct finding){ .code = code, .values = { a, b, d } });
}

void finding__explain(struct call *c, struct finding *f, const struct call_error *e)
{
    struct str names = STR("");
    for (size_t i = 0; i < e->nargs && i < CAUSE_VALUES; i++) names = str_join(c->arena, names, i ? STR("\t") : STR(""), e->args[i], STR_END);
    f->because = e->key;
    f->name = names;
}

/* cause_of: the sentence with its values in it. */
static struct str cause_of(struct call *c, const struct finding *f)
{
    struct str values[CAUSE_VALUES] = { 0 }, rest = f->name;
    size_t n = 0;
    while (n < CAUSE_VALUES && str_next(&rest, '\t', &values[n])) n++;
    return text_tr_args(c, f->because, values, n);
}

void monitor_say_error(struct call *c, struct findings *fs, enum finding_code code, enum status st)
{
    struct call_error e = call_sentence(c, st);
    struct finding *f = monitor_say(c, fs, code, value_none(), value_none(), value_none());
    finding__explain(c, f, &e);
    call_clear(c);
}

/* ---- in words ---- */

struct str finding__word(enum level level)
{
    switch (level) {
    case LEVEL_GOOD: return TR("Well");
    case LEVEL_WARN: return TR("Needs attention");
    case LEVEL_BAD: return TR("Not well");
    }
    return STR("");
}

static struct str where_word(enum where where)
{
    switch (where) {
    case WHERE_HERE: return TR("The node itself");
    case WHERE_WAY: return TR("The way between the nodes");
    case WHERE_OPERATOR: return TR("The operator's node");
    case WHERE_PEER: return TR("The other node");
    }
    return STR("");
}

static struct str number(struct call *c, int64_t v)
{
    struct buf b = buf_in(c->arena, 64);
    text_put_number(&b, c->lang, v);
    return buf_str(&b);
}

struct str finding__span(struct call *c, int64_t ms)
{
    int64_t s = (ms < 0 ? -ms : ms) / SECOND_MS;
    struct str n, words;
    if (s < 120) n = number(c, s), words = TR("%s s");
    else if (s < 7200) n = number(c, s / 60), words = TR("%s min");
    else if (s < 2 * 86400) n = number(c, s / 3600), words = TR("%s h");
    else n = number(c, s / 86400), words = TR("%s days");
    return text_tr_args(c, words, &n, 1);
}

static struct str bytes(struct call *c, int64_t v)
{
    static const char *const units[SPAN_UNITS] = { "kB", "MB", "GB", "TB" };
    size_t unit = 0;
    for (v /= 1000; v >= 10000 && unit + 1 < SPAN_UNITS; v /= 1000) unit++;
    return str_join(c->arena, number(c, v), STR(" "), str_z(units[unit]), STR_END);
}

static struct str moment(struct call *c, int64_t ms)
{
    struct buf b = buf_in(c->arena, 64);
    text_put_moment(&b, c->lang, ms, c->app->time_offset_min);
    return buf_str(&b);
}

static struct str value_words(struct call *c, const struct finding_value *v)
{
    switch (v->kind) {
    case VALUE_NONE: return STR("");
    case VALUE_TEXT: return v->text;
    case VALUE_WORD: return text_tr(c->lang, v->text);
    case VALUE_NUMBER: return number(c, v->number);
    case VALUE_MOMENT: return moment(c, v->number);
    case VALUE_SPAN: return finding__span(c, v->number);
    case VALUE_BYTES: return bytes(c, v->number);
    }
    return STR("");
}

/* explain: cause and cure of the table, of the fault behind it, or in the sentence that came along. */
static void explain(struct call *c, const struct finding *f, const struct finding_row *row, struct finding_words *w)
{
    struct fault_help help;
    w->cause = text_tr(c->lang, str_z(row->cause));
    w->cure = text_tr(c->lang, str_z(row->cure));
    if (f->fault.n && exchange_explain_fault(f->fault, &help)) {
        w->cause = text_tr(c->lang, help.cause);
        w->cure = text_tr(c->lang, help.cure);
    }
    if (f->because.n) w->cause = cause_of(c, f);
}

struct finding_words monitor_words(struct call *c, const struct finding *f)
{
    const struct finding_row *row = &TABLE[f->code];
    struct str values[FINDING_VALUES];
    for (size_t i = 0; i < FINDING_VALUES; i++) values[i] = value_words(c, &f->values[i]);
    struct finding_words w = { .level = row->level, .code = str_z(row->code), .state = text_tr(c->lang, finding__word(row->level)), .where = text_tr(c->lang, where_word(row->where)) };
    w.what = text_tr_args(c, str_z(row->what), values, FINDING_VALUES);
    explain(c, f, row, &w);
    return w;
}

void finding__put_json(struct call *c, struct json_out *o, const struct finding *f)
{
    static const char *const levels[] = { "good", "warn", "bad" };
    struct finding_words w = monitor_words(c, f);
    json_open(o, '{');
    json_text_at(o, "code", w.code);
    json_text_at(o, "level", str_z(levels[w.level]));
    json_text_at(o, "where", w.where);
    json_text_at(o, "what", w.what);
    if (w.cause.n) json_text_at(o, "cause", w.cause);
    if (w.cure.n) json_text_at(o, "cure", w.cure);
    if (f->fault.n) json_text_at(o, "fault", f->fault);
    json_close(o);
}
