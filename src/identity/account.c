/* account.c: the rules of accounts: what a login name and a password must be, and how somebody signs in. */
#include "base/random.h"
#include "base/text.h"
#include "identity/identity_int.h"

enum { PSEUDONYM_BYTES = 12, LOGIN_LEAST = 3, PIN_MOST = 32, NAME_MOST = 100 };

static bool is_login_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '.' || ch == '-' || ch == '_';
}

static enum status check_login(struct call *c, struct str login)
{
    bool right = login.n >= LOGIN_LEAST && login.n <= LOGIN_MOST;
    for (size_t i = 0; right && i < login.n; i++) right = is_login_char(login.p[i]);
    return right ? ST_OK : call_fail(c, ST_INVALID, "login", "A login name has 3 to 64 small letters a to z, digits, dots or dashes.");
}

static enum status check_password(struct call *c, struct str password, struct str login)
{
    if (!text_is_utf8(password) || text_count(password) < PASSWORD_LEAST)
        return call_fail(c, ST_INVALID, "password", "A password has at least 14 characters. Three or four words are easy to remember.");
    if (text_count(password) > PASSWORD_MOST) return call_fail(c, ST_INVALID, "password", "A password has at most 200 characters.");
    if (str_find(password, login) != SIZE_MAX) return call_fail(c, ST_INVALID, "password", "Choose a password that does not hold the login name.");
    return ST_OK;
}

static enum status check_person(struct call *c, const struct new_account *a)
{
    if (a->name.n == 0 || !text_is_plain(a->name) || text_count(a->name) > NAME_MOST)
        return call_fail(c, ST_INVALID, "name", "Write the person's name in one line of at most 100 characters.");
    if (a->role.n == 0 || a->role.n > LOGIN_MOST) return call_fail(c, ST_INVALID, "role", "Write the role in one word, for example registrar.");
    for (size_t i = 0; i < a->pin.n; i++)
        if (a->pin.p[i] < '0' || a->pin.p[i] > '9' || a->pin.n > PIN_MOST) return call_fail(c, ST_INVALID, "pin", "A personal identification number has digits only.");
    return ST_OK;
}

enum status identity_make_account(struct call *c, const struct new_account *a, int64_t *ret)
{
    struct account row = { .login = a->login, .name = a->name, .role = a->role, .pin = a->pin.n ? a->pin : STR("") };
    int64_t id;
    TRY(check_login(c, a->login));
    TRY(check_person(c, a));
    TRY(check_password(c, a->password, a->login));
    TRY(password__hash(c, identity__of(c), a->password, &row.password));
    row.pseudonym = random_token(c->arena, PSEUDONYM_BYTES);
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(account__insert(&tx, &row, &id));
    for (size_t i = 0; i < a->nrights; i++) TRY(account__insert_right(c, id, a->rights[i]));
    TRY(db_commit(&tx));
    *ret = id;
    return ST_OK;
}

/* ---- sign-in ---- */

static enum status check_locks(struct call *c, struct str login, struct str address)
{
    struct guess g;
    int64_t wait = throttle__wait_ms(identity__of(c)->throttle, address, c->now_ms);
    if (wait > 0)
        return call_fail(c, ST_DENIED, "", "Too many wrong passwords came from your address. Wait %s seconds and try again.",
                         str_print(c->arena, "%lld", (long long)((wait + 999) / 1000)));
    TRY(account__find_guess(c, login, &g));
    if (g.locked_ms > c->now_ms) return call_fail(c, ST_DENIED, "login", "Too many wrong passwords for this login name. It is locked for 15 minutes. Try again then.");
    return ST_OK;
}

/* count_failure: five failures, each within 15 minutes of the one before, lock the name for 15 minutes. */
static enum status count_failure(struct call *c, struct str login, struct str address)
{
    struct guess g;
    throttle__failed(identity__of(c)->throttle, address, c->now_ms);
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(account__find_guess(c, login, &g));
    g.failures = c->now_ms - g.last_ms > LOCK_MS ? 1 : g.failures + 1;
    g.last_ms = c->now_ms;
    if (g.failures >= LOCK_FAILURES) g = (struct guess){ 0, c->now_ms, c->now_ms + LOCK_MS };
    TRY(account__put_guess(c, login, &g));
    return db_commit(&tx);
}

static enum status forget_failures(struct call *c, struct str login)
{
    struct guess g;
    TRY(account__find_guess(c, login, &g));
    if (g.last_ms == 0) return ST_OK;
    DB_TX tx = { 0 };
    TRY(db_begin(c, NODE, &tx));
    TRY(account__delete_guess(c, login));
    return db_commit(&tx);
}

enum status account__sign_in(struct call *c, struct str login, struct str password, struct str address, struct str *ret_session)
{
    struct account a = { 0 };
    bool fits = false;
    login = str_lower(c->arena, str_trim(login));
    TRY(check_locks(c, login, address));
    enum status found = account__find(c, login, &a);
    if (found != ST_OK && found != ST_NOT_FOUND) return found;
    TRY(password__fits(c, identity__of(c), password, a.password, &fits));
    if (!fits) {
        TRY(count_failure(c, login, address));
        return call_fail(c, ST_INVALID, "password", "Login name or password is wrong. Check both and try again.");
    }
    TRY(forget_failures(c, login));
    return session__start(c, a.id, ret_session);
}
