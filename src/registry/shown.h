/* shown.h: a register's answer (services "person" and "self") as pages show it, the official's and the person's own: groups, their versions, their values, in
 * the register's order, in the language of the call; and apart from them what no longer holds. The template is registry/shown.html. */
#ifndef SEN_REGISTRY_SHOWN_H
#define SEN_REGISTRY_SHOWN_H

#include "base/call.h"
#include "base/json.h"

enum { SHOWN_VALUES_MOST = 2048 };

struct shown_value { struct str label, text; struct str today; bool split; }; /* today: of a unit that is gone, what it is called today; split: one of these */
struct shown_version {
    struct str kind;                /* "Permanent residence"; of a former version without kinds its group; else empty */
    int64_t from, to;               /* of a former version: first and last day */
    const struct shown_value *values; size_t nvalues;
};
struct shown_group { struct str title; const struct shown_version *versions; size_t nversions; };
struct shown_record {
    struct str entry;               /* the journal's id of this read */
    const struct shown_group *groups; size_t ngroups;
    const struct shown_version *former; size_t nformer;
    bool has_former;
    bool asked, may_ask;            /* was history asked for; would asking for it give more */
};

/* registry_show_record: false, and nothing written, when the answer has another shape or more than SHOWN_VALUES_MOST values. Borrows from the answer. */
bool registry_show_record(struct call *c, const struct json *answer, struct shown_record *ret);

#endif
