/* directory_held.c: the pictures in use: our own nation's, which changes every minute, and those of the nations with which it is federated. Who answers a message holds a
 * picture until its brace; a newer one is swapped in whole meanwhile. */
#include "exchange/directory/directory_int.h"

#include "base/log.h"
#include "exchange/directory/clock.h"

/* The lock is held for the exchange of a pointer; whoever holds the old picture keeps it until its brace. */
static void swap(struct exchange *ex, struct directory **place, struct directory *fresh)
{
    (void)pthread_mutex_lock(&ex->lock);
    struct directory *old = *place;
    *place = fresh;
    (void)pthread_mutex_unlock(&ex->lock);
    directory__drop(&old);
}

void directory__swap_in(struct exchange *ex, struct directory *fresh) { swap(ex, &ex->pictures.own, fresh); }
void directory__swap_foreign(struct exchange *ex, struct foreign *f, struct directory *fresh) { swap(ex, &f->directory, fresh); }

static struct directory *take(struct directory *d)
{
    if (d) (void)atomic_fetch_add(&d->refs, 1);
    return d;
}

struct directory *directory__hold_any(struct exchange *ex)
{
    (void)pthread_mutex_lock(&ex->lock);
    struct directory *d = take(ex->pictures.own);
    (void)pthread_mutex_unlock(&ex->lock);
    return d;
}

size_t directory__hold_all(struct exchange *ex, struct directory **ret, size_t most)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&ex->lock);
    if (n < most && (ret[n] = take(ex->pictures.own))) n++;
    for (size_t i = 0; i < ex->pictures.nforeign && n < most; i++)
        if ((ret[n] = take(ex->pictures.foreign[i].directory))) n++;
    (void)pthread_mutex_unlock(&ex->lock);
    return n;
}

struct directory *directory__hold_foreign(struct exchange *ex, const struct foreign *f)
{
    (void)pthread_mutex_lock(&ex->lock);
    struct directory *d = take(f->directory);
    (void)pthread_mutex_unlock(&ex->lock);
    return d;
}

/* find_foreign: under the lock. */
static struct foreign *find_foreign(struct exchange *ex, struct str instance)
{
    for (size_t i = 0; i < ex->pictures.nforeign; i++)
        if (str_eq(str_of(ex->pictures.foreign[i].instance, ex->pictures.foreign[i].n), instance)) return &ex->pictures.foreign[i];
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
    bool known = ex->pictures.own && directory__server_of_cert(ex->pictures.own, cert_der);
    for (size_t i = 0; i < ex->pictures.nforeign && !known; i++) known = ex->pictures.foreign[i].directory && directory__server_of_cert(ex->pictures.foreign[i].directory, cert_der);
    (void)pthread_mutex_unlock(&ex->lock);
    return known;
}

/* ---- which other nations ---- */

static bool is_named(const struct directory *own, const struct foreign *f)
{
    for (size_t i = 0; i < own->nanchors; i++)
        if (str_eq(own->anchors[i].instance, str_of(f->instance, f->n))) return true;
    return false;
}

/* drop_unnamed: takes out one nation whose anchor is gone; false when there is none. */
static bool drop_unnamed(struct call *c, struct exchange *ex, const struct directory *own)
{
    struct directory *old = NULL;
    struct str instance = { 0 };
    (void)pthread_mutex_lock(&ex->lock);
    for (size_t i = 0; i < ex->pictures.nforeign && !instance.n; i++) {
        if (is_named(own, &ex->pictures.foreign[i])) continue;
        instance = str_copy(c->arena, str_of(ex->pictures.foreign[i].instance, ex->pictures.foreign[i].n));
        old = ex->pictures.foreign[i].directory;
        ex->pictures.foreign[i] = ex->pictures.foreign[--ex->pictures.nforeign];
    }
    (void)pthread_mutex_unlock(&ex->lock);
    directory__drop(&old);
    if (instance.n) log_line(LOG_INFO, "exchange", "federation.ended", c->trace, log_text("instance", instance));
    return instance.n > 0;
}

static void add_named(struct call *c, struct exchange *ex, struct str instance)
{
    (void)pthread_mutex_lock(&ex->lock);
    bool added = !find_foreign(ex, instance) && ex->pictures.nforeign < FOREIGN_MAX && instance.n <= INSTANCE_MAX && !str_eq(instance, ex->instance);
    if (added) {
        struct foreign *f = &ex->pictures.foreign[ex->pictures.nforeign++];
        *f = (struct foreign){ .n = instance.n };
        memcpy(f->instance, instance.p, instance.n);
    }
    (void)pthread_mutex_unlock(&ex->lock);
    if (added) log_line(LOG_INFO, "exchange", "federation.begun", c->trace, log_text("instance", instance));
}

void directory__keep_foreign(struct call *c, const struct directory *own)
{
    struct exchange *ex = exchange__of(c);
    while (drop_unnamed(c, ex, own)) {}
    for (size_t i = 0; i < own->nanchors; i++) add_named(c, ex, own->anchors[i].instance);
}
