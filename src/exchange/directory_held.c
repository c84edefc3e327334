/* directory_held.c: the pictures in use: our own nation's, which changes every minute, and those of the nations with which it is federated. Who answers a message holds a
 * picture until its brace; a newer one is swapped in whole meanwhile. */
#include "exchange/clock.h"
#include "exchange/exchange_int.h"

/* The lock is held for the exchange of a pointer; whoever holds the old picture keeps it until its brace. */
void directory__swap_in(struct exchange *ex, struct directory *fresh)
{
    (void)pthread_mutex_lock(&ex->lock);
    struct directory *old = ex->directory;
    ex->directory = fresh;
    (void)pthread_mutex_unlock(&ex->lock);
    directory__drop(&old);
}

static struct directory *take(struct directory *d)
{
    if (d) (void)atomic_fetch_add(&d->refs, 1);
    return d;
}

struct directory *directory__hold_any(struct exchange *ex)
{
    (void)pthread_mutex_lock(&ex->lock);
    struct directory *d = take(ex->directory);
    (void)pthread_mutex_unlock(&ex->lock);
    return d;
}

size_t directory__hold_all(struct exchange *ex, struct directory **ret, size_t most)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&ex->lock);
    if (n < most && (ret[n] = take(ex->directory))) n++;
    for (size_t i = 0; i < ex->nforeign && n < most; i++)
        if ((ret[n] = take(ex->foreign[i].directory))) n++;
    (void)pthread_mutex_unlock(&ex->lock);
    return n;
}

/* find_foreign: under the lock. */
static struct foreign *find_foreign(struct exchange *ex, struct str instance)
{
    for (size_t i = 0; i < ex->nforeign; i++)
        if (str_eq(str_of(ex->foreign[i].instance, ex->foreign[i].n), instance)) return &ex->foreign[i];
    return NULL;
}

enum status directory__hold(struct call *c, struct directory **ret)
{
    DIRECTORY d = directory__hold_any(exchange__of(c));
    struct str by;
    if ((!d || d->expires_ms <= c->now_ms) && clock__is_wrong(c, &by))
        return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "This node's clock is %s seconds from the operator's, so it takes the nation's directory for ended and exchanges nothing. Let a time service set the clock.", by),
                          STR("global_conf_outdated"));
    if (!d || d->expires_ms <= c->now_ms)
        return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The nation's directory has not been renewed in time, so nothing is exchanged. Check the connection to the operator."),
                          STR("global_conf_outdated"));
    *ret = d;
    d = NULL;
    return ST_OK;
}

static enum status hold_foreign(struct call *c, struct str instance, struct directory **ret)
{
    struct exchange *ex = exchange__of(c);
    (void)pthread_mutex_lock(&ex->lock);
    const struct foreign *f = find_foreign(ex, instance);
    bool known = f != NULL;
    DIRECTORY d = take(f ? f->directory : NULL);
    (void)pthread_mutex_unlock(&ex->lock);
    if (!known)
        return call_fault(c, call_fail(c, ST_NOT_FOUND, "", "This nation exchanges nothing with the instance %s. Check the name, or ask the operator for an agreement with it.", instance),
                          STR("unknown_member"));
    if (!d || d->expires_ms <= c->now_ms)
        return call_fault(c, call_fail(c, ST_UNAVAILABLE, "", "The directory of the instance %s has not been renewed in time, so nothing is exchanged with it. Tell the operator.", instance),
                          STR("global_conf_outdated"));
    *ret = d;
    d = NULL;
    return ST_OK;
}

enum status directory__hold_of(struct call *c, struct str instance, struct directory **ret)
{
    return str_eq(instance, exchange__of(c)->instance) ? directory__hold(c, ret) : hold_foreign(c, instance, ret);
}

bool directory__knows_cert(struct exchange *ex, struct str cert_der)
{
    (void)pthread_mutex_lock(&ex->lock);
    bool known = ex->directory && directory__server_of_cert(ex->directory, cert_der);
    for (size_t i = 0; i < ex->nforeign && !known; i++) known = ex->foreign[i].directory && directory__server_of_cert(ex->foreign[i].directory, cert_der);
    (void)pthread_mutex_unlock(&ex->lock);
    return known;
}
