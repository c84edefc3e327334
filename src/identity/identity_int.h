/* identity_int.h: what the files of identity share. */
#ifndef SEN_IDENTITY_INT_H
#define SEN_IDENTITY_INT_H

#include <pthread.h>

#include "identity/identity.h"
#include "store/db.h"
#include "web/http.h"

enum {
    SESSION_IDLE_MS = 15 * 60 * 1000,      /* TCVN 14423: an application locks after 15 minutes at most */
    SESSION_WHOLE_MS = 8 * 3600 * 1000,
    SESSION_SEEN_STEP_MS = 60 * 1000,      /* "seen" is written at most once a minute */
    LOCK_FAILURES = 5,
    LOCK_MS = 15 * 60 * 1000,
    PASSWORD_LEAST = 14,                   /* code points; without a second factor (TCVN 14423) */
    PASSWORD_MOST = 200,
    LOGIN_MOST = 64
};

/* ---- password.c: Argon2id, 64 MiB a run, one run at a time ---- */
struct identity;
NODISCARD enum status password__hash(struct call *c, struct identity *i, struct str password, struct str *ret);
/* password__fits: does the password belong to this hash? An empty hash costs the same time and never fits. */
NODISCARD enum status password__fits(struct call *c, struct identity *i, struct str password, struct str hash, bool *ret);

/* ---- throttle.c: how often one address may guess ---- */
struct throttle;
struct throttle *throttle__new(void);
void throttle__free(struct throttle *t);
/* throttle__wait_ms: 0 when this address may try now. */
int64_t throttle__wait_ms(struct throttle *t, struct str address, int64_t now_ms);
void throttle__failed(struct throttle *t, struct str address, int64_t now_ms);

struct identity {
    pthread_mutex_t slot;           /* held while Argon2 runs */
    _Atomic int waiting;
    struct throttle *throttle;
};
struct identity *identity__of(const struct call *c);
struct identity *identity__new(void);
void identity__free(struct identity *i);

/* ---- account.c: the rules; account_db.c: the statements ---- */
struct account { int64_t id; struct str login, pseudonym, name, role, pin, password; };
NODISCARD enum status account__insert(struct db_tx *tx, const struct account *a, int64_t *ret);
NODISCARD enum status account__insert_right(struct call *c, int64_t account, struct str code);
NODISCARD enum status account__find(struct call *c, struct str login, struct account *ret);          /* ST_NOT_FOUND silently */
NODISCARD enum status account__find_id(struct call *c, int64_t id, struct account *ret);
NODISCARD enum status account__list(struct call *c, const struct account **ret, size_t *n);
NODISCARD enum status account__list_rights(struct call *c, int64_t account, const struct str **ret, size_t *n);

struct guess { int64_t failures, last_ms, locked_ms; };
NODISCARD enum status account__find_guess(struct call *c, struct str login, struct guess *ret);      /* zeroes when there is none */
NODISCARD enum status account__put_guess(struct call *c, struct str login, const struct guess *g);
NODISCARD enum status account__delete_guess(struct call *c, struct str login);

/* ---- session.c ---- */
struct session { struct str hash; int64_t account; struct str csrf; int64_t started_ms, seen_ms; };
NODISCARD enum status session__insert(struct call *c, const struct session *s);
NODISCARD enum status session__find_row(struct call *c, struct str hash, struct session *ret);
NODISCARD enum status session__touch(struct call *c, struct str hash);
NODISCARD enum status session__close(struct call *c, struct str hash);
NODISCARD enum status session__delete_old(struct call *c, int64_t before_ms);

/* session__start: a new session of an account; *ret is the secret for the cookie. session__end: the cookie's session is over. */
NODISCARD enum status session__start(struct call *c, int64_t account, struct str *ret);
NODISCARD enum status session__end(struct call *c, struct str id);
extern const struct session_source session__source;
NODISCARD enum status session__sweep(struct call *c);      /* job: rows of ended sessions go after a day */

/* account__sign_in: checks login and password and starts a session. One sentence for an unknown login and a wrong password, in the same time. */
NODISCARD enum status account__sign_in(struct call *c, struct str login, struct str password, struct str address, struct str *ret_session);

extern const struct schema identity_schema;
extern const struct route identity__routes[];
extern const struct command identity__commands[];

#endif
