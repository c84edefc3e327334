/* identity_test.c: accounts, sign-in, locks and sessions, refusals as much as successes. */
#include "identity/session.c"

#include "store/test_store.h"

TEST_STORE(&identity_schema);

/* The exchange is not part of these tests. */
struct str exchange_self(struct call *c) { return (void)c, STR("VN/GOV/H26"); }

static const struct str RIGHTS[] = { STR_INIT("registry.lookup") };
static const struct new_account LAN = { .login = STR_INIT("lan"), .name = STR_INIT("Phạm Thị Lan"), .password = STR_INIT("bốn con trâu trắng"), .role = STR_INIT("registrar"),
                                        .rights = RIGHTS, .nrights = 1 };
#define HERE STR("192.0.2.1")

static void begin(struct call *c)
{
    test_store_app(c)->identity = identity__new();
    c->app = test_store_app(c);
}

static void end(struct call *c)
{
    identity__free(test_store_app(c)->identity);
    test_store_app(c)->identity = NULL;
}

static void make_lan(struct call *c)
{
    int64_t id;
    begin(c);
    CHECK_OK(identity_make_account(c, &LAN, &id));
}

static enum status try_sign_in(struct call *c, struct str login, struct str password)
{
    struct str session;
    call_clear(c);
    return account__sign_in(c, login, password, HERE, &session);
}

static enum status refused_at(struct call *c, struct new_account a, struct str field)
{
    int64_t id;
    call_clear(c);
    enum status st = identity_make_account(c, &a, &id);
    if (st != ST_OK) CHECK_STR(call_error(c)->field, field);
    return st;
}

TEST(account_rules_refuse_with_the_field)
{
    begin(c);
    struct new_account a = LAN;
    a.login = STR("Lan");
    CHECK(refused_at(c, a, STR("login")) == ST_INVALID);
    a.login = STR("la");
    CHECK(refused_at(c, a, STR("login")) == ST_INVALID);
    a = LAN;
    a.password = STR("thirteen-char");
    CHECK(refused_at(c, a, STR("password")) == ST_INVALID);
    a.password = STR("this holds lan in it");
    CHECK(refused_at(c, a, STR("password")) == ST_INVALID);
    a = LAN;
    a.name = STR("two\nlines");
    CHECK(refused_at(c, a, STR("name")) == ST_INVALID);
    a = LAN;
    a.pin = STR("00123456789x");
    CHECK(refused_at(c, a, STR("pin")) == ST_INVALID);
    end(c);
}

TEST(login_names_are_unique)
{
    make_lan(c);
    CHECK(refused_at(c, LAN, STR("login")) == ST_CONFLICT);
    end(c);
}

TEST(password_is_stored_as_argon2id_only)
{
    struct account a;
    make_lan(c);
    CHECK_OK(account__find(c, STR("lan"), &a));
    CHECK(str_starts(a.password, STR("$argon2id$v=19$m=65536,t=3,p=1$")));
    CHECK(a.pseudonym.n == 16 && str_find(a.pseudonym, STR("lan")) == SIZE_MAX);
    end(c);
}

TEST(sign_in_gives_a_session_with_its_actor)
{
    struct str session, csrf;
    const struct actor *actor;
    make_lan(c);
    CHECK_OK(account__sign_in(c, STR(" Lan "), LAN.password, HERE, &session));
    CHECK(session.n == ID_TEXT);
    CHECK_OK(find(c, session, &actor, &csrf));
    CHECK_STR(actor->name, LAN.name);
    CHECK_STR(actor->role, STR("registrar"));
    CHECK_STR(actor->agency, STR("VN/GOV/H26"));
    CHECK(actor->pin.n == 0 && actor->nrights == 1 && str_eq(actor->rights[0], RIGHTS[0]));
    CHECK(csrf.n == 32 && actor->user.n == 16);
    end(c);
}

TEST(unknown_login_and_wrong_password_say_the_same)
{
    make_lan(c);
    CHECK(try_sign_in(c, STR("lan"), STR("not the password")) == ST_INVALID);
    struct call_error wrong = *call_error(c);
    CHECK(try_sign_in(c, STR("nobody"), STR("not the password")) == ST_INVALID);
    CHECK_STR(call_error(c)->sentence, wrong.sentence);
    CHECK_STR(call_error(c)->field, wrong.field);
    end(c);
}

TEST(an_unknown_login_costs_a_whole_argon2_run)
{
    bool fits = true;
    begin(c);
    CHECK_OK(password__fits(c, identity__of(c), STR("anything at all"), STR(""), &fits)); /* the stand-in hash is well formed */
    CHECK(!fits);
    end(c);
}

TEST(five_failures_lock_for_fifteen_minutes)
{
    make_lan(c);
    for (int i = 0; i < LOCK_FAILURES; i++) CHECK(try_sign_in(c, STR("lan"), STR("wrong")) == ST_INVALID);
    CHECK(try_sign_in(c, STR("lan"), LAN.password) == ST_DENIED);
    c->now_ms += LOCK_MS - 1;
    CHECK(try_sign_in(c, STR("lan"), LAN.password) == ST_DENIED);
    c->now_ms += 1;
    CHECK_OK(try_sign_in(c, STR("lan"), LAN.password));
    end(c);
}

