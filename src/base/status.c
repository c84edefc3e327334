/* status.c: the one table that turns a status into its name, HTTP code, exit code and standard sentence. */
#include "base/status.h"

static const struct {
    const char *name;
    int http, exit;
    const char *sentence;
} table[] = {
    [ST_OK] = { "ok", 200, 0, "Done." },
    [ST_INVALID] = { "invalid", 400, 65, "Something in the request is not valid. Check it and send it again." },
    [ST_NO_ACTOR] = { "no_actor", 401, 77, "Sign in first." },
    [ST_DENIED] = { "denied", 403, 77, "You are not allowed to do this. Ask your administrator for the right." },
    [ST_NOT_FOUND] = { "not_found", 404, 66, "There is nothing at this address. Check the address." },
    [ST_CONFLICT] = { "conflict", 409, 75, "This was changed in the meantime. Open it again and repeat your change." },
    [ST_TOO_LARGE] = { "too_large", 413, 65, "The request is too large. Send less at once." },
    [ST_UNAVAILABLE] = { "unavailable", 503, 69, "A part that is needed does not answer now. Try again in a few minutes." },
    [ST_BROKEN] = { "broken", 500, 70, "The server made a mistake. It is in the log; tell the operator the number shown here." },
};

const char *status_name(enum status st) { return table[st].name; }
int status_http(enum status st) { return table[st].http; }
int status_exit(enum status st) { return table[st].exit; }
const char *status_sentence(enum status st) { return table[st].sentence; }
