/* exchange_cmd.c: the commands of this room, and `sen call`, which speaks to this node's port for information systems
 * like any foreign client would. */
#include <stdio.h>

#include "base/args.h"
#include "base/config.h"
#include "exchange/evidence/archive.h"
#include "exchange/exchange_int.h"
#include "exchange/pages/pages.h"
#include "web/client.h"

enum { CALL_HEADERS_MAX = 8, CALL_TOTAL_MS = 100000 };

/* ---- sen call ---- */

static void add(struct header *list, size_t *n, const char *name, struct str value)
{
    if (value.n) list[(*n)++] = (struct header){ str_z(name), value };
}

static enum status call_target(struct call *c, struct str service, struct str *ret)
{
    struct rest_target t;
    *ret = str_join(c->arena, str_starts(service, STR("/r1/")) ? STR("") : STR("/r1/"), service, STR_END);
    return rest__parse_target(c, *ret, &t);
}

static enum status call_run(struct call *c, const struct args *args)
{
    struct header headers[CALL_HEADERS_MAX];
    struct str data, target, method = args_value(args, "method");
    struct client_request rq = { .headers = headers, .total_ms = CALL_TOTAL_MS, .max_answer = EXCHANGE_WIRE_MAX };
    struct client_answer answer;
    TRY(exchange__read_given(c, args_value(args, "data"), &data));
    TRY(call_target(c, args_value(args, "SERVICE"), &target));
    add(headers, &rq.nheaders, "X-Road-Client", args_value(args, "client"));
    add(headers, &rq.nheaders, "X-Road-UserId", args_value(args, "user"));
    add(headers, &rq.nheaders, "X-Road-Issue", args_value(args, "issue"));
    add(headers, &rq.nheaders, "X-Sen-Purpose", args_value(args, "purpose"));
    add(headers, &rq.nheaders, "X-Sen-Basis", args_value(args, "basis"));
    add(headers, &rq.nheaders, "X-Sen-Role", args_value(args, "role"));
    if (data.n) add(headers, &rq.nheaders, "Content-Type", STR("application/json"));
    rq.method = method.n ? method : data.n ? STR("POST") : STR("GET");
    rq.body = data;
    rq.has_body = data.n > 0;
    rq.url = str_join(c->arena, STR("http://"), config_text(c->app->config, "web.systems"), target, STR_END);
    TRY(client_fetch(c, &rq, &answer));
    (void)printf("%.*s\n", STR_ARG(answer.body));
    struct str fault = client_header(&answer, "X-Road-Error");
    if (fault.n) return fault__fail(c, &(struct fault){ .type = fault });
    if (answer.status < 400) return ST_OK;
    enum status st = answer.status == 404 ? ST_NOT_FOUND : answer.status == 403 ? ST_DENIED : answer.status >= 500 ? ST_UNAVAILABLE : ST_INVALID;
    return call_fail(c, st, "", "The service refused the request (HTTP %s). Its answer stands above.", str_print(c->arena, "%d", answer.status));
}

static const struct option call_options[] = {
    { OPTION_OPERAND, "SERVICE", NULL, "VN/GOV/G01/population/person[/path][?query]", true },
    { OPTION_VALUE, "client", "ID", "the asking subsystem, VN/GOV/H26/desk", true },
    { OPTION_VALUE, "purpose", "CODE", "a code of the nation's list of purposes", false },
    { OPTION_VALUE, "basis", "TEXT", "legal basis", false },
    { OPTION_VALUE, "user", "PSEUDONYM", "who asks; never a PIN or a name", false },
    { OPTION_VALUE, "role", "ROLE", "the role of who asks", false },
    { OPTION_VALUE, "issue", "CASE", "the case this belongs to", false },
    { OPTION_VALUE, "method", "VERB", "GET without data, POST with", false },
    { OPTION_VALUE, "data", "JSON", "body of the request; - reads it from the standard input", false },
    { OPTION_END, NULL, NULL, NULL, false } };
static const struct option verify_options[] = {
    { OPTION_VALUE, "cert", "FILE", "believe this time-stamp service too, for example one that the directory listed earlier", false },
    { OPTION_END, NULL, NULL, NULL, false } };
const struct command exchange__commands[] = {
    { .name = "call", .summary = "Asks a service of another member through this node.", .options = call_options, .run = call_run, .needs = COMMAND_NODE },
    { .name = "message list", .summary = "Lists what this node asked and answered.", .options = message__list_options, .run = message__list_run, .needs = COMMAND_NODE },
    { .name = "message find", .summary = "Finds messages by request id, message id, the id of a fault, or by person.", .options = message__find_options, .run = message__find_run, .needs = COMMAND_NODE },
    { .name = "message show", .summary = "Shows one message; its body only with a purpose.", .options = message__show_options, .run = message__show_run, .needs = COMMAND_NODE },
    { .name = "message stamps", .summary = "Shows how time-stamping of the message log goes.", .options = NULL, .run = stamp__state_run, .needs = COMMAND_NODE },
    { .name = "message verify-stamps", .summary = "Checks every time-stamp and the messages under it.", .options = verify_options, .run = stamp__verify_run, .needs = COMMAND_NODE },
    { .name = "message verify", .summary = "Judges the container of a signed message and names the part that does not hold.", .options = evidence__verify_options, .run = evidence__verify_run, .needs = COMMAND_MAYBE },
    { .name = "message archive list", .summary = "Lists the archives of the message log.", .options = NULL, .run = archive__list_run, .needs = COMMAND_NODE },
    { .name = "message archive run", .summary = "Archives now what is time-stamped and not archived yet.", .options = NULL, .run = archive__now_run, .needs = COMMAND_NODE },
    { .name = "message archive verify", .summary = "Checks that archives are whole and follow each other, and names what is not.", .options = archive__verify_options, .run = archive__verify_run, .needs = COMMAND_FREE },
    { 0 } };
