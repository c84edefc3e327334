/* record.c: "My record": the register's answer as the pages of a record show it (registry/shown.h), with what no longer holds: it is the person's own. */
#include "portal/portal_int.h"

static void ask_history(struct json_out *o, const void *arg)
{
    (void)arg;
    json_name(o, STR("history"));
    json_put_bool(o, true);
}

/* record__take: an answer of another shape shows nothing. */
void record__take(struct call *c, const struct json *answer, struct record_register *ret)
{
    ret->shown = (struct shown_record){ 0 };
    (void)registry_show_record(c, answer, &ret->shown);
    ret->shown.asked = false; /* that there is nothing of former times needs no sentence here */
}

struct record_register record__read(struct call *c, const struct xid *subsystem)
{
    struct record_register r = { .name = exchange_member_name(c, xid_format(c->arena, subsystem)) };
    const struct json *answer;
    enum status st = portal__ask(c, &(struct portal_question){ .subsystem = *subsystem, .service = "self", .put_more = ask_history }, &answer);
    if (st == ST_OK) record__take(c, answer, &r);
    else r.problem = portal__problem(c, st);
    return r;
}
