/* why.c: see why.h. */
#include "exchange/why.h"

#include "exchange/exchange.h"

struct why exchange_form_why(struct call *c, const struct request *rq)
{
    const struct str chosen = request_form(rq, "purpose");
    const struct purpose *all;
    const size_t n = exchange_purposes(c->app, &all);
    struct page_choice *list = arena_array(c->arena, struct page_choice, n);
    struct why why = { .purposes = list, .issue = request_form(rq, "issue") };
    for (size_t i = 0; i < n; i++)
        if (all[i].for_officials) list[why.npurposes++] = (struct page_choice){ all[i].code, text_tr(c->lang, all[i].name), all[i].basis, str_eq(all[i].code, chosen) };
    return why;
}
