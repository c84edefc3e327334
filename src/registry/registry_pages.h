/* registry_pages.h: what the pages of this room are given. */
#ifndef SEN_REGISTRY_REGISTRY_PAGES_H
#define SEN_REGISTRY_REGISTRY_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "exchange/why.h"
#include "registry/shown.h"

/* Who is asked, why, and for which case; as typed: shown again after a mistake. The template is asking.html. */
struct asking {
    struct str basis;
    struct why why;
    const struct page_choice *registers; size_t nregisters; bool many_registers;
};
struct page_look_up { struct str key; struct asking asking; };
struct page_find { struct str name, born, unit; struct asking asking; };

/* What was asked, in words, and the entry of the journal that it left. The template is asked.html. */
struct asked { struct str source, purpose, basis, issue, entry; };

/* People a search found, the surest first; key: the number by which the record is opened, empty when the right does not give it. */
struct found_row { int64_t rank; struct str why, key; struct shown_record shown; };
struct page_found {
    bool found, doubtful, nobody, too_many, more;
    const struct found_row *people; size_t npeople;
    struct asked asked;
    struct str register_, purpose_code, typed_basis;   /* to open a record for the same purpose */
};

/* The record: only what came. question: what was typed, to ask once more with history. */
struct look_up_question { struct str register_, key, purpose, basis, issue; };
struct page_record {
    struct asked asked;
    struct look_up_question question;
    struct shown_record shown;
};

#endif
