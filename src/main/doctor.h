/* doctor.h: `sen doctor`, and how findings of the monitor are printed. */
#ifndef SEN_MAIN_DOCTOR_H
#define SEN_MAIN_DOCTOR_H

#include "base/args.h"
#include "base/module.h"
#include "monitor/monitor.h"

/* doctor_print: one line, and where something is not well its place, cause and cure below. */
void doctor_print(const struct finding_words *w);

NODISCARD enum status doctor_run(struct call *c, const struct args *args);

#endif
