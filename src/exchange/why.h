/* why.h: the part of an official's form that says why a question is asked: a purpose of the nation's list and the number of the case. Templates, for the forms of this room and of those
 * above it: why_purpose.html ({{include "exchange/why_purpose.html" with why}}) and why_issue.html, so that other fields may stand between them. The form declares the fields "purpose"
 * and "issue". */
#ifndef SEN_EXCHANGE_WHY_H
#define SEN_EXCHANGE_WHY_H

#include "web/page.h"

/* As typed: shown again after a mistake. What the page itself says, in the language of the call: person_reads, a hint that the purpose is shown to the person; issue_hint, or empty. */
struct why {
    const struct page_choice *purposes; size_t npurposes;
    bool person_reads;
    struct str issue, issue_hint;
};

struct why exchange_form_why(struct call *c, const struct request *rq);

#endif
