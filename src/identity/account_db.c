/* account_db.c: every statement of identity and nothing else. */
#include "base/time.h"
#include "identity/identity_int.h"
#include "trust/trust.h"

enum { LIST_MAX = 10000, RIGHTS_MAX = 100 };

static const struct query INSERT = { "identity",
    "INSERT INTO identity_account (id, login, pseudonym, name, role, pin, password, made_ms, closed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING", NODE };
static const struct query INSERT_RIGHT = { "identity", "INSERT INTO identity_account_right (account, code) VALUES ($1, $2) ON CONFLICT DO NOTHING", NODE };
static const struct query FIND = { "identity",
    "SELECT id, login, pseudonym, name, role, pin, password FROM identity_account WHERE login = $1 AND closed_ms > $2", NODE };
static const struct query FIND_ID = { "identity",
    "SELECT id, login, pseudonym, name, role, pin, password FROM identity_account WHERE id = $1 AND closed_ms > $2", NODE };
static const struct query LIST = { "identity",
    "SELECT id, login, pseudonym, name, role, pin, password FROM identity_account WHERE closed_ms > $1 ORDER BY login LIMIT $2", NODE };
static const struct query LIST_RIGHTS = { "identity", "SELECT code FROM identity_account_right WHERE account = $1 ORDER BY code LIMIT $2", NODE };

static const struct query FIND_GUESS = { "identity", "SELECT failures, last_ms, locked_ms FROM identity_guess WHERE login = $1", NODE };
static const struct query PUT_GUESS = { "identity",
    "INSERT INTO identity_guess (login, failures, last_ms, locked_ms) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (login) DO UPDATE SET failures = $2, last_ms = $3, locked_ms = $4", NODE };
static const struct query DELETE_GUESS = { "identity", "DELETE FROM identity_guess WHERE login = $1", NODE };
static const struct query DELETE_OLD_GUESSES = { "identity", "DELETE FROM identity_guess WHERE last_ms < $1 AND locked_ms < $1", NODE };

static const struct query INSERT_SESSION = { "identity",
    "INSERT INTO identity_session (hash, account, csrf, started_ms, seen_ms, ended_ms) VALUES ($1, $2, $3, $4, $5, $6)", NODE };
static const struct query FIND_SESSION = { "identity", "SELECT account, csrf, started_ms, seen_ms FROM identity_session WHERE hash = $1 AND ended_ms > $2", NODE };
static const struct query TOUCH_SESSION = { "identity", "UPDATE identity_session SET seen_ms = $2 WHERE hash = $1", NODE };
static const struct query CLOSE_SESSION = { "identity", "UPDATE identity_session SET ended_ms = $2 WHERE hash = $1 AND ended_ms > $2", NODE };
static const struct query DELETE_OLD_SESSIONS = { "identity", "DELETE FROM identity_session WHERE started_ms < $1", NODE };

/* ---- accounts ---- */

enum status account__insert(struct db_tx *tx, const struct account *a, int64_t *ret)
{
    struct call *c = tx->call;
    int64_t id;
    TRY(db_next_id(tx, "identity.account", &id));
    DB_ROWS rows = db_run(c, &INSERT, db_int(id), db_text(a->login), db_text(a->pseudonym), db_text(a->name), db_text(a->role), db_text(a->pin), db_text(a->password),
                          db_int(c->now_ms), db_int(TIME_FAR));
    TRY(db_finish(&rows));
    if (db_changed(&rows) != 1) return call_fail(c, ST_CONFLICT, "login", "The login name %s is taken. Choose another one.", a->login);
    *ret = id;
    return ST_OK;
}

enum status account__insert_right(struct call *c, int64_t account, struct str code)
{
    return db_exec(c, &INSERT_RIGHT, db_int(account), db_text(code));
}

static struct account read_account(const struct db_rows *rows)
{
    return (struct account){ db_col_int(rows, 0), db_col_text(rows, 1), db_col_text(rows, 2), db_col_text(rows, 3), db_col_text(rows, 4), db_col_text(rows, 5),
                             db_col_text(rows, 6) };
}

static enum status take_account(struct db_rows *rows, struct account *ret)
{
    bool found = db_next(rows);
    struct account a = found ? read_account(rows) : (struct account){ 0 };
    TRY(db_finish(rows));
    if (!found) return ST_NOT_FOUND;
    *ret = a;
    return ST_OK;
}

