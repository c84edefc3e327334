/* person_json.c: one person as a line of `sen register load`: what is true now and what was true before. */
#include "registry/population/people.h"

#include <stdio.h>

enum { GROWN = 18 };

/* ---- small pieces ---- */

static void put_date(struct json_out *o, const char *name, struct date d)
{
    char text[TIME_TEXT];
    date_format(d, text);
    json_text_at(o, name, str_z(text));
}

void registry__put_day(struct json_out *o, const char *name, int64_t day)
{
    if (day != TIME_FAR) put_date(o, name, (struct date){ day, PRECISION_DAY });
}

static void put_some(struct json_out *o, const char *name, struct str text)
{
    if (text.n) json_text_at(o, name, text);
}

/* put_unit: "00004@2026-10-01": the commune as it was called on that day, with a day on which the code meant it. */
static void put_unit(struct json_out *o, const char *name, const struct place *place, int64_t day)
{
    const struct unit *u = place->old && day < place->old->to ? place->old : place->now;
    char text[64], at[TIME_TEXT];
    if (day < u->from) day = u->from;
    if (day >= u->to) day = u->to - 1;
    date_format((struct date){ day, PRECISION_DAY }, at);
    (void)snprintf(text, sizeof text, "%.*s@%s", STR_ARG(u->code), at);
    json_text_at(o, name, str_z(text));
}

void registry__open_version(struct json_out *o, struct str kind, int64_t from, int64_t to)
{
    json_open(o, '{');
    if (kind.n) json_text_at(o, "kind", kind);
    registry__put_day(o, "from", from);
    registry__put_day(o, "to", to);
}

static void open_list(const struct line *l, struct str name)
{
    json_name(l->o, name);
    json_open(l->o, '[');
}

/* ---- who ---- */

static void put_keys(const struct line *l)
{
    json_name(l->o, STR("keys"));
    json_open(l->o, '{');
    json_text_at(l->o, "pin", str_z(l->p->pin));
    put_some(l->o, "id9", str_z(l->p->id9));
    json_close(l->o);
}

static void put_names(const struct line *l)
{
    struct json_out *o = l->o;
    open_list(l, STR("name"));
    registry__open_version(o, STR("birth"), l->p->birth.day, TIME_FAR);
    if (l->p->given_first) {
        json_text_at(o, "given", registry__full_name(l->c->arena, l->p)); /* one name as a whole: it has no surname in front */
    } else {
        put_some(o, "surname", l->p->surname);
        put_some(o, "middle", l->p->middle);
        json_text_at(o, "given", l->p->given);
    }
    json_close(o);
    if (l->p->other_name.n && registry__birthday(l->p, GROWN) < l->p->death) {
        registry__open_version(o, STR("other"), registry__birthday(l->p, GROWN), TIME_FAR);
        json_text_at(o, "given", l->p->other_name);
        json_close(o);
    }
    json_close(o);
}

static void put_core(const struct line *l)
{
    const struct person *p = l->p;
    json_name(l->o, STR("core"));
    registry__open_version(l->o, STR(""), p->birth.day, TIME_FAR);
    put_date(l->o, "birth_date", p->birth);
    json_text_at(l->o, "sex", registry__sex_word(p->sex));
    put_unit(l->o, "birth_place", p->birth_place, p->birth.day);
    put_unit(l->o, "registration_place", p->birth_place, p->birth.day);
    put_unit(l->o, "hometown", p->hometown, p->birth.day);
    put_some(l->o, "ethnic_group", p->group);
    put_some(l->o, "religion", p->religion);
    put_some(l->o, "nationality", l->w->nationality);
    put_some(l->o, "blood_type", p->blood);
    json_close(l->o);
}

/* ---- family ---- */

static void put_relation(const struct line *l, const char *kind, int64_t from, int64_t to, const struct person *who, struct str name)
{
    if (from >= to) return;
    registry__open_version(l->o, str_z(kind), from, to);
    json_text_at(l->o, "name", who ? registry__full_name(l->c->arena, who) : name);
    if (who && registry__is_registered(who)) json_text_at(l->o, "person", str_z(who->pin));
    if (who) put_some(l->o, "id9", str_z(who->id9));
    put_some(l->o, "nationality", l->w->nationality);
    json_close(l->o);
}

static int64_t earliest(int64_t a, int64_t b) { return a < b ? a : b; }

/* orphaned: the day on which the second of the parents died while the child was under age; TIME_FAR: never. */
static int64_t orphaned(const struct person *p)
{
    if (!p->father || !p->mother || p->father->death == TIME_FAR || p->mother->death == TIME_FAR) return TIME_FAR;
    const int64_t day = p->father->death > p->mother->death ? p->father->death : p->mother->death;
    return day < earliest(registry__birthday(p, GROWN), p->death) ? day : TIME_FAR;
}

