/* message_cmd.c: `sen message list`, `find` and `show`: the message log from the shell, by the same functions as the pages. What others chose is printed so that no terminal
 * obeys it. */
#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "base/text.h"
#include "base/time.h"
#include "exchange/evidence/evidence.h"
#include "exchange/pages/pages.h"

enum { LIST_DEFAULT = 50 };

static void print_line(struct call *c, const struct message_line *l)
{
    static const char *const sides[] = { [SIDE_CONSUMER] = "asked   ", [SIDE_PROVIDER] = "answered", [SIDE_OWN] = "inside  " };
    static const char *const kinds[] = { [MESSAGE_QUESTION] = "request", [MESSAGE_ANSWER] = "answer ", [MESSAGE_REFUSAL] = "refusal" };
    struct str id = text_visible(c->arena, l->request_id), fault_id = text_visible(c->arena, l->fault_id);
    (void)printf("%.*s  %s %s  %.*s  %.*s -> %.*s  ", STR_ARG(text_moment(c, l->at_ms)), sides[l->side], kinds[l->kind], STR_ARG(id), STR_ARG(l->client), STR_ARG(l->service));
    if (l->fault.n) (void)printf("%.*s (%.*s)\n", STR_ARG(l->fault), STR_ARG(fault_id));
    else if (l->kind == MESSAGE_QUESTION) (void)printf("%lld bytes\n", (long long)l->body_bytes);
    else (void)printf("%lld, %lld bytes, %lld ms\n", (long long)l->status, (long long)l->body_bytes, (long long)(l->took_us / 1000));
}

/* ---- sen message list ---- */

static enum status read_moment(struct call *c, const struct args *args, const char *option, bool end, int64_t *ret)
{
    struct str text = args_value(args, option);
    if (!text.n || message__read_moment(c, text, end, ret)) return ST_OK;
    return call_fail(c, ST_INVALID, option, "Write the time as 2026-11-22 or 2026-11-22 8:00 by the country's clocks, or with its offset, 2026-11-22T08:00:00+07:00 or 2026-11-22T01:00:00Z.");
}

static enum status read_side(struct call *c, struct str text, enum message_side *ret)
{
    static const struct { struct str word; enum message_side side; } sides[] = {
        { STR_INIT(""), 0 }, { STR_INIT("asked"), SIDE_CONSUMER }, { STR_INIT("answered"), SIDE_PROVIDER }, { STR_INIT("inside"), SIDE_OWN } };
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (str_eq(text, sides[i].word)) return *ret = sides[i].side, ST_OK;
    return call_fail(c, ST_INVALID, "side", "The side is asked, answered or inside.");
}

static enum status read_filter(struct call *c, const struct args *args, struct message_filter *f)
{
    struct str before = args_value(args, "before");
    *f = (struct message_filter){ .party = args_value(args, "party"), .service = args_value(args, "service"), .client = args_value(args, "client"), .fault = args_value(args, "code"),
                                  .only_faults = args_has(args, "fault") };
    TRY(read_moment(c, args, "since", false, &f->since_ms));
    TRY(read_moment(c, args, "until", true, &f->until_ms));
    TRY(read_side(c, args_value(args, "side"), &f->side));
    if (before.n && !message__parse_place(before, &f->before)) return call_fail(c, ST_INVALID, "before", "Take the place from the last line of the list before this one.");
    return args_count(c, args, "limit", LIST_DEFAULT, 1, MESSAGE_LIST_MOST, &f->limit);
}

enum status message__list_run(struct call *c, const struct args *args)
{
    struct message_filter f;
    struct message_found found;
    TRY(read_filter(c, args, &f));
    TRY(message__list(c, &f, &found));
    for (size_t i = 0; i < found.n; i++) print_line(c, &found.lines[i]);
    if (!found.n) (void)printf("No message fits.\n");
    if (found.next.at_ms) (void)printf("Older ones follow: --before %.*s\n", STR_ARG(message__format_place(c, found.next)));
    if (found.behind) (void)printf("%lld messages are too new to be found yet. Try again in a few seconds.\n", (long long)found.behind);
    return ST_OK;
}

/* ---- sen message find ---- */

/* find_person: what the journal and the log have, newest first. */
static enum status find_person(struct call *c, struct str given, struct str purpose)
{
    struct message_abouts found;
    struct str number;
    if (!purpose.n) return call_fail(c, ST_INVALID, "purpose", "Name the purpose of the search with --purpose: the person reads it.");
    if (!str_eq(given, STR("-"))) return call_fail(c, ST_INVALID, "person", "Write --person - and give the number on the standard input: a command line can be read by every user of this machine.");
    TRY(exchange__read_given(c, given, &number));
    TRY(message__list_person(c, str_trim(number), purpose, TIME_FAR, MESSAGE_LIST_MOST, &found));
    for (size_t i = 0; i < found.n; i++) {
        const struct message_about *a = &found.list[i];
        (void)printf("%.*s  %.*s  %.*s  for %.*s\n  ", STR_ARG(text_moment(c, a->at_ms)), STR_ARG(a->kind), STR_ARG(a->agency), STR_ARG(a->purpose));
        if (a->has_line) print_line(c, &a->line);
        else (void)printf("no message of it is in the log\n");
    }
    if (!found.n) (void)printf("Nobody was told anything about this person.\n");
    return ST_OK;
}