TEST(a_name_nobody_has_locks_in_the_same_way)
{
    begin(c);
    for (int i = 0; i < LOCK_FAILURES; i++) CHECK(try_sign_in(c, STR("nobody"), STR("wrong")) == ST_INVALID);
    CHECK(try_sign_in(c, STR("nobody"), STR("wrong")) == ST_DENIED);
    end(c);
}

TEST(a_right_password_forgets_the_failures_before)
{
    make_lan(c);
    for (int i = 0; i < LOCK_FAILURES - 1; i++) CHECK(try_sign_in(c, STR("lan"), STR("wrong")) == ST_INVALID);
    CHECK_OK(try_sign_in(c, STR("lan"), LAN.password));
    for (int i = 0; i < LOCK_FAILURES - 1; i++) CHECK(try_sign_in(c, STR("lan"), STR("wrong")) == ST_INVALID);
    CHECK_OK(try_sign_in(c, STR("lan"), LAN.password));
    end(c);
}

TEST(old_failures_do_not_count)
{
    make_lan(c);
    for (int i = 0; i < LOCK_FAILURES - 1; i++) CHECK(try_sign_in(c, STR("lan"), STR("wrong")) == ST_INVALID);
    c->now_ms += LOCK_MS + 1;
    CHECK(try_sign_in(c, STR("lan"), STR("wrong")) == ST_INVALID);
    CHECK_OK(try_sign_in(c, STR("lan"), LAN.password));
    end(c);
}

static struct str signed_in(struct call *c)
{
    struct str session;
    make_lan(c);
    CHECK_OK(session__start(c, 1, &session));
    return session;
}

static enum status find_session(struct call *c, struct str session)
{
    const struct actor *actor;
    struct str csrf;
    return find(c, session, &actor, &csrf);
}

TEST(a_session_ends_after_fifteen_idle_minutes)
{
    struct str session = signed_in(c);
    c->now_ms += SESSION_IDLE_MS;
    CHECK_OK(find_session(c, session)); /* and is seen: the clock of idleness begins again */
    c->now_ms += SESSION_IDLE_MS;
    CHECK_OK(find_session(c, session));
    c->now_ms += SESSION_IDLE_MS + 1;
    CHECK(find_session(c, session) == ST_NOT_FOUND);
    end(c);
}

TEST(a_session_ends_after_eight_hours)
{
    struct str session = signed_in(c);
    for (int64_t spent = 0; spent + SESSION_IDLE_MS <= SESSION_WHOLE_MS; spent += SESSION_IDLE_MS, c->now_ms += SESSION_IDLE_MS) CHECK_OK(find_session(c, session));
    CHECK_OK(find_session(c, session));
    c->now_ms += 1;
    CHECK(find_session(c, session) == ST_NOT_FOUND);
    end(c);
}

TEST(signing_out_ends_the_session_and_only_it)
{
    struct str session = signed_in(c), other;
    CHECK_OK(session__start(c, 1, &other));
    CHECK_OK(session__end(c, session));
    CHECK(find_session(c, session) == ST_NOT_FOUND);
    CHECK_OK(find_session(c, other));
    CHECK(!str_eq(session, other));
    end(c);
}

TEST(a_made_up_session_is_nobodys)
{
    struct str session = signed_in(c), copy = str_copy(c->arena, session);
    CHECK(find_session(c, STR("")) == ST_NOT_FOUND);
    CHECK(find_session(c, str_first(session, 20)) == ST_NOT_FOUND);
    ((char *)copy.p)[3] = copy.p[3] == 'A' ? 'B' : 'A';
    CHECK(find_session(c, copy) == ST_NOT_FOUND);
    CHECK(find_session(c, hash_of(c, session)) == ST_NOT_FOUND); /* what stands in the table opens nothing */
    end(c);
}

TEST(the_sweep_removes_old_sessions_only)
{
    struct str session = signed_in(c);
    CHECK_OK(session__sweep(c));
    CHECK_OK(find_session(c, session));
    c->now_ms += KEEP_MS + 1;
    CHECK_OK(session__sweep(c));
    c->now_ms = TEST_NOW_MS;
    CHECK(find_session(c, session) == ST_NOT_FOUND);
    end(c);
}

TEST(an_address_that_guesses_waits_longer_and_longer)
{
    struct throttle *t = throttle__new();
    for (int i = 0; i < 20; i++) throttle__failed(t, HERE, c->now_ms);
    CHECK(throttle__wait_ms(t, HERE, c->now_ms) == 0);
    throttle__failed(t, HERE, c->now_ms);
    CHECK(throttle__wait_ms(t, HERE, c->now_ms) == 1000);
    throttle__failed(t, HERE, c->now_ms);
    CHECK(throttle__wait_ms(t, HERE, c->now_ms) == 2000);
    for (int i = 0; i < 20; i++) throttle__failed(t, HERE, c->now_ms);
    CHECK(throttle__wait_ms(t, HERE, c->now_ms) == 60000);
    CHECK(throttle__wait_ms(t, STR("192.0.2.2"), c->now_ms) == 0);
    CHECK(throttle__wait_ms(t, HERE, c->now_ms + 15 * 60 * 1000 + 1) == 0);
    throttle__free(t);
}
