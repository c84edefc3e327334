/* call.h: one request, command, job or test. Everything a function may need to know about "who, why, when" and one place
 * for the first failure. A call belongs to one thread at a time; its memory is one arena, freed whole at the end. */
#ifndef SEN_BASE_CALL_H
#define SEN_BASE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

struct app;
struct db_session;
struct spool;

/* struct actor: who acts. Made by the source of sessions (identity), by the exchange (a peer's official) or by main (a command). */
struct actor {
    int64_t account;         /* id in this node's accounts; 0 for a peer or a command */
    struct str user;         /* pseudonym that only the actor's own agency can resolve; never a PIN or a name */
    struct str name;         /* shown to the actor alone; never logged, never sent */
    struct str role;         /* "registrar", "citizen", "peer", "command" ... */
    struct str agency;       /* member id, "VN/GOV/H26" */
    struct str pin;          /* citizens at the portal: their own PIN, proved at sign-in; else empty */
    const struct str *rights; /* "registry.lookup" ...; "*" holds all (commands) */
    size_t nrights;
};

struct call_error {
    enum status status;
    struct str field;    /* name of the field that is wrong, or empty */
    struct str sentence; /* English, with the values filled in; what to do next */
    struct str key;      /* the English template of the sentence: the key of its translation */
    const struct str *args; /* the values filled in for %s in key, in order */
    size_t nargs;
    struct str fault;    /* exchange fault code, when the failure came from or goes to a peer; else empty */
};

struct call {
    struct arena *arena;
    const struct app *app;
    struct spool **spools;      /* large messages on disk that end with this call (spool.h) */
    struct db_session *db;      /* store's connections of this worker; NULL until first used */
    const struct actor *actor;  /* NULL: nobody signed in */
    struct str purpose, basis;  /* code of the nation's purpose list and its legal basis; empty where none is needed */
    struct str issue;           /* the case this belongs to, or empty */
    struct str lang;            /* "vi" or "en" */
    struct str trace;           /* uuid of this call: on every log line and in what the person is shown */
    int64_t now_ms;             /* UTC, taken once when the call began; law and journal count with it */
    struct call_error error;
    bool in_tx;                 /* between db_begin and db_commit: waiting for a peer, key holder or file is a bug (call_may_wait) */
};

/* call_fail: refuse. Keeps the *first* failure: status, field ("" for none), sentence; returns st, so that one can write
 * `return call_fail(c, ST_INVALID, "share", "Write the share as a fraction.")`. The sentence says what to do next. Values go in
 * with %s only, each passed as a struct str (never a char *): the template stays the key of the translation. */
#define call_fail(c, st, field, ...) call_answer(call_fail_(c, st, field, __VA_ARGS__, STR_END), st)
/* call_answer: answers st, in sight of the compiler: so it knows that after a refusal nothing of the outputs is read. */
static inline enum status call_answer(enum status told, enum status st)
{
    (void)told;
    return st;
}
enum status call_fail_(struct call *c, enum status st, const char *field, const char *sentence, ...);

/* call_fault: the exchange fault code ("server.serverproxy.access_denied") of the failure just told; keeps the first. Returns st. */
enum status call_fault(struct call *c, enum status st, struct str fault);

/* call_error: the failure told last by call_fail, or a standard one when a status came without a sentence. */
const struct call_error *call_error(const struct call *c);

/* call_sentence: error of c with the standard sentence of st put in where none was told. For the one place that turns a
 * status into a page, an exit code or a fault. */
struct call_error call_sentence(const struct call *c, enum status st);

/* call_clear: forget the failure (after it was handled). */
void call_clear(struct call *c);

/* call_adopt: the failure of another call, which may end before this one, as this one's own; keeps the first. Returns st. */
enum status call_adopt(struct call *c, const struct call *from, enum status st);

/* call_note: cause of a failure for the log (SQL text, errno ...), never for the page; no names, PINs, bodies or keys. */
void call_note(const struct call *c, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* call_forgive: a failure that does not matter, forgiven in writing; it is noted and cleared. */
void call_forgive(struct call *c, enum status st, const char *why);

/* call_may_wait: asserts (debug builds) that no transaction is open; called before waiting for a peer, the holder or a file. */
void call_may_wait(const struct call *c);

/* call_has_right: does the actor hold this right? "public" is held by everybody, "signed-in" by every actor. */
bool call_has_right(const struct call *c, struct str right);

/* call_open: a call on a new arena (cap 256 MiB) with a fresh trace and the time of now; call_close frees it, its db session must
 * have been given back. For threads that serve many calls: call_renew resets the arena and everything but app and db. */
struct call *call_open(const struct app *app);
void call_renew(struct call *c);
void call_close(struct call *c);

#endif
