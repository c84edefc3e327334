/* monitor.h: what is well and what is not. A node looks at itself (certificates, their status, directory, key holder, databases, disk, clock, journal heads, messages and
 * faults) and tells the operator every 30 seconds over the exchange; the operator's pages show all nodes, the faults with hop, cause and cure, and who talks to whom; `sen
 * doctor` tries each hop from a node. States and counts only: never bodies, paths, users or persons.
 * Ownership: everything answered lives in the call's arena. */
#ifndef SEN_MONITOR_MONITOR_H
#define SEN_MONITOR_MONITOR_H

#include "base/app.h"
#include "base/call.h"
#include "base/module.h"

struct xid; /* exchange/exchange.h */

enum level { LEVEL_GOOD, LEVEL_WARN, LEVEL_BAD };
enum where { WHERE_HERE, WHERE_WAY, WHERE_OPERATOR, WHERE_PEER };

enum finding_code {
#define FINDING(code, level, where, what, cause, cure) FOUND_##code,
#include "monitor/finding_table.h"
#undef FINDING
    FINDING_CODES
};

/* A value of a finding: told with its unit, so that each page says it in its language. */
enum finding_value_kind { VALUE_NONE, VALUE_TEXT, VALUE_WORD /* text is a key of a translation */, VALUE_NUMBER, VALUE_MOMENT /* ms */, VALUE_SPAN /* ms */, VALUE_BYTES };
struct finding_value {
    enum finding_value_kind kind;
    int64_t number; struct str text;
};
enum { FINDING_VALUES = 3 };
struct finding {
    enum finding_code code;
    struct finding_value values[FINDING_VALUES];
    struct str fault;             /* a fault type that explains it, or empty: cause and cure are that fault's */
    struct str because, name;     /* or a sentence that tells the cause (key of its translation) with its values, a tab between them; else empty */
};
struct findings { struct finding *list; size_t n, cap; };

/* A finding in words of the call's language. */
struct finding_words { enum level level; struct str code, state, where, what, cause, cure; };
struct finding_words monitor_words(struct call *c, const struct finding *f);
enum level monitor_level(const struct finding *f);
enum level monitor_worst(const struct findings *fs);

/* monitor_say: adds a finding; monitor_say_error: with the call's failure as its cause, which is cleared. */
struct finding *monitor_say(struct call *c, struct findings *fs, enum finding_code code, struct finding_value a, struct finding_value b, struct finding_value d);
void monitor_say_error(struct call *c, struct findings *fs, enum finding_code code, enum status st);
static inline struct finding_value value_none(void) { return (struct finding_value){ 0 }; }
static inline struct finding_value value_text(struct str s) { return (struct finding_value){ .kind = VALUE_TEXT, .text = s }; }
static inline struct finding_value value_word(struct str key) { return (struct finding_value){ .kind = VALUE_WORD, .text = key }; }
static inline struct finding_value value_number(int64_t v) { return (struct finding_value){ .kind = VALUE_NUMBER, .number = v }; }
static inline struct finding_value value_moment(int64_t ms) { return (struct finding_value){ .kind = VALUE_MOMENT, .number = ms }; }
static inline struct finding_value value_span(int64_t ms) { return (struct finding_value){ .kind = VALUE_SPAN, .number = ms }; }
static inline struct finding_value value_bytes(int64_t v) { return (struct finding_value){ .kind = VALUE_BYTES, .number = v }; }

/* monitor_health: this node as it is now; nothing waits for the network. What cannot be looked at is a finding. */
void monitor_health(struct call *c, struct findings *ret);

/* monitor_doctor: tries each hop from this node: the directory is fetched, the status of the own certificates asked, and for a service (or subsystem; NULL: none) the way to
 * each server that offers it is gone step by step, up to a signed question. Failures are findings; the call's failure is cleared. `found` is called after each step, so that
 * nobody waits for a slow hop to read of the others. own_health: what monitor_health says too, where no running node could be asked for it. */
struct doctor { const struct xid *to; bool own_health; void (*found)(struct call *c, const struct findings *fs, void *arg); void *arg; };
void monitor_doctor(struct call *c, const struct doctor *how, struct findings *ret);

extern const struct module monitor_module;

#endif
