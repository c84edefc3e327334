/* registry_pages.h: what the pages of this room are given. */
#ifndef SEN_REGISTRY_REGISTRY_PAGES_H
#define SEN_REGISTRY_REGISTRY_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "registry/shown.h"

struct choice { struct str value, text, note; bool chosen; };

/* The form: a number, why, and for which case. */
struct page_look_up {
    struct str key, basis, issue;   /* as typed; shown again after a mistake */
    const struct choice *purposes; size_t npurposes;
    const struct choice *registers; size_t nregisters; bool many_registers;
};

/* The record: only what came. question: what was typed, to ask once more with history. */
struct look_up_question { struct str register_, key, purpose, basis, issue; };
struct page_record {
    struct str source, purpose, basis, issue;
    struct look_up_question question;
    struct shown_record shown;
};

#endif
