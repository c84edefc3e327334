/* shown.c: the flat list of values of an answer to groups, versions and values. One pass fills arrays that lie one in the other: a new group name begins a
 * group, a new index a version. */
#include "registry/shown.h"

#include "base/text.h"
#include "base/time.h"
#include "web/page.h"

enum { SHOWN_DATE = 64 };

struct builder {
    struct shown_group *groups; size_t ngroups;
    struct shown_version *versions, *former; size_t nversions, nformer;
    struct shown_value *values; size_t nvalues;
    struct str group; int64_t index; bool is_former;
};

static struct str text_at(const struct json *v, const char *name)
{
    return json_text(json_get(v, name), STR(""));
}

/* value_text: words of a code list are translated, dates written as people write them, everything else is as it stands in the register. */
static struct str value_text(struct call *c, const struct json *v)
{
    struct str text = text_at(v, "value");
    struct date d;
    if (text_at(v, "code").n) return text_tr(c->lang, text);
    if (!str_eq(text_at(v, "type"), STR("date")) || !date_parse(text, &d)) return text;
    struct buf b = buf_in(c->arena, SHOWN_DATE);
    text_put_date(&b, c->lang, d.day, (int)d.precision);
    return buf_str(&b);
}

static int64_t day_at(const struct json *v, const char *name)
{
    struct date d;
    return date_parse(text_at(v, name), &d) ? d.day : 0;
}

/* begin_version: the version that the next values belong to; a former one stands alone and bears the name of its group until its kind is known. */
static struct shown_version *begin_version(struct builder *b, const struct json *v, struct str title)
{
    struct shown_version *version;
    if (b->is_former) {
        version = &b->former[b->nformer++];
        *version = (struct shown_version){ .kind = title, .from = day_at(v, "from"), .to = day_at(v, "to") - 1 };
    } else {
        version = &b->versions[b->nversions++];
        *version = (struct shown_version){ .from = 0 };
        b->groups[b->ngroups - 1].nversions++;
    }
    version->values = &b->values[b->nvalues];
    return version;
}

static struct shown_version *place_for(struct call *c, struct builder *b, const struct json *v)
{
    const struct str group = text_at(v, "group"), title = text_tr(c->lang, json_text(json_get(v, "title"), group));
    const bool former = json_bool(json_get(v, "former"), false), other = b->nversions + b->nformer == 0 || former != b->is_former || !str_eq(b->group, group);
    int64_t index = 0;
    (void)json_int(json_get(v, "index"), &index);
    if (!other && index == b->index) return former ? &b->former[b->nformer - 1] : &b->versions[b->nversions - 1];
    b->is_former = former;
    b->group = group;
    b->index = index;
    if (other && !former) b->groups[b->ngroups++] = (struct shown_group){ .title = title, .versions = &b->versions[b->nversions] };
    return begin_version(b, v, title);
}

static void add_value(struct call *c, struct builder *b, const struct json *v)
{
    struct shown_version *version = place_for(c, b, v);
    const struct str column = text_at(v, "column"), today = text_at(v, "today");
    if (str_ends(column, STR(".kind"))) {
        version->kind = value_text(c, v);
        return;
    }
    b->values[b->nvalues++] = (struct shown_value){ text_tr(c->lang, json_text(json_get(v, "label"), column)), value_text(c, v), today, str_find(today, STR(";")) != SIZE_MAX };
    version->nvalues++;
}

bool registry_show_record(struct call *c, const struct json *answer, struct shown_record *ret)
{
    const struct json *record = json_get(answer, "record");
    const struct str history = text_at(answer, "history");
    size_t n = 0;
    if (!json_is_array(record)) return false;
    for (const struct json *v = json_first(record); v; v = json_next(v)) n++;
    if (n > SHOWN_VALUES_MOST) return false;
    struct builder b = { .groups = arena_array(c->arena, struct shown_group, n), .versions = arena_array(c->arena, struct shown_version, n),
                         .former = arena_array(c->arena, struct shown_version, n), .values = arena_array(c->arena, struct shown_value, n) };
    for (const struct json *v = json_first(record); v; v = json_next(v)) add_value(c, &b, v);
    *ret = (struct shown_record){ .entry = text_at(answer, "entry"), .groups = b.groups, .ngroups = b.ngroups, .former = b.former, .nformer = b.nformer,
                                  .has_former = b.nformer > 0, .asked = str_eq(history, STR("given")), .may_ask = str_eq(history, STR("allowed")) };
    return true;
}
