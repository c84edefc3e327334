/* pages.h: the message log as officials and administrators see it: pages and commands. For this room only. */
#ifndef SEN_EXCHANGE_PAGES_H
#define SEN_EXCHANGE_PAGES_H

#include "base/args.h"
#include "web/http.h"

/* ---- message_http.c: pages ---- */

#define MESSAGE_READ "message.read" /* lists and facts */
#define MESSAGE_OPEN "message.open" /* heads and bodies, for a purpose */
#define MESSAGE_PERSON "message.person" /* by person, for a purpose */
handler message__show_person, message__show_person_again, message__show_about;
extern const struct field message__person_form[];
handler message__show_list, message__show_list_again, message__show_one, message__show_one_again, message__show_opened;
extern const struct field message__list_form[], message__open_form[];

/* ---- message_cmd.c ---- */

extern const struct option message__list_options[], message__find_options[], message__show_options[];
enum status message__list_run(struct call *c, const struct args *args);
enum status message__find_run(struct call *c, const struct args *args);
enum status message__show_run(struct call *c, const struct args *args);

/* ---- given.c ---- */

/* exchange__read_given: the value of an option, or with "-" what stands on the standard input: secrets such as PINs do not belong on a command line. */
NODISCARD enum status exchange__read_given(struct call *c, struct str given, struct str *ret);

#endif
