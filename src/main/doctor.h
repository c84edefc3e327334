/* doctor.h: `sen doctor`, and how findings of the monitor are printed. */
#ifndef SEN_MAIN_DOCTOR_H
#define SEN_MAIN_DOCTOR_H

#include "base/args.h"
#include "base/module.h"
#include "monitor/monitor.h"

/* doctor_print: one line, and where something is not well its place, cause and cure below. */
void doctor_print(const struct finding_words *w);

/* doctor_read_words: a finding, or a node, as /monitor.json tells it. */
struct json;
struct finding_words doctor_read_words(const struct json *j);

/* doctor_runs: its supervisor holds the lock (serve.c) as long as it lives. */
struct node;
bool doctor_runs(struct call *c, struct node *n);
/* doctor_ask: does its server answer at its pages or to information systems? findings: what it says of itself; NULL where only the former can be said. tried: an address that was
 * asked, or empty: it has none. */
struct doctor_answer { bool serves; const struct json *findings; struct str tried; };
struct doctor_answer doctor_ask(struct call *c, struct node *n);

NODISCARD enum status doctor_run(struct call *c, const struct args *args);

#endif