enum status message__find_run(struct call *c, const struct args *args)
{
    const struct message_line *list;
    struct str id = args_value(args, "ID"), person = args_value(args, "person");
    size_t n;
    if ((id.n > 0) == (person.n > 0)) return call_fail(c, ST_INVALID, "ID", "Give either an id or --person.");
    if (person.n) return find_person(c, person, args_value(args, "purpose"));
    TRY(message__find_any(c, id, &list, &n));
    for (size_t i = 0; i < n; i++) print_line(c, &list[i]);
    return ST_OK;
}

/* ---- sen message show ---- */

/* shown_body: to a terminal without what it would obey; a file or a program gets the bytes. */
static struct str shown_body(struct call *c, struct str body) { return isatty(STDOUT_FILENO) ? text_visible(c->arena, body) : body; }

static enum status print_parts(struct call *c, struct call *apart, void *arg)
{
    struct message_parts parts;
    const struct message_line *line = arg;
    (void)c;
    TRY(message__open(apart, line->seq, &parts));
    struct str head = text_visible(apart->arena, parts.head);
    if (head.n) (void)printf("%.*s%s\n", STR_ARG(head), parts.is_whole ? "" : "(only metadata is kept)");
    if (!parts.body.n) return ST_OK;
    struct str body = shown_body(apart, parts.body);
    (void)fwrite(body.p, 1, body.n, stdout);
    (void)putchar('\n');
    return ST_OK;
}

/* find_one: by any id, as long as it names one message. */
static enum status find_one(struct call *c, struct str id, const struct message_line **ret, size_t *n)
{
    TRY(message__find_any(c, id, ret, n));
    for (size_t i = 1; i < *n; i++)
        if (!str_eq((*ret)[i].request_id, (*ret)[0].request_id)) return call_fail(c, ST_INVALID, "ID", "Several messages bear this id. Take the request id of one from `sen message find`.");
    return ST_OK;
}

enum status message__show_run(struct call *c, const struct args *args)
{
    const struct message_line *list;
    struct str purpose = args_value(args, "purpose"), folder = args_value(args, "container");
    size_t n;
    TRY(find_one(c, args_value(args, "ID"), &list, &n));
    if (folder.n && !purpose.n) return call_fail(c, ST_INVALID, "purpose", "A container holds the whole message: say with --purpose why it is opened.");
    if (purpose.n) TRY(message__journal_opening(c, purpose, list[0].request_id));
    if (folder.n) return evidence__export(c, list, n, folder);
    for (size_t i = 0; i < n; i++) {
        struct str message_id = text_visible(c->arena, list[i].message_id);
        print_line(c, &list[i]);
        (void)printf("  message id %.*s\n", STR_ARG(message_id));
        struct message_line line = list[i];
        if (purpose.n) TRY(message__apart(c, print_parts, &line));
    }
    return ST_OK;
}

const struct option message__list_options[] = {
    { OPTION_VALUE, "since", "TIME", "only from this day or moment on: 2026-11-22 or '2026-11-22 8:00' by the country's clocks, in which times are printed too; or with an offset, 2026-11-22T08:00:00+07:00 or 2026-11-22T01:00:00Z", false },
    { OPTION_VALUE, "until", "TIME", "only up to the end of this day or moment", false },
    { OPTION_VALUE, "party", "ID", "only with this member or subsystem at either end", false },
    { OPTION_VALUE, "client", "ID", "only this client, or the subsystems of this member", false },
    { OPTION_VALUE, "service", "ID", "only this service, or those of this subsystem or member", false },
    { OPTION_VALUE, "side", "SIDE", "only what this node asked, answered, or what stayed inside", false },
    { OPTION_FLAG, "fault", NULL, "only refusals and failures", false },
    { OPTION_VALUE, "code", "FAULT", "only with this fault, access_denied", false },
    { OPTION_VALUE, "limit", "N", "at most so many, newest first (50)", false },
    { OPTION_VALUE, "before", "PLACE", "the page after this place, which the page before names", false },
    { OPTION_END, NULL, NULL, NULL, false } };

const struct option message__find_options[] = {
    { OPTION_OPERAND, "ID", NULL, "request id, message id or id of a fault", false },
    { OPTION_VALUE, "person", "-", "messages that told something about the person whose number stands on the standard input", false },
    { OPTION_VALUE, "purpose", "CODE", "why; the search is journalled, and the person sees it", false },
    { OPTION_END, NULL, NULL, NULL, false } };

const struct option message__show_options[] = {
    { OPTION_OPERAND, "ID", NULL, "request id, message id or id of a fault", true },
    { OPTION_VALUE, "purpose", "CODE", "show head and body too; the opening is journalled with this purpose", false },
    { OPTION_VALUE, "container", "FOLDER", "write the message's containers there: what proves it to anybody; needs a purpose", false },
    { OPTION_END, NULL, NULL, NULL, false } };
