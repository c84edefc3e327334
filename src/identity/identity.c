/* identity.c: the room's life and its table for the program. */
#include "identity/identity_int.h"

#include <assert.h>

enum { SWEEP_MS = 15 * 60 * 1000 };

struct identity *identity__of(const struct call *c)
{
    assert(c->app && c->app->identity);
    return c->app->identity;
}

struct identity *identity__new(void)
{
    struct identity *i = heap_new(struct identity);
    (void)pthread_mutex_init(&i->slot, NULL);
    i->throttle = throttle__new();
    return i;
}

void identity__free(struct identity *i)
{
    if (!i) return;
    throttle__free(i->throttle);
    (void)pthread_mutex_destroy(&i->slot);
    heap_free(i);
}

static enum status start(struct call *c, struct app *app)
{
    (void)c;
    app->identity = identity__new();
    web_set_session_source(app, &session__source);
    return ST_OK;
}

static void stop(struct app *app)
{
    identity__free(app->identity);
    app->identity = NULL;
}

static const struct setting settings[] = {
    { "identity.issuer", SETTING_TEXT, "", "", "Member that is believed when it says who is signed in, for example VN/GOV/G22.", false },
    { 0 } };
static const struct job jobs[] = { { "identity.sessions", SWEEP_MS, session__sweep }, { 0 } };

const struct module identity_module = { .name = "identity", .schema = &identity_schema, .settings = settings, .routes = identity__routes, .commands = identity__commands,
                                        .jobs = jobs, .start = start, .stop = stop };
