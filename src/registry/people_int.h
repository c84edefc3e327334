/* people_int.h: shared by the officials' pages: look-up by number (registry_http.c) and finding by name (find_http.c). */
#ifndef SEN_REGISTRY_PEOPLE_INT_H
#define SEN_REGISTRY_PEOPLE_INT_H

#include "base/config.h"
#include "exchange/exchange.h"
#include "registry/registry_int.h"
#include "registry/registry_pages.h"
#include "web/page.h"

/* registry__make_asking: the purposes for officials and the registers that this agency asks, with those of the form chosen. */
struct asking registry__make_asking(struct call *c, const struct request *rq);
/* registry__prepare_question: fills all of q but the body from the form: who asks whom, purpose, basis and case. *ret: the same in words for the page. */
NODISCARD enum status registry__prepare_question(struct call *c, const struct request *rq, struct str service, struct exchange_request *q, struct asked *ret);

enum status registry__show_find(struct call *c, const struct request *rq, struct reply *rp);
enum status registry__show_found(struct call *c, const struct request *rq, struct reply *rp);
enum status registry__find_again(struct call *c, const struct request *rq, struct reply *rp);

#endif
