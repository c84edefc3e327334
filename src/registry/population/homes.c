/* homes.c: households and their addresses: who lived where from when, who was the head, who is away for work or studies. */
#include "registry/population/people.h"

enum { DAYS_A_YEAR = 365, GROWN = 18 };

struct str registry__address(struct call *c, struct world *w, const struct place *place)
{
    struct str text = registry__pick(&w->rng, &w->names.addresses, place->now->kind, STR("xa"), 0), before, mark;
    struct buf b = buf_in(c->arena, 1000);
    while (str_cut(&text, '{', &before)) {
        buf_put(&b, before);
        if (!str_cut(&text, '}', &mark)) break;
        buf_put_int(&b, str_eq(mark, STR("n")) ? rng_range(&w->rng, 1, 300) : rng_range(&w->rng, 1, 24));
    }
    buf_put(&b, text);
    return buf_str(&b);
}

/* registry__add_household: a new household at this place, with an address of the kind of place. */
struct household *registry__add_household(struct call *c, struct world *w, struct family *f, const struct place *place, int64_t from)
{
    struct household *h = &f->households[f->nhouseholds++];
    *h = (struct household){ .number = ++w->households, .from = from, .nhomes = 1 };
    h->homes[0] = (struct home){ place, registry__address(c, w, place), from };
    return h;
}

/* registry__stay: the person lives in this household from that day; what was before ends. */
void registry__stay(struct person *p, struct household *h, int64_t from, struct str reason)
{
    if (p->nstays == STAYS_MOST || from >= p->death) return;
    struct stay *last = p->nstays ? &p->stays[p->nstays - 1] : NULL;
    if (last && from <= last->from) {
        *last = (struct stay){ h, last->from, p->death, last->reason };
        return;
    }
    if (last) last->to = from;
    p->stays[p->nstays++] = (struct stay){ h, from, p->death, reason };
}

const struct home *registry__home_on(const struct household *h, int64_t day)
{
    size_t at = 0;
    while (at + 1 < h->nhomes && h->homes[at + 1].from <= day) at++;
    return &h->homes[at];
}

/* registry__move_households: about every fifth household has moved in the last ten years, some of them twice; more than half within the province. */
void registry__move_households(struct call *c, struct world *w, struct family *f, size_t first)
{
    for (size_t i = first; i < f->nhouseholds; i++) {
        struct household *h = &f->households[i];
        for (int moves = rng_chance(&w->rng, 200) ? rng_chance(&w->rng, 150) ? 2 : 1 : 0; moves > 0; moves--) {
            const struct home *last = &h->homes[h->nhomes - 1];
            const int64_t earliest = last->from + DAYS_A_YEAR > w->day - 10 * DAYS_A_YEAR ? last->from + DAYS_A_YEAR : w->day - 10 * DAYS_A_YEAR;
            if (earliest >= w->day - 10) break;
            const struct place *place = rng_chance(&w->rng, 600) ? registry__near_place(&w->rng, &w->places, last->place) : registry__far_place(&w->rng, &w->places);
            h->homes[h->nhomes++] = (struct home){ place, registry__address(c, w, place), rng_range(&w->rng, earliest, w->day - 10) };
        }
    }
}

/* ---- heads ---- */

static const struct stay *stay_in(const struct person *p, const struct household *h, int64_t day)
{
    for (size_t i = 0; i < p->nstays; i++)
        if (p->stays[i].household == h && p->stays[i].from <= day && day < p->stays[i].to) return &p->stays[i];
    return NULL;
}

/* next_head: the wife or husband, else the oldest grown person, else the oldest. */
static const struct person *next_head(const struct family *f, const struct household *h, const struct person *was, int64_t day)
{
    const struct person *oldest = NULL;
    if (was && was->spouse && was->wedding < day && was->divorce > day && stay_in(was->spouse, h, day)) return was->spouse;
    for (size_t i = 0; i < f->n; i++)
        if (stay_in(&f->people[i], h, day) && (!oldest || f->people[i].birth.day < oldest->birth.day)) oldest = &f->people[i];
    return oldest;
}

/* registry__name_heads: whoever founded the household, and who followed when the head died or left. */
void registry__name_heads(struct family *f, int64_t day)
{
    for (size_t i = 0; i < f->nhouseholds; i++) {
        struct household *h = &f->households[i];
        const struct person *head = h->nheads ? h->heads[0].person : NULL;
        int64_t from = h->from;
        h->nheads = 0;
        while (h->nheads < HEADS_MOST) {
            if (!head || !stay_in(head, h, from)) head = next_head(f, h, head, from);
            if (!head) break;
            h->heads[h->nheads++] = (struct head){ head, from };
            from = stay_in(head, h, from)->to;
            if (from > day) break;
        }
    }
}

/* ---- away for a time ---- */

/* registry__send_away: young grown people work or study in another place and are registered there for the time. */
void registry__send_away(struct call *c, struct world *w, struct person *p)
{
    const int64_t age = (w->day - p->birth.day) / DAYS_A_YEAR;
    if (age < GROWN || age > 34 || p->death != TIME_FAR || !rng_chance(&w->rng, 130)) return;
    const int64_t earliest = registry__birthday(p, GROWN) > w->day - 6 * DAYS_A_YEAR ? registry__birthday(p, GROWN) : w->day - 6 * DAYS_A_YEAR;
    if (earliest >= w->day - 40) return;
    struct away *a = &p->away;
    a->place = registry__far_place(&w->rng, &w->places);
    a->address = registry__address(c, w, a->place);
    a->from = rng_range(&w->rng, earliest, w->day - 30);
    a->to = TIME_FAR;
    if (rng_chance(&w->rng, 300)) a->to = rng_range(&w->rng, a->from + 1, w->day); /* home again */
    a->reason = registry__pick(&w->rng, &w->names.lives, STR("stay"), STR(""), 2000);
    a->told = rng_chance(&w->rng, 350);
}