/* guardian_of: the oldest grown person of the family who lives on until the child is grown. */
static const struct person *guardian_of(const struct family *f, const struct person *p)
{
    const struct person *oldest = NULL;
    for (size_t i = 0; i < f->n; i++) {
        const struct person *g = &f->people[i];
        if (g != p && registry__is_registered(g) && g->death == TIME_FAR && registry__birthday(g, GROWN) < orphaned(p) && (!oldest || g->birth.day < oldest->birth.day)) oldest = g;
    }
    return oldest;
}

static void put_wards(const struct line *l)
{
    for (size_t i = 0; i < l->f->n; i++) {
        const struct person *ward = &l->f->people[i];
        if (orphaned(ward) != TIME_FAR && guardian_of(l->f, ward) == l->p)
            put_relation(l, "ward", orphaned(ward), earliest(registry__birthday(ward, GROWN), ward->death), ward, STR(""));
    }
}

static void put_relations(const struct line *l)
{
    const struct person *p = l->p;
    open_list(l, STR("relation"));
    put_relation(l, "father", p->birth.day, TIME_FAR, p->father, p->father_name);
    put_relation(l, "mother", p->birth.day, TIME_FAR, p->mother, p->mother_name);
    if (p->spouse) put_relation(l, "spouse", p->wedding, earliest(p->divorce, earliest(p->death, p->spouse->death)), p->spouse, STR(""));
    for (size_t i = 0; i < p->nchildren; i++) put_relation(l, "child", p->children[i]->birth.day, TIME_FAR, p->children[i], STR(""));
    if (orphaned(p) != TIME_FAR) {
        const struct person *guardian = guardian_of(l->f, p);
        if (guardian) put_relation(l, "guardian", orphaned(p), earliest(registry__birthday(p, GROWN), p->death), guardian, STR(""));
    }
    put_wards(l);
    json_close(l->o);
}

static void put_state(const struct line *l, const char *state, int64_t from, int64_t to)
{
    if (from >= earliest(to, l->p->death)) return;
    registry__open_version(l->o, STR(""), from, earliest(to, l->p->death));
    json_text_at(l->o, "state", str_z(state));
    json_close(l->o);
}

static void put_marital(const struct line *l)
{
    const struct person *p = l->p;
    const int64_t widowed = p->spouse && p->spouse->death < p->divorce ? p->spouse->death : TIME_FAR;
    open_list(l, STR("marital"));
    put_state(l, "single", p->birth.day, p->wedding);
    if (p->spouse) put_state(l, "married", p->wedding, earliest(widowed, p->divorce));
    if (widowed != TIME_FAR) put_state(l, "widowed", widowed, TIME_FAR);
    else if (p->divorce != TIME_FAR) put_state(l, "divorced", p->divorce, TIME_FAR);
    json_close(l->o);
}

/* ---- where ---- */

struct lodging { const char *kind; const struct place *place; struct str address, reason; int64_t from, to, file; };

static void put_span(const struct line *l, const struct lodging *s)
{
    if (s->from >= s->to) return;
    registry__open_version(l->o, str_z(s->kind), s->from, s->to);
    put_unit(l->o, "unit", s->place, s->from);
    json_text_at(l->o, "address", s->address);
    put_some(l->o, "reason", s->reason);
    if (s->file) json_text_at(l->o, "file", str_print(l->c->arena, "R%09lld-%lld", (long long)s->file, (long long)s->from));
    json_close(l->o);
}

/* put_place: a time in one home; on the day on which the commune became part of another one the address goes on under the new name: nobody moved. */
static void put_place(const struct line *l, struct lodging s)
{
    const int64_t renamed = s.place->old ? s.place->old->to : TIME_FAR;
    if (s.from < renamed && renamed < s.to && renamed <= l->w->day) {
        struct lodging before = s;
        before.to = renamed;
        put_span(l, &before);
        s.from = renamed;
    }
    put_span(l, &s);
}

static void put_stays(const struct line *l)
{
    for (size_t i = 0; i < l->p->nstays; i++) {
        const struct stay *stay = &l->p->stays[i];
        const struct household *h = stay->household;
        for (size_t k = 0; k < h->nhomes; k++) {
            const int64_t to = k + 1 < h->nhomes ? h->homes[k + 1].from : TIME_FAR, from = k && h->homes[k].from > stay->from ? h->homes[k].from : stay->from;
            if (from >= earliest(to, stay->to)) continue;
            put_place(l, (struct lodging){ "permanent", h->homes[k].place, h->homes[k].address, from > stay->from ? STR("house") : stay->reason, from, earliest(to, stay->to), h->number });
        }
    }
}

/* today_from: since when the place bears the name of today, at the earliest from that day. */
static int64_t today_from(const struct line *l, const struct place *place, int64_t from)
{
    const int64_t renamed = place->old ? place->old->to : from;
    return from < renamed && renamed <= l->w->day ? renamed : from;
}

