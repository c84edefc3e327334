/* search_read.c: those a search found, with the columns that were allowed, and the one entry of the journal that tells each of them. */
#include "registry/search_int.h"

#include "trust/journal.h"

enum { FIELDS_MAX = 16 << 10 };

/* add_fields: each name once, in the order they come. */
static void add_fields(struct buf *b, struct str fields)
{
    struct str field, known, one;
    while (str_next(&fields, ',', &field)) {
        bool seen = field.n == 0;
        for (known = buf_str(b); !seen && str_next(&known, ',', &one);) seen = str_eq(one, field);
        if (seen) continue;
        if (b->n) buf_put_c(b, ',');
        buf_put(b, field);
    }
}

static enum status append_entry(struct call *c, const struct search_reader *rd, struct str fields, const struct search_answer *answer, struct str *ret)
{
    int64_t subjects[SEARCH_MOST];
    for (size_t i = 0; i < answer->n; i++) subjects[i] = answer->matches[i].entity;
    const struct journal_event e = {
        .kind = str_join(c->arena, rd->reg->name, STR(".search"), STR_END), .class_ = JOURNAL_NORMAL,
        .agency = c->actor->agency, .user = c->actor->user, .role = c->actor->role, .purpose = c->purpose, .basis = c->basis, .issue = c->issue,
        .fields = fields, .message = rd->message, .subjects = subjects, .nsubjects = answer->n };
    return journal_append(c, &e, ret);
}

/* allows_former: what no longer holds has a right of its own here as well, else a search would tell who was called so, or lived there. */
static bool allows_former(struct call *c, const struct search_reader *rd, const struct column *col)
{
    return registry__allows(rd->columns, rd->ncolumns, str_join(c->arena, STR("former."), col->full, STR_END));
}

static struct search_question within_right(struct call *c, const struct search_reader *rd, const struct search_question *q)
{
    const struct search *s = rd->reg->search;
    struct search_question limited = *q;
    limited.former_names = allows_former(c, rd, s->name.column);
    limited.former_places = true;
    for (size_t i = 0; i < s->nplaces; i++) limited.former_places = limited.former_places && allows_former(c, rd, s->places[i].column);
    return limited;
}

/* add_former_fields: of a match by what no longer holds the answer tells that it was so. */
static void add_former_fields(struct call *c, struct buf *b, const struct search *s, const struct search_match *m)
{
    if (m->former_name) add_fields(b, str_join(c->arena, STR("former."), s->name.column->full, STR_END));
    for (size_t i = 0; m->in_place && m->former_place && i < s->nplaces; i++) add_fields(b, str_join(c->arena, STR("former."), s->places[i].column->full, STR_END));
}

/* check_columns: what may not be read may not be asked by either, else a yes or no would tell it. */
static enum status check_columns(struct call *c, const struct search_reader *rd, const struct search_question *q)
{
    const struct search *s = rd->reg->search;
    bool allowed = !q->has_born || registry__allows(rd->columns, rd->ncolumns, s->born.column->full);
    if (q->sex.n) allowed = allowed && registry__allows(rd->columns, rd->ncolumns, s->sex.column->full);
    for (size_t i = 0; q->unit.n && i < s->nplaces; i++) allowed = allowed && registry__allows(rd->columns, rd->ncolumns, s->places[i].column->full);
    if (allowed && registry__allows(rd->columns, rd->ncolumns, s->name.column->full)) return ST_OK;
    return call_fail(c, ST_DENIED, "", "Your agency may not ask by a field that it may not read. Leave it out, or ask the register for the right.");
}

enum status registry__find_people(struct call *c, const struct search_reader *rd, const struct search_question *q, struct found_people *ret)
{
    struct found_people found = { .people = NULL };
    struct buf fields = buf_in(c->arena, FIELDS_MAX);
    const struct registry_read read = { .reg = rd->reg, .columns = rd->columns, .ncolumns = rd->ncolumns, .message = rd->message };
    if (!c->actor || str_is_empty(c->purpose)) return call_fail(c, ST_DENIED, "purpose", "Say for which purpose the record is read.");
    TRY(registry__check_question(c, rd->reg, q));
    TRY(check_columns(c, rd, q));
    const struct search_question limited = within_right(c, rd, q);
    TRY(registry__search(c, rd->reg, &limited, &found.answer));
    struct found_person *people = arena_array(c->arena, struct found_person, found.answer.n);
    for (size_t i = 0; i < found.answer.n; i++) {
        struct str names;
        people[i].match = &found.answer.matches[i];
        TRY(registry__read_columns(c, &read, people[i].match->entity, &people[i].record, &names));
        add_fields(&fields, names);
    }
    for (size_t i = 0; i < found.answer.n; i++) add_former_fields(c, &fields, rd->reg->search, &found.answer.matches[i]);
    TRY(append_entry(c, rd, buf_str(&fields), &found.answer, &found.entry));
    found.people = people;
    *ret = found;
    return ST_OK;
}