enum status account__find(struct call *c, struct str login, struct account *ret)
{
    DB_ROWS rows = db_run(c, &FIND, db_text(login), db_int(c->now_ms));
    return take_account(&rows, ret);
}

enum status account__find_id(struct call *c, int64_t id, struct account *ret)
{
    DB_ROWS rows = db_run(c, &FIND_ID, db_int(id), db_int(c->now_ms));
    return take_account(&rows, ret);
}

enum status account__list(struct call *c, const struct account **ret, size_t *n)
{
    DB_ROWS rows = db_run(c, &LIST, db_int(c->now_ms), db_int(LIST_MAX));
    struct account *list = arena_array(c->arena, struct account, LIST_MAX);
    size_t count = 0;
    while (db_next(&rows)) list[count++] = read_account(&rows);
    TRY(db_finish(&rows));
    *ret = list;
    *n = count;
    return ST_OK;
}

enum status account__list_rights(struct call *c, int64_t account, const struct str **ret, size_t *n)
{
    DB_ROWS rows = db_run(c, &LIST_RIGHTS, db_int(account), db_int(RIGHTS_MAX));
    struct str *list = arena_array(c->arena, struct str, RIGHTS_MAX);
    size_t count = 0;
    while (db_next(&rows)) list[count++] = db_col_text(&rows, 0);
    TRY(db_finish(&rows));
    *ret = list;
    *n = count;
    return ST_OK;
}

/* ---- wrong passwords; the login name is kept as a hash: people type passwords into the wrong field ---- */

static struct db_value login_hash(struct call *c, struct str login)
{
    uint8_t sum[32];
    trust_sha256(login, sum);
    return db_bytes(str_copy(c->arena, str_of(sum, sizeof sum)));
}

enum status account__find_guess(struct call *c, struct str login, struct guess *ret)
{
    DB_ROWS rows = db_run(c, &FIND_GUESS, login_hash(c, login));
    struct guess g = { 0 };
    if (db_next(&rows)) g = (struct guess){ db_col_int(&rows, 0), db_col_int(&rows, 1), db_col_int(&rows, 2) };
    TRY(db_finish(&rows));
    *ret = g;
    return ST_OK;
}

enum status account__put_guess(struct call *c, struct str login, const struct guess *g)
{
    return db_exec(c, &PUT_GUESS, login_hash(c, login), db_int(g->failures), db_int(g->last_ms), db_int(g->locked_ms));
}

enum status account__delete_guess(struct call *c, struct str login) { return db_exec(c, &DELETE_GUESS, login_hash(c, login)); }

/* ---- sessions ---- */

enum status session__insert(struct call *c, const struct session *s)
{
    return db_exec(c, &INSERT_SESSION, db_bytes(s->hash), db_int(s->account), db_text(s->csrf), db_int(s->started_ms), db_int(s->seen_ms), db_int(TIME_FAR));
}

enum status session__find_row(struct call *c, struct str hash, struct session *ret)
{
    DB_ROWS rows = db_run(c, &FIND_SESSION, db_bytes(hash), db_int(c->now_ms));
    bool found = db_next(&rows);
    struct session s = { .hash = hash };
    if (found) {
        s.account = db_col_int(&rows, 0);
        s.csrf = db_col_text(&rows, 1);
        s.started_ms = db_col_int(&rows, 2);
        s.seen_ms = db_col_int(&rows, 3);
    }
    TRY(db_finish(&rows));
    if (!found) return ST_NOT_FOUND;
    *ret = s;
    return ST_OK;
}

enum status session__touch(struct call *c, struct str hash) { return db_exec(c, &TOUCH_SESSION, db_bytes(hash), db_int(c->now_ms)); }
enum status session__close(struct call *c, struct str hash) { return db_exec(c, &CLOSE_SESSION, db_bytes(hash), db_int(c->now_ms)); }

enum status session__delete_old(struct call *c, int64_t before_ms)
{
    TRY(db_exec(c, &DELETE_OLD_GUESSES, db_int(before_ms)));
    return db_exec(c, &DELETE_OLD_SESSIONS, db_int(before_ms));
}
