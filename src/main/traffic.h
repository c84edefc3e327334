/* traffic.h: what `sen nation traffic` asks (country/<cc>/sandbox/traffic.yaml) and of whom. Internal to the command. */
#ifndef SEN_MAIN_TRAFFIC_H
#define SEN_MAIN_TRAFFIC_H

#include "main/nation.h"
#include "web/client.h"

enum { TRAFFIC_HEADERS = 8 };

/* One kind of question. body and issue hold marks: ${pin} a person of the register, ${nobody} a number that no register issued, ${n} the question's number. */
struct traffic_call { struct str url, method, body; struct header headers[TRAFFIC_HEADERS]; size_t nheaders; struct str issue, user; int64_t users, weight; };
struct traffic_plan { struct traffic_call *calls; size_t ncalls; int64_t weights; const struct str *pins; size_t npins; };

/* traffic_read_plan: the kinds whose node this nation has, and the first people of population.jsonl. ST_INVALID where nothing is left. */
NODISCARD enum status traffic_read_plan(struct call *c, const struct nation *n, struct traffic_plan *ret);

/* traffic_fill: the n-th question, drawn with these random bits. In the call's arena. */
void traffic_fill(struct call *c, const struct traffic_plan *plan, uint64_t n, uint64_t random, struct client_request *ret);

#endif
