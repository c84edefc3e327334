/* call_test.c */
#include "base/call.c"

#include "base/test.h"

TEST(the_sentence_is_filled_and_its_template_kept)
{
    CHECK(call_fail(c, ST_INVALID, "share", "%s is more than %s.", STR("3/2"), STR("1")) == ST_INVALID);
    const struct call_error *e = call_error(c);
    CHECK(e->status == ST_INVALID && e->nargs == 2);
    CHECK_STR(e->field, STR("share"));
    CHECK_STR(e->sentence, STR("3/2 is more than 1."));
    CHECK_STR(e->key, STR("%s is more than %s."));
    CHECK_STR(e->args[1], STR("1"));
}

TEST(values_are_copied)
{
    char local[] = "x";
    (void)call_fail(c, ST_DENIED, "", "No %s.", str_z(local));
    local[0] = 'y';
    CHECK_STR(call_error(c)->args[0], STR("x"));
}

TEST(a_percent_in_a_value_stays_as_it_is)
{
    (void)call_fail(c, ST_INVALID, "", "Not %s.", STR("%s%n"));
    CHECK_STR(call_error(c)->sentence, STR("Not %s%n."));
}

TEST(the_first_failure_is_kept)
{
    (void)call_fail(c, ST_INVALID, "a", "First.");
    CHECK(call_fail(c, ST_DENIED, "b", "Second.") == ST_DENIED);
    CHECK_STR(call_error(c)->sentence, STR("First."));
    call_clear(c);
    (void)call_fail(c, ST_DENIED, "b", "Second.");
    CHECK_STR(call_error(c)->sentence, STR("Second."));
}

TEST(a_sentence_that_would_be_too_long_falls_back_to_its_template)
{
    char *p = arena_alloc(c->arena, 5000, 1);
    memset(p, 'x', 5000);
    (void)call_fail(c, ST_INVALID, "", "Not %s.", str_of(p, 5000));
    CHECK_STR(call_error(c)->sentence, STR("Not %s."));
}

TEST(a_status_without_a_sentence_gets_the_standard_one)
{
    struct call_error e = call_sentence(c, ST_UNAVAILABLE);
    CHECK(e.status == ST_UNAVAILABLE);
    CHECK_STR(e.sentence, str_z(status_sentence(ST_UNAVAILABLE)));
    (void)call_fail(c, ST_INVALID, "", "Own.");
    CHECK_STR(call_sentence(c, ST_INVALID).sentence, STR("Own."));
}

TEST(the_first_fault_code_is_kept)
{
    CHECK(call_fault(c, ST_DENIED, STR("server.a")) == ST_DENIED);
    (void)call_fault(c, ST_BROKEN, STR("server.b"));
    CHECK_STR(call_error(c)->fault, STR("server.a"));
    CHECK(call_error(c)->status == ST_DENIED);
}

TEST(forgiving_clears)
{
    log_least(LOG_ERROR);
    call_forgive(c, call_fail(c, ST_UNAVAILABLE, "", "No mail."), "the notice also stands in the inbox");
    log_least(LOG_INFO);
    CHECK(call_error(c)->status == ST_OK);
}

TEST(rights)
{
    static const struct str rights[] = { STR_INIT("registry.lookup") }, all[] = { STR_INIT("*") };
    struct actor clerk = { .rights = rights, .nrights = 1 }, command = { .rights = all, .nrights = 1 };
    CHECK(call_has_right(c, STR("public")) && !call_has_right(c, STR("signed-in")) && !call_has_right(c, STR("registry.lookup")));
    c->actor = &clerk;
    CHECK(call_has_right(c, STR("signed-in")) && call_has_right(c, STR("registry.lookup")) && !call_has_right(c, STR("registry.write")));
    c->actor = &command;
    CHECK(call_has_right(c, STR("registry.write")));
    c->actor = NULL;
}

TEST(renewing_forgets_everything_but_app_and_database)
{
    struct db_session *db = (struct db_session *)c->arena; /* any address */
    struct actor clerk = { 0 };
    struct call *own = call_open(c->app);
    struct str old = str_copy(c->arena, own->trace);
    own->db = db;
    own->actor = &clerk;
    own->purpose = STR("p");
    (void)call_fail(own, ST_INVALID, "", "x");
    call_renew(own);
    CHECK(own->db == db && own->app == c->app && !own->actor && own->purpose.n == 0 && own->error.status == ST_OK);
    CHECK(own->trace.n == 36 && !str_eq(own->trace, old));
    own->db = NULL;
    call_close(own);
    call_close(NULL);
}