/* put_current: where the person really lives today. */
static void put_current(const struct line *l)
{
    const struct away *a = &l->p->away;
    const struct stay *stay = &l->p->stays[l->p->nstays - 1];
    if (l->p->death != TIME_FAR) return;
    if (a->place && a->to == TIME_FAR) {
        put_place(l, (struct lodging){ "current", a->place, a->address, a->reason, today_from(l, a->place, a->from), TIME_FAR, 0 });
        return;
    }
    const struct home *home = registry__home_on(stay->household, l->w->day);
    put_place(l, (struct lodging){ "current", home->place, home->address, STR(""), today_from(l, home->place, home->from > stay->from ? home->from : stay->from), TIME_FAR, 0 });
}

static void put_residence(const struct line *l)
{
    const struct away *a = &l->p->away;
    open_list(l, STR("residence"));
    put_stays(l);
    if (a->place) {
        put_place(l, (struct lodging){ "temporary", a->place, a->address, a->reason, a->from, a->to, 0 });
        if (a->told) {
            const struct home *home = registry__home_on(l->p->stays[l->p->nstays - 1].household, a->from);
            put_place(l, (struct lodging){ "absence", home->place, home->address, a->reason, a->from, a->to, 0 });
        }
    }
    put_current(l);
    json_close(l->o);
}

/* ---- household ---- */

static bool is_child_of(const struct person *p, const struct person *parent) { return parent && (p->father == parent || p->mother == parent); }
static bool is_grandchild_of(const struct person *p, const struct person *elder)
{
    return (p->father && is_child_of(p->father, elder)) || (p->mother && is_child_of(p->mother, elder));
}

static const char *role_of(const struct person *p, const struct person *head)
{
    if (p == head) return "head";
    if (p->spouse == head) return "spouse";
    if (is_child_of(p, head) || (head->spouse && is_child_of(p, head->spouse))) return "child";
    if (is_child_of(head, p)) return "parent";
    if (is_grandchild_of(p, head)) return "grandchild";
    if (p->spouse && is_child_of(p->spouse, head)) return "child-in-law";
    if (p->father && p->father == head->father) return "sibling";
    return "other";
}

/* member_from, member_to: the days of this stay under the household's k-th head. */
static int64_t member_from(const struct stay *s, size_t k)
{
    return k && s->household->heads[k].from > s->from ? s->household->heads[k].from : s->from;
}

static int64_t member_to(const struct stay *s, size_t k)
{
    return earliest(s->to, k + 1 < s->household->nheads ? s->household->heads[k + 1].from : TIME_FAR);
}

static void put_member(const struct line *l, const struct stay *stay, const struct head *head, int64_t from, int64_t to)
{
    registry__open_version(l->o, STR(""), from, to);
    json_text_at(l->o, "number", str_print(l->c->arena, "H%09lld", (long long)stay->household->number));
    json_text_at(l->o, "role", str_z(role_of(l->p, head->person)));
    json_text_at(l->o, "head_name", registry__full_name(l->c->arena, head->person));
    if (registry__is_registered(head->person)) json_text_at(l->o, "head", str_z(head->person->pin));
    json_close(l->o);
}

/* memberships: how many versions there are; one alone stands without a list. */
static size_t memberships(const struct person *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->nstays; i++) {
        const struct household *h = p->stays[i].household;
        for (size_t k = 0; k < h->nheads; k++) n += member_to(&p->stays[i], k) > member_from(&p->stays[i], k);
    }
    return n;
}

static void put_household(const struct line *l)
{
    const bool list = memberships(l->p) != 1;
    json_name(l->o, STR("household"));
    if (list) json_open(l->o, '[');
    for (size_t i = 0; i < l->p->nstays; i++) {
        const struct stay *stay = &l->p->stays[i];
        const struct household *h = stay->household;
        for (size_t k = 0; k < h->nheads; k++) {
            const int64_t from = member_from(stay, k), to = member_to(stay, k);
            if (from < to) put_member(l, stay, &h->heads[k], from, to);
        }
    }
    if (list) json_close(l->o);
}

static void put_status(const struct line *l)
{
    struct json_out *o = l->o;
    open_list(l, STR("status"));
    registry__open_version(o, STR(""), l->p->birth.day, l->p->death);
    json_text_at(o, "state", STR("alive"));
    json_close(o);
    if (l->p->death != TIME_FAR) {
        registry__open_version(o, STR(""), l->p->death, TIME_FAR);
        json_text_at(o, "state", STR("dead"));
        registry__put_day(o, "date", l->p->death);
        json_close(o);
    }
    json_close(o);
}

void registry__put_person(struct call *c, struct world *w, const struct family *f, const struct person *p, struct buf *out)
{
    struct json_out o = json_to(out);
    const struct line l = { c, &o, w, f, p };
    json_open(&o, '{');
    put_keys(&l);
    put_names(&l);
    put_core(&l);
    put_relations(&l);
    put_marital(&l);
    put_residence(&l);
    put_household(&l);
    put_status(&l);
    registry__put_papers(&l);
    json_close(&o);
    buf_put_c(out, '\n');
}
