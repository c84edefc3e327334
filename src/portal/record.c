/* record.c: "My record": the register's answer, a flat list of values, as groups and versions. The order is the register's own. */
#include "portal/portal_int.h"

#include "base/text.h"
#include "base/time.h"

enum { VALUES_MAX = 1000, SHOWN_MAX = 64 };

/* value_shown: words of a code list are translated, dates written as people write them, everything else is as it stands in the register. */
static struct str value_shown(struct call *c, const struct json *v)
{
    struct str text = json_text(json_get(v, "value"), STR(""));
    struct date d;
    if (json_text(json_get(v, "code"), STR("")).n) return text_tr(c->lang, text);
    if (!str_eq(json_text(json_get(v, "type"), STR("")), STR("date")) || !date_parse(text, &d)) return text;
    struct buf b = buf_in(c->arena, SHOWN_MAX);
    text_put_date(&b, c->lang, d.day, (int)d.precision);
    return buf_str(&b);
}

/* One pass over the values fills three arrays that lie one in the other: a new group name begins a group, a new index a version. */
struct builder { struct record_group *groups; struct record_version *versions; struct record_row *rows; size_t ngroups; struct str group; int64_t index; };

static void begin_group(struct builder *b, struct str name, struct str title)
{
    struct record_version *next = b->ngroups ? b->versions + b->groups[b->ngroups - 1].nversions : b->versions;
    b->versions = next;
    b->groups[b->ngroups++] = (struct record_group){ .title = title, .versions = next };
    b->group = name;
    b->index = -1;
}

static void begin_version(struct builder *b, int64_t index)
{
    struct record_group *g = &b->groups[b->ngroups - 1];
    b->versions[g->nversions++] = (struct record_version){ .rows = b->rows };
    b->index = index;
}

static void add_value(struct call *c, struct builder *b, const struct json *v)
{
    struct str group = json_text(json_get(v, "group"), STR("")), title = json_text(json_get(v, "title"), group), label = json_text(json_get(v, "label"), STR(""));
    int64_t index = 0;
    (void)json_int(json_get(v, "index"), &index);
    if (b->ngroups == 0 || !str_eq(b->group, group)) begin_group(b, group, title);
    if (b->index != index) begin_version(b, index);
    struct record_version *version = &b->versions[b->groups[b->ngroups - 1].nversions - 1];
    if (version->nrows == 0 && str_eq(label, title)) { /* the kind of this version: its heading */
        version->kind = value_shown(c, v);
        return;
    }
    *b->rows++ = (struct record_row){ label, value_shown(c, v) };
    version->nrows++;
}

void record__take(struct call *c, const struct json *answer, struct record_register *ret)
{
    struct record_group *groups = arena_array(c->arena, struct record_group, VALUES_MAX);
    struct builder b = { groups, arena_array(c->arena, struct record_version, VALUES_MAX), arena_array(c->arena, struct record_row, VALUES_MAX), 0, { NULL, 0 }, -1 };
    size_t n = 0;
    for (const struct json *v = json_first(json_get(answer, "record")); v && n < VALUES_MAX; v = json_next(v), n++) add_value(c, &b, v);
    ret->entry = json_text(json_get(answer, "entry"), STR(""));
    ret->groups = groups;
    ret->ngroups = b.ngroups;
}

struct record_register record__read(struct call *c, const struct xid *subsystem)
{
    struct record_register r = { .name = exchange_member_name(c, xid_format(c->arena, subsystem)) };
    const struct json *answer;
    enum status st = portal__ask(c, &(struct portal_question){ .subsystem = *subsystem, .service = "self" }, &answer);
    if (st == ST_OK) record__take(c, answer, &r);
    else r.problem = portal__problem(c, st);
    return r;
}
