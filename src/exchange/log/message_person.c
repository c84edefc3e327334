/* message_person.c: messages about a person. No number of a person stands in the log, nor anything made from one: the journal names by its internal id whom each message told
 * something about, and the entry names the message. So only the node that keeps the register can search by person; its request ids are the other node's too. */
#include "base/time.h"
#include "exchange/log/message_log.h"
#include "trust/journal.h"

void exchange_set_persons(struct app *app, person_finder *find) { app->exchange->find_person = find; }

bool message__knows_persons(const struct call *c) { return exchange__of(c)->find_person != NULL; }

/* journal_search: the person will read who searched, and why, as for every other look at their data. */
static enum status journal_search(struct call *c, struct str purpose, int64_t person)
{
    const struct purpose *known;
    struct str uid;
    TRY(exchange_check_purpose(c, purpose, &known));
    const struct journal_event e = { .kind = STR_INIT("message.search"), .class_ = JOURNAL_NORMAL, .agency = exchange_self(c), .user = c->actor ? c->actor->user : STR("command"),
                                     .role = c->actor ? c->actor->role : STR("command"), .purpose = known->code, .basis = known->basis, .issue = c->issue,
                                     .fields = STR_INIT("messages"), .subjects = &person, .nsubjects = 1 };
    return journal_append(c, &e, &uid);
}

static enum status find_person(struct call *c, struct str number, int64_t *ret)
{
    if (!message__knows_persons(c))
        return call_fail(c, ST_NOT_FOUND, "number", "This node keeps no register of persons. Ask the agency that keeps it to search; the request ids that it finds are the same here.");
    enum status st = exchange__of(c)->find_person(c, number, ret);
    if (st != ST_NOT_FOUND) return st;
    call_clear(c);
    return call_fail(c, ST_NOT_FOUND, "number", "Nobody in the register has this number. Check it.");
}

/* put_line: the row in which the exchange ended, else its question. */
static enum status put_line(struct call *c, struct message_about *a)
{
    const struct message_line *lines;
    size_t n;
    if (!a->request_id.n) return ST_OK;
    enum status st = message__find(c, a->request_id, &lines, &n);
    if (st == ST_NOT_FOUND) return call_clear(c), ST_OK;
    TRY(st);
    a->has_line = true;
    a->line = lines[n - 1];
    return ST_OK;
}

enum status message__list_person(struct call *c, struct str number, struct str purpose, int64_t before_leaf, size_t limit, struct message_abouts *ret)
{
    const struct journal_shown *shown;
    int64_t person;
    size_t n;
    TRY(find_person(c, number, &person));
    TRY(journal_search(c, purpose, person));
    TRY(journal_list_subject(c, person, before_leaf, limit, &shown, &n));
    struct message_about *list = arena_array(c->arena, struct message_about, n);
    for (size_t i = 0; i < n; i++) {
        const struct journal_event *e = &shown[i].event;
        list[i] = (struct message_about){ .at_ms = shown[i].at_ms, .kind = e->kind, .agency = e->agency, .role = e->role, .purpose = e->purpose, .basis = e->basis, .request_id = e->message };
        TRY(put_line(c, &list[i]));
    }
    *ret = (struct message_abouts){ list, n, n == limit ? shown[n - 1].leaf : 0 };
    return ST_OK;
}
