/* papers.c: documents as the law of each time issued and replaced them, the electronic account, the telephone number. Whatever is not known of a
 * person before is drawn while their line is written. */
#include "registry/population/people.h"

enum { DAYS_A_YEAR = 365, GRACE = 2 * DAYS_A_YEAR, DOCUMENTS_MOST = 4, PHONE_AGE = 14 };

struct document { const struct paper *paper; int64_t issued, expires, to; };
struct documents { struct document all[DOCUMENTS_MOST]; size_t n; };

/* expires: on the next birthday that asks for a new card; a card issued up to two years before one is good until the one after. TIME_FAR: for life. */
static int64_t expires(const struct person *p, const struct paper *paper, int64_t issued)
{
    for (size_t i = 0; i < paper->nages; i++)
        if (registry__birthday(p, paper->ages[i]) > issued + GRACE) return registry__birthday(p, paper->ages[i]);
    return TIME_FAR;
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* issue: some day between those, while the person lives; the card before it ends then. False when there is no such day. */
static bool issue(const struct line *l, struct documents *d, const struct paper *paper, int64_t from, int64_t to)
{
    const int64_t first = later(from, paper->first), last = earlier(earlier(to, paper->last), earlier(l->p->death - 1, l->w->day - 1));
    if (first > last || d->n == DOCUMENTS_MOST) return false;
    struct document *doc = &d->all[d->n];
    *doc = (struct document){ paper, rng_range(&l->w->rng, first, last), TIME_FAR, paper->until };
    if (paper->nages > 1) doc->expires = expires(l->p, paper, doc->issued);
    if (d->n) d->all[d->n - 1].to = earlier(d->all[d->n - 1].to, doc->issued);
    d->n++;
    return true;
}

static void collect(const struct line *l, struct documents *d)
{
    const struct paper *id9 = &l->w->papers[PAPER_ID9], *old = &l->w->papers[PAPER_OLD], *now = &l->w->papers[PAPER_NEW];
    const int64_t of_age = registry__birthday(l->p, old->nages ? old->ages[0] : 14);
    if (l->p->id9[0]) (void)issue(l, d, id9, of_age, of_age + 5 * DAYS_A_YEAR);
    if (rng_chance(&l->w->rng, 920)) (void)issue(l, d, old, later(of_age, old->last - 4 * DAYS_A_YEAR), old->last);
    const struct document *last = d->n ? &d->all[d->n - 1] : NULL;
    if (!last || last->paper == id9) (void)issue(l, d, now, of_age, rng_chance(&l->w->rng, 960) ? TIME_FAR : of_age);
    else if (last->expires < l->w->day) (void)issue(l, d, now, last->expires, last->expires + 120);
    else if (rng_chance(&l->w->rng, 220)) (void)issue(l, d, now, later(last->issued + 1, now->first), TIME_FAR);
}

/* issuer: "{p}" in the words for it is the province of that day. */
static struct str issuer(const struct line *l, const struct document *d)
{
    const struct stay *stay = &l->p->stays[0];
    const struct place *place = registry__home_on(stay->household, d->issued)->place;
    struct str text = registry__pick(&l->w->rng, &l->w->names.addresses, str_join(l->c->arena, STR("issuer-"), d->paper->kind, STR_END), STR(""), 0), before;
    if (!str_cut_at(&text, STR("{p}"), &before)) return text;
    const struct unit *u = place->old && d->issued < place->old->to ? place->old : place->now;
    while (u && u->parent.n) {
        const struct unit *above = registry__find_unit(l->w->units, u->parent, later(u->from, earlier(d->issued, u->to - 1)));
        if (!above) break;
        u = above;
    }
    return str_join(l->c->arena, before, u ? u->name : STR(""), text, STR_END);
}

static void put_document(const struct line *l, const struct document *d)
{
    const int64_t to = earlier(earlier(d->to, l->p->death), d->expires == TIME_FAR ? TIME_FAR : d->expires + 1);
    if (d->issued >= to) return;
    registry__open_version(l->o, d->paper->kind, d->issued, to);
    json_text_at(l->o, "number", str_z(d->paper == &l->w->papers[PAPER_ID9] ? l->p->id9 : l->p->pin));
    registry__put_day(l->o, "issued", d->issued);
    registry__put_day(l->o, "expires", d->expires);
    json_text_at(l->o, "place", issuer(l, d));
    json_close(l->o);
}

static void put_account(const struct line *l)
{
    const struct paper *paper = &l->w->papers[PAPER_ACCOUNT];
    const int64_t first = later(paper->first, registry__birthday(l->p, paper->nages ? paper->ages[0] : 14)), last = earlier(l->p->death, l->w->day) - 1;
    if (first >= last || !rng_chance(&l->w->rng, 860)) return;
    const int64_t opened = rng_range(&l->w->rng, first, last), raised = rng_range(&l->w->rng, opened, last);
    const bool second = rng_chance(&l->w->rng, 880), through_first = rng_chance(&l->w->rng, 200) && raised > opened;
    const int64_t end = l->p->death;
    json_name(l->o, STR("account"));
    json_open(l->o, '[');
    if (!second || through_first) {
        registry__open_version(l->o, STR(""), opened, second ? raised : end);
        json_text_at(l->o, "level", STR("level1"));
        json_close(l->o);
    }
    if (second) {
        registry__open_version(l->o, STR(""), through_first ? raised : opened, end);
        json_text_at(l->o, "level", STR("level2"));
        json_close(l->o);
    }
    json_close(l->o);
}

/* put_contact: telephone numbers of a range that is not issued, mail at names that belong to nobody. */
static void put_contact(const struct line *l)
{
    struct world *w = l->w;
    const int64_t from = later(registry__birthday(l->p, PHONE_AGE), w->day - 12 * DAYS_A_YEAR);
    if (l->p->death != TIME_FAR || from >= w->day - 1 || !rng_chance(&w->rng, 800)) return;
    json_name(l->o, STR("contact"));
    registry__open_version(l->o, STR(""), rng_range(&w->rng, from, w->day - 1), TIME_FAR);
    struct str range = registry__pick(&w->rng, &w->names.lives, STR("mobile"), STR(""), 2000);
    json_text_at(l->o, "mobile", str_print(l->c->arena, "%.*s%07lld", STR_ARG(range), (long long)rng_below(&w->rng, 10000000)));
    if (rng_chance(&w->rng, 350))
        json_text_at(l->o, "email", str_print(l->c->arena, "p%07lld@%.*s", (long long)rng_below(&w->rng, 10000000),
                                              STR_ARG(registry__pick(&w->rng, &w->names.lives, STR("mail"), STR(""), 2000))));
    json_close(l->o);
}

void registry__put_papers(const struct line *l)
{
    struct documents d = { .n = 0 };
    collect(l, &d);
    json_name(l->o, STR("document"));
    json_open(l->o, '[');
    for (size_t i = 0; i < d.n; i++) put_document(l, &d.all[i]);
    json_close(l->o);
    put_account(l);
    put_contact(l);
}
